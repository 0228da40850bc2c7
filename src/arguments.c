/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  Arguments of functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "arguments.h"
#include "compat.h"

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
 * sd_key_argument
 *		A name or a key, checked.
 *
 * Raises 22004 if it is NULL, 22023 if it is empty or too long.
 */
text *
sd_key_argument(text *value, const char *argument)
{
	if (value == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", argument));
	if (VARSIZE_ANY_EXHDR(value) == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be empty", argument));
	if (VARSIZE_ANY_EXHDR(value) > SD_MAX_KEY_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" is too long", argument),
				errdetail("It has %zu bytes, the maximum is %d.",
						  (size_t) VARSIZE_ANY_EXHDR(value),
						  SD_MAX_KEY_LENGTH));

	return value;
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
