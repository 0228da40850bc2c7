/*-------------------------------------------------------------------------
 *
 * arguments.h
 *	  Arguments of functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ARGUMENTS_H
#define STORMDISC_ARGUMENTS_H

#include "fmgr.h"

/* longest name or key, in bytes */
#define SD_MAX_KEY_LENGTH 255

extern Datum sd_argument_required(FunctionCallInfo fcinfo, int number,
								  const char *name);
extern text *sd_key_argument(text *value, const char *argument);
extern Datum sd_argument_key(FunctionCallInfo fcinfo, int number,
							 const char *name);

#endif /* STORMDISC_ARGUMENTS_H */
