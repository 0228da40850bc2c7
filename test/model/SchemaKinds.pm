# Random objects of the kinds that schemas have less often: what SchemaGenerator.pm
# makes if it is asked for "all" kinds.  The statements for tables, their columns
# and what stands on them are there.
#
# Most of these objects are all alike to a change: they can be dropped, renamed,
# commented, owned by others.  $self->{others} has them with their words in SQL.
# Those that are in no schema have names that begin with "gen_".

package SchemaGenerator;

use strict;
use warnings FATAL => 'all';

# Keep an object: what SQL calls it, and what can stand behind its name.
sub other
{
	my ($self, $words, $name, %more) = @_;

	push @{ $self->{others} }, { words => $words, name => $name, arguments => '', %more };
	return $name;
}

sub others { my ($self, $words) = @_; return grep { !$words || $_->{words} =~ $words } @{ $self->{others} } }
sub place { my ($self, $prefix) = @_; return qualified({ schema => $self->new_place, name => $self->new_name($prefix) }) }
sub global { my ($self, $prefix) = @_; return ident($self->new_name("gen_$prefix")) }

# A column that a test is true for, quoted, and its table.
sub column_of
{
	my ($self, $type, $test) = @_;
	my $table = $self->pick(grep { (!$test || $test->()) && grep { $_->{type} =~ $type && !$_->{generated} } @{ $_->{columns} } } $self->objects('tables')) or return;

	return ($table, ident($self->pick(grep { $_->{type} =~ $type && !$_->{generated} } @{ $table->{columns} })->{name}));
}

# The statements of one object, or more.
sub other_kinds
{
	my ($self) = @_;
	my @makers = sort grep { /^other_[a-z]+_maker$/ } keys %SchemaGenerator::;
	my $maker = $self->pick(@makers);

	return grep { defined } $self->$maker;
}

sub other_collation_maker
{
	my ($self) = @_;

	return 'CREATE COLLATION ' . $self->other('COLLATION', $self->place('coll')) . $self->pick(' FROM "C"', q{ (provider = libc, locale = 'C')}, q{ (provider = icu, locale = 'de')}, q{ (provider = icu, locale = 'und', deterministic = false)});
}

sub other_aggregate_maker
{
	my ($self) = @_;
	my $name = $self->other('AGGREGATE', $self->place('agg'), arguments => '(integer)');
	my $initial = $self->below(4);

	return "CREATE AGGREGATE $name(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '$initial'" . $self->pick('', ', COMBINEFUNC = int4pl, PARALLEL = safe', ', FINALFUNC = int4abs') . ')';
}

sub other_operator_maker
{
	my ($self) = @_;
	my $function = $self->place('same');
	my $schema = $self->new_place;
	my $operator = $self->pick('@#@', '<#>', '~#~', '##');

	return if $self->{operators}{"$schema.$operator"}++;
	$self->other('FUNCTION', $function, arguments => '(integer, integer)');
	$self->other('OPERATOR', ident($schema) . ".$operator", arguments => ' (integer, integer)', keeps_name => 1);
	push @{ $self->{usable_operators} }, 'OPERATOR(' . ident($schema) . ".$operator)";
	return ("CREATE FUNCTION $function(a integer, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN a = b + " . $self->below(3),
		'CREATE OPERATOR ' . ident($schema) . ".$operator (LEFTARG = integer, RIGHTARG = integer, FUNCTION = $function" . $self->pick('', ', RESTRICT = eqsel, JOIN = eqjoinsel', ', HASHES, COMMUTATOR = ' . "OPERATOR(" . ident($schema) . ".$operator)") . ')');
}

sub other_use_maker
{
	my ($self) = @_;
	my $operator = $self->pick(@{ $self->{usable_operators} // [] }) or return;
	my ($table, $column) = $self->column_of(qr/^integer$/) or return;

	return 'CREATE VIEW ' . $self->other('VIEW', $self->place('opview')) . " AS SELECT $column FROM " . qualified($table) . " WHERE $column $operator 3" if $self->chance(50);
	return 'ALTER TABLE ' . qualified($table) . ' ADD CONSTRAINT ' . ident($self->new_name('ock')) . " CHECK ($column $operator 3 OR $column > 0)" . $self->pick('', ' NOT VALID');
}

sub other_class_maker
{
	my ($self) = @_;
	my $name = $self->other('OPERATOR CLASS', $self->place('oc'), arguments => ' USING btree');

	push @{ $self->{classes} }, $name;
	return "CREATE OPERATOR CLASS $name FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer)";
}

sub other_family_maker
{
	my ($self) = @_;
	my $name = $self->other('OPERATOR FAMILY', $self->place('of'), arguments => ' USING btree');

	return ("CREATE OPERATOR FAMILY $name USING btree", $self->chance(50) ? "ALTER OPERATOR FAMILY $name USING btree ADD OPERATOR 1 < (integer, bigint), FUNCTION 1 (integer, bigint) btint48cmp(integer, bigint)" : undef);
}

sub other_indexes_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/^integer$/) or return;
	my $class = $self->pick(@{ $self->{classes} // [] });
	my $index = { schema => $table->{schema}, name => $self->new_name('oidx'), table => qualified($table) };
	my $name = ident($index->{name});
	my $rest = $self->pick(
		"($column) NULLS NOT DISTINCT", "(($column + 1), ($column * 2))", "USING brin ($column) WITH (pages_per_range = 16)", "USING gist (int4range($column, $column + 1))",
		"USING spgist (int4range($column, NULL))", "($column) WHERE $column > 3 AND $column < 99", $class ? "($column $class)" : "($column DESC)");
	my $unique = $rest =~ /NULLS NOT/ ? 'UNIQUE ' : '';

	$self->{indexes}{ qualified($index) } = $index;
	return ("CREATE ${unique}INDEX $name ON " . qualified($table) . " $rest", $rest =~ /^\(\(/ ? 'ALTER INDEX ' . qualified($index) . ' ALTER COLUMN 1 SET STATISTICS ' . (100 + $self->below(9)) : undef);
}

# One that is equal to another.
sub other_equal_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/^(integer|text|bigint|date)$/) or return;
	my $sql = ' ON ' . qualified($table) . " ($column)";

	return ("CREATE INDEX$sql", 'CREATE INDEX ' . ident($self->new_name('eq')) . $sql);
}

sub other_cast_maker
{
	my ($self) = @_;
	my $type = $self->pick(grep { $_->{kind} =~ /enum|composite/ } $self->objects('types')) or return;
	my $name = '(' . qualified($type) . ' AS ' . $self->pick('integer', 'jsonb', 'text[]') . ')';

	$self->other('CAST', $name, keeps_name => 1, no_owner => 1);
	return "CREATE CAST $name WITH INOUT" . $self->pick('', ' AS ASSIGNMENT', ' AS IMPLICIT');
}

sub other_search_maker
{
	my ($self) = @_;
	my $dictionary = $self->other('TEXT SEARCH DICTIONARY', $self->place('dict'));
	my $configuration = $self->other('TEXT SEARCH CONFIGURATION', $self->place('conf'));
	my ($table, $column) = $self->column_of(qr/^text$/);

	return ("CREATE TEXT SEARCH DICTIONARY $dictionary (TEMPLATE = simple" . $self->pick('', ', STOPWORDS = english', ', ACCEPT = false') . ')',
		"CREATE TEXT SEARCH CONFIGURATION $configuration (" . $self->pick('COPY = pg_catalog.simple', 'PARSER = pg_catalog."default"') . ')',
		"ALTER TEXT SEARCH CONFIGURATION $configuration ADD MAPPING FOR " . $self->pick('tag, blank', 'protocol', 'entity') . " WITH $dictionary",
		$table && $self->chance(50) ? 'CREATE INDEX ' . ident($self->new_name('tsidx')) . ' ON ' . qualified($table) . ' USING gin (to_tsvector(' . literal($configuration) . "::regconfig, $column))" : undef);
}

sub other_server_maker
{
	my ($self) = @_;
	my $wrapper = $self->other('FOREIGN DATA WRAPPER', $self->global('fdw'), no_role => 1);
	my $server = $self->other('SERVER', $self->global('srv'));
	my $table = $self->other('FOREIGN TABLE', $self->place('ft'));

	push @{ $self->{servers} }, $server;
	return ("CREATE FOREIGN DATA WRAPPER $wrapper" . $self->pick('', q{ OPTIONS (debug 'true')}),
		"CREATE SERVER $server" . $self->pick('', q{ TYPE 'x' VERSION '1'}) . " FOREIGN DATA WRAPPER $wrapper" . $self->pick('', q{ OPTIONS (host 'it''s', port '1')}),
		"CREATE USER MAPPING FOR " . $self->pick('PUBLIC', 'gen_role_1') . " SERVER $server OPTIONS (user 'u')",
		"CREATE FOREIGN TABLE $table (a integer" . $self->pick('', q{ OPTIONS (n 'x')}) . $self->pick('', ' NOT NULL', ' DEFAULT 3') . ', b text' . $self->pick('', ' COLLATE "C"') . $self->pick('', ', CHECK (a > 0)') . ") SERVER $server" . $self->pick('', q{ OPTIONS (t 'y')}),
		$self->pick(undef, "GRANT USAGE ON FOREIGN SERVER $server TO gen_role_2", "GRANT USAGE ON FOREIGN DATA WRAPPER $wrapper TO gen_role_1 WITH GRANT OPTION"));
}

sub other_publication_maker
{
	my ($self) = @_;
	my $table = $self->pick(grep { !$_->{has_child} } $self->objects('tables')) or return;
	my ($other, $column) = $self->column_of(qr/^integer$/);
	my $name = $self->other('PUBLICATION', $self->global('pub'), no_role => 1);
	my $what = $self->pick('', ' FOR ALL TABLES', ' FOR TABLES IN SCHEMA gen', ' FOR TABLE ONLY ' . qualified($table), ' FOR TABLE ' . qualified($table), $other ? ' FOR TABLE ' . qualified($other) . " ($column) WHERE ($column > 1)" : '');

	return "CREATE PUBLICATION $name$what" . $self->pick('', q{ WITH (publish = 'insert')}, ' WITH (publish_via_partition_root)');
}

sub other_event_maker
{
	my ($self) = @_;
	my $function = $self->other('FUNCTION', $self->place('event'), arguments => '()');
	my $name = $self->other('EVENT TRIGGER', $self->global('evt'), no_role => 1);

	return ("CREATE FUNCTION $function() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END'",
		"CREATE EVENT TRIGGER $name ON " . $self->pick('ddl_command_start', q{ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP VIEW')}, 'sql_drop', 'table_rewrite') . " EXECUTE FUNCTION $function()",
		$self->pick(undef, "ALTER EVENT TRIGGER $name DISABLE", "ALTER EVENT TRIGGER $name ENABLE ALWAYS"));
}

sub other_language_maker
{
	my ($self) = @_;
	my $name = $self->other('LANGUAGE', $self->global('lang'));
	my $function = $self->other('FUNCTION', $self->place('inlang'), arguments => '()');

	return ("CREATE TRUSTED LANGUAGE $name HANDLER plpgsql_call_handler" . $self->pick('', ' INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator'),
		"CREATE FUNCTION $function() RETURNS integer LANGUAGE $name AS 'BEGIN RETURN 1; END'");
}

sub other_method_maker
{
	my ($self) = @_;
	my $name = $self->other('ACCESS METHOD', $self->global('am'), no_owner => 1, keeps_name => 1);
	my $table = $self->pick(grep { !$_->{partitioned} } $self->objects('tables')) or return;

	return ("CREATE ACCESS METHOD $name TYPE TABLE HANDLER heap_tableam_handler", 'ALTER TABLE ' . qualified($table) . " SET ACCESS METHOD $name");
}

sub other_conversion_maker
{
	my ($self) = @_;

	return 'CREATE CONVERSION ' . $self->other('CONVERSION', $self->place('conv')) . q{ FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8};
}

sub other_types_maker
{
	my ($self) = @_;
	my $type = $self->pick($self->objects('types')) or return;
	my $of = qualified($type);
	my $shape = $self->below(6);
	my $name = $self->place('otype');
	my $collation = $self->pick($self->others(qr/^COLLATION/));

	$self->other($shape < 3 ? 'DOMAIN' : 'TYPE', $name);
	$self->{facts}{$name} = {} if $shape < 5 && $self->chance(70);
	$self->{own_types}{$name} = 1 if $shape < 5;
	return $shape == 0 ? "CREATE DOMAIN $name AS $of" . $self->pick('', ' NOT NULL', ' CHECK (value IS NOT NULL)')
	  : $shape == 1 ? "CREATE DOMAIN $name AS $of\[]"
	  : $shape == 2 ? "CREATE DOMAIN $name AS text COLLATE " . ($collation ? $collation->{name} : '"C"') . $self->pick('', q{ DEFAULT 'x'}) . ' CONSTRAINT ' . ident($self->new_name('one')) . q{ CHECK (value <> '') CONSTRAINT } . ident($self->new_name('two')) . q{ CHECK (value <> 'x y')}
	  : $shape == 3 ? "CREATE TYPE $name AS (a $of, b text COLLATE \"C\", \"C c\" integer[])"
	  : $shape == 4 ? "CREATE TYPE $name AS RANGE (subtype = text, collation = \"C\", multirange_type_name = " . $self->place('multi') . ')'
	  : "CREATE TYPE $name AS ENUM ()";
}

sub other_function_maker
{
	my ($self) = @_;
	my $name = $self->place('ofun');
	my $shape = $self->below(7);
	my $table = $self->pick($self->objects('tables')) or return;
	my $of = qualified($table);
	my $arguments = ('(VARIADIC integer[])', '(integer, text)', '(anyelement)', '(integer)', '(date)', '()', '(integer)')[$shape];

	$self->other($shape == 6 ? 'PROCEDURE' : 'FUNCTION', $name, arguments => $arguments);
	return $shape == 0 ? "CREATE FUNCTION $name(VARIADIC a integer[] DEFAULT '{1}') RETURNS integer LANGUAGE sql AS 'SELECT a[1]'"
	  : $shape == 1 ? "CREATE FUNCTION $name(a integer, INOUT b text, OUT c numeric) LANGUAGE sql AS 'SELECT b, 1::numeric'"
	  : $shape == 2 ? "CREATE FUNCTION $name(a anyelement) RETURNS SETOF anyelement LANGUAGE sql ROWS 7 AS 'SELECT a'"
	  : $shape == 3 ? "CREATE FUNCTION $name(a integer) RETURNS TABLE (t $of, n integer) LANGUAGE sql SECURITY DEFINER SET work_mem = '1MB' SET \"DateStyle\" = iso, mdy AS " . literal("SELECT NULL::$of, 1")
	  : $shape == 4 ? "CREATE FUNCTION $name(a date DEFAULT current_date) RETURNS date LANGUAGE sql STABLE LEAKPROOF AS 'SELECT a'"
	  : $shape == 5 ? "CREATE FUNCTION $name() RETURNS $of LANGUAGE sql AS " . literal("SELECT NULL::$of")
	  : "CREATE PROCEDURE $name(INOUT a integer) LANGUAGE sql AS 'SELECT a + 1'";
}

sub other_depends_maker
{
	my ($self) = @_;
	my $function = $self->pick($self->objects('pure')) or return;

	return 'ALTER FUNCTION ' . qualified($function) . '(integer) ' . $self->pick('', '', 'NO ') . 'DEPENDS ON EXTENSION plpgsql';
}

sub other_trigger_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/./, sub { !$_->{is_partition} }) or return;
	my $view = $self->pick(grep { !$_->{materialized} } $self->objects('views'));
	my $name = $self->new_name('otrg');
	my $on = 'ON ' . qualified($table);
	my $function = 'EXECUTE FUNCTION ' . qualified($self->{trigger_function}) . '()';
	my $shape = $self->below(6);

	return if $shape == 5 && !$view;
	push @{ $table->{triggers} }, { name => $name } if $shape != 5;
	$name = ident($name);
	return $shape == 0 ? "CREATE CONSTRAINT TRIGGER $name AFTER INSERT OR UPDATE $on" . $self->pick('', ' DEFERRABLE INITIALLY DEFERRED') . " FOR EACH ROW $function"
	  : $shape == 1 ? "CREATE TRIGGER $name AFTER UPDATE $on REFERENCING NEW TABLE AS n OLD TABLE AS o FOR EACH STATEMENT $function"
	  : $shape == 2 ? "CREATE TRIGGER $name BEFORE UPDATE OF $column $on FOR EACH ROW WHEN (old.${column}::text IS DISTINCT FROM new.${column}::text) $function"
	  : $shape == 3 ? "CREATE TRIGGER $name BEFORE TRUNCATE $on FOR EACH STATEMENT $function"
	  : $shape == 4 ? "CREATE CONSTRAINT TRIGGER $name AFTER DELETE $on NOT DEFERRABLE FOR EACH ROW $function"
	  : "CREATE TRIGGER $name INSTEAD OF INSERT ON " . qualified($view) . " FOR EACH ROW $function";
}

sub other_view_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/^(integer|text|bigint)$/) or return;
	my $of = qualified($table);
	my $function = $self->pick($self->objects('functions'));
	my $aggregate = $self->pick($self->others(qr/^AGGREGATE/));
	my $shape = $self->below(9);
	my $is_materialized = $shape == 3 || $shape == 6;
	my $name = $self->other($is_materialized ? 'MATERIALIZED VIEW' : 'VIEW', $self->place('oview'));

	return "CREATE VIEW $name AS SELECT $column FROM $of WHERE $column IS NOT NULL WITH LOCAL CHECK OPTION" if $shape == 0;
	return "CREATE RECURSIVE VIEW $name (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM " . ($name =~ s/^.*\.(?=[^.]+$)//r) . ' WHERE n < 5' if $shape == 1;
	return "CREATE VIEW $name AS SELECT 'a' AS kind, $column FROM $of UNION SELECT 'b', $column FROM $of" if $shape == 2;
	return ("CREATE MATERIALIZED VIEW $name AS SELECT $column, 'x' AS constant FROM $of" . $self->pick('', ' WITH NO DATA'), 'CREATE INDEX ' . ident($self->new_name('midx')) . " ON $name ($column)") if $shape == 3;
	return "CREATE VIEW $name AS SELECT row_number() OVER (PARTITION BY $column ORDER BY $column) AS n, $column FROM $of WINDOW w AS (ORDER BY $column)" if $shape == 4;
	return "CREATE VIEW $name AS SELECT * FROM $of" if $shape == 5;
	return "CREATE MATERIALIZED VIEW $name AS VALUES (1, 'one'), (2, 'two')" if $shape == 6;
	return "CREATE VIEW $name AS SELECT " . ($function ? qualified($function) . '(1, 2)' : '1') . ' AS a, ' . ($aggregate ? "$aggregate->{name}(2)" : 'count(*)') . " AS b FROM $of" if $shape == 7;
	return "CREATE VIEW $name AS SELECT t, t.$column FROM $of t";
}

# Of whole tables: more parents, references to itself, keys of more columns.
sub other_table_maker
{
	my ($self) = @_;
	my $table = { schema => $self->new_place, name => $self->new_name('otab'), columns => [], names => {} };
	my $name = qualified($table);
	my $shape = $self->below(6);
	my @columns = map { ident($self->new_column($table)->{name}) } 1 .. 2;
	my ($parent, $other) = $self->some(2, grep { !$_->{partitioned} && !$_->{is_partition} && !$_->{parent} && !$_->{of} } $self->objects('tables'));

	unshift @{ $table->{columns} }, { name => 'id', type => 'integer', not_null => 1, is_key => 1 };
	my $list = join ', ', map { $self->column_sql($_) } @{ $table->{columns} };
	$table->{parent} = qualified($parent) if $shape == 1 && $parent;
	$_->{has_child} = 1 foreach $shape == 1 ? grep { defined } $parent, $other : ();
	$table->{partitioned} = 'RANGE' if $shape == 2 || $shape == 3;
	$self->keep(tables => $table) unless $shape == 2 || $shape == 3;
	return "CREATE TABLE $name ($list, PRIMARY KEY (id), parent integer REFERENCES $name, UNIQUE (id, parent) INCLUDE ($columns[1]), FOREIGN KEY (id, parent) REFERENCES $name (id, parent) ON DELETE SET NULL (parent))" if $shape == 0;
	return "CREATE TABLE $name (x integer CHECK (x > 0) NO INHERIT) INHERITS (" . qualified($parent) . ($other ? ', ' . qualified($other) : '') . ')' if $shape == 1 && $parent;
	return ("CREATE TABLE $name ($list, r integer, s text) PARTITION BY RANGE (r, lower(s))", $self->of_table($name, "FROM (1, 'a') TO (5, MINVALUE)"), $self->of_table($name, "FROM (9, MINVALUE) TO (MAXVALUE, MAXVALUE)")) if $shape == 2;
	if ($shape == 3)
	{
		my $middle = qualified({ schema => 'gen', name => $self->new_name('mid') });

		$self->other('TABLE', $name);
		return ("CREATE TABLE $name ($list, r integer NOT NULL, s text, CHECK (r < 1000), UNIQUE (r, id)) PARTITION BY LIST (r)", "CREATE TABLE $middle PARTITION OF $name FOR VALUES IN (1, 2, NULL) PARTITION BY RANGE (id)",
			$self->of_table($middle, 'FROM (1) TO (10)'), $self->of_table($middle, 'DEFAULT'), "CREATE INDEX ON $name (s)", $self->of_table($name, 'DEFAULT'));
	}
	return "CREATE TABLE $name (id integer GENERATED BY DEFAULT AS IDENTITY (START 7 INCREMENT 3 MINVALUE 2 MAXVALUE 999 CACHE 4 CYCLE) PRIMARY KEY INCLUDE (two), two text)" if $shape == 4;
	return "CREATE TABLE $name ($list, EXCLUDE USING gist (int4range(id, id, '[]') WITH &&) WHERE (id > 5)) WITH (fillfactor = 60, toast.autovacuum_enabled = false)";
}

sub of_table
{
	my ($self, $parent, $bound) = @_;
	my $name = $self->place('opart');

	$self->other('TABLE', $name);
	return "CREATE TABLE $name PARTITION OF $parent " . ($bound eq 'DEFAULT' ? $bound : "FOR VALUES $bound");
}

sub other_statistics_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/^(integer|bigint)$/) or return;

	return 'CREATE STATISTICS ' . $self->other('STATISTICS', $self->place('ostat')) . " ON ($column + 1)" . $self->pick('', ", ($column * 2), $column") . ' FROM ' . qualified($table);
}

sub other_policy_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/^(integer|bigint)$/) or return;
	my $policy = { name => $self->new_name('opol') };

	push @{ $table->{policies} }, $policy;
	return 'CREATE POLICY ' . ident($policy->{name}) . ' ON ' . qualified($table) . $self->pick(" FOR INSERT WITH CHECK ($column > 1)", " FOR UPDATE TO CURRENT_USER USING ($column > 1) WITH CHECK ($column > 2)", " FOR DELETE USING ($column IN (SELECT 1))");
}

sub other_rule_maker
{
	my ($self) = @_;
	my $view = $self->pick(grep { !$_->{materialized} } $self->objects('views')) or return;
	my ($table, $column) = $self->column_of(qr/^integer$/, sub { !$_->{is_partition} }) or return;

	return 'CREATE RULE ' . ident($self->new_name('orule')) . ' AS ON ' . $self->pick('INSERT', 'DELETE', 'UPDATE') . ' TO ' . qualified($view) . ' DO INSTEAD ' . $self->pick('NOTHING', 'DELETE FROM ' . qualified($table) . " WHERE $column = 5");
}

sub other_privilege_maker
{
	my ($self) = @_;
	my ($table, $column) = $self->column_of(qr/./) or return;
	my $name = qualified($table);
	my $routine = $self->pick($self->others(qr/^(FUNCTION|PROCEDURE|AGGREGATE)/));
	my $type = $self->pick($self->others(qr/^(TYPE|DOMAIN)/));
	my $role = $self->role;

	return $self->pick("GRANT UPDATE ($column), REFERENCES ($column) ON $name TO $role" . $self->pick('', ' WITH GRANT OPTION'), "REVOKE ALL ON $name FROM CURRENT_USER", "GRANT INSERT ($column) ON $name TO PUBLIC",
		$routine ? 'REVOKE EXECUTE ON ' . ($routine->{words} eq 'PROCEDURE' ? 'PROCEDURE' : 'FUNCTION') . " $routine->{name}$routine->{arguments} FROM PUBLIC" : undef,
		$type ? "REVOKE USAGE ON TYPE $type->{name} FROM PUBLIC" : undef);
}

sub other_default_maker
{
	my ($self) = @_;

	return 'ALTER DEFAULT PRIVILEGES' . $self->pick('', ' FOR ROLE gen_role_1') . $self->pick(' IN SCHEMA gen', ' IN SCHEMA "Gen ""2"""') . ' ' . $self->pick('GRANT EXECUTE ON FUNCTIONS TO ', 'GRANT USAGE ON TYPES TO ', 'GRANT ALL ON TABLES TO ', 'GRANT SELECT ON SEQUENCES TO ') . $self->role . $self->pick('', ' WITH GRANT OPTION');
}

sub other_comment_maker
{
	my ($self) = @_;
	my $table = $self->a_table or return;
	my $name = qualified($table);
	my $policy = $self->pick(@{ $table->{policies} // [] });
	my $rule = $self->pick(@{ $table->{rules} // [] });
	my $type = $self->pick(grep { $_->{kind} eq 'composite' } $self->objects('types'));
	my $view = $self->pick($self->objects('views'));
	my @things;

	push @things, 'POLICY ' . ident($policy->{name}) . " ON $name" if $policy;
	push @things, 'RULE ' . ident($rule->{name}) . " ON $name" if $rule;
	push @things, 'COLUMN ' . qualified($type) . '.' . $type->{attributes}[0] if $type;
	push @things, 'COLUMN ' . qualified($view) . '.one' if $view;
	push @things, 'STATISTICS ' . $_ foreach sort keys %{ $self->{statistics} // {} };
	return 'COMMENT ON ' . ($self->pick(@things) // return) . ' IS ' . literal($self->pick('alpha', "it's beta"));
}

# A schema of its own, with something in it.
sub other_schema_maker
{
	my ($self) = @_;
	my $name = $self->other('SCHEMA', $self->global('schema'));

	return ("CREATE SCHEMA $name" . $self->pick('', ' AUTHORIZATION gen_role_1'), "CREATE TABLE $name.inside (id serial PRIMARY KEY, t text DEFAULT 'x')", "CREATE VIEW $name.look AS SELECT id FROM $name.inside", $self->pick(undef, "GRANT USAGE ON SCHEMA $name TO gen_role_2"));
}

## Changes

sub wide_mutate_other_kinds { my ($self) = @_; return $self->other_kinds }
sub wide_mutate_other_kinds_2 { my ($self) = @_; return $self->other_kinds }
sub wide_mutate_other_kinds_3 { my ($self) = @_; return $self->other_kinds }
sub wide_mutate_other_kinds_4 { my ($self) = @_; return $self->other_kinds }

# What can be done to any of them.
sub wide_mutate_any
{
	my ($self) = @_;
	my $object = $self->pick($self->others) or return;
	my $thing = "$object->{words} $object->{name}$object->{arguments}";
	my $what = $self->below(5);

	return "COMMENT ON $thing IS " . literal($self->pick('one', "it's two")) if $what == 0;
	return "ALTER $thing OWNER TO " . $self->role if $what == 1 && !$object->{no_owner} && !$object->{no_role};
	if ($what == 2 && !$object->{keeps_name})
	{
		my $name = $self->new_name('rother');
		my $schema = $object->{name} =~ /^("(?:[^"]|"")*"|[^".]+)\./ ? "$1." : undef;

		$name = "gen_$name" unless $schema;
		my $sql = "ALTER $thing RENAME TO " . ident($name);
		$object->{name} = ($schema // '') . ident($name);
		return $sql;
	}
	if ($what == 3)
	{
		@{ $self->{others} } = grep { $_ != $object } @{ $self->{others} };
		return "DROP $thing" . ($object->{words} =~ /^(PUBLICATION|EVENT)/ ? '' : ' CASCADE');
	}
	return if $what != 4 || $object->{keeps_name} || $object->{name} !~ /\.[^.]+$/ || $object->{words} =~ /EVENT|LANGUAGE|SERVER|WRAPPER|PUBLICATION|SCHEMA/;
	my $schema = $object->{name} =~ /^gen\./ ? 'Gen "2"' : 'gen';
	my $sql = "ALTER $thing SET SCHEMA " . ident($schema);
	$object->{name} =~ s/^("(?:[^"]|"")*"|[^".]+)\./ident($schema) . '.'/e;
	return $sql;
}

# What can be done to one kind.
sub wide_mutate_special
{
	my ($self) = @_;
	my $object = $self->pick($self->others(qr/PUBLICATION|SERVER|DICTIONARY|CONFIGURATION|EVENT|FOREIGN TABLE|OPERATOR|AGGREGATE|LANGUAGE|WRAPPER|^VIEW|^MATERIALIZED|^DOMAIN/)) or return;
	my $words = $object->{words};
	my $thing = "$words $object->{name}$object->{arguments}";
	my $table = $self->a_table or return;
	my $of = qualified($table);

	return "ALTER $thing " . $self->pick("ADD TABLE $of", "SET TABLE $of", "DROP TABLE $of", q{SET (publish = 'update, delete')}, 'ADD TABLES IN SCHEMA gen') if $words eq 'PUBLICATION';
	return "ALTER $thing " . $self->pick(q{OPTIONS (ADD added 'x')}, q{OPTIONS (SET host 'other')}, q{OPTIONS (DROP port)}, q{VERSION '2'}) if $words eq 'SERVER';
	return "ALTER $thing " . $self->pick(q{OPTIONS (ADD added 'x')}, q{OPTIONS (DROP debug)}) if $words =~ /WRAPPER/;
	return "ALTER $thing " . $self->pick('(STOPWORDS = english)', '(STOPWORDS)', '(ACCEPT = true)') if $words =~ /DICTIONARY/;
	return "ALTER $thing " . $self->pick('ADD MAPPING FOR url WITH simple', 'DROP MAPPING FOR tag', 'ALTER MAPPING FOR asciiword, word WITH english_stem, simple') if $words =~ /CONFIGURATION/;
	return "ALTER $thing " . $self->pick('ENABLE', 'DISABLE', 'ENABLE REPLICA') if $words =~ /EVENT/;
	return "ALTER $thing " . $self->pick('ADD COLUMN ' . ident($self->new_name('fc')) . ' date', 'ALTER a TYPE bigint', 'DROP COLUMN b', 'ALTER a SET NOT NULL', q{OPTIONS (ADD more 'z')}, q{ALTER b OPTIONS (ADD x 'y')}, 'ADD CHECK (a < 9)') if $words eq 'FOREIGN TABLE';
	return "ALTER $thing SET (" . $self->pick('RESTRICT = NONE', 'RESTRICT = eqsel', 'JOIN = eqjoinsel') . ')' if $words eq 'OPERATOR';
	return "ALTER $thing ADD OPERATOR 3 = (integer, smallint), FUNCTION 1 (integer, smallint) btint42cmp(integer, smallint)" if $words eq 'OPERATOR FAMILY';
	return "CREATE OR REPLACE AGGREGATE $object->{name}(integer) (SFUNC = int4larger, STYPE = integer, INITCOND = '" . $self->below(9) . q{')} if $words eq 'AGGREGATE';
	return "CREATE OR REPLACE TRUSTED LANGUAGE $object->{name} HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler" if $words eq 'LANGUAGE';
	return "ALTER $thing " . $self->pick('SET (security_barrier = true)', 'RESET (security_barrier)', 'SET (check_option = cascaded)') if $words eq 'VIEW';
	return "ALTER $thing " . $self->pick('SET (fillfactor = 55)', 'CLUSTER ON nothing', 'SET ACCESS METHOD heap') if $words =~ /^MATERIALIZED/;
	return "ALTER $thing " . $self->pick('SET NOT NULL', 'DROP NOT NULL', 'SET DEFAULT NULL', 'DROP DEFAULT', 'ADD CONSTRAINT ' . ident($self->new_name('odc')) . ' CHECK (value IS NOT NULL) NOT VALID') if $words eq 'DOMAIN';
	return;
}

# A new label that something in the new schema needs.
sub wide_mutate_label_used
{
	my ($self) = @_;
	my $type = $self->pick(grep { $_->{kind} eq 'enum' } $self->objects('types')) or return;
	my $name = qualified($type);
	my $label = 'used ' . ++$self->{count};
	my $old = $self->pick(@{ $type->{labels} });
	my @users = grep { !$_->{of} } grep { grep { $_->{type} eq $name && !$_->{generated} } @{ $_->{columns} } } $self->objects('tables');
	my $table = $self->pick(@users);
	my $column = $table ? ident($self->pick(grep { $_->{type} eq $name && !$_->{generated} } @{ $table->{columns} })->{name}) : undef;
	my $constant = literal($label) . "::$name";
	my $function = qualified({ schema => 'gen', name => $self->new_name('ofen') });
	my @uses;

	push @{ $type->{labels} }, $label;
	push @uses, 'ALTER TABLE ' . qualified($table) . " ALTER COLUMN $column SET DEFAULT $constant", 'ALTER TABLE ' . qualified($table) . ' ADD CHECK (' . "$column IS NULL OR $column <> $constant)",
	  'CREATE INDEX ON ' . qualified($table) . " ($column) WHERE $column = $constant", 'CREATE VIEW ' . $self->place('env') . " AS SELECT $column FROM " . qualified($table) . " WHERE $column = $constant"
	  if $table;
	push @uses, 'CREATE TABLE ' . $self->place('ent') . " (e $name DEFAULT $constant, CHECK (e <> $constant))", "CREATE FUNCTION $function(e $name DEFAULT $constant) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN e = $constant";
	my $parted = $self->place('enp');

	return ("ALTER TYPE $name ADD VALUE " . literal($label) . $self->pick('', ' BEFORE ' . literal($old), ' AFTER ' . literal($old)),
		$self->chance(20) ? ("CREATE TABLE $parted (e $name) PARTITION BY LIST (e)", 'CREATE TABLE ' . $self->place('enq') . " PARTITION OF $parted FOR VALUES IN (" . literal($label) . ')') : $self->pick(@uses));
}

# Tables that get and lose parents and types.
sub wide_mutate_inherit_anew
{
	my ($self) = @_;
	my $table = $self->a_table(sub { !$_->{is_partition} && !$_->{partitioned} && !$_->{parent} && !$_->{of} }) or return;
	my $parent = $self->a_table(sub { !$_->{is_partition} && !$_->{partitioned} && $_ != $table && !$_->{of} }) or return;

	return 'ALTER TABLE ' . qualified($table) . ' INHERIT ' . qualified($parent) if $self->chance(20);
	my $name = { schema => $self->new_place, name => $self->new_name('like'), columns => [ map { { %$_, inherited => 1 } } @{ $parent->{columns} } ], parent => qualified($parent), names => {} };
	$parent->{has_child} = 1;
	$self->keep(tables => $name);
	return ('CREATE TABLE ' . qualified($name) . ' (LIKE ' . qualified($parent) . ' INCLUDING ' . $self->pick('DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS', 'ALL') . ')', 'ALTER TABLE ' . qualified($name) . ' INHERIT ' . qualified($parent));
}

# Columns of whole trees of tables.
sub wide_mutate_tree_column
{
	my ($self) = @_;
	my $table = $self->a_table(sub { $_->{has_child} || $_->{partitioned} }) or return;
	my $alter = 'ALTER TABLE ' . qualified($table);
	my $column = $self->pick(grep { !$_->{is_key} && !$_->{inherited} && !$_->{generated} } @{ $table->{columns} }) or return;
	my $name = ident($column->{name});

	return "$alter ADD COLUMN " . ident($self->new_name('tc')) . ' ' . $self->pick('integer', 'text NOT NULL DEFAULT 3', 'date DEFAULT current_date', 'integer CHECK (3 < 5)') if $self->chance(40);
	return "$alter ALTER COLUMN $name " . $self->pick('SET NOT NULL', 'DROP NOT NULL', 'DROP DEFAULT', 'SET DEFAULT NULL', 'TYPE text') if $self->chance(60);
	return "$alter DROP COLUMN $name CASCADE" if $self->chance(60);
	return "$alter RENAME COLUMN $name TO " . ident($self->new_name('trc'));
}

sub wide_mutate_matview_owner { my ($self) = @_; my $view = $self->pick(grep { $_->{materialized} } $self->objects('views')) or return; return 'ALTER MATERIALIZED VIEW ' . qualified($view) . ' OWNER TO ' . $self->role }

1;
