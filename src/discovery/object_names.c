/*-------------------------------------------------------------------------
 *
 * object_names.c
 *	  What objects of any kind are called.
 *
 * Types of objects are called as in GRANT and SECURITY LABEL, so a
 * partitioned table is a table here.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/genam.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "discovery/object_names.h"

/* the object that is looked for */
typedef struct Search
{
	SdObjectName *object;
	SdRelation *rel; /* of a column */
	bool found;
} Search;

static void set_identity(SdObjectName *object, const char *identity);
static void find_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void find_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void find_type(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void find_database(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);

/*
 * sd_object_name_set
 *		Describe an object with a bare or qualified name.
 *
 * All that describes an object lives in the current memory context; the
 * names are not copied.
 */
void
sd_object_name_set(SdObjectName *object, const char *type, const char *schema,
				   const char *name)
{
	memset(object, 0, sizeof(SdObjectName));
	object->type = type;
	object->schema = schema;
	object->name = name;
	set_identity(object, schema != NULL
							 ? quote_qualified_identifier(schema, name)
							 : quote_identifier(name));
}

/*
 * sd_object_name_set_column
 *		Make the description of a relation that of one of its columns.
 */
void
sd_object_name_set_column(SdObjectName *object, const char *column)
{
	object->type = "column";
	object->column = column;
	set_identity(object,
				 psprintf("%s.%s", object->identity, quote_identifier(column)));
}

/*
 * sd_object_name_set_function
 *		Describe a function, procedure or aggregate by its row of pg_proc.
 */
void
sd_object_name_set_function(SdCatalog *cat, SdObjectName *object,
							HeapTuple tuple)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	const char *type = "function";

	if (form->prokind == PROKIND_PROCEDURE)
		type = "procedure";
	else if (form->prokind == PROKIND_AGGREGATE)
		type = "aggregate";
	sd_object_name_set(
		object, type, NameStr(sd_catalog_schema(cat, form->pronamespace)->name),
		pstrdup(NameStr(form->proname)));

	set_identity(object,
				 psprintf("%s(%s)", object->identity,
						  sd_catalog_argument_types(cat, form->pronargs,
													form->proargtypes.values)));
}

static void
set_identity(SdObjectName *object, const char *identity)
{
	object->identity = identity;
	object->key = psprintf("%s %s", object->type, identity);
}

/*
 * sd_object_name_find
 *		Describe the object that a catalog refers to; false if it is not in
 *		scope, or not of a kind that has security labels.
 *
 * Relations are in scope if they were read as such.
 */
bool
sd_object_name_find(SdCatalog *cat, SdObjectName *object, Oid classid, Oid oid,
					int subid)
{
	Search search = {object, NULL, false};
	const char *type;

	switch (classid)
	{
		case RelationRelationId:
		{
			SdRelation *rel = sd_catalog_known_relation(cat, oid);

			if (rel == NULL || !rel->in_scope)
				return false;
			sd_object_name_set(object, sd_relation_word(rel->kind),
							   NameStr(rel->schema->name), NameStr(rel->name));
			if (subid != 0)
			{
				SdKey keys[] = {
					{Anum_pg_attribute_attrelid, ObjectIdGetDatum(oid),
					 F_OIDEQ},
					{Anum_pg_attribute_attnum, Int16GetDatum((int16) subid),
					 F_INT2EQ},
				};

				sd_scan_index(cat, AttributeRelationId,
							  AttributeRelidNumIndexId, lengthof(keys), keys,
							  find_column, &search);
				return search.found;
			}
			return true;
		}
		case ProcedureRelationId:
			sd_scan_oid(cat, classid, ProcedureOidIndexId, Anum_pg_proc_oid,
						oid, find_function, &search);
			return search.found;
		case TypeRelationId:
			sd_scan_oid(cat, classid, TypeOidIndexId, Anum_pg_type_oid, oid,
						find_type, &search);
			return search.found;
		case NamespaceRelationId:
		{
			SdSchema *schema = sd_catalog_schema(cat, oid);
			const char *name = NameStr(schema->name);

			if (!schema->found || schema->is_own_temp ||
				!sd_scope_has_object(cat, classid, oid, oid, name))
				return false;
			sd_object_name_set(object, "schema", NULL, name);
			object->schema = name;
			return true;
		}
		case SubscriptionRelationId:
			/* those of all databases are in one catalog */
			type = "subscription";
			sd_scan_oid(cat, classid, SubscriptionObjectIndexId,
						Anum_pg_subscription_oid, oid, find_database, &search);
			if (!search.found)
				return false;
			break;
		case LanguageRelationId:
			type = "language";
			break;
		case EventTriggerRelationId:
			type = "event trigger";
			break;
		case PublicationRelationId:
			type = "publication";
			break;
		case ForeignDataWrapperRelationId:
			type = "foreign data wrapper";
			break;
		case ForeignServerRelationId:
			type = "foreign server";
			break;
		default:
			return false;
	}

	{
		const char *name = sd_catalog_name(cat, classid, oid);

		if (!sd_scope_has_object(cat, classid, oid, InvalidOid, name))
			return false;
		sd_object_name_set(object, type, NULL, name);
	}

	return true;
}

static void
find_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Search *search = arg;
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);

	if (form->attisdropped)
		return;
	sd_object_name_set_column(search->object, pstrdup(NameStr(form->attname)));
	search->found = true;
}

static void
find_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Search *search = arg;
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	if (!sd_scope_has_object(cat, ProcedureRelationId, form->oid,
							 form->pronamespace, NameStr(form->proname)) ||
		!sd_is_own_function(cat, tuple))
		return;
	sd_object_name_set_function(cat, search->object, tuple);
	search->found = true;
}

static void
find_type(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Search *search = arg;
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	if (!sd_is_own_type(cat, tuple) ||
		!sd_scope_has_object(cat, TypeRelationId, form->oid, form->typnamespace,
							 NameStr(form->typname)))
		return;
	sd_object_name_set(
		search->object, form->typtype == TYPTYPE_DOMAIN ? "domain" : "type",
		NameStr(sd_catalog_schema(cat, form->typnamespace)->name),
		pstrdup(NameStr(form->typname)));
	search->found = true;
}

static void
find_database(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Search *search = arg;

	search->found =
		((Form_pg_subscription) GETSTRUCT(tuple))->subdbid == MyDatabaseId;
}

/*
 * sd_relation_word
 *		The word for a relkind, as GRANT and SECURITY LABEL have it.
 */
const char *
sd_relation_word(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			return "table";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_SEQUENCE:
			return "sequence";
		case RELKIND_COMPOSITE_TYPE:
			return "type";
		default:
			elog(ERROR, "unrecognized relation kind: %c", relkind);
			return NULL; /* keep compiler quiet */
	}
}

/*
 * sd_is_own_type
 *		Is this row of pg_type a type in its own right, and not what came
 *		with a table, or an array or multirange that came with a type?
 */
bool
sd_is_own_type(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	SdRelation *rel;

	if (IsTrueArrayType(form) || form->typtype == TYPTYPE_MULTIRANGE)
		return false;
	if (form->typtype != TYPTYPE_COMPOSITE)
		return true;
	rel = sd_catalog_relation(cat, form->typrelid);

	return rel != NULL && rel->kind == RELKIND_COMPOSITE_TYPE;
}

/*
 * sd_is_own_function
 *		Is this row of pg_proc a function in its own right, and not a
 *		constructor that came with a range type?
 */
bool
sd_is_own_function(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	/* asked for those few only that can be one */
	return form->prolang != INTERNALlanguageId ||
		   form->oid < FirstNormalObjectId ||
		   !sd_catalog_is_internal(cat, ProcedureRelationId, form->oid);
}

/* sd_object_name_compare: The order of the rows, for qsort(). */
int
sd_object_name_compare(const SdObjectName *a, const SdObjectName *b)
{
	return strcmp(a->key, b->key);
}
