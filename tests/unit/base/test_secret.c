/* secret.c: set, replace, clear, faults; a page of its own. */
#include "base/secret.h"

#include "base/err.h"
#include "base/mem.h"
#include "check.h"

static void set_and_clear(void)
{
    struct smi_secret secret = {0};
    CHECK_INT(smi_secret_set(&secret, smi_slice("key", 3)), 0);
    CHECK_BYTES(secret.ptr, secret.len, "key", 3);
    CHECK(secret.cap >= 4096 && (uintptr_t)secret.ptr % 4096 == 0);
    CHECK_BYTES(smi_secret_slice(&secret).ptr, smi_secret_slice(&secret).len, "key", 3);
    /* from itself: the old value must live until it was copied */
    CHECK_INT(smi_secret_set(&secret, smi_slice(secret.ptr + 1, 2)), 0);
    CHECK_BYTES(secret.ptr, secret.len, "ey", 2);
    smi_secret_clear(&secret);
    CHECK(secret.ptr == NULL && secret.len == 0 && secret.cap == 0);
    smi_secret_clear(&secret);
}

static void alloc(void)
{
    struct smi_secret secret = {0};
    CHECK_INT(smi_secret_alloc(&secret, 5000), 0);
    CHECK_INT(secret.len, 5000);
    CHECK(secret.cap >= 5000);
    for (size_t i = 0; i < secret.cap; i++)
        CHECK(secret.ptr[i] == 0);
    secret.ptr[4999] = 1;
    CHECK_INT(smi_secret_alloc(&secret, 0), 0);
    CHECK(secret.ptr != NULL && secret.len == 0 && secret.ptr[0] == 0);
    CHECK_INT(smi_secret_alloc(&secret, SIZE_MAX), SMIME_E_NOMEM);
    CHECK(secret.ptr == NULL);
    CHECK_INT(smi_secret_set(&secret, smi_slice(NULL, 0)), 0);
    smi_secret_clear(&secret);
}

static bool refuse(void *arg)
{
    (void)arg;
    return false;
}

static void faults(void)
{
    struct smi_secret secret = {0};
    CHECK_INT(smi_secret_set(&secret, smi_slice("key", 3)), 0);
    smi_mem_set_fault_hook(refuse, NULL);
    CHECK_INT(smi_secret_set(&secret, smi_slice("other", 5)), SMIME_E_NOMEM);
    CHECK_BYTES(secret.ptr, secret.len, "key", 3); /* kept */
    CHECK_INT(smi_secret_alloc(&secret, 1), SMIME_E_NOMEM);
    smi_mem_set_fault_hook(NULL, NULL);
    smi_secret_clear(&secret);
}

TEST_MAIN(set_and_clear, alloc, faults)
