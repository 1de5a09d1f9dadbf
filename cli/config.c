/* config.c: lines "option = value" with the long option's name, "#" opens a comment line.
 *
 * Refused: a file that others may write or that belongs to somebody else (it could name a trust
 * anchor), an unknown option, one that is about a single message, a flag that is neither yes nor no,
 * an option twice. Options of other commands are checked, too, and left alone. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    else
        cli_error("out of memory");
    return path;
}

/* 0 and *out NULL: there is no place to look at. */
static enum cli_exit config_path(char **out)
{
    const char *home = getenv("SMIME_HOME");
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *user = getenv("HOME");
    *out = NULL;
    if (home && *home)
        *out = join(home, "config");
    else if (xdg && *xdg == '/')
        *out = join(xdg, "smime/config");
    else if (user && *user)
        *out = join(user, ".config/smime/config");
    else
        return CLI_OK;
    return *out ? CLI_OK : CLI_FAILED;
}

static char *trim(char *text)
{
    static const char blank[] = " \t\r\n";
    text += strspn(text, blank);
    size_t len = strlen(text);
    while (len && strchr(blank, text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

static enum cli_exit add_path(struct cli_args *args, const struct cli_option *option,
                              const char *value, const char *path, const char *where)
{
    const char *slash = strrchr(path, '/');
    if (!slash || value[0] == '/')
        return cli_args_add(args, option, value, where);
    char *folder = strndup(path, (size_t)(slash - path));
    char *full = folder ? join(folder, value) : NULL;
    enum cli_exit status = CLI_FAILED;
    if (full)
        status = cli_args_add(args, option, full, where);
    free(folder);
    free(full);
    return status;
}

static enum cli_exit read_line(struct cli_args *mine, struct cli_args *others, char *line,
                               const char *path, const char *where)
{
    char *key = trim(line);
    if (*key == '\0' || *key == '#')
        return CLI_OK;
    char *equals = strchr(key, '=');
    if (!equals) {
        cli_error("%s'%s' is not of the form 'option = value'", where, key);
        return CLI_FAILED;
    }
    *equals = '\0';
    char *value = trim(equals + 1);
    key = trim(key);
    size_t len = strlen(key);
    const struct cli_option *option = cli_option_find(key, len, mine->command->verb);
    struct cli_args *into = option ? mine : others;
    if (!option)
        option = cli_option_find(key, len, CLI_ALL);
    if (!option) {
        const char *near = cli_nearest_option(key, CLI_ALL);
        cli_error("%sunknown option '%s'%s%s%s", where, key, near ? "; did you mean '" : "",
                  near ? near : "", near ? "'?" : "");
        return CLI_FAILED;
    }
    if (option->traits & CLI_MESSAGE) {
        cli_error("%s%s is about one message and belongs on the command line", where, key);
        return CLI_FAILED;
    }
    if ((option->traits & CLI_PATH) && *value)
        return add_path(into, option, value, path, where);
    return cli_args_add(into, option, value, where);
}

enum cli_exit cli_config_read(struct cli_args *args, FILE *file, const char *path)
{
    struct cli_args mine = {.command = args->command};
    struct cli_args others = {.command = args->command};
    size_t where_size = strlen(path) + 32;
    char *where = malloc(where_size);
    char *line = NULL;
    size_t cap = 0;
    ssize_t got;
    enum cli_exit status = where ? CLI_OK : CLI_FAILED;
    for (unsigned long n = 1; status == CLI_OK && (got = getline(&line, &cap, file)) >= 0; n++) {
        snprintf(where, where_size, "%s:%lu: ", path, n);
        if (memchr(line, '\0', (size_t)got)) {
            cli_error("%sa NUL octet", where);
            status = CLI_FAILED;
        } else {
            status = read_line(&mine, &others, line, path, where);
        }
    }
    if (status == CLI_OK && ferror(file)) {
        cli_error_errno("cannot be read", path, errno);
        status = CLI_FAILED;
    }
    if (status == CLI_OK)
        status = cli_args_prepend(args, &mine);
    free(line);
    free(where);
    cli_args_clear(&mine);
    cli_args_clear(&others);
    return status;
}

/* After opening, so that the file that was judged is the file that is read. */
static enum cli_exit check_owner(int fd, const char *path)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        cli_error_errno("cannot be examined", path, errno);
        return CLI_FAILED;
    }
    if (!S_ISREG(st.st_mode)) {
        cli_error("%s: not a regular file", path);
        return CLI_FAILED;
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        cli_error("%s: refused, it belongs to somebody else", path);
        return CLI_FAILED;
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        cli_error("%s: refused, others may write it (chmod go-w)", path);
        return CLI_FAILED;
    }
    return CLI_OK;
}

enum cli_exit cli_config_load(struct cli_args *args)
{
    char *path;
    enum cli_exit status = config_path(&path);
    if (status != CLI_OK || !path)
        return status;
    /* O_NONBLOCK: a pipe in its place must not hang the command. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            cli_error_errno("cannot be opened", path, errno);
            status = CLI_FAILED;
        }
        free(path);
        return status;
    }
    FILE *file = NULL;
    status = check_owner(fd, path);
    if (status == CLI_OK) {
        file = fdopen(fd, "r");
        if (!file) {
            cli_error_errno("cannot be read", path, errno);
            status = CLI_FAILED;
        } else {
            status = cli_config_read(args, file, path);
        }
    }
    if (file)
        fclose(file);
    else
        close(fd);
    free(path);
    return status;
}
