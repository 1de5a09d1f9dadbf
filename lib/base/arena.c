/* arena.c: block list; each block grows to what is asked. */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "mem.h"

enum { BLOCK_BYTES = 8192, ALIGN = 16 };

struct smi_arena_block {
    struct smi_arena_block *next;
    size_t cap, used;
    _Alignas(16) uint8_t data[];
};

void smi_arena_init(struct smi_arena *arena, size_t limit_bytes)
{
    arena->head = NULL;
    arena->used_bytes = 0;
    arena->limit_bytes = limit_bytes;
}

void smi_arena_clear(struct smi_arena *arena)
{
    struct smi_arena_block *block = arena->head;
    while (block) {
        struct smi_arena_block *next = block->next;
        smi_free_wiped(block, sizeof *block + block->cap);
        block = next;
    }
    arena->head = NULL;
    arena->used_bytes = 0;
}

static struct smi_arena_block *block_new(struct smi_arena *arena, size_t bytes)
{
    size_t cap = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES, total;
    if (smi_add_overflow(sizeof(struct smi_arena_block), cap, &total))
        return NULL;
    struct smi_arena_block *block = smi_calloc(1, total);
    if (!block)
        return NULL;
    block->cap = cap;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *smi_arena_alloc(struct smi_arena *arena, size_t bytes)
{
    size_t size, total;
    if (smi_add_overflow(bytes ? bytes : 1, ALIGN - 1, &size))
        return NULL;
    size &= ~(size_t)(ALIGN - 1);
    if (smi_add_overflow(arena->used_bytes, size, &total) ||
        (arena->limit_bytes && total > arena->limit_bytes))
        return NULL;
    struct smi_arena_block *block = arena->head;
    if (!block || block->cap - block->used < size)
        block = block_new(arena, size);
    if (!block)
        return NULL;
    void *out = block->data + block->used;
    block->used += size;
    arena->used_bytes = total;
    return out;
}

bool smi_arena_copy(struct smi_arena *arena, struct smi_slice in, struct smi_slice *out)
{
    uint8_t *copy = smi_arena_alloc(arena, in.len);
    *out = smi_slice(copy, copy ? in.len : 0);
    if (copy && in.len)
        memcpy(copy, in.ptr, in.len);
    return copy != NULL;
}

char *smi_arena_str(struct smi_arena *arena, struct smi_slice in)
{
    size_t bytes;
    if (smi_add_overflow(in.len, 1, &bytes))
        return NULL;
    char *copy = smi_arena_alloc(arena, bytes);
    if (copy && in.len)
        memcpy(copy, in.ptr, in.len);
    return copy;
}

char *smi_arena_printf(struct smi_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *out = len < 0 ? NULL : smi_arena_alloc(arena, (size_t)len + 1);
    if (out)
        vsnprintf(out, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return out;
}
