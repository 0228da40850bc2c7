/*-------------------------------------------------------------------------
 *
 * row_hash.c
 *	  Rows of user tables as bytes that do not depend on how they are stored,
 *	  and hashes of these.
 *
 * A row is its fields, one after the other.  A field is a length (int32, most
 * significant byte first; -1 for NULL) and the text that the type's output
 * function gives, in UTF-8: what a client gets in a DataRow message.  Two kinds
 * of values are themselves rather than their text: bytea, whose text may be
 * too long for the server, and pg_lsn, whose text differs between versions.
 * The other format is that of StormWeaver, with bars.
 *
 * SHA-256 is the server's.  Where rows are hashed only to be added up, the hash
 * is SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012).  It is made to
 * be a pseudorandom function, so that no regularity of the rows is left in
 * the hashes, and is several times as fast as SHA-256 on rows that are short.
 * Its key is public, though: it is proof against accidents, not against
 * somebody who looks for collisions.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "compat.h"
#include "data/row_hash.h"

/* how a field of a type becomes bytes */
typedef enum FieldKind
{
	FIELD_OUTPUT,  /* by its output function */
	FIELD_VARLENA, /* what is stored is the text */
	FIELD_BYTES,   /* likewise, but it is no text */
	FIELD_HEX,	   /* bytes, as hexadecimal digits */
	FIELD_BOOL,
	FIELD_INT2,
	FIELD_INT4,
	FIELD_INT8,
	FIELD_LSN
} FieldKind;

typedef struct Field
{
	FieldKind kind;
	bool is_varlena;
	FmgrInfo output;
} Field;

/* a multiple of 8 */
#define STAGING_SIZE 4096

/* longer than any number with its sign */
#define NUMBER_SIZE 32

struct SdRowWriter
{
	SdRowFormat format;
	bool convert;  /* the server's encoding is not UTF-8 */
	SdSha256 *sha; /* NULL: SipHash */
	uint64 sip[4];
	uint64 total; /* bytes of this row that left the staging area */
	int fill;
	uint64 staging[STAGING_SIZE / sizeof(uint64)];
	/* kept from row to row, as it is not cheap to make */
	SdSha256 own_sha;
	ResourceOwner own_sha_owner;
	MemoryContextCallback own_sha_end;
	int nfields;
	Field fields[FLEXIBLE_ARRAY_MEMBER];
};

static void set_up_field(SdRowWriter *writer, Field *field, Oid type);
static void end_own_sha(void *arg);
static void sha_failed(SdSha256 *sha);
static void write_value(SdRowWriter *writer, const char *data, int length);
static void write_hex(SdRowWriter *writer, const char *data, int length);
static inline void append(SdRowWriter *writer, const void *data, size_t length);
static void append_long(SdRowWriter *writer, const char *data, size_t length);
static void pass_on(SdRowWriter *writer);

/* ---- SHA-256 ---- */

/*
 * sd_sha256_begin
 *		Start a hash.  sd_sha256_end() ends it; so does an error.
 */
void
sd_sha256_begin(SdSha256 *sha)
{
	sha->context = pg_cryptohash_create(PG_SHA256);
	if (sha->context == NULL)
		ereport(ERROR, errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"));
	if (pg_cryptohash_init(sha->context) < 0)
		sha_failed(sha);
}

void
sd_sha256_add(SdSha256 *sha, const void *data, size_t length)
{
	if (pg_cryptohash_update(sha->context, data, length) < 0)
		sha_failed(sha);
}

void
sd_sha256_add_int32(SdSha256 *sha, int32 value)
{
	uint32 bytes = pg_hton32((uint32) value);

	sd_sha256_add(sha, &bytes, sizeof(bytes));
}

void
sd_sha256_add_int64(SdSha256 *sha, int64 value)
{
	uint64 bytes = pg_hton64((uint64) value);

	sd_sha256_add(sha, &bytes, sizeof(bytes));
}

/*
 * sd_sha256_end
 *		The hash, PG_SHA256_DIGEST_LENGTH bytes.
 */
void
sd_sha256_end(SdSha256 *sha, uint8 *digest)
{
	if (pg_cryptohash_final(sha->context, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		sha_failed(sha);
	pg_cryptohash_free(sha->context);
	sha->context = NULL;
}

static void
sha_failed(SdSha256 *sha)
{
	ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
			errmsg("could not compute %s hash: %s", "SHA-256",
				   pg_cryptohash_error(sha->context)));
}

/* ---- SipHash-2-4, 128 bits ---- */

/* the bytes 0 to 15, the key of the published test vectors */
#define SIP_KEY_0 UINT64CONST(0x0706050403020100)
#define SIP_KEY_1 UINT64CONST(0x0f0e0d0c0b0a0908)

/* words of a message are little-endian */
#ifdef WORDS_BIGENDIAN
#define SIP_WORD(word) pg_bswap64(word)
#else
#define SIP_WORD(word) (word)
#endif

#define ROTATE_LEFT(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))

#define SIP_ROUND                                                              \
	do                                                                         \
	{                                                                          \
		v0 += v1;                                                              \
		v1 = ROTATE_LEFT(v1, 13);                                              \
		v1 ^= v0;                                                              \
		v0 = ROTATE_LEFT(v0, 32);                                              \
		v2 += v3;                                                              \
		v3 = ROTATE_LEFT(v3, 16);                                              \
		v3 ^= v2;                                                              \
		v0 += v3;                                                              \
		v3 = ROTATE_LEFT(v3, 21);                                              \
		v3 ^= v0;                                                              \
		v2 += v1;                                                              \
		v1 = ROTATE_LEFT(v1, 17);                                              \
		v1 ^= v2;                                                              \
		v2 = ROTATE_LEFT(v2, 32);                                              \
	}                                                                          \
	while (0)

static void
sip_begin(uint64 *state)
{
	state[0] = UINT64CONST(0x736f6d6570736575) ^ SIP_KEY_0;
	state[1] = UINT64CONST(0x646f72616e646f6d) ^ SIP_KEY_1 ^ 0xee;
	state[2] = UINT64CONST(0x6c7967656e657261) ^ SIP_KEY_0;
	state[3] = UINT64CONST(0x7465646279746573) ^ SIP_KEY_1;
}

static void
sip_add(uint64 *state, const uint64 *words, int nwords)
{
	uint64 v0 = state[0];
	uint64 v1 = state[1];
	uint64 v2 = state[2];
	uint64 v3 = state[3];

	for (int i = 0; i < nwords; i++)
	{
		uint64 word = SIP_WORD(words[i]);

		v3 ^= word;
		SIP_ROUND;
		SIP_ROUND;
		v0 ^= word;
	}

	state[0] = v0;
	state[1] = v1;
	state[2] = v2;
	state[3] = v3;
}

static SdHash128
sip_end(const uint64 *state)
{
	uint64 v0 = state[0];
	uint64 v1 = state[1];
	uint64 v2 = state[2];
	uint64 v3 = state[3];
	SdHash128 hash;

	v2 ^= 0xee;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	hash.low = v0 ^ v1 ^ v2 ^ v3;
	v1 ^= 0xdd;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	hash.high = v0 ^ v1 ^ v2 ^ v3;

	return hash;
}

/* ---- rows ---- */

/*
 * sd_row_writer_create
 *		What writes rows of these types, in the current memory context.
 */
SdRowWriter *
sd_row_writer_create(SdRowFormat format, int nfields, const Oid *types)
{
	SdRowWriter *writer =
		palloc0(offsetof(SdRowWriter, fields) + sizeof(Field) * nfields);

	writer->format = format;
	writer->convert = GetDatabaseEncoding() != PG_UTF8;
	writer->nfields = nfields;
	for (int i = 0; i < nfields; i++)
		set_up_field(writer, &writer->fields[i], types[i]);

	return writer;
}

static void
set_up_field(SdRowWriter *writer, Field *field, Oid type)
{
	Oid function;

	field->kind = FIELD_OUTPUT;
	getTypeOutputInfo(type, &function, &field->is_varlena);
	fmgr_info(function, &field->output);

	switch (getBaseType(type))
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case JSONOID:
			field->kind = FIELD_VARLENA;
			break;
		case BYTEAOID:
			field->kind =
				writer->format == SD_ROW_LENGTHS ? FIELD_BYTES : FIELD_HEX;
			break;
		case LSNOID:
			if (writer->format == SD_ROW_LENGTHS)
				field->kind = FIELD_LSN;
			break;
		case BOOLOID:
			field->kind = FIELD_BOOL;
			break;
		case INT2OID:
			field->kind = FIELD_INT2;
			break;
		case INT4OID:
			field->kind = FIELD_INT4;
			break;
		case INT8OID:
			field->kind = FIELD_INT8;
			break;
		default:
			break;
	}
}

/*
 * sd_row_writer_keep_sha256
 *		Be ready for sd_row_writer_begin_sha256(), until the current memory
 *		context is gone.
 *
 * To make what computes SHA-256 takes longer than to hash a row with it, so
 * there is one for all rows.  It belongs to nobody else's resource owner: that
 * would release it before this memory on error, and complain without one.
 */
void
sd_row_writer_keep_sha256(SdRowWriter *writer)
{
	ResourceOwner oldowner = CurrentResourceOwner;

	writer->own_sha_owner = ResourceOwnerCreate(NULL, "stormdisc row hash");
	writer->own_sha_end.func = end_own_sha;
	writer->own_sha_end.arg = writer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &writer->own_sha_end);

	CurrentResourceOwner = writer->own_sha_owner;
	PG_TRY();
	{
		sd_sha256_begin(&writer->own_sha);
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = oldowner;
	}
	PG_END_TRY();
}

static void
end_own_sha(void *arg)
{
	SdRowWriter *writer = arg;

	if (writer->own_sha.context != NULL)
		pg_cryptohash_free(writer->own_sha.context);
	ResourceOwnerDelete(writer->own_sha_owner);
}

/*
 * sd_row_writer_begin_hash128
 *		Start a row that is to be hashed by SipHash.
 */
void
sd_row_writer_begin_hash128(SdRowWriter *writer)
{
	writer->sha = NULL;
	writer->fill = 0;
	writer->total = 0;
	sip_begin(writer->sip);
}

SdHash128
sd_row_writer_end_hash128(SdRowWriter *writer)
{
	char *staging = (char *) writer->staging;
	uint64 length = writer->total + writer->fill;

	/* the last word has what is left, and the length in its last byte */
	while (writer->fill % sizeof(uint64) != sizeof(uint64) - 1)
		staging[writer->fill++] = 0;
	staging[writer->fill++] = (char) (length & 0xff);
	sip_add(writer->sip, writer->staging, writer->fill / sizeof(uint64));

	return sip_end(writer->sip);
}

/*
 * sd_row_writer_begin_sha256
 *		Start a row that is to be hashed by SHA-256.
 */
void
sd_row_writer_begin_sha256(SdRowWriter *writer)
{
	sd_row_writer_into(writer, &writer->own_sha);
	if (pg_cryptohash_init(writer->own_sha.context) < 0)
		sha_failed(&writer->own_sha);
}

void
sd_row_writer_end_sha256(SdRowWriter *writer, uint8 *digest)
{
	sd_row_writer_flush(writer);
	if (pg_cryptohash_final(writer->own_sha.context, digest,
							PG_SHA256_DIGEST_LENGTH) < 0)
		sha_failed(&writer->own_sha);
}

/*
 * sd_row_writer_into
 *		Write rows into a hash that is somebody else's.
 *
 * It has them all only after sd_row_writer_flush().
 */
void
sd_row_writer_into(SdRowWriter *writer, SdSha256 *sha)
{
	writer->sha = sha;
	writer->fill = 0;
	writer->total = 0;
}

void
sd_row_writer_flush(SdRowWriter *writer)
{
	if (writer->fill > 0)
		pass_on(writer);
}

/*
 * sd_row_writer_field
 *		Write the next field of a row.
 */
void
sd_row_writer_field(SdRowWriter *writer, int i, Datum value, bool isnull)
{
	Field *field = &writer->fields[i];
	char number[NUMBER_SIZE];

	Assert(i < writer->nfields);
	if (isnull)
	{
		if (writer->format == SD_ROW_LENGTHS)
		{
			uint32 none = PG_UINT32_MAX;

			append(writer, &none, sizeof(none));
		}
		else
			append(writer, "|", 1);
		return;
	}

	switch (field->kind)
	{
		case FIELD_BOOL:
			write_value(writer, DatumGetBool(value) ? "t" : "f", 1);
			break;
		case FIELD_INT2:
			write_value(writer, number, pg_itoa(DatumGetInt16(value), number));
			break;
		case FIELD_INT4:
			write_value(writer, number, pg_ltoa(DatumGetInt32(value), number));
			break;
		case FIELD_INT8:
			write_value(writer, number, pg_lltoa(DatumGetInt64(value), number));
			break;
		case FIELD_LSN:
		{
			uint64 bytes = pg_hton64((uint64) DatumGetInt64(value));

			write_value(writer, (char *) &bytes, sizeof(bytes));
			break;
		}
		case FIELD_VARLENA:
		case FIELD_BYTES:
		case FIELD_HEX:
		{
			struct varlena *stored = (struct varlena *) DatumGetPointer(value);
			struct varlena *plain = pg_detoast_datum_packed(stored);
			const char *data = VARDATA_ANY(plain);
			int length = VARSIZE_ANY_EXHDR(plain);

			if (writer->convert && field->kind == FIELD_VARLENA)
			{
				const char *text = sd_row_utf8(data, length, &length);

				write_value(writer, text, length);
				if (text != data)
					pfree(unconstify(char *, text));
			}
			else if (field->kind == FIELD_HEX)
				write_hex(writer, data, length);
			else
				write_value(writer, data, length);
			if (plain != stored)
				pfree(plain);
			break;
		}
		case FIELD_OUTPUT:
		{
			char *data = OutputFunctionCall(&field->output, value);
			int length = strlen(data);

			if (writer->convert)
			{
				const char *text = sd_row_utf8(data, length, &length);

				write_value(writer, text, length);
				if (text != data)
					pfree(unconstify(char *, text));
			}
			else
				write_value(writer, data, length);
			pfree(data);
			break;
		}
	}
}

/*
 * sd_row_utf8
 *		A text of the server's encoding in UTF-8; itself if it is that.
 */
const char *
sd_row_utf8(const char *string, int length, int *new_length)
{
	char *converted = (char *) pg_do_encoding_conversion(
		(unsigned char *) unconstify(char *, string), length,
		GetDatabaseEncoding(), PG_UTF8);

	*new_length = converted == string ? length : strlen(converted);

	return converted;
}

static void
write_value(SdRowWriter *writer, const char *data, int length)
{
	if (writer->format == SD_ROW_LENGTHS)
	{
		uint32 bytes = pg_hton32((uint32) length);

		append(writer, &bytes, sizeof(bytes));
		append(writer, data, length);
	}
	else
	{
		append(writer, data, length);
		append(writer, "|", 1);
	}
}

/* As byteaout() does, but not all at once: that may be too long a text. */
static void
write_hex(SdRowWriter *writer, const char *data, int length)
{
	char digits[1024];

	Assert(writer->format == SD_ROW_BARS);
	append(writer, "\\x", 2);
	while (length > 0)
	{
		int part = Min(length, (int) sizeof(digits) / 2);

		append(writer, digits, hex_encode(data, part, digits));
		data += part;
		length -= part;
	}
	append(writer, "|", 1);
}

static inline void
append(SdRowWriter *writer, const void *data, size_t length)
{
	if (likely(length < STAGING_SIZE - writer->fill))
	{
		memcpy((char *) writer->staging + writer->fill, data, length);
		writer->fill += length;
	}
	else
		append_long(writer, data, length);
}

/* The staging area is never left full: the last word needs a place. */
static void
append_long(SdRowWriter *writer, const char *data, size_t length)
{
	while (length > 0)
	{
		size_t part = Min(length, STAGING_SIZE - writer->fill);

		CHECK_FOR_INTERRUPTS();
		memcpy((char *) writer->staging + writer->fill, data, part);
		writer->fill += part;
		data += part;
		length -= part;
		if (writer->fill == STAGING_SIZE)
			pass_on(writer);
	}
}

/* Hash what is in the staging area; for SipHash it is whole words. */
static void
pass_on(SdRowWriter *writer)
{
	if (writer->sha != NULL)
		sd_sha256_add(writer->sha, writer->staging, writer->fill);
	else
		sip_add(writer->sip, writer->staging, writer->fill / sizeof(uint64));
	writer->total += writer->fill;
	writer->fill = 0;
}
