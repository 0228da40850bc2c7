-- The classic programs with and without a race, each with the answer of every
-- mode and why it is right.
--
-- An answer is a line of pairs, "3-6 race CRITICAL": events 3 and 6 race, and
-- both write.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS stormdisc;
SELECT plan(100);

\ir ../model/trace_events.sql

CREATE FUNCTION pg_temp.pairs(mode text DEFAULT 'hb', verdicts text[] DEFAULT '{race,ordered,unknown}', include_atomic_reads boolean DEFAULT false)
RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(format('%s-%s %s %s', pg_temp.n(event1_id), pg_temp.n(event2_id), verdict, severity), ', '), 'none')
	FROM stormdisc_detect_races(pg_temp.trace(), mode, include_atomic_reads, verdicts => verdicts)
$$;
CREATE FUNCTION pg_temp.verdicts(hb text, lockset text, both_modes text, raceway text, name text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT is(pg_temp.pairs('hb'), hb, name || ': hb')
	UNION ALL SELECT is(pg_temp.pairs('lockset', '{race}'), lockset, name || ': lockset')
	UNION ALL SELECT is(pg_temp.pairs('both', '{race}'), both_modes, name || ': both')
	UNION ALL SELECT is(pg_temp.pairs('raceway', '{race}'), raceway, name || ': raceway')
$$;

-- Bank transfer, lost update: two tasks read the balance, then both write it.
-- Nothing orders the tasks, and both were begun by main, so that their order is
-- known not to be.  Each read races with the other's write, the writes with each other.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.r('balance'), 1), pg_temp.e(4, 't2', pg_temp.r('balance'), 2),
	pg_temp.e(5, 't1', pg_temp.w('balance'), 3), pg_temp.e(6, 't2', pg_temp.w('balance'), 4)) AS n \gset _
SELECT pg_temp.verdicts('3-6 race WARNING, 4-5 race WARNING, 5-6 race CRITICAL', '3-6 race WARNING, 4-5 race WARNING, 5-6 race CRITICAL',
	'3-6 race WARNING, 4-5 race WARNING, 5-6 race CRITICAL', '3-6 race WARNING, 4-5 race WARNING, 5-6 race CRITICAL', 'lost update');

-- The same without what began them: nothing says whether the two threads could
-- have met, so that nothing is decided, and only lockset and raceway dare to.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(3, 't1', pg_temp.r('balance')), pg_temp.e(4, 't2', pg_temp.r('balance')),
	pg_temp.e(5, 't1', pg_temp.w('balance')), pg_temp.e(6, 't2', pg_temp.w('balance'))) AS n \gset _
SELECT pg_temp.verdicts('3-6 unknown WARNING, 4-5 unknown WARNING, 5-6 unknown CRITICAL', '3-6 race WARNING, 4-5 race WARNING, 5-6 race CRITICAL',
	'none', '3-6 race WARNING, 4-5 race WARNING, 5-6 race CRITICAL', 'lost update of strangers');
SELECT is(pg_temp.pairs('hb', '{race}'), 'none', 'what is unknown is no race');

-- With the balance under a mutex all along: protected, in every mode.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.acquire('m')), pg_temp.e(4, 't1', pg_temp.r('balance')), pg_temp.e(5, 't1', pg_temp.w('balance')), pg_temp.e(6, 't1', pg_temp.release('m')),
	pg_temp.e(7, 't2', pg_temp.acquire('m')), pg_temp.e(8, 't2', pg_temp.r('balance')), pg_temp.e(9, 't2', pg_temp.w('balance')), pg_temp.e(10, 't2', pg_temp.release('m'))) AS n \gset _
SELECT pg_temp.verdicts('none', 'none', 'none', 'none', 'transfer under a mutex');

-- With the read and the write under the mutex, but not from one to the other:
-- the update is still lost, but that is no data race: all accesses are protected.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.acquire('m')), pg_temp.e(4, 't1', pg_temp.r('balance')), pg_temp.e(5, 't1', pg_temp.release('m')),
	pg_temp.e(6, 't2', pg_temp.acquire('m')), pg_temp.e(7, 't2', pg_temp.r('balance')), pg_temp.e(8, 't2', pg_temp.release('m')),
	pg_temp.e(9, 't1', pg_temp.acquire('m')), pg_temp.e(10, 't1', pg_temp.w('balance')), pg_temp.e(11, 't1', pg_temp.release('m')),
	pg_temp.e(12, 't2', pg_temp.acquire('m')), pg_temp.e(13, 't2', pg_temp.w('balance')), pg_temp.e(14, 't2', pg_temp.release('m'))) AS n \gset _
SELECT pg_temp.verdicts('none', 'none', 'none', 'none', 'lost update without a data race');

-- Each with a mutex of its own: these protect from nobody.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.acquire('m1')), pg_temp.e(4, 't1', pg_temp.w('balance')), pg_temp.e(5, 't1', pg_temp.release('m1')),
	pg_temp.e(6, 't2', pg_temp.acquire('m2')), pg_temp.e(7, 't2', pg_temp.w('balance')), pg_temp.e(8, 't2', pg_temp.release('m2'))) AS n \gset _
SELECT pg_temp.verdicts('4-7 race CRITICAL', '4-7 race CRITICAL', '4-7 race CRITICAL', '4-7 race CRITICAL', 'the wrong mutex');

-- Ordered by a mutex that does not protect: t1 writes before it, t2 reads after
-- it.  In this run the release comes before the acquire and orders them; with the
-- other order of the mutex they would race, which is what lockset tells.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.w('x')), pg_temp.e(4, 't1', pg_temp.acquire('m')), pg_temp.e(5, 't1', pg_temp.release('m')),
	pg_temp.e(6, 't2', pg_temp.acquire('m')), pg_temp.e(7, 't2', pg_temp.release('m')), pg_temp.e(8, 't2', pg_temp.r('x'))) AS n \gset _
SELECT pg_temp.verdicts('3-8 ordered WARNING', '3-8 race WARNING', 'none', '3-8 race WARNING', 'hidden by the order of a mutex');

-- Double-checked locking with a plain variable: t2's check outside of the mutex
-- reads what t1 writes inside.  The second check is under the mutex.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.r('instance')), pg_temp.e(4, 't1', pg_temp.acquire('m')), pg_temp.e(5, 't1', pg_temp.r('instance')),
	pg_temp.e(6, 't1', pg_temp.w('instance')), pg_temp.e(7, 't1', pg_temp.release('m')),
	pg_temp.e(8, 't2', pg_temp.r('instance')), pg_temp.e(9, 't2', pg_temp.acquire('m')), pg_temp.e(10, 't2', pg_temp.r('instance')), pg_temp.e(11, 't2', pg_temp.release('m'))) AS n \gset _
SELECT pg_temp.verdicts('6-8 race WARNING', '6-8 race WARNING', '6-8 race WARNING', '6-8 race WARNING', 'double-checked locking');

-- The same made right, with an atomic variable: two atomics never race.  Raceway
-- reports an atomic read and an atomic write.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.access('instance', 'AtomicRead')), pg_temp.e(4, 't1', pg_temp.acquire('m')), pg_temp.e(5, 't1', pg_temp.access('instance', 'AtomicRead')),
	pg_temp.e(6, 't1', pg_temp.access('instance', 'AtomicWrite')), pg_temp.e(7, 't1', pg_temp.release('m')),
	pg_temp.e(8, 't2', pg_temp.access('instance', 'AtomicRead'))) AS n \gset _
SELECT pg_temp.verdicts('none', 'none', 'none', '6-8 race WARNING', 'double-checked locking, atomic');

-- Fork and join: main writes, begins the task, which writes, waits for it, reads.
-- All is ordered; lockset knows fork and join too.  Raceway has the way down the
-- parents (1 to 3 to 4), but none from the task's end to the wait.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.w('x')), pg_temp.e(2, 'main', pg_temp.call(), 1), pg_temp.e(3, 'main', pg_temp.spawn('t1'), 2),
	pg_temp.e(4, 't1', pg_temp.w('x'), 3), pg_temp.e(5, 'main', pg_temp.await('t1'), 3), pg_temp.e(6, 'main', pg_temp.r('x'), 5)) AS n \gset _
SELECT pg_temp.verdicts('1-4 ordered CRITICAL, 4-6 ordered WARNING', 'none', 'none', '4-6 race WARNING', 'fork and join');

-- Fork without join: the read may come before the write, or after it.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.w('x')), pg_temp.e(2, 'main', pg_temp.spawn('t1')),
	pg_temp.e(4, 't1', pg_temp.w('x')), pg_temp.e(6, 'main', pg_temp.r('x'))) AS n \gset _
SELECT pg_temp.verdicts('1-4 ordered CRITICAL, 4-6 race WARNING', '4-6 race WARNING', '4-6 race WARNING', '1-4 race CRITICAL, 4-6 race WARNING', 'fork without join');

-- A task that is known by its tag, not by its thread: a pool's worker runs t1.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.w('x')), pg_temp.e(2, 'main', pg_temp.spawn('t1')),
	pg_temp.e(3, 'worker', pg_temp.w('x'), more => '{"tags": {"task_id": "t1"}}'), pg_temp.e(4, 'worker', pg_temp.w('x'), more => '{"tags": {"task_id": "t2"}}'),
	pg_temp.e(5, 'main', pg_temp.await('t1')), pg_temp.e(6, 'main', pg_temp.r('x'))) AS n \gset _
SELECT pg_temp.verdicts('1-3 ordered CRITICAL, 1-4 ordered CRITICAL, 3-6 ordered WARNING, 4-6 race WARNING', '4-6 race WARNING', '4-6 race WARNING',
	'1-3 race CRITICAL, 1-4 race CRITICAL, 3-6 race WARNING, 4-6 race WARNING', 'tasks on a worker');

-- Message passing by a flag, with no edge: the atomics of the flag do not race,
-- but they order nothing either, so that the data does.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.w('data')), pg_temp.e(4, 't1', pg_temp.access('flag', 'AtomicWrite')),
	pg_temp.e(5, 't2', pg_temp.access('flag', 'AtomicRead')), pg_temp.e(6, 't2', pg_temp.r('data'))) AS n \gset _
SELECT pg_temp.verdicts('3-6 race WARNING', '3-6 race WARNING', '3-6 race WARNING', '3-6 race WARNING, 4-5 race WARNING', 'message passing without an edge');
-- ConcurrentWith says that they are not ordered: nothing changes
SELECT pg_temp.edge(4, 5, 'ConcurrentWith');
SELECT is(pg_temp.pairs(), '3-6 race WARNING', 'message passing, ConcurrentWith: hb');
-- with the edge it is ordered; lockset ignores that, and raceway has no edges
SELECT pg_temp.edge(4, 5, 'HappensBefore');
SELECT pg_temp.verdicts('3-6 ordered WARNING', '3-6 race WARNING', 'none', '3-6 race WARNING, 4-5 race WARNING', 'message passing with an edge');

-- Message passing seen by clocks only: the receiver's clock knows the sender's.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(3, 't1', pg_temp.w('data'), clock => '{"a": 1}'), pg_temp.e(4, 't1', pg_temp.access('flag', 'AtomicWrite'), clock => '[["a", 2]]'),
	pg_temp.e(5, 't2', pg_temp.access('flag', 'AtomicRead'), clock => '{"a": 2, "b": 1}'), pg_temp.e(6, 't2', pg_temp.r('data'), clock => '[["b", 2], ["a", 2]]')) AS n \gset _
SELECT pg_temp.verdicts('3-6 ordered WARNING', '3-6 race WARNING', 'none', 'none', 'message passing by clocks');
-- Clocks that know nothing of each other decide as well: these are concurrent.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(3, 't1', pg_temp.w('data'), clock => '{"a": 18446744073709551615}'), pg_temp.e(6, 't2', pg_temp.r('data'), clock => '[["b", 2], ["a", 18446744073709551614]]')) AS n \gset _
SELECT pg_temp.verdicts('3-6 race WARNING', '3-6 race WARNING', '3-6 race WARNING', '3-6 race WARNING', 'concurrent clocks');
-- One clock alone decides nothing.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(3, 't1', pg_temp.w('data'), clock => '{"a": 1}'), pg_temp.e(6, 't2', pg_temp.r('data'))) AS n \gset _
SELECT pg_temp.verdicts('3-6 unknown WARNING', '3-6 race WARNING', 'none', '3-6 race WARNING', 'one clock missing');

-- Read-mostly with a read-write lock: readers hold it shared, the writer alone.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')), pg_temp.e(3, 'main', pg_temp.spawn('t3')),
	pg_temp.e(4, 't1', pg_temp.acquire('rw', 'RwLock::Read')), pg_temp.e(5, 't2', pg_temp.acquire('rw', 'RwLock::Read')),
	pg_temp.e(6, 't1', pg_temp.r('config')), pg_temp.e(7, 't2', pg_temp.r('config')),
	pg_temp.e(8, 't1', pg_temp.release('rw', 'RwLock::Read')), pg_temp.e(9, 't2', pg_temp.release('rw', 'RwLock::Read')),
	pg_temp.e(10, 't3', pg_temp.acquire('rw', 'RwLock::Write')), pg_temp.e(11, 't3', pg_temp.w('config')), pg_temp.e(12, 't3', pg_temp.release('rw', 'RwLock::Write'))) AS n \gset _
SELECT pg_temp.verdicts('none', 'none', 'none', 'none', 'read-write lock');

-- A write under the shared side: both hold "rw", neither alone, and shared
-- holders do not order each other.  Raceway sees a common name and is content.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(4, 't1', pg_temp.acquire('rw', 'RwLock::Read')), pg_temp.e(5, 't1', pg_temp.r('config')), pg_temp.e(6, 't1', pg_temp.release('rw', 'RwLock::Read')),
	pg_temp.e(7, 't2', pg_temp.acquire('rw', 'RwLock::Read')), pg_temp.e(8, 't2', pg_temp.w('config')), pg_temp.e(9, 't2', pg_temp.release('rw', 'RwLock::Read'))) AS n \gset _
SELECT pg_temp.verdicts('5-8 race WARNING', '5-8 race WARNING', '5-8 race WARNING', 'none', 'a write under a shared lock');

-- The same told by lock sets that the events bring: a name is held alone.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(5, 't1', pg_temp.r('config'), locks => '[{"lock": "rw", "mode": "shared"}]'), pg_temp.e(8, 't2', pg_temp.w('config'), locks => '[{"lock": "rw", "mode": "RwLock::Read"}]')) AS n \gset _
SELECT pg_temp.verdicts('5-8 race WARNING', '5-8 race WARNING', '5-8 race WARNING', 'none', 'lock sets, both shared');
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(5, 't1', pg_temp.r('config'), locks => '[{"lock": "rw", "mode": "shared"}]'), pg_temp.e(8, 't2', pg_temp.w('config'), locks => '["other", "rw"]')) AS n \gset _
SELECT pg_temp.verdicts('none', 'none', 'none', 'none', 'lock sets, one alone');

-- Atomics only, a counter: no race.  Raceway reports all but two atomic reads.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.access('counter', 'AtomicRMW')), pg_temp.e(4, 't2', pg_temp.access('counter', 'AtomicRMW')), pg_temp.e(5, 't1', pg_temp.access('counter', 'AtomicRead')), pg_temp.e(6, 't2', pg_temp.access('counter', 'AtomicRead'))) AS n \gset _
SELECT pg_temp.verdicts('none', 'none', 'none', '3-4 race CRITICAL, 3-6 race WARNING, 4-5 race WARNING', 'atomics only');

-- An atomic write and a plain read: one is not atomic, so it is a race.  A plain
-- and an atomic read are two reads, unless they are asked for.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.access('x', 'AtomicWrite')), pg_temp.e(4, 't1', pg_temp.access('x', 'AtomicRead')), pg_temp.e(5, 't2', pg_temp.r('x'))) AS n \gset _
SELECT pg_temp.verdicts('3-5 race WARNING', '3-5 race WARNING', '3-5 race WARNING', '3-5 race WARNING, 4-5 race WARNING', 'atomic and plain');
SELECT is(pg_temp.pairs('hb', include_atomic_reads => true), '3-5 race WARNING, 4-5 race WARNING', 'atomic reads, when asked for');

-- "main" of two services are two threads, of which Raceway makes one.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(pg_temp.e(1, 'main', pg_temp.w('x'), clock => '{"a": 1}', service => 'api'), pg_temp.e(2, 'main', pg_temp.w('x'), clock => '{"b": 1}', service => 'cart')) AS n \gset _
SELECT pg_temp.verdicts('1-2 race CRITICAL', '1-2 race CRITICAL', '1-2 race CRITICAL', 'none', 'two services');

-- A request, its handler, the answer: what was written before is read by the
-- handler, what the handler wrote after the answer.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.w('order')),
	pg_temp.e(2, 'main', '{"HttpRequest": {"method": "GET", "url": "/", "headers": {}}}', more => '{"distributed_span_id": "s1"}'),
	pg_temp.e(3, 'http', pg_temp.w('order'), service => 'cart', more => '{"upstream_span_id": "s1"}'),
	pg_temp.e(4, 'http', pg_temp.w('late'), service => 'cart'),
	pg_temp.e(5, 'main', '{"HttpResponse": {"status": 200, "headers": {}, "duration_ms": 1}}', 2),
	pg_temp.e(6, 'main', pg_temp.r('order')), pg_temp.e(7, 'main', pg_temp.r('late'))) AS n \gset _
SELECT pg_temp.verdicts('4-7 race WARNING, 1-3 ordered CRITICAL, 3-6 ordered WARNING', '4-7 race WARNING, 1-3 race CRITICAL, 3-6 race WARNING', '4-7 race WARNING',
	'4-7 race WARNING, 1-3 race CRITICAL, 3-6 race WARNING', 'request, handler, answer');

-- A lock held twice is held until it was released twice.
SELECT count(*) FROM pg_temp.begin() \gset _
SELECT pg_temp.has(
	pg_temp.e(1, 'main', pg_temp.spawn('t1')), pg_temp.e(2, 'main', pg_temp.spawn('t2')),
	pg_temp.e(3, 't1', pg_temp.acquire('m')), pg_temp.e(4, 't1', pg_temp.acquire('m')), pg_temp.e(5, 't1', pg_temp.release('m')), pg_temp.e(6, 't1', pg_temp.w('x')),
	pg_temp.e(7, 't1', pg_temp.release('m')), pg_temp.e(8, 't1', pg_temp.w('y')),
	pg_temp.e(9, 't2', pg_temp.w('y')), pg_temp.e(10, 't2', pg_temp.acquire('m')), pg_temp.e(11, 't2', pg_temp.w('x')), pg_temp.e(12, 't2', pg_temp.release('m'))) AS n \gset _
SELECT is(pg_temp.pairs('hb'), '8-9 race CRITICAL', 'a lock held twice');

SELECT * FROM finish();
ROLLBACK;
