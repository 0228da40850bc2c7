/*-------------------------------------------------------------------------
 *
 * send.c
 *	  stormdisc_send, stormdisc_send_batch: messages come into being.
 *
 * They join the caller's transaction.  Who sends waits for nobody but another
 * sender of the same dedup_key.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "arrays.h"
#include "port/messages.h"
#include "rows.h"
#include "port/wait.h"
#include "spi_util.h"
#include "stormdisc.h"

PG_FUNCTION_INFO_V1(stormdisc_send);
PG_FUNCTION_INFO_V1(stormdisc_send_batch);

/* the arguments of both */
enum
{
	ARG_PORT,
	ARG_SOURCE,
	ARG_TARGET,
	ARG_DATA,
	ARG_METADATA,
	ARG_DELAY,
	ARG_PRIORITY,
	ARG_GROUP_KEY,
	ARG_DEDUP_KEY,
	ARG_MAX_RETRIES
};

SdTable sd_messages_table = {
	.name = "messages",
	.ncolumns = SD_MESSAGES_COLUMNS,
};

/* a key that has been seen in a call */
typedef struct SeenKey
{
	char key[SD_MAX_KEY_LENGTH + 1];
	text *text;
	int64 id;	  /* of the first message with it */
	bool is_open; /* that is not known yet */
} SeenKey;

static void read_arguments(FunctionCallInfo fcinfo, SdMessage *message);
static text *optional_key(FunctionCallInfo fcinfo, int argument,
						  const char *name);
static int read_keys(FunctionCallInfo fcinfo, int argument, const char *name,
					 int n, Datum **values, bool **nulls);
static int64 new_id(void);
static int settle_duplicates(const SdPort *port, SdMessage *messages, int n,
							 bool *is_new, TimestampTz now);
static SeenKey *find_key(HTAB *seen, text *value, HASHACTION action);
static void set_keys(Datum *values, SeenKey **keys, int n);
static int compare_keys(const void *a, const void *b);
static int read_settled(HTAB *seen);
static bool write_plain(const SdPort *port, const SdMessage *messages, int n,
						const bool *is_new, TimestampTz now);
static void write_one(const SdPort *port, const SdMessage *message,
					  TimestampTz now);
static bool are_uniform(const SdMessage *messages, int n);
static void write_uniform(const SdPort *port, const SdMessage *messages, int n,
						  TimestampTz now);
static void write_any(const SdPort *port, const SdMessage *messages, int n,
					  const bool *is_new, TimestampTz now);
static void write_delayed(const SdPort *port, const SdMessage *messages, int n,
						  const bool *is_new, TimestampTz now);
static int last_attempt(const SdPort *port, const SdMessage *message);
static Datum text_or_null(text *value, bool *isnull);

/* one message that is ready, into the segment */
#define SEND_ONE(segment, table)                                               \
	{                                                                          \
		.sql = "WITH m AS (INSERT INTO stormdisc.messages (port_name, id, "    \
			   "created_at, source_component, target_component, priority, "    \
			   "max_retries, group_key, dedup_key, replay_of, topic, "         \
			   "message_data, message_metadata) VALUES ($1, $2, $3, $4, $5, "  \
			   "$6, $7, $8, $9, $10, $11, $12, $13)) "                         \
			   "INSERT INTO stormdisc." table " (position, id, attempt, "      \
			   "last_attempt, segment, port_name, group_key) "                 \
			   "VALUES ($14, $2, 0, $15, " segment ", $1, $8)",                \
		.nparameters = 15,                                                     \
		.types = {TEXTOID, INT8OID,	 TIMESTAMPTZOID, TEXTOID, TEXTOID,         \
				  INT2OID, INT4OID,	 TEXTOID,		 TEXTOID, INT8OID,         \
				  TEXTOID, JSONBOID, JSONBOID,		 INT8OID, INT4OID},        \
	}

static SdStatement send_one[] = {
	SEND_ONE("0", "message_ready_0"),
	SEND_ONE("1", "message_ready_1"),
	SEND_ONE("2", "message_ready_2"),
};

/* many that are ready and differ in their data only */
#define SEND_UNIFORM(segment, table)                                           \
	{                                                                          \
		.sql =                                                                 \
			"WITH m AS (INSERT INTO stormdisc.messages (port_name, id, "       \
			"created_at, source_component, target_component, priority, "       \
			"max_retries, topic, message_data, message_metadata) "             \
			"SELECT $1, u.id, $2, $3, $4, $5, $6, $7, u.data, u.metadata "     \
			"FROM ROWS FROM (pg_catalog.unnest($8), pg_catalog.unnest($9), "   \
			"pg_catalog.unnest($10)) u (id, data, metadata)) "                 \
			"INSERT INTO stormdisc." table " (position, id, attempt, "         \
			"last_attempt, segment, port_name) "                               \
			"SELECT u.id OPERATOR(pg_catalog.+) $11, u.id, 0, $12, " segment   \
			", $1 FROM pg_catalog.unnest($8) u (id)",                          \
		.nparameters = 12,                                                     \
		.types = {TEXTOID,		 TIMESTAMPTZOID, TEXTOID, TEXTOID,             \
				  INT2OID,		 INT4OID,		 TEXTOID, INT8ARRAYOID,        \
				  JSONBARRAYOID, JSONBARRAYOID,	 INT8OID, INT4OID},            \
	}

static SdStatement send_uniform[] = {
	SEND_UNIFORM("0", "message_ready_0"),
	SEND_UNIFORM("1", "message_ready_1"),
	SEND_UNIFORM("2", "message_ready_2"),
};

static SdStatement insert_messages = {
	.sql =
		"INSERT INTO stormdisc.messages (port_name, created_at, id, "
		"source_component, target_component, priority, max_retries, group_key, "
		"dedup_key, replay_of, topic, message_data, message_metadata) "
		"SELECT $1, $2, u.* FROM ROWS FROM (pg_catalog.unnest($3), "
		"pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6), "
		"pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9), "
		"pg_catalog.unnest($10), pg_catalog.unnest($11), "
		"pg_catalog.unnest($12), pg_catalog.unnest($13)) u",
	.nparameters = 13,
	.types = {TEXTOID, TIMESTAMPTZOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
			  INT2ARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
			  INT8ARRAYOID, TEXTARRAYOID, JSONBARRAYOID, JSONBARRAYOID},
};

/* in the order of the keys, so that two senders do not wait for each other */
static SdStatement insert_dedup = {
	.sql = "INSERT INTO stormdisc.message_dedup AS d (port_name, dedup_key, "
		   "id, expires_at) SELECT $1, u.dedup_key, u.id, $4 "
		   "FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) "
		   "u (dedup_key, id) "
		   "ON CONFLICT (port_name, dedup_key) DO UPDATE "
		   "SET id = EXCLUDED.id, expires_at = EXCLUDED.expires_at "
		   "WHERE d.expires_at OPERATOR(pg_catalog.<=) $5 "
		   "RETURNING d.dedup_key, d.id",
	.nparameters = 5,
	.types = {TEXTOID, TEXTARRAYOID, INT8ARRAYOID, TIMESTAMPTZOID,
			  TIMESTAMPTZOID},
};

static SdStatement select_dedup = {
	.sql = "SELECT d.dedup_key, d.id FROM stormdisc.message_dedup d "
		   "WHERE d.port_name OPERATOR(pg_catalog.=) $1 "
		   "AND d.dedup_key OPERATOR(pg_catalog.=) ANY ($2)",
	.nparameters = 2,
	.types = {TEXTOID, TEXTARRAYOID},
};

/*
 * stormdisc_send(port, source, target, data, metadata, delay, priority,
 *		group_key, dedup_key, max_retries) -> id
 *		Send a message.
 */
Datum
stormdisc_send(PG_FUNCTION_ARGS)
{
	const SdPort *port = sd_port_get(
		PG_ARGISNULL(ARG_PORT) ? NULL : PG_GETARG_TEXT_PP(ARG_PORT));
	SdMessage message = {0};

	read_arguments(fcinfo, &message);
	(void) sd_argument_required(fcinfo, ARG_DATA, "data");
	message.data = PG_GETARG_DATUM(ARG_DATA);
	sd_message_check_size(message.data);
	message.has_metadata = !PG_ARGISNULL(ARG_METADATA);
	if (message.has_metadata)
	{
		message.metadata = PG_GETARG_DATUM(ARG_METADATA);
		sd_message_check_size(message.metadata);
	}
	message.group_key = optional_key(fcinfo, ARG_GROUP_KEY, "group_key");
	message.dedup_key = optional_key(fcinfo, ARG_DEDUP_KEY, "dedup_key");

	sd_messages_send(port, &message, 1, GetCurrentTimestamp());

	PG_RETURN_INT64(message.id);
}

/*
 * stormdisc_send_batch(port, source, target, data[], metadata[], delay,
 *		priority, group_keys[], dedup_keys[], max_retries) -> setof id
 *		Send many messages.
 */
Datum
stormdisc_send_batch(PG_FUNCTION_ARGS)
{
	const SdPort *port = sd_port_get(
		PG_ARGISNULL(ARG_PORT) ? NULL : PG_GETARG_TEXT_PP(ARG_PORT));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdMessage common = {0};
	SdMessage *messages;
	Datum *data;
	Datum *metadata;
	Datum *group_keys;
	Datum *dedup_keys;
	bool *data_nulls;
	bool *metadata_nulls;
	bool *group_nulls;
	bool *dedup_nulls;
	int n;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	read_arguments(fcinfo, &common);
	(void) sd_argument_required(fcinfo, ARG_DATA, "data");
	n = sd_array_read(PG_GETARG_ARRAYTYPE_P(ARG_DATA), "data", JSONBOID, &data,
					  &data_nulls);
	if (n > SD_MAX_BATCH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must not have more than %d elements",
					   "data", SD_MAX_BATCH));
	(void) read_keys(fcinfo, ARG_METADATA, "metadata", n, &metadata,
					 &metadata_nulls);
	(void) read_keys(fcinfo, ARG_GROUP_KEY, "group_keys", n, &group_keys,
					 &group_nulls);
	(void) read_keys(fcinfo, ARG_DEDUP_KEY, "dedup_keys", n, &dedup_keys,
					 &dedup_nulls);

	messages = palloc_extended(sizeof(SdMessage) * Max(n, 1), MCXT_ALLOC_ZERO);
	for (int i = 0; i < n; i++)
	{
		messages[i] = common;
		if (data_nulls[i])
			ereport(
				ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not have null elements", "data"));
		messages[i].data = data[i];
		sd_message_check_size(data[i]);
		if (metadata != NULL && !metadata_nulls[i])
		{
			messages[i].has_metadata = true;
			messages[i].metadata = metadata[i];
			sd_message_check_size(metadata[i]);
		}
		if (group_keys != NULL && !group_nulls[i])
			messages[i].group_key =
				sd_key_argument(DatumGetTextPP(group_keys[i]), "group_keys");
		if (dedup_keys != NULL && !dedup_nulls[i])
			messages[i].dedup_key =
				sd_key_argument(DatumGetTextPP(dedup_keys[i]), "dedup_keys");
	}

	sd_messages_send(port, messages, n, GetCurrentTimestamp());

	for (int i = 0; i < n; i++)
	{
		Datum value = Int64GetDatum(messages[i].id);
		bool isnull = false;

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value,
							 &isnull);
	}

	return (Datum) 0;
}

/* Those that are the same for all messages of a call. */
static void
read_arguments(FunctionCallInfo fcinfo, SdMessage *message)
{
	message->source = sd_key_argument(
		PG_ARGISNULL(ARG_SOURCE) ? NULL : PG_GETARG_TEXT_PP(ARG_SOURCE),
		"source");
	message->target = sd_key_argument(
		PG_ARGISNULL(ARG_TARGET) ? NULL : PG_GETARG_TEXT_PP(ARG_TARGET),
		"target");
	if (!PG_ARGISNULL(ARG_DELAY))
		message->delay =
			sd_interval_argument(PG_GETARG_INTERVAL_P(ARG_DELAY), "delay");
	(void) sd_argument_required(fcinfo, ARG_PRIORITY, "priority");
	message->priority = PG_GETARG_INT32(ARG_PRIORITY);
	if (message->priority < SD_MIN_PRIORITY ||
		message->priority > SD_MAX_PRIORITY)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be between %d and %d", "priority",
					   SD_MIN_PRIORITY, SD_MAX_PRIORITY));
	message->max_retries =
		PG_ARGISNULL(ARG_MAX_RETRIES)
			? -1
			: sd_max_retries_argument(PG_GETARG_INT32(ARG_MAX_RETRIES));
}

static text *
optional_key(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		return NULL;

	return sd_key_argument(PG_GETARG_TEXT_PP(argument), name);
}

/*
 * sd_message_check_size
 *		Raise 54000 if data are larger than the setting allows.
 */
void
sd_message_check_size(Datum data)
{
	Size size;

	if (sd_setting_max_message_size == 0)
		return;
	size = toast_raw_datum_size(data) - VARHDRSZ;
	if (size > (Size) sd_setting_max_message_size * 1024)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("message is too large"),
				errdetail("It has %zu bytes, the maximum is %zu.", size,
						  (Size) sd_setting_max_message_size * 1024),
				errhint("The maximum is the setting \"%s\".",
						"stormdisc.max_message_size"));
}

/* An array that has an element for each message, if it is there. */
static int
read_keys(FunctionCallInfo fcinfo, int argument, const char *name, int n,
		  Datum **values, bool **nulls)
{
	int count;

	*values = NULL;
	*nulls = NULL;
	if (PG_ARGISNULL(argument))
		return 0;
	count = sd_array_read(PG_GETARG_ARRAYTYPE_P(argument), name,
						  argument == ARG_METADATA ? JSONBOID : TEXTOID, values,
						  nulls);
	if (count != n)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("arguments \"%s\" and \"%s\" must have as many elements",
					   "data", name),
				errdetail("They have %d and %d.", n, count));

	return count;
}

/*
 * sd_messages_send
 *		Send messages; those with a dedup_key that was sent already are not.
 *
 * It sets their ids.  now is the time of all of them.
 */
void
sd_messages_send(const SdPort *port, SdMessage *messages, int n,
				 TimestampTz now)
{
	bool *is_new;
	int n_new = n;
	bool has_keys = false;
	SdSpi spi;

	if (n == 0)
		return;
	PreventCommandIfReadOnly("stormdisc_send()");
	is_new = palloc(n * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		messages[i].id = new_id();
		is_new[i] = true;
		if (messages[i].dedup_key != NULL)
			has_keys = true;
	}

	sd_spi_begin(&spi, true);
	if (has_keys)
		n_new = settle_duplicates(port, messages, n, is_new, now);
	if (n_new == 0 || write_plain(port, messages, n, is_new, now))
		;
	else if (n == 1 && messages[0].delay == 0)
		write_one(port, &messages[0], now);
	else if (n_new == n && are_uniform(messages, n))
		write_uniform(port, messages, n, now);
	else
		write_any(port, messages, n, is_new, now);
	sd_port_recheck(port);
	sd_spi_end(&spi);
}

/* The next number of a message. */
static int64
new_id(void)
{
	Oid relid = get_relname_relid("message_id_seq",
								  get_namespace_oid("stormdisc", false));

	if (!OidIsValid(relid))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("sequence \"%s\" does not exist",
					   "stormdisc.message_id_seq"));

	return nextval_internal(relid, false);
}

/*
 * Which messages are new; the others get the id of the first with their key.
 * How many are.
 */
static int
settle_duplicates(const SdPort *port, SdMessage *messages, int n, bool *is_new,
				  TimestampTz now)
{
	HASHCTL control = {0};
	HTAB *seen;
	SeenKey **keys = palloc(n * sizeof(SeenKey *));
	int n_keys = 0;
	int n_open;
	int n_new = 0;
	Datum values[5];

	control.keysize = SD_MAX_KEY_LENGTH + 1;
	control.entrysize = sizeof(SeenKey);
	control.hcxt = CurrentMemoryContext;
	seen = hash_create("stormdisc dedup keys", n, &control,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	for (int i = 0; i < n; i++)
	{
		SeenKey *key;

		if (messages[i].dedup_key == NULL)
			continue;
		key = find_key(seen, messages[i].dedup_key, HASH_ENTER);
		if (key->text != NULL)
			continue;
		key->text = messages[i].dedup_key;
		key->id = messages[i].id;
		key->is_open = true;
		keys[n_keys++] = key;
	}

	values[0] = PointerGetDatum(port->name_text);
	values[3] = TimestampTzGetDatum(sd_time_after(now, port->dedup_window));
	values[4] = TimestampTzGetDatum(now);
	n_open = n_keys;
	while (n_open > 0)
	{
		int n_before = n_open;

		CHECK_FOR_INTERRUPTS();
		set_keys(values, keys, n_keys);
		(void) sd_spi_write(&insert_dedup, values, NULL);
		n_open -= read_settled(seen);
		if (n_open == 0)
			break;

		/* the others are there, unless they have just gone */
		if (n_open < n_before)
			set_keys(values, keys, n_keys);
		(void) sd_spi_write(&select_dedup, values, NULL);
		n_open -= read_settled(seen);
	}

	for (int i = 0; i < n; i++)
	{
		if (messages[i].dedup_key != NULL)
		{
			int64 id = find_key(seen, messages[i].dedup_key, HASH_FIND)->id;

			is_new[i] = id == messages[i].id;
			messages[i].id = id;
		}
		if (is_new[i])
			n_new++;
	}

	return n_new;
}

/* A key in the table; when it is entered it is empty. */
static SeenKey *
find_key(HTAB *seen, text *value, HASHACTION action)
{
	char name[SD_MAX_KEY_LENGTH + 1];
	SeenKey *key;
	bool found;

	text_to_cstring_buffer(value, name, sizeof(name));
	key = hash_search(seen, name, action, &found);
	if (key == NULL)
		elog(ERROR, "key \"%s\" was not sent", name);
	if (!found)
		key->text = NULL;

	return key;
}

/* The open keys and their ids as parameters, in the order of the keys. */
static void
set_keys(Datum *values, SeenKey **keys, int n)
{
	Datum *texts = palloc(n * sizeof(Datum));
	Datum *ids = palloc(n * sizeof(Datum));
	int count = 0;

	qsort(keys, n, sizeof(SeenKey *), compare_keys);
	for (int i = 0; i < n; i++)
		if (keys[i]->is_open)
		{
			texts[count] = PointerGetDatum(keys[i]->text);
			ids[count++] = Int64GetDatum(keys[i]->id);
		}
	values[1] = PointerGetDatum(sd_array_make(texts, NULL, count, TEXTOID));
	values[2] = PointerGetDatum(sd_array_make(ids, NULL, count, INT8OID));
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp((*(SeenKey *const *) a)->key, (*(SeenKey *const *) b)->key);
}

/* Take over the (key, id) of the last result; how many. */
static int
read_settled(HTAB *seen)
{
	int n = (int) SPI_processed;

	for (int i = 0; i < n; i++)
	{
		Datum name = sd_result(i, 1, NULL);
		Datum id = sd_result(i, 2, NULL);
		SeenKey *key = find_key(seen, DatumGetTextPP(name), HASH_FIND);

		key->id = DatumGetInt64(id);
		key->is_open = false;
	}

	return n;
}

/*
 * Messages of any kind, without a statement if that is possible: the messages
 * at least.
 */
static bool
write_plain(const SdPort *port, const SdMessage *messages, int n,
			const bool *is_new, TimestampTz now)
{
	SdOpenTable open;
	SdReady *ready = palloc(n * sizeof(SdReady));
	Datum *values;
	bool *nulls;
	int n_ready = 0;
	int count = 0;

	if (!sd_table_open(&sd_messages_table, &open))
		return false;

	values = palloc(n * SD_MESSAGES_COLUMNS * sizeof(Datum));
	nulls = palloc0(n * SD_MESSAGES_COLUMNS * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		const SdMessage *message = &messages[i];
		Datum *row = &values[count * SD_MESSAGES_COLUMNS];
		bool *row_nulls = &nulls[count * SD_MESSAGES_COLUMNS];

		if (!is_new[i])
			continue;
		count++;
		row[SD_MESSAGES_PORT_NAME] = PointerGetDatum(port->name_text);
		row[SD_MESSAGES_ID] = Int64GetDatum(message->id);
		row[SD_MESSAGES_CREATED_AT] = TimestampTzGetDatum(now);
		row[SD_MESSAGES_SOURCE] = PointerGetDatum(message->source);
		row[SD_MESSAGES_TARGET] = PointerGetDatum(message->target);
		row[SD_MESSAGES_PRIORITY] = Int16GetDatum((int16) message->priority);
		row[SD_MESSAGES_MAX_RETRIES] =
			Int32GetDatum(last_attempt(port, message) - 1);
		row[SD_MESSAGES_GROUP_KEY] =
			text_or_null(message->group_key, &row_nulls[SD_MESSAGES_GROUP_KEY]);
		row[SD_MESSAGES_DEDUP_KEY] =
			text_or_null(message->dedup_key, &row_nulls[SD_MESSAGES_DEDUP_KEY]);
		row[SD_MESSAGES_REPLAY_OF] = Int64GetDatum(message->replay_of);
		row_nulls[SD_MESSAGES_REPLAY_OF] = message->replay_of == 0;
		row[SD_MESSAGES_TOPIC] =
			text_or_null(message->topic, &row_nulls[SD_MESSAGES_TOPIC]);
		row[SD_MESSAGES_DATA] = message->data;
		row[SD_MESSAGES_METADATA] = message->metadata;
		row_nulls[SD_MESSAGES_METADATA] = !message->has_metadata;
		if (message->delay == 0)
		{
			SdReady *state = &ready[n_ready++];

			state->id = message->id;
			state->attempt = 0;
			state->last_attempt = last_attempt(port, message);
			state->priority = message->priority;
			state->group_key = message->group_key;
		}
	}
	sd_table_insert(&open, values, nulls, count);
	sd_table_close(&open);
	if (n_ready > 0)
		sd_messages_make_ready(port, ready, n_ready);
	if (n_ready < count)
		write_delayed(port, messages, n, is_new, now);

	return true;
}

/* A message that is ready, in one statement. */
static void
write_one(const SdPort *port, const SdMessage *message, TimestampTz now)
{
	Datum values[15];
	bool nulls[15] = {false};

	values[0] = PointerGetDatum(port->name_text);
	values[1] = Int64GetDatum(message->id);
	values[2] = TimestampTzGetDatum(now);
	values[3] = PointerGetDatum(message->source);
	values[4] = PointerGetDatum(message->target);
	values[5] = Int16GetDatum((int16) message->priority);
	values[6] = Int32GetDatum(last_attempt(port, message) - 1);
	values[7] = text_or_null(message->group_key, &nulls[7]);
	values[8] = text_or_null(message->dedup_key, &nulls[8]);
	values[9] = Int64GetDatum(message->replay_of);
	nulls[9] = message->replay_of == 0;
	values[10] = text_or_null(message->topic, &nulls[10]);
	values[11] = message->data;
	values[12] = message->metadata;
	nulls[12] = !message->has_metadata;
	sd_port_has_ready(port, message->priority, message->id);
	values[13] =
		Int64GetDatum(SD_MESSAGE_POSITION(message->priority, message->id));
	values[14] = Int32GetDatum(last_attempt(port, message));
	(void) sd_spi_write(&send_one[sd_segment_current()], values, nulls);
	sd_wait_note_ready(port->name, 1);
}

/* Are all ready, and is nothing of theirs different but the data? */
static bool
are_uniform(const SdMessage *messages, int n)
{
	const SdMessage *first = &messages[0];

	for (int i = 0; i < n; i++)
	{
		const SdMessage *message = &messages[i];

		if (message->source != first->source ||
			message->target != first->target ||
			message->topic != first->topic ||
			message->priority != first->priority ||
			message->max_retries != first->max_retries || message->delay != 0 ||
			message->group_key != NULL || message->dedup_key != NULL ||
			message->replay_of != 0)
			return false;
	}

	return true;
}

static void
write_uniform(const SdPort *port, const SdMessage *messages, int n,
			  TimestampTz now)
{
	Datum *columns = palloc(n * sizeof(Datum));
	bool *column_nulls = palloc(n * sizeof(bool));
	bool has_metadata = false;
	Datum values[12];
	bool nulls[12] = {false};

	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(now);
	values[2] = PointerGetDatum(messages->source);
	values[3] = PointerGetDatum(messages->target);
	values[4] = Int16GetDatum((int16) messages->priority);
	values[5] = Int32GetDatum(last_attempt(port, messages) - 1);
	values[6] = text_or_null(messages->topic, &nulls[6]);
	for (int i = 0; i < n; i++)
		columns[i] = Int64GetDatum(messages[i].id);
	values[7] = PointerGetDatum(sd_array_make(columns, NULL, n, INT8OID));
	for (int i = 0; i < n; i++)
		columns[i] = messages[i].data;
	values[8] = PointerGetDatum(sd_array_make(columns, NULL, n, JSONBOID));
	for (int i = 0; i < n; i++)
	{
		columns[i] = messages[i].metadata;
		column_nulls[i] = !messages[i].has_metadata;
		has_metadata |= messages[i].has_metadata;
	}
	nulls[9] = !has_metadata;
	if (has_metadata)
		values[9] =
			PointerGetDatum(sd_array_make(columns, column_nulls, n, JSONBOID));
	sd_port_has_ready(port, messages->priority, messages->id);
	values[10] = Int64GetDatum(SD_MESSAGE_POSITION(messages->priority, 0));
	values[11] = Int32GetDatum(last_attempt(port, messages));
	(void) sd_spi_write(&send_uniform[sd_segment_current()], values, nulls);
	sd_wait_note_ready(port->name, n);
}

/* Messages of any kind: those that are new. */
static void
write_any(const SdPort *port, const SdMessage *messages, int n,
		  const bool *is_new, TimestampTz now)
{
	Datum *columns[11];
	bool *nulls[11];
	static const Oid types[] = {INT8OID, TEXTOID,  TEXTOID, INT2OID,
								INT4OID, TEXTOID,  TEXTOID, INT8OID,
								TEXTOID, JSONBOID, JSONBOID};
	Datum values[13];
	SdReady *ready = palloc(n * sizeof(SdReady));
	int n_ready = 0;
	int count = 0;

	for (int i = 0; i < lengthof(columns); i++)
	{
		columns[i] = palloc(n * sizeof(Datum));
		nulls[i] = palloc0(n * sizeof(bool));
	}
	for (int i = 0; i < n; i++)
	{
		const SdMessage *message = &messages[i];

		if (!is_new[i])
			continue;
		columns[0][count] = Int64GetDatum(message->id);
		columns[1][count] = PointerGetDatum(message->source);
		columns[2][count] = PointerGetDatum(message->target);
		columns[3][count] = Int16GetDatum((int16) message->priority);
		columns[4][count] = Int32GetDatum(last_attempt(port, message) - 1);
		columns[5][count] = text_or_null(message->group_key, &nulls[5][count]);
		columns[6][count] = text_or_null(message->dedup_key, &nulls[6][count]);
		columns[7][count] = Int64GetDatum(message->replay_of);
		nulls[7][count] = message->replay_of == 0;
		columns[8][count] = text_or_null(message->topic, &nulls[8][count]);
		columns[9][count] = message->data;
		columns[10][count] = message->metadata;
		nulls[10][count] = !message->has_metadata;
		count++;
		if (message->delay == 0)
		{
			SdReady *row = &ready[n_ready++];

			row->id = message->id;
			row->attempt = 0;
			row->last_attempt = last_attempt(port, message);
			row->priority = message->priority;
			row->group_key = message->group_key;
		}
	}

	values[0] = PointerGetDatum(port->name_text);
	values[1] = TimestampTzGetDatum(now);
	for (int i = 0; i < lengthof(columns); i++)
		values[i + 2] = PointerGetDatum(
			sd_array_make(columns[i], nulls[i], count, types[i]));
	(void) sd_spi_write(&insert_messages, values, NULL);
	if (n_ready > 0)
		sd_messages_make_ready(port, ready, n_ready);
	if (n_ready < count)
		write_delayed(port, messages, n, is_new, now);
}

/* Those that are not ready now, where they wait for it. */
static void
write_delayed(const SdPort *port, const SdMessage *messages, int n,
			  const bool *is_new, TimestampTz now)
{
	SdWaiting *rows = palloc(n * sizeof(SdWaiting));
	int count = 0;

	for (int i = 0; i < n; i++)
	{
		const SdMessage *message = &messages[i];
		SdWaiting *row = &rows[count];

		if (!is_new[i] || message->delay == 0)
			continue;
		row->id = message->id;
		row->attempt = 0;
		row->last_attempt = last_attempt(port, message);
		row->priority = message->priority;
		row->group_key = message->group_key;
		row->wake_at = sd_time_after(now, message->delay);
		row->claimed_at = 0;
		count++;
	}
	sd_messages_make_waiting(port, rows, count, false, now);
}

static int
last_attempt(const SdPort *port, const SdMessage *message)
{
	return 1 + (message->max_retries < 0 ? port->max_retries
										 : message->max_retries);
}

static Datum
text_or_null(text *value, bool *isnull)
{
	*isnull = value == NULL;

	return PointerGetDatum(value);
}
