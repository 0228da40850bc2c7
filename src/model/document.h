/*-------------------------------------------------------------------------
 *
 * document.h
 *	  A schema as one jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_DOCUMENT_H
#define STORMDISC_DOCUMENT_H

#include "utils/jsonb.h"

#include "discovery/discovery.h"

/* raised when a document's keys or values change their meaning */
#define SD_DOCUMENT_FORMAT 1

/* what to put into a document, and what to do when something is missing */
typedef struct SdDocumentOptions
{
	Oid functions;	   /* schema of the discovery functions */
	const bool *parts; /* of sd_kinds, by position; NULL: all */
	bool atomic;	   /* raise an error rather than leave something out */
} SdDocumentOptions;

extern const bool *sd_document_parts(ArrayType *names);
extern bool sd_document_atomic(const char *mode);
extern Jsonb *sd_document_build(SdScope *scope,
								const SdDocumentOptions *options);

#endif /* STORMDISC_DOCUMENT_H */
