/*-------------------------------------------------------------------------
 *
 * config.c
 *	  stormdisc_set_config, stormdisc_reset_config, stormdisc_get_config:
 *	  settings of clients, by environment.
 *	  stormdisc_apply_session_config, stormdisc_retry_delay: what of them can
 *	  be used here.
 *
 * What is built in is in the table below; the table config_values has what was
 * set, so that a dump has that and nothing else.
 *
 * No secret is ever kept: a dump, a standby and every reader of the table
 * would have it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "port/port_util.h"
#include "spi_util.h"

PG_FUNCTION_INFO_V1(stormdisc_set_config);
PG_FUNCTION_INFO_V1(stormdisc_reset_config);
PG_FUNCTION_INFO_V1(stormdisc_get_config);
PG_FUNCTION_INFO_V1(stormdisc_apply_session_config);
PG_FUNCTION_INFO_V1(stormdisc_retry_delay);

/* longest value, in bytes */
#define MAX_VALUE_LENGTH 10000

typedef enum KeyKind
{
	KEY_NUMBER,
	KEY_BOOL,
	KEY_WORD
} KeyKind;

/* a key whose values are checked */
typedef struct Key
{
	const char *name;
	KeyKind kind;
	int minimum;
	int maximum;
	const char *words; /* separated by one space */
} Key;

/* a value that is built in, of one environment or of all */
typedef struct Default
{
	const char *environment;
	const char *key;
	const char *value;
} Default;

typedef struct Setting
{
	const char *key;
	const char *value;
	bool is_default;
} Setting;

static const Key keys[] = {
	{.name = "database_type",
	 .kind = KEY_WORD,
	 .words = "postgresql mysql sqlite"},
	{.name = "port", .kind = KEY_NUMBER, .minimum = 1, .maximum = 65535},
	/* 0 of them: opened when needed */
	{.name = "min_connections", .kind = KEY_NUMBER, .maximum = 262143},
	{.name = "max_connections",
	 .kind = KEY_NUMBER,
	 .minimum = 1,
	 .maximum = 262143},
	/* seconds; 0 in all of them is no limit */
	{.name = "connection_timeout", .kind = KEY_NUMBER, .maximum = 86400},
	/* milliseconds */
	{.name = "statement_timeout", .kind = KEY_NUMBER, .maximum = INT_MAX},
	{.name = "lock_timeout", .kind = KEY_NUMBER, .maximum = INT_MAX},
	{.name = "idle_in_transaction_timeout",
	 .kind = KEY_NUMBER,
	 .maximum = INT_MAX},
	{.name = "max_retries", .kind = KEY_NUMBER, .maximum = 1000},
	{.name = "retry_delay_ms", .kind = KEY_NUMBER, .maximum = INT_MAX},
	{.name = "max_retry_delay_ms", .kind = KEY_NUMBER, .maximum = INT_MAX},
	{.name = "exponential_backoff", .kind = KEY_BOOL},
	{.name = "ssl_mode",
	 .kind = KEY_WORD,
	 .words = "disable allow prefer require verify-ca verify-full"},
};

/* those of one environment go before those of all */
static const Default defaults[] = {
	{"development", "database_name", "./data/dev.db"},
	{"development", "database_type", "sqlite"},
	{"testing", "database_name", ":memory:"},
	{"testing", "database_type", "sqlite"},
	{"staging", "database_name", "autocoder_staging"},
	{"staging", "database_type", "postgresql"},
	{"staging", "host", "staging-db.internal"},
	{"staging", "max_connections", "20"},
	{"staging", "min_connections", "5"},
	{"staging", "port", "5432"},
	{"staging", "username", "autocoder_user"},
	{"production", "database_name", "${DB_NAME}"},
	{"production", "database_type", "postgresql"},
	{"production", "host", "${DB_HOST}"},
	{"production", "max_connections", "50"},
	{"production", "min_connections", "10"},
	{"production", "port", "${DB_PORT}"},
	{"production", "ssl_mode", "require"},
	{"production", "statement_timeout", "60000"},
	{"production", "username", "${DB_USER}"},
	{NULL, "connection_timeout", "30"},
	{NULL, "exponential_backoff", "true"},
	{NULL, "idle_in_transaction_timeout", "60000"},
	{NULL, "lock_timeout", "10000"},
	{NULL, "max_connections", "10"},
	{NULL, "max_retries", "3"},
	{NULL, "max_retry_delay_ms", "60000"},
	{NULL, "min_connections", "1"},
	{NULL, "retry_delay_ms", "1000"},
	{NULL, "statement_timeout", "30000"},
};

/* the settings of a session, and the keys that they are under */
static const struct
{
	const char *setting;
	const char *key;
} session_settings[] = {
	{"statement_timeout", "statement_timeout"},
	{"lock_timeout", "lock_timeout"},
	{"idle_in_transaction_session_timeout", "idle_in_transaction_timeout"},
};

/*
 * Parts of names of keys, without what separates words; the table's check
 * constraint has the same.
 */
static const char *const secret_words[] = {
	"passw",		 "passphrase", "pwd",		 "secret",
	"token",		 "credential", "apikey",	 "accesskey",
	"encryptionkey", "privatekey", "signingkey",
};

static void check_key(const char *key);
static void check_secret_value(const char *key, const char *value);
static bool has_uri_password(const char *value);
static bool has_password_word(const char *value);
static bool is_placeholder(const char *value, size_t length);
static void check_value(const char *key, const char *value);
static bool parse_number(const char *value, int *number);
static bool is_word_of(const char *value, const char *words);
static List *read_settings(const char *environment);
static void add_default(List **settings, const Default *given);
static const Setting *get(List *settings, const char *key);
static const Setting *find(List *settings, const char *key);
static int compare_settings(const ListCell *a, const ListCell *b);
static int number_of(List *settings, const char *environment, const char *key);
static bool bool_of(List *settings, const char *environment, const char *key);
static void raise_unusable(const char *environment, const Setting *setting);

static SdStatement upsert_value = {
	.sql = "INSERT INTO stormdisc.config_values "
		   "(environment, key, value, changed_at, changed_by) "
		   "VALUES ($1, $2, $3, $4, $5) "
		   "ON CONFLICT (environment, key) DO UPDATE SET "
		   "value = EXCLUDED.value, changed_at = EXCLUDED.changed_at, "
		   "changed_by = EXCLUDED.changed_by",
	.nparameters = 5,
	.types = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID},
};

static SdStatement delete_value = {
	.sql = "DELETE FROM stormdisc.config_values "
		   "WHERE environment OPERATOR(pg_catalog.=) $1 "
		   "AND key OPERATOR(pg_catalog.=) $2",
	.nparameters = 2,
	.types = {TEXTOID, TEXTOID},
};

static SdStatement select_values = {
	.sql = "SELECT key, value FROM stormdisc.config_values "
		   "WHERE environment OPERATOR(pg_catalog.=) $1",
	.nparameters = 1,
	.types = {TEXTOID},
};

/*
 * stormdisc_set_config(environment, key, value) -> void
 *		Set a value.  Raises 22023 for a secret, and for what is no value of
 *		the key.
 */
Datum
stormdisc_set_config(PG_FUNCTION_ARGS)
{
	char *environment;
	char *key;
	char *value;
	Datum values[5];
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_set_config()");
	environment =
		TextDatumGetCString(sd_argument_key(fcinfo, 0, "environment"));
	key = TextDatumGetCString(sd_argument_key(fcinfo, 1, "key"));
	if (PG_ARGISNULL(2))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("argument \"%s\" must not be null", "value"),
				errhint("stormdisc_reset_config() forgets what was set."));
	value = text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (strlen(value) > MAX_VALUE_LENGTH)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of \"%s\" is too long", key),
				errdetail("It has %zu bytes, the maximum is %d.", strlen(value),
						  MAX_VALUE_LENGTH));
	check_key(key);
	check_secret_value(key, value);
	check_value(key, value);

	values[0] = CStringGetTextDatum(environment);
	values[1] = CStringGetTextDatum(key);
	values[2] = CStringGetTextDatum(value);
	values[3] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[4] = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	sd_spi_begin(&spi, true);
	(void) sd_spi_write(&upsert_value, values, NULL);
	sd_spi_end(&spi);

	PG_RETURN_VOID();
}

/*
 * stormdisc_reset_config(environment, key) -> boolean
 *		Forget what was set; was there anything?
 */
Datum
stormdisc_reset_config(PG_FUNCTION_ARGS)
{
	Datum values[2];
	uint64 found;
	SdSpi spi;

	PreventCommandIfReadOnly("stormdisc_reset_config()");
	values[0] = sd_argument_key(fcinfo, 0, "environment");
	values[1] = sd_argument_key(fcinfo, 1, "key");
	sd_spi_begin(&spi, true);
	found = sd_spi_write(&delete_value, values, NULL);
	sd_spi_end(&spi);

	PG_RETURN_BOOL(found > 0);
}

/*
 * stormdisc_get_config(environment) -> setof (key, value, is_default)
 *		The settings of an environment, by key.
 */
Datum
stormdisc_get_config(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	List *settings = read_settings(
		TextDatumGetCString(sd_argument_key(fcinfo, 0, "environment")));
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, settings)
	{
		const Setting *setting = lfirst(lc);
		Datum values[3];
		bool nulls[3] = {false};

		values[0] = CStringGetTextDatum(setting->key);
		values[1] = CStringGetTextDatum(setting->value);
		values[2] = BoolGetDatum(setting->is_default);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	return (Datum) 0;
}

/*
 * stormdisc_apply_session_config(environment) -> setof (setting, value,
 *		previous)
 *		Set the session's timeouts, as SET does.
 *
 * All are known to be usable before the first is set.
 */
Datum
stormdisc_apply_session_config(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *environment =
		TextDatumGetCString(sd_argument_key(fcinfo, 0, "environment"));
	List *settings = read_settings(environment);
	int milliseconds[lengthof(session_settings)];

	for (int i = 0; i < lengthof(session_settings); i++)
		milliseconds[i] =
			number_of(settings, environment, session_settings[i].key);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < lengthof(session_settings); i++)
	{
		const char *name = session_settings[i].setting;
		Datum values[3];
		bool nulls[3] = {false};

		values[0] = CStringGetTextDatum(name);
		values[2] =
			CStringGetTextDatum(GetConfigOptionByName(name, NULL, false));
		(void) set_config_option(name, psprintf("%d", milliseconds[i]),
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET,
								 true, 0, false);
		values[1] =
			CStringGetTextDatum(GetConfigOptionByName(name, NULL, false));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}

	return (Datum) 0;
}

/*
 * stormdisc_retry_delay(environment, attempt) -> interval
 *		How long to wait before retry number attempt; NULL: there is no such.
 */
Datum
stormdisc_retry_delay(PG_FUNCTION_ARGS)
{
	char *environment =
		TextDatumGetCString(sd_argument_key(fcinfo, 0, "environment"));
	List *settings;
	double delay;
	int attempt;
	Interval *result;

	attempt = DatumGetInt32(sd_argument_required(fcinfo, 1, "attempt"));
	if (attempt < 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be at least 1", "attempt"),
				errdetail("It is %d.", attempt));

	settings = read_settings(environment);
	if (attempt > number_of(settings, environment, "max_retries"))
		PG_RETURN_NULL();
	delay = number_of(settings, environment, "retry_delay_ms");
	if (bool_of(settings, environment, "exponential_backoff"))
		delay = ldexp(delay, attempt - 1);
	delay = Min(delay, number_of(settings, environment, "max_retry_delay_ms"));

	result = palloc0(sizeof(Interval));
	result->time = (TimeOffset) delay * (USECS_PER_SEC / 1000);

	PG_RETURN_INTERVAL_P(result);
}

/* One way of writing a key, and none that hides a secret. */
static void
check_key(const char *key)
{
	char *word = palloc0(strlen(key) + 1);
	char *end = word;

	if (strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != strlen(key))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid key: \"%s\"", key),
				errhint("A key is made of lower-case letters a to z, digits, "
						"_, - and dots."));

	for (const char *p = key; *p != '\0'; p++)
		if (strchr("_.-", *p) == NULL)
			*end++ = *p;
	for (int i = 0; i < lengthof(secret_words); i++)
		if (strstr(word, secret_words[i]) != NULL)
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("secrets are not kept in stormdisc.config"),
					errdetail("The key \"%s\" is that of a secret.", key),
					errhint("Keep it where the client runs: in its "
							"environment or a password file."));
}

/* The value itself is in no message: logs are not for secrets, either. */
static void
check_secret_value(const char *key, const char *value)
{
	if (has_uri_password(value) || has_password_word(value) ||
		strstr(value, "PRIVATE KEY-----") != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("secrets are not kept in stormdisc.config"),
				errdetail("The value of \"%s\" looks as if it had a secret "
						  "in it.",
						  key),
				errhint("A placeholder such as ${DB_PASSWORD} may stand for "
						"it."));
}

/*
 * Is there scheme://user:something@?  Where a password with a slash in it may
 * be, it is taken for one.
 */
static bool
has_uri_password(const char *value)
{
	for (const char *p = strstr(value, "://"); p != NULL;
		 p = strstr(p + 3, "://"))
	{
		const char *start = p + 3;
		size_t length = strcspn(start, " \t\r\n\"'<>");
		const char *at = NULL;
		const char *colon;

		for (size_t i = 0; i < length; i++)
			if (start[i] == '@')
				at = &start[i];
		if (at == NULL)
			continue;
		/* a user's name may be a placeholder, too; it has no colon */
		colon = memchr(start, ':', at - start);
		if (colon != NULL && at > colon + 1 &&
			!is_placeholder(colon + 1, at - colon - 1))
			return true;
	}

	return false;
}

/* Is there password=something, in a connection string or a URI's parameters? */
static bool
has_password_word(const char *value)
{
	static const char *const words[] = {"password", "passwd", "pwd", "secret",
										"token"};
	char *lower = downcase_identifier(value, strlen(value), false, false);

	for (int i = 0; i < lengthof(words); i++)
		for (const char *p = strstr(lower, words[i]); p != NULL;
			 p = strstr(p + 1, words[i]))
		{
			const char *rest = p + strlen(words[i]);
			size_t length;

			rest += strspn(rest, " \t");
			if (*rest != '=')
				continue;
			rest++;
			rest += strspn(rest, " \t'\"");
			length = strcspn(rest, " \t\r\n'\"&;");
			if (length > 0 && !is_placeholder(rest, length))
				return true;
		}

	return false;
}

/* ${NAME}, and nothing else */
static bool
is_placeholder(const char *value, size_t length)
{
	if (length < 4 || value[0] != '$' || value[1] != '{' ||
		value[length - 1] != '}')
		return false;
	for (size_t i = 2; i < length - 1; i++)
		if (!isalnum((unsigned char) value[i]) && value[i] != '_')
			return false;

	return true;
}

/* Raise 22023 if it is no value of the key.  A placeholder is one of any. */
static void
check_value(const char *key, const char *value)
{
	const Key *known = NULL;
	int number;
	bool truth;

	for (int i = 0; i < lengthof(keys); i++)
		if (strcmp(keys[i].name, key) == 0)
			known = &keys[i];
	if (known == NULL || is_placeholder(value, strlen(value)))
		return;

	switch (known->kind)
	{
		case KEY_NUMBER:
			if (!parse_number(value, &number) || number < known->minimum ||
				number > known->maximum)
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for \"%s\": \"%s\"", key, value),
						errhint("It is a whole number from %d to %d, without "
								"a unit.",
								known->minimum, known->maximum));
			break;
		case KEY_BOOL:
			if (!parse_bool(value, &truth))
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for \"%s\": \"%s\"", key, value),
						errhint("Available values: true, false."));
			break;
		case KEY_WORD:
			if (!is_word_of(value, known->words))
				ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value for \"%s\": \"%s\"", key, value),
						errhint("Available values: %s.", known->words));
			break;
	}
}

static bool
parse_number(const char *value, int *number)
{
	int64 result = 0;

	if (value[0] == '\0' || strspn(value, "0123456789") != strlen(value))
		return false;
	for (const char *p = value; *p != '\0'; p++)
	{
		result = result * 10 + (*p - '0');
		if (result > INT_MAX)
			return false;
	}
	*number = (int) result;

	return true;
}

static bool
is_word_of(const char *value, const char *words)
{
	size_t length = strlen(value);

	for (const char *p = words;; p++)
	{
		size_t word = strcspn(p, " ");

		if (word == length && strncmp(p, value, length) == 0)
			return true;
		p += word;
		if (*p == '\0')
			return false;
	}
}

/*
 * The settings of an environment, sorted by key, in the current memory
 * context.  Raises 42704 for one that is not known.
 *
 * They are read with the owner's rights: those who may call the functions
 * here need no more than that.
 */
static List *
read_settings(const char *environment)
{
	Datum arguments[] = {CStringGetTextDatum(environment)};
	List *settings = NIL;
	bool is_known;
	SdSpi spi;

	sd_spi_begin(&spi, true);
	is_known = sd_spi_read(&select_values, arguments, NULL) > 0;
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		MemoryContext oldcontext = MemoryContextSwitchTo(spi.context);
		Setting *setting = palloc(sizeof(Setting));

		setting->key = SPI_getvalue(tuple, desc, 1);
		setting->value = SPI_getvalue(tuple, desc, 2);
		setting->is_default = false;
		settings = lappend(settings, setting);
		MemoryContextSwitchTo(oldcontext);
	}
	sd_spi_end(&spi);

	for (int i = 0; i < lengthof(defaults); i++)
	{
		const char *only = defaults[i].environment;

		if (only == NULL || strcmp(only, environment) == 0)
			add_default(&settings, &defaults[i]);
		if (only != NULL && strcmp(only, environment) == 0)
			is_known = true;
	}
	if (!is_known)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("environment \"%s\" does not exist", environment),
				errhint("There are development, testing, staging, production, "
						"and those that stormdisc_set_config() has made."));
	list_sort(settings, compare_settings);

	return settings;
}

/* Add what was not set, nor is more special. */
static void
add_default(List **settings, const Default *given)
{
	Setting *setting;

	if (find(*settings, given->key) != NULL)
		return;
	setting = palloc(sizeof(Setting));
	setting->key = given->key;
	setting->value = given->value;
	setting->is_default = true;
	*settings = lappend(*settings, setting);
}

/* A setting that has a default is there. */
static const Setting *
get(List *settings, const char *key)
{
	const Setting *setting = find(settings, key);

	if (setting == NULL)
		elog(ERROR, "no setting \"%s\"", key);

	return setting;
}

static const Setting *
find(List *settings, const char *key)
{
	ListCell *lc;

	foreach (lc, settings)
	{
		const Setting *setting = lfirst(lc);

		if (strcmp(setting->key, key) == 0)
			return setting;
	}

	return NULL;
}

static int
compare_settings(const ListCell *a, const ListCell *b)
{
	return strcmp(((const Setting *) lfirst(a))->key,
				  ((const Setting *) lfirst(b))->key);
}

static int
number_of(List *settings, const char *environment, const char *key)
{
	const Setting *setting = get(settings, key);
	int number = 0;

	if (!parse_number(setting->value, &number))
		raise_unusable(environment, setting);

	return number;
}

static bool
bool_of(List *settings, const char *environment, const char *key)
{
	const Setting *setting = get(settings, key);
	bool truth = false;

	if (!parse_bool(setting->value, &truth))
		raise_unusable(environment, setting);

	return truth;
}

static void
raise_unusable(const char *environment, const Setting *setting)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("value of \"%s\" in environment \"%s\" cannot be used here: "
				   "\"%s\"",
				   setting->key, environment, setting->value),
			errhint("Set it with stormdisc_set_config()."));
}
