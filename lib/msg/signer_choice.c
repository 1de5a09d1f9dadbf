/* signer_choice.c: the one key that signs, and the certificates that go along.
 *
 * It is the key whose certificate may sign, is valid now and names an address of From. Two such
 * keys are no choice for a program to make (AMBIGUOUS), none is NO_KEY, with the nearest miss in
 * the text. Enclosed are the signer's certificate, its chain without the root, and our other
 * certificates for the same address (RFC 8550 2.3, CERT-003). RSA below 2048 bits is refused (RFC
 * 8551 4.2, ALG-010). */
#include "protect.h"

enum { RSA_BITS_MIN = 2048, ENCLOSED_MAX = 64 };

struct search {
    struct smi_protect *p;
    struct smi_ring_entry *entry;
    struct smi_cert *cert;
    bool several;
    const char *miss; /* why the nearest candidate does not do; NULL: none named the address */
};

bool smi_cert_matches_any(const struct smi_cert *cert, const struct smi_mailboxes *boxes)
{
    for (size_t i = 0; i < boxes->count; i++)
        if (smi_identity_match(cert, boxes->item[i].local, boxes->item[i].domain) != SMI_MATCH_NO)
            return true;
    return false;
}

bool smi_cert_valid_at(const struct smi_cert *cert, int64_t now)
{
    int64_t not_before, not_after;
    smi_cert_validity(cert, &not_before, &not_after);
    return now >= not_before && now <= not_after;
}

static int64_t not_before(const struct smi_cert *cert)
{
    int64_t from, to;
    smi_cert_validity(cert, &from, &to);
    return from;
}

static bool can_sign(enum smi_key_type type)
{
    return type == SMI_KEY_RSA || type == SMI_KEY_RSA_PSS || type == SMI_KEY_EC ||
           type == SMI_KEY_ED25519 || type == SMI_KEY_ED448;
}

/* RFC 8550 4.4.2, 4.4.4. NULL: it may sign now. */
static const char *sign_obstacle(const struct smi_cert *cert, int64_t now)
{
    const struct smi_pubkey *key = smi_cert_pubkey(cert);
    bool present;
    unsigned usage = smi_cert_key_usage(cert, &present);
    if (!key || !can_sign(smi_pubkey_type(key)))
        return "has a key that cannot sign";
    if (present && !(usage & (SMI_KU_DIGITAL_SIGNATURE | SMI_KU_NON_REPUDIATION)))
        return "is not for signatures (keyUsage)";
    if (!smi_cert_eku_allows_email(cert))
        return "is not for e-mail (extKeyUsage)";
    if (!smi_cert_valid_at(cert, now))
        return "has expired or is not valid yet";
    return NULL;
}

static bool is_wanted(const struct smi_protect *p, const struct smi_cert *cert)
{
    if (p->opt.signer)
        return smi_certset_has(&p->opt.signer->set, cert);
    return p->from.count == 0 || smi_cert_matches_any(cert, &p->from);
}

static void consider(struct search *search, struct smi_ring_entry *entry, struct smi_cert *cert)
{
    if (!is_wanted(search->p, cert))
        return;
    const char *obstacle = sign_obstacle(cert, search->p->opt.now);
    if (obstacle) {
        search->miss = obstacle;
    } else if (!search->cert) {
        search->entry = entry;
        search->cert = cert;
    } else if (search->entry != entry) {
        search->several = true;
    } else if (not_before(cert) > not_before(search->cert)) {
        search->cert = cert; /* the key's renewed certificate */
    }
}

static int no_key(struct smi_protect *p, const struct search *search)
{
    const char *who = p->from.count ? p->from.item[0].addr_spec : "this message";
    if (p->opt.signer)
        return smi_protect_fail(p, SMIME_E_NO_KEY, NULL,
                                "the certificate chosen for signing %s; choose another",
                                search->miss ? search->miss : "belongs to no private key given");
    if (search->miss)
        return smi_protect_fail(p, SMIME_E_NO_KEY, NULL,
                                "no private key given may sign for %s: its certificate %s", who,
                                search->miss);
    return smi_protect_fail(p, SMIME_E_NO_KEY, NULL,
                            "no private key given has a certificate for %s; give the key of this "
                            "address, or name the certificate to sign with (--signer)",
                            who);
}

static bool is_small_rsa(const struct smi_key *key)
{
    return (key->type == SMI_KEY_RSA || key->type == SMI_KEY_RSA_PSS) && key->bits < RSA_BITS_MIN;
}

static int find_signer(struct smi_protect *p)
{
    const struct smime_keys *keys = p->opt.keys;
    struct search search = {.p = p};
    for (size_t i = 0; keys && i < keys->count; i++)
        for (size_t j = 0; j < keys->entry[i].certs.count; j++)
            consider(&search, &keys->entry[i], keys->entry[i].certs.item[j]);
    if (!search.cert)
        return no_key(p, &search);
    if (search.several)
        return smi_protect_fail(
            p, SMIME_E_AMBIGUOUS, NULL,
            "several private keys given may sign this message; say which by its "
            "certificate (--signer)");
    p->key = search.entry->key;
    p->cert = search.cert;
    if (is_small_rsa(p->key)) /* ALG-010 */
        return smi_protect_fail(
            p, SMIME_E_REFUSED, "RFC 8551 4.2",
            "the signing key is RSA with %u bits, which is too weak; use one of "
            "2048 bits or more",
            p->key->bits);
    return 0;
}

/* -- certificates to enclose */

static bool is_issuer(const struct smi_cert *ca, const struct smi_cert *cert)
{
    return !smi_cert_self_issued(ca) && smi_cert_is_ca(ca) &&
           smi_name_equal(smi_cert_subject(ca), smi_cert_issuer(cert));
}

static int add_issuers(struct smi_protect *p, const struct smi_certset *pool)
{
    /* The set grows while it is walked: issuers of issuers follow. */
    for (size_t i = 0; i < p->enclosed.count && p->enclosed.count < ENCLOSED_MAX; i++)
        for (size_t j = 0; j < pool->count && p->enclosed.count < ENCLOSED_MAX; j++)
            if (is_issuer(pool->item[j], p->enclosed.item[i]))
                TRY(smi_certset_add(&p->enclosed, pool->item[j]));
    return 0;
}

static int add_ours(struct smi_protect *p)
{
    const struct smime_keys *keys = p->opt.keys;
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < keys->entry[i].certs.count; j++) {
            struct smi_cert *cert = keys->entry[i].certs.item[j];
            if (p->from.count && smi_cert_matches_any(cert, &p->from) &&
                smi_cert_valid_at(cert, p->opt.now))
                TRY(smi_certset_add(&p->enclosed, cert));
        }
    return 0;
}

/* RFC 8550 2.3 CERT-003. Two rounds: a chain may lead from one pool into the other and back. */
static int enclose(struct smi_protect *p)
{
    if (smi_protect_has(p, SMIME_PROTECT_NO_CERTS))
        return 0;
    TRY(smi_certset_add(&p->enclosed, p->cert));
    TRY(add_ours(p));
    for (int round = 0; round < 2; round++) {
        TRY(add_issuers(p, &p->opt.keys->chain));
        if (p->opt.certs)
            TRY(add_issuers(p, &p->opt.certs->set));
    }
    return 0;
}

int smi_protect_path(const struct smi_protect *p, struct smi_cert *cert, enum smi_purpose purpose,
                     struct smi_path_result *out)
{
    static const struct smi_certset nothing = {.count = 0};
    const struct smi_certset *pools[2] = {p->opt.certs ? &p->opt.certs->set : &nothing,
                                          p->opt.keys ? &p->opt.keys->chain : &nothing};
    struct smi_path_input in = {cert,       &p->opt.anchors->set, pools, 2,
                                p->opt.now, purpose,              p->op->ctx->policy};
    return smi_path_check(out, p->op->ctx->crypto, &in);
}

static int warn_untrusted(struct smi_protect *p)
{
    struct smi_path_result path;
    TRY(smi_protect_path(p, p->cert, SMI_PURPOSE_SIGN, &path));
    int rc = 0;
    if (path.chain != SMIME_CHAIN_TRUSTED || path.time != SMIME_TIME_VALID)
        rc = smi_report_warn(&p->op->report, "signer-untrusted", "",
                             "your own certificate does not chain to the trust anchors given: %s",
                             path.reason);
    smi_path_result_clear(&path);
    return rc;
}

int smi_choose_signer(struct smi_protect *p)
{
    TRY(find_signer(p));
    if (p->opt.anchors)
        TRY(warn_untrusted(p));
    if (p->from.count && !smi_cert_matches_any(p->cert, &p->from))
        TRY(smi_report_warn(&p->op->report, "signer-not-from", "",
                            "the certificate chosen for signing does not name %s; recipients will "
                            "see a mismatch",
                            p->from.item[0].addr_spec));
    return enclose(p);
}
