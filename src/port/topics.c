/*-------------------------------------------------------------------------
 *
 * topics.c
 *	  stormdisc_subscribe, stormdisc_unsubscribe: ports and patterns.
 *	  stormdisc_publish: a copy for each port that subscribes to a topic.
 *
 * A topic is words, separated by dots.  In a pattern the word * stands for
 * one word and # for any number of them, none included.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "arrays.h"
#include "port/messages.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_subscribe);
PG_FUNCTION_INFO_V1(stormdisc_unsubscribe);
PG_FUNCTION_INFO_V1(stormdisc_publish);

/* the arguments of stormdisc_publish */
enum
{
	ARG_TOPIC,
	ARG_SOURCE,
	ARG_DATA,
	ARG_METADATA,
	ARG_DELAY,
	ARG_PRIORITY,
	ARG_GROUP_KEY,
	ARG_DEDUP_KEY,
	ARG_MAX_RETRIES
};

static void check_words(const char *words, const char *argument,
						bool is_pattern);
static const char *end_of_word(const char *word);
static bool matches(const char *pattern, const char *topic);
static bool is_word(const char *word, char c);
static List *subscribed_ports(const char *topic);
static void read_message(FunctionCallInfo fcinfo, SdMessage *message);

/* the port cannot go away before the subscription is there */
static SdStatement lock_port = {
	.sql = "SELECT FROM stormdisc.ports "
		   "WHERE port_name OPERATOR(pg_catalog.=) $1 FOR KEY SHARE",
	.nparameters = 1,
	.types = {TEXTOID},
};

static SdStatement insert_subscription = {
	.sql = "INSERT INTO stormdisc.subscriptions (port_name, pattern, "
		   "created_at) VALUES ($1, $2, $3) "
		   "ON CONFLICT (port_name, pattern) DO NOTHING",
	.nparameters = 3,
	.types = {TEXTOID, TEXTOID, TIMESTAMPTZOID},
};

static SdStatement delete_subscription = {
	.sql = "DELETE FROM stormdisc.subscriptions "
		   "WHERE port_name OPERATOR(pg_catalog.=) $1 "
		   "AND pattern OPERATOR(pg_catalog.=) $2",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

/* who drops a port waits: those that are found now are there to be sent to */
static SdStatement keep_ports = {
	.sql = "LOCK TABLE stormdisc.messages IN ROW EXCLUSIVE MODE",
};

/*
 * Those that begin with one of these words, in one order, so that publishers
 * do not wait for each other in a circle.
 */
static SdStatement select_subscriptions = {
	.sql = "SELECT s.port_name, s.pattern "
		   "FROM pg_catalog.unnest($1) f (word), LATERAL ("
		   "SELECT t.port_name, t.pattern FROM stormdisc.subscriptions t "
		   "WHERE pg_catalog.split_part(t.pattern, '.', 1) "
		   "OPERATOR(pg_catalog.=) f.word OFFSET 0) s "
		   "ORDER BY s.port_name, s.pattern",
	.nparameters = 1,
	.types = {TEXTARRAYOID},
};

/*
 * stormdisc_subscribe(port, pattern) -> boolean
 *		Let a port have a copy of what is published under such topics.
 */
Datum
stormdisc_subscribe(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	text *pattern = sd_key_argument(
		PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1), "pattern");
	Datum values[3];
	SdSpi spi;
	bool is_new;

	PreventCommandIfReadOnly("stormdisc_subscribe()");
	check_words(text_to_cstring(pattern), "pattern", true);
	(void) sd_port_get(name);
	values[0] = PointerGetDatum(name);
	values[1] = PointerGetDatum(pattern);
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());

	sd_spi_begin(&spi, true);
	if (sd_spi_write(&lock_port, values, NULL) == 0)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("port \"%s\" does not exist", text_to_cstring(name)),
				errdetail("It was dropped at the same time."));
	is_new = sd_spi_write(&insert_subscription, values, NULL) > 0;
	sd_spi_end(&spi);

	PG_RETURN_BOOL(is_new);
}

/*
 * stormdisc_unsubscribe(port, pattern) -> boolean
 *		Undo stormdisc_subscribe().
 */
Datum
stormdisc_unsubscribe(PG_FUNCTION_ARGS)
{
	text *name =
		sd_key_argument(PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0), "port");
	text *pattern = sd_key_argument(
		PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1), "pattern");
	Datum values[2];
	SdSpi spi;
	bool was_there;

	PreventCommandIfReadOnly("stormdisc_unsubscribe()");
	(void) sd_port_get(name);
	values[0] = PointerGetDatum(name);
	values[1] = PointerGetDatum(pattern);
	sd_spi_begin(&spi, true);
	was_there = sd_spi_write(&delete_subscription, values, NULL) > 0;
	sd_spi_end(&spi);

	PG_RETURN_BOOL(was_there);
}

/*
 * stormdisc_publish(topic, source, data, metadata, delay, priority, group_key,
 *		dedup_key, max_retries) -> bigint
 *		Send a message to each port that subscribes to the topic.
 */
Datum
stormdisc_publish(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	SdMessage message;
	List *ports;
	ListCell *cell;

	PreventCommandIfReadOnly("stormdisc_publish()");
	read_message(fcinfo, &message);
	ports = subscribed_ports(text_to_cstring(message.topic));
	foreach (cell, ports)
	{
		SdMessage copy = message;

		CHECK_FOR_INTERRUPTS();
		/* nobody said for which component: it is the port's */
		copy.target = lfirst(cell);
		sd_messages_send(sd_port_get(copy.target), &copy, 1, now);
	}

	PG_RETURN_INT64(list_length(ports));
}

/* The names of the ports that have a pattern for it, each once. */
static List *
subscribed_ports(const char *topic)
{
	Datum words[] = {PointerGetDatum(cstring_to_text_with_len(
						 topic, end_of_word(topic) - topic)),
					 CStringGetTextDatum("*"), CStringGetTextDatum("#")};
	Datum values[1];
	List *ports = NIL;
	const char *last = "";
	SdSpi spi;
	uint64 found;

	values[0] =
		PointerGetDatum(sd_array_make(words, NULL, lengthof(words), TEXTOID));
	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&keep_ports, NULL, NULL);
	found = sd_spi_write(&select_subscriptions, values, NULL);
	for (uint64 i = 0; i < found; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		char *name = SPI_getvalue(tuple, desc, 1);
		char *pattern = SPI_getvalue(tuple, desc, 2);

		CHECK_FOR_INTERRUPTS();
		if (strcmp(name, last) != 0 && matches(pattern, topic))
		{
			MemoryContext oldcontext = MemoryContextSwitchTo(spi.context);

			ports = lappend(ports, cstring_to_text(name));
			MemoryContextSwitchTo(oldcontext);
			last = name;
		}
	}
	sd_spi_end(&spi);

	return ports;
}

static void
read_message(FunctionCallInfo fcinfo, SdMessage *message)
{
	memset(message, 0, sizeof(SdMessage));
	message->topic = sd_key_argument(
		PG_ARGISNULL(ARG_TOPIC) ? NULL : PG_GETARG_TEXT_PP(ARG_TOPIC), "topic");
	check_words(text_to_cstring(message->topic), "topic", false);
	message->source = sd_key_argument(
		PG_ARGISNULL(ARG_SOURCE) ? NULL : PG_GETARG_TEXT_PP(ARG_SOURCE),
		"source");
	(void) sd_argument_required(fcinfo, ARG_DATA, "data");
	message->data = PG_GETARG_DATUM(ARG_DATA);
	sd_message_check_size(message->data);
	message->has_metadata = !PG_ARGISNULL(ARG_METADATA);
	if (message->has_metadata)
	{
		message->metadata = PG_GETARG_DATUM(ARG_METADATA);
		sd_message_check_size(message->metadata);
	}
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
	if (!PG_ARGISNULL(ARG_GROUP_KEY))
		message->group_key =
			sd_key_argument(PG_GETARG_TEXT_PP(ARG_GROUP_KEY), "group_key");
	if (!PG_ARGISNULL(ARG_DEDUP_KEY))
		message->dedup_key =
			sd_key_argument(PG_GETARG_TEXT_PP(ARG_DEDUP_KEY), "dedup_key");
	message->max_retries =
		PG_ARGISNULL(ARG_MAX_RETRIES)
			? -1
			: sd_max_retries_argument(PG_GETARG_INT32(ARG_MAX_RETRIES));
}

/* Raise 22023 unless these are words with a dot between each two. */
static void
check_words(const char *words, const char *argument, bool is_pattern)
{
	const char *word = words;

	for (;;)
	{
		const char *end = end_of_word(word);
		bool is_wildcard = is_word(word, '*') || is_word(word, '#');

		if (end == word)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s \"%s\" has an empty word", argument, words),
					errhint("Words are separated by one dot each."));
		if (!is_pattern && is_wildcard)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s \"%s\" has a wildcard", argument, words),
					errhint("Wildcards are for the patterns of "
							"stormdisc_subscribe()."));
		if (is_pattern && !is_wildcard &&
			strcspn(word, "*#") < (size_t) (end - word))
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s \"%s\" has a wildcard within a word", argument,
						   words),
					errhint("* and # stand for whole words."));
		if (*end == '\0')
			break;
		word = end + 1;
	}
}

static const char *
end_of_word(const char *word)
{
	return word + strcspn(word, ".");
}

/* Is it that one character? */
static bool
is_word(const char *word, char c)
{
	return word[0] == c && (word[1] == '.' || word[1] == '\0');
}

/*
 * Walk both in step.  After a # a mismatch goes back to it, and lets it stand
 * for one word more: only the last # need be tried again.  NULL is behind the
 * last word.
 */
static bool
matches(const char *pattern, const char *topic)
{
	const char *hash = NULL; /* what follows the last # */
	const char *resume =
		NULL; /* words of the topic that it stands for end here */

#define NEXT_WORD(word)                                                        \
	(*end_of_word(word) == '\0' ? NULL : end_of_word(word) + 1)

	while (topic != NULL)
	{
		if (pattern != NULL && is_word(pattern, '#'))
		{
			pattern = NEXT_WORD(pattern);
			if (pattern == NULL)
				return true;
			hash = pattern;
			resume = topic;
		}
		else if (pattern != NULL &&
				 (is_word(pattern, '*') ||
				  (end_of_word(pattern) - pattern ==
					   end_of_word(topic) - topic &&
				   memcmp(pattern, topic, end_of_word(topic) - topic) == 0)))
		{
			pattern = NEXT_WORD(pattern);
			topic = NEXT_WORD(topic);
		}
		else if (hash != NULL)
		{
			resume = NEXT_WORD(resume);
			pattern = hash;
			topic = resume;
		}
		else
			return false;
	}

	while (pattern != NULL && is_word(pattern, '#'))
		pattern = NEXT_WORD(pattern);

	return pattern == NULL;
#undef NEXT_WORD
}
