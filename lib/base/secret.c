/* secret.c: pages of their own: mlock (best effort: a small RLIMIT_MEMLOCK must not stop mail),
 * MADV_DONTDUMP, wiped before they are unmapped. */
#define _DEFAULT_SOURCE 1
#include "secret.h"

#include <sys/mman.h>
#include <unistd.h>

#include "err.h"
#include "mem.h"

static size_t page_bytes(void)
{
    long page = sysconf(_SC_PAGESIZE);
    return page > 0 ? (size_t)page : 4096;
}

int smi_secret_alloc(struct smi_secret *secret, size_t len)
{
    smi_secret_clear(secret);
    size_t page = page_bytes(), cap;
    if (smi_add_overflow(len ? len : 1, page - 1, &cap))
        return SMIME_E_NOMEM;
    cap -= cap % page;
    /* The fault hook must reach this allocation too. */
    void *probe = smi_malloc(1);
    if (!probe)
        return SMIME_E_NOMEM;
    smi_free(probe);
    void *map = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return SMIME_E_NOMEM;
    (void)mlock(map, cap);
#ifdef MADV_DONTDUMP
    (void)madvise(map, cap, MADV_DONTDUMP);
#endif
    secret->ptr = map;
    secret->len = len;
    secret->cap = cap;
    return 0;
}

int smi_secret_set(struct smi_secret *secret, struct smi_slice value)
{
    struct smi_secret fresh = {0};
    TRY(smi_secret_alloc(&fresh, value.len));
    if (value.len)
        memcpy(fresh.ptr, value.ptr, value.len);
    smi_secret_clear(secret);
    *secret = fresh;
    return 0;
}

void smi_secret_clear(struct smi_secret *secret)
{
    if (secret->ptr) {
        smi_wipe(secret->ptr, secret->cap);
        munmap(secret->ptr, secret->cap);
    }
    secret->ptr = NULL;
    secret->len = secret->cap = 0;
}
