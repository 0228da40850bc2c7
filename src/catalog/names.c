/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Names of schemas, types and other objects, under the snapshot.
 *
 * A row names things that stand in other catalogs.  The syscache would give
 * the name they have now, which need not be the name they had when the row
 * was current, so they are read under the reading's snapshot and kept.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalog/sd_catalog.h"

/* any named object, by catalog and OID */
typedef struct NameKey
{
	Oid classid;
	Oid oid;
} NameKey;

typedef struct ObjectName
{
	NameKey key; /* hash key */
	bool found;
	bool checked;
	uint64 checked_at; /* invalidations that had been processed then */
	Oid schema;		   /* invalid: this kind of object has none */
	NameData name;
} ObjectName;

/* the text of a type with its modifier */
typedef struct TypeNameKey
{
	Oid oid;
	int32 typmod;
} TypeNameKey;

typedef struct FormattedType
{
	TypeNameKey key; /* hash key */
	const char *text;
} FormattedType;

/* a label of an enum */
typedef struct EnumLabel
{
	Oid oid;
	NameData name;
} EnumLabel;

static void keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_schema_oid(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static ObjectName *object_name(SdCatalog *cat, Oid classid, Oid oid);
static void keep_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void keep_type(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void keep_type_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							  void *arg);
static char *format_user_type(SdCatalog *cat, SdType *type, int32 typmod);
static List *enum_labels(SdCatalog *cat, SdType *type);
static void keep_label(SdCatalog *cat, SdType *type, Form_pg_enum form);

/*
 * sd_catalog_schema
 *		A schema by OID, never NULL; look at "found".
 */
SdSchema *
sd_catalog_schema(SdCatalog *cat, Oid oid)
{
	SdSchema *schema;
	bool known;

	if (cat->schemas == NULL)
		cat->schemas = sd_hash_create(cat, "stormdisc schemas", sizeof(Oid),
									  sizeof(SdSchema));

	schema = hash_search(cat->schemas, &oid, HASH_ENTER, &known);
	if (!known)
	{
		memset((char *) schema + sizeof(Oid), 0,
			   sizeof(SdSchema) - sizeof(Oid));
		sd_scan_oid(cat, NamespaceRelationId, NamespaceOidIndexId,
					Anum_pg_namespace_oid, oid, keep_schema, schema);
	}

	return schema;
}

static void
keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdSchema *schema = arg;
	Form_pg_namespace form = (Form_pg_namespace) GETSTRUCT(tuple);
	const char *name = NameStr(form->nspname);

	schema->found = true;
	schema->is_own_temp = isTempNamespace(form->oid);
	schema->is_other_temp =
		!schema->is_own_temp && strncmp(name, "pg_temp_", 8) == 0;
	namestrcpy(&schema->name, schema->is_own_temp ? "pg_temp" : name);

	if (cat->scope == NULL)
		return;
	if (cat->scope->has_schemas)
		schema->in_scope = list_member_oid(cat->scope->schemas, form->oid);
	else
		schema->in_scope =
			schema->is_own_temp || (strncmp(name, "pg_", 3) != 0 &&
									strcmp(name, "information_schema") != 0);
}

/*
 * sd_catalog_schema_oid
 *		A schema by name; invalid if there is none.
 *
 * Raises 0A000 for the temporary schema of another session.
 */
Oid
sd_catalog_schema_oid(SdCatalog *cat, const char *name)
{
	Oid oid = InvalidOid;
	NameData key;
	SdKey scankey = {Anum_pg_namespace_nspname, NameGetDatum(&key), F_NAMEEQ};

	if (strcmp(name, "pg_temp") == 0)
	{
		Oid toast;

		GetTempNamespaceState(&oid, &toast);
		return oid;
	}
	if (strlen(name) >= NAMEDATALEN)
		return InvalidOid;

	namestrcpy(&key, name);
	sd_scan_index(cat, NamespaceRelationId, NamespaceNameIndexId, 1, &scankey,
				  keep_schema_oid, &oid);
	if (OidIsValid(oid) && strncmp(name, "pg_temp_", 8) == 0 &&
		!isTempNamespace(oid))
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot access temporary tables of other sessions"));

	return oid;
}

static void
keep_schema_oid(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	*(Oid *) arg = ((Form_pg_namespace) GETSTRUCT(tuple))->oid;
}

/*
 * sd_catalog_name
 *		The bare name of any named object; NULL for an invalid OID.
 *
 * What a damaged catalog refers to in vain is called "???".
 */
const char *
sd_catalog_name(SdCatalog *cat, Oid classid, Oid oid)
{
	ObjectName *name;

	if (!OidIsValid(oid))
		return NULL;
	name = object_name(cat, classid, oid);

	return name->found ? NameStr(name->name) : "???";
}

/*
 * sd_catalog_qualified_name
 *		Likewise with the schema, quoted as SQL, in the current memory
 *		context.
 */
const char *
sd_catalog_qualified_name(SdCatalog *cat, Oid classid, Oid oid)
{
	ObjectName *name;
	const char *schema;

	if (!OidIsValid(oid))
		return NULL;
	name = object_name(cat, classid, oid);
	if (!name->found)
		return "???";

	schema = NameStr(sd_catalog_schema(cat, name->schema)->name);

	/* the name of an operator is not an identifier, and is never quoted */
	return classid == OperatorRelationId
			   ? psprintf("%s.%s", quote_identifier(schema),
						  NameStr(name->name))
			   : quote_qualified_identifier(schema, NameStr(name->name));
}

/*
 * sd_catalog_visible_name
 *		The name as the server prints it under the pinned search_path: what
 *		is in pg_catalog goes without its schema.
 *
 * For kinds that are never searched for in the temporary schema.
 */
const char *
sd_catalog_visible_name(SdCatalog *cat, Oid classid, Oid oid)
{
	ObjectName *name;

	if (!OidIsValid(oid))
		return NULL;
	name = object_name(cat, classid, oid);
	if (name->found && name->schema == PG_CATALOG_NAMESPACE)
		return quote_identifier(NameStr(name->name));

	return sd_catalog_qualified_name(cat, classid, oid);
}

/*
 * sd_catalog_name_problem
 *		Does the server call the object, now, what the snapshot calls it?
 *
 * Text from the server's deparser holds the names of now; after deparsing,
 * this tells whether such a name belongs to the snapshot.  Later changes of
 * the name do not matter, and the syscache never goes back in time.
 */
SdProblem
sd_catalog_name_problem(SdCatalog *cat, Oid classid, Oid oid)
{
	ObjectName *then = object_name(cat, classid, oid);
	int cache = get_object_catcache_oid(classid);
	AttrNumber schema_column = get_object_attnum_namespace(classid);
	SdProblem problem = SD_PROBLEM_NONE;
	uint64 checked_at = SharedInvalidMessageCounter;
	HeapTuple tuple;
	Datum value;
	bool isnull;

	/* without invalidations the server sees what it saw the last time */
	if (then->checked && then->checked_at == SharedInvalidMessageCounter)
		return SD_PROBLEM_NONE;

	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
	{
		/* what was not there then either, goes by its number in both */
		return then->found ? SD_PROBLEM_VANISHED : SD_PROBLEM_NONE;
	}

	value =
		SysCacheGetAttr(cache, tuple, get_object_attnum_name(classid), &isnull);
	if (!then->found || isnull ||
		strcmp(NameStr(*DatumGetName(value)), NameStr(then->name)) != 0)
		problem = SD_PROBLEM_CHANGED;
	else if (schema_column != InvalidAttrNumber)
	{
		Oid schema = DatumGetObjectId(
			SysCacheGetAttr(cache, tuple, schema_column, &isnull));

		if (schema != then->schema)
			problem = SD_PROBLEM_CHANGED;
		else if (classid != NamespaceRelationId)
			problem = sd_catalog_name_problem(cat, NamespaceRelationId, schema);
	}
	ReleaseSysCache(tuple);

	then->checked = (problem == SD_PROBLEM_NONE);
	then->checked_at = checked_at;

	return problem;
}

/* The snapshot's name of an object, never NULL; look at "found". */
static ObjectName *
object_name(SdCatalog *cat, Oid classid, Oid oid)
{
	NameKey key = {classid, oid};
	ObjectName *name;
	bool known;

	if (cat->names == NULL)
		cat->names = sd_hash_create(cat, "stormdisc names", sizeof(NameKey),
									sizeof(ObjectName));

	name = hash_search(cat->names, &key, HASH_ENTER, &known);
	if (!known)
	{
		name->found = false;
		name->checked = false;
		name->schema = InvalidOid;
		sd_scan_oid(cat, classid, get_object_oid_index(classid),
					get_object_attnum_oid(classid), oid, keep_name, name);
	}

	return name;
}

static void
keep_name(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	ObjectName *name = arg;
	AttrNumber schema_column = get_object_attnum_namespace(name->key.classid);
	bool isnull;

	name->found = true;
	namestrcpy(
		&name->name,
		NameStr(*DatumGetName(heap_getattr(
			tuple, get_object_attnum_name(name->key.classid), desc, &isnull))));
	if (schema_column != InvalidAttrNumber)
		name->schema =
			DatumGetObjectId(heap_getattr(tuple, schema_column, desc, &isnull));
}

/*
 * sd_catalog_type
 *		A type by OID, never NULL; look at "found".
 */
SdType *
sd_catalog_type(SdCatalog *cat, Oid oid)
{
	SdType *type;
	bool known;

	if (cat->types == NULL)
		cat->types =
			sd_hash_create(cat, "stormdisc types", sizeof(Oid), sizeof(SdType));

	type = hash_search(cat->types, &oid, HASH_ENTER, &known);
	if (!known)
	{
		memset((char *) type + sizeof(Oid), 0, sizeof(SdType) - sizeof(Oid));
		sd_scan_oid(cat, TypeRelationId, TypeOidIndexId, Anum_pg_type_oid, oid,
					keep_type, type);
	}

	return type;
}

static void
keep_type(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdType *type = arg;
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	type->found = true;
	namestrcpy(&type->name, NameStr(form->typname));
	type->schema = sd_catalog_schema(cat, form->typnamespace);
	type->array = form->typarray;
	type->collation = form->typcollation;
	type->typmod_out = form->typmodout;
	type->storage = form->typstorage;
	type->typmod = -1;

	switch (form->typtype)
	{
		case TYPTYPE_DOMAIN:
			type->kind = SD_TYPE_DOMAIN;
			type->base = form->typbasetype;
			type->typmod = form->typtypmod;
			type->not_null = form->typnotnull;
			type->has_default =
				!heap_attisnull(tuple, Anum_pg_type_typdefaultbin, desc);
			break;
		case TYPTYPE_ENUM:
			type->kind = SD_TYPE_ENUM;
			break;
		case TYPTYPE_COMPOSITE:
			type->kind = SD_TYPE_COMPOSITE;
			type->relation = form->typrelid;
			break;
		case TYPTYPE_RANGE:
			type->kind = SD_TYPE_RANGE;
			break;
		case TYPTYPE_MULTIRANGE:
			type->kind = SD_TYPE_MULTIRANGE;
			break;
		case TYPTYPE_PSEUDO:
			type->kind = SD_TYPE_PSEUDO;
			break;
		default:
			type->kind = SD_TYPE_BASE;
			if (IsTrueArrayType(form) && form->typstorage != TYPSTORAGE_PLAIN)
			{
				type->kind = SD_TYPE_ARRAY;
				type->element = form->typelem;
			}
			break;
	}
}

/*
 * sd_catalog_base_type
 *		The end of a chain of domains; typmod becomes the base's.
 */
SdType *
sd_catalog_base_type(SdCatalog *cat, Oid oid, int32 *typmod)
{
	SdType *type = sd_catalog_type(cat, oid);

	while (type->kind == SD_TYPE_DOMAIN)
	{
		*typmod = type->typmod;
		type = sd_catalog_type(cat, type->base);
	}

	return type;
}

/*
 * sd_catalog_format_type
 *		What format_type() says, with the snapshot's names.
 *
 * The result lives as long as the reading.
 */
const char *
sd_catalog_format_type(SdCatalog *cat, Oid oid, int32 typmod)
{
	TypeNameKey key = {oid, typmod};
	FormattedType *entry;
	MemoryContext oldcontext;
	SdType *type;
	const char *text;
	bool known;

	if (cat->type_names == NULL)
		cat->type_names =
			sd_hash_create(cat, "stormdisc type names", sizeof(TypeNameKey),
						   sizeof(FormattedType));

	entry = hash_search(cat->type_names, &key, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->text;

	oldcontext = MemoryContextSwitchTo(cat->context);
	type = sd_catalog_type(cat, oid);
	if (!type->found)
		text = "???"; /* as format_type() has it */
	else if (oid < FirstNormalObjectId)
		text = format_type_extended(
			oid, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_ALLOW_INVALID);
	else
		text = format_user_type(cat, type, typmod);
	MemoryContextSwitchTo(oldcontext);

	entry = hash_search(cat->type_names, &key, HASH_ENTER, &known);
	entry->text = text;

	return text;
}

/* The name of a type that the server did not bring itself. */
static char *
format_user_type(SdCatalog *cat, SdType *type, int32 typmod)
{
	bool is_array = (type->kind == SD_TYPE_ARRAY);
	SdType *named = is_array ? sd_catalog_type(cat, type->element) : type;
	StringInfoData buf;

	initStringInfo(&buf);
	if (!named->found)
		appendStringInfoString(&buf, "???");
	else if (named->schema->oid == PG_CATALOG_NAMESPACE ||
			 (named->schema->is_own_temp &&
			  !SearchSysCacheExists2(TYPENAMENSP, NameGetDatum(&named->name),
									 ObjectIdGetDatum(PG_CATALOG_NAMESPACE))))
		appendStringInfoString(&buf, quote_identifier(NameStr(named->name)));
	else
		appendStringInfoString(
			&buf, quote_qualified_identifier(NameStr(named->schema->name),
											 NameStr(named->name)));

	/* a modifier is printed by the type's own function, which is C code */
	if (typmod >= 0 && named->found)
	{
		if (OidIsValid(named->typmod_out) &&
			SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(named->typmod_out)))
			appendStringInfoString(
				&buf, DatumGetCString(OidFunctionCall1(named->typmod_out,
													   Int32GetDatum(typmod))));
		else
			appendStringInfo(&buf, "(%d)", typmod);
	}
	if (is_array)
		appendStringInfoString(&buf, "[]");

	return buf.data;
}

/*
 * sd_catalog_enum_labels
 *		The labels of an enum in their order, as text[].
 */
Datum
sd_catalog_enum_labels(SdCatalog *cat, SdType *type)
{
	if (type->label_array == NULL)
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
		ArrayBuildState *labels = initArrayResult(TEXTOID, cat->context, false);
		ListCell *lc;

		foreach (lc, enum_labels(cat, type))
			accumArrayResult(
				labels,
				CStringGetTextDatum(NameStr(((EnumLabel *) lfirst(lc))->name)),
				false, TEXTOID, cat->context);
		type->label_array =
			DatumGetPointer(makeArrayResult(labels, cat->context));
		MemoryContextSwitchTo(oldcontext);
	}

	return PointerGetDatum(type->label_array);
}

/*
 * sd_catalog_enum_problem
 *		As sd_catalog_name_problem(), for an enum's labels.
 */
SdProblem
sd_catalog_enum_problem(SdCatalog *cat, SdType *type)
{
	uint64 checked_at = SharedInvalidMessageCounter;
	ListCell *lc;

	if (type->labels_checked && type->labels_checked_at == checked_at)
		return SD_PROBLEM_NONE;

	foreach (lc, enum_labels(cat, type))
	{
		EnumLabel *label = lfirst(lc);
		HeapTuple tuple =
			SearchSysCache1(ENUMOID, ObjectIdGetDatum(label->oid));
		bool same;

		if (!HeapTupleIsValid(tuple))
			return SD_PROBLEM_VANISHED;
		same = strcmp(NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel),
					  NameStr(label->name)) == 0;
		ReleaseSysCache(tuple);
		if (!same)
			return SD_PROBLEM_CHANGED;
	}
	type->labels_checked = true;
	type->labels_checked_at = checked_at;

	return SD_PROBLEM_NONE;
}

/* The labels of an enum in their order: a list of EnumLabel *. */
static List *
enum_labels(SdCatalog *cat, SdType *type)
{
	if (!type->labels_read)
	{
		Relation rel = table_open(EnumRelationId, AccessShareLock);
		Relation index = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
		ScanKeyData key;
		SysScanDesc scan;
		HeapTuple tuple;

		ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber,
					F_OIDEQ, ObjectIdGetDatum(type->oid));
		scan = systable_beginscan_ordered(rel, index, cat->snapshot, 1, &key);
		while (HeapTupleIsValid(
			tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
		{
			CHECK_FOR_INTERRUPTS();
			keep_label(cat, type, (Form_pg_enum) GETSTRUCT(tuple));
		}
		systable_endscan_ordered(scan);
		index_close(index, AccessShareLock);
		table_close(rel, AccessShareLock);
		type->labels_read = true;
	}

	return type->labels;
}

static void
keep_label(SdCatalog *cat, SdType *type, Form_pg_enum form)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	EnumLabel *label = palloc(sizeof(EnumLabel));

	label->oid = form->oid;
	namestrcpy(&label->name, NameStr(form->enumlabel));
	type->labels = lappend(type->labels, label);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * sd_catalog_type_default
 *		The default that a column of this type has if it has none of its own.
 *		NULL: none, or a problem.
 *
 * A domain takes over its base type's default when it is made, and not later,
 * so the chain does not matter.
 */
char *
sd_catalog_type_default(SdCatalog *cat, SdType *type, SdProblem *problem)
{
	if (!type->has_default)
		return NULL;

	if (!type->default_read)
	{
		type->default_read = true;
		sd_scan_oid(cat, TypeRelationId, TypeOidIndexId, Anum_pg_type_oid,
					type->oid, keep_type_default, type);
	}
	if (type->default_problem != SD_PROBLEM_NONE)
		*problem = type->default_problem;

	return type->default_value;
}

static void
keep_type_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	SdType *type = arg;
	bool isnull;
	Datum tree = heap_getattr(tuple, Anum_pg_type_typdefaultbin, desc, &isnull);

	if (!isnull)
		type->default_value = sd_deparse(cat, NULL, sd_deparse_read(cat, tree),
										 &type->default_problem);
}
