/* arena.c: zeroed, aligned, apart; limit; copies; faults. */
#include "base/arena.h"
#include "base/mem.h"
#include "check.h"

static void blocks(void)
{
    struct smi_arena arena;
    uint8_t *kept[300];
    smi_arena_init(&arena, 0);
    for (size_t i = 0; i < SMI_COUNT(kept); i++) {
        size_t bytes = i * 7 % 200 + (i % 50 == 0 ? 10000 : 0);
        kept[i] = smi_arena_alloc(&arena, bytes);
        CHECK(kept[i] && (uintptr_t)kept[i] % 16 == 0);
        for (size_t k = 0; k < bytes; k++)
            CHECK(kept[i][k] == 0);
        memset(kept[i], (int)(i & 0xff), bytes);
    }
    for (size_t i = 0; i < SMI_COUNT(kept); i++) /* nothing was overwritten by a later one */
        for (size_t k = 0; k < i * 7 % 200; k++)
            CHECK(kept[i][k] == (i & 0xff));
    CHECK(arena.used_bytes > 6 * 10000);
    smi_arena_clear(&arena);
    CHECK_INT(arena.used_bytes, 0);
    CHECK(smi_arena_alloc(&arena, 5) != NULL); /* usable again */
    smi_arena_clear(&arena);
    smi_arena_clear(&arena);
}

static void limit(void)
{
    struct smi_arena arena;
    smi_arena_init(&arena, 64);
    CHECK(smi_arena_alloc(&arena, 65) == NULL);
    CHECK(smi_arena_alloc(&arena, 48) != NULL);
    CHECK(smi_arena_alloc(&arena, 17) == NULL);
    CHECK(smi_arena_alloc(&arena, 16) != NULL);
    CHECK(smi_arena_alloc(&arena, 0) == NULL); /* an empty one takes room too */
    CHECK_INT(arena.used_bytes, 64);
    smi_arena_clear(&arena);
    CHECK(smi_arena_alloc(&arena, SIZE_MAX - 64) == NULL); /* the sum would wrap around */
    smi_arena_clear(&arena);
    smi_arena_init(&arena, 0);
    CHECK(smi_arena_alloc(&arena, SIZE_MAX) == NULL);
    smi_arena_clear(&arena);
}

static void copies(void)
{
    struct smi_arena arena;
    struct smi_slice out;
    smi_arena_init(&arena, 0);
    CHECK(smi_arena_copy(&arena, smi_slice("a\0b", 3), &out));
    CHECK_BYTES(out.ptr, out.len, "a\0b", 3);
    CHECK(smi_arena_copy(&arena, smi_slice(NULL, 0), &out));
    CHECK(out.ptr != NULL && out.len == 0);
    CHECK_STR(smi_arena_str(&arena, smi_slice("hello", 4)), "hell");
    CHECK_STR(smi_arena_str(&arena, smi_slice(NULL, 0)), "");
    char *embedded = smi_arena_str(&arena, smi_slice("a\0b", 3));
    CHECK_BYTES(embedded, 4, "a\0b\0", 4);
    CHECK_STR(smi_arena_printf(&arena, "%s-%d", "x", 42), "x-42");
    char *longer = smi_arena_printf(&arena, "%9000d", 1);
    CHECK(longer && strlen(longer) == 9000);
    smi_arena_clear(&arena);
}

static bool refuse(void *arg)
{
    (void)arg;
    return false;
}

static void faults(void)
{
    struct smi_arena arena;
    struct smi_slice out = {(const uint8_t *)"x", 1};
    smi_arena_init(&arena, 0);
    smi_mem_set_fault_hook(refuse, NULL);
    CHECK(smi_arena_alloc(&arena, 1) == NULL);
    CHECK(!smi_arena_copy(&arena, smi_slice("abc", 3), &out));
    CHECK(out.ptr == NULL && out.len == 0);
    CHECK(smi_arena_str(&arena, smi_slice("abc", 3)) == NULL);
    CHECK(smi_arena_printf(&arena, "%d", 1) == NULL);
    smi_mem_set_fault_hook(NULL, NULL);
    CHECK_INT(arena.used_bytes, 0);
    smi_arena_clear(&arena);
}

TEST_MAIN(blocks, limit, copies, faults)
