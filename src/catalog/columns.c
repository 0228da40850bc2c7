/*-------------------------------------------------------------------------
 *
 * columns.c
 *	  Columns, their defaults and the sequences they own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/heap.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/dependency.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "catalog/sd_catalog.h"
#include "compat.h"

static void prepare_columns(SdCatalog *cat, SdRelation *rel);
static void number_columns(SdRelation *rel);
static SdRelation *wanted_relation(SdCatalog *cat, Oid oid);
static void keep_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						void *arg);
static void keep_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						 void *arg);
static bool is_mark(text *option);
static bool find_nextval(Node *node, void *arg);
static void read_sequences(SdCatalog *cat);
static void read_owned_sequences(SdCatalog *cat, SdRelation *rel);
static void keep_sequence(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						  void *arg);
static void find_inherited_sequences(SdCatalog *cat, SdRelation *rel);
static SdColumn *column_by_name(SdRelation *rel, const char *name);
static void mark_partition_key(SdCatalog *cat, SdRelation *rel);
static void keep_primary_key(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							 void *arg);

/*
 * sd_catalog_read_columns
 *		Read the columns of the relations in scope, and the parts of them
 *		that the reading asks for.
 */
void
sd_catalog_read_columns(SdCatalog *cat)
{
	for (int i = 0; i < cat->nrelations; i++)
		prepare_columns(cat, cat->relations[i]);
	cat->key_settings_read =
		!sd_scan_prefers_index(AttributeRelationId, cat->nrelations);
	if (cat->key_settings_read)
		sd_scan_all(cat, AttributeRelationId, keep_column, NULL);
	else
		sd_scan_relations(cat, AttributeRelationId, AttributeRelidNumIndexId,
						  Anum_pg_attribute_attrelid, keep_column, NULL);
	for (int i = 0; i < cat->nrelations; i++)
		number_columns(cat->relations[i]);

	if (cat->parts & SD_READ_DEFAULTS)
		sd_scan_relations(cat, AttrDefaultRelationId, AttrDefaultIndexId,
						  Anum_pg_attrdef_adrelid, keep_default, NULL);
	if (cat->parts & SD_READ_SEQUENCES)
		read_sequences(cat);
	if (cat->parts & SD_READ_PRIMARY_KEY)
	{
		sd_scan_relations(cat, IndexRelationId, IndexIndrelidIndexId,
						  Anum_pg_index_indrelid, keep_primary_key, NULL);
		for (int i = 0; i < cat->nrelations; i++)
			mark_partition_key(cat, cat->relations[i]);
	}
}

/*
 * sd_relation_read_columns
 *		Read the columns of any one relation, if they have not been read.
 */
void
sd_relation_read_columns(SdCatalog *cat, SdRelation *rel)
{
	if (rel->columns_read)
		return;

	prepare_columns(cat, rel);
	sd_scan_oid(cat, AttributeRelationId, AttributeRelidNumIndexId,
				Anum_pg_attribute_attrelid, rel->oid, keep_column, NULL);
	number_columns(rel);
}

static void
prepare_columns(SdCatalog *cat, SdRelation *rel)
{
	if (rel->columns_read)
		return;
	rel->columns_read = true;
	rel->columns = MemoryContextAllocZero(
		cat->relation_context, sizeof(SdColumn) * Max(rel->natts, 1));
}

static void
number_columns(SdRelation *rel)
{
	int position = 0;

	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists)
			rel->columns[i].position = ++position;
}

/*
 * sd_relation_column
 *		A column by number; NULL for a system or dropped column.
 */
SdColumn *
sd_relation_column(SdRelation *rel, AttrNumber number)
{
	SdColumn *column;

	Assert(rel->columns_read);
	if (number < 1 || number > rel->natts)
		return NULL;
	column = &rel->columns[number - 1];

	return column->exists ? column : NULL;
}

/*
 * sd_relation_column_name
 *		The name of a column by number; * for the whole row, NULL for a
 *		dropped column.
 */
const char *
sd_relation_column_name(SdRelation *rel, AttrNumber number)
{
	SdColumn *column = sd_relation_column(rel, number);

	if (column != NULL)
		return NameStr(column->name);
	if (number == InvalidAttrNumber)
		return "*";
	if (number < 0 && number > FirstLowInvalidHeapAttributeNumber)
		return NameStr(SystemAttributeDefinition(number)->attname);

	return NULL;
}

/* A relation whose columns are being read, by OID, or NULL. */
static SdRelation *
wanted_relation(SdCatalog *cat, Oid oid)
{
	SdRelation *rel = sd_catalog_known_relation(cat, oid);

	return rel != NULL && rel->columns_read ? rel : NULL;
}

static void
keep_column(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	SdRelation *rel;
	SdColumn *column;

	if (form->attnum <= 0 || form->attisdropped)
		return;
	rel = wanted_relation(cat, form->attrelid);
	if (rel == NULL && (cat->parts & SD_READ_INDEXES))
		sd_index_keep_key_settings(cat, tuple, desc);
	if (rel == NULL || form->attnum > rel->natts)
		return;

	column = &rel->columns[form->attnum - 1];
	namestrcpy(&column->name, NameStr(form->attname));
	column->exists = true;
	column->number = form->attnum;
	column->type = form->atttypid;
	column->typmod = form->atttypmod;
	column->collation = form->attcollation;
	column->length = form->attlen;
	column->not_null = form->attnotnull;
	column->has_default = form->atthasdef;
	column->is_local = form->attislocal;
	column->inherited_count = form->attinhcount;
	column->identity = form->attidentity;
	column->generated = form->attgenerated;
	column->storage = form->attstorage;
	column->compression = form->attcompression;
	column->statistics_target = sd_attribute_statistics_target(tuple, desc);
	if (!heap_attisnull(tuple, Anum_pg_attribute_attacl, desc))
		rel->has_column_privileges = true;
	if (cat->parts & SD_READ_COLUMN_OPTIONS)
		column->options = sd_attribute_options(cat, tuple, desc);
}

/*
 * sd_attribute_statistics_target
 *		The statistics target in a row of pg_attribute; -1: default.
 */
int
sd_attribute_statistics_target(HeapTuple tuple, TupleDesc desc)
{
#ifdef SD_NULLABLE_STATTARGET
	bool isnull;
	Datum target =
		heap_getattr(tuple, Anum_pg_attribute_attstattarget, desc, &isnull);

	return isnull ? -1 : DatumGetInt16(target);
#else
	return ((Form_pg_attribute) GETSTRUCT(tuple))->attstattarget;
#endif
}

/*
 * sd_attribute_options
 *		The options in a row of pg_attribute, in the reading's memory; NULL
 *		for none.
 *
 * The server keeps a mark of its own among them, which is no option.
 */
ArrayType *
sd_attribute_options(SdCatalog *cat, HeapTuple tuple, TupleDesc desc)
{
	MemoryContext oldcontext;
	ArrayType *array;
	ArrayBuildState *options = NULL;
	ArrayType *result = NULL;
	Datum value;
	Datum *members;
	int nmembers;
	bool isnull;

	value = heap_getattr(tuple, Anum_pg_attribute_attoptions, desc, &isnull);
	if (isnull)
		return NULL;

	/* mostly there is nothing else */
	array = DatumGetArrayTypeP(value);
	if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) == 1 &&
		is_mark((text *) ARR_DATA_PTR(array)))
	{
		if ((Pointer) array != DatumGetPointer(value))
			pfree(array);
		return NULL;
	}

	oldcontext = MemoryContextSwitchTo(cat->context);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &members, NULL,
					  &nmembers);
	for (int i = 0; i < nmembers; i++)
	{
		if (!is_mark(DatumGetTextPP(members[i])))
			options = accumArrayResult(options, members[i], false, TEXTOID,
									   cat->context);
	}
	if (options != NULL)
		result = DatumGetArrayTypeP(makeArrayResult(options, cat->context));
	pfree(members);
	MemoryContextSwitchTo(oldcontext);

	return result;
}

/* Is an option the server's own? */
static bool
is_mark(text *option)
{
	static const char mark[] = "pg_attver=";

	return VARSIZE_ANY_EXHDR(option) >= strlen(mark) &&
		   memcmp(VARDATA_ANY(option), mark, strlen(mark)) == 0;
}

/* Keep a default, or a generation expression, as text. */
static void
keep_default(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_attrdef form = (Form_pg_attrdef) GETSTRUCT(tuple);
	SdRelation *rel = wanted_relation(cat, form->adrelid);
	SdColumn *column;
	Datum tree;
	Node *expr;
	bool isnull;

	if (rel == NULL)
		return;
	column = sd_relation_column(rel, form->adnum);
	tree = heap_getattr(tuple, Anum_pg_attrdef_adbin, desc, &isnull);
	if (column == NULL || isnull)
		return;

	expr = sd_deparse_read(cat, tree);
	(void) find_nextval(expr, &column->default_sequence);
	column->default_value = sd_deparse(cat, rel, expr, &column->problem);
}

/* Find the sequence in a call of nextval() with a constant. */
static bool
find_nextval(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_NEXTVAL)
	{
		Node *argument = linitial(((FuncExpr *) node)->args);

		if (IsA(argument, Const) && !((Const *) argument)->constisnull)
		{
			*(Oid *) arg = DatumGetObjectId(((Const *) argument)->constvalue);
			return true;
		}
	}

	return expression_tree_walker(node, find_nextval, arg);
}

/* Read which sequences the columns own. */
static void
read_sequences(SdCatalog *cat)
{
	if (cat->scope->has_relation)
	{
		for (int i = 0; i < cat->nrelations; i++)
			read_owned_sequences(cat, cat->relations[i]);
	}
	else if (sd_scan_prefers_index(DependRelationId,
								   list_length(cat->sequences)))
	{
		ListCell *lc;

		foreach (lc, cat->sequences)
		{
			SdKey keys[] = {
				{Anum_pg_depend_classid, ObjectIdGetDatum(RelationRelationId),
				 F_OIDEQ},
				{Anum_pg_depend_objid, ObjectIdGetDatum(lfirst_oid(lc)),
				 F_OIDEQ},
			};

			sd_scan_index(cat, DependRelationId, DependDependerIndexId,
						  lengthof(keys), keys, keep_sequence, NULL);
		}
	}
	else
		sd_scan_all(cat, DependRelationId, keep_sequence, NULL);
	cat->sequence_owners_read = !cat->scope->has_relation;

	for (int i = 0; i < cat->nrelations; i++)
		find_inherited_sequences(cat, cat->relations[i]);
}

/* Read the sequences of one relation's columns: they depend on it. */
static void
read_owned_sequences(SdCatalog *cat, SdRelation *rel)
{
	SdKey keys[] = {
		{Anum_pg_depend_refclassid, ObjectIdGetDatum(RelationRelationId),
		 F_OIDEQ},
		{Anum_pg_depend_refobjid, ObjectIdGetDatum(rel->oid), F_OIDEQ},
	};

	sd_relation_read_columns(cat, rel);
	sd_scan_index(cat, DependRelationId, DependReferenceIndexId, lengthof(keys),
				  keys, keep_sequence, NULL);
}

/*
 * Keep a column's sequence.  Of several, the one that the default calls is the
 * column's, or else the oldest.
 */
static void
keep_sequence(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	SdRelation *rel;
	SdColumn *column;

	if (!sd_sequence_keep_owner(cat, tuple))
		return;
	rel = wanted_relation(cat, form->refobjid);
	column = rel != NULL ? sd_relation_column(rel, form->refobjsubid) : NULL;
	if (column == NULL)
		return;

	if (column->sequence == InvalidOid ||
		form->objid == column->default_sequence ||
		(column->sequence != column->default_sequence &&
		 form->objid < column->sequence))
		column->sequence = form->objid;
}

/*
 * sd_sequence_keep_owner
 *		Does a row of pg_depend say which column owns a sequence?  Then keep
 *		that in the sequence.
 *
 * An identity column's depends on it internally, others by OWNED BY.
 */
bool
sd_sequence_keep_owner(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
	SdRelation *sequence;

	if (form->classid != RelationRelationId || form->objsubid != 0 ||
		form->refclassid != RelationRelationId || form->refobjsubid <= 0 ||
		(form->deptype != DEPENDENCY_AUTO &&
		 form->deptype != DEPENDENCY_INTERNAL))
		return false;

	/* indexes depend on columns as well; mostly all sequences are known */
	if (cat->scope->has_relation)
		sequence = sd_catalog_relation(cat, form->objid);
	else
		sequence = sd_catalog_known_relation(cat, form->objid);
	if (sequence == NULL || sequence->kind != RELKIND_SEQUENCE)
		return false;

	sequence->owner_table = form->refobjid;
	sequence->owner_column = form->refobjsubid;
	sequence->is_identity = (form->deptype == DEPENDENCY_INTERNAL);

	return true;
}

/* The identity columns of a partition use the sequences of its root. */
static void
find_inherited_sequences(SdCatalog *cat, SdRelation *rel)
{
	SdRelation *root = NULL;

	if (!rel->is_partition)
		return;
	for (int i = 0; i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];
		SdColumn *origin;
		int level;

		if (!column->exists || column->identity == '\0' ||
			OidIsValid(column->sequence))
			continue;
		if (root == NULL)
		{
			root = sd_catalog_partition_root(cat, rel, &level);
			if (!root->in_scope)
				read_owned_sequences(cat, root);
		}
		origin = column_by_name(root, NameStr(column->name));
		if (origin != NULL)
			column->sequence = origin->sequence;
	}
}

static SdColumn *
column_by_name(SdRelation *rel, const char *name)
{
	for (int i = 0; i < rel->natts; i++)
		if (rel->columns[i].exists &&
			strcmp(NameStr(rel->columns[i].name), name) == 0)
			return &rel->columns[i];

	return NULL;
}

/* Mark the columns that are, or are used in, the partition key. */
static void
mark_partition_key(SdCatalog *cat, SdRelation *rel)
{
	SdPartitionKey *key = sd_catalog_partition_key(cat, rel);
	SdColumn *column;
	ListCell *lc;

	if (key == NULL)
		return;
	for (int i = 0; i < key->nkeys; i++)
	{
		column = sd_relation_column(rel, key->columns[i]);
		if (column != NULL)
			column->in_partition_key = true;
	}
	foreach (lc, key->used_columns)
	{
		column = sd_relation_column(rel, lfirst_int(lc));
		if (column != NULL)
			column->in_partition_key = true;
	}
}

static void
keep_primary_key(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	SdRelation *rel;

	if (!form->indisprimary)
		return;
	rel = wanted_relation(cat, form->indrelid);
	if (rel == NULL)
		return;
	for (int i = 0; i < form->indnkeyatts; i++)
	{
		SdColumn *column = sd_relation_column(rel, form->indkey.values[i]);

		if (column != NULL)
			column->in_primary_key = true;
	}
}
