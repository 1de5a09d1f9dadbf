/* cms_ri_kari.c: KeyAgreeRecipientInfo (RFC 5652 6.2.2, RFC 5753, RFC 8418), read and write.
 *
 *   KeyAgreeRecipientInfo ::= SEQUENCE {  -- [1] IMPLICIT
 *     version CMSVersion,  -- 3
 *     originator [0] EXPLICIT OriginatorIdentifierOrKey,
 *     ukm [1] EXPLICIT UserKeyingMaterial OPTIONAL,
 *     keyEncryptionAlgorithm KeyEncryptionAlgorithmIdentifier,
 *     recipientEncryptedKeys SEQUENCE OF RecipientEncryptedKey }
 *   RecipientEncryptedKey ::= SEQUENCE { rid KeyAgreeRecipientIdentifier, encryptedKey OCTET STRING
 *   }
 *
 * The parameters of originatorKey may be absent, NULL or a curve: the curve is that of our own key,
 * and the key checks that the point is on it (KEY-007, KEY-008, R31). We write the named curve: RFC
 * 5753 3.1.1 allows it, and several readers cannot do without. keyInfo is hashed as it was
 * received, and once more with the other of NULL and absent, because writers disagree (KEY-010,
 * KEY-011).
 *
 * Refuses originators that are named by certificate (static-static ECDH) and ECMQV (KEY-016), and
 * X9.42 Diffie-Hellman (RFC 2631), whose key derivation is another one.
 */
#include "cms_ri.h"

enum { UKM_BYTES = 16 }; /* KEY-009: random, no longer than any key encryption key */

/* -- reading */

/* OriginatorIdentifierOrKey ::= CHOICE { issuerAndSerialNumber, subjectKeyIdentifier [0],
 *   originatorKey [1] OriginatorPublicKey SEQUENCE { algorithm, publicKey BIT STRING } } */
static int read_originator(struct smi_der *inside, struct smi_ri_match *match)
{
    struct smi_der originator, key;
    struct smi_algid alg;
    TRY(smi_der_enter(inside, SMI_ID_CONTEXT_CONSTRUCTED, &originator));
    if (smi_der_peek(&originator) != (SMI_ID_CONTEXT_CONSTRUCTED | 1)) {
        match->static_originator = true;
        TRY(smi_der_any(&originator, NULL, NULL, NULL));
        return smi_der_end(&originator);
    }
    TRY(smi_der_enter(&originator, SMI_ID_CONTEXT_CONSTRUCTED | 1, &key));
    TRY(smi_der_end(&originator));
    TRY(smi_algid_get(&key, &alg));
    TRY(smi_der_bits(&key, &match->public_value));
    return smi_der_end(&key);
}

static int read_ukm(struct smi_der *inside, struct smi_ri_match *match)
{
    struct smi_slice content;
    TRY(smi_der_optional(inside, SMI_ID_CONTEXT_CONSTRUCTED | 1, &match->has_ukm, &content));
    if (!match->has_ukm)
        return 0;
    struct smi_der ukm = smi_der(content);
    TRY(smi_der_octets(&ukm, &match->ukm));
    return smi_der_end(&ukm);
}

/* KeyAgreeRecipientIdentifier ::= CHOICE { issuerAndSerialNumber, rKeyId [0] IMPLICIT SEQUENCE {
 *   subjectKeyIdentifier OCTET STRING, date GeneralizedTime OPTIONAL, other OPTIONAL } } */
static int read_rid(struct smi_der *in, struct smi_rid *rid)
{
    struct smi_der key_id;
    if (smi_der_peek(in) != SMI_ID_CONTEXT_CONSTRUCTED)
        return smi_rid_get(in, rid);
    memset(rid, 0, sizeof *rid);
    rid->by_ski = true;
    TRY(smi_der_enter(in, SMI_ID_CONTEXT_CONSTRUCTED, &key_id));
    return smi_der_octets(&key_id, &rid->ski);
}

static int malformed(const struct smi_ri_set *set, uint64_t offset)
{
    return smi_cms_malformed(set->env, offset, "RFC 5652 6.2.2",
                             "a KeyAgreeRecipientInfo does not have its structure");
}

static int read_encrypted_key(struct smi_ri_set *set, struct smi_der *keys,
                              struct smi_ri_match *match)
{
    struct smi_der one;
    struct smi_rid rid;
    bool keep;
    if (smi_der_enter(keys, SMI_ID_SEQUENCE, &one) != 0 || read_rid(&one, &rid) != 0 ||
        smi_der_octets(&one, &match->encrypted_key) != 0 || smi_der_end(&one) != 0)
        return malformed(set, match->offset);
    TRY(smi_ri_announce(set, SMI_RI_KARI, &rid, &match->alg, match->offset, &match->key, &keep));
    return keep ? smi_ri_keep(set, match) : 0;
}

int smi_kari_read(struct smi_ri_set *set, struct smi_der *inside, uint64_t offset)
{
    struct smi_ri_match match = {.kind = SMI_RI_KARI, .offset = offset};
    struct smi_der keys;
    struct smi_slice version;
    if (smi_der_get(inside, SMI_ID_INTEGER, &version) != 0 ||
        read_originator(inside, &match) != 0 || read_ukm(inside, &match) != 0 ||
        smi_algid_get(inside, &match.alg) != 0 ||
        smi_der_enter(inside, SMI_ID_SEQUENCE, &keys) != 0 || smi_der_end(inside) != 0)
        return malformed(set, offset);
    while (!smi_der_empty(&keys))
        TRY(read_encrypted_key(set, &keys, &match));
    return 0;
}

static bool is_hkdf(const struct smi_alg *scheme)
{
    return scheme->oid == SMI_OID_DH_HKDF_SHA256 || scheme->oid == SMI_OID_DH_HKDF_SHA384 ||
           scheme->oid == SMI_OID_DH_HKDF_SHA512;
}

static bool is_cofactor(const struct smi_alg *scheme)
{
    switch ((int)scheme->oid) {
    case SMI_OID_DHSS_COF_SHA1:
    case SMI_OID_DHSS_COF_SHA224:
    case SMI_OID_DHSS_COF_SHA256:
    case SMI_OID_DHSS_COF_SHA384:
    case SMI_OID_DHSS_COF_SHA512:
        return true;
    default:
        return false;
    }
}

static bool is_standard(const struct smi_alg *scheme)
{
    return scheme->oid != SMI_OID_ALG_ESDH && scheme->oid != SMI_OID_MQV_SINGLE_PASS_SHA1;
}

int smi_kari_prepare(struct smi_ri_match *match, const struct smi_cms_env *env, const char **reason)
{
    enum smi_key_type type = match->key->type;
    match->scheme = smi_alg_by_oid(match->alg.oid, SMI_ALG_KEY_AGREEMENT);
    *reason = "the recipient's key agreement algorithm is not supported; ask the sender to use "
              "ephemeral-static ECDH (RFC 5753) or RSA";
    if (!match->scheme || !is_standard(match->scheme) ||
        !smi_alg_readable(match->scheme, env->policy))
        return SMIME_E_UNSUPPORTED;
    *reason = "the sender agreed on the key with a certificate of its own (static-static ECDH), "
              "which is not supported; ask for ephemeral-static ECDH";
    if (match->static_originator)
        return SMIME_E_UNSUPPORTED; /* KEY-016 */
    *reason = "the recipient needs a key agreement key (EC or X25519), and the matching key is not "
              "one";
    if ((type != SMI_KEY_EC && type != SMI_KEY_X25519 && type != SMI_KEY_X448) ||
        !match->key->ops->agree)
        return SMIME_E_UNSUPPORTED;
    struct smi_der params = smi_der(match->alg.params);
    *reason = "the recipient's key agreement algorithm names no key wrap algorithm";
    if (smi_algid_get(&params, &match->wrap_id) != 0 || smi_der_end(&params) != 0)
        return SMIME_E_MALFORMED; /* threats 5.10 */
    match->wrap = smi_alg_by_oid(match->wrap_id.oid, SMI_ALG_KEY_WRAP);
    *reason = "the recipient's key wrap algorithm is not supported; 3DES wrap is only read with "
              "--policy historic";
    if (!match->wrap || !match->wrap->evp_name || !smi_alg_readable(match->wrap, env->policy))
        return SMIME_E_UNSUPPORTED;
    return 0;
}

/* -- both ways: the key encryption key */

/* ECC-CMS-SharedInfo ::= SEQUENCE { keyInfo AlgorithmIdentifier,
 *   entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL, suppPubInfo [2] EXPLICIT OCTET STRING }
 * RFC 5753 7.2 KEY-010 */
static int shared_info(struct smi_buf *out, struct smi_slice key_info, const struct smi_slice *ukm,
                       size_t kek_len)
{
    size_t whole, tag;
    uint32_t bits = (uint32_t)kek_len * 8;
    const uint8_t supp[4] = {(uint8_t)(bits >> 24), (uint8_t)(bits >> 16), (uint8_t)(bits >> 8),
                             (uint8_t)bits};
    TRY(smi_der_open(out, SMI_ID_SEQUENCE, &whole));
    TRY(smi_buf_add(out, key_info));
    if (ukm) {
        TRY(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED, &tag));
        TRY(smi_der_put_octets(out, *ukm)); /* KEY-009 */
        TRY(smi_der_close(out, tag));
    }
    TRY(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED | 2, &tag));
    TRY(smi_der_put_octets(out, smi_slice(supp, sizeof supp)));
    TRY(smi_der_close(out, tag));
    return smi_der_close(out, whole);
}

static int derive_kek(struct smi_crypto *crypto, const struct smi_alg *scheme,
                      const struct smi_alg *wrap, struct smi_slice key_info,
                      const struct smi_slice *ukm, const struct smi_secret *z,
                      struct smi_secret *kek)
{
    const struct smi_alg *digest = smi_alg_by_id(scheme->digest, SMI_ALG_DIGEST);
    struct smi_buf info;
    smi_buf_init(&info, 0);
    int rc = shared_info(&info, key_info, ukm, wrap->key_bytes);
    if (rc == 0 && is_hkdf(scheme)) /* RFC 8418 2.2: ukm is the salt, too. KEY-014 */
        rc = smi_kdf_hkdf(crypto, digest, smi_secret_slice(z), ukm ? *ukm : smi_slice(NULL, 0),
                          smi_buf_slice(&info), wrap->key_bytes, kek);
    else if (rc == 0)
        rc = smi_kdf_x963(crypto, digest, smi_secret_slice(z), smi_buf_slice(&info),
                          wrap->key_bytes, kek);
    smi_buf_clear(&info);
    return rc;
}

/* keyInfo with NULL where it was absent, and the other way round. KEY-011 */
static int other_form(struct smi_buf *out, const struct smi_algid *id)
{
    size_t mark;
    TRY(smi_der_open(out, SMI_ID_SEQUENCE, &mark));
    TRY(smi_der_put_oid(out, id->oid));
    if (id->params.len == 0)
        TRY(smi_der_put_null(out));
    return smi_der_close(out, mark);
}

static int unwrap_with(const struct smi_ri_match *match, const struct smi_cms_env *env,
                       struct smi_slice key_info, const struct smi_secret *z,
                       struct smi_secret *cek)
{
    struct smi_secret kek = {0};
    int rc = derive_kek(env->crypto, match->scheme, match->wrap, key_info,
                        match->has_ukm ? &match->ukm : NULL, z, &kek);
    if (rc == 0)
        rc = smi_key_unwrap(env->crypto, match->wrap, smi_secret_slice(&kek), match->encrypted_key,
                            cek);
    smi_secret_clear(&kek);
    return rc;
}

int smi_kari_unwrap(const struct smi_ri_match *match, const struct smi_cms_env *env,
                    struct smi_secret *cek)
{
    struct smi_secret z = {0};
    struct smi_buf other;
    smi_buf_init(&other, 0);
    int rc = match->key->ops->agree(match->key->self, match->public_value,
                                    is_cofactor(match->scheme), &z);
    if (rc == 0)
        rc = unwrap_with(match, env, match->wrap_id.tlv, &z, cek);
    if (rc == SMIME_E_UNDECRYPTABLE && z.len && smi_algid_params_absent_or_null(&match->wrap_id)) {
        rc = other_form(&other, &match->wrap_id);
        if (rc == 0)
            rc = unwrap_with(match, env, smi_buf_slice(&other), &z, cek);
    }
    smi_buf_clear(&other);
    smi_secret_clear(&z);
    return rc;
}

/* -- writing */

struct choice {
    const struct smi_alg *scheme, *wrap;
    struct smi_slice curve; /* OID content octets; empty for X25519 and X448 */
    enum smi_oid key_oid;
};

/* The hash follows the curve (KEY-012), the wrap follows the content cipher (ALG-005). */
static int choose(struct choice *out, const struct smi_pubkey *key, const struct smi_alg *cipher)
{
    enum smi_oid scheme = SMI_OID_DHSS_STD_SHA256, wrap = SMI_OID_AES256_WRAP;
    unsigned bits = smi_pubkey_bits(key);
    memset(out, 0, sizeof *out);
    switch ((int)smi_pubkey_type(key)) {
    case SMI_KEY_EC:
        if (bits > 256)
            scheme = bits > 384 ? SMI_OID_DHSS_STD_SHA512 : SMI_OID_DHSS_STD_SHA384;
        out->key_oid = SMI_OID_EC_PUBLIC_KEY;
        out->curve = smi_oid_der(smi_pubkey_curve(key));
        break;
    case SMI_KEY_X25519:
        scheme = SMI_OID_DH_HKDF_SHA256; /* RFC 8418 KEY-013 KEY-014 */
        out->key_oid = SMI_OID_X25519;
        break;
    case SMI_KEY_X448:
        scheme = SMI_OID_DH_HKDF_SHA512;
        out->key_oid = SMI_OID_X448;
        break;
    default:
        return SMIME_E_NO_CERT;
    }
    if (cipher->key_bytes == 16)
        wrap = SMI_OID_AES128_WRAP;
    else if (cipher->key_bytes == 24)
        wrap = SMI_OID_AES192_WRAP;
    out->scheme = smi_alg_by_id(scheme, SMI_ALG_KEY_AGREEMENT);
    out->wrap = smi_alg_by_id(wrap, SMI_ALG_KEY_WRAP);
    return out->scheme && out->wrap ? 0 : SMIME_E_INTERNAL;
}

static int put_originator(struct smi_buf *buf, const struct choice *choice, struct smi_slice value)
{
    size_t outer, key, alg;
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED, &outer));
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED | 1, &key));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &alg));
    TRY(smi_der_put_oid(buf, smi_oid_der(choice->key_oid)));
    if (choice->curve.len)
        TRY(smi_der_put_oid(buf, choice->curve)); /* KEY-007 */
    TRY(smi_der_close(buf, alg));
    TRY(smi_der_put_bits(buf, value)); /* KEY-008 */
    TRY(smi_der_close(buf, key));
    return smi_der_close(buf, outer);
}

static int put_ukm(struct smi_buf *buf, struct smi_slice ukm)
{
    size_t mark;
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED | 1, &mark));
    TRY(smi_der_put_octets(buf, ukm));
    return smi_der_close(buf, mark);
}

/* rKeyId is a SEQUENCE, where RecipientIdentifier has the bare OCTET STRING. KEY-002 */
static int put_rid(struct smi_buf *buf, const struct smi_recipient_spec *recipient)
{
    struct smi_slice ski = smi_cert_ski(recipient->cert);
    size_t mark;
    if (!recipient->by_ski)
        return smi_rid_put(buf, recipient->cert, false);
    if (ski.len == 0)
        return SMIME_E_NO_CERT;
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED, &mark));
    TRY(smi_der_put_octets(buf, ski));
    return smi_der_close(buf, mark);
}

static int put_keys(struct smi_buf *buf, const struct smi_recipient_spec *recipient,
                    struct smi_slice wrapped)
{
    size_t keys, one;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &keys));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &one));
    TRY(put_rid(buf, recipient));
    TRY(smi_der_put_octets(buf, wrapped));
    TRY(smi_der_close(buf, one));
    return smi_der_close(buf, keys);
}

struct parts {
    struct smi_buf public_value, key_info, wrapped;
    struct smi_secret z, kek;
    uint8_t ukm[UKM_BYTES];
};

/* Everything that is computed: fresh ephemeral key (KEY-015), ukm, wrapped CEK. */
static int make_parts(struct parts *parts, const struct choice *choice,
                      const struct smi_pubkey *key, struct smi_slice cek,
                      const struct smi_cms_env *env)
{
    struct smi_slice ukm = smi_slice(parts->ukm, sizeof parts->ukm);
    TRY(smi_random(env->crypto, parts->ukm, sizeof parts->ukm));
    TRY(smi_ka_ephemeral(env->crypto, key, &parts->public_value, &parts->z));
    TRY(smi_algid_put(&parts->key_info, SMI_ID_SEQUENCE, choice->wrap, smi_slice(NULL, 0)));
    TRY(derive_kek(env->crypto, choice->scheme, choice->wrap, smi_buf_slice(&parts->key_info), &ukm,
                   &parts->z, &parts->kek));
    return smi_key_wrap(env->crypto, choice->wrap, smi_secret_slice(&parts->kek), cek,
                        &parts->wrapped);
}

static int put_info(struct smi_buf *buf, const struct parts *parts, const struct choice *choice,
                    const struct smi_recipient_spec *recipient)
{
    size_t mark;
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED | 1, &mark));
    TRY(smi_der_put_uint(buf, 3)); /* CMS-013 */
    TRY(put_originator(buf, choice, smi_buf_slice(&parts->public_value)));
    TRY(put_ukm(buf, smi_slice(parts->ukm, sizeof parts->ukm)));
    TRY(smi_algid_put(buf, SMI_ID_SEQUENCE, choice->scheme, smi_buf_slice(&parts->key_info)));
    TRY(put_keys(buf, recipient, smi_buf_slice(&parts->wrapped)));
    return smi_der_close(buf, mark);
}

int smi_kari_put(struct smi_buf *buf, const struct smi_recipient_spec *recipient,
                 const struct smi_alg *cipher, struct smi_slice cek, const struct smi_cms_env *env)
{
    const struct smi_pubkey *key = smi_cert_pubkey(recipient->cert);
    struct choice choice;
    struct parts parts;
    memset(&parts, 0, sizeof parts);
    TRY(choose(&choice, key, cipher));
    int rc = make_parts(&parts, &choice, key, cek, env);
    if (rc == 0)
        rc = put_info(buf, &parts, &choice, recipient);
    smi_buf_clear(&parts.public_value);
    smi_buf_clear(&parts.key_info);
    smi_buf_clear(&parts.wrapped);
    smi_secret_clear(&parts.z);
    smi_secret_clear(&parts.kek);
    return rc;
}
