/* session.c: loads keys, certificates and trust anchors. A folder stands for the regular files in it,
 * in the order of their names, without those whose name opens with a dot; a file in it that is no
 * certificate is an error, since a trust folder that is read in part surprises later. */
#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harden.h"
#include "password.h"
#include "say.h"
#include "time_arg.h"

enum { PASSWORD_TRIES = 3, KEY_CERT_MAX = 4 * 1024 * 1024 };

static enum cli_exit open_failed(const char *path)
{
    cli_error_errno("cannot be read", path, errno);
    return CLI_FAILED;
}

/* The whole of a small file; free it. */
static enum cli_exit read_file(const char *path, unsigned char **data, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return open_failed(path);
    enum cli_exit status = CLI_OK;
    unsigned char *buffer = malloc(KEY_CERT_MAX + 1);
    size_t got = buffer ? fread(buffer, 1, KEY_CERT_MAX + 1, file) : 0;
    if (!buffer) {
        cli_error("out of memory");
        status = CLI_FAILED;
    } else if (ferror(file)) {
        status = open_failed(path);
    } else if (got > KEY_CERT_MAX) {
        cli_error("%s: too large for a certificate", path);
        status = CLI_FAILED;
    }
    fclose(file);
    if (status != CLI_OK) {
        free(buffer);
        return status;
    }
    *data = buffer;
    *len = got;
    return CLI_OK;
}

/* The library's error does not name the reason of the system. */
static enum cli_exit can_open(const char *path)
{
    return access(path, R_OK) == 0 ? CLI_OK : open_failed(path);
}

static enum cli_exit add_certs_file(struct smime_certs *certs, const char *path)
{
    struct smime_error_info info = {0};
    enum cli_exit status = can_open(path);
    if (status != CLI_OK)
        return status;
    int error = smime_certs_add_file(certs, path, &info);
    return error ? cli_error_library(path, error, &info) : CLI_OK;
}

static enum cli_exit add_certs_entry(struct smime_certs *certs, const char *folder,
                                     const char *name)
{
    struct stat st;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    snprintf(path, size, "%s/%s", folder, name);
    enum cli_exit status = CLI_OK;
    if (name[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode))
        status = add_certs_file(certs, path);
    free(path);
    return status;
}

static enum cli_exit add_certs_folder(struct smime_certs *certs, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return open_failed(folder);
    enum cli_exit status = CLI_OK;
    for (int i = 0; i < count; i++) {
        if (status == CLI_OK)
            status = add_certs_entry(certs, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* All values of one option into *out; leaves NULL where the option was not given. */
static enum cli_exit load_certs(struct cli_session *s, const struct cli_args *args,
                                enum cli_option_id id, struct smime_certs **out)
{
    if (!cli_arg_given(args, id))
        return CLI_OK;
    const char *name = "";
    int error = smime_certs_new(s->ctx, out);
    if (error)
        return cli_error_library(NULL, error, NULL);
    for (size_t i = 0; i < args->count; i++) {
        struct stat st;
        const char *path = args->items[i].value;
        if (args->items[i].option->id != id)
            continue;
        name = args->items[i].option->name;
        int folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
        enum cli_exit status = folder ? add_certs_folder(*out, path) : add_certs_file(*out, path);
        if (status != CLI_OK)
            return status;
    }
    /* An empty set of trust anchors would look like an untrusted signer. */
    if (smime_certs_count(*out) == 0) {
        cli_error("--%s: no certificate there", name);
        return CLI_FAILED;
    }
    return CLI_OK;
}

static enum cli_exit add_key(struct cli_session *s, const char *path, const char *pass_file,
                             const char *key_cert)
{
    struct cli_password password = {pass_file, 0};
    struct smime_error_info info = {0};
    struct smime_key_options options;
    unsigned char *certificate = NULL;
    enum cli_exit status = can_open(path);
    if (status != CLI_OK)
        return status;
    SMIME_INIT(&options);
    options.password = cli_password_get;
    options.password_arg = &password;
    if (key_cert) {
        status = read_file(key_cert, &certificate, &options.certificate_len);
        if (status != CLI_OK)
            return status;
        options.certificate = certificate;
    }
    int error = SMIME_E_PASSWORD;
    for (int i = 0; i < PASSWORD_TRIES && error == SMIME_E_PASSWORD; i++) {
        password.asked = 0;
        error = smime_keys_add_file(s->keys, path, &options, &info);
        if (!password.asked)
            break;
        if (error == SMIME_E_PASSWORD)
            cli_error("%s: wrong password", path);
    }
    if (error)
        status = cli_error_library(path, error, &info);
    free(certificate);
    return status;
}

/* --pass-file and --key-cert belong to the --key before them. */
static enum cli_exit load_keys(struct cli_session *s, const struct cli_args *args)
{
    const char *key = NULL, *pass_file = NULL, *key_cert = NULL;
    for (size_t i = 0; i < args->count; i++) {
        enum cli_option_id id = args->items[i].option->id;
        const char **slot = id == OPT_PASS_FILE ? &pass_file
                            : id == OPT_KEY_CERT ? &key_cert
                                                 : NULL;
        if (id == OPT_KEY) {
            enum cli_exit status = key ? add_key(s, key, pass_file, key_cert) : CLI_OK;
            if (status != CLI_OK)
                return status;
            key = args->items[i].value;
            pass_file = key_cert = NULL;
        } else if (slot && (!key || *slot)) {
            cli_error(key ? "--%s is given twice for one --key" : "--%s has no --key before it",
                      args->items[i].option->name);
            return CLI_FAILED;
        } else if (slot) {
            *slot = args->items[i].value;
        }
    }
    return key ? add_key(s, key, pass_file, key_cert) : CLI_OK;
}

static enum cli_exit load_time(struct cli_session *s, const struct cli_args *args)
{
    const char *at = cli_arg_value(args, OPT_AT);
    s->now = 0;
    if (!at) {
        s->now = smime_now();
    } else if (cli_time_parse(at, &s->now) != 0 || s->now == 0) {
        cli_error("--at: '%s' is not a time such as 2025-06-01T12:00:00Z", at);
        return CLI_FAILED;
    }
    return CLI_OK;
}

static enum smime_policy policy_of(const struct cli_args *args)
{
    const char *name = cli_arg_value(args, OPT_POLICY);
    if (name && strcmp(name, "strict") == 0)
        return SMIME_POLICY_STRICT;
    if (name && strcmp(name, "historic") == 0)
        return SMIME_POLICY_HISTORIC;
    return SMIME_POLICY_COMPATIBLE;
}

enum cli_exit cli_session_open(struct cli_session *session, const struct cli_args *args)
{
    struct smime_ctx_options options;
    memset(session, 0, sizeof *session);
    session->policy = policy_of(args);
    enum cli_exit status = load_time(session, args);
    if (status != CLI_OK)
        return status;
    if (cli_arg_given(args, OPT_KEY))
        cli_harden_secrets();
    SMIME_INIT(&options);
    options.policy = session->policy;
    int error = smime_ctx_new(&session->ctx, &options);
    if (!error)
        error = smime_keys_new(session->ctx, &session->keys);
    if (error)
        return cli_error_library(NULL, error, NULL);
    if ((status = load_keys(session, args)) != CLI_OK ||
        (status = load_certs(session, args, OPT_CERT, &session->certs)) != CLI_OK ||
        (status = load_certs(session, args, OPT_TRUST, &session->anchors)) != CLI_OK ||
        (status = load_certs(session, args, OPT_TO_CERT, &session->to_certs)) != CLI_OK)
        return status;
    return load_certs(session, args, OPT_SIGNER, &session->signer);
}

void cli_session_clear(struct cli_session *session)
{
    smime_certs_free(session->signer);
    smime_certs_free(session->to_certs);
    smime_certs_free(session->anchors);
    smime_certs_free(session->certs);
    smime_keys_free(session->keys);
    smime_ctx_free(session->ctx);
    memset(session, 0, sizeof *session);
}
