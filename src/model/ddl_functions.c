/*-------------------------------------------------------------------------
 *
 * ddl_functions.c
 *	  DDL of languages, functions, and what is made of these: transforms,
 *	  operators, operator classes, access methods.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/ddl.h"

/* where a function or aggregate has names in it, but not its own */
static const char *const function_texts[] = {
	"arguments",
	"result",
	"sql_body",
	"support_function",
	"transition_function",
	"transition_type",
	"final_function",
	"combine_function",
	"serial_function",
	"deserial_function",
	"moving_transition_function",
	"moving_inverse_function",
	"moving_transition_type",
	"moving_final_function",
	"sort_operator",
};

static const char *search_path_setting(SdDdl *ddl, List *settings);
static char *mapped_search_path(SdDdl *ddl, const char *definition,
								List *settings);
static void warn_of_mentions(SdDdl *ddl, JsonbContainer *object,
							 const char *name);
static char *operator_name(const char *qualified);

/* A procedural language. */
void
sd_ddl_language(SdDdl *ddl, JsonbContainer *object)
{
	char *raw_name = sd_ddl_text(ddl, object, "language_name");
	char *name = pstrdup(sd_ddl_quote_identifier(raw_name));
	char *inline_handler = sd_json_get_text(object, "inline_handler");
	char *validator = sd_json_get_text(object, "validator");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_LANGUAGES);

	sd_ddl_provide_word(ddl, node, "languages", raw_name);
	sd_ddl_statement(node, "CREATE %s%sLANGUAGE %s HANDLER %s%s%s%s%s",
					 sd_ddl_or_replace(ddl),
					 sd_json_get_bool(object, "is_trusted") ? "TRUSTED " : "",
					 name, sd_ddl_text(ddl, object, "handler"),
					 inline_handler != NULL ? " INLINE " : "",
					 inline_handler != NULL ? inline_handler : "",
					 validator != NULL ? " VALIDATOR " : "",
					 validator != NULL ? validator : "");
	sd_ddl_owner(ddl, node, "LANGUAGE", name, object);
	sd_ddl_comment_of(ddl, node, "LANGUAGE", name, object);
}

/* A function, procedure, aggregate or window function. */
void
sd_ddl_function(SdDdl *ddl, JsonbContainer *object)
{
	char *schema = sd_ddl_text(ddl, object, "schema_name");
	char *raw_name = sd_ddl_text(ddl, object, "function_name");
	char *definition = sd_ddl_trimmed(sd_ddl_text(ddl, object, "definition"));
	char *arguments = sd_json_get_text(object, "identity_arguments");
	List *settings = sd_json_get_texts(object, "settings");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_FUNCTIONS);
	const char *what = "FUNCTION";
	char *name;

	if (sd_ddl_is(object, "function_kind", "aggregate"))
		what = "AGGREGATE";
	else if (sd_ddl_is(object, "function_kind", "procedure"))
		what = "PROCEDURE";
	name = psprintf("%s(%s)", sd_ddl_quote_qualified(schema, raw_name),
					arguments != NULL ? arguments : "");
	if (sd_ddl_compare(what, "AGGREGATE") == 0 &&
		(arguments == NULL || arguments[0] == '\0'))
		name = psprintf("%s(*)", sd_ddl_quote_qualified(schema, raw_name));

	sd_ddl_provide(ddl, node, schema, raw_name, true);
	for (int i = 0; i < lengthof(function_texts); i++)
	{
		char *text = sd_json_get_text(object, function_texts[i]);

		if (text != NULL)
			node->texts = lappend(node->texts, text);
	}
	node->texts =
		list_concat(node->texts, sd_json_get_texts(object, "transform_types"));
	node->texts = lappend(node->texts, "");
	sd_ddl_need_word(ddl, node, "languages",
					 sd_json_get_text(object, "language"));

	if (!ddl->options.if_not_exists &&
		strncmp(definition, "CREATE OR REPLACE ", 18) == 0)
		definition = psprintf("CREATE %s", definition + 18);
	else if (ddl->options.if_not_exists &&
			 strncmp(definition, "CREATE AGGREGATE ", 17) == 0)
		definition = psprintf("CREATE OR REPLACE %s", definition + 7);
	if (ddl->options.schemas.count > 0)
	{
		definition = mapped_search_path(ddl, definition, settings);
		warn_of_mentions(ddl, object, name);
	}
	sd_ddl_statement(node, "%s", definition);
	sd_ddl_owner(ddl, node, what, name, object);
	sd_ddl_comment_of(ddl, node, what, name, object);
}

/* The value of SET search_path with other schemas, if there are any in it. */
static const char *
search_path_setting(SdDdl *ddl, List *settings)
{
	ListCell *lc;

	foreach (lc, settings)
	{
		const char *setting = lfirst(lc);
		List *names = NIL;
		const char *text;
		bool is_changed = false;

		if (strncmp(setting, "search_path=", 12) != 0)
			continue;
		text = setting + 12;
		while (*text != '\0')
		{
			List *parts = sd_sql_identifiers(text);
			const char *schema;
			const char *to;
			bool is_quoted = false;

			if (parts == NIL)
				return NULL;
			schema = linitial(parts);
			to = sd_schema_map_find(&ddl->options.schemas, schema);
			is_changed |= to != NULL;
			names =
				lappend(names, sd_ddl_quote_literal(to != NULL ? to : schema));
			while (*text != '\0' && (is_quoted || *text != ','))
			{
				if (*text == '"')
					is_quoted = !is_quoted;
				text++;
			}
			while (*text == ',' || *text == ' ')
				text++;
		}

		return is_changed ? sd_ddl_joined(names, ", ") : NULL;
	}

	return NULL;
}

/* A definition whose line SET search_path has the other schemas. */
static char *
mapped_search_path(SdDdl *ddl, const char *definition, List *settings)
{
	const char *value = search_path_setting(ddl, settings);
	const char *line = strstr(definition, "\n SET search_path TO ");
	const char *end;

	if (value == NULL || line == NULL)
		return pstrdup(definition);
	end = strchr(line + 1, '\n');
	if (end == NULL)
		end = line + strlen(line);

	return psprintf("%s\n SET search_path TO %s%s",
					pnstrdup(definition, line - definition), value, end);
}

/* Nobody but its language knows what is a name in a function's body. */
static void
warn_of_mentions(SdDdl *ddl, JsonbContainer *object, const char *name)
{
	char *source = sd_json_get_text(object, "source");

	for (int i = 0; source != NULL && i < ddl->options.schemas.count; i++)
	{
		if (sd_sql_mentions(source, ddl->options.schemas.from[i]))
			sd_ddl_warn(ddl,
						"the body of %s mentions schema %s and is as it "
						"was",
						name,
						sd_ddl_quote_identifier(ddl->options.schemas.from[i]));
	}
}

/* A transform between a type and a language. */
void
sd_ddl_transform(SdDdl *ddl, JsonbContainer *object)
{
	char *language = sd_ddl_text(ddl, object, "language");
	char *from_sql = sd_json_get_text(object, "from_sql");
	char *to_sql = sd_json_get_text(object, "to_sql");
	char *name =
		psprintf("FOR %s LANGUAGE %s", sd_ddl_text(ddl, object, "type"),
				 sd_ddl_quote_identifier(language));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_OPERATORS);

	sd_ddl_need_word(ddl, node, "languages", language);
	sd_ddl_statement(node, "CREATE %sTRANSFORM %s (%s%s%s%s%s)",
					 sd_ddl_or_replace(ddl), name,
					 from_sql != NULL ? "FROM SQL WITH FUNCTION " : "",
					 from_sql != NULL ? from_sql : "",
					 from_sql != NULL && to_sql != NULL ? ", " : "",
					 to_sql != NULL ? "TO SQL WITH FUNCTION " : "",
					 to_sql != NULL ? to_sql : "");
	sd_ddl_comment_of(ddl, node, "TRANSFORM", name, object);
}

/* An operator. */
void
sd_ddl_operator(SdDdl *ddl, JsonbContainer *object)
{
	static const struct
	{
		const char *key;
		const char *word;
		bool is_operator;
	} parts[] = {
		{"function", "FUNCTION", false},
		{"left_type", "LEFTARG", false},
		{"right_type", "RIGHTARG", false},
		{"commutator", "COMMUTATOR", true},
		{"negator", "NEGATOR", true},
		{"restrict_estimator", "RESTRICT", false},
		{"join_estimator", "JOIN", false},
	};
	char *schema = sd_ddl_text(ddl, object, "schema_name");
	char *raw_name = sd_ddl_text(ddl, object, "operator_name");
	char *left = sd_json_get_text(object, "left_type");
	char *right = sd_json_get_text(object, "right_type");
	char *name = psprintf("%s.%s", sd_ddl_quote_identifier(schema), raw_name);
	char *with_types = psprintf("%s (%s, %s)", name, left ? left : "NONE",
								right ? right : "NONE");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_OPERATORS);
	List *options = NIL;

	sd_ddl_provide(ddl, node, schema, raw_name, false);
	node->ignores_own_kind = true;
	for (int i = 0; i < lengthof(parts); i++)
	{
		char *value = sd_json_get_text(object, parts[i].key);

		if (value == NULL)
			continue;
		if (parts[i].is_operator)
			value = operator_name(value);
		else
			node->texts = lappend(node->texts, value);
		options =
			lappend(options, psprintf("\n    %s = %s", parts[i].word, value));
	}
	if (sd_json_get_bool(object, "is_hashable"))
		options = lappend(options, "\n    HASHES");
	if (sd_json_get_bool(object, "is_mergeable"))
		options = lappend(options, "\n    MERGES");
	sd_ddl_guarded(node, "duplicate_function", "CREATE OPERATOR %s (%s\n)",
				   name, sd_ddl_joined(options, ","));
	sd_ddl_owner(ddl, node, "OPERATOR", with_types, object);
	sd_ddl_comment_of(ddl, node, "OPERATOR", with_types, object);
}

/* A qualified operator where an expression has it. */
static char *
operator_name(const char *qualified)
{
	return psprintf("OPERATOR(%s)", qualified);
}

/* An operator family or class. */
void
sd_ddl_operator_class(SdDdl *ddl, JsonbContainer *object)
{
	char *name = sd_ddl_name(ddl, object, "schema_name", "object_name");
	char *method = sd_ddl_text(ddl, object, "access_method");
	char *with_method =
		psprintf("%s USING %s", name, sd_ddl_quote_identifier(method));
	List *members = sd_json_get_texts(object, "members");
	char *storage = sd_json_get_text(object, "storage_type");
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_OPERATORS);

	sd_ddl_need_word(ddl, node, "access_methods", method);
	if (sd_ddl_is(object, "object_kind", "family"))
	{
		sd_ddl_provide_word(ddl, node, "family", with_method);
		sd_ddl_guarded(node, "duplicate_object", "CREATE OPERATOR FAMILY %s",
					   with_method);
		/* a class of this name is none of its business */
		node->texts = list_make1("");
		sd_ddl_owner(ddl, node, "OPERATOR FAMILY", with_method, object);
		sd_ddl_comment_of(ddl, node, "OPERATOR FAMILY", with_method, object);
		if (members == NIL)
			return;

		node = sd_ddl_node(ddl, SD_DDL_OPERATORS);
		sd_ddl_need_word(ddl, node, "family", with_method);
		node->texts = members;
		sd_ddl_guarded(node, "duplicate_object",
					   "ALTER OPERATOR FAMILY %s ADD\n    %s", with_method,
					   sd_ddl_joined(members, ",\n    "));
		return;
	}

	sd_ddl_provide_qualified(ddl, node, name, false);
	sd_ddl_need_word(ddl, node, "family",
					 psprintf("%s USING %s", sd_ddl_text(ddl, object, "family"),
							  sd_ddl_quote_identifier(method)));
	if (storage != NULL || members == NIL)
		members = lappend(
			members,
			psprintf("STORAGE %s",
					 storage != NULL ? storage
									 : sd_ddl_text(ddl, object, "input_type")));
	node->texts =
		lappend(list_copy(members), sd_ddl_text(ddl, object, "input_type"));
	sd_ddl_guarded(
		node, "duplicate_object",
		"CREATE OPERATOR CLASS %s%s FOR TYPE %s USING %s FAMILY %s "
		"AS\n    %s",
		name, sd_json_get_bool(object, "is_default") ? " DEFAULT" : "",
		sd_ddl_text(ddl, object, "input_type"), sd_ddl_quote_identifier(method),
		sd_ddl_text(ddl, object, "family"), sd_ddl_joined(members, ",\n    "));
	sd_ddl_owner(ddl, node, "OPERATOR CLASS", with_method, object);
	sd_ddl_comment_of(ddl, node, "OPERATOR CLASS", with_method, object);
}

/* An access method. */
void
sd_ddl_access_method(SdDdl *ddl, JsonbContainer *object)
{
	char *raw_name = sd_ddl_text(ddl, object, "access_method_name");
	char *name = pstrdup(sd_ddl_quote_identifier(raw_name));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_LANGUAGES);

	sd_ddl_provide_word(ddl, node, "access_methods", raw_name);
	sd_ddl_guarded(node, "duplicate_object",
				   "CREATE ACCESS METHOD %s TYPE %s HANDLER %s", name,
				   sd_ddl_upper(sd_ddl_text(ddl, object, "method_type")),
				   sd_ddl_text(ddl, object, "handler"));
	sd_ddl_comment_of(ddl, node, "ACCESS METHOD", name, object);
}
