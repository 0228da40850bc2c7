# States and checkpoints of components: many savers at once, crashes, dumps.
#
# Whatever runs at once, versions that nobody prunes are 1 to n, and each
# checkpoint has exactly one latest version, the highest; no update that was
# made under an expected version is lost; parts of a group are seen together.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $seconds = seconds_setting('STORMDISC_CHECKPOINT_SECONDS', 3);
my $crashes = seconds_setting('STORMDISC_CHECKPOINT_CRASHES', 5);
my $dir = PostgreSQL::Test::Utils::tempdir();

my $node = new_node('checkpoints', conf => "max_connections = 60\n");

# checkpoints whose latest version is not the highest, or not the only one
my $wrong = <<'EOS';
SELECT component_name, checkpoint_name, array_agg(version ORDER BY version) FILTER (WHERE is_latest) AS latest, max(version) AS highest
FROM stormdisc.checkpoints GROUP BY 1, 2
HAVING count(*) FILTER (WHERE is_latest) <> 1 OR max(version) FILTER (WHERE is_latest) <> max(version)
EOS
# those with a gap, or with a version that is older than the one before
my $gaps = <<'EOS';
SELECT component_name, checkpoint_name, count(*), max(version) FROM (
	SELECT component_name, checkpoint_name, version, created_at < lag(created_at) OVER (PARTITION BY component_name, checkpoint_name ORDER BY version) AS back
	FROM stormdisc.checkpoints) c
GROUP BY 1, 2 HAVING count(*) <> max(version) OR bool_or(back)
EOS
my $state_gaps = <<'EOS';
SELECT component_name, count(*), max(version) FROM stormdisc.component_versions GROUP BY 1 HAVING count(*) <> max(version)
EOS
# an error, and so the end of a pgbench, if there is one
my $check = <<"EOS" =~ s/\n+/ /gr;
SELECT 1 / (NOT EXISTS ($wrong))::int;
EOS
my $check_group = <<'EOS' =~ s/\n+/ /gr;
SELECT 1 / (count(DISTINCT checkpoint_data) <= 1)::int FROM stormdisc.checkpoints WHERE checkpoint_name = 'cut' AND is_latest;
EOS

# --- many savers, no pruning ---

my $save = <<'EOS';
\set n random(1, 3)
SELECT stormdisc_save_checkpoint('n' || :n, 'many', jsonb_build_object('client', :client_id));
EOS
my $undo = <<'EOS';
\set n random(1, 3)
BEGIN;
SELECT stormdisc_save_checkpoint('n' || :n, 'many', '0');
ROLLBACK;
EOS
my $state = <<'EOS';
\set n random(1, 3)
\set v random(1, 5)
SELECT stormdisc_save_component_state('many' || :n, 'Source', to_jsonb(:v));
EOS
my $count = <<'EOS';
DO $$
DECLARE
	v bigint;
	d bigint;
BEGIN
	LOOP
		v := 0;
		d := 0;
		SELECT version, checkpoint_data::bigint INTO v, d FROM stormdisc_get_checkpoint('count', 'many');
		BEGIN
			PERFORM stormdisc_save_checkpoint('count', 'many', to_jsonb(coalesce(d, 0) + 1), expected_version => coalesce(v, 0));
			EXIT;
		EXCEPTION WHEN SQLSTATE 'SD001' THEN
			NULL;
		END;
	END LOOP;
END $$;
EOS
my $group = <<'EOS';
\set v random(1, 1000000000)
BEGIN;
SELECT stormdisc_begin_checkpoint_group('cut') AS g \gset
SELECT stormdisc_add_to_checkpoint_group(:g, 'cut', 'left', to_jsonb(:v)), stormdisc_add_to_checkpoint_group(:g, 'cut', 'many', to_jsonb(:v));
COMMIT;
SELECT count(*) FROM stormdisc_commit_checkpoint_group(:g);
EOS

my $run = run_pgbench($node, 'savers', [ $save, $undo, $state, $count, $group, $check, $check_group ],
	weights => [ 8, 2, 4, 2, 2, 1, 1 ], args => [ '-T', $seconds, '-c', 16, '-j', 2 ]);
ok($run->{ok}, 'savers: no error');
note join ' ', 'transactions:', @{ $run->{by_script} };
cmp_ok($run->{by_script}[0], '>', 50, 'savers: many checkpoints were saved');
is($node->safe_psql('postgres', $wrong), '', 'savers: one latest version, the highest');
is($node->safe_psql('postgres', $gaps), '', 'savers: versions without a gap, in the order of time');
is($node->safe_psql('postgres', $state_gaps), '', 'savers: states without a gap');
is($node->safe_psql('postgres', q{SELECT sum(version) FROM stormdisc.checkpoints WHERE is_latest AND checkpoint_name LIKE 'n_'}),
	$run->{by_script}[0], 'savers: as many versions as were saved');
is($node->safe_psql('postgres', q{SELECT sum(version) FROM stormdisc_list_component_states(latest_only => true)}),
	$run->{by_script}[2], 'savers: as many states as were saved');
is($node->safe_psql('postgres', q{SELECT version || ' ' || checkpoint_data::text FROM stormdisc_get_checkpoint('count', 'many')}),
	"$run->{by_script}[3] $run->{by_script}[3]", 'savers: nothing is lost that was saved under an expected version');
is($node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.component_payloads'), 15, 'savers: five payloads of each of three components');

# --- the same with everything that removes versions, and versions of clients ---

my @mixed = (
	$save,
	"\\set v random(1, 100000)\nSELECT stormdisc_save_checkpoint('made', 'many', to_jsonb(:v), version => :v);\n",
	"SELECT stormdisc_prune_checkpoints(keep => 2), stormdisc_prune_component_states(keep => 2);\n",
	"\\set n random(1, 3)\nSELECT stormdisc_delete_checkpoint('n' || :n, 'many');\n",
	"\\set n random(1, 3)\nSELECT stormdisc_save_checkpoint('n' || :n, 'many', '0', expires_in => '1 ms');\n",
	"\\set n random(1, 3)\nSELECT stormdisc_delete_component_state('many' || :n);\n",
	$state, $group, $check, $check_group);
$run = run_pgbench($node, 'mixed', \@mixed, weights => [ 8, 4, 2, 1, 4, 1, 4, 2, 2, 2 ],
	args => [ '-T', $seconds, '-c', 16, '-j', 2 ]);
ok($run->{ok}, 'mixed: no error');
note join ' ', 'transactions:', @{ $run->{by_script} };
is($node->safe_psql('postgres', $wrong), '', 'mixed: one latest version, the highest');
is($node->safe_psql('postgres', <<'EOS'), 0, 'mixed: no state without a payload');
SELECT count(*) FROM stormdisc.component_versions v LEFT JOIN stormdisc.component_payloads p USING (component_name, digest) WHERE p.digest IS NULL
EOS
is($node->safe_psql('postgres', <<'EOS'), 0, 'mixed: no payload without a state');
SELECT count(*) FROM stormdisc.component_payloads p LEFT JOIN stormdisc.component_versions v USING (component_name, digest) WHERE v.digest IS NULL
EOS

# --- crashes ---

$node->safe_psql('postgres', q{SELECT stormdisc_delete_checkpoint(checkpoint_name, component_name)
	FROM (SELECT DISTINCT checkpoint_name, component_name FROM stormdisc.checkpoints) c});
$node->safe_psql('postgres', 'SELECT stormdisc_delete_component_state(component_name) FROM stormdisc.component_heads');
foreach my $i (1 .. $crashes)
{
	my $wanted = $node->safe_psql('postgres', 'SELECT count(*) + 200 FROM stormdisc.checkpoints');
	my $bench = start_pgbench($node, "crash$i", [ $save, $state, $group ], args => [ '-T', 60, '-c', 8, '-j', 2 ]);

	$node->poll_query_until('postgres', "SELECT count(*) > $wanted FROM stormdisc.checkpoints")
	  or die 'nothing is saved';
	$node->stop('immediate');
	finish_pgbench($bench);
	$node->start;
	is($node->safe_psql('postgres', "$wrong;\n$gaps;\n$state_gaps"), '', "crash $i: one latest version, no gaps");
	$node->safe_psql('postgres', $check_group);
	is( $node->safe_psql('postgres', q{SELECT count(DISTINCT (version, checkpoint_data)) FROM stormdisc.checkpoints WHERE checkpoint_name = 'cut'
		GROUP BY group_id HAVING count(*) <> 2}), '', "crash $i: groups are whole");
}

# --- dump and restore ---

$node->safe_psql('postgres', <<'EOS');
SELECT stormdisc_save_checkpoint('large', 'writer', jsonb_agg(md5(i::text)), '{"a": 1.50}') FROM generate_series(1, 5000) i;
SELECT stormdisc_save_checkpoint('made', 'writer', '"x"', version => 7), stormdisc_save_checkpoint('made', 'writer', '"x"', version => 5);
SELECT stormdisc_save_checkpoint('made', E'\u00e4\u6f22 "\\', E'"\u00e4\u6f22"', expires_in => '1 hour', pin => true);
SELECT stormdisc_add_to_checkpoint_group(stormdisc_begin_checkpoint_group('open'), 'later', 'writer', '[]');
SELECT stormdisc_save_component_state('writer', 'Sink', '{"rows": 1}'), stormdisc_save_component_state('writer', 'Sink', '{"rows": 1}');
EOS
my @tables = qw(checkpoints checkpoint_names checkpoint_groups checkpoint_group_parts component_heads component_versions
  component_payloads component_state);
my $contents = join(' UNION ALL ', map { "SELECT '$_', count(*), md5(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\")) FROM stormdisc.$_ t" } @tables) . ' ORDER BY 1';
my $before = $node->safe_psql('postgres', $contents);
my $next_group = $node->safe_psql('postgres', 'SELECT last_value FROM stormdisc.checkpoint_group_id_seq');

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/all.dump", '-d', $node->connstr('postgres') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), "$dir/all.dump" ], 'pg_restore');
is($node->safe_psql('restored', $contents), $before, 'dump and restore: every row');
is($node->safe_psql('restored', q{SELECT stormdisc_begin_checkpoint_group('next')}), $next_group + 1, 'dump and restore: the sequence');
is($node->safe_psql('restored', q{SELECT count(*) FROM stormdisc_restore_component('writer')}), 2, 'dump and restore: checksums are right');
is($node->safe_psql('restored', "SELECT component_name, version FROM stormdisc_commit_checkpoint_group($next_group)"), 'writer|1',
	'dump and restore: an open group can be committed');
is($node->safe_psql('restored', q{SELECT stormdisc_save_component_state('writer', 'Sink', '{"rows": 2}', 2)}), 3, 'dump and restore: the next state');

# the data of one table, as the documents of old have it, into a new database
$node->command_ok([ 'pg_dump', '--data-only', '--table=stormdisc.checkpoints', '-f', "$dir/checkpoints.sql", '-d', $node->connstr('postgres') ],
	'pg_dump --data-only --table=stormdisc.checkpoints');
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION stormdisc');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('fresh'), '-f', "$dir/checkpoints.sql" ], 'psql restores it');
my $rows = q{SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text COLLATE "C")) FROM stormdisc.checkpoints t};
is($node->safe_psql('fresh', $rows), $node->safe_psql('postgres', $rows), 'one table: every row');
cmp_ok($node->safe_psql('fresh', 'SELECT count(*) FROM stormdisc.checkpoints'), '>', 10, 'one table: and there are some');
is($node->safe_psql('fresh', $wrong), '', 'one table: the latest versions are right');
is($node->safe_psql('fresh', q{SELECT version FROM stormdisc_get_checkpoint('made', 'writer')}), 7, 'one table: and are read');
is( $node->safe_psql('fresh', q{SELECT stormdisc_save_checkpoint('made', 'writer', '1', expected_version => 7),
	stormdisc_save_checkpoint('made', 'writer', '1', version => 6), stormdisc_save_checkpoint('new', 'writer', '1')}),
	'8|6|1', 'one table: saved as before');
is($node->safe_psql('fresh', $wrong), '', 'one table: and are right again');

# another encoding: what is stored differs, the checksum does not
$node->safe_psql('postgres', q{CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0});
$node->safe_psql('latin', 'CREATE EXTENSION stormdisc');
$node->safe_psql('fresh', q{SELECT count(stormdisc_delete_checkpoint(checkpoint_name, component_name)) FROM
	(SELECT DISTINCT checkpoint_name, component_name FROM stormdisc.checkpoints) c; SELECT stormdisc_save_checkpoint('daily', 'writer', E'"\u00e4"')});
$node->command_ok([ 'pg_dump', '--data-only', '--table=stormdisc.checkpoints', '-f', "$dir/latin.sql", '-d', $node->connstr('fresh') ], 'pg_dump for LATIN1');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('latin'), '-f', "$dir/latin.sql" ], 'psql restores it');
is($node->safe_psql('latin', q{SELECT ascii(checkpoint_data#>>'{}') FROM stormdisc_get_checkpoint('daily', 'writer')}), 228, 'LATIN1: the checksum is right');

# --- names have 255 bytes, not characters, as those of ports have ---

is($node->safe_psql('postgres', q{SELECT stormdisc_save_component_state(repeat(chr(28450), 85), 'Source', '1')}), 1, '255 bytes');
is($node->safe_psql('postgres', q{SELECT stormdisc_save_checkpoint(repeat(chr(28450), 85), repeat(chr(128512), 63), '1')}), 1, 'of characters of four bytes');
foreach my $call (
	q{stormdisc_save_component_state(repeat(chr(228), 128), 'Source', '1')},
	q{stormdisc_save_checkpoint(repeat(chr(228), 128), 'c', '1')},
	q{stormdisc_set_config(repeat(chr(228), 128), 'k', 'v')})
{
	$node->psql('postgres', "SELECT $call", stderr => \my $stderr);
	like($stderr, qr/ERROR:  argument "\w+" is too long\n.*DETAIL:  It has 256 bytes, the maximum is 255\./s, "$call is too long");
}

# --- an open old snapshot makes it no slower with every version ---

my $old = $node->background_psql('postgres', on_error_stop => 0) if $node->can('background_psql');
if ($old)
{
	$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;');
	my $buffers = sub {
		my $call = q{SELECT stormdisc_save_checkpoint('hot', 'many', '1'), stormdisc_save_component_state('hot', 'Source', '1');};
		# the first calls of a session also read catalogs
		my $plan = $node->safe_psql('postgres', $call x 3 . "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) $call");
		my ($hit) = $plan =~ /shared hit=(\d+)/;
		return $hit // 0;
	};
	$node->safe_psql('postgres', q{SELECT stormdisc_save_checkpoint('hot', 'many', '1'), stormdisc_save_component_state('hot', 'Source', '1')});
	my $first = $buffers->();
	run_pgbench($node, 'hot', q{SELECT stormdisc_save_checkpoint('hot', 'many', '1'), stormdisc_save_component_state('hot', 'Source', '1');},
		args => [ '-t', 5000, '-c', 1 ]);
	my $last = $buffers->();
	note "buffers: $first, after 5000 versions $last";
	cmp_ok($last, '<', $first + 30, 'under an old snapshot the 5000th version costs what the first one does');
	$old->quit;
}

$node->stop;

done_testing();
