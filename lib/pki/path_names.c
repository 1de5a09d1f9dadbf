/* path_names.c: do the CAs of a path permit the mail addresses that we take from its leaf? (RFC
 * 5280 4.2.1.10, RFC 9598 6; threats 4.2)
 *
 * libcrypto's verifier has judged all names already. It does so octet by octet, though, while we
 * read addresses as mailboxes: "a"@example.com and a@example.com are one, local parts that differ
 * in case may match a From field, and a SmtpUTF8Mailbox has A-labels (RFC 9598), where libcrypto
 * expects U-labels (RFC 8398). What an excluded subtree forbids would pass in another spelling. So
 * the addresses, as we compare them, are judged once more.
 *
 * Refuses: bases that are no host, no domain and no mailbox (CERT-022), and more than 250,000
 * comparisons (R21). Known gap: libcrypto 3.0 refuses a SmtpUTF8Mailbox with A-labels below a
 * permitted domain with A-labels, and below every permitted ".domain".
 */
#include <openssl/x509v3.h>

#include "path_rules.h"

enum { COMPARES_MAX = 250000 };

static bool is_ldh(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_host(struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (!is_ldh(in.ptr[i]) &&
            (in.ptr[i] != '.' || i == 0 || i + 1 == in.len || in.ptr[i - 1] == '.'))
            return false;
    return in.len > 0;
}

/* A rfc822Name constraint: mailbox, host, or ".domain". Without octets it means every address. */
struct base {
    struct smi_slice local; /* ptr NULL: any */
    struct smi_slice host;  /* empty: any */
    bool below;             /* hosts below it, not itself */
};

static bool read_base(struct base *out, struct smi_slice in)
{
    size_t at = in.len;
    while (at > 0 && in.ptr[at - 1] != '@')
        at--;
    memset(out, 0, sizeof *out);
    if (in.len == 0)
        return true;
    if (at > 1)
        out->local = smi_slice_take(in, at - 1);
    out->host = smi_slice_skip(in, at);
    if (at == 0 && in.ptr[0] == '.') {
        out->below = true;
        out->host = smi_slice_skip(out->host, 1);
    }
    bool quoted = out->local.len && out->local.ptr[0] == '"';
    return !quoted && at != 1 && is_host(out->host);
}

static bool host_fits(const struct base *base, struct smi_slice domain)
{
    if (base->host.len == 0)
        return true;
    if (!base->below)
        return smi_slice_eq_nocase(domain, base->host);
    if (domain.len < base->host.len + 2)
        return false;
    size_t dot = domain.len - base->host.len - 1;
    return domain.ptr[dot] == '.' &&
           smi_slice_eq_nocase(smi_slice_skip(domain, dot + 1), base->host);
}

/* What is excluded is so in any case: such addresses match a From field in any case, too. */
static bool base_fits(const struct base *base, const struct smi_cert_address *address,
                      bool excluded)
{
    if (!host_fits(base, address->domain))
        return false;
    if (!base->local.ptr)
        return true;
    return excluded ? smi_slice_eq_nocase(address->local, base->local)
                    : smi_slice_eq(address->local, base->local);
}

enum fit { FIT_NONE, FIT_SOME, FIT_NO_BASES, FIT_UNCLEAR };

static enum fit find_fit(const STACK_OF(GENERAL_SUBTREE) * list,
                         const struct smi_cert_address *address, bool excluded)
{
    enum fit fit = FIT_NO_BASES;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++) {
        const GENERAL_NAME *name = sk_GENERAL_SUBTREE_value(list, i)->base;
        struct base base;
        if (name->type != GEN_EMAIL)
            continue;
        const ASN1_STRING *text = name->d.rfc822Name;
        if (!read_base(&base,
                       smi_slice(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text))))
            return FIT_UNCLEAR;
        if (base_fits(&base, address, excluded))
            return FIT_SOME;
        fit = FIT_NONE;
    }
    return fit;
}

static size_t count_of(const STACK_OF(GENERAL_SUBTREE) * list)
{
    return list ? (size_t)sk_GENERAL_SUBTREE_num(list) : 0;
}

/* NULL when all addresses are permitted, else what to say. */
static const char *judge(const NAME_CONSTRAINTS *rules, const struct smi_cert *leaf)
{
    static const char unclear[] = "meets a name constraint that cannot be judged"; /* CERT-022 */
    static const char forbidden[] =
        "holds a name that its CA may not certify (name constraints)"; /* CERT-021 I18N-005 */
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(leaf, &count, NULL);
    size_t bases = count_of(rules->permittedSubtrees) + count_of(rules->excludedSubtrees);
    if (count && bases > COMPARES_MAX / count)
        return unclear;
    for (size_t i = 0; i < count; i++) {
        enum fit allowed = find_fit(rules->permittedSubtrees, &address[i], false);
        enum fit denied = find_fit(rules->excludedSubtrees, &address[i], true);
        if (allowed == FIT_NONE || denied == FIT_SOME)
            return forbidden;
        if (allowed == FIT_UNCLEAR || denied == FIT_UNCLEAR)
            return unclear;
    }
    return NULL;
}

void smi_path_names(struct smi_path_result *out)
{
    const struct smi_certset *path = &out->path;
    for (size_t i = 1; i < path->count; i++) {
        int state = -1; /* absent; a malformed or repeated one libcrypto has refused */
        NAME_CONSTRAINTS *rules =
            X509_get_ext_d2i(smi_cert_x509(path->item[i]), NID_name_constraints, &state, NULL);
        const char *fault = rules ? judge(rules, path->item[0]) : NULL;
        NAME_CONSTRAINTS_free(rules);
        if (!rules && state != -1)
            fault = "meets a name constraint that cannot be judged";
        if (fault)
            smi_path_fault(out, SMIME_CHAIN_INVALID, path->item[0], fault);
    }
}
