/*-------------------------------------------------------------------------
 *
 * load.c
 *	  Read a trace into memory.
 *
 * Rows come from a cursor, and of each only what is said in trace.h is kept:
 * a million events take about 100 MB.  All is read under the snapshot that is
 * active, which is one for the events and the edges.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "spi_util.h"
#include "trace/clocks.h"
#include "trace/json_fields.h"
#include "trace/storage.h"
#include "trace/trace.h"

/* rows that are fetched at a time */
#define CHUNK 1000

/* arrays begin with so many, and grow by half */
#define FIRST_EVENTS 1024

/* metadata that was seen, as it is stored, and not longer than this */
#define CACHE_SIZE 256
#define CACHED_LENGTH 512

/* columns of the statements */
enum
{
	COL_ID = 1,
	COL_PARENT,
	COL_KIND,
	COL_TIME,
	COL_NANOS,
	COL_METADATA,
	COL_LOCK_SET,
	COL_QUARANTINED,
	COL_CLOCK
};

/* what metadata says; most events of a thread have the same */
typedef struct Metadata
{
	int length; /* 0: none yet */
	char bytes[CACHED_LENGTH];
	int32 thread;
	int32 task;
	int32 upstream;
	int64 duration;
	bool is_timed;
} Metadata;

/* what is known while a trace is being read */
typedef struct Load
{
	SdTrace *trace;
	int32 allocated;
	pg_uuid_t *parents; /* of the events, as they were read */
	int32 *thread_slots;
	uint32 nthread_slots;
	int32 threads_allocated;
	int64 edges_allocated;
	SdLockHeld *held; /* of the set that is read */
	int held_allocated;
	MemoryContext row_context;
	Metadata *cache;
} Load;

static void read_events(Load *load);
static void read_event(Load *load, HeapTuple tuple, TupleDesc desc);
static void read_kind(Load *load, SdTraceEvent *event, Jsonb *kind);
static void read_access(Load *load, SdTraceEvent *event,
						JsonbContainer *fields);
static void read_metadata(Load *load, SdTraceEvent *event, Jsonb *metadata);
static void parse_metadata(Load *load, JsonbContainer *fields,
						   Metadata *metadata);
static int32 enter_thread(Load *load, int32 service, int32 instance,
						  int32 thread_id);
static void read_lock_set(Load *load, SdTraceEvent *event, Jsonb *set);
static int32 word_of(Load *load, JsonbContainer *object, const char *key);
static int32 enter_value(Load *load, const JsonbValue *value);
static int32 operation_of(Load *load, SdTraceEvent *event,
						  JsonbContainer *fields);
static void make_slots(SdTrace *trace);
static void find_parents(Load *load);
static void sort_events(Load *load);
static int compare_events(const void *a, const void *b);
static void read_edges(Load *load);

#define EVENT_COLUMNS                                                          \
	"e.id, e.parent_id, e.kind, e.\"timestamp\", e.timestamp_nanos, "          \
	"e.metadata, e.lock_set, e.parent_quarantined"
#define OF_TRACE                                                               \
	" FROM stormdisc.events e WHERE e.trace_id OPERATOR(pg_catalog.=) $1"

static SdStatement select_events = {
	.sql = "SELECT " EVENT_COLUMNS OF_TRACE,
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement select_events_and_clocks = {
	.sql = "SELECT " EVENT_COLUMNS ", e.causality_vector" OF_TRACE,
	.nparameters = 1,
	.types = {UUIDOID},
};

static SdStatement select_edges = {
	.sql = "SELECT s.from_event_id, s.to_event_id, s.edge_type, s.quarantined "
		   "FROM stormdisc.edge_store s "
		   "WHERE s.trace_id OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {UUIDOID},
};

/*
 * sd_trace_load
 *		Read a trace; one that is not there has no events.
 */
SdTrace *
sd_trace_load(const pg_uuid_t *trace_id, int parts)
{
	MemoryContext context;
	MemoryContext oldcontext;
	SdTrace *trace;
	Load load = {0};
	SdSpi spi;

	sd_storage_check_readable();
	context = AllocSetContextCreate(CurrentMemoryContext, "stormdisc trace",
									ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	trace = palloc0(sizeof(SdTrace));
	trace->context = context;
	trace->id = *trace_id;
	trace->parts = parts;
	sd_words_init(&trace->words, context);
	sd_lock_sets_init(&trace->lock_sets, context);
	if ((parts & SD_TRACE_CLOCKS) != 0)
		trace->clocks = sd_clocks_create(context);

	load.trace = trace;
	load.allocated = FIRST_EVENTS;
	trace->events = palloc(sizeof(SdTraceEvent) * load.allocated);
	load.parents = palloc(sizeof(pg_uuid_t) * load.allocated);
	load.threads_allocated = 64;
	trace->threads = palloc(sizeof(SdTraceThread) * load.threads_allocated);
	load.nthread_slots = 256;
	load.thread_slots = palloc0(sizeof(int32) * load.nthread_slots);
	load.edges_allocated = 64;
	trace->edges = palloc(sizeof(SdTraceEdge) * load.edges_allocated);
	load.held_allocated = 16;
	load.held = palloc(sizeof(SdLockHeld) * load.held_allocated);
	load.cache = palloc0(sizeof(Metadata) * CACHE_SIZE);
	load.row_context = AllocSetContextCreate(context, "stormdisc rows",
											 ALLOCSET_DEFAULT_SIZES);

	sd_spi_begin(&spi, true);
	read_events(&load);
	MemoryContextSwitchTo(context); /* SPI's would not outlive it */
	make_slots(trace);
	find_parents(&load);
	pfree(load.parents);
	sort_events(&load);
	read_edges(&load);
	sd_spi_end(&spi);

	MemoryContextDelete(load.row_context);
	pfree(load.thread_slots);
	pfree(load.held);
	pfree(load.cache);
	MemoryContextSwitchTo(oldcontext);

	return trace;
}

void
sd_trace_free(SdTrace *trace)
{
	MemoryContextDelete(trace->context);
}

static void
read_events(Load *load)
{
	SdTrace *trace = load->trace;
	Datum parameter = UUIDPGetDatum(&trace->id);
	Portal portal = sd_spi_open_read(
		trace->clocks != NULL ? &select_events_and_clocks : &select_events,
		&parameter, NULL);

	for (;;)
	{
		SPITupleTable *found;
		uint64 n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, CHUNK);
		found = SPI_tuptable;
		n = SPI_processed;
		if (n == 0)
			break;
		if ((int64) trace->nevents + CHUNK > load->allocated)
		{
			int64 allocated = (int64) load->allocated * 3 / 2 + CHUNK;

			if (allocated > PG_INT32_MAX / 4)
				ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("trace has too many events"));
			trace->events =
				repalloc_huge(trace->events, sizeof(SdTraceEvent) * allocated);
			load->parents =
				repalloc_huge(load->parents, sizeof(pg_uuid_t) * allocated);
			load->allocated = (int32) allocated;
		}
		for (uint64 i = 0; i < n; i++)
		{
			MemoryContext oldcontext = MemoryContextSwitchTo(load->row_context);

			read_event(load, found->vals[i], found->tupdesc);
			MemoryContextSwitchTo(oldcontext);
			MemoryContextReset(load->row_context);
		}
		SPI_freetuptable(found);
	}
	SPI_cursor_close(portal);
}

static void
read_event(Load *load, HeapTuple tuple, TupleDesc desc)
{
	SdTrace *trace = load->trace;
	SdTraceEvent *event = &trace->events[trace->nevents];
	Datum values[COL_CLOCK];
	bool nulls[COL_CLOCK];

	nulls[COL_CLOCK - 1] = true;
	heap_deform_tuple(tuple, desc, values, nulls);
	for (int i = COL_ID; i <= COL_QUARANTINED; i++)
		if (nulls[i - 1] && i != COL_PARENT && i != COL_LOCK_SET)
			elog(ERROR, "column %d of an event is null", i);

	memset(event, 0, sizeof(SdTraceEvent));
	event->id = *DatumGetUUIDP(values[COL_ID - 1]);
	event->time = DatumGetTimestampTz(values[COL_TIME - 1]);
	event->nanos = DatumGetInt16(values[COL_NANOS - 1]);
	event->parent = -1;
	event->subject = -1;
	event->task = -1;
	event->span = -1;
	event->upstream = -1;
	event->lock_set = -1;
	event->label = -1;
	event->clock = -1;

	if (nulls[COL_PARENT - 1])
		event->flags |= SD_EVENT_ROOT;
	else
		load->parents[trace->nevents] = *DatumGetUUIDP(values[COL_PARENT - 1]);
	if (DatumGetBool(values[COL_QUARANTINED - 1]))
		event->flags |= SD_EVENT_QUARANTINED;

	read_kind(load, event, DatumGetJsonbP(values[COL_KIND - 1]));
	read_metadata(load, event, DatumGetJsonbP(values[COL_METADATA - 1]));
	if (!nulls[COL_LOCK_SET - 1] && event->kind == SD_STATE_CHANGE)
		read_lock_set(load, event, DatumGetJsonbP(values[COL_LOCK_SET - 1]));
	if (!nulls[COL_CLOCK - 1])
	{
		event->clock = sd_clocks_add(trace->clocks, event->thread,
									 DatumGetVclock(values[COL_CLOCK - 1]));
		if (event->clock >= 0)
			event->flags |= SD_EVENT_CLOCKED;
	}
	trace->nevents++;
}

/* What an event is, and what it is about. */
static void
read_kind(Load *load, SdTraceEvent *event, Jsonb *kind)
{
	JsonbContainer *fields;

	event->kind = sd_event_kind(kind, &fields);
	switch ((SdEventKind) event->kind)
	{
		case SD_STATE_CHANGE:
			read_access(load, event, fields);
			break;
		case SD_LOCK_ACQUIRE:
		case SD_LOCK_RELEASE:
			event->subject = word_of(load, fields, "lock_id");
			if (sd_event_lock_type(fields) == SD_RWLOCK_READ)
				event->flags |= SD_EVENT_SHARED;
			break;
		case SD_ASYNC_SPAWN:
			event->subject = word_of(load, fields, "task_id");
			break;
		case SD_ASYNC_AWAIT:
			event->subject = word_of(load, fields, "future_id");
			break;
		default:
			break;
	}
	if ((load->trace->parts & SD_TRACE_OPERATIONS) != 0)
		event->label = operation_of(load, event, fields);
}

static void
read_access(Load *load, SdTraceEvent *event, JsonbContainer *fields)
{
	static const SdJsonName names[] = {SD_JSON_NAME("location"),
									   SD_JSON_NAME("variable"),
									   SD_JSON_NAME("access_type")};
	JsonbValue values[lengthof(names)];
	bool nulls[lengthof(names)];

	sd_json_fields(fields, names, lengthof(names), values, nulls);
	event->subject = enter_value(load, &values[1]);
	if (event->subject < 0)
		elog(ERROR, "unexpected variable of an access");
	event->access = sd_event_access_type(&values[2]);
	if ((load->trace->parts & SD_TRACE_LOCATIONS) != 0)
		event->label = enter_value(load, &values[0]);
}

/* Who an event is of, and how long it took. */
static void
read_metadata(Load *load, SdTraceEvent *event, Jsonb *stored)
{
	int length = VARSIZE(stored);
	Metadata own;
	Metadata *metadata = &own;

	if (length <= CACHED_LENGTH)
		metadata =
			&load->cache[hash_bytes((const unsigned char *) stored, length) %
						 CACHE_SIZE];
	if (length > CACHED_LENGTH || metadata->length != length ||
		memcmp(metadata->bytes, stored, length) != 0)
	{
		parse_metadata(load, &stored->root, metadata);
		metadata->length = 0;
		if (length <= CACHED_LENGTH)
		{
			memcpy(metadata->bytes, stored, length);
			metadata->length = length;
		}
	}

	event->thread = metadata->thread;
	event->task = metadata->task;
	event->upstream = metadata->upstream;
	event->duration = metadata->duration;
	if (metadata->is_timed)
		event->flags |= SD_EVENT_TIMED;
	if (event->kind == SD_HTTP_REQUEST)
		event->span = word_of(load, &stored->root, "distributed_span_id");
	load->trace->threads[event->thread].nevents++;
}

static void
parse_metadata(Load *load, JsonbContainer *fields, Metadata *metadata)
{
	int32 service;
	int32 instance;
	JsonbValue value;

	if (!JsonContainerIsObject(fields))
		elog(ERROR, "metadata of an event is no object");

	service = word_of(load, fields, "service_name");
	instance = word_of(load, fields, "instance_id");
	if (instance < 0)
		instance = word_of(load, fields, "process_id");
	if (instance < 0)
		instance = sd_words_enter(&load->trace->words, "", 0);
	metadata->thread = enter_thread(load, service, instance,
									word_of(load, fields, "thread_id"));
	metadata->upstream = word_of(load, fields, "upstream_span_id");
	metadata->task = -1;
	if (getKeyJsonValueFromContainer(fields, "tags", 4, &value) != NULL &&
		value.type == jbvBinary &&
		JsonContainerIsObject(value.val.binary.data) &&
		JsonContainerSize(value.val.binary.data) > 0)
		metadata->task = word_of(load, value.val.binary.data, "task_id");
	metadata->duration = 0;
	metadata->is_timed = getKeyJsonValueFromContainer(fields, "duration_ns", 11,
													  &value) != NULL &&
						 value.type == jbvNumeric;
	if (metadata->is_timed)
		metadata->duration = DatumGetInt64(DirectFunctionCall1(
			numeric_int8, NumericGetDatum(value.val.numeric)));
}

static int32
enter_thread(Load *load, int32 service, int32 instance, int32 thread_id)
{
	SdTrace *trace = load->trace;
	uint32 hash = hash_combine(
		hash_combine(murmurhash32(service), murmurhash32(instance)),
		murmurhash32(thread_id));
	uint32 slot = hash & (load->nthread_slots - 1);
	SdTraceThread *thread;

	while (load->thread_slots[slot] != 0)
	{
		thread = &trace->threads[load->thread_slots[slot] - 1];
		if (thread->service == service && thread->instance == instance &&
			thread->thread_id == thread_id)
			return load->thread_slots[slot] - 1;
		slot = (slot + 1) & (load->nthread_slots - 1);
	}

	if (trace->nthreads == load->threads_allocated)
	{
		load->threads_allocated *= 2;
		trace->threads =
			repalloc_huge(trace->threads, sizeof(SdTraceThread) *
											  (Size) load->threads_allocated);
	}
	thread = &trace->threads[trace->nthreads];
	thread->service = service;
	thread->instance = instance;
	thread->thread_id = thread_id;
	thread->nevents = 0;
	load->thread_slots[slot] = ++trace->nthreads;

	if (trace->nthreads * 2 > load->nthread_slots)
	{
		load->nthread_slots *= 2;
		pfree(load->thread_slots);
		load->thread_slots = MemoryContextAllocExtended(
			trace->context, sizeof(int32) * (Size) load->nthread_slots,
			MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		for (int32 i = 0; i < trace->nthreads; i++)
		{
			thread = &trace->threads[i];
			hash = hash_combine(hash_combine(murmurhash32(thread->service),
											 murmurhash32(thread->instance)),
								murmurhash32(thread->thread_id));
			slot = hash & (load->nthread_slots - 1);
			while (load->thread_slots[slot] != 0)
				slot = (slot + 1) & (load->nthread_slots - 1);
			load->thread_slots[slot] = i + 1;
		}
	}

	return trace->nthreads - 1;
}

/* The locks that are held by what the client says. */
static void
read_lock_set(Load *load, SdTraceEvent *event, Jsonb *set)
{
	JsonbIterator *it;
	JsonbValue value;
	int n = 0;

	if (!JB_ROOT_IS_ARRAY(set) || JB_ROOT_COUNT(set) == 0)
		return;

	it = JsonbIteratorInit(&set->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		const char *name;
		int length;
		bool is_shared = !sd_event_lock(&value, &name, &length);
		int32 lock = sd_words_enter(&load->trace->words, name, length);

		if (n == load->held_allocated)
		{
			load->held_allocated *= 2;
			load->held = repalloc_huge(
				load->held, sizeof(SdLockHeld) * (Size) load->held_allocated);
		}
		load->held[n++] = SD_LOCK_HELD(lock, is_shared);
	}
	event->lock_set =
		sd_lock_sets_enter(&load->trace->lock_sets, load->held, n);
	event->flags |= SD_EVENT_SUPPLIED;
}

/* A field as a word, -1 if there is none or it is null. */
static int32
word_of(Load *load, JsonbContainer *object, const char *key)
{
	JsonbValue value;

	if (getKeyJsonValueFromContainer(object, key, strlen(key), &value) == NULL)
		return -1;

	return enter_value(load, &value);
}

/* What ->> gives of a scalar. */
static int32
enter_value(Load *load, const JsonbValue *value)
{
	SdWords *words = &load->trace->words;
	char *text;

	switch (value->type)
	{
		case jbvString:
			return sd_words_enter(words, value->val.string.val,
								  value->val.string.len);
		case jbvNumeric:
			text = DatumGetCString(DirectFunctionCall1(
				numeric_out, NumericGetDatum(value->val.numeric)));
			return sd_words_enter(words, text, strlen(text));
		case jbvBool:
			text = value->val.boolean ? "true" : "false";
			return sd_words_enter(words, text, strlen(text));
		default:
			return -1;
	}
}

/* What an event does, in a word: baselines go by it. */
static int32
operation_of(Load *load, SdTraceEvent *event, JsonbContainer *fields)
{
	static const char *const names[] = {
		[SD_FUNCTION_CALL] = "function_name",
		[SD_ASYNC_SPAWN] = "task_id",
		[SD_ASYNC_AWAIT] = "future_id",
		[SD_STATE_CHANGE] = "variable",
		[SD_LOCK_ACQUIRE] = "lock_id",
		[SD_LOCK_RELEASE] = "lock_id",
		[SD_MEMORY_FENCE] = "ordering",
		[SD_HTTP_REQUEST] = "url",
		[SD_HTTP_RESPONSE] = "status",
		[SD_DATABASE_QUERY] = "query",
		[SD_DATABASE_RESULT] = "rows_affected",
		[SD_ERROR_EVENT] = "error_type",
		[SD_CUSTOM] = "name",
	};
	SdWords *words = &load->trace->words;
	int32 name = word_of(load, fields, names[event->kind]);
	int32 method;
	char *both;

	if (event->kind != SD_HTTP_REQUEST || name < 0)
		return name;
	method = word_of(load, fields, "method");
	if (method < 0)
		return name;
	both = psprintf("%s %s", words->words[method], words->words[name]);

	return sd_words_enter(words, both, strlen(both));
}

/* Make events known by their ids. */
static void
make_slots(SdTrace *trace)
{
	trace->nslots = 16;
	while (trace->nslots < (uint32) trace->nevents * 2)
		trace->nslots *= 2;
	trace->slots = palloc_extended(sizeof(int32) * (Size) trace->nslots,
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < trace->nevents; i++)
	{
		uint32 slot = hash_bytes(trace->events[i].id.data, UUID_LEN) &
					  (trace->nslots - 1);

		while (trace->slots[slot] != 0)
			slot = (slot + 1) & (trace->nslots - 1);
		trace->slots[slot] = i + 1;
	}
}

/*
 * sd_trace_find
 *		The place of an event, -1 if it is not in the trace.
 */
int32
sd_trace_find(const SdTrace *trace, const pg_uuid_t *id)
{
	uint32 slot = hash_bytes(id->data, UUID_LEN) & (trace->nslots - 1);

	while (trace->slots[slot] != 0)
	{
		int32 event = trace->slots[slot] - 1;

		if (memcmp(&trace->events[event].id, id, UUID_LEN) == 0)
			return event;
		slot = (slot + 1) & (trace->nslots - 1);
	}

	return -1;
}

static void
find_parents(Load *load)
{
	SdTrace *trace = load->trace;

	for (int32 i = 0; i < trace->nevents; i++)
	{
		SdTraceEvent *event = &trace->events[i];
		int32 parent;

		if ((event->flags & SD_EVENT_ROOT) != 0)
			continue;
		parent = sd_trace_find(trace, &load->parents[i]);
		if (parent < 0)
			event->flags |= SD_EVENT_ORPHAN;
		else if ((event->flags & SD_EVENT_QUARANTINED) == 0 && parent != i)
			event->parent = parent;
	}
}

/* Put the events into the order of time, unless they are. */
static void
sort_events(Load *load)
{
	SdTrace *trace = load->trace;
	int32 n = trace->nevents;
	int32 *place;
	bool is_sorted = true;

	for (int32 i = 1; i < n && is_sorted; i++)
		is_sorted =
			compare_events(&trace->events[i - 1], &trace->events[i]) < 0;
	if (!is_sorted)
	{
		/* where each was is kept in label's neighbour while they move */
		int32 *old_label =
			palloc_extended(sizeof(int32) * (Size) (n + 1), MCXT_ALLOC_HUGE);

		place =
			palloc_extended(sizeof(int32) * (Size) (n + 1), MCXT_ALLOC_HUGE);
		for (int32 i = 0; i < n; i++)
		{
			old_label[i] = trace->events[i].label;
			trace->events[i].label = i;
		}
		CHECK_FOR_INTERRUPTS();
		qsort(trace->events, n, sizeof(SdTraceEvent), compare_events);
		CHECK_FOR_INTERRUPTS();
		for (int32 i = 0; i < n; i++)
		{
			place[trace->events[i].label] = i;
			trace->events[i].label = old_label[trace->events[i].label];
		}
		for (int32 i = 0; i < n; i++)
			if (trace->events[i].parent >= 0)
				trace->events[i].parent = place[trace->events[i].parent];
		for (uint32 i = 0; i < trace->nslots; i++)
			if (trace->slots[i] != 0)
				trace->slots[i] = place[trace->slots[i] - 1] + 1;
		pfree(place);
		pfree(old_label);
	}
	if (n > FIRST_EVENTS)
		trace->events =
			repalloc_huge(trace->events, sizeof(SdTraceEvent) * (Size) n);
}

static int
compare_events(const void *a, const void *b)
{
	const SdTraceEvent *left = a;
	const SdTraceEvent *right = b;

	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	if (left->nanos != right->nanos)
		return left->nanos < right->nanos ? -1 : 1;

	return memcmp(&left->id, &right->id, UUID_LEN);
}

static void
read_edges(Load *load)
{
	SdTrace *trace = load->trace;
	Datum parameter = UUIDPGetDatum(&trace->id);
	Portal portal;

	if (trace->nevents == 0)
		return;
	portal = sd_spi_open_read(&select_edges, &parameter, NULL);
	for (;;)
	{
		SPITupleTable *found;
		uint64 n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, CHUNK);
		found = SPI_tuptable;
		n = SPI_processed;
		if (n == 0)
			break;
		for (uint64 i = 0; i < n; i++)
		{
			SdTraceEdge *edge;
			Datum values[4];
			bool nulls[4];
			text *type;
			int32 from;
			int32 to;

			heap_deform_tuple(found->vals[i], found->tupdesc, values, nulls);
			from = sd_trace_find(trace, DatumGetUUIDP(values[0]));
			to = sd_trace_find(trace, DatumGetUUIDP(values[1]));
			if (from < 0 || to < 0 || from == to)
				continue;
			if (trace->nedges == load->edges_allocated)
			{
				load->edges_allocated = load->edges_allocated * 3 / 2;
				trace->edges = repalloc_huge(
					trace->edges, sizeof(SdTraceEdge) * load->edges_allocated);
			}
			type = DatumGetTextPP(values[2]);
			edge = &trace->edges[trace->nedges++];
			edge->from = from;
			edge->to = to;
			edge->type = sd_words_enter(&trace->words, VARDATA_ANY(type),
										VARSIZE_ANY_EXHDR(type));
			edge->orders =
				!DatumGetBool(values[3]) &&
				strcmp(trace->words.words[edge->type], "ConcurrentWith") != 0;
		}
		SPI_freetuptable(found);
	}
	SPI_cursor_close(portal);
}

/*
 * sd_trace_word
 *		A word, NULL if it is none.
 */
const char *
sd_trace_word(const SdTrace *trace, int32 word)
{
	return word < 0 ? NULL : trace->words.words[word];
}

/*
 * sd_trace_thread_name
 *		A logical thread as people read it: service/instance/thread.
 */
char *
sd_trace_thread_name(const SdTrace *trace, int32 thread)
{
	const SdTraceThread *found = &trace->threads[thread];
	const char *service = sd_trace_word(trace, found->service);
	const char *instance = sd_trace_word(trace, found->instance);
	const char *thread_id = sd_trace_word(trace, found->thread_id);

	return psprintf("%s/%s/%s", service != NULL ? service : "",
					instance != NULL ? instance : "",
					thread_id != NULL ? thread_id : "");
}
