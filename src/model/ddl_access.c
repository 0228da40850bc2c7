/*-------------------------------------------------------------------------
 *
 * ddl_access.c
 *	  DDL of privileges, default privileges, security labels, and of what
 *	  depends on extensions.
 *
 * A document has all privileges on an object as soon as they are not the
 * server's default.  What is revoked is what the default would give.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "model/ddl.h"

/* the first server that has this privilege */
#define MAINTAIN_VERSION 17

/* a type of object that privileges are on */
typedef struct Securable
{
	const char *type;	  /* of the document; it is followed by the identity */
	const char *word;	  /* in GRANT; NULL: default privileges */
	const char *kind;	  /* of the document's object; NULL: it has no owner */
	const char *prefix;	  /* of its identity there */
	const char *of_owner; /* privileges by default */
	const char *of_public;
} Securable;

#define TABLE_PRIVILEGES                                                       \
	"INSERT SELECT UPDATE DELETE TRUNCATE REFERENCES TRIGGER MAINTAIN"

static const Securable securables[] = {
	{"materialized view", "TABLE", "views", "", TABLE_PRIVILEGES, ""},
	{"foreign table", "TABLE", "tables", "", TABLE_PRIVILEGES, ""},
	{"foreign data wrapper", "FOREIGN DATA WRAPPER", "foreign_servers",
	 "wrapper ", "USAGE", ""},
	{"foreign server", "FOREIGN SERVER", "foreign_servers", "server ", "USAGE",
	 ""},
	{"default privileges", NULL, NULL, "", "", ""},
	{"table", "TABLE", "tables", "", TABLE_PRIVILEGES, ""},
	{"view", "TABLE", "views", "", TABLE_PRIVILEGES, ""},
	{"sequence", "SEQUENCE", "sequences", "", "SELECT UPDATE USAGE", ""},
	{"column", "TABLE", NULL, "", "", ""},
	{"schema", "SCHEMA", "schemas", "", "USAGE CREATE", ""},
	{"function", "FUNCTION", "functions", "", "EXECUTE", "EXECUTE"},
	{"procedure", "PROCEDURE", "functions", "", "EXECUTE", "EXECUTE"},
	{"aggregate", "FUNCTION", "functions", "", "EXECUTE", "EXECUTE"},
	{"type", "TYPE", "types", "", "USAGE", "USAGE"},
	{"domain", "TYPE", "types", "", "USAGE", "USAGE"},
	{"language", "LANGUAGE", "languages", "", "USAGE", "USAGE"},
};

/* what default privileges are for: the default where they are for no schema */
static const struct
{
	const char *objects;
	const char *of_owner;
	const char *of_public;
} default_objects[] = {
	{"tables", TABLE_PRIVILEGES, ""},
	{"sequences", "SELECT UPDATE USAGE", ""},
	{"functions", "EXECUTE", "EXECUTE"},
	{"types", "USAGE", "USAGE"},
	{"schemas", "USAGE CREATE", ""},
	{"large objects", "SELECT UPDATE", ""},
};

static bool split_column(const char *identity, char **table, char **column);
static void add_usual(SdDdlAccess *access, const char *grantee,
					  const char *privileges);
static const char *find_owner(SdDdl *ddl, const Securable *securable,
							  const char *identity);
static void read_grants(SdDdlAccess *access, JsonbContainer *array);
static bool set_default_target(SdDdl *ddl, SdDdlAccess *access,
							   const char *identity);
static void add_access(SdDdlAccess *access);
static bool has_exactly(const SdDdlAccess *access, const char *grantee,
						const char *privileges);
static int count_privileges(const SdDdlAccess *access, const char *privileges);
static const char *all_privileges(const SdDdlAccess *access);
static bool is_word_in(const char *word, const char *words);
static bool may_grant(const SdDdlAccess *access, const SdDdlGrant *grant);
static void add_grants(SdDdlAccess *access, int first);

/* All privileges on one object. */
void
sd_ddl_privileges(SdDdl *ddl, JsonbContainer *object)
{
	SdDdlAccess access = {0};

	if (ddl->options.no_privileges ||
		!sd_ddl_access(ddl, &access, ddl->identity, object))
		return;
	if (access.owner == NULL && access.ngrants > 0)
	{
		/* an extension's: it may have begun with anything */
		access.is_unknown = true;
		access.owner = access.grants[0].grantor;
	}

	access.node = sd_ddl_node(ddl, SD_DDL_PRIVILEGES);
	/* everything is there; and a name may be that of something else */
	access.node->texts = list_make1("");
	add_access(&access);
}

/*
 * sd_ddl_access
 *		The privileges on an object of a document, which has a list of them; or
 *		none, with NULL.
 *
 * False if there is nothing to be said of it.  Raises 22023 for a type of
 * object that is not known.
 */
bool
sd_ddl_access(SdDdl *ddl, SdDdlAccess *access, const char *identity,
			  JsonbContainer *array)
{
	const Securable *securable = NULL;
	const char *name = NULL;

	memset(access, 0, sizeof(SdDdlAccess));
	for (int i = 0; i < lengthof(securables) && securable == NULL; i++)
	{
		int length = strlen(securables[i].type);

		if (strncmp(identity, securables[i].type, length) != 0 ||
			identity[length] != ' ')
			continue;
		securable = &securables[i];
		name = identity + length + 1;
	}
	if (securable == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("document has privileges on an unrecognized type of "
					   "object: \"%s\"",
					   identity));

	access->type = securable->type;
	access->name = name;
	access->version = ddl->version;
	access->prefix = "";
	access->columns = "";
	access->of_owner = securable->of_owner;
	access->of_public = securable->of_public;
	access->public_begins = NULL;
	if (array != NULL)
		read_grants(access, array);
	if (securable->word == NULL)
	{
		if (!set_default_target(ddl, access, name))
			return false;
	}
	else if (sd_ddl_compare(securable->type, "column") == 0)
	{
		char *table;
		char *column;

		if (!split_column(name, &table, &column))
			return false;
		access->target = psprintf("ON TABLE %s", table);
		access->columns = psprintf(" (%s)", sd_ddl_quote_identifier(column));
		access->begins_empty = true;
	}
	else if (sd_ddl_compare(securable->word, "SCHEMA") == 0)
	{
		List *names = sd_sql_identifiers(name);
		const char *schema;

		if (list_length(names) != 1)
			return false;
		schema = sd_ddl_schema(ddl, linitial(names));
		access->target = psprintf("ON SCHEMA %s", schema);
		/* in the one of every database this has been granted */
		if (sd_ddl_compare(schema, "public") == 0)
			access->public_begins = "USAGE";
	}
	else
		access->target = psprintf("ON %s %s", securable->word, name);
	if (access->public_begins == NULL)
		access->public_begins = access->of_public;
	if (access->owner == NULL)
		access->owner = find_owner(ddl, securable, name);

	return true;
}

/* sd_ddl_usual_access: What is there if a document says nothing. */
void
sd_ddl_usual_access(SdDdlAccess *access)
{
	access->ngrants = 0;
	access->grants =
		palloc0(sizeof(SdDdlGrant) *
				(strlen(access->of_owner) + strlen(access->of_public) + 1));
	if (access->begins_empty || access->owner == NULL)
		return;
	add_usual(access, access->owner, access->of_owner);
	add_usual(access, "public", access->of_public);
}

static void
add_usual(SdDdlAccess *access, const char *grantee, const char *privileges)
{
	while (*privileges != '\0')
	{
		int length = strcspn(privileges, " ");
		SdDdlGrant *grant = &access->grants[access->ngrants];

		grant->grantor = pstrdup(access->owner);
		grant->grantee = pstrdup(grantee);
		grant->privilege = pnstrdup(privileges, length);
		if (access->version >= MAINTAIN_VERSION ||
			sd_ddl_compare(grant->privilege, "MAINTAIN") != 0)
			access->ngrants++;
		privileges += length;
		privileges += *privileges == ' ';
	}
}

/* "schema.table.column", quoted */
static bool
split_column(const char *identity, char **table, char **column)
{
	List *names = sd_sql_identifiers(identity);

	if (list_length(names) != 3)
		return false;
	*table = sd_ddl_quote_qualified(linitial(names), lsecond(names));
	*column = lthird(names);

	return true;
}

static const char *
find_owner(SdDdl *ddl, const Securable *securable, const char *identity)
{
	JsonbContainer *object;

	if (securable->kind == NULL)
		return NULL;
	object = sd_ddl_object(ddl, securable->kind,
						   psprintf("%s%s", securable->prefix, identity));

	return object != NULL ? sd_json_get_text(object, "owner") : NULL;
}

static void
read_grants(SdDdlAccess *access, JsonbContainer *array)
{
	SdJsonWalk walk;
	JsonbValue value;

	access->grants =
		palloc0(sizeof(SdDdlGrant) * (JsonContainerSize(array) + 1));
	sd_json_walk(&walk, array);
	while (sd_json_next_element(&walk, &value))
	{
		JsonbContainer *object = sd_json_as_object(&value);
		SdDdlGrant *grant = &access->grants[access->ngrants];

		if (object == NULL)
			continue;
		grant->grantor = sd_json_get_text(object, "grantor");
		grant->grantee = sd_json_get_text(object, "grantee");
		grant->privilege = sd_json_get_text(object, "privilege");
		grant->is_grantable = sd_json_get_bool(object, "is_grantable");
		/* a row without says that nobody has any */
		if (grant->grantee != NULL && grant->grantor != NULL &&
			grant->privilege != NULL)
			access->ngrants++;
	}
}

/* "for role r in schema s on tables" */
static bool
set_default_target(SdDdl *ddl, SdDdlAccess *access, const char *identity)
{
	const char *text = identity;
	StringInfoData prefix;
	List *names;

	initStringInfo(&prefix);
	appendStringInfoString(&prefix, "ALTER DEFAULT PRIVILEGES");
	if (strncmp(text, "for role ", 9) != 0)
		return false;
	names = sd_sql_identifiers(text + 9);
	if (list_length(names) != 1)
		return false;
	access->owner = linitial(names);
	appendStringInfo(&prefix, " FOR ROLE %s",
					 sd_ddl_quote_identifier(access->owner));
	text += 9 + strlen(sd_ddl_quote_identifier(access->owner));
	if (strncmp(text, " in schema ", 11) == 0)
	{
		names = sd_sql_identifiers(text + 11);
		if (list_length(names) != 1)
			return false;
		appendStringInfo(&prefix, " IN SCHEMA %s",
						 sd_ddl_schema(ddl, linitial(names)));
		text += 11 + strlen(sd_ddl_quote_identifier(linitial(names)));
		/* what is granted there comes on top of the default */
		access->begins_empty = true;
	}
	if (strncmp(text, " on ", 4) != 0)
		return false;
	for (int i = 0; i < lengthof(default_objects); i++)
	{
		if (sd_ddl_compare(default_objects[i].objects, text + 4) == 0)
		{
			access->of_owner = default_objects[i].of_owner;
			access->of_public = default_objects[i].of_public;
		}
	}
	appendStringInfoChar(&prefix, ' ');
	access->prefix = prefix.data;
	access->target = psprintf("ON %s", sd_ddl_upper(text + 4));

	return true;
}

/* What is more than the default is granted, and what is less is revoked. */
static void
add_access(SdDdlAccess *access)
{
	bool is_owner_as_usual =
		access->begins_empty ||
		(!access->is_unknown && access->owner != NULL &&
		 has_exactly(access, access->owner, access->of_owner));
	bool is_public_as_usual =
		access->begins_empty ||
		(!access->is_unknown &&
		 has_exactly(access, "public", access->public_begins));
	bool is_changed = true;

	for (int i = 0; i < access->ngrants && !access->begins_empty; i++)
	{
		SdDdlGrant *grant = &access->grants[i];

		grant->is_done = (is_public_as_usual &&
						  sd_ddl_compare(grant->grantee, "public") == 0) ||
						 (is_owner_as_usual &&
						  sd_ddl_compare(grant->grantee, access->owner) == 0);
	}
	if (!is_public_as_usual &&
		(access->is_unknown || access->public_begins[0] != '\0'))
		sd_ddl_statement(access->node, "%sREVOKE ALL %s FROM PUBLIC",
						 access->prefix, access->target);
	if (!is_owner_as_usual && access->owner != NULL)
		sd_ddl_statement(access->node, "%sREVOKE %s %s FROM %s", access->prefix,
						 all_privileges(access), access->target,
						 sd_ddl_quote_identifier(access->owner));

	/* who grants must have been granted it */
	while (is_changed)
	{
		is_changed = false;
		for (int i = 0; i < access->ngrants; i++)
		{
			if (access->grants[i].is_done ||
				!may_grant(access, &access->grants[i]))
				continue;
			add_grants(access, i);
			is_changed = true;
		}
	}
}

/* Does the grantee have just these privileges, from the owner? */
static bool
has_exactly(const SdDdlAccess *access, const char *grantee,
			const char *privileges)
{
	int wanted = count_privileges(access, privileges);
	int found = 0;

	for (int i = 0; i < access->ngrants; i++)
	{
		const SdDdlGrant *grant = &access->grants[i];

		if (sd_ddl_compare(grant->grantee, grantee) != 0)
			continue;
		if (grant->is_grantable || access->owner == NULL ||
			sd_ddl_compare(grant->grantor, access->owner) != 0 ||
			!is_word_in(grant->privilege, privileges))
			return false;
		found++;
	}

	return found == wanted;
}

/* How many words?  Servers before 17 do not know MAINTAIN. */
static int
count_privileges(const SdDdlAccess *access, const char *privileges)
{
	int count = privileges[0] != '\0' ? 1 : 0;

	for (const char *c = privileges; *c != '\0'; c++)
		count += (*c == ' ');
	if (access->version < MAINTAIN_VERSION &&
		is_word_in("MAINTAIN", privileges))
		count--;

	return count;
}

/*
 * All privileges of an owner.  Where the server has more than the one that the
 * document is from, owners keep that, and nobody else gets it, as with a dump.
 */
static const char *
all_privileges(const SdDdlAccess *access)
{
	if (access->version < MAINTAIN_VERSION &&
		PG_MAJORVERSION_NUM >= MAINTAIN_VERSION &&
		is_word_in("MAINTAIN", access->of_owner))
		return "INSERT, SELECT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER";

	return "ALL";
}

static bool
is_word_in(const char *word, const char *words)
{
	int length = strlen(word);

	for (const char *at = strstr(words, word); at != NULL;
		 at = strstr(at + 1, word))
	{
		if ((at == words || at[-1] == ' ') &&
			(at[length] == ' ' || at[length] == '\0'))
			return true;
	}

	return false;
}

/* Is everything there that this grant needs? */
static bool
may_grant(const SdDdlAccess *access, const SdDdlGrant *grant)
{
	if (access->owner == NULL ||
		sd_ddl_compare(grant->grantor, access->owner) == 0)
		return true;
	for (int i = 0; i < access->ngrants; i++)
	{
		const SdDdlGrant *other = &access->grants[i];

		if (other->is_done && other->is_grantable &&
			sd_ddl_compare(other->grantee, grant->grantor) == 0 &&
			sd_ddl_compare(other->privilege, grant->privilege) == 0)
			return true;
	}

	/* it may come from the table, or by being a member of a role */
	return access->columns[0] != '\0';
}

/* Grant this, and whatever else goes between the same two in the same way. */
static void
add_grants(SdDdlAccess *access, int first)
{
	const SdDdlGrant *model = &access->grants[first];
	bool is_owner = access->owner == NULL ||
					sd_ddl_compare(model->grantor, access->owner) == 0;
	List *privileges = NIL;

	for (int i = first; i < access->ngrants; i++)
	{
		SdDdlGrant *grant = &access->grants[i];

		if (grant->is_done || grant->is_grantable != model->is_grantable ||
			sd_ddl_compare(grant->grantor, model->grantor) != 0 ||
			sd_ddl_compare(grant->grantee, model->grantee) != 0 ||
			!may_grant(access, grant))
			continue;
		privileges = lappend(
			privileges, psprintf("%s%s", grant->privilege, access->columns));
	}
	if (access->columns[0] == '\0' && access->of_owner[0] != '\0' &&
		list_length(privileges) == count_privileges(access, access->of_owner))
		privileges = list_make1(pstrdup(all_privileges(access)));
	if (!is_owner)
		sd_ddl_statement(access->node, "SET SESSION AUTHORIZATION %s",
						 sd_ddl_quote_identifier(model->grantor));
	sd_ddl_statement(access->node, "%sGRANT %s %s TO %s%s", access->prefix,
					 sd_ddl_joined(privileges, ", "), access->target,
					 sd_ddl_role(model->grantee),
					 model->is_grantable ? " WITH GRANT OPTION" : "");
	if (!is_owner)
		sd_ddl_statement(access->node, "RESET SESSION AUTHORIZATION");
	for (int i = access->ngrants - 1; i >= first; i--)
	{
		SdDdlGrant *grant = &access->grants[i];

		if (!grant->is_done && grant->is_grantable == model->is_grantable &&
			sd_ddl_compare(grant->grantor, model->grantor) == 0 &&
			sd_ddl_compare(grant->grantee, model->grantee) == 0 &&
			may_grant(access, grant))
			grant->is_done = true;
	}
}

/* sd_ddl_role: A role as in GRANT. */
const char *
sd_ddl_role(const char *name)
{
	return sd_ddl_compare(name, "public") == 0 ? "PUBLIC"
											   : sd_ddl_quote_identifier(name);
}

/* A security label: "type name for provider". */
void
sd_ddl_security_label(SdDdl *ddl, JsonbContainer *object)
{
	char *type = sd_ddl_text(ddl, object, "object_type");
	char *provider = sd_ddl_text(ddl, object, "provider");
	const char *identity = ddl->identity;
	int length = strlen(type);
	char *rest = psprintf(" for %s", sd_ddl_quote_identifier(provider));
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_LABELS);

	if (strncmp(identity, type, length) == 0 && identity[length] == ' ')
		identity += length + 1;
	length = strlen(identity) - strlen(rest);
	if (length > 0 && sd_ddl_compare(identity + length, rest) == 0)
		identity = pnstrdup(identity, length);
	if (sd_ddl_compare(type, "schema") == 0)
		identity = sd_ddl_schema(ddl, sd_ddl_text(ddl, object, "object_name"));
	node->texts = list_make1("");
	sd_ddl_statement(node, "SECURITY LABEL FOR %s ON %s %s IS %s",
					 sd_ddl_quote_identifier(provider), sd_ddl_upper(type),
					 identity,
					 sd_ddl_quote_literal(sd_ddl_text(ddl, object, "label")));
}

/* "index app.i on extension e" */
void
sd_ddl_extension_dependency(SdDdl *ddl, JsonbContainer *object)
{
	char *type = sd_ddl_text(ddl, object, "object_type");
	char *extension = sd_ddl_text(ddl, object, "extension_name");
	char *rest =
		psprintf(" on extension %s", sd_ddl_quote_identifier(extension));
	int length = strlen(ddl->identity) - strlen(rest) - strlen(type) - 1;
	SdDdlNode *node = sd_ddl_node(ddl, SD_DDL_LABELS);
	char *identity;

	if (length <= 0)
		return;
	identity = pnstrdup(ddl->identity + strlen(type) + 1, length);
	if (sd_ddl_compare(type, "trigger") == 0)
	{
		List *names = sd_sql_identifiers(identity);

		if (list_length(names) != 3)
			return;
		identity =
			psprintf("%s ON %s", sd_ddl_quote_identifier(lthird(names)),
					 sd_ddl_quote_qualified(linitial(names), lsecond(names)));
	}
	node->texts = list_make1("");
	sd_ddl_statement(node, "ALTER %s %s DEPENDS ON EXTENSION %s",
					 sd_ddl_upper(type), identity,
					 sd_ddl_quote_identifier(extension));
}
