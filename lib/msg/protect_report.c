/* protect_report.c: what was made, in the terms of the report: layers, signer, recipients. */
#include "protect.h"

static int add_layer(struct smi_protect *p, unsigned depth, const char *kind, const char *algorithm,
                     const char *description)
{
    static const char *const paths[] = {"0", "0.0", "0.0.0"};
    struct smime_layer *layer;
    TRY(smi_report_layer(&p->op->report, &layer));
    layer->path = paths[depth < 3 ? depth : 2];
    layer->depth = depth;
    layer->kind = kind;
    layer->algorithm = algorithm;
    layer->description = description;
    layer->covered = 1;
    return 0;
}

static int add_content(struct smi_protect *p, unsigned depth)
{
    const struct smi_ctype *ctype = &p->look->ctype;
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc = smi_buf_add(&text, ctype->type);
    if (rc == 0)
        rc = smi_buf_add_str(&text, "/");
    if (rc == 0)
        rc = smi_buf_add(&text, ctype->subtype);
    const char *type = rc == 0 ? smi_report_text(&p->op->report, smi_buf_slice(&text)) : NULL;
    smi_buf_clear(&text);
    if (!type)
        return SMIME_E_NOMEM;
    TRY(add_layer(p, depth, "mime", NULL, "the content"));
    struct smime_layer *layer = p->op->report.layer.item[p->op->report.layer.count - 1];
    layer->media_type = type;
    return 0;
}

static int add_layers(struct smi_protect *p)
{
    unsigned depth = 0;
    if (smi_protect_has(p, SMIME_PROTECT_ENCRYPT)) {
        bool aead = p->cipher->kind == SMI_ALG_AEAD;
        TRY(add_layer(p, depth++, aead ? "auth-enveloped" : "enveloped", p->cipher->name,
                      aead ? "encrypted and authenticated" : "encrypted"));
        p->op->report.out.encrypted = aead ? SMIME_AUTHENTICATED : SMIME_UNAUTHENTICATED;
    }
    if (smi_protect_has(p, SMIME_PROTECT_SIGN))
        TRY(add_layer(p, depth++, "signed", p->sig.digest->name,
                      smi_protect_has(p, SMIME_PROTECT_OPAQUE) ? "opaque signature"
                                                               : "detached signature"));
    return add_content(p, depth);
}

static int add_signer(struct smi_protect *p)
{
    struct smime_signer *signer;
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(p->cert, &count, NULL);
    TRY(smi_report_signer(&p->op->report, &signer));
    signer->layer = smi_protect_has(p, SMIME_PROTECT_ENCRYPT) ? "0.0" : "0";
    signer->chain = SMIME_CHAIN_UNTRUSTED;
    signer->chain_reason = "not asked when signing";
    signer->revocation = SMIME_REV_NOT_CHECKED;
    signer->identity = p->from.count == 0                        ? SMIME_ID_UNCHECKED
                       : smi_cert_matches_any(p->cert, &p->from) ? SMIME_ID_MATCH
                       : count                                   ? SMIME_ID_MISMATCH
                                                                 : SMIME_ID_NONE;
    signer->digest_name = p->sig.digest->name;
    signer->signature_name = p->sig.scheme->name;
    signer->signing_time = p->opt.now;
    if (count)
        signer->address = smi_report_text(&p->op->report, smi_slice_str(address[0].addr_spec));
    return smi_report_certificate(&p->op->report, p->cert, &signer->certificate);
}

static int recipient_id(struct smi_protect *p, const struct smi_cert *cert, const char **out)
{
    struct smi_rid rid = {smi_protect_has(p, SMIME_PROTECT_SKI), smi_cert_issuer(cert),
                          smi_cert_serial(cert), smi_cert_ski(cert)};
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc = smi_rid_text(&text, &rid);
    *out = rc == 0 ? smi_report_text(&p->op->report, smi_buf_slice(&text)) : NULL;
    smi_buf_clear(&text);
    return *out ? 0 : SMIME_E_NOMEM;
}

static int add_recipient(struct smi_protect *p, struct smi_cert *cert)
{
    struct smime_recipient *recipient;
    bool rsa = smi_pubkey_type(smi_cert_pubkey(cert)) == SMI_KEY_RSA;
    TRY(smi_report_recipient(&p->op->report, &recipient));
    recipient->layer = "0";
    recipient->kind = rsa ? "key-transport" : "key-agreement";
    recipient->algorithm = !rsa                                     ? "ecdh"
                           : smi_protect_has(p, SMIME_PROTECT_OAEP) ? "rsa-oaep"
                                                                    : "rsa-pkcs1";
    recipient->ours = cert == p->own;
    return recipient_id(p, cert, &recipient->id);
}

int smi_protect_report_head(struct smi_protect *p)
{
    struct smi_report *report = &p->op->report;
    const struct smi_field *subject = smi_header_find(&p->look->header, "Subject", NULL);
    const struct smi_field *date = smi_header_find(&p->look->header, "Date", NULL);
    const char **from = smi_arena_alloc(p->arena, (p->from.count + 1) * sizeof *from);
    if (!from)
        return SMIME_E_NOMEM;
    for (size_t i = 0; i < p->from.count; i++)
        from[i] = p->from.item[i].addr_spec;
    report->out.from = from;
    report->out.from_count = p->from.count;
    if (subject)
        report->out.subject = smi_field_text(subject, p->arena);
    if (date)
        report->out.date = smi_field_text(date, p->arena);
    return 0;
}

int smi_protect_report(struct smi_protect *p)
{
    TRY(add_layers(p));
    if (smi_protect_has(p, SMIME_PROTECT_SIGN))
        TRY(add_signer(p));
    for (size_t i = 0; i < p->recipients.count; i++)
        TRY(add_recipient(p, p->recipients.item[i]));
    return 0;
}
