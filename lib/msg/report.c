/* report.c: building the report in the operation's arena. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../asn1/asn1_str.h"
#include "../base/mem.h"
#include "msg.h"

enum { MAX_NOTES = 1000 };

void smi_report_init(struct smi_report *report, struct smi_arena *arena)
{
    memset(report, 0, sizeof *report);
    report->arena = arena;
    report->out.verdict = SMIME_MALFORMED;
}

/* Appends a zeroed entry of `bytes` octets to the list; NULL on exhaustion. */
static void *append(struct smi_report *report, struct smi_list *list, size_t bytes)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        void **grown = smi_arena_alloc(report->arena, cap * sizeof *grown);
        if (!grown)
            return NULL;
        if (list->count)
            memcpy(grown, list->item, list->count * sizeof *grown);
        list->item = grown;
        list->cap = cap;
    }
    void *entry = smi_arena_alloc(report->arena, bytes);
    if (entry)
        list->item[list->count++] = entry;
    return entry;
}

int smi_report_layer(struct smi_report *report, struct smime_layer **out)
{
    *out = append(report, &report->layer, sizeof **out);
    return *out ? 0 : SMIME_E_NOMEM;
}

int smi_report_signer(struct smi_report *report, struct smime_signer **out)
{
    *out = append(report, &report->signer, sizeof **out);
    if (!*out)
        return SMIME_E_NOMEM;
    (*out)->signing_time = INT64_MIN;
    return 0;
}

int smi_report_recipient(struct smi_report *report, struct smime_recipient **out)
{
    *out = append(report, &report->recipient, sizeof **out);
    return *out ? 0 : SMIME_E_NOMEM;
}

const char *smi_report_text(struct smi_report *report, struct smi_slice utf8)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    const char *text = NULL;
    if (smi_display_escape(&buf, utf8) == 0)
        text = smi_arena_str(report->arena, smi_buf_slice(&buf));
    smi_buf_clear(&buf);
    return text;
}

static int fill_note(struct smi_report *report, struct smime_note *note, const char *code,
                     const char *layer, const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    note->code = code;
    note->layer = smi_arena_str(report->arena, smi_slice_str(layer ? layer : ""));
    note->text = smi_report_text(report, smi_slice_str(text));
    if (note->layer && note->text)
        return 0;
    note->layer = note->text = "";
    return SMIME_E_NOMEM;
}

int smi_report_warn(struct smi_report *report, const char *code, const char *layer,
                    const char *format, ...)
{
    if (report->warning.count >= MAX_NOTES)
        return 0;
    struct smime_note *note = append(report, &report->warning, sizeof *note);
    if (!note)
        return SMIME_E_NOMEM;
    va_list args;
    va_start(args, format);
    int rc = fill_note(report, note, code, layer, format, args);
    va_end(args);
    return rc;
}

int smi_report_error(struct smi_report *report, const char *code, const char *layer,
                     const char *format, ...)
{
    if (report->error.count >= MAX_NOTES)
        return 0;
    struct smime_note *note = append(report, &report->error, sizeof *note);
    if (!note)
        return SMIME_E_NOMEM;
    va_list args;
    va_start(args, format);
    int rc = fill_note(report, note, code, layer, format, args);
    va_end(args);
    return rc;
}

void smi_report_seal(struct smi_report *report)
{
    report->out.layers = (const struct smime_layer *const *)report->layer.item;
    report->out.layer_count = report->layer.count;
    report->out.signers = (const struct smime_signer *const *)report->signer.item;
    report->out.signer_count = report->signer.count;
    report->out.recipients = (const struct smime_recipient *const *)report->recipient.item;
    report->out.recipient_count = report->recipient.count;
    report->out.warnings = (const struct smime_note *const *)report->warning.item;
    report->out.warning_count = report->warning.count;
    report->out.errors = (const struct smime_note *const *)report->error.item;
    report->out.error_count = report->error.count;
}

static const char *hex_text(struct smi_report *report, struct smi_slice octets)
{
    static const char digits[] = "0123456789abcdef";
    char *text = smi_arena_alloc(report->arena, octets.len * 2 + 1);
    for (size_t i = 0; text && i < octets.len; i++) {
        text[2 * i] = digits[octets.ptr[i] >> 4];
        text[2 * i + 1] = digits[octets.ptr[i] & 15];
    }
    return text;
}

static const char *name_text(struct smi_report *report, struct smi_slice name)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 64u << 10);
    const char *text = smi_name_text(&buf, name) == 0
                           ? smi_arena_str(report->arena, smi_buf_slice(&buf))
                           : smi_arena_str(report->arena, smi_slice_str("(unreadable name)"));
    smi_buf_clear(&buf);
    return text;
}

static int fill_addresses(struct smi_report *report, const struct smi_cert *cert,
                          struct smime_certificate *out)
{
    size_t count;
    const struct smi_cert_address *address = smi_cert_addresses(cert, &count, NULL);
    const char **list = smi_arena_alloc(report->arena, (count + 1) * sizeof *list);
    if (!list)
        return SMIME_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        list[i] = smi_report_text(report, smi_slice_str(address[i].addr_spec));
        if (!list[i])
            return SMIME_E_NOMEM;
    }
    out->addresses = list;
    out->address_count = count;
    return 0;
}

int smi_report_certificate(struct smi_report *report, const struct smi_cert *cert,
                           const struct smime_certificate **out)
{
    struct smime_certificate *c = smi_arena_alloc(report->arena, sizeof *c);
    if (!c)
        return SMIME_E_NOMEM;
    c->sha256 = hex_text(report, smi_slice(smi_cert_sha256(cert), 32));
    c->serial = hex_text(report, smi_cert_serial(cert));
    c->subject = name_text(report, smi_cert_subject(cert));
    c->issuer = name_text(report, smi_cert_issuer(cert));
    smi_cert_validity(cert, &c->not_before, &c->not_after);
    TRY(fill_addresses(report, cert, c));
    if (!c->sha256 || !c->serial || !c->subject || !c->issuer)
        return SMIME_E_NOMEM;
    *out = c;
    return 0;
}
