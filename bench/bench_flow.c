/* bench_flow.c: how fast the stages of lib/flow are on this machine. Prints MB/s of input; asserts
 * nothing. From the top of the tree:
 *
 *   cc -std=c17 -O2 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib bench/bench_flow.c lib/base/[!z]*.c \
 *      lib/flow/[!z]*.c lib/crypto/spool_cipher.c -lcrypto -o bench_flow && ./bench_flow
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "flow/base64.h"
#include "flow/flow.h"

enum { DATA_BYTES = 48 << 20, PIECE = 64 << 10, ROUNDS = 7 };

typedef int (*make_fn)(struct smi_sink *out, struct smi_sink down);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(int rc)
{
    if (rc == 0)
        return;
    fprintf(stderr, "bench_flow: error %d\n", rc);
    exit(1);
}

static void run(make_fn make, struct smi_slice in, struct smi_sink down)
{
    struct smi_sink sink;
    check(make(&sink, down));
    while (in.len) {
        size_t n = in.len < PIECE ? in.len : PIECE;
        check(smi_sink_write(sink, smi_slice_take(in, n)));
        in = smi_slice_skip(in, n);
    }
    check(smi_sink_end(sink));
    smi_sink_free(&sink);
}

static void measure(const char *name, make_fn make, struct smi_slice in)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t octets = 0;
        double start = now();
        run(make, in, smi_null_sink(&octets));
        double took = now() - start;
        best = took < best ? took : best;
    }
    printf("%-32s %7.0f MB/s\n", name, (double)in.len / best / 1e6);
}

static int encode(struct smi_sink *out, struct smi_sink down)
{
    return smi_base64_encode_new(out, down, 76);
}

static int decode(struct smi_sink *out, struct smi_sink down)
{
    return smi_base64_decode_new(out, down, NULL);
}

static int qp_text(struct smi_sink *out, struct smi_sink down)
{
    return smi_qp_encode_new(out, down, false);
}

static int qp_decode(struct smi_sink *out, struct smi_sink down)
{
    return smi_qp_decode_new(out, down, NULL);
}

static struct smi_buf made(make_fn make, struct smi_slice in)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    run(make, in, smi_buf_sink(&out));
    return out;
}

int main(void)
{
    uint8_t *data = smi_malloc(DATA_BYTES);
    if (!data)
        return 1;
    for (size_t i = 0; i < DATA_BYTES; i++)
        data[i] = (uint8_t)((i * 2654435761u) >> 11);
    struct smi_slice raw = smi_slice(data, DATA_BYTES);
    struct smi_buf text = made(encode, raw), lf = made(smi_lf_new, smi_buf_slice(&text));
    struct smi_buf qp = made(qp_text, smi_slice(text.ptr, text.len / 4));

    measure("base64 encode", encode, raw);
    measure("base64 decode, 76 + CRLF", decode, smi_buf_slice(&text));
    measure("base64 decode, 76 + LF", decode, smi_buf_slice(&lf));
    smi_base64_force_scalar(true);
    measure("base64 encode, scalar", encode, raw);
    measure("base64 decode, scalar", decode, smi_buf_slice(&text));
    smi_base64_force_scalar(false);
    measure("crlf, of CRLF lines", smi_crlf_new, smi_buf_slice(&text));
    measure("crlf, of LF lines", smi_crlf_new, smi_buf_slice(&lf));
    measure("lf, of CRLF lines", smi_lf_new, smi_buf_slice(&text));
    measure("quoted-printable encode, text", qp_text, smi_slice(text.ptr, text.len / 4));
    measure("quoted-printable decode, text", qp_decode, smi_buf_slice(&qp));
    smi_buf_clear(&text);
    smi_buf_clear(&lf);
    smi_buf_clear(&qp);
    smi_free(data);
    return 0;
}
