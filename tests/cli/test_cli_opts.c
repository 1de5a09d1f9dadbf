/* test_cli_opts.c: the table of options, command lines, the configuration file's lines.
 * The few symbols of other parts that these files need are defined here. */
#include "opts.h"

#include "check.h"
#include "config.h"

#include <smime.h>

const struct cli_command cli_cmd_open = {"open", CLI_OPEN, "", "", NULL};
static const struct cli_command sign = {"sign", CLI_SIGN, "", "", NULL};

const struct cli_command *cli_command_at(size_t index)
{
    return index == 0 ? &cli_cmd_open : index == 1 ? &sign : NULL;
}

const char *smime_error_name(int code)
{
    return code ? "error" : "ok";
}

static enum cli_exit parse(struct cli_args *args, const struct cli_command *command, int argc,
                           const char *const *argv)
{
    memset(args, 0, sizeof *args);
    args->command = command;
    return cli_args_parse(args, argc, (char *const *)(uintptr_t)argv);
}
#define PARSE(args, command, ...)                                                                  \
    parse((args), (command), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),   \
          (const char *const[]){__VA_ARGS__})

static void test_table_is_sound(void)
{
    const struct cli_option *a, *b;
    for (size_t i = 0; (a = cli_option_at(i)) != NULL; i++) {
        CHECK(a->verbs != 0);
        CHECK(a->kind == CLI_FLAG || a->arg != NULL);
        CHECK(a->id == OPT_ABSENT || a->help != NULL);
        for (size_t j = i + 1; (b = cli_option_at(j)) != NULL; j++)
            CHECK(!(a->verbs & b->verbs) || strcmp(a->name, b->name) != 0);
    }
}

static void test_forms(void)
{
    struct cli_args args;
    CHECK_INT(PARSE(&args, &cli_cmd_open, "--key", "a", "--key=b", "-o", "out", "--json", "file"),
              0);
    CHECK_INT(args.count, 4);
    CHECK_STR(cli_arg_value(&args, OPT_KEY), "b");
    CHECK_STR(cli_arg_value(&args, OPT_OUTPUT), "out");
    CHECK(cli_arg_given(&args, OPT_JSON));
    CHECK(cli_arg_value(&args, OPT_JSON) == NULL);
    CHECK_STR(args.file, "file");
    cli_args_clear(&args);
    CHECK_INT(PARSE(&args, &cli_cmd_open, "-oout", "--json=j", "--", "--odd"), 0);
    CHECK_STR(cli_arg_value(&args, OPT_OUTPUT), "out");
    CHECK_STR(cli_arg_value(&args, OPT_JSON), "j");
    CHECK_STR(args.file, "--odd");
    cli_args_clear(&args);
    CHECK_INT(PARSE(&args, &cli_cmd_open, "--quiet=no", "-"), 0);
    CHECK(!cli_arg_flag(&args, OPT_QUIET));
    CHECK_STR(args.file, "-");
    cli_args_clear(&args);
}

static void test_refused(void)
{
    static const char *const cases[][3] = {
        {"--nonsense"},       {"--key"},         {"--key="},       {"--at", "x", "--at=y"},
        {"--policy", "lax"},  {"--cipher", "auto"}, {"--crl", "f"}, {"--online"},
        {"--quiet=maybe"},    {"-x"},            {"-qq"},          {"-o"},
        {"a", "b"},           {"--json="},       {"--revocation"}, {"--no-header-protection"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cli_args args;
        int n = 0;
        while (n < 3 && cases[i][n])
            n++;
        CHECK_INT(parse(&args, &cli_cmd_open, n, cases[i]), 2);
        cli_args_clear(&args);
    }
}

static void test_text_differs_by_command(void)
{
    CHECK_INT(cli_option_find("text", 4, CLI_OPEN)->id, OPT_FORM_TEXT);
    CHECK_INT(cli_option_find("text", 4, CLI_SIGN)->id, OPT_TEXT);
    CHECK(cli_option_find("text", 4, CLI_VERIFY) == NULL);
    CHECK(cli_option_find("tex", 3, CLI_ALL) == NULL);
}

static void test_distance(void)
{
    CHECK_INT(cli_distance("trust", "trust"), 0);
    CHECK_INT(cli_distance("trsut", "trust"), 1);
    CHECK_INT(cli_distance("trst", "trust"), 1);
    CHECK_INT(cli_distance("", "abc"), 3);
    CHECK_INT(cli_distance("kitten", "sitting"), 3);
    CHECK_INT(cli_distance("x", "a name of more than forty characters, that is"), 99);
    CHECK_STR(cli_nearest_option("trsut", CLI_OPEN), "trust");
    CHECK_STR(cli_nearest_option("chiper", CLI_ENCRYPT), "cipher");
    CHECK(cli_nearest_option("chiper", CLI_OPEN) == NULL);
    CHECK(cli_nearest_option("zzzzzzzz", CLI_ALL) == NULL);
    CHECK_STR(cli_nearest_command("opne"), "open");
}

static enum cli_exit read_config(struct cli_args *args, const char *text)
{
    FILE *file = tmpfile();
    memset(args, 0, sizeof *args);
    args->command = &cli_cmd_open;
    fputs(text, file);
    rewind(file);
    enum cli_exit status = cli_config_read(args, file, "/home/a/config");
    fclose(file);
    return status;
}

static void test_config_lines(void)
{
    struct cli_args args;
    CHECK_INT(read_config(&args, "# comment\n\n  trust = ca.pem\r\ntrust=/etc/ca.pem\n"
                                 "policy = strict\ncipher = aes256-gcm\nquiet = yes"),
              0);
    CHECK_INT(args.count, 4); /* cipher is for others */
    CHECK_STR(args.items[0].value, "/home/a/ca.pem");
    CHECK_STR(args.items[1].value, "/etc/ca.pem");
    CHECK_STR(cli_arg_value(&args, OPT_POLICY), "strict");
    CHECK(cli_arg_flag(&args, OPT_QUIET));
    cli_args_clear(&args);
}

static void test_config_then_command_line(void)
{
    struct cli_args first, args;
    CHECK_INT(PARSE(&args, &cli_cmd_open, "--policy", "historic", "--trust", "b"), 0);
    CHECK_INT(read_config(&first, "policy = strict\ntrust = /a\n"), 0);
    CHECK_INT(cli_args_prepend(&args, &first), 0);
    CHECK_STR(cli_arg_value(&args, OPT_POLICY), "historic");
    CHECK_INT(args.count, 4);
    CHECK_STR(args.items[1].value, "/a");
    CHECK_STR(args.items[3].value, "b");
    cli_args_clear(&first);
    cli_args_clear(&args);
}

static void test_config_refused(void)
{
    static const char *const cases[] = {
        "nonsense = 1\n",  "trust\n",          "policy = lax\n",   "cipher = rot13\n",
        "output = x\n",    "insecure-output = yes\n", "policy = strict\npolicy = strict\n",
        "quiet = often\n", "crl = x\n",        "trust =\n",        "--trust = x\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cli_args args;
        CHECK_INT(read_config(&args, cases[i]), 2);
        CHECK_INT(args.count, 0);
        cli_args_clear(&args);
    }
}

TEST_MAIN(test_table_is_sound, test_forms, test_refused, test_text_differs_by_command,
          test_distance, test_config_lines, test_config_then_command_line, test_config_refused)
