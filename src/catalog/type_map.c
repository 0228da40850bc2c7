/*-------------------------------------------------------------------------
 *
 * type_map.c
 *	  Names of types in the dialects of other tools.
 *
 * StormWeaver's dialect is built in.  The table stormdisc.type_map holds what
 * a user adds or overrides, per dialect.  It is the one table of ours that
 * discovery reads; it is not waited for, and its lock is released at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "catalog/sd_catalog.h"

/* what StormWeaver calls the types of pg_catalog; the rest is TEXT */
static const struct
{
	const char *type_name;
	const char *mapped_type;
} stormweaver_map[] = {
	{"int2", "INT"},	 {"int4", "INT"},	 {"int8", "INT"},
	{"char", "CHAR"},	 {"bpchar", "CHAR"}, {"varchar", "VARCHAR"},
	{"text", "TEXT"},	 {"float4", "REAL"}, {"float8", "REAL"},
	{"numeric", "REAL"}, {"bool", "BOOL"},	 {"bytea", "BYTEA"},
};

#define UNMAPPED_TYPE "TEXT"

/* one row of stormdisc.type_map */
typedef struct UserMapping
{
	char *dialect;
	char *type_name;
	char *mapped_type;
} UserMapping;

static void require_user_map(SdCatalog *cat);
static void read_user_map(SdCatalog *cat);
static void keep_user_mapping(SdCatalog *cat, TupleTableSlot *slot,
							  const AttrNumber *columns);
static const char *find_mapping(SdCatalog *cat, const char *dialect,
								SdType *type, bool *mapped);
static const char *find_user_mapping(SdCatalog *cat, const char *dialect,
									 const char *schema, const char *name);
static const char *find_builtin_mapping(const char *dialect, const char *schema,
										const char *name);

/* the columns of the table, by name: an update may add others */
static const char *const column_names[] = {"dialect", "type_name",
										   "mapped_type"};

/*
 * sd_type_map_check_dialect
 *		Raise 22023 unless the dialect is built in or the table knows it, and
 *		55P03 or 42501 if the table cannot be read.
 */
void
sd_type_map_check_dialect(SdCatalog *cat, const char *dialect)
{
	ListCell *lc;

	require_user_map(cat);
	if (strcmp(dialect, SD_DIALECT_STORMWEAVER) == 0)
		return;
	foreach (lc, cat->type_map)
	{
		if (strcmp(((UserMapping *) lfirst(lc))->dialect, dialect) == 0)
			return;
	}

	ereport(
		ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		errmsg("dialect \"%s\" does not exist", dialect),
		errhint(
			"Use \"%s\", or add the dialect's types to the table stormdisc.type_map.",
			SD_DIALECT_STORMWEAVER));
}

/*
 * sd_type_map_find
 *		The name of a type in a dialect.
 *
 * A domain is looked for under its own name and then as what it stands on.
 * *mapped tells whether there is a mapping; the result is TEXT if there is
 * none.  NULL, with a problem, means that the table could not be read.
 */
const char *
sd_type_map_find(SdCatalog *cat, const char *dialect, Oid oid, bool *mapped,
				 SdProblem *problem)
{
	SdType *type = sd_catalog_type(cat, oid);
	bool is_stormweaver = (strcmp(dialect, SD_DIALECT_STORMWEAVER) == 0);
	const char *result;

	*mapped = false;
	read_user_map(cat);
	if (cat->type_map_problem != SD_PROBLEM_NONE)
	{
		*problem = cat->type_map_problem;
		return NULL;
	}

	/* columns ask for the same few types again and again */
	if (is_stormweaver && type->storm_type != NULL)
	{
		*mapped = type->storm_type_mapped;
		return type->storm_type;
	}

	result = find_mapping(cat, dialect, type, mapped);
	if (is_stormweaver)
	{
		type->storm_type = result;
		type->storm_type_mapped = *mapped;
	}

	return result;
}

static const char *
find_mapping(SdCatalog *cat, const char *dialect, SdType *type, bool *mapped)
{
	const char *found;

	for (;;)
	{
		if (type->found)
		{
			found = find_user_mapping(cat, dialect, NameStr(type->schema->name),
									  NameStr(type->name));
			if (found != NULL)
			{
				*mapped = true;
				return found;
			}
		}
		if (type->kind != SD_TYPE_DOMAIN)
			break;
		type = sd_catalog_type(cat, type->base);
	}

	if (type->found)
	{
		found = find_builtin_mapping(dialect, NameStr(type->schema->name),
									 NameStr(type->name));
		if (found != NULL)
		{
			*mapped = true;
			return found;
		}
	}

	return UNMAPPED_TYPE;
}

/*
 * sd_type_map_find_name
 *		Likewise for a type that need not exist: its own name only.
 *
 * NULL if there is no mapping.  Raises 55P03 or 42501 if the table cannot be
 * read.
 */
const char *
sd_type_map_find_name(SdCatalog *cat, const char *dialect, const char *schema,
					  const char *name)
{
	const char *found;

	require_user_map(cat);
	found = find_user_mapping(cat, dialect, schema, name);
	if (found == NULL)
		found = find_builtin_mapping(dialect, schema, name);

	return found;
}

static const char *
find_user_mapping(SdCatalog *cat, const char *dialect, const char *schema,
				  const char *name)
{
	MemoryContext oldcontext;
	const char *bare = NULL;
	const char *qualified;
	ListCell *lc;

	if (cat->type_map == NIL)
		return NULL;

	oldcontext = MemoryContextSwitchTo(cat->scratch);
	qualified = quote_qualified_identifier(schema, name);
	MemoryContextSwitchTo(oldcontext);
	foreach (lc, cat->type_map)
	{
		UserMapping *mapping = lfirst(lc);

		if (strcmp(mapping->dialect, dialect) != 0)
			continue;
		if (strcmp(mapping->type_name, qualified) == 0)
			return mapping->mapped_type;
		if (strcmp(mapping->type_name, name) == 0)
			bare = mapping->mapped_type;
	}

	return bare;
}

static const char *
find_builtin_mapping(const char *dialect, const char *schema, const char *name)
{
	if (strcmp(dialect, SD_DIALECT_STORMWEAVER) != 0 ||
		strcmp(schema, "pg_catalog") != 0)
		return NULL;

	for (int i = 0; i < lengthof(stormweaver_map); i++)
	{
		if (strcmp(stormweaver_map[i].type_name, name) == 0)
			return stormweaver_map[i].mapped_type;
	}

	return NULL;
}

/* Read the table, or raise the reason why it cannot be read. */
static void
require_user_map(SdCatalog *cat)
{
	read_user_map(cat);
	if (cat->type_map_problem == SD_PROBLEM_LOCKED)
		ereport(ERROR, errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				errmsg("could not obtain lock on relation \"%s\"",
					   "stormdisc.type_map"));
	if (cat->type_map_problem == SD_PROBLEM_DENIED)
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied for table %s", "type_map"));
}

/* Read the table, once, without waiting for it and without keeping it. */
static void
read_user_map(SdCatalog *cat)
{
	Oid schema;
	Oid relid;
	Relation rel;
	AttrNumber columns[lengthof(column_names)];
	TableScanDesc scan;
	TupleTableSlot *slot;

	if (cat->type_map_read)
		return;
	cat->type_map_read = true;

	schema = get_namespace_oid("stormdisc", true);
	relid =
		OidIsValid(schema) ? get_relname_relid("type_map", schema) : InvalidOid;
	if (!OidIsValid(relid))
		return;
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
	{
		cat->type_map_problem = SD_PROBLEM_DENIED;
		return;
	}
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
	{
		cat->type_map_problem = SD_PROBLEM_LOCKED;
		return;
	}
	rel = try_relation_open(relid, NoLock);
	if (rel == NULL)
	{
		UnlockRelationOid(relid, AccessShareLock);
		return;
	}

	for (int i = 0; i < lengthof(column_names); i++)
	{
		columns[i] = get_attnum(relid, column_names[i]);
		if (rel->rd_rel->relkind != RELKIND_RELATION ||
			columns[i] == InvalidAttrNumber ||
			get_atttype(relid, columns[i]) != TEXTOID)
			ereport(
				ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg(
					"relation \"%s\" is not the table that stormdisc created",
					"stormdisc.type_map"));
	}

	slot = table_slot_create(rel, NULL);
	scan = table_beginscan_strat(rel, cat->snapshot, 0, NULL, true, false);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		keep_user_mapping(cat, slot, columns);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	relation_close(rel, AccessShareLock);
}

static void
keep_user_mapping(SdCatalog *cat, TupleTableSlot *slot,
				  const AttrNumber *columns)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	UserMapping *mapping = palloc(sizeof(UserMapping));
	char **fields[] = {&mapping->dialect, &mapping->type_name,
					   &mapping->mapped_type};

	for (int i = 0; i < lengthof(fields); i++)
	{
		bool isnull;
		Datum value = slot_getattr(slot, columns[i], &isnull);

		*fields[i] = isnull ? "" : TextDatumGetCString(value);
	}
	cat->type_map = lappend(cat->type_map, mapping);
	MemoryContextSwitchTo(oldcontext);
}
