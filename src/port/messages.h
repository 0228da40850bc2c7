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
#include "portability/instr_time.h"
#include "storage/itemptr.h"

#include "port/port_util.h"
#include "rows.h"
#include "spi_util.h"

/* most messages that one call sends, receives or completes */
#define SD_MAX_BATCH 10000

#define SD_MIN_PRIORITY (-10)
#define SD_MAX_PRIORITY 10

/* the segment of what outlives a round of the ring */
#define SD_RING_SIZE 3
#define SD_SEGMENT_KEPT 3

#define SD_MESSAGE_POSITION(priority, id)                                      \
	((((int64) (SD_MAX_PRIORITY - (priority))) << 56) | (int64) (id))
#define SD_POSITION_PRIORITY(position)                                         \
	(SD_MAX_PRIORITY - (int) ((int64) (position) >> 56))

/* no message of a higher priority is after it, all others are */
#define SD_POSITION_FLOOR(position)                                            \
	SD_MESSAGE_POSITION(SD_POSITION_PRIORITY(position), 0)

/* columns of stormdisc.messages, in their order */
enum
{
	SD_MESSAGES_PORT_NAME,
	SD_MESSAGES_ID,
	SD_MESSAGES_CREATED_AT,
	SD_MESSAGES_SOURCE,
	SD_MESSAGES_TARGET,
	SD_MESSAGES_PRIORITY,
	SD_MESSAGES_MAX_RETRIES,
	SD_MESSAGES_GROUP_KEY,
	SD_MESSAGES_DEDUP_KEY,
	SD_MESSAGES_REPLAY_OF,
	SD_MESSAGES_TOPIC,
	SD_MESSAGES_DATA,
	SD_MESSAGES_METADATA,
	SD_MESSAGES_COLUMNS
};

/*
 * In a statement, where the rows of messages of port $1 are, message by
 * message: the planner is not to choose a join, as it knows too little of these
 * tables. ids is what to select their numbers from.
 */
#define SD_ROWS_OF(ids, table)                                                 \
	"ctid OPERATOR(pg_catalog.=) ANY (ARRAY("                                  \
	"SELECT x.ctid FROM " ids " AS u (id), LATERAL ("                          \
	"SELECT t.ctid FROM stormdisc." table " t "                                \
	"WHERE t.port_name OPERATOR(pg_catalog.=) $1 "                             \
	"AND t.id OPERATOR(pg_catalog.=) u.id OFFSET 0) x)) "

/*
 * How far a session has been in an index, so that it need not walk over the
 * rows that are gone each time.  It is only a hint.
 */
typedef struct SdPlace
{
	int64 value;			/* nothing before it was there */
	TimestampTz next_start; /* when to look from the start again */
	TimestampTz next_idle;	/* when to do so if there is nothing else */
	int n_costly;			/* times in a row that it was costly */
} SdPlace;

/* what a session remembers of a port; all of it may be forgotten or wrong */
typedef struct SdPortHints
{
	SdPlace ready;			 /* a position */
	SdPlace higher;			 /* for higher priorities; mostly 0 */
	SdPlace recent;			 /* for those that were committed late */
	int64 marks[2];			 /* where ready was, the older one first */
	TimestampTz marked_at;	 /* when it was the second one */
	int64 ready_step;		 /* positions from one message to the next */
	SdPlace due;			 /* a time */
	SdPlace due_leases;		 /* likewise */
	TimestampTz next_due;	 /* when to look for what is due at the latest */
	TimestampTz next_groups; /* and for groups that nobody has gone on with */
} SdPortHints;

/* a row of stormdisc.ports */
typedef struct SdPort
{
	char name[SD_MAX_KEY_LENGTH + 1]; /* key of the cache */
	text *name_text;
	SdPortHints *hints;
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
extern const SdPort *sd_port_get(text *name);
extern void sd_port_has_ready(const SdPort *port, int priority, int64 id);
extern void sd_port_recheck(const SdPort *port);

/* send.c: 54000 if they are too large */
extern void sd_message_check_size(Datum data);

/* likewise: ids are set, dedup_keys hold; connects to SPI itself */
extern void sd_messages_send(const SdPort *port, SdMessage *messages, int n,
							 TimestampTz now);

/* a row of message_ready that is to be written; the key may be NULL */
typedef struct SdReady
{
	int64 id;
	int attempt;
	int last_attempt;
	int priority;
	text *group_key;
} SdReady;

/* likewise of message_waiting; claimed_at 0 is NULL */
typedef struct SdWaiting
{
	int64 id;
	int attempt;
	int last_attempt;
	int priority;
	text *group_key;
	TimestampTz wake_at;
	TimestampTz claimed_at;
} SdWaiting;

/* a row that was found and locked, of either */
typedef struct SdFound
{
	SdWaiting row;
	bool is_ready; /* else it is one of message_waiting */
	bool is_leased;
	int segment;
	ItemPointerData tid;
} SdFound;

/* states.c: the tables of each segment; rows that are of no group */
extern SdTable sd_messages_table;
extern SdTable sd_ready_tables[];
extern SdTable sd_waiting_tables[];

extern void sd_waiting_read(TupleTableSlot *slot, SdWaiting *row,
							bool *is_leased);
extern void sd_ready_read(TupleTableSlot *slot, SdWaiting *row);
extern void sd_messages_make_ready(const SdPort *port, const SdReady *rows,
								   int n);
extern void sd_messages_make_waiting(const SdPort *port, const SdWaiting *rows,
									 int n, bool is_leased, TimestampTz now);
extern void sd_messages_take(const SdPort *port, const SdFound *found, int n);
extern void sd_messages_to_ready(const SdPort *port, const SdFound *found,
								 int n);
extern void sd_messages_die(const SdPort *port, const SdFound *found, int n,
							const char *reason, text *message, Datum details,
							bool has_details, TimestampTz now);
extern void sd_messages_note_error(const SdPort *port, const SdFound *found,
								   int n, text *message, Datum details,
								   bool has_details, TimestampTz now);
extern void sd_messages_note_completion(const SdPort *port,
										const SdFound *found, int n,
										TimestampTz now);

/* lease_rows.c */
extern void sd_leases_write(const SdPort *port, const SdWaiting *rows, int n,
							TimestampTz now);
extern int sd_leases_take(const SdPort *port, Datum *ids, int *n, int attempt,
						  SdFound *taken);
extern void sd_leases_split(const SdPort *port, int64 id);
extern int sd_leases_take_due(const SdPort *port, SdFound **taken,
							  TimestampTz now);

/* leases.c: true if the lease was held and is completed now */
extern bool sd_message_complete(SdSpi *spi, const SdPort *port, int64 id,
								int attempt, TimestampTz now);

/* groups.c */
extern int sd_groups_choose(const SdPort *port, const SdFound *found, int n,
							const SdFound *claimed, int n_claimed, int limit,
							SdFound *chosen, int *n_chosen, TimestampTz now);
extern void sd_groups_release(const SdPort *port, text **keys, int n);
extern void sd_groups_release_of(const SdPort *port, const SdFound *found,
								 int n);
extern void sd_groups_sweep(const SdPort *port, TimestampTz now);

/* due.c: times and work of a look from the start */
typedef struct SdLook
{
	instr_time start;
	int64 buffers;
} SdLook;

extern void sd_look_begin(SdLook *look);
extern void sd_look_end(const SdLook *look, SdPlace *place, int64 walked,
						int64 found, TimestampTz now);
extern void sd_look_pause(const SdLook *look, SdPlace *place, TimestampTz now);

extern int sd_messages_wake(const SdPort *port, TimestampTz now);

/* recover.c */
extern int64 sd_messages_recover_restored(int64 max_messages, bool dry_run,
										  bool *is_done, const char **message);

/* segments.c */
extern int sd_segment_current(void);
extern bool sd_segments_recycle(void);
extern void sd_segments_recycle_at_commit(void);

#endif /* STORMDISC_MESSAGES_H */
