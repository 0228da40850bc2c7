#!/usr/bin/env bash
#
# From a bare Debian to a running demo, or to a complete test run.
#
# Whatever touches a server runs without root's rights (as user postgres when
# started by root), in a private copy of this tree, against a server of its
# own: the machine's own clusters are never used, started or stopped.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ME=$(id -un)
WORK=${STORMDISC_WORK:-/var/tmp/stormdisc-$ME}
BUILD=$WORK/build/stormdisc
FIRST_PORT=54329
MERMAID_VERSION=11.17.2
CLUSTER_DROPIN=/etc/postgresql-common/createcluster.d/stormdisc-setup.conf

usage() {
  cat <<'END'
usage: ./setup.sh demo       build and install stormdisc, show it in a throwaway server
       ./setup.sh test       build and install it, run every test; the last line says
                             "N passed, N failed", the exit status is 1 if any failed
       ./setup.sh coverage   the same, with the coverage of the C code, in coverage/
       ./setup.sh packages   only install the Debian packages that these need
       ./setup.sh stop       stop the throwaway servers and remove the work directory

Debian 12 or newer with apt; as root, or as a user with sudo.

Environment:
  PG_CONFIG         pg_config of the PostgreSQL to use; without it the newest server
                    package that is installed, else the distribution's own
  PG_MAJOR          or its major version
  STORMDISC_WORK    work directory; without it /var/tmp/stormdisc-USER
  STORMDISC_LIMIT   longest time for one kind of tests; without it 12m for those that
                    start servers, 3m for the others
  STORMDISC_JOBS    how many of those run at a time; without it one more than processors
  STORMDISC_TAP     only these files of test/t, such as "06* 100*", and no other kind
                    of tests
  STORMDISC_PORT    port of the throwaway server; without it the first free from 54329
  STORMDISC_BROWSER "no" installs no browser, and no diagram is drawn by Mermaid
END
}

say() {
  printf '== %s\n' "$*"
}

die() {
  printf 'setup.sh: %s\n' "$*" >&2
  exit 1
}

## Who does what

is_root() {
  [ "$(id -u)" -eq 0 ]
}

as_root() {
  if is_root; then "$@"; else sudo "$@"; fi
}

# Another PostgreSQL may be the user's own, where no root is needed.
as_writer_of() {
  local dir=$1
  shift
  if [ -w "$dir" ]; then "$@"; else as_root "$@"; fi
}

need_to_write_to() {
  [ -w "$1" ] || need_root_to "write to $1"
}

# Servers refuse to run as root.
as_server() {
  if is_root; then
    runuser -u postgres -- env HOME="$WORK" "$@"
  else
    "$@"
  fi
}

# A runner that hangs is one that breaks; what it may leave behind is not to keep
# the lock.
as_server_for() {
  local limit=${STORMDISC_LIMIT:-$1}
  shift
  as_server timeout --kill-after=30s "$limit" "$@" 9<&-
}

need_root_to() {
  is_root && return
  command -v sudo >/dev/null ||
    die "root rights are needed to $*, and there is no sudo: run as root"
  sudo true 2>/dev/null ||
    die "root rights are needed to $*: run as root or as a user with sudo"
}

# The same results whoever calls, from wherever.
clean_environment() {
  unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGDATA \
    PGSERVICE PGSERVICEFILE PGOPTIONS PGAPPNAME PGSSLMODE PGTZ PGDATESTYLE \
    PGCLIENTENCODING PSQLRC LANG LANGUAGE MAKEFLAGS MFLAGS MAKELEVEL CDPATH
  unset "${!LC_@}"
  export LC_ALL=C TZ=UTC
  umask 022
}

## Packages

have_apt() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

missing_packages() {
  local package
  for package; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

package_exists() {
  case $(apt-cache policy "$1") in
    '' | *'Candidate: (none)'*) return 1 ;;
  esac
}

# Once per run, and only when something is missing.
update_package_lists() {
  [ -z "${LISTS_READ:-}" ] || return 0
  need_root_to "install packages"
  LISTS_READ=yes
  say "reading the package lists"
  as_root apt-get update >"$APT_LOG" 2>&1 || true
}

why_apt_failed() {
  if grep -qE 'Temporary failure|Could not (resolve|connect)|Failed to fetch' "$APT_LOG"; then
    echo "no mirror can be reached"
  else
    sed -n 's/^E: //p' "$APT_LOG" | head -n 1
  fi
}

# On a machine without apt it is for the user to have them.
install_packages() {
  local missing
  have_apt || return 0
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0

  update_package_lists
  say "installing ${missing% }"
  # shellcheck disable=SC2086 # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $missing >>"$APT_LOG" 2>&1 </dev/null ||
    die "could not install ${missing% }: $(why_apt_failed)"
}

install_packages_that_exist() {
  local package
  have_apt || return 0
  for package in $(missing_packages "$@"); do
    update_package_lists
    if package_exists "$package"; then install_packages "$package"; fi
  done
}

# The server package must not bring a system cluster to life.
install_server_packages() {
  local major=$1
  have_apt || die "no apt-get here: set PG_CONFIG to the pg_config of a PostgreSQL server"
  if [ -n "$(missing_packages "postgresql-$major")" ]; then
    need_root_to "install postgresql-$major"
    as_root mkdir -p "${CLUSTER_DROPIN%/*}"
    echo "create_main_cluster = false" | as_root tee "$CLUSTER_DROPIN" >/dev/null
  fi
  install_packages "postgresql-$major" "postgresql-server-dev-$major"
  remove_cluster_dropin
}

remove_cluster_dropin() {
  [ ! -e "$CLUSTER_DROPIN" ] || as_root rm -f "$CLUSTER_DROPIN"
}

## Which PostgreSQL

newest_installed_major() {
  local bin
  for bin in /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$bin" ]; then echo "$bin"; fi
  done | cut -d / -f 5 | sort -n | tail -n 1
}

distribution_major() {
  apt-cache depends postgresql 2>/dev/null |
    sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1
}

choose_postgres() {
  local major

  install_packages make gcc libc6-dev
  if [ -z "${PG_CONFIG:-}" ]; then
    major=${PG_MAJOR:-$(newest_installed_major)}
    if [ -z "$major" ]; then
      have_apt || die "no PostgreSQL and no apt-get here: set PG_CONFIG"
      update_package_lists
      major=$(distribution_major)
      [ -n "$major" ] || die "no package postgresql to be had: $(why_apt_failed)"
    fi
    install_server_packages "$major"
    PG_CONFIG=/usr/lib/postgresql/$major/bin/pg_config
  fi

  PG_CONFIG=$(command -v "$PG_CONFIG") || die "PG_CONFIG does not name a program"
  BIN=$("$PG_CONFIG" --bindir) || die "$PG_CONFIG does not work"
  SHAREDIR=$("$PG_CONFIG" --sharedir)
  MAJOR=$("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
  [ -x "$BIN/initdb" ] || die "no server programs in $BIN (PG_CONFIG is $PG_CONFIG)"
  [ -f "$("$PG_CONFIG" --pgxs)" ] || die "no server development files for $PG_CONFIG"
  if is_root && ! id postgres >/dev/null 2>&1; then
    die "a server cannot run as root and there is no user postgres: run as another user"
  fi
  export PG_CONFIG PATH="$BIN:$PATH"
  MAKE_OPTIONS=(-C "$BUILD" --no-print-directory PG_CONFIG="$PG_CONFIG" with_llvm=no)
}

## The private copy: build, install

# Ours alone; what the server's user writes to is in directories of its own.
make_work_directory() {
  [[ $WORK =~ ^/[^[:space:]]{1,80}$ ]] ||
    die "STORMDISC_WORK must be a short absolute path without blanks: $WORK"
  mkdir -p "$WORK" 2>/dev/null || die "could not create $WORK"
  if [ ! -O "$WORK" ] || [ -L "$WORK" ]; then
    die "$WORK belongs to somebody else: set STORMDISC_WORK"
  fi
  exec 9<"$WORK"
  flock -n 9 || die "another setup.sh is at work in $WORK"
  LOCKED=yes
  cd "$WORK"
}

new_server_directory() {
  rm -rf "$1"
  if is_root; then
    install -d -m 700 -o postgres -g "$(id -gn postgres)" "$1"
  else
    install -d -m 700 "$1"
  fi
}

copy_tree() {
  new_server_directory "$WORK/build"
  as_server mkdir "$BUILD"
  tar -C "$ROOT" -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' \
    --exclude='*.gcno' --exclude='*.gcda' --exclude='./stormdisc--*.sql' \
    --exclude=./coverage --exclude=./results --exclude=./output_iso --exclude=./tmp_check \
    --exclude=./log --exclude='./regression.*' . |
    as_server tar -C "$BUILD" -xf -
}

make_in_copy() {
  as_server make "${MAKE_OPTIONS[@]}" "$@"
}

build() {
  local log=$WORK/build.log
  say "building for $("$PG_CONFIG" --version)"
  copy_tree
  make_in_copy -j "$(nproc)" "$@" >"$log" 2>&1 || {
    grep -E 'error: |cannot find|undefined reference|\*\*\*' "$log" >&2 || tail -n 3 "$log" >&2
    die "the build failed, see $log"
  }
  grep -E 'warning:' "$log" || true
  say "built with $(grep -cE 'warning:' "$log" || true) warnings"
}

install_build() {
  local target
  target=$("$PG_CONFIG" --pkglibdir)
  need_to_write_to "$target"
  as_writer_of "$target" make "${MAKE_OPTIONS[@]}" install >"$WORK/install.log" 2>&1 ||
    die "make install failed: $(tail -n 1 "$WORK/install.log")"
}

## The throwaway server: start, stop

port_is_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

choose_port() {
  PORT=${STORMDISC_PORT:-}
  if [ -n "$PORT" ]; then
    [[ $PORT =~ ^[0-9]{1,5}$ ]] || die "STORMDISC_PORT is not a port: $PORT"
    ! port_is_taken "$PORT" || die "port $PORT is taken: set STORMDISC_PORT to another"
    return
  fi
  for ((PORT = FIRST_PORT; PORT < FIRST_PORT + 100; PORT++)); do
    if ! port_is_taken "$PORT"; then return; fi
  done
  die "ports $FIRST_PORT to $((PORT - 1)) are all taken: set STORMDISC_PORT"
}

# Reachable through its socket only, which nobody but its owner (and root) can open.
server_settings() {
  cat <<END
port = $PORT
listen_addresses = ''
unix_socket_directories = '$1'
fsync = off
max_connections = 50
max_prepared_transactions = 10
wal_level = logical
timezone = 'UTC'
log_timezone = 'UTC'
END
}

start_server() {
  local dir=$WORK/$1
  stop_server "$1"
  new_server_directory "$dir"
  as_server mkdir "$dir/socket"
  as_server "$BIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C -N \
    >"$WORK/$1.log" 2>&1 || die "initdb failed: $(tail -n 1 "$WORK/$1.log")"
  server_settings "$dir/socket" | as_server tee -a "$dir/data/postgresql.conf" >/dev/null
  as_server "$BIN/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start \
    >>"$WORK/$1.log" 2>&1 9<&- || die "the server did not start: $(tail -n 1 "$dir/server.log")"
  export PGHOST=$dir/socket PGPORT=$PORT PGUSER=postgres
  say "$("$PG_CONFIG" --version) is running on port $PORT"
}

# With the programs that started it, which need not be today's choice.
stop_server() {
  local data=$WORK/$1/data bin
  [ -f "$data/postmaster.pid" ] || return 0
  bin=$(sed 's|/postgres .*||' "$data/postmaster.opts")
  if as_server "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; then
    as_server "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null 2>&1 9<&- ||
      as_server "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 9<&-
  fi
}

query() {
  "$BIN/psql" -X -q -v ON_ERROR_STOP=1 "$@"
}

build_and_install() {
  build "$@"
  install_build
}

## demo

demo() {
  choose_postgres
  make_work_directory
  choose_port
  build_and_install
  start_server demo
  query -d postgres -c 'CREATE DATABASE demo'
  query -d demo -c 'CREATE EXTENSION stormdisc' -f "$ROOT/examples/demo_schema.sql" ||
    die "the demo schema could not be loaded"
  PAGER='' query -d demo -f "$ROOT/examples/demo_queries.sql" ||
    die "the demo queries failed"
  cat <<END

connect:  $BIN/psql -h $PGHOST -p $PGPORT -U postgres -d demo
stop:     ./setup.sh stop
END
}

## test

# Runs "$@" and keeps its output in $LOG; on the screen, what passes the sed script $1.
run_logged() {
  local filter=$1
  shift
  "$@" 2>&1 </dev/null | tee "$LOG" | sed -u -n "$filter"
}

PASSED=0
FAILED=0

# Adds up one kind of tests.  A runner that breaks counts as a failure, even if
# everything that it got to was fine.
count() {
  local kind=$1 status=$2 ok=$3 not_ok=$4 skipped=${5:-0}
  if [ "$status" -ne 0 ] && [ "$not_ok" -eq 0 ]; then
    not_ok=1
    tail -n 20 "$LOG"
    [ "$status" -ne 124 ] || say "$kind: took too long, stopped"
  fi
  PASSED=$((PASSED + ok))
  FAILED=$((FAILED + not_ok))
  say "$kind: $ok passed, $not_ok failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
}

# "test NAME ... ok" up to PostgreSQL 15, "ok 1 - NAME" since 16.
count_pg_regress() {
  local new='^(not )?ok [0-9]+ +[-+] ' old='^(test| ) .* \.\.\. '
  count "$1" "$2" \
    "$(grep -cE "${new/(not )?/}|${old}ok " "$LOG" || true)" \
    "$(grep -cE "${new/(not )?ok/not ok}|${old}FAILED" "$LOG" || true)"
}

count_tap() {
  local not_ok
  not_ok=$(grep -E '^not ok [0-9]' "$LOG" | grep -ciE -v '# todo' || true)
  count "$1" "$2" \
    "$(grep -E '^ok [0-9]' "$LOG" | grep -ciE -v '# skip' || true)" \
    "$((not_ok + $(count_broken_tap_files)))" \
    "$(grep -ciE '^ok [0-9].*# skip|^1\.\.0 # skip| skipped: ' "$LOG" || true)"
}

# Files that ended too early, or otherwise than with a failed test, by prove's summary.
count_broken_tap_files() {
  awk '/\(Wstat: / { counted = 0; none_failed = /Failed: 0\)/ }
    /^  Parse errors/ || (/^  Non-zero/ && none_failed) { n += !counted; counted = 1 }
    END { print n + 0 }' "$LOG"
}

# The log has everything; this is what one wants to watch.
REGRESS_PROGRESS='/^test .* \.\.\. /p; /^ok /p; /^not ok /p; /^Bail out/p'
TAP_PROGRESS='/# TODO/d; s/^\[[0-9:]*] //; s/ ms (.* CPU)$/ ms/; /^test\//p; /^not ok/p; /^Bail out/p; /^psql:/p; /^Files=/p'

# With make's own list of tests for one kind, and the other kinds left out.
installcheck_only() {
  local kind=$1 limit=3m leave_out
  shift
  case $kind in
    regress) leave_out=(ISOLATION= TAP_TESTS=) ;;
    isolation) leave_out=(REGRESS= TAP_TESTS=) ;;
    tap) leave_out=(REGRESS= ISOLATION=) limit=12m ;;
  esac
  as_server_for "$limit" make "${MAKE_OPTIONS[@]}" installcheck "${leave_out[@]}" "$@"
}

show_differences() {
  [ ! -s "$1" ] || tail -n 60 "$1"
}

run_regress() {
  local status=0
  run_logged "$REGRESS_PROGRESS" installcheck_only regress || status=$?
  count_pg_regress regress "$status"
  show_differences "$BUILD/regression.diffs"
}

run_isolation() {
  local status=0
  run_logged "$REGRESS_PROGRESS" installcheck_only isolation || status=$?
  count_pg_regress isolation "$status"
  show_differences "$BUILD/output_iso/regression.diffs"
}

run_pgtap() {
  local status=0
  query -d postgres -c 'CREATE DATABASE pgtap'
  query -d pgtap -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION stormdisc'
  run_logged "$TAP_PROGRESS" as_server_for 3m env -C "$BUILD" pg_prove --verbose \
    --psql-bin "$BIN/psql" --dbname pgtap test/pgtap/ --ext .sql --recurse || status=$?
  count_tap pgtap "$status"
  show_failed_tap
}

# Several at a time; those from 900 on measure time, and come last and one by one.
run_tap() {
  local status=0 said=$BUILD/tap pattern only=
  # shellcheck disable=SC2086 # patterns; make's shell expands them
  set -f -- ${STORMDISC_TAP:-}
  for pattern; do only+=" test/t/${pattern%.pl}.pl"; done
  set +f
  PERL_TEST_HARNESS_DUMP_TAP=$said run_logged "$TAP_PROGRESS" installcheck_only tap ${only:+"PROVE_TESTS=$only"} \
    PROVE_FLAGS="--jobs ${STORMDISC_JOBS:-$(($(nproc) + 1))} --rules 'par=test/t/{0,1}*' --timer --merge" || status=$?
  # of files that run at the same time prove shows but the results
  { [ ! -d "$said" ] || find "$said" -type f | sort | xargs cat; cat "$LOG"; } >"$LOG.all"
  mv "$LOG.all" "$LOG"
  count_tap tap "$status"
  show_failed_tap
}

show_failed_tap() {
  sed '/# TODO/d' "$LOG" | grep -A 15 '^not ok' | tail -n 80 || true
}

run_exports() {
  local status=0
  run_logged p make_in_copy check-exports || status=$?
  count exports "$status" "$((status == 0))" 0
}

has_files() {
  compgen -G "$BUILD/$1" >/dev/null
}

run_kind() {
  local kind=$1 files=$2
  if ! has_files "$files"; then
    say "$kind: no tests"
    return
  fi
  say "$kind"
  LOG=$WORK/$kind.log
  "run_$kind"
}

run_server_tests() {
  start_server test
  if [ -z "${STORMDISC_TAP:-}" ]; then
    run_kind regress 'test/sql/*.sql'
    run_kind isolation 'test/specs/*.spec'
    run_kind pgtap 'test/pgtap/*.sql'
  fi
  run_kind tap 'test/t/*.pl'
  stop_server test
}

run_build_tests() {
  run_kind exports Makefile
}

# Exactly this line, last.
report() {
  printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  [ "$FAILED" -eq 0 ]
}

install_test_packages() {
  install_packages perl python3 libipc-run-perl libtap-parser-sourcehandler-pgtap-perl binutils
  install_packages_that_exist python3-pglast python3-jsonschema graphviz sqlite3
  install_pg_cron
  install_pgbouncer
  install_pgtap
  [ "${STORMDISC_BROWSER:-yes}" = no ] || install_mermaid
}

# What draws Mermaid's diagrams: a browser, and one file of the npm package.
# Where they cannot be had, that part of a test is skipped.
install_mermaid() {
  local cache=/var/cache/stormdisc/mermaid dir
  [ -w /var/cache ] || cache=${XDG_CACHE_HOME:-$HOME/.cache}/stormdisc/mermaid
  export STORMDISC_MERMAID=$cache/mermaid.min.js
  install_packages_that_exist chromium
  [ ! -r "$STORMDISC_MERMAID" ] || return 0
  command -v npm >/dev/null || install_packages_that_exist npm
  command -v npm >/dev/null || return 0
  say "fetching mermaid $MERMAID_VERSION"
  dir=$(mktemp -d)
  if (cd "$dir" && npm pack --silent "mermaid@$MERMAID_VERSION" && tar -xzf mermaid-*.tgz package/dist/mermaid.min.js) >/dev/null 2>&1; then
    mkdir -p "$cache"
    install -m 644 "$dir/package/dist/mermaid.min.js" "$STORMDISC_MERMAID"
  fi
  rm -rf "$dir"
}

# A test of schedules; it is skipped where there is no package for this server.
install_pg_cron() {
  [ "$BIN" = "/usr/lib/postgresql/$MAJOR/bin" ] || return 0
  install_packages_that_exist "postgresql-$MAJOR-cron"
}

# The program only: the package would start a service, now and with the machine.
install_pgbouncer() {
  local policy=/usr/sbin/policy-rc.d is_ours=
  have_apt || return 0
  [ -n "$(missing_packages pgbouncer)" ] || return 0
  update_package_lists
  package_exists pgbouncer || return 0
  need_root_to "install pgbouncer"
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    is_ours=yes
  fi
  install_packages pgbouncer
  [ -z "$is_ours" ] || as_root rm -f "$policy"
  if command -v systemctl >/dev/null; then as_root systemctl disable pgbouncer >/dev/null 2>&1 || true; fi
}

# pgTAP is plain SQL: where there is no package of it for this server, the
# files of another server's will do.
install_pgtap() {
  local target=$SHAREDIR/extension own=postgresql-$MAJOR-pgtap
  [ ! -f "$target/pgtap.control" ] || return 0
  have_apt || die "pgTAP is not installed in $target"
  [ -n "$(pgtap_packages)" ] || update_package_lists
  if [ "$BIN" = "/usr/lib/postgresql/$MAJOR/bin" ] && package_exists "$own"; then
    install_packages "$own"
  else
    copy_pgtap "$(pgtap_packages | tail -n 1)" "$target"
  fi
}

pgtap_packages() {
  apt-cache search --names-only '^postgresql-[0-9]+-pgtap$' | cut -d ' ' -f 1 | sort -V
}

copy_pgtap() {
  local package=$1 target=$2 dir
  [ -n "$package" ] || die "no package of pgTAP to be had: $(why_apt_failed)"
  need_to_write_to "$target"
  say "taking pgTAP for PostgreSQL $MAJOR from $package"
  dir=$(mktemp -d)
  (cd "$dir" && apt-get download "$package" >>"$APT_LOG" 2>&1 && dpkg-deb -x ./*.deb .) ||
    die "could not get $package: $(why_apt_failed)"
  as_writer_of "$target" cp "$dir"/usr/share/postgresql/*/extension/pgtap* "$target/"
  rm -rf "$dir"
}

test_all() {
  choose_postgres
  install_test_packages
  make_work_directory
  choose_port
  build_and_install
  run_server_tests
  run_build_tests
  report
}

## coverage

coverage() {
  choose_postgres
  install_test_packages
  install_packages lcov
  make_work_directory
  choose_port
  build_and_install coverage-build
  run_server_tests
  make_in_copy coverage >"$WORK/coverage.log" 2>&1 || {
    tail -n 20 "$WORK/coverage.log" >&2
    die "lcov failed, see $WORK/coverage.log"
  }
  rm -rf "$ROOT/coverage"
  cp -R --no-preserve=ownership "$BUILD/coverage" "$ROOT/coverage" ||
    die "could not write $ROOT/coverage"
  say "putting the plain build in place again"
  build_and_install
  run_build_tests
  say "coverage of the C code, line by line in coverage/index.html"
  cat "$ROOT/coverage/summary.txt"
  report
}

## stop

stop() {
  local name
  [ -d "$WORK" ] || {
    say "nothing to stop"
    return
  }
  make_work_directory
  for name in demo test; do stop_server "$name"; done
  cd /
  rm -rf "$WORK"
  say "stopped, $WORK removed"
}

packages() {
  choose_postgres
  install_test_packages
  install_packages lcov
  say "all packages are there, for $("$PG_CONFIG" --version)"
}

at_exit() {
  remove_cluster_dropin
  [ -z "${LOCKED:-}" ] || stop_server test
  rm -f "$APT_LOG"
}

main() {
  clean_environment
  [ $# -eq 1 ] || {
    usage >&2
    exit 1
  }
  case $1 in
    -h | --help | help) usage && exit ;;
    demo | coverage | packages | stop) ;;
    test) set -- test_all ;;
    *)
      usage >&2
      exit 1
      ;;
  esac
  APT_LOG=$(mktemp)
  trap at_exit EXIT
  "$1"
}

main "$@"
