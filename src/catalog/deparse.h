/*-------------------------------------------------------------------------
 *
 * deparse.h
 *	  What a text depends on, and how to print it in spite of that.
 *
 * Shared by deparse.c, where it is explained, and deparse_query.c.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DEPARSE_H
#define STORMDISC_DEPARSE_H

#include "catalog/sd_catalog.h"

/* what the text of an expression or query depends on */
typedef struct SdFacts
{
	bool has_columns; /* of the relation that an expression is about */
	bool has_system_columns;
	bool has_case;
	bool has_query;
	int level;		 /* of queries, while collecting */
	bool can_fail;	 /* without one of the objects the deparser fails */
	Oid self;		 /* of whose rule OLD and NEW do not matter */
	List *objects;	 /* of named objects, deparse.c's */
	List *relations; /* of Oid: those that the deparser opens */
	List *types;	 /* whose parts the text shows, and what they are made of */
} SdFacts;

/* prints what it is given, and raises what the server's deparser does */
typedef char *(*SdPrinter)(SdCatalog *cat, void *arg);

extern bool sd_facts_collect(Node *node, SdFacts *facts);
extern void sd_facts_add_object(SdFacts *facts, Oid classid, Oid oid);
extern void sd_facts_add_relation(SdFacts *facts, Oid oid);
extern char *sd_facts_print(SdCatalog *cat, SdFacts *facts, SdPrinter printer,
							void *arg, SdProblem *problem);
extern RangeTblEntry *sd_deparse_names(SdRelation *rel, const char *alias,
									   bool with_system_columns);
extern void sd_deparse_renumber(Node *expr, int natts);
extern char *sd_deparse_indent_case(const char *flat, int level);

#endif /* STORMDISC_DEPARSE_H */
