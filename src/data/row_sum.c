/*-------------------------------------------------------------------------
 *
 * row_sum.c
 *	  stormdisc.row_sum: an aggregate that adds up the hashes of rows.
 *	  stormdisc.row_digest: the SHA-256 of one row.
 *
 * They are what the queries of checksum.c are made of, and not for users.
 *
 * A row comes as the values of its columns.  A table may have more columns than
 * a function may have arguments; then they come in groups, as anonymous rows,
 * whose fields count as if they were arguments.
 *
 * The hashes have 128 bits.  They are added up as numbers, in 192 bits, which
 * no number of rows makes overflow: a row that is there twice counts twice,
 * and the order does not matter.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

#include "data/row_hash.h"

PG_FUNCTION_INFO_V1(stormdisc_row_sum_add);
PG_FUNCTION_INFO_V1(stormdisc_row_sum_combine);
PG_FUNCTION_INFO_V1(stormdisc_row_sum_serialize);
PG_FUNCTION_INFO_V1(stormdisc_row_sum_deserialize);
PG_FUNCTION_INFO_V1(stormdisc_row_sum_result);
PG_FUNCTION_INFO_V1(stormdisc_row_digest);

/* the aggregate's state */
typedef struct RowSum
{
	uint64 count;
	uint64 low;
	uint64 high;
	uint64 carry;
} RowSum;

/* an argument that is a row itself */
typedef struct Group
{
	Oid type;
	int32 typmod;
	TupleDesc desc; /* NULL: the argument is a column */
	Datum *values;
	bool *nulls;
} Group;

/* what one call in a query knows of its arguments: fn_extra */
typedef struct Arguments
{
	SdRowWriter *writer;
	Group *groups; /* by argument; NULL: all are columns */
} Arguments;

static Arguments *arguments_of(FunctionCallInfo fcinfo, int first,
							   bool keep_sha256);
static Arguments *set_up_arguments(FunctionCallInfo fcinfo, int first);
static void set_up_group(Group *group, Datum row);
static void write_row(FunctionCallInfo fcinfo, int first, Arguments *arguments);
static int write_group(Arguments *arguments, Group *group, int field,
					   Datum row);
static void add_to_sum(RowSum *sum, const RowSum *other);
static MemoryContext aggregate_context(FunctionCallInfo fcinfo);
static bytea *sum_as_bytea(const RowSum *sum);

/*
 * stormdisc.row_sum_add(internal, variadic "any") -> internal
 *		Add a row.
 */
Datum
stormdisc_row_sum_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Arguments *arguments = arguments_of(fcinfo, 1, false);
	SdHash128 hash;
	RowSum row;
	RowSum *sum;

	sd_row_writer_begin_hash128(arguments->writer);
	write_row(fcinfo, 1, arguments);
	hash = sd_row_writer_end_hash128(arguments->writer);

	if (PG_ARGISNULL(0))
		sum = MemoryContextAllocZero(context, sizeof(RowSum));
	else
		sum = (RowSum *) PG_GETARG_POINTER(0);
	row.count = 1;
	row.low = hash.low;
	row.high = hash.high;
	row.carry = 0;
	add_to_sum(sum, &row);

	PG_RETURN_POINTER(sum);
}

/*
 * stormdisc.row_sum_combine(internal, internal) -> internal
 *		Add what another process has added up.
 */
Datum
stormdisc_row_sum_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	RowSum *sum = PG_ARGISNULL(0) ? NULL : (RowSum *) PG_GETARG_POINTER(0);
	RowSum *other = PG_ARGISNULL(1) ? NULL : (RowSum *) PG_GETARG_POINTER(1);

	if (sum == NULL)
		sum = MemoryContextAllocZero(context, sizeof(RowSum));
	if (other != NULL)
		add_to_sum(sum, other);

	PG_RETURN_POINTER(sum);
}

/*
 * stormdisc.row_sum_serialize(internal) -> bytea
 */
Datum
stormdisc_row_sum_serialize(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);

	PG_RETURN_BYTEA_P(sum_as_bytea((RowSum *) PG_GETARG_POINTER(0)));
}

/*
 * stormdisc.row_sum_deserialize(bytea, internal) -> internal
 */
Datum
stormdisc_row_sum_deserialize(PG_FUNCTION_ARGS)
{
	bytea *bytes;
	RowSum *sum;
	StringInfoData buf;

	(void) aggregate_context(fcinfo);
	bytes = PG_GETARG_BYTEA_PP(0);
	sum = palloc(sizeof(RowSum));
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	sum->count = pq_getmsgint64(&buf);
	sum->carry = pq_getmsgint64(&buf);
	sum->high = pq_getmsgint64(&buf);
	sum->low = pq_getmsgint64(&buf);
	pq_getmsgend(&buf);

	PG_RETURN_POINTER(sum);
}

/*
 * stormdisc.row_sum_result(internal) -> bytea
 *		The number of rows, 8 bytes, and the sum, 24 bytes.
 */
Datum
stormdisc_row_sum_result(PG_FUNCTION_ARGS)
{
	static const RowSum no_rows = {0};

	(void) aggregate_context(fcinfo);

	PG_RETURN_BYTEA_P(sum_as_bytea(
		PG_ARGISNULL(0) ? &no_rows : (RowSum *) PG_GETARG_POINTER(0)));
}

/*
 * stormdisc.row_digest(variadic "any") -> bytea
 *		The SHA-256 of a row.
 */
Datum
stormdisc_row_digest(PG_FUNCTION_ARGS)
{
	Arguments *arguments = arguments_of(fcinfo, 0, true);
	bytea *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	sd_row_writer_begin_sha256(arguments->writer);
	write_row(fcinfo, 0, arguments);
	sd_row_writer_end_sha256(arguments->writer, (uint8 *) VARDATA(result));
	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	PG_RETURN_BYTEA_P(result);
}

/* What is known of the arguments, from number first on. */
static Arguments *
arguments_of(FunctionCallInfo fcinfo, int first, bool keep_sha256)
{
	MemoryContext oldcontext;
	Arguments *arguments = fcinfo->flinfo->fn_extra;

	if (likely(arguments != NULL))
		return arguments;

	oldcontext = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	arguments = set_up_arguments(fcinfo, first);
	if (keep_sha256)
		sd_row_writer_keep_sha256(arguments->writer);
	MemoryContextSwitchTo(oldcontext);
	fcinfo->flinfo->fn_extra = arguments;

	return arguments;
}

static Arguments *
set_up_arguments(FunctionCallInfo fcinfo, int first)
{
	Arguments *arguments = palloc0(sizeof(Arguments));
	int nargs = PG_NARGS() - first;
	int nfields = 0;
	Oid *types = palloc(sizeof(Oid) * nargs);

	for (int i = 0; i < nargs; i++)
	{
		Oid type = get_fn_expr_argtype(fcinfo->flinfo, first + i);

		if (!OidIsValid(type))
			ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("could not determine the type of argument %d",
						   first + i + 1));
		if (type == RECORDOID)
		{
			Group *group;

			if (PG_ARGISNULL(first + i))
				ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("row must not be null"));
			if (arguments->groups == NULL)
				arguments->groups = palloc0(sizeof(Group) * nargs);
			group = &arguments->groups[i];
			set_up_group(group, PG_GETARG_DATUM(first + i));
			types = repalloc(types, sizeof(Oid) *
										(nfields + group->desc->natts + nargs));
			for (int j = 0; j < group->desc->natts; j++)
				types[nfields++] = TupleDescAttr(group->desc, j)->atttypid;
		}
		else
			types[nfields++] = type;
	}
	arguments->writer = sd_row_writer_create(SD_ROW_LENGTHS, nfields, types);
	pfree(types);

	return arguments;
}

static void
set_up_group(Group *group, Datum row)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(row);

	group->type = HeapTupleHeaderGetTypeId(header);
	group->typmod = HeapTupleHeaderGetTypMod(header);
	group->desc = lookup_rowtype_tupdesc_copy(group->type, group->typmod);
	group->values = palloc(sizeof(Datum) * group->desc->natts);
	group->nulls = palloc(sizeof(bool) * group->desc->natts);
}

static void
write_row(FunctionCallInfo fcinfo, int first, Arguments *arguments)
{
	int nargs = PG_NARGS();
	int field = 0;

	for (int i = first; i < nargs; i++)
	{
		if (unlikely(arguments->groups != NULL) &&
			arguments->groups[i - first].desc != NULL)
		{
			if (PG_ARGISNULL(i))
				ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("row must not be null"));
			field = write_group(arguments, &arguments->groups[i - first], field,
								PG_GETARG_DATUM(i));
		}
		else
			sd_row_writer_field(arguments->writer, field++, PG_GETARG_DATUM(i),
								PG_ARGISNULL(i));
	}
}

/* Write the fields of an argument that is a row; the number of the next. */
static int
write_group(Arguments *arguments, Group *group, int field, Datum row)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(row);
	HeapTupleData tuple;

	if (HeapTupleHeaderGetTypeId(header) != group->type ||
		HeapTupleHeaderGetTypMod(header) != group->typmod)
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("rows must be of one type"));

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	heap_deform_tuple(&tuple, group->desc, group->values, group->nulls);
	for (int i = 0; i < group->desc->natts; i++)
		sd_row_writer_field(arguments->writer, field++, group->values[i],
							group->nulls[i]);

	return field;
}

static void
add_to_sum(RowSum *sum, const RowSum *other)
{
	uint64 carry;

	sum->count += other->count;
	sum->low += other->low;
	carry = sum->low < other->low;
	sum->high += carry;
	carry = sum->high < carry;
	sum->high += other->high;
	carry += sum->high < other->high;
	sum->carry += carry + other->carry;
}

/* Nobody can call these functions but the aggregate. */
static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");

	return context;
}

/* most significant byte first */
static bytea *
sum_as_bytea(const RowSum *sum)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, sum->count);
	pq_sendint64(&buf, sum->carry);
	pq_sendint64(&buf, sum->high);
	pq_sendint64(&buf, sum->low);

	return pq_endtypsend(&buf);
}
