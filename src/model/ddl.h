/*-------------------------------------------------------------------------
 *
 * ddl.h
 *	  The statements that make a document's objects.
 *
 * Each kind of object has an emitter, which makes one node for an object, or
 * several for one that takes several steps.  A node has the statements of that
 * step, and knows what names it needs and what names it gives to others.
 * ddl_order.c brings the nodes into an order.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DDL_H
#define STORMDISC_DDL_H

#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

#include "model/json.h"
#include "model/sql_text.h"
#include "utils/builtins.h"

/* in the order in which they go, as far as there are no dependencies */
typedef enum SdDdlPhase
{
	SD_DDL_SETTINGS,
	SD_DDL_SCHEMAS,
	SD_DDL_EXTENSIONS,
	SD_DDL_LANGUAGES,
	SD_DDL_TYPES,
	SD_DDL_FUNCTIONS,
	SD_DDL_OPERATORS,
	SD_DDL_TEXT_SEARCH,
	SD_DDL_FOREIGN_SERVERS,
	SD_DDL_SEQUENCES,
	SD_DDL_TABLES,
	SD_DDL_PARTITIONS,
	SD_DDL_COLUMNS,
	SD_DDL_INDEXES,
	SD_DDL_LATE_PARTITIONS,
	SD_DDL_INDEX_PARTITIONS,
	SD_DDL_LATE_COLUMNS, /* where partitions are attached late */
	SD_DDL_LATE_INDEXES,
	SD_DDL_VIEWS,
	SD_DDL_STATISTICS,
	SD_DDL_FOREIGN_KEYS,
	SD_DDL_TRIGGERS,
	SD_DDL_REPLICATION,
	SD_DDL_PRIVILEGES,
	SD_DDL_LABELS,
	SD_DDL_EVENT_TRIGGERS,
	SD_DDL_WARNINGS
} SdDdlPhase;

typedef struct SdDdlOptions
{
	bool if_not_exists;
	bool no_owner;
	bool no_privileges;
	bool no_comments;
	SdSchemaMap schemas;
	bool attaches_late; /* partitions, when they have their indexes */
} SdDdlOptions;

typedef struct SdDdlNode SdDdlNode;

typedef struct SdDdlStatement
{
	char *text;			   /* without semicolon */
	const char *duplicate; /* conditions that mean that it is there already;
							* NULL: the statement may be repeated */
	bool is_own;		   /* names nothing but the object itself */
} SdDdlStatement;

/*
 * What stands between the parentheses of CREATE TABLE, or behind the base type
 * in CREATE DOMAIN: head, soft, tail.  The soft part, which may be all of it,
 * can also come later.
 */
typedef struct SdDdlItem
{
	const char *column; /* NULL: it is no column */
	char *head;
	char *soft;
	char *tail;
	char *later;		   /* the statement instead */
	char *undo;			   /* of that; NULL: another object's drop */
	char *later_needs;	   /* likewise, a name of its own; NULL: none */
	const char *duplicate; /* as of a statement */
	const char *kind;	   /* of it */
	const char *identity;
	SdDdlNode *comment; /* NULL: none */
	bool is_later;
	SdDdlNode *later_node; /* where it is then */
} SdDdlItem;

struct SdDdlNode
{
	SdDdlPhase phase;
	const char *kind; /* of the document */
	const char *identity;
	const char *head;	   /* of a first statement that has items, or NULL */
	const char *separator; /* between items */
	const char *tail;
	const char *empty; /* between head and tail if there are no items */
	const char *duplicate;
	const char *undo;	   /* what takes it back while the object is there */
	List *items;		   /* of SdDdlItem * */
	List *statements;	   /* of SdDdlStatement * */
	List *needs;		   /* of const char *: names of its own */
	List *after;		   /* of SdDdlNode * */
	List *texts;		   /* of const char *: where the names of what it
							* needs are, if not in the statements */
	List *more_texts;	   /* likewise, besides the statements */
	List *own_keys;		   /* of const char *: the names that it makes */
	bool ignores_own_kind; /* others of its kind may come later */
	/* makes something for those who cannot wait: a shell type */
	SdDdlNode *shell;
	/* likewise, but only where nothing else helps: a view without a query */
	const char *stand_in;
	SdDdlNode *stand_in_node;
	List *stand_in_for; /* of SdDdlNode *: who cannot wait */
	/* of ddl_order.c */
	bool is_function; /* named with arguments only */
	bool is_relation; /* functions that name it go later */
	int number;
	List *references; /* of SdDdlNode * */
	int found_by;	  /* number of the search that found it last */
	int component;
	bool is_forced; /* goes without what it needs */
};

/* of a name with its schema, and the byte between */
#define SD_DDL_KEY_SIZE (2 * NAMEDATALEN + 2)

typedef struct SdDdl
{
	MemoryContext context;
	SdDdlOptions options;
	List *documents; /* of Jsonb * */
	int version;	 /* major version of the server that it is from */
	/* the object that is added now */
	const char *kind;
	const char *identity;
	List *nodes;			/* of SdDdlNode * */
	HTAB *names;			/* what makes which name */
	HTAB *by_identity;		/* the nodes of tables and domains */
	HTAB *constraint_names; /* of ddl_constraints.c; NULL: not yet counted */
	int nsearches;			/* of ddl_order.c */
} SdDdl;

/* adds an object of a kind; of privileges it is an array */
typedef void (*SdDdlEmitter)(SdDdl *ddl, JsonbContainer *object);

typedef struct SdDdlKind
{
	const char *name;
	SdDdlEmitter emit;
} SdDdlKind;

/* a finished statement */
typedef void (*SdDdlHandler)(void *arg, const char *phase, const char *kind,
							 const char *identity, const char *statement);

/* ddl.c */
extern void sd_ddl_run(List *documents, const SdDdlOptions *options,
					   SdDdlHandler handler, void *arg);

extern SdDdl *sd_ddl_build(List *documents, const SdDdlOptions *options);
extern void sd_ddl_compose(SdDdlNode *node);

/* ddl_access.c */

/* a privilege that somebody has */
typedef struct SdDdlGrant
{
	char *grantor;
	char *grantee;
	char *privilege;
	bool is_grantable;
	bool is_done;
} SdDdlGrant;

/* all of them on one object, and how statements name it */
typedef struct SdDdlAccess
{
	SdDdlNode *node;
	const char *type;	 /* of the object, as in documents */
	const char *name;	 /* and its identity */
	const char *prefix;	 /* ALTER DEFAULT PRIVILEGES ..., or nothing */
	const char *target;	 /* ON ... */
	const char *columns; /* " (c)" of a column, else "" */
	const char *owner;
	const char *of_owner; /* privileges by default */
	const char *of_public;
	const char *public_begins; /* what PUBLIC has before the first statement */
	int version;
	bool begins_empty; /* nobody has anything by default */
	bool is_unknown;   /* nobody knows what the default is */
	int ngrants;
	SdDdlGrant *grants;
} SdDdlAccess;

extern bool sd_ddl_access(SdDdl *ddl, SdDdlAccess *access, const char *identity,
						  JsonbContainer *array);
extern void sd_ddl_usual_access(SdDdlAccess *access);
extern const char *sd_ddl_role(const char *name);

/* ddl_node.c: what emitters put together */
extern SdDdlNode *sd_ddl_node(SdDdl *ddl, SdDdlPhase phase);
extern void sd_ddl_statement(SdDdlNode *node, const char *format, ...)
	pg_attribute_printf(2, 3);
extern void sd_ddl_guarded(SdDdlNode *node, const char *duplicate,
						   const char *format, ...) pg_attribute_printf(3, 4);
extern SdDdlItem *sd_ddl_item(SdDdlNode *node, const char *column);
extern void sd_ddl_provide(SdDdl *ddl, SdDdlNode *node, const char *schema,
						   const char *name, bool is_function);
extern void sd_ddl_provide_qualified(SdDdl *ddl, SdDdlNode *node,
									 const char *name, bool is_function);
extern void sd_ddl_provide_word(SdDdl *ddl, SdDdlNode *node, const char *kind,
								const char *name);
extern void sd_ddl_need_word(SdDdl *ddl, SdDdlNode *node, const char *kind,
							 const char *name);
extern char *sd_ddl_word(const char *kind, const char *name);
extern void sd_ddl_key(char *key, const char *schema, const char *name);
extern List *sd_ddl_providers(SdDdl *ddl, const char *key);
extern void sd_ddl_make_tables(SdDdl *ddl);
extern void sd_ddl_enter(SdDdl *ddl, SdDdlNode *node);
extern SdDdlNode *sd_ddl_find(SdDdl *ddl, const char *kind,
							  const char *identity);
extern void sd_ddl_owner(SdDdl *ddl, SdDdlNode *node, const char *what,
						 const char *name, JsonbContainer *object);
extern void sd_ddl_comment(SdDdl *ddl, SdDdlNode *node, const char *what,
						   const char *name, const char *comment);
extern void sd_ddl_comment_of(SdDdl *ddl, SdDdlNode *node, const char *what,
							  const char *name, JsonbContainer *object);
extern void sd_ddl_warn(SdDdl *ddl, const char *format, ...)
	pg_attribute_printf(2, 3);

/* likewise: reading the document */
extern char *sd_ddl_text(SdDdl *ddl, JsonbContainer *object, const char *key);
extern void sd_ddl_malformed(SdDdl *ddl, const char *key);
extern char *sd_ddl_name(SdDdl *ddl, JsonbContainer *object,
						 const char *schema_key, const char *key);
extern int64 sd_ddl_int64(JsonbContainer *object, const char *key,
						  int64 by_default);
extern bool sd_ddl_flag(JsonbContainer *object, const char *key,
						bool by_default);
extern bool sd_ddl_is(JsonbContainer *object, const char *key,
					  const char *word);
extern List *sd_ddl_elements(JsonbContainer *object, const char *key);
extern JsonbContainer *sd_ddl_object(SdDdl *ddl, const char *kind,
									 const char *identity);
extern JsonbContainer *sd_ddl_column(JsonbContainer *table, const char *name);

/* ddl_tables.c */
extern char *sd_ddl_children(SdDdl *ddl, JsonbContainer *object);
extern List *sd_ddl_column_foreign_options(JsonbContainer *object,
										   const char *column);

/* likewise: pieces of statements */
extern const char *sd_ddl_if_not_exists(SdDdl *ddl);
extern const char *sd_ddl_or_replace(SdDdl *ddl);
extern const char *sd_ddl_schema(SdDdl *ddl, const char *schema);
extern char *sd_ddl_trimmed(const char *statement);
extern char *sd_ddl_storage_options(List *options);
extern char *sd_ddl_foreign_options(List *options);
extern char *sd_ddl_identifiers(List *names);
extern char *sd_ddl_joined(List *texts, const char *separator);
extern char *sd_ddl_upper(const char *word);
extern char *sd_ddl_chosen_name(const char *table, const char *column,
								const char *label);

/* ddl_order.c */
extern List *sd_ddl_order(SdDdl *ddl);
extern List *sd_ddl_named(SdDdl *ddl, const char *text);

/* the emitters */
extern void sd_ddl_access_method(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_cast(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_collation(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_column_option(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_constraint(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_conversion(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_event_trigger(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_extension(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_extension_dependency(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_foreign_server(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_function(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_index(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_language(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_operator(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_operator_class(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_policy(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_privileges(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_property_graph(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_publication(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_rule(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_schema_object(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_security_label(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_sequence(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_statistics(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_subscription(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_table(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_text_search(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_transform(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_trigger(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_type(SdDdl *ddl, JsonbContainer *object);
extern void sd_ddl_view(SdDdl *ddl, JsonbContainer *object);

/*
 * Documents come from users: what should be a text may not be there.  A name
 * that is needed in a statement, but missing, is an error; in a comparison it
 * is before all others.  All that makes statements of documents uses these.
 */
extern const char *sd_ddl_quote_identifier(const char *name);
extern char *sd_ddl_quote_qualified(const char *schema, const char *name);
extern char *sd_ddl_quote_literal(const char *text);
extern int sd_ddl_compare(const char *a, const char *b);

#endif /* STORMDISC_DDL_H */
