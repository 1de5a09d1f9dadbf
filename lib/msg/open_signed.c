/* open_signed.c: multipart/signed (RFC 1847, RFC 8551 3.5.3): the first part on its way to the digests.
 *
 * The octets are hashed as received, never re-serialised (MIME-002); an LF without CR before it is
 * hashed as CRLF, and nothing else is repaired (design 3), unless the part's own header says
 * Content-Transfer-Encoding: binary.
 */
#include "../base/mem.h"
#include "open.h"

struct open_signed *open_signed_add(struct open_run *run, const char *path, bool on_chain)
{
    struct open_signed *s = smi_arena_alloc(&run->op->arena, sizeof *s);
    if (!s)
        return NULL;
    s->path = path;
    s->on_chain = on_chain;
    *run->signed_end = s;
    run->signed_end = &s->next;
    return s;
}

/* -- digests by micalg (MSG-025, MSG-026) */

static enum smi_oid digest_of_name(struct smi_slice name)
{
    static const struct {
        const char *name;
        enum smi_oid oid;
    } names[] = {
        {"sha-256", SMI_OID_SHA256}, {"sha256", SMI_OID_SHA256},     {"rsa-sha256", SMI_OID_SHA256},
        {"sha-384", SMI_OID_SHA384}, {"sha384", SMI_OID_SHA384},     {"sha-512", SMI_OID_SHA512},
        {"sha512", SMI_OID_SHA512},  {"sha-224", SMI_OID_SHA224},    {"sha224", SMI_OID_SHA224},
        {"sha-1", SMI_OID_SHA1},     {"sha1", SMI_OID_SHA1},         {"rsa-sha1", SMI_OID_SHA1},
        {"md5", SMI_OID_MD5},        {"rsa-md5", SMI_OID_MD5},
    };
    for (size_t i = 0; i < SMI_COUNT(names); i++)
        if (smi_slice_is_nocase(name, names[i].name))
            return names[i].oid;
    return SMI_OID_UNKNOWN;
}

static int add_digest(struct open_run *run, struct smi_digest_set *set, enum smi_oid oid)
{
    const struct smi_alg *alg = smi_alg_by_id(oid, SMI_ALG_DIGEST);
    int rc = alg ? smi_digest_set_add(set, run->op->ctx->crypto, alg) : SMIME_E_UNSUPPORTED;
    return rc == SMIME_E_UNSUPPORTED ? 0 : rc; /* the signer is then reported as unsupported */
}

int open_digests_for(struct open_run *run, struct smi_digest_set *set, struct smi_slice micalg)
{
    static const enum smi_oid all[] = {SMI_OID_SHA256, SMI_OID_SHA384, SMI_OID_SHA512,
                                       SMI_OID_SHA224, SMI_OID_SHA1,   SMI_OID_MD5};
    bool everything = run->hints->all_digests || micalg.len == 0;
    TRY(add_digest(run, set, SMI_OID_SHA256));
    while (micalg.len && !everything) {
        size_t comma = smi_slice_find(micalg, ',');
        enum smi_oid oid = digest_of_name(smi_slice_trim(smi_slice_take(micalg, comma)));
        everything = oid == SMI_OID_UNKNOWN;
        if (!everything)
            TRY(add_digest(run, set, oid));
        micalg = smi_slice_skip(micalg, comma < micalg.len ? comma + 1 : comma);
    }
    for (size_t i = 0; everything && i < SMI_COUNT(all); i++)
        TRY(add_digest(run, set, all[i]));
    return 0;
}

/* -- the first octets, when they might be SignedAttributes (ATTR-006) */

struct prefix {
    struct open_run *run;
    struct open_signed *s;
    bool off;
};

static int prefix_write(void *self, struct smi_slice in)
{
    struct prefix *p = self;
    if (p->off)
        return 0;
    if (p->s->prefix_len == 0 && in.ptr[0] != SMI_ID_SET) {
        p->off = true;
        return 0;
    }
    if (!p->s->prefix)
        p->s->prefix = smi_arena_alloc(&p->run->op->arena, SMI_ATTRS_SHAPED_PREFIX);
    if (!p->s->prefix)
        return smi_fail_nomem(&p->run->op->diag);
    size_t room = SMI_ATTRS_SHAPED_PREFIX - p->s->prefix_len;
    size_t take = in.len < room ? in.len : room;
    memcpy(p->s->prefix + p->s->prefix_len, in.ptr, take);
    p->s->prefix_len += take;
    return 0;
}

static int prefix_end(void *self)
{
    SMI_UNUSED(self);
    return 0;
}

static void prefix_abort(void *self, int why)
{
    SMI_UNUSED(self);
    SMI_UNUSED(why);
}

int open_prefix_sink(struct smi_sink *out, struct open_run *run, struct open_signed *s)
{
    static const struct smi_sink_ops ops = {prefix_write, prefix_end, prefix_abort, smi_free};
    struct prefix *p = smi_calloc(1, sizeof *p);
    if (!p)
        return smi_fail_nomem(&run->op->diag);
    p->run = run;
    p->s = s;
    out->ops = &ops;
    out->self = p;
    return 0;
}

/* -- the gate: waits for the header of the first part, then converts line ends or not */

struct gate {
    struct open_run *run;
    const char *path;
    struct smi_buf head; /* until the empty line was seen */
    bool open;
    struct smi_sink down;
};

/* The octets hold the empty line that ends a header section. at_start: they begin a line. */
static bool has_empty_line(struct smi_slice in, bool at_start)
{
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] != '\n')
            continue;
        if (at_start && (i == 0 || (i == 1 && in.ptr[0] == '\r')))
            return true;
        if (i + 1 < in.len && in.ptr[i + 1] == '\n')
            return true;
        if (i + 2 < in.len && in.ptr[i + 1] == '\r' && in.ptr[i + 2] == '\n')
            return true;
    }
    return false;
}

static int gate_open(struct gate *gate)
{
    struct smi_header header;
    TRY(smi_header_parse(&header, smi_buf_slice(&gate->head), &gate->run->op->ctx->limits,
                         &gate->run->op->arena));
    const struct smi_field *cte = smi_header_find(&header, "Content-Transfer-Encoding", NULL);
    if (smi_cte_parse(cte) != SMI_CTE_BINARY) {
        struct smi_sink crlf;
        TRY(smi_crlf_new(&crlf, gate->down));
        gate->down = crlf;
    }
    gate->open = true;
    int rc = smi_sink_write(gate->down, smi_buf_slice(&gate->head));
    smi_buf_clear(&gate->head);
    return rc;
}

static int gate_write(void *self, struct smi_slice in)
{
    struct gate *gate = self;
    if (gate->open)
        return smi_sink_write(gate->down, in);
    size_t from = gate->head.len > 3 ? gate->head.len - 3 : 0;
    if (smi_buf_add(&gate->head, in) == SMIME_E_NOMEM)
        return smi_fail_nomem(&gate->run->op->diag);
    bool whole = has_empty_line(smi_slice_skip(smi_buf_slice(&gate->head), from), from == 0);
    size_t limit = gate->run->op->ctx->limits.header_bytes;
    return whole || gate->head.len > limit ? gate_open(gate) : 0;
}

static int gate_end(void *self)
{
    struct gate *gate = self;
    if (!gate->open)
        TRY(gate_open(gate));
    return smi_sink_end(gate->down);
}

static void gate_abort(void *self, int why)
{
    struct gate *gate = self;
    smi_sink_abort(gate->down, why);
}

static void gate_free(void *self)
{
    struct gate *gate = self;
    smi_buf_clear(&gate->head);
    smi_sink_free(&gate->down);
    smi_free(gate);
}

static int gate_new(struct smi_sink *out, struct open_run *run, const char *path,
                    struct smi_sink down)
{
    static const struct smi_sink_ops ops = {gate_write, gate_end, gate_abort, gate_free};
    struct gate *gate = smi_calloc(1, sizeof *gate);
    if (!gate)
        return smi_fail_nomem(&run->op->diag);
    gate->run = run;
    gate->path = path;
    smi_buf_init(&gate->head, 0);
    gate->down = down;
    out->ops = &ops;
    out->self = gate;
    return 0;
}

int open_signed_content_new(struct smi_sink *out, struct open_run *run, struct open_signed *s,
                            struct smi_slice micalg, struct smi_sink down)
{
    struct smi_sink chain = down, stage;
    s->detached = true;
    int rc = open_digests_for(run, &s->digests, micalg);
    if (rc == 0)
        rc = open_prefix_sink(&stage, run, s);
    if (rc == 0) {
        struct smi_sink prefix = stage;
        rc = smi_tee_new(&stage, prefix, chain);
        if (rc == 0)
            chain = stage;
        else
            smi_sink_free(&prefix);
    }
    if (rc == 0 && (rc = smi_digest_tee_new(&stage, chain, &s->digests)) == 0)
        chain = stage;
    if (rc == 0 && (rc = gate_new(&stage, run, s->path, chain)) == 0)
        chain = stage;
    if (rc != 0)
        smi_sink_free(&chain);
    else
        *out = chain;
    return rc;
}
