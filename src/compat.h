/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  What differs between the supported versions of PostgreSQL, 15 to 19.
 *
 * This is the only place that looks at PG_VERSION_NUM.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_COMPAT_H
#define STORMDISC_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "stormdisc needs PostgreSQL 15 or newer"
#endif

/* VARDATA_ANY() and the like have a header of their own since 16 */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* pg_attribute.attstattarget: NULL means default since 17, -1 before */
#if PG_VERSION_NUM >= 170000
#define SD_NULLABLE_STATTARGET 1
#endif

/* does this session have a lock in just this mode? */
#if PG_VERSION_NUM >= 170000
#define SD_LOCK_HELD(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define SD_LOCK_HELD(tag, mode) LockHeldByMe(tag, mode)
#endif

/* pg_constraint.conenforced and conperiod */
#if PG_VERSION_NUM >= 180000
#define SD_CONSTRAINT_ENFORCED(con) ((con)->conenforced)
#define SD_CONSTRAINT_PERIOD(con) ((con)->conperiod)
#else
#define SD_CONSTRAINT_ENFORCED(con) true
#define SD_CONSTRAINT_PERIOD(con) false
#endif

/* pg_constraint.contype of a not-null constraint */
#ifndef CONSTRAINT_NOTNULL
#define CONSTRAINT_NOTNULL 'n'
#endif

/* pg_attribute.attgenerated of a virtual column */
#ifndef ATTRIBUTE_GENERATED_VIRTUAL
#define ATTRIBUTE_GENERATED_VIRTUAL 'v'
#endif

/* pg_statistic_ext.stxstattarget: NULL means default since 17, -1 before */
#if PG_VERSION_NUM >= 170000
#define SD_STATISTICS_TARGET(value) ((int) DatumGetInt16(value))
#else
#define SD_STATISTICS_TARGET(value) ((int) DatumGetInt32(value))
#endif

/* pg_collation: the locale has this name since 17, and rules came with 16 */
#if PG_VERSION_NUM < 170000
#define Anum_pg_collation_colllocale Anum_pg_collation_colliculocale
#endif
#if PG_VERSION_NUM >= 160000
#define SD_HAS_COLLATION_RULES 1
#endif

/* pg_collation.collprovider of a collation of the server's own */
#ifndef COLLPROVIDER_BUILTIN
#define COLLPROVIDER_BUILTIN 'b'
#endif

/* SQL/JSON query functions are expressions since 17 */
#if PG_VERSION_NUM >= 170000
#define SD_HAS_JSON_EXPR 1
#endif

/* and SQL/JSON constructors since 16 */
#if PG_VERSION_NUM >= 160000
#define SD_HAS_JSON_CONSTRUCTOR 1
#endif

/* SET of a list that is empty; before 19 the server's own text is no SQL */
#if PG_VERSION_NUM >= 190000
#define SD_EMPTY_LIST "NULL"
#else
#define SD_EMPTY_LIST "''"
#endif

/* one function checks the privileges on all objects since 16 */
#if PG_VERSION_NUM >= 160000
#define sd_foreign_server_aclcheck(server, role, mode)                         \
	object_aclcheck(ForeignServerRelationId, (server), (role), (mode))
#else
#define sd_foreign_server_aclcheck(server, role, mode)                         \
	pg_foreign_server_aclcheck((server), (role), (mode))
#endif

/* and who owns them */
#if PG_VERSION_NUM >= 160000
#define sd_relation_ownercheck(relation, role)                                 \
	object_ownercheck(RelationRelationId, (relation), (role))
#else
#define sd_relation_ownercheck(relation, role)                                 \
	pg_class_ownercheck((relation), (role))
#endif

/* since 16 the parser reports soft errors */
#if PG_VERSION_NUM >= 160000
#define sd_parse_type(string, typid, typmod)                                   \
	parseTypeString((string), (typid), (typmod), NULL)
#else
#define sd_parse_type(string, typid, typmod)                                   \
	parseTypeString((string), (typid), (typmod), false)
#endif

/* the privilege MAINTAIN exists since 17 */
#if PG_VERSION_NUM < 170000
#define ACL_MAINTAIN (1 << 14)
#endif

/* default privileges of large objects exist since 18 */
#if PG_VERSION_NUM < 180000
#define DEFACLOBJ_LARGEOBJECT 'L'
#endif

/* pg_publication.pubgencols: until 17 generated columns are not published */
#if PG_VERSION_NUM >= 180000
#define SD_PUBLICATION_GENERATED(pub) ((pub)->pubgencols)
#else
#define SD_PUBLICATION_GENERATED(pub) 'n'
#endif

/* pg_publication.puballsequences and pg_publication_rel.prexcept */
#if PG_VERSION_NUM >= 190000
#define SD_PUBLICATION_ALL_SEQUENCES(pub) ((pub)->puballsequences)
#define SD_PUBLICATION_EXCEPT(rel) ((rel)->prexcept)
#else
#define SD_PUBLICATION_ALL_SEQUENCES(pub) false
#define SD_PUBLICATION_EXCEPT(rel) false
#endif

/* pg_subscription grew: 16, 17, 19 */
#if PG_VERSION_NUM >= 160000
#define SD_SUBSCRIPTION_STREAM(sub) ((sub)->substream)
#define SD_HAS_SUBSCRIPTION_ORIGIN 1
#else
#define SD_SUBSCRIPTION_STREAM(sub) ((sub)->substream ? 't' : 'f')
#endif
#if PG_VERSION_NUM >= 170000
#define SD_HAS_SUBSCRIPTION_FAILOVER 1
#endif
#if PG_VERSION_NUM >= 190000
#define SD_HAS_SUBSCRIPTION_SERVER 1
#endif

/* pg_foreign_data_wrapper.fdwconnection */
#if PG_VERSION_NUM >= 190000
#define SD_WRAPPER_CONNECTION(fdw) ((fdw)->fdwconnection)
#else
#define SD_WRAPPER_CONNECTION(fdw) InvalidOid
#endif

/* what no catalog tells: what this server can do (see capabilities.c) */
#if PG_VERSION_NUM >= 180000
#define SD_VIRTUAL_COLUMNS ""
#define SD_TEMPORAL_CONSTRAINTS ""
#define SD_NOT_ENFORCED_CONSTRAINTS ""
#define SD_NAMED_NOT_NULL ""
#define SD_OLD_NEW_RETURNING ""
#else
#define SD_VIRTUAL_COLUMNS NULL
#define SD_TEMPORAL_CONSTRAINTS NULL
#define SD_NOT_ENFORCED_CONSTRAINTS NULL
#define SD_NAMED_NOT_NULL NULL
#define SD_OLD_NEW_RETURNING NULL
#endif
#if PG_VERSION_NUM >= 170000
#define SD_PARTITION_IDENTITY ""
#define SD_MERGE_RETURNING ""
#define SD_MAINTAIN_PRIVILEGE ""
#else
#define SD_PARTITION_IDENTITY NULL
#define SD_MERGE_RETURNING NULL
#define SD_MAINTAIN_PRIVILEGE NULL
#endif

/* shared memory that is made when it is needed, and names of wait events */
#if PG_VERSION_NUM >= 170000
#define SD_HAS_DSM_REGISTRY 1
#define SD_MY_PROC_NUMBER MyProcNumber
#define SD_WAIT_EVENT(name) WaitEventExtensionNew(name)
#else
#define SD_MY_PROC_NUMBER (MyProc->pgprocno)
#define SD_WAIT_EVENT(name) PG_WAIT_EXTENSION
#endif
#if PG_VERSION_NUM >= 190000
#define SD_DSM_INIT_ARG , void *arg
#define SD_GET_DSM_SEGMENT(name, size, init, found)                            \
	GetNamedDSMSegment((name), (size), (init), (found), NULL)
#define SD_NEW_TRANCHE(name) LWLockNewTrancheId(name)
#define SD_REGISTER_TRANCHE(id, name) ((void) 0)
#else
#define SD_DSM_INIT_ARG
#define SD_GET_DSM_SEGMENT(name, size, init, found)                            \
	GetNamedDSMSegment((name), (size), (init), (found))
#define SD_NEW_TRANCHE(name) LWLockNewTrancheId()
#define SD_REGISTER_TRANCHE(id, name) LWLockRegisterTranche((id), (name))
#endif

/* an index scan can be instrumented since 18, and has flags since 19 */
#if PG_VERSION_NUM >= 190000
#define sd_index_beginscan(heap, index, snapshot, nkeys, norderbys)            \
	index_beginscan((heap), (index), (snapshot), NULL, (nkeys), (norderbys), 0)
#elif PG_VERSION_NUM >= 180000
#define sd_index_beginscan(heap, index, snapshot, nkeys, norderbys)            \
	index_beginscan((heap), (index), (snapshot), NULL, (nkeys), (norderbys))
#else
#define sd_index_beginscan(heap, index, snapshot, nkeys, norderbys)            \
	index_beginscan((heap), (index), (snapshot), (nkeys), (norderbys))
#endif

/* removing a row has options since 19 */
#if PG_VERSION_NUM >= 190000
#define sd_table_tuple_delete(rel, tid, cid, snapshot, wait, failure)          \
	table_tuple_delete((rel), (tid), (cid), 0, (snapshot), InvalidSnapshot,    \
					   (wait), (failure))
#else
#define sd_table_tuple_delete(rel, tid, cid, snapshot, wait, failure)          \
	table_tuple_delete((rel), (tid), (cid), (snapshot), InvalidSnapshot,       \
					   (wait), (failure), false)
#endif

/* CLUSTER is one form of REPACK since 19 */
#if PG_VERSION_NUM >= 190000
#define SD_OUTSIDE_COMMAND(node)                                               \
	(!IsA((node), RepackStmt) ? NULL                                           \
	 : has_option(((RepackStmt *) (node))->params, "concurrently", false)      \
		 ? "REPACK CONCURRENTLY"                                               \
	 : ((RepackStmt *) (node))->relation == NULL ? "REPACK without a table"    \
												 : NULL)
#else
#define SD_OUTSIDE_COMMAND(node)                                               \
	(IsA((node), ClusterStmt) && ((ClusterStmt *) (node))->relation == NULL    \
		 ? "CLUSTER without a table"                                           \
		 : NULL)
#endif

/* since 19 a jsonb that is being built knows its result */
#if PG_VERSION_NUM >= 190000
#include "utils/jsonb.h"
#define SdJsonbBuild JsonbInState
#define sd_jsonb_push(build, token, value)                                     \
	pushJsonbValue((build), (token), (value))
#else
typedef struct SdJsonbBuild
{
	struct JsonbParseState *parseState;
	struct JsonbValue *result;
} SdJsonbBuild;
#define sd_jsonb_push(build, token, value)                                     \
	((build)->result = pushJsonbValue(&(build)->parseState, (token), (value)))
#endif

#endif /* STORMDISC_COMPAT_H */
