/*-------------------------------------------------------------------------
 *
 * prune.c
 *	  Remove what is too much or too old, on request.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "port/checkpoints.h"
#include "port/port_util.h"

PG_FUNCTION_INFO_V1(stormdisc_prune_component_states);
PG_FUNCTION_INFO_V1(stormdisc_prune_checkpoints);
PG_FUNCTION_INFO_V1(stormdisc_prune_checkpoint_groups);

static void read_arguments(FunctionCallInfo fcinfo, int first, SdPrune *prune);
static int64 argument_keep(FunctionCallInfo fcinfo, int number);
static TimestampTz argument_age(FunctionCallInfo fcinfo, int number);

/*
 * stormdisc_prune_component_states(keep, max_age, max_rows, dry_run) -> bigint
 *		Remove versions of states; how many.
 */
Datum
stormdisc_prune_component_states(PG_FUNCTION_ARGS)
{
	SdPrune prune = {0};

	PreventCommandIfReadOnly("stormdisc_prune_component_states()");
	prune.keep = argument_keep(fcinfo, 0);
	read_arguments(fcinfo, 1, &prune);
	sd_component_state_prune(&prune);

	PG_RETURN_INT64(prune.rows);
}

/*
 * stormdisc_prune_checkpoints(keep, max_age, max_rows, dry_run) -> bigint
 *		Remove versions of checkpoints; how many.
 */
Datum
stormdisc_prune_checkpoints(PG_FUNCTION_ARGS)
{
	SdPrune prune = {0};

	PreventCommandIfReadOnly("stormdisc_prune_checkpoints()");
	prune.keep = argument_keep(fcinfo, 0);
	read_arguments(fcinfo, 1, &prune);
	sd_checkpoints_prune(&prune);

	PG_RETURN_INT64(prune.rows);
}

/*
 * stormdisc_prune_checkpoint_groups(max_age, max_rows, dry_run) -> bigint
 *		Forget groups of checkpoints; how many.
 */
Datum
stormdisc_prune_checkpoint_groups(PG_FUNCTION_ARGS)
{
	SdPrune prune = {0};

	PreventCommandIfReadOnly("stormdisc_prune_checkpoint_groups()");
	read_arguments(fcinfo, 0, &prune);
	sd_checkpoint_groups_prune(&prune);

	PG_RETURN_INT64(prune.rows);
}

/* The arguments max_age, max_rows and dry_run, which follow each other. */
static void
read_arguments(FunctionCallInfo fcinfo, int first, SdPrune *prune)
{
	prune->older_than = argument_age(fcinfo, first);
	prune->max_rows =
		DatumGetInt64(sd_argument_required(fcinfo, first + 1, "max_rows"));
	if (prune->max_rows <= 0)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("argument \"%s\" must be greater than zero", "max_rows"));
	prune->dry_run =
		DatumGetBool(sd_argument_required(fcinfo, first + 2, "dry_run"));
}

/* NULL: any number */
static int64
argument_keep(FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number))
		return 0;
	if (PG_GETARG_INT64(number) <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be greater than zero", "keep"));

	return PG_GETARG_INT64(number);
}

/* NULL: any age */
static TimestampTz
argument_age(FunctionCallInfo fcinfo, int number)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz then;

	if (PG_ARGISNULL(number))
		return DT_NOBEGIN;
	then = DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_mi_interval, TimestampTzGetDatum(now),
							PointerGetDatum(PG_GETARG_INTERVAL_P(number))));
	if (then > now)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", "max_age"));

	return then;
}
