/*-------------------------------------------------------------------------
 *
 * fingerprint.h
 *	  Documents as hashes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_FINGERPRINT_H
#define STORMDISC_FINGERPRINT_H

#include "utils/jsonb.h"

/* of SHA-256, and as hexadecimal digits */
#define SD_HASH_SIZE 32
#define SD_HASH_TEXT_SIZE (2 * SD_HASH_SIZE)

typedef struct SdHasher SdHasher;

extern SdHasher *sd_hasher_create(void);
extern void sd_hasher_start(SdHasher *hasher);
extern void sd_hasher_add(SdHasher *hasher, const void *data, Size length);
extern void sd_hasher_add_prefixed(SdHasher *hasher, const void *data,
								   Size length);
extern void sd_hasher_end(SdHasher *hasher, uint8 *hash);
extern void sd_hasher_free(SdHasher *hasher);

extern char *sd_fingerprint(Jsonb *document);

#endif /* STORMDISC_FINGERPRINT_H */
