/* judge.c: from what was read to answers: for each signer signature, chain, time, identity and
 * algorithms apart; and the one function that computes the overall verdict. */
#include <stdio.h>

#include "../base/mem.h"
#include "open.h"

enum { MAX_CANDIDATES = 8 };

/* -- whose From */

int judge_scope_add(struct open_run *run, const char *path, const struct smi_header *header)
{
    struct smi_arena *arena = &run->op->arena;
    struct open_scope *scope = smi_arena_alloc(arena, sizeof *scope);
    if (!scope)
        return smi_fail_nomem(&run->op->diag);
    const struct smi_field *from = smi_header_find(header, "From", &scope->from_fields);
    scope->path = path;
    if (from)
        TRY(smi_addr_parse(&scope->from, from->value, arena));
    scope->next = run->scopes;
    run->scopes = scope;
    return 0;
}

static const struct open_scope *scope_of(const struct open_run *run, const char *path)
{
    const struct open_scope *best = NULL;
    for (const struct open_scope *s = run->scopes; s; s = s->next) {
        size_t len = strlen(s->path);
        bool inside = strncmp(path, s->path, len) == 0 && (path[len] == 0 || path[len] == '.');
        if (inside && (!best || len > strlen(best->path)))
            best = s;
    }
    return best;
}

static bool scope_usable(const struct open_scope *scope)
{
    return scope->from_fields == 1 && !scope->from.malformed && scope->from.count > 0;
}

/* -- identity (CERT-008..012, R15) */

struct identity {
    enum smime_identity value;
    bool case_only;
};

static enum smi_match match_mailbox(const struct smi_cert *cert, const struct smi_mailbox *mailbox)
{
    struct smi_buf domain;
    smi_buf_init(&domain, 1024);
    enum smi_match match = SMI_MATCH_NO;
    if (smi_domain_to_ascii(&domain, mailbox->domain) == 0)
        match = smi_identity_match(cert, mailbox->local, smi_buf_slice(&domain));
    smi_buf_clear(&domain);
    return match;
}

/* The address of the certificate that is this mailbox, or NULL. */
static struct identity identity_of(struct open_run *run, const struct open_scope *scope,
                                   const struct smi_cert *cert)
{
    struct identity id = {SMIME_ID_UNCHECKED, false};
    size_t count;
    smi_cert_addresses(cert, &count, NULL);
    if ((run->opt->flags & SMIME_OPEN_NO_IDENTITY) || !scope || scope->from_fields == 0)
        return id;
    id.value = count ? SMIME_ID_MISMATCH : SMIME_ID_NONE;
    if (!scope_usable(scope)) {
        id.value = SMIME_ID_MISMATCH;
        return id;
    }
    for (size_t i = 0; i < scope->from.count; i++) {
        enum smi_match match = match_mailbox(cert, &scope->from.item[i]);
        if (match == SMI_MATCH_EXACT) {
            id.value = SMIME_ID_MATCH;
            id.case_only = false;
            return id;
        }
        if (match == SMI_MATCH_CASE && run->op->ctx->policy != SMIME_POLICY_STRICT) {
            id.value = SMIME_ID_MATCH;
            id.case_only = true;
        }
    }
    return id;
}

/* -- one signer */

struct candidate {
    struct smi_cert *cert;
    struct smi_signer_result result;
    struct smi_path_result path;
    bool verified;
};

static int check_path(struct open_run *run, struct open_signed *s, struct smi_cert *leaf,
                      struct smi_path_result *out)
{
    static const struct smi_certset nothing = {.count = 0};
    const struct smime_open_options *opt = run->opt;
    const struct smi_certset *pools[3] = {&s->result->signed_data->certs,
                                          opt->certs ? &opt->certs->set : &nothing,
                                          opt->keys ? &opt->keys->chain : &nothing};
    struct smi_path_input in = {leaf, opt->anchors ? &opt->anchors->set : &nothing, pools, 3,
                                opt->now, SMI_PURPOSE_SIGN, run->op->ctx->policy};
    return smi_path_check(out, run->op->ctx->crypto, &in);
}

static bool better(const struct smi_path_result *a, const struct smi_path_result *b)
{
    if ((a->chain == SMIME_CHAIN_TRUSTED) != (b->chain == SMIME_CHAIN_TRUSTED))
        return a->chain == SMIME_CHAIN_TRUSTED;
    return a->time == SMIME_TIME_VALID && b->time != SMIME_TIME_VALID;
}

/* Tries one certificate; keeps it in *best if it is the first, or verifies and chains better. */
static int try_certificate(struct open_run *run, struct open_signed *s,
                           const struct smi_signer_info *signer,
                           const struct smi_digest_set *digests, const struct smi_cms_env *env,
                           struct smi_cert *cert, struct candidate *best)
{
    struct candidate now = {cert, {0}, {0}, false};
    TRY(smi_signer_verify(&now.result, s->result->signed_data, signer, cert, digests, env));
    now.verified = now.result.state == SMI_SIGNER_VALID;
    if (best->cert && (best->verified || !now.verified)) {
        if (!now.verified)
            return 0;
    }
    TRY(check_path(run, s, cert, &now.path));
    if (best->cert && best->verified && !better(&now.path, &best->path)) {
        smi_path_result_clear(&now.path);
        return 0;
    }
    smi_path_result_clear(&best->path);
    *best = now;
    return 0;
}

/* The certificate that could have issued cert, by name; NULL: none. */
static struct smi_cert *find_issuer(const struct smi_certset *const *sets, size_t count,
                                    const struct smi_cert *cert)
{
    struct smi_slice name = smi_cert_issuer_canonical(cert);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; sets[i] && j < sets[i]->count; j++)
            if (sets[i]->item[j] != cert &&
                smi_slice_eq(smi_cert_subject_canonical(sets[i]->item[j]), name))
                return sets[i]->item[j];
    return NULL;
}

/* DSA parameters may be left to the issuer's certificate, and by that to its own (RFC 3279 2.3.2, RFC
 * 4134 4.6): read under the historic policy only. *cert is replaced where that gives a key. */
static int inherit_key(struct open_run *run, const struct smi_certset *const *sets, size_t count,
                       struct smi_cert **cert)
{
    enum { MAX_UP = 4 };
    struct smi_cert *way[MAX_UP + 1] = {*cert};
    size_t up = 0;
    if (run->op->ctx->policy != SMIME_POLICY_HISTORIC)
        return 0;
    while (way[up] && !smi_cert_pubkey(way[up]) && up < MAX_UP) {
        way[up + 1] = find_issuer(sets, count, way[up]);
        up++;
    }
    for (; up > 0 && way[up]; up--) { /* from the one that has parameters down to ours */
        struct smi_cert *whole;
        int rc = smi_cert_new_inheriting(&whole, run->op->ctx->crypto, way[up - 1], way[up]);
        if (rc != 0)
            return rc == SMIME_E_UNSUPPORTED ? 0 : rc;
        rc = smi_certset_add(&run->inherited, whole);
        for (size_t k = 0; k < run->inherited.count; k++) /* or one of the same octets */
            if (smi_slice_eq(smi_cert_der(run->inherited.item[k]), smi_cert_der(whole)))
                way[up - 1] = run->inherited.item[k];
        smi_cert_free(whole);
        TRY(rc);
        if (up == 1)
            *cert = way[0];
    }
    return 0;
}

static int find_certificate(struct open_run *run, struct open_signed *s,
                            const struct smi_signer_info *signer,
                            const struct smi_digest_set *digests, const struct smi_cms_env *env,
                            struct candidate *best)
{
    const struct smime_open_options *opt = run->opt;
    const struct smi_certset *sets[3] = {&s->result->signed_data->certs,
                                         opt->certs ? &opt->certs->set : NULL,
                                         opt->anchors ? &opt->anchors->set : NULL};
    size_t tried = 0;
    memset(best, 0, sizeof *best);
    for (size_t i = 0; i < SMI_COUNT(sets); i++)
        for (size_t j = 0; sets[i] && j < sets[i]->count && tried < MAX_CANDIDATES; j++) {
            struct smi_cert *cert = sets[i]->item[j];
            if (!smi_rid_matches(&signer->sid, cert) || (best->cert == cert))
                continue;
            tried++;
            TRY(inherit_key(run, sets, SMI_COUNT(sets), &cert));
            TRY(try_certificate(run, s, signer, digests, env, cert, best));
        }
    return 0;
}

/* Without a certificate the digest can still tell that the content was altered. */
static bool digest_differs(const struct smi_signer_info *signer, const struct smi_digest_set *digests)
{
    const struct smi_alg *alg = smi_alg_by_oid(signer->digest.oid, SMI_ALG_DIGEST);
    struct smi_slice value = alg ? smi_digest_set_get(digests, alg) : smi_slice(NULL, 0);
    return value.len && signer->message_digest.ptr && !smi_slice_eq(value, signer->message_digest);
}

static int list_attributes(struct smi_report *report, const struct smi_signer_info *signer,
                           struct smime_signer *out)
{
    const char **list = smi_arena_alloc(report->arena, (signer->attrs.count + 1) * sizeof *list);
    if (!list)
        return SMIME_E_NOMEM;
    for (size_t i = 0; i < signer->attrs.count; i++) {
        char text[80];
        smi_oid_text(signer->attrs.item[i].oid, text, sizeof text);
        list[i] = smi_arena_str(report->arena, smi_slice_str(text));
        if (!list[i])
            return SMIME_E_NOMEM;
    }
    out->attributes = list;
    out->attribute_count = signer->attrs.count;
    return 0;
}

static int name_algorithms(struct smi_report *report, const struct smi_signer_info *signer,
                           const struct smi_signer_result *result, struct smime_signer *out)
{
    char digest[80], scheme[80];
    const struct smi_alg *alg = smi_alg_by_oid(signer->digest.oid, SMI_ALG_DIGEST);
    smi_oid_text(signer->digest.oid, digest, sizeof digest);
    smi_oid_text(signer->signature_alg.oid, scheme, sizeof scheme);
    out->digest_name = alg ? alg->name : smi_arena_str(report->arena, smi_slice_str(digest));
    out->signature_name = result->params.scheme
                              ? result->params.scheme->name
                              : smi_arena_str(report->arena, smi_slice_str(scheme));
    return out->digest_name && out->signature_name ? 0 : SMIME_E_NOMEM;
}

/* The address to show: the one that matches From, else the certificate's first. */
static const char *address_to_show(struct open_run *run, const struct open_scope *scope,
                                   const struct smi_cert *cert)
{
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, NULL);
    const char *text = count ? address[0].addr_spec : NULL;
    for (size_t i = 0; scope && i < count; i++)
        for (size_t j = 0; j < scope->from.count; j++)
            if (smi_slice_eq(address[i].local, scope->from.item[j].local) &&
                smi_slice_eq_nocase(address[i].domain, scope->from.item[j].domain))
                text = address[i].addr_spec;
    return text ? smi_report_text(&run->op->report, smi_slice_str(text)) : NULL;
}

static int fill_from_candidate(struct open_run *run, const struct open_scope *scope,
                               const struct candidate *best, struct smime_signer *out)
{
    struct smi_report *report = &run->op->report;
    TRY(smi_report_certificate(report, best->cert, &out->certificate));
    out->address = address_to_show(run, scope, best->cert);
    out->chain = best->path.chain;
    out->time = best->path.time;
    if (best->path.reason[0] &&
        (out->chain != SMIME_CHAIN_TRUSTED || out->time != SMIME_TIME_VALID))
        out->chain_reason = smi_report_text(report, smi_slice_str(best->path.reason));
    struct identity id = identity_of(run, scope, best->cert);
    out->identity = id.value;
    if (id.case_only)
        TRY(smi_report_warn(report, "address-case", out->layer,
                            "the signer's address differs from From in upper and lower case only"));
    if (best->path.weak && out->algorithms == SMIME_ALG_OK)
        out->algorithms = SMIME_ALG_WEAK;
    return 0;
}

/* Of an invalid signature too: what its algorithms would be worth. */
static enum smime_strength strength_of(const struct candidate *best)
{
    const struct smi_signer_result *r = &best->result;
    if (!best->cert)
        return SMIME_ALG_OK;
    if (r->state == SMI_SIGNER_VALID || r->state == SMI_SIGNER_UNSUPPORTED)
        return r->strength;
    const struct smi_pubkey *key = smi_cert_pubkey(best->cert);
    return r->params.scheme && key ? smi_sig_strength(key, &r->params) : SMIME_ALG_OK;
}

static void fill_signature(const struct open_signed *s, const struct smi_signer_info *signer,
                           const struct smi_digest_set *digests, const struct candidate *best,
                           struct smime_signer *out)
{
    out->algorithms = strength_of(best);
    out->signature = SMIME_SIG_INVALID;
    if (s->fault)
        out->signature_reason = s->fault;
    else if (!best->cert && signer->attrs_fault)
        out->signature_reason = signer->attrs_fault;
    else if (!best->cert && digest_differs(signer, digests))
        out->signature_reason = "the content was altered: its digest differs from the signed one";
    else if (!best->cert) {
        out->signature = SMIME_SIG_UNSUPPORTED;
        out->chain = SMIME_CHAIN_INCOMPLETE;
        out->signature_reason = "the signer's certificate is not in the message; give it with --cert";
    } else if (best->result.state == SMI_SIGNER_VALID) {
        out->signature = SMIME_SIG_VALID;
    } else {
        if (best->result.state == SMI_SIGNER_UNSUPPORTED)
            out->signature = SMIME_SIG_UNSUPPORTED;
        out->signature_reason = best->result.reason
                                    ? best->result.reason
                                    : "the signature does not fit the signer's key";
    }
}

static const struct smi_digest_set *digests_of(const struct open_signed *s)
{
    return s->detached ? &s->digests : &s->result->signed_data->digests;
}

static int judge_signer(struct open_run *run, struct open_signed *s,
                        const struct smi_signer_info *signer, bool *need_digests)
{
    struct smi_report *report = &run->op->report;
    struct smi_cms_env env = {run->op->ctx->crypto, &run->op->ctx->limits, &run->op->arena,
                              NULL,                 s->path,              run->op->ctx->policy};
    const struct open_scope *scope = scope_of(run, s->path);
    const struct smi_digest_set *digests = digests_of(s);
    struct candidate best;
    int rc = find_certificate(run, s, signer, digests, &env, &best);
    if (rc == 0 && best.cert && best.result.state == SMI_SIGNER_NEED_DIGEST)
        *need_digests = !run->hints->all_digests;
    struct smime_signer *out = NULL;
    if (rc == 0)
        rc = smi_report_signer(report, &out);
    if (rc == 0) {
        out->layer = s->path;
        out->chain = SMIME_CHAIN_UNTRUSTED;
        out->revocation = SMIME_REV_NOT_CHECKED;
        out->identity = SMIME_ID_UNCHECKED;
        out->signing_time = signer->signing_time;
        fill_signature(s, signer, digests, &best, out);
        rc = name_algorithms(report, signer, &best.result, out);
    }
    if (rc == 0)
        rc = list_attributes(report, signer, out);
    if (rc == 0 && best.cert)
        rc = fill_from_candidate(run, scope, &best, out);
    if (rc == 0 && best.cert && best.result.received_order)
        rc = smi_report_warn(report, "attributes-order", s->path,
                             "the signed attributes are not in DER order; the signature fits them as "
                             "received");
    smi_path_result_clear(&best.path);
    return rc;
}

int judge_signed(struct open_run *run, struct open_signed *s, bool *need_digests)
{
    if (!s->result) {
        if (!s->fault)
            s->fault = "the signature part could not be read";
        return 0;
    }
    struct smi_cms_signed *data = s->result->signed_data;
    if (s->prefix && smi_content_is_attrs_shaped(smi_slice(s->prefix, s->prefix_len)))
        data->attrs_shaped = "the content has the form of signed attributes (RFC 5652 11, R4)";
    for (size_t i = 0; i < data->signer_count; i++)
        TRY(judge_signer(run, s, &data->signer[i], need_digests));
    return 0;
}

/* -- the overall verdict */

static bool signer_holds(const struct open_run *run, const struct smime_signer *s)
{
    bool revocation = run->opt->revocation != SMIME_REVOCATION_HARD ||
                      s->revocation == SMIME_REV_GOOD;
    return s->signature == SMIME_SIG_VALID && s->chain == SMIME_CHAIN_TRUSTED &&
           s->time == SMIME_TIME_VALID && revocation && s->revocation != SMIME_REV_REVOKED &&
           s->algorithms == SMIME_ALG_OK &&
           (s->identity == SMIME_ID_MATCH || s->identity == SMIME_ID_UNCHECKED);
}

static bool addresses_have(const struct smime_certificate *c, const struct smi_mailbox *mailbox)
{
    for (size_t i = 0; c && i < c->address_count; i++)
        if (smi_slice_eq_nocase(smi_slice_str(c->addresses[i]), smi_slice_str(mailbox->addr_spec)))
            return true;
    return false;
}

/* A trusted signer for each mailbox of From (R15); one mailbox: identity has said it all. */
static bool every_from_signed(const struct open_run *run)
{
    const struct smi_report *report = &run->op->report;
    const struct open_scope *scope = scope_of(run, "0");
    if (!scope || scope->from.count < 2 || (run->opt->flags & SMIME_OPEN_NO_IDENTITY))
        return true;
    for (size_t i = 0; i < scope->from.count; i++) {
        bool found = false;
        for (size_t j = 0; j < report->signer.count; j++) {
            const struct smime_signer *s = report->signer.item[j];
            found = found || (signer_holds(run, s) &&
                              addresses_have(s->certificate, &scope->from.item[i]));
        }
        if (!found)
            return false;
    }
    return true;
}

enum smime_verdict judge_overall(struct open_run *run)
{
    const struct smi_report *report = &run->op->report;
    bool any_chain = false, any_part = false, good = true;
    for (const struct open_signed *s = run->signed_first; s; s = s->next) {
        bool has_signers = s->result && s->result->signed_data->signer_count > 0;
        if (s->fault && (has_signers || !s->result))
            return SMIME_BAD;
        any_chain = any_chain || (s->on_chain && has_signers);
        any_part = any_part || (!s->on_chain && has_signers);
    }
    for (size_t i = 0; i < report->signer.count; i++) {
        const struct smime_signer *s = report->signer.item[i];
        if (s->signature == SMIME_SIG_INVALID)
            return SMIME_BAD;
        good = good && signer_holds(run, s);
    }
    if (any_chain)
        return good && every_from_signed(run) ? SMIME_GOOD : SMIME_INTACT;
    return any_part ? SMIME_PARTIAL : SMIME_UNSIGNED;
}
