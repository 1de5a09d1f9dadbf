/* cms_compressed_write.c: writing CompressedData (RFC 3274; CMS-014, CMS-032): zlib, id-data. */
#include "cms_content_write.h"

static int build(struct smi_buf *head, struct smi_buf *inner)
{
    const struct smi_alg *zlib = smi_alg_by_id(SMI_OID_ZLIB, SMI_ALG_COMPRESSION);
    TRY(smi_der_put_uint(head, 0));
    TRY(smi_algid_put(head, SMI_ID_SEQUENCE, zlib, smi_slice(NULL, 0)));
    return smi_der_put_oid(inner, smi_oid_der(SMI_OID_DATA));
}

int smi_compressed_write_new(struct smi_sink *out, struct smi_sink down,
                             const struct smi_cms_env *env, bool der)
{
    struct smi_buf head, inner;
    struct smi_sink content = {NULL, NULL};
    smi_buf_init(&head, 0);
    smi_buf_init(&inner, 0);
    int rc = build(&head, &inner);
    if (rc != 0) {
        rc = smi_fail_nomem(env->diag);
        goto done;
    }
    struct smi_content_write_spec spec = {.content_type = SMI_OID_COMPRESSED_DATA,
                                          .head = smi_buf_slice(&head),
                                          .inner_head = smi_buf_slice(&inner),
                                          .der = der};
    rc = smi_content_write_new(&content, down, env, &spec);
    if (rc != 0)
        goto done;
    rc = smi_deflate_new(out, content);
    if (rc != 0)
        smi_content_write_undo(&content);
done:
    smi_buf_clear(&head);
    smi_buf_clear(&inner);
    return rc;
}
