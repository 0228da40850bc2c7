/*-------------------------------------------------------------------------
 *
 * sequences.c
 *	  stormdisc_sequences: sequences, with the columns that own them.
 *
 * All but the last value is read from the catalogs.  That one stands in the
 * sequence itself, so it is of now, not of the snapshot, it needs a
 * privilege, and the sequence is locked for the moment of reading, if that
 * can be had without waiting.  The server's pg_sequence_last_value() would
 * keep that lock until the end of the transaction.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_sequence.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "discovery/discovery.h"
#include "discovery/usage.h"

PG_FUNCTION_INFO_V1(stormdisc_sequences);

typedef struct Sequence
{
	Oid oid; /* hash key */
	SdRelation *relation;
	bool has_parameters;
	Oid type;
	int64 start;
	int64 increment;
	int64 max;
	int64 min;
	int64 cache;
	bool cycle;
} Sequence;

static void emit_sequences(SdDiscovery *disc);
static void keep_parameters(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
							void *arg);
static void read_owners(SdCatalog *cat, HTAB *sequences);
static void keep_owner(SdCatalog *cat, HeapTuple tuple, TupleDesc desc,
					   void *arg);
static void add_sequence(SdDiscovery *disc, void *object);
static void add_owner(SdDiscovery *disc, SdRelation *sequence);
static bool read_page(Relation rel, int64 *last_value);

const SdKind sd_kind_sequences = {
	.name = "sequences",
	.relkinds = "S",
	.not_served = "\"%s\" is not a sequence",
	.parts = SD_READ_COMMENTS,
	.identity = "schema_name,sequence_name",
	.left_out = "last_value,problem",
	.defaults = "data_type=bigint,start_value=1,min_value=1,"
				"max_value=9223372036854775807,increment=1,cache_size=1,"
				"persistence=permanent",
	.emit = emit_sequences,
};

/*
 * stormdisc_sequences(relation, schemas, include, exclude) -> setof row
 *		Report the sequences in scope, by schema and name.
 */
Datum
stormdisc_sequences(PG_FUNCTION_ARGS)
{
	return sd_discovery_run(fcinfo, &sd_kind_sequences);
}

static void
emit_sequences(SdDiscovery *disc)
{
	SdCatalog *cat = disc->catalog;
	HTAB *sequences = sd_hash_create(cat, "stormdisc sequences", sizeof(Oid),
									 sizeof(Sequence));
	SdRelation *rel;
	int position = 0;
	Oid *oids;
	int noids = 0;

	oids = palloc(sizeof(Oid) * (cat->nrelations + 1));
	while ((rel = sd_discovery_next(disc, &position)) != NULL)
	{
		Sequence *sequence =
			hash_search(sequences, &rel->oid, HASH_ENTER, NULL);

		memset((char *) sequence + sizeof(Oid), 0,
			   sizeof(Sequence) - sizeof(Oid));
		sequence->relation = rel;
		oids[noids++] = rel->oid;
	}
	sd_scan_oids(cat, SequenceRelationId, SequenceRelidIndexId,
				 Anum_pg_sequence_seqrelid, noids, oids, keep_parameters,
				 sequences);
	pfree(oids);
	if (!cat->sequence_owners_read)
		read_owners(cat, sequences);

	position = 0;
	while ((rel = sd_discovery_next(disc, &position)) != NULL)
		sd_discovery_add(disc, add_sequence,
						 hash_search(sequences, &rel->oid, HASH_FIND, NULL));
}

static void
keep_parameters(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	Form_pg_sequence form = (Form_pg_sequence) GETSTRUCT(tuple);
	Sequence *sequence = hash_search(arg, &form->seqrelid, HASH_FIND, NULL);

	if (sequence == NULL)
		return;
	sequence->has_parameters = true;
	sequence->type = form->seqtypid;
	sequence->start = form->seqstart;
	sequence->increment = form->seqincrement;
	sequence->max = form->seqmax;
	sequence->min = form->seqmin;
	sequence->cache = form->seqcache;
	sequence->cycle = form->seqcycle;
}

/* Find the columns that own the sequences: those depend on them. */
static void
read_owners(SdCatalog *cat, HTAB *sequences)
{
	HASH_SEQ_STATUS status;
	Sequence *sequence;

	if (!sd_scan_prefers_index(DependRelationId,
							   hash_get_num_entries(sequences)))
	{
		sd_scan_all(cat, DependRelationId, keep_owner, NULL);
		return;
	}

	hash_seq_init(&status, sequences);
	while ((sequence = hash_seq_search(&status)) != NULL)
	{
		SdKey keys[] = {
			{Anum_pg_depend_classid, ObjectIdGetDatum(RelationRelationId),
			 F_OIDEQ},
			{Anum_pg_depend_objid, ObjectIdGetDatum(sequence->oid), F_OIDEQ},
		};

		sd_scan_index(cat, DependRelationId, DependDependerIndexId,
					  lengthof(keys), keys, keep_owner, NULL);
	}
}

static void
keep_owner(SdCatalog *cat, HeapTuple tuple, TupleDesc desc, void *arg)
{
	(void) sd_sequence_keep_owner(cat, tuple);
}

static void
add_sequence(SdDiscovery *disc, void *object)
{
	SdCatalog *cat = disc->catalog;
	Sequence *sequence = object;
	SdRelation *rel = sequence->relation;
	SdProblem problem = SD_PROBLEM_NONE;
	int64 last_value;

	sd_row_name(disc, &rel->schema->name);
	sd_row_name(disc, &rel->name);
	if (sequence->has_parameters)
	{
		sd_row_text(disc, sd_catalog_format_type(cat, sequence->type, -1));
		sd_row_int64(disc, sequence->start);
		sd_row_int64(disc, sequence->min);
		sd_row_int64(disc, sequence->max);
		sd_row_int64(disc, sequence->increment);
		sd_row_int64(disc, sequence->cache);
		sd_row_bool(disc, sequence->cycle);
	}
	else
	{
		/* a damaged catalog */
		sd_row_nulls(disc, 7);
	}
	if (!disc->is_document &&
		sd_sequence_last_value(rel, &last_value, &problem))
		sd_row_int64(disc, last_value);
	else
		sd_row_null(disc);
	add_owner(disc, rel);
	sd_row_text(disc, sd_persistence(rel->persistence));
	sd_row_owner(disc, rel->owner);
	sd_row_text(disc, sd_catalog_comment(cat, RelationRelationId, rel->oid, 0));
	sd_row_end(disc, problem);
}

/* owner_schema, owner_table, owner_column, is_identity */
static void
add_owner(SdDiscovery *disc, SdRelation *sequence)
{
	SdRelation *table =
		sd_catalog_relation(disc->catalog, sequence->owner_table);

	if (table != NULL)
	{
		sd_relation_read_columns(disc->catalog, table);
		sd_row_name(disc, &table->schema->name);
		sd_row_name(disc, &table->name);
		sd_row_text(disc,
					sd_relation_column_name(table, sequence->owner_column));
	}
	else
	{
		sd_row_nulls(disc, 3);
	}
	sd_row_bool(disc, sequence->is_identity);
}

/*
 * sd_sequence_last_value
 *		Read the value that a sequence gave last, as pg_sequences has it;
 *		false if it never gave one, or with a problem.
 *
 * The lock keeps those out who give the sequence another file.  It is the one
 * that nextval() takes, so nobody but them and DDL notices it.
 */
bool
sd_sequence_last_value(SdRelation *rel, int64 *last_value, SdProblem *problem)
{
	Relation sequence;
	bool is_missing = false;
	bool result = false;

	/* a standby has no data of what is not logged */
	if (rel->persistence == RELPERSISTENCE_UNLOGGED && RecoveryInProgress())
		return false;

	if (pg_class_aclcheck_ext(rel->oid, GetUserId(), ACL_SELECT | ACL_USAGE,
							  &is_missing) != ACLCHECK_OK)
	{
		*problem = is_missing ? SD_PROBLEM_VANISHED : SD_PROBLEM_DENIED;
		return false;
	}
	if (!ConditionalLockRelationOid(rel->oid, RowExclusiveLock))
	{
		*problem = SD_PROBLEM_LOCKED;
		return false;
	}

	sequence = try_relation_open(rel->oid, NoLock);
	if (sequence == NULL)
		*problem = SD_PROBLEM_VANISHED;
	else
	{
		if (sequence->rd_rel->relkind == RELKIND_SEQUENCE)
			result = read_page(sequence, last_value);
		relation_close(sequence, NoLock);
	}
	UnlockRelationOid(rel->oid, RowExclusiveLock);

	return result;
}

/* Read the only row of an open sequence; false if it was never called. */
static bool
read_page(Relation rel, int64 *last_value)
{
	Buffer buffer = ReadBuffer(rel, 0);
	Page page;
	ItemId item;
	Form_pg_sequence_data data;
	bool is_called;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buffer);
	item = PageGetItemId(page, FirstOffsetNumber);
	if (!ItemIdIsNormal(item))
		elog(ERROR, "sequence \"%s\" has no row", RelationGetRelationName(rel));
	data = (Form_pg_sequence_data) ((char *) PageGetItem(page, item) +
									((HeapTupleHeader) PageGetItem(page, item))
										->t_hoff);
	*last_value = data->last_value;
	is_called = data->is_called;
	UnlockReleaseBuffer(buffer);

	return is_called;
}
