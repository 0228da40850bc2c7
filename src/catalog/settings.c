/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings that the text of definitions depends on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"

#include "catalog/sd_catalog.h"

/*
 * With these, what a definition says depends on the database alone.  The
 * temporary schema is searched last, so that the session's own tables do not
 * hide types of the server; standard literals are for sessions that have
 * switched them off, the monetary locale is for amounts of money.
 */
static const char *const pinned[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"TimeZone", "UTC"},
	{"DateStyle", "ISO, MDY"},
	{"IntervalStyle", "postgres"},
	{"extra_float_digits", "3"},
	{"bytea_output", "hex"},
	{"quote_all_identifiers", "off"},
	{"standard_conforming_strings", "on"},
	{"lc_monetary", "C"},
};

/*
 * sd_settings_pin
 *		Set what texts depend on; the result is for sd_settings_restore().
 *
 * An error puts the caller's settings back, as with any function that has SET
 * clauses.
 */
int
sd_settings_pin(void)
{
	int level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(pinned); i++)
	{
		const char *now = GetConfigOption(pinned[i][0], false, false);

		if (strcmp(now, pinned[i][1]) != 0)
			(void) set_config_option(pinned[i][0], pinned[i][1], PGC_USERSET,
									 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
									 false);
	}

	return level;
}

/*
 * sd_settings_restore
 *		Put back the settings as they were before sd_settings_pin().
 */
void
sd_settings_restore(int level)
{
	AtEOXact_GUC(true, level);
}

/*
 * sd_settings_get
 *		The pinned setting number i and its value; false after the last.
 */
bool
sd_settings_get(int i, const char **name, const char **value)
{
	if (i >= lengthof(pinned))
		return false;

	*name = pinned[i][0];
	*value = pinned[i][1];

	return true;
}
