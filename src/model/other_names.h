/*-------------------------------------------------------------------------
 *
 * other_names.h
 *	  Objects of documents with other names for schemas and relations.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_OTHER_NAMES_H
#define STORMDISC_OTHER_NAMES_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "model/sql_text.h"
#include "model/vocabulary.h"

extern const char *sd_other_identity(const SdSchemaMap *map, const char *kind,
									 const char *identity);
extern JsonbValue sd_other_object(const SdSchemaMap *map,
								  const SdKindWord *word,
								  const JsonbValue *value);
extern Jsonb *sd_other_document(const SdSchemaMap *map, Jsonb *document);
extern List *sd_document_schemas(Jsonb *document);
extern void sd_schema_map_number(SdSchemaMap *map, List *schemas,
								 const char *own);
extern void sd_schema_map_match(SdSchemaMap *map, List *from, List *to);

#endif /* STORMDISC_OTHER_NAMES_H */
