/* pki.h: may we believe it? Path to an anchor (RFC 5280, 8550), and identity. */
#ifndef SMI_PKI_H
#define SMI_PKI_H

#include "../x509/x509.h"

enum smi_purpose { SMI_PURPOSE_SIGN, SMI_PURPOSE_ENCRYPT, SMI_PURPOSE_ANY };

struct smi_path_input {
    struct smi_cert *leaf;
    const struct smi_certset *anchors;
    const struct smi_certset *const *pools; /* untrusted candidates */
    size_t pool_count;
    int64_t time;
    enum smi_purpose purpose;
    enum smime_policy policy;
};
struct smi_path_result {
    enum smime_chain chain;
    enum smime_time time;    /* of the leaf, and of its CAs */
    char reason[200];        /* one sentence when chain is not TRUSTED or time not VALID */
    struct smi_certset path; /* leaf first, as far as it was built; caller clears */
    bool weak;               /* SHA-1/MD5 signature or small key below the anchor */
};
/* libcrypto's verifier with explicit settings underneath, never its default paths; e-mail purpose
 * by our own rules: leaf EKU emailProtection/any (CERT-015), key usage by role (CERT-014, KEY-006),
 * EKU chaining on CAs (CERT-017), a self-signed certificate is trusted only when it is an anchor
 * itself (CERT-005); any certificate in anchors is an anchor, also an intermediate or a leaf
 * (partial chain). Time is judged apart: a chain that holds at a time inside the validity periods
 * is TRUSTED with time EXPIRED / NOT_YET_VALID. Depth <= 10, <= 200 signature checks (R21). */
int smi_path_check(struct smi_path_result *out, struct smi_crypto *crypto,
                   const struct smi_path_input *in);
void smi_path_result_clear(struct smi_path_result *result);

/* Identity: an address in the certificate = this addr-spec (CERT-008..012, I18N-004). */
enum smi_match {
    SMI_MATCH_NO,
    SMI_MATCH_EXACT,
    SMI_MATCH_CASE /* local part differs in ASCII case */
};
/* domain: U-labels or A-labels. NO also when memory runs out over U-labels. */
enum smi_match smi_identity_match(const struct smi_cert *cert, struct smi_slice local,
                                  struct smi_slice domain);

#endif
