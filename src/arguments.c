/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  Arguments of functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "arguments.h"

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
