# A cluster of the server that PG_CONFIG (or pg_config) belongs to, in a
# directory that is gone at the end.

package Throwaway;

use strict;
use warnings FATAL => 'all';

use File::Temp qw(tempdir);

# conf: lines for postgresql.conf
sub new
{
	my ($class, $conf) = @_;
	my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
	chomp(my %dirs = map { $_ => scalar qx("$pg_config" --$_) } qw(bindir includedir libdir sharedir));
	my $work = tempdir('stormdisc_XXXXXX', TMPDIR => 1, CLEANUP => 0);
	my $self = bless {
		%dirs,
		work => $work,
		data => "$work/data",
		port => 54330,
		owner => $$,
		as => $> == 0 ? [ 'runuser', '-u', 'postgres', '--' ] : [] }, $class;

	die "no server in $dirs{bindir}\n" unless -x "$dirs{bindir}/postgres";
	chmod 0711, $work;
	chown((getpwnam('postgres'))[ 2, 3 ], $work) if $> == 0;
	delete @ENV{ grep { /^PG/ && $_ ne 'PG_CONFIG' } keys %ENV };
	@ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS)} =
	  ($work, $self->{port}, 'postgres', 'postgres', '-c client_min_messages=warning');
	$SIG{$_} = sub { print STDERR "stopped by SIG$_[0]\n"; exit 1 }
	  for qw(INT TERM HUP);
	run(@{ $self->{as} }, "$dirs{bindir}/initdb", '-D', $self->{data}, qw(-U postgres -A trust -N -E UTF8 --no-locale));
	open my $file, '>>', "$self->{data}/postgresql.conf" or die "postgresql.conf: $!\n";
	print $file <<"END";
listen_addresses = ''
unix_socket_directories = '$work'
port = $self->{port}
log_checkpoints = off
$conf
END
	close $file or die "postgresql.conf: $!\n";
	$self->start;
	return $self;
}

# Run a program quietly; what it printed is shown when it fails.
sub run
{
	my @command = @_;
	my $pid = open(my $out, '-|') // die "fork: $!\n";

	if ($pid == 0)
	{
		open STDERR, '>&', \*STDOUT or die "dup: $!\n";
		exec @command or die "$command[0]: $!\n";
	}
	my $text = do { local $/; <$out> } // '';
	close $out or die "$command[0] failed:\n$text";
	return $text;
}

# pg_ctl leaves a server behind that holds its output, so that is a file.
sub start
{
	my ($self) = @_;

	system('sh', '-c', '"$@" >/dev/null 2>&1', 'sh', @{ $self->{as} }, "$self->{bindir}/pg_ctl", '-D', $self->{data}, '-l', "$self->{work}/log", qw(-w -t 120 start)) == 0
	  or die "the server does not start:\n" . qx(tail -20 "$self->{work}/log");
	return;
}

sub stop
{
	my ($self, $mode) = @_;

	run(@{ $self->{as} }, "$self->{bindir}/pg_ctl", '-D', $self->{data}, '-m', $mode, qw(-w -t 120 stop));
	return;
}

# The process id of the server.
sub postmaster
{
	my ($self) = @_;

	open my $file, '<', "$self->{data}/postmaster.pid" or die "postmaster.pid: $!\n";
	my $pid = <$file>;
	close $file;
	chomp $pid;
	return $pid;
}

# Set a parameter for the next start.
sub set
{
	my ($self, $line) = @_;

	open my $file, '>>', "$self->{data}/postgresql.conf" or die "postgresql.conf: $!\n";
	print $file "$line\n";
	close $file or die "postgresql.conf: $!\n";
	return;
}

# Run SQL with psql and return what it prints, without the last line feed.
sub sql
{
	my ($self, @statements) = @_;
	my $out = run("$self->{bindir}/psql", qw(-X -q -At -v ON_ERROR_STOP=1), map { ('-c', $_) } @statements);

	chomp $out;
	return $out;
}

sub sql_file
{
	my ($self, $file, @variables) = @_;

	return run("$self->{bindir}/psql", qw(-X -q -At -v ON_ERROR_STOP=1 -f), $file, map { ('-v', $_) } @variables);
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $@);

	return unless $$ == $self->{owner};
	eval { $self->stop('immediate') };
	system('rm', '-rf', $self->{work});
	return;
}

1;
