/*-------------------------------------------------------------------------
 *
 * arrays.c
 *	  Arrays as parameters of statements on many rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/lsyscache.h"

#include "arrays.h"

/*
 * sd_array_make
 *		An array of one dimension, in the current memory context.
 *
 * nulls may be left out if there are none.
 */
ArrayType *
sd_array_make(const Datum *values, const bool *nulls, int n, Oid type)
{
	int16 length;
	bool by_value;
	char align;
	int lower = 1;

	get_typlenbyvalalign(type, &length, &by_value, &align);

	return construct_md_array(unconstify(Datum *, values),
							  unconstify(bool *, nulls), 1, &n, &lower, type,
							  length, by_value, align);
}

/*
 * sd_array_read
 *		The elements of an argument; how many.
 *
 * Raises 22023 if it has more than one dimension.
 */
int
sd_array_read(ArrayType *array, const char *argument, Oid type, Datum **values,
			  bool **nulls)
{
	int16 length;
	bool by_value;
	char align;
	int n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("argument \"%s\" must be an array of one dimension",
					   argument));
	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(array, type, length, by_value, align, values, nulls, &n);

	return n;
}
