/*-------------------------------------------------------------------------
 *
 * split_sql.c
 *	  stormdisc_split_sql: the statements of an SQL text, and their lines.
 *
 * The server's own parser says where a statement ends, so that no semicolon in
 * a string, a comment or the body of a function is taken for an end.  Its
 * scanner says where the first token is and the last, which leaves out the
 * comments around them.
 *
 * What only psql understands is refused under its name: its commands, and rows
 * that follow a COPY FROM STDIN.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/keywords.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "migrate/split_sql.h"

PG_FUNCTION_INFO_V1(stormdisc_split_sql);

#define SPLIT_COLUMNS 4 /* in sql/functions/split_sql.sql */

/* how much of a line an error shows, in bytes */
#define MAX_EXCERPT 80

/* bytes of the text, semicolons are none */
typedef struct Token
{
	int start;
	int end;
} Token;

typedef struct Tokens
{
	const char *sql;
	int count;
	int size;
	Token *members;
} Tokens;

static void scan(Tokens *tokens);
static void add_token(Tokens *tokens, int start, int end);
static bool is_word(const Tokens *tokens, int token, const char *word);
static bool is_copy_from_stdin(const Tokens *tokens, int first);
static bool has_end_of_copy(const char *rest);
static void refuse_copy(const char *sql, int offset);
static void refuse_psql_command(const char *sql, int offset);
static SdSqlStatement *make_statement(const char *sql, RawStmt *raw,
									  const Token *first, const Token *last,
									  int end_before);
static int count_lines(const char *start, const char *end);
static void parse_error(void *arg);

/*
 * stormdisc_split_sql(sql) -> setof (number, line, command, statement)
 *		The statements of a text, in their order.
 */
Datum
stormdisc_split_sql(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *sql = TextDatumGetCString(sd_argument_required(fcinfo, 0, "sql"));
	List *statements = sd_sql_split(sql);
	ListCell *lc;
	int number = 0;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, statements)
	{
		const SdSqlStatement *statement = lfirst(lc);
		Datum values[SPLIT_COLUMNS];
		bool nulls[SPLIT_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(++number);
		values[1] = Int32GetDatum(statement->line);
		values[2] = CStringGetTextDatum(GetCommandTagName(statement->tag));
		values[3] = CStringGetTextDatum(statement->text);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[3]));
	}

	return (Datum) 0;
}

/*
 * sd_sql_split
 *		The statements of a text, as SdSqlStatement, in the current memory
 *		context.
 *
 * Empty statements are none.  Raises 42601 with the line for what the server
 * cannot parse, and 0A000 for what only psql understands.
 */
List *
sd_sql_split(const char *sql)
{
	Tokens tokens = {.sql = sql};
	List *raws;
	List *statements = NIL;
	ErrorContextCallback callback;
	ListCell *lc;
	int next = 0; /* token */
	int line = 1;
	int counted = 0; /* bytes whose lines are counted */
	int end_before = 0;

	callback.callback = parse_error;
	callback.arg = unconstify(char *, sql);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	scan(&tokens);
	raws = raw_parser(sql, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;

	foreach (lc, raws)
	{
		RawStmt *raw = lfirst_node(RawStmt, lc);
		int end = raw->stmt_len == 0 ? PG_INT32_MAX
									 : raw->stmt_location + raw->stmt_len;
		SdSqlStatement *statement;
		int first;

		CHECK_FOR_INTERRUPTS();
		while (next < tokens.count &&
			   tokens.members[next].start < raw->stmt_location)
			next++;
		first = next;
		while (next < tokens.count && tokens.members[next].start < end)
			next++;
		if (first == next)
			elog(ERROR, "statement at byte %d has no tokens",
				 raw->stmt_location);

		statement = make_statement(sql, raw, &tokens.members[first],
								   &tokens.members[next - 1], end_before);
		line += count_lines(sql + counted, sql + statement->offset);
		counted = statement->offset;
		statement->line = line;
		end_before = tokens.members[next - 1].end;
		statements = lappend(statements, statement);
	}
	if (tokens.members != NULL)
		pfree(tokens.members);

	return statements;
}

/*
 * Find the tokens.  What the scanner has to say about names that are too long
 * is said by the parser again, once is enough.
 */
static void
scan(Tokens *tokens)
{
	int first = 0; /* token of this statement */
	int copy = -1; /* start of a COPY FROM STDIN before it */
	int settings_level = NewGUCNestLevel();
	core_yy_extra_type extra;
	core_yyscan_t scanner;

	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	scanner =
		scanner_init(tokens->sql, &extra, &ScanKeywords, ScanKeywordTokens);

	for (;;)
	{
		core_YYSTYPE value;
		YYLTYPE start;
		int token = core_yylex(&value, &start, scanner);

		CHECK_FOR_INTERRUPTS();
		if (token == 0)
			break;
		if (token == '\\')
		{
			if (copy >= 0)
				refuse_copy(tokens->sql, copy);
			refuse_psql_command(tokens->sql, start);
		}
		if (token != ';')
		{
			/* the scanner puts a zero byte after the token */
			add_token(tokens, start,
					  start + (int) strlen(extra.scanbuf + start));
			continue;
		}

		/* rows are no SQL: they may be anything to the scanner */
		if (is_copy_from_stdin(tokens, first))
		{
			copy = tokens->members[first].start;
			if (has_end_of_copy(tokens->sql + start + 1))
				refuse_copy(tokens->sql, copy);
		}
		first = tokens->count;
	}

	scanner_finish(scanner);
	AtEOXact_GUC(true, settings_level);
}

static void
add_token(Tokens *tokens, int start, int end)
{
	if (tokens->count == tokens->size)
	{
		tokens->size = tokens->size == 0 ? 64 : tokens->size * 2;
		if (tokens->members == NULL)
			tokens->members = palloc(sizeof(Token) * tokens->size);
		else
			tokens->members =
				repalloc_huge(tokens->members, sizeof(Token) * tokens->size);
	}
	tokens->members[tokens->count].start = start;
	tokens->members[tokens->count].end = end;
	tokens->count++;
}

static bool
is_word(const Tokens *tokens, int token, const char *word)
{
	int length = strlen(word);
	const Token *found = &tokens->members[token];

	return found->end - found->start == length &&
		   pg_strncasecmp(tokens->sql + found->start, word, length) == 0;
}

/* Are the tokens from there on those of a COPY FROM STDIN? */
static bool
is_copy_from_stdin(const Tokens *tokens, int first)
{
	if (first >= tokens->count || !is_word(tokens, first, "copy"))
		return false;
	for (int i = first + 1; i < tokens->count - 1; i++)
		if (is_word(tokens, i, "from") && is_word(tokens, i + 1, "stdin"))
			return true;

	return false;
}

/* Is there a line with nothing but the end of COPY's rows? */
static bool
has_end_of_copy(const char *rest)
{
	for (const char *p = strstr(rest, "\\."); p != NULL;
		 p = strstr(p + 1, "\\."))
		if (p > rest && (p[-1] == '\n' || p[-1] == '\r') &&
			(p[2] == '\0' || p[2] == '\n' || p[2] == '\r'))
			return true;

	return false;
}

static void
refuse_copy(const char *sql, int offset)
{
	ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("rows after COPY FROM STDIN are not supported"),
			errdetail("They are no SQL: only a client can send them."),
			errhint("Use INSERT, as pg_dump --inserts does, or run this part "
					"with psql."),
			errposition(pg_mbstrlen_with_len(sql, offset) + 1));
}

static void
refuse_psql_command(const char *sql, int offset)
{
	const char *start = sql + offset;
	int length = 1 + (int) strspn(start + 1, "abcdefghijklmnopqrstuvwxyz"
											 "ABCDEFGHIJKLMNOPQRSTUVWXYZ_+");
	const char *name;

	/* \! and \? are commands, too */
	if (length == 1 && start[1] != '\0')
		length += pg_mblen(start + 1);
	name = pnstrdup(start, Min(length, 40));
	ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("psql command \"%s\" is not supported", name),
			errdetail("It is no SQL: only psql understands it."),
			errhint("Write what it does as SQL, or leave it out."),
			errposition(pg_mbstrlen_with_len(sql, offset) + 1));
}

static SdSqlStatement *
make_statement(const char *sql, RawStmt *raw, const Token *first,
			   const Token *last, int end_before)
{
	SdSqlStatement *statement = palloc0(sizeof(SdSqlStatement));

	statement->text = pnstrdup(sql + first->start, last->end - first->start);
	statement->before = pnstrdup(sql + end_before, first->start - end_before);
	statement->offset = first->start;
	statement->tag = CreateCommandTag(raw->stmt);
	statement->raw = raw;

	return statement;
}

/* Lines end as the scanner ends comments; CR and LF together are one end. */
static int
count_lines(const char *start, const char *end)
{
	int lines = 0;

	for (const char *p = start; p < end; p++)
		if (*p == '\n' || (*p == '\r' && p[1] != '\n'))
			lines++;

	return lines;
}

/*
 * An error has a position in the text, which is not the statement that the
 * client sent: say it as line and column.
 */
static void
parse_error(void *arg)
{
	const char *sql = arg;
	const char *line = sql;
	const char *at = sql;
	int position = geterrposition();
	int length;

	if (position <= 0)
		return;

	for (int i = 1; i < position && *at != '\0'; i++)
	{
		if (*at == '\n' || *at == '\r')
			line = at + 1;
		at += pg_mblen(at);
	}
	errposition(0);
	length = (int) strcspn(line, "\r\n");
	errcontext(
		"line %d, column %d of the SQL text: %s", 1 + count_lines(sql, line),
		1 + pg_mbstrlen_with_len(line, at - line),
		pnstrdup(line, pg_mbcliplen(line, length, Min(length, MAX_EXCERPT))));
}
