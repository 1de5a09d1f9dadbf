/* certset.c: an ordered set of certificates. Large sets have a hash index, open addressing on the
 * first octets of the SHA-256 digest, so that 20,000 certificates cost no quadratic time. */
#include "../base/mem.h"
#include "x509.h"

enum { INDEX_FROM = 32 }; /* smaller sets are searched in order */

static size_t hash_of(const struct smi_cert *cert)
{
    size_t hash;
    memcpy(&hash, smi_cert_sha256(cert), sizeof hash);
    return hash;
}

static bool same(const struct smi_cert *a, const struct smi_cert *b)
{
    return a == b || memcmp(smi_cert_sha256(a), smi_cert_sha256(b), 32) == 0;
}

/* The slot of this certificate, or the free one where it belongs. */
static size_t find_slot(const struct smi_certset *set, const struct smi_cert *cert)
{
    size_t at = hash_of(cert) & (set->slot_count - 1);
    while (set->slot[at] && !same(set->item[set->slot[at] - 1], cert))
        at = (at + 1) & (set->slot_count - 1);
    return at;
}

bool smi_certset_has(const struct smi_certset *set, const struct smi_cert *cert)
{
    if (set->slot)
        return set->slot[find_slot(set, cert)] != 0;
    for (size_t i = 0; i < set->count; i++)
        if (same(set->item[i], cert))
            return true;
    return false;
}

/* At most half full, so that a search ends soon. */
static int make_index(struct smi_certset *set, size_t capacity)
{
    size_t slots = INDEX_FROM * 2;
    while (slots < capacity * 2)
        slots *= 2;
    uint32_t *slot = smi_calloc(slots, sizeof *slot);
    if (!slot)
        return SMIME_E_NOMEM;
    smi_free(set->slot);
    set->slot = slot;
    set->slot_count = slots;
    for (size_t i = 0; i < set->count; i++)
        slot[find_slot(set, set->item[i])] = (uint32_t)i + 1;
    return 0;
}

static int grow(struct smi_certset *set)
{
    size_t cap = set->cap ? set->cap * 2 : 8, bytes;
    if (cap > UINT32_MAX / 4 || smi_mul_overflow(cap, sizeof *set->item, &bytes))
        return SMIME_E_NOMEM;
    struct smi_cert **grown = smi_realloc(set->item, bytes);
    if (!grown)
        return SMIME_E_NOMEM;
    set->item = grown;
    if (cap >= INDEX_FROM)
        TRY(make_index(set, cap));
    set->cap = cap;
    return 0;
}

int smi_certset_add(struct smi_certset *set, struct smi_cert *cert)
{
    if (smi_certset_has(set, cert))
        return 0;
    if (set->count == set->cap)
        TRY(grow(set));
    if (set->slot)
        set->slot[find_slot(set, cert)] = (uint32_t)set->count + 1;
    set->item[set->count++] = smi_cert_ref(cert);
    return 0;
}

void smi_certset_clear(struct smi_certset *set)
{
    for (size_t i = 0; i < set->count; i++)
        smi_cert_free(set->item[i]);
    smi_free(set->item);
    smi_free(set->slot);
    memset(set, 0, sizeof *set);
}
