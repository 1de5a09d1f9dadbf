/* cms_content_write.c: one ContentInfo around a streamed content (RFC 5652 2, 3; CMS-002).
 *
 *   GATHERING -more than spool_memory, der-> SPOOLING
 *   GATHERING -more than spool_memory------> CHUNKING
 *   GATHERING, SPOOLING -end-> definite lengths; CHUNKING -end-> end-of-contents octets
 */
#include "cms_content_write.h"

#include "../base/limits.h"
#include "../base/mem.h"

enum state { GATHERING, SPOOLING, CHUNKING };

struct writer {
    struct smi_sink down;
    const struct smi_cms_env *env;
    struct smi_content_write_spec spec; /* its slices point into the buffers below */
    struct smi_buf head, inner_head;
    struct smi_buf content; /* gathered, or less than one chunk */
    struct smi_spool *spool;
    size_t memory_bytes;
    enum state state;
    int rc; /* sticky */
    bool closed;
};

static const uint8_t end_of_contents[2] = {0, 0};

static int out_of_memory(struct writer *writer, int rc)
{
    return rc == SMIME_E_NOMEM ? smi_fail_nomem(writer->env->diag) : rc;
}

/* -- indefinite lengths */

static int put_indefinite(struct smi_buf *buf, uint8_t id)
{
    TRY(smi_buf_add_byte(buf, id));
    return smi_buf_add_byte(buf, 0x80);
}

static int build_open(struct writer *writer, struct smi_buf *buf)
{
    TRY(put_indefinite(buf, SMI_ID_SEQUENCE));
    TRY(smi_der_put_oid(buf, smi_oid_der(writer->spec.content_type)));
    TRY(put_indefinite(buf, SMI_ID_CONTEXT_CONSTRUCTED));
    TRY(put_indefinite(buf, SMI_ID_SEQUENCE));
    TRY(smi_buf_add(buf, writer->spec.head));
    TRY(put_indefinite(buf, SMI_ID_SEQUENCE));
    TRY(smi_buf_add(buf, writer->spec.inner_head));
    TRY(put_indefinite(buf, SMI_ID_CONTEXT_CONSTRUCTED));
    return writer->spec.implicit ? 0 : put_indefinite(buf, SMI_ID_OCTET_STRING | 0x20);
}

static int build_close(struct writer *writer, struct smi_buf *buf)
{
    struct smi_slice eoc = smi_slice(end_of_contents, sizeof end_of_contents);
    if (!writer->spec.implicit)
        TRY(smi_buf_add(buf, eoc)); /* the OCTET STRING */
    TRY(smi_buf_add(buf, eoc));     /* its [0] */
    TRY(smi_buf_add(buf, eoc));     /* the inner SEQUENCE */
    if (writer->spec.tail)
        TRY(writer->spec.tail(writer->spec.arg, buf));
    TRY(smi_buf_add(buf, eoc)); /* the outer SEQUENCE */
    TRY(smi_buf_add(buf, eoc)); /* its [0] */
    return smi_buf_add(buf, eoc);
}

/* Builds with one of the above, then writes it. */
static int emit(struct writer *writer, int (*build)(struct writer *, struct smi_buf *))
{
    struct smi_buf buf;
    smi_buf_init(&buf, 0);
    int rc = build(writer, &buf);
    if (rc == 0)
        rc = smi_sink_write(writer->down, smi_buf_slice(&buf));
    else
        rc = out_of_memory(writer, rc);
    smi_buf_clear(&buf);
    return rc;
}

static int emit_chunk(struct writer *writer, struct smi_slice in)
{
    uint8_t head[6] = {SMI_ID_OCTET_STRING, (uint8_t)in.len};
    size_t len = 2;
    if (in.len >= 0x80) {
        head[1] = 0x82; /* a chunk has at most 32 KiB */
        head[2] = (uint8_t)(in.len >> 8);
        head[3] = (uint8_t)in.len;
        len = 4;
    }
    if (in.len >= 0x80 && in.len < 0x100) {
        head[1] = 0x81;
        head[2] = (uint8_t)in.len;
        len = 3;
    }
    TRY(smi_sink_write(writer->down, smi_slice(head, len)));
    return smi_sink_write(writer->down, in);
}

/* Emits whole chunks, always of the same size, so that the cut of the input does not show. */
static int emit_chunks(struct writer *writer, struct smi_slice *in)
{
    while (in->len >= SMI_CMS_CHUNK_BYTES) {
        TRY(emit_chunk(writer, smi_slice_take(*in, SMI_CMS_CHUNK_BYTES)));
        *in = smi_slice_skip(*in, SMI_CMS_CHUNK_BYTES);
    }
    return 0;
}

static int begin_chunking(struct writer *writer)
{
    writer->state = CHUNKING;
    TRY(emit(writer, build_open));
    struct smi_slice gathered = smi_buf_slice(&writer->content);
    TRY(emit_chunks(writer, &gathered));
    smi_buf_drop(&writer->content, writer->content.len - gathered.len);
    return 0;
}

static int chunk_write(struct writer *writer, struct smi_slice in)
{
    if (writer->content.len) {
        size_t room = SMI_CMS_CHUNK_BYTES - writer->content.len;
        size_t n = in.len < room ? in.len : room;
        TRY(smi_buf_add(&writer->content, smi_slice_take(in, n)));
        in = smi_slice_skip(in, n);
        if (n < room)
            return 0;
        TRY(emit_chunk(writer, smi_buf_slice(&writer->content)));
        writer->content.len = 0;
    }
    TRY(emit_chunks(writer, &in));
    return smi_buf_add(&writer->content, in);
}

/* -- definite lengths */

struct layout {
    uint64_t content, explicit_part, wrapped, inner, data, outer, whole; /* content lengths */
};

static uint64_t with_header(uint64_t length)
{
    return smi_der_header_len(length) + length;
}

static struct layout lay_out(const struct writer *writer, uint64_t content, size_t tail)
{
    struct layout l;
    l.content = content;
    l.explicit_part = with_header(content);
    l.wrapped = writer->spec.implicit ? with_header(content) : with_header(l.explicit_part);
    l.inner = writer->spec.inner_head.len + l.wrapped;
    l.data = writer->spec.head.len + with_header(l.inner) + tail;
    l.outer = with_header(l.data);
    size_t oid = smi_oid_der(writer->spec.content_type).len;
    l.whole = with_header(oid) + with_header(l.outer);
    return l;
}

static int build_definite(struct writer *writer, const struct layout *l, struct smi_buf *buf)
{
    const struct smi_content_write_spec *spec = &writer->spec;
    TRY(smi_der_put_header(buf, SMI_ID_SEQUENCE, l->whole));
    TRY(smi_der_put_oid(buf, smi_oid_der(spec->content_type)));
    TRY(smi_der_put_header(buf, SMI_ID_CONTEXT_CONSTRUCTED, l->outer));
    TRY(smi_der_put_header(buf, SMI_ID_SEQUENCE, l->data));
    TRY(smi_buf_add(buf, spec->head));
    TRY(smi_der_put_header(buf, SMI_ID_SEQUENCE, l->inner));
    TRY(smi_buf_add(buf, spec->inner_head));
    if (spec->implicit)
        return smi_der_put_header(buf, SMI_ID_CONTEXT, l->content);
    TRY(smi_der_put_header(buf, SMI_ID_CONTEXT_CONSTRUCTED, l->explicit_part));
    return smi_der_put_header(buf, SMI_ID_OCTET_STRING, l->content);
}

static int emit_definite(struct writer *writer)
{
    struct smi_buf tail, head;
    smi_buf_init(&tail, 0);
    smi_buf_init(&head, 0);
    uint64_t content = writer->spool ? smi_spool_len(writer->spool) : writer->content.len;
    int rc = writer->spec.tail ? writer->spec.tail(writer->spec.arg, &tail) : 0;
    if (rc == 0) {
        struct layout l = lay_out(writer, content, tail.len);
        rc = build_definite(writer, &l, &head);
    }
    if (rc != 0) {
        rc = out_of_memory(writer, rc);
        goto done;
    }
    rc = smi_sink_write(writer->down, smi_buf_slice(&head));
    if (rc == 0)
        rc = writer->spool ? smi_spool_replay(writer->spool, writer->down)
                           : smi_sink_write(writer->down, smi_buf_slice(&writer->content));
    if (rc == 0)
        rc = smi_sink_write(writer->down, smi_buf_slice(&tail));
done:
    smi_buf_clear(&tail);
    smi_buf_clear(&head);
    return rc;
}

static int begin_spooling(struct writer *writer)
{
    TRY(smi_spool_new(&writer->spool, writer->memory_bytes, NULL, true, writer->env->diag));
    writer->state = SPOOLING;
    TRY(smi_spool_write(writer->spool, smi_buf_slice(&writer->content)));
    smi_buf_clear(&writer->content);
    return 0;
}

/* -- the sink */

/* Fills the memory first: whether the limit is passed must not depend on the cut. */
static int gather(struct writer *writer, struct smi_slice *in)
{
    size_t room = writer->memory_bytes - writer->content.len;
    size_t n = in->len < room ? in->len : room;
    TRY(smi_buf_add(&writer->content, smi_slice_take(*in, n)));
    *in = smi_slice_skip(*in, n);
    if (in->len == 0)
        return 0;
    return writer->spec.der ? begin_spooling(writer) : begin_chunking(writer);
}

static int write_some(struct writer *writer, struct smi_slice in)
{
    if (writer->state == GATHERING)
        TRY(gather(writer, &in));
    if (in.len == 0)
        return 0;
    return writer->state == SPOOLING ? smi_spool_write(writer->spool, in) : chunk_write(writer, in);
}

static int writer_write(void *self, struct smi_slice in)
{
    struct writer *writer = self;
    if (writer->rc == 0)
        writer->rc = out_of_memory(writer, write_some(writer, in));
    return writer->rc;
}

static void writer_abort(void *self, int why)
{
    struct writer *writer = self;
    if (!writer->closed)
        smi_sink_abort(writer->down, why);
    writer->closed = true;
}

static int finish(struct writer *writer)
{
    if (writer->state != CHUNKING) {
        TRY(emit_definite(writer));
    } else {
        if (writer->content.len)
            TRY(emit_chunk(writer, smi_buf_slice(&writer->content)));
        TRY(emit(writer, build_close));
    }
    return smi_sink_end(writer->down);
}

static int writer_end(void *self)
{
    struct writer *writer = self;
    if (writer->rc == 0)
        writer->rc = writer->closed ? SMIME_E_USAGE : finish(writer);
    if (writer->rc != 0)
        writer_abort(writer, writer->rc);
    writer->closed = true;
    return writer->rc;
}

static void release(struct writer *writer)
{
    smi_buf_clear(&writer->head);
    smi_buf_clear(&writer->inner_head);
    smi_buf_clear(&writer->content);
    smi_spool_free(writer->spool);
    smi_free(writer);
}

static void writer_free(void *self)
{
    struct writer *writer = self;
    smi_sink_free(&writer->down);
    release(writer);
}

void smi_content_write_undo(struct smi_sink *sink)
{
    release(sink->self);
    sink->ops = NULL;
    sink->self = NULL;
}

int smi_content_write_new(struct smi_sink *out, struct smi_sink down, const struct smi_cms_env *env,
                          const struct smi_content_write_spec *spec)
{
    static const struct smi_sink_ops ops = {writer_write, writer_end, writer_abort, writer_free};
    struct smime_limits limits;
    struct writer *writer = smi_calloc(1, sizeof *writer);
    if (!writer)
        return smi_fail_nomem(env->diag);
    smi_limits_resolve(&limits, env->limits);
    writer->env = env;
    writer->spec = *spec;
    writer->memory_bytes = limits.spool_memory_bytes;
    if (smi_buf_add(&writer->head, spec->head) != 0 ||
        smi_buf_add(&writer->inner_head, spec->inner_head) != 0) {
        release(writer);
        return smi_fail_nomem(env->diag);
    }
    writer->spec.head = smi_buf_slice(&writer->head);
    writer->spec.inner_head = smi_buf_slice(&writer->inner_head);
    writer->down = down;
    out->ops = &ops;
    out->self = writer;
    return 0;
}
