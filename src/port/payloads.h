/*-------------------------------------------------------------------------
 *
 * payloads.h
 *	  What components store: how much of it, and is it still the same?
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PAYLOADS_H
#define STORMDISC_PAYLOADS_H

#include "fmgr.h"
#include "utils/jsonb.h"

extern void sd_payload_check_size(Datum data, const char *name);
extern bytea *sd_payload_digest(Jsonb *data, Jsonb *more);
extern bool sd_payload_is_intact(Jsonb *data, Jsonb *more, bytea *digest);

#endif /* STORMDISC_PAYLOADS_H */
