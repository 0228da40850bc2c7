/*-------------------------------------------------------------------------
 *
 * port_util.c
 *	  Arguments of the functions for ports and components.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "port/port_util.h"

/* more retries than anybody wants; attempts are counted in an int */
#define MAX_RETRIES 1000000

/* A number of retries; an error if it is out of range. */
int
sd_max_retries_argument(int value)
{
	if (value < 0 || value > MAX_RETRIES)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be between 0 and %d",
					   "max_retries", MAX_RETRIES));

	return value;
}

/* An error unless it has a length. */
void
sd_check_lease(int64 lease)
{
	if (lease <= 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be longer than 0", "lease"));
}

/*
 * sd_interval_argument
 *		Microseconds of an interval, its days of 24 hours and its months of
 *		30 days.
 *
 * Raises 22023 if it is negative, and 22008 if it is too long.
 */
int64
sd_interval_argument(Interval *value, const char *argument)
{
	int64 days = (int64) value->month * DAYS_PER_MONTH + value->day;
	int64 result;

	if (pg_mul_s64_overflow(days, USECS_PER_DAY, &result) ||
		pg_add_s64_overflow(result, value->time, &result))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("argument \"%s\" is out of range", argument));
	if (result < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not be negative", argument));

	return result;
}

/*
 * sd_time_after
 *		A later time.  Raises 22008 if there is none that late.
 */
TimestampTz
sd_time_after(TimestampTz now, int64 microseconds)
{
	TimestampTz result;

	if (pg_add_s64_overflow(now, microseconds, &result) ||
		!IS_VALID_TIMESTAMP(result))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"));

	return result;
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
