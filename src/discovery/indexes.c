/*-------------------------------------------------------------------------
 *
 * indexes.c
 *	  stormdisc_indexes: indexes, with their keys in order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "utils/array.h"

#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_indexes);

static void emit_indexes(SdDiscovery *disc);
static void add_index(SdDiscovery *disc, void *object);
static void add_keys(SdDiscovery *disc, SdIndex *index);
static void add_parent(SdDiscovery *disc, SdIndex *index);

const SdKind sd_kind_indexes = {
	.name = "indexes",
	.relkinds = "rpm",
	.not_served = "\"%s\" is not a table or materialized view",
	.parts = SD_READ_COLUMNS | SD_READ_INDEXES | SD_READ_INDEX_TEXTS |
			 SD_READ_KEYS | SD_READ_INHERITANCE | SD_READ_INDEX_COMMENTS,
	.identity = "schema_name,index_name",
	.left_out = "problem",
	.defaults = "is_valid=true,is_ready=true,access_method=btree,tablespace=",
	.emit = emit_indexes,
};

/*
 * stormdisc_indexes(relation, schemas, include, exclude) -> setof row
 *		Report the indexes of the tables in scope, by table and name.
 */
Datum
stormdisc_indexes(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_indexes);
}

static void
emit_indexes(SdDiscovery *disc)
{
	SdRelation *rel;
	int position = 0;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		ListCell *lc;

		foreach (lc, rel->indexes)
			sd_discovery_add(disc, add_index, lfirst(lc));
	}
}

static void
add_index(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	SdIndex *index = object;
	SdRelation *self = index->self;

	sd_row_name(disc, &index->relation->schema->name);
	sd_row_name(disc, &index->relation->name);
	sd_row_name(disc, &self->name);
	sd_row_bool(disc, index->is_unique);
	add_keys(disc, index);
	sd_row_bool(disc, index->is_expression);
	sd_row_text(disc, index->predicate);
	sd_row_text(disc, sd_catalog_name(cat, AccessMethodRelationId,
									  self->access_method));
	sd_row_bool(disc, index->is_primary);
	sd_row_bool(disc, index->is_exclusion);
	sd_row_bool(disc, index->is_valid);
	sd_row_bool(disc, index->is_ready);
	sd_row_bool(disc, index->nulls_not_distinct);
	sd_row_text(disc, index->constraint != NULL
						  ? NameStr(index->constraint->name)
						  : NULL);
	add_parent(disc, index);
	sd_row_text(
		disc, OidIsValid(self->tablespace)
				  ? sd_catalog_name(cat, TableSpaceRelationId, self->tablespace)
				  : "");
	sd_row_options(disc, self->options);
	sd_row_bool(disc, index->is_clustered);
	sd_row_bool(disc, index->is_replica_identity);
	sd_row_text(disc, sd_index_definition(cat, index));
	sd_row_text(disc,
				sd_catalog_comment(cat, RelationRelationId, self->oid, 0));
	sd_row_end(disc, index->problem);
}

/*
 * column_names, orderings, nulls_first, opclasses, collations: one member for
 * each key; include_columns: the rest.
 */
static void
add_keys(SdDiscovery *disc, SdIndex *index)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->row_context);
	int nkeys = index->nkeys;
	int nincluded = index->ncolumns - nkeys;
	const char **names = palloc0(sizeof(char *) * (index->ncolumns + 1));
	const char **orderings = palloc0(sizeof(char *) * (nkeys + 1));
	const char **opclasses = palloc0(sizeof(char *) * (nkeys + 1));
	const char **collations = palloc0(sizeof(char *) * (nkeys + 1));
	Datum *nulls_first = palloc0(sizeof(Datum) * (nkeys + 1));

	for (int i = 0; i < index->ncolumns; i++)
	{
		const SdIndexKey *key = &index->keys[i];

		names[i] = sd_index_key_name(index, i);
		if (i >= nkeys)
			continue;
		orderings[i] = (key->option & INDOPTION_DESC) ? "desc" : "asc";
		nulls_first[i] =
			BoolGetDatum((key->option & INDOPTION_NULLS_FIRST) != 0);
		opclasses[i] = sd_index_opclass(disc->catalog, key);
		collations[i] = sd_catalog_qualified_name(
			disc->catalog, CollationRelationId, key->collation);
	}

	sd_row_texts(disc, nkeys, names);
	if (index->can_order)
	{
		sd_row_texts(disc, nkeys, orderings);
		sd_row_datum(disc, PointerGetDatum(construct_array(
							   nulls_first, nkeys, BOOLOID, sizeof(bool), true,
							   TYPALIGN_CHAR)));
	}
	else
	{
		sd_row_null(disc);
		sd_row_null(disc);
	}
	sd_row_texts(disc, nkeys, opclasses);
	sd_row_texts(disc, nkeys, collations);
	sd_row_texts(disc, nincluded, names + nkeys);
	MemoryContextSwitchTo(oldcontext);
}

/* parent_schema, parent_index: of the index on the partitioned table */
static void
add_parent(SdDiscovery *disc, SdIndex *index)
{
	List *parents = sd_catalog_parents(disc->catalog, index->self->oid);
	SdRelation *parent = NULL;

	if (parents != NIL)
		parent = sd_catalog_relation(
			disc->catalog, ((SdParent *) linitial(parents))->relation);
	sd_row_text(disc, parent ? NameStr(parent->schema->name) : NULL);
	sd_row_text(disc, parent ? NameStr(parent->name) : NULL);
}
