/* message_mutations.c: message_mutations -k KEY... -a ANCHOR... ROUNDS FOLDER FILE...
 *
 * Each message file is damaged ROUNDS times, the same way on every run, and opened: no crash and no
 * leak (sanitizers), no endless work (an alarm), nothing written when the operation fails or a
 * signature is invalid, and never `good`, nor authenticated encryption, with a content that none of the
 * originals has. Content is compared without line ends: an LF is hashed as CRLF. A damaged message that
 * breaks a promise is kept in FOLDER. The last line is "N passed, N failed". */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "property_kit.h"

enum { SECONDS = 30, MOST_CHANGES = 4, PIECE = 120 };

struct run {
    struct kit kit;
    const char *folder;
    const struct bytes *all; /* the messages */
    size_t count;
    size_t now;              /* the one that is damaged */
    char **path;
    struct opened (*whole)[QUESTIONS]; /* of each message */
    uint32_t seed;
    int passed, failed;
    int verdicts[SMIME_MALFORMED + 1];
};

/* -- damage */

static void cut_out(struct bytes *b, size_t at, size_t len)
{
    memmove(b->ptr + at, b->ptr + at + len, b->len - at - len);
    b->len -= len;
}

static void insert(struct bytes *b, size_t at, const unsigned char *data, size_t len)
{
    unsigned char copy[PIECE];
    memcpy(copy, data, len);
    bytes_add(b, copy, len);
    memmove(b->ptr + at + len, b->ptr + at, b->len - len - at);
    memcpy(b->ptr + at, copy, len);
}

static void change(struct run *run, struct bytes *b)
{
    static const unsigned char telling[] = {0, 1, 0x7f, 0x80, 0xff, '\r', '\n', '-', '=', '.', ' ',
                                            0x30, 0x31, 0xa0, 0x24, 0x04, 0x84, 0x06, ';', '"'};
    uint32_t *seed = &run->seed;
    size_t at = kit_random(seed, (uint32_t)b->len), len = 1 + kit_random(seed, PIECE - 1);
    const struct bytes *other = &run->all[kit_random(seed, (uint32_t)run->count)];
    size_t from = kit_random(seed, (uint32_t)other->len);
    if (len > b->len - at)
        len = b->len - at;
    switch (kit_random(seed, 8)) {
    case 0:
        b->ptr[at] ^= (unsigned char)(1u << kit_random(seed, 8));
        break;
    case 1:
        b->ptr[at] = (unsigned char)kit_random(seed, 256);
        break;
    case 2:
        b->ptr[at] = telling[kit_random(seed, sizeof telling)];
        break;
    case 3:
        cut_out(b, at, len);
        break;
    case 4: /* doubled */
        insert(b, at, b->ptr + at, len);
        break;
    case 5: /* a piece of another message, of the same or of another kind */
        insert(b, at, other->ptr + from, len < other->len - from ? len : other->len - from);
        break;
    case 6: /* near the front, where lengths and headers are */
        b->ptr[at % 64 % b->len] = (unsigned char)kit_random(seed, 256);
        break;
    default:
        if (kit_random(seed, 4) == 0)
            b->len = at + 1;
        else
            insert(b, at, telling + kit_random(seed, sizeof telling), 1);
    }
}

/* -- judgement */

/* Equal, where CRLF is LF. */
static bool same_text(const struct bytes *a, const struct bytes *b)
{
    size_t i = 0, j = 0;
    for (;;) {
        if (i + 1 < a->len && a->ptr[i] == '\r' && a->ptr[i + 1] == '\n')
            i++;
        if (j + 1 < b->len && b->ptr[j] == '\r' && b->ptr[j + 1] == '\n')
            j++;
        if (i == a->len || j == b->len)
            return i == a->len && j == b->len;
        if (a->ptr[i++] != b->ptr[j++])
            return false;
    }
}

/* Signed, or encrypted, like this by somebody who had the key. */
static bool is_genuine(const struct run *run, const struct opened *now, size_t index)
{
    for (size_t i = 0; i < run->count; i++)
        if (same_text(&run->whole[i][index].out, &now->out))
            return true;
    return false;
}

/* What comes out for this question is what was proven: not the header around it, nor, where only a
 * signature inside vouches for what was decrypted, the header of that signature. */
static bool is_proven(const struct opened *now, const struct question *question)
{
    bool authentic = now->encrypted == SMIME_AUTHENTICATED;
    if (now->rc != 0 || now->out.len == 0)
        return false;
    if (question->goal == SMIME_GOAL_DECRYPT)
        return authentic;
    return (now->verdict == SMIME_GOOD || authentic) &&
           (question->form == SMIME_FORM_ENTITY || question->goal == SMIME_GOAL_VERIFY);
}

static const char *broken_promise(const struct run *run, const struct opened *now, size_t index)
{
    if ((now->rc != 0 || now->verdict == SMIME_BAD) && now->out.len)
        return "a failure with output";
    if (now->rc == SMIME_E_INTERNAL || now->rc == SMIME_E_CRYPTO || now->rc == SMIME_E_USAGE)
        return "an error that input must not cause";
    if (now->rc != 0 && (now->verdict == SMIME_GOOD || now->verdict == SMIME_INTACT))
        return "an error with a favourable verdict";
    if (is_proven(now, &questions[index]) && !is_genuine(run, now, index))
        return "proven, with another content";
    return NULL;
}

static void keep(const struct run *run, const struct bytes *bad, int round)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/broken-%zu-%d", run->folder, run->now, round);
    FILE *file = fopen(path, "wb");
    kit_need(file && fwrite(bad->ptr, 1, bad->len, file) == bad->len && fclose(file) == 0, path);
    printf("kept as %s\n", path);
}

static void check(struct run *run, const struct bytes *bad, int round)
{
    size_t index = (size_t)round % QUESTIONS;
    struct cut_source source = {bad, 0, 0, round % 5 == 0 ? 7 : 0, 0};
    struct opened now;
    alarm(SECONDS);
    open_it(&now, &run->kit, &questions[index], &source, round % 2 == 0);
    alarm(0);
    run->verdicts[now.verdict]++;
    const char *broken = broken_promise(run, &now, index);
    if (broken) {
        run->failed++;
        printf("%s, round %d, %s: %s (%s, rc %d)\n", run->path[run->now], round,
               questions[index].name, broken, smime_verdict_name(now.verdict), now.rc);
        keep(run, bad, round);
    } else {
        run->passed++;
    }
    opened_clear(&now);
}

static void damage_one(struct run *run, int rounds)
{
    const struct bytes *original = &run->all[run->now];
    run->seed = (uint32_t)run->now + 1;
    for (int round = 0; round < rounds; round++) {
        struct bytes bad = {0};
        bytes_add(&bad, original->ptr, original->len);
        for (uint32_t n = 1 + kit_random(&run->seed, MOST_CHANGES); n > 0 && bad.len > 1; n--)
            change(run, &bad);
        check(run, &bad, round);
        bytes_clear(&bad);
    }
}

static void open_originals(struct run *run)
{
    run->whole = calloc(run->count, sizeof *run->whole);
    kit_need(run->whole != NULL, "memory");
    for (size_t i = 0; i < run->count; i++)
        for (size_t j = 0; j < QUESTIONS; j++) {
            struct cut_source source = {&run->all[i], 0, 0, 0, 0};
            open_it(&run->whole[i][j], &run->kit, &questions[j], &source, true);
        }
}

static void clear_originals(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        for (size_t j = 0; j < QUESTIONS; j++)
            opened_clear(&run->whole[i][j]);
    free(run->whole);
}

int main(int argc, char **argv)
{
    struct run run = {0};
    int at = kit_start(&run.kit, argc, argv);
    kit_need(argc - at >= 3, "usage: message_mutations -k KEY -a ANCHOR ROUNDS FOLDER FILE...");
    int rounds = atoi(argv[at]);
    run.folder = argv[at + 1];
    run.path = argv + at + 2;
    run.count = (size_t)(argc - at - 2);
    struct bytes *all = calloc(run.count, sizeof *all);
    kit_need(all != NULL, "memory");
    for (size_t i = 0; i < run.count; i++)
        bytes_read(&all[i], run.path[i]);
    run.all = all;
    open_originals(&run);
    for (run.now = 0; run.now < run.count; run.now++)
        damage_one(&run, rounds);
    clear_originals(&run);
    for (size_t i = 0; i < run.count; i++)
        bytes_clear(&all[i]);
    free(all);
    kit_end(&run.kit);
    for (int v = SMIME_GOOD; v <= SMIME_MALFORMED; v++)
        printf("%s: %d\n", smime_verdict_name((enum smime_verdict)v), run.verdicts[v]);
    printf("%d passed, %d failed\n", run.passed, run.failed);
    return run.failed || !run.passed;
}
