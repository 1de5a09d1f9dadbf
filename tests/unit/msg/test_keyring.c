/* test_keyring.c: keys and certificates find each other; what does not belong together is refused.
 */
#include <unistd.h>

#include "msg_kit.h"

static struct smime_ctx *ctx;

static void start(void)
{
    kit_start();
    if (!ctx)
        ctx = kit_ctx(SMIME_POLICY_COMPATIBLE);
}

static void test_pairs(void)
{
    struct smime_keys *keys;
    struct smime_error_info info;
    start();
    CHECK_INT(smime_keys_new(ctx, &keys), 0);
    X509 *const certs[] = {kit_ca.cert, kit_alice.cert, NULL};
    struct smi_slice pem = kit_pem(kit_alice.key, certs);
    CHECK_INT(smime_keys_add(keys, pem.ptr, pem.len, NULL, &info), 0);
    CHECK_INT(info.code, 0);
    CHECK_INT(smime_keys_count(keys), 1);
    CHECK_INT(keys->entry[0].certs.count, 1);
    CHECK_INT(keys->chain.count, 2);
    pem = kit_pem1(kit_bob.key, kit_bob.cert);
    CHECK_INT(smime_keys_add(keys, pem.ptr, pem.len, NULL, NULL), 0);
    CHECK_INT(smime_keys_count(keys), 2);
    CHECK_INT(keys->entry[1].certs.count, 1);
    smime_keys_free(keys);
}

static void test_renewal(void)
{
    struct smime_keys *keys;
    struct kit_spec spec = {.address = "alice@example.org"};
    start();
    X509 *second = kit_cert(kit_alice.key, "Alice", &spec, &kit_ca);
    CHECK_INT(smime_keys_new(ctx, &keys), 0);
    kit_add_key(keys, &kit_alice);
    struct smi_slice pem = kit_pem1(kit_alice.key, second);
    CHECK_INT(smime_keys_add(keys, pem.ptr, pem.len, NULL, NULL), 0);
    CHECK_INT(smime_keys_count(keys), 1);
    CHECK_INT(keys->entry[0].certs.count, 2);
    smime_keys_free(keys);
    X509_free(second);
}

static void test_apart(void)
{
    struct smime_keys *keys;
    struct smime_key_options options;
    struct smime_error_info info;
    start();
    CHECK_INT(smime_keys_new(ctx, &keys), 0);
    SMIME_INIT(&options);
    struct smi_slice key = kit_pem(kit_alice.key, NULL), cert = kit_pem1(NULL, kit_bob.cert);
    options.certificate = cert.ptr;
    options.certificate_len = cert.len;
    CHECK_INT(smime_keys_add(keys, key.ptr, key.len, &options, &info), SMIME_E_NO_CERT);
    CHECK_INT(info.code, SMIME_E_NO_CERT);
    CHECK(strstr(info.text, "do not belong together"));
    CHECK_INT(smime_keys_count(keys), 0);
    CHECK_INT(keys->chain.count, 0);
    cert = kit_pem1(NULL, kit_alice.cert);
    options.certificate = cert.ptr;
    options.certificate_len = cert.len;
    CHECK_INT(smime_keys_add(keys, key.ptr, key.len, &options, &info), 0);
    CHECK_INT(keys->entry[0].certs.count, 1);
    smime_keys_free(keys);
}

static void test_wrong_file(void)
{
    struct smime_keys *keys;
    struct smime_error_info info;
    start();
    CHECK_INT(smime_keys_new(ctx, &keys), 0);
    struct smi_slice pem = kit_pem1(kit_alice.key, kit_bob.cert);
    CHECK_INT(smime_keys_add(keys, pem.ptr, pem.len, NULL, &info), SMIME_E_NO_CERT);
    pem = kit_pem1(NULL, kit_bob.cert);
    CHECK_INT(smime_keys_add(keys, pem.ptr, pem.len, NULL, &info), SMIME_E_MALFORMED);
    CHECK(strstr(info.text, "no private key"));
    CHECK_INT(smime_keys_add_file(keys, "/nonexistent/key.pem", NULL, &info), SMIME_E_IO);
    CHECK(strstr(info.text, "/nonexistent/key.pem"));
    CHECK_INT(smime_keys_count(keys), 0);
    pem = kit_pem(kit_alice.key, NULL);
    CHECK_INT(smime_keys_add(keys, pem.ptr, pem.len, NULL, &info), 0);
    CHECK_INT(keys->entry[0].certs.count, 0);
    smime_keys_free(keys);
    smime_keys_free(NULL);
}

static void test_certs(void)
{
    struct smime_certs *certs;
    struct smime_error_info info;
    start();
    CHECK_INT(smime_certs_new(ctx, &certs), 0);
    X509 *const both[] = {kit_alice.cert, kit_bob.cert, NULL};
    struct smi_slice pem = kit_pem(NULL, both);
    CHECK_INT(smime_certs_add(certs, pem.ptr, pem.len, &info), 0);
    CHECK_INT(smime_certs_count(certs), 2);
    CHECK_INT(smime_certs_add(certs, pem.ptr, pem.len, &info), 0);
    CHECK_INT(smime_certs_count(certs), 2);
    CHECK_INT(smime_certs_add(certs, "junk", 4, &info), SMIME_E_MALFORMED);
    CHECK_INT(info.code, SMIME_E_MALFORMED);
    CHECK(info.text[0] != '\0');
    CHECK_INT(smime_certs_count(certs), 2);
    CHECK_INT(smime_certs_add_file(certs, "/nonexistent/c.pem", &info), SMIME_E_IO);
    smime_certs_free(certs);
}

static void test_file(void)
{
    struct smime_certs *certs;
    char path[] = "/tmp/smime-test-XXXXXX";
    start();
    CHECK_INT(smime_certs_new(ctx, &certs), 0);
    int fd = mkstemp(path);
    struct smi_slice pem = kit_pem1(NULL, kit_alice.cert);
    CHECK(fd >= 0 && write(fd, pem.ptr, pem.len) == (ssize_t)pem.len);
    CHECK_INT(smime_certs_add_file(certs, path, NULL), 0);
    CHECK_INT(smime_certs_count(certs), 1);
    struct smime_error_info info;
    CHECK_INT(ftruncate(fd, (16 << 20) + 1), 0);
    CHECK_INT(smime_certs_add_file(certs, path, &info), SMIME_E_LIMIT);
    CHECK(strstr(info.text, "16 MiB"));
    close(fd);
    unlink(path);
    smime_certs_free(certs);
}

static void test_faults(void)
{
    start();
    X509 *const certs[] = {kit_alice.cert, kit_ca.cert, NULL};
    struct smi_slice pem = kit_pem(kit_alice.key, certs);
    for (unsigned long n = 1;; n++) {
        struct kit_fault fault = {n, false};
        struct smime_keys *keys = NULL;
        smi_mem_set_fault_hook(kit_may_allocate, &fault);
        int rc = smime_keys_new(ctx, &keys);
        if (rc == 0)
            rc = smime_keys_add(keys, pem.ptr, pem.len, NULL, NULL);
        smi_mem_set_fault_hook(NULL, NULL);
        if (rc == 0 && !fault.hit) {
            CHECK_INT(keys->entry[0].certs.count, 1);
            smime_keys_free(keys);
            CHECK(n > 5);
            break;
        }
        CHECK(rc == 0 || rc == SMIME_E_NOMEM || rc == SMIME_E_CRYPTO || rc == SMIME_E_MALFORMED);
        CHECK(rc != 0 ? smime_keys_count(keys) == 0 : smime_keys_count(keys) == 1);
        smime_keys_free(keys);
    }
}

static void test_end(void)
{
    smime_ctx_free(ctx);
    ctx = NULL;
}

TEST_MAIN(test_pairs, test_renewal, test_apart, test_wrong_file, test_certs, test_file, test_faults,
          test_end)
