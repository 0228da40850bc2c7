/*-------------------------------------------------------------------------
 *
 * lock.h
 *	  Locks on names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_LOCK_H
#define STORMDISC_LOCK_H

#include "storage/lockdefs.h"

/* what is locked by name: fixed numbers, they show in pg_locks.objsubid */
typedef enum SdLockClass
{
	SD_LOCK_SNAPSHOT = 21301,
	SD_LOCK_MESSAGE_GROUP = 21302,
	SD_LOCK_MESSAGE_SEGMENTS = 21303,
	SD_LOCK_MESSAGE_RECOVERY = 21304,
	SD_LOCK_MAINTENANCE = 21306,
	SD_LOCK_TRACE = 21307,
	SD_LOCK_MIGRATIONS = 21308,
	SD_LOCK_PARTITIONS = 21350,
	SD_LOCK_ROLLUP = 21351
} SdLockClass;

extern void sd_lock_name(SdLockClass class, const char *name);
extern bool sd_lock_number(SdLockClass class, uint32 number, LOCKMODE mode,
						   bool wait);
extern void sd_unlock_number(SdLockClass class, uint32 number, LOCKMODE mode);
extern bool sd_lock_session(SdLockClass class, uint32 number);
extern void sd_unlock_session(SdLockClass class, uint32 number);
extern bool sd_lock_hash(SdLockClass class, uint64 hash);

#endif /* STORMDISC_LOCK_H */
