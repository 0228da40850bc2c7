/*-------------------------------------------------------------------------
 *
 * uuid.c
 *	  Numbers of rows: UUIDs of version 7, which sort by time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "uuid.h"

/* bytes before those that count: time, version, 12 random bits, variant */
#define FIXED_LENGTH 9

/*
 * sd_uuid_first
 *		A UUID of this time, and 74 random bits.
 */
void
sd_uuid_first(pg_uuid_t *uuid, TimestampTz now)
{
	uint64 milliseconds =
		(now + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY) /
		1000;

	if (!pg_strong_random(&uuid->data[6], UUID_LEN - 6))
		ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	for (int i = 0; i < 6; i++)
		uuid->data[i] = (unsigned char) (milliseconds >> (40 - 8 * i));
	uuid->data[6] = (uuid->data[6] & 0x0f) | 0x70;
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
}

/*
 * sd_uuid_next
 *		The one after it: of many that one call needs only the first is random.
 */
void
sd_uuid_next(pg_uuid_t *uuid)
{
	for (int i = UUID_LEN - 1; i >= FIXED_LENGTH; i--)
	{
		if (++uuid->data[i] != 0)
			break;
	}
}
