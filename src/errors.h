/*-------------------------------------------------------------------------
 *
 * errors.h
 *	  What an error means for the work around it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ERRORS_H
#define STORMDISC_ERRORS_H

extern bool sd_error_is_of_object(int sqlerrcode);

#endif /* STORMDISC_ERRORS_H */
