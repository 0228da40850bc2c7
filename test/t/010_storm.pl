# Discovery in a storm of DDL.
#
# Six sessions run whole life cycles of tables, partitions and every other kind
# of object flat out, a seventh one sends bursts of hundreds at once.  Beside them
# two sessions call every function that reads the schema, most of the time one
# after the other; now and then in one statement that holds the answer against
# the catalogs under its own snapshot, or the rows of every function against the
# document: no error, no silent gap, no torn row, no lock kept.  Two more take
# snapshots over and over: each is whole, or tells why there is none.  One session
# asks the same facts in plain SQL, by pg_get_indexdef() and its kin, and has to
# fail: else this test could not fail either.
#
# STORMDISC_STORM_SECONDS is the length of the storm; half of it goes to READ
# COMMITTED and half to REPEATABLE READ with a snapshot that is 50 ms old.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;
use Time::HiRes qw(time);

my $seconds = seconds_setting('STORMDISC_STORM_SECONDS', 20);
my $phase_seconds = $seconds > 1 ? int($seconds / 2) : 1;
my $quiet_tables = 100;

# The names that the storm makes, see ddl_scripts() in StormdiscTest.pm.
my $name_pattern = '\m[a-z]{2}_[0-9]{8}\M';

my ($life_of_a_table, $life_of_a_tree, $burst, $life_of_others) = ddl_scripts();
my @readers = discovery_readers('quiet.qa_10000001', 'calm');

# Where each fact comes from.  The plain way is what a careful client writes.
my %source = (
	stormdisc => {
		t => 'SELECT * FROM public.stormdisc_tables()',
		c => 'SELECT * FROM public.stormdisc_columns()',
		i => 'SELECT * FROM public.stormdisc_indexes()',
		k => 'SELECT * FROM public.stormdisc_constraints()',
		p => 'SELECT * FROM public.stormdisc_partitions()',
		v => 'SELECT * FROM public.stormdisc_views()',
		r => 'SELECT * FROM public.stormdisc_rules()',
		y => 'SELECT * FROM public.stormdisc_policies()',
		z => 'SELECT * FROM public.stormdisc_triggers()',
		f => q{SELECT * FROM public.stormdisc_functions() WHERE schema_name IN ('storm', 'quiet') AND function_kind <> 'aggregate'},
		s => 'SELECT * FROM public.stormdisc_statistics()',
		e => q{SELECT * FROM public.stormdisc_types() WHERE schema_name IN ('storm', 'quiet')},
		q => 'SELECT * FROM public.stormdisc_sequences()',
	},
	plain => {
		t => q{
SELECT s AS schema_name, r AS table_name, pg_get_partkeydef(oid) AS partition_key, NULL::text AS problem
FROM rel WHERE relkind IN ('r', 'p', 'f')},
		c => q{
SELECT s AS schema_name, r AS table_name, a AS column_name, pg_get_expr(d.adbin, d.adrelid) AS default_value,
	NULL::text AS sequence_name, NULL::text AS problem
FROM att LEFT JOIN pg_attrdef d ON d.adrelid = att.oid AND d.adnum = att.attnum WHERE relkind IN ('r', 'p', 'f', 'v', 'm')},
		i => q{
SELECT s AS schema_name, r AS table_name, x.relname::text AS index_name,
	ARRAY(SELECT attname::text FROM unnest(indkey::int2[]) WITH ORDINALITY u (n, o)
		JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = n WHERE o <= indnkeyatts ORDER BY o) AS column_names,
	ARRAY(SELECT attname::text FROM unnest(indkey::int2[]) WITH ORDINALITY u (n, o)
		JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = n WHERE o > indnkeyatts ORDER BY o) AS include_columns,
	pg_get_expr(indpred, indrelid) AS predicate, pg_get_indexdef(indexrelid) AS definition, NULL::text AS problem
FROM pg_index JOIN rel ON rel.oid = indrelid JOIN pg_class x ON x.oid = indexrelid},
		k => q{
SELECT rel.s AS schema_name, rel.r AS table_name, conname::text AS constraint_name, contype AS constraint_type,
	ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY u (n, o)
		JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = n ORDER BY o) AS columns,
	f.s AS ref_schema, f.r AS ref_table,
	ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY u (n, o)
		JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = n ORDER BY o) AS ref_columns,
	pg_get_expr(conbin, conrelid) AS expression, pg_get_constraintdef(con.oid) AS definition, NULL::text AS problem
FROM pg_constraint con JOIN rel ON rel.oid = conrelid LEFT JOIN rel f ON f.oid = confrelid},
		p => q{
SELECT m.s AS parent_schema, m.r AS parent_name, rel.s AS schema_name, rel.r AS partition_name,
	pg_get_expr(rel.bound, rel.oid) AS partition_bound, NULL::text AS problem
FROM pg_inherits JOIN rel ON rel.oid = inhrelid JOIN rel m ON m.oid = inhparent WHERE rel.relispartition AND rel.relkind IN ('r', 'p', 'f')},
		v => q{
SELECT s AS schema_name, r AS view_name, pg_get_viewdef(oid) AS definition,
	ARRAY(SELECT a FROM att WHERE att.oid = rel.oid ORDER BY attnum) AS columns,
	NULL::text[] AS base_columns, NULL::text[] AS depends_on, NULL::text AS problem
FROM rel WHERE relkind IN ('v', 'm')},
		r => q{
SELECT s AS schema_name, r AS table_name, rulename::text AS rule_name, pg_get_ruledef(w.oid) AS definition,
	NULL::text AS condition, NULL::text AS problem
FROM pg_rewrite w JOIN rel ON rel.oid = ev_class WHERE rulename <> '_RETURN'},
		y => q{
SELECT s AS schema_name, r AS table_name, polname::text AS policy_name, pg_get_expr(polqual, polrelid) AS using_expression,
	NULL::text AS problem
FROM pg_policy JOIN rel ON rel.oid = polrelid},
		z => q{
SELECT s AS schema_name, r AS table_name, tgname::text AS trigger_name, pg_get_triggerdef(t.oid) AS definition,
	ARRAY(SELECT attname::text FROM unnest(tgattr::int2[]) WITH ORDINALITY u (n, o)
		JOIN pg_attribute a ON a.attrelid = tgrelid AND a.attnum = n ORDER BY o) AS columns,
	NULL::text AS condition, NULL::text AS problem
FROM pg_trigger t JOIN rel ON rel.oid = tgrelid WHERE NOT tgisinternal},
		f => q{
SELECT nspname::text AS schema_name, proname::text AS function_name, pg_get_functiondef(p.oid) AS definition, NULL::text AS arguments,
	NULL::text AS problem
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname IN ('storm', 'quiet') AND prokind <> 'a'
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND deptype = 'i')},
		s => q{
SELECT nspname::text AS schema_name, stxname::text AS statistics_name, pg_get_statisticsobjdef(e.oid) AS definition,
	ARRAY(SELECT attname::text FROM unnest(stxkeys::int2[]) WITH ORDINALITY u (n, o)
		JOIN pg_attribute a ON a.attrelid = stxrelid AND a.attnum = n ORDER BY o) AS columns, NULL::text AS problem
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = stxnamespace WHERE nspname IN ('storm', 'quiet')},
		e => q{
SELECT nspname::text AS schema_name, typname::text AS type_name, typtype AS type_kind,
	ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) AS labels,
	ARRAY(SELECT a FROM att WHERE att.oid = t.typrelid ORDER BY attnum) AS attribute_names,
	ARRAY(SELECT pg_get_constraintdef(con.oid) FROM pg_constraint con WHERE contypid = t.oid) AS constraint_definitions,
	ARRAY(SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped) AS attribute_types,
	NULL::text AS problem
FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
WHERE nspname IN ('storm', 'quiet') AND (typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM rel WHERE rel.oid = typrelid AND relkind = 'c'))},
		q => q{
SELECT s AS schema_name, r AS sequence_name, NULL::text AS owner_column, NULL::text AS problem FROM rel WHERE relkind = 'S'},
	});

# The check: one statement, so one snapshot.  rel, att and names are the truth
# of that snapshot; t, c, i and so on are what is held against it.
sub check_function
{
	my ($way) = @_;
	my $from = $source{$way};
	my $problem_free_kinds = $way eq 'plain' ? "ARRAY['none']" : "ARRAY['vanished', 'changed', 'locked', 'denied']";

	return <<"EOS";
CREATE FUNCTION probe.check_$way(OUT answered int, OUT problems jsonb, OUT violations text[])
SET search_path = pg_catalog, pg_temp
LANGUAGE plpgsql AS \$check\$
BEGIN
	WITH rel AS MATERIALIZED (
		SELECT c.oid, n.nspname::text AS s, c.relname::text AS r, c.relkind, c.relispartition, c.relpartbound AS bound
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('storm', 'quiet')
	), att AS MATERIALIZED (
		SELECT rel.oid, s, r, relkind, a.attname::text AS a, a.attnum, a.atthasdef
		FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid
		WHERE a.attnum > 0 AND NOT a.attisdropped AND rel.relkind NOT IN ('i', 'I', 'S', 't')
	), names AS MATERIALIZED (
		SELECT r AS name FROM rel
		UNION SELECT a FROM att
		UNION SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('storm', 'quiet')
		UNION SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname IN ('storm', 'quiet')
		UNION SELECT conname FROM pg_constraint t JOIN pg_namespace n ON n.oid = t.connamespace WHERE n.nspname IN ('storm', 'quiet')
		UNION SELECT enumlabel FROM pg_enum
		UNION SELECT rulename FROM pg_rewrite
		UNION SELECT tgname FROM pg_trigger
		UNION SELECT stxname FROM pg_statistic_ext
		UNION SELECT opcname FROM pg_opclass
		UNION SELECT unnest(proargnames) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'storm'
	), t AS MATERIALIZED ($from->{t}
	), c AS MATERIALIZED ($from->{c}
	), i AS MATERIALIZED ($from->{i}
	), k AS MATERIALIZED ($from->{k}
	), p AS MATERIALIZED ($from->{p}
	), v AS MATERIALIZED ($from->{v}
	), r AS MATERIALIZED ($from->{r}
	), y AS MATERIALIZED ($from->{y}
	), z AS MATERIALIZED ($from->{z}
	), f AS MATERIALIZED ($from->{f}
	), s AS MATERIALIZED ($from->{s}
	), e AS MATERIALIZED ($from->{e}
	), q AS MATERIALIZED ($from->{q}
	), answers AS (
		SELECT 'tables' AS kind, schema_name AS s, table_name AS r, NULL::text AS a, problem, false AS gap FROM t
		UNION ALL
		SELECT 'columns', schema_name, table_name, column_name, problem,
			default_value IS NULL AND att.atthasdef
		FROM c LEFT JOIN att ON (att.s, att.r, att.a) = (schema_name, table_name, column_name)
		UNION ALL
		SELECT 'indexes', schema_name, table_name, index_name, problem, definition IS NULL FROM i
		UNION ALL
		SELECT 'constraints', schema_name, table_name, constraint_name, problem,
			definition IS NULL OR (expression IS NULL AND constraint_type IN ('check', 'c')) FROM k
		UNION ALL
		SELECT 'partitions', schema_name, partition_name, NULL, problem, partition_bound IS NULL FROM p
		UNION ALL
		SELECT 'views', schema_name, view_name, NULL, problem, definition IS NULL FROM v
		UNION ALL
		SELECT 'rules', schema_name, table_name, rule_name, problem, definition IS NULL FROM r
		UNION ALL
		SELECT 'policies', schema_name, table_name, policy_name, problem, using_expression IS NULL FROM y
		UNION ALL
		SELECT 'triggers', schema_name, table_name, trigger_name, problem, definition IS NULL FROM z
		UNION ALL
		SELECT 'functions', schema_name, function_name, NULL, problem, definition IS NULL FROM f
		UNION ALL
		SELECT 'statistics', schema_name, statistics_name, NULL, problem, definition IS NULL FROM s
		UNION ALL
		SELECT 'types', schema_name, type_name, NULL, problem, array_position(constraint_definitions, NULL) IS NOT NULL
			OR array_position(attribute_types, NULL) IS NOT NULL FROM e
		UNION ALL
		SELECT 'sequences', schema_name, sequence_name, NULL, problem, false FROM q
	), expected AS (
		SELECT 'tables' AS kind, s, r, NULL::text AS a FROM rel WHERE relkind IN ('r', 'p', 'f')
		UNION ALL
		SELECT 'columns', s, r, a FROM att WHERE relkind IN ('r', 'p', 'f', 'v', 'm')
		UNION ALL
		SELECT 'indexes', s, r, x.relname FROM pg_index JOIN rel ON rel.oid = indrelid JOIN pg_class x ON x.oid = indexrelid
		WHERE rel.relkind IN ('r', 'p', 'm')
		UNION ALL
		SELECT 'constraints', s, r, conname FROM pg_constraint JOIN rel ON rel.oid = conrelid
		UNION ALL
		SELECT 'partitions', s, r, NULL FROM pg_inherits JOIN rel ON rel.oid = inhrelid WHERE relispartition AND relkind IN ('r', 'p', 'f')
		UNION ALL
		SELECT 'views', s, r, NULL FROM rel WHERE relkind IN ('v', 'm')
		UNION ALL
		SELECT 'rules', s, r, rulename FROM pg_rewrite JOIN rel ON rel.oid = ev_class WHERE rulename <> '_RETURN'
		UNION ALL
		SELECT 'policies', s, r, polname FROM pg_policy JOIN rel ON rel.oid = polrelid
		UNION ALL
		SELECT 'triggers', s, r, tgname FROM pg_trigger JOIN rel ON rel.oid = tgrelid WHERE NOT tgisinternal
		UNION ALL
		SELECT 'functions', nspname, proname, NULL FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
		WHERE nspname IN ('storm', 'quiet') AND prokind <> 'a'
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND deptype = 'i')
		UNION ALL
		SELECT 'statistics', nspname, stxname, NULL FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = stxnamespace
		WHERE nspname IN ('storm', 'quiet')
		UNION ALL
		SELECT 'types', nspname, typname, NULL FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
		WHERE nspname IN ('storm', 'quiet') AND (typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM rel WHERE rel.oid = typrelid AND relkind = 'c'))
		UNION ALL
		SELECT 'sequences', s, r, NULL FROM rel WHERE relkind = 'S'
	), true_columns AS (
		SELECT 'indexes' AS kind, s, r, x.relname::text AS a, ARRAY(SELECT attname::text FROM unnest(indkey::int2[]) WITH ORDINALITY u (n, o)
			JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = n ORDER BY o) AS cols
		FROM pg_index JOIN rel ON rel.oid = indrelid JOIN pg_class x ON x.oid = indexrelid
		UNION ALL
		SELECT 'constraints', s, r, conname, ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY u (n, o)
			JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = n ORDER BY o)
		FROM pg_constraint JOIN rel ON rel.oid = conrelid
		UNION ALL
		SELECT 'referenced', s, r, conname, ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY u (n, o)
			JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = n ORDER BY o)
		FROM pg_constraint JOIN rel ON rel.oid = conrelid WHERE contype = 'f'
		UNION ALL
		SELECT 'views', s, r, NULL, ARRAY(SELECT a FROM att WHERE att.oid = rel.oid ORDER BY attnum) FROM rel WHERE relkind IN ('v', 'm')
		UNION ALL
		SELECT 'triggers', s, r, tgname, ARRAY(SELECT attname::text FROM unnest(tgattr::int2[]) WITH ORDINALITY u (n, o)
			JOIN pg_attribute a ON a.attrelid = tgrelid AND a.attnum = n ORDER BY o)
		FROM pg_trigger JOIN rel ON rel.oid = tgrelid
		UNION ALL
		SELECT 'statistics', nspname, stxname, NULL, ARRAY(SELECT attname::text FROM unnest(stxkeys::int2[]) WITH ORDINALITY u (n, o)
			JOIN pg_attribute a ON a.attrelid = stxrelid AND a.attnum = n ORDER BY o)
		FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = stxnamespace
		UNION ALL
		SELECT 'labels', nspname, typname, NULL, ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
		FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
		UNION ALL
		SELECT 'attributes', nspname, typname, NULL, ARRAY(SELECT a FROM att WHERE att.oid = t.typrelid ORDER BY attnum)
		FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
		WHERE nspname IN ('storm', 'quiet')
	), our_columns AS (
		SELECT 'indexes' AS kind, schema_name AS s, table_name AS r, index_name AS a,
			ARRAY(SELECT col FROM unnest(column_names || include_columns) WITH ORDINALITY u (col, o)
				WHERE col ~ '^[a-z]{2}_[0-9]{8}\$' ORDER BY o) AS cols
		FROM i
		UNION ALL
		SELECT 'constraints', schema_name, table_name, constraint_name, columns FROM k
		UNION ALL
		SELECT 'referenced', schema_name, table_name, constraint_name, ref_columns FROM k
		WHERE constraint_type IN ('foreign key', 'f')
		UNION ALL
		SELECT 'views', schema_name, view_name, NULL, columns FROM v
		UNION ALL
		SELECT 'triggers', schema_name, table_name, trigger_name, columns FROM z
		UNION ALL
		SELECT 'statistics', schema_name, statistics_name, NULL, columns FROM s
		UNION ALL
		SELECT 'labels', schema_name, type_name, NULL, labels FROM e WHERE labels IS NOT NULL
		UNION ALL
		SELECT 'attributes', schema_name, type_name, NULL, attribute_names FROM e WHERE attribute_names IS NOT NULL
	), texts AS (
		SELECT 'partition key of ' || table_name AS what, partition_key::text AS txt FROM t
		UNION ALL SELECT 'default of ' || table_name || '.' || column_name, default_value FROM c
		UNION ALL SELECT 'predicate of ' || index_name, predicate FROM i
		UNION ALL SELECT 'keys of ' || index_name, column_names::text FROM i
		UNION ALL SELECT 'definition of ' || index_name, definition FROM i
		UNION ALL SELECT 'expression of ' || constraint_name, expression FROM k
		UNION ALL SELECT 'definition of ' || constraint_name, definition FROM k
		UNION ALL SELECT 'bound of ' || partition_name, partition_bound FROM p
		UNION ALL SELECT 'sequence of ' || table_name || '.' || column_name, sequence_name FROM c
		UNION ALL SELECT 'definition of ' || view_name, definition FROM v
		UNION ALL SELECT 'base columns of ' || view_name, base_columns::text FROM v
		UNION ALL SELECT 'what is below ' || view_name, depends_on::text FROM v
		UNION ALL SELECT 'definition of rule ' || rule_name, definition FROM r
		UNION ALL SELECT 'condition of rule ' || rule_name, condition FROM r
		UNION ALL SELECT 'expression of policy ' || policy_name, using_expression FROM y
		UNION ALL SELECT 'definition of trigger ' || trigger_name, definition FROM z
		UNION ALL SELECT 'condition of trigger ' || trigger_name, condition FROM z
		UNION ALL SELECT 'arguments of function ' || function_name, arguments FROM f
		UNION ALL SELECT 'definition of function ' || function_name, definition FROM f
		UNION ALL SELECT 'definition of statistics ' || statistics_name, definition FROM s
		UNION ALL SELECT 'constraints of ' || type_name, constraint_definitions::text FROM e
		UNION ALL SELECT 'attributes of ' || type_name, attribute_types::text FROM e
		UNION ALL SELECT 'owner of ' || sequence_name, owner_column FROM q
	), index_columns AS (
		SELECT table_name, schema_name, index_name, definition, col
		FROM i, unnest(column_names || include_columns) col WHERE col ~ '^[a-z]{2}_[0-9]{8}\$'
	), constraint_columns AS (
		SELECT schema_name, table_name, constraint_name, definition, col FROM k, unnest(columns) col
		UNION ALL
		SELECT ref_schema, ref_table, constraint_name, definition, col FROM k, unnest(ref_columns) col
	), wrong AS (
		SELECT kind || ' missing: ' || concat_ws('.', s, r, a) AS violation
		FROM (TABLE expected EXCEPT SELECT kind, s, r, a FROM answers) AS missing
		UNION ALL
		SELECT kind || ' too many: ' || concat_ws('.', s, r, a)
		FROM (SELECT kind, s, r, a FROM answers EXCEPT TABLE expected) AS extra
		UNION ALL
		SELECT kind || ' twice: ' || concat_ws('.', s, r, a)
		FROM (SELECT kind, s, r, a FROM answers GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) AS doubled
		UNION ALL
		SELECT ours.kind || ' columns differ: ' || concat_ws('.', ours.s, ours.r, ours.a, ours.cols, truth.cols)
		FROM our_columns ours JOIN true_columns truth ON (ours.kind, ours.s, ours.r) = (truth.kind, truth.s, truth.r) AND ours.a IS NOT DISTINCT FROM truth.a WHERE ours.cols IS DISTINCT FROM truth.cols
		UNION ALL
		SELECT kind || ' silent gap: ' || concat_ws('.', s, r, a) FROM answers WHERE gap AND problem IS NULL
		UNION ALL
		SELECT kind || ' unknown problem: ' || problem FROM answers WHERE problem <> ALL ($problem_free_kinds)
		UNION ALL
		SELECT kind || ' problem in a quiet schema: ' || concat_ws('.', s, r, a, problem)
		FROM answers WHERE s = 'quiet' AND problem IS NOT NULL
		UNION ALL
		SELECT 'torn index ' || index_name || ': no column ' || table_name || '.' || col FROM index_columns x
		WHERE NOT EXISTS (SELECT FROM c WHERE (c.schema_name, c.table_name, c.column_name) = (x.schema_name, x.table_name, x.col))
		UNION ALL
		SELECT 'torn index ' || index_name || ': no ' || col || ' in ' || definition FROM index_columns
		WHERE strpos(definition, col) = 0
		UNION ALL
		SELECT 'torn constraint ' || constraint_name || ': no column ' || table_name || '.' || col FROM constraint_columns x
		WHERE NOT EXISTS (SELECT FROM c WHERE (c.schema_name, c.table_name, c.column_name) = (x.schema_name, x.table_name, x.col))
		UNION ALL
		SELECT 'torn constraint ' || constraint_name || ': no ' || col || ' in ' || definition FROM constraint_columns
		WHERE strpos(definition, col) = 0
		UNION ALL
		SELECT 'torn text: ' || what || ': no ' || word[1] || ' in the catalogs: ' || txt
		FROM texts, regexp_matches(txt, '$name_pattern', 'g') AS word
		WHERE NOT EXISTS (SELECT FROM names WHERE name = word[1])
	)
	SELECT (SELECT count(*) FROM answers),
		(SELECT jsonb_object_agg(problem, n) FROM (SELECT problem, count(*) AS n FROM answers WHERE problem IS NOT NULL GROUP BY 1) AS g),
		(SELECT array_agg(violation) FROM wrong)
	INTO answered, problems, violations;
END
\$check\$;
EOS
}

# The rows of every function, the document and the objects of the document are
# held against each other, in one statement.  Where both have an attribute it is
# the same, unless one of them tells that something was in the way.
sub check_document_function
{
	my $rows = join "\n\t\tUNION ALL ", map {
		my $key = key_of_kind($_);

		"SELECT '$_' AS kind, jsonb_build_array($key) AS key, to_jsonb(d) - 'problem' AS row, problem FROM public.stormdisc_$_() d"
	} grep { !/^(columns|partitions|privileges|column_options|security_labels)$/ } discovery_kinds();
	my $keys = join "\n\t\t\t", map { "WHEN '$_' THEN jsonb_build_array(" . join(', ', map { "o->'$_'" } split /, /, key_of_kind($_)) . ')' }
	  discovery_kinds();

	return <<"EOS";
CREATE FUNCTION probe.check_document(OUT objects int, OUT warnings int, OUT violations text[])
SET search_path = pg_catalog, pg_temp
LANGUAGE plpgsql AS \$check\$
BEGIN
	WITH d AS MATERIALIZED (
		SELECT public.stormdisc_schema() AS document
	), listed AS MATERIALIZED (
		SELECT * FROM public.stormdisc_schema_objects()
	), rows AS MATERIALIZED (
		SELECT *, row->'persistence' = '"temporary"' OR row->>'schema_name' ~ '^pg_temp' AS temporary
		FROM ($rows) AS r
	), objects AS MATERIALIZED (
		SELECT k.key AS kind, o.key AS identity, o.value AS o FROM d, jsonb_each(document) k, jsonb_each(k.value) o
		WHERE jsonb_typeof(k.value) = 'object' AND k.key <> 'environment'
	), warned AS MATERIALIZED (
		SELECT w->>'kind' AS kind, w->>'object' AS identity FROM d, jsonb_array_elements(document->'warnings') w
	), wrong AS (
		SELECT 'consistent, with warnings' AS violation FROM d
		WHERE (document->'consistent')::bool <> (document->'warnings' = '[]')
		UNION ALL
		SELECT 'no such kind in the document: ' || kind FROM rows, d WHERE NOT document ? kind
		UNION ALL
		SELECT 'not in both documents: ' || kind || ' ' || identity
		FROM objects FULL JOIN listed USING (kind, identity) WHERE (o IS NULL OR document IS NULL) AND NOT EXISTS (SELECT FROM warned)
		UNION ALL
		SELECT 'not the same in both documents: ' || kind || ' ' || identity || ' ' || concat_ws(' / ', a.value, b.value)
		FROM objects JOIN listed USING (kind, identity), jsonb_each(CASE WHEN jsonb_typeof(o) = 'object' THEN o END) a
			JOIN jsonb_each(CASE WHEN jsonb_typeof(document) = 'object' THEN document END) b USING (key)
		WHERE a.value <> b.value AND key NOT IN ('columns', 'partition') AND problem IS NULL AND NOT EXISTS (
			SELECT FROM warned WHERE warned.kind = objects.kind AND warned.identity = objects.identity)
		UNION ALL
		SELECT 'no row for ' || kind || ' ' || identity FROM objects o LEFT JOIN LATERAL (
			SELECT CASE kind $keys END) AS k (key) ON true LEFT JOIN rows USING (kind, key)
		WHERE row IS NULL AND kind IN (SELECT kind FROM rows) AND kind NOT IN ('transforms')
		UNION ALL
		SELECT 'rows of ' || kind || ': ' || n || ', objects: ' || coalesce(m, 0)
		FROM (SELECT kind, count(*) AS n FROM rows WHERE temporary IS NOT TRUE GROUP BY 1) AS r
			LEFT JOIN (SELECT kind, count(*) AS m FROM objects GROUP BY 1) AS g USING (kind)
		WHERE n <> coalesce(m, 0) AND NOT EXISTS (SELECT FROM warned WHERE warned.kind = r.kind)
		UNION ALL
		SELECT 'not what the row says: ' || kind || ' ' || identity || ' ' || a.key || ' ' || concat_ws(' / ', a.value, row->a.key)
		FROM objects LEFT JOIN LATERAL (SELECT CASE kind $keys END) AS k (key) ON true JOIN rows USING (kind, key), jsonb_each(o) a
		WHERE row ? a.key AND a.value <> row->a.key AND problem IS NULL AND a.key NOT IN ('columns', 'partition') AND NOT EXISTS (
			SELECT FROM warned WHERE warned.kind = objects.kind AND warned.identity = objects.identity)
			-- a document has the constraints of a domain where they stand
			AND NOT (kind = 'types' AND a.key ~ '^constraint_')
	)
	SELECT (SELECT count(*) FROM objects), (SELECT count(*) FROM warned), (SELECT array_agg(violation) FROM wrong)
	INTO objects, warnings, violations;
END
\$check\$;
EOS
}

my $node = new_node('storm', conf => <<'EOC');
deadlock_timeout = 100ms
autovacuum_naptime = 5s
jit = off
max_connections = 30
EOC

tests_know_every_function($node);

$node->safe_psql('postgres', <<"EOS");
CREATE ROLE storm_reader;
CREATE SCHEMA storm;
CREATE SCHEMA quiet;
CREATE SCHEMA probe;
CREATE FUNCTION quiet.qf(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT \$1';
DO \$build\$
BEGIN
	FOR n IN 10000001..10000000 + $quiet_tables LOOP
		EXECUTE pg_catalog.replace('CREATE TABLE quiet.qa_% (qk_% int CONSTRAINT qp_% PRIMARY KEY, '
			'qb_% int DEFAULT quiet.qf(2) CONSTRAINT qc_% CHECK (quiet.qf(qb_%) > 0), '
			'qg_% int REFERENCES quiet.qa_% (qk_%))', '%', n::text);
		EXECUTE pg_catalog.replace('CREATE INDEX qi_% ON quiet.qa_% (quiet.qf(qb_%), qk_%)', '%', n::text);
		EXECUTE pg_catalog.replace('CREATE VIEW quiet.qv_% AS SELECT a.qk_%, quiet.qf(a.qb_%) AS qx_% FROM quiet.qa_% a', '%', n::text);
		EXECUTE pg_catalog.replace('CREATE RULE qr_% AS ON INSERT TO quiet.qv_% DO INSTEAD NOTHING', '%', n::text);
	END LOOP;
END
\$build\$;
EOS
$node->safe_psql('postgres', check_function($_)) for sort keys %source;
$node->safe_psql('postgres', check_document_function());
$node->safe_psql('postgres', 'ANALYZE');

# Discovery in the storm: an exception when the answer is wrong, and a line
# in the server's log when it is right.
$node->safe_psql('postgres', <<'EOS');
CREATE FUNCTION probe.discovery() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	result record;
BEGIN
	SELECT * INTO result FROM probe.check_stormdisc();
	IF result.violations IS NOT NULL THEN
		RAISE EXCEPTION 'storm: % violations: %', pg_catalog.cardinality(result.violations), result.violations[1:10];
	END IF;
	RAISE LOG 'storm discovery answered=% problems=%', result.answered, coalesce(result.problems, '{}');
END
$$;

-- What cannot be read as a whole cannot be compared, and says so.
CREATE FUNCTION probe.validation() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM public.stormdisc_validation('calm') WHERE identity ~ 'quiet') THEN
		RAISE EXCEPTION 'storm: a difference in a quiet schema';
	END IF;
	PERFORM public.stormdisc_validate('calm');
	RAISE LOG 'storm validation done';
EXCEPTION WHEN undefined_object OR object_in_use OR lock_not_available THEN
	RAISE LOG 'storm validation refused: %', SQLSTATE;
END
$$;

CREATE FUNCTION probe.document() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	result record;
BEGIN
	SELECT * INTO result FROM probe.check_document();
	IF result.violations IS NOT NULL THEN
		RAISE EXCEPTION 'storm: % violations in a document: %', pg_catalog.cardinality(result.violations), result.violations[1:10];
	END IF;
	RAISE LOG 'storm document objects=% warnings=%', result.objects, result.warnings;
END
$$;

-- A snapshot is whole, or not taken; and what was there then stays.
CREATE FUNCTION probe.snapshot(client int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	snapshot text := 'w' || client;
	mode text := CASE client WHEN 0 THEN 'atomic' ELSE 'degrade' END;
	result record;
	torn text;
BEGIN
	SELECT * INTO result FROM public.stormdisc_discover_existing_schema(snapshot, mode => mode);
	IF mode = 'degrade' AND result.status <> 'ok' THEN
		RAISE EXCEPTION 'storm: no snapshot: %', result.message;
	END IF;
	IF result.status = 'ok' THEN
		SELECT pg_catalog.concat_ws(' ', i.key, s.document->'warnings') INTO torn
		FROM stormdisc.snapshots s LEFT JOIN pg_catalog.jsonb_each(s.document->'indexes') i
			ON NOT s.document->'tables' ? (i.value->>'schema_name' || '.' || (i.value->>'table_name'))
			AND NOT s.document->'views' ? (i.value->>'schema_name' || '.' || (i.value->>'table_name'))
		WHERE s.name = snapshot AND (i.key IS NOT NULL OR mode = 'atomic' AND NOT (s.document->'consistent')::bool
			OR (s.document->'consistent')::bool <> (s.document->'warnings' = '[]')
			OR (SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_object_keys(s.document->'tables')) <> result.tables);
		IF torn IS NOT NULL THEN
			RAISE EXCEPTION 'storm: torn snapshot: %', torn;
		END IF;
	END IF;
	RAISE LOG 'storm snapshot mode=% status=% message=%', mode, result.status, result.message;
END
$$;

CREATE FUNCTION probe.no_locks() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	held text;
BEGIN
	SELECT pg_catalog.string_agg(relation || ' ' || mode, ', ') INTO held FROM pg_catalog.pg_locks
	WHERE pid = pg_catalog.pg_backend_pid() AND relation >= 16384
		AND (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = relation) NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname IN ('stormdisc', 'pg_toast'));
	IF held IS NOT NULL THEN
		RAISE EXCEPTION 'storm: locks still held: %', held;
	END IF;
END
$$;

CREATE FUNCTION probe.plain() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	result record;
BEGIN
	SELECT * INTO result FROM probe.check_plain();
	RAISE LOG 'storm plain violations=% first=%', coalesce(pg_catalog.cardinality(result.violations), 0), result.violations[1];
EXCEPTION WHEN others THEN
	RAISE LOG 'storm plain error=% %', SQLSTATE, SQLERRM;
END
$$;
EOS

my %snapshot = (
	'read committed' => 'BEGIN;',
	'repeatable read' => "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 1 FROM pg_class LIMIT 1;\n\\sleep 50 ms",
);

# Before the storm: nothing is wrong, in either way of asking.
is($node->safe_psql('postgres', "SET client_min_messages = error; SELECT status FROM stormdisc_discover_existing_schema('calm')"),
	'ok', 'calm: a snapshot is taken');
foreach my $way (sort keys %source)
{
	is( $node->safe_psql(
			'postgres', "SELECT problems, violations FROM probe.check_$way()"),
		'|',
		"calm: $way finds nothing wrong");
}
is($node->safe_psql('postgres', 'SELECT warnings, violations FROM probe.check_document()'),
	'0|', 'calm: the document is what the functions say');

my $base = 10_000_000;
my %plain_total = (runs => 0, errors => 0, violations => 0);

foreach my $level ('read committed', 'repeatable read')
{
	my $log_from = -s $node->logfile;
	my @time_args = ('-T', $phase_seconds);
	my $start = time();

	$base += 10_000_000;
	my @churn = map {
		start_pgbench(
			$node, 'ddl', $_,
			args => [ @time_args, '-c', 2, '-j', 1, '-D', 'n=0', '-D', "base=" . ($base += 5_000_000) ]);
	} ($life_of_a_table, $life_of_a_tree, $life_of_others);
	push @churn,
	  start_pgbench($node, 'burst', $burst,
		args => [ @time_args, '-c', 1, '-R', '0.5', '-D', 'n=0', '-D', 'base=' . ($base + 4_000_000) ]);
	my $discovery = start_pgbench(
		$node, 'discovery',
		[
			"$snapshot{$level}\nSELECT probe.discovery();\nSELECT probe.no_locks();\nCOMMIT;\n",
			"$snapshot{$level}\n"
			  . join('', map { "SELECT count(*) FROM $_->[1];\n" } grep { $_->[0] !~ /^valid/ } @readers)
			  . "SELECT probe.no_locks();\nCOMMIT;\n",
			"$snapshot{$level}\nSELECT probe.validation();\nSELECT probe.no_locks();\nCOMMIT;\n",
			"$snapshot{$level}\nSELECT probe.document();\nSELECT probe.no_locks();\nCOMMIT;\n"
		],
		weights => [ 2, 3, 1, 1 ],
		args => [ @time_args, '-c', 2, '-j', 1 ]);
	my $snapshots = start_pgbench(
		$node, 'snapshots',
		"$snapshot{$level}\nSELECT probe.snapshot(:client_id);\nSELECT probe.no_locks();\nCOMMIT;\n\\sleep 200 ms\n",
		args => [ @time_args, '-c', 2, '-j', 1 ]);
	my $plain = start_pgbench(
		$node, 'plain',
		"$snapshot{$level}\nSELECT probe.plain();\nCOMMIT;\n",
		args => [ @time_args, '-c', 1 ]);

	finish_pgbench($_) for @churn, $discovery, $snapshots, $plain;
	my $elapsed = time() - $start;

	is(scalar(grep { !$_->{ok} } @churn), 0, "$level: DDL sessions ran without an error");
	ok($discovery->{ok}, "$level: discovery sessions ran without an error or a violation");
	diag(substr $discovery->{err}, 0, 2000) unless $discovery->{ok};
	ok($snapshots->{ok}, "$level: sessions that take snapshots ran without an error or a torn one");
	diag(substr $snapshots->{err}, 0, 2000) unless $snapshots->{ok};

	my $log = slurp_file($node->logfile, $log_from);
	my ($calls, $rows, %problems) = (0, 0);
	while ($log =~ /storm discovery answered=(\d+) problems=(\{.*\})/g)
	{
		my $json = $2;
		$calls++;
		$rows += $1;
		$problems{$1} += $2 while $json =~ /"(\w+)": (\d+)/g;
	}
	my $ddl =
	  $churn[0]{transactions} * ddl_count($life_of_a_table) +
	  $churn[1]{transactions} * ddl_count($life_of_a_tree) +
	  $churn[2]{transactions} * ddl_count($life_of_others) +
	  $churn[3]{transactions} * ddl_count($burst);
	my @documents = map { [split /,/] } map { s/objects=(\d+) warnings=(\d+)/$1,$2/r } $log =~ /storm document (objects=\d+ warnings=\d+)/g;
	my $warnings = 0;
	$warnings += $_->[1] foreach @documents;
	my %taken;
	$taken{"$1 $2"}++ while $log =~ /storm snapshot mode=(\w+) status=(\w+)/g;
	my $validated = () = $log =~ /storm validation done/g;
	my $refused = () = $log =~ /storm validation refused/g;
	my %reasons;
	$reasons{$1}++ while $log =~ /storm snapshot mode=\w+ status=failed message=.*could not read (\w+) of/g;
	my $plain_errors = () = $log =~ /storm plain error=/g;
	my @plain_violations = $log =~ /storm plain violations=(\d+)/g;
	my $plain_wrong = grep { $_ > 0 } @plain_violations;

	is($calls, $discovery->{by_script}[0], "$level: every answer was checked that should be");
	is(scalar @documents, $discovery->{by_script}[3], "$level: so was every document");
	is($validated + $refused, $discovery->{by_script}[2], "$level: validation answered or refused to");
	cmp_ok($taken{'degrade ok'} // 0, '>', 0, "$level: snapshots were taken");
	cmp_ok($discovery->{transactions}, '>=', $phase_seconds, "$level: discovery ran at least once a second");
	cmp_ok($calls, '>=', $phase_seconds / 5, "$level: answers were checked");
	cmp_ok($ddl, '>=', 50 * $phase_seconds, "$level: it was a storm");

	my $deadlocks = () = $log =~ /deadlock detected/g;
	is($deadlocks, 0, "$level: no deadlock");
	unlike($log, qr/\b(?:TRAP|PANIC|terminated by signal|leaked|still referenced)\b/,
		"$level: no crash and no leak in the server log");

	$plain_total{runs} += $plain_errors + @plain_violations;
	$plain_total{errors} += $plain_errors;
	$plain_total{violations} += $plain_wrong;

	diag(sprintf '%s: %.0f DDL/s, %d discovery calls%s; in %d of their rows, all checked, '
		  . '%d with a problem (%s); plain SQL: %d statements, %d failed, %d with NULL or torn rows',
		$level, $ddl / $elapsed, 13 * $discovery->{by_script}[0] + @readers * $discovery->{by_script}[1] + (2 + discovery_kinds()) * $discovery->{by_script}[3], $discovery->{ok} ? ', none failed' : ', then one failed', $rows,
		eval { my $sum = 0; $sum += $_ for values %problems; $sum },
		join(', ', map { "$problems{$_} $_" } sort keys %problems) || 'none',
		$plain_errors + @plain_violations, $plain_errors, $plain_wrong);

	diag(sprintf '%s: %d documents with %d warnings; validations: %d, refused %d; snapshots: %s; %s',
		$level, scalar @documents, $warnings, $validated + $refused, $refused,
		join(', ', map { "$taken{$_} $_" } sort keys %taken),
		join(', ', map { "$reasons{$_} for $_" } sort keys %reasons) || 'none failed');

	foreach my $sample (grep { defined } ($log =~ /storm plain (error=.*)/)[0], ($log =~ /storm plain violations=[1-9]\d* (first=.*)/)[0])
	{
		note "plain SQL, for example: $sample";
	}
}

cmp_ok($plain_total{errors} + $plain_total{violations}, '>', 0,
	'the same facts in plain SQL fail, so this storm is strong enough to tell');

# After the storm: nothing is wrong, and nothing is left over.
is($node->safe_psql('postgres', 'SELECT problems, violations FROM probe.check_stormdisc()'),
	'|', 'calm again: nothing wrong');
is($node->safe_psql('postgres', "SELECT count(*) FROM stormdisc_tables(schemas => '{storm}')"),
	'0', 'calm again: all that the storm made is gone');

is($node->safe_psql('postgres', 'SELECT warnings, violations FROM probe.check_document()'),
	'0|', 'calm again: the document is what the functions say');
is($node->safe_psql('postgres', "SET client_min_messages = error; SELECT string_agg(kind || ' ' || identity || ' ' || change, ', ') FROM stormdisc_validation('calm')"),
	'', 'calm again: the schema is what it was before');
is($node->safe_psql('postgres', <<'EOS'), "ok\nt", 'calm again: a snapshot is taken and is right');
SET client_min_messages = error;
SELECT status FROM stormdisc_discover_existing_schema();
SELECT stormdisc_validate();
EOS

$node->stop;

done_testing();
