-- What traces tell: the order of their events, and what follows from it.

-- Races and order.

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_detect_races(
	trace uuid,
	mode text DEFAULT 'hb',
	include_atomic_reads bool DEFAULT false,
	max_pairs int DEFAULT 10000,
	verdicts text[] DEFAULT '{race}',
	OUT event1_id uuid,
	OUT event2_id uuid,
	OUT variable text,
	OUT verdict text,
	OUT thread1 text,
	OUT thread2 text,
	OUT access_type1 text,
	OUT access_type2 text,
	OUT severity text,
	OUT timestamp1 timestamptz,
	OUT timestamp2 timestamptz,
	OUT location1 text,
	OUT location2 text,
	OUT evidence text
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_detect_races'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION @extschema@.stormdisc_detect_races(uuid, text, bool, int, text[]) IS
	'which accesses of a trace to one variable race: conflicting ones that neither order nor locks keep apart';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_detect_races(uuid, text, bool, int, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_find_happens_before(
	event1 uuid,
	event2 uuid
)
RETURNS bool
AS 'MODULE_PATHNAME', 'stormdisc_find_happens_before'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_find_happens_before(uuid, uuid) IS
	'does the first event happen before the second?  NULL if nothing tells';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_find_happens_before(uuid, uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.stormdisc_find_happens_before_many(
	events1 uuid[],
	events2 uuid[],
	OUT pair int,
	OUT event1_id uuid,
	OUT event2_id uuid,
	OUT happens_before bool,
	OUT evidence text
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'stormdisc_find_happens_before_many'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION @extschema@.stormdisc_find_happens_before_many(uuid[], uuid[]) IS
	'the same for many pairs at once, each trace read once: a row for each pair, in their order';
REVOKE ALL ON FUNCTION @extschema@.stormdisc_find_happens_before_many(uuid[], uuid[]) FROM PUBLIC;
