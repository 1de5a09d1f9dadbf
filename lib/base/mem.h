/* mem.h: heap, wiping, checked arithmetic. Every allocation of the library passes here. */
#ifndef SMI_MEM_H
#define SMI_MEM_H

#include "compiler.h"

/* Return NULL on exhaustion. smi_realloc with NULL allocates; smi_free(NULL) is a no-op. */
SMI_NODISCARD void *smi_malloc(size_t bytes);
SMI_NODISCARD void *smi_calloc(size_t count, size_t bytes);
SMI_NODISCARD void *smi_realloc(void *ptr, size_t bytes);
void smi_free(void *ptr);

/* Overwrites with zero in a way that the optimiser keeps. */
void smi_wipe(void *ptr, size_t bytes);
/* smi_wipe, then smi_free. */
void smi_free_wiped(void *ptr, size_t bytes);

/* Constant-time comparison of two equal-length buffers. */
bool smi_ct_equal(const void *a, const void *b, size_t bytes);

static inline bool smi_add_overflow(size_t a, size_t b, size_t *out)
{
    *out = a + b;
    return *out < a;
}

static inline bool smi_mul_overflow(size_t a, size_t b, size_t *out)
{
    if (a != 0 && b > SIZE_MAX / a)
        return true;
    *out = a * b;
    return false;
}

/* Test hook: called before each allocation; returning false makes it fail.
 * Set once before any other thread runs; NULL switches it off. */
void smi_mem_set_fault_hook(bool (*may_allocate)(void *arg), void *arg);

#endif
