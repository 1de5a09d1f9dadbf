/* ctx.c: the context, options structs, version. */
#include <stdio.h>
#include <string.h>

#include "../base/limits.h"
#include "../base/mem.h"
#include "msg.h"

#define TEXT_OF(x) #x
#define VERSION_TEXT(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)

const char *smime_version(void)
{
    return VERSION_TEXT(SMIME_VERSION_MAJOR, SMIME_VERSION_MINOR, SMIME_VERSION_PATCH);
}

void smime_options_init(void *options, size_t size)
{
    must(options && size >= sizeof size);
    memset(options, 0, size);
    memcpy(options, &size, sizeof size);
}

int smime_ctx_new(struct smime_ctx **out, const struct smime_ctx_options *options)
{
    struct smime_ctx_options given = {0};
    *out = NULL;
    if (options)
        memcpy(&given, options, options->size < sizeof given ? options->size : sizeof given);
    struct smime_ctx *ctx = smi_calloc(1, sizeof *ctx);
    if (!ctx)
        return SMIME_E_NOMEM;
    ctx->policy = given.policy;
    smi_limits_resolve(&ctx->limits, given.limits);
    int rc = smi_crypto_new(&ctx->crypto, given.policy == SMIME_POLICY_HISTORIC);
    if (rc != 0) {
        smi_free(ctx);
        return rc;
    }
    *out = ctx;
    return 0;
}

void smime_ctx_free(struct smime_ctx *ctx)
{
    if (!ctx)
        return;
    smi_crypto_free(ctx->crypto);
    smi_free(ctx);
}
