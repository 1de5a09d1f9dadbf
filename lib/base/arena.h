/* arena.h: memory that lives as long as one operation. Freed whole, never piecewise. */
#ifndef SMI_ARENA_H
#define SMI_ARENA_H

#include "slice.h"

struct smi_arena {
    struct smi_arena_block *head;
    size_t used_bytes;  /* handed out so far */
    size_t limit_bytes; /* allocation beyond it fails; 0 = no limit */
};

void smi_arena_init(struct smi_arena *arena, size_t limit_bytes);
/* Wipes and frees every block. */
void smi_arena_clear(struct smi_arena *arena);
/* Zeroed, aligned for any type; NULL on exhaustion or at the limit. */
SMI_NODISCARD void *smi_arena_alloc(struct smi_arena *arena, size_t bytes);
/* NULL ptr in out on failure (and returns false); an empty slice copies to a non-NULL ptr. */
SMI_NODISCARD bool smi_arena_copy(struct smi_arena *arena, struct smi_slice in, struct smi_slice *out);
/* NUL-terminated copy; embedded NULs are kept. NULL on failure. */
SMI_NODISCARD char *smi_arena_str(struct smi_arena *arena, struct smi_slice in);
SMI_NODISCARD char *smi_arena_printf(struct smi_arena *arena, const char *format, ...) SMI_PRINTF(2, 3);

#endif
