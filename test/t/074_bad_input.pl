# Bad input: every function of the ports, every argument, everything that a
# program may put there by mistake or on purpose.
#
# The functions and their arguments are taken from the catalog, so that a new one
# is tested the day it is made.  An error must be of a class that says what is
# wrong with the input, never an internal one; the server must stay; and nothing
# may be half-written: all relations have the same rows before and after.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../model";
use PortFunctions qw(call fill functions in_files is_as_expected);
use PostgreSQL::Test::Utils;
use Psql qw(array literal);
use StormdiscTest;
use Test::More;

# 22xxx: a value; 42704, 42710, P0002, 55006, 55000: an object that is not
# there, or is; 54xxx: too much; 42501, 0A000: not allowed, not possible here;
# SDxxx: our own
my $input_errors = qr/^(?:22\w{3}|42704|42710|42P17|P0002|55006|55000|54\w{3}|0A000|23514|SD\w{3}|2D000)$/;

my $long = 'x' x 10_000;
my %of_text = (
	empty => ["''"],
	'10,000 characters' => [ literal($long), 'long' ],
	'256 bytes in 128 characters' => [ literal("\xc3\xa4" x 128) ],
	'255 bytes' => [ literal('y' x 255) ],
	quotes => [ literal(q{'"''""\\}) ],
	SQL => [ literal(q{'; DROP TABLE stormdisc.ports; --}) ],
	'a format' => [ literal('%s%n%1$s%%') ],
	'control characters' => [ "E'a\\nb\\tc\\x01\\x7f'" ],
	blanks => [ "'   '" ],
	'a word of no list' => [ "'no such word'" ]);
my %of_int = map { $_ => ["'$_'"] } qw(-1 0 1 2147483647 -2147483648);
my %of_bigint = map { $_ => ["'$_'"] } qw(-1 0 9223372036854775807 -9223372036854775808 72057594037927936);
my %of_interval = map { $_ => ["'$_'"] } ('-1 s', '0', '178000000 years', '-178000000 years', '1 mon -31 days', '2147483647 days',
	'1 us', '-1 us', '2147483647 mons 2147483647 days', '106751991 days', '290000 years');
my %of_time = map { $_ => ["'$_'"] } ('infinity', '-infinity', '294276-12-31 23:59:59.999999Z', '4713-01-01 00:00Z BC', 'epoch', '2262-04-12Z');
my %of_float = map { $_ => ["'$_'"] } qw(NaN Infinity -Infinity 1e308 -1e308 -1 0 -0 5e-324);
my %of_jsonb = (
	(map { $_ => [ literal($_) ] } 'null', '[]', '"x"', '1', '{}', '1e1000', '{"": ""}', '{"a": null}', '[[[[]]]]'),
	'5,000 levels' => [ "(repeat('[', 5000) || repeat(']', 5000))" ],
	'10 MB' => ["jsonb_build_object('a', repeat('x', 10000000))"]);

sub of_arrays
{
	my ($type, $one) = @_;

	return (
		empty => ["'{}'"], 'one NULL' => ["ARRAY[NULL]"], 'a NULL after a value' => ["ARRAY[$one, NULL]"],
		'two dimensions' => ["ARRAY[ARRAY[$one, $one], ARRAY[$one, $one]]"], 'one only' => ["ARRAY[$one]"],
		'another first index' => ["(SELECT ('[5:6]={' || a[1]::text || ',' || a[2]::text || '}')::$type FROM (SELECT ARRAY[$one, $one]::text[] AS a) AS s)"],
		'20,000' => ["(SELECT array_agg($one) FROM generate_series(1, 20000))"]);
}

# where NULL means something although there is no default: a key is made; a
# function of errors gives NULL
my %null_is_fine = map { $_ => 1 } 'stormdisc_sink_write key', 'stormdisc_retry_delay attempt';

my %values = (
	text => \%of_text, integer => \%of_int, smallint => { map { $_ => ["'$_'"] } qw(-1 0 32767 -32768) }, bigint => \%of_bigint,
	interval => \%of_interval, 'timestamp with time zone' => \%of_time, 'double precision' => \%of_float, jsonb => \%of_jsonb,
	boolean => { true => ['true'], false => ['false'] },
	'text[]' => { of_arrays('text[]', "'a'::text"), 'long ones' => [ 'ARRAY[' . literal($long) . ']' ] },
	'integer[]' => { of_arrays('int[]', '1') },
	'bigint[]' => { of_arrays('bigint[]', '1::bigint') },
	'jsonb[]' => { 'another first index' => ["'[5:5]={1}'"],
		empty => ["'{}'"], 'one NULL' => ['ARRAY[NULL]'], 'a NULL after a value' => ["ARRAY['{}', NULL]"], 'one only' => ["ARRAY['{}']"],
		'two dimensions' => ["ARRAY[ARRAY['{}'], ARRAY['{}']]"], '20,000' => ["array_fill('{}'::jsonb, ARRAY[20000])"] },
	'double precision[]' => { of_arrays('float8[]', '1.5::float8'), 'not numbers' => ["ARRAY['NaN', 'Infinity']"] },
	'interval[]' => { of_arrays('interval[]', "interval '1 s'") },
	'timestamp with time zone[]' => { of_arrays('timestamptz[]', "timestamptz '2020-01-01Z'"), 'far away' => ["ARRAY['infinity', '-infinity']"] });

my $node = new_node('bad_input', conf => "statement_timeout = '60s'\n");
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $psql = Psql->new(database => 'postgres', timeout => 120);
$psql->rows('SET client_min_messages = error');
fill($psql);

my @functions = functions($psql);
my %found = map { $_->{name} => 1 } @functions;
is_deeply([ sort keys %found ], [ in_files() ], 'every function of the files is in the catalog');

# The rows of all relations, as one text.
my $count_all = join ' || ', map { "(SELECT '$_ ' || count(*) || E'\\n' FROM stormdisc.$_)" }
  map { $_->[0] } $psql->rows(<<'EOS');
SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'stormdisc'::regnamespace
	AND (relkind = 'r' AND NOT relispartition OR relkind = 'p') ORDER BY 1
EOS

sub all_rows { return join "\n", map { $_->[0] } $psql->rows("SELECT $count_all"); }

# Run it and take it back; if it is an error once more, alone.
sub outcome
{
	my ($call, $is_procedure) = @_;

	my $answer;
	if (!$is_procedure)
	{
		$psql->rows('BEGIN');
		$answer = $psql->run($call);
		$psql->run('ROLLBACK') unless ($answer->{state} // '') eq 'gone';
		return $answer unless defined $answer->{state};
	}
	my $before = all_rows();
	$answer = $psql->run($call);
	die "the server is gone: $call" if ($answer->{state} // '') eq 'gone' || $answer->{hangs};
	$answer->{halfway} = 1 if defined $answer->{state} && all_rows() ne $before;
	return $answer;
}

sub shown { my ($text) = @_; return length $text > 300 ? substr($text, 0, 300) . ' ...' : $text; }

for my $function (@functions)
{
	my $name = "$function->{name}($function->{identity})";
	my @wrong;
	my $cases = 0;

	my $good = call($function);
	my $answer = outcome($good, $function->{is_procedure});
	ok(is_as_expected($function, $answer), "$name works")
	  or diag("$good\n$answer->{state}: $answer->{message}");

	for my $argument (@{ $function->{arguments} })
	{
		my $values = $values{ $argument->{type} };

		if (!$values)
		{
			push @wrong, "nothing to try for type $argument->{type}";
			next;
		}
		for my $what ('NULL', sort keys %$values)
		{
			my $value = $what eq 'NULL' ? 'NULL' : $values->{$what}[0];
			my $call = call($function, $argument->{name} => $value);
			my $answer = outcome($call, $function->{is_procedure});
			my $state = $answer->{state};

			$cases++;
			push @wrong, "leaves something behind: " . shown($call) if $answer->{halfway};
			if (defined $state && $state !~ $input_errors)
			{
				push @wrong, "$argument->{name} $what: $state: $answer->{message}\n   " . shown($call);
			}
			elsif ($what eq 'NULL')
			{
				my $default = $argument->{default};
				my $required = !defined $default && !$function->{is_strict} && !$null_is_fine{"$function->{name} $argument->{name}"};

				push @wrong, "$argument->{name} NULL: " . ($state // 'no error') . " instead of 22004"
				  if $required && ($state // '') ne '22004';
				push @wrong, "$argument->{name} NULL, which is its default: $state: $answer->{message}"
				  if defined $default && $default =~ /^NULL/ && defined $state;
				push @wrong, "$argument->{name} NULL: $state: $answer->{message} instead of 22004"
				  if !$required && defined $state && $state ne '22004';
			}
		}
	}
	ok(!@wrong, "$name: $cases bad values") or diag(join "\n", @wrong);
}

# what the type of an argument does not let through is refused before, or by us
sub fails
{
	my ($call, $states, $name) = @_;
	my $before = all_rows();
	my $answer = $psql->run($call);

	like($answer->{state} // 'no error', qr/^(?:$states)$/, $name) or diag(shown($call) . ': ' . ($answer->{message} // ''));
	is(all_rows(), $before, "$name: nothing is written");
	return;
}

my $many = 100 * 1024 * 1024;
fails("SELECT stormdisc_send('p', 's', 't', jsonb_build_object('a', repeat('x', $many)))", '54000', '100 MB are too much for a message');
fails("SELECT * FROM stormdisc_send_batch('p', 's', 't', ARRAY['{}', jsonb_build_object('a', repeat('x', $many))])", '54000',
	'100 MB are too much for one of a batch');
fails("SELECT stormdisc_send('p', 's', 't', '{}', jsonb_build_object('a', repeat('x', $many)))", '54000', 'and for metadata');
fails("SELECT stormdisc_send('p', 's', 't', jsonb_build_object('a', repeat('x', 268435456)))", '54000|22023', 'what is no jsonb at all');
fails(q{SELECT stormdisc_send('p', convert_from('\xff', 'UTF8'), 't', '{}')}, '22021', 'invalid UTF-8 as a name');
fails(q{SELECT stormdisc_send('p', 's', 't', convert_from('\x22c328c022', 'UTF8')::jsonb)}, '22021', 'invalid UTF-8 as a message');
fails(q{SELECT stormdisc_send('p', 's', 't', '"\u0000"')}, '22P05', 'a NUL in a message');
fails(q{SELECT stormdisc_send('p', 's', 't', '{"a": NaN}')}, '22P02', 'NaN in a message');
fails(q{SELECT stormdisc_send('p', 's', 't', '"\ud800"')}, '22P02', 'half a character in a message');
fails("SELECT stormdisc_send('p', 's', 't', '{}', delay => 'infinity')", '22023|22008|22007|22P02', 'for ever later');

# the largest things that are let in come out as they were
$psql->rows("SELECT stormdisc_create_port('large')");
my $large = "jsonb_build_object('a', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 8000) AS i))";
$psql->rows("SELECT stormdisc_send('large', repeat('s', 255), repeat('t', 255), $large, dedup_key => repeat('d', 255), group_key => repeat('g', 255))");
is($psql->value("SELECT message_data = $large FROM stormdisc_consume('large')"), 't', 'a large message comes back whole');

# a database of bytes without an encoding
$psql->rows("CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
{
	my $bytes = Psql->new(database => 'bytes');

	$bytes->rows($_) for 'CREATE EXTENSION stormdisc', q{SELECT stormdisc_create_port(E'\xff\xfe')},
	  q{SELECT stormdisc_send(E'\xff\xfe', E'\xc3', E'\x80', '{"a": 1}', group_key => E'\xe2\x82', dedup_key => E'\xf0')};
	is($bytes->value(q{SELECT source_component = E'\xc3' AND group_key = E'\xe2\x82' FROM stormdisc_receive(E'\xff\xfe')}), 't', 'names of bytes that are no characters');
	my $answer = $bytes->run(q{SELECT stormdisc_send(E'\xff', 's', 't', '{}')});
	is($answer->{state}, '42704', 'and errors about them');
	$bytes->quit;
}

# the server has written nothing about itself in its log
unlike(slurp_file($node->logfile), qr/PANIC|was terminated by signal|XX00\d|TRAP:|could not (?:open|find) /, 'no crash in the log');
$psql->quit;
done_testing();
