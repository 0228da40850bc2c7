#!/usr/bin/env bash
#
# Back up, restore to a point in time, discover what is there, and go on: the whole
# of it in servers of its own, in a directory of its own.
#
#     examples/backup_restore.sh [--target name|time] [--keep]
#
# Needs PostgreSQL 15 or newer with stormdisc installed for it: the one whose
# pg_config is in PG_CONFIG or first on the PATH.  Started by root it works as
# the user postgres.  Every step is checked; the last line says "done".

set -euo pipefail

TARGET=name
KEEP=
while [ $# -gt 0 ]; do
  case $1 in
    --target) TARGET=$2 && shift ;;
    --keep) KEEP=yes ;;
    *)
      sed -n '3,11s/^# \{0,1\}//p' "$0"
      [ "$1" = --help ] && exit 0 || exit 1
      ;;
  esac
  shift
done
case $TARGET in name | time) ;; *) echo "--target is name or time" >&2 && exit 1 ;; esac

# Servers refuse to run as root.
if [ "$(id -u)" -eq 0 ]; then
  exec runuser -u postgres -- env PG_CONFIG="${PG_CONFIG:-}" PATH="$PATH" \
    bash -s -- --target "$TARGET" ${KEEP:+--keep} <"$0"
fi

BIN=$("${PG_CONFIG:-pg_config}" --bindir)
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGDATA PGSERVICE PGOPTIONS
export LC_ALL=C
cd /
WORK=$(mktemp -d)
export PGHOST=$WORK PGPORT=54321 PGUSER=postgres PGDATABASE=postgres

# Whatever server is running goes with the directory.
clean_up() {
  [ ! -f "$WORK/data/postmaster.pid" ] || pg stop -m immediate || true
  if [ -n "$KEEP" ]; then echo "kept: $WORK"; else rm -rf "$WORK"; fi
}
trap clean_up EXIT

say() {
  printf '\n== %s\n' "$*"
}

die() {
  printf 'backup_restore.sh: %s\n' "$*" >&2
  [ ! -f "$WORK/server.log" ] || tail -n 20 "$WORK/server.log" >&2
  exit 1
}

pg() {
  "$BIN/pg_ctl" -D "$WORK/data" -l "$WORK/server.log" -s -w -t 60 "$@"
}

sql() {
  "$BIN/psql" -X -q -At -v ON_ERROR_STOP=1 "$@"
}

show() {
  "$BIN/psql" -X -q -v ON_ERROR_STOP=1 -P footer=off -c "$1"
}

# Ask again until the answer is what it should become.
wait_for() {
  local deadline=$((SECONDS + 60))
  until [ "$(sql -c "$1" 2>/dev/null)" = "$2" ]; do
    [ $SECONDS -lt $deadline ] || die "still not $2: $1"
    "$BIN/psql" -X -q -At -c 'SELECT pg_sleep(0.05)' >/dev/null 2>&1 || true
  done
}

is() {
  [ "$2" = "$3" ] || die "$1: $2, not $3"
  echo "ok: $1"
}

# The live schema against a document in a file of the client: true or false.
equals() {
  sql -v document="$(cat "$1")" <<<"SELECT CASE WHEN stormdisc_schema() = :'document'::jsonb THEN 'equal' ELSE 'different' END"
}

# The schema under a name inside the database, and as a document outside of it.
discover() {
  sql -c "SELECT format('%s: %s, %s tables', '$1', status, tables) FROM stormdisc_discover_existing_schema('$1')"
  sql -c 'SELECT stormdisc_schema()' >"$WORK/$1.json"
  is "$1: the snapshot is what the client has" "$(sql -v document="$(cat "$WORK/$1.json")" \
    <<<"SELECT document = :'document'::jsonb FROM stormdisc.snapshots WHERE name = '$1'")" t
}

write_rows() {
  sql -c "INSERT INTO shop.customer (name) SELECT '$1 ' || i FROM generate_series(1, 1000) i"
}

say "a primary with WAL archiving, a schema, and rows in it ($("$BIN/postgres" --version))"
"$BIN/initdb" -D "$WORK/data" -U postgres -A trust -E UTF8 --locale=C -N >"$WORK/initdb.log" 2>&1 ||
  die "initdb failed: $(tail -n 1 "$WORK/initdb.log")"
mkdir "$WORK/archive"
cat >>"$WORK/data/postgresql.conf" <<END
port = $PGPORT
listen_addresses = ''
unix_socket_directories = '$WORK'
wal_level = replica
archive_mode = on
archive_command = 'test ! -f "$WORK/archive/%f" && cp "%p" "$WORK/archive/%f"'
restore_command = 'cp "$WORK/archive/%f" "%p"'
timezone = 'UTC'
END
pg start
sql -c 'CREATE EXTENSION stormdisc' || die "stormdisc is not installed for this server"
sql <<'END'
CREATE SCHEMA shop;
CREATE TABLE shop.customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE shop.orders (id bigint NOT NULL, customer bigint REFERENCES shop.customer, on_day date NOT NULL) PARTITION BY RANGE (on_day);
CREATE TABLE shop.orders_2025 PARTITION OF shop.orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE VIEW shop.newest AS SELECT * FROM shop.customer ORDER BY id DESC LIMIT 10;
END
write_rows first
discover t1

say 'a base backup'
"$BIN/pg_basebackup" -D "$WORK/base" -c fast -X none --no-sync 2>"$WORK/basebackup.log" ||
  die "pg_basebackup failed: $(tail -n 1 "$WORK/basebackup.log")"
echo "ok: $(du -sh "$WORK/base" | cut -f 1) in base"

say 'the schema changes: t2'
sql <<'END'
CREATE TABLE shop.orders_2026 PARTITION OF shop.orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE shop.customer ADD mail text CHECK (mail LIKE '%@%');
CREATE INDEX customer_name ON shop.customer (lower(name)) WHERE mail IS NOT NULL;
CREATE TYPE shop.state AS ENUM ('open', 'paid');
END
write_rows second
discover t2
T2_ROWS=$(sql -c 'SELECT count(*) FROM shop.customer')
sql -c "SELECT pg_create_restore_point('t2')" >/dev/null
T2_TIME=$(sql -c 'SELECT clock_timestamp()')

say 'and again: t3, then the server stops for good'
sql <<'END'
DROP TABLE shop.orders_2025;
ALTER TABLE shop.customer DROP COLUMN mail;
DROP VIEW shop.newest;
END
write_rows third
discover t3
sql -c 'SELECT pg_switch_wal()' >/dev/null
pg stop -m fast
rm -rf "$WORK/data"

say "the base backup in its place, to be recovered to the $TARGET of t2"
cp -a "$WORK/base" "$WORK/data"
case $TARGET in
  name) echo "recovery_target_name = 't2'" ;;
  time) echo "recovery_target_time = '$T2_TIME'" ;;
esac >>"$WORK/data/postgresql.conf"
echo "recovery_target_action = pause" >>"$WORK/data/postgresql.conf"
touch "$WORK/data/recovery.signal"
pg start
wait_for 'SELECT pg_get_wal_replay_pause_state()' paused

say 'the paused standby: discovery reads, and writes nothing'
is 'it is in recovery' "$(sql -c 'SELECT pg_is_in_recovery()')" t
show "SELECT schema_name, table_name, table_type, parent_name FROM stormdisc_tables()"
is 'the document is that of t2' "$(equals "$WORK/t2.json")" equal
is 'and validated by its name' "$(sql -c "SELECT stormdisc_validate('t2')")" t
is 'snapshots cannot be taken here' "$(sql -v VERBOSITY=sqlstate -c 'SELECT * FROM stormdisc_discover_existing_schema()' 2>&1 |
  sed 's/.*ERROR:  //')" 25006

say 'recovery ends, and this is the new primary'
sql -c 'SELECT pg_wal_replay_resume()'
wait_for 'SELECT pg_is_in_recovery()' f
show 'SELECT status, tables, columns, indexes, constraints, partitions, message FROM stormdisc_discover_existing_schema()'
is 'the document is that of t2' "$(equals "$WORK/t2.json")" equal
is 'not that of t1' "$(equals "$WORK/t1.json")" different
is 'nor that of t3' "$(equals "$WORK/t3.json")" different
is 'the rows are those of t2' "$(sql -c 'SELECT count(*) FROM shop.customer')" "$T2_ROWS"
is 'the snapshot t3 has not been taken yet' "$(sql -c "SELECT string_agg(name, ' ' ORDER BY name) FROM stormdisc.snapshots")" 'default t1 t2'
echo 'since t1:'
show "SELECT kind, identity, change FROM stormdisc_validation('t1') ORDER BY kind COLLATE \"C\", identity COLLATE \"C\", change COLLATE \"C\""

say 'the work goes on'
write_rows fourth
is 'rows change nothing of the schema' "$(equals "$WORK/t2.json")" equal
sql -c 'CREATE TABLE shop.orders_2027 PARTITION OF shop.orders FOR VALUES FROM ($$2027-01-01$$) TO ($$2028-01-01$$)'
is 'a new partition does' "$(equals "$WORK/t2.json")" different
is 'and validation says so' "$(PGOPTIONS='-c client_min_messages=warning' sql -c 'SELECT stormdisc_validate()')" f
discover t4

say 'a crash'
write_rows fifth
pg stop -m immediate
pg start
is 'the schema is that of t4' "$(equals "$WORK/t4.json")" equal
is 'snapshots are there' "$(sql -c "SELECT stormdisc_validate('t4')")" t

say 'a dump into another database'
sql -c 'CREATE DATABASE dumped'
"$BIN/pg_dump" -f "$WORK/dump.sql" postgres
sql -d dumped -f "$WORK/dump.sql" >/dev/null
is 'the schema is that of t4' "$(PGDATABASE=dumped equals "$WORK/t4.json")" equal
is 'and so is the snapshot' "$(sql -d dumped -c "SELECT stormdisc_validate('t4')")" t

say 'done'
