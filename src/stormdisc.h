/*-------------------------------------------------------------------------
 *
 * stormdisc.h
 *	  The extension's settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_H
#define STORMDISC_H

/* stormdisc.schemas: the schemas that are discovered by default; '' is all */
extern char *sd_setting_schemas;

#endif /* STORMDISC_H */
