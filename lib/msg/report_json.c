/* report_json.c: the report as JSON (RFC 8259); the schema is docs/report.schema.json.
 * Writing only: strings are escaped here, numbers are integers. */
#include <inttypes.h>
#include <stdio.h>

#include "../base/civil.h"
#include "msg.h"

/* A tiny writer: knows whether a comma is due. */
struct json {
    struct smi_buf *out;
    int rc;
    bool comma;
};

static void put(struct json *j, const char *text)
{
    if (j->rc == 0)
        j->rc = smi_buf_add_str(j->out, text);
}

static void put_escaped(struct json *j, const char *text)
{
    put(j, "\"");
    for (const unsigned char *p = (const unsigned char *)text; *p && j->rc == 0; p++) {
        if (*p == '"' || *p == '\\')
            j->rc = smi_buf_printf(j->out, "\\%c", *p);
        else if (*p < 0x20)
            j->rc = smi_buf_printf(j->out, "\\u%04x", *p);
        else
            j->rc = smi_buf_add_byte(j->out, *p);
    }
    put(j, "\"");
}

static void separate(struct json *j)
{
    if (j->comma)
        put(j, ",");
    j->comma = true;
}

static void key(struct json *j, const char *name)
{
    separate(j);
    put_escaped(j, name);
    put(j, ":");
}

static void open_with(struct json *j, const char *bracket)
{
    put(j, bracket);
    j->comma = false;
}

static void close_with(struct json *j, const char *bracket)
{
    put(j, bracket);
    j->comma = true;
}

static void string(struct json *j, const char *name, const char *value)
{
    key(j, name);
    if (value)
        put_escaped(j, value);
    else
        put(j, "null");
}

static void boolean(struct json *j, const char *name, int value)
{
    key(j, name);
    put(j, value ? "true" : "false");
}

static void time_text(struct json *j, const char *name, int64_t seconds)
{
    char text[32];
    if (seconds == INT64_MIN) {
        string(j, name, NULL);
        return;
    }
    smi_time_format(seconds, text);
    string(j, name, text);
}

static void strings(struct json *j, const char *name, const char *const *list, size_t count)
{
    key(j, name);
    open_with(j, "[");
    for (size_t i = 0; i < count; i++) {
        separate(j);
        put_escaped(j, list[i]);
    }
    close_with(j, "]");
}

static void certificate(struct json *j, const struct smime_certificate *c)
{
    key(j, "certificate");
    if (!c) {
        put(j, "null");
        return;
    }
    open_with(j, "{");
    string(j, "sha256", c->sha256);
    string(j, "subject", c->subject);
    string(j, "issuer", c->issuer);
    string(j, "serial", c->serial);
    strings(j, "addresses", c->addresses, c->address_count);
    time_text(j, "not_before", c->not_before);
    time_text(j, "not_after", c->not_after);
    close_with(j, "}");
}

static void signer(struct json *j, const struct smime_signer *s)
{
    separate(j);
    open_with(j, "{");
    string(j, "layer", s->layer);
    string(j, "signature", smime_signature_name(s->signature));
    string(j, "signature_reason", s->signature_reason);
    string(j, "chain", smime_chain_name(s->chain));
    string(j, "chain_reason", s->chain_reason);
    string(j, "time", smime_time_name(s->time));
    string(j, "revocation", smime_revocation_name(s->revocation));
    string(j, "identity", smime_identity_name(s->identity));
    string(j, "algorithms", smime_strength_name(s->algorithms));
    string(j, "digest", s->digest_name);
    string(j, "signature_algorithm", s->signature_name);
    string(j, "address", s->address);
    time_text(j, "signing_time", s->signing_time);
    certificate(j, s->certificate);
    strings(j, "attributes", s->attributes, s->attribute_count);
    close_with(j, "}");
}

static void recipient(struct json *j, const struct smime_recipient *r)
{
    separate(j);
    open_with(j, "{");
    string(j, "layer", r->layer);
    string(j, "kind", r->kind);
    string(j, "id", r->id);
    string(j, "algorithm", r->algorithm);
    boolean(j, "ours", r->ours);
    close_with(j, "}");
}

static void layer(struct json *j, const struct smime_layer *l)
{
    separate(j);
    open_with(j, "{");
    string(j, "path", l->path);
    string(j, "kind", l->kind);
    string(j, "media_type", l->media_type);
    string(j, "algorithm", l->algorithm);
    string(j, "description", l->description);
    boolean(j, "covered", l->covered);
    close_with(j, "}");
}

static void notes(struct json *j, const char *name, const struct smime_note *const *list,
                  size_t count)
{
    key(j, name);
    open_with(j, "[");
    for (size_t i = 0; i < count; i++) {
        separate(j);
        open_with(j, "{");
        string(j, "code", list[i]->code);
        string(j, "layer", list[i]->layer);
        string(j, "text", list[i]->text);
        close_with(j, "}");
    }
    close_with(j, "]");
}

int smi_report_json(const struct smime_report *r, struct smi_buf *out)
{
    struct json j = {out, 0, false};
    open_with(&j, "{");
    string(&j, "verdict", smime_verdict_name(r->verdict));
    string(&j, "encrypted", smime_encryption_name(r->encrypted));
    strings(&j, "from", r->from, r->from_count);
    string(&j, "sender", r->sender);
    string(&j, "subject", r->subject);
    string(&j, "date", r->date);
    boolean(&j, "content_written", r->content_written);
    key(&j, "layers");
    open_with(&j, "[");
    for (size_t i = 0; i < r->layer_count; i++)
        layer(&j, r->layers[i]);
    close_with(&j, "]");
    key(&j, "signers");
    open_with(&j, "[");
    for (size_t i = 0; i < r->signer_count; i++)
        signer(&j, r->signers[i]);
    close_with(&j, "]");
    key(&j, "recipients");
    open_with(&j, "[");
    for (size_t i = 0; i < r->recipient_count; i++)
        recipient(&j, r->recipients[i]);
    close_with(&j, "]");
    notes(&j, "warnings", r->warnings, r->warning_count);
    notes(&j, "errors", r->errors, r->error_count);
    close_with(&j, "}");
    put(&j, "\n");
    return j.rc;
}
