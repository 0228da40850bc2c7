/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  What differs between the supported versions of PostgreSQL, 15 to 19.
 *
 * This is the only place that looks at PG_VERSION_NUM.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_COMPAT_H
#define STORMDISC_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "stormdisc needs PostgreSQL 15 or newer"
#endif

/* pg_attribute.attstattarget: NULL means default since 17, -1 before */
#if PG_VERSION_NUM >= 170000
#define SD_NULLABLE_STATTARGET 1
#endif

/* pg_constraint.conenforced and conperiod */
#if PG_VERSION_NUM >= 180000
#define SD_CONSTRAINT_ENFORCED(con) ((con)->conenforced)
#define SD_CONSTRAINT_PERIOD(con) ((con)->conperiod)
#else
#define SD_CONSTRAINT_ENFORCED(con) true
#define SD_CONSTRAINT_PERIOD(con) false
#endif

/* pg_constraint.contype of a not-null constraint */
#ifndef CONSTRAINT_NOTNULL
#define CONSTRAINT_NOTNULL 'n'
#endif

/* pg_attribute.attgenerated of a virtual column */
#ifndef ATTRIBUTE_GENERATED_VIRTUAL
#define ATTRIBUTE_GENERATED_VIRTUAL 'v'
#endif

/* SQL/JSON query functions are expressions since 17 */
#if PG_VERSION_NUM >= 170000
#define SD_HAS_JSON_EXPR 1
#endif

/* and SQL/JSON constructors since 16 */
#if PG_VERSION_NUM >= 160000
#define SD_HAS_JSON_CONSTRUCTOR 1
#endif

/* since 16 the parser reports soft errors */
#if PG_VERSION_NUM >= 160000
#define sd_parse_type(string, typid, typmod)                                   \
	parseTypeString((string), (typid), (typmod), NULL)
#else
#define sd_parse_type(string, typid, typmod)                                   \
	parseTypeString((string), (typid), (typmod), false)
#endif

/* what no catalog tells: what this server can do (see capabilities.c) */
#if PG_VERSION_NUM >= 180000
#define SD_VIRTUAL_COLUMNS ""
#define SD_TEMPORAL_CONSTRAINTS ""
#define SD_NOT_ENFORCED_CONSTRAINTS ""
#define SD_NAMED_NOT_NULL ""
#define SD_OLD_NEW_RETURNING ""
#else
#define SD_VIRTUAL_COLUMNS NULL
#define SD_TEMPORAL_CONSTRAINTS NULL
#define SD_NOT_ENFORCED_CONSTRAINTS NULL
#define SD_NAMED_NOT_NULL NULL
#define SD_OLD_NEW_RETURNING NULL
#endif
#if PG_VERSION_NUM >= 170000
#define SD_PARTITION_IDENTITY ""
#define SD_MERGE_RETURNING ""
#define SD_MAINTAIN_PRIVILEGE ""
#else
#define SD_PARTITION_IDENTITY NULL
#define SD_MERGE_RETURNING NULL
#define SD_MAINTAIN_PRIVILEGE NULL
#endif

#endif /* STORMDISC_COMPAT_H */
