/* digest_set.c: several digests of the same octets in one pass, and the stage that feeds them. */
#include "../base/mem.h"
#include "alg.h"

int smi_digest_set_add(struct smi_digest_set *set, struct smi_crypto *crypto,
                       const struct smi_alg *alg)
{
    if (set->final)
        return SMIME_E_USAGE;
    for (size_t i = 0; i < set->count; i++)
        if (set->item[i].alg == alg)
            return 0;
    if (set->count == SMI_COUNT(set->item))
        return SMIME_E_LIMIT;
    TRY(smi_digest_new(&set->item[set->count].state, crypto, alg));
    set->item[set->count].alg = alg;
    set->item[set->count].len = 0;
    set->count++;
    return 0;
}

int smi_digest_set_update(struct smi_digest_set *set, struct smi_slice in)
{
    if (set->final)
        return SMIME_E_USAGE;
    for (size_t i = 0; i < set->count; i++)
        TRY(smi_digest_update(set->item[i].state, in));
    return 0;
}

int smi_digest_set_final(struct smi_digest_set *set)
{
    if (set->final)
        return 0;
    for (size_t i = 0; i < set->count; i++)
        TRY(smi_digest_final(set->item[i].state, set->item[i].value, &set->item[i].len));
    set->final = true;
    return 0;
}

struct smi_slice smi_digest_set_get(const struct smi_digest_set *set, const struct smi_alg *alg)
{
    for (size_t i = 0; set->final && i < set->count; i++)
        if (set->item[i].alg == alg)
            return smi_slice(set->item[i].value, set->item[i].len);
    return smi_slice(NULL, 0);
}

void smi_digest_set_clear(struct smi_digest_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        smi_digest_free(set->item[i].state);
    memset(set, 0, sizeof *set);
}

struct tee {
    struct smi_sink down;
    struct smi_digest_set *set;
};

static int tee_write(void *self, struct smi_slice in)
{
    struct tee *tee = self;
    TRY(smi_digest_set_update(tee->set, in));
    return smi_sink_write(tee->down, in);
}

static int tee_end(void *self)
{
    struct tee *tee = self;
    TRY(smi_digest_set_final(tee->set));
    return smi_sink_end(tee->down);
}

static void tee_abort(void *self, int why)
{
    struct tee *tee = self;
    smi_sink_abort(tee->down, why);
}

static void tee_free(void *self)
{
    struct tee *tee = self;
    smi_sink_free(&tee->down);
    smi_free(tee);
}

static const struct smi_sink_ops tee_ops = {tee_write, tee_end, tee_abort, tee_free};

int smi_digest_tee_new(struct smi_sink *out, struct smi_sink down, struct smi_digest_set *set)
{
    struct tee *tee = smi_calloc(1, sizeof *tee);
    if (!tee)
        return SMIME_E_NOMEM;
    tee->down = down;
    tee->set = set;
    out->ops = &tee_ops;
    out->self = tee;
    return 0;
}
