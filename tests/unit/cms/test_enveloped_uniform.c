/* Once a private key was used, every failure is the same failure; nothing altered is accepted as
 * authentic. */
#include "enveloped_kit.h"

static const char text_octets[] = "Content-Type: text/plain\r\n\r\nsecret\r\n";

static struct smi_slice text(void)
{
    return smi_slice_str(text_octets);
}

static void expect_uniform(const char *cause, struct smi_slice message, int who)
{
    struct opened o, bytewise;
    kit_open(&o, message, 1u << who);
    if (!is_uniform(&o))
        fprintf(stderr, "  %s: %s (%d) \"%s\"\n", cause, o.diag.layer, o.rc, o.diag.text);
    CHECK(is_uniform(&o));
    CHECK(o.result.matched);
    CHECK(!o.result.authenticated);
    kit_open_with(&bytewise, message, 1u << who, 0, 1, 0, NULL);
    CHECK(same_outcome(&o, &bytewise));
    opened_clear(&o);
    opened_clear(&bytewise);
}

static void gcm_cause(const char *cause, const struct gcm_recipe *g)
{
    struct smi_buf message = {0};
    kit_craft_gcm(&message, g);
    expect_uniform(cause, smi_buf_slice(&message), g->who);
    smi_buf_clear(&message);
}

static struct gcm_recipe good_gcm(int who)
{
    struct gcm_recipe g = {.who = who, .cek_len = 32, .tag_len = 16, .icv_len = 16,
                           .content_type = SMI_OID_DATA, .text = text()};
    return g;
}

/* What the causes below are changes of. */
static void test_good_is_read(void)
{
    kit_start();
    for (int who = 0; who < MALLORY_RSA; who++)
        for (int oaep = 0; oaep < 2; oaep++) {
            struct smi_buf message = {0};
            struct opened o;
            struct gcm_recipe g = good_gcm(who);
            g.oaep = oaep;
            kit_craft_gcm(&message, &g);
            kit_open(&o, smi_buf_slice(&message), 1u << who);
            CHECK_INT(o.rc, 0);
            CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
            opened_clear(&o);
            smi_buf_clear(&message);
        }
}

/* Keys of another length, tags of another length. KEY-003 KEY-004 AEAD-005 */
static void test_lengths(void)
{
    kit_start();
    for (int who = 0; who < MALLORY_RSA; who += BOB_P256) /* RSA, then each agreement */
        for (int oaep = 0; oaep < 2; oaep++) {
            struct gcm_recipe g = good_gcm(who);
            g.oaep = oaep;
            g.cek_len = 16;
            gcm_cause("content key of 16 octets", &g);
            g.cek_len = 24;
            gcm_cause("content key of 24 octets", &g);
            g.cek_len = 40;
            if (who == ALICE_RSA)
                gcm_cause("content key of 40 octets", &g);
        }
    static const struct {
        size_t tag_len;
        int icv_len;
    } tags[] = {{0, 16}, {0, 0},  {1, 1},   {4, 4},   {8, 8},   {11, 11}, {12, 16},
                {16, 12}, {16, -1}, {15, 16}, {16, 15}, {16, 17}, {16, 0}};
    for (size_t i = 0; i < SMI_COUNT(tags); i++) {
        struct gcm_recipe g = good_gcm(BOB_P256);
        g.tag_len = tags[i].tag_len;
        g.icv_len = tags[i].icv_len;
        gcm_cause("tag and ICVlen", &g);
    }
}

/* R28: 12 to 16, when mac and ICVlen agree; 12 is the default. */
static void test_shorter_tags_that_fit(void)
{
    kit_start();
    for (int len = 12; len <= 16; len++)
        for (int omit = 0; omit < 2; omit++) {
            struct smi_buf message = {0};
            struct opened o;
            struct gcm_recipe g = good_gcm(BOB_P256);
            g.tag_len = (size_t)len;
            g.icv_len = omit ? -1 : len;
            kit_craft_gcm(&message, &g);
            kit_open(&o, smi_buf_slice(&message), 1u << BOB_P256);
            CHECK_INT(o.rc, omit && len != 12 ? SMIME_E_UNDECRYPTABLE : 0);
            CHECK_INT(o.result.authenticated, o.rc == 0);
            opened_clear(&o);
            smi_buf_clear(&message);
        }
}

/* authAttrs that say another type, none where there must be some, others than authenticated.
 * AEAD-003 */
static void test_auth_attrs_causes(void)
{
    static const uint8_t says_data[] = {0xa1, 0x1a, 0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0b, 0x06, 0x09, 0x2a,
                                        0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    struct smi_slice attrs = smi_slice(says_data, sizeof says_data);
    struct smi_buf message = {0};
    struct opened o, second;
    kit_start();
    struct gcm_recipe g = good_gcm(BOB_P256);
    g.content_type = SMI_OID_SIGNED_DATA;
    gcm_cause("not id-data, no authAttrs", &g);
    g.attrs = attrs;
    gcm_cause("contentType of authAttrs is another", &g);
    g.content_type = SMI_OID_DATA;
    kit_craft_gcm(&message, &g); /* attrs fit, but were not authenticated */
    kit_open(&o, smi_buf_slice(&message), 1u << BOB_P256);
    CHECK_INT(o.rc, SMIME_E_AGAIN);
    struct smi_cms_hints hints = {.auth_attrs = o.result.auth_attrs};
    CHECK_INT(hints.auth_attrs.len, sizeof says_data);
    CHECK_INT(hints.auth_attrs.ptr[0], 0x31);
    kit_open_with(&second, smi_buf_slice(&message), 1u << BOB_P256, 0, 99, 0, &hints);
    CHECK(is_uniform(&second));
    opened_clear(&second);
    struct smi_cms_hints other = {.auth_attrs = smi_slice("\x31\x00", 2)};
    kit_open_with(&second, smi_buf_slice(&message), 1u << BOB_P256, 0, 99, 0, &other);
    CHECK(is_uniform(&second));
    opened_clear(&second);

    g.aad = hints.auth_attrs; /* and now they are */
    message.len = 0;
    kit_craft_gcm(&message, &g);
    kit_open_with(&second, smi_buf_slice(&message), 1u << BOB_P256, 0, 99, 0, &hints);
    CHECK_INT(second.rc, 0);
    CHECK(second.result.authenticated);
    opened_clear(&second);
    opened_clear(&o);
    smi_buf_clear(&message);
}

/* CBC: ciphertext without padding, of odd length, empty. CMS-026 */
static void test_cbc_causes(void)
{
    static const uint8_t iv[16] = {3};
    static const uint8_t cek[16] = {9};
    struct smi_buf ris = {0}, alg = {0}, body = {0}, message = {0};
    kit_start();
    kit_put_ri(&ris, BOB_P256, false, smi_slice(cek, 16));
    kit_put_iv_algid(&alg, "aes128-cbc", smi_slice(iv, 16));
    kit_cbc(&body, "aes128-cbc", smi_slice(cek, 16), smi_slice(iv, 16),
            smi_slice_str("fifteen octets.\x11 16 octets more."));
    static const size_t lengths[] = {0, 1, 15, 16, 17, 31, 32, 33, 47};
    for (size_t i = 0; i < SMI_COUNT(lengths); i++) {
        struct recipe r = {.type = SMI_OID_ENVELOPED_DATA, .recipients = smi_buf_slice(&ris),
                           .content_type = SMI_OID_DATA, .algid = smi_buf_slice(&alg),
                           .encrypted = smi_slice(body.ptr, lengths[i])};
        message.len = 0;
        kit_craft(&message, &r);
        expect_uniform("CBC length or padding", smi_buf_slice(&message), BOB_P256);
    }
    smi_buf_clear(&ris);
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
    smi_buf_clear(&message);
}

/* Cut short anywhere after the content began; junk between the parts. */
static void test_structure_after_key(void)
{
    kit_start();
    for (int aead = 0; aead < 2; aead++) {
        struct smi_buf message = {0};
        CHECK_INT(kit_seal_to(&message, BOB_P256, aead ? "aes128-gcm" : "aes128-cbc", text()), 0);
        bool key_used = false;
        for (size_t len = 1; len < message.len; len++) {
            struct opened o;
            kit_open(&o, smi_slice(message.ptr, len), 1u << BOB_P256);
            CHECK(o.rc == SMIME_E_MALFORMED || is_uniform(&o));
            CHECK(!key_used || is_uniform(&o)); /* never back to another error */
            key_used = key_used || o.content_began;
            CHECK_INT(is_uniform(&o), o.content_began);
            opened_clear(&o);
        }
        CHECK(key_used);
        smi_buf_clear(&message);
    }
}

/* Each bit of each octet: an altered AEAD message is never taken for authentic unless what was
 * altered is not its content (versions, identifiers that still match); never another text. AEAD-010
 * */
static void test_flip_gcm(void)
{
    kit_start();
    for (int who = ALICE_RSA; who <= BOB_P256; who++) {
        struct smi_buf message = {0};
        size_t uniform = 0;
        CHECK_INT(kit_seal_to(&message, who, "aes128-gcm", text()), 0);
        for (size_t i = 0; i < message.len; i++) {
            struct opened o;
            uint8_t was = message.ptr[i];
            message.ptr[i] ^= (uint8_t)(1u << (i % 8));
            kit_open(&o, smi_buf_slice(&message), 1u << who);
            if (o.rc == 0)
                CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
            else if (o.content_began)
                CHECK(is_uniform(&o));
            CHECK_INT(o.result.authenticated, o.rc == 0);
            uniform += is_uniform(&o);
            opened_clear(&o);
            message.ptr[i] = was;
        }
        CHECK(uniform > text().len + 16);
        smi_buf_clear(&message);
    }
}

/* CBC cannot tell alteration; but what it refuses after the key was used, it refuses uniformly. */
static void test_flip_cbc(void)
{
    kit_start();
    struct smi_buf message = {0};
    size_t uniform = 0;
    CHECK_INT(kit_seal_to(&message, CAROL_P384, "aes256-cbc", text()), 0);
    for (size_t i = 0; i < message.len; i++) {
        struct opened o;
        uint8_t was = message.ptr[i];
        message.ptr[i] ^= (uint8_t)(1u << (i % 8));
        kit_open(&o, smi_buf_slice(&message), 1u << CAROL_P384);
        if (o.rc != 0 && o.content_began)
            CHECK(is_uniform(&o));
        CHECK(!o.result.authenticated);
        uniform += is_uniform(&o);
        opened_clear(&o);
        message.ptr[i] = was;
    }
    CHECK(uniform > 40); /* at least the wrapped key */
    smi_buf_clear(&message);
}

/* The encrypted keys: each octet altered, cut, empty. KEY-003 KEY-008 KEY-018 */
static void test_encrypted_keys(void)
{
    static const struct {
        int who;
        bool oaep;
    } kinds[] = {{ALICE_RSA, false}, {ALICE_RSA, true}, {BOB_P256, false}, {FRANK_X25519, false}};
    kit_start();
    for (size_t k = 0; k < SMI_COUNT(kinds); k++) {
        struct smi_buf message = {0};
        struct gcm_recipe g = good_gcm(kinds[k].who);
        bool rsa = kinds[k].who == ALICE_RSA;
        g.oaep = kinds[k].oaep;
        kit_craft_gcm(&message, &g);
        /* The RecipientInfo ends where the AuthEncryptedContentInfo begins: find its contentType.
         * */
        struct smi_slice data = smi_oid_der(SMI_OID_DATA);
        size_t type = smi_slice_search(smi_buf_slice(&message), data), end = type - 4;
        size_t key_len = rsa ? 256 : 40, step = rsa ? 51 : 3;
        for (size_t i = 1; i <= key_len; i += step) {
            message.ptr[end - i] ^= 0x10;
            expect_uniform("encrypted key altered", smi_buf_slice(&message), kinds[k].who);
            message.ptr[end - i] ^= 0x10;
        }
        smi_buf_clear(&message);
    }
}

/* A handler error is passed on as it is, and nothing leaks. */
static int refuse_content(void *self, struct smi_slice type, const struct smi_algid *alg,
                          struct smi_sink *down)
{
    SMI_UNUSED(self);
    SMI_UNUSED(type);
    SMI_UNUSED(alg);
    SMI_UNUSED(down);
    return SMIME_E_LIMIT;
}

static void test_handler_error(void)
{
    struct smi_buf message = {0};
    struct smi_diag diag;
    struct smi_arena arena;
    struct opened o = {.who = 1u << BOB_P256};
    struct smi_sink sink;
    kit_start();
    smi_arena_init(&arena, 0);
    smi_diag_reset(&diag);
    CHECK_INT(kit_seal_to(&message, BOB_P256, "aes128-gcm", text()), 0);
    struct smi_cms_env env = {.crypto = kit_crypto, .arena = &arena, .diag = &diag, .layer = ""};
    struct smi_cms_handler handler = {.self = &o, .find_key = on_find_key,
                                      .content = refuse_content};
    CHECK_INT(smi_cms_read_new(&sink, &env, &handler, NULL), 0);
    CHECK_INT(smi_sink_write(sink, smi_buf_slice(&message)), SMIME_E_LIMIT);
    smi_sink_abort(sink, SMIME_E_LIMIT);
    smi_sink_free(&sink);
    smi_arena_clear(&arena);
    smi_buf_clear(&message);
}

TEST_MAIN(test_good_is_read, test_lengths, test_shorter_tags_that_fit, test_auth_attrs_causes,
          test_cbc_causes, test_structure_after_key, test_flip_gcm, test_flip_cbc,
          test_encrypted_keys, test_handler_error)
