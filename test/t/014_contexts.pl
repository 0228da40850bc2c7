# The same answer from everywhere.
#
# Read-only transactions, a hot standby, a role without privileges, exception
# blocks, procedures after COMMIT, cursors, LATERAL, forced parallel mode,
# two-phase commit, event triggers, and whatever the caller has set: the rows
# are the same, the caller's settings are put back, nothing leaks.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $node = new_node('contexts', streaming => 1, conf => <<'EOC');
max_prepared_transactions = 2
max_worker_processes = 8
jit = off
EOC

# Objects whose texts depend on settings, unless these are pinned.
$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA demo;
CREATE SCHEMA "Other";
CREATE FUNCTION demo.f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
CREATE FUNCTION "Other"."F"(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
CREATE TYPE demo.mood AS ENUM ('sad', 'happy');
CREATE DOMAIN demo.small AS numeric(10, 2) DEFAULT 3.5 CHECK (VALUE < 100);
CREATE TABLE demo.parent (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE demo.t (
	id serial PRIMARY KEY,
	a int DEFAULT demo.f(1) CONSTRAINT a_positive CHECK (demo.f(a) > 0),
	"B" text DEFAULT 'x' || 'y',
	c demo.small,
	e demo.mood DEFAULT 'sad',
	ts timestamptz DEFAULT '2020-06-01 12:00:00+00',
	d date DEFAULT '2020-12-31',
	iv interval DEFAULT '1 year 2 months 3 days 04:05:06',
	f8 float8 DEFAULT 0.1::float8 / 3,
	f4 float4 CHECK (f4 < '1.2345678'::float4),
	by bytea DEFAULT '\x00ff'::bytea,
	g int GENERATED ALWAYS AS ("Other"."F"(a) * 2) STORED,
	r int REFERENCES demo.parent (id) ON DELETE SET NULL
);
CREATE INDEX t_expression ON demo.t (lower("B"), (demo.f(a)) DESC) INCLUDE (c)
	WHERE d > '2020-01-31'::date AND iv < '1 mon'::interval AND ts > '2020-06-01 12:00:00+00';
CREATE TABLE "Other"."T" ("select" int, v timestamptz) PARTITION BY RANGE (v);
CREATE TABLE "Other"."T1" PARTITION OF "Other"."T" FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-07-01 00:00:00+00');
CREATE TABLE "Other"."T2" PARTITION OF "Other"."T" FOR VALUES FROM ('2020-07-01 00:00:00+00') TO (MAXVALUE);
CREATE TABLE "Other".f8 (k float8, b bytea) PARTITION BY LIST (b);
CREATE TABLE "Other".f81 PARTITION OF "Other".f8 FOR VALUES IN ('\x00', '\xff');
CREATE VIEW demo.v AS SELECT a, "B" FROM demo.t;
CREATE MATERIALIZED VIEW demo.m AS SELECT a FROM demo.v WITH NO DATA;
CREATE RULE r AS ON DELETE TO demo.v DO INSTEAD NOTHING;
CREATE FUNCTION demo.body(m demo.mood DEFAULT 'sad') RETURNS numeric LANGUAGE sql RETURN (SELECT 0.1::float8 / 3 + a FROM demo.t WHERE e = m AND d > '2020-01-31'::date);
CREATE FUNCTION demo.tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER tr AFTER UPDATE OF a ON demo.t FOR EACH ROW WHEN (new.iv < '1 mon'::interval AND "Other"."F"(new.a) > 0) EXECUTE FUNCTION demo.tf();
CREATE POLICY p ON demo.t USING (ts > '2020-06-01 12:00:00+00');
CREATE STATISTICS demo.st ON a, (f8 + 0.1::float8) FROM demo.t;
CREATE PUBLICATION pub FOR TABLE demo.t (id, ts) WHERE (ts > '2020-06-01 12:00:00+00');
CREATE SUBSCRIPTION sub CONNECTION 'password=hidden_secret' PUBLICATION p WITH (connect = false);
ALTER SUBSCRIPTION sub SET (slot_name = NONE);
CREATE FOREIGN DATA WRAPPER fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (host 'h');
CREATE USER MAPPING FOR PUBLIC SERVER srv OPTIONS ("user" 'u', password 'hidden_secret');
CREATE FOREIGN TABLE demo.ft (id int) SERVER srv OPTIONS (a 'b');
CREATE OPERATOR demo.=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int);
CREATE OPERATOR CLASS demo.ops FOR TYPE int4 USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
CREATE FUNCTION demo.mood_int(demo.mood) RETURNS int LANGUAGE sql RETURN 1;
CREATE CAST (demo.mood AS int) WITH FUNCTION demo.mood_int(demo.mood);
CREATE COLLATION demo.coll FROM "C";
CREATE CONVERSION demo.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH CONFIGURATION demo.conf (COPY = simple);
CREATE LANGUAGE lang HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD method TYPE INDEX HANDLER bthandler;
CREATE FUNCTION demo.fi(internal) RETURNS internal IMMUTABLE LANGUAGE internal AS 'textin';
CREATE TRANSFORM FOR demo.mood LANGUAGE lang (FROM SQL WITH FUNCTION demo.fi(internal));
CREATE FUNCTION demo.event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE CONVERSION') EXECUTE FUNCTION demo.event();
ALTER TABLE demo.t ALTER COLUMN a SET (n_distinct = 5);
GRANT SELECT (a) ON demo.t TO PUBLIC;
CREATE ROLE nobody LOGIN;
REVOKE ALL ON SCHEMA demo, "Other" FROM PUBLIC;

CREATE SCHEMA probe;
GRANT USAGE ON SCHEMA probe TO PUBLIC;

EOS

# The functions that read the schema, without those that tell of statistics,
# which go their own way.
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT stormdisc_discover_existing_schema('taken', schemas => '{demo,Other}')");
# by its OID, for those who may not use the schema
my $table = $node->safe_psql('postgres', "SELECT 'demo.t'::regclass::oid");
my @readers = grep { $_->[0] !~ /^(table_stats|index_usage|advice|validate)$/ } discovery_readers($table, 'taken');
my $answers = join "\n\tUNION ALL ", map {
	# a number as text is the caller's; a sequence's value and a mapping's options are not everybody's
	my $row = $_->[0] eq 'functions' ? "(pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.-) '{cost,rows}'::text[])::text"
	  : $_->[0] eq 'sequences' ? "(pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.-) '{last_value,problem}'::text[])::text"
	  : $_->[0] eq 'foreign_servers' ? "(pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.-) CASE object_type WHEN 'user mapping' THEN '{options,problem}'::text[] ELSE '{}' END)::text"
	  : 't::text';

	"SELECT '$_->[0]', ordinality, $row FROM public.$_->[1] WITH ORDINALITY t"
} @readers;
$node->safe_psql('postgres', <<"EOS");
-- All rows of all functions, in their own order; each function's are told apart.
CREATE FUNCTION probe.answer() RETURNS text
LANGUAGE sql AS \$\$
SELECT pg_catalog.string_agg(kind || ':' || hash, ' ' ORDER BY kind COLLATE "C") FROM (
	SELECT kind, pg_catalog.left(pg_catalog.md5(pg_catalog.string_agg(r, E'\\n' ORDER BY n)), 8) AS hash FROM (
		$answers
	) AS answers (kind, n, r)
	GROUP BY kind
) AS hashes
\$\$;
EOS

my @kinds = map { $_->[0] } grep { $_->[1] =~ /\(\)$/ && $_->[0] !~ /^(schema|diagram|metadata)$/ } @readers;
my $answer = $node->safe_psql('postgres', 'SELECT probe.answer()');
like($answer, qr/^access_methods:[0-9a-f]{8} .* views:[0-9a-f]{8}$/, 'there is an answer');

# The functions whose rows are not the same in two answers.
sub differing
{
	my %before = map { $_ => 1 } split / /, $_[1];

	return join ' ', grep { !delete $before{$_} } split / /, $_[0];
}

# One session's script; every line of its output has to be the answer.
sub same_answer
{
	my ($name, $script, %params) = @_;
	my $on = delete $params{node} // $node;
	my ($stdout, $stderr);

	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$on->psql('postgres', $script, stdout => \$stdout, stderr => \$stderr, %params);
	my %seen = map { $_ => 1 } grep { $_ ne '' } split /\n/, $stdout;
	is(keys %seen == 1 ? differing((keys %seen)[0], $answer) . $stderr : join("\n", sort(keys %seen), $stderr), '', $name);
	return;
}

sub same_text
{
	my ($name, $script, $expected) = @_;
	my ($stdout, $stderr);

	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$node->psql('postgres', $script, stdout => \$stdout, stderr => \$stderr);
	chomp $expected;
	is("$stdout$stderr", $expected, $name);
	return;
}

# Transactions.
same_answer('read-only transaction', 'BEGIN READ ONLY; SELECT probe.answer(); COMMIT;');
same_answer('default_transaction_read_only', 'SET default_transaction_read_only = on; SELECT probe.answer();');
same_answer('repeatable read', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT probe.answer(); SELECT probe.answer(); COMMIT;');
same_answer('serializable, read-only, deferrable',
	'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT probe.answer(); COMMIT;');
same_answer('after a savepoint was rolled back',
	"SET client_min_messages = error; BEGIN; SAVEPOINT s; DROP TABLE demo.t CASCADE; ROLLBACK TO s; SELECT probe.answer(); COMMIT;");
same_text('own DDL, not yet committed', <<'EOS', "na|demo.f2(1)|\nCHECK ((demo.f2(na) > 0))|\nt\nf\n");
BEGIN;
ALTER TABLE demo.t RENAME COLUMN a TO na;
ALTER FUNCTION demo.f(int) RENAME TO f2;
CREATE TABLE demo.own (id int PRIMARY KEY DEFAULT 1);
LOCK TABLE demo.parent IN ACCESS EXCLUSIVE MODE;
SELECT column_name, default_value, problem FROM stormdisc_columns('demo.t') WHERE ordinal_position = 2;
SELECT definition, problem FROM stormdisc_constraints('demo.t') WHERE constraint_name = 'a_positive';
SELECT EXISTS (SELECT FROM stormdisc_indexes('demo.own') WHERE definition ~ 'own_pkey');
SELECT EXISTS (SELECT FROM stormdisc_tables() WHERE problem IS NOT NULL) OR EXISTS (SELECT FROM stormdisc_columns() WHERE problem IS NOT NULL);
ROLLBACK;
EOS
same_text('locks that were there before are still there after', <<'EOS', "demo.parent|AccessExclusiveLock\ndemo.t|AccessShareLock\n");
BEGIN;
LOCK TABLE demo.t IN ACCESS SHARE MODE;
LOCK TABLE demo.parent IN ACCESS EXCLUSIVE MODE;
SELECT probe.answer() \gset
SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384
	AND relation::regclass::text !~ '^stormdisc' ORDER BY mode;
ROLLBACK;
EOS
same_answer('PREPARE TRANSACTION', <<'EOS');
BEGIN;
SELECT probe.answer();
PREPARE TRANSACTION 'with discovery';
SELECT probe.answer();
COMMIT PREPARED 'with discovery';
EOS
same_text('a prepared transaction keeps no lock of ours', <<'EOS', "0\n");
BEGIN;
SELECT probe.answer() \gset
PREPARE TRANSACTION 'with discovery';
SELECT count(*) FROM pg_locks WHERE pid IS NULL AND relation >= 16384 AND relation::regclass::text !~ '^stormdisc';
COMMIT PREPARED 'with discovery';
EOS

# Roles.
same_answer('a role without any privilege', 'SET client_min_messages = error; SELECT probe.answer();', extra_params => [ '-U', 'nobody' ]);
same_answer('SET ROLE', 'SET client_min_messages = error; SET ROLE nobody; SELECT probe.answer();');
# What nobody is told: passwords, not even superusers are.
foreach my $reader (discovery_readers($table, 'taken'))
{
	foreach my $role ('postgres', 'nobody')
	{
		my $rows = $node->safe_psql('postgres', "SET client_min_messages = error; SET ROLE $role; SELECT t::text FROM $reader->[1] t");
		unlike($rows, qr/hidden_secret/, "stormdisc_$reader->[0] shows no password to $role");
	}
}
same_text('the role has indeed no privilege', <<'EOS', "f|f\n");
SET ROLE nobody;
SELECT has_schema_privilege('demo', 'USAGE'), has_table_privilege(oid, 'SELECT') FROM pg_class WHERE relname = 't' AND relkind = 'r';
EOS
same_answer('row security off', 'SET row_security = off; SELECT probe.answer();');

# PL/pgSQL.
$node->safe_psql('postgres', <<'EOS');
CREATE PROCEDURE probe.after_commit(INOUT answer text) LANGUAGE plpgsql AS $$
DECLARE
	r record;
	n int := 0;
BEGIN
	FOR i IN 1..3 LOOP
		answer := (SELECT pg_catalog.count(*) FROM public.stormdisc_tables());
		COMMIT;
		answer := probe.answer();
		ROLLBACK;
		answer := probe.answer();
		COMMIT;
		FOR r IN SELECT * FROM public.stormdisc_columns() LOOP
			n := n + 1;
			-- the loop's cursor becomes a held one
			COMMIT;
		END LOOP;
	END LOOP;
	IF n <> 3 * (SELECT pg_catalog.count(*) FROM public.stormdisc_columns()) THEN
		answer := 'lost rows';
	END IF;
	answer := probe.answer();
END
$$;

CREATE FUNCTION probe.in_exception_blocks() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		RETURN NEXT probe.answer();
		PERFORM pg_catalog.count(*) / 0 FROM public.stormdisc_tables();
	EXCEPTION WHEN division_by_zero THEN
		RETURN NEXT probe.answer();
		BEGIN
			PERFORM * FROM public.stormdisc_columns(schemas => '{nowhere}');
		EXCEPTION WHEN invalid_schema_name THEN
			RETURN NEXT probe.answer();
		END;
	END;
	RETURN NEXT probe.answer();
END
$$;

CREATE FUNCTION probe.trigger_function() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.code := probe.answer();
	RETURN NEW;
END
$$;
EOS
$answer = $node->safe_psql('postgres', 'SELECT probe.answer()');
same_answer('after COMMIT and ROLLBACK in a procedure', "CALL probe.after_commit('');");
same_answer('after COMMIT in a DO block, without any snapshot', <<'EOS');
DO $$ BEGIN COMMIT; PERFORM probe.answer(); ROLLBACK; PERFORM set_config('probe.answer', probe.answer(), false); END $$;
SELECT current_setting('probe.answer');
EOS
same_answer('in exception blocks', 'SELECT * FROM probe.in_exception_blocks();');
same_answer('in a row trigger', <<'EOS');
BEGIN;
SET client_min_messages = error;
CREATE TEMP TABLE fired (id int, code text) ON COMMIT DROP;
CREATE TRIGGER fire BEFORE INSERT ON fired FOR EACH ROW EXECUTE FUNCTION probe.trigger_function();
SELECT probe.answer() AS with_temp \gset
INSERT INTO fired VALUES (1) RETURNING code = :'with_temp' AS same \gset
DROP TABLE fired;
SELECT CASE WHEN :'same' THEN probe.answer() ELSE 'another answer in the trigger' END;
COMMIT;
EOS
same_text('in event triggers', <<'EOS', "ddl_command_end table\nddl_command_end column|1 + 1\nsql_drop nothing\n");
BEGIN;
CREATE FUNCTION probe.event() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM probe.answer();
	INSERT INTO probe.events
	SELECT tg_event || ' table' FROM public.stormdisc_tables(schemas => '{demo}') WHERE table_name = 'fresh' AND problem IS NULL
		AND NOT EXISTS (SELECT FROM public.stormdisc_columns(schemas => '{demo}') WHERE table_name = 'fresh')
	UNION ALL
	SELECT tg_event || ' column|' || default_value FROM public.stormdisc_columns(schemas => '{demo}') WHERE table_name = 'fresh' AND problem IS NULL
	UNION ALL
	SELECT tg_event || ' nothing' WHERE NOT EXISTS (SELECT FROM public.stormdisc_tables() WHERE table_name = 'fresh');
END
$$;
CREATE TABLE probe.events (what text);
CREATE EVENT TRIGGER at_end ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION probe.event();
CREATE EVENT TRIGGER at_drop ON sql_drop EXECUTE FUNCTION probe.event();
CREATE TABLE demo.fresh ();
ALTER TABLE demo.fresh ADD COLUMN id int DEFAULT 1 + 1;
DROP TABLE demo.fresh;
SELECT regexp_replace(what, '\|\(?(.*?)\)?$', '|\1') FROM probe.events;
ROLLBACK;
EOS

# The calling styles.
my $tables = $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc_tables()');
my $columns = $node->safe_psql('postgres', 'SELECT count(*) FROM stormdisc_columns()');
foreach my $kind (@kinds)
{
	my $column = $kind eq 'schema_objects' ? 'kind' : $kind eq 'relationships' ? 'from_schema' : $kind eq 'load_order' ? 'schema_name'
	  : (split /, /, key_of_kind($kind))[0];
	same_text("stormdisc_$kind: LIMIT, OFFSET, LATERAL, ORDINALITY, EXISTS, SELECT list, CTE, join",
		<<"EOS", "t\nt\nt\nt\nt\nt\nt\nt\nt\n");
SELECT count(*) = least(1, (SELECT count(*) FROM stormdisc_$kind())) FROM (SELECT * FROM stormdisc_$kind() LIMIT 1) AS one;
SELECT count(*) <= 1 FROM (SELECT * FROM stormdisc_$kind() OFFSET (SELECT greatest(count(*), 1) - 1 FROM stormdisc_$kind())) AS last;
SELECT count(*) = 3 * (SELECT count(*) FROM stormdisc_$kind()) FROM generate_series(1, 3) AS n, LATERAL stormdisc_$kind(schemas => CASE WHEN n > 0 THEN NULL::text[] END) AS d;
SELECT count(*) = coalesce(max(ordinality), 0) AND coalesce(min(ordinality), 1) = 1 FROM stormdisc_$kind() WITH ORDINALITY;
SELECT EXISTS (SELECT FROM stormdisc_$kind()) = (SELECT count(*) > 0 FROM stormdisc_$kind());
SELECT count(*) = (SELECT count(*) FROM stormdisc_$kind()) FROM (SELECT (stormdisc_$kind()).*) AS d;
SELECT count(*) = (SELECT count(*) FROM stormdisc_$kind()) FROM (SELECT stormdisc_$kind()) AS d;
WITH d AS MATERIALIZED (SELECT * FROM stormdisc_$kind()) SELECT count(*) >= 0 FROM d a JOIN d b USING ($column);
SELECT count(*) = greatest((SELECT count(*) FROM stormdisc_$kind()), (SELECT count(*) FROM stormdisc_tables(schemas => '{demo}'))) FROM ROWS FROM (stormdisc_$kind(), stormdisc_tables(schemas => '{demo}')) WITH ORDINALITY AS d (x);
EOS
}
same_text('scrolling cursor: forward, backward, absolute', <<'EOS', "1\n2\n3\n2\n1\n" . "$columns\n" . ($columns - 1) . "\n1\n");
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT ordinality FROM stormdisc_columns() WITH ORDINALITY;
FETCH 3 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH LAST FROM c;
FETCH PRIOR FROM c;
FETCH FIRST FROM c;
CLOSE c;
COMMIT;
EOS
same_text('cursor WITH HOLD outlives its transaction', <<'EOS', ($columns - 2) . "\n");
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM stormdisc_columns();
FETCH 1 FROM c \gset
FETCH 1 FROM c \gset
COMMIT;
DO $$
DECLARE
	c refcursor := 'c';
	r record;
	n int := 0;
BEGIN
	LOOP
		FETCH c INTO r;
		EXIT WHEN NOT FOUND;
		n := n + 1;
	END LOOP;
	PERFORM set_config('probe.n', n::text, false);
END
$$;
SELECT current_setting('probe.n');
EOS
same_text('two cursors at a time, closed early', <<'EOS', "t\nt\n");
BEGIN;
DECLARE a CURSOR FOR SELECT column_name IS NOT NULL FROM stormdisc_columns();
DECLARE b CURSOR FOR SELECT index_name IS NOT NULL FROM stormdisc_indexes();
FETCH 1 FROM a;
FETCH 1 FROM b;
CLOSE a;
COMMIT;
EOS
same_answer('a prepared statement, planned anew and generic', <<'EOS');
PREPARE p AS SELECT probe.answer();
EXECUTE p;
SET plan_cache_mode = force_generic_plan;
EXECUTE p;
SET search_path = demo;
EXECUTE p;
EOS

# Parallel mode.
my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
foreach my $mode ('on', 'regress')
{
	same_answer("$force = $mode", <<"EOS");
SET $force = $mode;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT probe.answer();
EOS
	same_text("$force = $mode: every function, beside a parallel scan", <<"EOS", join('', map { "t\n" } @kinds));
SET $force = $mode;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
${\ join '', map { "SELECT count(*) >= 0 FROM pg_class c JOIN stormdisc_$_() d ON d.problem = c.relname;\n" } @kinds}
EOS
}

# The caller's settings change nothing, and nothing changes them.
my %hostile = (
	search_path => 'demo, "Other", pg_catalog',
	DateStyle => 'German, DMY',
	IntervalStyle => 'iso_8601',
	TimeZone => 'Asia/Tokyo',
	quote_all_identifiers => 'on',
	extra_float_digits => '-15',
	bytea_output => 'escape',
	work_mem => '64kB',
	enable_indexscan => 'off',
	enable_seqscan => 'off',
	lc_messages => 'C',
	client_min_messages => 'debug1',
	xmlbinary => 'hex',
	row_security => 'off',
	array_nulls => 'off',
	standard_conforming_strings => 'on',
	transform_null_equals => 'on',
	default_with_oids => undef);
delete $hostile{default_with_oids};
my $set = join '', map { "SET $_ = " . ($_ eq 'search_path' ? $hostile{$_} : "'$hostile{$_}'") . ";\n" } sort keys %hostile;
my $show = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name = ANY ('{"
  . join(',', sort keys %hostile) . "}') OR source = 'session';\n";

# debug messages go to the log only
$set =~ s/SET client_min_messages = 'debug1';\n/SET client_min_messages = error;\n/;
same_answer('hostile settings', $set . 'SELECT probe.answer();');
same_answer('hostile settings, one at a time', join '', map { "$_;\nSELECT probe.answer();\nRESET ALL;\n" } split /;\n/, $set);
same_answer('hostile settings of a role', <<"EOS");
@{[ join "\n", map { s/^SET /ALTER ROLE nobody SET /r . ';' } split /;\n/, $set ]}
\\c postgres nobody
SELECT probe.answer();
\\c postgres -
EOS
$node->safe_psql('postgres', 'ALTER ROLE nobody RESET ALL');

my @calls = ((map { "SELECT count(*) FROM public.stormdisc_$_()" } @kinds), "SELECT count(*) FROM public.stormdisc_primary_key('demo.t')");
# These are about relations, so that others are an error.
my %of_relations = map { $_ => 1 } qw(column_options columns constraints foreign_servers indexes partitions policies privileges
  property_graphs relationships load_order rules schema_objects security_labels sequences statistics tables triggers views);
my @errors = (
	(map { (
			"SELECT count(*) FROM public.stormdisc_$_(schemas => '{nowhere}')",
			"SELECT count(*) FROM public.stormdisc_$_(include => ARRAY['\"a'])",
			"SELECT count(*) FROM public.stormdisc_$_(schemas => '{}')",
			"SELECT 1 / (count(*) - count(*)) FROM public.stormdisc_$_()",
			$of_relations{$_} ? "SELECT count(*) FROM public.stormdisc_$_('pg_class_oid_index')" : ()
	) } @kinds),
	'SELECT * FROM public.stormdisc_primary_key(NULL)',
	q{SELECT * FROM public.stormdisc_primary_key('demo.v')},
	q{SELECT public.stormdisc_map_type('no_such_type')},
	q{SELECT public.stormdisc_map_type('box', strict => true)},
	q{SELECT public.stormdisc_map_type('int4', 'no such dialect')});
same_text('settings after every function', $set . $show . join('', map { "$_ \\gset\n$show" } @calls),
	(map { $_ x (@calls + 1) } $node->safe_psql('postgres', $set . $show) . "\n")[0]);
{
	my ($stdout, $stderr);
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n" . $set . $show . join('', map { "$_;\n$show" } @errors),
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	my %seen = map { $_ => 1 } split /\n/, $stdout;
	is(scalar keys %seen, 1, 'settings after every error are those before');
	is( join(' ', $stderr =~ /ERROR:  (\w+)/g),
		join(' ', (map { '3F000 22023 22023 22012' . ($of_relations{$_} ? ' 42809' : '') } @kinds), '22004 42809 42704 42704 22023'),
		'and every one of these calls was the expected error');
}
same_text('settings after an error in a subtransaction', <<"EOS", "t\n");
$set
BEGIN;
SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) AS before FROM pg_settings WHERE source = 'session' \\gset
SET LOCAL search_path = "Other";
SAVEPOINT s;
SET LOCAL TimeZone = 'America/New_York';
DO \$\$ BEGIN PERFORM * FROM public.stormdisc_columns(include => ARRAY['"a']); EXCEPTION WHEN others THEN NULL; END \$\$;
ROLLBACK TO s;
SELECT count(*) AS n FROM public.stormdisc_columns() \\gset
SELECT (SELECT setting = '"Other"' FROM pg_settings WHERE name = 'search_path') AND (SELECT setting = 'Asia/Tokyo' FROM pg_settings WHERE name = 'TimeZone') AS inside \\gset
COMMIT;
SELECT :'inside' AND :'before' = string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE source = 'session';
EOS

# 1,000 calls that end in an error, then an early end of 300 more.
my $log_from = -s $node->logfile;
{
	my ($stdout, $stderr);
	my $script = "SET client_min_messages = warning;\n";

	$script .= "$errors[ $_ % @errors ];\n" for 1 .. 1000;
	$script .= "SELECT * FROM stormdisc_$kinds[ $_ % @kinds ]() LIMIT 1 \\gset\n" for 1 .. 300;
	$script .= "SELECT probe.answer();\n";
	$node->psql('postgres', $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	my $raised = () = $stderr =~ /ERROR: /g;
	is($raised, 1000, '1,000 calls end in an error');
	is($stdout, $answer, 'and the session still gives the answer');
	unlike($stderr, qr/WARNING/, 'without a warning');
}
unlike(slurp_file($node->logfile, $log_from), qr/WARNING|leak|still referenced|TRAP|PANIC/,
	'no leak of a snapshot, relation, tuple descriptor or buffer in the server log');

# Memory: what a session holds after 100 rounds is what it held after 20.
my $growth = $node->safe_psql('postgres', <<'EOS');
DO $$
DECLARE
	early bigint;
BEGIN
	FOR i IN 1..100 LOOP
		PERFORM probe.answer();
		BEGIN
			PERFORM * FROM public.stormdisc_columns(schemas => '{demo,nowhere}');
		EXCEPTION WHEN invalid_schema_name THEN
			NULL;
		END;
		IF i = 20 THEN
			SELECT sum(total_bytes) INTO early FROM pg_backend_memory_contexts;
		END IF;
	END LOOP;
	PERFORM set_config('probe.growth', (SELECT sum(total_bytes) - early FROM pg_backend_memory_contexts)::text, false);
END
$$;
SELECT current_setting('probe.growth');
EOS
diag(sprintf 'memory of one session, after 100 rounds against after 20: %+d kB', $growth / 1024);
cmp_ok($growth, '<', 450 * 1024, 'memory does not grow with the number of calls');
$growth = $node->safe_psql('postgres', <<'EOS');
SELECT sum(total_bytes) AS early FROM pg_backend_memory_contexts \gset
SELECT count(probe.answer()) FROM generate_series(1, 20) \gset
SELECT count(*) AS n FROM generate_series(1, 50) AS n, LATERAL stormdisc_columns(exclude => ARRAY['n' || n]), LATERAL (SELECT count(*) FROM stormdisc_indexes(exclude => ARRAY['n' || n])) AS i \gset
SELECT sum(total_bytes) AS early FROM pg_backend_memory_contexts \gset
SELECT count(*) AS n FROM generate_series(1, 500) AS n, LATERAL stormdisc_columns(exclude => ARRAY['n' || n]) \gset
SELECT count(*) AS n FROM generate_series(1, 500) AS n, LATERAL stormdisc_indexes(exclude => ARRAY['n' || n]) \gset
SELECT sum(total_bytes) - :early FROM pg_backend_memory_contexts;
EOS
# the server's caches grow by blocks of up to 1 MB, once
cmp_ok($growth, '<', 2 * 1024 * 1024, 'nor with the number of calls in one statement');

# Chains that nobody can walk down by recursion, with hardly any stack.
my $deep = 3000;
$node->safe_psql('postgres', <<"EOS");
SET client_min_messages = error;
CREATE DATABASE deep;
\\c deep
CREATE EXTENSION stormdisc;
CREATE TABLE t0 (a int PRIMARY KEY, b int);
CREATE TABLE i0 (a int);
CREATE VIEW v0 AS SELECT a, b FROM t0;
CREATE DOMAIN d0 AS int CHECK (VALUE > 0);
DO \$\$
BEGIN
	FOR i IN 1..$deep LOOP
		EXECUTE pg_catalog.format('CREATE TABLE t%s (a int PRIMARY KEY, b int REFERENCES t%s)', i, i - 1);
		EXECUTE pg_catalog.format('CREATE TABLE i%s () INHERITS (i%s)', i, i - 1);
		IF i % 5 < 2 THEN
			EXECUTE pg_catalog.format('CREATE VIEW v%s AS SELECT a, b FROM v%s', 2 * (i / 5) + i % 5, 2 * (i / 5) + i % 5 - 1);
			EXECUTE pg_catalog.format('CREATE DOMAIN d%s AS d%s', 2 * (i / 5) + i % 5, 2 * (i / 5) + i % 5 - 1);
		END IF;
		IF i % 5 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END
\$\$;
EOS
foreach my $reader ([ 'discover_existing_schema', "stormdisc_discover_existing_schema('all')" ], discovery_readers('t2500', 'all'),
	map { [ "$_ of the end", "stormdisc_$_('i$deep')" ] } qw(tables columns constraints load_order relationships schema))
{
	is( $node->safe_psql('deep',
			"SET client_min_messages = error; SET max_stack_depth = '100kB'; SELECT count(*) >= 0, count(*) FILTER (WHERE to_jsonb(t)->>'problem' <> '') FROM $reader->[1] t"),
		't|0', "stormdisc_$reader->[0]: chains of $deep tables and @{[ 2 * $deep / 5 ]} views, 100 kB of stack");
}
is($node->safe_psql('deep', "SELECT status, (SELECT document->'warnings' FROM stormdisc.snapshots) FROM stormdisc_discover_existing_schema('all')"),
	'ok|[]', 'a snapshot of them is whole');

# A hot standby.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', 'ALTER TABLE demo.t ADD COLUMN late int DEFAULT 7 + 1 CHECK (late > 0)');
$answer = $node->safe_psql('postgres', 'SELECT probe.answer()');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');
same_answer('hot standby', 'SELECT probe.answer();', node => $standby);
same_answer('hot standby, repeatable read, a role without any privilege',
	'SET client_min_messages = error; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT probe.answer(); COMMIT;',
	node => $standby, extra_params => [ '-U', 'nobody' ]);

# An ACCESS EXCLUSIVE lock that is replayed there, and no wait for it.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE demo.t IN ACCESS EXCLUSIVE MODE; SELECT pg_current_xact_id();');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
$standby->poll_query_until('postgres',
	"SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'demo.t'::regclass")
  or die 'the lock did not reach the standby';
foreach my $kind (@kinds)
{
	is( $standby->safe_psql('postgres',
			"SET client_min_messages = error; SET lock_timeout = '1s'; SELECT count(*) FROM stormdisc_$kind(schemas => '{demo,Other}')"),
		$node->safe_psql('postgres',
			"SET client_min_messages = error; SET lock_timeout = '1s'; SELECT count(*) FROM stormdisc_$kind(schemas => '{demo,Other}')"),
		"hot standby beside a replayed ACCESS EXCLUSIVE lock: stormdisc_$kind");
}
$holder->query_safe('COMMIT');
$holder->quit;

unlike(slurp_file($standby->logfile), qr/WARNING.*leak|still referenced|TRAP|PANIC/, 'no leak in the log of the standby');

$standby->stop;
$node->stop;

done_testing();
