/* limits.h: struct smime_limits with every 0 replaced by the built-in value. */
#ifndef SMI_LIMITS_H
#define SMI_LIMITS_H

#include <smime.h>

/* in may be NULL or of an older, smaller size. Values above a fixed bound are lowered to it. */
void smi_limits_resolve(struct smime_limits *out, const struct smime_limits *in);

#endif
