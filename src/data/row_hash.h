/*-------------------------------------------------------------------------
 *
 * row_hash.h
 *	  Rows of user tables as bytes that do not depend on how they are stored,
 *	  and hashes of these.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ROW_HASH_H
#define STORMDISC_ROW_HASH_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"

/* in what form the fields of a row are written */
typedef enum SdRowFormat
{
	SD_ROW_LENGTHS, /* each with its length before it, NULL: -1 */
	SD_ROW_BARS		/* each with a bar after it, NULL: nothing */
} SdRowFormat;

typedef struct SdSha256
{
	pg_cryptohash_ctx *context;
} SdSha256;

typedef struct SdHash128
{
	uint64 low;
	uint64 high;
} SdHash128;

/* writes rows, see sd_row_writer_create() */
typedef struct SdRowWriter SdRowWriter;

extern void sd_sha256_begin(SdSha256 *sha);
extern void sd_sha256_add(SdSha256 *sha, const void *data, size_t length);
extern void sd_sha256_add_int32(SdSha256 *sha, int32 value);
extern void sd_sha256_add_int64(SdSha256 *sha, int64 value);
extern void sd_sha256_end(SdSha256 *sha, uint8 *digest);

extern SdRowWriter *sd_row_writer_create(SdRowFormat format, int nfields,
										 const Oid *types);
extern void sd_row_writer_keep_sha256(SdRowWriter *writer);
extern void sd_row_writer_begin_hash128(SdRowWriter *writer);
extern SdHash128 sd_row_writer_end_hash128(SdRowWriter *writer);
extern void sd_row_writer_begin_sha256(SdRowWriter *writer);
extern void sd_row_writer_end_sha256(SdRowWriter *writer, uint8 *digest);
extern void sd_row_writer_into(SdRowWriter *writer, SdSha256 *sha);
extern void sd_row_writer_flush(SdRowWriter *writer);
extern void sd_row_writer_field(SdRowWriter *writer, int field, Datum value,
								bool isnull);
extern const char *sd_row_utf8(const char *string, int length, int *new_length);

#endif /* STORMDISC_ROW_HASH_H */
