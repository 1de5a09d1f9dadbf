/* open_cms.c: one CMS object: what the reader announces becomes layers, recipients, signers; and the
 * guard in front of the reader, which decides which failures end the operation:
 *
 * - off the chain nothing does: what cannot be read is listed and dropped;
 * - without a key, `show` and (under a signature) `verify` list the layer and go on;
 * - a second pass is asked for with SMIME_E_AGAIN;
 * - everything else travels up; open.c makes it uniform once content was being decrypted.
 */
#include <stdio.h>

#include "../base/mem.h"
#include "open.h"

struct open_cms {
    struct open_run *run;
    struct open_cms_spec spec;
    struct smi_cms_env env;
    struct smi_sink reader;
    enum smi_cms_type type;
    struct smime_layer *entry;
    bool matched; /* one of our keys fits a recipient */
    bool dead;    /* listed only: further octets are dropped */
    bool kept;    /* its result belongs to the run, which clears it */
};

static const char *const kind_names[] = {
    [SMI_CMS_UNKNOWN] = "unknown",         [SMI_CMS_DATA] = "data",
    [SMI_CMS_SIGNED] = "signed",           [SMI_CMS_ENVELOPED] = "enveloped",
    [SMI_CMS_AUTH_ENVELOPED] = "auth-enveloped", [SMI_CMS_COMPRESSED] = "compressed",
    [SMI_CMS_ENCRYPTED] = "encrypted",     [SMI_CMS_DIGESTED] = "digested",
    [SMI_CMS_AUTHENTICATED] = "authenticated", [SMI_CMS_SIGNED_AND_ENVELOPED] = "unknown",
};

int open_list_layer(struct open_run *run, const char *path, const char *kind,
                    const char *media_type, bool covered, struct smime_layer **out)
{
    struct smime_layer *layer;
    TRY(smi_report_layer(&run->op->report, &layer));
    layer->path = path;
    layer->kind = kind;
    layer->media_type = media_type;
    layer->covered = covered;
    for (const char *p = path; *p; p++)
        layer->depth += *p == '.';
    if (out)
        *out = layer;
    return 0;
}

/* -- what the reader says */

static int on_type(void *self, enum smi_cms_type type, struct smi_slice oid)
{
    struct open_cms *cms = self;
    struct open_run *run = cms->run;
    cms->type = type;
    TRY(open_list_layer(run, cms->spec.path, kind_names[type], NULL, cms->spec.on_chain,
                        &cms->entry));
    if (type == SMI_CMS_UNKNOWN || type == SMI_CMS_SIGNED_AND_ENVELOPED) {
        char text[80];
        smi_oid_text(oid, text, sizeof text);
        cms->entry->description = smi_arena_printf(&run->op->arena, "content type %s", text);
    }
    if (++run->crypto_layers > run->op->ctx->limits.layer_depth)
        return smi_fail(&run->op->diag, SMIME_E_LIMIT, cms->spec.path, SMI_NO_OFFSET, "RFC 8551 3.7",
                        "more than %zu cryptographic layers (limit layer_depth); the message is "
                        "not processed further", run->op->ctx->limits.layer_depth);
    return 0;
}

static int on_find_key(void *self, const struct smi_rid *rid, struct smi_key **key)
{
    struct open_cms *cms = self;
    const struct smime_keys *keys = cms->run->opt->keys;
    *key = NULL;
    if (!cms->spec.on_chain || !keys)
        return 0;
    for (size_t i = 0; i < keys->count; i++)
        for (size_t j = 0; j < keys->entry[i].certs.count; j++)
            if (smi_rid_matches(rid, keys->entry[i].certs.item[j])) {
                *key = keys->entry[i].key;
                cms->matched = true;
                return 0;
            }
    return 0;
}

static const char *recipient_kind(enum smi_ri_kind kind)
{
    switch (kind) {
    case SMI_RI_KTRI:
        return "key-transport";
    case SMI_RI_KARI:
        return "key-agreement";
    case SMI_RI_KEKRI:
        return "kek";
    case SMI_RI_PWRI:
        return "password";
    case SMI_RI_ORI:
    case SMI_RI_UNKNOWN:
        break;
    }
    return "other";
}

static int on_recipient(void *self, enum smi_ri_kind kind, const struct smi_rid *rid,
                        const struct smi_algid *alg, bool ours)
{
    enum { MAX_LISTED = 1000 };
    struct open_cms *cms = self;
    struct smi_report *report = &cms->run->op->report;
    if (report->recipient.count >= MAX_LISTED && !ours)
        return 0;
    struct smime_recipient *entry;
    TRY(smi_report_recipient(report, &entry));
    char name[80] = "";
    if (alg && alg->oid.len)
        smi_oid_text(alg->oid, name, sizeof name);
    struct smi_buf id;
    smi_buf_init(&id, 16u << 10);
    if (rid && smi_rid_text(&id, rid) != 0)
        smi_buf_clear(&id);
    entry->layer = cms->spec.path;
    entry->kind = recipient_kind(kind);
    entry->ours = ours;
    entry->algorithm = smi_report_text(report, smi_slice_str(name));
    entry->id = smi_report_text(report, smi_buf_slice(&id));
    smi_buf_clear(&id);
    return entry->algorithm && entry->id ? 0 : smi_fail_nomem(&cms->run->op->diag);
}

static void describe(struct open_cms *cms, const struct smi_algid *alg)
{
    char name[80];
    if (!alg || alg->oid.len == 0 || !cms->entry)
        return;
    smi_oid_text(alg->oid, name, sizeof name);
    cms->entry->algorithm = smi_arena_str(&cms->run->op->arena, smi_slice_str(name));
}

/* Puts the output of verify and decrypt at the outermost layer that answers the question. */
static int capture(struct open_run *run, bool asked, struct smi_sink *down)
{
    if (!asked || run->captured)
        return 0;
    run->captured = true;
    if (!run->tail.ops)
        return 0;
    struct smi_sink copy = smi_borrow_sink(&run->tail), tee;
    int rc = smi_tee_new(&tee, copy, *down);
    if (rc == 0)
        *down = tee;
    return rc;
}

static int on_content(void *self, struct smi_slice content_type, const struct smi_algid *alg,
                      struct smi_sink *down)
{
    struct open_cms *cms = self;
    struct open_run *run = cms->run;
    bool enveloped = cms->type == SMI_CMS_ENVELOPED || cms->type == SMI_CMS_AUTH_ENVELOPED;
    enum smime_goal goal = run->opt->goal;
    describe(cms, alg);
    if (!cms->spec.on_chain) {
        *down = smi_null_sink(NULL);
        return 0;
    }
    if (enveloped) {
        run->decrypting = run->encrypted_layer = true;
        if (cms->type == SMI_CMS_AUTH_ENVELOPED)
            run->authenticated = true;
    }
    const char *inner = smi_arena_printf(&run->op->arena, "%s.0", cms->spec.path);
    if (!inner)
        return smi_fail_nomem(&run->op->diag);
    if (smi_oid_find(content_type) == SMI_OID_DATA)
        TRY(open_layer_new(down, run, inner, true));
    else
        TRY(open_tail_new(down, run, NULL, true)); /* not MIME: MSG-009 */
    int rc = capture(run, (goal == SMIME_GOAL_VERIFY && cms->type == SMI_CMS_SIGNED) ||
                              (goal == SMIME_GOAL_DECRYPT && enveloped), down);
    if (rc != 0)
        smi_sink_free(down);
    return rc;
}

/* -- the guard */

static bool passing_fault(int rc)
{
    return rc == SMIME_E_NOMEM || rc == SMIME_E_IO || rc == SMIME_E_CANCELLED ||
           rc == SMIME_E_INTERNAL;
}

static int remember_aad(struct open_cms *cms, const struct smi_cms_result *result)
{
    struct open_hints *hints = cms->run->hints;
    if (hints->aad_count == SMI_COUNT(hints->aad))
        return SMIME_E_LIMIT;
    struct open_hint *hint = &hints->aad[hints->aad_count++];
    snprintf(hint->path, sizeof hint->path, "%s", cms->spec.path);
    smi_buf_init(&hint->auth_attrs, 0);
    return smi_buf_add(&hint->auth_attrs, result->auth_attrs);
}

/* The layer stays listed; its octets are dropped from here on. */
static int give_up(struct open_cms *cms, const char *code, const char *text)
{
    cms->dead = true;
    if (cms->spec.on_chain)
        cms->run->dead_chain = true;
    smi_diag_reset(&cms->run->op->diag);
    return smi_report_warn(&cms->run->op->report, code, cms->spec.path, "%s", text);
}

static int failed(struct open_cms *cms, int rc)
{
    struct open_run *run = cms->run;
    const struct smi_cms_result *result = smi_cms_read_result(cms->reader);
    if (rc == SMIME_E_AGAIN && result->need_rewind) {
        int hint_rc = remember_aad(cms, result);
        return hint_rc == 0 ? rc : hint_rc;
    }
    if (passing_fault(rc) || rc == SMIME_E_AGAIN)
        return rc;
    if (!cms->spec.on_chain && rc == SMIME_E_NO_KEY)
        return give_up(cms, "encrypted-part",
                       "an encrypted part that is not the whole message is not decrypted in place; "
                       "use `decrypt --part PATH` to look at it alone");
    if (!cms->spec.on_chain)
        return give_up(cms, "part-unreadable", "a cryptographic part could not be read and is "
                                               "listed only");
    bool listed = run->opt->goal == SMIME_GOAL_SHOW ||
                  (run->opt->goal == SMIME_GOAL_VERIFY && run->captured && !run->decrypting);
    if (rc == SMIME_E_NO_KEY && listed)
        return give_up(cms, "encrypted-content", "the content is encrypted and no key for it was "
                                                 "given");
    if (rc == SMIME_E_UNSUPPORTED && run->opt->goal == SMIME_GOAL_SHOW && !run->decrypting) {
        char text[sizeof run->op->diag.text];
        snprintf(text, sizeof text, "%s", run->op->diag.text);
        return give_up(cms, "not-readable", text);
    }
    return rc;
}

static int cms_write(void *self, struct smi_slice in)
{
    struct open_cms *cms = self;
    if (cms->dead)
        return 0;
    int rc = smi_sink_write(cms->reader, in);
    return rc == 0 ? 0 : failed(cms, rc);
}

static int register_signed(struct open_cms *cms, struct smi_cms_result *result)
{
    struct open_signed *s = cms->spec.signature_of;
    bool wanted_detached = s != NULL;
    if (result->signed_data->signer_count == 0)
        cms->entry->kind = "certs-only";
    if (!s)
        s = open_signed_add(cms->run, cms->spec.path, cms->spec.on_chain);
    if (!s)
        return smi_fail_nomem(&cms->run->op->diag);
    s->result = result;
    cms->kept = true;
    bool has_signers = result->signed_data->signer_count > 0;
    if (wanted_detached && !result->signed_data->detached && !s->fault)
        s->fault = "the signature part of multipart/signed carries content of its own";
    if (!wanted_detached && result->signed_data->detached && has_signers &&
        !(cms->run->raw_input && cms->run->opt->content))
        s->fault = "the signed content is absent";
    return 0;
}

static int report_leftovers(struct open_cms *cms, const struct smi_cms_result *result)
{
    struct smi_report *report = &cms->run->op->report;
    if (result->trailing_suspicious)
        TRY(smi_report_warn(report, "trailing-data", cms->spec.path,
                            "%llu octets after the CMS structure were ignored",
                            (unsigned long long)result->trailing));
    if (result->unprotected_attrs)
        TRY(smi_report_warn(report, "unprotected-attributes", cms->spec.path,
                            "unprotected attributes are present; nothing vouches for them"));
    if (result->type == SMI_CMS_DIGESTED && !result->digest_ok)
        TRY(smi_report_warn(report, "digest-mismatch", cms->spec.path,
                            "the digest of DigestedData does not fit its content"));
    return 0;
}

static int cms_end(void *self)
{
    struct open_cms *cms = self;
    if (cms->dead)
        return 0;
    int rc = smi_sink_end(cms->reader);
    if (rc != 0)
        return failed(cms, rc);
    struct smi_cms_result *result = smi_cms_read_result(cms->reader);
    describe(cms, result->type == SMI_CMS_ENVELOPED || result->type == SMI_CMS_AUTH_ENVELOPED
                      ? &result->content_alg : NULL);
    TRY(report_leftovers(cms, result));
    return result->type == SMI_CMS_SIGNED && result->signed_data ? register_signed(cms, result) : 0;
}

static void cms_abort(void *self, int why)
{
    struct open_cms *cms = self;
    if (!cms->dead)
        smi_sink_abort(cms->reader, why);
    cms->dead = true;
}

static void cms_free(void *self)
{
    struct open_cms *cms = self;
    struct smi_cms_result *result = smi_cms_read_result(cms->reader);
    smi_sink_free(&cms->reader);
    if (!cms->kept)
        smi_cms_result_clear(result);
    smi_free(cms);
}

int open_cms_new(struct smi_sink *out, struct open_run *run, const struct open_cms_spec *spec)
{
    static const struct smi_sink_ops ops = {cms_write, cms_end, cms_abort, cms_free};
    struct open_cms *cms = smi_calloc(1, sizeof *cms);
    if (!cms)
        return smi_fail_nomem(&run->op->diag);
    cms->run = run;
    cms->spec = *spec;
    struct smi_cms_env env = {run->op->ctx->crypto, &run->op->ctx->limits, &run->op->arena,
                              &run->op->diag,       spec->path,           run->op->ctx->policy};
    cms->env = env;
    struct smi_cms_handler handler = {cms, on_type, on_find_key, on_recipient, on_content};
    struct smi_cms_hints hints = {run->hints->all_digests, {NULL, 0}};
    for (size_t i = 0; i < run->hints->aad_count; i++)
        if (strcmp(run->hints->aad[i].path, spec->path) == 0)
            hints.auth_attrs = smi_buf_slice(&run->hints->aad[i].auth_attrs);
    int rc = smi_cms_read_new(&cms->reader, &cms->env, &handler, &hints);
    if (rc != 0) {
        smi_free(cms);
        return rc;
    }
    out->ops = &ops;
    out->self = cms;
    return 0;
}
