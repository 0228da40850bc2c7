# Both kinds of storage run the same tests: those of pgTAP and pg_regress about
# traces give the same in 'memory' as in 'postgres'.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $test = "$FindBin::RealBin/..";
my $node = new_node('trace_storage', conf => "max_locks_per_transaction = 256\n");

# What a file of SQL prints in a database of its own with this storage.
sub output_of
{
	my ($file, $storage) = @_;
	my ($out, $err) = ('', '');

	$node->safe_psql('postgres', 'CREATE DATABASE of_file TEMPLATE ours');
	$node->safe_psql('of_file', "SELECT stormdisc_set_storage('$storage')");
	# as pg_regress runs it; errors stand where they happen
	IPC::Run::run([ 'psql', '-X', '-a', '-q', '-v', 'HIDE_TABLEAM=on', '-v', 'HIDE_TOAST_COMPRESSION=on', '-h', $node->host, '-p', $node->port, '-d', 'of_file' ],
		'<', $file, '>', \$out, '2>&1');
	is($node->safe_psql('of_file', "SELECT relpersistence FROM pg_class WHERE oid = 'stormdisc.events'::regclass"), $storage eq 'memory' ? 'u' : 'p', "$file: the storage is $storage")
	  unless slurp_file($file) =~ /stormdisc_set_storage/;
	$node->safe_psql('postgres', 'DROP DATABASE of_file');
	# which one it is, and what differs in each run
	$out =~ s/^ (?:postgres|memory)$/ STORAGE/gm;
	$out =~ s/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g;
	return $out;
}

# an empty database with the extension, to be copied
$node->safe_psql('postgres', 'CREATE DATABASE ours TEMPLATE postgres');
my $pgtap = $node->psql('postgres', 'CREATE EXTENSION pgtap') == 0;

for my $file (glob("$test/sql/*trace*.sql"), $pgtap ? glob("$test/pgtap/3*.sql") : ())
{
	my $name = $file =~ s{.*/}{}r;
	my $logged = output_of($file, 'postgres');
	my $unlogged = output_of($file, 'memory');

	is($unlogged, $logged, "$name: the same in memory");
	unlike($logged, qr/^ *not ok/m, "$name: ok");
	cmp_ok(length $logged, '>', 1000, "$name: something was said");
}

done_testing();
