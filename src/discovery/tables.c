/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  stormdisc_tables: tables, partitioned tables and foreign tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_tables);

static void emit_tables(SdDiscovery *disc);
static void add_partitioning(SdDiscovery *disc, SdRelation *rel,
							 SdPartitionKey *key);
static void add_inherits(SdDiscovery *disc, SdRelation *rel);
static void add_options(SdDiscovery *disc, SdRelation *rel);
static const char *replica_identity(char relreplident);

const SdKind sd_kind_tables = {
	.name = "tables",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a table",
	.parts = SD_READ_INHERITANCE | SD_READ_COMMENTS | SD_READ_TOAST_OPTIONS,
	.identity = "schema_name,table_name",
	.left_out = "partition_level,root_schema,root_name,estimated_rows,"
				"estimated_bytes,table_oid,problem",
	.defaults = "table_type=table,persistence=permanent,"
				"replica_identity=default,tablespace=",
	.emit = emit_tables,
};

/*
 * stormdisc_tables(relation, schemas, include, exclude) -> setof row
 *		Report the tables in scope, by schema and name.
 */
Datum
stormdisc_tables(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_tables);
}

static void
emit_tables(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
		sd_discovery_add(disc, sd_add_table, rel);
}

/* sd_add_table: Add the row of a table. */
void
sd_add_table(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	SdRelation *rel = object;
	SdPartitionKey *key = sd_catalog_partition_key(cat, rel);

	sd_row_name(disc, &rel->schema->name);
	sd_row_name(disc, &rel->name);
	sd_row_text(disc, sd_table_type(rel->kind));
	/* a partitioned table may or may not have one */
	if (disc->is_document && rel->kind != RELKIND_PARTITIONED_TABLE &&
		rel->access_method == HEAP_TABLE_AM_OID)
		sd_row_null(disc);
	else
		sd_row_text(disc, sd_catalog_name(cat, AccessMethodRelationId,
										  rel->access_method));
	sd_row_text(
		disc, OidIsValid(rel->tablespace)
				  ? sd_catalog_name(cat, TableSpaceRelationId, rel->tablespace)
				  : "");
	add_partitioning(disc, rel, key);
	sd_row_text(disc, sd_persistence(rel->persistence));
	sd_row_owner(disc, rel->owner);
	if (rel->rows < 0)
		sd_row_null(disc);
	else
		sd_row_int64(disc, (int64) rel->rows);
	if (!RELKIND_HAS_STORAGE(rel->kind))
		sd_row_null(disc);
	else
		sd_row_int64(disc, (int64) (BlockNumber) rel->pages * BLCKSZ);
	sd_row_qualified(disc, TypeRelationId, rel->of_type);
	add_inherits(disc, rel);
	add_options(disc, rel);
	/* a foreign table has no other */
	if (disc->is_document && rel->kind == RELKIND_FOREIGN_TABLE)
		sd_row_null(disc);
	else
		sd_row_text(disc, replica_identity(rel->replica_identity));
	sd_row_bool(disc, rel->row_security);
	sd_row_bool(disc, rel->force_row_security);
	sd_row_text(disc, sd_catalog_comment(cat, RelationRelationId, rel->oid, 0));
	sd_row_oid(disc, rel->oid);
	sd_row_end(disc, key != NULL ? key->problem : SD_PROBLEM_NONE);
}

/* is_partition, partition_*, parent_*, root_* */
static void
add_partitioning(SdDiscovery *disc, SdRelation *rel, SdPartitionKey *key)
{
	SdCatalog *cat = disc->catalog;
	SdRelation *parent = sd_catalog_partition_parent(cat, rel, NULL);

	sd_row_bool(disc, rel->is_partition);
	if (key != NULL)
	{
		const char **names = MemoryContextAlloc(
			disc->row_context, sizeof(char *) * (key->nkeys + 1));

		for (int i = 0; i < key->nkeys; i++)
			names[i] = key->columns[i] != 0
						   ? sd_relation_column_name(rel, key->columns[i])
						   : key->expressions[i];
		sd_row_text(disc, sd_partition_strategy(key->strategy));
		sd_row_texts(disc, key->nkeys, names);
		sd_row_text(disc, sd_partition_key_definition(cat, rel, key));
	}
	else
		sd_row_nulls(disc, 3);
	sd_row_text(disc, parent ? NameStr(parent->schema->name) : NULL);
	sd_row_text(disc, parent ? NameStr(parent->name) : NULL);

	if (rel->is_partition || rel->kind == RELKIND_PARTITIONED_TABLE)
	{
		int level;
		SdRelation *root = sd_catalog_partition_root(cat, rel, &level);

		sd_row_int32(disc, level);
		sd_row_name(disc, &root->schema->name);
		sd_row_name(disc, &root->name);
	}
	else
	{
		sd_row_nulls(disc, 3);
	}
}

/* The tables that this one inherits from; a partition's parent is not one. */
static void
add_inherits(SdDiscovery *disc, SdRelation *rel)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	List *parents =
		rel->is_partition ? NIL : sd_catalog_parents(disc->catalog, rel->oid);
	const char **names = palloc(sizeof(char *) * (list_length(parents) + 1));
	int count = 0;
	ListCell *lc;

	foreach (lc, parents)
	{
		SdParent *parent = lfirst(lc);
		SdRelation *table =
			sd_catalog_relation(disc->catalog, parent->relation);

		if (table != NULL)
			names[count++] = sd_relation_qualified_name(table);
	}
	MemoryContextSwitchTo(oldcontext);
	sd_row_texts(disc, count, names);
}

/* The table's storage options, and those of its toast table as toast.*. */
static void
add_options(SdDiscovery *disc, SdRelation *rel)
{
	ArrayType *toast_options = sd_relation_toast_options(disc->catalog, rel);
	MemoryContext oldcontext;
	ArrayBuildState *options;
	Datum *members;
	int nmembers;

	if (toast_options == NULL)
	{
		sd_row_options(disc, rel->options);
		return;
	}

	oldcontext = MemoryContextSwitchTo(disc->row_context);
	options = initArrayResult(TEXTOID, disc->row_context, false);
	if (rel->options != NULL)
	{
		deconstruct_array(rel->options, TEXTOID, -1, false, TYPALIGN_INT,
						  &members, NULL, &nmembers);
		for (int i = 0; i < nmembers; i++)
			accumArrayResult(options, members[i], false, TEXTOID,
							 disc->row_context);
	}
	deconstruct_array(toast_options, TEXTOID, -1, false, TYPALIGN_INT, &members,
					  NULL, &nmembers);
	for (int i = 0; i < nmembers; i++)
		accumArrayResult(options,
						 CStringGetTextDatum(psprintf(
							 "toast.%s", TextDatumGetCString(members[i]))),
						 false, TEXTOID, disc->row_context);
	sd_row_datum(disc, makeArrayResult(options, disc->row_context));
	MemoryContextSwitchTo(oldcontext);
}

static const char *
replica_identity(char relreplident)
{
	switch (relreplident)
	{
		case REPLICA_IDENTITY_DEFAULT:
			return "default";
		case REPLICA_IDENTITY_NOTHING:
			return "nothing";
		case REPLICA_IDENTITY_FULL:
			return "full";
		case REPLICA_IDENTITY_INDEX:
			return "index";
		default:
			elog(ERROR, "unrecognized replica identity: %c", relreplident);
			return NULL; /* keep compiler quiet */
	}
}
