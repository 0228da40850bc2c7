/*-------------------------------------------------------------------------
 *
 * messages.h
 *	  Ports and their messages.
 *
 * All of these raise errors, and run between sd_spi_begin(&spi, true) and
 * sd_spi_end() where they take an SdSpi.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_MESSAGES_H
#define STORMDISC_MESSAGES_H

#include "datatype/timestamp.h"
#include "spi_util.h"

/* most messages that one call sends, receives or completes */
#define SD_MAX_BATCH 10000

#define SD_MIN_PRIORITY (-10)
#define SD_MAX_PRIORITY 10

/* longest name or key, in bytes */
#define SD_MAX_KEY_LENGTH 255

/* the segment of what outlives a round of the ring */
#define SD_RING_SIZE 3
#define SD_SEGMENT_KEPT 3

#define SD_MESSAGE_POSITION(priority, id)                                      \
	((((int64) (SD_MAX_PRIORITY - (priority))) << 56) | (int64) (id))
#define SD_POSITION_PRIORITY(position)                                         \
	(SD_MAX_PRIORITY - (int) ((int64) (position) >> 56))

/* a row of stormdisc.ports */
typedef struct SdPort
{
	char name[SD_MAX_KEY_LENGTH + 1]; /* key of the cache */
	text *name_text;
	int max_retries;
	int64 lease; /* microseconds, as are those below */
	int64 backoff;
	int64 backoff_cap;
	float8 jitter;
	int64 dedup_window;
} SdPort;

/* what is sent; keys and payloads may be NULL */
typedef struct SdMessage
{
	text *source;
	text *target;
	Datum data;
	Datum metadata;
	bool has_metadata;
	int priority;
	int max_retries; /* -1: the port's */
	int64 delay;	 /* microseconds */
	text *group_key;
	text *dedup_key;
	text *topic;
	int64 replay_of; /* 0: of none */
	int64 id;		 /* set by sd_messages_send() */
} SdMessage;

/* ports.c */
extern text *sd_key_argument(text *value, const char *argument);
extern const SdPort *sd_port_get(text *name);
extern TimestampTz sd_time_after(TimestampTz now, int64 microseconds);

/* send.c: ids are set, dedup_keys hold; connects to SPI itself */
extern void sd_messages_send(const SdPort *port, SdMessage *messages, int n,
							 TimestampTz now);

/* leases.c: true if the lease was held and is completed now */
extern bool sd_message_complete(SdSpi *spi, const SdPort *port, int64 id,
								int attempt, TimestampTz now);

/* groups.c: a message of these groups is not in the way any more (text[]) */
extern void sd_groups_release(SdSpi *spi, const SdPort *port,
							  Datum group_keys);

/* segments.c */
extern int sd_segment_current(void);
extern bool sd_segments_recycle(void);
extern void sd_segments_recycle_at_commit(void);

/* wait.c: called in the transaction that sends */
extern void sd_wait_message_sent(const char *port);

/* microseconds of an interval argument; 22023 if negative, 22008 if too long */
extern int64 sd_interval_argument(Interval *value, const char *argument);

#endif /* STORMDISC_MESSAGES_H */
