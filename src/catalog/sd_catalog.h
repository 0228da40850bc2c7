/*-------------------------------------------------------------------------
 *
 * sd_catalog.h
 *	  One consistent reading of the system catalogs, as plain C structs.
 *
 * A reading has a scope (which relations), parts (what about them), and one
 * registered snapshot that every scan uses.  Tables are neither opened nor
 * locked, so that no reader waits for somebody's DDL and nobody's DDL waits
 * for a reader.  (There are two exceptions, never waited for and released at
 * once: the row types that deparse.c tells of, and stormdisc.type_map.)
 * Expressions are turned into text by the server's
 * own deparser, which does not use the snapshot; deparse.c tells how that is
 * kept consistent, and when it cannot be, the text is NULL with a reason.
 *
 * Nothing else in stormdisc reads the catalogs for discovery.
 *
 * Memory: all that a reading returns lives until sd_catalog_end(), except
 * what is said to live in the scratch context, which sd_catalog_reset()
 * empties.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_CATALOG_H
#define STORMDISC_CATALOG_H

#include "access/attnum.h"
#include "access/htup.h"
#include "access/tupdesc.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/hsearch.h"
#include "utils/palloc.h"
#include "utils/snapshot.h"

/* why something that a row should show is NULL */
typedef enum SdProblem
{
	SD_PROBLEM_NONE,
	SD_PROBLEM_VANISHED, /* something it needs was dropped meanwhile */
	SD_PROBLEM_CHANGED,	 /* something it names was renamed meanwhile */
	SD_PROBLEM_LOCKED,	 /* something it needs is locked by somebody */
	SD_PROBLEM_DENIED,	 /* the caller may not see it */
	SD_PROBLEM_FAILED	 /* and above: sd_catalog_failure() knows the error */
} SdProblem;

/* an error that a reading went on after */
typedef struct SdFailure
{
	int sqlerrcode;
	const char *message;
} SdFailure;

/* what to read about the relations in scope */
#define SD_READ_COLUMNS 0x0001	   /* names, types and flags of columns */
#define SD_READ_DEFAULTS 0x0002	   /* defaults; needs SD_READ_COLUMNS */
#define SD_READ_SEQUENCES 0x0004   /* owned sequences of columns; likewise */
#define SD_READ_PRIMARY_KEY 0x0008 /* marks the columns; likewise */
#define SD_READ_INDEXES 0x0010	   /* likewise */
#define SD_READ_INDEX_TEXTS                                                    \
	0x0020						   /* all indexes, not only those that         \
									* constraints stand on; their expressions */
#define SD_READ_KEYS 0x0040		   /* constraints that have an index */
#define SD_READ_CONSTRAINTS 0x2000 /* all constraints; needs columns */
#define SD_READ_INHERITANCE 0x0080 /* parents */
#define SD_READ_BOUNDS 0x0100	   /* partition bounds */
#define SD_READ_COMMENTS 0x0200	   /* of relations and their columns */
#define SD_READ_INDEX_COMMENTS 0x0400
#define SD_READ_CONSTRAINT_COMMENTS 0x0800
#define SD_READ_TOAST_OPTIONS 0x1000
#define SD_READ_COLUMN_OPTIONS 0x4000 /* of columns; needs SD_READ_COLUMNS */

/* a name with wildcards, as in include and exclude; see pattern.c */
typedef struct SdPattern SdPattern;

/* objects by OID; see oid_map.c */
typedef struct SdOidMap SdOidMap;

/* which relations a reading is about */
typedef struct SdScope
{
	const char *kinds;		 /* the relkinds that are wanted; NULL: none */
	const char *kinds_error; /* "\"%s\" is not a table": for the others */
	bool partitions_of;		 /* not the relation, but its partitions */
	bool permanent_only;	 /* no temporary objects */
	bool ignore_setting;	 /* stormdisc.schemas is not meant */
	bool has_relation;
	Oid relation;
	bool has_schemas;
	List *schema_names; /* of char * */
	List *schemas;		/* of Oid: the same, once a reading has begun */
	List *include;		/* of SdPattern * */
	List *exclude;
} SdScope;

typedef struct SdSchema
{
	Oid oid; /* hash key */
	bool found;
	bool is_own_temp;
	bool is_other_temp;
	bool in_scope;
	NameData name; /* pg_temp for the session's own temporary schema */
} SdSchema;

typedef enum SdTypeKind
{
	SD_TYPE_BASE,
	SD_TYPE_DOMAIN,
	SD_TYPE_ENUM,
	SD_TYPE_COMPOSITE,
	SD_TYPE_RANGE,
	SD_TYPE_MULTIRANGE,
	SD_TYPE_ARRAY,
	SD_TYPE_PSEUDO
} SdTypeKind;

typedef struct SdType
{
	Oid oid; /* hash key */
	bool found;
	NameData name;
	SdSchema *schema;
	SdTypeKind kind;
	Oid element;   /* of an array */
	Oid array;	   /* of this type; invalid: none */
	Oid base;	   /* of a domain */
	int32 typmod;  /* of a domain's base */
	bool not_null; /* of a domain */
	Oid collation;
	Oid relation; /* of a composite type */
	Oid typmod_out;
	char storage;
	const char *storm_type; /* type_map.c's, once it was asked */
	bool storm_type_mapped;
	bool has_default; /* a domain's own */
	bool default_read;
	char *default_value;
	SdProblem default_problem;
	bool labels_read;	 /* of an enum */
	List *labels;		 /* names.c's */
	Pointer label_array; /* text[] */
	bool labels_checked;
	uint64 labels_checked_at;
} SdType;

typedef struct SdColumn
{
	NameData name;
	bool exists; /* false for a dropped column */
	AttrNumber number;
	int position; /* among the columns that exist, from 1 */
	Oid type;
	int32 typmod;
	Oid collation;
	int16 length;
	bool not_null; /* the column's own, not its domain's */
	bool has_default;
	bool is_local;
	int inherited_count;
	char identity;
	char generated;
	char storage;
	char compression;
	int statistics_target; /* -1: default */
	ArrayType *options;	   /* like n_distinct */
	bool in_primary_key;
	bool in_partition_key;
	char *default_value;  /* or the generation expression */
	Oid default_sequence; /* that the default calls nextval() of */
	Oid sequence;		  /* owned by the column */
	SdProblem problem;
} SdColumn;

typedef struct SdRelation
{
	Oid oid;
	bool found;
	bool in_scope;
	NameData name;
	SdSchema *schema;
	char kind;
	char persistence;
	char replica_identity;
	bool is_partition;
	bool is_populated;
	bool row_security;
	bool force_row_security;
	bool has_privileges;		/* was anything granted or revoked? */
	bool has_column_privileges; /* likewise; once the columns were read */
	Oid access_method;
	Oid tablespace;
	Oid owner;
	Oid of_type;
	Oid toast;
	float4 rows;
	int32 pages;
	ArrayType *options;
	char *bound; /* pg_node_tree of a partition's bound */
	/* a sequence's, once they were read */
	Oid owner_table;
	AttrNumber owner_column;
	bool is_identity;
	int natts;
	bool columns_read;
	bool columns_checked; /* deparse.c's */
	uint64 columns_checked_at;
	SdColumn *columns; /* natts of them, by attribute number - 1 */
	List *indexes;	   /* of SdIndex *, by name */
	List *constraints; /* of SdConstraint *, by name */
} SdRelation;

/* one direct parent of a table or index */
typedef struct SdParent
{
	Oid relation;
	int sequence;
	bool detach_pending;
} SdParent;

typedef struct SdPartitionKey
{
	char strategy;
	int nkeys;
	AttrNumber *columns; /* 0: an expression */
	char **expressions;	 /* NULL: a column, or a problem */
	char **settings;	 /* what a definition has behind each */
	bool *is_call;		 /* an expression that needs no parentheses */
	List *used_columns;	 /* attribute numbers in expressions */
	SdProblem problem;
} SdPartitionKey;

typedef struct SdIndexKey
{
	AttrNumber column; /* 0: an expression */
	char *expression;
	bool is_function_call; /* the expression needs no parentheses */
	Oid type;
	Oid type_collation; /* of the column or expression itself */
	Oid collation;
	Oid opclass;
	int16 option;
	ArrayType *opclass_options;
	int statistics_target; /* -1: default */
} SdIndexKey;

typedef struct SdIndex
{
	SdRelation *self;	  /* its own row of pg_class */
	SdRelation *relation; /* the table */
	bool is_unique;
	bool is_primary;
	bool is_exclusion;
	bool is_valid;
	bool is_ready;
	bool is_clustered;
	bool is_replica_identity;
	bool nulls_not_distinct;
	bool is_expression;
	bool can_order;
	int nkeys;
	int ncolumns; /* keys and included columns */
	SdIndexKey *keys;
	bool has_predicate;
	char *predicate;
	struct SdConstraint *constraint; /* that the index is for */
	SdProblem problem;
} SdIndex;

typedef struct SdConstraint
{
	Oid oid;
	NameData name;
	SdRelation *relation;
	char type;
	char on_update;
	char on_delete;
	char match;
	bool deferrable;
	bool deferred;
	bool validated;
	bool enforced;
	bool period;
	bool no_inherit;
	bool is_local;
	int inherited_count;
	int ncolumns;
	AttrNumber *columns;
	Oid ref_relation;
	int nref_columns;
	AttrNumber *ref_columns;
	int ndelete_columns;
	AttrNumber *delete_columns;
	Oid parent;
	Oid index;
	int noperators;
	Oid *operators;
	char *expression; /* of a check */
	SdProblem problem;
} SdConstraint;

/* what stands behind a column of a view; see views.c */
typedef struct SdViewColumn
{
	Oid table; /* the relation that the view reads it from; 0: none */
	AttrNumber column;
	bool resolved;	/* are the next two known? */
	Oid base_table; /* the same, through all views */
	AttrNumber base_column;
	AttrNumber updates; /* the column that an update of it changes; 0: none */
	int depth;			/* through how many views it can be updated */
} SdViewColumn;

typedef struct SdView
{
	Oid oid; /* hash key */
	Oid rule;
	int level;	   /* -1: in a circle of views, or upon one */
	int events;	   /* that rules or triggers take over: bits by CmdType */
	List *users;   /* of SdView *: those that read it */
	int remaining; /* that it reads and that have no level yet */
	bool is_read;  /* is the rest known? */
	bool definition_read;
	char *definition;
	SdProblem problem;
	List *relations; /* of Oid: those that it reads; with the definition */
	int ncolumns;
	SdViewColumn *columns;
	Oid updates; /* the relation that an update changes; 0: none */
	bool measured;
	int depth;
	int possible; /* events, as far as they are known */
	int unknown;  /* and those that are up to a foreign-data wrapper */
} SdView;

typedef struct SdCatalog
{
	MemoryContext context;
	MemoryContext scratch;	   /* of one row */
	MemoryContext expressions; /* of one expression, deparse.c's */
	Snapshot snapshot;
	int settings_level;
	SdScope *scope;
	int parts;
	int nrelations; /* in scope, by schema and name */
	SdRelation **relations;
	/* looked up so far, by OID; see the files that fill them */
	HTAB *schemas;
	HTAB *types;
	HTAB *type_names;
	HTAB *names;
	SdOidMap *known_relations;
	SdOidMap *known_indexes;
	SdOidMap *known_constraints;
	MemoryContext relation_context; /* of the relations themselves */
	HTAB *parents;
	HTAB *views;
	bool parents_complete;
	HTAB *members;	/* what belongs to an extension */
	HTAB *uses;		/* what the scope's relation uses */
	List *comments; /* comments.c's, for each catalog */
	HTAB *default_opclasses;
	HTAB *key_settings;
	bool key_settings_read;
	HTAB *access_methods;
	List *sequences;		   /* OIDs of all, if pg_class was read whole */
	bool sequence_owners_read; /* of these */
	Oid last_oid;			   /* the last question for a known relation */
	SdRelation *last_relation; /* and its answer */
	/* deparse.c's names of one relation's columns at a time */
	MemoryContext deparse_context;
	SdRelation *deparse_relation;
	bool deparse_system_columns; /* are they among the names? */
	List *deparse_namespace;
	/* type_map.c's rows */
	bool type_map_read;
	SdProblem type_map_problem;
	List *type_map;
	bool degrade;	/* rather a problem than an error about one object */
	List *failures; /* of SdFailure * */
	int problems;	/* rows that have one */
	int denied;		/* of these: because of missing privileges */
	int rows;
} SdCatalog;

/* ---- catalog.c: begin, read, end ---- */

extern SdCatalog *sd_catalog_begin(SdScope *scope);
extern void sd_catalog_read(SdCatalog *cat, int parts);
extern void sd_catalog_reset(SdCatalog *cat);
extern void sd_catalog_end(SdCatalog *cat);
extern const char *sd_problem_name(SdProblem problem);
extern SdProblem sd_catalog_fail(SdCatalog *cat, ErrorData *error);
extern const SdFailure *sd_catalog_failure(SdCatalog *cat, SdProblem problem);

/* ---- scope.c, pattern.c: which relations ---- */

extern List *sd_scope_names(ArrayType *array, const char *argument);
extern List *sd_scope_patterns(ArrayType *array, const char *argument);
extern void sd_scope_resolve(SdCatalog *cat);
extern bool sd_scope_has(SdCatalog *cat, SdRelation *rel);
extern bool sd_scope_has_object(SdCatalog *cat, Oid classid, Oid oid,
								Oid schema, const char *name);
extern bool sd_scope_excludes(SdScope *scope, SdRelation *rel);
extern bool sd_scope_has_name(SdScope *scope, const char *schema,
							  const char *name);
extern SdPattern *sd_pattern_parse(const char *text);
extern bool sd_pattern_match(const SdPattern *pattern, const char *schema,
							 const char *name);

/* ---- settings.c: the settings that texts depend on ---- */

extern int sd_settings_pin(void);
extern void sd_settings_restore(int level);
extern bool sd_settings_get(int i, const char **name, const char **value);

/* ---- scan.c: rows of a catalog under the reading's snapshot ---- */

typedef void (*SdRowHandler)(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							 void *arg);

typedef struct SdKey
{
	AttrNumber column;
	Datum value;
	Oid equality; /* F_OIDEQ, ... */
} SdKey;

extern void sd_scan_all(SdCatalog *cat, Oid catalog, SdRowHandler handler,
						void *arg);
extern void sd_scan_index(SdCatalog *cat, Oid catalog, Oid index, int nkeys,
						  const SdKey *keys, SdRowHandler handler, void *arg);
extern void sd_scan_oid(SdCatalog *cat, Oid catalog, Oid index,
						AttrNumber column, Oid value, SdRowHandler handler,
						void *arg);
extern void sd_scan_oids(SdCatalog *cat, Oid catalog, Oid index,
						 AttrNumber column, int noids, const Oid *oids,
						 SdRowHandler handler, void *arg);
extern void sd_scan_relations(SdCatalog *cat, Oid catalog, Oid index,
							  AttrNumber column, SdRowHandler handler,
							  void *arg);
extern bool sd_scan_prefers_index(Oid catalog, long lookups);
extern HTAB *sd_hash_create(SdCatalog *cat, const char *name, Size keysize,
							Size entrysize);
extern AttrNumber *sd_attribute_numbers(SdCatalog *cat, Datum array,
										int *count);
extern Oid *sd_attribute_oids(SdCatalog *cat, Datum array, int *count);
extern char **sd_array_texts(ArrayType *array, int *count);
extern int sd_text_compare(const void *a, const void *b);
extern int sd_list_text_compare(const ListCell *a, const ListCell *b);

/* ---- oid_map.c: very many objects by OID ---- */

extern SdOidMap *sd_oid_map_create(SdCatalog *cat);
extern void *sd_oid_map_get(const SdOidMap *map, Oid oid);
extern void sd_oid_map_put(SdOidMap *map, Oid oid, void *value);
extern Oid *sd_oid_map_oids(const SdOidMap *map, int *count);

/* ---- names.c: names of what the rows refer to, under the snapshot ---- */

extern SdSchema *sd_catalog_schema(SdCatalog *cat, Oid oid);
extern Oid sd_catalog_schema_oid(SdCatalog *cat, const char *name);
extern const char *sd_catalog_name(SdCatalog *cat, Oid classid, Oid oid);
extern const char *sd_catalog_qualified_name(SdCatalog *cat, Oid classid,
											 Oid oid);
extern const char *sd_catalog_visible_name(SdCatalog *cat, Oid classid,
										   Oid oid);
extern SdProblem sd_catalog_name_problem(SdCatalog *cat, Oid classid, Oid oid);
extern SdType *sd_catalog_type(SdCatalog *cat, Oid oid);
extern SdType *sd_catalog_base_type(SdCatalog *cat, Oid oid, int32 *typmod);
extern const char *sd_catalog_format_type(SdCatalog *cat, Oid oid,
										  int32 typmod);
extern Datum sd_catalog_enum_labels(SdCatalog *cat, SdType *type);
extern SdProblem sd_catalog_enum_problem(SdCatalog *cat, SdType *type);
extern char *sd_catalog_type_default(SdCatalog *cat, SdType *type,
									 SdProblem *problem);

/* ---- relations.c: rows of pg_class ---- */

extern void sd_catalog_read_relations(SdCatalog *cat);
extern SdRelation *sd_catalog_relation(SdCatalog *cat, Oid oid);
extern SdRelation *sd_catalog_known_relation(SdCatalog *cat, Oid oid);
extern int sd_relation_compare(const SdRelation *a, const SdRelation *b);
extern const char *sd_relation_visible_name(SdRelation *rel);
extern const char *sd_relation_qualified_name(SdRelation *rel);
extern ArrayType *sd_relation_toast_options(SdCatalog *cat, SdRelation *rel);

/* ---- inheritance.c: parents, partition trees, partition keys ---- */

extern void sd_catalog_read_inheritance(SdCatalog *cat);
extern List *sd_catalog_parents(SdCatalog *cat, Oid relation);
extern SdRelation *sd_catalog_partition_parent(SdCatalog *cat, SdRelation *rel,
											   bool *detach_pending);
extern SdRelation *sd_catalog_partition_root(SdCatalog *cat, SdRelation *rel,
											 int *level);
extern char *sd_partition_key_definition(SdCatalog *cat, SdRelation *rel,
										 const SdPartitionKey *key);
extern SdPartitionKey *sd_catalog_partition_key(SdCatalog *cat,
												SdRelation *rel);

/* ---- dependencies.c ---- */

extern bool sd_catalog_is_member(SdCatalog *cat, Oid classid, Oid oid);
extern Oid *sd_catalog_members(SdCatalog *cat, Oid classid, int *count);
extern bool sd_catalog_uses(SdCatalog *cat, Oid relation, Oid classid, Oid oid);
extern Oid *sd_catalog_used(SdCatalog *cat, Oid relation, Oid classid,
							int *count);
extern bool sd_catalog_is_internal(SdCatalog *cat, Oid classid, Oid oid);

/* ---- signatures.c: functions and operators with their arguments ---- */

extern const char *sd_catalog_bare_type(SdCatalog *cat, Oid oid);
extern char *sd_catalog_argument_types(SdCatalog *cat, int ntypes,
									   const Oid *types);
extern const char *sd_catalog_function_signature(SdCatalog *cat, Oid oid);
extern const char *sd_catalog_operator_signature(SdCatalog *cat, Oid oid);
extern void sd_append_literal(StringInfo buf, const char *value);

/* ---- comments.c ---- */

extern void sd_catalog_read_comments(SdCatalog *cat, Oid classid, int noids,
									 const Oid *oids);
extern const char *sd_catalog_comment(SdCatalog *cat, Oid classid, Oid oid,
									  int subid);

/* ---- columns.c, indexes.c, constraints.c ---- */

extern void sd_catalog_read_columns(SdCatalog *cat);
extern void sd_relation_read_columns(SdCatalog *cat, SdRelation *rel);
extern int sd_attribute_statistics_target(HeapTuple tuple, TupleDesc desc);
extern ArrayType *sd_attribute_options(SdCatalog *cat, HeapTuple tuple,
									   TupleDesc desc);
extern bool sd_sequence_keep_owner(SdCatalog *cat, HeapTuple tuple);
extern SdColumn *sd_relation_column(SdRelation *rel, AttrNumber number);
extern const char *sd_relation_column_name(SdRelation *rel, AttrNumber number);
extern void sd_catalog_read_indexes(SdCatalog *cat);
extern SdIndex *sd_catalog_index(SdCatalog *cat, Oid oid);
extern void sd_index_set_constraint(SdCatalog *cat, SdConstraint *con);
extern bool sd_opclass_is_default(SdCatalog *cat, Oid type, Oid opclass);
extern char *sd_index_definition(SdCatalog *cat, SdIndex *index);
extern char *sd_index_exclusion(SdCatalog *cat, SdIndex *index,
								const Oid *operators, int noperators);
extern void sd_index_keep_key_settings(SdCatalog *cat, HeapTuple tuple,
									   TupleDesc desc);
extern bool sd_expression_is_call(Node *expr, const char *text);
extern const char *sd_index_key_name(SdIndex *index, int position);
extern char *sd_index_opclass(SdCatalog *cat, const SdIndexKey *key);
extern void sd_catalog_read_constraints(SdCatalog *cat);
extern SdConstraint *sd_catalog_constraint(SdCatalog *cat, Oid oid);
extern char *sd_constraint_definition(SdCatalog *cat, SdConstraint *con,
									  SdProblem *problem);

/* ---- views.c ---- */

extern void sd_catalog_read_views(SdCatalog *cat);
extern int sd_view_level(SdCatalog *cat, SdRelation *rel);
extern SdView *sd_catalog_view(SdCatalog *cat, SdRelation *rel);
extern void sd_view_read_definition(SdCatalog *cat, SdView *view);
extern SdRelation *sd_view_base_column(SdCatalog *cat, SdView *view,
									   AttrNumber column,
									   AttrNumber *base_column);
extern int sd_view_events(SdCatalog *cat, SdView *view, int *unknown);

/* ---- deparse.c: expressions as text ---- */

extern Node *sd_deparse_read(SdCatalog *cat, Datum node_tree);
extern Node *sd_deparse_read_string(SdCatalog *cat, const char *node_tree);
extern char *sd_deparse(SdCatalog *cat, SdRelation *rel, Node *expr,
						SdProblem *problem);
extern char *sd_deparse_pretty(SdCatalog *cat, SdRelation *rel, Node *expr,
							   SdProblem *problem);
extern char *sd_deparse_flat(SdCatalog *cat, Node *expr, SdProblem *problem);
extern char *sd_deparse_value(SdCatalog *cat, Node *constant,
							  SdProblem *problem);
extern void sd_deparse_options(StringInfo buf, ArrayType *options);

/* ---- deparse_query.c: what has queries in it, as text ---- */

extern char *sd_deparse_view(SdCatalog *cat, SdRelation *view, Query *query,
							 List **relations, SdProblem *problem);
extern char *sd_deparse_rule(SdCatalog *cat, SdRelation *rel, Oid rule,
							 const char *condition, const char *actions,
							 SdProblem *problem);
extern char *sd_deparse_rule_condition(SdCatalog *cat, SdRelation *rel,
									   const char *condition,
									   SdProblem *problem);
extern char *sd_deparse_trigger_condition(SdCatalog *cat, SdRelation *rel,
										  Datum node_tree, SdProblem *problem);
extern char *sd_deparse_policy(SdCatalog *cat, SdRelation *rel,
							   const char *node_tree, SdProblem *problem);
extern char *sd_deparse_function_body(SdCatalog *cat, Oid function,
									  Datum node_tree, SdProblem *problem);

/* ---- type_map.c: names of types in other tools ---- */

#define SD_DIALECT_STORMWEAVER "stormweaver"

extern void sd_type_map_check_dialect(SdCatalog *cat, const char *dialect);
extern const char *sd_type_map_find(SdCatalog *cat, const char *dialect,
									Oid type, bool *mapped, SdProblem *problem);
extern const char *sd_type_map_find_name(SdCatalog *cat, const char *dialect,
										 const char *schema, const char *name);

#endif /* STORMDISC_CATALOG_H */
