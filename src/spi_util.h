/*-------------------------------------------------------------------------
 *
 * spi_util.h
 *	  SQL statements of our own, on our own tables.
 *
 * Statements are constant texts with parameters.  Each is planned once in a
 * session; the plan is kept.
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_SPI_UTIL_H
#define STORMDISC_SPI_UTIL_H

#include "executor/spi.h"
#include "tcop/dest.h"
#include "utils/jsonb.h"

/* more parameters than any of our statements has */
#define SD_MAX_PARAMETERS 16

/* a static variable of whoever runs it */
typedef struct SdStatement
{
	const char *sql;
	int nparameters;
	Oid types[SD_MAX_PARAMETERS];
	bool reads_all; /* whole relations: an index is of no use */
	SPIPlanPtr plan;
} SdStatement;

/* between sd_spi_begin() and sd_spi_end() */
typedef struct SdSpi
{
	MemoryContext context; /* the caller's, of values that are read */
	int settings_level;
	Oid user;
	int security_context;
} SdSpi;

extern void sd_spi_begin(SdSpi *spi, bool as_owner);
extern uint64 sd_spi_write(SdStatement *statement, const Datum *values,
						   const bool *nulls);
extern uint64 sd_spi_read(SdStatement *statement, const Datum *values,
						  const bool *nulls);
extern uint64 sd_spi_read_latest(SdStatement *statement, const Datum *values,
								 const bool *nulls);
extern void sd_spi_send(SdStatement *statement, const Datum *values,
						const bool *nulls, DestReceiver *receiver);
extern void sd_spi_conflict(void);
extern Portal sd_spi_open_read(SdStatement *statement, const Datum *values,
							   const bool *nulls);
extern Portal sd_spi_open(SdStatement *statement, const Datum *values,
						  const bool *nulls);
extern Portal sd_spi_open_read(SdStatement *statement, const Datum *values,
							   const bool *nulls);
extern Jsonb *sd_spi_jsonb(SdSpi *spi, uint64 row, int column);
extern Datum sd_result(uint64 row, int column, bool *isnull);
extern void sd_result_put(FunctionCallInfo fcinfo, uint64 rows);
extern void sd_spi_end(SdSpi *spi);

#endif /* STORMDISC_SPI_UTIL_H */
