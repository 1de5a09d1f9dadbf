/* addr.c: address fields (RFC 5322 3.4, RFC 6532 3.2), strictly: whom a signature is compared with
 * hangs on it.
 *
 *   address-list = address *("," address)      address = mailbox / group
 *   mailbox = [phrase] "<" addr-spec ">" / addr-spec      group = phrase ":" [mailbox-list] ";"
 *
 * Refused as malformed: control characters, NUL and invalid UTF-8 anywhere, routes, empty list
 * elements, blanks or quoted strings between the dots of a local part, groups in groups, open
 * comments and strings. Taken beyond the grammar: dots in a phrase ("John Q. Public"). After a
 * mistake the next comma is a new start, so that the others can be shown. */
#include "mime_internal.h"

enum found { FOUND_BAD, FOUND_MAILBOX, FOUND_GROUP };

struct addr {
    struct smi_slice in;
    struct smi_mailboxes *out;
    struct smi_arena *arena;
    size_t cap;
    struct smi_buf atoms; /* words of the phrase not yet decoded */
    struct smi_buf display;
    struct smi_buf quoted; /* the last quoted string, without quotes and escapes */
};

struct word {
    struct smi_slice text; /* as in the input for atoms; in addr->quoted for quoted strings */
    bool is_quoted;
    bool dot_atom; /* usable as a local part or a domain */
};

static bool is_atext(uint8_t c)
{
    return c >= 128 || (c > 32 && c < 127 && !memchr("()<>[]:;@\\,.\"", c, 13));
}

/* Octets of a fold (line end and the blank after it), or 0. */
static size_t fold_length(struct smi_slice in)
{
    size_t n = in.len && in.ptr[0] == '\r' ? 1 : 0;
    if (in.len - n < 2 || in.ptr[n] != '\n' || !smi_mime_is_blank(in.ptr[n + 1]))
        return 0;
    return n + 2;
}

/* White space, folds, comments. False: a line end that is no fold, or an open comment. */
static bool skip_cfws(struct smi_slice *in)
{
    size_t depth = 0;
    while (in->len) {
        uint8_t c = in->ptr[0];
        size_t step = 1;
        if (c == '\r' || c == '\n') {
            step = fold_length(*in);
            if (step == 0)
                return false;
        } else if (c == '(') {
            depth++;
        } else if (depth && c == ')') {
            depth--;
        } else if (depth && c == '\\') {
            step = in->len > 1 ? 2 : 1;
        } else if (depth == 0 && !smi_mime_is_blank(c)) {
            return true;
        }
        *in = smi_slice_skip(*in, step);
    }
    return depth == 0;
}

static bool is_dot_atom(struct smi_slice text)
{
    if (text.len == 0 || text.ptr[0] == '.' || text.ptr[text.len - 1] == '.')
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (text.ptr[i] == '.' && text.ptr[i - 1] == '.')
            return false;
    return true;
}

static struct smi_slice take_atoms(struct smi_slice *in)
{
    size_t n = 0;
    while (n < in->len && (is_atext(in->ptr[n]) || in->ptr[n] == '.'))
        n++;
    struct smi_slice text = smi_slice_take(*in, n);
    *in = smi_slice_skip(*in, n);
    return text;
}

/* quoted-string into addr->quoted. *ok false: not closed, or broken inside. */
static int take_quoted(struct addr *addr, bool *ok)
{
    struct smi_slice in = smi_slice_skip(addr->in, 1);
    smi_buf_drop(&addr->quoted, addr->quoted.len);
    *ok = false;
    while (in.len && in.ptr[0] != '"') {
        size_t step = 1, fold = fold_length(in);
        if (fold)
            step = fold - 1; /* the blank stays */
        else if (in.ptr[0] == '\r' || in.ptr[0] == '\n')
            return 0;
        else {
            if (in.ptr[0] == '\\')
                in = smi_slice_skip(in, 1);
            if (in.len == 0 || in.ptr[0] == '\r' || in.ptr[0] == '\n')
                return 0;
            TRY(smi_buf_add_byte(&addr->quoted, in.ptr[0]));
        }
        in = smi_slice_skip(in, step);
    }
    *ok = in.len != 0;
    addr->in = in.len ? smi_slice_skip(in, 1) : in;
    return 0;
}

/* word = atom / quoted-string; an empty word: something else stands here. */
static int take_word(struct addr *addr, struct word *word, bool *ok)
{
    word->is_quoted = addr->in.len && addr->in.ptr[0] == '"';
    *ok = true;
    if (word->is_quoted) {
        TRY(take_quoted(addr, ok));
        word->text = smi_buf_slice(&addr->quoted);
        word->dot_atom = false;
        return 0;
    }
    word->text = take_atoms(&addr->in);
    word->dot_atom = is_dot_atom(word->text);
    *ok = word->text.len != 0 && word->text.ptr[0] != '.';
    return 0;
}

static int flush_atoms(struct addr *addr)
{
    int rc = smi_rfc2047_decode(&addr->display, smi_buf_slice(&addr->atoms));
    smi_buf_drop(&addr->atoms, addr->atoms.len);
    return rc;
}

/* Words of a phrase with one space between them; encoded words only outside of quotes. */
static int add_to_phrase(struct addr *addr, const struct word *word)
{
    if (!word->is_quoted) {
        if (addr->atoms.len || addr->display.len)
            TRY(smi_buf_add_byte(&addr->atoms, ' '));
        return smi_buf_add(&addr->atoms, word->text);
    }
    TRY(flush_atoms(addr));
    if (addr->display.len)
        TRY(smi_buf_add_byte(&addr->display, ' '));
    return smi_buf_add(&addr->display, word->text);
}

/* domain = dot-atom / domain-literal, with what may stand around it. */
static bool take_domain(struct addr *addr, struct smi_slice *domain)
{
    if (!skip_cfws(&addr->in) || addr->in.len == 0)
        return false;
    if (addr->in.ptr[0] != '[') {
        *domain = take_atoms(&addr->in);
        return is_dot_atom(*domain) && skip_cfws(&addr->in);
    }
    size_t n = 1;
    while (n < addr->in.len && addr->in.ptr[n] > 32 && !memchr("[]\\", addr->in.ptr[n], 3))
        n++;
    if (n == addr->in.len || addr->in.ptr[n] != ']')
        return false;
    *domain = smi_slice_take(addr->in, n + 1);
    addr->in = smi_slice_skip(addr->in, n + 1);
    return skip_cfws(&addr->in);
}

static bool is_plain_local(struct smi_slice local)
{
    for (size_t i = 0; i < local.len; i++)
        if (!is_atext(local.ptr[i]) && local.ptr[i] != '.')
            return false;
    return is_dot_atom(local);
}

static int put_addr_spec(struct smi_buf *out, struct smi_slice local, struct smi_slice domain)
{
    bool plain = is_plain_local(local);
    if (!plain)
        TRY(smi_buf_add_byte(out, '"'));
    for (size_t i = 0; i < local.len; i++) {
        if (local.ptr[i] == '"' || local.ptr[i] == '\\')
            TRY(smi_buf_add_byte(out, '\\'));
        TRY(smi_buf_add_byte(out, local.ptr[i]));
    }
    TRY(smi_buf_add_str(out, plain ? "@" : "\"@"));
    return smi_buf_add(out, domain);
}

static int grow(struct addr *addr)
{
    if (addr->out->count < addr->cap)
        return 0;
    size_t cap = addr->cap ? addr->cap * 2 : 4, bytes = cap * sizeof *addr->out->item;
    struct smi_mailbox *item = smi_arena_alloc(addr->arena, bytes);
    if (!item)
        return smi_mime_arena_error(addr->arena, bytes);
    if (addr->out->count)
        memcpy(item, addr->out->item, addr->out->count * sizeof *item);
    addr->out->item = item;
    addr->cap = cap;
    return 0;
}

static int add_mailbox(struct addr *addr, struct smi_slice local, struct smi_slice domain)
{
    struct smi_buf spec;
    TRY(grow(addr));
    struct smi_mailbox *box = &addr->out->item[addr->out->count];
    smi_buf_init(&spec, 0);
    int rc = put_addr_spec(&spec, local, domain);
    if (rc == 0) {
        box->addr_spec = smi_arena_str(addr->arena, smi_buf_slice(&spec));
        bool copied = smi_arena_copy(addr->arena, smi_buf_slice(&addr->display), &box->display);
        copied = smi_arena_copy(addr->arena, local, &box->local) && copied;
        copied = smi_arena_copy(addr->arena, domain, &box->domain) && copied;
        if (!box->addr_spec || !copied)
            rc = smi_mime_arena_error(addr->arena, spec.len + addr->display.len);
        else
            addr->out->count++;
    }
    smi_buf_clear(&spec);
    return rc;
}

/* "@" domain, after a local part. */
static int rest_of_addr_spec(struct addr *addr, const struct word *local, bool angle,
                             enum found *found)
{
    struct smi_slice domain;
    *found = FOUND_BAD;
    if (!local->is_quoted && !local->dot_atom)
        return 0;
    addr->in = smi_slice_skip(addr->in, 1);
    if (!take_domain(addr, &domain))
        return 0;
    if (angle) {
        if (addr->in.len == 0 || addr->in.ptr[0] != '>')
            return 0;
        addr->in = smi_slice_skip(addr->in, 1);
    }
    *found = FOUND_MAILBOX;
    return add_mailbox(addr, local->text, domain);
}

/* "<" addr-spec ">" */
static int angle_addr(struct addr *addr, enum found *found)
{
    struct word local;
    bool ok;
    *found = FOUND_BAD;
    TRY(flush_atoms(addr));
    addr->in = smi_slice_skip(addr->in, 1);
    if (!skip_cfws(&addr->in))
        return 0;
    TRY(take_word(addr, &local, &ok));
    if (!ok || !skip_cfws(&addr->in) || addr->in.len == 0 || addr->in.ptr[0] != '@')
        return 0;
    return rest_of_addr_spec(addr, &local, true, found);
}

static int parse_address(struct addr *addr, bool in_group, enum found *found)
{
    struct word word = {{NULL, 0}, false, false};
    bool ok;
    smi_buf_drop(&addr->atoms, addr->atoms.len);
    smi_buf_drop(&addr->display, addr->display.len);
    *found = FOUND_BAD;
    for (size_t words = 0;; words++) {
        uint8_t c = addr->in.len ? addr->in.ptr[0] : 0;
        if (c == '<')
            return angle_addr(addr, found);
        if (c == '@' && words == 1) {
            smi_buf_drop(&addr->atoms, addr->atoms.len);
            smi_buf_drop(&addr->display, addr->display.len);
            return rest_of_addr_spec(addr, &word, false, found);
        }
        if (c == ':' && words && !in_group) {
            addr->in = smi_slice_skip(addr->in, 1);
            *found = FOUND_GROUP;
            return 0;
        }
        TRY(take_word(addr, &word, &ok));
        if (!ok)
            return 0;
        TRY(add_to_phrase(addr, &word));
        if (!skip_cfws(&addr->in))
            return 0;
    }
}

/* To the next comma (or the end of the group). */
static int recover(struct addr *addr, bool in_group)
{
    addr->out->malformed = true;
    while (addr->in.len && addr->in.ptr[0] != ',' && !(in_group && addr->in.ptr[0] == ';')) {
        bool ok = true;
        if (addr->in.ptr[0] == '"')
            TRY(take_quoted(addr, &ok));
        else if (addr->in.ptr[0] == '(')
            ok = skip_cfws(&addr->in);
        else
            addr->in = smi_slice_skip(addr->in, 1);
        if (!ok)
            addr->in = smi_slice(NULL, 0);
    }
    return 0;
}

struct place {
    bool need; /* an address has to come */
    bool in_group;
    bool group_empty; /* nothing in it yet: ";" may follow */
};

static int need_address(struct addr *addr, struct place *place)
{
    enum found found;
    if (addr->in.ptr[0] == ';' && place->in_group && place->group_empty) {
        addr->in = smi_slice_skip(addr->in, 1);
        place->in_group = place->need = false;
        return 0;
    }
    TRY(parse_address(addr, place->in_group, &found));
    if (found == FOUND_GROUP) {
        addr->out->group = true;
        place->in_group = place->group_empty = true;
        return 0;
    }
    place->need = place->group_empty = false;
    return found == FOUND_BAD ? recover(addr, place->in_group) : 0;
}

static int after_address(struct addr *addr, struct place *place)
{
    uint8_t c = addr->in.ptr[0];
    if (c == ',')
        place->need = true;
    else if (c == ';' && place->in_group)
        place->in_group = false;
    else
        return recover(addr, place->in_group);
    addr->in = smi_slice_skip(addr->in, 1);
    return 0;
}

static int parse_list(struct addr *addr)
{
    struct place place = {true, false, false};
    if (skip_cfws(&addr->in) && addr->in.len == 0)
        return 0;
    for (;;) {
        if (!skip_cfws(&addr->in))
            addr->in = smi_slice(NULL, 0), addr->out->malformed = true;
        if (addr->in.len == 0)
            break;
        TRY(place.need ? need_address(addr, &place) : after_address(addr, &place));
    }
    if (place.need || place.in_group)
        addr->out->malformed = true;
    return 0;
}

/* Valid UTF-8 without controls other than TAB, CR and LF. */
static bool is_clean(struct smi_slice in)
{
    while (in.len) {
        uint32_t c;
        if (!smi_mime_utf8_next(&in, &c))
            return false;
        if ((c < 32 && c != '\t' && c != '\r' && c != '\n') || (c >= 127 && c < 160))
            return false;
    }
    return true;
}

int smi_addr_parse(struct smi_mailboxes *out, struct smi_slice field_value, struct smi_arena *arena)
{
    struct addr addr = {field_value, out, arena, 0, {0}, {0}, {0}};
    memset(out, 0, sizeof *out);
    out->malformed = !is_clean(field_value);
    int rc = out->malformed ? 0 : parse_list(&addr);
    smi_buf_clear(&addr.atoms);
    smi_buf_clear(&addr.display);
    smi_buf_clear(&addr.quoted);
    return rc;
}
