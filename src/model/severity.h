/*-------------------------------------------------------------------------
 *
 * severity.h
 *	  What it takes to make a change in a database with rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef STORMDISC_SEVERITY_H
#define STORMDISC_SEVERITY_H

#include "model/canonical.h"

extern SdSeverity sd_severity_added(const SdCanonical *object,
									bool on_new_table);
extern SdSeverity sd_severity_removed(const SdCanonical *object, bool of_rows);
extern SdSeverity sd_severity_changed(const SdAttributeWord *word,
									  const SdCanonical *object,
									  const JsonbValue *old_value,
									  const JsonbValue *new_value,
									  bool of_rows);

#endif /* STORMDISC_SEVERITY_H */
