/*
 * From a send at a fixed rate to the moment a waiting consumer has the message.
 *
 *	latency stormdisc|notify rate seconds
 *
 * The connection comes from the environment.  One process sends; another waits:
 * with stormdisc_wait(), or in LISTEN on a socket.  Both have one clock.  Prints
 * the median, the 99th percentile and the maximum in milliseconds, and how many.
 */
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct Kind
{
	const char *name;
	const char *listen;  /* once, by the consumer */
	const char *send;    /* $1 data */
	const char *receive; /* data, then what acknowledge takes as $1 and $2 */
	const char *acknowledge;
	const char *wait; /* NULL: for a notification */
} Kind;

static const Kind kinds[] = {
	{"stormdisc", NULL,
	 "SELECT stormdisc_send('bench', 's', 't', $1::jsonb)",
	 "SELECT message_data ->> 'sent', id, attempt FROM stormdisc_receive('bench', 10)",
	 "SELECT stormdisc_complete('bench', $1::bigint, $2::int)",
	 "CALL stormdisc_wait('bench', interval '1 s')"},
	{"notify", "LISTEN bench",
	 "WITH sent AS (INSERT INTO lean.queue (data) VALUES ($1::jsonb)) SELECT pg_notify('bench', '')",
	 "UPDATE lean.queue SET attempt = attempt + 1, lease_until = clock_timestamp() + interval '30 s' "
	 "WHERE id = ANY (ARRAY(SELECT id FROM lean.queue WHERE lease_until <= now() ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)) "
	 "RETURNING data ->> 'sent', id, attempt",
	 "DELETE FROM lean.queue WHERE id = $1::bigint AND attempt = $2::int", NULL}};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void
fail(PGconn *conn)
{
	fprintf(stderr, "latency: %s", PQerrorMessage(conn));
	exit(1);
}

static PGconn *
connect_and_prepare(const Kind *kind)
{
	PGconn *conn = PQconnectdb("");

	if (PQstatus(conn) != CONNECTION_OK)
		fail(conn);
	PQclear(PQprepare(conn, "send", kind->send, 0, NULL));
	PQclear(PQprepare(conn, "receive", kind->receive, 0, NULL));
	PQclear(PQprepare(conn, "acknowledge", kind->acknowledge, 0, NULL));
	return conn;
}

static PGresult *
check(PGconn *conn, PGresult *result)
{
	if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
		fail(conn);
	return result;
}

static void
produce(const Kind *kind, int rate, int count)
{
	PGconn *conn = connect_and_prepare(kind);
	double start;
	int i;

	sleep(1); /* until the consumer waits */
	start = now();
	for (i = 0; i < count; i++)
	{
		double due = start + i * 1e3 / rate;
		double rest = due - now();
		char data[400];
		const char *values[] = {data};

		if (rest > 0)
			usleep(rest * 1e3);
		snprintf(data, sizeof(data), "{\"sent\": %.6f, \"payload\": \"%0150d\"}", now(), i);
		PQclear(check(conn, PQexecPrepared(conn, "send", 1, values, NULL, NULL, 0)));
	}
	PQfinish(conn);
}

static int
compare(const void *a, const void *b)
{
	double d = *(const double *) a - *(const double *) b;

	return (d > 0) - (d < 0);
}

int
main(int argc, char **argv)
{
	const Kind *kind = NULL;
	PGconn *conn;
	double *took;
	double end;
	int rate, count, got = 0;
	size_t i;

	if (argc != 4)
		return 2;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
	{
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	}
	rate = atoi(argv[2]);
	count = rate * atoi(argv[3]);
	if (kind == NULL || count < 1)
		return 2;
	took = malloc(sizeof(double) * count);

	if (fork() == 0)
	{
		produce(kind, rate, count);
		return 0;
	}

	conn = connect_and_prepare(kind);
	if (kind->listen)
		PQclear(check(conn, PQexec(conn, kind->listen)));
	end = now() + (atoi(argv[3]) + 10) * 1e3;
	while (got < count && now() < end)
	{
		PGresult *received = check(conn, PQexecPrepared(conn, "receive", 0, NULL, NULL, NULL, 0));
		double arrived = now();
		int rows = PQntuples(received);
		int row;

		for (row = 0; row < rows && got < count; row++)
		{
			const char *values[] = {PQgetvalue(received, row, 1), PQgetvalue(received, row, 2)};

			took[got++] = arrived - atof(PQgetvalue(received, row, 0));
			PQclear(check(conn, PQexecPrepared(conn, "acknowledge", 2, values, NULL, NULL, 0)));
		}
		PQclear(received);
		if (rows > 0)
			continue;
		if (kind->wait)
			PQclear(check(conn, PQexec(conn, kind->wait)));
		else
		{
			PGnotify *notification;
			bool any = false;

			while ((notification = PQnotifies(conn)) != NULL)
			{
				PQfreemem(notification);
				any = true;
			}
			if (!any)
			{
				struct pollfd fd = {PQsocket(conn), POLLIN, 0};

				poll(&fd, 1, 1000);
				PQconsumeInput(conn);
			}
		}
	}
	wait(NULL);
	if (got < count)
	{
		fprintf(stderr, "latency: %d of %d messages came\n", got, count);
		return 1;
	}
	qsort(took, got, sizeof(double), compare);
	printf("%.3f %.3f %.3f %d\n", took[got / 2], took[(int) (got * 0.99)], took[got - 1], got);
	return 0;
}
