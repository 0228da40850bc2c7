/*-------------------------------------------------------------------------
 *
 * diagram.c
 *	  stormdisc_diagram: an entity-relationship diagram as text, for Mermaid
 *	  or Graphviz to draw.
 *
 * Tables have numbers for names (t1, t2, ...), and what they are called is in
 * a label, where any character can stand in one form or another.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_class.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "diagram_text.h"
#include "discovery/discovery.h"
#include "model/model.h"

PG_FUNCTION_INFO_V1(stormdisc_diagram);

/* the arguments after those that all discovery functions share */
#define ARG_FORMAT 4

/* a table in the picture */
typedef struct Box
{
	Oid oid; /* hash key */
	SdRelation *relation;
	int number;
	bool is_full; /* with its columns; others are only linked to */
} Box;

/* what a column is part of */
typedef struct Marks
{
	bool primary_key;
	bool foreign_key;
	bool unique_key;
} Marks;

/* a foreign key between two boxes */
typedef struct Line
{
	Box *child;
	Box *parent;
	bool is_optional;
	bool is_unique;
	bool is_enforced;
	const char *label;
} Line;

/* how the parts of a picture are written */
typedef struct Format
{
	const char *name;
	const char *other_name;
	const char *head;
	void (*start_box)(StringInfo buf, const Box *box, const char *label);
	void (*column)(StringInfo buf, const char *type, const char *name,
				   const Marks *marks);
	void (*end_box)(StringInfo buf, const Box *box);
	void (*line)(StringInfo buf, const Line *line);
	const char *tail;
} Format;

static const Format *find_format(const char *name);
static char *draw(SdCatalog *cat, const Format *format);
static Box *enter_box(HTAB *boxes, SdRelation *rel);
static SdRelation *folded(SdCatalog *cat, SdRelation *rel);
static int compare_boxes(const void *a, const void *b);
static void draw_box(SdCatalog *cat, SdLinks *links, const Format *format,
					 StringInfo buf, Box *box);
static void find_marks(SdLinkTable *table, SdColumn *column, Marks *marks);
static char *line_label(SdCatalog *cat, const SdLink *link);
static void append_marks(StringInfo buf, const Marks *marks);
static void start_mermaid_box(StringInfo buf, const Box *box,
							  const char *label);
static void mermaid_column(StringInfo buf, const char *type, const char *name,
						   const Marks *marks);
static void end_mermaid_box(StringInfo buf, const Box *box);
static void mermaid_line(StringInfo buf, const Line *line);
static bool append_mermaid_word(StringInfo buf, const char *text,
								const char *also);
static void start_graphviz_box(StringInfo buf, const Box *box,
							   const char *label);
static void graphviz_column(StringInfo buf, const char *type, const char *name,
							const Marks *marks);
static void end_graphviz_box(StringInfo buf, const Box *box);
static void graphviz_line(StringInfo buf, const Line *line);

static const Format formats[] = {
	{
		.name = "mermaid",
		.other_name = "mermaid",
		.head = "erDiagram\n",
		.start_box = start_mermaid_box,
		.column = mermaid_column,
		.end_box = end_mermaid_box,
		.line = mermaid_line,
		.tail = "",
	},
	{
		.name = "graphviz",
		.other_name = "dot",
		.head = "digraph schema {\n"
				"    graph [charset=\"UTF-8\", rankdir=LR];\n"
				"    node [shape=plain];\n"
				"    edge [dir=both];\n",
		.start_box = start_graphviz_box,
		.column = graphviz_column,
		.end_box = end_graphviz_box,
		.line = graphviz_line,
		.tail = "}\n",
	},
};

/*
 * stormdisc_diagram(relation, schemas, include, exclude, format) -> text
 *		Draw the tables in scope, with their foreign keys.
 */
Datum
stormdisc_diagram(PG_FUNCTION_ARGS)
{
	const Format *format = &formats[0];
	SdScope scope = {0};
	SdCatalog *cat;
	char *picture;
	text *result;

	if (!PG_ARGISNULL(ARG_FORMAT))
		format = find_format(text_to_cstring(PG_GETARG_TEXT_PP(ARG_FORMAT)));
	scope.kinds = "rpf";
	scope.kinds_error = "\"%s\" is not a table";
	sd_discovery_scope(fcinfo, &scope);

	cat = sd_catalog_begin(&scope);
	sd_catalog_read(cat, SD_READ_COLUMNS | SD_READ_INHERITANCE);
	picture = draw(cat, format);
	result = cstring_to_text(picture);
	sd_catalog_end(cat);

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

static char *
draw(SdCatalog *cat, const Format *format)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	SdLinks *links = sd_links_read(cat, false);
	HTAB *boxes =
		sd_hash_create(cat, "stormdisc diagram", sizeof(Oid), sizeof(Box));
	Line *lines =
		palloc_extended(sizeof(Line) * (links->nlinks + 1), MCXT_ALLOC_HUGE);
	int nlines = 0;
	Box **sorted;
	int nboxes = 0;
	HASH_SEQ_STATUS status;
	Box *box;
	StringInfoData buf;

	for (int i = 0; i < cat->nrelations; i++)
	{
		SdRelation *rel = cat->relations[i];

		if (folded(cat, rel) != rel)
			continue;
		enter_box(boxes, rel)->is_full = true;
		sd_links_table(links, rel)->wants_indexes = true;
	}
	sd_links_read_indexes(cat, links);

	for (int i = 0; i < links->nlinks; i++)
	{
		SdLink *link = links->links[i];
		Line *line = &lines[nlines];

		CHECK_FOR_INTERRUPTS();
		if ((!link->child->in_scope && !link->parent->in_scope) ||
			sd_scope_excludes(cat->scope, link->child) ||
			sd_scope_excludes(cat->scope, link->parent))
			continue;
		line->child = enter_box(boxes, folded(cat, link->child));
		line->parent = enter_box(boxes, folded(cat, link->parent));
		line->is_optional = sd_link_is_optional(cat, link);
		line->is_unique = sd_link_is_unique(links, link);
		line->is_enforced = link->enforced;
		line->label = line_label(cat, link);
		nlines++;
	}

	sorted = palloc_extended(sizeof(Box *) * (hash_get_num_entries(boxes) + 1),
							 MCXT_ALLOC_HUGE);
	hash_seq_init(&status, boxes);
	while ((box = hash_seq_search(&status)) != NULL)
		sorted[nboxes++] = box;
	qsort(sorted, nboxes, sizeof(Box *), compare_boxes);

	initStringInfo(&buf);
	appendStringInfoString(&buf, format->head);
	for (int i = 0; i < nboxes; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sorted[i]->number = i + 1;
		draw_box(cat, links, format, &buf, sorted[i]);
	}
	for (int i = 0; i < nlines; i++)
	{
		CHECK_FOR_INTERRUPTS();
		format->line(&buf, &lines[i]);
	}
	appendStringInfoString(&buf, format->tail);
	MemoryContextSwitchTo(oldcontext);

	return buf.data;
}

static Box *
enter_box(HTAB *boxes, SdRelation *rel)
{
	bool known;
	Box *box = hash_search(boxes, &rel->oid, HASH_ENTER, &known);

	if (!known)
	{
		box->relation = rel;
		box->number = 0;
		box->is_full = false;
	}

	return box;
}

/* Partitions are drawn as their root, unless it is one that was asked for. */
static SdRelation *
folded(SdCatalog *cat, SdRelation *rel)
{
	int level;

	if (cat->scope->has_relation && rel->oid == cat->scope->relation)
		return rel;

	return sd_catalog_partition_root(cat, rel, &level);
}

static int
compare_boxes(const void *a, const void *b)
{
	return sd_relation_compare((*(Box *const *) a)->relation,
							   (*(Box *const *) b)->relation);
}

static void
draw_box(SdCatalog *cat, SdLinks *links, const Format *format, StringInfo buf,
		 Box *box)
{
	SdRelation *rel = box->relation;
	SdLinkTable *table = sd_links_find(links, rel);

	format->start_box(
		buf, box,
		psprintf("%s.%s", NameStr(rel->schema->name), NameStr(rel->name)));
	for (int i = 0; box->is_full && i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];
		Marks marks = {0};

		if (!column->exists)
			continue;
		find_marks(table, column, &marks);
		format->column(
			buf, sd_catalog_format_type(cat, column->type, column->typmod),
			NameStr(column->name), &marks);
	}
	format->end_box(buf, box);
}

static void
find_marks(SdLinkTable *table, SdColumn *column, Marks *marks)
{
	ListCell *lc;

	foreach (lc, table->indexes)
	{
		SdTableIndex *index = lfirst(lc);

		if (!index->is_unique ||
			!bms_is_member(column->number, index->column_set))
			continue;
		if (index->is_primary)
			marks->primary_key = true;
		else
			marks->unique_key = true;
	}
	foreach (lc, table->links)
		marks->foreign_key =
			marks->foreign_key ||
			bms_is_member(column->number, ((SdLink *) lfirst(lc))->column_set);
}

/* A line is named by the columns that refer. */
static char *
line_label(SdCatalog *cat, const SdLink *link)
{
	StringInfoData buf;

	sd_relation_read_columns(cat, link->child);
	initStringInfo(&buf);
	for (int i = 0; i < link->ncolumns; i++)
	{
		const char *name =
			sd_relation_column_name(link->child, link->columns[i]);

		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 name != NULL ? name : "?");
	}

	return buf.data;
}

static void
append_marks(StringInfo buf, const Marks *marks)
{
	const char *separator = "";

	if (marks->primary_key)
	{
		appendStringInfoString(buf, "PK");
		separator = ", ";
	}
	if (marks->foreign_key)
	{
		appendStringInfo(buf, "%sFK", separator);
		separator = ", ";
	}
	if (marks->unique_key)
		appendStringInfo(buf, "%sUK", separator);
}

/* ---- Mermaid ---- */

static void
start_mermaid_box(StringInfo buf, const Box *box, const char *label)
{
	appendStringInfo(buf, "    t%d[\"", box->number);
	sd_diagram_mermaid_label(buf, label);
	appendStringInfo(buf, "\"]%s\n", box->is_full ? " {" : "");
}

/* The name is followed by what it really is, if it had to be changed. */
static void
mermaid_column(StringInfo buf, const char *type, const char *name,
			   const Marks *marks)
{
	bool is_same;

	appendStringInfoString(buf, "        ");
	(void) append_mermaid_word(buf, type, "()[]");
	appendStringInfoChar(buf, ' ');
	is_same = append_mermaid_word(buf, name, "");
	if (marks->primary_key || marks->foreign_key || marks->unique_key)
		appendStringInfoChar(buf, ' ');
	append_marks(buf, marks);
	if (!is_same)
	{
		appendStringInfoString(buf, " \"");
		sd_diagram_mermaid_label(buf, name);
		appendStringInfoChar(buf, '"');
	}
	appendStringInfoChar(buf, '\n');
}

static void
end_mermaid_box(StringInfo buf, const Box *box)
{
	if (box->is_full)
		appendStringInfoString(buf, "    }\n");
}

static void
mermaid_line(StringInfo buf, const Line *line)
{
	appendStringInfo(buf, "    t%d %s%s%s t%d : \"", line->parent->number,
					 line->is_optional ? "|o" : "||",
					 line->is_enforced ? "--" : "..",
					 line->is_unique ? "o|" : "o{", line->child->number);
	sd_diagram_mermaid_label(buf, line->label);
	appendStringInfoString(buf, "\"\n");
}

/*
 * Append a name or type as a word: letters, digits, _ and what is given.
 * Other characters become _, and false is returned if there were any.
 */
static bool
append_mermaid_word(StringInfo buf, const char *text, const char *also)
{
	bool is_same = true;
	int start = buf->len;
	const char *next;

	/* it starts with a letter, and not like one of the three marks */
	if (!isalpha((unsigned char) text[0]) && text[0] != '_' &&
		!IS_HIGHBIT_SET(text[0]))
	{
		appendStringInfoChar(buf, '_');
		is_same = false;
	}

	for (; *text != '\0'; text = next)
	{
		pg_wchar codepoint;
		int length;

		next = sd_diagram_next_character(text, &codepoint, &length);
		if (codepoint < 0x80
				? (isalnum((int) codepoint) || codepoint == '_' ||
				   (strchr(also, (int) codepoint) != NULL))
				: (codepoint >= 0xC0 && sd_diagram_is_safe(codepoint)))
			appendBinaryStringInfo(buf, text, length);
		else
		{
			appendStringInfoChar(buf, '_');
			is_same = false;
		}
	}

	/* Markdown would take these off */
	if (buf->data[start] == '_' && buf->data[buf->len - 1] == '_')
		is_same = false;

	if (buf->len == start + 2 && strchr("pfuPFU", buf->data[start]) != NULL &&
		pg_toupper(buf->data[start + 1]) == 'K')
	{
		appendStringInfoChar(buf, '_');
		is_same = false;
	}

	return is_same;
}

/* ---- Graphviz ---- */

static void
start_graphviz_box(StringInfo buf, const Box *box, const char *label)
{
	appendStringInfo(buf,
					 "    t%d [label=<<TABLE BORDER=\"0\" CELLBORDER=\"1\""
					 " CELLSPACING=\"0\">\n"
					 "        <TR><TD COLSPAN=\"3\" BGCOLOR=\"lightgrey\"><B>",
					 box->number);
	sd_diagram_graphviz_text(buf, label);
	appendStringInfoString(buf, "</B></TD></TR>\n");
}

static void
graphviz_column(StringInfo buf, const char *type, const char *name,
				const Marks *marks)
{
	appendStringInfoString(buf, "        <TR><TD ALIGN=\"LEFT\">");
	sd_diagram_graphviz_text(buf, name);
	appendStringInfoString(buf, "</TD><TD ALIGN=\"LEFT\">");
	sd_diagram_graphviz_text(buf, type);
	appendStringInfoString(buf, "</TD><TD ALIGN=\"LEFT\">");
	if (marks->primary_key || marks->foreign_key || marks->unique_key)
		append_marks(buf, marks);
	else
		appendStringInfoChar(buf, ' ');
	appendStringInfoString(buf, "</TD></TR>\n");
}

static void
end_graphviz_box(StringInfo buf, const Box *box)
{
	appendStringInfoString(buf, "    </TABLE>>];\n");
}

static void
graphviz_line(StringInfo buf, const Line *line)
{
	appendStringInfo(buf,
					 "    t%d -> t%d [arrowtail=%s, arrowhead=%s%s, label=<",
					 line->child->number, line->parent->number,
					 line->is_unique ? "teeodot" : "crowodot",
					 line->is_optional ? "teeodot" : "teetee",
					 line->is_enforced ? "" : ", style=dashed");
	sd_diagram_graphviz_text(buf, line->label);
	appendStringInfoString(buf, ">];\n");
}
