/* message_cuts.c: message_cuts -k KEY... -a ANCHOR... FILE...
 *
 * For each message file: the report, the error and the output of smime_open are identical however the
 * input is cut, with and without a source that rewinds. Small files: every cut for `open`, every few
 * octets for the other questions, and pieces of 1, 2 and 3 octets; only now and then within the first
 * 4 KiB, which are looked at in one piece. Large files: random cuts. One line
 * for each file and question that differs; the last line is "N passed, N failed". */
#include "property_kit.h"

enum { LOOKED_AT = 4000, LOOKED_AT_STEP = 97 };
enum { LARGE_BYTES = 20000, OTHER_STEP = 41, RANDOM_ROUNDS = 10, RANDOM_MOST = 30000 };

struct run {
    struct kit kit;
    const char *path;
    const struct question *question;
    struct bytes data;
    struct opened whole;
    size_t differing;
};

static void compare(struct run *run, size_t cut, size_t most, uint32_t seed, bool rewinds)
{
    struct cut_source source = {&run->data, 0, cut, most, seed};
    struct opened now;
    open_it(&now, &run->kit, run->question, &source, rewinds);
    if (!opened_same(&run->whole, &now) && run->differing++ == 0) {
        fprintf(stderr, "%s, %s: cut at %zu, pieces of %zu, seed %u, %s:\n%.*s\nwhole:\n%.*s\n",
                run->path, run->question->name, cut, most, (unsigned)seed,
                rewinds ? "rewinds" : "does not rewind", (int)now.said.len, (char *)now.said.ptr,
                (int)run->whole.said.len, (char *)run->whole.said.ptr);
        fprintf(stderr, "output of %zu octets, not %zu\n", now.out.len, run->whole.out.len);
    }
    opened_clear(&now);
}

static void small(struct run *run, size_t step)
{
    for (size_t cut = 1; cut < run->data.len;
         cut += cut < LOOKED_AT ? LOOKED_AT_STEP : step)
        compare(run, cut, 0, 0, cut / step % 2 == 0);
    for (size_t most = 1; most <= 3; most++)
        compare(run, 0, most, 0, most % 2 == 0);
    compare(run, 0, 0, 0, false);
}

static void large(struct run *run)
{
    uint32_t seed = 4711;
    for (uint32_t round = 1; round <= RANDOM_ROUNDS; round++)
        compare(run, 1 + kit_random(&seed, (uint32_t)run->data.len - 1),
                round % 3 == 0 ? 200 : RANDOM_MOST, round, round % 2 == 0);
}

static bool ask(struct run *run, size_t index)
{
    struct cut_source source = {&run->data, 0, 0, 0, 0};
    run->question = &questions[index];
    run->differing = 0;
    open_it(&run->whole, &run->kit, run->question, &source, true);
    if (run->data.len > LARGE_BYTES)
        large(run);
    else
        small(run, index == 0 ? 1 : OTHER_STEP);
    opened_clear(&run->whole);
    if (run->differing)
        printf("%s, %s: %zu cuts give another result\n", run->path, run->question->name,
               run->differing);
    return run->differing == 0;
}

int main(int argc, char **argv)
{
    struct run run = {0};
    int passed = 0, failed = 0;
    for (int i = kit_start(&run.kit, argc, argv); i < argc; i++) {
        run.path = argv[i];
        bytes_read(&run.data, argv[i]);
        for (size_t index = 0; index < QUESTIONS; index++) {
            if (ask(&run, index))
                passed++;
            else
                failed++;
        }
        bytes_clear(&run.data);
    }
    kit_end(&run.kit);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
