# What discovery costs the DDL beside it.
#
# Two sessions run DDL life cycles flat out.  Beside them runs one session of
# discovery, or one that burns the same processor time with plain SELECTs on the
# catalogs: short rounds, by turns.  What is compared is the DDL throughput of
# each pair of rounds; their median says what discovery costs more than any
# other reader would.
#
# On a small and busy machine rounds of two seconds scatter by several per cent,
# so the default run asks for 85 %.  STORMDISC_THROUGHPUT_PAIRS=40 is the long
# mode: 30 pairs and more ask for the 95 % that are our aim.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StormdiscTest;
use Test::More;

my $pairs = seconds_setting('STORMDISC_THROUGHPUT_PAIRS', 8);
my $round_seconds = 2;
my $floor = $pairs >= 30 ? 0.95 : 0.85;

my %reader = (
	discovery => <<'EOS',
SELECT count(*) FROM stormdisc_tables();
SELECT count(*) FROM stormdisc_columns();
SELECT count(*) FROM stormdisc_indexes();
SELECT count(*) FROM stormdisc_constraints();
SELECT count(*) FROM stormdisc_partitions();
EOS

	# no function that deparses, so no lock and no cache entry of a user table
	control => <<'EOS',
SELECT count(*), max(format_type(atttypid, atttypmod)) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum;
SELECT count(*), max(i.indkey::text), max(length(i.indexprs::text)) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid;
SELECT count(*), max(t.conkey::text), max(length(t.conbin::text)) FROM pg_constraint t JOIN pg_class c ON c.oid = t.conrelid;
SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid;
EOS
);

my $node = new_node('throughput', conf => <<'EOC');
autovacuum = off
jit = off
deadlock_timeout = 100ms
log_lock_waits = on
EOC

build_catalog($node, 'quiet', 300, 100);
$node->safe_psql('postgres', 'CREATE SCHEMA storm');
$node->safe_psql('postgres', 'VACUUM ANALYZE');

my ($life_of_a_table) = ddl_scripts();
my $base = 10_000_000;
my $failed = 0;
my %reads;

# One round: DDL statements a second beside this reader.
sub ddl_rate
{
	my ($kind, $seconds) = @_;

	# dead catalog rows of the last round must not slow down this one
	$node->safe_psql('postgres',
		'VACUUM pg_class; VACUUM pg_attribute; VACUUM pg_type; VACUUM pg_depend; VACUUM pg_proc; '
		  . 'VACUUM pg_constraint; VACUUM pg_index; VACUUM pg_attrdef');

	$base += 2_000_000;
	$base = 12_000_000 if $base > 90_000_000;
	my $reader = start_pgbench($node, $kind, $reader{$kind}, args => [ '-T', $seconds ]);
	my $ddl = run_pgbench($node, 'ddl', $life_of_a_table,
		args => [ '-T', $seconds, '-c', 2, '-j', 1, '-D', 'n=0', '-D', "base=$base" ]);
	finish_pgbench($reader);

	$failed++ unless $ddl->{ok} && $reader->{ok} && $ddl->{transactions} > 0 && $reader->{transactions} > 0;
	push @{ $reads{$kind} }, $reader->{tps};
	return $ddl->{tps} * ddl_count($life_of_a_table);
}

# The first round fills caches; it does not count.
ddl_rate('control', 1);
ddl_rate('discovery', 1);
%reads = ();

my (@ratios, %rates);
foreach my $pair (1 .. $pairs)
{
	my %rate;
	my @order = $pair % 2 ? ('discovery', 'control') : ('control', 'discovery');

	$rate{$_} = ddl_rate($_, $round_seconds) for @order;
	push @ratios, $rate{discovery} / ($rate{control} || 1);
	push @{ $rates{$_} }, $rate{$_} for @order;
}

is($failed, 0, 'every round ran without an error');

my $ratio = median(@ratios);
diag(sprintf 'DDL throughput beside discovery: %.1f %% of that beside plain catalog reads '
	  . '(medians %.0f and %.0f DDL/s, %d pairs of rounds, pairs from %.2f to %.2f; '
	  . '%.1f discoveries/s, %.1f control reads/s)',
	100 * $ratio, median(@{ $rates{discovery} }), median(@{ $rates{control} }),
	$pairs, (sort { $a <=> $b } @ratios)[ 0, -1 ],
	median(@{ $reads{discovery} }), median(@{ $reads{control} }));
cmp_ok($ratio, '>=', $floor, "DDL keeps at least $floor of its throughput");

my $log = slurp_file($node->logfile);
my $deadlocks = () = $log =~ /deadlock detected/g;
is($deadlocks, 0, 'no deadlock');
my $waits = () = $log =~ /still waiting for/g;
is($waits, 0, 'no lock wait longer than deadlock_timeout');

$node->stop;

done_testing();
