/*-------------------------------------------------------------------------
 *
 * ddl_types.c
 *	  DDL of types, collations, conversions and casts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/ddl.h"

/* the parts of a base type: key, and word in CREATE TYPE */
static const struct
{
	const char *key;
	const char *word;
} type_functions[] = {
	{"input_function", "INPUT"},		 {"output_function", "OUTPUT"},
	{"receive_function", "RECEIVE"},	 {"send_function", "SEND"},
	{"typmod_in_function", "TYPMOD_IN"}, {"typmod_out_function", "TYPMOD_OUT"},
	{"analyze_function", "ANALYZE"},	 {"subscript_function", "SUBSCRIPT"},
};

static void add_enum(SdDdlNode *node, const char *name, JsonbContainer *object);
static void add_domain(SdDdl *ddl, SdDdlNode *node, const char *name,
					   JsonbContainer *object);
static void add_domain_constraint(SdDdl *ddl, SdDdlNode *node,
								  const char *domain, const char *constraint,
								  const char *definition, bool is_validated,
								  const char *comment);
static bool element_is_false(JsonbContainer *object, const char *key, int i);
static void add_composite(SdDdl *ddl, SdDdlNode *node, const char *name,
						  JsonbContainer *object);
static void add_range(SdDdl *ddl, SdDdlNode *node, const char *name,
					  JsonbContainer *object);
static void add_base(SdDdl *ddl, SdDdlNode *node, const char *name,
					 JsonbContainer *object);
static void add_shell(SdDdl *ddl, SdDdlNode *node, const char *name);

/* A type of any kind. */
void
sd_ddl_type(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "type_name");
	char *kind = sd_ddl_text(ddl, object, "type_kind");
	const char *what = sd_ddl_compare(kind, "domain") == 0 ? "DOMAIN" : "TYPE";
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_TYPES);

	sd_ddl_provide_qualified(ddl, node, name, false);
	if (sd_ddl_compare(kind, "enum") == 0)
		add_enum(node, name, object);
	else if (sd_ddl_compare(kind, "domain") == 0)
		add_domain(ddl, node, name, object);
	else if (sd_ddl_compare(kind, "composite") == 0)
		add_composite(ddl, node, name, object);
	else if (sd_ddl_compare(kind, "range") == 0)
		add_range(ddl, node, name, object);
	else if (sd_ddl_compare(kind, "base") == 0)
		add_base(ddl, node, name, object);
	else
		sd_ddl_guarded(node, "duplicate_object", "CREATE TYPE %s", name);
	sd_ddl_owner(ddl, node, what, name, object);
	sd_ddl_comment_of(ddl, node, what, name, object);
}

static void
add_enum(SdDdlNode *node, const char *name, JsonbContainer *object)
{
	List *labels = NIL;
	ListCell *lc;

	foreach (lc, sd_json_get_texts(object, "labels"))
		labels = lappend(labels, sd_ddl_quote_literal(lfirst(lc)));
	sd_ddl_guarded(node, "duplicate_object", "CREATE TYPE %s AS ENUM (%s)",
				   name, sd_ddl_joined(labels, ", "));
}

static void
add_domain(SdDdl *ddl, SdDdlNode *node, const char *name,
		   JsonbContainer *object)
{
	char *base_type = sd_ddl_text(ddl, object, "base_type");
	char *collation = sd_json_get_text(object, "collation");
	char *default_value = sd_json_get_text(object, "default_value");
	List *names = sd_ddl_elements(object, "constraint_names");
	List *definitions = sd_ddl_elements(object, "constraint_definitions");
	List *comments = sd_ddl_elements(object, "constraint_comments");
	bool has_named_not_null = false;
	JsonbContainer *base;

	node->head = psprintf("CREATE DOMAIN %s AS %s%s%s", name, base_type,
						  collation != NULL ? " COLLATE " : "",
						  collation != NULL ? collation : "");
	node->separator = "\n    ";
	node->duplicate = "duplicate_object";
	if (default_value != NULL)
	{
		SdDdlItem *item = sd_ddl_item(node, NULL);

		item->soft = psprintf("DEFAULT %s", default_value);
		item->later =
			psprintf("ALTER DOMAIN %s SET DEFAULT %s", name, default_value);
		item->undo = psprintf("ALTER DOMAIN %s DROP DEFAULT", name);
	}
	else if ((base = sd_ddl_object(ddl, "types", base_type)) != NULL &&
			 sd_json_get_text(base, "default_value") != NULL &&
			 sd_ddl_is(base, "type_kind", "domain"))
		/* it would take that over */
		sd_ddl_statement(node, "ALTER DOMAIN %s DROP DEFAULT", name);

	for (int i = 0; i < list_length(names) && i < list_length(definitions); i++)
	{
		const char *definition = list_nth(definitions, i);

		if (definition == NULL || list_nth(names, i) == NULL)
			continue;
		if (strncmp(definition, "NOT NULL", 8) == 0)
			has_named_not_null = true;
		add_domain_constraint(
			ddl, node, name, list_nth(names, i), definition,
			!element_is_false(object, "constraint_validated", i),
			i < list_length(comments) ? list_nth(comments, i) : NULL);
	}
	/* before 17 it has no name */
	if (sd_json_get_bool(object, "not_null") && !has_named_not_null)
		sd_ddl_item(node, NULL)->head = "NOT NULL";
}

static void
add_domain_constraint(SdDdl *ddl, SdDdlNode *node, const char *domain,
					  const char *constraint, const char *definition,
					  bool is_validated, const char *comment)
{
	char *later = psprintf("ALTER DOMAIN %s ADD CONSTRAINT %s %s", domain,
						   sd_ddl_quote_identifier(constraint), definition);
	SdDdlItem *item = NULL;

	if (is_validated)
	{
		item = sd_ddl_item(node, NULL);
		item->soft = psprintf("CONSTRAINT %s %s",
							  sd_ddl_quote_identifier(constraint), definition);
		item->later = later;
		item->undo = psprintf("ALTER DOMAIN %s DROP CONSTRAINT %s", domain,
							  sd_ddl_quote_identifier(constraint));
		item->duplicate = "duplicate_object";
	}
	else
		sd_ddl_guarded(node, "duplicate_object", "%s", later);
	if (comment != NULL)
	{
		SdDdlNode *last = sd_ddl_node(ddl, SD_DDL_OPERATORS);

		sd_ddl_comment(ddl, last, "CONSTRAINT",
					   psprintf("%s ON DOMAIN %s",
								sd_ddl_quote_identifier(constraint), domain),
					   comment);
		last->after = list_make1(node);
		if (item != NULL)
			item->comment = last;
	}
}

static bool
element_is_false(JsonbContainer *object, const char *key, int i)
{
	JsonbContainer *array = sd_json_get_array(object, key);
	JsonbValue *value =
		array != NULL ? getIthJsonbValueFromContainer(array, i) : NULL;

	return value != NULL && value->type == jbvBool && !value->val.boolean;
}

static void
add_composite(SdDdl *ddl, SdDdlNode *node, const char *name,
			  JsonbContainer *object)
{
	List *names = sd_ddl_elements(object, "attribute_names");
	List *types = sd_ddl_elements(object, "attribute_types");
	List *collations = sd_ddl_elements(object, "attribute_collations");
	List *comments = sd_ddl_elements(object, "attribute_comments");
	List *attributes = NIL;

	if (list_length(names) != list_length(types) ||
		list_member_ptr(names, NULL) || list_member_ptr(types, NULL))
		sd_ddl_malformed(ddl, "attribute_names");
	for (int i = 0; i < list_length(names); i++)
	{
		const char *collation =
			i < list_length(collations) ? list_nth(collations, i) : NULL;

		attributes = lappend(
			attributes, psprintf("\n    %s %s%s%s",
								 sd_ddl_quote_identifier(list_nth(names, i)),
								 (char *) list_nth(types, i),
								 collation != NULL ? " COLLATE " : "",
								 collation != NULL ? collation : ""));
	}
	sd_ddl_guarded(node, "duplicate_object", "CREATE TYPE %s AS (%s%s)", name,
				   sd_ddl_joined(attributes, ","),
				   attributes != NIL ? "\n" : "");
	for (int i = 0; i < list_length(names) && i < list_length(comments); i++)
		sd_ddl_comment(ddl, node, "COLUMN",
					   psprintf("%s.%s", name,
								sd_ddl_quote_identifier(list_nth(names, i))),
					   list_nth(comments, i));
}

static void
add_range(SdDdl *ddl, SdDdlNode *node, const char *name, JsonbContainer *object)
{
	static const struct
	{
		const char *key;
		const char *word;
	} parts[] = {
		{"subtype", "SUBTYPE"},
		{"subtype_opclass", "SUBTYPE_OPCLASS"},
		{"subtype_collation", "COLLATION"},
		{"canonical", "CANONICAL"},
		{"subtype_diff", "SUBTYPE_DIFF"},
		{"multirange_type", "MULTIRANGE_TYPE_NAME"},
	};
	List *options = NIL;
	char *multirange = sd_json_get_text(object, "multirange_type");

	for (int i = 0; i < lengthof(parts); i++)
	{
		char *value = sd_json_get_text(object, parts[i].key);

		if (value != NULL)
			options = lappend(options,
							  psprintf("\n    %s = %s", parts[i].word, value));
	}
	/* the function has the type as its argument */
	if (sd_json_get_text(object, "canonical") != NULL)
		add_shell(ddl, node, name);
	if (multirange != NULL)
		sd_ddl_provide_qualified(ddl, node, multirange, false);
	sd_ddl_guarded(node, "duplicate_object", "CREATE TYPE %s AS RANGE (%s\n)",
				   name, sd_ddl_joined(options, ","));
}

static void
add_base(SdDdl *ddl, SdDdlNode *node, const char *name, JsonbContainer *object)
{
	List *options = NIL;
	int64 length = sd_ddl_int64(object, "internal_length", -1);
	char *default_value = sd_json_get_text(object, "default_value");
	char *element = sd_json_get_text(object, "element_type");
	char *category = sd_json_get_text(object, "category");
	char *delimiter = sd_json_get_text(object, "delimiter");
	char *alignment = sd_json_get_text(object, "alignment");
	char *storage = sd_json_get_text(object, "storage");

	for (int i = 0; i < lengthof(type_functions); i++)
	{
		char *value = sd_json_get_text(object, type_functions[i].key);

		if (value != NULL)
			options = lappend(options, psprintf("\n    %s = %s",
												type_functions[i].word, value));
	}
	options = lappend(
		options,
		length < 0 ? pstrdup("\n    INTERNALLENGTH = VARIABLE")
				   : psprintf("\n    INTERNALLENGTH = " INT64_FORMAT, length));
	if (sd_json_get_bool(object, "by_value"))
		options = lappend(options, "\n    PASSEDBYVALUE");
	options =
		lappend(options, psprintf("\n    ALIGNMENT = %s",
								  alignment != NULL ? alignment : "int4"));
	options = lappend(options, psprintf("\n    STORAGE = %s",
										storage != NULL ? storage : "plain"));
	if (category != NULL)
		options = lappend(options, psprintf("\n    CATEGORY = %s",
											sd_ddl_quote_literal(category)));
	if (sd_json_get_bool(object, "is_preferred"))
		options = lappend(options, "\n    PREFERRED = true");
	if (default_value != NULL)
		options =
			lappend(options, psprintf("\n    DEFAULT = %s",
									  sd_ddl_quote_literal(default_value)));
	if (element != NULL)
		options = lappend(options, psprintf("\n    ELEMENT = %s", element));
	if (delimiter != NULL && sd_ddl_compare(delimiter, ",") != 0)
		options = lappend(options, psprintf("\n    DELIMITER = %s",
											sd_ddl_quote_literal(delimiter)));
	if (sd_json_get_bool(object, "is_collatable"))
		options = lappend(options, "\n    COLLATABLE = true");

	add_shell(ddl, node, name);
	sd_ddl_guarded(node, "duplicate_object", "CREATE TYPE %s (%s\n)", name,
				   sd_ddl_joined(options, ","));
}

/* A type without anything, for the functions that it is made of. */
static void
add_shell(SdDdl *ddl, SdDdlNode *node, const char *name)
{
	node->shell = sd_ddl_node(ddl, SD_DDL_TYPES);
	node->after = lappend(node->after, node->shell);
	sd_ddl_guarded(node->shell, "duplicate_object", "CREATE TYPE %s", name);
	/* what it names is itself */
	node->shell->texts = list_make1("");
}

/* A collation. */
void
sd_ddl_collation(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "collation_name");
	char *provider = sd_ddl_text(ddl, object, "provider");
	char *lc_collate = sd_json_get_text(object, "lc_collate");
	char *lc_ctype = sd_json_get_text(object, "lc_ctype");
	char *locale = sd_json_get_text(object, "locale");
	char *rules = sd_json_get_text(object, "rules");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_TYPES);
	StringInfoData options;

	sd_ddl_provide_qualified(ddl, node, name, false);
	initStringInfo(&options);
	appendStringInfo(&options, "PROVIDER = %s", provider);
	if (!sd_ddl_flag(object, "is_deterministic", true))
		appendStringInfoString(&options, ", DETERMINISTIC = false");
	if (locale == NULL && lc_collate != NULL && lc_ctype != NULL &&
		sd_ddl_compare(lc_collate, lc_ctype) == 0)
		locale = lc_collate;
	if (locale != NULL)
		appendStringInfo(&options, ", LOCALE = %s",
						 sd_ddl_quote_literal(locale));
	else
	{
		if (lc_collate != NULL)
			appendStringInfo(&options, ", LC_COLLATE = %s",
							 sd_ddl_quote_literal(lc_collate));
		if (lc_ctype != NULL)
			appendStringInfo(&options, ", LC_CTYPE = %s",
							 sd_ddl_quote_literal(lc_ctype));
	}
	if (rules != NULL)
		appendStringInfo(&options, ", RULES = %s", sd_ddl_quote_literal(rules));
	sd_ddl_statement(node, "CREATE COLLATION %s%s (%s)",
					 sd_ddl_if_not_exists(ddl), name, options.data);
	sd_ddl_owner(ddl, node, "COLLATION", name, object);
	sd_ddl_comment_of(ddl, node, "COLLATION", name, object);
}

/* A conversion between encodings. */
void
sd_ddl_conversion(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "conversion_name");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_OPERATORS);

	sd_ddl_guarded(
		node, "duplicate_object", "CREATE %sCONVERSION %s FOR %s TO %s FROM %s",
		sd_json_get_bool(object, "is_default") ? "DEFAULT " : "", name,
		sd_ddl_quote_literal(sd_ddl_text(ddl, object, "from_encoding")),
		sd_ddl_quote_literal(sd_ddl_text(ddl, object, "to_encoding")),
		sd_ddl_text(ddl, object, "function"));
	sd_ddl_owner(ddl, node, "CONVERSION", name, object);
	sd_ddl_comment_of(ddl, node, "CONVERSION", name, object);
}

/* A cast. */
void
sd_ddl_cast(SdDdl *ddl, JsonbContainer *object)
{
	char *function = sd_json_get_text(object, "function");
	char *method = sd_json_get_text(object, "method");
	char *name = psprintf("(%s AS %s)", sd_ddl_text(ddl, object, "source_type"),
						  sd_ddl_text(ddl, object, "target_type"));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_OPERATORS);
	StringInfoData how;

	initStringInfo(&how);
	if (method == NULL)
		appendStringInfo(
			&how, "WITH FUNCTION %s",
			function != NULL ? function : sd_ddl_text(ddl, object, "function"));
	else if (sd_ddl_compare(method, "inout") == 0)
		appendStringInfoString(&how, "WITH INOUT");
	else
		appendStringInfoString(&how, "WITHOUT FUNCTION");
	if (sd_ddl_is(object, "context", "implicit"))
		appendStringInfoString(&how, " AS IMPLICIT");
	else if (sd_ddl_is(object, "context", "assignment"))
		appendStringInfoString(&how, " AS ASSIGNMENT");
	sd_ddl_guarded(node, "duplicate_object", "CREATE CAST %s %s", name,
				   how.data);
	sd_ddl_comment_of(ddl, node, "CAST", name, object);
}
