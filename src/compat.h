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

/* SET of a list that is empty; before 19 the server's own text is no SQL */
#if PG_VERSION_NUM >= 190000
#define SD_EMPTY_LIST "NULL"
#else
#define SD_EMPTY_LIST "''"
#endif

/* since 16 the parser reports soft errors */
#if PG_VERSION_NUM >= 160000
#define sd_parse_type(string, typid, typmod)                                   \
	parseTypeString((string), (typid), (typmod), NULL)
#else
#define sd_parse_type(string, typid, typmod)                                   \
	parseTypeString((string), (typid), (typmod), false)
#endif

#endif /* STORMDISC_COMPAT_H */
