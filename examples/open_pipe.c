/* open_pipe.c: opens a message from a pipe with callbacks; nothing touches the disk in the clear.
 *
 *     open_pipe KEY.pem TRUST.pem < message.eml > content
 *
 * KEY.pem holds a private key and its certificate, not encrypted. The exit status is 0 when the
 * message is signed by who it says it is from. */
#include <stdio.h>
#include <string.h>

#include <smime.h>

static int read_stream(void *self, void *buffer, size_t cap, size_t *got)
{
    FILE *file = (FILE *)self;
    *got = fread(buffer, 1, cap, file);
    return *got == 0 && ferror(file) ? SMIME_E_IO : 0;
}

/* Called only after everything was checked: what arrives here may be used. */
static int write_stream(void *self, const void *data, size_t len)
{
    return fwrite(data, 1, len, (FILE *)self) == len ? 0 : -1;
}

static int progress(void *arg, uint64_t octets)
{
    (void)arg;
    fprintf(stderr, "\r%lu MiB", (unsigned long)(octets >> 20));
    return 0; /* anything else would stop the operation */
}

static void print_report(const struct smime_report *report)
{
    fprintf(stderr, "verdict %s, encrypted %s\n", smime_verdict_name(report->verdict),
            smime_encryption_name(report->encrypted));
    for (size_t i = 0; i < report->signer_count; i++) {
        const struct smime_signer *signer = report->signers[i];
        fprintf(stderr, "signer %s: signature %s, chain %s, identity %s\n",
                signer->address ? signer->address : "(no address)",
                smime_signature_name(signer->signature), smime_chain_name(signer->chain),
                smime_identity_name(signer->identity));
    }
    for (size_t i = 0; i < report->warning_count; i++)
        fprintf(stderr, "warning: %s\n", report->warnings[i]->text);
}

static int open_stream(struct smime_op *op, const struct smime_keys *keys,
                       const struct smime_certs *anchors)
{
    struct smime_open_options options;
    struct smime_source source;
    struct smime_output *output = NULL;
    memset(&source, 0, sizeof source);
    source.read = read_stream;
    source.self = stdin;
    SMIME_INIT(&options);
    options.form = SMIME_FORM_ENTITY;
    options.keys = keys;
    options.anchors = anchors;
    options.now = smime_now();
    smime_op_progress(op, progress, NULL);
    int error = smime_output_callback(&output, write_stream, stdout);
    if (!error)
        error = smime_open(op, &options, &source, output);
    smime_output_free(output);
    if (error)
        fprintf(stderr, "%s\n", smime_op_error(op)->text);
    print_report(smime_op_report(op));
    return error;
}

int main(int argc, char **argv)
{
    struct smime_error_info info;
    struct smime_ctx *ctx = NULL;
    struct smime_keys *keys = NULL;
    struct smime_certs *anchors = NULL;
    struct smime_op *op = NULL;
    enum smime_verdict verdict = SMIME_MALFORMED;
    if (argc != 3) {
        fprintf(stderr, "usage: open_pipe KEY.pem TRUST.pem < message.eml > content\n");
        return 2;
    }
    memset(&info, 0, sizeof info);
    int error = smime_ctx_new(&ctx, NULL);
    if (!error)
        error = smime_keys_new(ctx, &keys);
    if (!error)
        error = smime_certs_new(ctx, &anchors);
    if (!error)
        error = smime_op_new(ctx, &op);
    if (!error)
        error = smime_keys_add_file(keys, argv[1], NULL, &info);
    if (!error)
        error = smime_certs_add_file(anchors, argv[2], &info);
    if (error)
        fprintf(stderr, "%s\n", info.text ? info.text : smime_error_name(error));
    if (!error) {
        error = open_stream(op, keys, anchors);
        verdict = smime_op_report(op)->verdict;
    }
    smime_op_free(op);
    smime_certs_free(anchors);
    smime_keys_free(keys);
    smime_ctx_free(ctx);
    return error ? 2 : verdict == SMIME_GOOD ? 0 : 1;
}
