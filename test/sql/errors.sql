--
-- stormdisc_classify_error, stormdisc_retry_delay
--
-- a code of its own, its class, and what nobody knows
SELECT code, c.*
FROM unnest('{00000,01004,02000,08000,08006,08P01,0A000,0L000,0P000,22012,23505,25006,25P02,25P03,25P04,
	26000,28P01,2BP01,2F003,3D000,3F000,40000,40001,40002,40003,40P01,42501,42601,42P01,42P07,53000,53100,
	53200,53300,53400,54001,55000,55006,55P03,57000,57014,57P01,57P02,57P03,57P04,57P05,58030,58P01,72000,
	HV000,HV00N,P0001,XX000,XX001,XX002,ZZ999}'::text[]) AS code, stormdisc_classify_error(trim(code, E' \n\t')) AS c;

-- in any case, with spaces around
SELECT (stormdisc_classify_error(E' 42p01\n')).*;
SELECT * FROM stormdisc_classify_error('xx001');
SELECT error_class FROM stormdisc_classify_error(NULL);

-- what is no SQLSTATE
SELECT * FROM stormdisc_classify_error('');
SELECT * FROM stormdisc_classify_error('4200');
SELECT * FROM stormdisc_classify_error('420011');
SELECT * FROM stormdisc_classify_error('42 01');
SELECT * FROM stormdisc_classify_error('42-01');
SELECT * FROM stormdisc_classify_error('undefined_table');

-- what is worth a retry, and nothing else, says so
SELECT reaction, retry, log_level, count(*)
FROM generate_series(0, 36 * 36 - 1) n,
	LATERAL (SELECT substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', n / 36 + 1, 1)
		|| substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', n % 36 + 1, 1)) AS class(name),
	stormdisc_classify_error(name || '000')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- after what stops everything, stormdisc itself does not go on
SELECT code, of_object
FROM unnest('{57014,57P01,53200,53100,40001,40P01,58030,XX001,25P04,42P01,XX000,55P03,54001}'::text[]) code,
	stormdisc_classify_error(code);

-- in a handler
DO $$
BEGIN
	PERFORM 1 FROM no_such_table;
EXCEPTION WHEN OTHERS THEN
	RAISE NOTICE '%', (SELECT c FROM stormdisc_classify_error(SQLSTATE) c);
END $$;

-- delays
SELECT attempt, stormdisc_retry_delay(attempt) FROM unnest('{-2147483648,0,1,2,3,9,10,2147483647}'::int[]) attempt;
SELECT attempt, stormdisc_retry_delay(attempt, '1 second', '1 minute') FROM generate_series(1, 8) attempt;
SELECT stormdisc_retry_delay(NULL), stormdisc_retry_delay(5, '0'), stormdisc_retry_delay(500, '1000 years', '1 day');
