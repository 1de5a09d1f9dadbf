/* civil.h: seconds since 1970-01-01T00:00:00Z and the proleptic Gregorian calendar, UTC only. */
#ifndef SMI_CIVIL_H
#define SMI_CIVIL_H

#include "slice.h"

struct smi_civil {
    int year, month, day;     /* month 1..12, day 1..31 */
    int hour, minute, second; /* second 0..60 */
};

int64_t smi_civil_to_unix(const struct smi_civil *civil);
void smi_civil_from_unix(int64_t seconds, struct smi_civil *civil);
bool smi_civil_valid(const struct smi_civil *civil);
/* "2026-11-24T20:16:00Z" into out (at least 21 octets, NUL-terminated). */
void smi_time_format(int64_t seconds, char out[32]);
/* RFC 3339 date-time or date ("2019-03-01", midnight UTC); false when it is neither. */
bool smi_time_parse(struct smi_slice text, int64_t *seconds);

#endif
