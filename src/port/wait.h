/*-------------------------------------------------------------------------
 *
 * wait.h
 *	  Sessions that wait for messages, and those that wake them.
 *
 * Whoever makes a message due says so in its transaction; what it said counts
 * when that commits, and is forgotten when it, or the subtransaction, does not.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_PORT_WAIT_H
#define STORMDISC_PORT_WAIT_H

#include "utils/timestamp.h"

extern void sd_wait_init(void);
extern void sd_wait_note_ready(const char *port, int64 messages);
extern void sd_wait_note_due(const char *port, TimestampTz wake_at);
extern void sd_wait_note_received(void);

#endif /* STORMDISC_PORT_WAIT_H */
