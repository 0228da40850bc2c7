# Relationships, load order and diagrams of many tables: in linear time, and
# without depending on the depth of the C stack.
#
# A chain of 50,000 foreign keys would take long to make with DDL, so that its
# rows of the catalogs are written as they are.  The tables have no files; that
# is nothing to functions that never open a table.
#
# Time is asserted as a ratio: 4 times the tables may take 10 times as long at
# most, where something quadratic would take 16 times; it is 4 to 6 where nothing
# else runs.  Each figure is the best of many runs: while the ratio is too high
# more are made, as something else may have kept the machine busy.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $limit = 10;
my $attempts = 8;

my $node = new_node('graph_scale', conf => <<'EOC');
autovacuum = off
jit = off
fsync = off
max_stack_depth = '100kB'
max_locks_per_transaction = 256
EOC

sub value
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET max_stack_depth = '100kB'; $sql");
}

# Copies of one real table with a foreign key to itself, as rows: table i
# references table parent(i), unless that is null.
$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA probe;
CREATE TABLE probe.template (id int PRIMARY KEY, up int NOT NULL CONSTRAINT link REFERENCES probe.template DEFERRABLE);

-- Rows of a catalog like the given one, with some columns changed.
CREATE PROCEDURE probe.copy_rows(catalog regclass, condition text, changes jsonb, first int, last int, parent text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE pg_catalog.format('INSERT INTO %1$s SELECT %2$s FROM %1$s, pg_catalog.generate_series(%4$s, %5$s) AS i WHERE (%3$s) AND %6$s',
		catalog,
		(SELECT pg_catalog.string_agg(coalesce(changes ->> attname, pg_catalog.quote_ident(attname)), ', ' ORDER BY attnum)
		 FROM pg_catalog.pg_attribute WHERE attrelid = catalog AND attnum > 0 AND NOT attisdropped),
		condition, first, last, parent);
END
$$;

-- parent: an expression over i, the number of a table
CREATE PROCEDURE probe.make_tables(schema text, base int, tables int, parent text)
LANGUAGE plpgsql AS $$
DECLARE
	namespace oid;
	first int := base;
	last int := base + tables - 1;
BEGIN
	EXECUTE pg_catalog.format('CREATE SCHEMA %I', schema);
	namespace := (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = schema);
	CALL probe.copy_rows('pg_catalog.pg_class', $c$oid = 'probe.template'::pg_catalog.regclass$c$,
		pg_catalog.jsonb_build_object('oid', '(i::text)::oid', 'relname', pg_catalog.format('''t'' || i - %s', base),
			'relnamespace', namespace, 'reltype', 0, 'relfilenode', 0, 'reltoastrelid', 0, 'relhasindex', 'false'), first, last, 'true');
	CALL probe.copy_rows('pg_catalog.pg_attribute', $c$attrelid = 'probe.template'::pg_catalog.regclass AND attnum > 0$c$,
		'{"attrelid": "(i::text)::oid"}', first, last, 'true');
	CALL probe.copy_rows('pg_catalog.pg_constraint', $c$conrelid = 'probe.template'::pg_catalog.regclass AND contype = 'f'$c$,
		pg_catalog.jsonb_build_object('oid', '(i::text)::oid', 'conrelid', '(i::text)::oid', 'connamespace', namespace,
			'confrelid', pg_catalog.format('((%s)::text)::oid', parent)), first, last, pg_catalog.format('(%s) IS NOT NULL', parent));
END
$$;

-- The better of two runs, in milliseconds.
CREATE FUNCTION probe.best(query text) RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz;
	took float8;
	best float8;
BEGIN
	FOR i IN 1..2 LOOP
		start := pg_catalog.clock_timestamp();
		EXECUTE query;
		took := 1000 * extract(epoch FROM pg_catalog.clock_timestamp() - start);
		best := least(best, took);
	END LOOP;
	RETURN best;
END
$$;
EOS

# OIDs far from those that the server gives out
my $base = 1_000_000_000;

sub make_tables
{
	my ($schema, $tables, $parent) = @_;
	$node->safe_psql('postgres', <<"EOS");
SET allow_system_table_mods = on;
CALL probe.make_tables('$schema', $base, $tables, '@{[ $parent =~ s/BASE/$base/gr ]}');
VACUUM ANALYZE pg_catalog.pg_class;
VACUUM ANALYZE pg_catalog.pg_attribute;
VACUUM ANALYZE pg_catalog.pg_constraint;
EOS
	$base += 1_000_000;
	return;
}

sub drop_tables
{
	my ($schema) = @_;
	$node->safe_psql('postgres', <<"EOS");
SET allow_system_table_mods = on;
DELETE FROM pg_catalog.pg_constraint WHERE connamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '$schema');
DELETE FROM pg_catalog.pg_attribute WHERE attrelid IN
	(SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '$schema'));
DELETE FROM pg_catalog.pg_class WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '$schema');
DROP SCHEMA $schema;
VACUUM pg_catalog.pg_class;
VACUUM pg_catalog.pg_attribute;
VACUUM pg_catalog.pg_constraint;
EOS
	return;
}

my @queries = (
	[ 'load order', 'SELECT * FROM stormdisc_load_order(schemas => %L)' ],
	[ 'relationships', 'SELECT * FROM stormdisc_relationships(schemas => %L)' ],
	[ 'diagram', 'SELECT stormdisc_diagram(schemas => %L)' ],
	[ 'diagram for Graphviz', "SELECT stormdisc_diagram(schemas => %L, format => 'graphviz')" ]);

# Time all queries over a schema.
sub best_times
{
	my ($schema) = @_;
	return map {
		value("SELECT probe.best(pg_catalog.format(\$q\$$_->[1]\$q\$, '{$schema}'))")
	} @queries;
}

# Is the time linear in the number of tables?
sub check_ratio
{
	my ($what, $tables, $parent) = @_;
	my (@best, @ratios);

	foreach my $attempt (1 .. $attempts)
	{
		foreach my $size (0, 1)
		{
			make_tables('sized', $tables * ($size ? 4 : 1), $parent);
			my @times = best_times('sized');
			drop_tables('sized');
			foreach (0 .. $#queries)
			{
				$best[$size][$_] = $times[$_]
				  unless defined $best[$size][$_] && $best[$size][$_] < $times[$_];
			}
		}
		@ratios = map { $best[1][$_] / $best[0][$_] } 0 .. $#queries;
		last unless grep { $_ > $limit } @ratios;
	}
	foreach (0 .. $#queries)
	{
		note sprintf('%s, %s: %.1f ms of %d tables, %.1f ms of %d', $what, $queries[$_][0], $best[0][$_],
			$tables, $best[1][$_], 4 * $tables);
		cmp_ok($ratios[$_], '<=', $limit, "$what: $queries[$_][0] takes linear time");
	}
	return;
}

# A chain of 50,000 links, told right.
make_tables('chain', 50_001, 'CASE WHEN i > BASE THEN i - 1 END');
is(value(<<'EOS'), '50001|0|50000|50001|0|0', 'a chain of 50,000 links has 50,001 levels');
SELECT count(*), min(level), max(level), count(DISTINCT level), count(cycle),
	count(*) FILTER (WHERE level <> load_position - 1 OR table_name <> 't' || level OR unload_position <> 50001 - level)
FROM stormdisc_load_order(schemas => '{chain}')
EOS
is(value("SELECT count(*), count(*) FILTER (WHERE is_inverse) FROM stormdisc_relationships(schemas => '{chain}')"),
	'100000|50000', 'and 50,000 relationships, each from both ends');
is(value("SELECT level, load_position FROM stormdisc_load_order('chain.t50000')"), '50000|1', 'its end knows its level');
drop_tables('chain');

# One cycle of 20,000 tables: its lists are there once.
make_tables('circle', 20_000, 'CASE WHEN i > BASE THEN i - 1 ELSE i + 19999 END');
is(value(<<'EOS'), '20000|0|1|20000|1|20000|20000', 'a cycle of 20,000 tables is one');
SELECT count(*), max(level), max(cycle), count(*) FILTER (WHERE is_breakable), count(cycle_members),
	max(cardinality(cycle_members)), max(cardinality(cycle_deferrable))
FROM stormdisc_load_order(schemas => '{circle}')
EOS
drop_tables('circle');

check_ratio('a chain', 5_000, 'CASE WHEN i > BASE THEN i - 1 END');
check_ratio('a star', 5_000, 'CASE WHEN i > BASE THEN BASE END');
check_ratio('cycles of ten', 5_000, 'CASE WHEN (i - BASE) % 10 > 0 THEN i - 1 ELSE i + 9 END');

# 4,000 tables with 4,000 foreign keys, made by DDL.
$node->safe_psql('postgres', <<'EOS');
CREATE SCHEMA big;
CREATE TABLE big.t1 (id int PRIMARY KEY, a int);
DO $build$
BEGIN
	FOR i IN 2..4000 LOOP
		EXECUTE pg_catalog.format('CREATE TABLE big.t%s (id int PRIMARY KEY, a int REFERENCES big.t%s)', i, i / 2);
		IF i % 100 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
	ALTER TABLE big.t1 ADD FOREIGN KEY (a) REFERENCES big.t4000;
END
$build$;
EOS
is(value(<<'EOS'), '4000|4000|12|1', '4,000 tables with 4,000 foreign keys');
SELECT count(*), (SELECT count(*) FROM stormdisc_relationships(schemas => '{big}') WHERE NOT is_inverse),
	count(*) FILTER (WHERE cycle = 1), max(cycle)
FROM stormdisc_load_order(schemas => '{big}')
EOS
my @took = best_times('big');
note sprintf('4,000 tables: %s %.1f ms', $queries[$_][0], $took[$_]) foreach 0 .. $#queries;

$node->stop;
done_testing();
