/* nearest.c: what the person may have meant: the smallest number of inserted, deleted, replaced or
 * swapped letters (optimal string alignment). */
#include <string.h>

#include "opts.h"

enum { LONGEST = 40, FAR = 99 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

unsigned cli_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > LONGEST || lb > LONGEST)
        return FAR;
    unsigned d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= la; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        for (size_t j = 1; j <= lb; j++) {
            unsigned replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, replace);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[la][lb];
}

/* Far enough from every other reading to be worth saying. */
static unsigned tolerance(const char *name)
{
    size_t len = strlen(name);
    return len <= 3 ? 1 : len <= 6 ? 2 : 3;
}

const char *cli_nearest_option(const char *name, unsigned verbs)
{
    const char *best = NULL;
    unsigned least = tolerance(name) + 1;
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++) {
        if (!(option->verbs & verbs) || option->id == OPT_ABSENT)
            continue;
        unsigned distance = cli_distance(name, option->name);
        if (distance < least) {
            least = distance;
            best = option->name;
        }
    }
    return best;
}

const char *cli_nearest_command(const char *name)
{
    const char *best = NULL;
    unsigned least = tolerance(name) + 1;
    const struct cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++) {
        unsigned distance = cli_distance(name, command->name);
        if (distance < least) {
            least = distance;
            best = command->name;
        }
    }
    return best;
}
