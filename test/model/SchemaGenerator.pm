# Random schemas, and random changes of them, from a seed.
#
#   my $generator = SchemaGenerator->new(seed => 7, size => 12);
#   my @statements = $generator->schema;       # SQL that makes it
#   my @changes = $generator->mutations(100);  # each { sql => ..., nothing => 0 or 1 }
#
# With all_kinds => 1 it makes objects of all kinds (see SchemaKinds.pm), also some
# that are in no schema, and only a superuser can make.
#
# The same seed and size give the same statements on every machine.  A change
# expects those before it.  The server may refuse one (something depends on it,
# a version does not have it): then nothing has changed, and the next ones may be
# refused as well, but most are not.  "nothing" marks statements that leave the
# schema as it is.
#
# Objects are in the schemas gen and "Gen ""2""", their roles are gen_role_1 and
# gen_role_2; statements that make these come first and can be run again.

package SchemaGenerator;

use strict;
use warnings FATAL => 'all';

use SchemaKinds;

# what columns are made of: a type, defaults, checks with % for the column, and
# an expression of another column of that type
my %types = (
	'integer' => { defaults => [ '0', '7', '(2 + 3) * 4' ], checks => [ '% > 0', '% between 1 and 1000', '% in (1, 2, 3)', '% <> -1' ], generated => '% * 2 + 1' },
	'bigint' => { defaults => [ '1', '-5' ], checks => [ '% >= 0 or % = -5', 'not (% = 3)' ], generated => 'abs(%)' },
	'smallint' => { defaults => ['1'], checks => ['% < 100'], generated => '% + 1' },
	'text' => { defaults => [ q('x'), q('it''s'), q(E'back\\\\slash'), 'upper(\'a\')' ], checks => [ q(% <> ''), q(length(%) < 50 and % is not null), q(% like 'a%%'), q(% in ('p', 'q', 'it''s')) ], generated => q(coalesce(%, '') || 'z') },
	'varchar(20)' => { defaults => [ q('short') ], checks => [ q(% in ('a', 'b', 'c')), q(% not in ('x', 'y')), q(% = any (array['k', 'l'])) ], generated => 'lower(%)' },
	'char(5)' => { defaults => [ q('abc') ], checks => [ q(% in ('abc', 'def')) ] },
	'numeric(10,2)' => { defaults => [ '0.50', '-1.25' ], checks => [ '% > 0.5', '% between -1 and 99.99' ], generated => 'round(%, 1)' },
	'boolean' => { defaults => [ 'true', 'false' ], checks => [ '% is not false' ], generated => 'not %' },
	'date' => { defaults => [ 'current_date', q('2020-02-29') ], checks => [ q(% > '2000-01-01') ] },
	'timestamp(3)' => { defaults => [ 'localtimestamp', q('2020-01-01 12:00') ], checks => [ q(% < '2100-01-01 00:00') ] },
	'timestamptz' => { defaults => [ 'now()', q('2020-01-01 12:00+00') ], checks => [ q(extract(year from %) > 1999) ] },
	'interval' => { defaults => [ q('1 day 02:03') ], checks => [ q(% > '1 hour') ] },
	'double precision' => { defaults => [ '1.5', '-0.1', '1e100' ], checks => [ '% < 1e10' ], generated => '% / 2' },
	'jsonb' => { defaults => [ q('{"a": [1, null]}') ], checks => [ q(% ? 'a') ] },
	'uuid' => { defaults => [ 'gen_random_uuid()' ], checks => [ '% is not null' ] },
	'integer[]' => { defaults => [ q('{1,2}'), 'array[1, 2]' ], checks => [ '% <> array[3]', 'cardinality(%) < 9' ] },
	'text[]' => { defaults => [ q('{a,b}') ], checks => [ q(% @> array['a']) ] },
	'bytea' => { defaults => [ q('\\x01ff') ], checks => [ 'length(%) < 10' ] });

# of these an index can be made with the method
my %methods = (btree => sub { 1 }, hash => sub { 1 }, gin => sub { $_[0] =~ /jsonb|\[\]/ }, brin => sub { $_[0] =~ /int|date|stamp|numeric|text$/ });

sub new
{
	my ($class, %options) = @_;
	my $self = bless {
		seed => $options{seed} // 1,
		size => $options{size} // 10,
		all_kinds => $options{all_kinds},
		others => [],
		count => 0,
		facts => {%types},
		tables => {}, views => {}, types => {}, functions => {}, sequences => {}, pure => {}, routines => {}, }, $class;

	$self->seed($self->{seed});
	return $self;
}

## Chance: not rand(), which others in the process may use

sub seed
{
	my ($self, $seed) = @_;

	$self->{state} = ($seed * 2654435761 + 12345) % 4294967296;
	$self->below(2) foreach 1 .. 5;
	return;
}

# A whole number from 0, below the limit.
sub below
{
	my ($self, $limit) = @_;

	$self->{state} = ($self->{state} * 1664525 + 1013904223) % 4294967296;
	return int(($self->{state} >> 8) * $limit / 16777216);
}

sub chance { my ($self, $percent) = @_; return $self->below(100) < $percent }
sub pick { my ($self, @list) = @_; return @list ? $list[ $self->below(scalar @list) ] : undef }

sub some
{
	my ($self, $count, @list) = @_;
	my @picked;

	push @picked, splice(@list, $self->below(scalar @list), 1) while @list && $count-- > 0;
	return @picked;
}

## Names

sub ident { my ($name) = @_; return $name =~ /^[a-z_][a-z0-9_]*$/ ? $name : '"' . $name =~ s/"/""/gr . '"' }

# A name that was not there before; some need quotes.
sub new_name
{
	my ($self, $prefix) = @_;
	my $name = $prefix . '_' . ++$self->{count};

	return $self->chance(12) ? ucfirst($name) . ' "q"' : $name;
}

sub new_place { my ($self) = @_; return $self->chance(80) ? 'gen' : 'Gen "2"' }
sub qualified { my ($object) = @_; return ident($object->{schema}) . '.' . ident($object->{name}) }
sub objects { my ($self, $kind) = @_; return map { $self->{$kind}{$_} } sort keys %{ $self->{$kind} } }
sub keep { my ($self, $kind, $object) = @_; $self->{$kind}{ qualified($object) } = $object; return $object }
sub forget { my ($self, $kind, $object) = @_; delete $self->{$kind}{ qualified($object) }; return }
sub literal { my ($text) = @_; return q(') . $text =~ s/'/''/gr . q(') }
sub role { my ($self) = @_; return $self->pick(qw(gen_role_1 gen_role_2)) }

## The schema

sub schema
{
	my ($self) = @_;
	my @sql = (
		q{DO $$ BEGIN IF to_regrole('gen_role_1') IS NULL THEN CREATE ROLE gen_role_1; END IF; IF to_regrole('gen_role_2') IS NULL THEN CREATE ROLE gen_role_2; END IF; END $$},
		'CREATE SCHEMA gen', 'CREATE SCHEMA "Gen ""2"""', );

	push @sql, $self->create_type foreach 1 .. 2 + $self->below(3);
	push @sql, $self->other_collation_maker, $self->other_types_maker, $self->other_types_maker if $self->{all_kinds};
	push @sql, $self->create_sequence foreach 1 .. $self->below(3);
	push @sql, $self->create_function foreach 1 .. 1 + $self->below(3);
	push @sql, $self->create_pure_function foreach 1 .. 1 + $self->below(2);
	push @sql, $self->create_trigger_function;
	push @sql, $self->create_table foreach 1 .. $self->{size};
	push @sql, $self->create_view foreach 1 .. $self->{size} / 3;
	for (1 .. $self->{size} * 3)
	{
		push @sql, $self->create_index, $self->add_foreign_key, $self->add_check, $self->comment;
	}
	for (1 .. $self->{size})
	{
		push @sql, $self->create_trigger, $self->create_policy, $self->grant, $self->create_statistics, $self->owner;
	}
	for (1 .. $self->{size} / 2)
	{
		push @sql, $self->create_routine, $self->create_view_of_view, $self->create_rule, $self->add_exclusion, $self->own_sequence, $self->create_typed_table;
	}
	push @sql, $self->other_kinds foreach 1 .. ($self->{all_kinds} ? 3 + $self->below($self->{size} * 3) : 0);
	return grep { defined } @sql;
}

sub create_type
{
	my ($self) = @_;
	my $type = { schema => $self->new_place, kind => $self->pick(qw(enum domain composite range)) };

	$type->{name} = $self->new_name($type->{kind});
	$self->keep(types => $type);
	my $name = qualified($type);
	if ($type->{kind} eq 'enum')
	{
		$type->{labels} = [ map { "label $_" } 1 .. 2 + $self->below(4) ];
		$self->{facts}{$name} = { defaults => [ literal($type->{labels}[0]) ], checks => ['% is not null'] };
		return "CREATE TYPE $name AS ENUM (" . join(', ', map { literal($_) } @{ $type->{labels} }) . ')';
	}
	if ($type->{kind} eq 'domain')
	{
		my $base = $self->pick('integer', 'text', 'numeric(8,3)', 'varchar(30)');
		my $check = $base eq 'integer' ? 'value < 1000000' : $base =~ /^num/ ? 'value > -1000' : q(value not in ('bad', 'worse'));

		$type->{base} = $base;
		return "CREATE DOMAIN $name AS $base"
		  . ($self->chance(30) ? ' DEFAULT ' . ($base =~ /^(int|num)/ ? '5' : q('five')) : '')
		  . ($self->chance(60) ? ' CONSTRAINT ' . ident($self->new_name('dcheck')) . " CHECK ($check)" : '');
	}
	return "CREATE TYPE $name AS RANGE (subtype = " . $self->pick('float8', 'integer', 'text') . ')' if $type->{kind} eq 'range';
	$type->{attributes} = [ map { "att_$_" } 1 .. 1 + $self->below(3) ];
	return "CREATE TYPE $name AS (" . join(', ', map { "$_ " . $self->base_type } @{ $type->{attributes} }) . ')';
}

sub base_type { my ($self) = @_; return $self->pick(sort grep { !/gen/i } keys %{ $self->{facts} }) }

# What is known of a type; undef if nothing.
sub fact { my ($self, $type, $key) = @_; return exists $self->{facts}{$type} ? $self->{facts}{$type}{$key} : undef }

sub column_type
{
	my ($self) = @_;
	my $type = $self->chance(15) ? $self->pick($self->objects('types')) : undef;
	my $own = $self->{all_kinds} && $self->chance(10) ? $self->pick(sort keys %{ $self->{own_types} }) : undef;

	return $own if $own;
	return qualified($type) . ($self->chance(20) ? '[]' : '') if $type;
	return $self->base_type;
}

sub create_sequence
{
	my ($self) = @_;
	my $sequence = $self->keep(sequences => { schema => $self->new_place, name => $self->new_name('counter') });

	return 'CREATE SEQUENCE ' . qualified($sequence) . $self->pick('', ' AS integer', ' START 5 INCREMENT 2', ' MINVALUE -3 MAXVALUE 900 CYCLE', ' CACHE 7');
}

sub function_body
{
	my ($self) = @_;

	return $self->pick(
		'LANGUAGE sql IMMUTABLE AS ' . literal('SELECT a + ' . $self->below(9)),
		'LANGUAGE plpgsql STABLE AS ' . literal('BEGIN RETURN a * ' . $self->below(9) . '; END'),
		'LANGUAGE sql STRICT PARALLEL SAFE RETURN a + b + ' . $self->below(9),
		'LANGUAGE sql COST 5 SET search_path = pg_catalog BEGIN ATOMIC SELECT a - b + ' . $self->below(9) . '; END');
}

sub create_function
{
	my ($self) = @_;
	my $function = $self->keep(functions => { schema => $self->new_place, name => $self->new_name('fun') });

	$function->{arguments} = '(a integer, b integer DEFAULT ' . $self->below(9) . ')';
	return 'CREATE FUNCTION ' . qualified($function) . "$function->{arguments} RETURNS integer " . $self->function_body;
}

# Others may call these: in defaults, checks, generated columns, indexes.
sub create_pure_function
{
	my ($self) = @_;
	my $function = $self->keep(pure => { schema => $self->new_place, name => $self->new_name('pure') });

	return 'CREATE FUNCTION ' . qualified($function) . '(a integer) RETURNS integer ' . $self->pure_body;
}

sub pure_body
{
	my ($self) = @_;

	return $self->pick(
		'LANGUAGE sql IMMUTABLE RETURN a + ' . $self->below(9),
		'LANGUAGE sql IMMUTABLE PARALLEL SAFE AS ' . literal('SELECT a * ' . (1 + $self->below(9))),
		'LANGUAGE plpgsql IMMUTABLE STRICT AS ' . literal('BEGIN RETURN a + ' . $self->below(9) . '; END'));
}

# A call of one of them.
sub pure_call
{
	my ($self, $argument) = @_;
	my $function = $self->pick($self->objects('pure')) or return;

	return qualified($function) . "($argument)";
}

# Functions and procedures of the types that tables and types make, and that
# read tables.
sub create_routine
{
	my ($self) = @_;
	my $table = $self->pick($self->objects('tables')) or return;
	my $type = $self->pick($self->objects('types')) or return;
	my $routine = { schema => $self->new_place, name => $self->new_name('rou'), words => 'FUNCTION', table => qualified($table) };
	my $name = qualified($routine);
	my ($of_table, $of_type) = (qualified($table), qualified($type));
	my $column = ident($self->pick(@{ $table->{columns} })->{name});
	my $shape = $self->below(7);
	my $rest;

	@$routine{qw(words arguments)} = ('PROCEDURE', '(a integer)') if $shape == 0;
	$routine->{arguments} //= $shape == 1 ? "($of_table)" : $shape == 2 ? "($of_type)" : '()';
	$rest = $shape == 0 ? q{ LANGUAGE plpgsql AS 'BEGIN NULL; END'}
	  : $shape == 1 ? " RETURNS integer LANGUAGE sql AS 'SELECT 1'"
	  : $shape == 2 ? " RETURNS ${of_type} LANGUAGE sql IMMUTABLE AS 'SELECT \$1'"
	  : $shape == 3 ? " RETURNS SETOF $of_table LANGUAGE sql AS " . literal("SELECT * FROM $of_table")
	  : $shape == 4 ? " RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count($column) FROM $of_table; END"
	  : $shape == 5 ? " RETURNS TABLE (x $of_type, y integer) LANGUAGE plpgsql AS 'BEGIN END'"
	  : " RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM $of_table t WHERE t.$column IS NOT NULL)";
	$self->keep(routines => $routine);
	return "CREATE $routine->{words} $name$routine->{arguments}$rest";
}

sub create_view_of_view
{
	my ($self) = @_;
	my $of = $self->pick($self->objects('views')) or return;
	my $view = { schema => $self->new_place, name => $self->new_name('top'), materialized => 0, table => $of->{table} };

	return if $of->{materialized} && $self->chance(50);
	$view->{query} = 'SELECT one, ' . ($self->pure_call($self->below(5)) // '1') . ' AS two FROM ' . qualified($of) . $self->pick('', ' WHERE two IS NOT NULL', ' GROUP BY one');
	$self->keep(views => $view);
	return 'CREATE VIEW ' . qualified($view) . " AS $view->{query}";
}

sub create_rule
{
	my ($self) = @_;
	my $table = $self->pick(grep { !$_->{is_partition} } $self->objects('tables')) or return;
	my $rule = { name => $self->new_name('rule') };

	return unless $self->chance(40);
	push @{ $table->{rules} }, $rule;
	return 'CREATE RULE ' . ident($rule->{name}) . ' AS ON ' . $self->pick('INSERT', 'DELETE') . ' TO ' . qualified($table)
	  . ($self->chance(50) ? ' WHERE ' . $self->below(9) . ' > 100 DO INSTEAD NOTHING' : ' DO ALSO NOTIFY gen_' . $self->below(9));
}

sub add_exclusion
{
	my ($self) = @_;
	my $table = $self->pick(grep { !$_->{partitioned} } $self->objects('tables')) or return;
	my $column = $self->pick(grep { $_->{type} =~ /^(integer|bigint|date|text)$/ } @{ $table->{columns} }) or return;
	my $constraint = { name => $self->new_name('ex') };
	my $name = ident($column->{name});

	push @{ $table->{constraints} }, $constraint;
	return 'ALTER TABLE ' . qualified($table) . ' ADD CONSTRAINT ' . ident($constraint->{name}) . ' EXCLUDE '
	  . ($column->{type} eq 'integer' && $self->chance(50) ? "USING gist (int4range($name, $name, '[]') WITH &&)" : "($name WITH =)")
	  . $self->pick('', " WHERE ($name IS NOT NULL)", ' DEFERRABLE INITIALLY DEFERRED');
}

sub own_sequence
{
	my ($self) = @_;
	my $sequence = $self->pick($self->objects('sequences')) or return;
	my $table = $self->pick(grep { !$_->{is_partition} && $_->{schema} eq $sequence->{schema} } $self->objects('tables')) or return;
	my $column = $self->pick(grep { $_->{type} =~ /^(integer|bigint)$/ && !$_->{inherited} } @{ $table->{columns} }) or return;

	return if $column->{identity} || $column->{generated};
	return 'ALTER SEQUENCE ' . qualified($sequence) . ' OWNED BY ' . qualified($table) . '.' . ident($column->{name}) if $self->chance(40);
	return 'ALTER TABLE ' . qualified($table) . ' ALTER COLUMN ' . ident($column->{name}) . ' SET DEFAULT nextval(' . literal(qualified($sequence)) . '::regclass)';
}

# A table of a composite type.
sub create_typed_table
{
	my ($self) = @_;
	my $type = $self->pick(grep { $_->{kind} eq 'composite' } $self->objects('types')) or return;
	my $table = { schema => $self->new_place, name => $self->new_name('typed'), of => qualified($type), names => {}, columns => [ map { { name => $_, type => 'unknown', inherited => 1 } } @{ $type->{attributes} } ] };

	return if $self->chance(70);
	$self->keep(tables => $table);
	return 'CREATE TABLE ' . qualified($table) . " OF $table->{of}" . $self->pick('', " ($type->{attributes}[0] WITH OPTIONS NOT NULL)");
}

sub create_trigger_function
{
	my ($self) = @_;
	my $function = { schema => 'gen', name => 'trigger_function' };

	$self->{trigger_function} = $function;
	return 'CREATE FUNCTION ' . qualified($function) . q{() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'};
}

sub new_column
{
	my ($self, $table) = @_;
	my $column = { name => $self->new_name('c'), type => $self->column_type };
	my $defaults = $self->fact($column->{type}, 'defaults');

	$column->{default} = $self->pick(@$defaults) if $defaults && $self->chance(35);
	$column->{default} = $self->pure_call($self->below(9)) if $column->{type} =~ /^(integer|bigint)$/ && $self->chance(20);
	$column->{not_null} = $self->chance(25);
	push @{ $table->{columns} }, $column;
	return $column;
}

# As in CREATE TABLE.
sub column_sql
{
	my ($self, $column) = @_;
	my $sql = ident($column->{name}) . ' ' . ($column->{serial} ? 'serial' : $column->{type});

	$sql .= ' COLLATE "C"' if $column->{type} eq 'text' && $self->chance(10);
	my $collation = $self->{all_kinds} && $sql =~ / text$/ && $self->chance(20) ? $self->pick($self->others(qr/^COLLATION/)) : undef;
	$sql .= " COLLATE $collation->{name}" if $collation;
	$sql .= " DEFAULT $column->{default}" if defined $column->{default};
	$sql .= " GENERATED $column->{identity} AS IDENTITY" if $column->{identity};
	$sql .= " GENERATED ALWAYS AS ($column->{generated}) STORED" if $column->{generated};
	$sql .= ' NOT NULL' if $column->{not_null};
	return $sql;
}

sub create_table
{
	my ($self) = @_;
	my $table = { schema => $self->new_place, name => $self->new_name('tab'), columns => [], names => {} };
	my $shape = $self->pick(qw(plain plain plain plain partitioned child unlogged));
	my $parent = $shape eq 'child' ? $self->pick(grep { !$_->{partitioned} && !$_->{is_partition} && !$_->{parent} } $self->objects('tables')) : undef;
	my @elements;
	my @more;
	my $sql = 'CREATE ' . ($shape eq 'unlogged' ? 'UNLOGGED ' : '') . 'TABLE ' . qualified($table) . ' (';

	my $id = { name => 'id', type => $self->pick('integer', 'bigint'), not_null => 1, is_key => 1 };
	my $kind = $self->below(4);
	$id->{identity} = $self->pick('ALWAYS', 'BY DEFAULT') if $kind == 0 && $shape ne 'partitioned' && !$parent;
	@$id{qw(serial type)} = (1, 'integer') if $kind == 1 && !$parent;
	push @{ $table->{columns} }, $id unless $parent;
	$self->new_column($table) foreach 1 .. 2 + $self->below(6);
	if ($shape eq 'plain' && $self->chance(30))
	{
		my $source = $self->pick(grep { $self->fact($_->{type}, 'generated') } @{ $table->{columns} });

		if ($source && !$source->{identity})
		{
			my $expression = $self->fact($source->{type}, 'generated') =~ s/%/ident($source->{name})/ger;

			$expression = $self->pure_call(ident($source->{name})) // $expression if $source->{type} eq 'integer' && $self->chance(40);
			push @{ $table->{columns} }, { name => $self->new_name('g'), type => $source->{type}, generated => $expression };
		}
	}
	push @elements, map { $self->column_sql($_) } @{ $table->{columns} };
	if ($shape eq 'partitioned')
	{
		$table->{partitioned} = $self->pick(qw(RANGE LIST HASH));
		push @elements, 'PRIMARY KEY (id)' if $self->chance(50);
	}
	elsif (!$parent)
	{
		push @elements, ($self->chance(20) ? 'CONSTRAINT ' . ident($self->new_name('key')) . ' ' : '') . 'PRIMARY KEY (id)' if $self->chance(80);
		$table->{has_key} = $elements[-1] =~ /PRIMARY KEY/;
	}
	$sql .= join(', ', @elements) . ')';
	$sql .= ' INHERITS (' . qualified($parent) . ')' if $parent;
	$sql .= " PARTITION BY $table->{partitioned} (id)" if $table->{partitioned};
	$sql .= $self->pick(' WITH (fillfactor = 70)', ' WITH (autovacuum_enabled = false, fillfactor = 90)') if !$table->{partitioned} && $self->chance(15);
	if ($parent)
	{
		$table->{parent} = qualified($parent);
		$parent->{has_child} = 1;
		unshift @{ $table->{columns} }, map { { %$_, inherited => 1 } } @{ $parent->{columns} };
	}
	$self->keep(tables => $table);
	push @more, $self->create_partition($table) foreach 1 .. ($table->{partitioned} ? 1 + $self->below(3) : 0);
	return ($sql, @more);
}

sub create_partition
{
	my ($self, $parent) = @_;
	my $number = $parent->{npartitions}++;
	my $partition = { schema => $parent->{schema}, name => $self->new_name('part'), is_partition => qualified($parent), columns => [ map { { %$_, inherited => 1 } } @{ $parent->{columns} } ] };
	my $bound = $parent->{partitioned} eq 'RANGE' ? 'FROM (' . $number * 100 . ') TO (' . ($number + 1) * 100 . ')'
	  : $parent->{partitioned} eq 'LIST' ? 'IN (' . $number * 2 . ', ' . ($number * 2 + 1) . ')'
	  : "WITH (MODULUS 16, REMAINDER $number)";

	return if $parent->{partitioned} eq 'HASH' && $number > 15;
	$self->keep(tables => $partition);
	$partition->{bound} = "FOR VALUES $bound";
	if ($parent->{partitioned} ne 'HASH' && !$parent->{has_default} && $self->chance(15))
	{
		$parent->{has_default} = 1;
		$partition->{bound} = 'DEFAULT';
	}
	my $sql = 'CREATE TABLE ' . qualified($partition) . ' PARTITION OF ' . qualified($parent) . " $partition->{bound}";
	if (!$parent->{is_partition} && $self->chance(15))
	{
		$partition->{partitioned} = 'HASH';
		return ("$sql PARTITION BY HASH (id)", map { $self->create_partition($partition) } 1 .. 1 + $self->below(2));
	}
	return $sql;
}

sub create_view
{
	my ($self) = @_;
	my $table = $self->pick(grep { @{ $_->{columns} } > 1 } $self->objects('tables')) or return;
	my $other = $self->pick($self->objects('tables'));
	my $view = { schema => $self->new_place, name => $self->new_name('view') };
	my ($first, $second) = map { ident($_->{name}) } $self->some(2, @{ $table->{columns} });
	my $shape = $self->below(5);
	my $from = qualified($table);
	my $query = $shape == 0 ? "SELECT $first AS one, $second AS two FROM $from WHERE $second IS NOT NULL"
	  : $shape == 1 ? "SELECT x.$first AS one, count(*) AS two FROM $from x GROUP BY x.$first HAVING count(*) > 1"
	  : $shape == 2 ? "SELECT x.$first AS one, y.tableoid AS two FROM $from x LEFT JOIN " . qualified($other) . ' y ON x.ctid = y.ctid'
	  : $shape == 3 ? "SELECT $first AS one, (SELECT count(*) FROM " . qualified($other) . " z WHERE z.tableoid = t.tableoid) AS two FROM $from t"
	  : "SELECT $first AS one, 'one'::varchar(9) AS two FROM $from UNION ALL SELECT $first, 'two'::varchar(9) FROM $from WHERE 'a'::varchar IN ('a', 'b')";
	my $materialized = $self->chance(25);

	$view->{table} = $from;
	$view->{query} = $query;
	$view->{materialized} = $materialized;
	$self->keep(views => $view);
	return 'CREATE ' . ($materialized ? 'MATERIALIZED ' : '') . 'VIEW ' . qualified($view)
	  . ($self->chance(15) && !$materialized ? ' WITH (security_barrier)' : '') . " AS $query";
}

sub create_index
{
	my ($self) = @_;
	my $table = $self->pick($self->objects('tables')) or return;
	my $column = $self->pick(grep { $_->{type} !~ /gen|^json|range/i || $self->chance(40) } @{ $table->{columns} }) or return;
	my $method = $self->pick(grep { $methods{$_}->($column->{type}) } sort keys %methods);
	my $key = ident($column->{name});
	my $index = { schema => $table->{schema}, table => qualified($table), columns => [ $column->{name} ] };
	my $sql;

	return if $column->{type} =~ /json/ && $method ne 'gin';
	return if $method =~ /hash|gin|brin/ && $self->chance(50);
	if ($method eq 'btree')
	{
		$key = "lower($key)" if $column->{type} =~ /^(text|varchar)/ && $self->chance(25);
		$key = "($key + 1)" if $column->{type} =~ /^(int|big)/ && $column->{type} !~ /\[/ && $self->chance(20);
		$key = $self->pure_call($key) // $key if $column->{type} eq 'integer' && $key !~ /\(/ && $self->chance(20);
		$key .= $self->pick(' text_pattern_ops', ' COLLATE "C"', ' COLLATE "POSIX" text_pattern_ops') if $column->{type} =~ /^(text|varchar)/ && $key !~ /\(/ && $self->chance(20);
		$key .= $self->pick('', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST');
		if ($self->chance(30))
		{
			my $second = $self->pick(grep { $_->{type} =~ /^(int|text|date|num)/ && $_->{type} !~ /\[/ } @{ $table->{columns} });

			$key .= ', ' . ident($second->{name}) if $second && $second->{name} ne $column->{name};
		}
	}
	$index->{name} = $self->new_name('idx') if $self->chance(50);
	$sql = 'CREATE ' . ($method eq 'btree' && !$table->{partitioned} && $self->chance(15) ? 'UNIQUE ' : '') . 'INDEX ' . ($index->{name} ? ident($index->{name}) . ' ' : '');
	$sql .= 'ON ' . ($table->{partitioned} && $self->chance(20) ? 'ONLY ' : '') . qualified($table) . " USING $method ($key)";
	$sql .= ' INCLUDE (id)' if $method eq 'btree' && $key !~ /\bid\b/ && $self->chance(10) && grep { $_->{name} eq 'id' } @{ $table->{columns} };
	$sql .= ' WITH (fillfactor = 80)' if $method eq 'btree' && $self->chance(10);
	$sql .= ' WHERE ' . ident($column->{name}) . ' IS NOT NULL' if $self->chance(15);
	# of two equal ones, the server may attach the other one to a parent's
	return if $table->{index_definitions}{ $sql =~ s/^.* USING //r }++ && !$self->{all_kinds};
	$self->{indexes}{ qualified($index) } = $index if $index->{name};
	return $sql;
}

sub add_foreign_key
{
	my ($self) = @_;
	my $table = $self->pick(grep { !$_->{is_partition} } $self->objects('tables')) or return;
	my $target = $self->pick(grep { $_->{has_key} } $self->objects('tables')) or return;
	my $column = $self->pick(grep { $_->{type} =~ /^(integer|bigint|smallint)$/ && !$_->{generated} } @{ $table->{columns} }) or return;
	my $constraint = $self->chance(50) ? { name => $self->new_name('fk') } : undef;

	push @{ $table->{constraints} }, $constraint if $constraint;
	return 'ALTER TABLE ' . qualified($table) . ' ADD ' . ($constraint ? 'CONSTRAINT ' . ident($constraint->{name}) . ' ' : '')
	  . 'FOREIGN KEY (' . ident($column->{name}) . ') REFERENCES ' . qualified($target)
	  . $self->pick('', '', ' ON DELETE CASCADE', ' ON UPDATE RESTRICT', ' MATCH FULL ON DELETE SET NULL', ' DEFERRABLE INITIALLY DEFERRED')
	  . (!$table->{partitioned} && $self->chance(15) ? ' NOT VALID' : '');
}

sub add_check
{
	my ($self) = @_;
	my $table = $self->pick($self->objects('tables')) or return;
	my $column = $self->pick(grep { $self->fact($_->{type}, 'checks') } @{ $table->{columns} }) or return;
	my $constraint = $self->chance(50) ? { name => $self->new_name('ck') } : undef;
	my $name = ident($column->{name});
	my $check = $self->pick(@{ $self->fact($column->{type}, 'checks') }) =~ s/%(?!%)/$name/gr =~ s/%%/%/gr;
	my $call = $column->{type} eq 'integer' && $self->chance(20) ? $self->pure_call($name) : undef;

	$check = "$call > -5" if $call;

	push @{ $table->{constraints} }, $constraint if $constraint;
	return 'ALTER TABLE ' . qualified($table) . ' ADD ' . ($constraint ? 'CONSTRAINT ' . ident($constraint->{name}) . ' ' : '') . "CHECK ($check)"
	  . (!$table->{partitioned} && $self->chance(15) ? ' NOT VALID' : '');
}

sub add_unique
{
	my ($self) = @_;
	my $table = $self->pick(grep { !$_->{partitioned} } $self->objects('tables')) or return;
	my $column = $self->pick(grep { $_->{type} !~ /gen|json/i } @{ $table->{columns} }) or return;
	my $constraint = $self->chance(50) ? { name => $self->new_name('uq') } : undef;

	push @{ $table->{constraints} }, $constraint if $constraint;
	return 'ALTER TABLE ' . qualified($table) . ' ADD ' . ($constraint ? 'CONSTRAINT ' . ident($constraint->{name}) . ' ' : '')
	  . 'UNIQUE ' . ($self->chance(20) ? 'NULLS NOT DISTINCT ' : '') . '(' . ident($column->{name}) . ')' . $self->pick('', '', ' DEFERRABLE');
}

sub create_trigger
{
	my ($self) = @_;
	my $table = $self->pick(grep { !$_->{is_partition} } $self->objects('tables')) or return;
	my $trigger = { name => $self->new_name('trg') };
	my $column = $self->pick(@{ $table->{columns} });

	push @{ $table->{triggers} }, $trigger;
	return 'CREATE TRIGGER ' . ident($trigger->{name}) . ' '
	  . $self->pick('BEFORE INSERT', 'AFTER UPDATE OF ' . ident($column->{name}), 'AFTER INSERT OR DELETE', 'BEFORE UPDATE')
	  . ' ON ' . qualified($table) . ' FOR EACH ROW'
	  . $self->pick('', '', " WHEN (pg_trigger_depth() < 3)")
	  . ' EXECUTE FUNCTION ' . qualified($self->{trigger_function}) . '(' . $self->pick('', q('it''s'), q('a', 'b')) . ')';
}

sub create_policy
{
	my ($self) = @_;
	my $table = $self->pick($self->objects('tables')) or return;
	my $policy = { name => $self->new_name('pol') };

	return unless $self->chance(50);
	push @{ $table->{policies} }, $policy;
	return 'CREATE POLICY ' . ident($policy->{name}) . ' ON ' . qualified($table) . $self->pick('', ' AS RESTRICTIVE') . $self->pick('', ' FOR SELECT')
	  . $self->pick('', ' TO gen_role_1', ' TO gen_role_2, gen_role_1') . q{ USING (current_user IN ('a', 'b') OR } . $self->below(5) . ' > 2)';
}

sub create_statistics
{
	my ($self) = @_;
	my $table = $self->pick(grep { @{ $_->{columns} } > 3 } $self->objects('tables')) or return;
	my @columns = map { ident($_->{name}) } $self->some(2, grep { $_->{type} =~ /^(int|big|text|date|num|var)/ && $_->{type} !~ /\[/ } @{ $table->{columns} });
	my $statistics = { schema => $self->new_place, name => $self->new_name('stat'), table => qualified($table) };

	return if @columns < 2 || $self->chance(60);
	$self->{statistics}{ qualified($statistics) } = $statistics;
	return 'CREATE STATISTICS ' . qualified($statistics) . $self->pick('', ' (ndistinct)', ' (dependencies, mcv)') . ' ON ' . join(', ', @columns) . ' FROM ' . qualified($table);
}

# Something that can have a comment or be granted: its words in SQL.
sub anything
{
	my ($self) = @_;
	my $table = $self->pick($self->objects('tables'));
	my $view = $self->pick($self->objects('views'));
	my $function = $self->pick($self->objects('functions'));
	my $type = $self->pick($self->objects('types'));
	my $sequence = $self->pick($self->objects('sequences'));
	my $index = $self->{indexes}{ $self->pick(sort keys %{ $self->{indexes} }) // '' };
	my @things;

	push @things, 'TABLE ' . qualified($table), 'COLUMN ' . qualified($table) . '.' . ident($self->pick(@{ $table->{columns} })->{name}) if $table;
	push @things, 'CONSTRAINT ' . ident($self->pick(@{ $table->{constraints} })->{name}) . ' ON ' . qualified($table) if $table && @{ $table->{constraints} // [] };
	push @things, 'TRIGGER ' . ident($self->pick(@{ $table->{triggers} })->{name}) . ' ON ' . qualified($table) if $table && @{ $table->{triggers} // [] };
	push @things, ($view->{materialized} ? 'MATERIALIZED ' : '') . 'VIEW ' . qualified($view) if $view;
	push @things, 'FUNCTION ' . qualified($function) . '(integer, integer)' if $function;
	push @things, ($type->{kind} eq 'domain' ? 'DOMAIN ' : 'TYPE ') . qualified($type) if $type;
	push @things, 'SEQUENCE ' . qualified($sequence) if $sequence;
	my $pure = $self->pick($self->objects('pure'));
	push @things, 'FUNCTION ' . qualified($pure) . '(integer)' if $pure;
	my $routine = $self->pick($self->objects('routines'));
	push @things, "$routine->{words} " . qualified($routine) . $routine->{arguments} if $routine;
	push @things, 'INDEX ' . qualified($index) if $index;
	push @things, 'SCHEMA gen';
	return $self->pick(@things);
}

sub comment { my ($self) = @_; return 'COMMENT ON ' . $self->anything . ' IS ' . ($self->chance(15) ? 'NULL' : literal($self->pick("it's one", 'two -- "words"', 'three ' . $self->below(9)))) }

sub owner
{
	my ($self) = @_;
	my $thing = $self->anything;

	# a materialized view that another owns may not be allowed to read its tables
	return if $thing =~ /^(COLUMN|CONSTRAINT|TRIGGER|INDEX)/ || $thing =~ /^MATERIALIZED/ && !$self->{all_kinds};
	return "ALTER $thing OWNER TO " . $self->role;
}

sub grant
{
	my ($self) = @_;
	my $table = $self->pick($self->objects('tables'), $self->objects('views')) or return;
	my $function = $self->pick($self->objects('functions'));
	my $sequence = $self->pick($self->objects('sequences'));
	my $what = $self->pick('SELECT', 'INSERT, UPDATE', 'ALL', 'TRUNCATE') . ' ON TABLE ' . qualified($table);
	my $column = $table->{columns} ? ident($self->pick(@{ $table->{columns} })->{name}) : 'one';

	$what = "SELECT ($column) ON TABLE " . qualified($table) if $self->chance(25) && !$table->{materialized};
	$what = 'EXECUTE ON FUNCTION ' . qualified($function) if $function && $self->chance(15);
	$what = 'USAGE ON SEQUENCE ' . qualified($sequence) if $sequence && $self->chance(10);
	$what = 'USAGE ON TYPE ' . qualified($self->pick($self->objects('types'))) if $self->chance(5);
	$what = $self->pick('USAGE', 'CREATE') . ' ON SCHEMA ' . $self->pick('gen', '"Gen ""2"""') if $self->chance(5);
	return "GRANT $what TO " . ($self->chance(20) ? 'PUBLIC' : $self->role . ($self->chance(15) ? ' WITH GRANT OPTION' : ''));
}

## Changes

# The statements; those that cannot be made now are not among the count.
sub mutations
{
	my ($self, $count) = @_;
	my @mutations;
	my @names = sort grep { /^mutate_/ || $self->{all_kinds} && /^wide_mutate_/ } keys %SchemaGenerator::;

	while (@mutations < $count)
	{
		my $name = $self->pick(@names);
		my @sql = grep { defined } $self->$name;

		push @mutations, map { { sql => $_, nothing => $name =~ /^mutate_nothing/ ? 1 : 0 } } @sql;
	}
	return @mutations[ 0 .. $count - 1 ];
}

# Statements that give other names to objects, which all of them keep.
sub renames
{
	my ($self, $count) = @_;
	my @names = sort grep { /^rename_/ } keys %SchemaGenerator::;
	my @sql;

	foreach (1 .. $count)
	{
		my $name = $self->pick(@names);

		push @sql, grep { defined } $self->$name;
	}
	return @sql;
}

# What knows a table by its name.
sub table_was_renamed
{
	my ($self, $table, $from) = @_;
	my $to = qualified($table);

	foreach my $object ($self->objects('tables'), $self->objects('views'), $self->objects('routines'), map { values %{ $self->{$_} // {} } } qw(indexes statistics))
	{
		foreach my $key (qw(parent is_partition table))
		{
			$object->{$key} = $to if defined $object->{$key} && $object->{$key} eq $from;
		}
	}
	return;
}

sub give_name
{
	my ($self, $kind, $object, $words, $prefix) = @_;
	my $name = qualified($object);

	delete $self->{$kind}{$name};
	$object->{name} = $self->new_name($prefix);
	$self->{$kind}{ qualified($object) } = $object;
	return "ALTER $words $name RENAME TO " . ident($object->{name});
}

sub rename_table
{
	my ($self) = @_;
	my $table = $self->a_table or return;
	my $name = qualified($table);
	my $move = $self->chance(20);
	my $sql;

	if ($move)
	{
		$self->forget(tables => $table);
		$table->{schema} = $table->{schema} eq 'gen' ? 'Gen "2"' : 'gen';
		$self->keep(tables => $table);
		$sql = "ALTER TABLE $name SET SCHEMA " . ident($table->{schema});
	}
	else
	{
		$sql = $self->give_name('tables', $table, 'TABLE', 'rtab');
	}
	$self->table_was_renamed($table, $name);
	return $sql;
}

sub rename_table_2 { my ($self) = @_; return $self->rename_table }

sub rename_column
{
	my ($self) = @_;
	my $table = $self->a_table or return;
	my $column = $self->pick(grep { !$_->{inherited} } @{ $table->{columns} }) or return;
	my $from = $column->{name};
	my $to = $self->new_name('rc');
	my @names = (qualified($table));

	while (my $name = shift @names)
	{
		my $of = $self->{tables}{$name} or next;

		$_->{name} = $to foreach grep { $_->{name} eq $from } @{ $of->{columns} };
		push @names, map { qualified($_) } grep { ($_->{parent} // $_->{is_partition} // '') eq $name } $self->objects('tables');
	}
	return 'ALTER TABLE ' . qualified($table) . ' RENAME COLUMN ' . ident($from) . ' TO ' . ident($to);
}

sub rename_column_2 { my ($self) = @_; return $self->rename_column }
sub rename_column_3 { my ($self) = @_; return $self->rename_column }

# Two tables, or columns, that exchange their names.
sub rename_swap
{
	my ($self) = @_;
	my ($one, $other) = $self->some(2, grep { !$_->{has_child} && !$_->{partitioned} && !$_->{is_partition} && !$_->{parent} } $self->objects('tables'));

	return unless $other;
	if ($self->chance(50))
	{
		my ($first, $second) = $self->some(2, grep { !$_->{inherited} } @{ $one->{columns} });

		return unless $second;
		my ($from, $to) = map { $_->{name} } $first, $second;
		my $alter = 'ALTER TABLE ' . qualified($one) . ' RENAME COLUMN';

		($first->{name}, $second->{name}) = ($to, $from);
		return map { "$alter $_" } ident($from) . ' TO swapped', ident($to) . ' TO ' . ident($from), 'swapped TO ' . ident($to);
	}
	return if $one->{schema} ne $other->{schema};
	my ($from, $to) = map { qualified($_) } $one, $other;
	my ($from_name, $to_name) = map { $_->{name} } $one, $other;

	($one->{name}, $other->{name}) = ($to_name, $from_name);
	@{ $self->{tables} }{ $from, $to } = ($other, $one);
	return ("ALTER TABLE $from RENAME TO swapped", "ALTER TABLE $to RENAME TO " . ident($from_name), 'ALTER TABLE ' . ident($one->{schema}) . '.swapped RENAME TO ' . ident($to_name));
}

sub rename_view
{
	my ($self) = @_;
	my $view = $self->pick($self->objects('views')) or return;
	my $words = ($view->{materialized} ? 'MATERIALIZED ' : '') . 'VIEW';

	return 'ALTER ' . $words . ' ' . qualified($view) . ' RENAME COLUMN one TO one_' . ++$self->{count} if $self->chance(30);
	return $self->give_name('views', $view, $words, 'rview');
}

sub rename_sequence { my ($self) = @_; my $sequence = $self->pick($self->objects('sequences')) or return; return $self->give_name('sequences', $sequence, 'SEQUENCE', 'rseq') }
sub rename_type { my ($self) = @_; my $type = $self->pick($self->objects('types')) or return; return $self->give_name('types', $type, $type->{kind} eq 'domain' ? 'DOMAIN' : 'TYPE', 'rtype') }
sub rename_function { my ($self) = @_; my $function = $self->pick($self->objects('pure')) or return; return $self->give_name('pure', $function, 'FUNCTION', 'rfun') }

sub rename_index
{
	my ($self) = @_;
	my $key = $self->pick(sort keys %{ $self->{indexes} }) or return;

	return $self->give_name('indexes', $self->{indexes}{$key}, 'INDEX', 'ridx');
}

sub rename_statistics
{
	my ($self) = @_;
	my $key = $self->pick(sort keys %{ $self->{statistics} }) or return;

	return $self->give_name('statistics', $self->{statistics}{$key}, 'STATISTICS', 'rstat');
}

# What stands on a table.
sub rename_on_table
{
	my ($self) = @_;
	my $table = $self->a_table or return;
	my $kind = $self->pick(qw(constraints triggers policies rules));
	my $object = $self->pick(@{ $table->{$kind} // [] }) or return;
	my $from = ident($object->{name});
	my %words = (triggers => 'TRIGGER', policies => 'POLICY', rules => 'RULE');

	$object->{name} = $self->new_name('rthing');
	return 'ALTER TABLE ' . qualified($table) . " RENAME CONSTRAINT $from TO " . ident($object->{name}) if $kind eq 'constraints';
	return "ALTER $words{$kind} $from ON " . qualified($table) . ' RENAME TO ' . ident($object->{name});
}

sub rename_on_table_2 { my ($self) = @_; return $self->rename_on_table }

sub a_table { my ($self, $test) = @_; return $self->pick(grep { !$test || $test->() } $self->objects('tables')) }

# A table and one of its columns that it has itself.
sub a_column
{
	my ($self, $test) = @_;
	my $table = $self->a_table or return;
	my $column = $self->pick(grep { !$_->{inherited} && !$_->{generated} && !$_->{is_key} && (!$test || $test->()) } @{ $table->{columns} }) or return;

	return ($table, $column, 'ALTER TABLE ' . qualified($table), ident($column->{name}));
}

sub mutate_create_type { my ($self) = @_; return $self->create_type }
sub mutate_create_table { my ($self) = @_; return $self->create_table }
sub mutate_create_view { my ($self) = @_; return $self->create_view }
sub mutate_create_view_2 { my ($self) = @_; return $self->create_view }
sub mutate_create_index { my ($self) = @_; return $self->create_index }
sub mutate_create_index_2 { my ($self) = @_; return $self->create_index }
sub mutate_create_function { my ($self) = @_; return $self->create_function }
sub mutate_create_sequence { my ($self) = @_; return $self->create_sequence }
sub mutate_create_trigger { my ($self) = @_; return $self->create_trigger }
sub mutate_create_policy { my ($self) = @_; return $self->create_policy }
sub mutate_create_statistics { my ($self) = @_; return $self->create_statistics }
sub mutate_add_check { my ($self) = @_; return $self->add_check }
sub mutate_add_check_2 { my ($self) = @_; return $self->add_check }
sub mutate_add_unique { my ($self) = @_; return $self->add_unique }
sub mutate_add_foreign_key { my ($self) = @_; return $self->add_foreign_key }
sub mutate_create_routine { my ($self) = @_; return $self->create_routine }
sub mutate_create_view_of_view { my ($self) = @_; return $self->create_view_of_view }
sub mutate_create_rule { my ($self) = @_; return $self->create_rule }
sub mutate_add_exclusion { my ($self) = @_; return $self->add_exclusion }
sub mutate_own_sequence { my ($self) = @_; return $self->own_sequence }
sub mutate_comment { my ($self) = @_; return $self->comment }
sub mutate_comment_2 { my ($self) = @_; return $self->comment }
sub mutate_owner { my ($self) = @_; return $self->owner }
sub mutate_grant { my ($self) = @_; return $self->grant }
sub mutate_revoke { my ($self) = @_; return ($self->grant // return) =~ s/^GRANT/REVOKE/r =~ s/ TO (.*?)( WITH GRANT OPTION)?$/ FROM $1/r }

sub mutate_add_column
{
	my ($self) = @_;
	my $table = $self->a_table(sub { !$_->{is_partition} }) or return;

	return if $table->{has_child} || $table->{partitioned};
	my $column = $self->new_column($table);

	return 'ALTER TABLE ' . qualified($table) . ' ADD COLUMN ' . $self->column_sql($column);
}

sub mutate_drop_column
{
	my ($self) = @_;
	my ($table, $column, $alter, $name) = $self->a_column or return;

	return if $table->{has_child} || $table->{partitioned} || $table->{is_partition};
	$table->{columns} = [ grep { $_ != $column } @{ $table->{columns} } ];
	$self->forget(views => $_) foreach grep { $_->{table} eq qualified($table) } $self->objects('views');
	return "$alter DROP COLUMN $name CASCADE";
}

sub mutate_rename_column
{
	my ($self) = @_;
	my ($table, $column, $alter, $name) = $self->a_column or return;

	return if $table->{has_child} || $table->{partitioned} || $table->{is_partition};
	$column->{name} = $self->new_name('r');
	return "$alter RENAME COLUMN $name TO " . ident($column->{name});
}

sub mutate_alter_type
{
	my ($self) = @_;
	my %to = ('integer' => 'bigint', 'smallint' => 'integer', 'varchar(20)' => 'varchar(40)', 'char(5)' => 'text', 'numeric(10,2)' => 'numeric(12,3)', 'date' => 'timestamp(3)', 'text' => 'varchar(20)');
	my ($table, $column, $alter, $name) = $self->a_column(sub { $to{ $_->{type} } }) or return;

	return if $table->{has_child} || $table->{is_partition};
	$column->{type} = $to{ $column->{type} };
	return "$alter ALTER COLUMN $name TYPE $column->{type}";
}

sub mutate_default
{
	my ($self) = @_;
	my ($table, $column, $alter, $name) = $self->a_column(sub { $self->fact($_->{type}, 'defaults') }) or return;

	return "$alter ALTER COLUMN $name DROP DEFAULT" if $self->chance(30);
	return "$alter ALTER COLUMN $name SET DEFAULT " . $self->pick(@{ $self->fact($column->{type}, 'defaults') });
}

sub mutate_not_null
{
	my ($self) = @_;
	my ($table, $column, $alter, $name) = $self->a_column or return;

	return "$alter ALTER COLUMN $name " . $self->pick('SET', 'DROP') . ' NOT NULL';
}

sub mutate_column_storage
{
	my ($self) = @_;
	my ($table, $column, $alter, $name) = $self->a_column or return;

	return "$alter ALTER COLUMN $name "
	  . $self->pick('SET STATISTICS ' . (10 + $self->below(5)), 'SET STORAGE ' . $self->pick(qw(plain external extended main)), 'SET (n_distinct = ' . (3 + $self->below(4)) . ')', 'RESET (n_distinct)', 'SET COMPRESSION ' . $self->pick(qw(pglz default)));
}

sub mutate_drop_constraint
{
	my ($self) = @_;
	my $table = $self->a_table(sub { @{ $_->{constraints} // [] } }) or return;
	my $constraint = $self->pick(@{ $table->{constraints} });

	$table->{constraints} = [ grep { $_ != $constraint } @{ $table->{constraints} } ];
	return 'ALTER TABLE ' . qualified($table) . ' DROP CONSTRAINT ' . ident($constraint->{name}) . ' CASCADE';
}

sub mutate_constraint
{
	my ($self) = @_;
	my $table = $self->a_table(sub { @{ $_->{constraints} // [] } }) or return;
	my $constraint = $self->pick(@{ $table->{constraints} });
	my $alter = 'ALTER TABLE ' . qualified($table);
	my $name = ident($constraint->{name});

	return "$alter VALIDATE CONSTRAINT $name" if $self->chance(40);
	return "$alter ALTER CONSTRAINT $name " . $self->pick('DEFERRABLE', 'NOT DEFERRABLE', 'INITIALLY DEFERRED') if $constraint->{name} =~ /^fk/i && $self->chance(50);
	$constraint->{name} = $self->new_name('rc');
	return "$alter RENAME CONSTRAINT $name TO " . ident($constraint->{name});
}

sub mutate_index
{
	my ($self) = @_;
	my $key = $self->pick(sort keys %{ $self->{indexes} }) or return;
	my $index = delete $self->{indexes}{$key};

	return "DROP INDEX $key CASCADE" if $self->chance(40);
	if ($self->chance(40))
	{
		$index->{name} = $self->new_name('ri');
		$self->{indexes}{ qualified($index) } = $index;
		return "ALTER INDEX $key RENAME TO " . ident($index->{name});
	}
	$self->{indexes}{$key} = $index;
	return "ALTER TABLE $index->{table} CLUSTER ON " . ident($index->{name}) if $self->chance(40);
	return "ALTER TABLE $index->{table} REPLICA IDENTITY USING INDEX " . ident($index->{name}) if $self->chance(30);
	return "ALTER INDEX $key SET (fillfactor = " . (60 + $self->below(30)) . ')';
}

sub mutate_table
{
	my ($self) = @_;
	my $table = $self->a_table or return;
	my $alter = 'ALTER TABLE ' . qualified($table);

	return $self->pick(
		"$alter SET (fillfactor = " . (50 + $self->below(20)) . ')', "$alter RESET (fillfactor)", "$alter SET (toast.autovacuum_enabled = false)",
		"$alter ENABLE ROW LEVEL SECURITY", "$alter DISABLE ROW LEVEL SECURITY", "$alter FORCE ROW LEVEL SECURITY", "$alter REPLICA IDENTITY " . $self->pick(qw(FULL NOTHING DEFAULT)),
		"$alter SET " . $self->pick(qw(LOGGED UNLOGGED)), "$alter SET WITHOUT CLUSTER");
}

sub mutate_rename_table
{
	my ($self) = @_;
	my $table = $self->a_table(sub { !$_->{partitioned} && !$_->{has_child} }) or return;
	my $alter = 'ALTER TABLE ' . qualified($table);

	$self->forget(views => $_) foreach grep { $_->{table} eq qualified($table) } $self->objects('views');
	delete $self->{indexes}{$_} foreach grep { $self->{indexes}{$_}{table} eq qualified($table) } keys %{ $self->{indexes} };
	$self->forget(tables => $table);
	if ($self->chance(25))
	{
		$table->{schema} = $table->{schema} eq 'gen' ? 'Gen "2"' : 'gen';
		$self->keep(tables => $table);
		return "$alter SET SCHEMA " . ident($table->{schema});
	}
	$table->{name} = $self->new_name('ren');
	$self->keep(tables => $table);
	return "$alter RENAME TO " . ident($table->{name});
}

sub mutate_drop_table
{
	my ($self) = @_;
	my $table = $self->a_table(sub { !$_->{has_child} }) or return;

	return unless keys %{ $self->{tables} } > $self->{size} / 2;
	my $name = qualified($table);
	$self->forget(views => $_) foreach grep { $_->{table} eq $name } $self->objects('views');
	delete $self->{indexes}{$_} foreach grep { $self->{indexes}{$_}{table} eq $name } keys %{ $self->{indexes} };
	$self->forget(tables => $_) foreach grep { ($_->{is_partition} // '') eq $name } $self->objects('tables');
	$self->forget(tables => $table);
	return "DROP TABLE $name CASCADE";
}

sub mutate_partition
{
	my ($self) = @_;
	my $parent = $self->a_table(sub { $_->{partitioned} }) or return;
	my $partition = $self->a_table(sub { ($_->{is_partition} // '') eq qualified($parent) });

	return $self->create_partition($parent) if !$partition || $self->chance(50);
	if ($partition->{detached})
	{
		$partition->{detached} = 0;
		return 'ALTER TABLE ' . qualified($parent) . ' ATTACH PARTITION ' . qualified($partition) . " $partition->{bound}";
	}
	$partition->{detached} = 1;
	return 'ALTER TABLE ' . qualified($parent) . ' DETACH PARTITION ' . qualified($partition);
}

sub mutate_inherit
{
	my ($self) = @_;
	my $table = $self->a_table(sub { $_->{parent} }) or return;
	my $parent = delete $table->{parent};

	delete $_->{inherited} foreach @{ $table->{columns} };
	return 'ALTER TABLE ' . qualified($table) . " NO INHERIT $parent";
}

sub mutate_trigger
{
	my ($self) = @_;
	my $table = $self->a_table(sub { @{ $_->{triggers} // [] } }) or return;
	my $trigger = $self->pick(@{ $table->{triggers} });
	my $name = ident($trigger->{name});

	return 'ALTER TABLE ' . qualified($table) . ' ' . $self->pick('DISABLE', 'ENABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA') . " TRIGGER $name" if $self->chance(60);
	$table->{triggers} = [ grep { $_ != $trigger } @{ $table->{triggers} } ];
	return "DROP TRIGGER $name ON " . qualified($table);
}

sub mutate_policy
{
	my ($self) = @_;
	my $table = $self->a_table(sub { @{ $_->{policies} // [] } }) or return;
	my $policy = $self->pick(@{ $table->{policies} });
	my $on = ident($policy->{name}) . ' ON ' . qualified($table);

	return "ALTER POLICY $on " . $self->pick('TO PUBLIC', 'TO gen_role_2', 'USING (' . $self->below(9) . ' < 5)') if $self->chance(60);
	$table->{policies} = [ grep { $_ != $policy } @{ $table->{policies} } ];
	return "DROP POLICY $on";
}

sub mutate_view
{
	my ($self) = @_;
	my $view = $self->pick($self->objects('views')) or return;
	my $name = ($view->{materialized} ? 'MATERIALIZED ' : '') . 'VIEW ' . qualified($view);

	if ($self->chance(30))
	{
		$self->forget(views => $view);
		return "DROP $name CASCADE";
	}
	if ($self->chance(30))
	{
		$self->forget(views => $view);
		$view->{name} = $self->new_name('rv');
		$self->keep(views => $view);
		return "ALTER $name RENAME TO " . ident($view->{name});
	}
	return "ALTER $name SET (fillfactor = " . (50 + $self->below(40)) . ')' if $view->{materialized};
	return "ALTER $name " . $self->pick('SET (security_barrier)', 'RESET (security_barrier)', 'SET (security_invoker = true)', 'ALTER COLUMN two SET DEFAULT NULL') if $self->chance(50);
	return 'CREATE OR REPLACE VIEW ' . qualified($view) . " AS SELECT one, two FROM ($view->{query}) AS sub LIMIT " . $self->below(9);
}

sub mutate_function
{
	my ($self) = @_;
	my $function = $self->pick($self->objects('functions')) or return;
	my $name = 'FUNCTION ' . qualified($function);

	return "CREATE OR REPLACE $name$function->{arguments} RETURNS integer " . $self->function_body if $self->chance(40);
	if ($self->chance(20))
	{
		$self->forget(functions => $function);
		return "DROP $name CASCADE";
	}
	return "ALTER $name(integer, integer) "
	  . $self->pick(qw(STABLE VOLATILE IMMUTABLE STRICT LEAKPROOF), 'SECURITY DEFINER', 'PARALLEL RESTRICTED', 'COST 50', 'SET work_mem = 1000', 'RESET ALL', 'CALLED ON NULL INPUT');
}

sub mutate_pure_function
{
	my ($self) = @_;
	my $function = $self->pick($self->objects('pure')) or return;
	my $name = qualified($function);

	return "CREATE OR REPLACE FUNCTION $name(a integer) RETURNS integer " . $self->pure_body if $self->chance(60);
	if ($self->chance(50))
	{
		$self->forget(pure => $function);
		return "DROP FUNCTION $name CASCADE";
	}
	$self->forget(pure => $function);
	$function->{name} = $self->new_name('rpure');
	$self->keep(pure => $function);
	return "ALTER FUNCTION $name(integer) RENAME TO " . ident($function->{name});
}

sub mutate_routine
{
	my ($self) = @_;
	my $routine = $self->pick($self->objects('routines')) or return;

	$self->forget(routines => $routine);
	return "DROP $routine->{words} " . qualified($routine) . "$routine->{arguments} CASCADE";
}

sub mutate_rule
{
	my ($self) = @_;
	my $table = $self->a_table(sub { @{ $_->{rules} // [] } }) or return;
	my $rule = $self->pick(@{ $table->{rules} });

	return 'ALTER TABLE ' . qualified($table) . ' ' . $self->pick('DISABLE', 'ENABLE', 'ENABLE ALWAYS') . ' RULE ' . ident($rule->{name}) if $self->chance(50);
	$table->{rules} = [ grep { $_ != $rule } @{ $table->{rules} } ];
	return 'DROP RULE ' . ident($rule->{name}) . ' ON ' . qualified($table);
}

# What a column is made of: an identity, an expression, another collation, a type
# that needs a conversion.
sub mutate_column_kind
{
	my ($self) = @_;
	my $table = $self->a_table(sub { !$_->{is_partition} && !$_->{has_child} && !$_->{parent} && !$_->{partitioned} }) or return;
	my $alter = 'ALTER TABLE ' . qualified($table);
	my $generated = $self->pick(grep { $_->{generated} } @{ $table->{columns} });
	my $id = $self->pick(grep { $_->{is_key} } @{ $table->{columns} });
	my $column = $self->pick(grep { !$_->{generated} && !$_->{is_key} && !$_->{inherited} } @{ $table->{columns} });

	if ($generated && $self->chance(60))
	{
		delete $generated->{generated};
		return "$alter ALTER COLUMN " . ident($generated->{name}) . ' DROP EXPRESSION';
	}
	if ($id && $self->chance(40))
	{
		if ($id->{identity})
		{
			delete $id->{identity};
			return "$alter ALTER COLUMN id DROP IDENTITY";
		}
		$id->{identity} = $self->pick('ALWAYS', 'BY DEFAULT');
		return ("$alter ALTER COLUMN id DROP DEFAULT", "$alter ALTER COLUMN id SET NOT NULL", "$alter ALTER COLUMN id ADD GENERATED $id->{identity} AS IDENTITY");
	}
	return unless $column;
	my $name = ident($column->{name});
	if ($column->{type} eq 'text' && $self->chance(50))
	{
		return "$alter ALTER COLUMN $name TYPE text COLLATE " . $self->pick('"C"', '"POSIX"', '"default"');
	}
	if ($column->{type} =~ /^(integer|bigint)$/ && $self->chance(30))
	{
		my $expression = $self->pure_call('1') // '2 + 3';

		push @{ $table->{columns} }, { name => $self->new_name('g'), type => 'integer', generated => $expression };
		return "$alter ADD COLUMN " . ident($table->{columns}[-1]{name}) . " integer GENERATED ALWAYS AS ($expression) STORED";
	}
	my ($type, $using) = @{ $self->pick([ 'text', "${name}::text" ], [ 'integer', "length(${name}::text)" ], [ 'jsonb', "to_jsonb($name)" ]) };

	$column->{type} = $type;
	return ("$alter ALTER COLUMN $name DROP DEFAULT", "$alter ALTER COLUMN $name TYPE $type USING $using");
}

sub mutate_type
{
	my ($self) = @_;
	my $type = $self->pick($self->objects('types')) or return;
	my $name = qualified($type);

	if ($type->{kind} eq 'enum')
	{
		my $label = 'more ' . ++$self->{count};
		my $old = $self->pick(@{ $type->{labels} });

		if ($self->chance(30))
		{
			@{ $type->{labels} } = map { $_ eq $old ? $label : $_ } @{ $type->{labels} };
			$self->{facts}{$name}{defaults} = [ literal($type->{labels}[0]) ];
			return "ALTER TYPE $name RENAME VALUE " . literal($old) . ' TO ' . literal($label);
		}
		push @{ $type->{labels} }, $label;
		return "ALTER TYPE $name ADD VALUE " . literal($label) . $self->pick('', ' BEFORE ' . literal($old), ' AFTER ' . literal($old));
	}
	if ($type->{kind} eq 'domain')
	{
		my $value = $type->{base} =~ /^(int|num)/ ? $self->below(99) : q('other');

		return "ALTER DOMAIN $name "
		  . $self->pick("SET DEFAULT $value", 'DROP DEFAULT', 'SET NOT NULL', 'DROP NOT NULL', 'ADD CONSTRAINT ' . ident($self->new_name('dc')) . " CHECK (value <> $value)" . $self->pick('', ' NOT VALID'));
	}
	return if $type->{kind} eq 'range';
	return "ALTER TYPE $name ADD ATTRIBUTE " . $self->new_name('added') =~ s/\W/_/gr . ' ' . $self->base_type;
}

sub mutate_sequence
{
	my ($self) = @_;
	my $sequence = $self->pick($self->objects('sequences')) or return;

	return 'ALTER SEQUENCE ' . qualified($sequence) . ' ' . $self->pick('INCREMENT ' . (1 + $self->below(5)), 'CYCLE', 'NO CYCLE', 'CACHE ' . (1 + $self->below(9)), 'MAXVALUE 100000', 'NO MAXVALUE', 'START 2');
}

sub mutate_identity
{
	my ($self) = @_;
	my $table = $self->a_table(sub { grep { $_->{identity} && !$_->{inherited} } @{ $_->{columns} } }) or return;

	return 'ALTER TABLE ' . qualified($table) . ' ALTER COLUMN id ' . $self->pick('SET GENERATED ALWAYS', 'SET GENERATED BY DEFAULT', 'SET INCREMENT BY ' . (1 + $self->below(5)), 'SET CACHE ' . (1 + $self->below(5)));
}

sub mutate_statistics
{
	my ($self) = @_;
	my $key = $self->pick(sort keys %{ $self->{statistics} }) or return;

	return "ALTER STATISTICS $key SET STATISTICS " . (10 + $self->below(9)) if $self->chance(70);
	delete $self->{statistics}{$key};
	return "DROP STATISTICS $key";
}

sub mutate_default_privileges
{
	my ($self) = @_;

	return 'ALTER DEFAULT PRIVILEGES IN SCHEMA gen ' . $self->pick('GRANT SELECT ON TABLES TO ', 'GRANT USAGE ON SEQUENCES TO ') . $self->role;
}

# What leaves the schema as it is.

sub mutate_nothing_analyze { my ($self) = @_; my $table = $self->a_table or return; return 'ANALYZE ' . qualified($table) }
sub mutate_nothing_reindex { my ($self) = @_; my $table = $self->a_table(sub { !$_->{partitioned} }) or return; return 'REINDEX TABLE ' . qualified($table) }
sub mutate_nothing_sequence { my ($self) = @_; my $sequence = $self->pick($self->objects('sequences')) or return; return 'SELECT nextval(' . literal(qualified($sequence)) . ')' }
sub mutate_nothing_lock { my ($self) = @_; my $table = $self->a_table or return; return 'LOCK TABLE ' . qualified($table) . ' IN SHARE MODE' }

sub mutate_nothing_truncate { my ($self) = @_; my $table = $self->a_table or return; return 'TRUNCATE ' . qualified($table) . ' CASCADE' }

sub mutate_nothing_back_and_forth
{
	my ($self) = @_;
	my ($table, $column, $alter, $name) = $self->a_column or return;

	return "DO \$do\$ BEGIN $alter RENAME COLUMN $name TO back_and_forth; $alter RENAME COLUMN back_and_forth TO $name; END \$do\$";
}

sub mutate_nothing_dropped_column
{
	my ($self) = @_;
	my $table = $self->a_table(sub { !$_->{is_partition} }) or return;
	my $alter = 'ALTER TABLE ' . qualified($table);

	return "DO \$do\$ BEGIN $alter ADD COLUMN for_a_moment integer; $alter DROP COLUMN for_a_moment; END \$do\$";
}

1;
