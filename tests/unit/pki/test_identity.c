/* test_identity.c: lib/pki/identity.c */
#include "unit/x509/cert_kit.h"

#include "pki/pki.h"

static enum smi_match match(const struct smi_cert *cert, const char *local, const char *domain)
{
    return smi_identity_match(cert, smi_slice_str(local), smi_slice_str(domain));
}

/* CERT-008 CERT-010 */
static void test_ascii(void)
{
    struct smi_cert *cert = kit_cert(.dn_email = "dn@example.com",
                                     .ext = {"subjectAltName|email:Alice@Example.com,email:a.b@x"});
    CHECK_INT(match(cert, "Alice", "example.com"), SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "Alice", "EXAMPLE.COM"), SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "alice", "example.com"), SMI_MATCH_CASE);
    CHECK_INT(match(cert, "a.b", "x"), SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "ab", "x"), SMI_MATCH_NO);
    CHECK_INT(match(cert, "Alic", "example.com"), SMI_MATCH_NO);
    CHECK_INT(match(cert, "Alice", "example.co"), SMI_MATCH_NO);
    CHECK_INT(match(cert, "Alice", "sub.example.com"), SMI_MATCH_NO);
    CHECK_INT(match(cert, "Alice", "x"), SMI_MATCH_NO);
    CHECK_INT(match(cert, "Alice", "example.com."), SMI_MATCH_NO);
    CHECK_INT(match(cert, "Alice", ""), SMI_MATCH_NO);
    CHECK_INT(match(cert, "", "example.com"), SMI_MATCH_NO);
    CHECK_INT(match(cert, "dn", "example.com"), SMI_MATCH_NO); /* CERT-012: the SAN goes first */
    smi_cert_free(cert);
    cert = kit_cert(.ext = {"subjectAltName|email:bob@x,email:Bob@x"});
    CHECK_INT(match(cert, "Bob", "x"), SMI_MATCH_EXACT); /* exact before case, in any order */
    CHECK_INT(match(cert, "bob", "x"), SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "BOB", "x"), SMI_MATCH_CASE);
    smi_cert_free(cert);
    cert = kit_cert(.cn = "bob@x"); /* CERT-011 */
    CHECK_INT(match(cert, "bob", "x"), SMI_MATCH_NO);
    smi_cert_free(cert);
}

/* I18N-004 I18N-007 */
static void test_utf8(void)
{
    /* SmtpUTF8Mailbox \xc3\xb6L@xn--bcher-kva.example, rfc822Name a@xn--bcher-kva.example */
    struct smi_cert *cert = kit_cert(
            .ext = {"subjectAltName|DER:"
                    "30:42:a0:27:06:08:2b:06:01:05:05:07:08:09:a0:1b:0c:19:c3:b6:4c:40:78:6e:2d:2d:"
                    "62:63:68:65:72:2d:6b:76:61:2e:65:78:61:6d:70:6c:65:81:17:61:40:78:6e:2d:2d:62:"
                    "63:68:65:72:2d:6b:76:61:2e:65:78:61:6d:70:6c:65"});
    CHECK_INT(match(cert, "\xc3\xb6L", "xn--bcher-kva.example"), SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "\xc3\xb6L", "XN--BCHER-KVA.example"), SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "\xc3\xb6l", "xn--bcher-kva.example"), SMI_MATCH_NO); /* no folding */
    CHECK_INT(match(cert, "o\xcc\x88L", "xn--bcher-kva.example"), SMI_MATCH_NO);
#if SMIME_HAVE_IDN
    CHECK_INT(match(cert, "\xc3\xb6L",
                    "b\xc3\xbc"
                    "cher.example"),
              SMI_MATCH_EXACT);
    CHECK_INT(match(cert, "a",
                    "b\xc3\xbc"
                    "cher.example"),
              SMI_MATCH_EXACT);
#endif
    CHECK_INT(match(cert, "a", "bucher.example"), SMI_MATCH_NO);
    smi_cert_free(cert);
}

TEST_MAIN(test_ascii, test_utf8)
