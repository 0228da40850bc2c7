/*-------------------------------------------------------------------------
 *
 * types.c
 *	  stormdisc_types: enums, domains, composites, ranges and base types.
 *
 * Types that come with something else have no row: the row types of tables
 * and views, array types, and multiranges, which are in their ranges' rows.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

#include "compat.h"
#include "discovery/objects.h"

PG_FUNCTION_INFO_V1(stormdisc_types);

typedef struct DomainConstraint
{
	Oid oid;
	NameData name;
	char type;
	bool validated;
	char *tree; /* pg_node_tree of a check */
	bool is_read;
	char *expression; /* from it, when a row needs it */
	SdProblem problem;
} DomainConstraint;

/* the parts of a domain */
typedef struct Domain
{
	Oid oid;			 /* hash key */
	struct Domain *base; /* NULL: its base type is not a domain */
	List *constraints;	 /* of DomainConstraint *, by name */
} Domain;

/* the parts of a range */
typedef struct Range
{
	Oid oid; /* hash key */
	Oid subtype;
	Oid multirange;
	Oid collation;
	Oid opclass;
	Oid canonical;
	Oid subtype_diff;
} Range;

static void emit_types(SdDiscovery *disc);
static bool is_wanted(SdCatalog *cat, HeapTuple tuple);
static Form_pg_type form_of(const SdObject *type);
static List *leave_out_companions(SdCatalog *cat, List *found);
static Oid *relations_of(SdCatalog *cat, List *types, int *count);
static void keep_composite(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
						   void *arg);
static void read_ranges(SdCatalog *cat, List *types);
static void keep_range(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void read_domains(SdCatalog *cat, List *types);
static Domain *domain_of(SdCatalog *cat, HTAB *domains, Oid oid);
static void read_constraints(SdCatalog *cat, HTAB *domains);
static void keep_constraint(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static int compare_constraints(const ListCell *a, const ListCell *b);
static void read_attribute_comments(SdCatalog *cat, List *types);
static void add_type(SdDiscovery *disc, const SdObject *type);
static const char *type_kind(Form_pg_type form);
static void add_domain(SdDiscovery *disc, const SdObject *type,
					   SdProblem *problem);
static void add_constraints(SdDiscovery *disc, const SdObject *type,
							SdProblem *problem);
static const char *constraint_definition(SdDiscovery *disc,
										 DomainConstraint *con,
										 SdProblem *problem);
static void add_attributes(SdDiscovery *disc, const SdObject *type);
static void add_range(SdDiscovery *disc, const SdObject *type);
static void add_base(SdDiscovery *disc, const SdObject *type);
static void add_collation(SdDiscovery *disc, Oid collation, Oid type);
static const char *alignment(char typalign);

const SdKind sd_kind_types = {
	.name = "types",
	.identity = "schema_name,type_name",
	.left_out = "constraint_domains,problem",
	.defaults = "alignment=int4,storage=plain,category=U",
	.emit = emit_types,
};

static const SdObjectClass type_class = {
	.classid = TypeRelationId,
	.is_wanted = is_wanted,
	.add = add_type,
};

/*
 * stormdisc_types(relation, schemas, include, exclude) -> setof row
 *		Report the types in scope, by schema and name.
 */
Datum
stormdisc_types(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_types);
}

static void
emit_types(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	List *types = leave_out_companions(cat, sd_objects_read(disc, &type_class));

	read_ranges(cat, types);
	read_domains(cat, types);
	read_attribute_comments(cat, types);
	sd_objects_add(disc, types);
}

/* All but multiranges and the server's pseudo-types. */
static bool
is_wanted(SdCatalog *cat, HeapTuple tuple)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	return form->typtype != TYPTYPE_MULTIRANGE &&
		   (form->typtype != TYPTYPE_PSEUDO || !form->typisdefined);
}

static Form_pg_type
form_of(const SdObject *type)
{
	return (Form_pg_type) GETSTRUCT(type->tuple);
}

/* The types that were found, without array types and row types of tables. */
static List *
leave_out_companions(SdCatalog *cat, List *found)
{
	HTAB *arrays =
		sd_hash_create(cat, "stormdisc array types", sizeof(Oid), sizeof(Oid));
	HTAB *composites =
		sd_hash_create(cat, "stormdisc composites", sizeof(Oid), sizeof(Oid));
	int noids;
	Oid *oids = relations_of(cat, found, &noids);
	List *types = NIL;
	ListCell *lc;

	sd_scan_oids(cat, RelationRelationId, ClassOidIndexId, Anum_pg_class_oid,
				 noids, oids, keep_composite, composites);
	pfree(oids);
	foreach (lc, found)
		(void) hash_search(arrays, &form_of(lfirst(lc))->typarray, HASH_ENTER,
						   NULL);

	foreach (lc, found)
	{
		SdObject *type = lfirst(lc);
		Form_pg_type form = form_of(type);
		bool is_companion;

		CHECK_FOR_INTERRUPTS();
		if (OidIsValid(form->typrelid))
			is_companion = hash_search(composites, &form->typrelid, HASH_FIND,
									   NULL) == NULL;
		else
			/* the element may be out of scope */
			is_companion =
				OidIsValid(form->typelem) &&
				(hash_search(arrays, &type->oid, HASH_FIND, NULL) != NULL ||
				 sd_catalog_type(cat, form->typelem)->array == type->oid);
		if (is_companion)
			heap_freetuple(type->tuple);
		else
			types = lappend(types, type);
	}

	return types;
}

/*
 * The relations that hold the columns of composite types, and others that are
 * not known to be tables.
 */
static Oid *
relations_of(SdCatalog *cat, List *types, int *count)
{
	Oid *oids = palloc(sizeof(Oid) * (list_length(types) + 1));
	ListCell *lc;

	*count = 0;
	foreach (lc, types)
	{
		Oid oid = form_of(lfirst(lc))->typrelid;
		SdRelation *rel = sd_catalog_known_relation(cat, oid);

		if (OidIsValid(oid) &&
			(rel == NULL || rel->kind == RELKIND_COMPOSITE_TYPE))
			oids[(*count)++] = oid;
	}

	return oids;
}

static void
keep_composite(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

	if (form->relkind == RELKIND_COMPOSITE_TYPE)
		(void) hash_search(arg, &form->oid, HASH_ENTER, NULL);
}

static void
read_ranges(SdCatalog *cat, List *types)
{
	HTAB *ranges =
		sd_hash_create(cat, "stormdisc ranges", sizeof(Oid), sizeof(Range));
	ListCell *lc;

	sd_scan_all(cat, RangeRelationId, keep_range, ranges);
	foreach (lc, types)
	{
		SdObject *type = lfirst(lc);

		if (form_of(type)->typtype == TYPTYPE_RANGE)
			type->parts = hash_search(ranges, &type->oid, HASH_FIND, NULL);
	}
}

static void
keep_range(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_range form = (Form_pg_range) GETSTRUCT(tuple);
	Range *range = hash_search(arg, &form->rngtypid, HASH_ENTER, NULL);

	range->subtype = form->rngsubtype;
	range->multirange = form->rngmultitypid;
	range->collation = form->rngcollation;
	range->opclass = form->rngsubopc;
	range->canonical = form->rngcanonical;
	range->subtype_diff = form->rngsubdiff;
}

/* Read the domains that the domains in scope stand on, and constraints. */
static void
read_domains(SdCatalog *cat, List *types)
{
	HTAB *domains =
		sd_hash_create(cat, "stormdisc domains", sizeof(Oid), sizeof(Domain));
	ListCell *lc;

	foreach (lc, types)
	{
		SdObject *type = lfirst(lc);

		if (form_of(type)->typtype == TYPTYPE_DOMAIN)
			type->parts = domain_of(cat, domains, type->oid);
	}
	read_constraints(cat, domains);
}

/* A domain, entered with all that it stands on. */
static Domain *
domain_of(SdCatalog *cat, HTAB *domains, Oid oid)
{
	Domain *result = NULL;
	Domain *above = NULL;
	bool known = false;

	while (!known && sd_catalog_type(cat, oid)->kind == SD_TYPE_DOMAIN)
	{
		Domain *domain = hash_search(domains, &oid, HASH_ENTER, &known);

		CHECK_FOR_INTERRUPTS();
		if (!known)
		{
			domain->base = NULL;
			domain->constraints = NIL;
		}
		if (above != NULL)
			above->base = domain;
		else
			result = domain;
		above = domain;
		oid = sd_catalog_type(cat, oid)->base;
	}

	return result;
}

static void
read_constraints(SdCatalog *cat, HTAB *domains)
{
	Oid *oids = palloc(sizeof(Oid) * (hash_get_num_entries(domains) + 1));
	int noids = 0;
	int nconstraints = 0;
	HASH_SEQ_STATUS status;
	Domain *domain;
	ListCell *lc;

	hash_seq_init(&status, domains);
	while ((domain = hash_seq_search(&status)) != NULL)
		oids[noids++] = domain->oid;
	sd_scan_oids(cat, ConstraintRelationId, ConstraintTypidIndexId,
				 Anum_pg_constraint_contypid, noids, oids, keep_constraint,
				 domains);
	pfree(oids);

	hash_seq_init(&status, domains);
	while ((domain = hash_seq_search(&status)) != NULL)
	{
		list_sort(domain->constraints, compare_constraints);
		nconstraints += list_length(domain->constraints);
	}

	oids = palloc(sizeof(Oid) * (nconstraints + 1));
	noids = 0;
	hash_seq_init(&status, domains);
	while ((domain = hash_seq_search(&status)) != NULL)
		foreach (lc, domain->constraints)
			oids[noids++] = ((DomainConstraint *) lfirst(lc))->oid;
	sd_catalog_read_comments(cat, ConstraintRelationId, noids, oids);
	pfree(oids);
}

static void
keep_constraint(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	Domain *domain;
	DomainConstraint *con;
	MemoryContext oldcontext;
	Datum tree;
	bool isnull;

	if (!OidIsValid(form->contypid))
		return;
	domain = hash_search(arg, &form->contypid, HASH_FIND, NULL);
	if (domain == NULL)
		return;

	oldcontext = MemoryContextSwitchTo(cat->context);
	con = palloc0(sizeof(DomainConstraint));
	con->oid = form->oid;
	con->name = form->conname;
	con->type = form->contype;
	con->validated = form->convalidated;
	tree = heap_getattr(tuple, Anum_pg_constraint_conbin, desc, &isnull);
	if (!isnull)
		con->tree = TextDatumGetCString(tree);
	domain->constraints = lappend(domain->constraints, con);
	MemoryContextSwitchTo(oldcontext);
}

static int
compare_constraints(const ListCell *a, const ListCell *b)
{
	return strcmp(NameStr(((DomainConstraint *) lfirst(a))->name),
				  NameStr(((DomainConstraint *) lfirst(b))->name));
}

/* The attributes of composite types are columns of their relations. */
static void
read_attribute_comments(SdCatalog *cat, List *types)
{
	int noids;
	Oid *oids = relations_of(cat, types, &noids);

	sd_catalog_read_comments(cat, RelationRelationId, noids, oids);
	pfree(oids);
}

static void
add_type(SdDiscovery *disc, const SdObject *type)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_type form = form_of(type);
	SdProblem problem = SD_PROBLEM_NONE;

	sd_row_object(disc, type);
	sd_row_text(disc, type_kind(form));
	if (form->typtype == TYPTYPE_ENUM)
		sd_row_datum(
			disc, sd_catalog_enum_labels(cat, sd_catalog_type(cat, type->oid)));
	else
		sd_row_null(disc);
	add_domain(disc, type, &problem);
	add_attributes(disc, type);
	add_range(disc, type);
	add_base(disc, type);
	sd_row_object_end(disc, type, problem);
}

static const char *
type_kind(Form_pg_type form)
{
	if (!form->typisdefined)
		return "shell";
	switch (form->typtype)
	{
		case TYPTYPE_BASE:
			return "base";
		case TYPTYPE_COMPOSITE:
			return "composite";
		case TYPTYPE_DOMAIN:
			return "domain";
		case TYPTYPE_ENUM:
			return "enum";
		case TYPTYPE_RANGE:
			return "range";
		default:
			elog(ERROR, "unrecognized type kind: %c", form->typtype);
			return NULL; /* keep compiler quiet */
	}
}

/* base_type, not_null, default_value, collation, constraint_* */
static void
add_domain(SdDiscovery *disc, const SdObject *type, SdProblem *problem)
{
	SdCatalog *cat = disc->catalog;
	Form_pg_type form = form_of(type);

	if (form->typtype != TYPTYPE_DOMAIN)
	{
		sd_row_nulls(disc, 2);
		sd_row_text(disc, form->typtype == TYPTYPE_BASE
							  ? sd_object_text(type, Anum_pg_type_typdefault)
							  : NULL);
		sd_row_nulls(disc, 6);
		return;
	}

	sd_row_text(
		disc, sd_catalog_format_type(cat, form->typbasetype, form->typtypmod));
	sd_row_bool(disc, form->typnotnull);
	sd_row_text(disc, sd_catalog_type_default(
						  cat, sd_catalog_type(cat, type->oid), problem));
	add_collation(disc, form->typcollation, form->typbasetype);
	add_constraints(disc, type, problem);
}

/*
 * constraint_*: of every level, in the order in which the server checks them,
 * the undermost domain's first.
 */
static void
add_constraints(SdDiscovery *disc, const SdObject *type, SdProblem *problem)
{
	SdCatalog *cat = disc->catalog;
	List *levels = NIL;
	int count = 0;
	const char **names;
	const char **domains;
	const char **definitions;
	const char **comments;
	Datum *validated;
	ListCell *lc;

	for (Domain *domain = type->parts; domain != NULL; domain = domain->base)
	{
		CHECK_FOR_INTERRUPTS();
		levels = lappend(levels, domain);
		count += list_length(domain->constraints);
		/* a document has the others where they stand */
		if (disc->is_document)
			break;
	}
	names = palloc(sizeof(char *) * (count + 1));
	domains = palloc(sizeof(char *) * (count + 1));
	definitions = palloc(sizeof(char *) * (count + 1));
	comments = palloc(sizeof(char *) * (count + 1));
	validated = palloc(sizeof(Datum) * (count + 1));

	count = 0;
	for (int i = list_length(levels) - 1; i >= 0; i--)
	{
		Domain *domain = list_nth(levels, i);
		const char *name =
			sd_catalog_qualified_name(cat, TypeRelationId, domain->oid);

		foreach (lc, domain->constraints)
		{
			DomainConstraint *con = lfirst(lc);

			names[count] = NameStr(con->name);
			domains[count] = name;
			definitions[count] = constraint_definition(disc, con, problem);
			comments[count] =
				sd_catalog_comment(cat, ConstraintRelationId, con->oid, 0);
			validated[count] = BoolGetDatum(con->validated);
			count++;
		}
	}

	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, domains);
	sd_row_texts(disc, count, definitions);
	sd_row_datum(disc, PointerGetDatum(construct_array(validated, count,
													   BOOLOID, sizeof(bool),
													   true, TYPALIGN_CHAR)));
	sd_row_texts(disc, count, comments);
}

/* What pg_get_constraintdef() says; NULL with a problem. */
static const char *
constraint_definition(SdDiscovery *disc, DomainConstraint *con,
					  SdProblem *problem)
{
	if (con->type == CONSTRAINT_NOTNULL)
		return "NOT NULL";
	if (con->type != CONSTRAINT_CHECK || con->tree == NULL)
		elog(ERROR, "invalid constraint type \"%c\" of a domain", con->type);

	if (!con->is_read)
	{
		con->expression = sd_deparse(
			disc->catalog, NULL,
			sd_deparse_read_string(disc->catalog, con->tree), &con->problem);
		con->is_read = true;
	}
	if (con->expression == NULL)
	{
		*problem = con->problem;
		return NULL;
	}

	return psprintf("CHECK (%s)%s", con->expression,
					con->validated ? "" : " NOT VALID");
}

/* attribute_* */
static void
add_attributes(SdDiscovery *disc, const SdObject *type)
{
	SdCatalog *cat = disc->catalog;
	SdRelation *rel = sd_catalog_relation(cat, form_of(type)->typrelid);
	const char **names;
	const char **types;
	const char **collations;
	const char **comments;
	int count = 0;

	if (rel == NULL)
	{
		sd_row_nulls(disc, 4);
		return;
	}

	sd_relation_read_columns(cat, rel);
	names = palloc(sizeof(char *) * (rel->natts + 1));
	types = palloc(sizeof(char *) * (rel->natts + 1));
	collations = palloc(sizeof(char *) * (rel->natts + 1));
	comments = palloc(sizeof(char *) * (rel->natts + 1));
	for (int i = 0; i < rel->natts; i++)
	{
		SdColumn *column = &rel->columns[i];

		if (!column->exists)
			continue;
		names[count] = NameStr(column->name);
		types[count] =
			sd_catalog_format_type(cat, column->type, column->typmod);
		collations[count] =
			column->collation == sd_catalog_type(cat, column->type)->collation
				? NULL
				: sd_catalog_qualified_name(cat, CollationRelationId,
											column->collation);
		comments[count] = sd_catalog_comment(cat, RelationRelationId, rel->oid,
											 column->number);
		count++;
	}
	sd_row_texts(disc, count, names);
	sd_row_texts(disc, count, types);
	sd_row_texts(disc, count, collations);
	sd_row_texts(disc, count, comments);
}

/* subtype*, canonical, subtype_diff, multirange_type */
static void
add_range(SdDiscovery *disc, const SdObject *type)
{
	Range *range = type->parts;

	if (form_of(type)->typtype != TYPTYPE_RANGE || range == NULL)
	{
		sd_row_nulls(disc, 6);
		return;
	}
	sd_row_text(disc,
				sd_catalog_format_type(disc->catalog, range->subtype, -1));
	sd_row_qualified(disc, OperatorClassRelationId, range->opclass);
	add_collation(disc, range->collation, range->subtype);
	sd_row_qualified(disc, ProcedureRelationId, range->canonical);
	sd_row_qualified(disc, ProcedureRelationId, range->subtype_diff);
	sd_row_qualified(disc, TypeRelationId, range->multirange);
}

/* *_function, and from internal_length to is_collatable */
static void
add_base(SdDiscovery *disc, const SdObject *type)
{
	Form_pg_type form = form_of(type);
	const Oid functions[] = {
		form->typinput, form->typoutput, form->typreceive, form->typsend,
		form->typmodin, form->typmodout, form->typanalyze, form->typsubscript};

	if (form->typtype != TYPTYPE_BASE || !form->typisdefined)
	{
		sd_row_nulls(disc, lengthof(functions) + 9);
		return;
	}

	for (int i = 0; i < lengthof(functions); i++)
		sd_row_qualified(disc, ProcedureRelationId, functions[i]);
	sd_row_int32(disc, form->typlen);
	sd_row_bool(disc, form->typbyval);
	sd_row_text(disc, alignment(form->typalign));
	sd_row_text(disc, sd_storage(form->typstorage));
	sd_row_text(disc, (const char[]){form->typcategory, '\0'});
	sd_row_bool(disc, form->typispreferred);
	sd_row_text(disc, (const char[]){form->typdelim, '\0'});
	sd_row_text(disc,
				OidIsValid(form->typelem)
					? sd_catalog_format_type(disc->catalog, form->typelem, -1)
					: NULL);
	sd_row_bool(disc, OidIsValid(form->typcollation));
}

/* Add the name of a collation, NULL if it is the type's own. */
static void
add_collation(SdDiscovery *disc, Oid collation, Oid type)
{
	if (collation == sd_catalog_type(disc->catalog, type)->collation)
		sd_row_null(disc);
	else
		sd_row_qualified(disc, CollationRelationId, collation);
}

static const char *
alignment(char typalign)
{
	switch (typalign)
	{
		case TYPALIGN_CHAR:
			return "char";
		case TYPALIGN_SHORT:
			return "int2";
		case TYPALIGN_INT:
			return "int4";
		case TYPALIGN_DOUBLE:
			return "double";
		default:
			elog(ERROR, "unrecognized alignment: %c", typalign);
			return NULL; /* keep compiler quiet */
	}
}
