/*-------------------------------------------------------------------------
 *
 * vocabulary.c
 *	  What the kinds and attributes of documents mean when they differ.
 *	  stormdisc_vocabulary: the same, as rows.
 *
 * Documents are made without this table, from the result columns of the
 * discovery functions.  A kind or attribute that is not here, as a later
 * version may add one, is structure, and counts.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "model/vocabulary.h"

PG_FUNCTION_INFO_V1(stormdisc_vocabulary);

#define VOCABULARY_COLS 7 /* OUT columns in sql/functions/fingerprint.sql */

static void put_word(ReturnSetInfo *rsinfo, const SdKindWord *kind,
					 const SdAttributeWord *attribute);

/* the words of the tables below, shorter */
#define STRUCTURE SD_CLASS_STRUCTURE
#define INDEXES SD_CLASS_INDEXES
#define PRIVILEGES SD_CLASS_PRIVILEGES
#define COMMENTS SD_CLASS_COMMENTS
#define OWNERSHIP SD_CLASS_OWNERSHIP
#define STORAGE SD_CLASS_STORAGE
#define STATISTICS SD_CLASS_STATISTICS
#define OBJECT SD_CLASS_OF_OBJECT

#define SAFE SD_SEVERITY_SAFE
#define LOCKING SD_SEVERITY_LOCKING
#define REWRITING SD_SEVERITY_REWRITING
#define DESTRUCTIVE SD_SEVERITY_DESTRUCTIVE

#define NAME SD_WORD_NAME
#define PLACE SD_WORD_PLACE
#define DERIVED SD_WORD_DERIVED
#define EXPRESSION SD_WORD_EXPRESSION
#define QUERY SD_WORD_QUERY
#define SET SD_WORD_SET
#define REFERENCE SD_WORD_REFERENCE
#define EXTENSION SD_WORD_EXTENSION_VERSION
#define SETTINGS SD_WORD_SETTINGS
#define SCHEMA SD_WORD_SCHEMA
#define SQL SD_WORD_SQL

#define OWNER                                                                  \
	{                                                                          \
		"owner", OWNERSHIP, SAFE, 0                                            \
	}
#define COMMENT                                                                \
	{                                                                          \
		"comment", COMMENTS, SAFE, 0                                           \
	}

/* clang-format off */
static const SdAttributeWord schema_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"is_default", STRUCTURE, SAFE, DERIVED},
	OWNER, COMMENT,
};

static const SdAttributeWord extension_words[] = {
	{"extension_name", STRUCTURE, SAFE, NAME},
	{"schema_name", STRUCTURE, SAFE, SCHEMA},
	{"version", STRUCTURE, SAFE, EXTENSION},
	{"is_relocatable", STRUCTURE, SAFE, EXTENSION},
	{"config_tables", STRUCTURE, SAFE, EXTENSION | SQL},
	{"config_conditions", STRUCTURE, SAFE, EXTENSION},
	{"requires", STRUCTURE, SAFE, EXTENSION},
	{"owner", OWNERSHIP, SAFE, EXTENSION},
	COMMENT,
};

static const SdAttributeWord language_words[] = {
	{"language_name", STRUCTURE, SAFE, NAME},
	{"is_trusted", STRUCTURE, SAFE, 0},
	{"handler", STRUCTURE, SAFE, SQL},
	{"inline_handler", STRUCTURE, SAFE, SQL},
	{"validator", STRUCTURE, SAFE, SQL},
	OWNER, COMMENT,
};

static const SdAttributeWord access_method_words[] = {
	{"access_method_name", STRUCTURE, SAFE, NAME},
	{"method_type", STRUCTURE, REWRITING, 0},
	{"handler", STRUCTURE, REWRITING, SQL},
	COMMENT,
};

static const SdAttributeWord type_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"type_name", STRUCTURE, SAFE, NAME},
	{"type_kind", STRUCTURE, DESTRUCTIVE, 0},
	{"labels", STRUCTURE, SAFE, 0},
	{"base_type", STRUCTURE, REWRITING, SQL},
	{"not_null", STRUCTURE, LOCKING, 0},
	{"default_value", STRUCTURE, SAFE, EXPRESSION},
	{"collation", STRUCTURE, REWRITING, SQL},
	{"constraint_names", STRUCTURE, SAFE, 0},
	{"constraint_definitions", STRUCTURE, LOCKING, EXPRESSION},
	{"constraint_validated", STRUCTURE, LOCKING, 0},
	{"constraint_comments", COMMENTS, SAFE, 0},
	{"attribute_names", STRUCTURE, SAFE, 0},
	{"attribute_types", STRUCTURE, REWRITING, SQL},
	{"attribute_collations", STRUCTURE, REWRITING, SQL},
	{"attribute_comments", COMMENTS, SAFE, 0},
	{"subtype", STRUCTURE, REWRITING, SQL},
	{"subtype_opclass", STRUCTURE, REWRITING, SQL},
	{"subtype_collation", STRUCTURE, REWRITING, SQL},
	{"canonical", STRUCTURE, REWRITING, SQL},
	{"subtype_diff", STRUCTURE, REWRITING, SQL},
	{"multirange_type", STRUCTURE, SAFE, SQL},
	{"input_function", STRUCTURE, REWRITING, SQL},
	{"output_function", STRUCTURE, REWRITING, SQL},
	{"receive_function", STRUCTURE, SAFE, SQL},
	{"send_function", STRUCTURE, SAFE, SQL},
	{"typmod_in_function", STRUCTURE, SAFE, SQL},
	{"typmod_out_function", STRUCTURE, SAFE, SQL},
	{"analyze_function", STRUCTURE, SAFE, SQL},
	{"subscript_function", STRUCTURE, SAFE, SQL},
	{"internal_length", STRUCTURE, REWRITING, 0},
	{"by_value", STRUCTURE, REWRITING, 0},
	{"alignment", STRUCTURE, REWRITING, 0},
	{"storage", STRUCTURE, SAFE, 0},
	{"category", STRUCTURE, SAFE, 0},
	{"is_preferred", STRUCTURE, SAFE, 0},
	{"delimiter", STRUCTURE, SAFE, 0},
	{"element_type", STRUCTURE, REWRITING, SQL},
	{"is_collatable", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord collation_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"collation_name", STRUCTURE, SAFE, NAME},
	{"provider", STRUCTURE, LOCKING, 0},
	{"is_deterministic", STRUCTURE, LOCKING, 0},
	{"lc_collate", STRUCTURE, LOCKING, 0},
	{"lc_ctype", STRUCTURE, LOCKING, 0},
	{"locale", STRUCTURE, LOCKING, 0},
	{"rules", STRUCTURE, LOCKING, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord conversion_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"conversion_name", STRUCTURE, SAFE, NAME},
	{"from_encoding", STRUCTURE, SAFE, 0},
	{"to_encoding", STRUCTURE, SAFE, 0},
	{"function", STRUCTURE, SAFE, SQL},
	{"is_default", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord text_search_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"object_name", STRUCTURE, SAFE, NAME},
	{"object_kind", STRUCTURE, SAFE, PLACE},
	{"functions", STRUCTURE, SAFE, SQL},
	{"template", STRUCTURE, SAFE, SQL},
	{"options", STRUCTURE, SAFE, 0},
	{"parser", STRUCTURE, SAFE, SQL},
	{"mappings", STRUCTURE, SAFE, SQL},
	OWNER, COMMENT,
};

static const SdAttributeWord function_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"function_name", STRUCTURE, SAFE, NAME},
	{"function_kind", STRUCTURE, SAFE, 0},
	{"identity_arguments", STRUCTURE, SAFE, DERIVED | SQL},
	{"arguments", STRUCTURE, SAFE, DERIVED | SQL},
	{"argument_names", STRUCTURE, SAFE, 0},
	{"argument_types", STRUCTURE, SAFE, SQL},
	{"argument_modes", STRUCTURE, SAFE, 0},
	{"argument_defaults", STRUCTURE, SAFE, EXPRESSION},
	{"result", STRUCTURE, SAFE, SQL},
	{"returns_set", STRUCTURE, SAFE, DERIVED},
	{"language", STRUCTURE, SAFE, 0},
	{"volatility", STRUCTURE, SAFE, 0},
	{"is_strict", STRUCTURE, SAFE, 0},
	{"is_leakproof", STRUCTURE, SAFE, 0},
	{"parallel", STRUCTURE, SAFE, 0},
	{"security_definer", STRUCTURE, SAFE, 0},
	{"settings", STRUCTURE, SAFE, SETTINGS},
	{"cost", STRUCTURE, SAFE, 0},
	{"rows", STRUCTURE, SAFE, 0},
	{"support_function", STRUCTURE, SAFE, SQL},
	{"transform_types", STRUCTURE, SAFE, SQL},
	{"source", STRUCTURE, SAFE, 0},
	{"library", STRUCTURE, SAFE, 0},
	{"sql_body", STRUCTURE, SAFE, EXPRESSION},
	{"aggregate_kind", STRUCTURE, SAFE, 0},
	{"direct_arguments", STRUCTURE, SAFE, 0},
	{"transition_function", STRUCTURE, SAFE, SQL},
	{"transition_type", STRUCTURE, SAFE, SQL},
	{"transition_space", STRUCTURE, SAFE, 0},
	{"final_function", STRUCTURE, SAFE, SQL},
	{"final_extra", STRUCTURE, SAFE, 0},
	{"final_modify", STRUCTURE, SAFE, 0},
	{"combine_function", STRUCTURE, SAFE, SQL},
	{"serial_function", STRUCTURE, SAFE, SQL},
	{"deserial_function", STRUCTURE, SAFE, SQL},
	{"initial_value", STRUCTURE, SAFE, 0},
	{"moving_transition_function", STRUCTURE, SAFE, SQL},
	{"moving_inverse_function", STRUCTURE, SAFE, SQL},
	{"moving_transition_type", STRUCTURE, SAFE, SQL},
	{"moving_transition_space", STRUCTURE, SAFE, 0},
	{"moving_final_function", STRUCTURE, SAFE, SQL},
	{"moving_final_extra", STRUCTURE, SAFE, 0},
	{"moving_final_modify", STRUCTURE, SAFE, 0},
	{"moving_initial_value", STRUCTURE, SAFE, 0},
	{"sort_operator", STRUCTURE, SAFE, SQL},
	{"definition", STRUCTURE, SAFE, DERIVED | SQL},
	OWNER, COMMENT,
};

static const SdAttributeWord operator_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"operator_name", STRUCTURE, SAFE, NAME},
	{"left_type", STRUCTURE, SAFE, PLACE | SQL},
	{"right_type", STRUCTURE, SAFE, PLACE | SQL},
	{"result_type", STRUCTURE, SAFE, SQL},
	{"function", STRUCTURE, SAFE, SQL},
	{"commutator", STRUCTURE, SAFE, SQL},
	{"negator", STRUCTURE, SAFE, SQL},
	{"restrict_estimator", STRUCTURE, SAFE, SQL},
	{"join_estimator", STRUCTURE, SAFE, SQL},
	{"is_hashable", STRUCTURE, SAFE, 0},
	{"is_mergeable", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord operator_class_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"object_name", STRUCTURE, SAFE, NAME},
	{"object_kind", STRUCTURE, SAFE, PLACE},
	{"access_method", STRUCTURE, SAFE, PLACE},
	{"input_type", STRUCTURE, LOCKING, SQL},
	{"storage_type", STRUCTURE, LOCKING, SQL},
	{"is_default", STRUCTURE, SAFE, 0},
	{"family", STRUCTURE, SAFE, SQL},
	{"members", STRUCTURE, LOCKING, SQL},
	OWNER, COMMENT,
};

static const SdAttributeWord cast_words[] = {
	{"source_type", STRUCTURE, SAFE, PLACE | SQL},
	{"target_type", STRUCTURE, SAFE, PLACE | SQL},
	{"method", STRUCTURE, SAFE, 0},
	{"function", STRUCTURE, SAFE, SQL},
	{"context", STRUCTURE, SAFE, 0},
	COMMENT,
};

static const SdAttributeWord transform_words[] = {
	{"type", STRUCTURE, SAFE, PLACE | SQL},
	{"language", STRUCTURE, SAFE, PLACE},
	{"from_sql", STRUCTURE, SAFE, SQL},
	{"to_sql", STRUCTURE, SAFE, SQL},
	COMMENT,
};

static const SdAttributeWord sequence_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"sequence_name", STRUCTURE, SAFE, NAME},
	{"data_type", STRUCTURE, SAFE, 0},
	{"start_value", STRUCTURE, SAFE, 0},
	{"min_value", STRUCTURE, SAFE, 0},
	{"max_value", STRUCTURE, SAFE, 0},
	{"increment", STRUCTURE, SAFE, 0},
	{"cache_size", STRUCTURE, SAFE, 0},
	{"is_cycle", STRUCTURE, SAFE, 0},
	{"owner_schema", STRUCTURE, SAFE, SCHEMA},
	{"owner_table", STRUCTURE, SAFE, 0},
	{"owner_column", STRUCTURE, SAFE, 0},
	{"is_identity", STRUCTURE, SAFE, 0},
	{"persistence", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord table_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"table_name", STRUCTURE, SAFE, NAME},
	{"table_type", STRUCTURE, DESTRUCTIVE, 0},
	{"access_method", STORAGE, REWRITING, 0},
	{"tablespace", STORAGE, REWRITING, 0},
	{"is_partition", STRUCTURE, LOCKING, 0},
	{"partition_type", STRUCTURE, DESTRUCTIVE, 0},
	{"partition_key", STRUCTURE, DESTRUCTIVE, EXPRESSION},
	{"partition_definition", STRUCTURE, DESTRUCTIVE, EXPRESSION},
	{"parent_schema", STRUCTURE, LOCKING, SCHEMA},
	{"parent_name", STRUCTURE, LOCKING, 0},
	{"persistence", STRUCTURE, REWRITING, 0},
	{"of_type", STRUCTURE, SAFE, SQL},
	{"inherits", STRUCTURE, LOCKING, SQL},
	{"options", STORAGE, SAFE, SET},
	{"replica_identity", STRUCTURE, SAFE, 0},
	{"row_security", STRUCTURE, SAFE, 0},
	{"force_row_security", STRUCTURE, SAFE, 0},
	{"columns", STRUCTURE, DESTRUCTIVE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord column_words[] = {
	{"column_name", STRUCTURE, SAFE, NAME},
	{"data_type", STRUCTURE, SAFE, DERIVED},
	{"not_null", STRUCTURE, LOCKING, 0},
	{"is_serial", STRUCTURE, SAFE, 0},
	{"generated_type", STRUCTURE, REWRITING, 0},
	{"default_value", STRUCTURE, SAFE, EXPRESSION},
	{"formatted_type", STRUCTURE, REWRITING, SQL},
	{"type_schema", STRUCTURE, SAFE, DERIVED | SCHEMA},
	{"base_type", STRUCTURE, SAFE, DERIVED | SQL},
	{"identity", STRUCTURE, SAFE, 0},
	{"sequence_schema", STRUCTURE, SAFE, SCHEMA},
	{"sequence_name", STRUCTURE, SAFE, REFERENCE},
	{"collation", STRUCTURE, LOCKING, SQL},
	{"storage", STORAGE, SAFE, 0},
	{"compression", STORAGE, SAFE, 0},
	{"statistics_target", STATISTICS, SAFE, 0},
	{"is_local", STRUCTURE, SAFE, 0},
	{"inherited_count", STRUCTURE, SAFE, 0},
	COMMENT,
};

static const SdAttributeWord partition_words[] = {
	{"partition_bound", STRUCTURE, LOCKING, EXPRESSION},
	{"strategy", STRUCTURE, SAFE, DERIVED},
	{"lower_bound", STRUCTURE, SAFE, DERIVED},
	{"upper_bound", STRUCTURE, SAFE, DERIVED},
	{"list_values", STRUCTURE, SAFE, DERIVED},
	{"modulus", STRUCTURE, SAFE, DERIVED},
	{"remainder", STRUCTURE, SAFE, DERIVED},
	{"is_default", STRUCTURE, SAFE, DERIVED},
	{"detach_pending", STRUCTURE, SAFE, 0},
	{"range_size", STRUCTURE, SAFE, DERIVED},
	{"range_base", STRUCTURE, SAFE, DERIVED},
};

static const SdAttributeWord column_option_words[] = {
	{"schema_name", STATISTICS, SAFE, PLACE | SCHEMA},
	{"table_name", STATISTICS, SAFE, PLACE},
	{"column_name", STATISTICS, SAFE, PLACE},
	{"index_name", STATISTICS, SAFE, PLACE},
	{"key_position", STATISTICS, SAFE, PLACE},
	{"options", STATISTICS, SAFE, SET},
	{"statistics_target", STATISTICS, SAFE, 0},
};

static const SdAttributeWord constraint_words[] = {
	{"schema_name", STRUCTURE, SAFE, PLACE | SCHEMA},
	{"table_name", STRUCTURE, SAFE, PLACE},
	{"constraint_name", STRUCTURE, SAFE, NAME},
	{"constraint_type", STRUCTURE, LOCKING, 0},
	{"columns", STRUCTURE, LOCKING, 0},
	{"ref_schema", STRUCTURE, LOCKING, SCHEMA},
	{"ref_table", STRUCTURE, LOCKING, 0},
	{"ref_columns", STRUCTURE, LOCKING, 0},
	{"on_update", STRUCTURE, LOCKING, 0},
	{"on_delete", STRUCTURE, LOCKING, 0},
	{"on_delete_columns", STRUCTURE, LOCKING, 0},
	{"match_type", STRUCTURE, LOCKING, 0},
	{"is_deferrable", STRUCTURE, SAFE, 0},
	{"initially_deferred", STRUCTURE, SAFE, 0},
	{"is_validated", STRUCTURE, LOCKING, 0},
	{"is_enforced", STRUCTURE, LOCKING, 0},
	{"is_period", STRUCTURE, LOCKING, 0},
	{"no_inherit", STRUCTURE, SAFE, 0},
	{"is_local", STRUCTURE, SAFE, 0},
	{"inherited_count", STRUCTURE, SAFE, 0},
	{"parent_constraint", STRUCTURE, SAFE, REFERENCE},
	{"index_name", STRUCTURE, SAFE, DERIVED},
	{"exclusion_operators", STRUCTURE, LOCKING, SQL},
	{"expression", STRUCTURE, LOCKING, EXPRESSION},
	{"definition", STRUCTURE, LOCKING, DERIVED | SQL},
	COMMENT,
};

static const SdAttributeWord index_words[] = {
	{"schema_name", OBJECT, SAFE, PLACE | SCHEMA},
	{"table_name", OBJECT, LOCKING, 0},
	{"index_name", OBJECT, SAFE, NAME},
	{"is_unique", OBJECT, LOCKING, 0},
	{"column_names", OBJECT, LOCKING, EXPRESSION},
	{"orderings", OBJECT, LOCKING, 0},
	{"nulls_first", OBJECT, LOCKING, 0},
	{"opclasses", OBJECT, LOCKING, SQL},
	{"collations", OBJECT, LOCKING, SQL},
	{"include_columns", OBJECT, LOCKING, 0},
	{"is_expression", OBJECT, LOCKING, 0},
	{"predicate", OBJECT, LOCKING, EXPRESSION},
	{"access_method", OBJECT, LOCKING, 0},
	{"is_primary", OBJECT, LOCKING, 0},
	{"is_exclusion", OBJECT, LOCKING, 0},
	{"is_valid", OBJECT, LOCKING, 0},
	{"is_ready", OBJECT, LOCKING, 0},
	{"nulls_not_distinct", OBJECT, LOCKING, 0},
	{"constraint_name", OBJECT, SAFE, REFERENCE},
	{"parent_schema", OBJECT, SAFE, SCHEMA},
	{"parent_index", OBJECT, SAFE, REFERENCE},
	{"tablespace", STORAGE, REWRITING, 0},
	{"options", STORAGE, SAFE, SET},
	{"is_clustered", STORAGE, SAFE, 0},
	{"is_replica_identity", STRUCTURE, SAFE, 0},
	{"definition", OBJECT, LOCKING, DERIVED | SQL},
	COMMENT,
};

static const SdAttributeWord view_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"view_name", STRUCTURE, SAFE, NAME},
	{"view_type", STRUCTURE, SAFE, 0},
	{"definition", STRUCTURE, SAFE, QUERY},
	{"check_option", STRUCTURE, SAFE, 0},
	{"options", STRUCTURE, SAFE, SET},
	{"base_columns", STRUCTURE, SAFE, DERIVED | SQL},
	{"is_updatable", STRUCTURE, SAFE, DERIVED},
	{"is_insertable", STRUCTURE, SAFE, DERIVED},
	{"depends_on", STRUCTURE, SAFE, DERIVED | SQL},
	{"access_method", STORAGE, REWRITING, 0},
	{"tablespace", STORAGE, REWRITING, 0},
	{"columns", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord rule_words[] = {
	{"schema_name", STRUCTURE, SAFE, PLACE | SCHEMA},
	{"table_name", STRUCTURE, SAFE, PLACE},
	{"rule_name", STRUCTURE, SAFE, NAME},
	{"event", STRUCTURE, SAFE, 0},
	{"is_instead", STRUCTURE, SAFE, 0},
	{"enabled", STRUCTURE, SAFE, 0},
	{"condition", STRUCTURE, SAFE, DERIVED | SQL},
	{"definition", STRUCTURE, SAFE, EXPRESSION},
	COMMENT,
};

static const SdAttributeWord trigger_words[] = {
	{"schema_name", STRUCTURE, SAFE, PLACE | SCHEMA},
	{"table_name", STRUCTURE, SAFE, PLACE},
	{"trigger_name", STRUCTURE, SAFE, NAME},
	{"timing", STRUCTURE, SAFE, 0},
	{"level", STRUCTURE, SAFE, 0},
	{"events", STRUCTURE, SAFE, SET},
	{"columns", STRUCTURE, SAFE, 0},
	{"condition", STRUCTURE, SAFE, EXPRESSION},
	{"function", STRUCTURE, SAFE, SQL},
	{"arguments", STRUCTURE, SAFE, 0},
	{"old_table", STRUCTURE, SAFE, 0},
	{"new_table", STRUCTURE, SAFE, 0},
	{"enabled", STRUCTURE, SAFE, 0},
	{"is_constraint", STRUCTURE, SAFE, 0},
	{"is_deferrable", STRUCTURE, SAFE, 0},
	{"initially_deferred", STRUCTURE, SAFE, 0},
	{"constraint_name", STRUCTURE, SAFE, 0},
	{"ref_schema", STRUCTURE, SAFE, SCHEMA},
	{"ref_table", STRUCTURE, SAFE, 0},
	{"parent_trigger", STRUCTURE, SAFE, 0},
	{"definition", STRUCTURE, SAFE, DERIVED | SQL},
	COMMENT,
};

static const SdAttributeWord policy_words[] = {
	{"schema_name", STRUCTURE, SAFE, PLACE | SCHEMA},
	{"table_name", STRUCTURE, SAFE, PLACE},
	{"policy_name", STRUCTURE, SAFE, NAME},
	{"is_permissive", STRUCTURE, SAFE, 0},
	{"roles", STRUCTURE, SAFE, SET},
	{"command", STRUCTURE, SAFE, 0},
	{"using_expression", STRUCTURE, SAFE, EXPRESSION},
	{"check_expression", STRUCTURE, SAFE, EXPRESSION},
	COMMENT,
};

static const SdAttributeWord statistics_words[] = {
	{"schema_name", STATISTICS, SAFE, NAME | SCHEMA},
	{"statistics_name", STATISTICS, SAFE, NAME},
	{"table_schema", STATISTICS, SAFE, SCHEMA},
	{"table_name", STATISTICS, SAFE, 0},
	{"kinds", STATISTICS, SAFE, SET},
	{"columns", STATISTICS, SAFE, SET},
	{"expressions", STATISTICS, SAFE, EXPRESSION},
	{"statistics_target", STATISTICS, SAFE, 0},
	{"definition", STATISTICS, SAFE, DERIVED | SQL},
	OWNER, COMMENT,
};

static const SdAttributeWord property_graph_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"graph_name", STRUCTURE, SAFE, NAME},
	{"definition", STRUCTURE, SAFE, EXPRESSION},
	{"vertex_tables", STRUCTURE, SAFE, DERIVED},
	{"edge_tables", STRUCTURE, SAFE, DERIVED},
	OWNER, COMMENT,
};

static const SdAttributeWord foreign_server_words[] = {
	{"schema_name", STRUCTURE, SAFE, NAME | SCHEMA},
	{"object_name", STRUCTURE, SAFE, NAME},
	{"object_type", STRUCTURE, SAFE, PLACE},
	{"wrapper_name", STRUCTURE, SAFE, 0},
	{"server_name", STRUCTURE, SAFE, 0},
	{"user_name", STRUCTURE, SAFE, PLACE},
	{"server_type", STRUCTURE, SAFE, 0},
	{"server_version", STRUCTURE, SAFE, 0},
	{"handler", STRUCTURE, SAFE, SQL},
	{"validator", STRUCTURE, SAFE, SQL},
	{"connection_function", STRUCTURE, SAFE, SQL},
	{"options", STRUCTURE, SAFE, SET},
	{"column_options", STRUCTURE, SAFE, SET},
	OWNER, COMMENT,
};

static const SdAttributeWord publication_words[] = {
	{"publication_name", STRUCTURE, SAFE, NAME},
	{"all_tables", STRUCTURE, SAFE, 0},
	{"all_sequences", STRUCTURE, SAFE, 0},
	{"publishes", STRUCTURE, SAFE, SET},
	{"via_root", STRUCTURE, SAFE, 0},
	{"generated_columns", STRUCTURE, SAFE, 0},
	{"schema_names", STRUCTURE, SAFE, SET | SCHEMA},
	{"table_names", STRUCTURE, SAFE, SQL},
	{"table_columns", STRUCTURE, SAFE, 0},
	{"row_filters", STRUCTURE, SAFE, EXPRESSION},
	{"except_tables", STRUCTURE, SAFE, SET | SQL},
	OWNER, COMMENT,
};

static const SdAttributeWord subscription_words[] = {
	{"subscription_name", STRUCTURE, SAFE, NAME},
	{"publications", STRUCTURE, SAFE, 0},
	{"slot_name", STRUCTURE, SAFE, 0},
	{"synchronous_commit", STRUCTURE, SAFE, 0},
	{"is_binary", STRUCTURE, SAFE, 0},
	{"streaming", STRUCTURE, SAFE, 0},
	{"two_phase", STRUCTURE, SAFE, 0},
	{"disable_on_error", STRUCTURE, SAFE, 0},
	{"origin", STRUCTURE, SAFE, 0},
	{"password_required", STRUCTURE, SAFE, 0},
	{"run_as_owner", STRUCTURE, SAFE, 0},
	{"failover", STRUCTURE, SAFE, 0},
	{"retain_dead_tuples", STRUCTURE, SAFE, 0},
	{"max_retention_duration", STRUCTURE, SAFE, 0},
	{"wal_receiver_timeout", STRUCTURE, SAFE, 0},
	{"server_name", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord event_trigger_words[] = {
	{"trigger_name", STRUCTURE, SAFE, NAME},
	{"event", STRUCTURE, SAFE, 0},
	{"tags", STRUCTURE, SAFE, SET},
	{"function", STRUCTURE, SAFE, SQL},
	{"enabled", STRUCTURE, SAFE, 0},
	OWNER, COMMENT,
};

static const SdAttributeWord extension_dependency_words[] = {
	{"schema_name", STRUCTURE, SAFE, PLACE | SCHEMA},
	{"object_name", STRUCTURE, SAFE, PLACE},
	{"object_type", STRUCTURE, SAFE, PLACE},
	{"extension_name", STRUCTURE, SAFE, PLACE},
};

/* the list of an object's privileges, as one value */
static const SdAttributeWord privilege_words[] = {
	{"privileges", PRIVILEGES, SAFE, SET},
};

static const SdAttributeWord security_label_words[] = {
	{"schema_name", PRIVILEGES, SAFE, PLACE | SCHEMA},
	{"object_name", PRIVILEGES, SAFE, PLACE},
	{"object_type", PRIVILEGES, SAFE, PLACE},
	{"column_name", PRIVILEGES, SAFE, PLACE},
	{"provider", PRIVILEGES, SAFE, PLACE},
	{"label", PRIVILEGES, SAFE, 0},
};

#define WORDS(words) lengthof(words), words

const SdKindWord sd_kind_words[] = {
	{"schemas", STRUCTURE, SAFE, SAFE, WORDS(schema_words)},
	{"extensions", STRUCTURE, SAFE, DESTRUCTIVE, WORDS(extension_words)},
	{"languages", STRUCTURE, SAFE, SAFE, WORDS(language_words)},
	{"access_methods", STRUCTURE, SAFE, SAFE, WORDS(access_method_words)},
	{"types", STRUCTURE, SAFE, SAFE, WORDS(type_words)},
	{"collations", STRUCTURE, SAFE, SAFE, WORDS(collation_words)},
	{"conversions", STRUCTURE, SAFE, SAFE, WORDS(conversion_words)},
	{"text_search", STRUCTURE, SAFE, SAFE, WORDS(text_search_words)},
	{"functions", STRUCTURE, SAFE, SAFE, WORDS(function_words)},
	{"operators", STRUCTURE, SAFE, SAFE, WORDS(operator_words)},
	{"operator_classes", STRUCTURE, SAFE, SAFE, WORDS(operator_class_words)},
	{"casts", STRUCTURE, SAFE, SAFE, WORDS(cast_words)},
	{"transforms", STRUCTURE, SAFE, SAFE, WORDS(transform_words)},
	{"sequences", STRUCTURE, SAFE, DESTRUCTIVE, WORDS(sequence_words)},
	{"tables", STRUCTURE, SAFE, DESTRUCTIVE, WORDS(table_words)},
	{"columns", STRUCTURE, SAFE, DESTRUCTIVE, WORDS(column_words)},
	{"partitions", STRUCTURE, LOCKING, SAFE, WORDS(partition_words)},
	{"column_options", STATISTICS, SAFE, SAFE, WORDS(column_option_words)},
	{"constraints", STRUCTURE, LOCKING, SAFE, WORDS(constraint_words)},
	{"indexes", INDEXES, LOCKING, SAFE, WORDS(index_words)},
	{"views", STRUCTURE, SAFE, SAFE, WORDS(view_words)},
	{"rules", STRUCTURE, SAFE, SAFE, WORDS(rule_words)},
	{"triggers", STRUCTURE, SAFE, SAFE, WORDS(trigger_words)},
	{"policies", STRUCTURE, SAFE, SAFE, WORDS(policy_words)},
	{"statistics", STATISTICS, SAFE, SAFE, WORDS(statistics_words)},
	{"property_graphs", STRUCTURE, SAFE, SAFE, WORDS(property_graph_words)},
	{"foreign_servers", STRUCTURE, SAFE, SAFE, WORDS(foreign_server_words)},
	{"publications", STRUCTURE, SAFE, SAFE, WORDS(publication_words)},
	{"subscriptions", STRUCTURE, SAFE, DESTRUCTIVE, WORDS(subscription_words)},
	{"event_triggers", STRUCTURE, SAFE, SAFE, WORDS(event_trigger_words)},
	{"extension_dependencies", STRUCTURE, SAFE, SAFE, WORDS(extension_dependency_words)},
	{"privileges", PRIVILEGES, SAFE, SAFE, WORDS(privilege_words)},
	{"security_labels", PRIVILEGES, SAFE, SAFE, WORDS(security_label_words)},
};

static const char *const class_names[] = {
	"structure", "indexes", "privileges", "comments", "ownership", "storage",
	"statistics",
};

static const char *const severity_names[] = {
	"safe", "locking", "rewriting", "destructive",
};
/* clang-format on */

const int sd_nkind_words = lengthof(sd_kind_words);

/*
 * stormdisc_vocabulary() -> setof row
 *		The kinds and their attributes, with what a difference means.
 */
Datum
stormdisc_vocabulary(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < sd_nkind_words; i++)
	{
		const SdKindWord *kind = &sd_kind_words[i];

		put_word(rsinfo, kind, NULL);
		for (int j = 0; j < kind->nattributes; j++)
			put_word(rsinfo, kind, &kind->attributes[j]);
	}

	return (Datum) 0;
}

/* A row for an attribute, or for the kind as such. */
static void
put_word(ReturnSetInfo *rsinfo, const SdKindWord *kind,
		 const SdAttributeWord *attribute)
{
	Datum values[VOCABULARY_COLS] = {0};
	bool nulls[VOCABULARY_COLS] = {false};
	SdClass class = kind->class;

	values[0] = CStringGetTextDatum(kind->name);
	if (attribute == NULL)
	{
		nulls[1] = nulls[4] = true;
		values[5] = CStringGetTextDatum(sd_severity_name(kind->added));
		values[6] = CStringGetTextDatum(sd_severity_name(kind->removed));
		values[3] = BoolGetDatum(true);
	}
	else
	{
		if (attribute->class != SD_CLASS_OF_OBJECT)
			class = attribute->class;
		values[1] = CStringGetTextDatum(attribute->name);
		values[3] =
			BoolGetDatum((attribute->flags & (SD_WORD_NAME | SD_WORD_PLACE |
											  SD_WORD_DERIVED)) == 0);
		nulls[4] = !DatumGetBool(values[3]);
		if (!nulls[4])
			values[4] =
				CStringGetTextDatum(sd_severity_name(attribute->severity));
		nulls[5] = nulls[6] = true;
	}
	values[2] = CStringGetTextDatum(sd_class_name(class));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* sd_kind_word: The kind of this name, or NULL. */
const SdKindWord *
sd_kind_word(const char *name, int length)
{
	for (int i = 0; i < sd_nkind_words; i++)
	{
		if (strncmp(sd_kind_words[i].name, name, length) == 0 &&
			sd_kind_words[i].name[length] == '\0')
			return &sd_kind_words[i];
	}

	return NULL;
}

/* sd_attribute_word: The attribute of this name, or NULL. */
const SdAttributeWord *
sd_attribute_word(const SdKindWord *kind, const char *name, int length)
{
	for (int i = 0; i < kind->nattributes; i++)
	{
		const SdAttributeWord *word = &kind->attributes[i];

		if (word->name[0] == name[0] &&
			strncmp(word->name, name, length) == 0 &&
			word->name[length] == '\0')
			return word;
	}

	return NULL;
}

/* sd_class_name: The word for a class. */
const char *
sd_class_name(SdClass class)
{
	Assert(class < SD_NCLASSES);
	return class_names[class];
}

/* sd_class_find: The class of this name; false if there is none. */
bool
sd_class_find(const char *name, SdClass *class)
{
	for (int i = 0; i < SD_NCLASSES; i++)
	{
		if (strcmp(class_names[i], name) == 0)
		{
			*class = i;
			return true;
		}
	}

	return false;
}

/* sd_class_names: All of them, for hints. */
const char *
sd_class_names(void)
{
	return "structure, indexes, privileges, comments, ownership, storage, "
		   "statistics";
}

/* sd_severity_name: The word for a severity. */
const char *
sd_severity_name(SdSeverity severity)
{
	return severity_names[severity];
}
