# Do calls stop when they are told to?
#
# statement_timeout, pg_cancel_backend and pg_terminate_backend all have to end a
# call soon, and a session that goes on has to be as good as new.  The aim is
# 100 ms; asserted is what a busy machine keeps.

package Interrupts;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IPC::Run;
use StormdiscTest;
use Test::More;

our @EXPORT = qw(check_interrupts);

my $limit_ms = 500;

# A call for n.
sub call_for
{
	my ($call, $n) = @_;

	return $call =~ s/%x/'n' || $n/r;
}

# calls: by name, what to put after FROM; %x is another text for each row, so
# that a call is made for each.
sub check_interrupts
{
	my ($node, $what, %calls) = @_;
	my @kinds = sort keys %calls;

	$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA probe;

-- How long did the call go on after its statement_timeout?  NULL if it was done
-- before.  The clock starts with the statement, as the timeout does.
CREATE FUNCTION probe.overshoot(query text) RETURNS numeric
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN NULL;
EXCEPTION WHEN query_canceled THEN
	RETURN round((extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000
		- (SELECT setting::numeric FROM pg_settings WHERE name = 'statement_timeout'))::numeric, 1);
END
$$;

-- Stop a backend and say how many milliseconds it took.
CREATE FUNCTION probe.stop(target int, terminate bool) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
BEGIN
	IF terminate THEN
		PERFORM pg_terminate_backend(target);
	ELSE
		PERFORM pg_cancel_backend(target);
	END IF;
	LOOP
		PERFORM pg_stat_clear_snapshot();
		EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = target AND state = 'active' AND query ~ 'LATERAL');
		IF clock_timestamp() > start + '60 s' THEN
			RETURN 60000;
		END IF;
		PERFORM pg_sleep(0.001);
	END LOOP;
	RETURN round((extract(epoch FROM clock_timestamp() - start) * 1000)::numeric, 1);
END
$$;
EOS

	# statement_timeout, at several points of a statement that takes 200 ms or more.
	my @overshoots;
	foreach my $kind (@kinds)
	{
		my $script = "SET client_min_messages = warning;\nSET TimeZone = 'Asia/Tokyo';\nSET DateStyle = 'German';\nSET search_path = probe, public;\n";

		# how long one call takes undisturbed, with warm caches
		my $ms = $node->safe_psql('postgres', <<"EOS");
SELECT count(*) > 0 AS warm FROM ${\ call_for($calls{$kind}, 0)} AS d \\gset
DO \$\$
DECLARE
	start timestamptz := clock_timestamp();
BEGIN
	PERFORM count(*) FROM ${\ call_for($calls{$kind}, 0)} AS d;
	PERFORM set_config('probe.ms', ceil(extract(epoch FROM clock_timestamp() - start) * 1000)::text, false);
END
\$\$;
SELECT current_setting('probe.ms');
EOS
		my $query = sprintf q{SELECT count(*) FROM generate_series(1, %d) AS n, LATERAL %s AS d},
		  200 / $ms + 1, call_for($calls{$kind}, 'n');
		my $length = $ms > 200 ? $ms : 200;

		foreach my $tenth (1, 3, 5, 7, 9)
		{
			$script .= sprintf "SET statement_timeout = %d;\nSELECT 'late ' || probe.overshoot(\$query\$%s\$query\$);\n",
			  $length * $tenth / 10, $query;
		}
		$script .= "SET statement_timeout = 0;\nSELECT count(*) > 0 FROM stormdisc_tables();\n"
		  . "SELECT current_setting('TimeZone'), current_setting('DateStyle'), current_setting('search_path');\n";

		my $answer = $node->safe_psql('postgres', $script);
		my @late = $answer =~ /^late ([-0-9.]+)$/mg;

		push @overshoots, @late;
		note "$kind: $ms ms undisturbed; ms late: @late";
		cmp_ok(scalar @late, '>=', 1, "$kind: statement_timeout stopped it");
		like($answer, qr!\nt\nAsia/Tokyo\|German, DMY\|probe, public\z!, "$kind: the session is usable afterwards, its settings are its own");
	}
	my @sorted = sort { $a <=> $b } @overshoots;
	diag(sprintf "statement_timeout and $what: %d calls stopped, p50 %.1f ms late, at most %.1f ms",
		scalar @sorted, median(@sorted), $sorted[-1]);
	cmp_ok($sorted[-1], '<=', $limit_ms, "statement_timeout is honoured within $limit_ms ms");

	# pg_cancel_backend and pg_terminate_backend, while a call is under way: the
	# query calls over and over, so it is in the middle of one at any time.
	my %stopped;
	foreach my $how ('cancel', 'terminate')
	{
		foreach my $kind (@kinds)
		{
			my $name = "victim $how $kind";
			my ($out, $err) = ('', '');
			my $victim = IPC::Run::start(
				[
					'psql', '-XAtq',
					'-d', $node->connstr('postgres') . " application_name='$name'",
					'-c', "SELECT count(*) FROM generate_series(1, 100000) AS n, "
					  . "LATERAL ${\ call_for($calls{$kind}, 'n')} AS d",
					'-c', "SELECT 'usable', count(*) > 0 FROM stormdisc_tables()"
				],
				'<', \undef, '>', \$out, '2>', \$err);

			$node->poll_query_until('postgres',
				"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$name' AND backend_type = 'client backend' AND state = 'active' AND query ~ 'LATERAL'")
			  or die "$name did not start";
			my $ms = $node->safe_psql('postgres',
				"SELECT probe.stop(pid, '$how' = 'terminate') FROM pg_stat_activity WHERE application_name = '$name' AND backend_type = 'client backend'");
			$victim->finish;

			push @{ $stopped{$how} }, $ms;
			if ($how eq 'cancel')
			{
				like($err, qr/canceling statement due to user request/, "$kind: cancelled");
				# what it says before it is cancelled is something else
				unlike($err =~ s/^WARNING:  there may be more than .*\n//mgr, qr/WARNING|Metadata remains empty/, "$kind: a cancel is no failed discovery");
				is($out, "usable|t\n", "$kind: the session is usable after a cancel");
			}
			else
			{
				like($err, qr/terminating connection due to administrator command/, "$kind: terminated");
			}
		}
		@sorted = sort { $a <=> $b } @{ $stopped{$how} };
		diag(sprintf "pg_${how}_backend and $what: p50 %.1f ms, at most %.1f ms",
			median(@sorted), $sorted[-1]);
		cmp_ok($sorted[-1], '<=', $limit_ms, "pg_${how}_backend is honoured within $limit_ms ms");
	}
	return;
}

1;
