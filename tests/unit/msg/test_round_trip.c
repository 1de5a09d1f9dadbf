/* test_round_trip.c: what smime_protect writes, smime_open reads as it was meant. */
#include "msg_kit.h"

static struct smime_ctx *ctx;
static struct smime_keys *alice, *bob;
static struct smime_certs *everyone, *anchors;

static const char message[] =
    "From: Alice <alice@example.org>\nTo: Bob <bob@example.org>\nSubject: Plans\n"
    "Date: Tue, 24 Nov 2026 19:53:20 +0000\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\nContent-Type: text/plain; charset=utf-8\n\nGr\xc3\xbc\xc3\x9f"
    "e \n"
    "--b\nContent-Type: application/x-data; name=d.bin\nContent-Transfer-Encoding: base64\n\nAAEC\n"
    "--b--\n";

static void start(void)
{
    if (ctx)
        return;
    kit_start();
    ctx = kit_ctx(SMIME_POLICY_COMPATIBLE);
    kit_ok(smime_keys_new(ctx, &alice) == 0 && smime_keys_new(ctx, &bob) == 0);
    kit_ok(smime_certs_new(ctx, &everyone) == 0 && smime_certs_new(ctx, &anchors) == 0);
    kit_add_key(alice, &kit_alice);
    kit_add_key(bob, &kit_bob);
    kit_add_cert(everyone, kit_bob.cert);
    kit_add_cert(anchors, kit_root.cert);
}

static int protect(const char *text, unsigned flags, const char *cipher, struct smi_buf *out)
{
    struct smime_protect_options options;
    struct smime_source source;
    struct smime_output *output;
    struct smime_op *op;
    SMIME_INIT(&options);
    options.flags = flags;
    options.cipher = cipher;
    options.keys = alice;
    options.certs = everyone;
    options.now = KIT_NOW;
    smi_buf_init(out, 0);
    kit_ok(smime_op_new(ctx, &op) == 0);
    kit_ok(smime_source_memory(&source, text, strlen(text)) == 0);
    kit_ok(smime_output_callback(&output, kit_collect, out) == 0);
    int rc = smime_protect(op, &options, &source, output);
    smime_output_free(output);
    smime_source_close(&source);
    smime_op_free(op);
    return rc;
}

static int open_it(const struct smi_buf *in, enum smime_form form, struct smime_op *op,
                   struct smi_buf *out)
{
    struct smime_open_options options;
    struct smime_source source;
    struct smime_output *output;
    SMIME_INIT(&options);
    options.keys = bob;
    options.anchors = anchors;
    options.now = KIT_NOW;
    options.form = form;
    smi_buf_init(out, 0);
    kit_ok(smime_source_memory(&source, in->ptr, in->len) == 0);
    kit_ok(smime_output_callback(&output, kit_collect, out) == 0);
    int rc = smime_open(op, &options, &source, output);
    smime_output_free(output);
    smime_source_close(&source);
    return rc;
}

static void check(unsigned flags, const char *cipher, enum smime_verdict verdict,
                  enum smime_encryption encrypted)
{
    struct smi_buf wire, text;
    struct smime_op *op;
    start();
    CHECK_INT(protect(message, flags, cipher, &wire), 0);
    kit_ok(smime_op_new(ctx, &op) == 0);
    CHECK_INT(open_it(&wire, SMIME_FORM_TEXT, op, &text), 0);
    CHECK_INT(smime_op_report(op)->verdict, verdict);
    CHECK_INT(smime_op_report(op)->encrypted, encrypted);
    CHECK_BYTES(text.ptr, text.len,
                "Gr\xc3\xbc\xc3\x9f"
                "e \n",
                9);
    smi_buf_clear(&text);
    CHECK_INT(open_it(&wire, SMIME_FORM_MESSAGE, op, &text), 0);
    CHECK(kit_contains(&text, "Subject: Plans\n"));
    CHECK(!kit_contains(&text, "pkcs7"));
    CHECK(kit_contains(&text, "\nAAEC\n"));
    smi_buf_clear(&text);
    smi_buf_clear(&wire);
    smime_op_free(op);
}

static void test_forms(void)
{
    const unsigned sign = SMIME_PROTECT_SIGN, encrypt = SMIME_PROTECT_ENCRYPT;
    check(sign, NULL, SMIME_GOOD, SMIME_NOT_ENCRYPTED);
    check(sign | SMIME_PROTECT_OPAQUE, NULL, SMIME_GOOD, SMIME_NOT_ENCRYPTED);
    check(sign | SMIME_PROTECT_SKI, NULL, SMIME_GOOD, SMIME_NOT_ENCRYPTED);
    check(encrypt, NULL, SMIME_UNSIGNED, SMIME_UNAUTHENTICATED);
    check(encrypt, "aes256-gcm", SMIME_UNSIGNED, SMIME_AUTHENTICATED);
    check(sign | encrypt, "aes128-cbc", SMIME_GOOD, SMIME_UNAUTHENTICATED);
    check(sign | encrypt | SMIME_PROTECT_OPAQUE, "aes128-gcm", SMIME_GOOD, SMIME_AUTHENTICATED);
    check(sign | encrypt | SMIME_PROTECT_OAEP | SMIME_PROTECT_SKI | SMIME_PROTECT_DER, NULL,
          SMIME_GOOD, SMIME_UNAUTHENTICATED);
}

static void test_composed(void)
{
    struct smime_compose *compose;
    struct smime_source text, source;
    struct smime_protect_options options;
    struct smime_output *output;
    struct smime_op *op;
    struct smi_buf wire, got;
    start();
    kit_ok(smime_compose_new(ctx, &compose) == 0);
    CHECK_INT(smime_compose_field(compose, "From", "alice@example.org", NULL), 0);
    CHECK_INT(smime_compose_field(compose, "To", "bob@example.org", NULL), 0);
    CHECK_INT(smime_compose_field(compose, "Subject", "\xe2\x82\xac", NULL), 0);
    CHECK_INT(smime_source_memory(&text, "From \xc3\xa4 \n.\n", 11), 0);
    CHECK_INT(smime_compose_text(compose, &text), 0);
    CHECK_INT(smime_compose_source(compose, KIT_NOW, &source), 0);
    SMIME_INIT(&options);
    options.flags = SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT;
    options.keys = alice;
    options.certs = everyone;
    options.now = KIT_NOW;
    smi_buf_init(&wire, 0);
    kit_ok(smime_op_new(ctx, &op) == 0);
    kit_ok(smime_output_callback(&output, kit_collect, &wire) == 0);
    CHECK_INT(smime_protect(op, &options, &source, output), 0);
    CHECK_INT(open_it(&wire, SMIME_FORM_TEXT, op, &got), 0);
    CHECK_INT(smime_op_report(op)->verdict, SMIME_GOOD);
    CHECK_BYTES(got.ptr, got.len, "From \xc3\xa4 \n.\n", 11);
    smi_buf_clear(&got);
    smi_buf_clear(&wire);
    smime_output_free(output);
    smime_op_free(op);
    smime_compose_free(compose);
    smime_source_close(&text);
}

static void test_end(void)
{
    smime_keys_free(alice);
    smime_keys_free(bob);
    smime_certs_free(everyone);
    smime_certs_free(anchors);
    smime_ctx_free(ctx);
}

TEST_MAIN(test_forms, test_composed, test_end)
