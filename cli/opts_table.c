/* opts_table.c: all options. Their order is the order of --help. */
#include <string.h>

#include "opts.h"

#define SIGNERS (CLI_SIGN | CLI_PROTECT)
#define ENCRYPTERS (CLI_ENCRYPT | CLI_PROTECT)
#define WRITERS (CLI_OPEN | CLI_VERIFY | CLI_DECRYPT)
#define REP CLI_REPEATABLE

static const struct cli_option options[] = {
    {OPT_KEY, "key", 0, CLI_VALUE, CLI_ALL, REP | CLI_PATH, "FILE", NULL,
     "a private key: PKCS#12, or PEM key and certificate; may be repeated"},
    {OPT_PASS_FILE, "pass-file", 0, CLI_VALUE, CLI_ALL, REP | CLI_PATH, "FILE", NULL,
     "the password (first line) of the --key before it"},
    {OPT_KEY_CERT, "key-cert", 0, CLI_VALUE, CLI_ALL, REP | CLI_PATH, "FILE", NULL,
     "the certificate of the --key before it, where it is apart"},
    {OPT_CERT, "cert", 0, CLI_VALUE, CLI_ALL, REP | CLI_PATH, "FILE", NULL,
     "certificates for chains and recipients: PEM, DER, PKCS#7 or a folder; may be repeated"},
    {OPT_TO_CERT, "to-cert", 0, CLI_VALUE, ENCRYPTERS, REP | CLI_PATH, "FILE", NULL,
     "encrypt to this certificate whatever its addresses; may be repeated"},
    {OPT_SIGNER, "signer", 0, CLI_VALUE, SIGNERS, CLI_PATH, "FILE", NULL,
     "the certificate to sign with, where several keys could"},
    {OPT_TRUST, "trust", 0, CLI_VALUE, CLI_ALL, REP | CLI_PATH, "FILE", NULL,
     "trust anchors: every certificate in it (a file or a folder); may be repeated; when sending, "
     "each recipient must chain to one"},
    {OPT_AT, "at", 0, CLI_VALUE, CLI_ALL, 0, "TIME", NULL,
     "judge or sign as of this RFC 3339 time, not now"},
    {OPT_POLICY, "policy", 0, CLI_VALUE, CLI_ALL, 0, "NAME", "compatible|strict|historic",
     "what to accept and to write (default compatible)"},
    {OPT_REVOCATION, "revocation", 0, CLI_VALUE, CLI_READERS, 0, "MODE", "off|soft|hard",
     "what an unknown revocation state means (default soft; hard under --policy strict)"},
    {OPT_FROM, "from", 0, CLI_VALUE, CLI_ALL, CLI_MESSAGE, "ADDRESS", NULL,
     "the author, in place of the From field"},
    {OPT_IDENTITY, "identity", 0, CLI_VALUE, CLI_READERS, 0, "on|off", "on|off",
     "compare the signer's addresses with From (default on)"},
    {OPT_CONTENT, "content", 0, CLI_VALUE, CLI_OPEN | CLI_VERIFY | CLI_SHOW,
     CLI_MESSAGE | CLI_PATH, "FILE", NULL, "the content of a detached signature"},
    {OPT_PART, "part", 0, CLI_VALUE, CLI_DECRYPT, CLI_MESSAGE, "PATH", NULL,
     "decrypt this part alone; its path as show prints it"},
    {OPT_FORM_TEXT, "text", 0, CLI_FLAG, CLI_OPEN, CLI_MESSAGE, NULL, NULL,
     "write the readable text alone, in UTF-8"},
    {OPT_ENTITY, "entity", 0, CLI_FLAG, CLI_OPEN, CLI_MESSAGE, NULL, NULL,
     "write the innermost MIME entity alone"},
    {OPT_ATTACHMENTS, "attachments", 0, CLI_VALUE, CLI_OPEN, CLI_MESSAGE | CLI_PATH, "DIR", NULL,
     "write the attachments into this folder; no file is ever replaced"},
    {OPT_INSECURE_OUTPUT, "insecure-output", 0, CLI_FLAG, WRITERS, CLI_MESSAGE, NULL, NULL,
     "write content although a signature on it is invalid"},
    {OPT_OPAQUE, "opaque", 0, CLI_FLAG, SIGNERS, 0, NULL, NULL,
     "application/pkcs7-mime in place of multipart/signed"},
    {OPT_DIGEST, "digest", 0, CLI_VALUE, SIGNERS, 0, "NAME", "auto|sha224|sha256|sha384|sha512",
     "the digest of the signature (default auto)"},
    {OPT_PSS, "pss", 0, CLI_FLAG, SIGNERS, 0, NULL, NULL,
     "RSASSA-PSS in place of PKCS #1 v1.5"},
    {OPT_NO_CERTS, "no-certs", 0, CLI_FLAG, SIGNERS, 0, NULL, NULL,
     "do not enclose certificates"},
    {OPT_CIPHER, "cipher", 0, CLI_VALUE, ENCRYPTERS, 0, "NAME",
     "auto|aes128-cbc|aes192-cbc|aes256-cbc|aes128-gcm|aes192-gcm|aes256-gcm",
     "the content cipher (default auto)"},
    {OPT_OAEP, "oaep", 0, CLI_FLAG, ENCRYPTERS, 0, NULL, NULL,
     "RSAES-OAEP in place of PKCS #1 v1.5"},
    {OPT_RECIPIENT_ID, "recipient-id", 0, CLI_VALUE, ENCRYPTERS, 0, "KIND", "issuer|ski",
     "name certificates by issuer and serial number or by subject key identifier (default issuer)"},
    {OPT_DER, "der", 0, CLI_FLAG, CLI_SENDERS, 0, NULL, NULL,
     "definite lengths at any size"},
    {OPT_TO, "to", 0, CLI_VALUE, CLI_SENDERS, CLI_MESSAGE | REP, "ADDRESS", NULL,
     "a recipient of a new message; may be repeated"},
    {OPT_CC, "cc", 0, CLI_VALUE, CLI_SENDERS, CLI_MESSAGE | REP, "ADDRESS", NULL,
     "a Cc recipient of a new message; may be repeated"},
    {OPT_BCC, "bcc", 0, CLI_VALUE, CLI_SENDERS, CLI_MESSAGE | REP, "ADDRESS", NULL,
     "a Bcc recipient of a new message; may be repeated; needs --split"},
    {OPT_SUBJECT, "subject", 0, CLI_VALUE, CLI_SENDERS, CLI_MESSAGE, "TEXT", NULL,
     "the subject of a new message"},
    {OPT_TEXT, "text", 0, CLI_OPTIONAL, CLI_SENDERS, CLI_MESSAGE, "FILE", NULL,
     "build a new message; the input (FILE or standard input) is its text"},
    {OPT_ATTACH, "attach", 0, CLI_VALUE, CLI_SENDERS, CLI_MESSAGE | REP, "FILE", NULL,
     "attach this file to a new message; may be repeated"},
    {OPT_SPLIT, "split", 0, CLI_VALUE, CLI_SENDERS, CLI_MESSAGE, "DIR", NULL,
     "write one copy for To and Cc and one for each Bcc into this new folder"},
    {OPT_OUTPUT, "output", 'o', CLI_VALUE, CLI_ALL, CLI_MESSAGE, "FILE", NULL,
     "write the result here, whole or not at all; - is standard output"},
    {OPT_JSON, "json", 0, CLI_OPTIONAL, CLI_ALL, CLI_MESSAGE, "FILE", NULL,
     "the report as JSON, into FILE or in place of the text for people"},
    {OPT_QUIET, "quiet", 'q', CLI_FLAG, CLI_ALL, 0, NULL, NULL,
     "say nothing but errors"},
    {OPT_NO_STORE, "no-store", 0, CLI_FLAG, CLI_ALL, 0, NULL, NULL,
     "use no store of keys and certificates (this version has none)"},
    {OPT_NO_CONFIG, "no-config", 0, CLI_FLAG, CLI_ALL, CLI_MESSAGE, NULL, NULL,
     "read no configuration file"},
    {OPT_HELP, "help", 'h', CLI_FLAG, CLI_ALL, CLI_MESSAGE, NULL, NULL,
     "print this help"},

    {OPT_ABSENT, "crl", 0, CLI_VALUE, CLI_ALL, 0, "FILE", NULL, NULL},
    {OPT_ABSENT, "ocsp", 0, CLI_VALUE, CLI_ALL, 0, "FILE", NULL, NULL},
    {OPT_ABSENT, "online", 0, CLI_FLAG, CLI_ALL, 0, NULL, NULL, NULL},
    {OPT_ABSENT, "password-file", 0, CLI_VALUE, CLI_ALL, 0, "FILE", NULL, NULL},
    {OPT_ABSENT, "no-header-protection", 0, CLI_FLAG, CLI_ALL, 0, NULL, NULL, NULL},
    {OPT_ABSENT, "announce-gcm", 0, CLI_FLAG, CLI_ALL, 0, NULL, NULL, NULL},
};

const struct cli_option *cli_option_at(size_t index)
{
    return index < sizeof options / sizeof options[0] ? &options[index] : NULL;
}

const struct cli_option *cli_option_find(const char *name, size_t len, unsigned verbs)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const struct cli_option *o = &options[i];
        if ((o->verbs & verbs) && strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}
