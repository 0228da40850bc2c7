# The functions of the ports as the catalog knows them, a call of each that
# works, and rows in every state.

package PortFunctions;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Basename;
use Psql qw(array literal);

our @EXPORT_OK = qw(call fill functions in_files is_as_expected);

my $root = dirname(__FILE__) . '/../..';

# The files of sql/functions that have them.
my @modules = qw(messages message_tools component_state checkpoints metrics health sinks maintenance config);

# What to give for an argument, by function and argument, else by argument.
# The rows of fill() are there.
my %value = (
	port => "'p'", source => "'s'", target => "'t'", data => "'{\"n\": 1}'::jsonb", id => '1', attempt => '1',
	ids => 'ARRAY[1, 2]::bigint[]', attempts => 'ARRAY[1, 1]', pattern => "'a.*'", topic => "'a.b'",
	from_time => "'2000-01-01Z'", as_of => "'2100-01-01Z'", to_time => "'2100-01-01Z'", name => "'daily'", component => "'c'", type => "'Source'",
	metric => "'m'", value => '1.5', sink => "'k'", key => "'key'", environment => "'testing'",
	group_name => "'nightly'", group_id => '1');
my %value_for = (
	stormdisc_send_batch => { data => "ARRAY['{\"n\": 1}', '{\"n\": 2}']::jsonb[]" },
	stormdisc_sink_write => { key => "'another key'" },
	stormdisc_create_port => { port => "'new port'" },
	stormdisc_drop_port => { port => "'idle'" },
	stormdisc_set_config => { key => "'statement_timeout'", value => "'30000'" },
	stormdisc_reset_config => { key => "'statement_timeout'" },
	stormdisc_record_metric_batch => { component => "ARRAY['c', 'c']", metric => "ARRAY['m', 'm2']", value => 'ARRAY[1.5, 2]' },
	stormdisc_drop_partitions => { name => "'component_metrics'", before => "'2000-01-01Z'" },
	stormdisc_set_retention => { rule => "'checkpoints'", keep_last => '5' },
	stormdisc_reset_retention => { rule => "'checkpoints'" });

# What needs something that is not here, and fails with this.
my %fails = (stormdisc_schedule_maintenance => '55000', stormdisc_unschedule_maintenance => '55000');

# Has a call that is right the result that it should have?
sub is_as_expected
{
	my ($function, $answer) = @_;

	return ($answer->{state} // '') eq ($fails{ $function->{name} } // '');
}

sub in_files
{
	my %names;

	for my $file (grep { -r } map { "$root/sql/functions/$_.sql" } @modules)
	{
		open my $in, '<', $file or die "could not read $file: $!";
		while (my $line = <$in>)
		{
			$names{$1} = 1 if $line =~ /^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) \@extschema\@\.(stormdisc_\w+)/;
		}
	}
	return sort keys %names;
}

# Each with its name, oid, identity, arguments => [ { name, type, default } ] and
# some is_...; default is undef, or its text.
sub functions
{
	my ($psql) = @_;
	my @functions;

	for my $row ($psql->rows(sprintf <<'EOS', array('text', in_files())))
SELECT p.oid, p.proname, p.prokind = 'p', pg_get_function_identity_arguments(p.oid),
	has_function_privilege('public', p.oid, 'EXECUTE'), p.proisstrict
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE p.proname = ANY (%s) AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc')
	AND p.proargtypes[0] IS DISTINCT FROM 'regclass'::regtype -- stormdisc_delete() of a row
ORDER BY p.proname, p.oid
EOS
	{
		my ($oid, $name, $is_procedure, $identity, $is_public, $is_strict) = @$row;
		my @arguments = map { {
			name => $_->[0], type => $_->[1], default => $_->[2], mode => $_->[3] } } $psql->rows(<<"EOS");
SELECT coalesce(proargnames[i], ''), format_type((coalesce(proallargtypes, proargtypes::oid[]))[i - CASE WHEN proallargtypes IS NULL THEN 1 ELSE 0 END], NULL),
	pg_get_function_arg_default(oid, i), coalesce(proargmodes[i], 'i')
FROM pg_proc, generate_series(1, coalesce(array_length(proallargtypes, 1), pronargs)) AS i
WHERE oid = $oid AND coalesce(proargmodes[i], 'i') IN ('i', 'b')
ORDER BY i
EOS
		push @functions, {
			oid => $oid, name => $name, arguments => \@arguments, identity => $identity,
			is_procedure => $is_procedure eq 't', is_public => $is_public eq 't',
			is_strict => $is_strict eq 't' };
	}
	return @functions;
}

# A call with these arguments given otherwise, as SQL's text.
sub call
{
	my ($function, %given) = @_;
	my $own = $value_for{ $function->{name} } // {};
	my @arguments;

	for my $argument (@{ $function->{arguments} })
	{
		my $name = $argument->{name};
		my $value = $given{$name} // $own->{$name} // (defined $argument->{default} ? undef : $value{$name});

		next if !defined $value && defined $argument->{default};
		push @arguments, "$name => " . ($value // "'?'") . "::$argument->{type}";
	}
	return ($function->{is_procedure} ? 'CALL ' : 'SELECT * FROM ') . "$function->{name}(" . join(', ', @arguments) . ')';
}

# Rows in every state, in every relation.
sub fill
{
	my ($psql) = @_;

	$psql->rows($_) for grep { /\S/ } split /;\n/, <<'EOS';
SELECT stormdisc_create_port('p', jitter => 0, max_retries => 1, lease => '1 hour');
SELECT stormdisc_create_port('p2', jitter => 0, max_retries => 0, backoff => '1 hour');
SELECT stormdisc_send('p', 's', 't', jsonb_build_object('n', i)) FROM generate_series(1, 2) AS i;
SELECT * FROM stormdisc_receive('p', 2);
SELECT stormdisc_send('p', 'it''s', 't\u00e9', '{"done": true, "n": 1}', '{"meta": [1, null, "x"]}', priority => 3) FROM generate_series(1, 3);
SELECT stormdisc_complete('p', array_agg(id), array_agg(attempt)) FROM stormdisc_receive('p', 2);
SELECT * FROM stormdisc_consume('p');
SELECT stormdisc_send('p', 's', 't', '{"fails": 1}');
SELECT stormdisc_fail('p', id, attempt, E'it''s\nbroken', '{"a": 1}', delay => '0') FROM stormdisc_receive('p');
SELECT stormdisc_fail('p', id, attempt, 'again') FROM stormdisc_receive('p');
SELECT stormdisc_send('p2', 's', 't', '{"dies": 1}');
SELECT stormdisc_fail('p2', id, attempt, 'at once') FROM stormdisc_receive('p2');
SELECT stormdisc_redrive('p2');
SELECT stormdisc_fail('p2', id, attempt, 'and once more') FROM stormdisc_receive('p2');
SELECT stormdisc_send('p', 's', 't', '{"retry": 1}');
SELECT stormdisc_fail('p', id, attempt, 'later', delay => '2 hours') FROM stormdisc_receive('p');
SELECT stormdisc_send('p', 's', 't', '{"delayed": 1}', delay => '1 day');
SELECT stormdisc_send('p', 's', 't', '{"group": 1}', group_key => 'g') FROM generate_series(1, 3);
SELECT * FROM stormdisc_receive('p2');
SELECT * FROM stormdisc_send_batch('p', 's', 't', ARRAY['{"a": 1}', '{"a": 2}', '{"a": 3}']::jsonb[], dedup_keys => ARRAY['d1', 'd2', NULL]);
SELECT stormdisc_send('p', 's', 't', '{"again": 1}', dedup_key => 'd1');
SELECT stormdisc_subscribe('p', 'a.*');
SELECT stormdisc_subscribe('p2', '#');
SELECT stormdisc_publish('a.b', 's', '{"topic": 1}');
SELECT stormdisc_create_port('idle');
SELECT stormdisc_save_component_state('c', 'Source', '{"a": 1}');
SELECT stormdisc_save_component_state('c', 'Source', '{"a": 2}');
SELECT stormdisc_save_component_state('c', 'Source', '{"a": 1}');
SELECT stormdisc_save_component_state('daily', 'Sink', '{"\u00e9": "it''s"}');
SELECT stormdisc_save_checkpoint('daily', 'c', jsonb_build_object('n', i), '{"m": 1}') FROM generate_series(1, 12) AS i;
SELECT stormdisc_save_checkpoint('weekly', 'c', jsonb_build_object('long', repeat('long', 10000)), pin => true);
SELECT stormdisc_save_checkpoint('weekly', 'c', '{}', version => 7);
SELECT stormdisc_save_checkpoint('hourly', 'c2', '{"expires": 1}', expires_in => '1 day');
SELECT stormdisc_begin_checkpoint_group('nightly');
SELECT stormdisc_add_to_checkpoint_group(1, 'daily', 'c', '{"part": 1}', expires_in => '1 day');
SELECT stormdisc_add_to_checkpoint_group(1, 'daily', 'c2', '{"part": 2}', pin => true);
SELECT stormdisc_begin_checkpoint_group('done');
SELECT stormdisc_add_to_checkpoint_group(2, 'grouped', 'c', '{"part": 3}');
SELECT * FROM stormdisc_commit_checkpoint_group(2);
SELECT stormdisc_record_metric('c', 'm', i, 'ms', '{"a": 1}', now() - i * interval '5 hours') FROM generate_series(1, 12) AS i;
SELECT stormdisc_record_metric('c', 'm', 1, at => '2020-02-02Z');
SELECT stormdisc_record_metric_batch(ARRAY['c', 'c2'], ARRAY['m', 'throughput'], ARRAY[1.5, 1e100]);
SELECT stormdisc_record_port_metrics('p', 3, 2, 1.5, 2.5, 3.5, 0.5);
SELECT stormdisc_record_port_metrics('p', 1, at => '2020-02-02Z');
SELECT * FROM stormdisc_maintain();
SELECT stormdisc_record_metric('c', 'm', 7, at => '2020-02-02 00:30Z');
SELECT stormdisc_heartbeat('c');
SELECT stormdisc_heartbeat('c', 'degraded', '{"why": "slow"}', '1 hour');
SELECT stormdisc_heartbeat('c2', 'unhealthy');
SELECT stormdisc_sink_write('k', 'key', '{"a": 1}', 'type', '{"m": 1}');
SELECT stormdisc_sink_write('k', 'key', '{"a": 2}', mode => 'upsert');
SELECT stormdisc_sink_write('k2', 'it''s', '{}', mode => 'ignore');
SELECT stormdisc_set_config('testing', 'statement_timeout', '10000');
SELECT stormdisc_set_config('staging', 'own_key', 'it''s');
SELECT stormdisc_set_retention('checkpoints', keep_last => 20)
EOS
	return;
}

1;
