/*-------------------------------------------------------------------------
 *
 * diagram.c
 *	  stormdisc_trace_diagram: a trace as text, for Mermaid or Graphviz to draw.
 *
 * Logical threads and events have numbers for names (p1, e1, ...), and what
 *they are called is in a label, where any character can stand in one form or
 * another.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "arguments.h"
#include "diagram_text.h"
#include "trace/event.h"
#include "trace/order.h"
#include "trace/races.h"
#include "trace/report.h"
#include "trace/trace.h"

PG_FUNCTION_INFO_V1(stormdisc_trace_diagram);

/* labels are cut to so many bytes */
#define MAX_LABEL 80

/* more pairs of accesses that race are not drawn */
#define MAX_RACES 1000

typedef enum LineType
{
	LINE_PARENT,
	LINE_EXPLICIT,
	LINE_QUARANTINED,
	LINE_UNORDERED,
	LINE_DERIVED,
	LINE_PROGRAM,
	LINE_RACE
} LineType;

/* from one event to another, which is not before it in the array */
typedef struct Line
{
	int32 from;
	int32 to;
	LineType type;
	const char *label; /* or NULL */
} Line;

typedef struct Picture
{
	SdTrace *trace;
	int32 nevents; /* the first ones, which are drawn */
	int nthreads;
	int *numbers;	/* of threads, from 1; 0: not drawn */
	int32 *threads; /* by number */
	int64 nraces;
	int nlines;
	int allocated;
	Line *lines;
	StringInfoData buf;
} Picture;

typedef struct Format
{
	const char *name;
	const char *other_name;
	void (*draw)(Picture *picture);
} Format;

static const Format *find_format(const char *name);
static void find_threads(Picture *picture);
static void find_lines(Picture *picture);
static void add_line(Picture *picture, int32 from, int32 to, LineType type,
					 const char *label);
static bool has_line(const Picture *picture, int nhard, int32 from, int32 to);
static const char *derived_label(const Picture *picture, int32 from, int32 to);
static void find_races(Picture *picture);
static void add_race(void *arg, const SdTrace *trace, const SdRace *race);
static int compare_lines(const void *a, const void *b);
static char *event_label(const Picture *picture, int32 number);
static const char *remaining(const Picture *picture);
static void draw_mermaid(Picture *picture);
static int thread_number(const Picture *picture, int32 event);
static void append_mermaid_text(StringInfo buf, const char *text);
static void draw_graphviz(Picture *picture);
static void draw_graphviz_line(Picture *picture, const Line *line);

static const Format formats[] = {
	{"mermaid", "mermaid", draw_mermaid},
	{"graphviz", "dot", draw_graphviz},
};

/*
 * stormdisc_trace_diagram(trace, format, max_events) -> text
 *		Draw the events of a trace by their logical threads; NULL if there are
 *		none.
 */
Datum
stormdisc_trace_diagram(PG_FUNCTION_ARGS)
{
	pg_uuid_t *id = DatumGetUUIDP(sd_argument_required(fcinfo, 0, "trace"));
	text *name = DatumGetTextPP(sd_argument_required(fcinfo, 1, "format"));
	const Format *format = find_format(text_to_cstring(name));
	int64 max_events = sd_report_limit(fcinfo, 2, "max_events");
	Picture picture = {0};
	MemoryContext oldcontext;
	text *result;

	picture.trace = sd_trace_load(id, SD_TRACE_OPERATIONS | SD_TRACE_CLOCKS);
	if (picture.trace->nevents == 0)
	{
		sd_trace_free(picture.trace);
		PG_RETURN_NULL();
	}
	oldcontext = MemoryContextSwitchTo(picture.trace->context);
	picture.nevents = (int32) Min(max_events, picture.trace->nevents);
	initStringInfo(&picture.buf);
	find_threads(&picture);
	find_lines(&picture);
	format->draw(&picture);
	MemoryContextSwitchTo(oldcontext);
	result = cstring_to_text_with_len(picture.buf.data, picture.buf.len);
	sd_trace_free(picture.trace);

	PG_RETURN_TEXT_P(result);
}

static const Format *
find_format(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
		if (pg_strcasecmp(name, formats[i].name) == 0 ||
			pg_strcasecmp(name, formats[i].other_name) == 0)
			return &formats[i];

	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("unrecognized diagram format: \"%s\"", name),
			errhint("Valid formats are mermaid and graphviz (or dot)."));
	return NULL; /* keep compiler quiet */
}

/* ---- what is drawn ---- */

/* The threads of the events that are drawn, in the order of their events. */
static void
find_threads(Picture *picture)
{
	SdTrace *trace = picture->trace;

	picture->numbers = palloc_extended(sizeof(int) * (Size) trace->nthreads,
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	picture->threads = palloc_extended(
		sizeof(int32) * ((Size) trace->nthreads + 1), MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < picture->nevents; i++)
	{
		int32 thread = trace->events[i].thread;

		if (picture->numbers[thread] > 0)
			continue;
		picture->numbers[thread] = ++picture->nthreads;
		picture->threads[picture->nthreads] = thread;
	}
}

static void
find_lines(Picture *picture)
{
	SdTrace *trace = picture->trace;
	SdOrder *order = sd_order_build(
		trace, SD_ORDER_ALL & ~SD_ORDER_BIT(SD_ORDER_PROGRAM), false);
	int32 *last = palloc_extended(
		sizeof(int32) * Max((Size) trace->nthreads, 1), MCXT_ALLOC_HUGE);
	int nhard;

	for (int32 i = 0; i < picture->nevents; i++)
		add_line(picture, trace->events[i].parent, i, LINE_PARENT, NULL);
	for (int64 e = 0; e < trace->nedges; e++)
	{
		SdTraceEdge *edge = &trace->edges[e];
		const char *type = sd_trace_word(trace, edge->type);

		add_line(picture, edge->from, edge->to,
				 edge->orders ? LINE_EXPLICIT
				 : strcmp(type, sd_edge_type_name(SD_CONCURRENT_WITH)) == 0
					 ? LINE_UNORDERED
					 : LINE_QUARANTINED,
				 type);
	}
	qsort(picture->lines, picture->nlines, sizeof(Line), compare_lines);
	nhard = picture->nlines;

	/* what follows from the events themselves, unless it was said already */
	for (int32 i = 0; i < trace->nthreads; i++)
		last[i] = -1;
	for (int32 i = 0; i < picture->nevents; i++)
	{
		int32 thread = trace->events[i].thread;

		CHECK_FOR_INTERRUPTS();
		for (int64 b = order->start[i]; b < order->start[i + 1]; b++)
		{
			int32 from = order->before[b];

			if (from < trace->nevents && !has_line(picture, nhard, from, i))
				add_line(picture, from, i, LINE_DERIVED,
						 derived_label(picture, from, i));
		}
		if (!has_line(picture, nhard, last[thread], i))
			add_line(picture, last[thread], i, LINE_PROGRAM, NULL);
		last[thread] = i;
	}
	find_races(picture);
	qsort(picture->lines, picture->nlines, sizeof(Line), compare_lines);
	pfree(last);
	sd_order_free(order);
}

/* A line between events that are drawn. */
static void
add_line(Picture *picture, int32 from, int32 to, LineType type,
		 const char *label)
{
	Line *line;

	if (from < 0 || from >= picture->nevents || to >= picture->nevents)
		return;
	if (picture->nlines == picture->allocated)
	{
		picture->allocated = Max(64, picture->allocated * 2);
		if (picture->lines == NULL)
			picture->lines = palloc(sizeof(Line) * picture->allocated);
		else
			picture->lines = repalloc_huge(
				picture->lines, sizeof(Line) * (Size) picture->allocated);
	}
	line = &picture->lines[picture->nlines++];
	line->from = from;
	line->to = to;
	line->type = type;
	line->label = label;
}

/* Has an edge been told, among the first lines, which are sorted? */
static bool
has_line(const Picture *picture, int nhard, int32 from, int32 to)
{
	static const LineType types[] = {LINE_PARENT, LINE_EXPLICIT};

	for (int i = 0; i < lengthof(types); i++)
	{
		int low = 0;
		int high = nhard;

		while (low < high)
		{
			int middle = low + (high - low) / 2;
			const Line *line = &picture->lines[middle];

			if (line->to < to || (line->to == to && (line->type < types[i] ||
													 (line->type == types[i] &&
													  line->from < from))))
				low = middle + 1;
			else
				high = middle;
		}
		if (low < nhard && picture->lines[low].to == to &&
			picture->lines[low].type == types[i] &&
			picture->lines[low].from == from)
			return true;
	}

	return false;
}

/* Why one event has to be before another. */
static const char *
derived_label(const Picture *picture, int32 from, int32 to)
{
	const SdTraceEvent *before = &picture->trace->events[from];
	const SdTraceEvent *after = &picture->trace->events[to];

	if (before->kind == SD_LOCK_RELEASE && after->kind == SD_LOCK_ACQUIRE)
		return "lock";
	if (before->kind == SD_ASYNC_SPAWN)
		return "spawn";
	if (after->kind == SD_ASYNC_AWAIT)
		return "join";
	if (before->kind == SD_HTTP_REQUEST)
		return "request";
	if (after->kind == SD_HTTP_RESPONSE)
		return "response";

	return NULL;
}

/* Races between the events that are drawn. */
static void
find_races(Picture *picture)
{
	SdTrace *trace = picture->trace;
	SdRaceOptions options = {.mode = SD_RACES_HB,
							 .max_pairs = MAX_RACES,
							 .verdicts = SD_VERDICT_RACE,
							 .is_silent = true};

	/* the others are no accesses then */
	for (int32 i = picture->nevents; i < trace->nevents; i++)
		if (trace->events[i].kind == SD_STATE_CHANGE)
			trace->events[i].kind = SD_CUSTOM;
	sd_races_detect(trace, &options, add_race, picture);
}

static void
add_race(void *arg, const SdTrace *trace, const SdRace *race)
{
	Picture *picture = arg;

	if (picture->nraces++ < MAX_RACES)
		add_line(picture, race->event1, race->event2, LINE_RACE, "race");
}

static int
compare_lines(const void *a, const void *b)
{
	const Line *x = a;
	const Line *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;

	return strcmp(x->label != NULL ? x->label : "",
				  y->label != NULL ? y->label : "");
}

/* What an event does, and how long it took. */
static char *
event_label(const Picture *picture, int32 number)
{
	static const char *const verbs[] = {
		[SD_ASYNC_SPAWN] = "spawn ",
		[SD_ASYNC_AWAIT] = "await ",
		[SD_LOCK_ACQUIRE] = "acquire ",
		[SD_LOCK_RELEASE] = "release ",
		[SD_MEMORY_FENCE] = "fence ",
		[SD_HTTP_RESPONSE] = "response ",
		[SD_DATABASE_RESULT] = "rows: ",
		[SD_ERROR_EVENT] = "error ",
		[SD_CUSTOM] = "",
	};
	const SdTrace *trace = picture->trace;
	const SdTraceEvent *event = &trace->events[number];
	const char *name = sd_trace_word(trace, event->label);
	StringInfoData buf;

	initStringInfo(&buf);
	if (event->kind == SD_STATE_CHANGE)
		appendStringInfo(&buf, "%s ", sd_access_type_name(event->access));
	else if (verbs[event->kind] != NULL)
		appendStringInfoString(&buf, verbs[event->kind]);
	appendStringInfoString(&buf, name != NULL ? name : "");
	if (buf.len > MAX_LABEL)
	{
		buf.len = pg_mbcliplen(buf.data, buf.len, MAX_LABEL);
		buf.data[buf.len] = '\0';
		appendStringInfoString(&buf, "...");
	}
	if ((event->flags & SD_EVENT_SHARED) != 0)
		appendStringInfoString(&buf, " (shared)");
	if ((event->flags & SD_EVENT_TIMED) != 0)
		appendStringInfo(&buf, " (%.3f ms)", event->duration / 1e6);

	return buf.data;
}

/* What is to be said of the events that are not drawn, or NULL. */
static const char *
remaining(const Picture *picture)
{
	int32 rest = picture->trace->nevents - picture->nevents;

	return rest == 0 ? NULL
					 : psprintf("%d of %d events are not shown", rest,
								picture->trace->nevents);
}

/* ---- Mermaid ---- */

static void
draw_mermaid(Picture *picture)
{
	StringInfo buf = &picture->buf;
	const char *rest = remaining(picture);
	int line = 0;

	appendStringInfoString(buf, "sequenceDiagram\n");
	for (int i = 1; i <= picture->nthreads; i++)
	{
		appendStringInfo(buf, "    participant p%d as ", i);
		append_mermaid_text(
			buf, sd_trace_thread_name(picture->trace, picture->threads[i]));
		appendStringInfoChar(buf, '\n');
	}

	for (int32 i = 0; i < picture->nevents; i++)
	{
		char *label = event_label(picture, i);
		int number = thread_number(picture, i);
		bool is_drawn = false;

		CHECK_FOR_INTERRUPTS();
		for (; line < picture->nlines && picture->lines[line].to == i; line++)
		{
			const Line *from = &picture->lines[line];
			int other = thread_number(picture, from->from);

			if (from->type == LINE_RACE)
			{
				if (!is_drawn)
				{
					appendStringInfo(buf, "    Note over p%d: ", number);
					append_mermaid_text(buf, label);
					appendStringInfoChar(buf, '\n');
				}
				is_drawn = true;
				appendStringInfo(buf, "    Note over p%d,p%d: race: ", other,
								 number);
				append_mermaid_text(buf, event_label(picture, from->from));
				appendStringInfoString(buf, " / ");
				append_mermaid_text(buf, label);
				appendStringInfoChar(buf, '\n');
				continue;
			}
			if (other == number || from->type == LINE_UNORDERED ||
				from->type == LINE_QUARANTINED)
				continue;
			is_drawn = true;
			appendStringInfo(buf, "    p%d%sp%d: ", other,
							 from->type == LINE_DERIVED ? "-->>" : "->>",
							 number);
			append_mermaid_text(buf, label);
			appendStringInfoChar(buf, '\n');
		}
		if (!is_drawn)
		{
			appendStringInfo(buf, "    Note over p%d: ", number);
			append_mermaid_text(buf, label);
			appendStringInfoChar(buf, '\n');
		}
		pfree(label);
	}
	if (rest != NULL)
	{
		appendStringInfoString(buf, "    Note over p1: ");
		append_mermaid_text(buf, rest);
		appendStringInfoChar(buf, '\n');
	}
}

static int
thread_number(const Picture *picture, int32 event)
{
	return picture->numbers[picture->trace->events[event].thread];
}

/*
 * Append a text at the end of a line.  What may mean something to Mermaid or to
 * HTML is given by its number.
 */
static void
append_mermaid_text(StringInfo buf, const char *text)
{
	const char *next;
	bool after_blank = true;

	for (; *text != '\0'; text = next)
	{
		pg_wchar codepoint;
		bool is_plain;
		int length;

		next = sd_diagram_next_character(text, &codepoint, &length);
		if (codepoint >= 0x80)
			is_plain = sd_diagram_is_safe(codepoint);
		else if (codepoint == ' ')
			is_plain = !after_blank && *next != ' ' && *next != '\0';
		else
			is_plain = isalnum((int) codepoint) ||
					   strchr("_./(),=+", (int) codepoint) != NULL;
		if (is_plain)
			appendBinaryStringInfo(buf, text, length);
		else
			appendStringInfo(buf, "#%u;",
							 (unsigned int) (codepoint < 0x20
												 ? codepoint + 0x2400
												 : codepoint));
		after_blank = codepoint == ' ';
	}
}

/* ---- Graphviz ---- */

static void
draw_graphviz(Picture *picture)
{
	StringInfo buf = &picture->buf;
	const char *rest = remaining(picture);
	int32 *first = palloc_extended(
		sizeof(int32) * ((Size) picture->nthreads + 1), MCXT_ALLOC_HUGE);
	int32 *next = palloc_extended(sizeof(int32) * ((Size) picture->nevents + 1),
								  MCXT_ALLOC_HUGE);

	/* the events of each thread */
	for (int i = 1; i <= picture->nthreads; i++)
		first[i] = -1;
	for (int32 e = picture->nevents - 1; e >= 0; e--)
	{
		int number = thread_number(picture, e);

		next[e] = first[number];
		first[number] = e;
	}

	appendStringInfoString(
		buf, "digraph trace {\n"
			 "    graph [charset=\"UTF-8\", fontname=\"sans-serif\"];\n"
			 "    node [shape=box, style=rounded, fontname=\"sans-serif\", "
			 "fontsize=11];\n"
			 "    edge [fontname=\"sans-serif\", fontsize=9];\n");
	for (int i = 1; i <= picture->nthreads; i++)
	{
		appendStringInfo(buf, "    subgraph cluster_%d {\n        label=<", i);
		sd_diagram_graphviz_text(
			buf, sd_trace_thread_name(picture->trace, picture->threads[i]));
		appendStringInfoString(buf, ">;\n        color=grey;\n");
		for (int32 e = first[i]; e >= 0; e = next[e])
		{
			CHECK_FOR_INTERRUPTS();
			appendStringInfo(buf, "        e%d [label=<%d ", e + 1, e + 1);
			sd_diagram_graphviz_text(buf, event_label(picture, e));
			appendStringInfoString(buf, ">];\n");
		}
		appendStringInfoString(buf, "    }\n");
	}
	for (int i = 0; i < picture->nlines; i++)
		draw_graphviz_line(picture, &picture->lines[i]);
	if (rest != NULL)
	{
		appendStringInfoString(buf, "    more [shape=note, label=<");
		sd_diagram_graphviz_text(buf, rest);
		appendStringInfoString(buf, ">];\n");
	}
	appendStringInfoString(buf, "}\n");
}

static void
draw_graphviz_line(Picture *picture, const Line *line)
{
	static const char *const styles[] = {
		[LINE_PARENT] = "",
		[LINE_EXPLICIT] = "penwidth=2",
		[LINE_QUARANTINED] = "style=dotted, color=red, constraint=false",
		[LINE_UNORDERED] = "style=dotted, dir=none, constraint=false",
		[LINE_DERIVED] = "style=dashed, color=blue",
		[LINE_PROGRAM] = "color=grey",
		[LINE_RACE] = "color=red, penwidth=2, dir=both, constraint=false, "
					  "fontcolor=red",
	};
	StringInfo buf = &picture->buf;
	const char *style = styles[line->type];

	appendStringInfo(buf, "    e%d -> e%d", line->from + 1, line->to + 1);
	if (*style != '\0' || line->label != NULL)
		appendStringInfo(buf, " [%s", style);
	if (line->label != NULL)
	{
		appendStringInfo(buf, "%slabel=<", *style != '\0' ? ", " : "");
		sd_diagram_graphviz_text(buf, line->label);
		if (line->type == LINE_QUARANTINED)
			appendStringInfoString(buf, " (quarantined)");
		appendStringInfoChar(buf, '>');
	}
	appendStringInfoString(buf, *style != '\0' || line->label != NULL ? "];\n"
																	  : ";\n");
}
