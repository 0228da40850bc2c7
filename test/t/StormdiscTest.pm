# What the TAP tests share: a node with the extension in it, pgbench in the
# background, and a few lines of arithmetic.
#
# Only the part of PostgreSQL::Test::Cluster that is the same in 15 and later
# is used.

package StormdiscTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  build_catalog
  ddl_count
  ddl_scripts
  finish_pgbench
  median
  new_node
  run_pgbench
  seconds_setting
  start_pgbench
);

# A started node with the extension in its database postgres.
#
# conf: more lines for postgresql.conf, or a function that makes them when it is
# given the node; streaming: a primary for standbys; extension: 0 leaves CREATE
# EXTENSION to the test.
sub new_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(
		allows_streaming => $params{streaming} ? 1 : 0,
		extra => [ '--locale=C', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf', <<'EOC');
log_statement = 'none'
log_min_messages = warning
log_error_verbosity = terse
timezone = 'UTC'
log_timezone = 'UTC'
shared_buffers = 64MB
max_wal_size = 1GB
EOC
	$node->append_conf('postgresql.conf',
		ref $params{conf} ? $params{conf}->($node) : $params{conf})
	  if defined $params{conf};
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION stormdisc')
	  unless defined $params{extension} && !$params{extension};

	return $node;
}

# Make tables, each with a default and a check, and every so many of them (each
# one if not given) with a primary key and an expression index; one transaction
# for each batch so that few locks are enough.
sub build_catalog
{
	my ($node, $schema, $tables, $batch, $indexed_every) = @_;

	$indexed_every //= 1;
	$node->safe_psql('postgres', "CREATE SCHEMA $schema");

	# two sessions, each makes every other table
	my $run = run_pgbench($node, 'build', <<"EOS", args => [ '-c', 2, '-j', 1, '-t', 1 ]);
DO \$build\$
BEGIN
	FOR i IN :client_id + 1..$tables BY 2 LOOP
		EXECUTE pg_catalog.format('CREATE TABLE $schema.t%s (id int, a int DEFAULT 1 + 1, b varchar(20), '
			'CONSTRAINT ck%s CHECK (a > 0))', i, i);
		IF i % $indexed_every = 0 THEN
			EXECUTE pg_catalog.format('ALTER TABLE $schema.t%s ADD CONSTRAINT pk%s PRIMARY KEY (id)', i, i);
			EXECUTE pg_catalog.format('CREATE INDEX ix%s ON $schema.t%s (lower(b), a)', i, i);
		END IF;
		IF i / 2 % $batch = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END
\$build\$;
EOS
	die "could not build the schema $schema: $run->{err}" unless $run->{ok};
	return;
}

# Start pgbench on script texts; finish_pgbench() waits for it.
#
# args: further arguments of pgbench, such as -T and -c; weights: of the scripts;
# options: PGOPTIONS.
sub start_pgbench
{
	my ($node, $name, $scripts, %params) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my @files;
	my $n = 0;

	foreach my $text (ref $scripts ? @$scripts : ($scripts))
	{
		my $file = "$dir/$name-$n.pgbench";
		my $weight = $params{weights} ? $params{weights}[$n] : 1;
		open my $fh, '>', $file or die "could not write $file: $!";
		print $fh $text;
		close $fh;
		push @files, '-f', "$file\@$weight";
		$n++;
	}

	my $run = {
		name => $name,
		out => '',
		err => '',
	};

	# messages below ERROR would only be printed, at thousands a second
	local $ENV{PGOPTIONS} = '-c client_min_messages=error ' . ($params{options} // '');

	$run->{handle} = IPC::Run::start(
		[
			'pgbench', '-n',
			'-h', $node->host,
			'-p', $node->port,
			@{ $params{args} // [] }, @files, 'postgres'
		],
		'<', \undef, '>', \$run->{out}, '2>', \$run->{err});

	return $run;
}

# Wait for a pgbench.  Fills in ok, transactions, by_script (of several scripts,
# the transactions of each) and tps.
sub finish_pgbench
{
	my ($run) = @_;

	$run->{ok} = $run->{handle}->finish ? 1 : 0;
	($run->{transactions}) =
	  $run->{out} =~ /^number of transactions actually processed: (\d+)/m;
	$run->{transactions} //= 0;
	$run->{by_script} = [ $run->{out} =~ /^ - (\d+) transactions/mg ];
	($run->{tps}) = $run->{out} =~ /^tps = ([0-9.]+) /m;
	$run->{tps} //= 0;

	note "$run->{name}: " . substr($run->{err}, 0, 2000) if $run->{err} =~ /error/i;

	return $run;
}

sub run_pgbench
{
	return finish_pgbench(start_pgbench(@_));
}

# Three pgbench scripts, each a whole life cycle of objects in the schema storm;
# they need the variables n and base.  The third makes and drops 200 tables in a
# transaction each: more invalidation messages at once than the server queues.
#
# Every name that they make is two letters, an underscore and a number of eight
# digits, so that a name in a text can be told from all other words, and no
# name is a part of another.
sub ddl_scripts
{
	my $life_of_a_table = <<'EOS';
\set n :n + 1
\set id :base + :client_id * 1000000 + :n
CREATE FUNCTION storm.fa_:id(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
CREATE FUNCTION storm.fd_:id() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE storm.ea_:id AS ENUM ('la_:id', 'lb_:id');
CREATE TYPE storm.ca_:id AS (xa_:id int, xb_:id text);
CREATE SEQUENCE storm.sa_:id;
CREATE TABLE storm.pa_:id (ka_:id int CONSTRAINT kp_:id PRIMARY KEY, ub_:id int CONSTRAINT ku_:id UNIQUE);
CREATE TABLE storm.ta_:id (
	ia_:id int DEFAULT nextval('storm.sa_:id') CONSTRAINT tp_:id PRIMARY KEY,
	oa_:id int DEFAULT storm.fd_:id(),
	ec_:id storm.ea_:id DEFAULT 'la_:id',
	ga_:id int GENERATED ALWAYS AS (storm.fa_:id(oa_:id) * 2) STORED,
	ra_:id int,
	CONSTRAINT fk_:id FOREIGN KEY (ra_:id) REFERENCES storm.pa_:id (ka_:id),
	CONSTRAINT ck_:id CHECK (storm.fa_:id(oa_:id) > 0));
ALTER SEQUENCE storm.sa_:id OWNED BY storm.ta_:id.ia_:id;
CREATE INDEX ix_:id ON storm.ta_:id (storm.fa_:id(oa_:id), ra_:id) WHERE oa_:id > 0;
CREATE INDEX iy_:id ON storm.ta_:id (oa_:id DESC, ia_:id) INCLUDE (ra_:id);
CREATE VIEW storm.va_:id AS SELECT x.oa_:id, x.ra_:id FROM storm.ta_:id x;
CREATE VIEW storm.vb_:id AS SELECT v.oa_:id AS vc_:id, storm.fa_:id(p.ub_:id) AS vd_:id FROM storm.va_:id v LEFT JOIN storm.pa_:id p ON p.ka_:id = v.ra_:id;
CREATE RULE ru_:id AS ON INSERT TO storm.ta_:id WHERE new.oa_:id > 0 DO ALSO UPDATE storm.pa_:id p SET ub_:id = 1 WHERE p.ka_:id = new.ra_:id;
CREATE POLICY po_:id ON storm.ta_:id USING (EXISTS (SELECT FROM storm.pa_:id p WHERE p.ka_:id = storm.fa_:id(oa_:id)));
CREATE FUNCTION storm.tf_:id() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tg_:id BEFORE INSERT ON storm.ta_:id FOR EACH ROW WHEN (NEW.oa_:id > 0) EXECUTE FUNCTION storm.tf_:id();
ALTER TABLE storm.ta_:id RENAME COLUMN oa_:id TO ob_:id;
ALTER TABLE storm.pa_:id RENAME COLUMN ka_:id TO kb_:id;
ALTER TABLE storm.ta_:id ADD CONSTRAINT cc_:id CHECK ((ROW(ob_:id, 'x')::storm.ca_:id).xa_:id > 0);
ALTER TYPE storm.ca_:id RENAME ATTRIBUTE xa_:id TO xc_:id;
ALTER TYPE storm.ca_:id RENAME TO cb_:id;
ALTER TABLE storm.ta_:id RENAME TO tb_:id;
ALTER TABLE storm.pa_:id RENAME TO pb_:id;
ALTER FUNCTION storm.fa_:id(int) RENAME TO fc_:id;
ALTER FUNCTION storm.fc_:id(int) RENAME TO fa_:id;
ALTER FUNCTION storm.fa_:id(int) RENAME TO fb_:id;
ALTER TYPE storm.ea_:id RENAME TO eb_:id;
ALTER SEQUENCE storm.sa_:id RENAME TO sb_:id;
ALTER INDEX storm.ix_:id RENAME TO iz_:id;
ALTER TABLE storm.tb_:id RENAME CONSTRAINT ck_:id TO cl_:id;
ALTER TYPE storm.eb_:id RENAME VALUE 'la_:id' TO 'lc_:id';
CREATE DOMAIN storm.da_:id AS int DEFAULT 5 CONSTRAINT dc_:id CHECK (VALUE > 0);
ALTER TABLE storm.tb_:id ADD COLUMN na_:id storm.da_:id, ADD COLUMN nb_:id storm.da_:id DEFAULT 7::storm.da_:id;
ALTER TABLE storm.tb_:id ADD CONSTRAINT cn_:id CHECK (na_:id <> 0) NOT VALID;
ALTER TABLE storm.tb_:id VALIDATE CONSTRAINT cn_:id;
ALTER TABLE storm.tb_:id DROP CONSTRAINT cn_:id;
ALTER DOMAIN storm.da_:id SET DEFAULT 6;
ALTER DOMAIN storm.da_:id RENAME TO db_:id;
ALTER TABLE storm.tb_:id ALTER COLUMN na_:id SET DEFAULT 8;
ALTER TABLE storm.tb_:id DROP COLUMN na_:id;
CREATE MATERIALIZED VIEW storm.ma_:id AS SELECT ra_:id FROM storm.tb_:id;
CREATE INDEX mi_:id ON storm.ma_:id ((ra_:id + 1));
ALTER MATERIALIZED VIEW storm.ma_:id RENAME COLUMN ra_:id TO mb_:id;
DROP MATERIALIZED VIEW storm.ma_:id;
DROP DOMAIN storm.db_:id CASCADE;
DROP FUNCTION storm.fd_:id() CASCADE;
DROP TYPE storm.eb_:id CASCADE;
ALTER VIEW storm.vb_:id RENAME COLUMN vd_:id TO ve_:id;
ALTER VIEW storm.va_:id RENAME TO vf_:id;
DROP VIEW storm.vf_:id CASCADE;
DROP TABLE storm.pb_:id CASCADE;
DROP TABLE storm.tb_:id;
DROP FUNCTION storm.fb_:id(int), storm.tf_:id();
DROP TYPE storm.cb_:id;
EOS
	my $life_of_a_tree = <<'EOS';
\set n :n + 1
\set id :base + :client_id * 1000000 + :n
BEGIN;
CREATE FUNCTION storm.ga_:id(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
CREATE TABLE storm.ra_:id (ka_:id int CONSTRAINT rn_:id NOT NULL, va_:id int DEFAULT 7, CONSTRAINT rk_:id CHECK (va_:id > 0)) PARTITION BY RANGE (ka_:id);
CREATE TABLE storm.rb_:id PARTITION OF storm.ra_:id FOR VALUES FROM (0) TO (10);
COMMIT;
CREATE INDEX ri_:id ON storm.ra_:id (ka_:id);
CREATE TEMP TABLE tm_:id (ka_:id int DEFAULT storm.ga_:id(1) PRIMARY KEY);
CREATE TABLE storm.rc_:id (LIKE storm.ra_:id INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE storm.ra_:id ATTACH PARTITION storm.rc_:id FOR VALUES FROM (10) TO (20);
CREATE TABLE storm.rd_:id PARTITION OF storm.ra_:id DEFAULT PARTITION BY LIST (storm.ga_:id(va_:id));
CREATE TABLE storm.re_:id PARTITION OF storm.rd_:id FOR VALUES IN (1, 2);
ALTER TABLE storm.ra_:id RENAME COLUMN ka_:id TO kc_:id;
ALTER TABLE storm.ra_:id RENAME COLUMN va_:id TO vc_:id;
ALTER TABLE storm.ra_:id DETACH PARTITION storm.rc_:id;
ALTER TABLE storm.rb_:id RENAME TO rf_:id;
ALTER FUNCTION storm.ga_:id(int) RENAME TO gb_:id;
BEGIN;
ALTER TABLE storm.ra_:id ATTACH PARTITION storm.rc_:id FOR VALUES FROM (30) TO (40);
ALTER TABLE storm.rc_:id ADD CONSTRAINT rl_:id CHECK (vc_:id < 100);
ROLLBACK;
DROP TABLE storm.rf_:id;
DROP TABLE storm.rc_:id;
DROP TABLE pg_temp.tm_:id;
DROP FUNCTION storm.gb_:id(int) CASCADE;
DROP TABLE IF EXISTS storm.rd_:id;
DROP TABLE storm.ra_:id;
EOS
	my $burst = <<'EOS';
\set n :n + 1
\set id :base + :n * 1000
BEGIN;
DO $$
BEGIN
	FOR i IN :id + 1..:id + 200 LOOP
		EXECUTE pg_catalog.replace('CREATE TABLE storm.ba_% (ka_% int CONSTRAINT bp_% PRIMARY KEY, va_% int DEFAULT 1 + 1 CONSTRAINT bc_% CHECK (va_% > 0))', '%', i::text);
	END LOOP;
END
$$;
COMMIT;
BEGIN;
DO $$
BEGIN
	FOR i IN :id + 1..:id + 200 LOOP
		EXECUTE pg_catalog.replace('ALTER TABLE storm.ba_% RENAME COLUMN va_% TO vb_%', '%', i::text);
	END LOOP;
END
$$;
COMMIT;
BEGIN;
DO $$
BEGIN
	FOR i IN :id + 1..:id + 200 LOOP
		EXECUTE pg_catalog.replace('DROP TABLE storm.ba_%', '%', i::text);
	END LOOP;
END
$$;
COMMIT;
EOS

	return ($life_of_a_table, $life_of_a_tree, $burst);
}

# How many DDL statements has a script?
sub ddl_count
{
	my ($script) = @_;
	my $count = () = $script =~ /^(?:CREATE|ALTER|DROP) /mg;
	my $in_loops = () = $script =~ /EXECUTE pg_catalog/g;

	return $count + 200 * $in_loops;
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;

	return undef unless @sorted;
	return $sorted[ $#sorted / 2 ] if @sorted % 2;
	return ($sorted[ @sorted / 2 - 1 ] + $sorted[ @sorted / 2 ]) / 2;
}

# Seconds from the environment, or the default.
sub seconds_setting
{
	my ($variable, $default) = @_;
	my $value = $ENV{$variable};

	return $default unless defined $value && $value =~ /^[1-9][0-9]*$/;
	return $value;
}

1;
