/* test_entity.c: lib/mime/entity.c: every event, every cut, every limit. */
#include "check.h"
#include "mime/mime.h"

#include "base/limits.h"
#include "base/mem.h"

/* Events as text. Body octets are joined, because how they are cut is nobody's business. */
struct log {
    struct smi_buf text, body;
    char body_of[64];
    bool offsets;
    int raw_child;  /* index of children to take raw; -1: none */
    bool unsplit;   /* multiparts as leaves */
    int fail_after; /* events until the handler fails; 0: never */
};

static int say_body(struct log *log)
{
    if (log->body_of[0] == '\0')
        return 0;
    TRY(smi_buf_printf(&log->text, "body %s [%.*s]\n", log->body_of, (int)log->body.len,
                       (const char *)(log->body.len ? log->body.ptr : (const uint8_t *)"")));
    smi_buf_drop(&log->body, log->body.len);
    log->body_of[0] = '\0';
    return 0;
}

static int tick(struct log *log)
{
    return log->fail_after && --log->fail_after == 0 ? SMIME_E_CANCELLED : 0;
}

static int on_child(void *self, const struct smi_part *parent, unsigned index,
                    enum smi_part_mode *mode)
{
    struct log *log = self;
    TRY(say_body(log));
    TRY(tick(log));
    CHECK(*mode == SMI_PART_PARSE);
    if (log->raw_child == (int)index)
        *mode = SMI_PART_RAW;
    return smi_buf_printf(&log->text, "child %s %u\n", parent->path, index);
}

static int on_part(void *self, const struct smi_part *part, enum smi_body_mode *mode)
{
    struct log *log = self;
    TRY(say_body(log));
    TRY(tick(log));
    if (log->unsplit)
        *mode = SMI_BODY_LEAF;
    TRY(smi_buf_printf(&log->text, "part %s depth %u index %u %.*s/%.*s mode %d fields %zu%s%s%s",
                       part->path, part->depth, part->index, (int)part->ctype.type.len,
                       (const char *)part->ctype.type.ptr, (int)part->ctype.subtype.len,
                       (const char *)part->ctype.subtype.ptr, (int)*mode, part->header.count,
                       part->no_header ? " no-header" : "",
                       part->duplicate_structure ? " duplicate" : "",
                       part->header.malformed_line ? " malformed-line" : ""));
    if (log->offsets)
        TRY(smi_buf_printf(&log->text, " at %llu", (unsigned long long)part->offset));
    TRY(smi_buf_add_str(&log->text, " ["));
    TRY(smi_buf_add(&log->text, part->header_raw));
    return smi_buf_add_str(&log->text, "]\n");
}

static int on_body(void *self, const struct smi_part *part, struct smi_slice in)
{
    struct log *log = self;
    CHECK(in.len > 0);
    snprintf(log->body_of, sizeof log->body_of, "%s", part->path);
    TRY(tick(log));
    return smi_buf_add(&log->body, in);
}

static int on_raw(void *self, const struct smi_part *parent, unsigned index, struct smi_slice in)
{
    struct log *log = self;
    CHECK(in.len > 0);
    snprintf(log->body_of, sizeof log->body_of, "raw %s %u", parent->path, index);
    return smi_buf_add(&log->body, in);
}

static int on_raw_end(void *self, const struct smi_part *parent, unsigned index)
{
    struct log *log = self;
    TRY(say_body(log));
    return smi_buf_printf(&log->text, "raw-end %s %u\n", parent->path, index);
}

static int on_part_end(void *self, const struct smi_part *part, unsigned flags, size_t child_count)
{
    struct log *log = self;
    TRY(say_body(log));
    TRY(tick(log));
    return smi_buf_printf(&log->text, "end %s flags %u children %zu\n", part->path, flags,
                          child_count);
}

struct run {
    struct smime_limits limits;
    struct smi_diag diag;
    struct log log;
    bool skip_mbox_from;
};

static void run_init(struct run *run)
{
    memset(run, 0, sizeof *run);
    smi_limits_resolve(&run->limits, NULL);
    run->log.raw_child = -1;
}

static void run_clear(struct run *run)
{
    smi_buf_clear(&run->log.text);
    smi_buf_clear(&run->log.body);
}

/* Pieces of `piece` octets; the first one of `first`. */
static int parse(struct run *run, struct smi_slice in, size_t first, size_t piece)
{
    struct smi_arena arena;
    struct smi_sink sink;
    struct smi_entity_handler handler = {&run->log, on_child,   on_part,    on_body,
                                         on_raw,    on_raw_end, on_part_end};
    smi_diag_reset(&run->diag);
    smi_arena_init(&arena, run->limits.metadata_bytes);
    smi_buf_drop(&run->log.text, run->log.text.len);
    smi_buf_drop(&run->log.body, run->log.body.len);
    run->log.body_of[0] = '\0';
    int rc =
        smi_entity_new(&sink, &handler, &run->limits, &arena, &run->diag, "0", run->skip_mbox_from);
    if (rc == 0) {
        for (size_t n = first; rc == 0 && in.len; n = piece) {
            n = n < in.len ? n : in.len;
            /* A copy of its own, so that reading beyond a piece is seen. */
            uint8_t *copy = malloc(n ? n : 1);
            memcpy(copy, in.ptr, n);
            rc = smi_sink_write(sink, smi_slice(copy, n));
            free(copy);
            in = smi_slice_skip(in, n);
        }
        if (rc == 0)
            rc = smi_sink_end(sink);
        else
            smi_sink_abort(sink, rc);
        smi_sink_free(&sink);
    }
    smi_arena_clear(&arena);
    return rc;
}

static const char *text_of(struct run *run)
{
    CHECK(smi_buf_add(&run->log.text, smi_slice("", 1)) == 0);
    run->log.text.len--;
    return (const char *)run->log.text.ptr;
}

static const char *events(struct run *run, const char *message)
{
    CHECK_INT(parse(run, smi_slice_str(message), SIZE_MAX, SIZE_MAX), 0);
    return text_of(run);
}

#define EXPECT(message, wanted)                    \
    do {                                           \
        struct run run_;                           \
        run_init(&run_);                           \
        CHECK_STR(events(&run_, message), wanted); \
        run_clear(&run_);                          \
    } while (0)

static void simple_message(void)
{
    EXPECT("Subject: x\r\n\r\nhello\r\n", "part 0 depth 0 index 0 text/plain mode 0 fields 1 "
                                          "[Subject: x\r\n\r\n]\nbody 0 [hello\r\n]\n"
                                          "end 0 flags 0 children 0\n");
    EXPECT("\nhello", "part 0 depth 0 index 0 text/plain mode 0 fields 0 [\n]\nbody 0 [hello]\n"
                      "end 0 flags 0 children 0\n");
    EXPECT("Subject: x", "part 0 depth 0 index 0 text/plain mode 0 fields 1 [Subject: x]\n"
                         "end 0 flags 0 children 0\n");
}

static void bare_text(void) /* pitfall 41 */
{
    EXPECT("hello world\r\n\r\nmore", "part 0 depth 0 index 0 text/plain mode 0 fields 0 no-header "
                                      "[]\nbody 0 [hello world\r\n\r\nmore]\n"
                                      "end 0 flags 0 children 0\n");
    EXPECT("", "part 0 depth 0 index 0 text/plain mode 0 fields 0 no-header []\n"
               "end 0 flags 0 children 0\n");
    EXPECT("word", "part 0 depth 0 index 0 text/plain mode 0 fields 0 no-header []\nbody 0 [word]\n"
                   "end 0 flags 0 children 0\n");
}

static void byte_order_mark(void) /* pitfall 42 */
{
    EXPECT("\xef\xbb\xbfSubject: x\n\nb", "part 0 depth 0 index 0 text/plain mode 0 fields 1 "
                                          "[\xef\xbb\xbfSubject: x\n\n]\nbody 0 [b]\n"
                                          "end 0 flags 0 children 0\n");
}

static void mbox_line(void)
{
    struct run run;
    run_init(&run);
    run.skip_mbox_from = true;
    run.log.offsets = true;
    CHECK_STR(events(&run, "From a Mon Jan 1\nA: b\n\nc"),
              "part 0 depth 0 index 0 text/plain mode 0 fields 1 at 17 [A: b\n\n]\nbody 0 [c]\n"
              "end 0 flags 0 children 0\n");
    /* Text that merely begins so is kept. */
    CHECK_STR(events(&run, "From the desk of\nnobody special\n"),
              "part 0 depth 0 index 0 text/plain mode 0 fields 0 no-header at 0 []\n"
              "body 0 [From the desk of\nnobody special\n]\nend 0 flags 0 children 0\n");
    CHECK_STR(events(&run, "From only"),
              "part 0 depth 0 index 0 text/plain mode 0 fields 0 no-header at 0 []\n"
              "body 0 [From only]\nend 0 flags 0 children 0\n");
    run.skip_mbox_from = false;
    CHECK_STR(events(&run, "From a Mon\nA: b\n\nc"),
              "part 0 depth 0 index 0 text/plain mode 0 fields 0 no-header at 0 []\n"
              "body 0 [From a Mon\nA: b\n\nc]\nend 0 flags 0 children 0\n");
    run_clear(&run);
}

/* RFC 2046 5.1.1, its own example, preamble and epilogue included. MIME-001 MIME-007 */
static const char rfc2046_example[] =
    "From: Nathaniel Borenstein <nsb@bellcore.com>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-type: multipart/mixed; boundary=\"simple boundary\"\r\n"
    "\r\n"
    "This is the preamble.  It is to be ignored.\r\n"
    "\r\n"
    "--simple boundary\r\n"
    "\r\n"
    "This is implicitly typed plain US-ASCII text.\r\n"
    "It does NOT end with a linebreak.\r\n"
    "--simple boundary\r\n"
    "Content-type: text/plain; charset=us-ascii\r\n"
    "\r\n"
    "This is explicitly typed plain US-ASCII text.\r\n"
    "It DOES end with a linebreak.\r\n"
    "\r\n"
    "--simple boundary--\r\n"
    "\r\n"
    "This is the epilogue.  It is also to be ignored.\r\n";

static void rfc2046(void)
{
    EXPECT(rfc2046_example,
           "part 0 depth 0 index 0 multipart/mixed mode 1 fields 3 "
           "[From: Nathaniel Borenstein <nsb@bellcore.com>\r\nMIME-Version: 1.0\r\n"
           "Content-type: multipart/mixed; boundary=\"simple boundary\"\r\n\r\n]\n"
           "child 0 0\n"
           "part 0.0 depth 1 index 0 text/plain mode 0 fields 0 [\r\n]\n"
           "body 0.0 [This is implicitly typed plain US-ASCII text.\r\n"
           "It does NOT end with a linebreak.]\n"
           "end 0.0 flags 0 children 0\n"
           "child 0 1\n"
           "part 0.1 depth 1 index 1 text/plain mode 0 fields 1 "
           "[Content-type: text/plain; charset=us-ascii\r\n\r\n]\n"
           "body 0.1 [This is explicitly typed plain US-ASCII text.\r\n"
           "It DOES end with a linebreak.\r\n]\n"
           "end 0.1 flags 0 children 0\n"
           "end 0 flags 6 children 2\n");
}

#define MP(b) "Content-Type: multipart/mixed; boundary=" b "\n\n"

static void outer_ends_inner(void) /* MIME-007 */
{
    EXPECT(MP("a") "--a\n" MP("b") "--b\n\nx\n--a\n\ny\n--a--\n",
           "part 0 depth 0 index 0 multipart/mixed mode 1 fields 1 "
           "[Content-Type: multipart/mixed; boundary=a\n\n]\n"
           "child 0 0\n"
           "part 0.0 depth 1 index 0 multipart/mixed mode 1 fields 1 "
           "[Content-Type: multipart/mixed; boundary=b\n\n]\n"
           "child 0.0 0\n"
           "part 0.0.0 depth 2 index 0 text/plain mode 0 fields 0 [\n]\n"
           "body 0.0.0 [x]\n"
           "end 0.0.0 flags 0 children 0\n"
           "end 0.0 flags 1 children 1\n"
           "child 0 1\n"
           "part 0.1 depth 1 index 1 text/plain mode 0 fields 0 [\n]\n"
           "body 0.1 [y]\n"
           "end 0.1 flags 0 children 0\n"
           "end 0 flags 0 children 2\n");
}

static void whole_boundaries(void) /* MIME-007 */
{
    /* A longer line, a shorter one, blanks after it, garbage after it, a close with more dashes. */
    EXPECT(MP("ab") "--ab \t\n\n--a\n--abc\n--ab x\n--ab---\n --ab\n--ab--\t\n",
           "part 0 depth 0 index 0 multipart/mixed mode 1 fields 1 "
           "[Content-Type: multipart/mixed; boundary=ab\n\n]\n"
           "child 0 0\n"
           "part 0.0 depth 1 index 0 text/plain mode 0 fields 0 [\n]\n"
           "body 0.0 [--a\n--abc\n--ab x\n--ab---\n --ab]\n"
           "end 0.0 flags 0 children 0\n"
           "end 0 flags 0 children 1\n");
}

static void header_cut_by_delimiter(void)
{
    EXPECT(MP("a") "--a\nX: y\n--a\n--a--",
           "part 0 depth 0 index 0 multipart/mixed mode 1 fields 1 "
           "[Content-Type: multipart/mixed; boundary=a\n\n]\n"
           "child 0 0\n"
           "part 0.0 depth 1 index 0 text/plain mode 0 fields 1 [X: y]\n"
           "end 0.0 flags 0 children 0\n"
           "child 0 1\n"
           "part 0.1 depth 1 index 1 text/plain mode 0 fields 0 []\n"
           "end 0.1 flags 0 children 0\n"
           "end 0 flags 0 children 2\n");
}

static void messages(void) /* MIME-017 MIME-018 */
{
    EXPECT("Content-Type: message/rfc822\n\nSubject: in\n\nb",
           "part 0 depth 0 index 0 message/rfc822 mode 2 fields 1 "
           "[Content-Type: message/rfc822\n\n]\n"
           "part 0.0 depth 1 index 0 text/plain mode 0 fields 1 [Subject: in\n\n]\n"
           "body 0.0 [b]\nend 0.0 flags 0 children 0\nend 0 flags 0 children 1\n");
    EXPECT("Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nYQ==\n",
           "part 0 depth 0 index 0 message/global mode 0 fields 2 "
           "[Content-Type: message/global\nContent-Transfer-Encoding: base64\n\n]\n"
           "body 0 [YQ==\n]\nend 0 flags 0 children 0\n");
    EXPECT("Content-Type: multipart/digest; boundary=d\n\n--d\n\nA: b\n\nc\n--d--\n",
           "part 0 depth 0 index 0 multipart/digest mode 1 fields 1 "
           "[Content-Type: multipart/digest; boundary=d\n\n]\n"
           "child 0 0\npart 0.0 depth 1 index 0 message/rfc822 mode 2 fields 0 [\n]\n"
           "part 0.0.0 depth 2 index 0 text/plain mode 0 fields 1 [A: b\n\n]\n"
           "body 0.0.0 [c]\nend 0.0.0 flags 0 children 0\nend 0.0 flags 0 children 1\n"
           "end 0 flags 0 children 1\n");
    EXPECT("Content-Type: message/rfc822\n\n",
           "part 0 depth 0 index 0 message/rfc822 mode 2 fields 1 "
           "[Content-Type: message/rfc822\n\n]\n"
           "part 0.0 depth 1 index 0 text/plain mode 0 fields 0 []\n"
           "end 0.0 flags 0 children 0\nend 0 flags 0 children 1\n");
}

static void bad_boundaries(void)
{
    EXPECT("Content-Type: multipart/mixed\n\n--\nx",
           "part 0 depth 0 index 0 multipart/mixed mode 0 fields 1 "
           "[Content-Type: multipart/mixed\n\n]\nbody 0 [--\nx]\nend 0 flags 8 children 0\n");
    EXPECT("Content-Type: multipart/mixed; boundary=\"a \"\n\nx",
           "part 0 depth 0 index 0 multipart/mixed mode 0 fields 1 "
           "[Content-Type: multipart/mixed; boundary=\"a \"\n\n]\nbody 0 [x]\n"
           "end 0 flags 8 children 0\n");
}

static void duplicates(void) /* MIME-015 */
{
    EXPECT("Content-Type: text/html\nContent-Type: text/plain\nbroken line\n\n",
           "part 0 depth 0 index 0 text/html mode 0 fields 2 duplicate malformed-line "
           "[Content-Type: text/html\nContent-Type: text/plain\nbroken line\n\n]\n"
           "end 0 flags 0 children 0\n");
}

static void raw_children(void) /* MIME-001 MIME-002 */
{
    struct run run;
    run_init(&run);
    run.log.raw_child = 0;
    CHECK_STR(events(&run, MP("a") "--a\nX:  y\r\n\r\nz\r\r\n--b\r\n\r\n--a\nP: q\n\nr\n--a--\n"),
              "part 0 depth 0 index 0 multipart/mixed mode 1 fields 1 "
              "[Content-Type: multipart/mixed; boundary=a\n\n]\n"
              "child 0 0\n"
              "body raw 0 0 [X:  y\r\n\r\nz\r\r\n--b\r\n]\n"
              "raw-end 0 0\n"
              "child 0 1\n"
              "part 0.1 depth 1 index 1 text/plain mode 0 fields 1 [P: q\n\n]\n"
              "body 0.1 [r]\nend 0.1 flags 0 children 0\nend 0 flags 0 children 2\n");
    /* An enclosing delimiter ends a raw child and the multipart around it. */
    run.log.raw_child = 1;
    CHECK_STR(events(&run, MP("a") "--a\n" MP("b") "--b\n\n1\n--b\nraw\n--a--\n"),
              "part 0 depth 0 index 0 multipart/mixed mode 1 fields 1 "
              "[Content-Type: multipart/mixed; boundary=a\n\n]\n"
              "child 0 0\n"
              "part 0.0 depth 1 index 0 multipart/mixed mode 1 fields 1 "
              "[Content-Type: multipart/mixed; boundary=b\n\n]\n"
              "child 0.0 0\npart 0.0.0 depth 2 index 0 text/plain mode 0 fields 0 [\n]\n"
              "body 0.0.0 [1]\nend 0.0.0 flags 0 children 0\n"
              "child 0.0 1\nbody raw 0.0 1 [raw]\nraw-end 0.0 1\n"
              "end 0.0 flags 1 children 2\nend 0 flags 0 children 1\n");
    run_clear(&run);
}

static void multipart_as_leaf(void)
{
    struct run run;
    run_init(&run);
    run.log.unsplit = true;
    CHECK_STR(events(&run, MP("a") "p\n--a\n\nx\n--a--\ne\n"),
              "part 0 depth 0 index 0 multipart/mixed mode 0 fields 1 "
              "[Content-Type: multipart/mixed; boundary=a\n\n]\n"
              "body 0 [p\n--a\n\nx\n--a--\ne\n]\nend 0 flags 0 children 0\n");
    run_clear(&run);
}

static const char *const tricky[] = {
    "",
    "\n",
    "\r\n",
    "x",
    "A: b",
    "A: b\n",
    "A: b\n\n",
    "A: b\n c\n\td\n\nbody\n",
    "From x\nA: b\n\nbody",
    "From x\nnot a field\n",
    ">From x\nA: b\n\nbody\n",
    "\xef\xbb\xbf"
    "A: b\n\nbody",
    "no header at all\n--a\n",
    MP("a"),
    MP("a") "--a",
    MP("a") "--a--",
    MP("a") "--a\n",
    MP("a") "--a\n\n--a\n\n\n--a--\n\n",
    MP("a") "p\n--a\n\n-\n--\n---\n--b\n-a\n--a-\n--a--x\n--a",
    MP("a") "--a\nX: y\n--a\nZ\n--a--\nepilogue\n--a\n",
    MP("a") "--a\n" MP("ab") "--ab\n\none\n--a\n\ntwo\n--ab\n--a--\n",
    MP("a") "--a\n" MP("a") "--a\n\none\n--a--\n--a\n\ntwo\n--a--\n",
    MP("a") "--a\n" MP("b") "--b\n" MP("c") "--c\n\ndeep\n--a\n\nflat\n--a--",
    MP("a") "--a\nContent-Type: message/rfc822\n\n--a\n\nx\n--a--\n",
    MP("a") "--a\nContent-Type: message/rfc822\n\nS: t\n--a--\n",
    MP("a") "--a\nContent-Type: message/rfc822\n\n" MP("b") "--b\n\nq\n--b--\n--a--\n",
    MP("a") "\n \n--a  \n\nblank preamble\n\n--a--  \n \n",
    MP("a") "--a\n\ntrailing \n\n\n\n--a\n\n\n\n--a--\n",
    "Content-Type: multipart/digest; boundary=d\n\n--d\n\nA: b\n\nc\n--d\n\n--d--\n",
    "Content-Type: multipart/x; boundary=\"\"\n\n--\n--\n",
    "Content-Type: multipart/signed; boundary=\"s s\"\n\n--s s\nA: b\n\nt\n--s s\n\nu\n--s s--\n",
    MP("-") "---\n\nx\n-----\n---\n",
};

static struct smi_slice to_crlf(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '\n' && (n == 0 || out[n - 1] != '\r'))
            out[n++] = '\r';
        out[n++] = (uint8_t)*text;
    }
    return smi_slice(out, n);
}

static void check_cuts(struct run *run, struct smi_slice in)
{
    char wanted[4096];
    CHECK_INT(parse(run, in, SIZE_MAX, SIZE_MAX), 0);
    snprintf(wanted, sizeof wanted, "%s", text_of(run));
    for (size_t cut = 1; cut < in.len; cut++) {
        CHECK_INT(parse(run, in, cut, SIZE_MAX), 0);
        CHECK_STR(text_of(run), wanted);
    }
    for (size_t piece = 1; piece < 4; piece++) {
        CHECK_INT(parse(run, in, piece, piece), 0);
        CHECK_STR(text_of(run), wanted);
    }
}

static void every_cut(void)
{
    uint8_t crlf[1024];
    for (size_t i = 0; i < SMI_COUNT(tricky); i++) {
        struct run run;
        run_init(&run);
        run.log.offsets = true;
        for (int mode = 0; mode < 6; mode++) {
            run.skip_mbox_from = mode & 1;
            run.log.raw_child = mode / 2 - 1;
            check_cuts(&run, smi_slice_str(tricky[i]));
            check_cuts(&run, to_crlf(tricky[i], crlf));
        }
        run_clear(&run);
    }
    struct run run;
    run_init(&run);
    check_cuts(&run, smi_slice_str(rfc2046_example));
    /* Mixed line ends, bare CR, NUL. */
    static const char mixed[] = "A: b\r\nContent-Type: multipart/m; boundary=a\n\r\n--a\r\n\n\r\r\n"
                                "x\r--a\r\n\0\n\r\n--a\r\r\n--a\n\ny\r\n\r\n--a--\r";
    check_cuts(&run, smi_slice(mixed, sizeof mixed - 1));
    run_clear(&run);
}

static void remove_cr(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text != '\r')
            *to++ = *text;
    *to = '\0';
}

static void line_ends_do_not_matter(void)
{
    uint8_t crlf[1024];
    char lf_events[4096], crlf_events[4096];
    for (size_t i = 0; i < SMI_COUNT(tricky); i++) {
        struct run run;
        run_init(&run);
        snprintf(lf_events, sizeof lf_events, "%s", events(&run, tricky[i]));
        CHECK_INT(parse(&run, to_crlf(tricky[i], crlf), SIZE_MAX, SIZE_MAX), 0);
        snprintf(crlf_events, sizeof crlf_events, "%s", text_of(&run));
        remove_cr(crlf_events);
        remove_cr(lf_events);
        CHECK_STR(crlf_events, lf_events);
        run_clear(&run);
    }
}

static void long_lines(void)
{
    /* Lines of dashes around the length where a delimiter is given up, random pieces. */
    struct run run;
    struct smi_buf in, wanted;
    uint32_t seed = 1;
    run_init(&run);
    for (size_t len = 990; len < 1010; len++) {
        smi_buf_init(&in, 0);
        CHECK(smi_buf_add_str(&in, MP("a") "--a\n\n") == 0);
        size_t body = in.len;
        CHECK(smi_buf_add_str(&in, "--a") == 0);
        for (size_t i = 3; i < len; i++)
            CHECK(smi_buf_add_byte(&in, ' ') == 0);
        CHECK(smi_buf_add_str(&in, "\r\nx\n--a--\n") == 0);
        CHECK_INT(parse(&run, smi_buf_slice(&in), SIZE_MAX, SIZE_MAX), 0);
        bool is_child = strstr(text_of(&run), "children 2") != NULL;
        CHECK_INT(is_child, len <= 998);
        wanted = run.log.text;
        memset(&run.log.text, 0, sizeof run.log.text);
        for (int i = 0; i < 20; i++) {
            seed = seed * 1664525 + 1013904223;
            CHECK_INT(parse(&run, smi_buf_slice(&in), body + seed % 1100, 1 + seed % 700), 0);
            CHECK_BYTES(run.log.text.ptr, run.log.text.len, wanted.ptr, wanted.len);
        }
        smi_buf_clear(&in);
        smi_buf_clear(&wanted);
    }
    run_clear(&run);
}

static int parse_repeated(struct run *run, const char *before, const char *again, size_t times,
                          const char *after)
{
    struct smi_buf in;
    smi_buf_init(&in, 0);
    CHECK(smi_buf_add_str(&in, before) == 0);
    for (size_t i = 0; i < times; i++)
        CHECK(smi_buf_add_str(&in, again) == 0);
    CHECK(smi_buf_add_str(&in, after) == 0);
    int rc = parse(run, smi_buf_slice(&in), 65536, 65536);
    smi_buf_clear(&in);
    return rc;
}

static void limits(void) /* MIME-021 */
{
    struct run run;
    run_init(&run);
    CHECK_INT(parse_repeated(&run, "X: ", "0123456789abcdef", 8 << 16, "\n\n"), SMIME_E_LIMIT);
    CHECK(strstr(run.diag.text, "header_bytes"));
    CHECK_INT(parse_repeated(&run, "", "a:\n", 1000, "\n"), 0);
    CHECK_INT(parse_repeated(&run, "", "a:\n", 1001, "\n"), SMIME_E_LIMIT);
    CHECK(strstr(run.diag.text, "header_fields"));
    CHECK_INT(parse_repeated(&run, "", "a:\n", 200000, "\n"), SMIME_E_LIMIT);
    CHECK_INT(parse_repeated(&run, "", "Content-Type: message/rfc822\n\n", 64, "x: y"), 0);
    CHECK_INT(parse_repeated(&run, "", "Content-Type: message/rfc822\n\n", 65, "x: y"),
              SMIME_E_LIMIT);
    CHECK(strstr(run.diag.text, "deeper"));
    CHECK_INT(parse_repeated(&run, MP("a"), "--a\n\n", 9999, "--a--"), 0);
    CHECK_INT(parse_repeated(&run, MP("a"), "--a\n\n", 10000, "--a--"), SMIME_E_LIMIT);
    CHECK(strstr(run.diag.text, "mime_parts"));
    run.limits.metadata_bytes = 4096;
    CHECK_INT(parse_repeated(&run, MP("a"), "--a\n\n", 100, "--a--"), SMIME_E_LIMIT);
    CHECK(strstr(run.diag.text, "metadata_bytes"));
    run_clear(&run);
}

static void one_endless_line(void)
{
    struct run run;
    run_init(&run);
    /* No header: the limit on headers does not stop it. */
    CHECK_INT(parse_repeated(&run, "", "0123456789abcdef", 1 << 16, ""), 0);
    CHECK(strstr(text_of(&run), "no-header"));
    CHECK_INT(parse_repeated(&run, MP("a") "--a\n\n--a", "----------------", 1 << 16, "\n--a--"),
              0);
    CHECK(strstr(text_of(&run), "end 0 flags 0 children 1"));
    run_clear(&run);
}

static void handler_errors(void)
{
    struct run run;
    run_init(&run);
    for (int n = 1; n <= 5; n++) {
        run.log.fail_after = n;
        CHECK_INT(parse(&run, smi_slice_str(rfc2046_example), 7, 7), SMIME_E_CANCELLED);
    }
    run_clear(&run);
}

static void null_handlers(void)
{
    struct smi_entity_handler none = {NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    struct smime_limits built_in;
    struct smi_arena arena;
    struct smi_sink sink;
    smi_limits_resolve(&built_in, NULL);
    smi_arena_init(&arena, 0);
    CHECK_INT(smi_entity_new(&sink, &none, &built_in, &arena, NULL, "0", false), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice_str(rfc2046_example)), 0);
    CHECK_INT(smi_sink_end(sink), 0);
    CHECK_INT(smi_sink_end(sink), SMIME_E_USAGE);
    smi_sink_free(&sink);
    smi_arena_clear(&arena);
}

static bool countdown(void *arg)
{
    size_t *left = arg;
    if (*left == 0)
        return false;
    --*left;
    return true;
}

static void allocation_faults(void)
{
    struct run run;
    int rc = -1;
    size_t n;
    run_init(&run);
    for (n = 0; rc != 0 && n < 1000; n++) {
        size_t left = n;
        smi_mem_set_fault_hook(countdown, &left);
        rc = parse(&run, smi_slice_str(rfc2046_example), 50, 50);
        smi_mem_set_fault_hook(NULL, NULL);
        CHECK(rc == 0 || rc == SMIME_E_NOMEM);
        run_clear(&run);
    }
    CHECK_INT(rc, 0);
    CHECK(n > 5);
}

TEST_MAIN(simple_message, bare_text, byte_order_mark, mbox_line, rfc2046, outer_ends_inner,
          whole_boundaries, header_cut_by_delimiter, messages, bad_boundaries, duplicates,
          raw_children, multipart_as_leaf, every_cut, line_ends_do_not_matter, long_lines, limits,
          one_endless_line, handler_errors, null_handlers, allocation_faults)
