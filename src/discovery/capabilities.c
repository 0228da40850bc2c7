/*-------------------------------------------------------------------------
 *
 * capabilities.c
 *	  stormdisc_dialects, stormdisc_detect_dialect, stormdisc_capabilities:
 *	  what kinds of databases can do, so that nobody tests version numbers.
 *
 * A new dialect is a row in dialects[] and a column in capabilities[].
 * About this server, the server is asked where it can tell.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#include "catalog/sd_catalog.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(stormdisc_dialects);
PG_FUNCTION_INFO_V1(stormdisc_detect_dialect);
PG_FUNCTION_INFO_V1(stormdisc_capabilities);

enum
{
	DIALECT_POSTGRESQL,
	DIALECT_STORMWEAVER,
	DIALECT_SQLITE,
	DIALECT_MYSQL,
	DIALECT_MSSQL,
	NDIALECTS
};

static const struct
{
	const char *name;
	const char *aliases[3];
	const char *kind;
	const char *description;
} dialects[] = {
	[DIALECT_POSTGRESQL] = {"postgresql",
							{"postgres", "pg"},
							"server",
							"this server"},
	[DIALECT_STORMWEAVER] = {"stormweaver",
							 {NULL},
							 "model",
							 "the model of tables that StormWeaver has"},
	[DIALECT_SQLITE] = {"sqlite",
						{"sqlite3"},
						"reference",
						"SQLite 3, as documented"},
	[DIALECT_MYSQL] = {"mysql", {NULL}, "reference", "MySQL 8, as documented"},
	[DIALECT_MSSQL] = {"mssql",
					   {"sqlserver"},
					   "reference",
					   "SQL Server 2022, as documented"},
};

/* told by ask_server() */
#define ASK "?"

/*
 * One cell for each dialect: NULL for what it cannot do; what it can do has a
 * detail, or "" for none.  A "-" in front is for a detail of what it cannot.
 */
static const struct
{
	const char *name;
	const char *dialects[NDIALECTS];
} capabilities[] = {
	{"transactions", {"", "-a model, not a server", "", "", ""}},
	{"transactional_ddl", {"", NULL, "", NULL, ""}},
	{"savepoints", {"", NULL, "", "", ""}},
	{"prepared_transactions",
	 {ASK, NULL, NULL, "XA", "-distributed transactions are elsewhere"}},
	{"foreign_keys", {"", "", "", "InnoDB", ""}},
	{"deferrable_constraints", {"", NULL, "foreign keys only", NULL, NULL}},
	{"check_constraints", {"", NULL, "", "", ""}},
	{"not_enforced_constraints",
	 {SD_NOT_ENFORCED_CONSTRAINTS, NULL, NULL, "checks only", "NOCHECK"}},
	{"exclusion_constraints", {"", NULL, NULL, NULL, NULL}},
	{"temporal_constraints", {SD_TEMPORAL_CONSTRAINTS, NULL, NULL, NULL, NULL}},
	{"named_not_null_constraints", {SD_NAMED_NOT_NULL, NULL, NULL, NULL, NULL}},
	{"nulls_not_distinct",
	 {"", NULL, NULL, NULL, "always so in unique constraints"}},
	{"partial_indexes", {"", NULL, "", NULL, "filtered indexes"}},
	{"expression_indexes", {"", NULL, "", "", "-computed columns instead"}},
	{"covering_indexes", {"", NULL, NULL, NULL, ""}},
	{"descending_indexes", {"", "", "", "", ""}},
	{"concurrent_index_builds",
	 {"CREATE INDEX CONCURRENTLY", NULL, NULL, "online DDL",
	  "some editions, ONLINE = ON"}},
	{"identity_columns",
	 {"", "as auto_increment", "AUTOINCREMENT", "AUTO_INCREMENT", ""}},
	{"identity_on_partitioned_tables",
	 {SD_PARTITION_IDENTITY, NULL, NULL, "AUTO_INCREMENT", ""}},
	{"stored_generated_columns", {"", "", "", "", "PERSISTED"}},
	{"virtual_generated_columns",
	 {SD_VIRTUAL_COLUMNS, "", "", "", "computed columns"}},
	{"sequences", {"", NULL, NULL, NULL, ""}},
	{"views", {"", NULL, "", "", ""}},
	{"updatable_views", {"", NULL, "-by INSTEAD OF triggers only", "", ""}},
	{"materialized_views", {"", NULL, NULL, NULL, "indexed views"}},
	{"custom_types", {"", NULL, NULL, NULL, ""}},
	{"enum_types", {"", NULL, NULL, "a column's own", NULL}},
	{"domains", {"", NULL, NULL, NULL, "-alias types instead"}},
	{"composite_types", {"", NULL, NULL, NULL, NULL}},
	{"range_types", {"", NULL, NULL, NULL, NULL}},
	{"arrays", {"", NULL, NULL, NULL, NULL}},
	{"json", {"", NULL, "", "", "as text"}},
	{"jsonb", {"", NULL, "from 3.45 on", "json is binary", NULL}},
	{"partitioning_by_range", {"", "", NULL, "", ""}},
	{"partitioning_by_list", {"", NULL, NULL, "", NULL}},
	{"partitioning_by_hash", {"", NULL, NULL, "", NULL}},
	{"default_partition", {"", NULL, NULL, NULL, NULL}},
	{"table_inheritance", {"", NULL, NULL, NULL, NULL}},
	{"table_access_methods", {ASK, "as engine", NULL, "storage engines", NULL}},
	{"index_access_methods",
	 {ASK, NULL, "-btree only", "btree, hash, fulltext, spatial",
	  "clustered, nonclustered, columnstore, xml, spatial"}},
	{"tablespaces", {"", "", NULL, "", "filegroups"}},
	{"schemas",
	 {"", NULL, "-attached databases instead", "-a schema is a database", ""}},
	{"triggers", {"", NULL, "", "", ""}},
	{"event_triggers", {"", NULL, NULL, NULL, "DDL triggers"}},
	{"functions", {"", NULL, NULL, "", ""}},
	{"procedures", {"", NULL, NULL, "", ""}},
	{"rules", {"", NULL, NULL, NULL, NULL}},
	{"row_security", {"", NULL, NULL, NULL, ""}},
	{"extended_statistics", {"", NULL, NULL, NULL, ""}},
	{"comments",
	 {"", NULL, NULL, "on tables and columns", "extended properties"}},
	{"merge", {"", NULL, NULL, NULL, ""}},
	{"merge_returning", {SD_MERGE_RETURNING, NULL, NULL, NULL, "OUTPUT"}},
	{"upsert",
	 {"INSERT ... ON CONFLICT", NULL, "ON CONFLICT", "ON DUPLICATE KEY UPDATE",
	  "-MERGE instead"}},
	{"returning", {"", NULL, "from 3.35 on", NULL, "OUTPUT"}},
	{"old_and_new_in_returning",
	 {SD_OLD_NEW_RETURNING, NULL, NULL, NULL, "inserted and deleted"}},
	{"foreign_tables",
	 {"", NULL, "virtual tables", "FEDERATED", "external tables"}},
	{"logical_replication", {ASK, NULL, NULL, "row-based binary log", ""}},
	{"event_notification", {"LISTEN and NOTIFY", NULL, NULL, NULL, NULL}},
	{"advisory_locks", {"", NULL, NULL, "GET_LOCK", "sp_getapplock"}},
	{"full_text_search", {"", NULL, "FTS5", "", ""}},
	{"property_graphs",
	 {ASK, NULL, NULL, NULL, "-graph tables of its own kind"}},
	{"maintain_privilege", {SD_MAINTAIN_PRIVILEGE, NULL, NULL, NULL, NULL}},
	{"extensions",
	 {ASK, NULL, "loadable modules", "components and plugins", NULL}},
	{"writable", {ASK, NULL, "", "", ""}},
};

static int find_dialect(const char *name);
static const char *ask_server(SdCatalog *cat, const char *capability);
static const char *names_of(SdCatalog *cat, Oid catalog, void *arg);
static void keep_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static bool has_system_table(SdCatalog *cat, const char *name);
static void note(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg);

/* the rows that names_of() collects */
typedef struct Names
{
	Oid catalog;
	char am_type;
	List *names;
} Names;

/*
 * stormdisc_dialects() -> setof row
 *		List the dialects that are known.
 */
Datum
stormdisc_dialects(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < NDIALECTS; i++)
	{
		Datum aliases[lengthof(dialects[i].aliases)];
		Datum values[4];
		bool nulls[4] = {false};
		int naliases = 0;

		while (naliases < lengthof(aliases) &&
			   dialects[i].aliases[naliases] != NULL)
		{
			aliases[naliases] =
				CStringGetTextDatum(dialects[i].aliases[naliases]);
			naliases++;
		}
		values[0] = CStringGetTextDatum(dialects[i].name);
		values[1] = PointerGetDatum(construct_array(aliases, naliases, TEXTOID,
													-1, false, TYPALIGN_INT));
		values[2] = CStringGetTextDatum(dialects[i].kind);
		values[3] = CStringGetTextDatum(dialects[i].description);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	return (Datum) 0;
}

/*
 * stormdisc_detect_dialect() -> text
 *		Name the dialect of this server.
 */
Datum
stormdisc_detect_dialect(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(dialects[DIALECT_POSTGRESQL].name));
}

/*
 * stormdisc_capabilities(dialect) -> setof row
 *		Tell what a dialect can do; NULL is this server's.
 *
 * Raises 22023 for a dialect that is not known.
 */
Datum
stormdisc_capabilities(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int dialect = DIALECT_POSTGRESQL;
	SdCatalog *cat;

	if (!PG_ARGISNULL(0))
		dialect = find_dialect(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	InitMaterializedSRF(fcinfo, 0);
	cat = sd_catalog_begin(NULL);
	for (int i = 0; i < lengthof(capabilities); i++)
	{
		const char *cell = capabilities[i].dialects[dialect];
		Datum values[3];
		bool nulls[3] = {false};

		if (cell != NULL && strcmp(cell, ASK) == 0)
			cell = ask_server(cat, capabilities[i].name);

		values[0] = CStringGetTextDatum(capabilities[i].name);
		values[1] = BoolGetDatum(cell != NULL && cell[0] != '-');
		if (cell != NULL && cell[0] == '-')
			cell++;
		nulls[2] = (cell == NULL || cell[0] == '\0');
		values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(cell);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	sd_catalog_end(cat);

	return (Datum) 0;
}

/* A dialect by its name or alias, in any case, with spaces around. */
static int
find_dialect(const char *name)
{
	char *trimmed = downcase_identifier(name, strlen(name), false, false);
	StringInfoData known;
	int length;

	while (scanner_isspace(*trimmed))
		trimmed++;
	length = strlen(trimmed);
	while (length > 0 && scanner_isspace(trimmed[length - 1]))
		trimmed[--length] = '\0';

	initStringInfo(&known);
	for (int i = 0; i < NDIALECTS; i++)
	{
		if (strcmp(trimmed, dialects[i].name) == 0)
			return i;
		for (int j = 0; j < lengthof(dialects[i].aliases); j++)
			if (dialects[i].aliases[j] != NULL &&
				strcmp(trimmed, dialects[i].aliases[j]) == 0)
				return i;
		appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", dialects[i].name);
	}

	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("dialect \"%s\" is not known", name),
			errhint("Known dialects are %s.", known.data));
	return -1; /* keep compiler quiet */
}

/* The cell of a capability that depends on this server and its settings. */
static const char *
ask_server(SdCatalog *cat, const char *capability)
{
	if (strcmp(capability, "table_access_methods") == 0)
		return names_of(cat, AccessMethodRelationId,
						&(Names){AccessMethodRelationId, AMTYPE_TABLE, NIL});
	if (strcmp(capability, "index_access_methods") == 0)
		return names_of(cat, AccessMethodRelationId,
						&(Names){AccessMethodRelationId, AMTYPE_INDEX, NIL});
	if (strcmp(capability, "extensions") == 0)
		return names_of(cat, ExtensionRelationId,
						&(Names){ExtensionRelationId, 0, NIL});
	if (strcmp(capability, "prepared_transactions") == 0)
		return strcmp(
				   GetConfigOption("max_prepared_transactions", false, false),
				   "0") != 0
				   ? ""
				   : "-max_prepared_transactions is 0";
	if (strcmp(capability, "logical_replication") == 0)
		return strcmp(GetConfigOption("wal_level", false, false), "logical") ==
					   0
				   ? "wal_level is logical"
				   : psprintf("-wal_level is %s",
							  GetConfigOption("wal_level", false, false));
	if (strcmp(capability, "property_graphs") == 0)
		return has_system_table(cat, "pg_propgraph_element") ? "" : NULL;
	if (strcmp(capability, "writable") == 0)
		return RecoveryInProgress() ? "-the server is a standby" : "";

	elog(ERROR, "unrecognized capability: %s", capability);
	return NULL; /* keep compiler quiet */
}

/* The names of access methods or extensions, in order. */
static const char *
names_of(SdCatalog *cat, Oid catalog, void *arg)
{
	Names *names = arg;
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	sd_scan_all(cat, catalog, keep_name, names);
	list_sort(names->names, sd_list_text_compare);
	foreach (lc, names->names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 (char *) lfirst(lc));

	return buf.data;
}

static void
keep_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Names *names = arg;
	const char *name;

	if (names->catalog == AccessMethodRelationId)
	{
		Form_pg_am form = (Form_pg_am) GETSTRUCT(tuple);

		if (form->amtype != names->am_type)
			return;
		name = NameStr(form->amname);
	}
	else
		name = NameStr(((Form_pg_extension) GETSTRUCT(tuple))->extname);
	names->names = lappend(names->names, pstrdup(name));
}

static bool
has_system_table(SdCatalog *cat, const char *name)
{
	bool found = false;
	NameData key;
	SdKey keys[] = {
		{Anum_pg_class_relname, NameGetDatum(&key), F_NAMEEQ},
		{Anum_pg_class_relnamespace, ObjectIdGetDatum(PG_CATALOG_NAMESPACE),
		 F_OIDEQ},
	};

	namestrcpy(&key, name);
	sd_scan_index(cat, RelationRelationId, ClassNameNspIndexId, lengthof(keys),
				  keys, note, &found);

	return found;
}

static void
note(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	*(bool *) arg = true;
}
