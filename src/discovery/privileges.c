/*-------------------------------------------------------------------------
 *
 * privileges.c
 *	  stormdisc_privileges: who may do what.
 *
 * An object without an access control list has the privileges that the
 * server gives by default; they are shown as if they were in the list.  So
 * the rows are the same whether a list is absent or says the same.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_init_privs.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "discovery/discovery.h"
#include "discovery/object_names.h"

PG_FUNCTION_INFO_V1(stormdisc_privileges);

/* an object and its access control list */
typedef struct Secured
{
	SdObjectName object;
	Acl *acl;
	bool is_default; /* as if nothing had been granted or revoked */
	/* of default privileges */
	const char *role;
	const char *objects;
} Secured;

/* the objects found so far */
/* the privileges that an object of an extension was made with */
typedef struct InitialAcl
{
	/* hash key: no gaps, all of 4 bytes */
	Oid classid;
	Oid oid;
	int32 subid;
	Acl *acl;
} InitialAcl;

#define INITIAL_ACL_KEY (2 * sizeof(Oid) + sizeof(int32))

typedef struct SecuredList
{
	SdDiscovery *disc;
	int count;
	int size;
	Secured *members;
	List **member_relations; /* while these are read */
	HTAB *initial;			 /* of InitialAcl: what extensions granted */
} SecuredList;

/* one row */
typedef struct Grant
{
	const char *grantor;
	const char *grantee;
	const char *privilege;
	bool is_grantable;
} Grant;

static const struct
{
	AclMode mode;
	const char *name;
} privileges[] = {
	{ACL_INSERT, "INSERT"},		{ACL_SELECT, "SELECT"},
	{ACL_UPDATE, "UPDATE"},		{ACL_DELETE, "DELETE"},
	{ACL_TRUNCATE, "TRUNCATE"}, {ACL_REFERENCES, "REFERENCES"},
	{ACL_TRIGGER, "TRIGGER"},	{ACL_EXECUTE, "EXECUTE"},
	{ACL_USAGE, "USAGE"},		{ACL_CREATE, "CREATE"},
	{ACL_MAINTAIN, "MAINTAIN"},
};

static void emit_privileges(SdDiscovery *disc);
static void read_relations(SecuredList *list);
static void read_member_relations(SecuredList *list);
static void keep_member_relation(SdCatalog *cat, HeapTuple tuple,
								 TupleDesc desc, void *arg);
static void keep_member_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							   void *arg);
static bool is_changed_member(SecuredList *list, Oid classid, Oid oid,
							  int subid, Oid schema, const char *name,
							  HeapTuple tuple, TupleDesc desc,
							  AttrNumber column);
static void keep_initial(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void add_relation(SecuredList *list, SdRelation *rel, HeapTuple tuple,
						 TupleDesc desc);
static void add_column(SecuredList *list, SdRelation *rel, HeapTuple tuple,
					   TupleDesc desc);
static void read_objects(SecuredList *list, Oid catalog, Oid index,
						 AttrNumber column, SdRowHandler handler);
static void keep_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_type(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					  void *arg);
static void keep_language(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_wrapper(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static void keep_server(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static SdRelation *relation_in_scope(SecuredList *list, Oid oid);
static Secured *add_secured(SecuredList *list);
static void set_acl(Secured *secured, HeapTuple tuple, TupleDesc desc,
					AttrNumber column, ObjectType type, Oid owner);
static int acl_length(const Acl *acl);
static bool same_acl(const Acl *a, const Acl *b);
static const char *default_objects(char objtype);
static int compare_secured(const void *a, const void *b);
static void add_privileges(SdDiscovery *disc, void *object);
static Grant *read_grants(SdCatalog *cat, const Acl *acl, int *count);
static const char *role_name(SdCatalog *cat, Oid role);
static void keep_found(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static int compare_grants(const void *a, const void *b);
static void add_grant(SdDiscovery *disc, const Secured *secured,
					  const Grant *grant);

const SdKind sd_kind_privileges = {
	.name = "privileges",
	.relkinds = "rpfvmS",
	.not_served = "\"%s\" has no privileges",
	.left_out = "schema_name,object_name,object_type,column_name,identity,"
				"default_role,default_objects,is_default,problem",
	.is_grouped = true,
	.emit = emit_privileges,
};

/*
 * stormdisc_privileges(relation, schemas, include, exclude) -> setof row
 *		Report the privileges on the objects in scope, one row each.
 */
Datum
stormdisc_privileges(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_privileges);
}

static void
emit_privileges(SdDiscovery *disc)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(disc->catalog->context);
	SecuredList list = {.disc = disc};

	read_relations(&list);
	if (!disc->scope.has_relation)
		read_member_relations(&list);
	read_objects(&list, NamespaceRelationId, NamespaceOidIndexId,
				 Anum_pg_namespace_oid, keep_schema);
	read_objects(&list, ProcedureRelationId, ProcedureOidIndexId,
				 Anum_pg_proc_oid, keep_function);
	read_objects(&list, TypeRelationId, TypeOidIndexId, Anum_pg_type_oid,
				 keep_type);
	read_objects(&list, LanguageRelationId, LanguageOidIndexId,
				 Anum_pg_language_oid, keep_language);
	read_objects(&list, ForeignDataWrapperRelationId,
				 ForeignDataWrapperOidIndexId, Anum_pg_foreign_data_wrapper_oid,
				 keep_wrapper);
	read_objects(&list, ForeignServerRelationId, ForeignServerOidIndexId,
				 Anum_pg_foreign_server_oid, keep_server);
	if (!disc->scope.has_relation)
		sd_scan_all(disc->catalog, DefaultAclRelationId, keep_default, &list);
	MemoryContextSwitchTo(oldcontext);

	if (list.count > 1)
		qsort(list.members, list.count, sizeof(Secured), compare_secured);
	for (int i = 0; i < list.count; i++)
		sd_discovery_add(disc, add_privileges, &list.members[i]);
}

/*
 * The relations in scope, and their columns.  A document has no use for what
 * the server grants by default, nor for reading the columns a second time.
 */
static void
read_relations(SecuredList *list)
{
	SdDiscovery *disc = list->disc;
	SdCatalog *cat = disc->catalog;
	Oid *oids = palloc(sizeof(Oid) * (cat->nrelations + 1));
	Oid *with_columns = palloc(sizeof(Oid) * (cat->nrelations + 1));
	int noids = 0;
	int nwith_columns = 0;
	int position = 0;
	SdRelation *rel;

	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		if (!disc->is_document || rel->has_privileges)
			oids[noids++] = rel->oid;
		if (!rel->columns_read || rel->has_column_privileges)
			with_columns[nwith_columns++] = rel->oid;
	}
	sd_scan_oids(cat, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
				 noids, oids, keep_relation, list);
	sd_scan_oids(cat, AttributeRelationId, AttributeRelidNumIndexId,
				 Anum_pg_attribute_attrelid, nwith_columns, with_columns,
				 keep_column, list);
	pfree(oids);
	pfree(with_columns);
}

/* Tables and their kin that extensions made, with changed privileges. */
static void
read_member_relations(SecuredList *list)
{
	SdCatalog *cat = list->disc->catalog;
	List *members = NIL;
	int noids;
	Oid *oids = sd_catalog_members(cat, RelationRelationId, &noids);
	ListCell *lc;

	list->member_relations = &members;
	sd_scan_oids(cat, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
				 noids, oids, keep_member_relation, list);
	pfree(oids);
	noids = 0;
	oids = palloc(sizeof(Oid) * (list_length(members) + 1));
	foreach (lc, members)
		oids[noids++] = lfirst_oid(lc);
	sd_scan_oids(cat, AttributeRelationId, AttributeRelidNumIndexId,
				 Anum_pg_attribute_attrelid, noids, oids, keep_member_column,
				 list);
	pfree(oids);
	list_free(members);
	list->member_relations = NULL;
}

static void
keep_member_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	SecuredList *list = arg;

	if (strchr(list->disc->kind->relkinds, form->relkind) == NULL ||
		!sd_catalog_is_member(cat, RelationRelationId, form->oid))
		return;
	*list->member_relations = lappend_oid(*list->member_relations, form->oid);
	if (is_changed_member(list, RelationRelationId, form->oid, 0,
						  form->relnamespace, NameStr(form->relname), tuple,
						  desc, Anum_pg_class_relacl))
		add_relation(list, sd_catalog_relation(cat, form->oid), tuple, desc);
}

static void
keep_member_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	SecuredList *list = arg;
	SdRelation *rel;

	if (heap_attisnull(tuple, Anum_pg_attribute_attacl, desc) ||
		!list_member_oid(*list->member_relations, form->attrelid))
		return;
	rel = sd_catalog_relation(cat, form->attrelid);
	if (rel != NULL &&
		is_changed_member(list, RelationRelationId, rel->oid, form->attnum,
						  rel->schema->oid, NameStr(rel->name), tuple, desc,
						  Anum_pg_attribute_attacl))
		add_column(list, rel, tuple, desc);
}

/*
 * Is it an object of an extension whose privileges are not those any more that
 * the extension gave it?  Dumps have them, though not the object.
 */
static bool
is_changed_member(SecuredList *list, Oid classid, Oid oid, int subid,
				  Oid schema, const char *name, HeapTuple tuple, TupleDesc desc,
				  AttrNumber column)
{
	SdCatalog *cat = list->disc->catalog;
	SdScope *scope = cat->scope;
	InitialAcl *initial;
	InitialAcl key = {classid, oid, subid, NULL};
	bool isnull;
	Datum acl = heap_getattr(tuple, column, desc, &isnull);

	if (isnull || scope->has_relation ||
		!sd_catalog_is_member(cat, classid, oid))
		return false;
	if (OidIsValid(schema) ? !sd_catalog_schema(cat, schema)->in_scope
						   : scope->has_schemas)
		return false;
	if (!sd_scope_has_name(scope,
						   OidIsValid(schema)
							   ? NameStr(sd_catalog_schema(cat, schema)->name)
							   : "",
						   name))
		return false;

	if (list->initial == NULL)
	{
		list->initial = sd_hash_create(cat, "stormdisc initial privileges",
									   INITIAL_ACL_KEY, sizeof(InitialAcl));
		sd_scan_all(cat, InitPrivsRelationId, keep_initial, list);
	}
	initial = hash_search(list->initial, &key, HASH_FIND, NULL);

	return initial == NULL || !same_acl(initial->acl, DatumGetAclP(acl));
}

static void
keep_initial(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_init_privs form = (Form_pg_init_privs) GETSTRUCT(tuple);
	SecuredList *list = arg;
	InitialAcl key = {form->classoid, form->objoid, form->objsubid, NULL};
	InitialAcl *initial;
	bool isnull;
	Datum acl =
		heap_getattr(tuple, Anum_pg_init_privs_initprivs, desc, &isnull);

	if (form->privtype != INITPRIVS_EXTENSION || isnull)
		return;
	initial = hash_search(list->initial, &key, HASH_ENTER, NULL);
	initial->acl = DatumGetAclPCopy(acl);
}

/* Other objects: all of a catalog, or those that the scope's relation uses. */
static void
read_objects(SecuredList *list, Oid catalog, Oid index, AttrNumber column,
			 SdRowHandler handler)
{
	SdCatalog *cat = list->disc->catalog;
	Oid *oids;
	int count;

	if (!list->disc->scope.has_relation)
	{
		sd_scan_all(cat, catalog, handler, list);
		return;
	}
	oids = sd_catalog_used(cat, list->disc->scope.relation, catalog, &count);
	for (int i = 0; i < count; i++)
		sd_scan_oid(cat, catalog, index, column, oids[i], handler, list);
	pfree(oids);
}

static void
keep_relation(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	SdRelation *rel = relation_in_scope(arg, form->oid);

	if (rel != NULL)
		add_relation(arg, rel, tuple, desc);
}

static void
add_relation(SecuredList *list, SdRelation *rel, HeapTuple tuple,
			 TupleDesc desc)
{
	Secured *secured = add_secured(list);

	sd_object_name_set(&secured->object, sd_relation_word(rel->kind),
					   NameStr(rel->schema->name), NameStr(rel->name));
	set_acl(secured, tuple, desc, Anum_pg_class_relacl,
			rel->kind == RELKIND_SEQUENCE ? OBJECT_SEQUENCE : OBJECT_TABLE,
			rel->owner);
}

static void
keep_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	SdRelation *rel;

	/* a column has no privileges by default */
	if (heap_attisnull(tuple, Anum_pg_attribute_attacl, desc) ||
		form->attisdropped)
		return;
	rel = relation_in_scope(arg, form->attrelid);
	if (rel != NULL)
		add_column(arg, rel, tuple, desc);
}

static void
add_column(SecuredList *list, SdRelation *rel, HeapTuple tuple, TupleDesc desc)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	Secured *secured = add_secured(list);

	sd_object_name_set(&secured->object, sd_relation_word(rel->kind),
					   NameStr(rel->schema->name), NameStr(rel->name));
	sd_object_name_set_column(&secured->object,
							  pstrdup(NameStr(form->attname)));
	set_acl(secured, tuple, desc, Anum_pg_attribute_attacl, OBJECT_COLUMN,
			rel->owner);
}

static void
keep_schema(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_namespace form = (Form_pg_namespace) GETSTRUCT(tuple);
	SdSchema *schema = sd_catalog_schema(cat, form->oid);
	const char *name = NameStr(schema->name);
	Secured *secured;

	if (schema->is_own_temp || schema->is_other_temp ||
		(!sd_scope_has_object(cat, NamespaceRelationId, form->oid, form->oid,
							  name) &&
		 !is_changed_member(arg, NamespaceRelationId, form->oid, 0, form->oid,
							name, tuple, desc, Anum_pg_namespace_nspacl)))
		return;
	secured = add_secured(arg);
	sd_object_name_set(&secured->object, "schema", NULL, name);
	secured->object.schema = name;
	set_acl(secured, tuple, desc, Anum_pg_namespace_nspacl, OBJECT_SCHEMA,
			form->nspowner);
}

static void
keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	Secured *secured;

	if ((!sd_scope_has_object(cat, ProcedureRelationId, form->oid,
							  form->pronamespace, NameStr(form->proname)) &&
		 !is_changed_member(arg, ProcedureRelationId, form->oid, 0,
							form->pronamespace, NameStr(form->proname), tuple,
							desc, Anum_pg_proc_proacl)) ||
		!sd_is_own_function(cat, tuple))
		return;
	secured = add_secured(arg);
	sd_object_name_set_function(cat, &secured->object, tuple);
	set_acl(secured, tuple, desc, Anum_pg_proc_proacl, OBJECT_FUNCTION,
			form->proowner);
}

static void
keep_type(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	Secured *secured;
	bool is_domain = (form->typtype == TYPTYPE_DOMAIN);

	if ((!sd_scope_has_object(cat, TypeRelationId, form->oid,
							  form->typnamespace, NameStr(form->typname)) &&
		 !is_changed_member(arg, TypeRelationId, form->oid, 0,
							form->typnamespace, NameStr(form->typname), tuple,
							desc, Anum_pg_type_typacl)) ||
		!sd_is_own_type(cat, tuple))
		return;
	secured = add_secured(arg);
	sd_object_name_set(
		&secured->object, is_domain ? "domain" : "type",
		NameStr(sd_catalog_schema(cat, form->typnamespace)->name),
		pstrdup(NameStr(form->typname)));
	set_acl(secured, tuple, desc, Anum_pg_type_typacl, OBJECT_TYPE,
			form->typowner);
}

static void
keep_language(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_language form = (Form_pg_language) GETSTRUCT(tuple);
	Secured *secured;

	/* nobody can be allowed to use an untrusted language */
	if (!form->lanpltrusted ||
		(!sd_scope_has_object(cat, LanguageRelationId, form->oid, InvalidOid,
							  NameStr(form->lanname)) &&
		 !is_changed_member(arg, LanguageRelationId, form->oid, 0, InvalidOid,
							NameStr(form->lanname), tuple, desc,
							Anum_pg_language_lanacl)))
		return;
	secured = add_secured(arg);
	sd_object_name_set(&secured->object, "language", NULL,
					   pstrdup(NameStr(form->lanname)));
	set_acl(secured, tuple, desc, Anum_pg_language_lanacl, OBJECT_LANGUAGE,
			form->lanowner);
}

static void
keep_wrapper(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_foreign_data_wrapper form =
		(Form_pg_foreign_data_wrapper) GETSTRUCT(tuple);
	Secured *secured;

	if (!sd_scope_has_object(cat, ForeignDataWrapperRelationId, form->oid,
							 InvalidOid, NameStr(form->fdwname)) &&
		!is_changed_member(arg, ForeignDataWrapperRelationId, form->oid, 0,
						   InvalidOid, NameStr(form->fdwname), tuple, desc,
						   Anum_pg_foreign_data_wrapper_fdwacl))
		return;
	secured = add_secured(arg);
	sd_object_name_set(&secured->object, "foreign data wrapper", NULL,
					   pstrdup(NameStr(form->fdwname)));
	set_acl(secured, tuple, desc, Anum_pg_foreign_data_wrapper_fdwacl,
			OBJECT_FDW, form->fdwowner);
}

static void
keep_server(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	Secured *secured;

	if (!sd_scope_has_object(cat, ForeignServerRelationId, form->oid,
							 InvalidOid, NameStr(form->srvname)) &&
		!is_changed_member(arg, ForeignServerRelationId, form->oid, 0,
						   InvalidOid, NameStr(form->srvname), tuple, desc,
						   Anum_pg_foreign_server_srvacl))
		return;
	secured = add_secured(arg);
	sd_object_name_set(&secured->object, "foreign server", NULL,
					   pstrdup(NameStr(form->srvname)));
	set_acl(secured, tuple, desc, Anum_pg_foreign_server_srvacl,
			OBJECT_FOREIGN_SERVER, form->srvowner);
}

/* Default privileges have no name; they are called as the server does it. */
static void
keep_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_default_acl form = (Form_pg_default_acl) GETSTRUCT(tuple);
	Oid schema = form->defaclnamespace;
	Secured *secured;
	StringInfoData buf;

	if (!sd_scope_has_object(cat, DefaultAclRelationId, form->oid, schema, ""))
		return;
	secured = add_secured(arg);
	secured->role = role_name(cat, form->defaclrole);
	secured->objects = default_objects(form->defaclobjtype);
	secured->object.type = "default privileges";
	initStringInfo(&buf);
	appendStringInfo(&buf, "for role %s", quote_identifier(secured->role));
	if (OidIsValid(schema))
	{
		secured->object.schema = NameStr(sd_catalog_schema(cat, schema)->name);
		appendStringInfo(&buf, " in schema %s",
						 quote_identifier(secured->object.schema));
	}
	appendStringInfo(&buf, " on %s", secured->objects);
	secured->object.identity = buf.data;
	secured->object.key = psprintf("default privileges %s", buf.data);
	set_acl(secured, tuple, desc, Anum_pg_default_acl_defaclacl, OBJECT_DEFACL,
			form->defaclrole);
}

/* The relation, if it is one of those that the rows are about. */
static SdRelation *
relation_in_scope(SecuredList *list, Oid oid)
{
	SdRelation *rel = sd_catalog_known_relation(list->disc->catalog, oid);

	if (rel == NULL || !rel->in_scope ||
		strchr(list->disc->kind->relkinds, rel->kind) == NULL)
		return NULL;

	return rel;
}

/* A new member; it comes with the reading's memory as the current one. */
static Secured *
add_secured(SecuredList *list)
{
	if (list->count == list->size)
	{
		list->size = Max(64, list->size * 2);
		if (list->members == NULL)
			list->members = palloc(list->size * sizeof(Secured));
		else
			list->members =
				repalloc_huge(list->members, list->size * sizeof(Secured));
	}
	memset(&list->members[list->count], 0, sizeof(Secured));

	return &list->members[list->count++];
}

/* Take the list from the catalog's row, or else the server's default. */
static void
set_acl(Secured *secured, HeapTuple tuple, TupleDesc desc, AttrNumber column,
		ObjectType type, Oid owner)
{
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);
	Acl *by_default = NULL;

	/* what is granted by default privileges differs from having none */
	if (type != OBJECT_DEFACL)
		by_default = acldefault(type, owner);

	if (isnull)
	{
		secured->acl = by_default;
		secured->is_default = true;
		return;
	}
	secured->acl = DatumGetAclPCopy(value);
	secured->is_default =
		by_default != NULL && same_acl(secured->acl, by_default);
}

/* How many items; text as '{}' makes an array without dimensions. */
static int
acl_length(const Acl *acl)
{
	return acl != NULL ? ArrayGetNItems(ARR_NDIM(acl), ARR_DIMS(acl)) : 0;
}

/* Do both say the same, in whatever order? */
static bool
same_acl(const Acl *a, const Acl *b)
{
	int length = acl_length(a);

	if (length != acl_length(b))
		return false;

	/* each grantee and grantor stands there once */
	for (int i = 0; i < length; i++)
	{
		const AclItem *item = &ACL_DAT(a)[i];
		bool found = false;

		for (int j = 0; j < length && !found; j++)
		{
			const AclItem *other = &ACL_DAT(b)[j];

			found = item->ai_grantee == other->ai_grantee &&
					item->ai_grantor == other->ai_grantor &&
					item->ai_privs == other->ai_privs;
		}
		if (!found)
			return false;
	}

	return true;
}

static const char *
default_objects(char objtype)
{
	switch (objtype)
	{
		case DEFACLOBJ_RELATION:
			return "tables";
		case DEFACLOBJ_SEQUENCE:
			return "sequences";
		case DEFACLOBJ_FUNCTION:
			return "functions";
		case DEFACLOBJ_TYPE:
			return "types";
		case DEFACLOBJ_NAMESPACE:
			return "schemas";
		case DEFACLOBJ_LARGEOBJECT:
			return "large objects";
		default:
			elog(ERROR, "unrecognized default ACL object type: %c", objtype);
			return NULL; /* keep compiler quiet */
	}
}

static int
compare_secured(const void *a, const void *b)
{
	return sd_object_name_compare(&((const Secured *) a)->object,
								  &((const Secured *) b)->object);
}

/*
 * Add the rows of one object.  If nobody has any privilege, not even by
 * default, a row without a grantee says so.
 */
static void
add_privileges(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	const Secured *secured = object;
	int ngrants;
	Grant *grants;

	/* what goes without a GRANT goes without saying */
	if (disc->is_document && secured->is_default)
		return;

	grants = read_grants(cat, secured->acl, &ngrants);
	if (ngrants == 0 && !secured->is_default)
		add_grant(disc, secured, NULL);
	for (int i = 0; i < ngrants; i++)
		add_grant(disc, secured, &grants[i]);
	pfree(grants);
}

/* The items of a list as rows in their order. */
static Grant *
read_grants(SdCatalog *cat, const Acl *acl, int *count)
{
	int nitems = acl_length(acl);
	Grant *grants = MemoryContextAllocHuge(
		cat->context, sizeof(Grant) * lengthof(privileges) * (nitems + 1));
	int ngrants = 0;

	for (int i = 0; i < nitems; i++)
	{
		const AclItem *item = &ACL_DAT(acl)[i];

		for (int j = 0; j < lengthof(privileges); j++)
		{
			Grant *grant = &grants[ngrants];

			if ((ACLITEM_GET_PRIVS(*item) & privileges[j].mode) == 0)
				continue;
			grant->grantor = role_name(cat, item->ai_grantor);
			grant->grantee = item->ai_grantee == ACL_ID_PUBLIC
								 ? "public"
								 : role_name(cat, item->ai_grantee);
			grant->privilege = privileges[j].name;
			grant->is_grantable =
				(ACLITEM_GET_GOPTIONS(*item) & privileges[j].mode) != 0;
			ngrants++;
		}
	}
	qsort(grants, ngrants, sizeof(Grant), compare_grants);
	*count = ngrants;

	return grants;
}

/* A role's name; what a list names in vain goes by its number. */
static const char *
role_name(SdCatalog *cat, Oid role)
{
	const char *name = sd_catalog_name(cat, AuthIdRelationId, role);
	bool found = false;

	if (name != NULL && strcmp(name, "???") != 0)
		return name;
	sd_scan_oid(cat, AuthIdRelationId, AuthIdOidIndexId, Anum_pg_authid_oid,
				role, keep_found, &found);
	if (found)
		return name;

	return MemoryContextStrdup(cat->context, psprintf("%u", role));
}

static void
keep_found(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	*(bool *) arg = true;
}

static int
compare_grants(const void *a, const void *b)
{
	const Grant *left = a;
	const Grant *right = b;
	int result = strcmp(left->grantee, right->grantee);

	if (result == 0)
		result = strcmp(left->grantor, right->grantor);
	if (result == 0)
		result = strcmp(left->privilege, right->privilege);

	return result;
}

static void
add_grant(SdDiscovery *disc, const Secured *secured, const Grant *grant)
{
	const SdObjectName *object = &secured->object;

	sd_row_text(disc, object->schema);
	sd_row_text(disc, object->name);
	sd_row_text(disc, object->type);
	sd_row_text(disc, object->column);
	sd_row_text(disc, object->identity);
	sd_row_text(disc, secured->role);
	sd_row_text(disc, secured->objects);
	sd_row_text(disc, grant != NULL ? grant->grantor : NULL);
	sd_row_text(disc, grant != NULL ? grant->grantee : NULL);
	sd_row_text(disc, grant != NULL ? grant->privilege : NULL);
	if (grant != NULL)
		sd_row_bool(disc, grant->is_grantable);
	else
		sd_row_null(disc);
	sd_row_bool(disc, secured->is_default);
	sd_row_identity(disc, object->key);
	sd_row_end(disc, SD_PROBLEM_NONE);
}
