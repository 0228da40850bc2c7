/*-------------------------------------------------------------------------
 *
 * uuid.h
 *	  Numbers of rows: UUIDs of version 7, which sort by time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_UUID_H
#define STORMDISC_UUID_H

#include "datatype/timestamp.h"
#include "utils/uuid.h"

extern void sd_uuid_first(pg_uuid_t *uuid, TimestampTz now);
extern void sd_uuid_next(pg_uuid_t *uuid);

#endif /* STORMDISC_UUID_H */
