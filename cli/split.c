/* split.c: the copies of a message with Bcc recipients (RFC 5322 3.6.3, RFC 9787 9): nobody's copy
 * shows a Bcc recipient, in the header or among the recipients of the encryption. */
#include "split.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_status.h"
#include "interrupt.h"
#include "progress.h"
#include "result.h"
#include "say.h"
#include "target_file.h"

struct split {
    const struct cli_args *args;
    struct smime_ctx *ctx;
    struct smime_protect_options options; /* a copy: the audience changes */
    const struct smime_source *source;
    char *folder;  /* the final one */
    char *working; /* beside it */
    size_t bcc_count;
    size_t written;
};

enum cli_exit cli_split_check(const char *folder)
{
    struct stat st;
    if (lstat(folder, &st) == 0) {
        cli_error("%s: exists; --split makes a new folder", folder);
        return CLI_FAILED;
    }
    return CLI_OK;
}

static char *path_of(const struct split *s, size_t number, const char *extension)
{
    size_t size = strlen(s->working) + 40;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%02zu.%s", s->working, number, extension);
    else
        cli_error("out of memory");
    return path;
}

static enum cli_exit write_recipients(const struct split *s, size_t number,
                                      const struct smime_op *op)
{
    size_t count, len = 0;
    char *text = NULL;
    const char *const *envelope = smime_op_envelope(op, &count);
    char *path = path_of(s, number, "rcpt");
    FILE *memory = path ? open_memstream(&text, &len) : NULL;
    enum cli_exit status = CLI_FAILED;
    if (memory) {
        for (size_t i = 0; i < count; i++)
            fprintf(memory, "%s\n", envelope[i]);
        if (fclose(memory) == 0)
            status = cli_write_small(path, text, len);
    }
    free(text);
    free(path);
    return status;
}

/* 1: this copy is for nobody: the message has Bcc recipients alone. */
static int is_for_nobody(const struct split *s, const struct smime_op *op)
{
    size_t count;
    smime_op_envelope(op, &count);
    return s->options.audience == SMIME_TO_AND_CC && count == 0 && smime_op_bcc_count(op) > 0;
}

static enum cli_exit finish_copy(struct split *s, size_t number, struct smime_op *op, int error,
                                 const char *path)
{
    if (number == 0)
        s->bcc_count = smime_op_bcc_count(op);
    if (is_for_nobody(s, op) &&
        (!error || error == SMIME_E_NO_CERT || error == SMIME_E_REFUSED)) {
        unlink(path);
        return CLI_OK;
    }
    enum cli_exit status = cli_exit_of_error(error);
    /* The warnings of all copies are the same. */
    if (error || s->written == 0 || cli_arg_given(s->args, OPT_JSON))
        status = cli_exit_worse(status, cli_result(s->args, CLI_RESULT_SENT, op, error));
    if (status == CLI_OK)
        status = write_recipients(s, number, op);
    if (status == CLI_OK)
        s->written++;
    return status;
}

static enum cli_exit write_copy(struct split *s, size_t number)
{
    struct cli_progress progress;
    struct smime_output *output = NULL;
    struct smime_op *op = NULL;
    char *path = path_of(s, number, "eml");
    int error = path ? smime_op_new(s->ctx, &op) : SMIME_E_NOMEM;
    if (!error)
        error = smime_output_file(&output, path);
    if (!error && number > 0)
        error = s->source->rewind ? s->source->rewind(s->source->self) : SMIME_E_IO;
    enum cli_exit status = CLI_OK;
    if (error) {
        status = cli_error_library(path, error, NULL);
    } else {
        s->options.audience = number == 0 ? SMIME_TO_AND_CC : SMIME_BCC((int)(number - 1));
        cli_progress_start(&progress, op, s->args);
        error = smime_protect(op, &s->options, s->source, output);
        cli_progress_end(&progress);
        status = finish_copy(s, number, op, error, path);
    }
    smime_output_free(output);
    smime_op_free(op);
    free(path);
    return status;
}

static enum cli_exit write_copies(struct split *s)
{
    enum cli_exit status = CLI_OK;
    for (size_t number = 0; status == CLI_OK && number <= s->bcc_count; number++) {
        status = write_copy(s, number);
        if (cli_interrupted())
            status = CLI_FAILED;
    }
    if (status == CLI_OK && s->written == 0) {
        cli_error("the message has no recipient");
        return CLI_FAILED;
    }
    return status;
}

/* The working folder holds files alone. */
static void remove_working(const struct split *s)
{
    DIR *dir = opendir(s->working);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
    rmdir(s->working);
}

static enum cli_exit name_folders(struct split *s, const char *folder)
{
    static const char suffix[] = ".tmp-XXXXXX";
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    s->folder = strndup(folder, len);
    s->working = malloc(len + sizeof suffix);
    if (!s->folder || !s->working) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    snprintf(s->working, len + sizeof suffix, "%s%s", s->folder, suffix);
    if (!mkdtemp(s->working)) {
        cli_error_errno("cannot be made", s->folder, errno);
        s->working[0] = '\0';
        return CLI_FAILED;
    }
    return CLI_OK;
}

enum cli_exit cli_split(const struct cli_args *args, struct smime_ctx *ctx,
                        const struct smime_protect_options *options,
                        const struct smime_source *source, const char *folder)
{
    struct split s = {.args = args, .ctx = ctx, .options = *options, .source = source};
    cli_interrupt_catch();
    enum cli_exit status = name_folders(&s, folder);
    if (status == CLI_OK)
        status = write_copies(&s);
    if (status == CLI_OK)
        status = cli_split_check(s.folder);
    if (status == CLI_OK && rename(s.working, s.folder) != 0) {
        cli_error_errno("cannot be made", s.folder, errno);
        status = CLI_FAILED;
    }
    if (status != CLI_OK && s.working && *s.working)
        remove_working(&s);
    free(s.working);
    free(s.folder);
    cli_interrupt_release();
    return status;
}
