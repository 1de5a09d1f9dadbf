/* names.c: the stable words of the JSON form (docs/report.schema.json). */
#include "msg.h"

static const char *pick(const char *const *names, size_t count, unsigned value)
{
    return value < count ? names[value] : "unknown";
}

const char *smime_error_name(int code)
{
    static const char *const names[] = {
        "ok",         "usage",   "out-of-memory", "io",     "limit",     "malformed",
        "unsupported", "no-key", "undecryptable", "no-certificate", "refused", "password",
        "crypto",     "again",   "cancelled",     "ambiguous",      "internal"};
    return code <= 0 && code > -100 ? pick(names, SMI_COUNT(names), (unsigned)-code) : "unknown";
}

const char *smime_verdict_name(enum smime_verdict v)
{
    static const char *const names[] = {"good",     "intact",        "bad",      "partial",
                                        "unsigned", "undecryptable", "malformed"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_encryption_name(enum smime_encryption v)
{
    static const char *const names[] = {"no", "authenticated", "unauthenticated"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_signature_name(enum smime_signature v)
{
    static const char *const names[] = {"valid", "invalid", "unsupported"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_chain_name(enum smime_chain v)
{
    static const char *const names[] = {"trusted", "pinned", "untrusted", "incomplete", "invalid"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_time_name(enum smime_time v)
{
    static const char *const names[] = {"valid", "expired", "not-yet-valid"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_revocation_name(enum smime_revocation v)
{
    static const char *const names[] = {"good", "revoked", "unknown", "not-checked"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_identity_name(enum smime_identity v)
{
    static const char *const names[] = {"match", "mismatch", "none", "unchecked"};
    return pick(names, SMI_COUNT(names), v);
}

const char *smime_strength_name(enum smime_strength v)
{
    static const char *const names[] = {"ok", "weak", "refused"};
    return pick(names, SMI_COUNT(names), v);
}
