/*-------------------------------------------------------------------------
 *
 * port_util.c
 *	  Arguments of the functions for components.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "port/messages.h"
#include "port/port_util.h"

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
