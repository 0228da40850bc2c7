/*-------------------------------------------------------------------------
 *
 * states.c
 *	  Writing the rows that say how messages stand.
 *
 * Each kind of row goes to one segment of its ring, by a statement of its own:
 * no row is routed.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arrays.h"
#include "port/messages.h"
#include "rows.h"
#include "port/wait.h"
#include "spi_util.h"
#include "stormdisc.h"

#define INSERT_READY(segment, table)                                           \
	{                                                                          \
		.sql = "INSERT INTO stormdisc." table                                  \
			   " (position, id, attempt, last_attempt, segment, port_name, "   \
			   "group_key) SELECT u.position, u.id, u.attempt, u.last, "       \
			   "" segment ", $1, u.group_key "                                 \
			   "FROM ROWS FROM (pg_catalog.unnest($2), "                       \
			   "pg_catalog.unnest($3), pg_catalog.unnest($4), "                \
			   "pg_catalog.unnest($5), pg_catalog.unnest($6)) "                \
			   "u (position, id, attempt, last, group_key)",                   \
		.nparameters = 6, .types = {TEXTOID,	  INT8ARRAYOID, INT8ARRAYOID,  \
									INT4ARRAYOID, INT4ARRAYOID, TEXTARRAYOID}, \
	}

static SdStatement insert_ready[] = {
	INSERT_READY("0", "message_ready_0"),
	INSERT_READY("1", "message_ready_1"),
	INSERT_READY("2", "message_ready_2"),
};

/* those that have all in common but their ids, and are of no group */
#define INSERT_LEASED(segment, table)                                          \
	{                                                                          \
		.sql = "INSERT INTO stormdisc." table                                  \
			   " (id, wake_at, claimed_at, attempt, last_attempt, segment, "   \
			   "priority, is_leased, port_name) "                              \
			   "SELECT u.id, $2, $3, $4, $5, " segment ", $6, true, $1 "       \
			   "FROM pg_catalog.unnest($7) u (id)",                            \
		.nparameters = 7,                                                      \
		.types = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID,            \
				  INT4OID, INT2OID,		   INT8ARRAYOID},                      \
	}

static SdStatement insert_leased[] = {
	INSERT_LEASED("0", "message_waiting_0"),
	INSERT_LEASED("1", "message_waiting_1"),
	INSERT_LEASED("2", "message_waiting_2"),
};

#define INSERT_WAITING(segment, table)                                         \
	{                                                                          \
		.sql =                                                                 \
			"INSERT INTO stormdisc." table                                     \
			" (id, wake_at, claimed_at, attempt, last_attempt, segment, "      \
			"priority, is_leased, port_name, group_key) "                      \
			"SELECT u.id, u.wake_at, u.claimed_at, u.attempt, u.last, "        \
			"" segment ", u.priority, $9, $1, u.group_key "                    \
			"FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), "   \
			"pg_catalog.unnest($4), pg_catalog.unnest($5), "                   \
			"pg_catalog.unnest($6), pg_catalog.unnest($7), "                   \
			"pg_catalog.unnest($8)) u (id, wake_at, claimed_at, attempt, "     \
			"last, priority, group_key)",                                      \
		.nparameters = 9, .types = {TEXTOID,                                   \
									INT8ARRAYOID,                              \
									TIMESTAMPTZARRAYOID,                       \
									TIMESTAMPTZARRAYOID,                       \
									INT4ARRAYOID,                              \
									INT4ARRAYOID,                              \
									INT2ARRAYOID,                              \
									TEXTARRAYOID,                              \
									BOOLOID},                                  \
	}

static SdStatement insert_waiting[] = {
	INSERT_WAITING("0", "message_waiting_0"),
	INSERT_WAITING("1", "message_waiting_1"),
	INSERT_WAITING("2", "message_waiting_2"),
	INSERT_WAITING("3", "message_waiting_kept"),
};

#define TAKE(table)                                                            \
	{                                                                          \
		.sql = "DELETE FROM stormdisc." table                                  \
			   " WHERE port_name OPERATOR(pg_catalog.=) $1 "                   \
			   "AND ctid OPERATOR(pg_catalog.=) ANY ($2)",                     \
		.nparameters = 2, .types = {TEXTOID, TIDARRAYOID},                     \
	}

/* those of message_ready come first */
static SdStatement take[] = {
	TAKE("message_ready_0"),   TAKE("message_ready_1"),
	TAKE("message_ready_2"),   TAKE("message_ready_kept"),
	TAKE("message_waiting_0"), TAKE("message_waiting_1"),
	TAKE("message_waiting_2"), TAKE("message_waiting_kept"),
};

static SdStatement insert_dead_letters = {
	.sql = "INSERT INTO stormdisc.message_dead_letters (port_name, died_at, "
		   "reason, error_message, error_details, id, attempt, priority, "
		   "group_key, processed_at) SELECT $1, $2, $3, $4, $5, u.* "
		   "FROM ROWS FROM (pg_catalog.unnest($6), pg_catalog.unnest($7), "
		   "pg_catalog.unnest($8), pg_catalog.unnest($9), "
		   "pg_catalog.unnest($10)) u",
	.nparameters = 10,
	.types = {TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, JSONBOID, INT8ARRAYOID,
			  INT4ARRAYOID, INT2ARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID},
};

static SdStatement insert_errors = {
	.sql = "INSERT INTO stormdisc.message_errors (port_name, failed_at, "
		   "error_message, error_details, id, attempt) "
		   "SELECT $1, $2, $3, $4, u.* "
		   "FROM ROWS FROM (pg_catalog.unnest($5), pg_catalog.unnest($6)) u "
		   "ON CONFLICT (port_name, id, attempt) DO NOTHING",
	.nparameters = 6,
	.types = {TEXTOID, TIMESTAMPTZOID, TEXTOID, JSONBOID, INT8ARRAYOID,
			  INT4ARRAYOID},
};

static SdStatement insert_completion = {
	.sql = "INSERT INTO stormdisc.message_completions (port_name, "
		   "completed_at, first_id, ids, attempts, processed_at) "
		   "VALUES ($1, $2, $3, $4, $5, $6)",
	.nparameters = 6,
	.types = {TEXTOID, TIMESTAMPTZOID, INT8OID, INT8ARRAYOID, INT4ARRAYOID,
			  TIMESTAMPTZARRAYOID},
};

#define COMPLETIONS_COLUMNS 6

static SdTable completions_table = {
	.name = "message_completions",
	.ncolumns = COMPLETIONS_COLUMNS,
};

/* columns of the tables, in their order */
enum
{
	READY_POSITION,
	READY_ID,
	READY_ATTEMPT,
	READY_LAST_ATTEMPT,
	READY_SEGMENT,
	READY_PORT_NAME,
	READY_GROUP_KEY,
	READY_COLUMNS
};

enum
{
	WAITING_ID,
	WAITING_WAKE_AT,
	WAITING_CLAIMED_AT,
	WAITING_ATTEMPT,
	WAITING_LAST_ATTEMPT,
	WAITING_SEGMENT,
	WAITING_PRIORITY,
	WAITING_IS_LEASED,
	WAITING_PORT_NAME,
	WAITING_GROUP_KEY,
	WAITING_COLUMNS
};

/* for rows that are of no group */
#define READY_TABLE(table)                                                     \
	{                                                                          \
		.name = table, .ncolumns = READY_COLUMNS,                              \
		.null_column = READY_GROUP_KEY + 1                                     \
	}
#define WAITING_TABLE(table)                                                   \
	{                                                                          \
		.name = table, .ncolumns = WAITING_COLUMNS,                            \
		.null_column = WAITING_GROUP_KEY + 1                                   \
	}

SdTable sd_ready_tables[] = {
	READY_TABLE("message_ready_0"),
	READY_TABLE("message_ready_1"),
	READY_TABLE("message_ready_2"),
	READY_TABLE("message_ready_kept"),
};

SdTable sd_waiting_tables[] = {
	WAITING_TABLE("message_waiting_0"),
	WAITING_TABLE("message_waiting_1"),
	WAITING_TABLE("message_waiting_2"),
	WAITING_TABLE("message_waiting_kept"),
};

static bool write_ready(const SdPort *port, const SdReady *rows, int n,
						int segment);
static bool write_waiting(const SdPort *port, const SdWaiting *rows, int n,
						  bool is_leased, TimestampTz now, int segment);
static Datum id_array(const SdFound *found, int n);
static Datum attempt_array(const SdFound *found, int n);
static Datum claimed_array(const SdFound *found, int n);
static bool are_uniform(const SdWaiting *rows, int n);
static void make_leased(const SdPort *port, const SdWaiting *rows, int n,
						TimestampTz now, int segment);
static int segment_until(TimestampTz wake_at, TimestampTz now);

/*
 * sd_messages_make_ready
 *		Messages that can be delivered now.
 */
void
sd_messages_make_ready(const SdPort *port, const SdReady *rows, int n)
{
	int segment = sd_segment_current();
	Datum *positions = palloc(n * sizeof(Datum));
	Datum *ids = palloc(n * sizeof(Datum));
	Datum *attempts = palloc(n * sizeof(Datum));
	Datum *lasts = palloc(n * sizeof(Datum));
	Datum *keys = palloc(n * sizeof(Datum));
	bool *no_keys = palloc(n * sizeof(bool));
	Datum values[6];

	sd_wait_note_ready(port->name, n);
	for (int i = 0; i < n; i++)
		sd_port_has_ready(port, rows[i].priority, rows[i].id);
	if (write_ready(port, rows, n, segment))
		return;

	for (int i = 0; i < n; i++)
	{
		positions[i] =
			Int64GetDatum(SD_MESSAGE_POSITION(rows[i].priority, rows[i].id));
		ids[i] = Int64GetDatum(rows[i].id);
		attempts[i] = Int32GetDatum(rows[i].attempt);
		lasts[i] = Int32GetDatum(rows[i].last_attempt);
		keys[i] = PointerGetDatum(rows[i].group_key);
		no_keys[i] = rows[i].group_key == NULL;
	}
	values[0] = PointerGetDatum(port->name_text);
	values[1] = PointerGetDatum(sd_array_make(positions, NULL, n, INT8OID));
	values[2] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	values[3] = PointerGetDatum(sd_array_make(attempts, NULL, n, INT4OID));
	values[4] = PointerGetDatum(sd_array_make(lasts, NULL, n, INT4OID));
	values[5] = PointerGetDatum(sd_array_make(keys, no_keys, n, TEXTOID));
	(void) sd_spi_write(&insert_ready[segment], values, NULL);
}

/* Without a statement, if that is possible. */
static bool
write_ready(const SdPort *port, const SdReady *rows, int n, int segment)
{
	SdOpenTable open;
	Datum *values;
	bool *nulls;

	for (int i = 0; i < n; i++)
		if (rows[i].group_key != NULL)
			return false;
	if (!sd_table_open(&sd_ready_tables[segment], &open))
		return false;

	values = palloc(n * READY_COLUMNS * sizeof(Datum));
	nulls = palloc0(n * READY_COLUMNS * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		Datum *row = &values[i * READY_COLUMNS];

		row[READY_POSITION] =
			Int64GetDatum(SD_MESSAGE_POSITION(rows[i].priority, rows[i].id));
		row[READY_ID] = Int64GetDatum(rows[i].id);
		row[READY_ATTEMPT] = Int32GetDatum(rows[i].attempt);
		row[READY_LAST_ATTEMPT] = Int32GetDatum(rows[i].last_attempt);
		row[READY_SEGMENT] = Int16GetDatum((int16) segment);
		row[READY_PORT_NAME] = PointerGetDatum(port->name_text);
		nulls[i * READY_COLUMNS + READY_GROUP_KEY] = true;
	}
	sd_table_insert(&open, values, nulls, n);
	sd_table_close(&open);
	CommandCounterIncrement();

	return true;
}

/*
 * sd_messages_make_waiting
 *		Messages that are delivered and leased, or that wait.
 *
 * Those that are leased are all claimed at the same time, and until the same.
 */
void
sd_messages_make_waiting(const SdPort *port, const SdWaiting *rows, int n,
						 bool is_leased, TimestampTz now)
{
	Datum *columns[7];
	bool *nulls[7];
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID,
								INT4OID, INT4OID,		 INT2OID,
								TEXTOID};
	TimestampTz first_wake = rows[0].wake_at;
	int segment;
	Datum values[9];

	for (int i = 0; i < n; i++)
		first_wake = Min(first_wake, rows[i].wake_at);
	if (!TIMESTAMP_IS_NOEND(first_wake))
		sd_wait_note_due(port->name, first_wake);
	segment = is_leased ? sd_segment_current() : segment_until(first_wake, now);
	if (write_waiting(port, rows, n, is_leased, now, segment))
		return;
	if (is_leased && are_uniform(rows, n))
	{
		make_leased(port, rows, n, now, segment);
		return;
	}

	for (int i = 0; i < lengthof(columns); i++)
	{
		columns[i] = palloc(n * sizeof(Datum));
		nulls[i] = palloc0(n * sizeof(bool));
	}
	for (int i = 0; i < n; i++)
	{
		TimestampTz claimed_at = is_leased ? now : rows[i].claimed_at;

		columns[0][i] = Int64GetDatum(rows[i].id);
		columns[1][i] = TimestampTzGetDatum(rows[i].wake_at);
		columns[2][i] = TimestampTzGetDatum(claimed_at);
		nulls[2][i] = claimed_at == 0;
		columns[3][i] = Int32GetDatum(rows[i].attempt);
		columns[4][i] = Int32GetDatum(rows[i].last_attempt);
		columns[5][i] = Int16GetDatum((int16) rows[i].priority);
		columns[6][i] = PointerGetDatum(rows[i].group_key);
		nulls[6][i] = rows[i].group_key == NULL;
	}
	values[0] = PointerGetDatum(port->name_text);
	for (int i = 0; i < lengthof(columns); i++)
		values[i + 1] =
			PointerGetDatum(sd_array_make(columns[i], nulls[i], n, types[i]));
	values[8] = BoolGetDatum(is_leased);
	(void) sd_spi_write(&insert_waiting[segment], values, NULL);
}

/* Without a statement, if that is possible. */
static bool
write_waiting(const SdPort *port, const SdWaiting *rows, int n, bool is_leased,
			  TimestampTz now, int segment)
{
	SdOpenTable open;
	Datum *values;
	bool *nulls;

	for (int i = 0; i < n; i++)
		if (rows[i].group_key != NULL)
			return false;
	if (!sd_table_open(&sd_waiting_tables[segment], &open))
		return false;

	values = palloc(n * WAITING_COLUMNS * sizeof(Datum));
	nulls = palloc0(n * WAITING_COLUMNS * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		TimestampTz claimed_at = is_leased ? now : rows[i].claimed_at;
		Datum *row = &values[i * WAITING_COLUMNS];
		bool *row_nulls = &nulls[i * WAITING_COLUMNS];

		row[WAITING_ID] = Int64GetDatum(rows[i].id);
		row[WAITING_WAKE_AT] = TimestampTzGetDatum(rows[i].wake_at);
		row[WAITING_CLAIMED_AT] = TimestampTzGetDatum(claimed_at);
		row_nulls[WAITING_CLAIMED_AT] = claimed_at == 0;
		row[WAITING_ATTEMPT] = Int32GetDatum(rows[i].attempt);
		row[WAITING_LAST_ATTEMPT] = Int32GetDatum(rows[i].last_attempt);
		row[WAITING_SEGMENT] = Int16GetDatum((int16) segment);
		row[WAITING_PRIORITY] = Int16GetDatum((int16) rows[i].priority);
		row[WAITING_IS_LEASED] = BoolGetDatum(is_leased);
		row[WAITING_PORT_NAME] = PointerGetDatum(port->name_text);
		row_nulls[WAITING_GROUP_KEY] = true;
	}
	sd_table_insert(&open, values, nulls, n);
	sd_table_close(&open);
	CommandCounterIncrement();

	return true;
}

/* Have they all in common but their ids, and are they of no group? */
static bool
are_uniform(const SdWaiting *rows, int n)
{
	for (int i = 0; i < n; i++)
		if (rows[i].attempt != rows[0].attempt ||
			rows[i].last_attempt != rows[0].last_attempt ||
			rows[i].priority != rows[0].priority || rows[i].group_key != NULL)
			return false;

	return true;
}

static void
make_leased(const SdPort *port, const SdWaiting *rows, int n, TimestampTz now,
			int segment)
{
	Datum *ids = palloc(n * sizeof(Datum));
	Datum values[7];

	for (int i = 0; i < n; i++)
		ids[i] = Int64GetDatum(rows[i].id);
	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(rows->wake_at);
	values[2] = TimestampTzGetDatum(now);
	values[3] = Int32GetDatum(rows->attempt);
	values[4] = Int32GetDatum(rows->last_attempt);
	values[5] = Int16GetDatum((int16) rows->priority);
	values[6] = PointerGetDatum(sd_array_make(ids, NULL, n, INT8OID));
	(void) sd_spi_write(&insert_leased[segment], values, NULL);
}

/*
 * sd_waiting_read
 *		A row of message_waiting; its key is a copy.
 */
void
sd_waiting_read(TupleTableSlot *slot, SdWaiting *row, bool *is_leased)
{
	slot_getallattrs(slot);
	row->id = DatumGetInt64(slot->tts_values[WAITING_ID]);
	row->wake_at = DatumGetTimestampTz(slot->tts_values[WAITING_WAKE_AT]);
	row->claimed_at =
		slot->tts_isnull[WAITING_CLAIMED_AT]
			? 0
			: DatumGetTimestampTz(slot->tts_values[WAITING_CLAIMED_AT]);
	row->attempt = DatumGetInt32(slot->tts_values[WAITING_ATTEMPT]);
	row->last_attempt = DatumGetInt32(slot->tts_values[WAITING_LAST_ATTEMPT]);
	row->priority = DatumGetInt16(slot->tts_values[WAITING_PRIORITY]);
	*is_leased = DatumGetBool(slot->tts_values[WAITING_IS_LEASED]);
	row->group_key =
		slot->tts_isnull[WAITING_GROUP_KEY]
			? NULL
			: DatumGetTextPCopy(slot->tts_values[WAITING_GROUP_KEY]);
}

/*
 * sd_ready_read
 *		Likewise of message_ready.
 */
void
sd_ready_read(TupleTableSlot *slot, SdWaiting *row)
{
	slot_getallattrs(slot);
	MemSet(row, 0, sizeof(*row));
	row->id = DatumGetInt64(slot->tts_values[READY_ID]);
	row->attempt = DatumGetInt32(slot->tts_values[READY_ATTEMPT]);
	row->last_attempt = DatumGetInt32(slot->tts_values[READY_LAST_ATTEMPT]);
	row->priority =
		SD_POSITION_PRIORITY(DatumGetInt64(slot->tts_values[READY_POSITION]));
	row->group_key = slot->tts_isnull[READY_GROUP_KEY]
						 ? NULL
						 : DatumGetTextPCopy(slot->tts_values[READY_GROUP_KEY]);
}

/*
 * The segment of a row that waits: one that would only be in the way of the
 * ring is kept outside of it.
 */
static int
segment_until(TimestampTz wake_at, TimestampTz now)
{
	if (!TIMESTAMP_NOT_FINITE(wake_at) &&
		wake_at - now >
			(int64) 2 * sd_setting_message_segment_period * USECS_PER_SEC)
		return SD_SEGMENT_KEPT;

	return sd_segment_current();
}

/*
 * sd_messages_take
 *		Remove rows that were found and locked.
 */
void
sd_messages_take(const SdPort *port, const SdFound *found, int n)
{
	Datum *tids = palloc(n * sizeof(Datum));
	Datum values[2];

	values[0] = PointerGetDatum(port->name_text);
	for (int kind = 0; kind < lengthof(take); kind++)
	{
		bool is_ready = kind <= SD_SEGMENT_KEPT;
		int segment = kind % (SD_SEGMENT_KEPT + 1);
		int count = 0;

		for (int i = 0; i < n; i++)
			if (found[i].is_ready == is_ready && found[i].segment == segment)
				tids[count++] = PointerGetDatum(&found[i].tid);
		if (count == 0)
			continue;
		values[1] = PointerGetDatum(sd_array_make(tids, NULL, count, TIDOID));
		if (sd_spi_write(&take[kind], values, NULL) != count)
			elog(ERROR, "messages of port \"%s\" are not where they were found",
				 port->name);
	}
}

/*
 * sd_messages_to_ready
 *		Rows that were found can be delivered now.
 */
void
sd_messages_to_ready(const SdPort *port, const SdFound *found, int n)
{
	SdReady *rows;

	if (n == 0)
		return;
	rows = palloc(n * sizeof(SdReady));
	for (int i = 0; i < n; i++)
	{
		rows[i].id = found[i].row.id;
		rows[i].attempt = found[i].row.attempt;
		rows[i].last_attempt = found[i].row.last_attempt;
		rows[i].priority = found[i].row.priority;
		rows[i].group_key = found[i].row.group_key;
	}
	sd_messages_make_ready(port, rows, n);
}

/*
 * sd_messages_die
 *		Messages that were taken are dead letters.
 */
void
sd_messages_die(const SdPort *port, const SdFound *found, int n,
				const char *reason, text *message, Datum details,
				bool has_details, TimestampTz now)
{
	Datum values[10];
	bool nulls[10] = {false};
	Datum *columns = palloc(n * sizeof(Datum));
	bool *column_nulls = palloc(n * sizeof(bool));

	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(now);
	values[2] = CStringGetTextDatum(reason);
	values[3] = PointerGetDatum(message);
	nulls[3] = message == NULL;
	values[4] = details;
	nulls[4] = !has_details;
	values[5] = id_array(found, n);
	values[6] = attempt_array(found, n);
	for (int i = 0; i < n; i++)
		columns[i] = Int16GetDatum((int16) found[i].row.priority);
	values[7] = PointerGetDatum(sd_array_make(columns, NULL, n, INT2OID));
	for (int i = 0; i < n; i++)
	{
		columns[i] = PointerGetDatum(found[i].row.group_key);
		column_nulls[i] = found[i].row.group_key == NULL;
	}
	values[8] =
		PointerGetDatum(sd_array_make(columns, column_nulls, n, TEXTOID));
	values[9] = claimed_array(found, n);
	(void) sd_spi_write(&insert_dead_letters, values, nulls);
}

/*
 * sd_messages_note_error
 *		What went wrong with deliveries.
 */
void
sd_messages_note_error(const SdPort *port, const SdFound *found, int n,
					   text *message, Datum details, bool has_details,
					   TimestampTz now)
{
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(now);
	values[2] = PointerGetDatum(message);
	nulls[2] = message == NULL;
	values[3] = details;
	nulls[3] = !has_details;
	values[4] = id_array(found, n);
	values[5] = attempt_array(found, n);
	(void) sd_spi_write(&insert_errors, values, nulls);
}

/*
 * sd_messages_note_completion
 *		Messages that were taken are completed.
 */
void
sd_messages_note_completion(const SdPort *port, const SdFound *found, int n,
							TimestampTz now)
{
	Datum values[COMPLETIONS_COLUMNS];
	bool nulls[COMPLETIONS_COLUMNS] = {false};
	SdOpenTable open;

	/* these are the columns, in their order */
	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(now);
	values[2] = Int64GetDatum(found[0].row.id);
	values[3] = id_array(found, n);
	values[4] = attempt_array(found, n);
	values[5] = claimed_array(found, n);
	if (sd_table_open(&completions_table, &open))
	{
		sd_table_insert(&open, values, nulls, 1);
		sd_table_close(&open);
		CommandCounterIncrement();
	}
	else
		(void) sd_spi_write(&insert_completion, values, NULL);
}

static Datum
id_array(const SdFound *found, int n)
{
	Datum *values = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		values[i] = Int64GetDatum(found[i].row.id);

	return PointerGetDatum(sd_array_make(values, NULL, n, INT8OID));
}

static Datum
attempt_array(const SdFound *found, int n)
{
	Datum *values = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		values[i] = Int32GetDatum(found[i].row.attempt);

	return PointerGetDatum(sd_array_make(values, NULL, n, INT4OID));
}

static Datum
claimed_array(const SdFound *found, int n)
{
	Datum *values = palloc(n * sizeof(Datum));
	bool *nulls = palloc(n * sizeof(bool));

	for (int i = 0; i < n; i++)
	{
		values[i] = TimestampTzGetDatum(found[i].row.claimed_at);
		nulls[i] = found[i].row.claimed_at == 0;
	}

	return PointerGetDatum(sd_array_make(values, nulls, n, TIMESTAMPTZOID));
}
