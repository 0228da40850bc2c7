# To remove a message is as much work however many there are, and whatever the
# planner believes: it has statistics of many small ports when one becomes large.
#
# What counts is the rows that the nodes of all plans have looked at.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use JSON::PP;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $n = 2000;
my $node = new_node('removal', conf => <<'EOC');
autovacuum = off
fsync = off
EOC

# completed ones; dead ones with errors, which were redriven; ready ones
$node->safe_psql('postgres', <<"EOS");
CREATE FUNCTION fill(port text, n int) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM stormdisc_create_port(port, max_retries => 0);
	PERFORM stormdisc_send_batch(port, 'a', 'b', array_fill('"completed"'::jsonb, ARRAY[n]));
	PERFORM stormdisc_consume(port, n);
	PERFORM stormdisc_send_batch(port, 'a', 'b', array_fill('"dead"'::jsonb, ARRAY[n]));
	PERFORM stormdisc_fail(port, id, attempt) FROM stormdisc_receive(port, n);
	PERFORM stormdisc_redrive(port);
	PERFORM stormdisc_fail(port, id, attempt) FROM stormdisc_receive(port, n);
	PERFORM stormdisc_send_batch(port, 'a', 'b', array_fill('"ready"'::jsonb, ARRAY[n]));
END
\$\$;
SELECT fill('small ' || i, 2) FROM generate_series(1, 300) i;
ANALYZE;
SELECT fill('large', $n);
EOS

# Rows that a node and those below it looked at.
sub rows_of
{
	my ($plan) = @_;
	my $rows = 0;

	$rows += ($plan->{$_} // 0) * $plan->{'Actual Loops'} for 'Actual Rows', 'Rows Removed by Filter', 'Rows Removed by Join Filter', 'Rows Removed by Index Recheck';
	$rows += rows_of($_) for @{ $plan->{Plans} // [] };
	return $rows;
}

# In a session of its own, as plans are kept: rows that were looked at for each
# message that is gone.
sub work_of
{
	my ($sql) = @_;
	my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.messages');
	my ($out, $err);

	$node->psql('postgres', <<"EOS", stdout => \$out, stderr => \$err, on_error_die => 1);
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_triggers = off;
SET auto_explain.log_format = json;
SET auto_explain.log_level = notice;
$sql
EOS
	my $gone = $before - $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc.messages');
	my @plans = map { rows_of(decode_json($_)->{Plan}) } $err =~ /plan:\s*(\{.*?\n\})/sg;

	cmp_ok($gone, '>=', $n, "$gone messages are gone, by " . @plans . ' statements');
	return $gone > 0 ? eval { my $sum = 0; $sum += $_ for @plans; $sum / $gone } : 0;
}

for my $sql (
	q{SELECT stormdisc_purge('large');},
	q{SELECT stormdisc_set_retention('completed_messages', '0'); SELECT * FROM stormdisc_maintain();},
	q{SELECT stormdisc_set_retention('dead_letters', '0'); SELECT * FROM stormdisc_maintain();})
{
	my $work = work_of($sql);

	cmp_ok($work, '>', 1, 'the plans were seen');
	cmp_ok($work, '<', 60, "$sql: $work rows for each message");
}

done_testing();
