/* sign_file.c: signs a message file.   sign_file KEY.p12 PASSWORD-FILE MESSAGE.eml SIGNED.eml
 *
 * cc sign_file.c $(pkg-config --cflags --libs libsmime) */
#include <stdio.h>
#include <string.h>

#include <smime.h>

/* The password is the first line of a file; arg is the file's name. */
static int read_password(void *arg, const char *hint, char *password, size_t cap, size_t *len)
{
    FILE *file = fopen((const char *)arg, "r");
    (void)hint;
    if (!file || cap == 0)
        return SMIME_E_PASSWORD;
    password[0] = '\0';
    char *line = fgets(password, (int)(cap < 1024 ? cap : 1024), file);
    fclose(file);
    if (!line)
        return SMIME_E_PASSWORD;
    *len = strcspn(password, "\r\n");
    return 0;
}

static int load_key(struct smime_keys *keys, const char *path, char *password_file)
{
    struct smime_error_info info;
    struct smime_key_options options;
    SMIME_INIT(&options);
    options.password = read_password;
    options.password_arg = password_file;
    memset(&info, 0, sizeof info);
    int error = smime_keys_add_file(keys, path, &options, &info);
    if (error)
        fprintf(stderr, "%s: %s\n", path, info.text ? info.text : smime_error_name(error));
    return error;
}

/* Without SMIME_PROTECT_OPAQUE the text stays readable for everybody: multipart/signed. */
static int sign(struct smime_op *op, const struct smime_keys *keys, const char *from,
                const char *to)
{
    struct smime_protect_options options;
    struct smime_source source;
    struct smime_output *output = NULL;
    SMIME_INIT(&options);
    options.flags = SMIME_PROTECT_SIGN;
    options.keys = keys;
    options.now = smime_now();
    int error = smime_source_file(&source, from);
    if (error) {
        fprintf(stderr, "%s: cannot be read\n", from);
        return error;
    }
    error = smime_output_file(&output, to);
    if (!error)
        error = smime_protect(op, &options, &source, output);
    if (error)
        fprintf(stderr, "%s: %s\n", from, smime_op_error(op)->text);
    smime_output_free(output);
    smime_source_close(&source);
    return error;
}

int main(int argc, char **argv)
{
    struct smime_ctx *ctx = NULL;
    struct smime_keys *keys = NULL;
    struct smime_op *op = NULL;
    if (argc != 5) {
        fprintf(stderr, "usage: sign_file KEY.p12 PASSWORD-FILE MESSAGE.eml SIGNED.eml\n");
        return 2;
    }
    int error = smime_ctx_new(&ctx, NULL);
    if (!error)
        error = smime_keys_new(ctx, &keys);
    if (!error)
        error = smime_op_new(ctx, &op);
    if (!error)
        error = load_key(keys, argv[1], argv[2]);
    if (!error)
        error = sign(op, keys, argv[3], argv[4]);
    smime_op_free(op);
    smime_keys_free(keys);
    smime_ctx_free(ctx);
    return error ? 2 : 0;
}
