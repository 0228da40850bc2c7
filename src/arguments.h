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

extern Datum sd_argument_required(FunctionCallInfo fcinfo, int number,
								  const char *name);

#endif /* STORMDISC_ARGUMENTS_H */
