/* name_text.c: a Name as text (RFC 4514 2), safe to show.
 *
 * Types without a short name here, and values that are no text, are written as 1.2.3=#hex.
 * Characters that hide or reorder text become \u{...}; a backslash of the name itself is doubled,
 * so both are told apart.
 */
#include "x509.h"

#include "../asn1/asn1_str.h"
#include "../base/mem.h"

struct type_name {
    const char *octets; /* of the OID, NUL-terminated: none of them holds 0 */
    const char *name;
};

/* RFC 4514 3, RFC 4519 2, RFC 5280 App. A, ETSI EN 319 412-1 */
static const struct type_name type_names[] = {
    {"\x55\x04\x03", "CN"},
    {"\x55\x04\x04", "SN"},
    {"\x55\x04\x05", "serialNumber"},
    {"\x55\x04\x06", "C"},
    {"\x55\x04\x07", "L"},
    {"\x55\x04\x08", "ST"},
    {"\x55\x04\x09", "STREET"},
    {"\x55\x04\x0a", "O"},
    {"\x55\x04\x0b", "OU"},
    {"\x55\x04\x0c", "title"},
    {"\x55\x04\x11", "postalCode"},
    {"\x55\x04\x29", "name"},
    {"\x55\x04\x2a", "GN"},
    {"\x55\x04\x2b", "initials"},
    {"\x55\x04\x2c", "generationQualifier"},
    {"\x55\x04\x2e", "dnQualifier"},
    {"\x55\x04\x41", "pseudonym"},
    {"\x55\x04\x61", "organizationIdentifier"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
};

static const char *type_name(struct smi_slice oid)
{
    for (size_t i = 0; i < SMI_COUNT(type_names); i++)
        if (smi_slice_is(oid, type_names[i].octets))
            return type_names[i].name;
    return NULL;
}

static int put_hex(struct smi_buf *out, struct smi_slice tlv)
{
    static const char digits[] = "0123456789abcdef";
    TRY(smi_buf_add_byte(out, '#'));
    for (size_t i = 0; i < tlv.len; i++) {
        TRY(smi_buf_add_byte(out, (uint8_t)digits[tlv.ptr[i] >> 4]));
        TRY(smi_buf_add_byte(out, (uint8_t)digits[tlv.ptr[i] & 15]));
    }
    return 0;
}

/* RFC 4514 2.4 */
static int put_escaped(struct smi_buf *out, struct smi_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool first = i == 0 && (c == ' ' || c == '#');
        bool last = i + 1 == text.len && c == ' ';
        bool special = memchr("\"+,;<>\\", c, 7) != NULL;
        if (first || last || special)
            TRY(smi_buf_add_byte(out, '\\'));
        TRY(smi_buf_add_byte(out, c));
    }
    return 0;
}

static int put_text(struct smi_buf *out, uint8_t id, struct smi_slice content, struct smi_slice tlv)
{
    struct smi_buf text, escaped;
    smi_buf_init(&text, 0);
    smi_buf_init(&escaped, 0);
    int rc = smi_asn1_str_utf8(&text, id, content);
    if (rc == SMIME_E_MALFORMED || rc == SMIME_E_UNSUPPORTED)
        rc = put_hex(out, tlv);
    else if (rc == 0 && (rc = put_escaped(&escaped, smi_buf_slice(&text))) == 0)
        rc = smi_display_escape(out, smi_buf_slice(&escaped));
    smi_buf_clear(&text);
    smi_buf_clear(&escaped);
    return rc;
}

static int put_ava(struct smi_buf *out, struct smi_der ava)
{
    struct smi_slice oid, content, tlv;
    uint8_t id;
    TRY(smi_der_oid(&ava, &oid));
    TRY(smi_der_any(&ava, &id, &content, &tlv));
    TRY(smi_der_end(&ava));
    const char *name = type_name(oid);
    if (name) {
        TRY(smi_buf_printf(out, "%s=", name));
        return put_text(out, id, content, tlv);
    }
    char dotted[128];
    smi_oid_text(oid, dotted, sizeof dotted);
    TRY(smi_buf_printf(out, "%s=", dotted));
    return put_hex(out, tlv);
}

static int put_rdn(struct smi_buf *out, struct smi_slice content)
{
    struct smi_der rdn = smi_der(content), ava;
    for (bool first = true; first || !smi_der_empty(&rdn); first = false) {
        if (!first)
            TRY(smi_buf_add_byte(out, '+'));
        TRY(smi_der_enter(&rdn, SMI_ID_SEQUENCE, &ava));
        TRY(put_ava(out, ava));
    }
    return 0;
}

static int put_reversed(struct smi_buf *out, struct smi_der rdns, struct smi_slice *rdn,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(smi_der_get(&rdns, SMI_ID_SET, &rdn[i]));
    for (size_t i = count; i-- > 0;) {
        TRY(put_rdn(out, rdn[i]));
        if (i > 0)
            TRY(smi_buf_add_byte(out, ','));
    }
    return 0;
}

int smi_name_text(struct smi_buf *out, struct smi_slice name_der)
{
    struct smi_der der = smi_der(name_der), rdns;
    TRY(smi_der_enter(&der, SMI_ID_SEQUENCE, &rdns));
    TRY(smi_der_end(&der));
    size_t count = 0;
    for (struct smi_der at = rdns; !smi_der_empty(&at); count++)
        TRY(smi_der_any(&at, NULL, NULL, NULL));
    struct smi_slice *rdn = smi_calloc(count, sizeof *rdn);
    if (!rdn)
        return SMIME_E_NOMEM;
    int rc = put_reversed(out, rdns, rdn, count);
    smi_free(rdn);
    return rc;
}
