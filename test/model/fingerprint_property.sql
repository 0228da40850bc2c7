/*
 * fingerprint_property.sql
 *	  Fingerprints are equal if, and only if, there is no difference.
 *
 * Everything is in pg_temp, which documents leave out.
 */

-- What the two say of two documents, with options of this number, as a complaint.
CREATE FUNCTION pg_temp.complain(a jsonb, b jsonb, number int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	every text[] := '{structure,indexes,privileges,comments,ownership,storage,statistics}';
	classes text[] := every;
	ignore text[] := '{default}';
	others text[];
	same bool;
	rows bigint;
	back bigint;
BEGIN
	CASE
		WHEN number % 12 BETWEEN 1 AND 7 THEN classes := ARRAY[every[number % 12]];
		WHEN number % 12 = 8 THEN ignore := '{}';
		WHEN number % 12 = 9 THEN ignore := '{default,ordinal}';
		WHEN number % 12 = 10 THEN classes := every[1:1 + number / 12 % 6]; ignore := '{system_names}';
		WHEN number % 12 = 11 THEN ignore := '{invalid_indexes,inherited_ordinal}';
		ELSE NULL;
	END CASE;
	others := ARRAY(SELECT unnest(every) EXCEPT SELECT unnest(classes));
	SELECT x.fingerprint = y.fingerprint INTO same
	FROM stormdisc_document_fingerprint(a, 'database', classes, ignore) x, stormdisc_document_fingerprint(b, 'database', classes, ignore) y;
	SELECT count(*) INTO rows FROM stormdisc_diff(a, b, ignore || others);
	SELECT count(*) INTO back FROM stormdisc_diff(b, a, ignore || others);
	IF same <> (rows = 0) OR (rows = 0) <> (back = 0) THEN
		RETURN format('classes %s, ignore %s: fingerprints are %s, there are %s differences, and %s back',
			classes, ignore, CASE WHEN same THEN 'equal' ELSE 'not equal' END, rows, back);
	END IF;
	RETURN NULL;
END $$;

-- Make the changes one by one, and compare before and after each, and with an
-- earlier state.  Complaints are rows; the last row tells what was done.
CREATE FUNCTION pg_temp.run(statements text[], nothing bool[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := stormdisc_schema();
	earlier jsonb := before;
	now jsonb;
	made int := 0;
	refused int := 0;
	unseen int := 0;
	compared int := 0;
	complaint text;
	changed bool;
BEGIN
	FOR i IN 1 .. array_length(statements, 1) LOOP
		BEGIN
			EXECUTE statements[i];
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
			CONTINUE;
		END;
		made := made + 1;
		now := stormdisc_schema(mode => 'atomic');
		FOR j IN 0 .. 3 LOOP
			complaint := pg_temp.complain(before, now, i * 5 + j * 3);
			IF complaint IS NULL THEN
				complaint := pg_temp.complain(earlier, now, i * 5 + j * 3);
			END IF;
			compared := compared + 2;
			IF complaint IS NOT NULL THEN
				RETURN NEXT format('%s: %s', statements[i], complaint);
			END IF;
		END LOOP;
		changed := EXISTS (SELECT FROM stormdisc_diff(before, now));
		IF nothing[i] AND changed THEN
			RETURN NEXT format('%s: changes something: %s', statements[i], (SELECT d FROM stormdisc_diff(before, now) d LIMIT 1));
		END IF;
		IF NOT nothing[i] AND NOT changed THEN
			unseen := unseen + 1;
		END IF;
		before := now;
		IF i % 10 = 0 THEN
			earlier := now;
		END IF;
	END LOOP;
	RETURN NEXT format('%s made, %s refused, %s without effect, %s comparisons', made, refused, unseen, compared);
END $$;
