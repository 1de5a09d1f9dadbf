/* property_kit.h: for the programs that hold smime_open to its promises on message files: keys and
 * anchors from files, a source that is cut as told, and everything that one opening said. Uses the
 * public header alone. Trouble with the material ends the program. */
#ifndef TESTS_PROPERTY_KIT_H
#define TESTS_PROPERTY_KIT_H

#include <smime.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    unsigned char *ptr;
    size_t len, cap;
};

static inline void kit_need(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "cannot prepare: %s\n", what);
        exit(2);
    }
}

static inline void bytes_add(struct bytes *b, const void *data, size_t len)
{
    if (len > b->cap - b->len) {
        b->cap = 2 * b->cap + len;
        b->ptr = realloc(b->ptr, b->cap);
        kit_need(b->ptr != NULL, "memory");
    }
    if (len)
        memcpy(b->ptr + b->len, data, len);
    b->len += len;
}

static inline void bytes_add_str(struct bytes *b, const char *text)
{
    bytes_add(b, text ? text : "(null)", text ? strlen(text) : 6);
}

static inline void bytes_clear(struct bytes *b)
{
    free(b->ptr);
    memset(b, 0, sizeof *b);
}

static inline bool bytes_same(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static inline void bytes_read(struct bytes *b, const char *path)
{
    unsigned char piece[65536];
    FILE *file = fopen(path, "rb");
    kit_need(file != NULL, path);
    memset(b, 0, sizeof *b);
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        bytes_add(b, piece, got);
    kit_need(!ferror(file), path);
    fclose(file);
}

/* -- keys and anchors:  -k FILE... -a FILE... , then the rest of the arguments */

struct kit {
    struct smime_ctx *ctx;
    struct smime_keys *keys;
    struct smime_certs *anchors;
    int64_t now;
};

static inline int kit_start(struct kit *kit, int argc, char **argv)
{
    int i;
    kit_need(smime_ctx_new(&kit->ctx, NULL) == 0 && smime_keys_new(kit->ctx, &kit->keys) == 0 &&
                 smime_certs_new(kit->ctx, &kit->anchors) == 0,
             "context");
    for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (argv[i][1] == 'k')
            kit_need(smime_keys_add_file(kit->keys, argv[i + 1], NULL, NULL) == 0, argv[i + 1]);
        else if (argv[i][1] == 'a')
            kit_need(smime_certs_add_file(kit->anchors, argv[i + 1], NULL) == 0, argv[i + 1]);
        else
            break;
    }
    kit->now = smime_now();
    return i;
}

static inline void kit_end(struct kit *kit)
{
    smime_certs_free(kit->anchors);
    smime_keys_free(kit->keys);
    smime_ctx_free(kit->ctx);
}

/* -- numbers that are the same on every run */

static inline uint32_t kit_random(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*seed * below) >> 32);
}

/* -- a source whose first read ends at `cut` (0: nowhere), and no read gives more than `most` octets
 * (0: any number); with a seed each gives a random number up to `most`. */

struct cut_source {
    const struct bytes *data;
    size_t at, cut, most;
    uint32_t seed;
};

static inline int cut_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct cut_source *s = self;
    size_t left = s->data->len - s->at, most = s->most;
    if (s->seed && most)
        most = 1 + kit_random(&s->seed, (uint32_t)most);
    if (s->at < s->cut && s->cut - s->at < left)
        left = s->cut - s->at;
    if (most && left > most)
        left = most;
    *got = left < cap ? left : cap;
    if (*got)
        memcpy(buffer, s->data->ptr + s->at, *got);
    s->at += *got;
    return 0;
}

static inline int cut_rewind(void *self)
{
    struct cut_source *s = self;
    s->at = 0;
    return 0;
}

/* -- one opening */

struct question {
    enum smime_goal goal;
    enum smime_form form;
    bool attachments;
    const char *name;
};

static const struct question questions[] = {
    {SMIME_GOAL_OPEN, SMIME_FORM_MESSAGE, false, "open"},
    {SMIME_GOAL_OPEN, SMIME_FORM_ENTITY, false, "open --entity"},
    {SMIME_GOAL_VERIFY, SMIME_FORM_MESSAGE, false, "verify"},
    {SMIME_GOAL_DECRYPT, SMIME_FORM_MESSAGE, false, "decrypt"},
    {SMIME_GOAL_OPEN, SMIME_FORM_TEXT, true, "open --text --attachments"},
    {SMIME_GOAL_SHOW, SMIME_FORM_MESSAGE, false, "show"},
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

struct opened {
    int rc;
    enum smime_verdict verdict;
    enum smime_encryption encrypted;
    struct bytes out;  /* what the output received */
    struct bytes said; /* the report and the error */
};

static inline int collect(void *self, const void *data, size_t len)
{
    bytes_add(self, data, len);
    return 0;
}

static inline int begin_attachment(void *self, const char *name, const char *media_type,
                                   struct smime_output **out)
{
    struct opened *r = self;
    bytes_add_str(&r->said, name);
    bytes_add_str(&r->said, media_type);
    return smime_output_callback(out, collect, &r->out);
}

static inline void record(struct opened *r, struct smime_op *op)
{
    const struct smime_error_info *error = smime_op_error(op);
    char numbers[80];
    r->verdict = smime_op_report(op)->verdict;
    r->encrypted = smime_op_report(op)->encrypted;
    snprintf(numbers, sizeof numbers, "\nrc %d code %d offset %llu ", r->rc, error->code,
             (unsigned long long)error->offset);
    bytes_add_str(&r->said, smime_op_report_json(op));
    bytes_add_str(&r->said, numbers);
    bytes_add_str(&r->said, error->layer);
    bytes_add_str(&r->said, error->clause);
    bytes_add_str(&r->said, error->text);
}

static inline void open_it(struct opened *r, const struct kit *kit, const struct question *question,
                           struct cut_source *cut, bool rewinds)
{
    struct smime_source source = {cut_read, rewinds ? cut_rewind : NULL, NULL, cut};
    struct smime_attachments attachments = {begin_attachment, r};
    struct smime_open_options options;
    struct smime_output *output;
    struct smime_op *op;
    memset(r, 0, sizeof *r);
    SMIME_INIT(&options);
    options.goal = question->goal;
    options.form = question->form;
    options.keys = kit->keys;
    options.anchors = kit->anchors;
    options.now = kit->now;
    options.attachments = question->attachments ? &attachments : NULL;
    kit_need(smime_op_new(kit->ctx, &op) == 0, "operation");
    kit_need(smime_output_callback(&output, collect, &r->out) == 0, "output");
    r->rc = smime_open(op, &options, &source, output);
    record(r, op);
    smime_output_free(output);
    smime_op_free(op);
}

static inline void opened_clear(struct opened *r)
{
    bytes_clear(&r->out);
    bytes_clear(&r->said);
}

static inline bool opened_same(const struct opened *a, const struct opened *b)
{
    return bytes_same(&a->out, &b->out) && bytes_same(&a->said, &b->said);
}

#endif
