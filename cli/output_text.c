/* output_text.c: the report for people. */
#include "output_text.h"

#include <string.h>
#include <time.h>

#include "say.h"

static const char *signer_name(const struct smime_signer *s)
{
    if (s->address)
        return s->address;
    if (s->certificate && s->certificate->subject && *s->certificate->subject)
        return s->certificate->subject;
    return "an unknown signer";
}

/* What keeps this signer from being good, in words; NULL when nothing does. */
static const char *doubt_of(const struct smime_signer *s)
{
    if (s->signature == SMIME_SIG_INVALID)
        return "the signature is invalid";
    if (s->signature == SMIME_SIG_UNSUPPORTED)
        return "the signature's algorithm is not supported";
    if (s->revocation == SMIME_REV_REVOKED)
        return "the certificate is revoked";
    if (s->chain == SMIME_CHAIN_UNTRUSTED)
        return "no trusted authority issued the certificate";
    if (s->chain == SMIME_CHAIN_INCOMPLETE)
        return "an issuer's certificate is missing";
    if (s->chain == SMIME_CHAIN_PINNED)
        return "the certificate is only known from earlier messages";
    if (s->chain == SMIME_CHAIN_INVALID)
        return "the certificate does not hold";
    if (s->time == SMIME_TIME_EXPIRED)
        return "the certificate has expired";
    if (s->time == SMIME_TIME_NOT_YET_VALID)
        return "the certificate is not yet valid";
    if (s->identity == SMIME_ID_MISMATCH)
        return "the signer is not the author in From";
    if (s->identity == SMIME_ID_NONE)
        return "the certificate names no address";
    if (s->algorithms == SMIME_ALG_WEAK)
        return "the algorithms are weak";
    if (s->algorithms == SMIME_ALG_REFUSED)
        return "the policy refuses the algorithms";
    return NULL;
}

static const char *first_doubt(const struct smime_report *r)
{
    for (size_t i = 0; i < r->signer_count; i++) {
        const char *doubt = doubt_of(r->signers[i]);
        if (doubt)
            return doubt;
    }
    for (size_t i = 0; i < r->signer_count; i++) {
        if (r->signers[i]->revocation != SMIME_REV_GOOD)
            return "revocation could not be checked";
    }
    return "see below";
}

static void put_signers(FILE *out, const struct smime_report *r)
{
    for (size_t i = 0; i < r->signer_count; i++)
        fprintf(out, "%s%s", i ? ", " : "", signer_name(r->signers[i]));
}

static void put_first_line(FILE *out, const struct smime_report *r)
{
    if (r->verdict == SMIME_GOOD) {
        fputs("GOOD: signed by ", out);
        put_signers(out, r);
        fputs(", trusted", out);
    } else if (r->verdict == SMIME_INTACT) {
        fputs("INTACT: signed by ", out);
        put_signers(out, r);
        fprintf(out, ", and not altered, but %s", first_doubt(r));
    } else if (r->verdict == SMIME_BAD) {
        fputs("BAD: a signature is invalid, or signed content was altered", out);
        fputs(r->content_written ? "; content written all the same" : "; no content written", out);
    } else if (r->verdict == SMIME_PARTIAL) {
        fputs("PARTIAL: only a part of the message is signed", out);
    } else if (r->verdict == SMIME_UNSIGNED) {
        fputs("UNSIGNED: no signature", out);
    } else if (r->verdict == SMIME_UNDECRYPTABLE) {
        fputs("UNDECRYPTABLE: not readable with the keys given", out);
    } else {
        fputs("MALFORMED: the structure cannot be read", out);
    }
    if (r->encrypted == SMIME_AUTHENTICATED)
        fputs("; encrypted", out);
    else if (r->encrypted == SMIME_UNAUTHENTICATED)
        fputs(r->signer_count ? "; encrypted"
                              : "; encrypted, without protection against alteration", out);
    putc('\n', out);
}

static void put_time(FILE *out, const char *label, int64_t seconds)
{
    char text[40];
    struct tm tm;
    time_t t = (time_t)seconds;
    if (seconds == INT64_MIN || !gmtime_r(&t, &tm) ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return;
    fprintf(out, "    %s %s\n", label, text);
}

static void put_certificate(FILE *out, const struct smime_certificate *c)
{
    if (!c) {
        fputs("    certificate not found\n", out);
        return;
    }
    fprintf(out, "    certificate %s\n", c->subject ? c->subject : "");
    fprintf(out, "    issued by %s, serial number %s\n", c->issuer ? c->issuer : "",
            c->serial ? c->serial : "");
    fprintf(out, "    sha-256 %s\n", c->sha256 ? c->sha256 : "");
}

static void put_signer(FILE *out, const struct smime_signer *s)
{
    fprintf(out, "  signer %s (layer %s)\n", signer_name(s), s->layer ? s->layer : "");
    fprintf(out, "    signature %s, chain %s, time %s, revocation %s, identity %s\n",
            smime_signature_name(s->signature), smime_chain_name(s->chain),
            smime_time_name(s->time), smime_revocation_name(s->revocation),
            smime_identity_name(s->identity));
    fprintf(out, "    algorithms %s (%s, %s)\n", smime_strength_name(s->algorithms),
            s->signature_name ? s->signature_name : "?", s->digest_name ? s->digest_name : "?");
    if (s->signature_reason)
        fprintf(out, "    signature: %s\n", s->signature_reason);
    if (s->chain_reason)
        fprintf(out, "    chain: %s\n", s->chain_reason);
    put_time(out, "claims to have signed at", s->signing_time);
    put_certificate(out, s->certificate);
}

static void put_note(FILE *out, const char *kind, const struct smime_note *note)
{
    const char *layer = note->layer ? note->layer : "";
    fprintf(out, "smime: %s: %s%s%s\n", kind, layer, *layer ? ": " : "",
            note->text && *note->text ? note->text : note->code);
}

/* The operation's own error is also among the report's, with its clause: it is said once. */
static int is_said(const struct smime_note *note, const struct smime_error_info *error)
{
    return error && error->code && error->text && *error->text && note->text &&
           strncmp(note->text, error->text, strlen(error->text)) == 0;
}

static void put_error(FILE *out, const struct smime_error_info *e)
{
    if (!e || !e->code)
        return;
    const char *layer = e->layer ? e->layer : "";
    const char *clause = e->clause ? e->clause : "";
    fprintf(out, "smime: error: %s%s%s", layer, *layer ? ": " : "",
            e->text && *e->text ? e->text : smime_error_name(e->code));
    if (*clause && e->offset != UINT64_MAX)
        fprintf(out, " (%s, octet %llu)", clause, (unsigned long long)e->offset);
    else if (*clause)
        fprintf(out, " (%s)", clause);
    else if (e->offset != UINT64_MAX)
        fprintf(out, " (octet %llu)", (unsigned long long)e->offset);
    putc('\n', out);
}

void cli_text_notes(FILE *out, const struct smime_report *report,
                    const struct smime_error_info *error)
{
    for (size_t i = 0; i < report->warning_count; i++)
        put_note(out, "warning", report->warnings[i]);
    put_error(out, error);
    for (size_t i = 0; i < report->error_count; i++) {
        if (!is_said(report->errors[i], error))
            put_note(out, "error", report->errors[i]);
    }
}

void cli_text_verdict(FILE *out, const struct smime_report *report,
                      const struct smime_error_info *error)
{
    put_first_line(out, report);
    for (size_t i = 0; i < report->signer_count; i++)
        put_signer(out, report->signers[i]);
    cli_text_notes(out, report, error);
}

static void put_layer(FILE *out, const struct smime_layer *layer)
{
    fprintf(out, "%*s%s %s", (int)(2 * (layer->depth > 40 ? 40 : layer->depth)), "",
            layer->path ? layer->path : "", layer->kind ? layer->kind : "");
    if (layer->media_type)
        fprintf(out, " %s", layer->media_type);
    if (layer->algorithm)
        fprintf(out, " %s", layer->algorithm);
    if (layer->description && *layer->description)
        fprintf(out, ": %s", layer->description);
    putc('\n', out);
}

static void put_recipient(FILE *out, const struct smime_recipient *r)
{
    fprintf(out, "  recipient (layer %s) %s %s%s%s%s\n", r->layer ? r->layer : "",
            r->kind ? r->kind : "", r->id ? r->id : "", r->algorithm ? ", " : "",
            r->algorithm ? r->algorithm : "", r->ours ? ", ours" : "");
}

void cli_text_structure(FILE *out, const struct smime_report *report)
{
    for (size_t i = 0; i < report->from_count; i++)
        fprintf(out, "From: %s\n", report->from[i]);
    if (report->sender)
        fprintf(out, "Sender: %s\n", report->sender);
    if (report->subject)
        fprintf(out, "Subject: %s\n", report->subject);
    if (report->date)
        fprintf(out, "Date: %s\n", report->date);
    for (size_t i = 0; i < report->layer_count; i++)
        put_layer(out, report->layers[i]);
    for (size_t i = 0; i < report->recipient_count; i++)
        put_recipient(out, report->recipients[i]);
    for (size_t i = 0; i < report->signer_count; i++)
        put_signer(out, report->signers[i]);
}
