/* certs_public.c: sets of certificates that the caller fills (smime.h 3). A failed call leaves the
 * set as it was. */
#include "../base/mem.h"
#include "ring.h"

int smi_ring_finish(struct smime_error_info *info, struct smi_diag *diag, int rc)
{
    if (rc == SMIME_E_NOMEM)
        (void)smi_fail_nomem(diag);
    else if (rc != 0)
        (void)smi_fail(diag, rc, NULL, SMI_NO_OFFSET, NULL, "this could not be done: %s",
                       smime_error_name(rc));
    if (info)
        smi_info_from_diag(info, diag);
    return rc;
}

void smi_ring_truncate(struct smi_certset *set, size_t keep)
{
    while (set->count > keep)
        smi_cert_free(set->item[--set->count]);
}

int smi_ring_add_all(struct smi_certset *to, const struct smi_certset *from)
{
    for (size_t i = 0; i < from->count; i++)
        TRY(smi_certset_add(to, from->item[i]));
    return 0;
}

int smime_certs_new(struct smime_ctx *ctx, struct smime_certs **out)
{
    *out = NULL;
    struct smime_certs *certs = smi_calloc(1, sizeof *certs);
    if (!certs)
        return SMIME_E_NOMEM;
    certs->ctx = ctx;
    smi_diag_reset(&certs->diag);
    *out = certs;
    return 0;
}

void smime_certs_free(struct smime_certs *certs)
{
    if (!certs)
        return;
    smi_certset_clear(&certs->set);
    smi_free(certs);
}

static int add(struct smime_certs *certs, struct smi_slice data)
{
    size_t before = certs->set.count;
    int rc = smi_cert_file_read(&certs->set, certs->ctx->crypto, data, &certs->diag);
    if (rc != 0)
        smi_ring_truncate(&certs->set, before);
    return rc;
}

int smime_certs_add(struct smime_certs *certs, const void *data, size_t len,
                    struct smime_error_info *info)
{
    smi_diag_reset(&certs->diag);
    return smi_ring_finish(info, &certs->diag, add(certs, smi_slice(data, len)));
}

int smime_certs_add_file(struct smime_certs *certs, const char *path, struct smime_error_info *info)
{
    struct smi_buf data;
    smi_diag_reset(&certs->diag);
    int rc = smi_file_bytes(&data, path, &certs->diag);
    if (rc == 0)
        rc = add(certs, smi_buf_slice(&data));
    smi_buf_clear(&data);
    return smi_ring_finish(info, &certs->diag, rc);
}

size_t smime_certs_count(const struct smime_certs *certs)
{
    return certs ? certs->set.count : 0;
}
