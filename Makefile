# stormdisc: build, install and test with PGXS.
#
#   make && make install          build and install for the pg_config on PATH
#   make installcheck             pg_regress and isolation tests, in a running server
#   make check-exports coverage   see the targets below
#   ./setup.sh test               everything, from a bare machine

EXTENSION = stormdisc
MODULE_big = stormdisc

# The version is said once, in the control file.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" stormdisc.control)
FULL_SCRIPT = stormdisc--$(EXTVERSION).sql

OBJS = $(WIN32RES) \
	$(patsubst $(srcdir)/%.c,%.o,$(sort $(wildcard $(srcdir)/src/*.c $(srcdir)/src/*/*.c)))

# The SQL files, in the order in which they are put together.
RUN_STATE = messages message_tools component_state checkpoints metrics health \
	sinks config maintenance traces
SQL_MODULES = discovery discovery_views discovery_types discovery_functions \
	discovery_access relationships diagnostics advice document fingerprint diff \
	snapshot model ddl migration_sql checksums \
	$(RUN_STATE) trace_analysis trace_reports \
	split_sql \
	migrations \
	meta_values \
	resources \
	access
SQL_TABLES = $(patsubst %,sql/tables/%.sql,type_map snapshots $(RUN_STATE) \
	migrations \
	meta_values \
	own_objects)
SQL_FUNCTIONS = $(SQL_MODULES:%=sql/functions/%.sql)

DATA_built = $(FULL_SCRIPT)
SCRIPTS = bin/stormdisc-migrate
EXTRA_CLEAN = $(FULL_SCRIPT) coverage output_iso results tmp_check

PG_CPPFLAGS = -I$(srcdir)/src -DSTORMDISC_VERSION='"$(EXTVERSION)"'
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=stormdisc
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = $(REGRESS_OPTS)
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/*/*.h) stormdisc.control

# CREATE OR REPLACE is for updates only: in a first install nothing of ours
# may exist yet, so an object that does is an error and never taken over.
$(FULL_SCRIPT): sql/header.sql $(SQL_TABLES) $(SQL_FUNCTIONS) Makefile stormdisc.control
	cat sql/header.sql $(SQL_TABLES) $(SQL_FUNCTIONS) | \
		sed 's/^CREATE OR REPLACE /CREATE /' > $@

.PHONY: check-exports coverage coverage-build format

# Only these names may be visible outside the library.
check-exports: $(shlib)
	@extra=$$(nm -D --defined-only $(shlib) | awk '{print $$3}' | \
		grep -vE '^(stormdisc_|sd_|pg_finfo_|Pg_magic_func$$|_PG_init$$)'); \
	if [ -n "$$extra" ]; then \
		echo "unexpected exports:" $$extra >&2; exit 1; \
	fi; \
	echo "check-exports: ok"

# Three steps: make coverage-build install; the tests, by a server that may write
# to this tree; make coverage.  ./setup.sh coverage does it all.
# The setting for branches has one name in lcov 1 and another in lcov 2.
LCOV_BRANCHES = --rc $(if $(filter 1.%,$(lastword $(shell lcov --version))),lcov_)branch_coverage=1

coverage-build:
	$(MAKE) COPT='--coverage -O0 -Wno-cpp' all

coverage:
	@test -n "$$(find src -name '*.gcda' -print -quit)" || { \
		echo "nothing to collect: make coverage-build install, then run the tests" >&2; exit 1; }
	rm -rf coverage && mkdir coverage
	lcov --quiet $(LCOV_BRANCHES) --capture --directory src --output-file coverage/all.info
	lcov --quiet $(LCOV_BRANCHES) --extract coverage/all.info '*/src/*.c' \
		--output-file coverage/stormdisc.info
	rm coverage/all.info
	genhtml --quiet $(LCOV_BRANCHES) --branch-coverage --output-directory coverage coverage/stormdisc.info
	lcov $(LCOV_BRANCHES) --summary coverage/stormdisc.info 2>&1 | \
		grep -E '^ *(lines|functions|branches)' > coverage/summary.txt
	cat coverage/summary.txt

format:
	clang-format -i $$(git ls-files 'src/*.c' 'src/*.h')
