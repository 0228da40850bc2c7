/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  Locks on names.
 *
 * They are advisory locks in a class that pg_advisory_lock() cannot reach, so
 * they never meet those of users.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"

#include "lock.h"

static void set_tag(LOCKTAG *tag, SdLockClass class, const char *name);

/*
 * sd_lock_name
 *		Wait until no other session has the name, and have it until the end
 *		of the transaction.
 *
 * Two names may share a lock, by chance: that costs time only.
 */
void
sd_lock_name(SdLockClass class, const char *name)
{
	LOCKTAG tag;

	set_tag(&tag, class, name);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/*
 * sd_try_lock_name
 *		Likewise, but do not wait: false if another session has the name.
 */
bool
sd_try_lock_name(SdLockClass class, const char *name)
{
	LOCKTAG tag;

	set_tag(&tag, class, name);

	return LockAcquire(&tag, ExclusiveLock, false, true) !=
		   LOCKACQUIRE_NOT_AVAIL;
}

static void
set_tag(LOCKTAG *tag, SdLockClass class, const char *name)
{
	uint64 hash =
		hash_bytes_extended((const unsigned char *) name, strlen(name), 0);

	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (hash >> 32),
						 (uint32) hash, class);
}
