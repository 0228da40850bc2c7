/*-------------------------------------------------------------------------
 *
 * ddl_tables.c
 *	  DDL of sequences, tables, their columns and partitions.
 *
 * A partition is made as a table of its own and attached then, so that it
 * keeps the order of its columns.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/ddl.h"

/* a table, while its columns are added */
typedef struct Table
{
	SdDdlNode *node;
	JsonbContainer *object;
	const char *name;
	bool is_partition;
	bool is_foreign;
	bool is_typed;
	List *parents; /* of JsonbContainer *: that it inherits from */
	bool knows_parents;
} Table;

/* what a sequence has unless it is said */
typedef struct SequenceLimits
{
	int64 min_value;
	int64 max_value;
	int64 start_value;
} SequenceLimits;

static void add_identity_sequence(SdDdl *ddl, JsonbContainer *object,
								  const char *name);
static char *sequence_options(JsonbContainer *object, const char *type);
static SequenceLimits usual_limits(const char *type, int64 increment);
static const char *partition_by(SdDdl *ddl, JsonbContainer *object);
static void add_server(SdDdl *ddl, SdDdlNode *node, StringInfo tail);
static void add_parents(SdDdl *ddl, Table *table);
static void add_column(SdDdl *ddl, Table *table, JsonbContainer *column);
static void add_column_item(SdDdl *ddl, Table *table, JsonbContainer *column);
static void add_inherited_column(SdDdl *ddl, Table *table,
								 JsonbContainer *column);
static bool parents_have(Table *table, const char *column, const char *key);
static void add_column_settings(SdDdl *ddl, Table *table,
								JsonbContainer *column);
static void add_foreign_column_options(SdDdl *ddl, Table *table);
static void add_partition(SdDdl *ddl, Table *table);
static void provide_child(SdDdl *ddl, SdDdlNode *node, JsonbContainer *object,
						  List **ancestors);

/* A sequence, or what makes a column an identity column. */
void
sd_ddl_sequence(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "sequence_name");
	char *column = sd_json_get_text(object, "owner_column");
	const char *type = sd_json_get_text(object, "data_type");
	SdDdlNode *node;

	if (sd_json_get_bool(object, "is_identity"))
	{
		add_identity_sequence(ddl, object, name);
		return;
	}

	if (type == NULL)
		type = "bigint";
	node = sd_ddl_node(ddl, SD_DDL_SEQUENCES);
	sd_ddl_provide_qualified(ddl, node, name, false);
	sd_ddl_statement(node, "CREATE %sSEQUENCE %s%s%s%s%s",
					 sd_ddl_is(object, "persistence", "unlogged") ? "UNLOGGED "
																  : "",
					 sd_ddl_if_not_exists(ddl), name,
					 sd_ddl_compare(type, "bigint") == 0 ? "" : " AS ",
					 sd_ddl_compare(type, "bigint") == 0 ? "" : type,
					 sequence_options(object, type));
	sd_ddl_owner(ddl, node, "SEQUENCE", name, object);
	sd_ddl_comment_of(ddl, node, "SEQUENCE", name, object);

	if (column != NULL)
	{
		node = sd_ddl_node(ddl, SD_DDL_COLUMNS);
		sd_ddl_statement(
			node, "ALTER SEQUENCE %s OWNED BY %s.%s", name,
			sd_ddl_name(ddl, object, "owner_schema", "owner_table"),
			sd_ddl_quote_identifier(column));
	}
}

static void
add_identity_sequence(SdDdl *ddl, JsonbContainer *object, const char *name)
{
	char *table_name = sd_ddl_name(ddl, object, "owner_schema", "owner_table");
	char *column_name = sd_ddl_text(ddl, object, "owner_column");
	JsonbContainer *table = sd_ddl_object(ddl, "tables", table_name);
	JsonbContainer *column = sd_ddl_column(table, column_name);
	char *type =
		column != NULL ? sd_json_get_text(column, "formatted_type") : NULL;
	char *own_type = sd_json_get_text(object, "data_type");
	bool is_unlogged = sd_ddl_is(object, "persistence", "unlogged");
	bool has_other_type;
	SdDdlNode *node;

	/* without the column nobody knows what it is like */
	if (column == NULL)
	{
		sd_ddl_warn(ddl, "the identity column of sequence %s is not there",
					name);
		return;
	}
	if (type == NULL)
		type = "bigint";
	if (own_type == NULL)
		own_type = "bigint";
	has_other_type = sd_ddl_compare(own_type, type) != 0;

	node = sd_ddl_node(ddl, SD_DDL_COLUMNS);
	sd_ddl_provide_qualified(ddl, node, name, false);
	sd_ddl_guarded(
		node, "duplicate_table OR object_not_in_prerequisite_state",
		"ALTER %sTABLE %s ALTER COLUMN %s ADD GENERATED %s AS "
		"IDENTITY (SEQUENCE NAME %s%s)",
		sd_ddl_is(table, "table_type", "foreign table") ? "FOREIGN " : "",
		table_name, sd_ddl_quote_identifier(column_name),
		sd_ddl_is(column, "identity", "always") ? "ALWAYS" : "BY DEFAULT", name,
		has_other_type ? "" : sequence_options(object, type));
	/* CREATE TABLE LIKE does not look at the column's type */
	if (has_other_type)
		sd_ddl_statement(node,
						 "ALTER SEQUENCE %s AS %s INCREMENT BY " INT64_FORMAT
						 " MINVALUE " INT64_FORMAT " MAXVALUE " INT64_FORMAT
						 " START WITH " INT64_FORMAT
						 " RESTART CACHE " INT64_FORMAT "%s",
						 name, own_type, sd_ddl_int64(object, "increment", 1),
						 sd_ddl_int64(object, "min_value", 1),
						 sd_ddl_int64(object, "max_value", PG_INT64_MAX),
						 sd_ddl_int64(object, "start_value", 1),
						 sd_ddl_int64(object, "cache_size", 1),
						 sd_json_get_bool(object, "is_cycle") ? " CYCLE" : "");
	/* the name of the sequence is what it makes, that of the table is not */
	node->texts = list_make1(table_name);
	/* it began like its table */
	if (sd_ddl_is(table, "persistence", "unlogged") != is_unlogged)
		sd_ddl_statement(node, "ALTER SEQUENCE %s SET %s", name,
						 is_unlogged ? "UNLOGGED" : "LOGGED");
	sd_ddl_comment_of(ddl, node, "SEQUENCE", name, object);
}

/* What is not as usual for a sequence of this type. */
static char *
sequence_options(JsonbContainer *object, const char *type)
{
	int64 increment = sd_ddl_int64(object, "increment", 1);
	SequenceLimits usual = usual_limits(type, increment);
	int64 min_value = sd_ddl_int64(object, "min_value", 1);
	int64 max_value = sd_ddl_int64(object, "max_value", PG_INT64_MAX);
	int64 start_value = sd_ddl_int64(object, "start_value", 1);
	int64 cache_size = sd_ddl_int64(object, "cache_size", 1);
	StringInfoData options;

	initStringInfo(&options);
	if (increment != 1)
		appendStringInfo(&options, " INCREMENT BY " INT64_FORMAT, increment);
	if (min_value != usual.min_value)
		appendStringInfo(&options, " MINVALUE " INT64_FORMAT, min_value);
	if (max_value != usual.max_value)
		appendStringInfo(&options, " MAXVALUE " INT64_FORMAT, max_value);
	if (start_value != (increment > 0 ? min_value : max_value))
		appendStringInfo(&options, " START WITH " INT64_FORMAT, start_value);
	if (cache_size != 1)
		appendStringInfo(&options, " CACHE " INT64_FORMAT, cache_size);
	if (sd_json_get_bool(object, "is_cycle"))
		appendStringInfoString(&options, " CYCLE");

	return options.data;
}

static SequenceLimits
usual_limits(const char *type, int64 increment)
{
	SequenceLimits limits = {PG_INT64_MIN, PG_INT64_MAX, 1};

	if (sd_ddl_compare(type, "integer") == 0)
	{
		limits.min_value = PG_INT32_MIN;
		limits.max_value = PG_INT32_MAX;
	}
	else if (sd_ddl_compare(type, "smallint") == 0)
	{
		limits.min_value = PG_INT16_MIN;
		limits.max_value = PG_INT16_MAX;
	}
	if (increment > 0)
		limits.min_value = 1;
	else
		limits.max_value = -1;

	return limits;
}

/* A table; its constraints are added by their own emitter. */
void
sd_ddl_table(SdDdl *ddl, JsonbContainer *object)
{
	Table table = {0};
	char *of_type = sd_json_get_text(object, "of_type");
	List *inherits = sd_json_get_texts(object, "inherits");
	char *method = sd_json_get_text(object, "access_method");
	char *tablespace = sd_json_get_text(object, "tablespace");
	char *options =
		sd_ddl_storage_options(sd_json_get_texts(object, "options"));
	const char *key = partition_by(ddl, object);
	JsonbContainer *columns = sd_json_get_array(object, "columns");
	const char *what;
	StringInfoData tail;
	SdJsonWalk walk;
	JsonbValue value;

	table.object = object;
	table.name = sd_ddl_name(ddl, object, "schema_name", "table_name");
	table.is_foreign = sd_ddl_is(object, "table_type", "foreign table");
	table.is_partition = sd_json_get_bool(object, "is_partition");
	table.is_typed = of_type != NULL;
	table.node = sd_ddl_node(ddl, SD_DDL_TABLES);
	what = table.is_foreign ? "FOREIGN TABLE" : "TABLE";
	sd_ddl_provide_qualified(ddl, table.node, table.name, false);
	sd_ddl_enter(ddl, table.node);
	table.node->is_relation = true;
	table.node->separator = ",\n    ";
	table.node->empty = table.is_typed ? NULL : " ()";
	table.node->head = psprintf(
		"CREATE %s%s %s%s%s%s",
		sd_ddl_is(object, "persistence", "unlogged") ? "UNLOGGED " : "", what,
		sd_ddl_if_not_exists(ddl), table.name, of_type != NULL ? " OF " : "",
		of_type != NULL ? of_type : "");

	initStringInfo(&tail);
	if (inherits != NIL)
		appendStringInfo(&tail, "\nINHERITS (%s)",
						 sd_ddl_joined(inherits, ", "));
	if (key != NULL)
		appendStringInfo(&tail, "\nPARTITION BY %s", key);
	if (table.is_foreign)
		add_server(ddl, table.node, &tail);
	else if (method != NULL)
	{
		appendStringInfo(&tail, "\nUSING %s", sd_ddl_quote_identifier(method));
		sd_ddl_need_word(ddl, table.node, "access_methods", method);
	}
	if (options != NULL && !table.is_foreign)
		appendStringInfo(&tail, "\nWITH (%s)", options);
	if (tablespace != NULL && tablespace[0] != '\0')
		appendStringInfo(&tail, "\nTABLESPACE %s",
						 sd_ddl_quote_identifier(tablespace));
	table.node->tail = tail.data;

	sd_ddl_owner(ddl, table.node, what, table.name, object);
	sd_ddl_comment_of(ddl, table.node, what, table.name, object);
	add_parents(ddl, &table);
	if (columns != NULL)
	{
		sd_json_walk(&walk, columns);
		while (sd_json_next_element(&walk, &value))
		{
			JsonbContainer *column = sd_json_as_object(&value);

			if (column != NULL)
				add_column(ddl, &table, column);
		}
	}
	if (table.is_foreign)
		add_foreign_column_options(ddl, &table);

	if (sd_ddl_is(object, "replica_identity", "full") ||
		sd_ddl_is(object, "replica_identity", "nothing"))
		sd_ddl_statement(
			table.node, "ALTER TABLE ONLY %s REPLICA IDENTITY %s", table.name,
			sd_ddl_upper(sd_json_get_text(object, "replica_identity")));
	if (sd_json_get_bool(object, "row_security"))
		sd_ddl_statement(table.node, "ALTER TABLE %s ENABLE ROW LEVEL SECURITY",
						 table.name);
	if (sd_json_get_bool(object, "force_row_security"))
		sd_ddl_statement(table.node,
						 "ALTER TABLE ONLY %s FORCE ROW LEVEL SECURITY",
						 table.name);
	if (table.is_partition)
		add_partition(ddl, &table);
	else if (inherits != NIL)
	{
		List *ancestors = NIL;

		provide_child(ddl, table.node, object, &ancestors);
	}
}

/* What is behind PARTITION BY; NULL for a table that is not partitioned. */
static const char *
partition_by(SdDdl *ddl, JsonbContainer *object)
{
	char *key = sd_json_get_text(object, "partition_definition");
	List *keys = NIL;
	ListCell *lc;

	if (key != NULL || !sd_ddl_is(object, "table_type", "partitioned table"))
		return key;

	/* a document of before that was in it: as well as can be told */
	foreach (lc, sd_json_get_texts(object, "partition_key"))
	{
		const char *text = lfirst(lc);

		keys = lappend(keys, sd_ddl_column(object, text) != NULL
								 ? pstrdup(sd_ddl_quote_identifier(text))
								 : psprintf("(%s)", text));
	}

	return psprintf("%s (%s)",
					sd_ddl_upper(sd_ddl_text(ddl, object, "partition_type")),
					sd_ddl_joined(keys, ", "));
}

/* SERVER ... OPTIONS (...), which are an object of another kind. */
static void
add_server(SdDdl *ddl, SdDdlNode *node, StringInfo tail)
{
	JsonbContainer *object = sd_ddl_object(
		ddl, "foreign_servers", psprintf("foreign table %s", ddl->identity));
	char *options;
	char *server;

	if (object == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("document does not say what server foreign table %s is "
					   "on",
					   ddl->identity),
				errhint("DDL of foreign tables needs the part "
						"\"foreign_servers\"."));
	server = sd_ddl_text(ddl, object, "server_name");
	appendStringInfo(tail, "\nSERVER %s", sd_ddl_quote_identifier(server));
	sd_ddl_need_word(ddl, node, "server", server);
	options = sd_ddl_foreign_options(sd_json_get_texts(object, "options"));
	if (options != NULL)
		appendStringInfo(tail, "\nOPTIONS (%s)", options);
}

/* The tables that it inherits from, as far as the document has them. */
static void
add_parents(SdDdl *ddl, Table *table)
{
	ListCell *lc;

	table->knows_parents = true;
	foreach (lc, sd_json_get_texts(table->object, "inherits"))
	{
		JsonbContainer *parent = sd_ddl_object(ddl, "tables", lfirst(lc));

		if (parent != NULL)
			table->parents = lappend(table->parents, parent);
		else
			table->knows_parents = false;
	}
}

static void
add_column(SdDdl *ddl, Table *table, JsonbContainer *column)
{
	bool is_local =
		table->is_partition || sd_ddl_flag(column, "is_local", true);

	if (is_local)
		add_column_item(ddl, table, column);
	if (!is_local || table->parents != NIL)
		add_inherited_column(ddl, table, column);
	add_column_settings(ddl, table, column);
}

/* A column, in the parentheses. */
static void
add_column_item(SdDdl *ddl, Table *table, JsonbContainer *column)
{
	char *name = sd_ddl_text(ddl, column, "column_name");
	char *collation = sd_json_get_text(column, "collation");
	char *default_value = sd_json_get_text(column, "default_value");
	char *generated = sd_json_get_text(column, "generated_type");
	SdDdlItem *item;

	/* a typed table names only the columns that have something more */
	if (table->is_typed && default_value == NULL &&
		!sd_json_get_bool(column, "not_null"))
		return;

	item = sd_ddl_item(table->node, name);
	if (table->is_typed)
		item->head = psprintf("%s WITH OPTIONS", sd_ddl_quote_identifier(name));
	else
		item->head = psprintf("%s %s%s%s", sd_ddl_quote_identifier(name),
							  sd_ddl_text(ddl, column, "formatted_type"),
							  collation != NULL ? " COLLATE " : "",
							  collation != NULL ? collation : "");
	/* before 16 a parent's expression cannot be said again */
	if (generated != NULL && ddl->version < 16 && !table->is_partition &&
		parents_have(table, name, "generated_type"))
		default_value = NULL;
	if (default_value != NULL && generated != NULL)
		item->head = psprintf("%s GENERATED ALWAYS AS (%s) %s", item->head,
							  default_value, sd_ddl_upper(generated));
	else if (default_value != NULL)
	{
		item->soft = psprintf(" DEFAULT %s", default_value);
		item->later =
			psprintf("ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s",
					 table->name, sd_ddl_quote_identifier(name), default_value);
		item->undo =
			psprintf("ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
					 table->name, sd_ddl_quote_identifier(name));
	}
	/* of parents that do not agree it would have none without this */
	else if (parents_have(table, name, "default_value"))
		item->head = psprintf("%s DEFAULT NULL", item->head);
	/* since 18 a constraint will put its name there, or take it away */
	if (sd_json_get_bool(column, "not_null") &&
		(ddl->version >= 18 || table->is_partition ||
		 !parents_have(table, name, "not_null")))
		item->tail = " NOT NULL";
}

/* What makes an inherited column another than the parent's. */
static void
add_inherited_column(SdDdl *ddl, Table *table, JsonbContainer *column)
{
	char *name = sd_ddl_text(ddl, column, "column_name");
	char *default_value = sd_json_get_text(column, "default_value");
	bool is_local = sd_ddl_flag(column, "is_local", true);

	if (sd_json_get_text(column, "generated_type") != NULL)
		return;
	if (default_value == NULL)
	{
		if (!is_local && parents_have(table, name, "default_value"))
			sd_ddl_statement(table->node,
							 "ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
							 table->name, sd_ddl_quote_identifier(name));
	}
	else if (!is_local)
	{
		SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_COLUMNS);

		sd_ddl_statement(
			node, "ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s",
			table->name, sd_ddl_quote_identifier(name), default_value);
		node->undo =
			psprintf("ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
					 table->name, sd_ddl_quote_identifier(name));
	}

	/* since 18 a constraint tells */
	if (!is_local && ddl->version < 18 && table->knows_parents &&
		sd_json_get_bool(column, "not_null") &&
		!parents_have(table, name, "not_null"))
		sd_ddl_statement(table->node,
						 "ALTER TABLE ONLY %s ALTER COLUMN %s SET NOT NULL",
						 table->name, sd_ddl_quote_identifier(name));
}

static bool
parents_have(Table *table, const char *name, const char *key)
{
	ListCell *lc;
	JsonbValue value;

	foreach (lc, table->parents)
	{
		JsonbContainer *column = sd_ddl_column(lfirst(lc), name);

		if (column != NULL && sd_json_get(column, key, &value) &&
			(sd_ddl_compare(key, "default_value") != 0 ||
			 sd_json_get_text(column, "generated_type") == NULL))
			return true;
	}

	return false;
}

static void
add_column_settings(SdDdl *ddl, Table *table, JsonbContainer *column)
{
	char *name = sd_ddl_text(ddl, column, "column_name");
	const char *quoted = pstrdup(sd_ddl_quote_identifier(name));
	char *storage = sd_json_get_text(column, "storage");
	char *compression = sd_json_get_text(column, "compression");
	int64 statistics_target;

	if (storage != NULL)
		sd_ddl_statement(table->node,
						 "ALTER TABLE ONLY %s ALTER COLUMN %s SET STORAGE %s",
						 table->name, quoted, sd_ddl_upper(storage));
	if (compression != NULL)
		sd_ddl_statement(
			table->node,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET COMPRESSION %s",
			table->name, quoted, compression);
	if (sd_json_get_int64(column, "statistics_target", &statistics_target))
		sd_ddl_statement(
			table->node,
			"ALTER TABLE ONLY %s ALTER COLUMN %s SET STATISTICS " INT64_FORMAT,
			table->name, quoted, statistics_target);
	sd_ddl_comment_of(ddl, table->node, "COLUMN",
					  psprintf("%s.%s", table->name, quoted), column);
}

static void
add_foreign_column_options(SdDdl *ddl, Table *table)
{
	JsonbContainer *object = sd_ddl_object(
		ddl, "foreign_servers", psprintf("foreign table %s", ddl->identity));
	JsonbContainer *columns = sd_json_get_array(table->object, "columns");
	SdJsonWalk walk;
	JsonbValue value;

	if (columns == NULL || sd_json_get_texts(object, "column_options") == NIL)
		return;
	sd_json_walk(&walk, columns);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *column = sd_json_as_object(&value);
		const char *name;
		ListCell *lc;

		if (column == NULL)
			continue;
		name = sd_ddl_text(ddl, column, "column_name");
		foreach (lc, sd_ddl_column_foreign_options(object, name))
			sd_ddl_guarded(
				table->node, "duplicate_object",
				"ALTER FOREIGN TABLE ONLY %s ALTER COLUMN %s OPTIONS "
				"(ADD %s)",
				table->name, sd_ddl_quote_identifier(name),
				sd_ddl_foreign_options(list_make1(lfirst(lc))));
	}
}

/*
 * sd_ddl_column_foreign_options
 *		Of the texts "column: name=value" of a foreign table the part behind
 *		the column, of those of this column.
 */
List *
sd_ddl_column_foreign_options(JsonbContainer *object, const char *column)
{
	const char *quoted = sd_ddl_quote_identifier(column);
	int length = strlen(quoted);
	List *options = NIL;
	ListCell *lc;

	foreach (lc, sd_json_get_texts(object, "column_options"))
	{
		const char *option = lfirst(lc);

		if (option != NULL && strncmp(option, quoted, length) == 0 &&
			strncmp(option + length, ": ", 2) == 0)
			options = lappend(options, pstrdup(option + length + 2));
	}

	return options;
}

static void
add_partition(SdDdl *ddl, Table *table)
{
	JsonbContainer *partition = sd_json_get_object(table->object, "partition");
	List *ancestors = NIL;
	SdDdlNode *node;

	if (partition == NULL)
	{
		sd_ddl_warn(ddl, "the bound of partition %s is not there", table->name);
		return;
	}
	ddl->kind = "partitions";
	node = sd_ddl_node(ddl, ddl->options.attaches_late ? SD_DDL_LATE_PARTITIONS
													   : SD_DDL_PARTITIONS);
	sd_ddl_guarded(
		node, "wrong_object_type", "ALTER TABLE ONLY %s ATTACH PARTITION %s %s",
		sd_ddl_name(ddl, table->object, "parent_schema", "parent_name"),
		table->name, sd_ddl_text(ddl, partition, "partition_bound"));
	if (!ddl->options.attaches_late)
		provide_child(ddl, node, table->object, &ancestors);
	ddl->kind = "tables";
}

/*
 * The node makes the table a child of each table that it inherits from, and of
 * those that they inherit from.
 */
static void
provide_child(SdDdl *ddl, SdDdlNode *node, JsonbContainer *object,
			  List **ancestors)
{
	List *parents = sd_json_get_texts(object, "inherits");
	char *schema = sd_json_get_text(object, "parent_schema");
	char *name = sd_json_get_text(object, "parent_name");
	ListCell *lc;

	if (schema != NULL && name != NULL)
		parents = lappend(parents, sd_ddl_quote_qualified(schema, name));
	foreach (lc, parents)
	{
		const char *parent = lfirst(lc);
		JsonbContainer *parent_object;
		bool known = false;
		ListCell *lc2;

		foreach (lc2, *ancestors)
			known |= sd_ddl_compare(lfirst(lc2), parent) == 0;
		if (known)
			continue;
		*ancestors = lappend(*ancestors, lfirst(lc));
		sd_ddl_provide_word(ddl, node, "children of", parent);
		parent_object = sd_ddl_object(ddl, "tables", parent);
		if (parent_object != NULL)
			provide_child(ddl, node, parent_object, ancestors);
	}
}

/*
 * sd_ddl_children
 *		What a node needs that comes when all children of an object's table
 *		are there: a constraint or an index that they would get in another way
 *		if it were there before them.
 */
char *
sd_ddl_children(SdDdl *ddl, JsonbContainer *object)
{
	return sd_ddl_word("children of",
					   sd_ddl_name(ddl, object, "schema_name", "table_name"));
}

/* Options of a column, or the statistics target of a key of an index. */
void
sd_ddl_column_option(SdDdl *ddl, JsonbContainer *object)
{
	char *index = sd_json_get_text(object, "index_name");
	char *schema = sd_ddl_text(ddl, object, "schema_name");
	SdDdlNode *node =
		sd_ddl_node(ddl, index != NULL ? SD_DDL_STATISTICS : SD_DDL_COLUMNS);

	if (index != NULL)
		sd_ddl_statement(node,
						 "ALTER INDEX %s ALTER COLUMN " INT64_FORMAT
						 " SET STATISTICS " INT64_FORMAT,
						 sd_ddl_quote_qualified(schema, index),
						 sd_ddl_int64(object, "key_position", 1),
						 sd_ddl_int64(object, "statistics_target", -1));
	else
	{
		char *name = sd_ddl_name(ddl, object, "schema_name", "table_name");

		if (sd_ddl_object(ddl, "views", name) != NULL)
			node->phase = SD_DDL_STATISTICS;
		sd_ddl_statement(
			node, "ALTER TABLE ONLY %s ALTER COLUMN %s SET (%s)", name,
			sd_ddl_quote_identifier(sd_ddl_text(ddl, object, "column_name")),
			sd_ddl_storage_options(sd_json_get_texts(object, "options")));
	}
}
