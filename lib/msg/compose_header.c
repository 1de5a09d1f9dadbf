/* compose_header.c: the header of a new message, after a look at its text.
 *
 * Date, Message-ID and MIME-Version are added where missing (RFC 5322 3.6.1, 3.6.4). The text says
 * what it is: us-ascii and 7bit where every line is harmless, else UTF-8 in quoted-printable. A
 * text alone is one part, attachments make a multipart/mixed (RFC 2046 5.1.3). Refuses text that is
 * not UTF-8. */
#include "compose.h"

enum { LINE_MAX_BYTES = 76 };

/* -- the survey of the text */

struct survey {
    struct smi_utf8_check utf8;
    size_t line; /* octets in the current line */
    uint8_t first[5];
    uint8_t last;
    bool high, encode; /* something must be encoded */
    bool open_line;    /* the text ends within a line */
};

static void end_line(struct survey *s)
{
    bool from = s->line >= 5 && memcmp(s->first, "From ", 5) == 0; /* MSG-017 */
    bool dot = s->line == 1 && s->first[0] == '.';
    if (from || dot || s->line > LINE_MAX_BYTES || s->last == ' ' || s->last == '\t')
        s->encode = true;
    s->line = 0;
    s->last = 0;
}

/* Line ends are LF here: a CR is none, and encoded like every control. */
static void look_at(struct survey *s, uint8_t c)
{
    if (c == '\n') {
        end_line(s);
        return;
    }
    s->high = s->high || c >= 128;
    s->encode = s->encode || c >= 127 || (c < 32 && c != '\t');
    if (s->line < sizeof s->first)
        s->first[s->line] = c;
    s->line++;
    s->last = c;
}

static int survey_write(void *self, struct smi_slice in)
{
    struct survey *s = self;
    smi_mime_utf8_feed(&s->utf8, in);
    for (size_t i = 0; i < in.len; i++)
        look_at(s, in.ptr[i]);
    return 0;
}

static int survey_end(void *self)
{
    struct survey *s = self;
    s->open_line = s->line != 0;
    end_line(s);
    return 0;
}

static void survey_abort(void *self, int why)
{
    SMI_UNUSED(self);
    SMI_UNUSED(why);
}

static void survey_free(void *self)
{
    SMI_UNUSED(self);
}

static int prepare_part(struct smime_compose *compose, struct smi_compose_part *part)
{
    if (part->ready)
        return 0;
    TRY(smi_rewind_init(&part->rewind, &part->given, compose->ctx->limits.spool_memory_bytes,
                        &compose->diag));
    part->ready = true;
    return 0;
}

static int survey_text(struct smime_compose *compose)
{
    static const struct smi_sink_ops ops = {survey_write, survey_end, survey_abort, survey_free};
    struct survey survey = {0};
    struct smi_sink crlf, sink = {&ops, &survey};
    struct smime_source source;
    TRY(prepare_part(compose, &compose->text));
    smi_rewind_source(&compose->text.rewind, &source);
    TRY(smi_lf_new(&crlf, sink));
    int rc = smi_pump(&source, crlf, &compose->diag, NULL, NULL);
    smi_sink_free(&crlf);
    TRY(rc);
    if (survey.utf8.bad || survey.utf8.need)
        return smi_fail(&compose->diag, SMIME_E_MALFORMED, NULL, SMI_NO_OFFSET, "RFC 3629",
                        "the text is not UTF-8; convert it first");
    compose->text_utf8 = survey.high;
    compose->text_qp = survey.encode;
    compose->text_open = survey.open_line;
    return 0;
}

/* -- fields */

static int put_message_id(struct smime_compose *compose, struct smi_buf *out)
{
    uint8_t random[16];
    TRY(smi_random(compose->ctx->crypto, random, sizeof random));
    TRY(smi_buf_add_str(out, "Message-ID: <"));
    for (size_t i = 0; i < sizeof random; i++)
        TRY(smi_buf_printf(out, "%02x", random[i]));
    return smi_buf_printf(out, "@%s>\r\n",
                          compose->from_domain ? compose->from_domain : "localhost.invalid");
}

static int put_type_of_text(const struct smime_compose *compose, struct smi_buf *out)
{
    return smi_buf_printf(out,
                          "Content-Type: text/plain; charset=%s\r\n"
                          "Content-Transfer-Encoding: %s\r\n\r\n",
                          compose->text_utf8 ? "utf-8" : "us-ascii",
                          compose->text_qp ? "quoted-printable" : "7bit");
}

static int put_type_of_mixed(struct smime_compose *compose, struct smi_buf *out)
{
    uint8_t random[16];
    TRY(smi_random(compose->ctx->crypto, random, sizeof random));
    smi_boundary_format(random, compose->boundary);
    return smi_buf_printf(out, "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n",
                          compose->boundary);
}

static int put_header(struct smime_compose *compose, int64_t now, struct smi_buf *out)
{
    TRY(smi_buf_add(out, smi_buf_slice(&compose->fields)));
    if (!smi_compose_has(compose, "Date")) {
        TRY(smi_buf_add_str(out, "Date: "));
        TRY(smi_write_date(out, now));
        TRY(smi_buf_add_str(out, "\r\n"));
    }
    if (!smi_compose_has(compose, "Message-ID"))
        TRY(put_message_id(compose, out));
    TRY(smi_buf_add_str(out, "MIME-Version: 1.0\r\n"));
    if (compose->part_count == 0)
        return put_type_of_text(compose, out);
    TRY(put_type_of_mixed(compose, out));
    return compose->has_text ? put_type_of_text(compose, &compose->text.head) : 0;
}

int smi_compose_prepare(struct smime_compose *compose, int64_t now)
{
    smi_diag_reset(&compose->diag);
    if (compose->header.len)
        return 0;
    if (compose->has_text)
        TRY(survey_text(compose));
    for (size_t i = 0; i < compose->part_count; i++)
        TRY(prepare_part(compose, &compose->part[i]));
    compose->text.head.len = 0;
    int rc = put_header(compose, now, &compose->header);
    if (rc != 0)
        compose->header.len = 0;
    return rc;
}
