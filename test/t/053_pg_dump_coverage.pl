# Whatever pg_dump -s writes, some function returns.
#
# A database with an object of every kind is dumped.  Each entry of the dump's
# table of contents must be of a kind that stands in docs/reference/coverage.md,
# and the function that the page names must return that object.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

# By kind of entry: our objects of that kind, each as the entry says it: schema
# or "-", a space, and the tag.
my %objects = (
	'SCHEMA' => q{SELECT '- ' || schema_name FROM stormdisc_schemas()},
	'EXTENSION' => q{SELECT '- ' || extension_name FROM stormdisc_extensions()},
	'TYPE' => q{SELECT schema_name || ' ' || type_name FROM stormdisc_types()},
	'DOMAIN' => q{SELECT schema_name || ' ' || type_name FROM stormdisc_types() WHERE type_kind = 'domain'},
	'SHELL TYPE' => q{SELECT schema_name || ' ' || type_name FROM stormdisc_types() WHERE type_kind IN ('shell', 'base')},
	'FUNCTION' => q{SELECT schema_name || ' ' || function_name || '(' || identity_arguments || ')' FROM stormdisc_functions()
		WHERE function_kind = 'function'},
	'PROCEDURE' => q{SELECT schema_name || ' ' || function_name || '(' || array_to_string(argument_types, ', ') || ')' FROM stormdisc_functions()
		WHERE function_kind = 'procedure'},
	'AGGREGATE' => q{SELECT schema_name || ' ' || function_name || '(' || identity_arguments || ')' FROM stormdisc_functions()
		WHERE function_kind = 'aggregate'},
	'OPERATOR' => q{SELECT schema_name || ' ' || operator_name FROM stormdisc_operators()},
	'OPERATOR CLASS' => q{SELECT schema_name || ' ' || object_name FROM stormdisc_operator_classes() WHERE object_kind = 'class'},
	'OPERATOR FAMILY' => q{SELECT schema_name || ' ' || object_name FROM stormdisc_operator_classes() WHERE object_kind = 'family'},
	'ACCESS METHOD' => q{SELECT '- ' || access_method_name FROM stormdisc_access_methods()},
	'COLLATION' => q{SELECT schema_name || ' ' || collation_name FROM stormdisc_collations()},
	'CONVERSION' => q{SELECT schema_name || ' ' || conversion_name FROM stormdisc_conversions()},
	'TABLE' => q{SELECT schema_name || ' ' || table_name FROM stormdisc_tables()},
	'FOREIGN TABLE' => q{SELECT schema_name || ' ' || table_name FROM stormdisc_tables() WHERE table_type = 'foreign table'},
	'VIEW' => q{SELECT schema_name || ' ' || view_name FROM stormdisc_views() WHERE view_type = 'view'},
	'MATERIALIZED VIEW' => q{SELECT schema_name || ' ' || view_name FROM stormdisc_views() WHERE view_type = 'materialized view'},
	'SEQUENCE' => q{SELECT schema_name || ' ' || sequence_name FROM stormdisc_sequences()},
	'SEQUENCE OWNED BY' => q{SELECT schema_name || ' ' || sequence_name FROM stormdisc_sequences() WHERE owner_column IS NOT NULL},
	'TABLE ATTACH' => q{SELECT schema_name || ' ' || partition_name FROM stormdisc_partitions()},
	'DEFAULT' => q{SELECT schema_name || ' ' || table_name || ' ' || column_name FROM stormdisc_columns() WHERE default_value IS NOT NULL},
	'INDEX' => q{SELECT schema_name || ' ' || index_name FROM stormdisc_indexes()},
	'INDEX ATTACH' => q{SELECT schema_name || ' ' || index_name FROM stormdisc_indexes() WHERE parent_index IS NOT NULL},
	'STATISTICS' => q{SELECT schema_name || ' ' || statistics_name FROM stormdisc_statistics()},
	'RULE' => q{SELECT schema_name || ' ' || table_name || ' ' || rule_name FROM stormdisc_rules()},
	'TRIGGER' => q{SELECT schema_name || ' ' || table_name || ' ' || trigger_name FROM stormdisc_triggers()},
	'EVENT TRIGGER' => q{SELECT '- ' || trigger_name FROM stormdisc_event_triggers()},
	'CONSTRAINT' => q{SELECT schema_name || ' ' || table_name || ' ' || constraint_name FROM stormdisc_constraints()},
	'CHECK CONSTRAINT' => q{SELECT schema_name || ' ' || table_name || ' ' || constraint_name FROM stormdisc_constraints()
		UNION ALL SELECT schema_name || ' ' || type_name || ' ' || c FROM stormdisc_types(), unnest(constraint_names) AS c},
	'FK CONSTRAINT' => q{SELECT schema_name || ' ' || table_name || ' ' || constraint_name FROM stormdisc_constraints()
		WHERE constraint_type = 'foreign key'},
	'PROCEDURAL LANGUAGE' => q{SELECT '- ' || language_name FROM stormdisc_languages()},
	'CAST' => q{SELECT '- CAST (' || source_type || ' AS ' || target_type || ')' FROM stormdisc_casts()},
	'TRANSFORM' => q{SELECT '- TRANSFORM FOR ' || type || ' LANGUAGE ' || language FROM stormdisc_transforms()},
	(map { ("TEXT SEARCH $_" => qq{SELECT schema_name || ' ' || object_name FROM stormdisc_text_search() WHERE object_kind = lower('$_')}) }
		  qw(PARSER DICTIONARY TEMPLATE CONFIGURATION)),
	'FOREIGN DATA WRAPPER' => q{SELECT '- ' || object_name FROM stormdisc_foreign_servers() WHERE object_type = 'wrapper'},
	'SERVER' => q{SELECT '- ' || object_name FROM stormdisc_foreign_servers() WHERE object_type = 'server'},
	'USER MAPPING' => q{SELECT '- USER MAPPING ' || user_name || ' SERVER ' || server_name FROM stormdisc_foreign_servers()
		WHERE object_type = 'user mapping'},
	'ACL' => q{SELECT CASE WHEN object_type IN ('schema', 'language', 'foreign data wrapper', 'foreign server') THEN '-' ELSE schema_name END || ' '
			|| CASE WHEN object_type IN ('view', 'materialized view', 'foreign table') THEN 'TABLE' WHEN object_type = 'aggregate' THEN 'FUNCTION'
				WHEN object_type = 'domain' THEN 'TYPE' ELSE upper(object_type) END || ' '
			|| CASE WHEN object_type IN ('function', 'procedure', 'aggregate') THEN replace(substr(identity, strpos(identity, '.') + 1), ',', ', ')
				ELSE object_name || coalesce('.' || column_name, '') END
		FROM stormdisc_privileges() WHERE NOT is_default},
	'DEFAULT ACL' => q{SELECT coalesce(schema_name, '-') || ' DEFAULT PRIVILEGES FOR ' || upper(default_objects) FROM stormdisc_privileges()
		WHERE object_type = 'default privileges'},
	'SECURITY LABEL' => q{SELECT CASE WHEN object_type = 'schema' THEN '-' ELSE schema_name END || ' ' || upper(object_type) || ' '
			|| object_name || coalesce('.' || column_name, '') FROM stormdisc_security_labels()},
	'POLICY' => q{SELECT schema_name || ' ' || table_name || ' ' || policy_name FROM stormdisc_policies()},
	'ROW SECURITY' => q{SELECT schema_name || ' ' || table_name FROM stormdisc_tables() WHERE row_security},
	'PUBLICATION' => q{SELECT '- ' || publication_name FROM stormdisc_publications()},
	'PUBLICATION TABLE' => q{SELECT split_part(t, '.', 1) || ' ' || publication_name || ' ' || split_part(t, '.', 2)
		FROM stormdisc_publications(), unnest(table_names) AS t},
	'PUBLICATION TABLES IN SCHEMA' => q{SELECT s || ' ' || publication_name || ' ' || s FROM stormdisc_publications(), unnest(schema_names) AS s},
	'SUBSCRIPTION' => q{SELECT '- ' || subscription_name FROM stormdisc_subscriptions()},
);

my $node = new_node('coverage', conf => 'wal_level = logical');

# Comments say what they are on.
my @commented = (
	'SCHEMA cov', 'LANGUAGE cov_language', 'ACCESS METHOD cov_am', 'TYPE cov_enum', 'TYPE cov_composite', 'COLUMN cov_composite.a', 'TYPE cov_range',
	'TYPE cov_base', 'DOMAIN cov_domain', 'CONSTRAINT cov_domain_check ON DOMAIN cov_domain', 'CONSTRAINT cov_domain_later ON DOMAIN cov_domain',
	'COLLATION cov_collation', 'CONVERSION cov_conversion', 'TEXT SEARCH PARSER cov_parser', 'TEXT SEARCH TEMPLATE cov_template',
	'TEXT SEARCH DICTIONARY cov_dictionary', 'TEXT SEARCH CONFIGURATION cov_configuration', 'FUNCTION cov_function(int,text)',
	'PROCEDURE cov_procedure(int)', 'AGGREGATE cov_aggregate(int)', 'OPERATOR <%> (cov_base,cov_base)', 'OPERATOR FAMILY cov_family USING btree',
	'OPERATOR CLASS cov_class USING btree', 'CAST (cov_composite AS text)', 'TRANSFORM FOR cov_composite LANGUAGE sql', 'TABLE cov_table',
	'COLUMN cov_table.a', 'CONSTRAINT cov_pkey ON cov_table', 'CONSTRAINT cov_check ON cov_table', 'CONSTRAINT cov_fkey ON cov_table', 'INDEX cov_index',
	'STATISTICS cov_statistics', 'SEQUENCE cov_sequence', 'TABLE cov_partition', 'VIEW cov_view', 'COLUMN cov_view.a', 'MATERIALIZED VIEW cov_matview',
	'COLUMN cov_matview.a', 'INDEX cov_matview_index', 'RULE cov_rule ON cov_table', 'TRIGGER cov_trigger ON cov_table',
	'TRIGGER cov_constraint_trigger ON cov_table', 'POLICY cov_policy ON cov_table', 'EVENT TRIGGER cov_event_trigger',
	'FOREIGN DATA WRAPPER cov_wrapper', 'SERVER cov_server', 'FOREIGN TABLE cov_foreign_table', 'COLUMN cov_foreign_table.a',
	'PUBLICATION cov_publication', 'SUBSCRIPTION cov_subscription');

$node->safe_psql('postgres', do { local $/; <DATA> });
$node->safe_psql('postgres', "SET search_path = cov;\n" . join '', map { "COMMENT ON $_ IS 'comment on $_';\n" } @commented);

# No label provider is there.
$node->safe_psql('postgres', q{
SET allow_system_table_mods = on;
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label) VALUES
	('cov.cov_table'::regclass, 'pg_class'::regclass, 0, 'cov', 'l'),
	('cov.cov_table'::regclass, 'pg_class'::regclass, 2, 'cov', 'l'),
	('cov'::regnamespace, 'pg_namespace'::regclass, 0, 'cov', 'l');});

# The page: function by kind of entry.
my %functions;
open my $page, '<', "$FindBin::RealBin/../../docs/reference/coverage.md" or die "could not read the page: $!";
while (<$page>)
{
	$functions{$1} = $2 if /^\| `([A-Z ]+)` \|[^|]*\| (stormdisc_\w+) \|/;
}
close $page;
cmp_ok(scalar keys %functions, '>', 45, 'the page has its table');
is_deeply([ sort grep { $_ ne 'COMMENT' } keys %functions ], [ sort keys %objects ], 'this test and the page are about the same kinds');
foreach my $kind (sort keys %objects)
{
	like($objects{$kind}, qr/\b$functions{$kind}\(/, "$kind is looked for where the page says") if defined $functions{$kind};
}

my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-s', '-f', $dump, 'postgres' ], 'pg_dump -s');
my ($contents, $errors) = run_command([ 'pg_restore', '-l', $dump ]);
is($errors, '', 'pg_restore -l');

# "12; 1259 16400 TABLE public t owner": the kind ends where the table's longest fits
my $kinds = join '|', sort { length $b <=> length $a } keys %functions;
my $owner = $node->safe_psql('postgres', 'SELECT current_user');
my %entries;
my @unknown;
foreach my $line (grep { !/^;/ } split /\n/, $contents)
{
	my ($entry) = $line =~ /^\d+; \d+ \d+ (.*)$/ or die "not an entry: $line";

	# what has no owner ends with a space
	$entry =~ s/ (?:\Q$owner\E)?$//;
	if ($entry =~ /^($kinds) (.*)$/)
	{
		push @{ $entries{$1} }, $2;
	}
	else
	{
		push @unknown, $entry;
	}
}
is_deeply(\@unknown, [], 'every entry is of a kind in the table');
foreach my $kind (sort keys %functions)
{
	ok($entries{$kind}, "the dump has the kind $kind");
}

foreach my $kind (sort keys %objects)
{
	my %ours = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', $objects{$kind});
	my @missing;

	foreach my $entry (@{ $entries{$kind} // [] })
	{
		my $tag = $entry;

		# arguments of procedures come with their mode since 14
		$tag =~ s/\bIN //g if $tag =~ /\bPROCEDURE /;
		push @missing, $tag unless $ours{$tag};
	}
	is_deeply(\@missing, [], "$functions{$kind} returns each $kind");
}

# Comments: each text is in a row of one of the functions.
my @discovery = grep { $_ ne 'stormdisc_schema' && $_ ne 'stormdisc_schema_objects' } split /\n/, $node->safe_psql('postgres', q{
SELECT proname FROM pg_proc WHERE proname LIKE 'stormdisc\_%' AND proretset
	AND pg_get_function_identity_arguments(oid) = 'relation regclass, schemas text[], include text[], exclude text[]'});
my $rows = join ' UNION ALL ', map { "SELECT r::text FROM $_() r" } @discovery;
is(
	$node->safe_psql('postgres', qq{
CREATE TEMP TABLE found AS $rows;
SELECT description FROM pg_description WHERE objoid >= 16384
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = classoid AND d.objid = objoid AND deptype = 'e')
	AND NOT EXISTS (SELECT FROM found WHERE position(description IN r) > 0)}),
	'', 'every comment is in a row');
is(
	$node->safe_psql('postgres', q{SELECT count(*) FROM pg_description WHERE objoid >= 16384
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = classoid AND d.objid = objoid AND deptype = 'e')}),
	scalar @{ $entries{COMMENT} }, 'and the dump has as many');

$node->stop;
done_testing();

__DATA__
CREATE ROLE cov_role;
CREATE SCHEMA cov;
SET search_path = cov;
CREATE EXTENSION file_fdw SCHEMA cov;
CREATE TRUSTED LANGUAGE cov_language HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD cov_am TYPE TABLE HANDLER heap_tableam_handler;

-- types
CREATE TYPE cov_shell;
CREATE TYPE cov_enum AS ENUM ('a', 'b');
CREATE TYPE cov_composite AS (a int, b text);
CREATE TYPE cov_range AS RANGE (subtype = int);
CREATE TYPE cov_base;
CREATE FUNCTION cov_base_in(cstring) RETURNS cov_base LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION cov_base_out(cov_base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE cov_base (INPUT = cov_base_in, OUTPUT = cov_base_out, LIKE = int4);
CREATE DOMAIN cov_domain AS int CONSTRAINT cov_domain_check CHECK (VALUE > 0);
ALTER DOMAIN cov_domain ADD CONSTRAINT cov_domain_later CHECK (VALUE > 1) NOT VALID;
CREATE COLLATION cov_collation FROM "C";
CREATE CONVERSION cov_conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH PARSER cov_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE cov_template (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE TEXT SEARCH DICTIONARY cov_dictionary (TEMPLATE = cov_template);
CREATE TEXT SEARCH CONFIGURATION cov_configuration (PARSER = cov_parser);

-- functions
CREATE FUNCTION cov_function(int, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE PROCEDURE cov_procedure(int) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE cov_aggregate(int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION cov_lt(cov_base, cov_base) RETURNS bool LANGUAGE internal IMMUTABLE AS 'int4lt';
CREATE OPERATOR <%> (LEFTARG = cov_base, RIGHTARG = cov_base, FUNCTION = cov_lt);
CREATE OPERATOR <%< (LEFTARG = cov_base, RIGHTARG = cov_base, FUNCTION = cov_lt);
CREATE OPERATOR FAMILY cov_family USING btree;
CREATE OPERATOR CLASS cov_class FOR TYPE cov_base USING btree FAMILY cov_family AS OPERATOR 1 <%<;
CREATE FUNCTION cov_cast(cov_composite) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
CREATE CAST (cov_composite AS text) WITH FUNCTION cov_cast(cov_composite);
CREATE FUNCTION cov_from(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'prsd_lextype';
CREATE TRANSFORM FOR cov_composite LANGUAGE sql (FROM SQL WITH FUNCTION cov_from(internal));

-- relations
CREATE TABLE cov_table (id int GENERATED ALWAYS AS IDENTITY, a int DEFAULT 7, b text, c serial,
	CONSTRAINT cov_pkey PRIMARY KEY (id), CONSTRAINT cov_check CHECK (a > 0));
ALTER TABLE cov_table ADD CONSTRAINT cov_later CHECK (a > 1) NOT VALID;
ALTER TABLE cov_table ADD CONSTRAINT cov_fkey FOREIGN KEY (a) REFERENCES cov_table;
ALTER TABLE cov_table ADD CONSTRAINT cov_exclude EXCLUDE USING btree (b WITH =);
CREATE INDEX cov_index ON cov_table (lower(b));
CREATE STATISTICS cov_statistics ON a, b FROM cov_table;
CREATE SEQUENCE cov_sequence;
CREATE TABLE cov_parent (a int, b int DEFAULT 5) PARTITION BY LIST (a);
CREATE TABLE cov_partition PARTITION OF cov_parent FOR VALUES IN (1);
ALTER TABLE cov_partition ALTER b SET DEFAULT 6;
CREATE INDEX cov_parent_index ON cov_parent (a);
CREATE TABLE cov_unlogged () INHERITS (cov_table) WITH (fillfactor = 70);
CREATE VIEW cov_view AS SELECT a FROM cov_table;
ALTER VIEW cov_view ALTER a SET DEFAULT 8;
CREATE MATERIALIZED VIEW cov_matview AS SELECT a FROM cov_table;
CREATE INDEX cov_matview_index ON cov_matview (a);
CREATE RULE cov_rule AS ON INSERT TO cov_table DO ALSO NOTIFY cov;
CREATE FUNCTION cov_trigger_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER cov_trigger BEFORE INSERT ON cov_table FOR EACH ROW EXECUTE FUNCTION cov_trigger_function();
CREATE CONSTRAINT TRIGGER cov_constraint_trigger AFTER INSERT ON cov_table FOR EACH ROW EXECUTE FUNCTION cov_trigger_function();
ALTER TABLE cov_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY cov_policy ON cov_table USING (a > 0);

-- and the rest
CREATE FUNCTION cov_event_function() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER cov_event_trigger ON ddl_command_end EXECUTE FUNCTION cov_event_function();
ALTER EVENT TRIGGER cov_event_trigger DISABLE;
CREATE FOREIGN DATA WRAPPER cov_wrapper;
CREATE SERVER cov_server FOREIGN DATA WRAPPER cov_wrapper;
CREATE USER MAPPING FOR cov_role SERVER cov_server OPTIONS (password 'p');
CREATE FOREIGN TABLE cov_foreign_table (a int) SERVER cov_server;
CREATE PUBLICATION cov_publication FOR TABLE cov_table;
ALTER PUBLICATION cov_publication ADD TABLES IN SCHEMA cov;
CREATE SUBSCRIPTION cov_subscription CONNECTION 'dbname=cov' PUBLICATION p WITH (connect = false, slot_name = NONE);

-- privileges
GRANT USAGE ON SCHEMA cov TO cov_role;
GRANT SELECT ON cov_table, cov_view, cov_matview, cov_foreign_table, cov_sequence, cov_parent TO cov_role;
GRANT UPDATE (a) ON cov_table TO cov_role;
GRANT EXECUTE ON FUNCTION cov_function TO cov_role;
GRANT EXECUTE ON PROCEDURE cov_procedure TO cov_role;
GRANT EXECUTE ON FUNCTION cov_aggregate TO cov_role;
GRANT USAGE ON TYPE cov_enum, cov_domain TO cov_role;
REVOKE USAGE ON LANGUAGE cov_language FROM PUBLIC;
GRANT USAGE ON FOREIGN DATA WRAPPER cov_wrapper TO cov_role;
GRANT USAGE ON FOREIGN SERVER cov_server TO cov_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA cov GRANT SELECT ON TABLES TO cov_role;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
