/* result.c: --json=FILE writes JSON there beside the text; --json replaces the text. For show the
 * report goes to standard output or -o FILE; else to standard error. Errors are always said. */
#include "result.h"

#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "output_text.h"
#include "say.h"
#include "target_file.h"

static enum cli_exit no_memory(void)
{
    cli_error("out of memory");
    return CLI_FAILED;
}

/* An operation that failed without detail still has a code to name. */
static struct smime_error_info detail_of(struct smime_op *op, int error)
{
    struct smime_error_info info = *smime_op_error(op);
    if (error && !info.code) {
        memset(&info, 0, sizeof info);
        info.code = error;
        info.offset = UINT64_MAX;
    }
    return info;
}

static enum cli_exit put_json(const struct cli_args *args, enum cli_result_kind kind,
                              const char *json)
{
    const char *path = cli_arg_value(args, OPT_JSON);
    size_t len = strlen(json);
    char *line = malloc(len + 1);
    if (!line)
        return no_memory();
    memcpy(line, json, len);
    if (len == 0 || json[len - 1] != '\n')
        line[len++] = '\n';
    enum cli_exit status = CLI_OK;
    if (path)
        status = cli_write_small(path, line, len);
    else if (kind == CLI_RESULT_SHOWN)
        status = cli_write_small(cli_arg_value(args, OPT_OUTPUT), line, len);
    else
        fwrite(line, 1, len, stderr);
    free(line);
    return status;
}

static enum cli_exit put_shown(const struct cli_args *args, const struct smime_report *report)
{
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (!memory)
        return no_memory();
    cli_text_structure(memory, report);
    int failed = ferror(memory);
    if (fclose(memory) != 0 || failed) {
        free(text);
        return no_memory();
    }
    enum cli_exit status = cli_write_small(cli_arg_value(args, OPT_OUTPUT), text, len);
    free(text);
    return status;
}

static enum cli_exit put_text(const struct cli_args *args, enum cli_result_kind kind,
                              struct smime_op *op, int error)
{
    const struct smime_report *report = smime_op_report(op);
    struct smime_error_info info = detail_of(op, error);
    int quiet = cli_arg_flag(args, OPT_QUIET);
    enum cli_exit status = CLI_OK;
    if (kind == CLI_RESULT_SHOWN && (!error || report->layer_count))
        status = put_shown(args, report);
    if (quiet && error)
        cli_error_library(NULL, error, &info);
    else if (!quiet && kind == CLI_RESULT_OPENED)
        cli_text_verdict(stderr, report, &info);
    else if (!quiet)
        cli_text_notes(stderr, report, &info);
    return status;
}

enum cli_exit cli_result(const struct cli_args *args, enum cli_result_kind kind,
                         struct smime_op *op, int error)
{
    enum cli_exit status = CLI_OK;
    int json = cli_arg_given(args, OPT_JSON);
    if (json) {
        const char *text = smime_op_report_json(op);
        status = text ? put_json(args, kind, text) : no_memory();
    }
    if (!json || cli_arg_value(args, OPT_JSON))
        status = cli_exit_worse(status, put_text(args, kind, op, error));
    return status;
}
