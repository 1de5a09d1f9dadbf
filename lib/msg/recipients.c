/* recipients.c: whom a message is encrypted to (RFC 8551 3.3).
 *
 * Each address of the audience needs a certificate that names it and can be encrypted to; the
 * newest valid one is taken. Missing ones stop the work, all named in one sentence (KEY-024): a
 * message that some cannot read is no service. Without a message header each certificate given is a
 * recipient that is no CA's and none of ours. We are always a recipient ourselves. Refused: expired
 * certificates, key usage that forbids it (KEY-006), RSA below 2048 bits (ALG-012). */
#include <stdio.h>

#include "protect.h"
#include "ring.h"

enum { RSA_BITS_MIN = 2048, GAPS_BYTES = 220 };

/* What stands in the way, and of how many. */
struct gaps {
    struct smi_protect *p;
    char text[GAPS_BYTES];
    size_t used, count, listed, weak;
};

const char *smi_encrypt_obstacle(const struct smi_cert *cert, int64_t now, bool *weak)
{
    const struct smi_pubkey *key = smi_cert_pubkey(cert);
    enum smi_key_type type = key ? smi_pubkey_type(key) : SMI_KEY_UNKNOWN;
    bool rsa = type == SMI_KEY_RSA;
    bool agree = type == SMI_KEY_EC || type == SMI_KEY_X25519 || type == SMI_KEY_X448;
    bool present;
    unsigned usage = smi_cert_key_usage(cert, &present);
    *weak = false;
    if (!rsa && !agree)
        return "has a key that cannot encrypt";
    if (present && !(usage & (rsa ? SMI_KU_KEY_ENCIPHERMENT : SMI_KU_KEY_AGREEMENT)))
        return "is not for encryption (keyUsage)"; /* KEY-006 */
    if (!smi_cert_eku_allows_email(cert))
        return "is not for e-mail (extKeyUsage)";
    if (!smi_cert_valid_at(cert, now))
        return "has expired or is not valid yet";
    *weak = rsa && smi_pubkey_bits(key) < RSA_BITS_MIN;
    return *weak ? "has an RSA key below 2048 bits, which is too weak" : NULL;
}

/* -- gaps */

static int add_gap(struct gaps *gaps, const char *who, const char *why, bool weak)
{
    char one[400];
    size_t left = GAPS_BYTES - gaps->used;
    int len = snprintf(one, sizeof one, "%s%s %s", gaps->listed ? "; " : "", who, why);
    if (len > 0 && (size_t)len < sizeof one && (size_t)len < left) {
        memcpy(gaps->text + gaps->used, one, (size_t)len + 1);
        gaps->used += (size_t)len;
        gaps->listed++;
    }
    gaps->count++;
    gaps->weak += weak;
    return smi_report_error(&gaps->p->op->report, weak ? "refused" : "no-certificate", "", "%s %s",
                            who, why);
}

/* What does not fit the sentence is in the report, where each gap has an entry of its own. */
static int finish_gaps(struct gaps *gaps)
{
    char more[64] = "";
    if (gaps->count == 0)
        return 0;
    if (gaps->listed < gaps->count)
        snprintf(more, sizeof more, "%s%zu more, all in the report", gaps->listed ? "; and " : "",
                 gaps->count - gaps->listed);
    return smi_protect_fail(gaps->p, gaps->weak == gaps->count ? SMIME_E_REFUSED : SMIME_E_NO_CERT,
                            "RFC 8551 3.3", "cannot encrypt to %zu recipient%s: %s%s", gaps->count,
                            gaps->count == 1 ? "" : "s", gaps->text, more);
}

static const char *cert_label(struct smi_protect *p, const struct smi_cert *cert)
{
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, NULL);
    struct smi_buf name;
    if (count)
        return address[0].addr_spec;
    smi_buf_init(&name, 0);
    const char *text = NULL;
    if (smi_name_text(&name, smi_cert_subject(cert)) == 0)
        text = smi_arena_str(p->arena, smi_buf_slice(&name));
    smi_buf_clear(&name);
    return text ? text : "a recipient";
}

/* -- choosing */

static int64_t not_before(const struct smi_cert *cert)
{
    int64_t from, to;
    smi_cert_validity(cert, &from, &to);
    return from;
}

struct best {
    struct smi_cert *cert;
    const char *obstacle; /* of the nearest miss */
    bool weak;
};

static void consider(struct best *best, struct smi_cert *cert, int64_t now)
{
    bool weak;
    const char *obstacle = smi_encrypt_obstacle(cert, now, &weak);
    if (!obstacle && (!best->cert || not_before(cert) > not_before(best->cert)))
        best->cert = cert;
    if (obstacle && (!best->obstacle || weak)) {
        best->obstacle = obstacle;
        best->weak = weak;
    }
}

static void consider_set(struct best *best, const struct smi_certset *set,
                         const struct smi_mailbox *box, int64_t now)
{
    for (size_t i = 0; i < set->count; i++)
        if (smi_identity_match(set->item[i], box->local, box->domain) != SMI_MATCH_NO)
            consider(best, set->item[i], now);
}

static int add_address(struct smi_protect *p, struct gaps *gaps, const struct smi_mailbox *box)
{
    struct best best = {0};
    char why[120];
    if (p->opt.certs)
        consider_set(&best, &p->opt.certs->set, box, p->opt.now);
    if (p->opt.keys) /* writing to oneself */
        consider_set(&best, &p->opt.keys->chain, box, p->opt.now);
    if (best.cert)
        return smi_certset_add(&p->recipients, best.cert);
    snprintf(why, sizeof why, "(%s%s)", best.obstacle ? "the certificate " : "no certificate",
             best.obstacle ? best.obstacle : "");
    return add_gap(gaps, box->addr_spec, why, best.weak);
}

static int add_forced(struct smi_protect *p, struct gaps *gaps)
{
    const struct smime_certs *forced = p->opt.to_certs;
    for (size_t i = 0; forced && i < forced->set.count; i++) {
        bool weak;
        struct smi_cert *cert = forced->set.item[i];
        const char *obstacle = smi_encrypt_obstacle(cert, p->opt.now, &weak);
        if (obstacle)
            TRY(add_gap(gaps, cert_label(p, cert), obstacle, weak));
        else
            TRY(smi_certset_add(&p->recipients, cert));
    }
    return 0;
}

/* Certificates that only sign may lie in the pool as chain material. */
static int add_pool(struct smi_protect *p, struct gaps *gaps)
{
    for (size_t i = 0; p->opt.certs && i < p->opt.certs->set.count; i++) {
        bool weak, usable;
        struct smi_cert *cert = p->opt.certs->set.item[i];
        if (smi_cert_is_ca(cert) || smi_keys_has_cert(p->opt.keys, cert))
            continue;
        const char *obstacle = smi_encrypt_obstacle(cert, p->opt.now, &weak);
        usable = !obstacle;
        if (usable)
            TRY(smi_certset_add(&p->recipients, cert));
        else if (weak || !smi_cert_valid_at(cert, p->opt.now))
            TRY(add_gap(gaps, cert_label(p, cert), obstacle, weak));
    }
    return 0;
}

/* With trust anchors given, a recipient's certificate must chain to one (CERT-033). */
static int ask_chain(struct smi_protect *p, struct gaps *gaps, struct smi_cert *cert)
{
    struct smi_path_result path;
    char why[240];
    TRY(smi_protect_path(p, cert, SMI_PURPOSE_ENCRYPT, &path));
    bool holds = path.chain == SMIME_CHAIN_TRUSTED && path.time == SMIME_TIME_VALID;
    snprintf(why, sizeof why, "(not trusted: %s)", path.reason);
    smi_path_result_clear(&path);
    return holds ? 0 : add_gap(gaps, cert_label(p, cert), why, false);
}

/* -- ourselves (RFC 8551 3.3, MSG-020) */

static bool is_usable(const struct smi_protect *p, const struct smi_cert *cert)
{
    bool weak;
    return smi_encrypt_obstacle(cert, p->opt.now, &weak) == NULL;
}

struct smi_cert *smi_find_own(const struct smi_protect *p)
{
    const struct smime_keys *keys = p->opt.keys;
    struct best best = {0};
    if (p->cert && is_usable(p, p->cert))
        return p->cert;
    for (size_t i = 0; keys && i < keys->count; i++)
        for (size_t j = 0; j < keys->entry[i].certs.count; j++) {
            struct smi_cert *cert = keys->entry[i].certs.item[j];
            if (p->from.count == 0 || smi_cert_matches_any(cert, &p->from))
                consider(&best, cert, p->opt.now);
        }
    return best.cert;
}

static int add_own(struct smi_protect *p)
{
    p->own = smi_find_own(p);
    if (p->own)
        return smi_certset_add(&p->recipients, p->own);
    for (size_t i = 0; i < p->recipients.count; i++)
        if (smi_keys_has_cert(p->opt.keys, p->recipients.item[i]))
            return 0;
    return smi_report_warn(&p->op->report, "not-to-self", "",
                           "you cannot read this message yourself: no key with a certificate of "
                           "yours for encryption was given");
}

static int make_specs(struct smi_protect *p)
{
    p->recipient = smi_arena_alloc(p->arena, p->recipients.count * sizeof *p->recipient);
    if (!p->recipient)
        return SMIME_E_NOMEM;
    for (size_t i = 0; i < p->recipients.count; i++) {
        p->recipient[i].cert = p->recipients.item[i];
        p->recipient[i].oaep = smi_protect_has(p, SMIME_PROTECT_OAEP);
        p->recipient[i].by_ski = smi_protect_has(p, SMIME_PROTECT_SKI);
    }
    return 0;
}

int smi_choose_recipients(struct smi_protect *p)
{
    struct gaps gaps = {.p = p};
    for (size_t i = 0; i < p->audience.count; i++)
        TRY(add_address(p, &gaps, &p->audience.item[i]));
    TRY(add_forced(p, &gaps));
    if (p->bare)
        TRY(add_pool(p, &gaps));
    for (size_t i = 0; p->opt.anchors && i < p->recipients.count; i++)
        TRY(ask_chain(p, &gaps, p->recipients.item[i]));
    TRY(finish_gaps(&gaps));
    if (p->recipients.count == 0) /* KEY-024 */
        return smi_protect_fail(p, SMIME_E_NO_CERT, "RFC 8551 3.3",
                                "there is nobody to encrypt to: the message names no recipient and "
                                "no certificate of one was given (--cert, --to-cert)");
    TRY(add_own(p));
    return make_specs(p);
}
