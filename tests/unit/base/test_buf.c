/* buf.c: growth, bound (buffer unchanged), printf, drop, faults. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "check.h"

static void growth(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_buf_slice(&buf).len, 0);
    for (unsigned i = 0; i < 5000; i++)
        CHECK_INT(smi_buf_add_byte(&buf, (uint8_t)(i * 31)), 0);
    CHECK_INT(buf.len, 5000);
    for (unsigned i = 0; i < 5000; i++)
        CHECK(buf.ptr[i] == (uint8_t)(i * 31));
    CHECK_INT(smi_buf_add(&buf, smi_slice(NULL, 0)), 0);
    CHECK_INT(smi_buf_add_str(&buf, "end"), 0);
    CHECK_BYTES(buf.ptr + 5000, buf.len - 5000, "end", 3);
    CHECK_INT(smi_buf_reserve(&buf, SIZE_MAX), SMIME_E_LIMIT);
    smi_buf_clear(&buf);
    CHECK(buf.ptr == NULL && buf.len == 0 && buf.cap == 0);
    smi_buf_clear(&buf);
}

static void bound(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 5);
    CHECK_INT(smi_buf_add_str(&buf, "abc"), 0);
    CHECK_INT(smi_buf_add_str(&buf, "def"), SMIME_E_LIMIT);
    CHECK_BYTES(buf.ptr, buf.len, "abc", 3);
    CHECK_INT(smi_buf_add_str(&buf, "de"), 0);
    CHECK_INT(smi_buf_add_byte(&buf, 'f'), SMIME_E_LIMIT);
    CHECK_INT(smi_buf_printf(&buf, "%d", 1), SMIME_E_LIMIT);
    CHECK_BYTES(buf.ptr, buf.len, "abcde", 5);
    CHECK(buf.cap <= 5);
    smi_buf_clear(&buf);
    CHECK_INT(buf.max_bytes, 5);
}

static void format(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_buf_printf(&buf, "%s=%d;", "a", -1), 0);
    CHECK_INT(smi_buf_printf(&buf, "%500s", "x"), 0);
    CHECK_INT(buf.len, 505);
    CHECK(memcmp(buf.ptr, "a=-1; ", 6) == 0 && buf.ptr[504] == 'x');
    smi_buf_clear(&buf);
}

static void drop(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    smi_buf_drop(&buf, 0);
    CHECK_INT(smi_buf_add_str(&buf, "abcdef"), 0);
    smi_buf_drop(&buf, 2);
    CHECK_BYTES(buf.ptr, buf.len, "cdef", 4);
    smi_buf_drop(&buf, 0);
    smi_buf_drop(&buf, 4);
    CHECK_INT(buf.len, 0);
    smi_buf_clear(&buf);
}

static bool refuse(void *arg)
{
    (void)arg;
    return false;
}

static void faults(void)
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    CHECK_INT(smi_buf_add_str(&buf, "abc"), 0);
    size_t cap = buf.cap;
    smi_mem_set_fault_hook(refuse, NULL);
    CHECK_INT(smi_buf_reserve(&buf, cap), SMIME_E_NOMEM);
    CHECK_INT(smi_buf_printf(&buf, "%1000d", 1), SMIME_E_NOMEM);
    CHECK_INT(smi_buf_add_str(&buf, "d"), 0); /* there was room */
    smi_mem_set_fault_hook(NULL, NULL);
    CHECK_BYTES(buf.ptr, buf.len, "abcd", 4);
    smi_buf_clear(&buf);
}

TEST_MAIN(growth, bound, format, drop, faults)
