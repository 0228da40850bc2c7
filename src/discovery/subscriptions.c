/*-------------------------------------------------------------------------
 *
 * subscriptions.c
 *	  stormdisc_subscriptions: what logical replication subscribes to.
 *
 * The connection string may hold a password.  The server shows it to
 * superusers only; here it is not even read.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_subscription.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "discovery/discovery.h"

PG_FUNCTION_INFO_V1(stormdisc_subscriptions);

typedef struct Subscribed
{
	FormData_pg_subscription form; /* its fixed part */
	const char *slot;
	const char *synchronous_commit;
	ArrayType *publications;
	const char *origin;
	const char *receiver_timeout;
} Subscribed;

static void emit_subscriptions(SdDiscovery *disc);
static void keep_subscription(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							  void *arg);
static int compare_subscriptions(const ListCell *a, const ListCell *b);
static void add_subscription(SdDiscovery *disc, void *object);
static void add_newer(SdDiscovery *disc, const Subscribed *sub);
static const char *streaming(char substream);

const SdKind sd_kind_subscriptions = {
	.name = "subscriptions",
	.identity = "subscription_name",
	/* pg_dump writes subscriptions that are disabled */
	.left_out = "is_enabled,problem",
	.defaults = "synchronous_commit=off,streaming=off,origin=any,"
				"password_required=true,max_retention_duration=0,"
				"wal_receiver_timeout=-1",
	.emit = emit_subscriptions,
};

/*
 * stormdisc_subscriptions(relation, schemas, include, exclude) -> setof row
 *		Report the subscriptions of this database, by name.
 */
Datum
stormdisc_subscriptions(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_subscriptions);
}

static void
emit_subscriptions(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	List *found = NIL;
	Oid *oids;
	int noids = 0;
	ListCell *lc;

	sd_scan_all(cat, SubscriptionRelationId, keep_subscription, &found);
	oids = palloc(sizeof(Oid) * (list_length(found) + 1));
	foreach (lc, found)
		oids[noids++] = ((Subscribed *) lfirst(lc))->form.oid;
	sd_catalog_read_comments(cat, SubscriptionRelationId, noids, oids);
	list_sort(found, compare_subscriptions);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, found)
		sd_discovery_add(disc, add_subscription, lfirst(lc));
}

static void
keep_subscription(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	List **found = arg;
	Form_pg_subscription form = (Form_pg_subscription) GETSTRUCT(tuple);
	Subscribed *sub;
	Datum value;
	bool isnull;

	/* the catalog is shared by all databases */
	if (form->subdbid != MyDatabaseId ||
		!sd_scope_has_object(cat, SubscriptionRelationId, form->oid, InvalidOid,
							 NameStr(form->subname)))
		return;

	sub = palloc0(sizeof(Subscribed));
	memcpy(&sub->form, form, sizeof(FormData_pg_subscription));
	value =
		heap_getattr(tuple, Anum_pg_subscription_subslotname, desc, &isnull);
	if (!isnull)
		sub->slot = pstrdup(NameStr(*DatumGetName(value)));
	value =
		heap_getattr(tuple, Anum_pg_subscription_subsynccommit, desc, &isnull);
	if (!isnull)
		sub->synchronous_commit = TextDatumGetCString(value);
	value = heap_getattr(tuple, Anum_pg_subscription_subpublications, desc,
						 &isnull);
	if (!isnull)
		sub->publications = DatumGetArrayTypePCopy(value);
#ifdef SD_HAS_SUBSCRIPTION_ORIGIN
	value = heap_getattr(tuple, Anum_pg_subscription_suborigin, desc, &isnull);
	if (!isnull)
		sub->origin = TextDatumGetCString(value);
#endif
#ifdef SD_HAS_SUBSCRIPTION_SERVER
	value = heap_getattr(tuple, Anum_pg_subscription_subwalrcvtimeout, desc,
						 &isnull);
	if (!isnull)
		sub->receiver_timeout = TextDatumGetCString(value);
#endif
	*found = lappend(*found, sub);
}

static int
compare_subscriptions(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((Subscribed *) lfirst(a))->form.subname),
				  NameStr(((Subscribed *) lfirst(b))->form.subname));
}

static void
add_subscription(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	const Subscribed *sub = object;

	sd_row_name(disc, &sub->form.subname);
	sd_row_owner(disc, sub->form.subowner);
	sd_row_bool(disc, sub->form.subenabled);
	sd_row_options(disc, sub->publications);
	sd_row_text(disc, sub->slot);
	sd_row_text(disc, sub->synchronous_commit);
	sd_row_bool(disc, sub->form.subbinary);
	sd_row_text(disc, streaming(SD_SUBSCRIPTION_STREAM(&sub->form)));
	/* pending is asked for, too */
	sd_row_bool(disc, sub->form.subtwophasestate !=
						  LOGICALREP_TWOPHASE_STATE_DISABLED);
	sd_row_bool(disc, sub->form.subdisableonerr);
	add_newer(disc, sub);
	sd_row_text(disc, sd_catalog_comment(cat, SubscriptionRelationId,
										 sub->form.oid, 0));
	sd_row_end(disc, SD_PROBLEM_NONE);
}

/* What came with later versions is NULL before. */
static void
add_newer(SdDiscovery *disc, const Subscribed *sub)
{
	sd_row_text(disc, sub->origin);
#ifdef SD_HAS_SUBSCRIPTION_ORIGIN
	sd_row_bool(disc, sub->form.subpasswordrequired);
	sd_row_bool(disc, sub->form.subrunasowner);
#else
	sd_row_null(disc);
	sd_row_null(disc);
#endif
#ifdef SD_HAS_SUBSCRIPTION_FAILOVER
	sd_row_bool(disc, sub->form.subfailover);
#else
	sd_row_null(disc);
#endif
#ifdef SD_HAS_SUBSCRIPTION_SERVER
	sd_row_bool(disc, sub->form.subretaindeadtuples);
	sd_row_int32(disc, sub->form.submaxretention);
	sd_row_text(disc, sub->receiver_timeout);
	sd_row_text(disc, sd_catalog_name(disc->catalog, ForeignServerRelationId,
									  sub->form.subserver));
#else
	sd_row_nulls(disc, 4);
#endif
}

static const char *
streaming(char substream)
{
	switch (substream)
	{
		case 'f':
			return "off";
		case 't':
			return "on";
		case 'p':
			return "parallel";
		default:
			elog(ERROR, "unrecognized streaming mode: %c", substream);
			return NULL; /* keep compiler quiet */
	}
}
