/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  What an error means for the work around it.
 *
 * One table says it for the clients that ask stormdisc_classify_error() and
 * for our own way of passing over objects that fail.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "errors.h"

PG_FUNCTION_INFO_V1(stormdisc_classify_error);

#define SQLSTATE_LENGTH 5
#define CLASS_LENGTH 2

static const char *const class_names[] = {
	[SD_ERROR_CONNECTION] = "connection", [SD_ERROR_PERMISSION] = "permission",
	[SD_ERROR_SYNTAX] = "syntax",		  [SD_ERROR_TIMEOUT] = "timeout",
	[SD_ERROR_CONFLICT] = "conflict",	  [SD_ERROR_RESOURCE] = "resource",
	[SD_ERROR_OTHER] = "other",
};

static const struct
{
	const char *words;
	bool retry;
	const char *log_level;
} reactions[] = {
	[SD_REACTION_RETRY] = {"retry with backoff", true, "warning"},
	[SD_REACTION_WARN] = {"warn and continue", false, "warning"},
	[SD_REACTION_RETRY_LONGER] = {"retry once with a longer timeout", true,
								  "warning"},
	[SD_REACTION_FAIL] = {"fail", false, "error"},
};

/*
 * Sorted, for reading and for nothing else.  A code of its own goes before
 * its class.  What is not here is "other", and fails.
 */
static const SdErrorMeaning meanings[] = {
	/* no errors at all: successful completion, warnings, no data */
	{"00", SD_ERROR_OTHER, SD_REACTION_WARN, true},
	{"01", SD_ERROR_OTHER, SD_REACTION_WARN, true},
	{"02", SD_ERROR_OTHER, SD_REACTION_WARN, true},
	/* connection exceptions; a broken protocol is a bug, or no PostgreSQL */
	{"08", SD_ERROR_CONNECTION, SD_REACTION_RETRY, false},
	{"08P01", SD_ERROR_CONNECTION, SD_REACTION_FAIL, false},
	/* this server cannot do what the statement says */
	{"0A", SD_ERROR_SYNTAX, SD_REACTION_FAIL, true},
	/* invalid grantor, invalid role */
	{"0L", SD_ERROR_PERMISSION, SD_REACTION_FAIL, true},
	{"0P", SD_ERROR_PERMISSION, SD_REACTION_FAIL, true},
	/* the server has ended the session: idle in or long transaction */
	{"25P03", SD_ERROR_TIMEOUT, SD_REACTION_RETRY_LONGER, false},
	{"25P04", SD_ERROR_TIMEOUT, SD_REACTION_RETRY_LONGER, false},
	/* the login failed, so that there is nothing to continue with */
	{"28", SD_ERROR_PERMISSION, SD_REACTION_FAIL, false},
	/* external routines; SQL that the routine may not run */
	{"2F003", SD_ERROR_PERMISSION, SD_REACTION_FAIL, true},
	{"2F004", SD_ERROR_PERMISSION, SD_REACTION_FAIL, true},
	{"38003", SD_ERROR_PERMISSION, SD_REACTION_FAIL, true},
	{"38004", SD_ERROR_PERMISSION, SD_REACTION_FAIL, true},
	/* no such database, no such schema */
	{"3D", SD_ERROR_SYNTAX, SD_REACTION_FAIL, true},
	{"3F", SD_ERROR_SYNTAX, SD_REACTION_FAIL, true},
	/* rollbacks; a standby cancels queries with 40001, too */
	{"40", SD_ERROR_CONFLICT, SD_REACTION_RETRY, false},
	{"40002", SD_ERROR_OTHER, SD_REACTION_FAIL, false},
	/* nobody knows whether it was done, so that it must not be done again */
	{"40003", SD_ERROR_CONNECTION, SD_REACTION_FAIL, false},
	/* syntax errors, names of what is not there, wrong types */
	{"42", SD_ERROR_SYNTAX, SD_REACTION_FAIL, true},
	{"42501", SD_ERROR_PERMISSION, SD_REACTION_WARN, true},
	/* resources that may be there again later, or not */
	{"53", SD_ERROR_RESOURCE, SD_REACTION_RETRY, false},
	{"53100", SD_ERROR_RESOURCE, SD_REACTION_FAIL, false},
	{"53400", SD_ERROR_RESOURCE, SD_REACTION_FAIL, false},
	/* limits of the program, which one object can exceed */
	{"54", SD_ERROR_RESOURCE, SD_REACTION_FAIL, true},
	/* in use by others; not locked in time */
	{"55006", SD_ERROR_CONFLICT, SD_REACTION_RETRY, true},
	{"55P03", SD_ERROR_TIMEOUT, SD_REACTION_RETRY_LONGER, true},
	/* operators; a cancel by the user looks the same as one by a timeout */
	{"57", SD_ERROR_CONNECTION, SD_REACTION_RETRY, false},
	{"57014", SD_ERROR_TIMEOUT, SD_REACTION_RETRY_LONGER, false},
	{"57P04", SD_ERROR_CONNECTION, SD_REACTION_FAIL, false},
	/* the operating system */
	{"58", SD_ERROR_RESOURCE, SD_REACTION_FAIL, false},
	/* a file that is not there is some object's library */
	{"58P01", SD_ERROR_RESOURCE, SD_REACTION_FAIL, true},
	/* snapshot too old */
	{"72", SD_ERROR_CONFLICT, SD_REACTION_RETRY, false},
	/* another server cannot be reached */
	{"HV00N", SD_ERROR_CONNECTION, SD_REACTION_RETRY, true},
	/* ours: another version is there; a checkpoint is not what was saved; an
	   edge would close a cycle */
	{"SD001", SD_ERROR_CONFLICT, SD_REACTION_RETRY, true},
	{"SD002", SD_ERROR_OTHER, SD_REACTION_FAIL, true},
	{"SD003", SD_ERROR_OTHER, SD_REACTION_FAIL, true},
	/* damage */
	{"XX001", SD_ERROR_OTHER, SD_REACTION_FAIL, false},
	{"XX002", SD_ERROR_OTHER, SD_REACTION_FAIL, false},
};

static const SdErrorMeaning unknown = {"", SD_ERROR_OTHER, SD_REACTION_FAIL,
									   true};

static int decode_sqlstate(const char *text);

/*
 * sd_error_meaning
 *		What an SQLSTATE, encoded as in ErrorData, means.  Never NULL.
 */
const SdErrorMeaning *
sd_error_meaning(int sqlerrcode)
{
	const char *sqlstate = unpack_sql_state(sqlerrcode);
	const SdErrorMeaning *found = &unknown;

	for (int i = 0; i < lengthof(meanings); i++)
	{
		const char *known = meanings[i].sqlstate;

		if (strcmp(known, sqlstate) == 0)
			return &meanings[i];
		if (strlen(known) == CLASS_LENGTH &&
			strncmp(known, sqlstate, CLASS_LENGTH) == 0)
			found = &meanings[i];
	}

	return found;
}

/*
 * sd_error_is_of_object
 *		May other objects be worked on after this error?
 *
 * Not after a cancel, a shutdown, a rollback that the server wants, a lack of
 * memory or disk, or damage.
 */
bool
sd_error_is_of_object(int sqlerrcode)
{
	return sd_error_meaning(sqlerrcode)->of_object;
}

/*
 * sd_try
 *		Do some work in a subtransaction, and return NULL, or the error that
 *		has undone it.
 *
 * The error is in the current memory context, as is what the work allocates
 * there, which is not freed.  An error that is not of an object goes on.
 */
ErrorData *
sd_try(void (*work)(void *arg), void *arg)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		work(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);
	CurrentResourceOwner = oldowner;

	if (error != NULL && !sd_error_is_of_object(error->sqlerrcode))
		ReThrowError(error);

	return error;
}

/*
 * stormdisc_classify_error(sqlstate) -> record
 *		Tell the class of an error, what to do about it, and how to log it.
 *
 * Raises 22023 for what is no SQLSTATE.
 */
Datum
stormdisc_classify_error(PG_FUNCTION_ARGS)
{
	const char *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const SdErrorMeaning *meaning = sd_error_meaning(decode_sqlstate(given));
	const char *log_level = reactions[meaning->reaction].log_level;
	Datum values[5];
	bool nulls[5] = {false};
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	/* conflicts are part of normal work */
	if (meaning->class == SD_ERROR_CONFLICT)
		log_level = "info";

	values[0] = CStringGetTextDatum(class_names[meaning->class]);
	values[1] = CStringGetTextDatum(reactions[meaning->reaction].words);
	values[2] = BoolGetDatum(reactions[meaning->reaction].retry);
	values[3] = CStringGetTextDatum(log_level);
	values[4] = BoolGetDatum(meaning->of_object);

	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* The code in the server's encoding; letters of any case, spaces around. */
static int
decode_sqlstate(const char *text)
{
	char code[SQLSTATE_LENGTH + 1] = "";
	const char *start = text;
	int length;

	while (scanner_isspace(*start))
		start++;
	length = strlen(start);
	while (length > 0 && scanner_isspace(start[length - 1]))
		length--;
	if (length == SQLSTATE_LENGTH)
		for (int i = 0; i < SQLSTATE_LENGTH; i++)
			code[i] = pg_ascii_toupper((unsigned char) start[i]);

	if (strlen(code) != SQLSTATE_LENGTH ||
		strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != SQLSTATE_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid SQLSTATE code: \"%s\"", text),
				errhint("An SQLSTATE has five digits or letters, like 40001 or "
						"42P01."));

	return MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]);
}
