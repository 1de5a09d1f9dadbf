/* protect_header.c: who a message is from and to, and the header that it leaves with.
 *
 * The outer header keeps every field that does not belong to the entity (RFC 8551 3.1, MIME-016),
 * in order and as it was, with CRLF. Bcc never leaves: a recipient list that shows those people
 * would betray them (RFC 5322 3.6.3, RFC 9787 9, KEY-023), so a message with Bcc needs one copy for
 * each. */
#include "protect.h"

enum { DATE_TOLERANCE = 3600 };

static bool is_named(const struct smi_field *field, const char *name)
{
    return smi_slice_is_nocase(field->name, name);
}

/* -- addresses */

static int append(struct smi_protect *p, struct smi_mailboxes *to, const struct smi_mailboxes *more)
{
    size_t count = to->count + more->count;
    struct smi_mailbox *item = smi_arena_alloc(p->arena, (count + 1) * sizeof *item);
    if (!item)
        return SMIME_E_NOMEM;
    if (to->count)
        memcpy(item, to->item, to->count * sizeof *item);
    if (more->count)
        memcpy(item + to->count, more->item, more->count * sizeof *item);
    to->item = item;
    to->count = count;
    to->malformed = to->malformed || more->malformed;
    return 0;
}

/* All fields of that name together. */
static int collect(struct smi_protect *p, const char *name, struct smi_mailboxes *out)
{
    const struct smi_header *header = &p->look->header;
    for (size_t i = 0; i < header->count; i++) {
        struct smi_mailboxes boxes = {0};
        if (!is_named(&header->field[i], name) || smi_slice_trim(header->field[i].value).len == 0)
            continue;
        TRY(smi_addr_parse(&boxes, header->field[i].value, p->arena));
        TRY(append(p, out, &boxes));
    }
    return 0;
}

static int malformed(struct smi_protect *p, const char *name)
{
    return smi_protect_fail(p, SMIME_E_MALFORMED, "RFC 5322 3.4",
                            "the %s field is no list of addresses; correct it, so that nobody is "
                            "left out or mistaken",
                            name);
}

static int read_from(struct smi_protect *p)
{
    if (!p->opt.from) {
        TRY(collect(p, "From", &p->from));
        bool needed = smi_protect_has(p, SMIME_PROTECT_SIGN) && !p->opt.signer;
        return p->from.malformed && needed ? malformed(p, "From") : 0;
    }
    TRY(smi_addr_parse(&p->from, smi_slice_str(p->opt.from), p->arena));
    if (p->from.malformed || p->from.count != 1)
        return smi_protect_fail(p, SMIME_E_USAGE, NULL,
                                "the address given in place of From is no address");
    return 0;
}

/* A header without any field of a message (RFC 5322 3.6): a MIME entity. */
static bool is_bare(const struct smi_header *header)
{
    static const char *const message[] = {"From", "To",      "Cc",         "Bcc",
                                          "Date", "Subject", "Message-ID", "Sender"};
    for (size_t i = 0; i < header->count; i++)
        for (size_t j = 0; j < SMI_COUNT(message); j++)
            if (is_named(&header->field[i], message[j]))
                return false;
    return true;
}

/* RFC 5322 3.6.3 KEY-023 */
static int choose_audience(struct smi_protect *p, const struct smi_mailboxes *open,
                           const struct smi_mailboxes *bcc)
{
    int audience = p->opt.audience;
    if (audience == SMIME_EVERYBODY && bcc->count)
        return smi_protect_fail(
            p, SMIME_E_REFUSED, "RFC 5322 3.6.3",
            "the message has %zu Bcc recipient%s, whom one copy would reveal to "
            "the others; make a copy for To and Cc and one for each Bcc (--split)",
            bcc->count, bcc->count == 1 ? "" : "s");
    if (audience == SMIME_EVERYBODY || audience == SMIME_TO_AND_CC) {
        p->audience = *open;
        return 0;
    }
    if (audience < 0 || (size_t)(audience - SMIME_BCC(0)) >= bcc->count)
        return smi_protect_fail(p, SMIME_E_USAGE, NULL, "there is no such Bcc recipient");
    p->audience = *bcc;
    p->audience.item += audience - SMIME_BCC(0);
    p->audience.count = 1;
    return 0;
}

static bool same_address(const struct smi_mailbox *a, const struct smi_mailbox *b)
{
    return smi_slice_eq(a->local, b->local) && smi_slice_eq_nocase(a->domain, b->domain);
}

static bool is_repeated(const struct smi_mailboxes *boxes, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_address(&boxes->item[i], &boxes->item[index]))
            return true;
    return false;
}

/* Each address once, in place, up to the bound on recipients. */
static int drop_repeated(struct smi_protect *p)
{
    size_t kept = 0;
    struct smi_mailboxes *all = &p->audience;
    if (all->count > p->op->ctx->limits.recipients)
        return smi_protect_fail(p, SMIME_E_LIMIT, NULL, "the message has more than %zu recipients",
                                p->op->ctx->limits.recipients);
    for (size_t i = 0; i < all->count; i++)
        if (!is_repeated(all, i))
            kept++;
    struct smi_mailbox *item = smi_arena_alloc(p->arena, (kept + 1) * sizeof *item);
    if (!item)
        return SMIME_E_NOMEM;
    kept = 0;
    for (size_t i = 0; i < all->count; i++)
        if (!is_repeated(all, i))
            item[kept++] = all->item[i];
    all->item = item;
    all->count = kept;
    return 0;
}

static int set_envelope(struct smi_protect *p)
{
    const char **list = smi_arena_alloc(p->arena, (p->audience.count + 1) * sizeof *list);
    if (!list)
        return SMIME_E_NOMEM;
    for (size_t i = 0; i < p->audience.count; i++)
        list[i] = p->audience.item[i].addr_spec;
    p->op->envelope = list;
    p->op->envelope_count = p->audience.count;
    return 0;
}

int smi_protect_addresses(struct smi_protect *p)
{
    struct smi_mailboxes open = {0}, bcc = {0};
    p->bare = is_bare(&p->look->header);
    TRY(collect(p, "Bcc", &bcc));
    p->op->bcc_count = bcc.count;
    if (bcc.malformed)
        return malformed(p, "Bcc");
    TRY(collect(p, "To", &open));
    TRY(collect(p, "Cc", &open));
    if (open.malformed && smi_protect_has(p, SMIME_PROTECT_ENCRYPT))
        return malformed(p, "To or Cc");
    TRY(read_from(p));
    TRY(choose_audience(p, &open, &bcc));
    TRY(drop_repeated(p));
    return set_envelope(p);
}

/* -- the outer header */

/* Line ends become CRLF; a CR elsewhere is no line end (RFC 5322 2.2) and becomes a blank. */
static int put_line(struct smi_sink out, struct smi_slice line)
{
    while (line.len) {
        size_t n = smi_slice_find(line, '\r');
        TRY(smi_sink_write(out, smi_slice_take(line, n)));
        if (n == line.len)
            break;
        TRY(smi_sink_write(out, smi_slice(" ", 1)));
        line = smi_slice_skip(line, n + 1);
    }
    return smi_sink_write(out, smi_slice("\r\n", 2));
}

static int put_field(struct smi_sink out, struct smi_slice raw)
{
    while (raw.len) {
        size_t n = smi_slice_find(raw, '\n'), end = n;
        if (end && n < raw.len && raw.ptr[end - 1] == '\r')
            end--;
        TRY(put_line(out, smi_slice_take(raw, end)));
        raw = smi_slice_skip(raw, n < raw.len ? n + 1 : n);
    }
    return 0;
}

static bool leaves(const struct smi_field *field)
{
    return !smi_field_is_structural(field) && !is_named(field, "Bcc") &&
           !is_named(field, "Resent-Bcc");
}

int smi_protect_outer_fields(struct smi_protect *p, struct smi_sink out)
{
    const struct smi_header *header = &p->look->header;
    for (size_t i = 0; i < header->count; i++)
        if (leaves(&header->field[i]))
            TRY(put_field(out, header->field[i].raw));
    return 0;
}

/* -- warnings */

static int warn_date(struct smi_protect *p)
{
    const struct smi_field *date = smi_header_find(&p->look->header, "Date", NULL);
    int64_t seconds;
    if (!date)
        return p->bare ? 0
                       : smi_report_warn(&p->op->report, "no-date", "",
                                         "the message has no Date; some clients then distrust "
                                         "the signature");
    if (smi_date_parse(date->value, &seconds) && seconds <= p->opt.now + DATE_TOLERANCE &&
        seconds >= p->opt.now - DATE_TOLERANCE)
        return 0;
    return smi_report_warn(&p->op->report, "date-differs", "",
                           "Date is not within an hour of the signing time; some clients then "
                           "distrust the signature");
}

int smi_protect_header_warnings(struct smi_protect *p)
{
    struct smi_report *report = &p->op->report;
    const struct smi_canon_result *look = p->look;
    bool sign = smi_protect_has(p, SMIME_PROTECT_SIGN);
    bool encrypt = smi_protect_has(p, SMIME_PROTECT_ENCRYPT);
    if (encrypt && smi_header_find(&look->header, "Subject", NULL))
        TRY(smi_report_warn(report, "subject-not-protected", "",
                            "the Subject stays readable: encryption covers the body alone"));
    if (sign)
        TRY(warn_date(p));
    if (sign && look->nested_signed_8bit)
        TRY(smi_report_warn(
            report, "nested-signed-8bit", "",
            "a signed part inside is not 7-bit and was left as it is; a gateway that "
            "re-encodes it breaks the signatures"));
    if (sign && look->header_8bit)
        TRY(smi_report_warn(report, "header-8bit", "",
                            "a header field of a part is not 7-bit and was left as it is"));
    if (look->partial_or_external)
        TRY(smi_report_warn(report, "external-content", "",
                            "a part only refers to its content (message/partial or external-body), "
                            "which is not protected"));
    return 0;
}
