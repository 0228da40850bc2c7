/*-------------------------------------------------------------------------
 *
 * vclock.c
 *	  Vector clocks: the type stormdisc.vclock.
 *
 * A clock counts, for each of its components, the events that are known of it;
 * a component that it does not name counts 0.  It is written as JSON, as an
 * object, {"c": 1}, or as pairs, [["c", 1]], and is given back the same way.
 * The two mean the same.
 *
 * A value is a byte that says which of the two it was, and then the
 * components, sorted by the bytes of their names: the length of the name, the
 * name, the count.  Numbers have 7 bits in each byte, the lowest first, and
 * the eighth bit in all but the last.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/numeric.h"

#include "compat.h"
#include "trace/vclock.h"

PG_FUNCTION_INFO_V1(stormdisc_vclock_in);
PG_FUNCTION_INFO_V1(stormdisc_vclock_out);
PG_FUNCTION_INFO_V1(stormdisc_vclock_recv);
PG_FUNCTION_INFO_V1(stormdisc_vclock_send);
PG_FUNCTION_INFO_V1(stormdisc_vclock_from_jsonb);
PG_FUNCTION_INFO_V1(stormdisc_vclock_to_jsonb);
PG_FUNCTION_INFO_V1(stormdisc_vclock_compare);
PG_FUNCTION_INFO_V1(stormdisc_vclock_eq);
PG_FUNCTION_INFO_V1(stormdisc_vclock_ne);
PG_FUNCTION_INFO_V1(stormdisc_vclock_hash);

/* the first byte */
#define SHAPE_OBJECT 0
#define SHAPE_PAIRS 1

/* a number takes no more */
#define MAX_NUMBER_LENGTH 10

/* of the binary format of vclock_send() */
#define BINARY_VERSION 1

typedef struct Component
{
	const char *name;
	int length;
	uint64 value;
} Component;

static const char *read_component(JsonbIterator **it, JsonbIteratorToken token,
								  JsonbValue *value, Component *component);
static const char *read_count(const JsonbValue *value, Component *component);
static SdVclock *make_clock(Component *components, int n, int shape,
							const char **problem);
static int compare_names(const char *a, int a_length, const char *b,
						 int b_length);
static int compare_components(const void *a, const void *b);
static unsigned char *put_number(unsigned char *out, uint64 number);
static uint64 get_number(SdVclockReader *reader);
static int shape_of(const SdVclock *clock);
static SdVclock *clock_or_error(Jsonb *json);
static void raise_malformed(const char *problem);

/*
 * sd_vclock_read
 *		Begin to walk through the components.
 */
void
sd_vclock_read(SdVclockReader *reader, const SdVclock *clock)
{
	reader->next = (const unsigned char *) VARDATA_ANY(clock) + 1;
	reader->end = reader->next + VARSIZE_ANY_EXHDR(clock) - 1;
}

/*
 * sd_vclock_next
 *		The next component, in the order of the bytes of their names; false if
 *		there is none.
 */
bool
sd_vclock_next(SdVclockReader *reader)
{
	if (reader->next >= reader->end)
		return false;
	reader->name_length = get_number(reader);
	reader->name = (const char *) reader->next;
	reader->next += reader->name_length;
	reader->value = get_number(reader);

	return true;
}

/*
 * sd_vclock_compare
 *		How a stands to b, componentwise.
 *
 * An empty clock is like none: ask sd_vclock_is_empty() first.  Here it is
 * one that is 0 everywhere.
 */
SdClockOrder
sd_vclock_compare(const SdVclock *a, const SdVclock *b)
{
	bool is_less = false;	 /* a is, somewhere */
	bool is_greater = false; /* a is, somewhere */
	SdVclockReader x;
	SdVclockReader y;
	bool has_x;
	bool has_y;

	sd_vclock_read(&x, a);
	sd_vclock_read(&y, b);
	has_x = sd_vclock_next(&x);
	has_y = sd_vclock_next(&y);
	while ((has_x || has_y) && !(is_less && is_greater))
	{
		int order;

		if (!has_x)
			order = 1;
		else if (!has_y)
			order = -1;
		else
			order = compare_names(x.name, x.name_length, y.name, y.name_length);

		if (order == 0)
		{
			is_less = is_less || x.value < y.value;
			is_greater = is_greater || x.value > y.value;
		}
		else if (order < 0)
			is_greater = is_greater || x.value > 0;
		else
			is_less = is_less || y.value > 0;

		if (order <= 0)
			has_x = sd_vclock_next(&x);
		if (order >= 0)
			has_y = sd_vclock_next(&y);
	}

	if (is_less && is_greater)
		return SD_CONCURRENT;
	if (is_less)
		return SD_BEFORE;

	return is_greater ? SD_AFTER : SD_EQUAL;
}

/*
 * sd_vclock_is_empty
 *		Does it say nothing, because it has no component that is not 0?
 */
bool
sd_vclock_is_empty(const SdVclock *clock)
{
	SdVclockReader reader;

	sd_vclock_read(&reader, clock);
	while (sd_vclock_next(&reader))
		if (reader.value > 0)
			return false;

	return true;
}

/*
 * sd_vclock_from_jsonb
 *		The clock that a JSON object or array of pairs says.
 *
 * Returns NULL, with a sentence about the problem, if it says none.
 */
SdVclock *
sd_vclock_from_jsonb(JsonbContainer *container, const char **problem)
{
	bool is_object = JsonContainerIsObject(container);
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	Component *components;
	JsonbValue value;
	int n = 0;

	if (!is_object &&
		(!JsonContainerIsArray(container) || JsonContainerIsScalar(container)))
	{
		*problem = "A vector clock is a JSON object or an array of pairs.";
		return NULL;
	}

	components =
		palloc(Max(JsonContainerSize(container), 1) * sizeof(Component));
	(void) JsonbIteratorNext(&it, &value, false);
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_KEY ||
		   token == WJB_ELEM)
	{
		*problem = read_component(&it, token, &value, &components[n++]);
		if (*problem != NULL)
			return NULL;
	}

	return make_clock(components, n, is_object ? SHAPE_OBJECT : SHAPE_PAIRS,
					  problem);
}

/* A key of an object and its value, or a pair. */
static const char *
read_component(JsonbIterator **it, JsonbIteratorToken token, JsonbValue *value,
			   Component *component)
{
	JsonbIterator *pair;

	if (token == WJB_ELEM)
	{
		if (value->type != jbvBinary ||
			!JsonContainerIsArray(value->val.binary.data) ||
			JsonContainerSize(value->val.binary.data) != 2)
			return "Each element of a vector clock must be a pair of a name and a count.";
		pair = JsonbIteratorInit(value->val.binary.data);
		it = &pair;
		(void) JsonbIteratorNext(it, value, true);
		(void) JsonbIteratorNext(it, value, true);
		if (value->type != jbvString)
			return "Each component of a vector clock must have a name.";
	}
	component->name = value->val.string.val;
	component->length = value->val.string.len;
	(void) JsonbIteratorNext(it, value, true);

	return read_count(value, component);
}

/* A whole number from 0 to 2^64 - 1. */
static const char *
read_count(const JsonbValue *value, Component *component)
{
	char *text;

	if (value->type == jbvNumeric)
	{
		text = numeric_normalize(value->val.numeric);
		if (strspn(text, "0123456789") == strlen(text))
		{
			errno = 0;
			component->value = strtou64(text, NULL, 10);
			if (errno == 0)
				return NULL;
		}
	}

	return psprintf(
		"The count of component \"%s\" of a vector clock must be a whole number from 0 to 18446744073709551615.",
		pnstrdup(component->name, component->length));
}

/* Sort the components, and put them together. */
static SdVclock *
make_clock(Component *components, int n, int shape, const char **problem)
{
	Size size = VARHDRSZ + 1;
	unsigned char *out;
	SdVclock *clock;

	if (n > 1)
		qsort(components, n, sizeof(Component), compare_components);
	for (int i = 0; i < n; i++)
	{
		if (i > 0 &&
			compare_components(&components[i - 1], &components[i]) == 0)
		{
			*problem = psprintf(
				"Component \"%s\" of a vector clock is there more than once.",
				pnstrdup(components[i].name, components[i].length));
			return NULL;
		}
		size += components[i].length + 2 * MAX_NUMBER_LENGTH;
	}

	clock = palloc(size);
	out = (unsigned char *) VARDATA(clock);
	*out++ = shape;
	for (int i = 0; i < n; i++)
	{
		out = put_number(out, components[i].length);
		memcpy(out, components[i].name, components[i].length);
		out += components[i].length;
		out = put_number(out, components[i].value);
	}
	SET_VARSIZE(clock, out - (unsigned char *) clock);

	return clock;
}

static int
compare_names(const char *a, int a_length, const char *b, int b_length)
{
	int order = memcmp(a, b, Min(a_length, b_length));

	return order != 0 ? order : a_length - b_length;
}

static int
compare_components(const void *a, const void *b)
{
	const Component *x = a;
	const Component *y = b;

	return compare_names(x->name, x->length, y->name, y->length);
}

static unsigned char *
put_number(unsigned char *out, uint64 number)
{
	while (number >= 0x80)
	{
		*out++ = (unsigned char) (number | 0x80);
		number >>= 7;
	}
	*out++ = (unsigned char) number;

	return out;
}

static uint64
get_number(SdVclockReader *reader)
{
	uint64 number = 0;
	int shift = 0;
	unsigned char byte;

	do
	{
		byte = *reader->next++;
		number |= (uint64) (byte & 0x7f) << shift;
		shift += 7;
	}
	while (byte & 0x80);

	return number;
}

static int
shape_of(const SdVclock *clock)
{
	return *VARDATA_ANY(clock);
}

/*
 * sd_vclock_to_jsonb
 *		The JSON that it was made of, with the components in their order.
 */
Jsonb *
sd_vclock_to_jsonb(const SdVclock *clock)
{
	return DatumGetJsonbP(DirectFunctionCall1(
		jsonb_in,
		DirectFunctionCall1(stormdisc_vclock_out, PointerGetDatum(clock))));
}

Datum
stormdisc_vclock_in(PG_FUNCTION_ARGS)
{
	Jsonb *json = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, PointerGetDatum(PG_GETARG_CSTRING(0))));

	PG_RETURN_POINTER(clock_or_error(json));
}

Datum
stormdisc_vclock_out(PG_FUNCTION_ARGS)
{
	SdVclock *clock = DatumGetVclock(PG_GETARG_DATUM(0));
	bool is_object = shape_of(clock) == SHAPE_OBJECT;
	SdVclockReader reader;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, is_object ? '{' : '[');
	sd_vclock_read(&reader, clock);
	while (sd_vclock_next(&reader))
	{
		if (out.len > 1)
			appendStringInfoString(&out, ", ");
		if (!is_object)
			appendStringInfoChar(&out, '[');
		escape_json(&out, pnstrdup(reader.name, reader.name_length));
		appendStringInfoString(&out, is_object ? ": " : ", ");
		appendStringInfo(&out, UINT64_FORMAT, reader.value);
		if (!is_object)
			appendStringInfoChar(&out, ']');
	}
	appendStringInfoChar(&out, is_object ? '}' : ']');

	PG_RETURN_CSTRING(out.data);
}

Datum
stormdisc_vclock_recv(PG_FUNCTION_ARGS)
{
	StringInfo in = (StringInfo) PG_GETARG_POINTER(0);
	int version = pq_getmsgbyte(in);
	int shape = pq_getmsgbyte(in);
	int n = pq_getmsgint(in, 4);
	const char *problem = NULL;
	Component *components;
	SdVclock *clock;

	if (version != BINARY_VERSION ||
		(shape != SHAPE_OBJECT && shape != SHAPE_PAIRS))
		ereport(ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				errmsg("unsupported binary format of a vector clock"));
	/* a component takes no less */
	if (n < 0 || n > (in->len - in->cursor) / 12)
		ereport(
			ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			errmsg("invalid number of components of a vector clock: %d", n));

	components = palloc(Max(n, 1) * sizeof(Component));
	for (int i = 0; i < n; i++)
	{
		int length = pq_getmsgint(in, 4);

		components[i].value = pq_getmsgint64(in);
		components[i].name = pq_getmsgtext(in, length, &components[i].length);
	}

	clock = make_clock(components, n, shape, &problem);
	if (clock == NULL)
		raise_malformed(problem);

	PG_RETURN_POINTER(clock);
}

Datum
stormdisc_vclock_send(PG_FUNCTION_ARGS)
{
	SdVclock *clock = DatumGetVclock(PG_GETARG_DATUM(0));
	SdVclockReader reader;
	StringInfoData out;
	int n = 0;

	sd_vclock_read(&reader, clock);
	while (sd_vclock_next(&reader))
		n++;

	pq_begintypsend(&out);
	pq_sendbyte(&out, BINARY_VERSION);
	pq_sendbyte(&out, shape_of(clock));
	pq_sendint32(&out, n);
	sd_vclock_read(&reader, clock);
	while (sd_vclock_next(&reader))
	{
		char *name = pg_server_to_client(
			pnstrdup(reader.name, reader.name_length), reader.name_length);
		int length = strlen(name);

		pq_sendint32(&out, length);
		pq_sendint64(&out, reader.value);
		pq_sendbytes(&out, name, length);
	}

	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

Datum
stormdisc_vclock_from_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(clock_or_error(PG_GETARG_JSONB_P(0)));
}

Datum
stormdisc_vclock_to_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_JSONB_P(sd_vclock_to_jsonb(DatumGetVclock(PG_GETARG_DATUM(0))));
}

/*
 * stormdisc_vclock_compare(vclock, vclock) -> text
 *		before, after, equal or concurrent; NULL if one of them is empty.
 */
Datum
stormdisc_vclock_compare(PG_FUNCTION_ARGS)
{
	static const char *const words[] = {[SD_EQUAL] = "equal",
										[SD_BEFORE] = "before",
										[SD_AFTER] = "after",
										[SD_CONCURRENT] = "concurrent"};
	SdVclock *a = DatumGetVclock(PG_GETARG_DATUM(0));
	SdVclock *b = DatumGetVclock(PG_GETARG_DATUM(1));

	if (sd_vclock_is_empty(a) || sd_vclock_is_empty(b))
		PG_RETURN_NULL();

	PG_RETURN_TEXT_P(cstring_to_text(words[sd_vclock_compare(a, b)]));
}

/* Components that are 0 make no difference, nor does the way it is written. */
Datum
stormdisc_vclock_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sd_vclock_compare(DatumGetVclock(PG_GETARG_DATUM(0)),
									 DatumGetVclock(PG_GETARG_DATUM(1))) ==
				   SD_EQUAL);
}

Datum
stormdisc_vclock_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sd_vclock_compare(DatumGetVclock(PG_GETARG_DATUM(0)),
									 DatumGetVclock(PG_GETARG_DATUM(1))) !=
				   SD_EQUAL);
}

Datum
stormdisc_vclock_hash(PG_FUNCTION_ARGS)
{
	SdVclock *clock = DatumGetVclock(PG_GETARG_DATUM(0));
	SdVclockReader reader;
	uint32 hash = 0;

	sd_vclock_read(&reader, clock);
	while (sd_vclock_next(&reader))
		if (reader.value > 0)
		{
			hash = hash_combine(hash,
								hash_bytes((const unsigned char *) reader.name,
										   reader.name_length));
			hash = hash_combine(hash, (uint32) (reader.value >> 32));
			hash = hash_combine(hash, hash_bytes_uint32((uint32) reader.value));
		}

	PG_RETURN_UINT32(hash);
}

static SdVclock *
clock_or_error(Jsonb *json)
{
	const char *problem = NULL;
	SdVclock *clock = sd_vclock_from_jsonb(&json->root, &problem);

	if (clock == NULL)
		raise_malformed(problem);

	return clock;
}

static void
raise_malformed(const char *problem)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid vector clock"), errdetail_internal("%s", problem));
}
