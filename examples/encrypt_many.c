/* encrypt_many.c: composes a message and encrypts it to everybody whose certificate is given.
 *
 *     encrypt_many FROM TEXT-FILE OUT.eml CERT.pem... */
#include <stdio.h>
#include <string.h>

#include <smime.h>

static int fail(const char *what, int error, const char *text)
{
    fprintf(stderr, "%s: %s\n", what, text ? text : smime_error_name(error));
    return error;
}

static int load_certs(struct smime_certs *certs, char **paths, int count)
{
    struct smime_error_info info;
    memset(&info, 0, sizeof info);
    for (int i = 0; i < count; i++) {
        int error = smime_certs_add_file(certs, paths[i], &info);
        if (error)
            return fail(paths[i], error, info.text);
    }
    return 0;
}

static int compose(struct smime_compose *message, const char *from,
                   const struct smime_source *text)
{
    struct smime_error_info info;
    memset(&info, 0, sizeof info);
    int error = smime_compose_field(message, "From", from, &info);
    if (!error)
        error = smime_compose_field(message, "To", from, &info);
    if (!error)
        error = smime_compose_field(message, "Subject", "Rundschreiben für alle", &info);
    if (!error)
        error = smime_compose_text(message, text);
    return error ? fail(from, error, info.text) : 0;
}

/* to_certs are recipients whatever their addresses; everybody reads one and the same copy. */
static int encrypt(struct smime_op *op, struct smime_compose *message,
                   const struct smime_certs *certs, const char *path)
{
    struct smime_protect_options options;
    struct smime_source source;
    struct smime_output *output = NULL;
    SMIME_INIT(&options);
    options.flags = SMIME_PROTECT_ENCRYPT;
    options.certs = certs;
    options.to_certs = certs;
    options.now = smime_now();
    int error = smime_compose_source(message, options.now, &source);
    if (error)
        return fail(path, error, NULL);
    error = smime_output_file(&output, path);
    if (!error)
        error = smime_protect(op, &options, &source, output);
    if (error)
        fail(path, error, smime_op_error(op)->text);
    smime_output_free(output);
    smime_source_close(&source);
    return error;
}

int main(int argc, char **argv)
{
    struct smime_ctx *ctx = NULL;
    struct smime_certs *certs = NULL;
    struct smime_compose *message = NULL;
    struct smime_op *op = NULL;
    struct smime_source text;
    if (argc < 5) {
        fprintf(stderr, "usage: encrypt_many FROM TEXT-FILE OUT.eml CERT.pem...\n");
        return 2;
    }
    int error = smime_source_file(&text, argv[2]);
    if (error) {
        fail(argv[2], error, "cannot be read");
        return 2;
    }
    error = smime_ctx_new(&ctx, NULL);
    if (!error)
        error = smime_certs_new(ctx, &certs);
    if (!error)
        error = smime_op_new(ctx, &op);
    if (!error)
        error = smime_compose_new(ctx, &message);
    if (!error)
        error = load_certs(certs, argv + 4, argc - 4);
    if (!error)
        error = compose(message, argv[1], &text);
    if (!error)
        error = encrypt(op, message, certs, argv[3]);
    smime_compose_free(message);
    smime_op_free(op);
    smime_certs_free(certs);
    smime_ctx_free(ctx);
    smime_source_close(&text);
    return error ? 2 : 0;
}
