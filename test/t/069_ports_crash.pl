# Nothing that a client was told is untrue after crashes.
#
# test/bench/crash does it, here with few of them: backends are killed and
# terminated and the server is stopped at random, while clients send, receive,
# complete and save.  Once more with the library preloaded.

use strict;
use warnings FATAL => 'all';

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

for my $preload (0, 1)
{
	my $seed = ($ENV{STORMDISC_CRASH_SEED} || 1) + $preload;
	my @command = (
		"$FindBin::RealBin/../bench/crash", '--seed' => $seed,
		'--backend-kills' => 10, '--server-kills' => 2 + $preload, '--terminations' => 5,
		$preload ? '--preload' : ());

	my ($out, $err);
	my $ok = IPC::Run::run(\@command, '>', \$out, '2>', \$err);
	my @checks = split /\n/, $out;

	note(shift @checks // 'nothing said');
	cmp_ok(scalar @checks, '>', 20, 'all was checked');
	like($_, qr/^ok/, $_ =~ s/^\w+\s+//r) for @checks;
	ok($ok, 'crash: exit status') or diag("seed $seed\n$err");
}

done_testing();
