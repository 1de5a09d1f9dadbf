/* algid.c: AlgorithmIdentifier (RFC 5280 4.1.1.2).
 *
 *   AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
 */
#include "alg.h"

int smi_algid_get_tagged(struct smi_der *der, uint8_t id, struct smi_algid *out)
{
    struct smi_der next = *der, inside;
    struct smi_algid got = {0};
    const uint8_t *start = next.rest.ptr;
    TRY(smi_der_enter(&next, id, &inside));
    got.tlv = smi_slice(start, der->rest.len - next.rest.len);
    TRY(smi_der_oid(&inside, &got.oid));
    if (!smi_der_empty(&inside)) {
        uint8_t param_id;
        struct smi_slice content;
        TRY(smi_der_any(&inside, &param_id, &content, &got.params));
    }
    TRY(smi_der_end(&inside));
    *der = next;
    *out = got;
    return 0;
}

int smi_algid_get(struct smi_der *der, struct smi_algid *out)
{
    return smi_algid_get_tagged(der, SMI_ID_SEQUENCE, out);
}

bool smi_algid_params_absent_or_null(const struct smi_algid *a)
{
    return a->params.len == 0 ||
           (a->params.len == 2 && a->params.ptr[0] == SMI_ID_NULL && a->params.ptr[1] == 0);
}

/* RFC 5754 2 ALG-016 */
bool smi_algid_equal(const struct smi_algid *a, const struct smi_algid *b)
{
    if (!smi_slice_eq(a->oid, b->oid))
        return false;
    if (smi_algid_params_absent_or_null(a) && smi_algid_params_absent_or_null(b))
        return true;
    return smi_slice_eq(a->params, b->params);
}

int smi_algid_put(struct smi_buf *buf, uint8_t id, const struct smi_alg *alg,
                  struct smi_slice own_params)
{
    size_t mark;
    TRY(smi_der_open(buf, id, &mark));
    TRY(smi_der_put_oid(buf, smi_oid_der(alg->oid)));
    switch (alg->params) {
    case SMI_PARAM_ABSENT:
    case SMI_PARAM_ABSENT_OR_NULL:
        break;
    case SMI_PARAM_NULL:
        TRY(smi_der_put_null(buf)); /* RFC 3370 3.2 ALG-017 */
        break;
    case SMI_PARAM_OWN:
        if (alg->oid == SMI_OID_SHAKE256_LEN && own_params.len == 0)
            TRY(smi_der_put_uint(buf, 512)); /* RFC 8419 3.1 ALG-023 */
        else
            TRY(smi_buf_add(buf, own_params));
        break;
    }
    return smi_der_close(buf, mark);
}
