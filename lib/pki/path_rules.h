/* path_rules.h: what mail asks of a path beyond RFC 5280. Internal to lib/pki. */
#ifndef SMI_PATH_RULES_H
#define SMI_PATH_RULES_H

#include "pki.h"

/* Sets chain and the reason: "the certificate NAME WHAT". The first fault counts; cert may be NULL.
 */
void smi_path_fault(struct smi_path_result *out, enum smime_chain chain,
                    const struct smi_cert *cert, const char *what);
/* path_names.c: judges the leaf's mail addresses by the name constraints of the CAs above it. */
void smi_path_names(struct smi_path_result *out);
/* Applies the rules for purpose and strength, then judges time. anchored: the last certificate of
 * out->path is an anchor. */
void smi_path_rules(struct smi_path_result *out, const struct smi_path_input *in, bool anchored);

#endif
