/* test_protect.c: what smime_protect writes, read back with libcrypto's CMS code; what it refuses.
 */
#include <openssl/cms.h>

#include "msg_kit.h"
#include "lib/msg/protect.h"

static struct smime_ctx *ctx;
static struct smime_keys *alice, *nobody;
static struct smime_certs *everyone;

static const char message[] = "Received: from a by b;\n\tTue, 24 Nov 2026 08:00:00 +0000\n"
                              "From: Alice <alice@example.org>\n"
                              "To: Bob <bob@example.org>\n"
                              "Cc: carol@example.org\n"
                              "Subject: Plans\n"
                              "Date: Tue, 24 Nov 2026 19:53:20 +0000\n"
                              "MIME-Version: 1.0\n"
                              "Content-Type: text/plain; charset=utf-8\n"
                              "\n"
                              "Gr\xc3\xbc\xc3\x9f"
                              "e\nFrom here\n";

static void start(void)
{
    if (ctx)
        return;
    kit_start();
    ctx = kit_ctx(SMIME_POLICY_COMPATIBLE);
    kit_ok(smime_keys_new(ctx, &alice) == 0 && smime_keys_new(ctx, &nobody) == 0);
    kit_ok(smime_certs_new(ctx, &everyone) == 0);
    kit_add_key(alice, &kit_alice);
    kit_add_cert(everyone, kit_bob.cert);
    kit_add_cert(everyone, kit_carol.cert);
    kit_add_cert(everyone, kit_weak.cert);
    kit_add_cert(everyone, kit_ca.cert);
}

struct run {
    struct smime_protect_options options;
    struct smime_ctx *ctx;
    struct smime_op *op;
    struct smi_buf out;
    bool pipe; /* the source cannot rewind */
    int rc;
};

static void run_init(struct run *run, unsigned flags)
{
    start();
    memset(run, 0, sizeof *run);
    SMIME_INIT(&run->options);
    run->options.flags = flags;
    run->options.keys = alice;
    run->options.certs = everyone;
    run->options.now = KIT_NOW;
    run->ctx = ctx;
    smi_buf_init(&run->out, 0);
}

static int run_text(struct run *run, const char *text)
{
    struct smime_source source;
    struct smime_output *output;
    smi_buf_clear(&run->out);
    smime_op_free(run->op);
    kit_ok(smime_op_new(run->ctx, &run->op) == 0);
    kit_ok(smime_source_memory(&source, text, strlen(text)) == 0);
    kit_ok(smime_output_callback(&output, kit_collect, &run->out) == 0);
    if (run->pipe)
        source.rewind = NULL;
    run->rc = smime_protect(run->op, &run->options, &source, output);
    CHECK_INT(smime_op_error(run->op)->code, run->rc);
    CHECK(run->rc == 0 || run->out.len == 0);
    smime_output_free(output);
    smime_source_close(&source);
    return run->rc;
}

static void run_clear(struct run *run)
{
    smi_buf_clear(&run->out);
    smime_op_free(run->op);
    run->op = NULL;
}

static bool has_warning(const struct run *run, const char *code)
{
    const struct smime_report *report = smime_op_report(run->op);
    for (size_t i = 0; i < report->warning_count; i++)
        if (strcmp(report->warnings[i]->code, code) == 0)
            return true;
    return false;
}

static bool error_says(const struct run *run, const char *text)
{
    return strstr(smime_op_error(run->op)->text, text) != NULL;
}

/* -- reading with libcrypto */

static X509_STORE *anchors(void)
{
    X509_STORE *store = X509_STORE_new();
    kit_ok(store && X509_STORE_add_cert(store, kit_root.cert));
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), KIT_NOW);
    X509_STORE_set_flags(store, X509_V_FLAG_USE_CHECK_TIME);
    return store;
}

/* The content that verified, appended to out; false when it does not verify. */
static bool verify(struct smi_slice text, struct smi_buf *out, int *certs)
{
    BIO *in = BIO_new_mem_buf(text.ptr, (int)text.len), *detached = NULL,
        *got = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = SMIME_read_CMS(in, &detached);
    X509_STORE *store = anchors();
    bool ok = cms && CMS_verify(cms, NULL, store, detached, got, CMS_BINARY) == 1;
    char *data;
    long len = BIO_get_mem_data(got, &data);
    if (ok)
        kit_ok(smi_buf_add(out, smi_slice(data, (size_t)len)) == 0);
    if (cms && certs) {
        STACK_OF(X509) *all = CMS_get1_certs(cms);
        *certs = sk_X509_num(all);
        sk_X509_pop_free(all, X509_free);
    }
    X509_STORE_free(store);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    BIO_free(detached);
    BIO_free(got);
    return ok;
}

static bool decrypt(struct smi_slice text, const struct kit_person *who, struct smi_buf *out,
                    int *recipients)
{
    BIO *in = BIO_new_mem_buf(text.ptr, (int)text.len), *got = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = SMIME_read_CMS(in, NULL);
    bool ok = cms && CMS_decrypt(cms, who->key, who->cert, NULL, got, CMS_BINARY) == 1;
    char *data;
    long len = BIO_get_mem_data(got, &data);
    if (ok)
        kit_ok(smi_buf_add(out, smi_slice(data, (size_t)len)) == 0);
    if (cms && recipients)
        *recipients = sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms));
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    BIO_free(got);
    return ok;
}

static const char entity[] = "MIME-Version: 1.0\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                             "Gr=C3=BC=C3=9Fe\r\nFrom=20here\r\n";

/* -- tests */

/* MSG-023, MSG-024, MSG-025, MSG-034, CERT-003 */
static void test_detached(void)
{
    struct run run;
    struct smi_buf content;
    int certs;
    run_init(&run, SMIME_PROTECT_SIGN);
    for (int pipe = 0; pipe < 2; pipe++) {
        run.pipe = pipe;
        CHECK_INT(run_text(&run, message), 0);
        CHECK(!kit_contains(&run.out, "\r"));
        CHECK(kit_contains(&run.out, "Received: from a by b;\n\tTue, "));
        CHECK(kit_contains(&run.out,
                           "\nMIME-Version: 1.0\nContent-Type: multipart/signed; "
                           "protocol=\"application/pkcs7-signature\";\n micalg=sha-256;\n"));
        CHECK(kit_contains(&run.out, "name=\"smime.p7s\""));
        smi_buf_init(&content, 0);
        CHECK(verify(smi_buf_slice(&run.out), &content, &certs));
        CHECK_BYTES(content.ptr, content.len, entity, sizeof entity - 1);
        CHECK_INT(certs, 2); /* the signer's and the intermediate, not the root */
        smi_buf_clear(&content);
    }
    const struct smime_report *report = smime_op_report(run.op);
    CHECK_INT(report->signer_count, 1);
    CHECK_STR(report->signers[0]->address, "alice@example.org");
    CHECK_INT(report->signers[0]->signing_time, KIT_NOW);
    CHECK_INT(report->layer_count, 2);
    CHECK_STR(report->subject, "Plans");
    CHECK(!has_warning(&run, "date-differs"));
    run_clear(&run);
}

/* MSG-002, MSG-004, MSG-005, MSG-022 */
static void test_opaque(void)
{
    struct run run;
    struct smi_buf content;
    run_init(&run, SMIME_PROTECT_SIGN | SMIME_PROTECT_OPAQUE | SMIME_PROTECT_DER);
    CHECK_INT(run_text(&run, message), 0);
    CHECK(kit_contains(&run.out, "application/pkcs7-mime; smime-type=signed-data;\n "
                                 "name=\"smime.p7m\"\n"));
    CHECK(kit_contains(&run.out, "filename=\"smime.p7m\""));
    smi_buf_init(&content, 0);
    CHECK(verify(smi_buf_slice(&run.out), &content, NULL));
    CHECK_BYTES(content.ptr, content.len, entity, sizeof entity - 1);
    smi_buf_clear(&content);
    run_clear(&run);
}

/* MSG-020, KEY-024 */
static void test_encrypt(void)
{
    const struct kit_person *const readers[] = {&kit_alice, &kit_bob, &kit_carol};
    struct run run;
    struct smi_buf content;
    int recipients;
    size_t count;
    run_init(&run, SMIME_PROTECT_ENCRYPT);
    CHECK_INT(run_text(&run, message), 0);
    CHECK(kit_contains(&run.out, "smime-type=enveloped-data"));
    for (size_t i = 0; i < 3; i++) {
        smi_buf_init(&content, 0);
        CHECK(decrypt(smi_buf_slice(&run.out), readers[i], &content, &recipients));
        CHECK_BYTES(content.ptr, content.len, entity, sizeof entity - 1);
        CHECK_INT(recipients, 3);
        smi_buf_clear(&content);
    }
    const char *const *envelope = smime_op_envelope(run.op, &count);
    CHECK_INT(count, 2);
    CHECK_STR(envelope[0], "bob@example.org");
    CHECK_STR(envelope[1], "carol@example.org");
    CHECK(has_warning(&run, "subject-not-protected"));
    CHECK(!has_warning(&run, "not-to-self"));
    CHECK_INT(smime_op_report(run.op)->recipient_count, 3);
    CHECK(smime_op_report_json(run.op) != NULL);
    run_clear(&run);
}

/* MSG-014, MSG-028 */
static void test_both(void)
{
    const unsigned forms[] = {0, SMIME_PROTECT_OPAQUE, SMIME_PROTECT_OAEP | SMIME_PROTECT_SKI};
    struct run run;
    struct smi_buf inner, content;
    for (size_t i = 0; i < SMI_COUNT(forms); i++) {
        run_init(&run, SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT | forms[i]);
        CHECK_INT(run_text(&run, message), 0);
        smi_buf_init(&inner, 0);
        smi_buf_init(&content, 0);
        CHECK(decrypt(smi_buf_slice(&run.out), &kit_bob, &inner, NULL));
        for (size_t j = 0; j < inner.len; j++)
            if (inner.ptr[j] >= 128)
                CHECK(inner.ptr[j] < 128);
        CHECK(verify(smi_buf_slice(&inner), &content, NULL));
        CHECK_BYTES(content.ptr, content.len, entity, sizeof entity - 1);
        smi_buf_clear(&inner);
        smi_buf_clear(&content);
        CHECK_INT(smime_op_report(run.op)->layer_count, 3);
        run_clear(&run);
    }
}

/* MSG-021 */
static void test_ciphers(void)
{
    struct run run;
    struct smime_ctx *strict = kit_ctx(SMIME_POLICY_STRICT);
    run_init(&run, SMIME_PROTECT_ENCRYPT);
    run.options.cipher = "aes128-gcm";
    CHECK_INT(run_text(&run, message), 0);
    CHECK(kit_contains(&run.out, "smime-type=authEnveloped-data"));
    CHECK_INT(smime_op_report(run.op)->encrypted, SMIME_AUTHENTICATED);
    run.options.cipher = "auto";
    run.ctx = strict;
    CHECK_INT(run_text(&run, message), 0);
    CHECK(kit_contains(&run.out, "smime-type=authEnveloped-data"));
    run.ctx = ctx;
    run.options.cipher = "des-ede3-cbc";
    CHECK_INT(run_text(&run, message), SMIME_E_USAGE);
    run.options.cipher = NULL;
    run.options.digest = "sha1";
    run.options.flags = SMIME_PROTECT_SIGN;
    CHECK_INT(run_text(&run, message), SMIME_E_USAGE);
    run.options.digest = "sha512";
    CHECK_INT(run_text(&run, message), 0);
    CHECK(kit_contains(&run.out, "micalg=sha-512"));
    run_clear(&run);
    smime_ctx_free(strict);
}

static const char with_bcc[] = "From: alice@example.org\r\nTo: bob@example.org\r\n"
                               "Bcc: carol@example.org,\r\n alice@example.org\r\n"
                               "Subject: s\r\nContent-Type: text/plain\r\n\r\nhi\r\n";

/* KEY-023 */
static void test_bcc(void)
{
    struct run run;
    size_t count;
    int recipients;
    struct smi_buf content;
    run_init(&run, SMIME_PROTECT_ENCRYPT);
    CHECK_INT(run_text(&run, with_bcc), SMIME_E_REFUSED);
    CHECK_INT(smime_op_bcc_count(run.op), 2);
    run.options.audience = SMIME_TO_AND_CC;
    CHECK_INT(run_text(&run, with_bcc), 0);
    CHECK(kit_contains(&run.out, "Subject: s\r\nMIME-Version"));
    CHECK(!kit_contains(&run.out, "Bcc") && !kit_contains(&run.out, "carol"));
    CHECK_STR(smime_op_envelope(run.op, &count)[0], "bob@example.org");
    CHECK_INT(count, 1);
    smi_buf_init(&content, 0);
    CHECK(decrypt(smi_buf_slice(&run.out), &kit_bob, &content, &recipients));
    CHECK_INT(recipients, 2);
    smi_buf_clear(&content);
    run.options.audience = SMIME_BCC(0);
    CHECK_INT(run_text(&run, with_bcc), 0);
    CHECK(!kit_contains(&run.out, "Bcc"));
    CHECK_STR(smime_op_envelope(run.op, &count)[0], "carol@example.org");
    CHECK_INT(count, 1);
    CHECK(decrypt(smi_buf_slice(&run.out), &kit_carol, &content, &recipients));
    CHECK_INT(recipients, 2);
    smi_buf_clear(&content);
    run.options.audience = SMIME_BCC(2);
    CHECK_INT(run_text(&run, with_bcc), SMIME_E_USAGE);
    run_clear(&run);
}

/* KEY-006, KEY-024, ALG-012 */
static void test_gaps(void)
{
    struct run run;
    struct kit_spec spec = {.address = "dan@example.org", .usage = "digitalSignature"};
    struct kit_spec old = {.address = "old@example.org", .from = -2000, .to = -1000};
    start();
    X509 *sign_only = kit_cert(kit_bob.key, "Dan", &spec, &kit_ca);
    X509 *expired = kit_cert(kit_bob.key, "Old", &old, &kit_ca);
    struct smime_certs *certs;
    kit_ok(smime_certs_new(ctx, &certs) == 0);
    kit_add_cert(certs, sign_only);
    kit_add_cert(certs, expired);
    kit_add_cert(certs, kit_weak.cert);
    run_init(&run, SMIME_PROTECT_ENCRYPT);
    run.options.certs = certs;
    CHECK_INT(run_text(&run, "From: alice@example.org\nTo: dan@example.org, x@example.net,\n"
                             " old@example.org\n\nhi\n"),
              SMIME_E_NO_CERT);
    CHECK(error_says(&run, "3 recipients"));
    CHECK(error_says(&run, "dan@example.org") && error_says(&run, "keyUsage"));
    CHECK(error_says(&run, "x@example.net") && error_says(&run, "no certificate"));
    CHECK(error_says(&run, "old@example.org") && error_says(&run, "expired"));
    CHECK_INT(run_text(&run, "From: alice@example.org\nTo: 0123456789@long.example.net,\n"
                             " 1123456789@long.example.net, 2123456789@long.example.net,\n"
                             " 3123456789@long.example.net, 4123456789@long.example.net,\n"
                             " 5123456789@long.example.net, 6123456789@long.example.net\n\nhi\n"),
              SMIME_E_NO_CERT);
    CHECK(error_says(&run, "7 recipients") && error_says(&run, " more, all in the report"));
    CHECK_INT(smime_op_report(run.op)->error_count, 8);
    CHECK_INT(run_text(&run, "From: alice@example.org\nTo: weak@example.org\n\nhi\n"),
              SMIME_E_REFUSED);
    CHECK(error_says(&run, "2048"));
    CHECK_INT(run_text(&run, "From: alice@example.org\nSubject: x\n\nhi\n"), SMIME_E_NO_CERT);
    CHECK_INT(run_text(&run, "From: alice@example.org\nTo: a@, b\n\nhi\n"), SMIME_E_MALFORMED);
    run_clear(&run);
    smime_certs_free(certs);
    X509_free(sign_only);
    X509_free(expired);
}

/* Design 7: without a message header every certificate that is no CA's and none of ours. */
static void test_bare(void)
{
    struct run run;
    int recipients;
    struct smi_buf content;
    struct smime_certs *certs;
    run_init(&run, SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT);
    kit_ok(smime_certs_new(ctx, &certs) == 0);
    kit_add_cert(certs, kit_ca.cert);
    kit_add_cert(certs, kit_bob.cert);
    kit_add_cert(certs, kit_alice.cert);
    run.options.certs = certs;
    CHECK_INT(run_text(&run, "Content-Type: text/plain\r\n\r\nhi\r\n"), 0);
    smi_buf_init(&content, 0);
    CHECK(decrypt(smi_buf_slice(&run.out), &kit_bob, &content, &recipients));
    CHECK_INT(recipients, 2);
    smi_buf_clear(&content);
    CHECK_INT(run_text(&run, "no header here\n"), SMIME_E_MALFORMED);
    CHECK(error_says(&run, "--text"));
    CHECK_INT(run_text(&run, ""), SMIME_E_MALFORMED);
    run_clear(&run);
    smime_certs_free(certs);
}

static void test_signer_choice(void)
{
    struct run run;
    struct smime_keys *two;
    struct smime_certs *choice;
    struct kit_spec spec = {.address = "alice@example.org"};
    start();
    struct kit_person second = {EVP_EC_gen("P-256"), NULL};
    second.cert = kit_cert(second.key, "Alice 2", &spec, &kit_ca);
    kit_ok(smime_keys_new(ctx, &two) == 0 && smime_certs_new(ctx, &choice) == 0);
    kit_add_key(two, &kit_alice);
    kit_add_key(two, &second);
    kit_add_cert(choice, second.cert);
    run_init(&run, SMIME_PROTECT_SIGN);
    run.options.keys = two;
    CHECK_INT(run_text(&run, message), SMIME_E_AMBIGUOUS);
    run.options.signer = choice;
    CHECK_INT(run_text(&run, message), 0);
    run.options.signer = NULL;
    CHECK_INT(run_text(&run, "From: bob@example.org\n\nhi\n"), SMIME_E_NO_KEY);
    CHECK(error_says(&run, "bob@example.org"));
    run.options.keys = nobody;
    CHECK_INT(run_text(&run, message), SMIME_E_NO_KEY);
    run.options.keys = NULL;
    CHECK_INT(run_text(&run, message), SMIME_E_NO_KEY);
    run.options.keys = alice;
    run.options.from = "alice@example.org";
    CHECK_INT(run_text(&run, "From: bob@example.org\n\nhi\n"), 0);
    CHECK(has_warning(&run, "no-date"));
    run.options.from = "nobody";
    CHECK_INT(run_text(&run, message), SMIME_E_USAGE);
    run_clear(&run);
    smime_keys_free(two);
    smime_certs_free(choice);
    X509_free(second.cert);
    EVP_PKEY_free(second.key);
}

/* ALG-010 */
static void test_weak_signer(void)
{
    struct run run;
    struct smime_keys *keys;
    run_init(&run, SMIME_PROTECT_SIGN);
    kit_ok(smime_keys_new(ctx, &keys) == 0);
    kit_add_key(keys, &kit_weak);
    run.options.keys = keys;
    CHECK_INT(run_text(&run, "From: weak@example.org\n\nhi\n"), SMIME_E_REFUSED);
    run_clear(&run);
    smime_keys_free(keys);
}

/* RSA, both paddings; an mbox line is no field; a message in CRLF stays in CRLF. */
static void test_rsa(void)
{
    static const char text[] = "From bob@example.org Tue Nov 24 20:16:00 2026\r\n"
                               "From: bob@example.org\r\nTo: carol@example.org\r\n\r\nhi\r\n";
    const unsigned paddings[] = {0, SMIME_PROTECT_PSS};
    struct smime_keys *keys;
    struct run run;
    struct smi_buf content;
    run_init(&run, 0);
    kit_ok(smime_keys_new(ctx, &keys) == 0);
    kit_add_key(keys, &kit_bob);
    run.options.keys = keys;
    for (size_t i = 0; i < SMI_COUNT(paddings); i++) {
        run.options.flags = SMIME_PROTECT_SIGN | paddings[i];
        CHECK_INT(run_text(&run, text), 0);
        CHECK_STR(smime_op_report(run.op)->signers[0]->signature_name,
                  paddings[i] ? "rsa-pss" : "rsa-pkcs1");
        CHECK(run.out.len > 6 && memcmp(run.out.ptr, "From: ", 6) == 0);
        CHECK(kit_contains(&run.out, "micalg=sha-256;\r\n"));
        smi_buf_init(&content, 0);
        CHECK(verify(smi_buf_slice(&run.out), &content, NULL));
        CHECK(kit_contains(&content, "\r\n\r\nhi\r\n"));
        smi_buf_clear(&content);
    }
    run.options.flags = SMIME_PROTECT_SIGN | SMIME_PROTECT_NO_CERTS;
    CHECK_INT(run_text(&run, text), 0);
    smi_buf_init(&content, 0);
    CHECK(!verify(smi_buf_slice(&run.out), &content, NULL)); /* the certificate is missing */
    smi_buf_clear(&content);
    run_clear(&run);
    smime_keys_free(keys);
}

/* MIME-006: what is signed inside stays as it is, and the sender is told. MIME-020 */
static void test_inner_warnings(void)
{
    struct run run;
    run_init(&run, SMIME_PROTECT_SIGN);
    CHECK_INT(run_text(&run, "From: alice@example.org\n"
                             "Content-Type: multipart/signed; boundary=b; protocol=\"x/y\"\n\n"
                             "--b\n\nGr\xc3\xbc\n--b\nContent-Type: x/y\n\nsig\n--b--\n"),
              0);
    CHECK(has_warning(&run, "nested-signed-8bit"));
    CHECK_INT(run_text(&run, "From: alice@example.org\n"
                             "Content-Type: message/external-body; access-type=x\n\n\n"),
              0);
    CHECK(has_warning(&run, "external-content"));
    run_clear(&run);
}

/* More than memory holds: the copy of a pipe and the output go through files. */
static void test_large(void)
{
    enum { LINES = 20000, LINE = 72 };
    static const char head[] = "From: alice@example.org\nTo: bob@example.org\n\n";
    struct run run;
    struct smi_buf inner, content;
    char *text = malloc(sizeof head + (size_t)LINES * LINE);
    kit_ok(text != NULL);
    size_t at = sizeof head - 1;
    memcpy(text, head, at);
    for (int i = 0; i < LINES; i++, at += LINE) {
        memset(text + at, 'a' + i % 26, LINE - 1);
        text[at + LINE - 1] = '\n';
    }
    text[at] = '\0';
    run_init(&run, SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT);
    run.pipe = true;
    CHECK_INT(run_text(&run, text), 0);
    smi_buf_init(&inner, 0);
    smi_buf_init(&content, 0);
    CHECK(decrypt(smi_buf_slice(&run.out), &kit_bob, &inner, NULL));
    CHECK(verify(smi_buf_slice(&inner), &content, NULL));
    CHECK(content.len > (size_t)LINES * (LINE + 1));
    CHECK(!kit_contains(&run.out, "\r"));
    smi_buf_clear(&inner);
    smi_buf_clear(&content);
    run_clear(&run);
    free(text);
}

static void test_not_to_self(void)
{
    struct run run;
    run_init(&run, SMIME_PROTECT_ENCRYPT);
    run.options.keys = NULL;
    CHECK_INT(run_text(&run, message), 0);
    CHECK(has_warning(&run, "not-to-self"));
    run_clear(&run);
}

static void test_raw(void)
{
    struct run run;
    run_init(&run, SMIME_PROTECT_SIGN | SMIME_PROTECT_OPAQUE | SMIME_PROTECT_RAW_CMS);
    CHECK_INT(run_text(&run, message), 0);
    const uint8_t *der = run.out.ptr;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &der, (long)run.out.len);
    CHECK(cms && der == run.out.ptr + run.out.len);
    CHECK(cms && CMS_get0_content(cms) && !CMS_is_detached(cms));
    CMS_ContentInfo_free(cms);
    run.options.flags = SMIME_PROTECT_SIGN | SMIME_PROTECT_RAW_CMS;
    CHECK_INT(run_text(&run, message), 0);
    der = run.out.ptr;
    cms = d2i_CMS_ContentInfo(NULL, &der, (long)run.out.len);
    CHECK(cms && CMS_is_detached(cms));
    CMS_ContentInfo_free(cms);
    run_clear(&run);
}

static void test_usage(void)
{
    struct run run;
    run_init(&run, 0);
    CHECK_INT(run_text(&run, message), SMIME_E_USAGE);
    run.options.flags = SMIME_PROTECT_SIGN;
    run.options.now = 0;
    CHECK_INT(run_text(&run, message), SMIME_E_USAGE);
    run.options.now = KIT_NOW + 7200;
    CHECK_INT(run_text(&run, message), 0);
    CHECK(has_warning(&run, "date-differs"));
    run_clear(&run);
}

static void check_date(const char *text, int64_t want)
{
    int64_t got = INT64_MIN;
    bool ok = smi_date_parse(smi_slice_str(text), &got);
    CHECK_INT(ok ? got : INT64_MIN, want);
}

static void test_dates(void)
{
    check_date("Tue, 24 Nov 2026 20:16:00 +0000", 1795551360);
    check_date("24 Nov 2026 21:16:00 +0100 (CET)", 1795551360);
    check_date("Tue,24 nov 26 15:16 EST", 1795551360);
    check_date("1 Jan 70 00:00:00 GMT", 0);
    check_date("31 Feb 2026 00:00:00 +0000", INT64_MIN);
    check_date("24 Nov 2026 20:16:00", INT64_MIN);
    check_date("24 Nov 2026 20:16:00:00 +0000", INT64_MIN);
    check_date("24 Nov 2026 2016 +0000", INT64_MIN);
    check_date("", INT64_MIN);
    check_date("yesterday", INT64_MIN);
}

static int protect_once(struct smi_buf *out, unsigned flags)
{
    struct smime_protect_options options;
    struct smime_source source = {0};
    struct smime_output *output = NULL;
    struct smime_op *op = NULL;
    SMIME_INIT(&options);
    options.flags = flags;
    options.keys = alice;
    options.certs = everyone;
    options.now = KIT_NOW;
    int rc = smime_op_new(ctx, &op);
    if (rc == 0)
        rc = smime_source_memory(&source, message, sizeof message - 1);
    if (rc == 0)
        rc = smime_output_callback(&output, kit_collect, out);
    source.rewind = NULL;
    if (rc == 0)
        rc = smime_protect(op, &options, &source, output);
    smime_output_free(output);
    smime_source_close(&source);
    smime_op_free(op);
    return rc;
}

static bool hook_off(const struct smi_buf *out, int rc)
{
    smi_mem_set_fault_hook(NULL, NULL);
    return rc == 0 || out->len == 0;
}

static void check_faults(unsigned flags)
{
    for (unsigned long n = 1; n < 5000; n++) {
        struct kit_fault fault = {n, false};
        struct smi_buf out;
        smi_buf_init(&out, 0);
        kit_ok(smi_buf_reserve(&out, 64 << 10) == 0);
        smi_mem_set_fault_hook(kit_may_allocate, &fault);
        int rc = protect_once(&out, flags);
        CHECK(hook_off(&out, rc));
        smi_buf_clear(&out);
        if (!fault.hit) {
            CHECK_INT(rc, 0);
            CHECK(n > 50);
            return;
        }
        if (rc != 0 && rc != SMIME_E_NOMEM && rc != SMIME_E_CRYPTO)
            CHECK_INT(rc, SMIME_E_NOMEM);
    }
    CHECK(false);
}

static void test_faults(void)
{
    start();
    check_faults(SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT);
    check_faults(SMIME_PROTECT_SIGN | SMIME_PROTECT_OPAQUE);
}

static void test_end(void)
{
    smime_keys_free(alice);
    smime_keys_free(nobody);
    smime_certs_free(everyone);
    smime_ctx_free(ctx);
    ctx = NULL;
}

TEST_MAIN(test_detached, test_opaque, test_encrypt, test_both, test_ciphers, test_bcc, test_gaps,
          test_bare, test_signer_choice, test_weak_signer, test_rsa, test_inner_warnings,
          test_large, test_not_to_self, test_raw, test_usage, test_dates, test_faults, test_end)
