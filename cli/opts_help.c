/* opts_help.c: --help, printed from the table of options. */
#include <smime.h>
#include <string.h>

#include "opts.h"

enum { WIDTH = 79, INDENT = 26 };

/* Prints text in lines of at most WIDTH columns, the first one from column `at`. */
static void wrap(FILE *out, const char *text, size_t at)
{
    for (; at < INDENT; at++)
        putc(' ', out);
    while (*text) {
        size_t word = strcspn(text, " ");
        if (at > INDENT && at + 1 + word > WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            at = INDENT;
        } else if (at > INDENT) {
            putc(' ', out);
            at++;
        }
        fwrite(text, 1, word, out);
        at += word;
        text += word + strspn(text + word, " ");
    }
    putc('\n', out);
}

static void print_option(FILE *out, const struct cli_option *o)
{
    char left[64];
    char letter[8] = "";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int n;
    if (o->kind == CLI_VALUE)
        n = snprintf(left, sizeof left, "  %s--%s %s", letter, o->name, o->arg);
    else if (o->kind == CLI_OPTIONAL)
        n = snprintf(left, sizeof left, "  %s--%s[=%s]", letter, o->name, o->arg);
    else
        n = snprintf(left, sizeof left, "  %s--%s", letter, o->name);
    fputs(left, out);
    size_t at = n < 0 ? 0 : (size_t)n;
    if (at > INDENT - 2) {
        putc('\n', out);
        at = 0;
    }
    wrap(out, o->help, at);
    if (o->choices && strcmp(o->choices, o->arg) != 0) {
        char line[128];
        size_t len = 0;
        for (const char *c = o->choices; *c && len + 3 < sizeof line; c++) {
            if (*c == '|') {
                line[len++] = ',';
                line[len++] = ' ';
            } else {
                line[len++] = *c;
            }
        }
        line[len] = '\0';
        wrap(out, line, 0);
    }
}

static void help_smime(FILE *out)
{
    fputs("Usage: smime COMMAND [OPTION]... [FILE]\n\n"
          "Signs, encrypts, opens and examines S/MIME messages.\n\nCommands:\n",
          out);
    const struct cli_command *command;
    for (size_t i = 0; (command = cli_command_at(i)) != NULL; i++)
        fprintf(out, "  %-9s %s\n", command->name, command->summary);
    fputs("\n'smime COMMAND --help' explains one. 'smime --version' prints the version.\n"
          "Exit status: 0 all that was asked holds; 1 processed, and it does not hold; 2 it could\n"
          "not be processed; 3 no private key for this message; 75 try again later.\n",
          out);
}

void cli_help(FILE *out, const struct cli_command *command)
{
    if (!command) {
        help_smime(out);
        return;
    }
    fprintf(out, "Usage: smime %s [OPTION]... [FILE]\n\n%s\n\nOptions:\n", command->name,
            command->description);
    const struct cli_option *option;
    for (size_t i = 0; (option = cli_option_at(i)) != NULL; i++) {
        if ((option->verbs & command->verb) && option->id != OPT_ABSENT)
            print_option(out, option);
    }
}
