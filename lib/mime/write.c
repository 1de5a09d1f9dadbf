/* write.c: header fields as mail wants them (RFC 5322 2.1.1, 2.2.3; RFC 2047; RFC 2231): 7-bit,
 * CRLF, folded at 78 octets. Line ends inside a value are unfolded and controls become spaces, so
 * that no value can bring a field of its own. MIME-009 */
#include "../base/civil.h"
#include "mime_internal.h"

enum { FOLD_AT = 78, LINE_LIMIT = 998, PARAM_PIECE = 60 };

static size_t column_of(const struct smi_buf *out)
{
    size_t n = 0;
    while (n < out->len && out->ptr[out->len - 1 - n] != '\n')
        n++;
    return n;
}

static bool is_space(uint8_t c)
{
    return c <= 32 || c == 127;
}

/* The next word and the white space before it, as spaces. */
static struct smi_slice take_word(struct smi_slice *in, size_t *blanks)
{
    *blanks = 0;
    while (in->len && is_space(in->ptr[0])) {
        *blanks += in->ptr[0] != '\r' && in->ptr[0] != '\n';
        *in = smi_slice_skip(*in, 1);
    }
    size_t n = 0;
    while (n < in->len && !is_space(in->ptr[n]))
        n++;
    struct smi_slice word = smi_slice_take(*in, n);
    *in = smi_slice_skip(*in, n);
    return word;
}

static int put_spaces(struct smi_buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(smi_buf_add_byte(out, ' '));
    return 0;
}

static int put_folded(struct smi_buf *out, struct smi_slice value)
{
    size_t blanks, column = column_of(out);
    value = smi_slice_trim(value);
    for (bool first = true; value.len; first = false) {
        struct smi_slice word = take_word(&value, &blanks);
        if (word.len == 0)
            break;
        if (first)
            blanks = 0;
        else if (blanks == 0)
            blanks = 1; /* a line end without a blank */
        if (blanks > FOLD_AT / 2)
            blanks = FOLD_AT / 2;
        if (!first && column + blanks + word.len > FOLD_AT) {
            TRY(smi_buf_add_str(out, "\r\n"));
            column = 0;
        }
        if (column + blanks + word.len > LINE_LIMIT)
            return SMIME_E_LIMIT;
        TRY(put_spaces(out, blanks));
        TRY(smi_buf_add(out, word));
        column += blanks + word.len;
    }
    return 0;
}

static int put_name(struct smi_buf *out, const char *name)
{
    TRY(smi_buf_add_str(out, name));
    return smi_buf_add_str(out, ": ");
}

int smi_write_field(struct smi_buf *out, const char *name, struct smi_slice value)
{
    TRY(put_name(out, name));
    TRY(put_folded(out, value));
    return smi_buf_add_str(out, "\r\n");
}

/* Printable ASCII without what looks like an encoded word or is too long for a line. */
static bool is_plain_text(struct smi_slice text)
{
    size_t run = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c > 126 || (c < 32 && c != '\t' && c != '\r' && c != '\n'))
            return false;
        run = is_space(c) ? 0 : run + 1;
        if (run > LINE_LIMIT / 2)
            return false;
    }
    return smi_slice_search(text, smi_slice_str("=?")) == text.len;
}

/* Controls to spaces. */
static int copy_clean(struct smi_buf *out, struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        TRY(smi_buf_add_byte(out, is_space(in.ptr[i]) ? ' ' : in.ptr[i]));
    return 0;
}

static int put_encoded(struct smi_buf *out, struct smi_slice utf8)
{
    struct smi_buf clean;
    smi_buf_init(&clean, 0);
    int rc = copy_clean(&clean, utf8);
    if (rc == 0)
        rc = smi_rfc2047_encode(out, smi_buf_slice(&clean), column_of(out));
    smi_buf_clear(&clean);
    return rc;
}

int smi_write_text_field(struct smi_buf *out, const char *name, struct smi_slice utf8)
{
    utf8 = smi_slice_trim(utf8);
    if (is_plain_text(utf8))
        return smi_write_field(out, name, utf8);
    TRY(put_name(out, name));
    TRY(put_encoded(out, utf8));
    return smi_buf_add_str(out, "\r\n");
}

static bool is_phrase_octet(uint8_t c)
{
    return c == ' ' || (c > 32 && c < 127 && !memchr("()<>[]:;@\\,.\"", c, 13));
}

/* display-name = phrase: atoms, a quoted string, or encoded words */
static int put_display(struct smi_buf *out, struct smi_slice display)
{
    bool atoms = true;
    if (!is_plain_text(display))
        return put_encoded(out, display);
    for (size_t i = 0; i < display.len; i++)
        atoms = atoms && is_phrase_octet(display.ptr[i]);
    if (atoms)
        return put_folded(out, display);
    TRY(smi_buf_add_byte(out, '"'));
    for (size_t i = 0; i < display.len; i++) {
        uint8_t c = display.ptr[i];
        if (c == '"' || c == '\\')
            TRY(smi_buf_add_byte(out, '\\'));
        TRY(smi_buf_add_byte(out, is_space(c) ? ' ' : c));
    }
    return smi_buf_add_byte(out, '"');
}

static int fold_before(struct smi_buf *out, size_t blank_and_text)
{
    if (column_of(out) + blank_and_text > FOLD_AT)
        TRY(smi_buf_add_str(out, "\r\n"));
    return smi_buf_add_byte(out, ' ');
}

static int put_mailbox(struct smi_buf *out, const struct smi_mailbox *box, bool first, bool last)
{
    struct smi_slice spec = smi_slice_str(box->addr_spec), display = smi_slice_trim(box->display);
    size_t comma = last ? 0 : 1;
    if (display.len) {
        if (!first) /* the whole mailbox on one line, where it fits */
            TRY(fold_before(out, display.len + spec.len + 4 + comma));
        TRY(put_display(out, display));
        TRY(fold_before(out, spec.len + 3 + comma));
        TRY(smi_buf_add_byte(out, '<'));
    } else if (!first) {
        TRY(fold_before(out, spec.len + 1 + comma));
    }
    TRY(smi_buf_add(out, spec));
    if (display.len)
        TRY(smi_buf_add_byte(out, '>'));
    return last ? 0 : smi_buf_add_byte(out, ',');
}

int smi_write_addr_field(struct smi_buf *out, const char *name, struct smi_slice utf8,
                         struct smi_arena *arena)
{
    struct smi_mailboxes boxes;
    TRY(smi_addr_parse(&boxes, utf8, arena));
    if (boxes.malformed)
        return SMIME_E_MALFORMED;
    /* A group's name has no place among the mailboxes: plain ones stay as they were written. */
    if (boxes.group && is_plain_text(utf8))
        return smi_write_field(out, name, utf8);
    if (boxes.count == 0)
        return SMIME_E_MALFORMED;
    TRY(put_name(out, name));
    for (size_t i = 0; i < boxes.count; i++)
        TRY(put_mailbox(out, &boxes.item[i], i == 0, i + 1 == boxes.count));
    return smi_buf_add_str(out, "\r\n");
}

static bool is_quotable(struct smi_slice value)
{
    if (value.len > LINE_LIMIT - 2 * FOLD_AT)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 32 || value.ptr[i] > 126)
            return false;
    return true;
}

static int start_param(struct smi_buf *out, size_t len)
{
    TRY(smi_buf_add_byte(out, ';'));
    return fold_before(out, len + 1);
}

static int put_quoted(struct smi_buf *out, const char *name, struct smi_slice value)
{
    TRY(start_param(out, strlen(name) + value.len + 4));
    TRY(smi_buf_printf(out, "%s=\"", name));
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            TRY(smi_buf_add_byte(out, '\\'));
        TRY(smi_buf_add_byte(out, value.ptr[i]));
    }
    return smi_buf_add_byte(out, '"');
}

static bool is_attribute_octet(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._", c));
}

static int percent_encode(struct smi_buf *out, struct smi_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (is_attribute_octet(value.ptr[i]))
            TRY(smi_buf_add_byte(out, value.ptr[i]));
        else
            TRY(smi_buf_printf(out, "%%%02X", value.ptr[i]));
    }
    return 0;
}

/* Octets of encoded text for one section, never cutting a %XX. */
static size_t piece_length(struct smi_slice encoded)
{
    size_t n = encoded.len < PARAM_PIECE ? encoded.len : PARAM_PIECE;
    if (n == encoded.len)
        return n;
    if (encoded.ptr[n - 1] == '%')
        return n - 1;
    return encoded.ptr[n - 2] == '%' ? n - 2 : n;
}

/* RFC 2231 3, 4 MIME-014 */
static int put_extended(struct smi_buf *out, const char *name, struct smi_slice encoded)
{
    if (encoded.len <= PARAM_PIECE) {
        TRY(start_param(out, strlen(name) + encoded.len + 9));
        TRY(smi_buf_printf(out, "%s*=utf-8''", name));
        return smi_buf_add(out, encoded);
    }
    for (unsigned section = 0; encoded.len; section++) {
        struct smi_slice piece = smi_slice_take(encoded, piece_length(encoded));
        TRY(start_param(out, FOLD_AT));
        TRY(smi_buf_printf(out, "%s*%u*=%s", name, section, section ? "" : "utf-8''"));
        TRY(smi_buf_add(out, piece));
        encoded = smi_slice_skip(encoded, piece.len);
    }
    return 0;
}

int smi_write_param(struct smi_buf *out, const char *name, struct smi_slice utf8)
{
    if (is_quotable(utf8))
        return put_quoted(out, name, utf8);
    struct smi_buf encoded;
    smi_buf_init(&encoded, 0);
    int rc = percent_encode(&encoded, utf8);
    if (rc == 0)
        rc = put_extended(out, name, smi_buf_slice(&encoded));
    smi_buf_clear(&encoded);
    return rc;
}

int smi_write_date(struct smi_buf *out, int64_t seconds)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct smi_civil c;
    smi_civil_from_unix(seconds, &c);
    int64_t day = seconds / 86400 - (seconds % 86400 < 0);
    return smi_buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[(day % 7 + 7) % 7],
                          c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
}
