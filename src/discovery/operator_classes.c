/*-------------------------------------------------------------------------
 *
 * operator_classes.c
 *	  stormdisc_operator_classes and stormdisc_access_methods: what tables and
 *	  indexes can be made of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_operator_classes);
PG_FUNCTION_INFO_V1(stormdisc_access_methods);

/* an operator or function of a family or class */
typedef struct Member
{
	bool is_function;
	int number;
	const char *text;
} Member;

typedef struct OwnerKey
{
	Oid classid;
	Oid oid;
} OwnerKey;

/* a family or class and what belongs to it */
typedef struct Owner
{
	OwnerKey key;  /* hash key */
	List *members; /* of Member * */
} Owner;

static void emit_classes(SdDiscovery *disc);
static const char *family_method(SdCatalog *cat, const SdObject *object);
static const char *class_method(SdCatalog *cat, const SdObject *object);
static void read_members(SdDiscovery *disc, List *families, List *classes);
static Owner *enter_owner(HTAB *owners, Oid classid, Oid oid);
static void keep_operator(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static Owner *find_owner(SdCatalog *cat, HTAB *owners, Oid family, Oid classid,
						 Oid oid);
static void note_owner(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void add_member(Owner *owner, bool is_function, int number,
					   const char *text);
static int compare_members(const ListCell *a, const ListCell *b);
static void add_family(SdDiscovery *disc, const SdObject *object);
static void add_class(SdDiscovery *disc, const SdObject *object);
static void add_names(SdDiscovery *disc, const SdObject *object,
					  const char *kind);
static void add_members(SdDiscovery *disc, const SdObject *object);
static void emit_methods(SdDiscovery *disc);
static void add_method(SdDiscovery *disc, const SdObject *object);

const SdKind sd_kind_operator_classes = {
	.name = "operator_classes",
	.identity = NULL,
	.left_out = "problem",
	.defaults = "",
	.emit = emit_classes,
};

static const SdObjectClass family_class = {
	.classid = OperatorFamilyRelationId,
	.get_detail = family_method,
	.add = add_family,
};

static const SdObjectClass opclass_class = {
	.classid = OperatorClassRelationId,
	.get_detail = class_method,
	.add = add_class,
};

const SdKind sd_kind_access_methods = {
	.name = "access_methods",
	.identity = "access_method_name",
	.left_out = "problem",
	.defaults = "",
	.emit = emit_methods,
};

static const SdObjectClass method_class = {
	.classid = AccessMethodRelationId,
	.add = add_method,
};

/*
 * stormdisc_operator_classes(relation, schemas, include, exclude)
 *		-> setof row
 *		Report operator families and then operator classes, by schema and name.
 */
Datum
stormdisc_operator_classes(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_operator_classes);
}

static void
emit_classes(SdDiscovery *disc)
{
	List *families = sd_objects_read(disc, &family_class);
	List *classes = sd_objects_read(disc, &opclass_class);

	read_members(disc, families, classes);
	sd_objects_add(disc, families);
	sd_objects_add(disc, classes);
}

static const char *
family_method(SdCatalog *cat, const SdObject *object)
{
	Form_pg_opfamily form = (Form_pg_opfamily) GETSTRUCT(object->tuple);

	return sd_catalog_name(cat, AccessMethodRelationId, form->opfmethod);
}

static const char *
class_method(SdCatalog *cat, const SdObject *object)
{
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(object->tuple);

	return sd_catalog_name(cat, AccessMethodRelationId, form->opcmethod);
}

/* What belongs to these families and classes: each one's parts, an Owner. */
static void
read_members(SdDiscovery *disc, List *families, List *classes)
{
	SdCatalog *cat = disc->catalog;
	HTAB *owners = sd_hash_create(cat, "stormdisc operator classes",
								  sizeof(OwnerKey), sizeof(Owner));
	HASH_SEQ_STATUS status;
	Owner *owner;
	ListCell *lc;

	if (families == NIL && classes == NIL)
		return;

	foreach (lc, families)
	{
		SdObject *object = lfirst(lc);

		object->parts =
			enter_owner(owners, OperatorFamilyRelationId, object->oid);
	}
	foreach (lc, classes)
	{
		SdObject *object = lfirst(lc);
		Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(object->tuple);

		/* a member names its family; which class it is of is found there */
		(void) enter_owner(owners, OperatorFamilyRelationId, form->opcfamily);
		object->parts =
			enter_owner(owners, OperatorClassRelationId, object->oid);
	}

	sd_scan_all(cat, AccessMethodOperatorRelationId, keep_operator, owners);
	sd_scan_all(cat, AccessMethodProcedureRelationId, keep_function, owners);

	hash_seq_init(&status, owners);
	while ((owner = hash_seq_search(&status)) != NULL)
		list_sort(owner->members, compare_members);
}

static Owner *
enter_owner(HTAB *owners, Oid classid, Oid oid)
{
	OwnerKey key = {classid, oid};
	bool known;
	Owner *owner = hash_search(owners, &key, HASH_ENTER, &known);

	if (!known)
		owner->members = NIL;

	return owner;
}

static void
keep_operator(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_amop form = (Form_pg_amop) GETSTRUCT(tuple);
	Owner *owner = find_owner(cat, arg, form->amopfamily,
							  AccessMethodOperatorRelationId, form->oid);
	MemoryContext oldcontext;
	const char *text;

	if (owner == NULL)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	text = psprintf("OPERATOR %d %s", form->amopstrategy,
					sd_catalog_operator_signature(cat, form->amopopr));
	if (form->amoppurpose == AMOP_ORDER)
		text = psprintf("%s FOR ORDER BY %s", text,
						sd_catalog_qualified_name(cat, OperatorFamilyRelationId,
												  form->amopsortfamily));
	add_member(owner, false, form->amopstrategy, text);
	MemoryContextSwitchTo(oldcontext);
}

static void
keep_function(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_amproc form = (Form_pg_amproc) GETSTRUCT(tuple);
	Owner *owner = find_owner(cat, arg, form->amprocfamily,
							  AccessMethodProcedureRelationId, form->oid);
	MemoryContext oldcontext;

	if (owner == NULL)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	add_member(owner, true, form->amprocnum,
			   psprintf("FUNCTION %d (%s, %s) %s", form->amprocnum,
						sd_catalog_bare_type(cat, form->amproclefttype),
						sd_catalog_bare_type(cat, form->amprocrighttype),
						sd_catalog_function_signature(cat, form->amproc)));
	MemoryContextSwitchTo(oldcontext);
}

/*
 * The class that a member of a family belongs to, or else the family itself;
 * NULL if neither is wanted.  That is recorded as a dependency, but not for
 * what the server brought, where all go to the family.
 */
static Owner *
find_owner(SdCatalog *cat, HTAB *owners, Oid family, Oid classid, Oid oid)
{
	OwnerKey key = {OperatorFamilyRelationId, family};
	SdKey keys[] = {
		{Anum_pg_depend_classid, ObjectIdGetDatum(classid), F_OIDEQ},
		{Anum_pg_depend_objid, ObjectIdGetDatum(oid), F_OIDEQ},
	};

	if (hash_search(owners, &key, HASH_FIND, NULL) == NULL)
		return NULL;
	sd_scan_index(cat, DependRelationId, DependDependerIndexId, lengthof(keys),
				  keys, note_owner, &key);

	return hash_search(owners, &key, HASH_FIND, NULL);
}

static void
note_owner(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	OwnerKey *key = arg;

	if (form->refclassid == OperatorClassRelationId)
	{
		key->classid = form->refclassid;
		key->oid = form->refobjid;
	}
}

/* Runs in the reading's memory. */
static void
add_member(Owner *owner, bool is_function, int number, const char *text)
{
	Member *member = palloc(sizeof(Member));

	member->is_function = is_function;
	member->number = number;
	member->text = text;
	owner->members = lappend(owner->members, member);
}

/* operators before functions, by number */
static int
compare_members(const ListCell *a, const ListCell *b)
{
	const Member *left = lfirst(a);
	const Member *right = lfirst(b);

	if (left->is_function != right->is_function)
		return left->is_function ? 1 : -1;
	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;

	return strcmp(left->text, right->text);
}

static void
add_family(SdDiscovery *disc, const SdObject *object)
{
	add_names(disc, object, "family");
	sd_row_nulls(disc, 4);
	add_members(disc, object);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

static void
add_class(SdDiscovery *disc, const SdObject *object)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(object->tuple);

	add_names(disc, object, "class");
	sd_row_text(disc, sd_catalog_bare_type(cat, form->opcintype));
	sd_row_text(disc, OidIsValid(form->opckeytype)
						  ? sd_catalog_bare_type(cat, form->opckeytype)
						  : NULL);
	sd_row_bool(disc, form->opcdefault);
	sd_row_qualified(disc, OperatorFamilyRelationId, form->opcfamily);
	add_members(disc, object);
	sd_row_object_end(disc, object, SD_PROBLEM_NONE);
}

/* schema_name, object_name, object_kind, access_method */
static void
add_names(SdDiscovery *disc, const SdObject *object, const char *kind)
{
	sd_row_identity(
		disc, psprintf("%s %s USING %s", kind,
					   quote_qualified_identifier(NameStr(object->schema->name),
												  object->name),
					   quote_identifier(object->detail)));
	sd_row_object(disc, object);
	sd_row_text(disc, kind);
	sd_row_text(disc, object->detail);
}

static void
add_members(SdDiscovery *disc, const SdObject *object)
{
	List *members = ((Owner *) object->parts)->members;
	const char **texts = palloc(sizeof(char *) * (list_length(members) + 1));
	int ntexts = 0;
	ListCell *lc;

	foreach (lc, members)
		texts[ntexts++] = ((Member *) lfirst(lc))->text;
	sd_row_texts(disc, ntexts, texts);
}

/*
 * stormdisc_access_methods(relation, schemas, include, exclude) -> setof row
 *		Report access methods of tables and indexes, by name.
 */
Datum
stormdisc_access_methods(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_access_methods);
}

static void
emit_methods(SdDiscovery *disc)
{
	sd_objects_emit(disc, &method_class);
}

static void
add_method(SdDiscovery *disc, const SdObject *object)
{
	Form_pg_am form = (Form_pg_am) GETSTRUCT(object->tuple);

	sd_row_text(disc, object->name);
	sd_row_text(disc, form->amtype == AMTYPE_TABLE ? "table" : "index");
	sd_row_qualified(disc, ProcedureRelationId, form->amhandler);
	sd_row_comment(disc, object);
	sd_row_end(disc, SD_PROBLEM_NONE);
}
