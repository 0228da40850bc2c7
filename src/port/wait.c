/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  Waking who waits for messages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "port/messages.h"

void
sd_wait_message_sent(const char *port)
{
}
