/*-------------------------------------------------------------------------
 *
 * distribute.c
 *	  stormdisc_distribution: how the tables may be spread over machines.
 *	  stormdisc_distribute: let Citus do so, where it is installed.
 *
 * A table is distributed by a column that is in its primary key and that every
 * statement about it has as a parameter, so that one machine answers; what is
 * read everywhere and seldom written is a reference table, a copy on each.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_distribution);
PG_FUNCTION_INFO_V1(stormdisc_distribute);

typedef struct Distributed
{
	const char *relation; /* in the schema stormdisc */
	const char *column;	  /* NULL: a reference table */
	const char *with;	  /* rows of the same value are beside this table's */
} Distributed;

/* a table that others are beside is before them */
static const Distributed tables[] = {
	{"messages", "port_name", NULL},
	{"message_ready", "port_name", "messages"},
	{"message_leases", "port_name", "messages"},
	{"message_waiting", "port_name", "messages"},
	{"message_completions", "port_name", "messages"},
	{"message_dead_letters", "port_name", "messages"},
	{"message_errors", "port_name", "messages"},
	{"message_dedup", "port_name", "messages"},
	{"message_redrives", "port_name", "messages"},
	{"port_metric_samples", "port_name", "messages"},
	{"component_versions", "component_name", NULL},
	{"component_heads", "component_name", "component_versions"},
	{"component_payloads", "component_name", "component_versions"},
	{"checkpoints", "component_name", "component_versions"},
	{"checkpoint_names", "component_name", "component_versions"},
	{"component_metrics", "component_name", "component_versions"},
	{"metric_rollups", "component_name", "component_versions"},
	{"metric_late_values", "component_name", "component_versions"},
	{"health_heads", "component_name", "component_versions"},
	{"health_history", "component_name", "component_versions"},
	{"sink_storage", "sink_name", NULL},
	/* small, and read for any port, component or group */
	{"ports", NULL, NULL},
	{"subscriptions", NULL, NULL},
	{"checkpoint_groups", NULL, NULL},
	{"checkpoint_group_parts", NULL, NULL},
	{"metric_rollup_state", NULL, NULL},
	{"config_values", NULL, NULL},
	{"retention_settings", NULL, NULL},
};

static void put_table(ReturnSetInfo *rsinfo, const Distributed *table,
					  const char *action);
static const char *distribute(const Distributed *table);
static uint64 run(const char *sql, const Distributed *table, bool with);

/*
 * stormdisc_distribution() -> setof (relation_name, distribution_column,
 *		colocate_with)
 */
Datum
stormdisc_distribution(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < lengthof(tables); i++)
		put_table((ReturnSetInfo *) fcinfo->resultinfo, &tables[i], NULL);

	return (Datum) 0;
}

/*
 * stormdisc_distribute() -> setof (relation_name, distribution_column,
 *		colocate_with, action)
 *		Distribute what is not distributed yet.
 */
Datum
stormdisc_distribute(PG_FUNCTION_ARGS)
{
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_distribute()");
	InitMaterializedSRF(fcinfo, 0);
	if (!OidIsValid(get_extension_oid("citus", true)))
	{
		ereport(NOTICE,
				errmsg("extension \"%s\" is not installed in this database, "
					   "nothing is distributed",
					   "citus"));
		return (Datum) 0;
	}

	for (int i = 0; i < lengthof(tables); i++)
	{
		const char *action;

		CHECK_FOR_INTERRUPTS();
		sd_spi_begin(&spi, true);
		action = distribute(&tables[i]);
		sd_spi_end(&spi);
		put_table((ReturnSetInfo *) fcinfo->resultinfo, &tables[i], action);
	}

	return (Datum) 0;
}

/* action is a result column if it is not NULL */
static void
put_table(ReturnSetInfo *rsinfo, const Distributed *table, const char *action)
{
	Datum values[4] = {0};
	bool nulls[4] = {false};

	values[0] = CStringGetTextDatum(table->relation);
	nulls[1] = table->column == NULL;
	if (!nulls[1])
		values[1] = CStringGetTextDatum(table->column);
	nulls[2] = table->with == NULL;
	if (!nulls[2])
		values[2] = CStringGetTextDatum(table->with);
	if (action != NULL)
		values[3] = CStringGetTextDatum(action);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Returns what was done. */
static const char *
distribute(const Distributed *table)
{
	if (run("SELECT FROM pg_catalog.pg_dist_partition p "
			"WHERE p.logicalrelid OPERATOR(pg_catalog.=) "
			"pg_catalog.format('stormdisc.%I', $1)::pg_catalog.regclass",
			table, false) > 0)
		return "none";

	if (table->column == NULL)
	{
		(void) run("SELECT pg_catalog.create_reference_table("
				   "pg_catalog.format('stormdisc.%I', "
				   "$1)::pg_catalog.regclass)",
				   table, false);
		return "copied to all";
	}

	(void) run("SELECT pg_catalog.create_distributed_table("
			   "pg_catalog.format('stormdisc.%I', $1)::pg_catalog.regclass, "
			   "$2, colocate_with => $3)",
			   table, true);

	return "distributed";
}

/* These are not kept: Citus may be another one, or gone, the next time. */
static uint64
run(const char *sql, const Distributed *table, bool with)
{
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum values[3] = {CStringGetTextDatum(table->relation)};
	int rc;

	if (with)
	{
		values[1] = CStringGetTextDatum(table->column);
		values[2] = CStringGetTextDatum(
			table->with == NULL ? "none"
								: psprintf("stormdisc.%s", table->with));
	}
	rc =
		SPI_execute_with_args(sql, with ? 3 : 1, types, values, NULL, false, 0);
	if (rc < 0)
		elog(ERROR, "could not run \"%s\": %s", sql,
			 SPI_result_code_string(rc));

	return SPI_processed;
}
