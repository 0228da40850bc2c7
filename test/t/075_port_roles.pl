# Who may do what with the ports, and whose code runs with whose rights.
#
# EXECUTE on a function is all that a role needs, and without it there is
# nothing.  The functions run their own statements as the extension's owner, a
# superuser here: nothing that a caller can put in its way (functions and
# operators of the same names, domains with checks, casts) may run as that.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PortFunctions qw(call fill functions is_as_expected);
use PostgreSQL::Test::Utils;
use Psql qw(literal);
use StormdiscTest;
use Test::More;

my $node = new_node('port_roles');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $psql = Psql->new(database => 'postgres');
my $worker = Psql->new(database => 'postgres', timeout => 120);
my $stranger = Psql->new(database => 'postgres');

fill($psql);
my @functions = functions($psql);
ok(@functions > 30, 'there are functions');

$psql->rows($_) for 'CREATE ROLE worker', 'CREATE ROLE stranger', 'GRANT CREATE ON DATABASE postgres TO worker, stranger';
$psql->rows("GRANT EXECUTE ON " . ($_->{is_procedure} ? 'PROCEDURE' : 'FUNCTION') . " $_->{name}($_->{identity}) TO worker") for @functions;
$worker->rows('SET SESSION AUTHORIZATION worker');
$stranger->rows('SET SESSION AUTHORIZATION stranger');

# Run and take back.
sub outcome
{
	my ($session, $function, $call) = @_;

	$session->rows('BEGIN') unless $function->{is_procedure};
	my $answer = $session->run($call // call($function));
	$session->rows('ROLLBACK') unless $function->{is_procedure};
	return $answer;
}

sub works
{
	my ($session, $function, $how) = @_;
	my $answer = outcome($session, $function);

	ok(is_as_expected($function, $answer), "$function->{name}: $how") or diag(call($function) . "\n$answer->{state}: $answer->{message}");
	return;
}


# these say nothing of what is in the tables: rules, names, the caller's session
my %may_be_public = map { ("stormdisc_$_" => 1) } qw(apply_session_config backup_readiness distribution maintenance_rules
  notify_channel retry_delay sqlite_schema);
for my $function (@functions)
{
	works($worker, $function, 'works for a role with EXECUTE only');
	my $answer = outcome($stranger, $function);
	if ($function->{is_public})
	{
		# shows nothing that the role could not read by itself
		ok($may_be_public{ $function->{name} } || ($answer->{state} // '42501') eq '42501' && !@{ $answer->{rows} },
			"$function->{name}: public, and says nothing of the rows")
		  or diag(call($function) . ': ' . ($answer->{state} // join ' | ', map { $_ // 'NULL' } @{ $answer->{rows}[0] }));
	}
	else
	{
		is($answer->{state}, '42501', "$function->{name}: not without EXECUTE");
	}
}

# relations: nobody writes, and contents are read with a right only
my @relations = map { $_->[0] } $psql->rows(<<'EOS');
SELECT oid::regclass FROM pg_class WHERE relnamespace = 'stormdisc'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') ORDER BY oid::regclass::text
EOS
my (@written, @read);
for my $relation (@relations)
{
	for my $statement ("INSERT INTO $relation DEFAULT VALUES", "DELETE FROM $relation", "TRUNCATE $relation", "LOCK TABLE $relation IN EXCLUSIVE MODE")
	{
		$worker->rows('BEGIN');
		my $state = $worker->run($statement)->{state} // 'done';
		$worker->rows('ROLLBACK');

		# a view cannot be truncated by anybody, nor can most be written to
		push @written, "$statement: $state" unless $state eq '42501' || $state =~ /^(42809|55000)$/;
	}
	push @read, $relation unless defined $stranger->run("SELECT * FROM $relation LIMIT 1")->{state};
}
is(join("\n", @written), '', 'no role writes to the tables');
my @contents = grep { /\.(?:messages|message_|port_messages|dead_letter_queue|checkpoint|component_state|sink|payload)/ } @read;
is("@contents", '', 'what was sent, saved or written is read with a right only');
note "read by all: @read";
for my $sequence (map { $_->[0] } $psql->rows("SELECT oid::regclass FROM pg_class WHERE relnamespace = 'stormdisc'::regnamespace AND relkind = 'S'"))
{
	is($worker->run("SELECT setval('$sequence', 1)")->{state}, '42501', "$sequence is not to be set");
	is($worker->run("SELECT nextval('$sequence')")->{state}, '42501', 'nor to be used up');
}

# names of the server's functions and operators, in a schema before it
$worker->rows('CREATE SCHEMA evil');

# a sequence keeps what a transaction that is taken back does not
$worker->rows("CREATE SEQUENCE evil.$_") for 'seen', 'as_another';
$worker->rows(<<'EOS');
CREATE FUNCTION evil.spy(what text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
	PERFORM nextval('evil.seen');
	IF session_user <> current_user THEN
		PERFORM nextval('evil.as_another');
		RAISE WARNING '% runs as %', what, current_user;
	END IF;
END
$$
EOS
sub seen { return $psql->value('SELECT last_value - (NOT is_called)::int FROM evil.seen'); }
sub as_another { return $psql->value('SELECT last_value - (NOT is_called)::int FROM evil.as_another'); }
my $types = "'{bool,int2,int4,int8,float8,text,timestamptz,timestamp,interval,jsonb,numeric,name,oid,regclass,bytea,_text,_int4,_int8,_jsonb,anyarray,anyelement,anycompatiblearray,anycompatible}'::regtype[]";
$worker->rows(<<"EOS");
DO \$\$
DECLARE
	f record;
	made int := 0;
BEGIN
	FOR f IN SELECT p.proname, p.oid, p.prorettype::regtype AS result, p.proretset, pg_get_function_identity_arguments(p.oid) AS arguments
		FROM pg_proc p
		WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset
			AND p.proargtypes::oid[] <@ $types\:\:oid[] AND p.prorettype = ANY ($types\:\:oid[]) AND p.proallargtypes IS NULL
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname, f.arguments, f.result,
				format('BEGIN PERFORM evil.spy(%L); RETURN NULL; END', f.oid::regprocedure));
			made := made + 1;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	FOR f IN SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprcode::oid::regprocedure AS code, p.proname, o.oid
		FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
		WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b'
			AND o.oprleft = ANY ($types\:\:oid[]) AND o.oprright = ANY ($types\:\:oid[])
	LOOP
		BEGIN
			EXECUTE format('CREATE OPERATOR evil.%s (FUNCTION = evil.%I, LEFTARG = %s, RIGHTARG = %s)', f.oprname, f.proname, f.l, f.r);
			made := made + 1;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	EXECUTE format('COMMENT ON SCHEMA evil IS %L', made);
END
\$\$
EOS
my $made = $psql->value("SELECT obj_description('evil'::regnamespace)");
ok($made > 500, "$made functions and operators that are not the server's");
$worker->rows('SET search_path = evil, pg_catalog, public, pg_temp');
is($worker->value("SELECT length('a')") // 'NULL', 'NULL', 'they are used');
ok(seen() > 0, 'and seen');
$psql->rows('CREATE FUNCTION careless() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN RETURN length(\'a\'); END$$');
my $before = as_another();
my $careless = $worker->run('SELECT careless()');
is(as_another(), $before + 1, 'a careless function runs them as its owner, and that is noticed');
like("@{$careless->{notices}}", qr/runs as/, 'with a warning');
$before++;

# a session that cached the plans before, and one that makes them now
my $fresh = Psql->new(database => 'postgres', timeout => 120);
$fresh->rows('SET SESSION AUTHORIZATION worker');
$fresh->rows('SET search_path = evil, pg_catalog, public, pg_temp');
for my $session ($worker, $fresh)
{
	for my $function (@functions)
	{
		my $answer = outcome($session, $function);

		ok(is_as_expected($function, $answer) && !(grep { /runs as/ } @{ $answer->{notices} }), "$function->{name} works with them in the way")
		  or diag(join "\n", call($function), $answer->{state} // '', $answer->{message} // '', @{ $answer->{notices} });
	}
}
is(as_another(), $before, 'none has run as anybody but the caller');

# domains with a check: it is the caller's when the argument is made, and at no other time
$worker->rows($_) for 'SET search_path = public',
  q{CREATE FUNCTION evil.check_it(jsonb) RETURNS bool LANGUAGE plpgsql AS 'BEGIN PERFORM evil.spy(''a domain''); RETURN true; END'},
  'CREATE DOMAIN evil.data AS jsonb CHECK (evil.check_it(VALUE))', 'CREATE TYPE evil.pair AS (a int, b int)',
  q{CREATE FUNCTION evil.to_json(evil.pair) RETURNS json LANGUAGE plpgsql AS 'BEGIN PERFORM evil.spy(''a cast''); RETURN ''{}''; END'},
  'CREATE CAST (evil.pair AS json) WITH FUNCTION evil.to_json(evil.pair)';
my $seen = seen();
for my $function (@functions)
{
	my ($data) = grep { $_->{type} eq 'jsonb' } @{ $function->{arguments} } or next;

	outcome($worker, $function, call($function, $data->{name} => "'{}'::evil.data"));
	outcome($worker, $function, call($function, $data->{name} => 'to_jsonb((1, 2)::evil.pair)'));
}
ok(seen() > $seen, 'checks of domains and casts run');
is(as_another(), $before, 'and never as the owner');

# relations of the caller's with the names of ours
$worker->rows($_) for 'CREATE TEMP TABLE messages (port_name text)', 'CREATE TEMP TABLE ports (port_name text)', 'SET search_path = pg_temp, public';
works($worker, $_, 'works with temporary tables of the same names') for grep { $_->{name} =~ /_(send|receive|complete|consume)$/ } @functions;

# a schema stormdisc in which a role may make things would be one
is($worker->run('CREATE TABLE stormdisc.trap ()')->{state}, '42501', 'nothing is made in the schema stormdisc');

# settings of the caller's
$worker->rows('RESET search_path');
my $setting_of_all = "SET row_security = off; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; SET timezone = 'Asia/Kathmandu'; "
  . "SET enable_indexscan = off; SET enable_seqscan = off; SET plan_cache_mode = force_custom_plan; SET bytea_output = 'escape'; "
  . "SET extra_float_digits = -10; SET jit = on; SET jit_above_cost = 0; SET default_transaction_isolation = 'serializable'; SET constraint_exclusion = on; "
  . "SET enable_partition_pruning = off; SET backslash_quote = on; SET xmlbinary = hex; SET check_function_bodies = off; SET force_parallel_mode = on";
for my $setting (split /; /, $setting_of_all)
{
	my $answer = $worker->run($setting);
	note "$setting: $answer->{message}" if defined $answer->{state};
}
my %may_need_read_committed = map { ("stormdisc_$_" => 1) } qw(delete drop_port purge recover_messages rollup_metrics);
for my $function (@functions)
{
	my $answer = outcome($worker, $function);

	ok(is_as_expected($function, $answer) || $may_need_read_committed{ $function->{name} } && $answer->{state} eq '25001', "$function->{name}: works with odd settings")
	  or diag(call($function) . "\n$answer->{state}: $answer->{message}");
}
$worker->rows('RESET ALL');

# read only, nothing is written
$worker->rows('SET default_transaction_read_only = on');
for my $function (@functions)
{
	my $answer = outcome($worker, $function);

	ok(is_as_expected($function, $answer) || $answer->{state} eq '25006', "$function->{name} in a transaction that reads only: " . ($answer->{state} // 'works'))
	  or diag(($answer->{state} // '') . ': ' . ($answer->{message} // ''));
}

$_->quit for $psql, $worker, $stranger, $fresh;
done_testing();
