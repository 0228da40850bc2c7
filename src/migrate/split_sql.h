/*-------------------------------------------------------------------------
 *
 * split_sql.h
 *	  The statements of an SQL text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_SPLIT_SQL_H
#define STORMDISC_SPLIT_SQL_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "tcop/cmdtag.h"

/* a statement, from its first token to its last */
typedef struct SdSqlStatement
{
	const char *text;	/* without the semicolon and the comments around it */
	const char *before; /* from the statement before to this one: comments */
	int offset;			/* of the first byte in the whole text */
	int line;			/* of the first token, from 1 */
	CommandTag tag;
	RawStmt *raw; /* its locations are those in the whole text */
} SdSqlStatement;

extern List *sd_sql_split(const char *sql);

#endif /* STORMDISC_SPLIT_SQL_H */
