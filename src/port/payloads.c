/*-------------------------------------------------------------------------
 *
 * payloads.c
 *	  What components store: how much of it, and is it still the same?
 *
 * The digest of a payload is the SHA-256 of its text in UTF-8, not of the
 * bytes that the server stores: so it is the same after a dump and a restore
 * on another machine, in another version or in another encoding, and it can
 * be checked in SQL:
 *		sha256(convert_to(data::text, 'UTF8'))
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "utils/jsonb.h"

#include "port/payloads.h"
#include "stormdisc.h"

#define KILOBYTE ((Size) 1024)

static void add_text(pg_cryptohash_ctx *context, Jsonb *data);

/*
 * sd_payload_check_size
 *		Raise 54000 if a jsonb is larger than stormdisc.max_checkpoint_size.
 *
 * It is looked at as it is, not read.
 */
void
sd_payload_check_size(Datum data, const char *name)
{
	Size size = toast_raw_datum_size(data) - VARHDRSZ;

	if (size > sd_setting_max_checkpoint_size * KILOBYTE)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("argument \"%s\" is too large", name),
				errdetail("It has %zu bytes, the maximum is %zu.", size,
						  sd_setting_max_checkpoint_size * KILOBYTE),
				errhint("The setting \"%s\" is the maximum; what is larger is "
						"better kept elsewhere, with a reference to it here.",
						"stormdisc.max_checkpoint_size"));
}

/*
 * sd_payload_digest
 *		The digest of a jsonb, and of another one behind it, if any.
 */
bytea *
sd_payload_digest(Jsonb *data, Jsonb *more)
{
	bytea *digest = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL || pg_cryptohash_init(context) < 0)
		elog(ERROR, "could not begin a digest");
	add_text(context, data);
	if (more != NULL)
		add_text(context, more);
	if (pg_cryptohash_final(context, (uint8 *) VARDATA(digest),
							PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not end a digest");
	pg_cryptohash_free(context);
	SET_VARSIZE(digest, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	return digest;
}

/*
 * sd_payload_is_intact
 *		Is this what the digest was made of?
 */
bool
sd_payload_is_intact(Jsonb *data, Jsonb *more, bytea *digest)
{
	bytea *found = sd_payload_digest(data, more);
	bool intact = VARSIZE_ANY_EXHDR(digest) == PG_SHA256_DIGEST_LENGTH &&
				  memcmp(VARDATA_ANY(digest), VARDATA(found),
						 PG_SHA256_DIGEST_LENGTH) == 0;

	pfree(found);

	return intact;
}

static void
add_text(pg_cryptohash_ctx *context, Jsonb *data)
{
	char *string = JsonbToCString(NULL, &data->root, VARSIZE(data));
	char *utf8 = pg_server_to_any(string, strlen(string), PG_UTF8);

	if (pg_cryptohash_update(context, (const uint8 *) utf8, strlen(utf8)) < 0)
		elog(ERROR, "could not make a digest");
	if (utf8 != string)
		pfree(utf8);
	pfree(string);
}
