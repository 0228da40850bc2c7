/*-------------------------------------------------------------------------
 *
 * ddl_constraints.c
 *	  DDL of constraints, indexes and extended statistics.
 *
 * Checks and not-null constraints are part of CREATE TABLE if they can be; the
 * others come as ALTER TABLE when all tables are there, foreign keys last.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "model/ddl.h"

#define DUPLICATE_CONSTRAINT                                                   \
	"duplicate_object OR duplicate_table OR invalid_table_definition"

/* a constraint, while it is added */
typedef struct Constraint
{
	JsonbContainer *object;
	const char *name;		  /* quoted */
	const char *table_name;	  /* quoted, with its schema */
	const char *definition;	  /* without the name */
	JsonbContainer *table;	  /* NULL: not in the document */
	SdDdlNode *table_node;	  /* likewise */
	bool is_partition_or_own; /* not one that it has from a parent */
} Constraint;

/* a name and how many constraints have it */
typedef struct ConstraintName
{
	char key[SD_DDL_KEY_SIZE]; /* hash key */
	int count;
} ConstraintName;

static void add_check(SdDdl *ddl, const Constraint *constraint);
static void add_not_null(SdDdl *ddl, const Constraint *constraint);
static bool gets_name_by_itself(SdDdl *ddl, const Constraint *constraint,
								const char *column);
static int count_constraints(SdDdl *ddl, const char *schema, const char *name);
static void count_names(SdDdl *ddl, JsonbContainer *constraints);
static bool is_partition_or_own(SdDdl *ddl, JsonbContainer *object);
static bool parent_is_not_valid(SdDdl *ddl, const Constraint *constraint,
								const char *column);
static void add_key(SdDdl *ddl, const Constraint *constraint);
static char *key_definition(const Constraint *constraint, JsonbContainer *index,
							bool *has_tablespace);
static void add_foreign_key(SdDdl *ddl, const Constraint *constraint);
static void comment_constraint(SdDdl *ddl, SdDdlNode *node,
							   const Constraint *constraint);
static void add_index_settings(SdDdl *ddl, SdDdlNode *node,
							   JsonbContainer *index, const char *name);
static void add_index_partition(SdDdl *ddl, JsonbContainer *index,
								const char *name);
static char *index_definition(SdDdl *ddl, JsonbContainer *object,
							  bool *has_tablespace);

/* A constraint of a table. */
void
sd_ddl_constraint(SdDdl *ddl, JsonbContainer *object)
{
	Constraint constraint = {0};
	char *type = sd_ddl_text(ddl, object, "constraint_type");
	char *name = sd_ddl_text(ddl, object, "constraint_name");

	constraint.object = object;
	constraint.name = pstrdup(sd_ddl_quote_identifier(name));
	constraint.table_name =
		sd_ddl_name(ddl, object, "schema_name", "table_name");
	constraint.table = sd_ddl_object(ddl, "tables", constraint.table_name);
	constraint.table_node = sd_ddl_find(ddl, "tables", constraint.table_name);
	constraint.definition =
		sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	constraint.is_partition_or_own = is_partition_or_own(ddl, object);

	if (sd_ddl_compare(type, "check") == 0)
		add_check(ddl, &constraint);
	else if (sd_ddl_compare(type, "not null") == 0)
		add_not_null(ddl, &constraint);
	else if (sd_ddl_compare(type, "foreign key") == 0)
		add_foreign_key(ddl, &constraint);
	else if (sd_ddl_compare(type, "trigger") != 0)
		add_key(ddl, &constraint);
	else if (sd_json_get_text(object, "comment") != NULL)
		/* the trigger is among the triggers */
		comment_constraint(ddl, sd_ddl_node(ddl, SD_DDL_LABELS), &constraint);
}

static void
add_check(SdDdl *ddl, const Constraint *constraint)
{
	bool is_enforced = sd_ddl_flag(constraint->object, "is_enforced", true);
	bool is_validated =
		sd_ddl_flag(constraint->object, "is_validated", true) || !is_enforced;
	char *later =
		psprintf("ALTER TABLE %s ADD CONSTRAINT %s %s", constraint->table_name,
				 constraint->name, constraint->definition);
	SdDdlNode *node = NULL;
	SdDdlItem *item = NULL;

	if (constraint->table_node != NULL && is_validated &&
		constraint->is_partition_or_own)
	{
		item = sd_ddl_item(constraint->table_node, NULL);
		item->soft = psprintf("CONSTRAINT %s %s", constraint->name,
							  constraint->definition);
		item->later = later;
		if (sd_ddl_is(constraint->table, "table_type", "partitioned table"))
			item->later_needs = sd_ddl_children(ddl, constraint->object);
		item->duplicate = "duplicate_object";
		item->kind = ddl->kind;
		item->identity = ddl->identity;
	}
	else if (sd_ddl_flag(constraint->object, "is_local", true))
	{
		/* what is not validated has to be added; children get it, too */
		node = sd_ddl_node(ddl, ddl->options.attaches_late ? SD_DDL_LATE_COLUMNS
														   : SD_DDL_COLUMNS);
		sd_ddl_guarded(node, "duplicate_object", "%s", later);
		node->needs =
			lappend(node->needs, sd_ddl_children(ddl, constraint->object));
	}
	else if (is_enforced && is_validated &&
			 parent_is_not_valid(ddl, constraint, NULL))
	{
		/* the table was made as a child of one that has it already */
		node = sd_ddl_node(ddl, ddl->options.attaches_late ? SD_DDL_LATE_INDEXES
														   : SD_DDL_INDEXES);
		sd_ddl_statement(node, "ALTER TABLE %s VALIDATE CONSTRAINT %s",
						 constraint->table_name, constraint->name);
	}
	if (sd_json_get_text(constraint->object, "comment") == NULL)
		return;
	if (node == NULL)
		node = sd_ddl_node(ddl, SD_DDL_INDEXES);
	comment_constraint(ddl, node, constraint);
	if (item != NULL)
	{
		item->comment = node;
		node->after = list_make1(constraint->table_node);
	}
}

/* Since 18 NOT NULL has a name, and may be NOT VALID or NO INHERIT. */
static void
add_not_null(SdDdl *ddl, const Constraint *constraint)
{
	List *columns = sd_json_get_texts(constraint->object, "columns");
	SdDdlItem *item = NULL;
	SdDdlNode *node = NULL;
	bool is_validated = sd_ddl_flag(constraint->object, "is_validated", true);
	/* what is not validated comes when partitions are attached */
	bool is_own =
		is_validated
			? constraint->is_partition_or_own ||
				  (columns != NIL &&
				   parent_is_not_valid(ddl, constraint, linitial(columns)))
			: sd_ddl_flag(constraint->object, "is_local", true);
	ListCell *lc;

	if (constraint->table_node != NULL && columns != NIL)
	{
		foreach (lc, constraint->table_node->items)
		{
			SdDdlItem *candidate = lfirst(lc);

			if (candidate->column != NULL &&
				sd_ddl_compare(candidate->column, linitial(columns)) == 0)
				item = candidate;
		}
	}

	if (!is_own)
	{
		/* the parent's says it; a column that is repeated here must not */
		if (item != NULL)
			item->tail = NULL;
	}
	else if (item != NULL && is_validated)
	{
		const char *name =
			gets_name_by_itself(ddl, constraint, linitial(columns))
				? ""
				: psprintf(" CONSTRAINT %s", constraint->name);

		item->tail = psprintf("%s NOT NULL%s", name,
							  sd_json_get_bool(constraint->object, "no_inherit")
								  ? " NO INHERIT"
								  : "");
	}
	else if (constraint->table_node != NULL && is_validated)
	{
		item = sd_ddl_item(constraint->table_node, NULL);
		item->head = psprintf("CONSTRAINT %s %s", constraint->name,
							  constraint->definition);
	}
	else
	{
		if (item != NULL)
			item->tail = NULL;
		node = sd_ddl_node(ddl, ddl->options.attaches_late ? SD_DDL_LATE_COLUMNS
														   : SD_DDL_COLUMNS);
		sd_ddl_guarded(
			node, "duplicate_object OR object_not_in_prerequisite_state",
			"ALTER TABLE %s ADD CONSTRAINT %s %s", constraint->table_name,
			constraint->name, constraint->definition);
		node->needs =
			lappend(node->needs, sd_ddl_children(ddl, constraint->object));
	}
	if (sd_json_get_text(constraint->object, "comment") == NULL)
		return;
	if (node == NULL)
		node = sd_ddl_node(ddl, SD_DDL_INDEXES);
	comment_constraint(ddl, node, constraint);
}

/* Is its name what the server chooses, unless somebody else has it? */
static bool
gets_name_by_itself(SdDdl *ddl, const Constraint *constraint,
					const char *column)
{
	char *name = sd_ddl_text(ddl, constraint->object, "constraint_name");
	char *table = sd_ddl_text(ddl, constraint->object, "table_name");

	return sd_ddl_compare(name,
						  sd_ddl_chosen_name(table, column, "not_null")) == 0 &&
		   count_constraints(
			   ddl, sd_ddl_text(ddl, constraint->object, "schema_name"),
			   name) == 1;
}

/* How many constraints of this name do the statements make? */
static int
count_constraints(SdDdl *ddl, const char *schema, const char *name)
{
	char key[SD_DDL_KEY_SIZE];
	ConstraintName *entry;

	if (ddl->constraint_names == NULL)
	{
		HASHCTL ctl = {0};
		ListCell *lc;

		ctl.keysize = SD_DDL_KEY_SIZE;
		ctl.entrysize = sizeof(ConstraintName);
		ctl.hcxt = ddl->context;
		ddl->constraint_names =
			hash_create("stormdisc DDL constraints", 1024, &ctl,
						HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
		foreach (lc, ddl->documents)
			count_names(ddl, sd_json_get_object(&((Jsonb *) lfirst(lc))->root,
												"constraints"));
	}
	sd_ddl_key(key, schema, name);
	entry = hash_search(ddl->constraint_names, key, HASH_FIND, NULL);

	return entry != NULL ? entry->count : 0;
}

static void
count_names(SdDdl *ddl, JsonbContainer *constraints)
{
	SdJsonWalk walk;
	JsonbValue identity;
	JsonbValue value;

	if (constraints == NULL)
		return;
	sd_json_walk(&walk, constraints);
	while (sd_json_next_member(&walk, &identity, &value))
	{
		JsonbContainer *object = sd_json_as_object(&value);
		char *schema;
		char *name;
		char key[SD_DDL_KEY_SIZE];
		ConstraintName *entry;
		bool known;

		CHECK_FOR_INTERRUPTS();
		if (object == NULL)
			continue;
		schema = sd_json_get_text(object, "schema_name");
		name = sd_json_get_text(object, "constraint_name");
		/* others come with their parents' */
		if (schema == NULL || name == NULL || !is_partition_or_own(ddl, object))
			continue;
		sd_ddl_key(key, schema, name);
		entry = hash_search(ddl->constraint_names, key, HASH_ENTER, &known);
		entry->count = known ? entry->count + 1 : 1;
	}
}

/* Is it not one that the table has from a parent? */
static bool
is_partition_or_own(SdDdl *ddl, JsonbContainer *object)
{
	char *schema = sd_json_get_text(object, "schema_name");
	char *name = sd_json_get_text(object, "table_name");
	JsonbContainer *table;

	if (schema == NULL || name == NULL || sd_ddl_flag(object, "is_local", true))
		return true;
	table = sd_ddl_object(ddl, "tables", sd_ddl_quote_qualified(schema, name));

	return table != NULL && sd_json_get_bool(table, "is_partition");
}

/*
 * Has a parent's constraint yet to be validated, that on not null of the column
 * if there is one?  Then the child has to say that its own is.
 */
static bool
parent_is_not_valid(SdDdl *ddl, const Constraint *constraint,
					const char *column)
{
	const char *name = sd_ddl_text(ddl, constraint->object, "constraint_name");
	ListCell *lc;

	if (constraint->table == NULL)
		return false;
	foreach (lc, sd_json_get_texts(constraint->table, "inherits"))
	{
		JsonbContainer *parent =
			sd_ddl_object(ddl, "constraints",
						  psprintf("%s.%s", (char *) lfirst(lc),
								   sd_ddl_quote_identifier(name)));
		List *columns;

		if (parent == NULL || sd_ddl_flag(parent, "is_validated", true) ||
			!sd_ddl_is(parent, "constraint_type",
					   column != NULL ? "not null" : "check"))
			continue;
		columns = sd_json_get_texts(parent, "columns");
		if (column == NULL || (list_length(columns) == 1 &&
							   sd_ddl_compare(linitial(columns), column) == 0))
			return true;
	}

	return false;
}

/* A constraint that has an index. */
static void
add_key(SdDdl *ddl, const Constraint *constraint)
{
	char *schema = sd_ddl_text(ddl, constraint->object, "schema_name");
	char *index_name = sd_json_get_text(constraint->object, "index_name");
	char *qualified =
		index_name != NULL ? sd_ddl_quote_qualified(schema, index_name) : NULL;
	JsonbContainer *index =
		qualified != NULL ? sd_ddl_object(ddl, "indexes", qualified) : NULL;
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_INDEXES);
	bool has_tablespace;

	sd_ddl_guarded(node, DUPLICATE_CONSTRAINT,
				   "ALTER TABLE ONLY %s ADD CONSTRAINT %s %s",
				   constraint->table_name, constraint->name,
				   key_definition(constraint, index, &has_tablespace));
	if (constraint->table != NULL &&
		sd_ddl_is(constraint->table, "table_type", "partitioned table"))
		node->needs =
			lappend(node->needs, sd_ddl_children(ddl, constraint->object));
	if (qualified != NULL)
		sd_ddl_provide_qualified(ddl, node, qualified, false);
	if (index != NULL)
	{
		/* operator classes that are not said */
		node->more_texts = sd_json_get_texts(index, "opclasses");
		if (!has_tablespace)
			sd_ddl_statement(
				node, "ALTER INDEX %s SET TABLESPACE %s", qualified,
				sd_ddl_quote_identifier(sd_json_get_text(index, "tablespace")));
		add_index_settings(ddl, node, index, qualified);
		add_index_partition(ddl, index, qualified);
	}
	comment_constraint(ddl, node, constraint);
}

/*
 * The definition with the index's options and tablespace, which stand in front
 * of DEFERRABLE.  That of an exclusion constraint has the options, and no good
 * place for the tablespace.
 */
static char *
key_definition(const Constraint *constraint, JsonbContainer *index,
			   bool *has_tablespace)
{
	const char *definition = constraint->definition;
	const char *deferrable = "";
	const char *tablespace =
		index != NULL ? sd_json_get_text(index, "tablespace") : NULL;
	char *options = NULL;
	int length = strlen(definition);

	*has_tablespace = tablespace == NULL || tablespace[0] == '\0';
	if (sd_ddl_is(constraint->object, "constraint_type", "exclusion"))
		return pstrdup(definition);

	if (sd_json_get_bool(constraint->object, "is_deferrable"))
	{
		deferrable = sd_json_get_bool(constraint->object, "initially_deferred")
						 ? " DEFERRABLE INITIALLY DEFERRED"
						 : " DEFERRABLE";
		if (length > strlen(deferrable) &&
			sd_ddl_compare(definition + length - strlen(deferrable),
						   deferrable) == 0)
			length -= strlen(deferrable);
		else
			deferrable = "";
	}
	if (index != NULL)
		options = sd_ddl_storage_options(sd_json_get_texts(index, "options"));
	definition = pnstrdup(definition, length);
	if (options != NULL)
		definition = psprintf("%s WITH (%s)", definition, options);
	if (!*has_tablespace)
		definition = psprintf("%s USING INDEX TABLESPACE %s", definition,
							  sd_ddl_quote_identifier(tablespace));
	*has_tablespace = true;

	return psprintf("%s%s", definition, deferrable);
}

/* Partitions get theirs from the partitioned table. */
static void
add_foreign_key(SdDdl *ddl, const Constraint *constraint)
{
	SdDdlNode *node;
	bool is_partitioned =
		constraint->table != NULL &&
		sd_ddl_is(constraint->table, "table_type", "partitioned table");

	if (sd_json_get_text(constraint->object, "parent_constraint") != NULL)
	{
		if (sd_json_get_text(constraint->object, "comment") != NULL)
			comment_constraint(ddl, sd_ddl_node(ddl, SD_DDL_TRIGGERS),
							   constraint);
		return;
	}
	node = sd_ddl_node(ddl, SD_DDL_FOREIGN_KEYS);
	sd_ddl_guarded(node, "duplicate_object",
				   "ALTER TABLE %s%s ADD CONSTRAINT %s %s",
				   is_partitioned ? "" : "ONLY ", constraint->table_name,
				   constraint->name, constraint->definition);
	comment_constraint(ddl, node, constraint);
}

static void
comment_constraint(SdDdl *ddl, SdDdlNode *node, const Constraint *constraint)
{
	sd_ddl_comment_of(
		ddl, node, "CONSTRAINT",
		psprintf("%s ON %s", constraint->name, constraint->table_name),
		constraint->object);
}

/* An index; that of a constraint is made by the constraint. */
void
sd_ddl_index(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "index_name");
	char *table = sd_ddl_name(ddl, object, "schema_name", "table_name");
	char *method = sd_json_get_text(object, "access_method");
	JsonbContainer *table_object = sd_ddl_object(ddl, "tables", table);
	bool is_partitioned =
		table_object != NULL &&
		sd_ddl_is(table_object, "table_type", "partitioned table");
	bool is_of_view = sd_ddl_object(ddl, "views", table) != NULL;
	SdDdlNode *node;
	bool has_tablespace;

	if (sd_json_get_text(object, "constraint_name") != NULL)
		return;
	/* one that was left over is none */
	if (!sd_ddl_flag(object, "is_ready", true) ||
		(!is_partitioned && !sd_ddl_flag(object, "is_valid", true)))
		return;

	node = sd_ddl_node(ddl, is_of_view ? SD_DDL_STATISTICS : SD_DDL_INDEXES);
	sd_ddl_statement(node, "%s",
					 index_definition(ddl, object, &has_tablespace));
	sd_ddl_provide_qualified(ddl, node, name, false);
	sd_ddl_need_word(ddl, node, "access_methods", method);
	node->more_texts = sd_json_get_texts(object, "opclasses");
	/* ATTACH would make another one in the partition */
	if (is_partitioned)
		node->needs = lappend(node->needs, sd_ddl_children(ddl, object));
	if (!has_tablespace)
		sd_ddl_statement(
			node, "ALTER INDEX %s SET TABLESPACE %s", name,
			sd_ddl_quote_identifier(sd_json_get_text(object, "tablespace")));
	add_index_settings(ddl, node, object, name);
	add_index_partition(ddl, object, name);
}

/* What the table does with the index, and the index's comment. */
static void
add_index_settings(SdDdl *ddl, SdDdlNode *node, JsonbContainer *index,
				   const char *name)
{
	char *table = sd_ddl_name(ddl, index, "schema_name", "table_name");
	const char *plain_name =
		sd_ddl_quote_identifier(sd_ddl_text(ddl, index, "index_name"));
	bool is_of_view = sd_ddl_object(ddl, "views", table) != NULL;

	if (sd_json_get_bool(index, "is_clustered"))
		sd_ddl_statement(node, "ALTER %s %s CLUSTER ON %s",
						 is_of_view ? "MATERIALIZED VIEW" : "TABLE", table,
						 plain_name);
	if (sd_json_get_bool(index, "is_replica_identity"))
		sd_ddl_statement(node,
						 "ALTER TABLE ONLY %s REPLICA IDENTITY USING INDEX %s",
						 table, plain_name);
	sd_ddl_comment_of(ddl, node, "INDEX", name, index);
}

/* The index is one of a partitioned table's. */
static void
add_index_partition(SdDdl *ddl, JsonbContainer *index, const char *name)
{
	char *parent = sd_json_get_text(index, "parent_index");
	const char *kind = ddl->kind;
	SdDdlNode *node;

	if (parent == NULL)
		return;
	ddl->kind = "indexes";
	node = sd_ddl_node(ddl, SD_DDL_INDEX_PARTITIONS);
	sd_ddl_statement(node, "ALTER INDEX %s ATTACH PARTITION %s",
					 sd_ddl_quote_qualified(
						 sd_ddl_text(ddl, index, "parent_schema"), parent),
					 name);
	ddl->kind = kind;
}

/* CREATE INDEX, with the tablespace in front of WHERE. */
static char *
index_definition(SdDdl *ddl, JsonbContainer *object, bool *has_tablespace)
{
	char *definition = sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	char *tablespace = sd_json_get_text(object, "tablespace");
	char *predicate = sd_json_get_text(object, "predicate");
	char *words;

	*has_tablespace = tablespace == NULL || tablespace[0] == '\0';
	if (!*has_tablespace && predicate == NULL)
	{
		definition = psprintf("%s TABLESPACE %s", definition,
							  sd_ddl_quote_identifier(tablespace));
		*has_tablespace = true;
	}
	else if (!*has_tablespace)
	{
		int length = strlen(definition);
		char *where = psprintf(" WHERE %s", predicate);

		if (length > strlen(where) &&
			sd_ddl_compare(definition + length - strlen(where), where) == 0)
		{
			definition[length - strlen(where)] = '\0';
			definition = psprintf("%s TABLESPACE %s%s", definition,
								  sd_ddl_quote_identifier(tablespace), where);
			*has_tablespace = true;
		}
	}

	words = strstr(definition, "INDEX ");
	if (words == NULL || !ddl->options.if_not_exists)
		return definition;

	return psprintf("%sINDEX IF NOT EXISTS %s",
					pnstrdup(definition, words - definition), words + 6);
}

/* Extended statistics. */
void
sd_ddl_statistics(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "statistics_name");
	char *definition = sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_STATISTICS);
	int64 target;

	if (ddl->options.if_not_exists &&
		strncmp(definition, "CREATE STATISTICS ", 18) == 0)
		definition =
			psprintf("CREATE STATISTICS IF NOT EXISTS %s", definition + 18);
	sd_ddl_statement(node, "%s", definition);
	sd_ddl_provide_qualified(ddl, node, name, false);
	/* its own name may be that of its table */
	node->texts =
		list_make1(sd_ddl_name(ddl, object, "table_schema", "table_name"));
	node->texts =
		list_concat(node->texts, sd_json_get_texts(object, "expressions"));
	if (sd_json_get_int64(object, "statistics_target", &target))
		sd_ddl_statement(node,
						 "ALTER STATISTICS %s SET STATISTICS " INT64_FORMAT,
						 name, target);
	sd_ddl_owner(ddl, node, "STATISTICS", name, object);
	sd_ddl_comment_of(ddl, node, "STATISTICS", name, object);
}
