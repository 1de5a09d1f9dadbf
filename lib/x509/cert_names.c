/* cert_names.c: the e-mail addresses of a certificate (RFC 5280 4.1.2.6 and 4.2.1.6, RFC 9598).
 *
 * Each is parsed as a strict mailbox or left out and counted: NUL, blanks, commas, controls, a lone
 * dot, a wildcard domain never become an address (threats R17; CVE-2009-2408 class). The subject's
 * emailAddress counts only when the subjectAltName holds no address at all (CERT-008, CERT-012).
 */
#include "../asn1/asn1_str.h"
#include "cert.h"

enum { MAX_ADDRESSES = 256, MAX_ADDRESS_BYTES = 320 };

static bool is_atext(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
           (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Dot-string of RFC 5321 4.1.2 (UTF-8 allowed by RFC 6531). */
static bool is_dot_atom(struct smi_slice local)
{
    bool dot = true;
    for (size_t i = 0; i < local.len; i++) {
        if (local.ptr[i] == '.') {
            if (dot)
                return false;
            dot = true;
        } else if (!is_atext(local.ptr[i]))
            return false;
        else
            dot = false;
    }
    return local.len > 0 && local.len <= 64 && !dot;
}

/* "..." with backslash quoting; the unquoted octets go to out. */
static bool unquote(struct smi_slice local, uint8_t *out, size_t *len)
{
    *len = 0;
    if (local.len < 3 || local.ptr[0] != '"' || local.ptr[local.len - 1] != '"')
        return false;
    for (size_t i = 1; i + 1 < local.len; i++) {
        uint8_t c = local.ptr[i];
        if (c == '\\') {
            if (++i + 1 >= local.len)
                return false;
            c = local.ptr[i];
        } else if (c == '"')
            return false;
        if (c < 0x20 || c == 0x7f)
            return false;
        out[(*len)++] = c;
    }
    return *len <= 64;
}

/* Where the domain begins: behind the last '@'. */
static bool split_mailbox(struct smi_slice text, struct smi_slice *local, struct smi_slice *domain)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '@')
        at--;
    if (at == 0 || text.len > MAX_ADDRESS_BYTES)
        return false;
    *local = smi_slice_take(text, at - 1);
    *domain = smi_slice_skip(text, at);
    return true;
}

static int add_address(struct smi_cert *cert, struct smi_slice local, bool quoted,
                       struct smi_slice domain, bool from_dn)
{
    struct smi_arena *arena = &cert->arena;
    if (!cert->address)
        cert->address = smi_arena_alloc(arena, MAX_ADDRESSES * sizeof *cert->address);
    if (!cert->address)
        return SMIME_E_NOMEM;
    struct smi_cert_address *a = &cert->address[cert->address_count];
    if (!smi_arena_copy(arena, local, &a->local) || !smi_arena_copy(arena, domain, &a->domain))
        return SMIME_E_NOMEM;
    a->from_dn = from_dn;
    a->addr_spec = smi_arena_printf(arena, quoted ? "\"%.*s\"@%.*s" : "%.*s@%.*s", (int)local.len,
                                    (const char *)local.ptr, (int)domain.len,
                                    (const char *)domain.ptr);
    if (!a->addr_spec)
        return SMIME_E_NOMEM;
    cert->address_count++;
    return 0;
}

/* ascii: rfc822Name and emailAddress are IA5String; SmtpUTF8Mailbox is not. */
static int take_mailbox(struct smi_cert *cert, struct smi_slice text, bool ascii, bool from_dn)
{
    struct smi_slice local, domain;
    uint8_t unquoted[MAX_ADDRESS_BYTES];
    size_t unquoted_len;
    bool fine = cert->address_count < MAX_ADDRESSES && split_mailbox(text, &local, &domain);
    for (size_t i = 0; fine && ascii && i < text.len; i++)
        fine = text.ptr[i] < 0x80;
    fine = fine && smi_utf8_valid(text);
    bool quoted = fine && !is_dot_atom(local);
    if (quoted) {
        fine = unquote(local, unquoted, &unquoted_len);
        local = smi_slice(unquoted, fine ? unquoted_len : 0);
    }
    struct smi_buf ascii_domain;
    smi_buf_init(&ascii_domain, 1024);
    int rc = fine ? smi_domain_to_ascii(&ascii_domain, domain) : SMIME_E_MALFORMED;
    if (rc == 0)
        rc = add_address(cert, local, quoted, smi_buf_slice(&ascii_domain), from_dn);
    smi_buf_clear(&ascii_domain);
    if (rc == SMIME_E_NOMEM)
        return rc;
    if (rc != 0)
        cert->addresses_ignored++;
    return 0;
}

/* OtherName ::= [0] IMPLICIT SEQUENCE { type-id OID, value [0] EXPLICIT ANY }: SmtpUTF8Mailbox. */
static int take_other_name(struct smi_cert *cert, struct smi_slice content)
{
    struct smi_der der = smi_der(content), value;
    struct smi_slice oid, text;
    if (smi_der_oid(&der, &oid) != 0 || smi_oid_find(oid) != SMI_OID_ON_SMTP_UTF8_MAILBOX)
        return 0;
    if (smi_der_enter(&der, 0xa0, &value) != 0 ||
        smi_der_get(&value, SMI_ID_UTF8_STRING, &text) != 0) {
        cert->addresses_ignored++;
        return 0;
    }
    return take_mailbox(cert, text, false, false); /* I18N-001, I18N-003 */
}

static int read_san(struct smi_cert *cert, struct smi_slice san, bool *any)
{
    struct smi_der der = smi_der(san), names;
    uint8_t id;
    struct smi_slice content;
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &names) != 0)
        return 0;
    while (!smi_der_empty(&names)) {
        if (smi_der_any(&names, &id, &content, NULL) != 0)
            return 0;
        size_t before = cert->address_count + cert->addresses_ignored;
        if (id == 0x81)
            TRY(take_mailbox(cert, content, true, false));
        else if (id == 0xa0)
            TRY(take_other_name(cert, content));
        *any = *any || cert->address_count + cert->addresses_ignored > before;
    }
    return 0;
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY } */
static int read_dn(struct smi_cert *cert)
{
    struct smi_der der = smi_der(cert->subject), rdns, rdn, atv;
    struct smi_slice oid, content;
    uint8_t id;
    if (smi_der_enter(&der, SMI_ID_SEQUENCE, &rdns) != 0)
        return 0;
    while (!smi_der_empty(&rdns)) {
        if (smi_der_enter(&rdns, SMI_ID_SET, &rdn) != 0)
            return 0;
        while (!smi_der_empty(&rdn)) {
            if (smi_der_enter(&rdn, SMI_ID_SEQUENCE, &atv) != 0 || smi_der_oid(&atv, &oid) != 0 ||
                smi_der_any(&atv, &id, &content, NULL) != 0)
                return 0;
            if (smi_oid_find(oid) == SMI_OID_EMAIL_ADDRESS)
                TRY(take_mailbox(cert, content, true, true));
        }
    }
    return 0;
}

int smi_cert_names_read(struct smi_cert *cert, struct smi_slice san)
{
    bool any = false;
    if (san.len)
        TRY(read_san(cert, san, &any));
    return any ? 0 : read_dn(cert);
}
