/*-------------------------------------------------------------------------
 *
 * advice.h
 *	  What the files of stormdisc_advice() share.
 *
 * A rule is a row of the table in advice.c and a call of sd_advise() in the
 * file of its topic.  Everything is read once, and checked relation by
 * relation.  All memory is the reading's.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ADVICE_H
#define STORMDISC_ADVICE_H

#include "catalog/sd_catalog.h"

/* the order is that of the table in advice.c, and of rows about one object */
typedef enum SdRule
{
	SD_RULE_UNINDEXED_FOREIGN_KEY,
	SD_RULE_DUPLICATE_INDEX,
	SD_RULE_REDUNDANT_INDEX,
	SD_RULE_UNUSED_INDEX,
	SD_RULE_MULTIPLE_PERMISSIVE_POLICIES,
	SD_RULE_POLICY_CALLS_PER_ROW,
	SD_RULE_NO_PRIMARY_KEY,
	SD_RULE_INVALID_INDEX,
	SD_RULE_NOT_VALID_CONSTRAINT,
	SD_RULE_NOT_ENFORCED_CONSTRAINT,
	SD_RULE_DISABLED_TRIGGER,
	SD_RULE_FOREIGN_KEY_TYPE,
	SD_RULE_NULLABLE_UNIQUE_KEY,
	SD_RULE_TIMESTAMP_WITHOUT_TIME_ZONE,
	SD_RULE_CHAR_TYPE,
	SD_RULE_ROW_SECURITY_WITHOUT_POLICY,
	SD_RULE_POLICY_WITHOUT_ROW_SECURITY,
	SD_RULE_POLICY_ALWAYS_TRUE,
	SD_RULE_SECURITY_DEFINER_VIEW,
	SD_RULE_SECURITY_DEFINER_SEARCH_PATH,
	SD_RULE_SECURITY_DEFINER_PUBLIC,
	SD_RULE_FUNCTION_SEARCH_PATH,
	SD_RULE_PUBLIC_TABLE,
	SD_RULE_PUBLIC_MATERIALIZED_VIEW,
	SD_RULE_PUBLIC_FOREIGN_TABLE,
	SD_RULE_PUBLIC_SENSITIVE_COLUMN,
	SD_RULE_EXTENSION_IN_WRITABLE_SCHEMA,
	SD_RULE_STALE_STATISTICS,
	SD_RULE_TABLE_BLOAT,
	SD_RULE_AUTOVACUUM_DISABLED,
	SD_RULE_SEQUENCE_NEAR_EXHAUSTION,
	SD_RULE_INTEGER_KEY_NEAR_EXHAUSTION,
	SD_RULE_NO_DEFAULT_PARTITION,
	SD_RULE_DETACH_PENDING,
	SD_RULE_UNSUPPORTED_REG_TYPE,
	SD_RULE_CONVENTION_PRIMARY_KEY,
	SD_RULE_CONVENTION_TIMESTAMPS,
	SD_RULE_CONVENTION_FOREIGN_KEY_NAME,
	SD_RULE_CONVENTION_SOFT_DELETE,
	SD_RULE_CONVENTION_STATUS_ENUM,
	SD_RULE_CONVENTION_JSON,
	SD_RULE_CONVENTION_COLUMN_NAME,
	SD_RULE_CONVENTION_TABLE_NAME, /* last: the others use the old name */
	SD_NRULES
} SdRule;

/* what else is known of a relation in scope */
typedef struct SdRelationFacts
{
	Oid oid;		   /* hash key */
	List *policies;	   /* advice_security.c's */
	List *triggers;	   /* advice_upkeep.c's */
	uint32 public_may; /* privileges of PUBLIC: ACL_SELECT, ... */
	bool has_children;
	bool has_default_partition;
} SdRelationFacts;

typedef struct SdAdviceRow
{
	SdRule rule;
	const char *severity; /* NULL: the rule's */
	const char *schema_name;
	const char *object_name;
	const char *object;
	const char *message;
	const char *suggestion;
	SdProblem problem; /* why this could not be checked */
} SdAdviceRow;

typedef struct SdAdvice
{
	SdCatalog *catalog;
	SdScope scope;
	bool wanted[SD_NRULES];
	HTAB *facts;
	HTAB *opclasses;		 /* advice_indexes.c's */
	HTAB *functions;		 /* advice_security.c's */
	HTAB *schemas;			 /* likewise */
	HTAB *disabled_triggers; /* advice_upkeep.c's */
	HTAB *sequences;		 /* likewise */
	SdAdviceRow **rows;
	int nrows;
	int size;
} SdAdvice;

/* ---- advice.c ---- */

extern SdAdviceRow *sd_advise(SdAdvice *adv, SdRule rule, SdRelation *rel,
							  const char *object, const char *suggestion,
							  const char *message);
extern SdAdviceRow *sd_advise_object(SdAdvice *adv, SdRule rule,
									 const char *schema_name, const char *name,
									 const char *object, const char *suggestion,
									 const char *message);
extern SdRelationFacts *sd_advice_facts(SdAdvice *adv, SdRelation *rel);
extern const char *sd_advice_column(SdRelation *rel, const SdColumn *column);
extern const char *sd_advice_on(const char *name, SdRelation *rel);
extern char *sd_advice_columns(SdRelation *rel, const AttrNumber *columns,
							   int ncolumns);
extern bool sd_advice_has_option(ArrayType *options, const char *name,
								 bool value);
extern SdColumn *sd_advice_find_column(SdRelation *rel, const char *name);

/* ---- the checks of one relation, and of all that is no relation ---- */

extern void sd_advise_indexes(SdAdvice *adv, SdRelation *rel);
extern bool sd_advice_can_be_primary(SdAdvice *adv, SdIndex *index);
extern void sd_advise_constraints(SdAdvice *adv, SdRelation *rel);
extern void sd_advise_columns(SdAdvice *adv, SdRelation *rel);
extern void sd_advise_conventions(SdAdvice *adv, SdRelation *rel);
extern void sd_advice_read_security(SdAdvice *adv);
extern void sd_advise_security(SdAdvice *adv, SdRelation *rel);
extern void sd_advise_functions(SdAdvice *adv);
extern void sd_advise_extensions(SdAdvice *adv);
extern void sd_advice_read_upkeep(SdAdvice *adv);
extern void sd_advise_upkeep(SdAdvice *adv, SdRelation *rel);
extern void sd_advise_sequences(SdAdvice *adv);

#endif /* STORMDISC_ADVICE_H */
