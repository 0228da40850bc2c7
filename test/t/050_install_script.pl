# The install script and the control file, in the spirit of pgspot: whoever
# has planted objects on the way can neither have them used nor taken over.
#
# A lexer of our own looks at every script; where python3 has pglast, the
# server's parser looks as well.

use strict;
use warnings FATAL => 'all';

use File::Temp qw(tempfile);
use FindBin;
use Test::More;

my $root = "$FindBin::Bin/../..";

sub slurp
{
	my ($file) = @_;
	open my $fh, '<:raw', $file or die "could not read $file: $!";
	local $/;
	return scalar <$fh>;
}

# What make puts together; made here if it has not been made yet.
sub scripts
{
	my %scripts;

	foreach my $file (glob("$root/stormdisc--*.sql"), glob("$root/sql/updates/*.sql"))
	{
		my ($name) = $file =~ m{([^/]+)$};
		$scripts{$name} = slurp($file);
	}
	unless (grep { /^stormdisc--\d[^-]*\.sql$/ } keys %scripts)
	{
		my $sql = join '',
		  map { slurp($_) } "$root/sql/header.sql", sort(glob("$root/sql/tables/*.sql")),
		  sort(glob("$root/sql/functions/*.sql"));
		$sql =~ s/^CREATE OR REPLACE /CREATE /mg;
		$scripts{'put together from sql/'} = $sql;
	}
	return %scripts;
}

# Tokens of a script: [kind, text], kinds being word, quoted, string, dollar,
# number, operator, and punctuation.  Comments are left out.
sub tokens
{
	my ($sql) = @_;
	my @tokens;

	while (1)
	{
		if ($sql =~ /\G(?:\s+|--[^\n]*)+/gc) { next }
		if ($sql =~ m{\G/\*}gc)
		{
			my $depth = 1;
			while ($depth)
			{
				$sql =~ m{\G.*?(/\*|\*/)}gcs or die 'comment without end';
				$depth += $1 eq '/*' ? 1 : -1;
			}
			next;
		}
		if ($sql =~ /\G(\\[^\n]*)/gc) { push @tokens, [ 'psql', $1 ]; next }
		if ($sql =~ /\G[eE]'((?:[^'\\]|\\.|'')*)'/gcs) { push @tokens, [ 'string', $1 ]; next }
		if ($sql =~ /\G(?:[bBxXnN]|[uU]&)?'((?:[^']|'')*)'/gcs) { push @tokens, [ 'string', $1 ]; next }
		if ($sql =~ /\G"((?:[^"]|"")*)"/gcs) { push @tokens, [ 'quoted', $1 ]; next }
		if ($sql =~ /\G(\$(?:[A-Za-z_]\w*)?\$)/gc)
		{
			my $tag = $1;
			$sql =~ /\G(.*?)\Q$tag\E/gcs or die "$tag without end";
			push @tokens, [ 'dollar', $1 ];
			next;
		}
		if ($sql =~ /\G(\$\d+)/gc) { push @tokens, [ 'number', $1 ]; next }
		if ($sql =~ /\G(\@ext\w+\@)/gc) { push @tokens, [ 'quoted', $1 ]; next }
		if ($sql =~ /\G([A-Za-z_\x80-\xff][\w\$\x80-\xff]*)/gc) { push @tokens, [ 'word', lc $1 ]; next }
		if ($sql =~ /\G(\d[\w.]*)/gc) { push @tokens, [ 'number', $1 ]; next }
		if ($sql =~ /\G(::|:=|=>|\.\.)/gc) { push @tokens, [ 'punctuation', $1 ]; next }
		if ($sql =~ m{\G([-+*/<>=~!@#%^&|`?]+)}gc) { push @tokens, [ 'operator', $1 ]; next }
		if ($sql =~ /\G([][(),;:.])/gc) { push @tokens, [ 'punctuation', $1 ]; next }
		last if $sql =~ /\G\z/gc;
		die 'what is this: ' . substr($sql, pos($sql) // 0, 40);
	}
	return @tokens;
}

sub statements
{
	my @statements = ([]);
	foreach my $token (tokens($_[0]))
	{
		next if $token->[0] eq 'psql';
		if ($token->[1] eq ';' && $token->[0] eq 'punctuation')
		{
			push @statements, [];
			next;
		}
		push @{ $statements[-1] }, $token;
	}
	return grep { @$_ } @statements;
}

sub text
{
	return join ' ', map { $_->[0] eq 'string' ? "'$_->[1]'" : $_->[0] eq 'dollar' ? '$$...$$' : $_->[1] } @{ $_[0] };
}

# Words that may stand before "(" and call nothing that a search path finds.
my %no_function = map { $_ => 1 } qw(
  values in exists any all some and or not as on using by coalesce nullif greatest least cast extract row
  overlay position substring trim xmlelement if elsif while when then else return returns table select from where
  having union distinct over filter within array primary unique check key references exclude include with
  into set for loop numeric varchar char character decimal bit timestamp time interval float raise call perform
  generated always default identity execute returning lateral rows only end case is between like similar ilike
  partition range list hash foreign index limit offset conflict do rollup cube grouping sets window order group);

# Operators, functions and relations without a schema, in what runs.
sub unqualified
{
	my ($body) = @_;
	my @t = tokens($body);
	my @found;
	my %own;

	# names of common table expressions, aliases and variables may be used bare
	for my $i (0 .. $#t)
	{
		next unless $t[$i][0] =~ /^(?:word|quoted)$/;
		$own{ $t[$i][1] } = 1
		  if $i + 2 <= $#t && $t[ $i + 1 ][1] eq 'as' && $t[ $i + 2 ][1] eq '(';
		$own{ $t[$i][1] } = 1 if $i && $t[ $i - 1 ][1] eq 'as';
		$own{ $t[$i][1] } = 1 if $i && ($t[ $i - 1 ][1] eq 'declare' || $t[ $i - 1 ][1] eq 'recursive');
	}
	for my $i (0 .. $#t)
	{
		my ($kind, $text) = @{ $t[$i] };
		my $before = $i ? $t[ $i - 1 ][1] : '';
		my $before2 = $i > 1 ? $t[ $i - 2 ][1] : '';
		my $after = $i < $#t ? $t[ $i + 1 ][1] : '';

		if ($kind eq 'operator')
		{
			# OPERATOR(schema.op); a star for all columns or rows; an option of
			# RAISE; a default; a setting of a function's; UPDATE ... SET
			next if $before eq '.' && $i > 2 && $t[ $i - 3 ][1] eq '(' && $t[ $i - 4 ][1] eq 'operator';
			next if $text eq '*' && $before =~ /^(?:select|\(|,|\.|distinct|returning)$/;
			next if $text eq '=' && $before =~ /^(?:errcode|hint|detail|message|column|constraint|datatype|table|schema)$/;
			next if $text eq '=' && update_set(\@t, $i);
			next if $text eq '-' && $after =~ /^\d/ && $before =~ /^(?:\(|,|then|else|return|default|:=|limit)$/;
			push @found, "operator $text: $before $text $after";
		}
		elsif ($kind eq 'word' && $after eq '(' && $before ne '.' && !$no_function{$text} && !$own{$text})
		{
			next if $before =~ /^(?:into|table|update|function|procedure|operator|as|with|recursive|,|view|trigger)$/ && $own{$text};
			next if $text eq 'operator';
			push @found, "function $text()";
		}
		elsif ($kind eq 'word' && $before =~ /^(?:from|join|into|update)$/ && $after ne '.'
			&& !$own{$text} && $text !~ /^(?:select|only|lateral|pg_temp|strict|set|current|unnest|generate_series|rows|values)$/
			&& $before2 !~ /^(?:distinct|extract|for|do|on)$/ && $before2 ne '(')
		{
			# a variable after INTO in PL/pgSQL
			next if $before eq 'into' && $body =~ /\bDECLARE\b/i;
			push @found, "relation $text";
		}
		# what always uses the search path
		elsif ($kind eq 'word' && $text eq 'in' && $after eq '(') { push @found, 'IN (...)' }
		elsif ($kind eq 'word' && $text eq 'case' && $after ne 'when' && $before ne 'end') { push @found, 'CASE x WHEN' }
		elsif ($kind eq 'word' && $text =~ /^(?:between|like|ilike|similar|overlaps)$/) { push @found, uc $text }
		elsif ($kind eq 'word' && $text eq 'from' && $before eq 'distinct' && $before2 eq 'is') { push @found, 'IS DISTINCT FROM' }
		elsif ($kind eq 'word' && $text =~ /^(?:nullif)$/) { push @found, uc $text }
		elsif ($kind eq 'word' && $text eq 'using' && $after eq '(') { push @found, 'JOIN USING' }
	}
	return @found;
}

# Is this "=" one of UPDATE ... SET column = value?
sub update_set
{
	my ($t, $i) = @_;
	my $depth = 0;

	for (my $j = $i - 1; $j >= 0; $j--)
	{
		my $text = $t->[$j][0] eq 'string' ? '' : $t->[$j][1];
		if ($text eq ')') { $depth++ }
		elsif ($text eq '(') { return 0 if --$depth < 0 }
		elsif ($depth == 0 && $text =~ /^(?:;|where|select|if|begin|from)$/) { return 0 }
		elsif ($depth == 0 && $text eq 'set') { return $t->[ $i - 2 ][1] =~ /^(?:set|,)$/ ? 1 : 0 }
	}
	return 0;
}

# The lexer itself, on what it must find and on what it must let pass.
foreach (
	[ 'SELECT 1 = 1', 1 ], [ 'SELECT 1 OPERATOR(pg_catalog.=) 1', 0 ],
	[ "SELECT lower('x')", 1 ], [ "SELECT pg_catalog.lower('x')", 0 ],
	[ 'SELECT 1 FROM pg_class', 1 ], [ 'SELECT count FROM pg_catalog.pg_class', 0 ],
	[ 'SELECT CASE a WHEN 1 THEN 2 END', 1 ], [ 'SELECT CASE WHEN a THEN 2 END', 0 ],
	[ 'SELECT a IN (1, 2)', 1 ], [ "SELECT 'a = b' -- a = b", 0 ],
	[ "SELECT a || b", 1 ], [ 'SELECT a BETWEEN b AND c', 1 ],
	[ 'WITH x AS (SELECT a FROM s.t) SELECT * FROM x', 0 ],
	[ 'UPDATE s.t SET a = b, c = d WHERE e OPERATOR(pg_catalog.=) f', 0 ],
	[ 'UPDATE s.t SET a = b WHERE e = f', 1 ], [ 'SELECT coalesce(a, pg_catalog.now())', 0 ],
	[ "RAISE EXCEPTION 'x' USING ERRCODE = 'y', HINT = 'z'", 0 ], [ 'SELECT (a).*, b.* FROM s.t b', 0 ],
	[ 'SELECT a LIKE b', 1 ], [ 'SELECT $1 IS DISTINCT FROM $2', 1 ])
{
	my ($sql, $wrong) = @$_;
	is(scalar(unqualified($sql)) > 0 ? 1 : 0, $wrong, "the lexer: $sql");
}

my %scripts = scripts();
ok(scalar(keys %scripts), 'there is a script');

foreach my $name (sort keys %scripts)
{
	my $sql = $scripts{$name};
	my $is_update = $name =~ /--.*--/;
	my @statements = eval { statements($sql) };
	is($@, '', "$name: can be read");
	my @texts = map { text($_) } @statements;
	my @bad;

	# nothing runs in psql by mistake
	like($sql, qr/^\\echo Use "(?:CREATE|ALTER) EXTENSION stormdisc.*\\quit$/m, "$name: says how to run it");

	# PS002, PS007: nothing is taken over that exists already
	@bad = $is_update ? () : grep { /^create or replace\b/ } @texts;
	is("@bad", '', "$name: no OR REPLACE");
	@bad = grep { /\bif not exists\b/ } @texts;
	is("@bad", '', "$name: no IF NOT EXISTS");

	# the search path is safe before anything else runs
	my ($first) = grep { !/^(?:comment|grant|revoke)\b/ } @texts;
	like($first // '', qr/^set local search_path (?:to|=) (?:'?pg_catalog'?) , pg_temp$/,
		"$name: fixes its search path first");

	# every object that is made has a schema
	@bad = grep {
		/^create (?:or replace )?(?:unlogged )?(?:function|procedure|aggregate|table|view|materialized view|sequence|type|domain|operator|cast)\b/
		  && !/^create (?:or replace )?(?:unlogged )?(?:(?:function|procedure|aggregate|table|view|materialized view|sequence|type|domain|operator|operator class) (?:\@extschema\@|stormdisc) \.|cast \()/
	} @texts;
	is(join("\n", map { substr($_, 0, 80) } @bad), '', "$name: objects are made in a schema that is said");
	@bad = grep { /^(?:comment on|grant|revoke|alter|drop) / && !/\@extschema\@ \.|\bstormdisc \.|\bschema stormdisc\b|^alter extension stormdisc\b/ } @texts;
	is(join("\n", map { substr($_, 0, 80) } @bad), '', "$name: objects are named with their schema");
	@bad = grep { /^create schema (?!stormdisc\b)/ || /^create (?:role|user|extension|language|event trigger|database|tablespace|server|foreign)\b/ || /^(?:copy|load|do instead|alter system|security label)\b/ } @texts;
	is("@bad", '', "$name: nothing is made outside the extension");

	# PS003 to PS005: functions
	my @functions = grep { /^create (?:or replace )?(?:function|procedure)\b/ } @texts;
	@bad = grep { /\bsecurity definer\b/ } @functions;
	is("@bad", '', "$name: no SECURITY DEFINER");
	@bad = grep { /\blanguage '?(?:sql|plpgsql)'?/ && !/\bset search_path (?:to|=) '?pg_catalog'? , '?pg_temp'?/ && !/\bbegin atomic\b/ } @functions;
	is(join("\n", map { substr($_, 0, 100) } @bad), '', "$name: SQL and PL/pgSQL functions fix their search path");
	@bad = grep { !/\blanguage '?(?:c|sql|plpgsql)'?/ } @functions;
	is(join("\n", map { substr($_, 0, 100) } @bad), '', "$name: functions are in C, SQL or PL/pgSQL");
	@bad = grep { /\blanguage c\b/ && !/'MODULE_PATHNAME'/ } @functions;
	is(join("\n", map { substr($_, 0, 100) } @bad), '', "$name: C functions are of our library");
	@bad = grep { /^create (?:or replace )?function/ && (!/\b(?:immutable|stable|volatile)\b/ || !/\bparallel (?:safe|restricted|unsafe)\b/) } @functions;
	is(join("\n", map { substr($_, 0, 100) } @bad), '', "$name: functions say how volatile and how parallel they are");
	my %commented;
	foreach (@texts)
	{
		$commented{$1} = 1 if /^comment on (?:function|procedure|table|view|type|sequence) (?:\@extschema\@|stormdisc) \. (\w+)/;
	}
	@bad = grep { !$commented{$_} } map { /^create (?:or replace )?(?:unlogged )?(?:function|procedure|table|view|type|sequence) \S+ \. (\w+)/ ? $1 : () } @texts;
	is("@bad", '', "$name: every object has a comment") unless $is_update;

	# PS001, PS009, PS016, PS017: what runs is qualified
	foreach my $statement (@statements)
	{
		my $text = text($statement);
		my @bodies = map { $_->[1] } grep { $_->[0] eq 'dollar' } @$statement;

		# a function's body may also stand in quotes
		push @bodies, map { $_->[1] } grep { $_->[0] eq 'string' && $_->[1] =~ /\bselect\b/i } @$statement
		  if $text =~ /^create .*\bfunction\b/ && $text =~ /\blanguage '?sql\b/;
		push @bodies, join ' ', map { $_->[0] eq 'string' ? "'$_->[1]'" : $_->[0] eq 'quoted' && $_->[1] !~ /\@/ ? "\"$_->[1]\"" : $_->[1] } @$statement
		  if $text =~ /^(?:select|insert|update|delete|with|perform|values|merge|create (?:or replace )?(?:materialized )?view)\b/;
		foreach my $body (@bodies)
		{
			$body =~ s/\@extschema\@/stormdisc/g;
			my @wrong = unqualified($body);
			is(join("\n", @wrong), '', "$name: qualified: " . substr($text, 0, 60));
		}
	}

	# PS for CVE-2023-39417: nothing is pasted into quotes
	@bad = grep { $_->[0] =~ /^(?:string|dollar)$/ && $_->[1] =~ /\@ext(?:schema|owner)/ } map { @$_ } @statements;
	is(scalar(@bad), 0, "$name: \@extschema\@ and \@extowner\@ stand in no quotes");
}

# the control file
my $control = slurp("$root/stormdisc.control");
my %control = $control =~ /^\s*(\w+)\s*=\s*(.*?)\s*$/mg;
$control{$_} =~ s/^'(.*)'$/$1/ for keys %control;
is($control{trusted} // 'false', 'false', 'control: not trusted');
is($control{relocatable} // 'false', 'false', 'control: not relocatable');
is($control{superuser} // 'true', 'true', 'control: for superusers');
is($control{module_pathname}, '$libdir/stormdisc', 'control: the library is in $libdir');
is($control{schema}, undef, 'control: the user says the schema');
ok(!defined $control{requires}, 'control: no other extension is needed');
like($control{default_version}, qr/^\d+\.\d+(?:\.\d+)?$/, 'control: a version');
ok((grep { $_ eq "stormdisc--$control{default_version}.sql" } keys %scripts) || $scripts{'put together from sql/'},
	'control: there is a script of that version');

# Sources: OR REPLACE in functions/ only, and there everywhere.
foreach my $file (glob("$root/sql/functions/*.sql"))
{
	my ($name) = $file =~ m{([^/]+)$};
	my @bad = grep { /^create (?!or replace )(?:function|procedure|view)\b/ } map { text($_) } statements(slurp($file));
	is(join("\n", map { substr($_, 0, 80) } @bad), '', "functions/$name: can be run again by an update");
}
foreach my $file (glob("$root/sql/tables/*.sql"), "$root/sql/header.sql")
{
	my ($name) = $file =~ m{([^/]+)$};
	unlike(slurp($file), qr/\bOR REPLACE\b/i, "$name: runs once");
}

# The server's own parser, where there is one.
SKIP:
{
	my ($python) =
	  grep { system("$_ -c 'import pglast' >/dev/null 2>&1") == 0 } qw(python3 /usr/bin/python3);
	skip 'python3 has no pglast', scalar(keys %scripts) unless $python;

	my ($fh, $checker) = tempfile(SUFFIX => '.py', UNLINK => 1);
	print $fh <<'PYTHON';
import json, re, sys
import pglast
from pglast import ast, parse_sql, parse_plpgsql
from pglast.visitors import Visitor

def string(node):
    return getattr(node, 'sval', None) or getattr(node, 'val', None) or getattr(node, 'str', '')

class Check(Visitor):
    def __init__(self):
        super().__init__()
        self.found, self.ctes = [], set()
    def visit_CommonTableExpr(self, ancestors, node):
        self.ctes.add(node.ctename)
    def visit_A_Expr(self, ancestors, node):
        if len(node.name or ()) < 2:
            self.found.append('operator ' + string(node.name[0]))
    def visit_FuncCall(self, ancestors, node):
        if len(node.funcname) < 2:
            self.found.append('function ' + string(node.funcname[0]))
    def visit_RangeVar(self, ancestors, node):
        if not node.schemaname and node.relname not in self.ctes:
            self.found.append('relation ' + node.relname)
    def visit_CaseExpr(self, ancestors, node):
        if node.arg is not None:
            self.found.append('CASE x WHEN')

def check(sql):
    visitor = Check()
    visitor(parse_sql(sql))
    return visitor.found

def queries(tree):
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == 'PLpgSQL_expr':
                yield value['query']
            else:
                yield from queries(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from queries(value)

def check_plpgsql(statement):
    found = []
    for query in queries(parse_plpgsql(statement)):
        for attempt in (query, 'SELECT ' + query, re.sub(r'^\s*[\w.]+\s*(:=|=)\s*', 'SELECT ', query)):
            try:
                found += check(attempt)
                break
            except pglast.parser.ParseError:
                continue
        else:
            found.append('not read: ' + query)
    return found

sql = re.sub(r'^\\.*$', '', open(sys.argv[1]).read(), flags=re.M).replace('@extschema@', 'stormdisc')
problems = []
for raw in parse_sql(sql):
    s = raw.stmt
    start = raw.stmt_location
    source = sql.encode()[start:start + raw.stmt_len].decode() if raw.stmt_len else sql.encode()[start:].decode()
    if isinstance(s, ast.DoStmt):
        body = [string(a.arg) for a in s.args if a.defname == 'as'][0]
        problems += check_plpgsql('CREATE FUNCTION stormdisc.do() RETURNS void LANGUAGE plpgsql AS $body_of_do$' + body + '$body_of_do$')
    elif isinstance(s, ast.CreateFunctionStmt):
        options = {o.defname: o.arg for o in s.options or ()}
        language = string(options.get('language')) if options.get('language') else ''
        if language == 'plpgsql':
            problems += check_plpgsql(source)
        elif language == 'sql' and 'as' in options:
            problems += check(string(options['as'][0]))
    elif isinstance(s, (ast.SelectStmt, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.ViewStmt)):
        visitor = Check()
        visitor(s)
        problems += visitor.found
print('\n'.join(problems))
PYTHON
	close $fh;
	foreach my $name (sort keys %scripts)
	{
		my ($out, $script) = tempfile(SUFFIX => '.sql', UNLINK => 1);
		binmode $out;
		print $out $scripts{$name};
		close $out;
		my $said = qx($python "$checker" "$script" 2>&1);
		is($said, "\n", "$name: qualified, says the server's parser");
	}
}

done_testing();
