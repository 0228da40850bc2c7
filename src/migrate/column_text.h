/*-------------------------------------------------------------------------
 *
 * column_text.h
 *	  Names of columns, as a caller writes them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_COLUMN_TEXT_H
#define STORMDISC_COLUMN_TEXT_H

extern const char *sd_skip_blanks(const char *p);
extern bool sd_take_word(const char **p, const char *word);
extern char *sd_take_name(const char **p);

#endif /* STORMDISC_COLUMN_TEXT_H */
