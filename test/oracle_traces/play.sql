-- Plays a case of generator.py and answers as expect() of compare does.
SET client_min_messages = notice;
SET timezone = 'UTC';
SET synchronous_commit = off;
SET jit = off;

-- What a step said: the number of new events, or what became of an edge.
CREATE FUNCTION pg_temp.step(step jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	is_new boolean;
BEGIN
	IF step ? 'edge' THEN
		PERFORM stormdisc_add_edge((step #>> '{edge,0}')::uuid, (step #>> '{edge,1}')::uuid, step #>> '{edge,2}', trace_id => (step ->> 'trace')::uuid);
		RETURN '"taken"';
	END IF;
	CASE step ->> 'how'
		WHEN 'batch' THEN
			n := stormdisc_add_events_batch(step -> 'events');
		WHEN 'event' THEN
			is_new := stormdisc_add_event(step #> '{events,0}');
			n := is_new::int;
		WHEN 'insert' THEN
			INSERT INTO stormdisc.events (id, trace_id, parent_id, kind, "timestamp", timestamp_nanos, metadata, causality_vector, lock_set)
			SELECT (e ->> 'id')::uuid, (e ->> 'trace_id')::uuid, (e ->> 'parent_id')::uuid, e -> 'kind',
				(left(e ->> 'timestamp', 26) || 'Z')::timestamptz, substr(e ->> 'timestamp', 27, 3)::smallint, e -> 'metadata',
				nullif(e -> 'causality_vector', 'null'), nullif(e -> 'lock_set', 'null')
			FROM jsonb_array_elements(step -> 'events') WITH ORDINALITY AS s (e, place) ORDER BY place
			ON CONFLICT DO NOTHING;
			GET DIAGNOSTICS n = ROW_COUNT;
	END CASE;
	RETURN to_jsonb(n);
EXCEPTION
	WHEN SQLSTATE 'SD003' THEN
		RETURN '"cycle"';
	WHEN invalid_parameter_value THEN
		RETURN CASE WHEN step #>> '{edge,0}' = step #>> '{edge,1}' THEN '"self"' WHEN step ? 'edge' THEN '"trace"' ELSE to_jsonb(SQLERRM) END;
END
$$;

CREATE FUNCTION pg_temp.cross_trace(variable text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(w, (
		SELECT coalesce(jsonb_agg(jsonb_build_array(event1_id, event2_id, severity) ORDER BY event1_id, event2_id), '[]')
		FROM stormdisc_get_cross_trace_races(variable, w * interval '1 microsecond', max_pairs => 1000000)))
	FROM unnest('{2,100000000000}'::bigint[]) AS w
$$;

CREATE FUNCTION pg_temp.races(trace uuid, mode text, atomic boolean) RETURNS jsonb LANGUAGE sql AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_array(variable, event1_id, event2_id, verdict, severity) ORDER BY ordinality), '[]')
	FROM stormdisc_detect_races(trace, mode, atomic, verdicts => CASE mode WHEN 'hb' THEN '{race,ordered,unknown}'::text[] ELSE '{race}'::text[] END)
		WITH ORDINALITY
$$;

CREATE FUNCTION pg_temp.questions(trace uuid) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object(
		'races', (
			SELECT jsonb_object_agg(mode || ' ' || atomic, pg_temp.races(trace, mode, atomic))
			FROM unnest('{hb,lockset,both,raceway}'::text[]) AS mode, unnest('{false,true}'::bool[]) AS atomic),
		'order', (SELECT jsonb_agg(e -> 'id') FROM stormdisc_get_trace_events(trace) AS e),
		'roots', (SELECT coalesce(jsonb_agg(r ORDER BY r), '[]') FROM stormdisc_get_trace_roots(trace) AS r),
		'edges', (
			SELECT coalesce(jsonb_agg(jsonb_build_array(from_event_id, to_event_id, type) ORDER BY from_event_id, to_event_id, type COLLATE "C" NULLS FIRST), '[]')
			FROM stormdisc.causal_edges AS c, LATERAL (SELECT CASE WHEN c.id IS NOT NULL THEN c.edge_type END AS type) AS t WHERE c.trace_id = questions.trace),
		'calls', (SELECT coalesce(jsonb_agg(jsonb_build_array(caller, callee, calls) ORDER BY caller COLLATE "C", callee COLLATE "C"), '[]') FROM stormdisc_service_dependencies(trace)),
		'summary', (
			SELECT jsonb_build_array(events, threads, errors, accesses, variables, (SELECT jsonb_agg(s ORDER BY s COLLATE "C") FROM unnest(services) AS s))
			FROM stormdisc_trace_summaries(max_rows => 10) AS s WHERE s.trace_id = questions.trace),
		'critical_path', (SELECT coalesce(jsonb_agg(jsonb_build_array(event_id, exclusive_ns, slack_ns) ORDER BY seq), '[]') FROM stormdisc_get_critical_path(trace)),
		'longest_path', (SELECT coalesce(jsonb_agg(jsonb_build_array(event_id, exclusive_ns, slack_ns) ORDER BY seq), '[]') FROM stormdisc_get_critical_path(trace, 'raceway')))
$$;

CREATE FUNCTION pg_temp.play(played jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	step jsonb;
	steps jsonb := '[]';
	known uuid[];
	a uuid[];
	b uuid[];
	trace text;
	traces jsonb := '{}';
	answer jsonb;
BEGIN
	FOR step IN SELECT jsonb_array_elements(played -> 'steps') LOOP
		steps := steps || jsonb_build_array(pg_temp.step(step));
	END LOOP;
	SELECT coalesce(array_agg(DISTINCT (e ->> 'id')::uuid ORDER BY (e ->> 'id')::uuid), '{}') INTO known
	FROM jsonb_array_elements(played -> 'steps') AS s (step), jsonb_array_elements(s.step -> 'events') AS e;
	SELECT array_agg(x ORDER BY x, y), array_agg(y ORDER BY x, y) INTO a, b FROM unnest(known) AS x, unnest(known) AS y;
	answer := jsonb_build_object('steps', steps,
		'quarantined', (SELECT coalesce(jsonb_agg(id ORDER BY id), '[]') FROM stormdisc.events WHERE parent_quarantined AND id = ANY (known)),
		'audit', (
			SELECT jsonb_object_agg(v, (SELECT coalesce(jsonb_agg(jsonb_build_array(event_id, is_race) ORDER BY ordinality), '[]')
				FROM stormdisc_get_audit_trail(v, with_races => true) WITH ORDINALITY))
			FROM unnest('{x,y,balance,Z}'::text[]) AS v),
		'cross_trace', (
			SELECT jsonb_object_agg(v, pg_temp.cross_trace(v)) FROM unnest('{x,y,balance,Z}'::text[]) AS v),
		'happens_before', (SELECT coalesce(string_agg(coalesce(left(happens_before::text, 1), 'n'), '' ORDER BY pair), '')
			FROM stormdisc_find_happens_before_many(a, b)));
	FOR trace IN SELECT DISTINCT e ->> 'trace_id' FROM jsonb_array_elements(played -> 'steps') AS s (step), jsonb_array_elements(s.step -> 'events') AS e LOOP
		RAISE NOTICE 'trace %', trace;
		-- says in a WARNING how many edges it has dropped
		PERFORM FROM stormdisc_find_happens_before_many(
			ARRAY(SELECT x.id FROM stormdisc.events AS x, stormdisc.events AS y WHERE x.trace_id = trace::uuid AND y.trace_id = trace::uuid ORDER BY x.id, y.id),
			ARRAY(SELECT y.id FROM stormdisc.events AS x, stormdisc.events AS y WHERE x.trace_id = trace::uuid AND y.trace_id = trace::uuid ORDER BY x.id, y.id));
		traces := traces || jsonb_build_object(trace, pg_temp.questions(trace::uuid));
	END LOOP;
	RETURN answer || (
		SELECT jsonb_object_agg(question, answers)
		FROM (
			SELECT q.key AS question, jsonb_object_agg(t.key, q.value) AS answers
			FROM jsonb_each(traces) AS t, jsonb_each(t.value) AS q GROUP BY 1) AS by_question);
END
$$;
