# What the TAP tests share: a node with the extension in it, pgbench in the
# background, and a few lines of arithmetic.
#
# Only the part of PostgreSQL::Test::Cluster that is the same in 15 and later
# is used.

package StormdiscTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Fcntl qw(:flock);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(
  build_catalog
  ddl_count
  ddl_scripts
  discovery_kinds
  discovery_readers
  finish_pgbench
  key_of_kind
  median
  new_node
  run_pgbench
  seconds_setting
  start_pgbench
  start_pgbouncer
  tests_know_every_function
  wait_for_connections
);

# The kinds of src/discovery/kinds.c, in its order: each has a function
# stormdisc_<kind>(relation, schemas, include, exclude), and these columns tell
# one row from all others.
my @kinds = (
	schemas => 'schema_name',
	extensions => 'extension_name',
	languages => 'language_name',
	access_methods => 'access_method_name',
	types => 'schema_name, type_name',
	collations => 'schema_name, collation_name, encoding',
	conversions => 'schema_name, conversion_name',
	text_search => 'schema_name, object_name, object_kind',
	functions => 'schema_name, function_name, identity_arguments',
	operators => 'schema_name, operator_name, left_type, right_type',
	operator_classes => 'schema_name, object_name, object_kind, access_method',
	casts => 'source_type, target_type',
	transforms => 'type, language',
	sequences => 'schema_name, sequence_name',
	tables => 'schema_name, table_name',
	columns => 'schema_name, table_name, column_name',
	partitions => 'schema_name, partition_name',
	column_options => 'schema_name, table_name, column_name, index_name, key_position',
	constraints => 'schema_name, table_name, constraint_name',
	indexes => 'schema_name, table_name, index_name',
	views => 'schema_name, view_name',
	rules => 'schema_name, table_name, rule_name',
	triggers => 'schema_name, table_name, trigger_name',
	policies => 'schema_name, table_name, policy_name',
	statistics => 'schema_name, statistics_name',
	property_graphs => 'schema_name, graph_name',
	foreign_servers => 'schema_name, object_name, object_type, server_name, user_name',
	publications => 'publication_name',
	subscriptions => 'subscription_name',
	event_triggers => 'trigger_name',
	extension_dependencies => 'object_type, identity, extension_name',
	privileges => 'object_type, identity, column_name, default_role, default_objects, grantor, grantee, privilege',
	security_labels => 'object_type, identity, column_name, provider');
my %key_of_kind = @kinds;

# The other functions that read the schema, as (name, call): %R is a table and
# %S a snapshot.
my @other_readers = (
	schema => "stormdisc_schema()",
	schema_objects => "stormdisc_schema_objects()",
	relationships => "stormdisc_relationships()",
	load_order => "stormdisc_load_order()",
	insertable => "stormdisc_insertable('%R')",
	primary_key => "stormdisc_primary_key('%R')",
	diagram => "stormdisc_diagram()",
	advice => "stormdisc_advice()",
	metadata => "stormdisc_metadata()",
	validation => "stormdisc_validation('%S')",
	validate => "stormdisc_validate('%S')",
	index_usage => "stormdisc_index_usage()",
	table_stats => "stormdisc_table_stats()");

# Those that raise an error rather than leave something out.
my @strict_readers = qw(diff_live fingerprint ddl ddl_text);

# Functions that read no schema, and those that write.
my @no_readers = qw(active_connections advice_rules capabilities classify_error detect_dialect dialects diff diff_objects
  document_ddl document_ddl_text document_fingerprint idle_transactions map_type migration_script migration_sql
  retry_delay slow_queries split_sql vocabulary);
my @writers = qw(discover_existing_schema drop_snapshot);

# Functions that read the rows of tables, and what their queries are made of, in
# the schema stormdisc.
my @data_readers = qw(table_checksum database_checksums);
my @data_parts = qw(row_sum row_sum_add row_sum_combine row_sum_serialize row_sum_deserialize row_sum_result row_digest);

# Those about the state of a run, by module.
my @run_state = (
	# messages, and what is around them
	qw(alter_port complete consume create_port drop_port extend fail receive send send_batch
	  delete notify_channel publish purge queue_stats recover_messages redrive replay subscribe unsubscribe wait),
	# states and checkpoints of components
	qw(save_component_state get_component_state list_component_states delete_component_state
	  prune_component_states save_checkpoint get_checkpoint list_checkpoints restore_component pin_checkpoint
	  unpin_checkpoint delete_checkpoint prune_checkpoints begin_checkpoint_group add_to_checkpoint_group
	  commit_checkpoint_group abort_checkpoint_group prune_checkpoint_groups),
	# metrics, health and sinks
	qw(record_metric record_metric_batch record_port_metrics rollup_metrics create_partitions drain_partitions
	  drop_partitions health heartbeat forget_health sink_write),
	# migrations
	qw(accept_migration baseline begin_migration current_version drift_repair end_step init_schema migrate migrate_all
	  migrated_documents migration_status migration_steps migration_text pending_migrations register_migration
	  register_repeatable repair_migration resume_step rollback schema_drift test_migration unregister_migration
	  unregister_repeatable),
	# maintenance and settings
	qw(apply_session_config backup_readiness cleanup_old_data distribute distribution get_config maintain
	  maintain_all maintenance_rules reset_config reset_retention schedule_maintenance set_config set_retention
	  sqlite_schema unschedule_maintenance),
	# traces: events, edges, roots and baselines
	qw(add_edge add_event add_events_batch cleanup_old_traces clear export_traces get_baseline_metric get_edges
	  get_event get_storage get_trace_events get_trace_roots import_traces merge_baseline_metric
	  record_baseline_metric record_baseline_micros set_storage set_trace_root vclock_compare),
	# what follows from traces
	qw(detect_anomalies detect_races find_happens_before find_happens_before_many get_audit_trail
	  get_critical_path get_cross_trace_races service_dependencies trace_diagram trace_summaries),
	# metadata and resources
	qw(delete_meta get_meta_value list_meta set_meta_value
	  add_timestamps create create_compat_view get_by_id list set_updated_at update),
	# roles
	qw(area_objects grant revoke),
	# what their tables, views and the type of clocks are made of
	qw(causal_edges_written check_event_kind check_event_lock_set check_event_metadata events_written
	  merge_sketches trace_roots_written vclock_eq vclock_from_jsonb vclock_hash vclock_in vclock_ne vclock_out
	  vclock_recv vclock_send vclock_to_jsonb));

# The kinds, in the order of a document.
sub discovery_kinds
{
	return grep { exists $key_of_kind{$_} } @kinds;
}

# The columns that tell one row of a kind from all others.
sub key_of_kind
{
	return $key_of_kind{ $_[0] };
}

# Every function that reads the schema, as [ its name without stormdisc_, what
# to put after FROM ]; given the name of a table for those that need one, and of
# a snapshot.
sub discovery_readers
{
	my ($relation, $snapshot) = @_;
	my @readers = map { [ $_, "stormdisc_$_()" ] } discovery_kinds();

	for (my $i = 0; $i < @other_readers; $i += 2)
	{
		push @readers,
		  [ $other_readers[$i], $other_readers[ $i + 1 ] =~ s/%R/$relation/r =~ s/%S/$snapshot/r ];
	}
	return @readers;
}

# A function that is in none of the lists above would not be tested.
sub tests_know_every_function
{
	my ($node) = @_;
	my $functions = $node->safe_psql('postgres', <<'EOS');
SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc')
EOS
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is( join("\n", sort split /\n/, $functions),
		join("\n", sort @data_parts, map { "stormdisc_$_" } (map { $_->[0] } discovery_readers('', '')), @strict_readers, @no_readers,
			@writers, @data_readers, @run_state),
		'these tests know every function of the extension');
	is( join("\n", sort split /\n/, $node->safe_psql('postgres', <<'EOS')),
SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'stormdisc')
	AND p.proretset AND p.proargnames[1:4] = '{relation,schemas,include,exclude}' AND p.pronargs = 4
EOS
		join("\n", sort map { "stormdisc_$_" } discovery_kinds(), qw(relationships load_order index_usage table_stats)),
		'and every kind of objects');
	return;
}

# What initdb makes, with the extension in the database postgres or without it:
# made once for all nodes of all files, as it takes as long as many a test.
sub data_template
{
	my ($with_extension) = @_;
	my $template = $PostgreSQL::Test::Utils::tmp_check . ($with_extension ? '/data_with_extension' : '/data');

	open my $lock, '>', "$template.lock" or die "could not write $template.lock: $!";
	flock($lock, LOCK_EX) or die "could not lock $template.lock: $!";
	return $template if -d $template;

	my $new = "$template.new";
	if ($with_extension)
	{
		my ($out, $err) = ('', '');

		system_or_bail('cp', '-a', data_template(0), $new);
		# a server without a postmaster would take OIDs of the system's own objects
		system_or_bail('pg_resetwal', '-o', '16384', '-D', $new);
		IPC::Run::run([ 'postgres', '--single', '-c', 'fsync=off', '-c', 'exit_on_error=on', '-D', $new, 'postgres' ],
			'<', \"CREATE EXTENSION stormdisc\n", '>', \$out, '2>', \$err)
		  or die "could not make the extension: $err";
	}
	else
	{
		system_or_bail('initdb', '-D', $new, '-A', 'trust', '-N', '--locale=C', '--encoding=UTF8');
	}
	rename $new, $template or die "could not rename $new: $!";
	return $template;
}

# A started node with the extension in its database postgres.
#
# conf: more lines for postgresql.conf, or a function that makes them when it is
# given the node; streaming: a primary for standbys; extension: 0 leaves CREATE
# EXTENSION to the test.
sub new_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $template = data_template($params{extension} // 1);
	my $run = \&PostgreSQL::Test::Utils::system_or_bail;

	{
		no warnings 'redefine';
		local *PostgreSQL::Test::Utils::system_or_bail = sub {
			return $_[0] eq 'initdb' ? $run->('cp', '-a', $template, $node->data_dir) : $run->(@_);
		};
		$node->init(
			allows_streaming => $params{streaming} ? 1 : 0,
			extra => [ '--locale=C', '--encoding=UTF8' ]);
	}
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

	$run->{err} =~ s/^INFO: .*\n//mg;
	note "$run->{name}: " . substr($run->{err}, 0, 2000) if $run->{err} =~ /error/i;

	return $run;
}

sub run_pgbench
{
	return finish_pgbench(start_pgbench(@_));
}

# Until somebody can connect there.  poll_query_until() would not do: it writes to
# a psql that may have ended as there is no server.
sub wait_for_connections
{
	my ($connstr) = @_;

	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return if IPC::Run::run([ 'psql', '-XAtq', '-d', $connstr, '-c', 'SELECT 1' ], '<', \undef, '>', \my $out, '2>', \my $err);
		usleep(100_000);
	}
	die "nobody can connect to $connstr";
}

# A pgbouncer in transaction mode before a node, with so many connections to it:
# the directory of its socket (and of its log) and its port; nothing where there
# is no such program.  It ends with the test.
my @pgbouncers;

sub start_pgbouncer
{
	my ($node, $servers) = @_;
	my ($program) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';

	return unless $program;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my ($host, $server_port, $user) = ($node->host, $node->port, $node->safe_psql('postgres', 'SELECT current_user'));

	append_to_file("$dir/users", qq("$user" ""\n));
	append_to_file("$dir/pgbouncer.ini", <<"EOC");
[databases]
postgres = host=$host port=$server_port dbname=postgres
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
default_pool_size = $servers
max_client_conn = 100
server_round_robin = 1
logfile = $dir/log
pidfile = $dir/pid
ignore_startup_parameters = extra_float_digits, options
EOC
	push @pgbouncers, IPC::Run::start([ $program, "$dir/pgbouncer.ini" ], '>', "$dir/out", '2>&1');
	wait_for_connections("host=$dir port=$port dbname=postgres");
	return ($dir, $port);
}

END
{
	my $status = $?;
	$_->kill_kill foreach @pgbouncers;
	$? = $status;
}

# Four pgbench scripts, each a whole life cycle of objects in the schema storm;
# they need the variables n and base.  The third makes and drops 200 tables in a
# transaction each: more invalidation messages at once than the server queues.
# The fourth is of everything that is no table, view or type; it also needs the
# role storm_reader.
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
CREATE TRIGGER th_:id AFTER UPDATE OF ra_:id ON storm.ta_:id FOR EACH ROW WHEN (storm.fa_:id(new.ra_:id) > 0 AND old.* IS DISTINCT FROM new.*) EXECUTE FUNCTION storm.tf_:id();
CREATE FUNCTION storm.fe_:id(k int DEFAULT storm.fd_:id(), e storm.ea_:id DEFAULT 'lb_:id') RETURNS int LANGUAGE sql
	RETURN (SELECT t.oa_:id FROM storm.ta_:id t WHERE storm.fa_:id(t.oa_:id) > k AND t.ec_:id = e);
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

	my $life_of_others = <<'EOS';
\set n :n + 1
\set id :base + :client_id * 1000000 + :n
CREATE SCHEMA sn_:id;
ALTER DEFAULT PRIVILEGES IN SCHEMA sn_:id GRANT SELECT ON TABLES TO storm_reader;
COMMENT ON SCHEMA sn_:id IS 'one of many';
CREATE TABLE storm.qa_:id (qb_:id int CONSTRAINT qp_:id PRIMARY KEY, qc_:id int, qd_:id text);
CREATE SEQUENCE storm.qs_:id;
GRANT SELECT (qb_:id), UPDATE ON storm.qa_:id TO storm_reader WITH GRANT OPTION;
COMMENT ON TABLE storm.qa_:id IS 'some table';
COMMENT ON COLUMN storm.qa_:id.qb_:id IS 'some column';
COMMENT ON CONSTRAINT qp_:id ON storm.qa_:id IS 'some constraint';
CREATE STATISTICS storm.st_:id ON qb_:id, (qc_:id + 1) FROM storm.qa_:id;
CREATE TYPE storm.et_:id AS ENUM ('lx_:id');
CREATE DOMAIN storm.dd_:id AS int CONSTRAINT de_:id CHECK (VALUE > 0);
CREATE DOMAIN storm.df_:id AS storm.dd_:id CONSTRAINT dg_:id CHECK (VALUE < 1000);
CREATE TYPE storm.ct_:id AS (cu_:id int, cv_:id storm.et_:id);
CREATE TYPE storm.rt_:id AS RANGE (SUBTYPE = int4, MULTIRANGE_TYPE_NAME = storm.mr_:id);
CREATE FUNCTION storm.of_:id(aa_:id int, ab_:id int DEFAULT 1 + 1) RETURNS int IMMUTABLE LANGUAGE sql RETURN aa_:id + ab_:id;
CREATE FUNCTION storm.oq_:id(ac_:id storm.et_:id) RETURNS bigint STABLE LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM storm.qa_:id t WHERE t.qc_:id > storm.of_:id(1); END;
CREATE PROCEDURE storm.op_:id(INOUT ad_:id int) LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE AGGREGATE storm.ag_:id(int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION storm.ow_:id(storm.ct_:id, storm.ct_:id) RETURNS bool IMMUTABLE LANGUAGE sql RETURN true;
CREATE FUNCTION storm.tx_:id() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER ta_:id AFTER UPDATE OF qc_:id, qd_:id ON storm.qa_:id FOR EACH ROW WHEN (storm.of_:id(NEW.qc_:id) > OLD.qb_:id) EXECUTE FUNCTION storm.tx_:id('x');
CREATE CONSTRAINT TRIGGER tb_:id AFTER INSERT ON storm.qa_:id DEFERRABLE FOR EACH ROW EXECUTE FUNCTION storm.tx_:id();
CREATE VIEW storm.ov_:id AS SELECT t.qb_:id, storm.oq_:id('lx_:id') AS oy_:id FROM storm.qa_:id t;
CREATE RULE ry_:id AS ON DELETE TO storm.ov_:id DO INSTEAD DELETE FROM storm.qa_:id WHERE qb_:id = old.qb_:id;
CREATE TRIGGER tc_:id INSTEAD OF UPDATE ON storm.ov_:id FOR EACH ROW EXECUTE FUNCTION storm.tx_:id();
CREATE POLICY pq_:id ON storm.qa_:id FOR UPDATE TO storm_reader USING (qc_:id > 0) WITH CHECK (storm.of_:id(qc_:id) > 0);
CREATE PUBLICATION pu_:id FOR TABLE storm.qa_:id (qb_:id, qc_:id) WHERE (qb_:id > 0);
CREATE FOREIGN DATA WRAPPER fw_:id OPTIONS (password 'secret of storm');
CREATE SERVER fs_:id FOREIGN DATA WRAPPER fw_:id OPTIONS (host 'h');
CREATE USER MAPPING FOR storm_reader SERVER fs_:id OPTIONS (password 'secret of storm');
CREATE FOREIGN TABLE storm.ft_:id (fu_:id int OPTIONS (a 'b') CONSTRAINT fc_:id CHECK (fu_:id > 0)) SERVER fs_:id OPTIONS (c 'd');
CREATE OPERATOR storm.=== (FUNCTION = storm.ow_:id, LEFTARG = storm.ct_:id, RIGHTARG = storm.ct_:id);
CREATE OPERATOR FAMILY storm.oc_:id USING btree;
CREATE OPERATOR CLASS storm.od_:id FOR TYPE int4 USING btree FAMILY storm.oc_:id AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
CREATE INDEX oi_:id ON storm.qa_:id (qc_:id storm.od_:id) INCLUDE (qd_:id) WHERE storm.of_:id(qc_:id) > 0;
CREATE COLLATION storm.cx_:id FROM "C";
CREATE CONVERSION storm.cy_:id FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY storm.td_:id (TEMPLATE = simple, stopwords = 'english');
CREATE TEXT SEARCH CONFIGURATION storm.te_:id (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION storm.te_:id ALTER MAPPING FOR word WITH storm.td_:id;
CREATE LANGUAGE la_:id HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD am_:id TYPE INDEX HANDLER bthandler;
CREATE FUNCTION storm.fx_:id(storm.et_:id) RETURNS int LANGUAGE sql RETURN 1;
CREATE CAST (storm.et_:id AS int) WITH FUNCTION storm.fx_:id(storm.et_:id);
CREATE FUNCTION storm.ev_:id() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER eg_:id ON ddl_command_end WHEN TAG IN ('ALTER LARGE OBJECT') EXECUTE FUNCTION storm.ev_:id();
ALTER TYPE storm.et_:id ADD VALUE 'ly_:id';
ALTER TYPE storm.et_:id RENAME VALUE 'lx_:id' TO 'lz_:id';
ALTER TYPE storm.ct_:id RENAME ATTRIBUTE cu_:id TO cw_:id;
ALTER TYPE storm.ct_:id ADD ATTRIBUTE cx_:id storm.df_:id;
ALTER TYPE storm.rt_:id RENAME TO ru_:id;
ALTER DOMAIN storm.dd_:id ADD CONSTRAINT dh_:id CHECK (storm.of_:id(VALUE) > 0) NOT VALID;
ALTER DOMAIN storm.dd_:id RENAME CONSTRAINT de_:id TO di_:id;
ALTER DOMAIN storm.dd_:id RENAME TO dj_:id;
ALTER TABLE storm.qa_:id RENAME COLUMN qc_:id TO qe_:id;
ALTER TRIGGER ta_:id ON storm.qa_:id RENAME TO td_:id;
ALTER TABLE storm.qa_:id DISABLE TRIGGER td_:id;
ALTER FUNCTION storm.of_:id(int, int) RENAME TO og_:id;
CREATE OR REPLACE FUNCTION storm.oq_:id(ac_:id storm.et_:id) RETURNS bigint VOLATILE LANGUAGE sql BEGIN ATOMIC SELECT 1 + t.qb_:id FROM storm.qa_:id t; END;
ALTER TABLE storm.qa_:id RENAME TO qf_:id;
ALTER STATISTICS storm.st_:id RENAME TO su_:id;
ALTER POLICY pq_:id ON storm.qf_:id USING (qe_:id > 1);
ALTER PUBLICATION pu_:id SET TABLE storm.qf_:id WHERE (qb_:id > 1);
ALTER PUBLICATION pu_:id ADD TABLES IN SCHEMA sn_:id;
ALTER PUBLICATION pu_:id RENAME TO pv_:id;
ALTER SERVER fs_:id RENAME TO ft_:id;
ALTER FOREIGN TABLE storm.ft_:id OPTIONS (SET c 'e');
ALTER FOREIGN TABLE storm.ft_:id RENAME COLUMN fu_:id TO fv_:id;
CREATE OR REPLACE VIEW storm.ov_:id AS SELECT t.qb_:id, storm.oq_:id('ly_:id') AS oy_:id, t.qe_:id FROM storm.qf_:id t;
ALTER VIEW storm.ov_:id SET (security_barrier);
ALTER SEQUENCE storm.qs_:id INCREMENT 5 OWNED BY storm.qf_:id.qb_:id;
ALTER COLLATION storm.cx_:id RENAME TO cz_:id;
ALTER OPERATOR CLASS storm.od_:id USING btree RENAME TO oe_:id;
ALTER TEXT SEARCH CONFIGURATION storm.te_:id RENAME TO tf_:id;
ALTER EVENT TRIGGER eg_:id DISABLE;
ALTER SCHEMA sn_:id RENAME TO so_:id;
REVOKE ALL ON storm.qf_:id FROM storm_reader CASCADE;
COMMENT ON TABLE storm.qf_:id IS NULL;
DROP EVENT TRIGGER eg_:id;
DROP CAST (storm.et_:id AS int);
DROP VIEW storm.ov_:id CASCADE;
DROP FOREIGN DATA WRAPPER fw_:id CASCADE;
DROP PUBLICATION pv_:id;
DROP TRIGGER td_:id ON storm.qf_:id;
DROP OPERATOR FAMILY storm.oc_:id USING btree CASCADE;
DROP ACCESS METHOD am_:id;
DROP LANGUAGE la_:id;
DROP TEXT SEARCH CONFIGURATION storm.tf_:id;
DROP TEXT SEARCH DICTIONARY storm.td_:id;
DROP CONVERSION storm.cy_:id;
DROP COLLATION storm.cz_:id;
DROP DOMAIN storm.dj_:id CASCADE;
DROP TYPE storm.et_:id CASCADE;
DROP TYPE storm.ct_:id CASCADE;
DROP TYPE storm.ru_:id;
DROP FUNCTION storm.og_:id(int, int) CASCADE;
DROP FUNCTION storm.tx_:id() CASCADE;
DROP FUNCTION storm.ev_:id();
DROP PROCEDURE storm.op_:id(int);
DROP AGGREGATE storm.ag_:id(int);
DROP TABLE storm.qf_:id CASCADE;
DROP SCHEMA so_:id;
EOS

	return ($life_of_a_table, $life_of_a_tree, $burst, $life_of_others);
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
