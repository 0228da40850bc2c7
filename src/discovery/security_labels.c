/*-------------------------------------------------------------------------
 *
 * security_labels.c
 *	  stormdisc_security_labels: labels of objects, for security providers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_shseclabel.h"
#include "catalog/pg_subscription.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "discovery/discovery.h"
#include "discovery/object_names.h"

PG_FUNCTION_INFO_V1(stormdisc_security_labels);

typedef struct Label
{
	SdObjectName object;
	const char *provider;
	const char *label;
	const char *key; /* of the object and the provider */
} Label;

static void emit_security_labels(SdDiscovery *disc);
static void keep_label(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void keep_shared_label(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							  void *arg);
static void add_to_list(List **labels, const SdObjectName *object,
						HeapTuple tuple, TupleDesc desc, AttrNumber provider,
						AttrNumber label);
static int compare_labels(const ListCell *a, const ListCell *b);
static void add_label(SdDiscovery *disc, void *object);

const SdKind sd_kind_security_labels = {
	.name = "security_labels",
	.relkinds = "rpfvmSc",
	.not_served = "\"%s\" has no security labels",
	.left_out = "identity,problem",
	.emit = emit_security_labels,
};

/*
 * stormdisc_security_labels(relation, schemas, include, exclude) -> setof row
 *		Report the security labels of the objects in scope.
 */
Datum
stormdisc_security_labels(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_security_labels);
}

static void
emit_security_labels(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	List *labels = NIL;
	ListCell *lc;

	if (disc->scope.has_relation)
	{
		int count;
		Oid *oids =
			sd_catalog_used(cat, disc->scope.relation, InvalidOid, &count);

		for (int i = 0; i < count; i++)
			sd_scan_oid(cat, SecLabelRelationId, SecLabelObjectIndexId,
						Anum_pg_seclabel_objoid, oids[i], keep_label, &labels);
	}
	else
	{
		sd_scan_all(cat, SecLabelRelationId, keep_label, &labels);
		/* of what databases share, subscriptions belong to one of them */
		sd_scan_all(cat, SharedSecLabelRelationId, keep_shared_label, &labels);
	}
	list_sort(labels, compare_labels);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, labels)
		sd_discovery_add(disc, add_label, lfirst(lc));
}

static void
keep_label(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	const FormData_pg_seclabel *form =
		(FormData_pg_seclabel *) GETSTRUCT(tuple);
	SdObjectName object;

	if (sd_object_name_find(cat, &object, form->classoid, form->objoid,
							form->objsubid))
		add_to_list(arg, &object, tuple, desc, Anum_pg_seclabel_provider,
					Anum_pg_seclabel_label);
}

static void
keep_shared_label(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_shseclabel form = (Form_pg_shseclabel) GETSTRUCT(tuple);
	SdObjectName object;

	if (form->classoid == SubscriptionRelationId &&
		sd_object_name_find(cat, &object, form->classoid, form->objoid, 0))
		add_to_list(arg, &object, tuple, desc, Anum_pg_shseclabel_provider,
					Anum_pg_shseclabel_label);
}

static void
add_to_list(List **labels, const SdObjectName *object, HeapTuple tuple,
			TupleDesc desc, AttrNumber provider, AttrNumber label)
{
	Label *entry = palloc(sizeof(Label));
	bool isnull;

	entry->object = *object;
	entry->provider =
		TextDatumGetCString(heap_getattr(tuple, provider, desc, &isnull));
	entry->label =
		TextDatumGetCString(heap_getattr(tuple, label, desc, &isnull));
	entry->key =
		psprintf("%s for %s", object->key, quote_identifier(entry->provider));
	*labels = lappend(*labels, entry);
}

static int
compare_labels(const ListCell *a, const ListCell *b)
{
	return strcmp(((Label *) lfirst(a))->key, ((Label *) lfirst(b))->key);
}

static void
add_label(SdDiscovery *disc, void *object)
{
	const Label *label = object;

	sd_row_text(disc, label->object.schema);
	sd_row_text(disc, label->object.name);
	sd_row_text(disc, label->object.type);
	sd_row_text(disc, label->object.column);
	sd_row_text(disc, label->object.identity);
	sd_row_text(disc, label->provider);
	sd_row_text(disc, label->label);
	sd_row_identity(disc, label->key);
	sd_row_end(disc, SD_PROBLEM_NONE);
}
