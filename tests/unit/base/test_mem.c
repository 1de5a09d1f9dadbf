/* mem.c: sizes of zero, the fault hook, wiping, comparison, checked arithmetic. */
#include "base/mem.h"
#include "check.h"

static unsigned asked;

static bool refuse(void *arg)
{
    asked++;
    return *(bool *)arg;
}

static void fault_hook(void)
{
    bool allow = false;
    asked = 0;
    smi_mem_set_fault_hook(refuse, &allow);
    CHECK(smi_malloc(1) == NULL);
    CHECK(smi_calloc(1, 1) == NULL);
    CHECK(smi_realloc(NULL, 1) == NULL);
    CHECK_INT(asked, 3);
    allow = true;
    void *ptr = smi_malloc(1);
    CHECK(ptr != NULL);
    smi_mem_set_fault_hook(NULL, NULL);
    smi_free(ptr);
    CHECK_INT(asked, 4);
}

static void sizes(void)
{
    void *none = smi_malloc(0), *zero = smi_calloc(0, 5);
    CHECK(none && zero);
    none = smi_realloc(none, 0);
    CHECK(none != NULL);
    smi_free(none);
    smi_free(zero);
    smi_free(NULL);
    smi_free_wiped(NULL, 0);
    uint8_t *cleared = smi_calloc(3, 7);
    for (size_t i = 0; cleared && i < 21; i++)
        CHECK_INT(cleared[i], 0);
    smi_free_wiped(cleared, 21);
}

static void wipe(void)
{
    uint8_t octets[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    smi_wipe(octets + 2, 4);
    CHECK_BYTES(octets, 8, "\1\2\0\0\0\0\7\10", 8);
    smi_wipe(octets, 0);
    smi_wipe(NULL, 4);
    CHECK_INT(octets[0], 1);
}

static void comparison(void)
{
    CHECK(smi_ct_equal("abc", "abc", 3));
    CHECK(!smi_ct_equal("abc", "abd", 3));
    CHECK(!smi_ct_equal("xbc", "abc", 3));
    CHECK(smi_ct_equal("abc", "abd", 2));
    CHECK(smi_ct_equal("a", "b", 0));
    for (unsigned bit = 0; bit < 8; bit++) {
        uint8_t one = (uint8_t)(1u << bit), none = 0;
        CHECK(!smi_ct_equal(&one, &none, 1));
    }
}

static void arithmetic(void)
{
    size_t out;
    CHECK(!smi_add_overflow(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    CHECK(smi_add_overflow(SIZE_MAX, 1, &out));
    CHECK(smi_add_overflow(1, SIZE_MAX, &out));
    CHECK(!smi_mul_overflow(0, SIZE_MAX, &out) && out == 0);
    CHECK(!smi_mul_overflow(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    CHECK(smi_mul_overflow(SIZE_MAX / 2 + 1, 2, &out));
    CHECK(!smi_mul_overflow(SIZE_MAX / 2, 2, &out) && out == SIZE_MAX - 1);
}

TEST_MAIN(fault_hook, sizes, wipe, comparison, arithmetic)
