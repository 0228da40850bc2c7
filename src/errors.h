/*-------------------------------------------------------------------------
 *
 * errors.h
 *	  What an error means for the work around it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_ERRORS_H
#define STORMDISC_ERRORS_H

/* SQLSTATEs of our own */
#define SD_ERRCODE_VERSION_CONFLICT MAKE_SQLSTATE('S', 'D', '0', '0', '1')
#define SD_ERRCODE_CHECKPOINT_CORRUPTED MAKE_SQLSTATE('S', 'D', '0', '0', '2')
#define SD_ERRCODE_CYCLE MAKE_SQLSTATE('S', 'D', '0', '0', '3')

/* the order is that of class_names in errors.c */
typedef enum SdErrorClass
{
	SD_ERROR_CONNECTION,
	SD_ERROR_PERMISSION,
	SD_ERROR_SYNTAX,
	SD_ERROR_TIMEOUT,
	SD_ERROR_CONFLICT,
	SD_ERROR_RESOURCE,
	SD_ERROR_OTHER
} SdErrorClass;

/* the order is that of reactions in errors.c */
typedef enum SdErrorReaction
{
	SD_REACTION_RETRY,
	SD_REACTION_WARN,
	SD_REACTION_RETRY_LONGER,
	SD_REACTION_FAIL
} SdErrorReaction;

typedef struct SdErrorMeaning
{
	const char *sqlstate; /* five characters, or the two of a class */
	SdErrorClass class;
	SdErrorReaction reaction;
	bool of_object; /* other objects can be worked on after it */
} SdErrorMeaning;

extern const SdErrorMeaning *sd_error_meaning(int sqlerrcode);
extern bool sd_error_is_of_object(int sqlerrcode);
extern ErrorData *sd_try(void (*work)(void *arg), void *arg);

#endif /* STORMDISC_ERRORS_H */
