/*-------------------------------------------------------------------------
 *
 * port_util.c
 *	  Arguments and results of the functions for components.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "port/messages.h"
#include "port/port_util.h"

/*
 * sd_argument_required
 *		An argument; raises 22004 if it is NULL.
 */
Datum
sd_argument_required(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", name));

	return PG_GETARG_DATUM(number);
}

/*
 * sd_argument_key
 *		An argument that names something, as text; raises what
 *		sd_key_argument() does.
 */
Datum
sd_argument_key(FunctionCallInfo fcinfo, int number, const char *name)
{
	text *key = PG_ARGISNULL(number) ? NULL : PG_GETARG_TEXT_PP(number);

	return PointerGetDatum(sd_key_argument(key, name));
}

/*
 * sd_argument_expiry
 *		When something ends that lasts so long from then on.
 *
 * Raises 22023 unless that is later, 22008 if there is no such time.
 */
TimestampTz
sd_argument_expiry(Interval *lifetime, TimestampTz from, const char *name)
{
	TimestampTz end = DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(from),
							PointerGetDatum(lifetime)));

	if (end <= from)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be greater than zero", name));

	return end;
}

/*
 * sd_result
 *		A value of SPI's last result; rows from 0, columns from 1.
 */
Datum
sd_result(uint64 row, int column, bool *isnull)
{
	bool none;
	Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
								column, &none);

	if (isnull != NULL)
		*isnull = none;
	else if (none)
		elog(ERROR, "result column %d is null", column);

	return value;
}

/*
 * sd_result_put
 *		Return the rows of SPI's last result, which has the function's columns.
 */
void
sd_result_put(FunctionCallInfo fcinfo, uint64 rows)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SPITupleTable *found = SPI_tuptable;

	if (found->tupdesc->natts != rsinfo->setDesc->natts)
		elog(ERROR, "%d result columns instead of %d", found->tupdesc->natts,
			 rsinfo->setDesc->natts);

	for (uint64 i = 0; i < rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		tuplestore_puttuple(rsinfo->setResult, found->vals[i]);
	}
}
