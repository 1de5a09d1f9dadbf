/* cert_names.c: the mail addresses of a certificate (RFC 8550 3, RFC 5280 4.2.1.6, RFC 9598).
 *
 * Sources, in this order: rfc822Name and SmtpUTF8Mailbox of subjectAltName; emailAddress of the
 * subject only when subjectAltName holds no address at all, not even a bad one (CERT-008,
 * CERT-012). Nothing else is taken for an address: no CN, UPN, URI or DNS name.
 *
 * Refuses (R17; CVE-2009-2408 class) every entry that is no strict Mailbox: NUL, controls, blanks,
 * commas (also inside quotes: such addresses exist on paper only, and lists are split at them),
 * dots at the ends of the local part, address literals, wildcards, domains that are no LDH names,
 * 8-bit octets in rfc822Name and emailAddress, characters that hide or reorder text, and
 * SmtpUTF8Mailbox with an ASCII local part (RFC 9598 3 forbids it; it is a way around name
 * constraints). A malformed subjectAltName gives no address, and does not make the subject's count.
 */
#include "../asn1/asn1_str.h"
#include "cert.h"

enum { ADDRESSES_MAX = 256, LOCAL_MAX = 64, SAN_DEPTH_MAX = 16 };
enum { ID_RFC822_NAME = 0x81, ID_OTHER_NAME = 0xa0, ID_EXPLICIT_0 = 0xa0 };

static bool is_atext(uint8_t c)
{
    static const char specials[] = "!#$%&'*+-/=?^_`{|}~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           memchr(specials, c, sizeof specials - 1) != NULL;
}

static bool is_quotable(uint8_t c)
{
    return c > ' ' && c < 0x7f && c != ',';
}

struct local_part {
    uint8_t octets[LOCAL_MAX]; /* unquoted */
    size_t len;
    size_t used; /* octets of the text that it took, with quotes */
};

/* Quoted-string at the front of text (RFC 5321 4.1.2). */
static bool take_quoted(struct local_part *out, struct smi_slice text, bool utf8)
{
    for (size_t i = 1; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '"') {
            out->used = i + 1;
            return out->len > 0;
        }
        bool escaped = c == '\\';
        if (escaped && ++i == text.len)
            return false;
        c = text.ptr[i];
        bool fits = is_quotable(c) || (utf8 && !escaped && c >= 0x80);
        if (!fits || out->len == LOCAL_MAX)
            return false;
        out->octets[out->len++] = c;
    }
    return false;
}

/* Dot-string up to the '@' (UTF-8 by RFC 6531 3.3). */
static bool take_dot_string(struct local_part *out, struct smi_slice text, bool utf8)
{
    size_t at = smi_slice_find(text, '@');
    if (at == 0 || at > LOCAL_MAX || text.ptr[0] == '.' || text.ptr[at - 1] == '.')
        return false;
    for (size_t i = 0; i < at; i++) {
        uint8_t c = text.ptr[i];
        bool dot = c == '.' && text.ptr[i - 1] != '.';
        if (!dot && !is_atext(c) && !(utf8 && c >= 0x80))
            return false;
        out->octets[i] = c;
    }
    out->len = out->used = at;
    return true;
}

static bool is_ascii(struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] >= 0x80)
            return false;
    return true;
}

/* 0 when it is well-formed UTF-8 in which nothing needs to be escaped for display, else MALFORMED.
 */
static int check_plain(struct smi_slice text)
{
    struct smi_buf shown;
    smi_buf_init(&shown, 0);
    int rc = smi_display_escape(&shown, text);
    if (rc == 0 && !smi_slice_eq(smi_buf_slice(&shown), text))
        rc = SMIME_E_MALFORMED;
    smi_buf_clear(&shown);
    return rc;
}

/* as_written: the local part with its quotes. */
static int store(struct smi_cert *cert, struct smi_slice local, struct smi_slice as_written,
                 struct smi_slice domain, bool from_dn)
{
    struct smi_arena *arena = &cert->arena;
    if (!cert->address)
        cert->address = smi_arena_alloc(arena, ADDRESSES_MAX * sizeof *cert->address);
    if (!cert->address)
        return SMIME_E_NOMEM;
    struct smi_cert_address *address = &cert->address[cert->address_count];
    if (!smi_arena_copy(arena, local, &address->local) ||
        !smi_arena_copy(arena, domain, &address->domain))
        return SMIME_E_NOMEM;
    char *text = smi_arena_alloc(arena, as_written.len + 1 + domain.len + 1);
    if (!text)
        return SMIME_E_NOMEM;
    memcpy(text, as_written.ptr, as_written.len);
    text[as_written.len] = '@';
    memcpy(text + as_written.len + 1, domain.ptr, domain.len);
    address->addr_spec = text;
    address->from_dn = from_dn;
    cert->address_count++;
    return 0;
}

/* 0, NOMEM, or MALFORMED: no strict mailbox. */
static int parse_mailbox(struct smi_cert *cert, struct smi_slice text, bool utf8, bool from_dn)
{
    struct local_part local = {.len = 0};
    if (cert->address_count == ADDRESSES_MAX || text.len == 0 || (!utf8 && !is_ascii(text)))
        return SMIME_E_MALFORMED;
    bool taken =
        text.ptr[0] == '"' ? take_quoted(&local, text, utf8) : take_dot_string(&local, text, utf8);
    if (!taken || local.used == text.len || text.ptr[local.used] != '@')
        return SMIME_E_MALFORMED;
    struct smi_slice unquoted = smi_slice(local.octets, local.len);
    if (utf8) {
        TRY(check_plain(unquoted));
        if (is_ascii(unquoted)) /* RFC 9598 3 I18N-002 */
            return SMIME_E_MALFORMED;
    }
    struct smi_buf domain;
    smi_buf_init(&domain, 0);
    int rc = smi_domain_to_ascii(&domain, smi_slice_skip(text, local.used + 1)); /* I18N-003 */
    if (rc == 0)
        rc = store(cert, unquoted, smi_slice_take(text, local.used), smi_buf_slice(&domain),
                   from_dn);
    smi_buf_clear(&domain);
    return rc;
}

static int add(struct smi_cert *cert, struct smi_slice text, bool utf8, bool from_dn)
{
    int rc = parse_mailbox(cert, text, utf8, from_dn);
    if (rc == SMIME_E_NOMEM)
        return rc;
    if (rc != 0)
        cert->addresses_ignored++;
    return 0;
}

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }
 * SmtpUTF8Mailbox ::= UTF8String (SIZE (1..MAX))   RFC 9598 3 I18N-001 */
static int add_other_name(struct smi_cert *cert, struct smi_slice content)
{
    struct smi_der der = smi_der(content), value;
    struct smi_slice oid, text;
    if (smi_der_oid(&der, &oid) != 0 || smi_oid_find(oid) != SMI_OID_ON_SMTP_UTF8_MAILBOX)
        return 0;
    if (smi_der_enter(&der, ID_EXPLICIT_0, &value) != 0 || smi_der_end(&der) != 0 ||
        smi_der_get(&value, SMI_ID_UTF8_STRING, &text) != 0 || smi_der_end(&value) != 0)
        text = smi_slice(NULL, 0); /* no mailbox: counted as ignored */
    return add(cert, text, true, false);
}

/* GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName */
static int read_general_names(struct smi_cert *cert, struct smi_slice in)
{
    struct smi_der der = smi_der(in), names;
    TRY(smi_der_enter(&der, SMI_ID_SEQUENCE, &names));
    TRY(smi_der_end(&der));
    while (!smi_der_empty(&names)) {
        uint8_t id;
        struct smi_slice content;
        TRY(smi_der_any(&names, &id, &content, NULL));
        if (id == ID_RFC822_NAME)
            TRY(add(cert, content, false, false));
        else if (id == ID_OTHER_NAME)
            TRY(add_other_name(cert, content));
    }
    return 0;
}

static int read_san(struct smi_cert *cert, struct smi_slice san)
{
    struct smi_buf normal;
    smi_buf_init(&normal, 0);
    int rc = smi_ber_normalise(&normal, san, SAN_DEPTH_MAX);
    if (rc == 0)
        rc = read_general_names(cert, smi_buf_slice(&normal));
    smi_buf_clear(&normal);
    if (rc == 0 || rc == SMIME_E_NOMEM)
        return rc;
    cert->address_count = 0;
    cert->addresses_ignored++;
    return 0;
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }   CERT-012 */
static int add_attribute(struct smi_cert *cert, struct smi_der attribute)
{
    struct smi_slice oid, content;
    uint8_t id;
    if (smi_der_oid(&attribute, &oid) != 0 || smi_oid_find(oid) != SMI_OID_EMAIL_ADDRESS ||
        smi_der_any(&attribute, &id, &content, NULL) != 0)
        return 0;
    struct smi_buf text;
    smi_buf_init(&text, 0);
    int rc = smi_asn1_str_utf8(&text, id, content);
    /* What is no string leaves the buffer empty, which is no mailbox. */
    if (rc != SMIME_E_NOMEM)
        rc = add(cert, smi_buf_slice(&text), false, true);
    smi_buf_clear(&text);
    return rc;
}

/* Name ::= SEQUENCE OF SET SIZE (1..MAX) OF AttributeTypeAndValue */
static int read_dn(struct smi_cert *cert)
{
    struct smi_der der = smi_der(cert->subject), rdns, rdn, attribute;
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &rdns) != 0)
        return 0;
    while (smi_der_enter(&rdns, SMI_ID_SET, &rdn) == 0)
        while (smi_der_enter(&rdn, SMI_ID_SEQUENCE, &attribute) == 0)
            TRY(add_attribute(cert, attribute));
    return 0;
}

int smi_cert_names_read(struct smi_cert *cert, struct smi_slice san)
{
    if (san.len)
        TRY(read_san(cert, san));
    return cert->address_count + cert->addresses_ignored ? 0 : read_dn(cert);
}
