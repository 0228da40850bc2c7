-- The table of cases of stormdisc_find_happens_before(): when it is true, when it
-- is false, and when nothing decides.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(37);
\ir ../model/trace_events.sql

-- One letter each: is a before b, is b before a (t, f, or n for NULL).
CREATE FUNCTION pg_temp.order(a int, b int) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(left(stormdisc_find_happens_before(x, y)::text, 1), 'n') || coalesce(left(stormdisc_find_happens_before(y, x)::text, 1), 'n')
	FROM (SELECT pg_temp.id(number * 100 + a) AS x, pg_temp.id(number * 100 + b) AS y FROM trace) AS ids
$$;

-- one thread, and strangers
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call()), pg_temp.e(2, 'a', pg_temp.call()), pg_temp.e(3, 'b', pg_temp.call()), pg_temp.e(4, 'a', pg_temp.call(), service => 'other'),
	pg_temp.e(5, 'a', pg_temp.call(), more => '{"instance_id": "i"}'), pg_temp.e(6, 'a', pg_temp.call(), more => '{"process_id": 2}'), pg_temp.e(7, 'a', pg_temp.call(), more => '{"process_id": 3, "instance_id": "1"}')) AS n \gset _
SELECT is(pg_temp.order(1, 2), 'tf', 'one thread: in the order of time');
SELECT is(pg_temp.order(1, 1), 'ff', 'an event is not before itself');
SELECT is(pg_temp.order(1, 3), 'nn', 'two threads that nothing connects');
SELECT is(pg_temp.order(1, 4), 'nn', 'of two services');
SELECT is(pg_temp.order(1, 5), 'nn', 'of two instances');
SELECT is(pg_temp.order(1, 6), 'nn', 'of two processes');
SELECT is(pg_temp.order(1, 7), 'tf', 'an instance that is named as another''s process is the same');

-- parents and edges
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call()), pg_temp.e(2, 'b', pg_temp.call(), 1), pg_temp.e(3, 'c', pg_temp.call(), 2), pg_temp.e(4, 'd', pg_temp.call(), 1),
	pg_temp.e(5, 'e', pg_temp.call()), pg_temp.e(6, 'f', pg_temp.call()), pg_temp.e(7, 'g', pg_temp.call(), 99)) AS n \gset _
SELECT is(pg_temp.order(1, 3), 'tf', 'an ancestor');
SELECT is(pg_temp.order(3, 4), 'ff', 'two branches: they are known not to be ordered');
SELECT is(pg_temp.order(4, 5), 'nn', 'nothing connects them');
SELECT is(pg_temp.order(1, 7), 'nn', 'nor an unknown parent');
SELECT pg_temp.edge(5, 6, 'ConcurrentWith');
SELECT is(pg_temp.order(5, 6), 'nn', 'ConcurrentWith decides nothing');
SELECT pg_temp.edge(3, 5, 'DataDependency');
SELECT is(pg_temp.order(1, 5), 'tf', 'parents and edges are one way');
SELECT is(pg_temp.order(4, 5), 'ff', 'and what they connect is one part');
-- against time
SELECT pg_temp.edge(6, 1, 'HappensBefore');
SELECT is(pg_temp.order(6, 5), 'tf', 'an edge from a later event');

-- what is derived
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'main', pg_temp.spawn('t')), pg_temp.e(2, 'main', pg_temp.call()), pg_temp.e(3, 't', pg_temp.call()), pg_temp.e(4, 't', pg_temp.call()),
	pg_temp.e(5, 'main', pg_temp.await('t')), pg_temp.e(6, 't', pg_temp.call()), pg_temp.e(7, 'main', pg_temp.await('t'))) AS n \gset _
SELECT is(pg_temp.order(1, 3), 'tf', 'a spawn and the first event of the task');
SELECT is(pg_temp.order(2, 3), 'ff', 'what comes after the spawn is beside the task');
SELECT is(pg_temp.order(6, 7), 'tf', 'the last event of a task and the await');
SELECT is(pg_temp.order(3, 7), 'tf', 'and so the others');
SELECT is(pg_temp.order(6, 5), 'tf', 'any await, whatever the timestamps say');

SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'w', pg_temp.release('rw', 'RwLock::Write')), pg_temp.e(2, 'r1', pg_temp.acquire('rw', 'RwLock::Read')), pg_temp.e(3, 'r2', pg_temp.acquire('rw', 'RwLock::Read')),
	pg_temp.e(4, 'r1', pg_temp.release('rw', 'RwLock::Read')), pg_temp.e(5, 'r2', pg_temp.release('rw', 'RwLock::Read')), pg_temp.e(6, 'w2', pg_temp.acquire('rw', 'RwLock::Write')),
	pg_temp.e(7, 'w2', pg_temp.release('rw', 'RwLock::Write')), pg_temp.e(8, 'r3', pg_temp.acquire('rw', 'RwLock::Read')), pg_temp.e(9, 'm', pg_temp.acquire('other'))) AS n \gset _
SELECT is(pg_temp.order(1, 2), 'tf', 'a writer and the next reader');
SELECT is(pg_temp.order(1, 3), 'tf', 'and the reader after it');
SELECT is(pg_temp.order(4, 3), 'ff', 'readers do not order each other');
SELECT is(pg_temp.order(4, 6), 'tf', 'a reader and the next writer');
SELECT is(pg_temp.order(5, 6), 'tf', 'each of the readers');
SELECT is(pg_temp.order(2, 8), 'tf', 'and so on');
SELECT is(pg_temp.order(7, 9), 'nn', 'another lock');

-- what is derived gives way to what is told: main's second event caused the first
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'main', pg_temp.call(), 2), pg_temp.e(2, 'main', pg_temp.call())) AS n \gset _
SELECT is(pg_temp.order(1, 2), 'ft', 'a parent against the order of time');

-- clocks
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), clock => '{"a": 1}'), pg_temp.e(2, 'b', pg_temp.call(), clock => '[["b", 1], ["a", 1]]'), pg_temp.e(3, 'c', pg_temp.call(), clock => '{"c": 18446744073709551615}'),
	pg_temp.e(4, 'd', pg_temp.call(), clock => '[["a", 1]]'), pg_temp.e(5, 'e', pg_temp.call()), pg_temp.e(6, 'f', pg_temp.call(), clock => '{}'),
	pg_temp.e(7, 'g', pg_temp.call(), clock => '{"c": 18446744073709551614}')) AS n \gset _
SELECT is(pg_temp.order(1, 2), 'tf', 'a clock that knows the other');
SELECT is(pg_temp.order(1, 3), 'ff', 'clocks that do not know each other');
SELECT is(pg_temp.order(1, 4), 'ff', 'equal clocks, in both shapes');
SELECT is(pg_temp.order(1, 5), 'nn', 'no clock on one side');
SELECT is(pg_temp.order(1, 6), 'nn', 'an empty clock is none');
SELECT is(pg_temp.order(7, 3), 'tf', 'counts up to 2^64 - 1');

-- other traces: number 100 + n is event n of the next trace
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'a', pg_temp.call(), clock => '{"a": 2}'), pg_temp.e(2, 'a', pg_temp.call())) AS n \gset _
SELECT is(pg_temp.order(-99, 1), 'tf', 'between traces by clocks');
SELECT is(pg_temp.order(-99, 2), 'nn', 'only, even for one thread');

-- errors
SELECT throws_ok(format('SELECT stormdisc_find_happens_before(%L, %L)', pg_temp.id(7), pg_temp.id(501)), '42704', NULL, 'an event that is not there');

SELECT * FROM finish();
ROLLBACK;
