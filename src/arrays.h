/*-------------------------------------------------------------------------
 *
 * arrays.h
 *	  Arrays as parameters of statements on many rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ARRAYS_H
#define STORMDISC_ARRAYS_H

#include "utils/array.h"

extern ArrayType *sd_array_make(const Datum *values, const bool *nulls, int n,
								Oid type);
extern int sd_array_read(ArrayType *array, const char *argument, Oid type,
						 Datum **values, bool **nulls);

#endif /* STORMDISC_ARRAYS_H */
