/*-------------------------------------------------------------------------
 *
 * severity.c
 *	  What it takes to make a change in a database with rows, where it takes
 *	  more than the vocabulary to tell.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>

#include "model/json.h"
#include "model/raw_text.h"
#include "model/severity.h"

/* a formatted type in parts: numeric(10,2), timestamp(3) with time zone */
typedef struct TypeParts
{
	char *name; /* without the modifier */
	bool has_modifier;
	int modifier[2];
} TypeParts;

/* from a type to one that holds all of its values */
typedef struct Widening
{
	const char *from;
	const char *to;
	SdSeverity severity;
} Widening;

static SdSeverity column_added(JsonbContainer *column);
static SdSeverity constraint_added(JsonbContainer *constraint);
static SdSeverity labels_changed(const JsonbValue *old_value,
								 const JsonbValue *new_value);
static SdSeverity attributes_changed(const JsonbValue *old_value,
									 const JsonbValue *new_value);
static SdSeverity type_changed(const JsonbValue *old_value,
							   const JsonbValue *new_value);
static SdSeverity modifier_changed(const TypeParts *old_type,
								   const TypeParts *new_type);
static void split_type(const JsonbValue *value, TypeParts *parts);
static int last_field(const char *type);
static bool is_lossy(const TypeParts *old_type, const TypeParts *new_type);
static int rank_of(const char *const *names, int count, const char *name);

static const Widening widenings[] = {
	{"character varying", "text", SD_SEVERITY_SAFE},
	{"text", "character varying", SD_SEVERITY_SAFE},
	{"cidr", "inet", SD_SEVERITY_SAFE},
	{"bit varying", "bit varying", SD_SEVERITY_SAFE},
};

/* casts that an assignment makes, without an error, of other values */
static const struct
{
	const char *from;
	const char *to;
} lossy[] = {
	{"bigint", "double precision"},
	{"bigint", "real"},
	{"character varying", "\"char\""},
	{"character varying", "name"},
	{"inet", "cidr"},
	{"integer", "real"},
	{"interval", "time without time zone"},
	{"numeric", "money"},
	{"text", "\"char\""},
	{"text", "name"},
	{"time with time zone", "time without time zone"},
};

/* the last one of an interval's is the least that it keeps */
static const char *const interval_fields[] = {"year", "month",	"day",
											  "hour", "minute", "second"};

/* each holds less than, or rounds, those behind it */
static const char *const numbers[] = {
	"smallint", "integer", "bigint", "numeric", "real", "double precision"};

/*
 * sd_severity_added
 *		Of an object that is new, or new on a table that is there.
 */
SdSeverity
sd_severity_added(const SdCanonical *object, bool on_new_table)
{
	JsonbContainer *source = sd_json_as_object(&object->raw);

	if (on_new_table)
		return SD_SEVERITY_SAFE;
	if (source != NULL && strcmp(object->kind, "columns") == 0)
		return column_added(source);
	if (source != NULL && strcmp(object->kind, "constraints") == 0)
		return constraint_added(source);

	return object->word != NULL ? object->word->added : SD_SEVERITY_LOCKING;
}

/*
 * A default that is the same for all rows is in the catalogs; what is computed
 * for each row is written.
 */
static SdSeverity
column_added(JsonbContainer *column)
{
	char *generated = sd_json_get_text(column, "generated_type");
	char *expression = sd_json_get_text(column, "default_value");

	if (generated != NULL)
		return strcmp(generated, "stored") == 0 ? SD_SEVERITY_REWRITING
												: SD_SEVERITY_SAFE;
	if (sd_json_get_bool(column, "is_serial"))
		return SD_SEVERITY_REWRITING;
	/* the domain may have constraints, which are checked row by row */
	if (sd_json_get_text(column, "base_type") != NULL)
		return SD_SEVERITY_REWRITING;
	if (expression == NULL)
		return sd_json_get_bool(column, "not_null") ? SD_SEVERITY_LOCKING
													: SD_SEVERITY_SAFE;

	return sd_raw_is_volatile(expression) ? SD_SEVERITY_REWRITING
										  : SD_SEVERITY_SAFE;
}

/* What is not valid yet, or not enforced, is not checked. */
static SdSeverity
constraint_added(JsonbContainer *constraint)
{
	char *type = sd_json_get_text(constraint, "constraint_type");
	JsonbValue value;

	if (type != NULL && strcmp(type, "trigger") == 0)
		return SD_SEVERITY_SAFE;
	if (sd_json_get(constraint, "is_validated", &value) ||
		sd_json_get(constraint, "is_enforced", &value))
		return SD_SEVERITY_SAFE;

	return SD_SEVERITY_LOCKING;
}

/* sd_severity_removed: Of an object that is gone. */
SdSeverity
sd_severity_removed(const SdCanonical *object, bool of_rows)
{
	JsonbContainer *source = sd_json_as_object(&object->raw);
	char *type;

	/* these columns have no data of their own */
	if (strcmp(object->kind, "columns") == 0 && !of_rows)
		return SD_SEVERITY_SAFE;
	if (source != NULL && strcmp(object->kind, "tables") == 0)
	{
		type = sd_json_get_text(source, "table_type");
		if (type != NULL && strcmp(type, "foreign table") == 0)
			return SD_SEVERITY_SAFE;
	}

	return object->word != NULL ? object->word->removed
								: SD_SEVERITY_DESTRUCTIVE;
}

/*
 * sd_severity_changed
 *		Of an attribute that has another value; NULL is its default.
 *
 * of_rows is true for columns of tables that keep rows of their own.
 */
SdSeverity
sd_severity_changed(const SdAttributeWord *word, const SdCanonical *object,
					const JsonbValue *old_value, const JsonbValue *new_value,
					bool of_rows)
{
	const char *kind = object->kind;

	if (word == NULL)
		return SD_SEVERITY_LOCKING;
	if (strcmp(kind, "columns") == 0)
	{
		if (!of_rows)
			return SD_SEVERITY_SAFE;
		if (strcmp(word->name, "formatted_type") == 0)
			return type_changed(old_value, new_value);
		if (strcmp(word->name, "generated_type") == 0)
			return new_value != NULL && new_value->type == jbvString &&
						   new_value->val.string.len == strlen("stored")
					   ? SD_SEVERITY_REWRITING
					   : SD_SEVERITY_SAFE;
	}
	/* what is allowed from now on is in the rows already */
	if (strcmp(word->name, "not_null") == 0)
		return new_value != NULL ? word->severity : SD_SEVERITY_SAFE;
	if (strcmp(word->name, "is_validated") == 0 ||
		strcmp(word->name, "is_enforced") == 0)
		return new_value == NULL ? word->severity : SD_SEVERITY_SAFE;
	if (strcmp(word->name, "labels") == 0)
		return labels_changed(old_value, new_value);
	if (strcmp(word->name, "attribute_names") == 0)
		return attributes_changed(old_value, new_value);

	return word->severity;
}

/* Labels can be added, or renamed one by one, but rows may have the others. */
static SdSeverity
labels_changed(const JsonbValue *old_value, const JsonbValue *new_value)
{
	JsonbContainer *before =
		old_value != NULL ? sd_json_as_array(old_value) : NULL;
	JsonbContainer *now =
		new_value != NULL ? sd_json_as_array(new_value) : NULL;
	SdSeverity severity = SD_SEVERITY_SAFE;
	int position = -1;

	if (before == NULL || now == NULL)
		return SD_SEVERITY_DESTRUCTIVE;
	for (int i = 0; i < JsonContainerSize(before); i++)
	{
		JsonbValue *label = getIthJsonbValueFromContainer(before, i);
		int found = -1;

		for (int j = 0; j < JsonContainerSize(now) && found < 0; j++)
		{
			JsonbValue *other = getIthJsonbValueFromContainer(now, j);

			if (label->type == jbvString && other->type == jbvString &&
				sd_json_compare_keys(label, other) == 0)
				found = j;
		}
		if (found < 0)
			return SD_SEVERITY_DESTRUCTIVE;
		/* the order of values is in indexes */
		if (found < position)
			severity = SD_SEVERITY_REWRITING;
		position = found;
	}

	return severity;
}

/*
 * Attributes can be added behind the others.  If the type has to be made again,
 * values go from one place to the same place: they would be those of another.
 */
static SdSeverity
attributes_changed(const JsonbValue *old_value, const JsonbValue *new_value)
{
	JsonbContainer *before =
		old_value != NULL ? sd_json_as_array(old_value) : NULL;
	JsonbContainer *now =
		new_value != NULL ? sd_json_as_array(new_value) : NULL;

	if (before == NULL)
		return SD_SEVERITY_SAFE;
	for (int i = 0; i < JsonContainerSize(before); i++)
	{
		JsonbValue *name = getIthJsonbValueFromContainer(before, i);
		JsonbValue *other = now != NULL && i < JsonContainerSize(now)
								? getIthJsonbValueFromContainer(now, i)
								: NULL;

		if (other == NULL || name->type != jbvString ||
			other->type != jbvString || sd_json_compare_keys(name, other) != 0)
			return SD_SEVERITY_DESTRUCTIVE;
	}

	return SD_SEVERITY_SAFE;
}

/* Of a column's type, as it is printed. */
static SdSeverity
type_changed(const JsonbValue *old_value, const JsonbValue *new_value)
{
	TypeParts old_type = {0};
	TypeParts new_type = {0};

	if (old_value == NULL || new_value == NULL)
		return SD_SEVERITY_REWRITING;
	split_type(old_value, &old_type);
	split_type(new_value, &new_type);
	if (old_type.name == NULL || new_type.name == NULL)
		return SD_SEVERITY_REWRITING;
	if (strcmp(old_type.name, new_type.name) == 0)
		return modifier_changed(&old_type, &new_type);
	if (last_field(old_type.name) >= 0 && last_field(new_type.name) >= 0)
		return last_field(new_type.name) < last_field(old_type.name)
				   ? SD_SEVERITY_DESTRUCTIVE
				   : modifier_changed(&old_type, &new_type);
	for (int i = 0; i < lengthof(widenings); i++)
	{
		if (strcmp(widenings[i].from, old_type.name) == 0 &&
			strcmp(widenings[i].to, new_type.name) == 0 &&
			!new_type.has_modifier)
			return widenings[i].severity;
	}
	if (is_lossy(&old_type, &new_type))
		return SD_SEVERITY_DESTRUCTIVE;

	return SD_SEVERITY_REWRITING;
}

/* The same type with another length, precision or scale. */
static SdSeverity
modifier_changed(const TypeParts *old_type, const TypeParts *new_type)
{
	bool is_time = strncmp(old_type->name, "time", strlen("time")) == 0 ||
				   strncmp(old_type->name, "interval", strlen("interval")) == 0;
	bool narrower = new_type->has_modifier &&
					(!old_type->has_modifier ||
					 new_type->modifier[0] < old_type->modifier[0]);

	if (strcmp(old_type->name, "numeric") == 0)
	{
		if (!new_type->has_modifier)
			return SD_SEVERITY_SAFE;
		if (!old_type->has_modifier ||
			new_type->modifier[1] < old_type->modifier[1])
			return SD_SEVERITY_DESTRUCTIVE;

		return narrower || new_type->modifier[1] != old_type->modifier[1]
				   ? SD_SEVERITY_REWRITING
				   : SD_SEVERITY_SAFE;
	}
	if (is_time)
		return narrower ? SD_SEVERITY_DESTRUCTIVE : SD_SEVERITY_SAFE;
	if (!narrower && (strcmp(old_type->name, "character varying") == 0 ||
					  strcmp(old_type->name, "bit varying") == 0))
		return SD_SEVERITY_SAFE;

	return SD_SEVERITY_REWRITING;
}

static void
split_type(const JsonbValue *value, TypeParts *parts)
{
	char *text = sd_json_as_text(value);
	char *open;
	char *close;

	if (text == NULL)
		return;
	parts->name = text;
	open = strchr(text, '(');
	close = open != NULL ? strchr(open, ')') : NULL;
	if (text[0] == '"' || close == NULL)
		return;
	parts->has_modifier = true;
	(void) sscanf(open, "(%d,%d)", &parts->modifier[0], &parts->modifier[1]);
	memmove(open, close + 1, strlen(close + 1) + 1);
}

/* Of the fields of an interval the last one; -1 if it is none. */
static int
last_field(const char *type)
{
	const char *last = strrchr(type, ' ');
	int length = strlen("interval");

	if (strncmp(type, "interval", length) != 0 ||
		(type[length] != ' ' && type[length] != '\0'))
		return -1;
	if (last == NULL)
		return lengthof(interval_fields) - 1;

	return rank_of(interval_fields, lengthof(interval_fields), last + 1);
}

/* Do values fit in that would not come back as they were? */
static bool
is_lossy(const TypeParts *old_type, const TypeParts *new_type)
{
	const char *from = old_type->name;
	const char *to = new_type->name;
	int old_rank = rank_of(numbers, lengthof(numbers), from);
	int new_rank = rank_of(numbers, lengthof(numbers), to);

	if (strcmp(old_type->name, "numeric") == 0 && new_rank > old_rank)
		return !old_type->has_modifier ||
			   old_type->modifier[0] >
				   (strcmp(to, "real") == 0 ? FLT_DIG : DBL_DIG);
	/* integers that do not fit are an error */
	if (old_rank > 2 && new_rank >= 0)
		return new_rank < old_rank;
	for (int i = 0; i < lengthof(lossy); i++)
	{
		if (strcmp(lossy[i].from, from) == 0 && strcmp(lossy[i].to, to) == 0)
			return true;
	}
	if (strncmp(from, "timestamp", strlen("timestamp")) == 0)
		return strcmp(to, "date") == 0 ||
			   strncmp(to, "time ", strlen("time ")) == 0;

	return false;
}

static int
rank_of(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(names[i], name) == 0)
			return i;
	}

	return -1;
}
