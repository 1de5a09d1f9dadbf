/* limits.c: the built-in bounds, and the ceilings of those that cannot be raised. */
#include "limits.h"

#include <string.h>

static const struct smime_limits defaults = {
    .size = sizeof(struct smime_limits),
    .header_bytes = 256u << 10,
    .header_fields = 1000,
    .mime_depth = 64,
    .mime_parts = 10000,
    .layer_depth = 16,
    .asn1_depth = 64,
    .element_bytes = 256u << 10,
    .signers = 64,
    .certificates = 256,
    .digests = 64,
    .attributes = 1024,
    .recipients = 10000,
    .key_operations = 8,
    .metadata_bytes = 8u << 20,
    .expansion_ratio = 100,
    .expanded_bytes = 1u << 30,
    .spool_memory_bytes = 256u << 10,
};

static size_t pick(size_t asked, size_t builtin)
{
    return asked ? asked : builtin;
}

static size_t pick_capped(size_t asked, size_t builtin)
{
    return asked && asked < builtin ? asked : builtin;
}

void smi_limits_resolve(struct smime_limits *out, const struct smime_limits *in)
{
    struct smime_limits asked;
    memset(&asked, 0, sizeof asked);
    if (in && in->size)
        memcpy(&asked, in, in->size < sizeof asked ? in->size : sizeof asked);
    *out = defaults;
    out->header_bytes = pick(asked.header_bytes, defaults.header_bytes);
    out->header_fields = pick(asked.header_fields, defaults.header_fields);
    out->mime_depth = pick_capped(asked.mime_depth, defaults.mime_depth);
    out->mime_parts = pick(asked.mime_parts, defaults.mime_parts);
    out->layer_depth = pick_capped(asked.layer_depth, defaults.layer_depth);
    out->asn1_depth = pick_capped(asked.asn1_depth, defaults.asn1_depth);
    out->element_bytes = pick(asked.element_bytes, defaults.element_bytes);
    out->signers = pick_capped(asked.signers, defaults.signers);
    out->certificates = pick(asked.certificates, defaults.certificates);
    out->digests = pick_capped(asked.digests, defaults.digests);
    out->attributes = pick_capped(asked.attributes, defaults.attributes);
    out->recipients = pick(asked.recipients, defaults.recipients);
    out->key_operations = pick_capped(asked.key_operations, defaults.key_operations);
    out->metadata_bytes = pick(asked.metadata_bytes, defaults.metadata_bytes);
    out->expansion_ratio = pick(asked.expansion_ratio, defaults.expansion_ratio);
    out->expanded_bytes = pick(asked.expanded_bytes, defaults.expanded_bytes);
    out->spool_memory_bytes = pick(asked.spool_memory_bytes, defaults.spool_memory_bytes);
}
