/*-------------------------------------------------------------------------
 *
 * discovery.h
 *	  What the set-returning functions of discovery share.
 *
 * Each kind of object has an SdKind, which says what to read and adds one row
 * per object.  The values of a row are added one by one, in the order of the
 * result columns of the kind's SQL function.  Where rows go is the business of
 * the sink: the result of that function, or a document.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DISCOVERY_H
#define STORMDISC_DISCOVERY_H

#include "fmgr.h"
#include "nodes/execnodes.h"

#include "catalog/sd_catalog.h"

/* more columns than any of our functions returns */
#define SD_MAX_COLUMNS 64

typedef struct SdDiscovery SdDiscovery;

typedef struct SdKind
{
	const char *name;		/* what follows stormdisc_ */
	const char *relkinds;	/* of relations that it is about; NULL: none */
	const char *not_served; /* "\"%s\" is not a table": of other relations */
	bool partitions_of;		/* its relation argument is their parent */
	int parts;				/* SD_READ_* that it needs */
	/* in documents: all three are lists of columns, with commas */
	const char *identity; /* that make an object's key; NULL: the row says */
	const char *left_out; /* that are not there */
	const char *defaults; /* "is_valid=true": values that go without saying,
						   * besides NULL, false and the empty array */
	bool is_grouped;	  /* rows of one identity are one array there */
	void (*emit)(SdDiscovery *disc);
} SdKind;

struct SdDiscovery
{
	SdCatalog *catalog;
	SdScope scope;
	const SdKind *kind;
	TupleDesc desc; /* of the rows */
	/* takes a finished row; sink is its own */
	void (*put)(SdDiscovery *disc, SdProblem problem);
	void *sink;
	bool is_document; /* only what documents hold is wanted */
	bool guarded;	  /* an error is the sink's, not everybody's */
	void (*failed)(SdDiscovery *disc, ErrorData *error);
	MemoryContext row_context;
	const char *identity; /* of this row, if the kind has no columns for it */
	int ncolumns;		  /* added to this row so far */
	Datum values[SD_MAX_COLUMNS];
	bool nulls[SD_MAX_COLUMNS];
};

extern Datum sd_discovery_run(FunctionCallInfo fcinfo, const SdKind *kind);
extern void sd_discovery_scope(FunctionCallInfo fcinfo, SdScope *scope);
extern SdRelation *sd_discovery_next(SdDiscovery *disc, int *position);
extern void sd_discovery_add(SdDiscovery *disc,
							 void (*add)(SdDiscovery *disc, void *object),
							 void *object);

extern void sd_row_text(SdDiscovery *disc, const char *value);
extern void sd_row_name(SdDiscovery *disc, const NameData *value);
extern void sd_row_bool(SdDiscovery *disc, bool value);
extern void sd_row_int32(SdDiscovery *disc, int32 value);
extern void sd_row_int64(SdDiscovery *disc, int64 value);
extern void sd_row_oid(SdDiscovery *disc, Oid value);
extern void sd_row_datum(SdDiscovery *disc, Datum value);
extern void sd_row_null(SdDiscovery *disc);
extern void sd_row_nulls(SdDiscovery *disc, int count);
extern void sd_row_qualified(SdDiscovery *disc, Oid classid, Oid oid);
extern void sd_row_owner(SdDiscovery *disc, Oid role);
extern void sd_row_texts(SdDiscovery *disc, int count,
						 const char *const *values);
extern void sd_row_columns(SdDiscovery *disc, SdRelation *rel, int count,
						   const AttrNumber *columns);
extern void sd_row_options(SdDiscovery *disc, ArrayType *options);
extern void sd_row_identity(SdDiscovery *disc, const char *identity);
extern void sd_row_end(SdDiscovery *disc, SdProblem problem);

/* the kinds, in the order in which a document has them; see kinds.c */
extern const SdKind *const sd_kinds[];
extern const int sd_nkinds;

extern const SdKind sd_kind_tables;
extern const SdKind sd_kind_columns;
extern const SdKind sd_kind_column_options;
extern const SdKind sd_kind_partitions;
extern const SdKind sd_kind_constraints;
extern const SdKind sd_kind_indexes;
extern const SdKind sd_kind_schemas;
extern const SdKind sd_kind_extensions;
extern const SdKind sd_kind_languages;
extern const SdKind sd_kind_access_methods;
extern const SdKind sd_kind_types;
extern const SdKind sd_kind_collations;
extern const SdKind sd_kind_conversions;
extern const SdKind sd_kind_text_search;
extern const SdKind sd_kind_functions;
extern const SdKind sd_kind_operators;
extern const SdKind sd_kind_operator_classes;
extern const SdKind sd_kind_casts;
extern const SdKind sd_kind_transforms;
extern const SdKind sd_kind_sequences;
extern const SdKind sd_kind_views;
extern const SdKind sd_kind_rules;
extern const SdKind sd_kind_policies;
extern const SdKind sd_kind_triggers;
extern const SdKind sd_kind_statistics;
extern const SdKind sd_kind_privileges;
extern const SdKind sd_kind_foreign_servers;
extern const SdKind sd_kind_publications;
extern const SdKind sd_kind_subscriptions;
extern const SdKind sd_kind_event_triggers;
extern const SdKind sd_kind_extension_dependencies;
extern const SdKind sd_kind_security_labels;
extern const SdKind sd_kind_property_graphs;

/* parts of a table's object in a document: also called by its kind's emit */
extern void sd_add_table(SdDiscovery *disc, void *rel);
extern void sd_add_columns(SdDiscovery *disc, void *rel);
extern void sd_add_view(SdDiscovery *disc, void *rel);
extern void sd_add_partition(SdDiscovery *disc, void *rel);

/* words.c: words for the letters of the catalogs */
extern const char *sd_table_type(char relkind);
extern const char *sd_partition_strategy(char strategy);
extern const char *sd_persistence(char relpersistence);
extern const char *sd_storage(char storage);
extern const char *sd_enabled_state(char enabled);

#endif /* STORMDISC_DISCOVERY_H */
