/*-------------------------------------------------------------------------
 *
 * insertable.c
 *	  stormdisc_insertable: what may be put into each column of a table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "compat.h"
#include "discovery/discovery.h"
#include "model/model.h"

PG_FUNCTION_INFO_V1(stormdisc_insertable);

/* numeric: precision and scale are packed into the type modifier */
#define NUMERIC_PRECISION(typmod)                                              \
	((((typmod) - (int32) VARHDRSZ) >> 16) & 0xffff)
#define NUMERIC_SCALE(typmod)                                                  \
	(((((typmod) - (int32) VARHDRSZ) & 0x7ff) ^ 1024) - 1024)

/* a chain of parents cannot be longer than this, unless it is a circle */
#define MAX_LEVELS 10000

/* the finite values of types that have bounds */
static const struct
{
	Oid type;
	const char *least;
	const char *greatest;
} value_ranges[] = {
	{INT2OID, "-32768", "32767"},
	{INT4OID, "-2147483648", "2147483647"},
	{INT8OID, "-9223372036854775808", "9223372036854775807"},
	{OIDOID, "0", "4294967295"},
	{FLOAT4OID, "-3.4028235e+38", "3.4028235e+38"},
	{FLOAT8OID, "-1.7976931348623157e+308", "1.7976931348623157e+308"},
	{DATEOID, "4714-11-24 BC", "5874897-12-31"},
	{TIMEOID, "00:00:00", "24:00:00"},
	{TIMETZOID, "00:00:00+1559", "24:00:00-1559"},
	{TIMESTAMPOID, "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999"},
	{TIMESTAMPTZOID, "4714-11-24 00:00:00+00 BC",
	 "294276-12-31 23:59:59.999999+00"},
};

/* which columns the keys of an index are, or are made of */
typedef struct IndexColumns
{
	Oid index;
	Bitmapset *columns;
} IndexColumns;

/* a level of the partition tree above the table */
typedef struct PartitionLevel
{
	SdRelation *parent;
	SdPartitionKey *key;
	Oid *opclasses;
	PartitionBoundSpec *bound;
	const char *text;
	SdProblem problem;
} PartitionLevel;

/* what all levels together leave of a column */
typedef struct PartitionRange
{
	Const *lower; /* NULL: no limit */
	Const *upper;
	bool upper_inclusive;
	bool has_values;
	List *values; /* of Const * */
	bool refuses_null;
	bool is_comparable; /* by the order that the server brought */
	List *texts;		/* the bounds of all levels that concern the column */
	SdProblem problem;
} PartitionRange;

/* the table and what its columns share */
typedef struct Insertable
{
	SdRelation *relation;
	List *index_columns; /* of IndexColumns * */
	List *levels;		 /* of PartitionLevel *, from the root */
} Insertable;

static void emit_insertable(SdDiscovery *disc);
static void keep_index_columns(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static void add_tree_columns(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							 AttrNumber attribute, Bitmapset **columns);
static bool uses_column(const Insertable *table, Oid index,
						const SdColumn *column);
static List *partition_levels(SdCatalog *cat, SdRelation *rel);
static void keep_opclasses(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void add_columns(SdDiscovery *disc, void *object);
static void add_column(SdDiscovery *disc, Insertable *table, SdColumn *column);
static bool is_null_default(const char *text);
static void add_limits(SdDiscovery *disc, SdType *base, int32 typmod);
static void add_value_range(SdDiscovery *disc, SdType *base, int32 typmod);
static char *greatest_numeric(int precision, int scale);
static void add_references(SdDiscovery *disc, SdRelation *rel,
						   SdColumn *column);
static bool constrains(const SdConstraint *con, const SdColumn *column);
static int compare_references(const ListCell *a, const ListCell *b);
static void add_unique_sets(SdDiscovery *disc, Insertable *table,
							SdColumn *column, SdProblem *problem);
static char *text_array(int count, const char *const *values);
static void add_checks(SdDiscovery *disc, SdRelation *rel, SdColumn *column,
					   SdProblem *problem);
static List *domain_checks(SdCatalog *cat, SdType *type);
static void keep_domain_check(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							  void *arg);
static int compare_checks(const ListCell *a, const ListCell *b);
static void add_exclusions(SdDiscovery *disc, Insertable *table,
						   SdColumn *column, SdProblem *problem);
static void find_partition_range(SdDiscovery *disc, Insertable *table,
								 SdColumn *column, PartitionRange *range);
static void apply_list(List *values, PartitionRange *range);
static void apply_range(PartitionBoundSpec *bound, int position,
						PartitionRange *range);
static void narrow(PartitionRange *range, Const *lower, Const *upper,
				   bool upper_inclusive);
static bool in_range(const PartitionRange *range, const Const *value);
static bool same_value(const PartitionRange *range, const Const *a,
					   const Const *b);
static int compare_values(const Const *a, const Const *b);
static void add_partition_range(SdDiscovery *disc, PartitionRange *range,
								SdProblem *problem);

static const SdKind kind = {
	.name = "insertable",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a table",
	.parts = SD_READ_COLUMNS | SD_READ_DEFAULTS | SD_READ_INDEXES |
			 SD_READ_INDEX_TEXTS | SD_READ_CONSTRAINTS | SD_READ_INHERITANCE |
			 SD_READ_BOUNDS,
	.emit = emit_insertable,
};

/*
 * stormdisc_insertable(relation) -> setof row
 *		Report for each column of a table which values it takes.
 */
Datum
stormdisc_insertable(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &kind);
}

static void
emit_insertable(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
		Insertable *table = palloc0(sizeof(Insertable));

		table->relation = rel;
		sd_scan_oid(cat, IndexRelationId, IndexIndrelidIndexId,
					Anum_pg_index_indrelid, rel->oid, keep_index_columns,
					&table->index_columns);
		table->levels = partition_levels(cat, rel);
		MemoryContextSwitchTo(oldcontext);
		sd_discovery_add(disc, add_columns, table);
	}
}

static void
keep_index_columns(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	List **found = arg;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	IndexColumns *index = palloc0(sizeof(IndexColumns));

	index->index = form->indexrelid;
	for (int i = 0; i < form->indnkeyatts; i++)
		if (form->indkey.values[i] > 0)
			index->columns =
				bms_add_member(index->columns, form->indkey.values[i]);
	add_tree_columns(cat, tuple, desc, Anum_pg_index_indexprs, &index->columns);
	*found = lappend(*found, index);
	MemoryContextSwitchTo(oldcontext);
}

/* Add the columns that an expression uses; 0 is the whole row. */
static void
add_tree_columns(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
				 AttrNumber attribute, Bitmapset **columns)
{
	Bitmapset *used = NULL;
	int member = -1;
	bool isnull;
	Datum tree = heap_getattr(tuple, attribute, desc, &isnull);

	if (isnull)
		return;
	pull_varattnos(sd_deparse_read(cat, tree), 1, &used);
	while ((member = bms_next_member(used, member)) >= 0)
	{
		AttrNumber number = member + FirstLowInvalidHeapAttributeNumber;

		if (number >= 0)
			*columns = bms_add_member(*columns, number);
	}
}

/* Is the column among the keys of the index, or in an expression there? */
static bool
uses_column(const Insertable *table, Oid index, const SdColumn *column)
{
	ListCell *lc;

	foreach (lc, table->index_columns)
	{
		IndexColumns *columns = lfirst(lc);

		if (columns->index == index)
			return bms_is_member(column->number, columns->columns) ||
				   bms_is_member(0, columns->columns);
	}

	return false;
}

/* The bounds of the table and of the partitions above it, from the root. */
static List *
partition_levels(SdCatalog *cat, SdRelation *rel)
{
	List *levels = NIL;
	SdRelation *parent;

	while ((parent = sd_catalog_partition_parent(cat, rel, NULL)) != NULL &&
		   list_length(levels) < MAX_LEVELS)
	{
		PartitionLevel *level = palloc0(sizeof(PartitionLevel));

		CHECK_FOR_INTERRUPTS();
		level->parent = parent;
		level->key = sd_catalog_partition_key(cat, parent);
		if (level->key != NULL && rel->bound != NULL)
		{
			sd_scan_oid(cat, PartitionedRelationId, PartitionedRelidIndexId,
						Anum_pg_partitioned_table_partrelid, parent->oid,
						keep_opclasses, level);
			/* reading another expression would free this one */
			level->bound = copyObject(castNode(
				PartitionBoundSpec, sd_deparse_read_string(cat, rel->bound)));
			level->text = sd_deparse(
				cat, NULL, (Node *) copyObject(level->bound), &level->problem);
			levels = lcons(level, levels);
		}
		rel = parent;
	}

	return levels;
}

static void
keep_opclasses(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	PartitionLevel *level = arg;
	bool isnull;
	Datum value =
		heap_getattr(tuple, Anum_pg_partitioned_table_partclass, desc, &isnull);
	int count;

	level->opclasses = sd_attribute_oids(cat, value, &count);
}

static void
add_columns(SdDiscovery *disc, void *object)
{
	Insertable *table = object;
	SdRelation *rel = table->relation;

	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists)
			add_column(disc, table, &rel->columns[i]);
}

static void
add_column(SdDiscovery *disc, Insertable *table, SdColumn *column)
{
	SdCatalog *cat = disc->catalog;
	SdProblem problem = column->problem;
	int32 base_typmod = column->typmod;
	SdType *type = sd_catalog_type(cat, column->type);
	SdType *base = sd_catalog_base_type(cat, column->type, &base_typmod);
	bool is_generated = column->generated != '\0';
	bool is_identity = column->identity != '\0';
	const char *default_value = column->default_value;
	PartitionRange range = {0};
	bool has_default;
	bool accepts_null;
	bool must_provide;

	if (!column->has_default && !is_identity)
		default_value = sd_catalog_type_default(cat, type, &problem);
	has_default = !is_generated && !is_identity &&
				  (column->has_default || type->has_default);
	find_partition_range(disc, table, column, &range);
	accepts_null = !is_generated && !is_identity &&
				   sd_model_accepts_null(cat, column) && !range.refuses_null;
	must_provide = !is_generated && !is_identity && !accepts_null &&
				   (!has_default || is_null_default(default_value));

	sd_row_name(disc, &column->name);
	sd_row_int32(disc, column->position);
	sd_row_text(disc,
				sd_catalog_format_type(cat, column->type, column->typmod));
	sd_row_text(disc, sd_catalog_format_type(cat, base->oid, base_typmod));
	sd_row_bool(disc, must_provide);
	sd_row_bool(disc, is_generated);
	sd_row_bool(disc, is_identity);
	sd_row_bool(disc, column->identity == ATTRIBUTE_IDENTITY_ALWAYS);
	sd_row_bool(disc, has_default);
	sd_row_text(disc, default_value);
	sd_row_bool(disc, accepts_null);
	if (base->kind == SD_TYPE_ENUM)
		sd_row_datum(disc, sd_catalog_enum_labels(cat, base));
	else
		sd_row_null(disc);
	add_limits(disc, base, base_typmod);
	add_value_range(disc, base, base_typmod);
	add_references(disc, table->relation, column);
	add_unique_sets(disc, table, column, &problem);
	add_checks(disc, table->relation, column, &problem);
	add_exclusions(disc, table, column, &problem);
	if (range.problem != SD_PROBLEM_NONE)
		problem = range.problem;
	add_partition_range(disc, &range, &problem);
	sd_row_end(disc, problem);
}

/* The default of a domain is put out of force by saying DEFAULT NULL. */
static bool
is_null_default(const char *text)
{
	return text != NULL &&
		   (strcmp(text, "NULL") == 0 || strncmp(text, "NULL::", 6) == 0);
}

/* max_length, numeric_precision, numeric_scale */
static void
add_limits(SdDiscovery *disc, SdType *base, int32 typmod)
{
	int length = -1;

	switch (base->oid)
	{
		case BPCHAROID:
		case VARCHAROID:
			if (typmod >= (int32) VARHDRSZ)
				length = typmod - VARHDRSZ;
			break;
		case BITOID:
		case VARBITOID:
			length = typmod;
			break;
		case NAMEOID:
			length = NAMEDATALEN - 1;
			break;
		case CHAROID:
			length = 1;
			break;
		default:
			break;
	}
	if (length < 0)
		sd_row_null(disc);
	else
		sd_row_int32(disc, length);

	if (base->oid == NUMERICOID && typmod >= (int32) VARHDRSZ)
	{
		sd_row_int32(disc, NUMERIC_PRECISION(typmod));
		sd_row_int32(disc, NUMERIC_SCALE(typmod));
	}
	else
	{
		sd_row_null(disc);
		sd_row_null(disc);
	}
}

/* min_value, max_value: the least and greatest finite value of the type */
static void
add_value_range(SdDiscovery *disc, SdType *base, int32 typmod)
{
	if (base->oid == NUMERICOID && typmod >= (int32) VARHDRSZ)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
		char *greatest =
			greatest_numeric(NUMERIC_PRECISION(typmod), NUMERIC_SCALE(typmod));

		sd_row_text(disc, psprintf("-%s", greatest));
		sd_row_text(disc, greatest);
		MemoryContextSwitchTo(oldcontext);
		return;
	}

	for (int i = 0; i < lengthof(value_ranges); i++)
	{
		if (value_ranges[i].type == base->oid)
		{
			sd_row_text(disc, value_ranges[i].least);
			sd_row_text(disc, value_ranges[i].greatest);
			return;
		}
	}
	sd_row_null(disc);
	sd_row_null(disc);
}

/* As many nines as the precision says, with the point where the scale says. */
static char *
greatest_numeric(int precision, int scale)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (scale >= precision)
		appendStringInfoChar(&buf, '0');
	for (int i = Max(precision, scale); i > Min(scale, 0); i--)
	{
		if (i == scale && scale > 0)
			appendStringInfoChar(&buf, '.');
		appendStringInfoChar(&buf, i <= precision && i > 0 ? '9' : '0');
	}

	return buf.data;
}

/*
 * references_schema, references_table, references_column, foreign_keys
 *
 * The reference is that of the first foreign key; those with fewest columns
 * come first.
 */
static void
add_references(SdDiscovery *disc, SdRelation *rel, SdColumn *column)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	List *found = NIL;
	SdRelation *ref = NULL;
	const char **names;
	int count = 0;
	ListCell *lc;

	foreach (lc, rel->constraints)
	{
		SdConstraint *con = lfirst(lc);

		if (con->type == CONSTRAINT_FOREIGN && con->enforced &&
			constrains(con, column))
			found = lappend(found, con);
	}
	list_sort(found, compare_references);
	names = palloc(sizeof(char *) * (list_length(found) + 1));
	foreach (lc, found)
		names[count++] = NameStr(((SdConstraint *) lfirst(lc))->name);

	if (found != NIL)
		ref = sd_catalog_relation(
			disc->catalog, ((SdConstraint *) linitial(found))->ref_relation);
	if (ref != NULL)
	{
		SdConstraint *con = linitial(found);
		int i = 0;

		sd_relation_read_columns(disc->catalog, ref);
		while (con->columns[i] != column->number)
			i++;
		sd_row_name(disc, &ref->schema->name);
		sd_row_name(disc, &ref->name);
		sd_row_text(disc, i < con->nref_columns ? sd_relation_column_name(
													  ref, con->ref_columns[i])
												: NULL);
	}
	else
		for (int i = 0; i < 3; i++)
			sd_row_null(disc);
	sd_row_texts(disc, count, names);
	MemoryContextSwitchTo(oldcontext);
}

static bool
constrains(const SdConstraint *con, const SdColumn *column)
{
	for (int i = 0; i < con->ncolumns; i++)
		if (con->columns[i] == column->number)
			return true;

	return false;
}

static int
compare_references(const ListCell *a, const ListCell *b)
{
	const SdConstraint *left = lfirst(a);
	const SdConstraint *right = lfirst(b);
	int result = left->ncolumns - right->ncolumns;

	return result != 0 ? result
					   : strcmp(NameStr(left->name), NameStr(right->name));
}

/*
 * unique_sets: the keys of each unique index that the column is in, and under
 * which condition.  One that is not valid yet is kept to all the same.
 */
static void
add_unique_sets(SdDiscovery *disc, Insertable *table, SdColumn *column,
				SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	List *indexes = table->relation->indexes;
	const char **sets = palloc(sizeof(char *) * (list_length(indexes) + 1));
	bool is_complete = true;
	int count = 0;
	ListCell *lc;

	foreach (lc, indexes)
	{
		SdIndex *index = lfirst(lc);
		const char **names;

		if (!index->is_unique || !index->is_ready ||
			!uses_column(table, index->self->oid, column))
			continue;
		if (index->problem != SD_PROBLEM_NONE)
		{
			*problem = index->problem;
			is_complete = false;
			continue;
		}
		names = palloc(sizeof(char *) * index->nkeys);
		for (int i = 0; i < index->nkeys; i++)
			names[i] = sd_index_key_name(index, i);
		sets[count++] =
			psprintf("%s%s%s%s", text_array(index->nkeys, names),
					 index->nulls_not_distinct ? " NULLS NOT DISTINCT" : "",
					 index->has_predicate ? " WHERE " : "",
					 index->has_predicate ? index->predicate : "");
	}
	if (is_complete)
		sd_row_texts(disc, count, sets);
	else
		sd_row_null(disc);
	MemoryContextSwitchTo(oldcontext);
}

/* How an array of texts is written. */
static char *
text_array(int count, const char *const *values)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	for (int i = 0; i < count; i++)
	{
		const char *value = values[i] != NULL ? values[i] : "";
		bool is_plain = value[0] != '\0' && pg_strcasecmp(value, "NULL") != 0;

		for (const char *p = value; *p != '\0' && is_plain; p++)
			is_plain = strchr("{},\"\\ \t\n\r\v\f", *p) == NULL;
		if (i > 0)
			appendStringInfoChar(&buf, ',');
		if (is_plain)
		{
			appendStringInfoString(&buf, value);
			continue;
		}
		appendStringInfoChar(&buf, '"');
		for (const char *p = value; *p != '\0'; p++)
		{
			if (*p == '"' || *p == '\\')
				appendStringInfoChar(&buf, '\\');
			appendStringInfoChar(&buf, *p);
		}
		appendStringInfoChar(&buf, '"');
	}
	appendStringInfoChar(&buf, '}');

	return buf.data;
}

/*
 * check_expressions: of the domains of its type, from the innermost, and of
 * the table.  One without columns, like CHECK (false), or with system columns
 * only, concerns them all.
 * What is not enforced is left out.
 */
static void
add_checks(SdDiscovery *disc, SdRelation *rel, SdColumn *column,
		   SdProblem *problem)
{
	SdCatalog *cat = disc->catalog;
	List *checks = NIL;
	MemoryContext oldcontext;
	const char **texts;
	int count = 0;
	SdProblem found = SD_PROBLEM_NONE;
	ListCell *lc;

	for (SdType *type = sd_catalog_type(cat, column->type);
		 type->kind == SD_TYPE_DOMAIN; type = sd_catalog_type(cat, type->base))
		checks = list_concat(domain_checks(cat, type), checks);

	oldcontext = MemoryContextSwitchTo(disc->row_context);
	foreach (lc, rel->constraints)
	{
		SdConstraint *con = lfirst(lc);
		bool is_about = false;
		bool is_of_user = false;

		if (con->type != CONSTRAINT_CHECK || !con->enforced)
			continue;
		for (int i = 0; i < con->ncolumns; i++)
		{
			is_about = is_about || con->columns[i] == column->number ||
					   con->columns[i] == InvalidAttrNumber;
			is_of_user = is_of_user || con->columns[i] > 0;
		}
		if (is_about || !is_of_user)
			checks = lappend(checks, con);
	}
	texts = palloc(sizeof(char *) * (list_length(checks) + 1));
	foreach (lc, checks)
	{
		SdConstraint *con = lfirst(lc);

		texts[count++] = con->expression;
		if (con->expression == NULL)
			found = con->problem;
	}
	if (found != SD_PROBLEM_NONE)
	{
		*problem = found;
		sd_row_null(disc);
	}
	else
		sd_row_texts(disc, count, texts);
	MemoryContextSwitchTo(oldcontext);
}

/* The checks of one domain, by name. */
static List *
domain_checks(SdCatalog *cat, SdType *type)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	List *checks = NIL;

	sd_scan_oid(cat, ConstraintRelationId, ConstraintTypidIndexId,
				Anum_pg_constraint_contypid, type->oid, keep_domain_check,
				&checks);
	list_sort(checks, compare_checks);
	MemoryContextSwitchTo(oldcontext);

	return checks;
}

static void
keep_domain_check(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	List **checks = arg;
	MemoryContext oldcontext;
	SdConstraint *con;
	bool isnull;
	Datum tree;

	if (form->contype != CONSTRAINT_CHECK)
		return;
	tree = heap_getattr(tuple, Anum_pg_constraint_conbin, desc, &isnull);
	if (isnull)
		return;
	oldcontext = MemoryContextSwitchTo(cat->context);
	con = palloc0(sizeof(SdConstraint));
	namestrcpy(&con->name, NameStr(form->conname));
	con->expression =
		sd_deparse(cat, NULL, sd_deparse_read(cat, tree), &con->problem);
	*checks = lappend(*checks, con);
	MemoryContextSwitchTo(oldcontext);
}

static int
compare_checks(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((SdConstraint *) lfirst(a))->name),
				  NameStr(((SdConstraint *) lfirst(b))->name));
}

/* exclusions: definitions of the exclusion constraints with the column */
static void
add_exclusions(SdDiscovery *disc, Insertable *table, SdColumn *column,
			   SdProblem *problem)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	List *constraints = table->relation->constraints;
	const char **texts =
		palloc(sizeof(char *) * (list_length(constraints) + 1));
	bool is_complete = true;
	int count = 0;
	ListCell *lc;

	foreach (lc, constraints)
	{
		SdConstraint *con = lfirst(lc);
		SdProblem found = SD_PROBLEM_NONE;

		if (con->type != CONSTRAINT_EXCLUSION ||
			!uses_column(table, con->index, column))
			continue;
		texts[count] = sd_constraint_definition(disc->catalog, con, &found);
		if (texts[count++] == NULL)
		{
			*problem = found;
			is_complete = false;
		}
	}
	if (is_complete)
		sd_row_texts(disc, count, texts);
	else
		sd_row_null(disc);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * What the bounds of all levels leave of a column.
 *
 * Columns are found by name, for a partition may have them in another order.
 */
static void
find_partition_range(SdDiscovery *disc, Insertable *table, SdColumn *column,
					 PartitionRange *range)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	ListCell *lc;

	range->is_comparable =
		column->type < FirstNormalObjectId && !OidIsValid(column->collation);
	foreach (lc, table->levels)
	{
		PartitionLevel *level = lfirst(lc);
		PartitionBoundSpec *bound = level->bound;
		bool is_concerned = false;
		int position = -1;
		ListCell *used;

		for (int i = 0; i < level->key->nkeys; i++)
		{
			if (level->key->columns[i] != 0 &&
				strcmp(sd_relation_column_name(level->parent,
											   level->key->columns[i]),
					   NameStr(column->name)) == 0)
				position = i;
		}
		foreach (used, level->key->used_columns)
			is_concerned =
				is_concerned ||
				strcmp(sd_relation_column_name(level->parent, lfirst_int(used)),
					   NameStr(column->name)) == 0;
		if (position < 0 && !is_concerned)
			continue;

		if (level->problem != SD_PROBLEM_NONE)
			range->problem = level->problem;
		else
			range->texts = lappend(range->texts, (char *) level->text);
		if (position < 0 || bound->is_default)
			continue;
		if (level->opclasses[position] >= FirstNormalObjectId)
			range->is_comparable = false;
		if (bound->strategy == PARTITION_STRATEGY_LIST)
			apply_list(bound->listdatums, range);
		else if (bound->strategy == PARTITION_STRATEGY_RANGE)
			apply_range(bound, position, range);
	}
	MemoryContextSwitchTo(oldcontext);
}

/* Keep those values that are in the list as well. */
static void
apply_list(List *values, PartitionRange *range)
{
	List *kept = NIL;
	bool has_null = false;
	ListCell *lc;

	foreach (lc, values)
	{
		Const *value = lfirst_node(Const, lc);
		bool is_kept = !range->has_values;
		ListCell *other;

		has_null = has_null || value->constisnull;
		foreach (other, range->values)
			is_kept = is_kept || same_value(range, lfirst(other), value);
		if (is_kept && in_range(range, value))
			kept = lappend(kept, value);
	}
	range->has_values = true;
	range->values = kept;
	range->refuses_null = range->refuses_null || !has_null;
}

/*
 * Narrow down by a range.  Bounds of several columns are compared as rows: a
 * column is bounded by itself as long as those before it have one value only,
 * and the last such column takes its upper bound in.
 */
static void
apply_range(PartitionBoundSpec *bound, int position, PartitionRange *range)
{
	range->refuses_null = true;

	for (int i = 0; i <= position; i++)
	{
		PartitionRangeDatum *lower =
			list_nth_node(PartitionRangeDatum, bound->lowerdatums, i);
		PartitionRangeDatum *upper =
			list_nth_node(PartitionRangeDatum, bound->upperdatums, i);
		bool is_fixed = lower->kind == PARTITION_RANGE_DATUM_VALUE &&
						upper->kind == PARTITION_RANGE_DATUM_VALUE &&
						equal(lower->value, upper->value);

		if (i < position && !is_fixed)
			return;
		if (i < position)
			continue;

		if (is_fixed)
			apply_list(list_make1(lower->value), range);
		else
		{
			bool upper_inclusive = false;

			for (int j = i + 1; j < list_length(bound->upperdatums); j++)
			{
				PartitionRangeDatum *next =
					list_nth_node(PartitionRangeDatum, bound->upperdatums, j);

				if (next->kind == PARTITION_RANGE_DATUM_MINVALUE)
					break;
				upper_inclusive = true;
				break;
			}
			narrow(range,
				   lower->kind == PARTITION_RANGE_DATUM_VALUE
					   ? castNode(Const, lower->value)
					   : NULL,
				   upper->kind == PARTITION_RANGE_DATUM_VALUE
					   ? castNode(Const, upper->value)
					   : NULL,
				   upper_inclusive);
		}
	}
}

/* Of two levels that cannot be compared the inner one is shown. */
static void
narrow(PartitionRange *range, Const *lower, Const *upper, bool upper_inclusive)
{
	List *kept = NIL;
	ListCell *lc;

	if (lower != NULL && (range->lower == NULL || !range->is_comparable ||
						  compare_values(lower, range->lower) > 0))
		range->lower = lower;
	if (upper != NULL)
	{
		int result = range->upper == NULL || !range->is_comparable
						 ? -1
						 : compare_values(upper, range->upper);

		if (result < 0 || (result == 0 && !upper_inclusive))
		{
			range->upper = upper;
			range->upper_inclusive = upper_inclusive;
		}
	}

	foreach (lc, range->values)
		if (in_range(range, lfirst(lc)))
			kept = lappend(kept, lfirst(lc));
	range->values = kept;
}

static bool
in_range(const PartitionRange *range, const Const *value)
{
	int result;

	if (!range->is_comparable)
		return true;
	if (value->constisnull)
		return range->lower == NULL && range->upper == NULL;
	if (range->lower != NULL && compare_values(value, range->lower) < 0)
		return false;
	if (range->upper == NULL)
		return true;
	result = compare_values(value, range->upper);

	return result < 0 || (result == 0 && range->upper_inclusive);
}

static bool
same_value(const PartitionRange *range, const Const *a, const Const *b)
{
	if (a->constisnull || b->constisnull)
		return a->constisnull && b->constisnull;

	return range->is_comparable ? compare_values(a, b) == 0
								: datumIsEqual(a->constvalue, b->constvalue,
											   a->constbyval, a->constlen);
}

/* In the order of a type of the server's own that has no collation. */
static int
compare_values(const Const *a, const Const *b)
{
	TypeCacheEntry *type =
		lookup_type_cache(a->consttype, TYPECACHE_CMP_PROC_FINFO);

	return DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo, InvalidOid,
										   a->constvalue, b->constvalue));
}

/*
 * partition_lower, partition_upper, partition_upper_inclusive,
 * partition_values, partition_bounds
 */
static void
add_partition_range(SdDiscovery *disc, PartitionRange *range,
					SdProblem *problem)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	/* a list that could be narrowed down says it all */
	bool has_range = !range->has_values || !range->is_comparable;
	const char **texts;
	int count = 0;
	ListCell *lc;

	if (has_range && range->lower != NULL)
		sd_row_text(disc,
					sd_deparse_value(cat, (Node *) range->lower, problem));
	else
		sd_row_null(disc);
	if (has_range && range->upper != NULL)
	{
		sd_row_text(disc,
					sd_deparse_value(cat, (Node *) range->upper, problem));
		sd_row_bool(disc, range->upper_inclusive);
	}
	else
	{
		sd_row_null(disc);
		sd_row_null(disc);
	}

	if (range->has_values)
	{
		SdProblem found = SD_PROBLEM_NONE;

		texts = palloc(sizeof(char *) * (list_length(range->values) + 1));
		foreach (lc, range->values)
			texts[count++] = sd_deparse_value(cat, lfirst(lc), &found);
		if (found != SD_PROBLEM_NONE)
		{
			*problem = found;
			sd_row_null(disc);
		}
		else
			sd_row_texts(disc, count, texts);
	}
	else
		sd_row_null(disc);

	texts = palloc(sizeof(char *) * (list_length(range->texts) + 1));
	count = 0;
	foreach (lc, range->texts)
		texts[count++] = lfirst(lc);
	if (range->problem != SD_PROBLEM_NONE)
		sd_row_null(disc);
	else
		sd_row_texts(disc, count, texts);
	MemoryContextSwitchTo(oldcontext);
}
