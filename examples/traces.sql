-- A trace: a checkout in a shop, which reserves stock in a task of its own and has
-- a bank take the money.  docs/traces.md explains it.
--
--   psql -f examples/traces.sql

SELECT stormdisc_add_events_batch('[
{"id": "00000000-0000-4000-8000-000000000001", "trace_id": "00000000-0000-4000-8000-0000000000aa", "parent_id": null,
 "timestamp": "2026-03-01T12:00:00.000Z",
 "kind": {"FunctionCall": {"function_name": "checkout", "module": "shop", "args": [], "file": "shop.rs", "line": 10}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}, "duration_ns": 40000000}},
{"id": "00000000-0000-4000-8000-000000000002", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000001", "timestamp": "2026-03-01T12:00:00.001Z",
 "kind": {"AsyncSpawn": {"task_id": "reserve", "spawned_by": "checkout"}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}},
{"id": "00000000-0000-4000-8000-000000000003", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000002", "timestamp": "2026-03-01T12:00:00.003Z",
 "kind": {"FunctionCall": {"function_name": "reserve_stock", "module": "shop", "args": [], "file": "shop.rs", "line": 30}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "reserve", "environment": "test", "tags": {"task_id": "reserve"}, "duration_ns": 20000000}},
{"id": "00000000-0000-4000-8000-000000000004", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000001", "timestamp": "2026-03-01T12:00:00.005Z",
 "kind": {"HttpRequest": {"method": "POST", "url": "/pay", "headers": {}}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}, "duration_ns": 25000000, "distributed_span_id": "span-1"}},
{"id": "00000000-0000-4000-8000-000000000005", "trace_id": "00000000-0000-4000-8000-0000000000aa", "parent_id": null,
 "timestamp": "2026-03-01T12:00:00.008Z",
 "kind": {"FunctionCall": {"function_name": "pay", "module": "bank", "args": [], "file": "bank.rs", "line": 7}},
 "metadata": {"service_name": "bank", "process_id": 7, "thread_id": "worker", "environment": "test", "tags": {}, "duration_ns": 15000000, "upstream_span_id": "span-1"}},
{"id": "00000000-0000-4000-8000-000000000006", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000005", "timestamp": "2026-03-01T12:00:00.010Z",
 "kind": {"StateChange": {"variable": "balance", "old_value": 100, "new_value": 70, "location": "bank.rs:9", "access_type": "Write"}},
 "metadata": {"service_name": "bank", "process_id": 7, "thread_id": "worker", "environment": "test", "tags": {}}},
{"id": "00000000-0000-4000-8000-000000000007", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000003", "timestamp": "2026-03-01T12:00:00.012Z",
 "kind": {"StateChange": {"variable": "stock", "old_value": 5, "new_value": 4, "location": "shop.rs:31", "access_type": "Write"}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "reserve", "environment": "test", "tags": {"task_id": "reserve"}}},
{"id": "00000000-0000-4000-8000-000000000008", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000001", "timestamp": "2026-03-01T12:00:00.014Z",
 "kind": {"StateChange": {"variable": "stock", "new_value": 5, "location": "shop.rs:14", "access_type": "Read"}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}},
{"id": "00000000-0000-4000-8000-000000000009", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000004", "timestamp": "2026-03-01T12:00:00.029Z",
 "kind": {"HttpResponse": {"status": 200, "headers": {}, "duration_ms": 24}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}},
{"id": "00000000-0000-4000-8000-000000000010", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000001", "timestamp": "2026-03-01T12:00:00.032Z",
 "kind": {"AsyncAwait": {"future_id": "reserve", "awaited_at": "shop.rs:20"}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}},
{"id": "00000000-0000-4000-8000-000000000011", "trace_id": "00000000-0000-4000-8000-0000000000aa",
 "parent_id": "00000000-0000-4000-8000-000000000001", "timestamp": "2026-03-01T12:00:00.034Z",
 "kind": {"StateChange": {"variable": "stock", "new_value": 4, "location": "shop.rs:21", "access_type": "Read"}},
 "metadata": {"service_name": "shop", "process_id": 1, "thread_id": "main", "environment": "test", "tags": {}}}
]');

\set trace '00000000-0000-4000-8000-0000000000aa'

-- What races: the read of stock at shop.rs:14, which does not wait for the task.
SELECT variable, verdict, severity, thread1, location1, thread2, location2
FROM stormdisc_detect_races(:'trace');

-- Does the write happen before that read, and before the one after the await?
SELECT stormdisc_find_happens_before('00000000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-000000000008') AS before_first_read,
	stormdisc_find_happens_before('00000000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-000000000011') AS before_second_read;

-- Where the 40 ms went: the pieces add up to them.
SELECT seq, operation, thread, to_char(enter AT TIME ZONE 'UTC', 'MS') AS enter_ms, exclusive_ns, slack_ns
FROM stormdisc_get_critical_path(:'trace');

-- Who has touched stock, in all traces.
SELECT to_char("timestamp" AT TIME ZONE 'UTC', 'MS') AS ms, thread, access_type, old_value, new_value, location, is_race
FROM stormdisc_get_audit_trail('stock', with_races => true);

-- Which service calls which.
SELECT caller, callee, calls, total_duration_us, max_duration_us
FROM stormdisc_service_dependencies(:'trace');

-- What is odd: here, nothing.
SELECT kind, severity, message FROM stormdisc_detect_anomalies(:'trace');

-- Pictures: paste the first into Markdown; pipe the second into dot -Tsvg.
\pset format unaligned
\pset tuples_only on
SELECT stormdisc_trace_diagram(:'trace');
SELECT stormdisc_trace_diagram(:'trace', 'graphviz');
