/*-------------------------------------------------------------------------
 *
 * map_type.c
 *	  stormdisc_map_type: the name of a type in another tool's dialect.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "parser/parse_type.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#include "catalog/sd_catalog.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(stormdisc_map_type);

static Oid find_type(const char *name);

/* spellings of a column definition that name no type of their own */
static const struct
{
	const char *name;
	Oid type;
} serial_types[] = {
	{"smallserial", INT2OID}, {"serial2", INT2OID},	  {"serial", INT4OID},
	{"serial4", INT4OID},	  {"bigserial", INT8OID}, {"serial8", INT8OID},
};

/*
 * stormdisc_map_type(type, dialect, strict) -> text
 *		Name a type in a dialect; TEXT and a notice, or an error if strict,
 *		if there is no mapping.
 */
Datum
stormdisc_map_type(PG_FUNCTION_ARGS)
{
	const char *name;
	const char *dialect = SD_DIALECT_STORMWEAVER;
	bool strict = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	const char *mapped_type;
	SdCatalog *cat;
	text *result;
	bool mapped;
	SdProblem problem;
	Oid type;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (!PG_ARGISNULL(1))
		dialect = text_to_cstring(PG_GETARG_TEXT_PP(1));

	/* the name is the caller's, and so is the search path for it */
	type = find_type(name);

	cat = sd_catalog_begin(NULL);
	if (!sd_catalog_type(cat, type)->found)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("type \"%s\" does not exist", name));
	sd_type_map_check_dialect(cat, dialect);
	mapped_type = sd_type_map_find(cat, dialect, type, &mapped, &problem);
	if (!mapped)
		ereport(strict ? ERROR : NOTICE, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("type %s has no mapping in dialect \"%s\"",
					   sd_catalog_format_type(cat, type, -1), dialect),
				errhint("Add it to the table stormdisc.type_map."));
	result = cstring_to_text(mapped_type);
	sd_catalog_end(cat);

	PG_RETURN_TEXT_P(result);
}

/* Find a type by its name in SQL, or raise the server's error. */
static Oid
find_type(const char *name)
{
	const char *lowered = downcase_identifier(name, strlen(name), false, false);
	Oid type;
	int32 typmod;

	for (int i = 0; i < lengthof(serial_types); i++)
		if (strcmp(lowered, serial_types[i].name) == 0)
			return serial_types[i].type;

	(void) sd_parse_type(name, &type, &typmod);

	return type;
}
