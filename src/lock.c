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
	uint64 hash =
		hash_bytes_extended((const unsigned char *) name, strlen(name), 0);
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (hash >> 32),
						 (uint32) hash, class);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/*
 * sd_lock_hash
 *		Have a hash of a name until the end of the transaction, unless another
 *		session has it: false then.
 */
bool
sd_lock_hash(SdLockClass class, uint64 hash)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (hash >> 32),
						 (uint32) hash, class);

	return LockAcquire(&tag, ExclusiveLock, false, true) !=
		   LOCKACQUIRE_NOT_AVAIL;
}

/*
 * sd_lock_number
 *		Have a number, in a mode of table locks, until the end of the
 *		transaction or sd_unlock_number(); false if others have it and it is
 *		not to be waited for.
 */
bool
sd_lock_number(SdLockClass class, uint32 number, LOCKMODE mode, bool wait)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, number, class);

	return LockAcquire(&tag, mode, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

/*
 * sd_unlock_number
 *		Have it no longer, unless it was locked before, too.
 */
void
sd_unlock_number(SdLockClass class, uint32 number, LOCKMODE mode)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, number, class);
	(void) LockRelease(&tag, mode, false);
}

/*
 * sd_lock_session
 *		Have a number until the session ends or sd_unlock_session(), unless
 *		another session has it: false then.
 */
bool
sd_lock_session(SdLockClass class, uint32 number)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, number, class);

	return LockAcquire(&tag, ExclusiveLock, true, true) !=
		   LOCKACQUIRE_NOT_AVAIL;
}

/*
 * sd_unlock_session
 *		Have it no longer.
 */
void
sd_unlock_session(SdLockClass class, uint32 number)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, number, class);
	(void) LockRelease(&tag, ExclusiveLock, true);
}
