/*-------------------------------------------------------------------------
 *
 * relationships.c
 *	  stormdisc_relationships: the links between tables, as a modeller sees
 *	  them.
 *
 * Every link is told from both of its ends, each time as a row of the table
 * that it is seen from.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "discovery/discovery.h"
#include "model/model.h"

PG_FUNCTION_INFO_V1(stormdisc_relationships);

/* a link as it is seen from one end */
typedef struct Relationship
{
	SdLinks *links;
	SdRelation *from;
	SdRelation *to;
	SdLink *link;	/* many-to-many: from the junction table to "from" */
	SdLink *onward; /* many-to-many: from the junction table to "to" */
	bool is_inverse;
} Relationship;

static void emit_relationships(SdDiscovery *disc);
static List *find_junctions(SdCatalog *cat, SdLinks *links, SdLinkTable *table,
							List *found);
static List *add_junction(SdLinks *links, SdLink *left, SdLink *right,
						  List *found);
static List *add_if_in_scope(SdLinks *links, SdRelation *from, SdRelation *to,
							 SdLink *link, SdLink *onward, bool is_inverse,
							 List *found);
static int compare_relationships(const ListCell *a, const ListCell *b);
static void add_relationship(SdDiscovery *disc, void *object);
static const char *relationship_kind(const Relationship *relationship);
static void add_junction_columns(SdDiscovery *disc,
								 const Relationship *relationship);

static const SdKind kind = {
	.name = "relationships",
	.relkinds = "rpf",
	.not_served = "\"%s\" is not a table",
	.parts = SD_READ_COLUMNS,
	.emit = emit_relationships,
};

/*
 * stormdisc_relationships(relation, schemas, include, exclude) -> setof row
 *		Report the relationships of the tables in scope to any other tables.
 */
Datum
stormdisc_relationships(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &kind);
}

static void
emit_relationships(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	SdLinks *links = sd_links_read(cat, false);
	MemoryContext oldcontext = MemoryContextSwitchTo(cat->context);
	List *found = NIL;
	SdRelation *last = NULL;
	ListCell *lc;

	sd_links_read_indexes(cat, links);
	for (int i = 0; i < links->nlinks; i++)
	{
		SdLink *link = links->links[i];

		CHECK_FOR_INTERRUPTS();
		found = add_if_in_scope(links, link->child, link->parent, link, NULL,
								false, found);
		found = add_if_in_scope(links, link->parent, link->child, link, NULL,
								true, found);
		if (link->child != last)
		{
			last = link->child;
			found =
				find_junctions(cat, links, sd_links_find(links, last), found);
		}
	}
	list_sort(found, compare_relationships);
	MemoryContextSwitchTo(oldcontext);

	foreach (lc, found)
		sd_discovery_add(disc, add_relationship, lfirst(lc));
}

/*
 * A junction table has a unique key that is made of two foreign keys: both
 * together have exactly its columns, and neither has them all.
 */
static List *
find_junctions(SdCatalog *cat, SdLinks *links, SdLinkTable *table, List *found)
{
	List *keys = NIL; /* of Bitmapset *, each set once */
	ListCell *lc;

	if (list_length(table->links) < 2)
		return found;

	foreach (lc, table->indexes)
	{
		SdTableIndex *index = lfirst(lc);
		List *parts = NIL;
		ListCell *other;
		bool known = false;

		foreach (other, keys)
			known = known || bms_equal(lfirst(other), index->column_set);
		if (!index->is_unique || known)
			continue;
		keys = lappend(keys, index->column_set);

		foreach (other, table->links)
		{
			SdLink *link = lfirst(other);

			if (bms_subset_compare(link->column_set, index->column_set) ==
				BMS_SUBSET1)
				parts = lappend(parts, link);
		}
		for (int i = 0; i < list_length(parts); i++)
		{
			for (int j = i + 1; j < list_length(parts); j++)
			{
				SdLink *left = list_nth(parts, i);
				SdLink *right = list_nth(parts, j);
				Bitmapset *both =
					bms_union(left->column_set, right->column_set);

				CHECK_FOR_INTERRUPTS();
				if (bms_equal(both, index->column_set))
					found = add_junction(links, left, right, found);
				bms_free(both);
			}
		}
		list_free(parts);
	}
	list_free(keys);

	return found;
}

static List *
add_junction(SdLinks *links, SdLink *left, SdLink *right, List *found)
{
	found = add_if_in_scope(links, left->parent, right->parent, left, right,
							false, found);

	return add_if_in_scope(links, right->parent, left->parent, right, left,
						   false, found);
}

/* A row belongs to the table that the link is seen from. */
static List *
add_if_in_scope(SdLinks *links, SdRelation *from, SdRelation *to, SdLink *link,
				SdLink *onward, bool is_inverse, List *found)
{
	Relationship *relationship;

	if (!from->in_scope)
		return found;
	relationship = palloc(sizeof(Relationship));
	relationship->links = links;
	relationship->from = from;
	relationship->to = to;
	relationship->link = link;
	relationship->onward = onward;
	relationship->is_inverse = is_inverse;

	return lappend(found, relationship);
}

static int
compare_relationships(const ListCell *a, const ListCell *b)
{
	const Relationship *left = lfirst(a);
	const Relationship *right = lfirst(b);
	int result = sd_relation_compare(left->from, right->from);

	if (result == 0)
		result = sd_relation_compare(left->to, right->to);
	if (result == 0) /* direct ones first */
		result = (left->onward != NULL) - (right->onward != NULL);
	if (result == 0 && left->onward != NULL)
		result = sd_relation_compare(left->link->child, right->link->child);
	if (result == 0)
		result = strcmp(NameStr(left->link->name), NameStr(right->link->name));
	if (result == 0 && left->onward != NULL)
		result =
			strcmp(NameStr(left->onward->name), NameStr(right->onward->name));
	if (result == 0)
		result = left->is_inverse - right->is_inverse;

	return result;
}

static void
add_relationship(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	Relationship *relationship = object;
	SdRelation *from = relationship->from;
	SdRelation *to = relationship->to;
	SdLink *link = relationship->link;
	SdLink *onward = relationship->onward;
	const char *names[2];

	sd_relation_read_columns(cat, from);
	sd_relation_read_columns(cat, to);

	sd_row_text(disc, relationship_kind(relationship));
	sd_row_name(disc, &from->schema->name);
	sd_row_name(disc, &from->name);
	if (onward == NULL && !relationship->is_inverse)
		sd_row_columns(disc, from, link->ncolumns, link->columns);
	else
		sd_row_columns(disc, from, link->ncolumns, link->ref_columns);
	sd_row_name(disc, &to->schema->name);
	sd_row_name(disc, &to->name);
	if (onward != NULL)
		sd_row_columns(disc, to, onward->ncolumns, onward->ref_columns);
	else if (relationship->is_inverse)
		sd_row_columns(disc, to, link->ncolumns, link->columns);
	else
		sd_row_columns(disc, to, link->ncolumns, link->ref_columns);
	add_junction_columns(disc, relationship);
	names[0] = NameStr(link->name);
	names[1] = onward != NULL ? NameStr(onward->name) : NULL;
	sd_row_texts(disc, onward != NULL ? 2 : 1, names);
	sd_row_bool(disc, from == to);
	if (onward != NULL)
		sd_row_null(disc);
	else
		sd_row_bool(disc, relationship->is_inverse);
	sd_row_bool(disc, sd_link_is_optional(cat, link) ||
						  (onward && sd_link_is_optional(cat, onward)));
	sd_row_bool(disc, link->enforced && (!onward || onward->enforced));
	sd_row_bool(disc, link->validated && (!onward || onward->validated));
	sd_row_bool(disc, sd_link_is_indexed(cat, relationship->links, link) &&
						  (!onward || sd_link_is_indexed(
										  cat, relationship->links, onward)));
	sd_row_end(disc, SD_PROBLEM_NONE);
}

static const char *
relationship_kind(const Relationship *relationship)
{
	if (relationship->onward != NULL)
		return "many-to-many";
	if (sd_link_is_unique(relationship->links, relationship->link))
		return "one-to-one";

	return relationship->is_inverse ? "one-to-many" : "many-to-one";
}

/* junction_schema, junction_table, junction_from_columns, ..._to_columns */
static void
add_junction_columns(SdDiscovery *disc, const Relationship *relationship)
{
	SdLink *link = relationship->link;
	SdLink *onward = relationship->onward;

	if (onward == NULL)
	{
		for (int i = 0; i < 4; i++)
			sd_row_null(disc);
		return;
	}

	sd_relation_read_columns(disc->catalog, link->child);
	sd_row_name(disc, &link->child->schema->name);
	sd_row_name(disc, &link->child->name);
	sd_row_columns(disc, link->child, link->ncolumns, link->columns);
	sd_row_columns(disc, link->child, onward->ncolumns, onward->columns);
}
