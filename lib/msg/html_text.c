/* html_text.c: the text of an HTML part, for people who read mail in a terminal.
 *
 *   TEXT --'<'--> OPEN --letter, '/'--> NAME --> REST <--quote--> QUOTED
 *    | '&'         '!'--> BANG --'--'--> COMMENT --'-->'--> TEXT
 *    v                     '-> DECLARATION --'>'--> TEXT
 *   ENTITY --';'--> TEXT          script, style, title: SKIP until their end tag
 *
 * No document is built and nothing is fetched: links, images and styles leave nothing behind. White
 * space collapses; block elements begin lines. */
#include "../flow/stage.h"
#include "text.h"

enum state { TEXT, OPEN, NAME, REST, QUOTED, BANG, COMMENT, DECLARATION, ENTITY, SKIP };
enum { NAME_MAX_BYTES = 12, NO_BREAK_SPACE = 0xa0, SOFT_HYPHEN = 0xad, REPLACEMENT = 0xfffd };

struct html {
    struct smi_stage stage;
    enum state state;
    uint8_t name[NAME_MAX_BYTES]; /* of the tag, or of the entity */
    size_t name_len;
    bool closing, name_overflow;
    uint8_t quote;
    unsigned dashes;
    const char *skip;  /* element whose content is dropped */
    size_t skip_match; /* octets of "</name" seen */
    bool space;        /* due before the next visible octet */
    unsigned lines;    /* line ends due */
    bool written;      /* something visible came out */
};

/* ---- output */

static int put_due(struct html *html)
{
    static const char ends[] = "\n\n";
    if (html->lines && html->written)
        TRY(smi_stage_put(&html->stage, smi_slice(ends, html->lines < 2 ? html->lines : 2)));
    else if (html->space && html->written)
        TRY(smi_stage_put(&html->stage, smi_slice(" ", 1)));
    html->lines = 0;
    html->space = false;
    html->written = true;
    return 0;
}

static int put_visible(struct html *html, struct smi_slice text)
{
    TRY(put_due(html));
    return smi_stage_put(&html->stage, text);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static int put_octet(struct html *html, uint8_t c)
{
    if (!is_blank(c))
        return put_visible(html, smi_slice(&c, 1));
    html->space = true;
    return 0;
}

static void break_line(struct html *html, unsigned lines)
{
    if (html->lines < lines)
        html->lines = lines;
    html->space = false;
}

/* ---- tags */

struct element {
    const char *name;
    unsigned lines; /* 0: a blank */
};

static const struct element elements[] = {
    {"p", 2},  {"div", 1},        {"tr", 1},     {"li", 1},    {"ul", 1},      {"ol", 1},
    {"h1", 2}, {"h2", 2},         {"h3", 2},     {"h4", 2},    {"h5", 2},      {"h6", 2},
    {"hr", 1}, {"blockquote", 2}, {"pre", 2},    {"table", 1}, {"section", 1}, {"article", 1},
    {"dl", 1}, {"dt", 1},         {"dd", 1},     {"body", 1},  {"head", 1},    {"td", 0},
    {"th", 0}, {"header", 1},     {"footer", 1},
};

static bool is_tag(const struct html *html, const char *name)
{
    return !html->name_overflow && smi_slice_is_nocase(smi_slice(html->name, html->name_len), name);
}

/* The name is complete. */
static void begin_tag(struct html *html)
{
    static const char *const skipped[] = {"script", "style", "title"};
    if (is_tag(html, "br")) {
        html->lines += html->lines < 2;
        html->space = false;
    }
    for (size_t i = 0; i < SMI_COUNT(elements); i++) {
        if (!is_tag(html, elements[i].name))
            continue;
        if (elements[i].lines)
            break_line(html, elements[i].lines);
        else
            html->space = true;
    }
    html->skip = NULL;
    for (size_t i = 0; !html->closing && i < SMI_COUNT(skipped); i++)
        if (is_tag(html, skipped[i]))
            html->skip = skipped[i];
}

static int end_tag(struct html *html)
{
    html->state = html->skip ? SKIP : TEXT;
    html->skip_match = 0;
    if (!html->closing && is_tag(html, "li"))
        return put_visible(html, smi_slice("- ", 2));
    return 0;
}

static bool is_letter(uint8_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static void name_start(struct html *html, enum state state)
{
    html->state = state;
    html->name_len = 0;
    html->name_overflow = false;
}

static void name_add(struct html *html, uint8_t c)
{
    if (html->name_len < NAME_MAX_BYTES)
        html->name[html->name_len++] = c;
    else
        html->name_overflow = true;
}

static int in_text(struct html *html, uint8_t c)
{
    if (c == '<') {
        html->state = OPEN;
        return 0;
    }
    if (c != '&')
        return put_octet(html, c);
    name_start(html, ENTITY);
    return 0;
}

static int in_open(struct html *html, uint8_t c)
{
    name_start(html, NAME);
    html->closing = c == '/';
    html->skip = NULL;
    if (c == '!' || c == '?') {
        html->state = c == '!' ? BANG : DECLARATION;
        html->dashes = 0;
    } else if (is_letter(c)) {
        name_add(html, c);
    } else if (c != '/') {
        html->state = TEXT;
        TRY(put_octet(html, '<'));
        return in_text(html, c);
    }
    return 0;
}

static int in_rest(struct html *html, uint8_t c)
{
    if (c == '>')
        return end_tag(html);
    if (c == '"' || c == '\'') {
        html->quote = c;
        html->state = QUOTED;
    }
    return 0;
}

static int in_name(struct html *html, uint8_t c)
{
    if (is_letter(c) || is_digit(c)) {
        name_add(html, c);
        return 0;
    }
    begin_tag(html);
    html->state = REST;
    return in_rest(html, c);
}

static void in_bang(struct html *html, uint8_t c)
{
    if (c == '-' && ++html->dashes == 2) {
        html->state = COMMENT;
        html->dashes = 0;
    } else if (c != '-') {
        html->state = c == '>' ? TEXT : DECLARATION;
    }
}

static void in_comment(struct html *html, uint8_t c)
{
    if (c == '>' && html->dashes >= 2)
        html->state = TEXT;
    html->dashes = c == '-' ? html->dashes + (html->dashes < 2) : 0;
}

/* Looks for "</name". */
static void in_skip(struct html *html, uint8_t c)
{
    size_t at = html->skip_match, len = strlen(html->skip);
    uint8_t want = at == 0 ? '<' : at == 1 ? '/' : (uint8_t)html->skip[at - 2];
    if (smi_ascii_lower(c) == want)
        html->skip_match++;
    else
        html->skip_match = c == '<';
    if (html->skip_match < len + 2)
        return;
    html->skip = NULL;
    html->closing = true;
    html->name_len = 0;
    html->state = REST;
}

/* ---- entities */

static const struct {
    const char *name;
    uint32_t code_point;
} entities[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", 0xa0},    {"shy", 0xad},     {"euro", 0x20ac},  {"pound", 0xa3},   {"yen", 0xa5},
    {"cent", 0xa2},    {"copy", 0xa9},    {"reg", 0xae},     {"trade", 0x2122}, {"deg", 0xb0},
    {"sect", 0xa7},    {"para", 0xb6},    {"middot", 0xb7},  {"bull", 0x2022},  {"hellip", 0x2026},
    {"ndash", 0x2013}, {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"sbquo", 0x201a},
    {"ldquo", 0x201c}, {"rdquo", 0x201d}, {"bdquo", 0x201e}, {"laquo", 0xab},   {"raquo", 0xbb},
    {"auml", 0xe4},    {"ouml", 0xf6},    {"uuml", 0xfc},    {"Auml", 0xc4},    {"Ouml", 0xd6},
    {"Uuml", 0xdc},    {"szlig", 0xdf},   {"agrave", 0xe0},  {"aacute", 0xe1},  {"acirc", 0xe2},
    {"atilde", 0xe3},  {"aring", 0xe5},   {"aelig", 0xe6},   {"ccedil", 0xe7},  {"egrave", 0xe8},
    {"eacute", 0xe9},  {"ecirc", 0xea},   {"euml", 0xeb},    {"iacute", 0xed},  {"icirc", 0xee},
    {"ntilde", 0xf1},  {"oacute", 0xf3},  {"ocirc", 0xf4},   {"oslash", 0xf8},  {"uacute", 0xfa},
    {"Eacute", 0xc9},  {"times", 0xd7},   {"larr", 0x2190},  {"rarr", 0x2192},  {"oelig", 0x153},
};

static bool numeric(struct smi_slice digits, uint32_t *code_point)
{
    bool hex = digits.len && (digits.ptr[0] | 32) == 'x';
    uint32_t value = 0;
    digits = smi_slice_skip(digits, hex ? 1 : 0);
    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        uint8_t c = digits.ptr[i], lower = smi_ascii_lower(c);
        bool letter = lower >= 'a' && lower <= 'f';
        if (!is_digit(c) && !(hex && letter))
            return false;
        value = value * (hex ? 16 : 10) + (uint32_t)(letter ? lower - 'a' + 10 : c - '0');
        if (value > 0x10ffff)
            value = REPLACEMENT;
    }
    *code_point = value;
    return true;
}

static bool lookup(struct smi_slice name, uint32_t *code_point)
{
    if (name.len && name.ptr[0] == '#')
        return numeric(smi_slice_skip(name, 1), code_point);
    for (size_t i = 0; i < SMI_COUNT(entities); i++) {
        if (!smi_slice_is(name, entities[i].name))
            continue;
        *code_point = entities[i].code_point;
        return true;
    }
    return false;
}

static int put_code_point(struct html *html, uint32_t c)
{
    struct smi_buf text;
    if (c == SOFT_HYPHEN)
        return 0;
    if (c == '\t' || c == '\n' || c == '\r')
        return put_octet(html, ' ');
    if (c == NO_BREAK_SPACE)
        return put_visible(html, smi_slice(" ", 1));
    smi_buf_init(&text, 0);
    int rc = smi_mime_utf8_put(&text, c < 32 || (c >= 127 && c < 160) ? REPLACEMENT : c);
    if (rc == 0)
        rc = put_visible(html, smi_buf_slice(&text));
    smi_buf_clear(&text);
    return rc;
}

static int in_entity(struct html *html, uint8_t c)
{
    struct smi_slice name = smi_slice(html->name, html->name_len);
    uint32_t code_point;
    if (is_letter(c) || is_digit(c) || (c == '#' && name.len == 0)) {
        if (name.len < NAME_MAX_BYTES) {
            name_add(html, c);
            return 0;
        }
    }
    html->state = TEXT;
    if (c == ';' && lookup(name, &code_point))
        return put_code_point(html, code_point);
    TRY(put_octet(html, '&'));
    if (name.len)
        TRY(put_visible(html, name));
    return in_text(html, c);
}

/* ---- the sink */

static int step(struct html *html, uint8_t c)
{
    switch (html->state) {
    case TEXT:
        return in_text(html, c);
    case OPEN:
        return in_open(html, c);
    case NAME:
        return in_name(html, c);
    case REST:
        return in_rest(html, c);
    case QUOTED:
        if (c == html->quote)
            html->state = REST;
        return 0;
    case BANG:
        in_bang(html, c);
        return 0;
    case COMMENT:
        in_comment(html, c);
        return 0;
    case DECLARATION:
        if (c == '>')
            html->state = TEXT;
        return 0;
    case ENTITY:
        return in_entity(html, c);
    case SKIP:
        in_skip(html, c);
        return 0;
    default:
        return SMIME_E_INTERNAL;
    }
}

static int html_write(void *self, struct smi_slice in)
{
    struct html *html = self;
    for (size_t i = 0; i < in.len && html->stage.failed == 0; i++) {
        int rc = step(html, in.ptr[i]);
        if (rc != 0)
            (void)smi_stage_fail(&html->stage, rc);
    }
    return html->stage.failed;
}

static int finish(struct html *html)
{
    if (html->state == ENTITY)
        TRY(in_entity(html, ' '));
    return html->written ? smi_stage_put(&html->stage, smi_slice("\n", 1)) : 0;
}

static int html_end(void *self)
{
    struct html *html = self;
    int rc = html->stage.failed ? html->stage.failed : finish(html);
    if (rc != 0)
        (void)smi_stage_fail(&html->stage, rc);
    return smi_stage_end(&html->stage);
}

int smi_html_text_new(struct smi_sink *out, struct smi_sink down)
{
    static const struct smi_sink_ops ops = {html_write, html_end, smi_stage_abort, smi_stage_free};
    struct html *html = smi_stage_new(sizeof *html, down);
    if (!html)
        return SMIME_E_NOMEM;
    out->ops = &ops;
    out->self = html;
    return 0;
}
