/* mem.c: heap, wiping, constant-time comparison. */
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool (*fault_hook)(void *arg);
static void *fault_arg;

void smi_mem_set_fault_hook(bool (*may_allocate)(void *arg), void *arg)
{
    fault_hook = may_allocate;
    fault_arg = arg;
}

static bool may_allocate(void)
{
    return !fault_hook || fault_hook(fault_arg);
}

void *smi_malloc(size_t bytes)
{
    return may_allocate() ? malloc(bytes ? bytes : 1) : NULL;
}

void *smi_calloc(size_t count, size_t bytes)
{
    return may_allocate() ? calloc(count ? count : 1, bytes ? bytes : 1) : NULL;
}

void *smi_realloc(void *ptr, size_t bytes)
{
    return may_allocate() ? realloc(ptr, bytes ? bytes : 1) : NULL;
}

void smi_free(void *ptr)
{
    free(ptr);
}

void smi_wipe(void *ptr, size_t bytes)
{
    if (!ptr || bytes == 0)
        return;
    memset(ptr, 0, bytes);
    __asm__ __volatile__("" : : "r"(ptr) : "memory");
}

void smi_free_wiped(void *ptr, size_t bytes)
{
    smi_wipe(ptr, bytes);
    smi_free(ptr);
}

bool smi_ct_equal(const void *a, const void *b, size_t bytes)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t diff = 0;
    for (size_t i = 0; i < bytes; i++)
        diff = (uint8_t)(diff | (x[i] ^ y[i]));
    return diff == 0;
}

void smi_must_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "libsmime: internal error: %s (%s:%d)\n", what, file, line);
    abort();
}
