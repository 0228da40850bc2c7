-- Critical paths that can be worked out by hand: a segment is "number seconds",
-- idle time is "- seconds".  They add up to the time of the whole trace.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(24);
\ir ../model/trace_events.sql

CREATE FUNCTION pg_temp.path(mode text DEFAULT 'crisp') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce(pg_temp.n(event_id)::text, '-') || ' ' || (exclusive_ns / 1000000000.0)::float8, ', ' ORDER BY seq) FROM stormdisc_get_critical_path(pg_temp.trace(), mode)
$$;
CREATE FUNCTION pg_temp.slack() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(pg_temp.n(event_id) || ' ' || (slack_ns / 1000000000.0)::float8, ', ' ORDER BY seq) FROM stormdisc_get_critical_path(pg_temp.trace()) WHERE slack_ns IS NOT NULL
$$;
CREATE FUNCTION pg_temp.adds_up() RETURNS boolean LANGUAGE sql AS $$
	SELECT (SELECT sum(exclusive_ns) FROM stormdisc_get_critical_path(pg_temp.trace()))
		= (SELECT extract(epoch FROM max("timestamp" + coalesce((metadata ->> 'duration_ns')::bigint / 1000, 0) * interval '1 us') - min("timestamp")) * 1000000000
			FROM stormdisc.events WHERE trace_id = pg_temp.trace())
$$;

-- 1 runs from 1 to 11 and calls 2 (2 to 5), then 6 (6 to 10).
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 10), pg_temp.e(2, 'a', pg_temp.call(), 1, seconds => 3), pg_temp.e(6, 'a', pg_temp.call(), 1, seconds => 4)) AS n \gset _
SELECT is(pg_temp.path(), '1 1, 2 3, 1 1, 6 4, 1 1', 'one call after the other');
SELECT ok(pg_temp.adds_up(), 'adds up');
-- the sum of durations counts the children twice: 10 + 4
SELECT is(pg_temp.path('raceway'), '1 10, 6 4', 'the longest sum of durations');

-- Two calls at once: the one that finishes last decides, by 3 seconds.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 10), pg_temp.e(2, 'b', pg_temp.call(), 1, seconds => 7), pg_temp.e(3, 'c', pg_temp.call(), 1, seconds => 3)) AS n \gset _
SELECT is(pg_temp.path(), '1 1, 2 7, 1 2', 'two calls at once');
SELECT is(pg_temp.slack(), '2 3', 'the other has 3 seconds more');
SELECT ok(pg_temp.adds_up(), 'adds up');

-- A child that outlives its parent is clipped to it on the way through the parent;
-- here the way begins with the child, which ends last, and goes on where it began.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 4), pg_temp.e(3, 'b', pg_temp.call(), 1, seconds => 9)) AS n \gset _
SELECT is(pg_temp.path(), '1 2, 3 9', 'a child that ends after its parent');
SELECT ok(pg_temp.adds_up(), 'adds up');
-- in a grandparent that waits for the parent only, it is clipped: 1 from 1 to 20,
-- 2 from 2 to 8, its child 3 from 3 to 30 is not waited for
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 39), pg_temp.e(2, 'a', pg_temp.call(), 1, seconds => 6), pg_temp.e(3, 'b', pg_temp.call(), 2, seconds => 27)) AS n \gset _
SELECT is(pg_temp.path(), '1 1, 2 1, 3 5, 1 32', 'a child is clipped to its parent');
SELECT ok(pg_temp.adds_up(), 'adds up');

-- An asynchronous child, which begins after its parent has ended: idle between.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 2), pg_temp.e(5, 'b', pg_temp.call(), 1, seconds => 3)) AS n \gset _
SELECT is(pg_temp.path(), '1 2, - 2, 5 3', 'a child after its parent');
SELECT ok(pg_temp.adds_up(), 'adds up');

-- Two roots, the one after the other, with nothing between them.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 1), pg_temp.e(4, 'b', pg_temp.call(), seconds => 1)) AS n \gset _
SELECT is(pg_temp.path(), '1 1, - 2, 4 1', 'a gap between roots');
SELECT is(pg_temp.path('raceway'), '1 1', 'the longest sum is that of one; of equal ones the first');

-- Several predecessors: 10 waits for 1 (1 to 4), 2 (2 to 9) and 3 (3 to 6); it
-- begins at 10.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 3), pg_temp.e(2, 'b', pg_temp.call(), seconds => 7), pg_temp.e(3, 'c', pg_temp.call(), seconds => 3), pg_temp.e(10, 'd', pg_temp.call(), 1, seconds => 2)) AS n \gset _
SELECT pg_temp.edge(2, 10, 'DataDependency');
SELECT pg_temp.edge(3, 10, 'DataDependency');
SELECT is(pg_temp.path(), '1 1, 2 7, - 1, 10 2', 'the predecessor that ended last');
SELECT is(pg_temp.slack(), '2 3', 'by 3 seconds before the next one');
SELECT ok(pg_temp.adds_up(), 'adds up');
-- ConcurrentWith is no predecessor
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 3), pg_temp.e(2, 'b', pg_temp.call(), seconds => 7), pg_temp.e(10, 'd', pg_temp.call(), 1, seconds => 2)) AS n \gset _
SELECT pg_temp.edge(2, 10, 'ConcurrentWith');
SELECT is(pg_temp.path('raceway'), '2 7', 'ConcurrentWith leads nowhere');

-- Points only: all the time is between them.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call()), pg_temp.e(4, 'a', pg_temp.call(), 1), pg_temp.e(9, 'b', pg_temp.call(), 4)) AS n \gset _
SELECT is(pg_temp.path(), '1 0, - 3, 4 0, - 5, 9 0', 'events that take no time');
SELECT is(pg_temp.path('raceway'), '1 0, 4 0, 9 0', 'the longest path by number, where all durations are 0');

-- One event, and none.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT is(pg_temp.path(), NULL, 'a trace that is not there has no path');
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), seconds => 2)) AS n \gset _
SELECT is(pg_temp.path(), '1 2', 'one event');
SELECT throws_ok(format('SELECT * FROM stormdisc_get_critical_path(%L, %L)', pg_temp.trace(), 'shortest'), '22023', NULL, 'no other mode');
SELECT throws_ok('SELECT * FROM stormdisc_get_critical_path(NULL)', '22004', NULL, 'of nothing');

SELECT * FROM finish();
ROLLBACK;
