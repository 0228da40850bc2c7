/*-------------------------------------------------------------------------
 *
 * metadata.c
 *	  stormdisc_metadata: a document in the form of StormWeaver's metadata.
 *
 * StormWeaver knows tables, which have columns and indexes; a partition is a
 * range of its table, and no table of its own.  The result is made of the
 * document alone, which may be a stored one whose tables and types are gone:
 * types are known by their names.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "model/document.h"
#include "model/json.h"
#include "model/snapshot.h"

PG_FUNCTION_INFO_V1(stormdisc_metadata);

/* something of a table's: a constraint, an index, a partition, or itself */
typedef struct Member
{
	const char *schema; /* of the table */
	const char *table;
	const char *name;
	JsonbContainer *object;
} Member;

/* sorted by table and name */
typedef struct Members
{
	int count;
	Member *members;
} Members;

/* no chain of domains is longer; one in a circle ends here */
#define MAX_DOMAINS 1000

typedef struct Model
{
	SdCatalog *catalog; /* for the type map */
	const char *dialect;
	Members tables;
	Members partitions; /* by their parents */
	Members constraints;
	Members indexes;
	JsonbContainer *types;
	SdJson warnings;
} Model;

/* a column, and what other objects say about it */
typedef struct Column
{
	const char *name;
	JsonbContainer *object;
	bool primary_key;
	bool partition_key;
	const char *ref_schema; /* of the foreign key with the fewest columns */
	const char *ref_table;
	int ref_columns;
} Column;

typedef struct Table
{
	const Member *self;
	int ncolumns;
	Column *columns;
} Table;

/* one range: a partition, with what its bound says */
typedef struct Range
{
	const Member *partition;
	JsonbContainer *bound;
	bool has_size;
	bool has_base;
	int64 size;
	int64 base;
} Range;

static JsonbContainer *objects_of(Jsonb *document, const char *kind);
static void read_members(Members *members, JsonbContainer *objects,
						 const char *schema_key, const char *table_key,
						 const char *name_key);
static int compare_members(const void *a, const void *b);
static int compare_tables(const Member *a, const Member *b);
static int first_of_table(const Members *members, const char *schema,
						  const char *table);
static bool is_of_table(const Members *members, int i, const char *schema,
						const char *table);
static const Member *find_table(Model *model, const char *schema,
								const char *table);
static const Member *root_of(Model *model, const Member *table);
static bool is_listed(Model *model, const Member *table);
static JsonbValue table_value(Model *model, const Member *member);
static void read_columns(Table *table);
static Column *find_column(Table *table, const char *name);
static void mark_constraints(Model *model, Table *table);
static JsonbValue partitioning_value(Model *model, Table *table,
									 const Member *parent);
static Range *read_ranges(Model *model, const Member *parent, int *count);
static int compare_ranges(const void *a, const void *b);
static bool common_size(Model *model, const Member *parent, const Range *ranges,
						int count, int64 *size);
static JsonbValue range_value(Model *model, Table *table, const Range *range,
							  bool has_size);
static bool base_in_name(const char *name, int64 *base);
static JsonbValue column_value(Model *model, const Column *column);
static void add_domain(Model *model, const char *type,
					   const char **default_value, bool *not_null);
static const char *mapped_type(Model *model, const Column *column,
							   bool *is_mapped, int *length);
static bool split_type(const char *formatted, const char **schema,
					   const char **name);
static int type_length(const char *formatted);
static JsonbValue indexes_value(Model *model, Table *table);
static JsonbValue fields_value(Table *table, JsonbContainer *index);
static void warn(Model *model, const Member *table, const char *message);

/*
 * stormdisc_metadata(name, dialect) -> jsonb
 *		The tables of a snapshot, or those of now, as StormWeaver sees them.
 */
Datum
stormdisc_metadata(PG_FUNCTION_ARGS)
{
	/* the last is only needed for domains */
	static const char *const kinds[] = {"tables",	   "columns", "partitions",
										"constraints", "indexes", "types"};
	Model model = {0};
	SdJson result = {0};
	SdJson tables = {0};
	JsonbContainer *warnings;
	Jsonb *document;
	JsonbValue value;

	model.dialect = PG_ARGISNULL(1) ? SD_DIALECT_STORMWEAVER
									: text_to_cstring(PG_GETARG_TEXT_PP(1));
	model.catalog = sd_catalog_begin(NULL);
	sd_type_map_check_dialect(model.catalog, model.dialect);

	if (PG_ARGISNULL(0))
	{
		SdScope scope = {0};
		SdDocumentOptions options = {0};
		bool *parts = palloc0(sizeof(bool) * sd_nkinds);

		for (int i = 0; i < sd_nkinds; i++)
		{
			for (int j = 0; j < lengthof(kinds); j++)
				parts[i] |= strcmp(sd_kinds[i]->name, kinds[j]) == 0;
		}
		options.functions = get_func_namespace(fcinfo->flinfo->fn_oid);
		options.parts = parts;
		document = sd_document_build(&scope, &options);
	}
	else
	{
		SdSnapshot snapshot;

		sd_snapshot_read(&snapshot, sd_snapshot_name(PG_GETARG_TEXT_PP(0)));
		for (int i = 0; i < lengthof(kinds) - 1; i++)
		{
			int64 count;

			if (!sd_json_get_int64(&snapshot.counts->root, kinds[i], &count))
				ereport(
					ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("snapshot \"%s\" does not tell of %s", snapshot.name,
						   kinds[i]),
					errhint(
						"Take it without the argument \"parts\", or with "
						"tables, columns, partitions, constraints, indexes."));
		}
		document = snapshot.document;
	}

	model.types = objects_of(document, "types");
	read_members(&model.tables, objects_of(document, "tables"), "schema_name",
				 "table_name", "table_name");
	read_members(&model.partitions, objects_of(document, "tables"),
				 "parent_schema", "parent_name", "table_name");
	read_members(&model.constraints, objects_of(document, "constraints"),
				 "schema_name", "table_name", "constraint_name");
	read_members(&model.indexes, objects_of(document, "indexes"), "schema_name",
				 "table_name", "index_name");

	for (int i = 0; i < model.tables.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_listed(&model, &model.tables.members[i]))
			sd_json_append(&tables,
						   table_value(&model, &model.tables.members[i]));
	}

	/* what the document could not tell is missing here, too */
	warnings = sd_json_get_array(&document->root, "warnings");
	if (warnings != NULL)
	{
		SdJsonWalk walk;

		sd_json_walk(&walk, warnings);
		while (sd_json_next_element(&walk, &value))
			sd_json_append(&model.warnings, value);
	}

	sd_json_add(&result, "dialect", sd_json_text(model.dialect));
	sd_json_add(&result, "tables", sd_json_array(&tables));
	sd_json_add(&result, "warnings", sd_json_array(&model.warnings));
	value = sd_json_object(&result);
	document = sd_json_pack(&value);
	sd_catalog_end(model.catalog);

	PG_RETURN_JSONB_P(document);
}

static JsonbContainer *
objects_of(Jsonb *document, const char *kind)
{
	return sd_json_get_object(&document->root, kind);
}

/* The objects of a kind that belong to a table. */
static void
read_members(Members *members, JsonbContainer *objects, const char *schema_key,
			 const char *table_key, const char *name_key)
{
	SdJsonWalk walk;
	JsonbValue key;
	JsonbValue value;

	if (objects == NULL)
		return;

	members->members = MemoryContextAllocHuge(
		CurrentMemoryContext,
		sizeof(Member) * (JsonContainerSize(objects) + 1));
	sd_json_walk(&walk, objects);
	while (sd_json_next_member(&walk, &key, &value))
	{
		JsonbContainer *object = sd_json_as_object(&value);
		Member *member = &members->members[members->count];

		CHECK_FOR_INTERRUPTS();
		if (object == NULL)
			continue;
		member->schema = sd_json_get_text(object, schema_key);
		member->table = sd_json_get_text(object, table_key);
		member->name = sd_json_get_text(object, name_key);
		member->object = object;
		if (member->schema != NULL && member->table != NULL &&
			member->name != NULL)
			members->count++;
	}
	qsort(members->members, members->count, sizeof(Member), compare_members);
}

static int
compare_members(const void *a, const void *b)
{
	const Member *left = a;
	const Member *right = b;
	int order = compare_tables(left, right);

	return order != 0 ? order : strcmp(left->name, right->name);
}

static int
compare_tables(const Member *a, const Member *b)
{
	int order = strcmp(a->schema, b->schema);

	return order != 0 ? order : strcmp(a->table, b->table);
}

/* Where the members of a table begin. */
static int
first_of_table(const Members *members, const char *schema, const char *table)
{
	Member sought = {.schema = schema, .table = table};
	int low = 0;
	int high = members->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (compare_tables(&members->members[middle], &sought) < 0)
			low = middle + 1;
		else
			high = middle;
	}

	return low;
}

static bool
is_of_table(const Members *members, int i, const char *schema,
			const char *table)
{
	Member sought = {.schema = schema, .table = table};

	return i < members->count &&
		   compare_tables(&members->members[i], &sought) == 0;
}

static const Member *
find_table(Model *model, const char *schema, const char *table)
{
	int i = first_of_table(&model->tables, schema, table);

	return is_of_table(&model->tables, i, schema, table)
			   ? &model->tables.members[i]
			   : NULL;
}

/* The table that stands for a partition: as far up as the document goes. */
static const Member *
root_of(Model *model, const Member *table)
{
	/* no tree is deeper than there are tables */
	for (int i = 0; i < model->tables.count; i++)
	{
		const char *schema = sd_json_get_text(table->object, "parent_schema");
		const char *name = sd_json_get_text(table->object, "parent_name");
		const Member *parent = schema != NULL && name != NULL
								   ? find_table(model, schema, name)
								   : NULL;

		if (parent == NULL)
			break;
		table = parent;
	}

	return table;
}

/* Is this a table of its own, in a form that StormWeaver can work with? */
static bool
is_listed(Model *model, const Member *table)
{
	const char *type = sd_json_get_text(table->object, "table_type");

	if (type != NULL && strcmp(type, "foreign table") == 0)
		return false;

	return root_of(model, table) == table;
}

static JsonbValue
table_value(Model *model, const Member *member)
{
	const char *engine = sd_json_get_text(member->object, "access_method");
	const char *tablespace = sd_json_get_text(member->object, "tablespace");
	bool is_partitioned =
		sd_json_get_text(member->object, "partition_type") != NULL;
	Table table = {.self = member};
	SdJson value = {0};
	SdJson columns = {0};

	read_columns(&table);
	mark_constraints(model, &table);

	sd_json_add(&value, "name", sd_json_text(member->table));
	sd_json_add(&value, "schema", sd_json_text(member->schema));
	sd_json_add(&value, "engine",
				sd_json_text(engine != NULL ? engine : "heap"));
	sd_json_add(&value, "tablespace",
				sd_json_text(tablespace != NULL ? tablespace : ""));
	/* marks columns */
	sd_json_add(&value, "partitioning",
				is_partitioned ? partitioning_value(model, &table, member)
							   : sd_json_null());
	for (int i = 0; i < table.ncolumns; i++)
		sd_json_append(&columns, column_value(model, &table.columns[i]));
	sd_json_add(&value, "columns", sd_json_array(&columns));
	sd_json_add(&value, "indexes", indexes_value(model, &table));

	return sd_json_object(&value);
}

static void
read_columns(Table *table)
{
	JsonbContainer *array = sd_json_get_array(table->self->object, "columns");
	SdJsonWalk walk;
	JsonbValue value;

	if (array == NULL)
		return;

	table->columns = palloc0(sizeof(Column) * (JsonContainerSize(array) + 1));
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &value))
	{
		Column *column = &table->columns[table->ncolumns];

		column->object = sd_json_as_object(&value);
		if (column->object == NULL)
			continue;
		column->name = sd_json_get_text(column->object, "column_name");
		if (column->name != NULL)
			table->ncolumns++;
	}
}

static Column *
find_column(Table *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
	{
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	}

	return NULL;
}

/* What primary key and foreign keys say about the columns. */
static void
mark_constraints(Model *model, Table *table)
{
	const char *schema = table->self->schema;
	const char *name = table->self->table;

	for (int i = first_of_table(&model->constraints, schema, name);
		 is_of_table(&model->constraints, i, schema, name); i++)
	{
		JsonbContainer *con = model->constraints.members[i].object;
		const char *type = sd_json_get_text(con, "constraint_type");
		const char *ref_schema = sd_json_get_text(con, "ref_schema");
		const char *ref_table = sd_json_get_text(con, "ref_table");
		bool is_primary = type != NULL && strcmp(type, "primary key") == 0;
		bool is_foreign = type != NULL && strcmp(type, "foreign key") == 0 &&
						  ref_schema != NULL && ref_table != NULL;
		List *columns;
		ListCell *lc;

		if (!is_primary && !is_foreign)
			continue;
		if (is_foreign)
		{
			const Member *ref = find_table(model, ref_schema, ref_table);

			if (ref != NULL)
			{
				ref = root_of(model, ref);
				ref_schema = ref->schema;
				ref_table = ref->table;
			}
		}

		columns = sd_json_get_texts(con, "columns");
		foreach (lc, columns)
		{
			Column *column = find_column(table, lfirst(lc));

			if (column == NULL)
				continue;
			if (is_primary)
				column->primary_key = true;
			else if (column->ref_table == NULL ||
					 list_length(columns) < column->ref_columns)
			{
				column->ref_schema = ref_schema;
				column->ref_table = ref_table;
				column->ref_columns = list_length(columns);
			}
		}
	}
}

/* How a table is divided, and what of it is divided again. */
static JsonbValue
partitioning_value(Model *model, Table *table, const Member *parent)
{
	List *key = sd_json_get_texts(parent->object, "partition_key");
	SdJson value = {0};
	SdJson columns = {0};
	SdJson entries = {0};
	Range *ranges;
	int count;
	bool has_size;
	int64 size = 0;
	ListCell *lc;

	check_stack_depth();

	foreach (lc, key)
	{
		Column *column = find_column(table, lfirst(lc));

		if (column != NULL)
			column->partition_key = true;
		sd_json_append(&columns, sd_json_text(lfirst(lc)));
	}

	ranges = read_ranges(model, parent, &count);
	has_size = common_size(model, parent, ranges, count, &size);
	for (int i = 0; i < count; i++)
		sd_json_append(&entries,
					   range_value(model, table, &ranges[i], has_size));

	sd_json_add(
		&value, "type",
		sd_json_text(sd_json_get_text(parent->object, "partition_type")));
	sd_json_add(&value, "columns", sd_json_array(&columns));
	sd_json_add(&value, "range_size",
				has_size ? sd_json_int64(size) : sd_json_null());
	sd_json_add(&value, "ranges", sd_json_array(&entries));

	return sd_json_object(&value);
}

/* The partitions of a table, by base and name. */
static Range *
read_ranges(Model *model, const Member *parent, int *count)
{
	Members *partitions = &model->partitions;
	int first = first_of_table(partitions, parent->schema, parent->table);
	int end = first;
	Range *ranges;

	while (is_of_table(partitions, end, parent->schema, parent->table))
		end++;
	ranges = palloc0(sizeof(Range) * (end - first + 1));
	*count = end - first;

	for (int i = 0; i < *count; i++)
	{
		Range *range = &ranges[i];

		range->partition = &partitions->members[first + i];
		range->bound =
			sd_json_get_object(range->partition->object, "partition");
		if (range->bound == NULL)
			continue;
		range->has_size =
			sd_json_get_int64(range->bound, "range_size", &range->size);
		range->has_base =
			sd_json_get_int64(range->bound, "range_base", &range->base);
	}
	qsort(ranges, *count, sizeof(Range), compare_ranges);

	return ranges;
}

static int
compare_ranges(const void *a, const void *b)
{
	const Range *left = a;
	const Range *right = b;

	if (left->has_base != right->has_base)
		return left->has_base ? -1 : 1;
	if (left->has_base && left->base != right->base)
		return left->base < right->base ? -1 : 1;

	return strcmp(left->partition->name, right->partition->name);
}

/*
 * The size of all partitions that have one, if it is the same; otherwise they
 * cannot be told by a base, which is worth a warning.
 */
static bool
common_size(Model *model, const Member *parent, const Range *ranges, int count,
			int64 *size)
{
	bool found = false;

	for (int i = 0; i < count; i++)
	{
		if (!ranges[i].has_size)
			continue;
		if (found && ranges[i].size != *size)
		{
			warn(model, parent, "partitions have different sizes");
			return false;
		}
		*size = ranges[i].size;
		found = true;
	}
	for (int i = 0; found && i < count; i++)
	{
		if (ranges[i].has_size && !ranges[i].has_base)
		{
			warn(model, parent,
				 "partitions do not begin at a multiple of their size");
			break;
		}
	}

	return found;
}

/* One partition.  Without a common size a base would mean nothing. */
static JsonbValue
range_value(Model *model, Table *table, const Range *range, bool has_size)
{
	JsonbContainer *object = range->partition->object;
	bool has_base = has_size && range->has_base;
	SdJson value = {0};
	int64 base;

	sd_json_add(&value, "partition_name", sd_json_text(range->partition->name));
	sd_json_add(&value, "partition_schema",
				sd_json_text(sd_json_get_text(object, "schema_name")));
	sd_json_add(&value, "rangebase",
				has_base ? sd_json_int64(range->base) : sd_json_null());
	sd_json_add(
		&value, "name_matches",
		has_base ? sd_json_bool(base_in_name(range->partition->name, &base) &&
								base == range->base)
				 : sd_json_null());
	sd_json_add(&value, "is_default",
				sd_json_bool(range->bound != NULL &&
							 sd_json_get_bool(range->bound, "is_default")));
	sd_json_add(
		&value, "bound",
		sd_json_text(range->bound != NULL
						 ? sd_json_get_text(range->bound, "partition_bound")
						 : NULL));
	if (sd_json_get_text(object, "partition_type") != NULL)
	{
		const Member *self =
			find_table(model, sd_json_get_text(object, "schema_name"),
					   range->partition->name);

		if (self != NULL)
			sd_json_add(&value, "partitioning",
						partitioning_value(model, table, self));
	}

	return sd_json_object(&value);
}

/* The number in a name that StormWeaver gives a partition: orders_p7. */
static bool
base_in_name(const char *name, int64 *base)
{
	const char *digits = strrchr(name, '_');

	if (digits == NULL || digits[1] != 'p' || digits[2] == '\0' ||
		strspn(digits + 2, "0123456789") != strlen(digits + 2))
		return false;
	errno = 0;
	*base = strtoi64(digits + 2, NULL, 10);

	return errno == 0;
}

static JsonbValue
column_value(Model *model, const Column *column)
{
	JsonbContainer *object = column->object;
	const char *generated = sd_json_get_text(object, "generated_type");
	bool auto_increment = sd_json_get_bool(object, "is_serial");
	SdJson value = {0};
	bool is_mapped;
	int length;
	const char *type = mapped_type(model, column, &is_mapped, &length);
	const char *default_value = sd_json_get_text(object, "default_value");
	bool not_null = sd_json_get_bool(object, "not_null");

	add_domain(model, sd_json_get_text(object, "formatted_type"),
			   &default_value, &not_null);
	sd_json_add(&value, "name", sd_json_text(column->name));
	sd_json_add(&value, "type", sd_json_text(type));
	sd_json_add(&value, "type_mapped", sd_json_bool(is_mapped));
	sd_json_add(&value, "data_type",
				sd_json_text(sd_json_get_text(object, "formatted_type")));
	sd_json_add(&value, "length", sd_json_int64(length));
	sd_json_add(&value, "default",
				auto_increment ? sd_json_null() : sd_json_text(default_value));
	sd_json_add(&value, "generated",
				sd_json_text(generated != NULL ? generated : "not_generated"));
	sd_json_add(&value, "nullable", sd_json_bool(!not_null));
	sd_json_add(&value, "primary_key", sd_json_bool(column->primary_key));
	sd_json_add(&value, "partition_key", sd_json_bool(column->partition_key));
	sd_json_add(&value, "foreign_key_references",
				sd_json_text(column->ref_table));
	sd_json_add(&value, "foreign_key_schema", sd_json_text(column->ref_schema));
	sd_json_add(&value, "auto_increment", sd_json_bool(auto_increment));

	return sd_json_object(&value);
}

/*
 * What a column takes from its domain: a default, if it has none of its own,
 * and NOT NULL, also from what the domain stands on.
 */
static void
add_domain(Model *model, const char *type, const char **default_value,
		   bool *not_null)
{
	JsonbContainer *domain;
	int limit = MAX_DOMAINS;

	while (model->types != NULL && type != NULL && limit-- > 0 &&
		   (domain = sd_json_get_object(model->types, type)) != NULL)
	{
		/* a domain has copied the default of what it stands on */
		if (*default_value == NULL)
			*default_value = sd_json_get_text(domain, "default_value");
		*not_null |= sd_json_get_bool(domain, "not_null");
		type = sd_json_get_text(domain, "base_type");
	}
}

/*
 * What the dialect calls the column's type: TEXT if it has no name for it.
 * The length is that of varchar and char, else 0.
 */
static const char *
mapped_type(Model *model, const Column *column, bool *is_mapped, int *length)
{
	const char *formatted = sd_json_get_text(column->object, "formatted_type");
	const char *base = sd_json_get_text(column->object, "base_type");
	const char *schema = sd_json_get_text(column->object, "type_schema");
	const char *name = sd_json_get_text(column->object, "data_type");
	const char *found = NULL;

	if (schema == NULL)
		schema = "pg_catalog";
	if (name != NULL)
		found =
			sd_type_map_find_name(model->catalog, model->dialect, schema, name);
	/* a domain may have a mapping of its own, or that of its base */
	if (base != NULL && split_type(base, &schema, &name) && found == NULL)
		found =
			sd_type_map_find_name(model->catalog, model->dialect, schema, name);

	*length = 0;
	if (name != NULL && strcmp(schema, "pg_catalog") == 0 &&
		(strcmp(name, "varchar") == 0 || strcmp(name, "bpchar") == 0))
		*length = type_length(base != NULL ? base : formatted);
	*is_mapped = found != NULL;

	return found != NULL ? found : "TEXT";
}

/*
 * The name in the catalog of a type as the server prints it, without what is
 * in parentheses.  False for arrays, which have no such name.
 */
static bool
split_type(const char *formatted, const char **schema, const char **name)
{
	static const struct
	{
		const char *formatted;
		const char *name;
	} spellings[] = {
		{"bigint", "int8"},
		{"bit varying", "varbit"},
		{"boolean", "bool"},
		{"character", "bpchar"},
		{"character varying", "varchar"},
		{"double precision", "float8"},
		{"integer", "int4"},
		{"real", "float4"},
		{"smallint", "int2"},
		{"time with time zone", "timetz"},
		{"time without time zone", "time"},
		{"timestamp with time zone", "timestamptz"},
		{"timestamp without time zone", "timestamp"},
	};
	char *type = pstrdup(formatted);
	char *last_quote = strrchr(type, '"');
	char *open = strchr(last_quote != NULL ? last_quote : type, '(');
	List *names;

	if (open != NULL)
	{
		char *close = strchr(open, ')');

		if (close != NULL)
			memmove(open, close + 1, strlen(close + 1) + 1);
	}
	if (strlen(type) > 2 && strcmp(type + strlen(type) - 2, "[]") == 0)
		return false;

	*schema = "pg_catalog";
	for (int i = 0; i < lengthof(spellings); i++)
	{
		if (strcmp(type, spellings[i].formatted) == 0)
		{
			*name = spellings[i].name;
			return true;
		}
	}

	if (!SplitIdentifierString(type, '.', &names))
		return false;
	if (list_length(names) == 2)
		*schema = linitial(names);
	else if (list_length(names) != 1)
		return false;
	*name = llast(names);

	return true;
}

/* The number in parentheses; 0 if there is none. */
static int
type_length(const char *formatted)
{
	const char *open = formatted != NULL ? strchr(formatted, '(') : NULL;

	return open != NULL ? atoi(open + 1) : 0;
}

/* The indexes of a table, other than that of the primary key. */
static JsonbValue
indexes_value(Model *model, Table *table)
{
	const char *schema = table->self->schema;
	const char *name = table->self->table;
	SdJson indexes = {0};

	for (int i = first_of_table(&model->indexes, schema, name);
		 is_of_table(&model->indexes, i, schema, name); i++)
	{
		const Member *index = &model->indexes.members[i];
		SdJson value = {0};

		if (sd_json_get_bool(index->object, "is_primary"))
			continue;
		sd_json_add(&value, "name", sd_json_text(index->name));
		sd_json_add(&value, "unique",
					sd_json_bool(sd_json_get_bool(index->object, "is_unique")));
		sd_json_add(&value, "fields", fields_value(table, index->object));
		sd_json_append(&indexes, sd_json_object(&value));
	}

	return sd_json_array(&indexes);
}

static JsonbValue
fields_value(Table *table, JsonbContainer *index)
{
	List *columns = sd_json_get_texts(index, "column_names");
	List *orderings = sd_json_get_texts(index, "orderings");
	bool has_expression = sd_json_get_bool(index, "is_expression");
	SdJson fields = {0};
	int i = 0;
	ListCell *lc;

	foreach (lc, columns)
	{
		const char *column = lfirst(lc);
		SdJson field = {0};

		sd_json_add(&field, "column", sd_json_text(column));
		sd_json_add(&field, "ordering",
					sd_json_text(i < list_length(orderings)
									 ? list_nth(orderings, i)
									 : "default"));
		sd_json_add(
			&field, "is_expression",
			sd_json_bool(has_expression && find_column(table, column) == NULL));
		sd_json_append(&fields, sd_json_object(&field));
		i++;
	}

	return sd_json_array(&fields);
}

static void
warn(Model *model, const Member *table, const char *message)
{
	SdJson warning = {0};

	sd_json_add(&warning, "kind", sd_json_text("tables"));
	sd_json_add(
		&warning, "object",
		sd_json_text(quote_qualified_identifier(table->schema, table->table)));
	sd_json_add(&warning, "message", sd_json_text(message));
	sd_json_append(&model->warnings, sd_json_object(&warning));
}
