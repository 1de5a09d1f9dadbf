/* cte.c: transfer decoding (RFC 2045 6) by the stages of lib/flow. */
#include "mime_internal.h"

int smi_cte_decode_new(struct smi_sink *out, struct smi_sink down, enum smi_cte cte)
{
    switch (cte) {
    case SMI_CTE_QP:
        return smi_qp_decode_new(out, down, NULL);
    case SMI_CTE_BASE64:
        return smi_base64_decode_new(out, down, NULL);
    case SMI_CTE_7BIT:
    case SMI_CTE_8BIT:
    case SMI_CTE_BINARY:
    case SMI_CTE_OTHER:
    default:
        *out = down;
        return 0;
    }
}
