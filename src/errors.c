/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  What an error means for the work around it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "errors.h"

/*
 * sd_error_is_of_object
 *		May other objects be worked on after this error?
 *
 * Not after a cancel, a shutdown, a lack of memory or disk, or damage.  A file
 * that does not exist is a library of the object's.
 */
bool
sd_error_is_of_object(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
			return false;
		case ERRCODE_SYSTEM_ERROR:
			return sqlerrcode == ERRCODE_UNDEFINED_FILE;
		default:
			return sqlerrcode != ERRCODE_DATA_CORRUPTED &&
				   sqlerrcode != ERRCODE_INDEX_CORRUPTED;
	}
}
