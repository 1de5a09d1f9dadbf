/* oid.c: the table of object identifiers, and their text.
 *
 * Content octets are X.690 8.19. Each row names the document that assigns the identifier.
 * `by_octets` lists the rows in the order of their octets, for the binary search;
 * tests/unit/asn1/test_oid.c checks it against the dotted forms and prints the right order when a
 * row was added.
 *
 * Refuses (smi_oid_valid) subidentifiers with leading zeros, identifiers that stop in the middle,
 * and more than 64 octets: nothing that is in use comes near.
 */
#include "oid.h"

#include <inttypes.h>
#include <stdio.h>

struct row {
    struct smi_slice octets;
    const char *name;
};

#define OID(octets, name) {{(const uint8_t *)(octets), sizeof(octets) - 1}, name}

static const struct row table[SMI_OID_COUNT] = {
    /* CMS content types */
    [SMI_OID_DATA] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", "id-data"), /* RFC 5652 4 */
    [SMI_OID_SIGNED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
            "id-signedData"), /* RFC 5652 5.1 */
    [SMI_OID_ENVELOPED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
            "id-envelopedData"), /* RFC 5652 6.1 */
    [SMI_OID_SIGNED_AND_ENVELOPED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x04",
            "signedAndEnvelopedData"), /* RFC 2315 11 */
    [SMI_OID_DIGESTED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05",
            "id-digestedData"), /* RFC 5652 7 */
    [SMI_OID_ENCRYPTED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
            "id-encryptedData"), /* RFC 5652 8 */
    [SMI_OID_AUTHENTICATED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x02",
            "id-ct-authData"), /* RFC 5652 9.1 */
    [SMI_OID_COMPRESSED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09",
            "id-ct-compressedData"), /* RFC 3274 1.1 */
    [SMI_OID_AUTH_ENVELOPED_DATA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
            "id-ct-authEnvelopedData"), /* RFC 5083 2.1 */
    [SMI_OID_CT_RECEIPT] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x01",
            "id-ct-receipt"), /* RFC 2634 2.8 */
    [SMI_OID_CT_TSTINFO] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04",
            "id-ct-TSTInfo"), /* RFC 3161 2.4.2 */
    /* attributes */
    [SMI_OID_CONTENT_TYPE] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03",
            "contentType"), /* RFC 5652 11.1 */
    [SMI_OID_MESSAGE_DIGEST] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04",
            "messageDigest"), /* RFC 5652 11.2 */
    [SMI_OID_SIGNING_TIME] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05",
            "signingTime"), /* RFC 5652 11.3 */
    [SMI_OID_COUNTER_SIGNATURE] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06",
            "countersignature"), /* RFC 5652 11.4 */
    [SMI_OID_SMIME_CAPABILITIES] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f",
            "smimeCapabilities"), /* RFC 8551 2.5.2 */
    [SMI_OID_ENCRYP_KEY_PREF] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0b",
            "id-aa-encrypKeyPref"), /* RFC 8551 2.5.3 */
    [SMI_OID_MS_ENCRYP_KEY_PREF] =
        OID("\x2b\x06\x01\x04\x01\x82\x37\x10\x04",
            "ms-encryptionKeyPreference"), /* Microsoft */
    [SMI_OID_SIGNING_CERTIFICATE] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c",
            "id-aa-signingCertificate"), /* RFC 2634 5.4 */
    [SMI_OID_SIGNING_CERTIFICATE_V2] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f",
            "id-aa-signingCertificateV2"), /* RFC 5035 3 */
    [SMI_OID_CMS_ALGORITHM_PROTECTION] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x34",
            "id-aa-CMSAlgorithmProtection"), /* RFC 6211 2 */
    [SMI_OID_RECEIPT_REQUEST] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x01",
            "id-aa-receiptRequest"), /* RFC 2634 2.7 */
    [SMI_OID_SECURITY_LABEL] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x02",
            "id-aa-securityLabel"), /* RFC 2634 3.2 */
    [SMI_OID_ML_EXPAND_HISTORY] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x03",
            "id-aa-mlExpandHistory"), /* RFC 2634 4.4 */
    [SMI_OID_EQUIVALENT_LABELS] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x09",
            "id-aa-equivalentLabels"), /* RFC 2634 3.4 */
    [SMI_OID_CONTENT_HINT] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x04",
            "id-aa-contentHint"), /* RFC 2634 2.9 */
    [SMI_OID_CONTENT_REFERENCE] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0a",
            "id-aa-contentReference"), /* RFC 2634 2.11 */
    [SMI_OID_CONTENT_IDENTIFIER] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x07",
            "id-aa-contentIdentifier"), /* RFC 2634 2.7 */
    [SMI_OID_MSG_SIG_DIGEST] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x05",
            "id-aa-msgSigDigest"), /* RFC 2634 2.10 */
    [SMI_OID_TIMESTAMP_TOKEN] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e",
            "id-aa-timeStampToken"), /* RFC 3161 A */
    [SMI_OID_MULTIPLE_SIGNATURES] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x33",
            "id-aa-multipleSignatures"), /* RFC 5752 3 */
    [SMI_OID_PREFER_BINARY_INSIDE] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x0b\x01",
            "id-cap-preferBinaryInside"), /* RFC 8551 2.5.2 */
    /* digests */
    [SMI_OID_MD5] = OID("\x2a\x86\x48\x86\xf7\x0d\x02\x05", "md5"), /* RFC 1321, RFC 3370 2.2 */
    [SMI_OID_SHA1] = OID("\x2b\x0e\x03\x02\x1a", "sha-1"), /* RFC 3370 2.1 */
    [SMI_OID_SHA224] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x04", "sha-224"), /* RFC 5754 2.1 */
    [SMI_OID_SHA256] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01", "sha-256"), /* RFC 5754 2.2 */
    [SMI_OID_SHA384] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02", "sha-384"), /* RFC 5754 2.3 */
    [SMI_OID_SHA512] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03", "sha-512"), /* RFC 5754 2.4 */
    [SMI_OID_SHA3_224] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x07", "sha3-224"), /* RFC 9688 2 */
    [SMI_OID_SHA3_256] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x08", "sha3-256"), /* RFC 9688 2 */
    [SMI_OID_SHA3_384] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x09", "sha3-384"), /* RFC 9688 2 */
    [SMI_OID_SHA3_512] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x0a", "sha3-512"), /* RFC 9688 2 */
    [SMI_OID_SHAKE128] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x0b", "shake128"), /* RFC 8702 2 */
    [SMI_OID_SHAKE256] = OID("\x60\x86\x48\x01\x65\x03\x04\x02\x0c", "shake256"), /* RFC 8702 2 */
    [SMI_OID_SHAKE256_LEN] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x02\x12",
            "shake256-len"), /* RFC 8419 2.3 */
    [SMI_OID_MD4] = OID("\x2a\x86\x48\x86\xf7\x0d\x02\x04", "md4"), /* RFC 1320 */
    [SMI_OID_MD2] = OID("\x2a\x86\x48\x86\xf7\x0d\x02\x02", "md2"), /* RFC 1319 */
    [SMI_OID_SHA512_256] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x02\x06",
            "sha-512/256"), /* RFC 8017 B.1 */
    /* signatures and public keys */
    [SMI_OID_RSA_ENCRYPTION] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
            "rsaEncryption"), /* RFC 3370 3.2, RFC 8017 A.1 */
    [SMI_OID_MD5_WITH_RSA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04",
            "md5WithRSAEncryption"), /* RFC 3370 3.2 */
    [SMI_OID_SHA1_WITH_RSA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05",
            "sha1WithRSAEncryption"), /* RFC 3370 3.2 */
    [SMI_OID_SHA224_WITH_RSA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e",
            "sha224WithRSAEncryption"), /* RFC 5754 3.2 */
    [SMI_OID_SHA256_WITH_RSA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b",
            "sha256WithRSAEncryption"), /* RFC 5754 3.2 */
    [SMI_OID_SHA384_WITH_RSA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c",
            "sha384WithRSAEncryption"), /* RFC 5754 3.2 */
    [SMI_OID_SHA512_WITH_RSA] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d",
            "sha512WithRSAEncryption"), /* RFC 5754 3.2 */
    [SMI_OID_RSASSA_PSS] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",
            "id-RSASSA-PSS"), /* RFC 4056 2 */
    [SMI_OID_MGF1] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08", "id-mgf1"), /* RFC 4055 2.2 */
    [SMI_OID_EC_PUBLIC_KEY] =
        OID("\x2a\x86\x48\xce\x3d\x02\x01",
            "id-ecPublicKey"), /* RFC 5480 2.1.1 */
    [SMI_OID_ECDSA_SHA1] =
        OID("\x2a\x86\x48\xce\x3d\x04\x01",
            "ecdsa-with-SHA1"), /* RFC 5753 2.1 */
    [SMI_OID_ECDSA_SHA224] =
        OID("\x2a\x86\x48\xce\x3d\x04\x03\x01",
            "ecdsa-with-SHA224"), /* RFC 5754 3.3 */
    [SMI_OID_ECDSA_SHA256] =
        OID("\x2a\x86\x48\xce\x3d\x04\x03\x02",
            "ecdsa-with-SHA256"), /* RFC 5754 3.3 */
    [SMI_OID_ECDSA_SHA384] =
        OID("\x2a\x86\x48\xce\x3d\x04\x03\x03",
            "ecdsa-with-SHA384"), /* RFC 5754 3.3 */
    [SMI_OID_ECDSA_SHA512] =
        OID("\x2a\x86\x48\xce\x3d\x04\x03\x04",
            "ecdsa-with-SHA512"), /* RFC 5754 3.3 */
    [SMI_OID_DSA] = OID("\x2a\x86\x48\xce\x38\x04\x01", "id-dsa"), /* RFC 3370 3.1 */
    [SMI_OID_DSA_SHA1] = OID("\x2a\x86\x48\xce\x38\x04\x03", "id-dsa-with-sha1"), /* RFC 3370 3.1 */
    [SMI_OID_DSA_SHA224] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x03\x01",
            "id-dsa-with-sha224"), /* RFC 5754 3.1 */
    [SMI_OID_DSA_SHA256] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x03\x02",
            "id-dsa-with-sha256"), /* RFC 5754 3.1 */
    [SMI_OID_ED25519] = OID("\x2b\x65\x70", "id-Ed25519"), /* RFC 8419 3.1 */
    [SMI_OID_ED448] = OID("\x2b\x65\x71", "id-Ed448"), /* RFC 8419 3.1 */
    [SMI_OID_X25519] = OID("\x2b\x65\x6e", "id-X25519"), /* RFC 8418 5 */
    [SMI_OID_X448] = OID("\x2b\x65\x6f", "id-X448"), /* RFC 8418 5 */
    [SMI_OID_SHA1_WITH_RSA_OIW] = OID("\x2b\x0e\x03\x02\x1d", "sha1WithRSASignature"), /* OIW */
    [SMI_OID_NO_SIGNATURE] =
        OID("\x2b\x06\x01\x05\x05\x07\x06\x02",
            "id-alg-noSignature"), /* RFC 5272 3.2 */
    [SMI_OID_DH_PUBLIC_NUMBER] =
        OID("\x2a\x86\x48\xce\x3e\x02\x01",
            "dhpublicnumber"), /* RFC 3370 4.1.1 */
    [SMI_OID_ML_DSA_44] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x03\x11",
            "id-ml-dsa-44"), /* RFC 9882 2 */
    [SMI_OID_ML_DSA_65] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x03\x12",
            "id-ml-dsa-65"), /* RFC 9882 2 */
    [SMI_OID_ML_DSA_87] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x03\x13",
            "id-ml-dsa-87"), /* RFC 9882 2 */
    /* curves */
    [SMI_OID_P256] = OID("\x2a\x86\x48\xce\x3d\x03\x01\x07", "secp256r1"), /* RFC 5480 2.1.1.1 */
    [SMI_OID_P384] = OID("\x2b\x81\x04\x00\x22", "secp384r1"), /* RFC 5480 2.1.1.1 */
    [SMI_OID_P521] = OID("\x2b\x81\x04\x00\x23", "secp521r1"), /* RFC 5480 2.1.1.1 */
    [SMI_OID_BP256R1] =
        OID("\x2b\x24\x03\x03\x02\x08\x01\x01\x07",
            "brainpoolP256r1"), /* RFC 5639 4.1 */
    [SMI_OID_BP384R1] =
        OID("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b",
            "brainpoolP384r1"), /* RFC 5639 4.1 */
    [SMI_OID_BP512R1] =
        OID("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d",
            "brainpoolP512r1"), /* RFC 5639 4.1 */
    /* key management */
    [SMI_OID_RSAES_OAEP] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07",
            "id-RSAES-OAEP"), /* RFC 3560 2 */
    [SMI_OID_P_SPECIFIED] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09",
            "id-pSpecified"), /* RFC 4055 4.1 */
    [SMI_OID_DHSS_STD_SHA1] =
        OID("\x2b\x81\x05\x10\x86\x48\x3f\x00\x02",
            "dhSinglePass-stdDH-sha1kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_STD_SHA224] =
        OID("\x2b\x81\x04\x01\x0b\x00",
            "dhSinglePass-stdDH-sha224kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_STD_SHA256] =
        OID("\x2b\x81\x04\x01\x0b\x01",
            "dhSinglePass-stdDH-sha256kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_STD_SHA384] =
        OID("\x2b\x81\x04\x01\x0b\x02",
            "dhSinglePass-stdDH-sha384kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_STD_SHA512] =
        OID("\x2b\x81\x04\x01\x0b\x03",
            "dhSinglePass-stdDH-sha512kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_COF_SHA1] =
        OID("\x2b\x81\x05\x10\x86\x48\x3f\x00\x03",
            "dhSinglePass-cofactorDH-sha1kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_COF_SHA224] =
        OID("\x2b\x81\x04\x01\x0e\x00",
            "dhSinglePass-cofactorDH-sha224kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_COF_SHA256] =
        OID("\x2b\x81\x04\x01\x0e\x01",
            "dhSinglePass-cofactorDH-sha256kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_COF_SHA384] =
        OID("\x2b\x81\x04\x01\x0e\x02",
            "dhSinglePass-cofactorDH-sha384kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DHSS_COF_SHA512] =
        OID("\x2b\x81\x04\x01\x0e\x03",
            "dhSinglePass-cofactorDH-sha512kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_ALG_ESDH] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x05",
            "id-alg-ESDH"), /* RFC 3370 4.1.1 */
    [SMI_OID_MQV_SINGLE_PASS_SHA1] =
        OID("\x2b\x81\x05\x10\x86\x48\x3f\x00\x10",
            "mqvSinglePass-sha1kdf-scheme"), /* RFC 5753 7.1.4 */
    [SMI_OID_DH_HKDF_SHA256] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x13",
            "dhSinglePass-stdDH-hkdf-sha256-scheme"), /* RFC 8418 2.2 */
    [SMI_OID_DH_HKDF_SHA384] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x14",
            "dhSinglePass-stdDH-hkdf-sha384-scheme"), /* RFC 8418 2.2 */
    [SMI_OID_DH_HKDF_SHA512] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x15",
            "dhSinglePass-stdDH-hkdf-sha512-scheme"), /* RFC 8418 2.2 */
    [SMI_OID_AES128_WRAP] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x05",
            "id-aes128-wrap"), /* RFC 3565 2.3.2 */
    [SMI_OID_AES192_WRAP] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x19",
            "id-aes192-wrap"), /* RFC 3565 2.3.2 */
    [SMI_OID_AES256_WRAP] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2d",
            "id-aes256-wrap"), /* RFC 3565 2.3.2 */
    [SMI_OID_DES3_WRAP] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x06",
            "id-alg-CMS3DESwrap"), /* RFC 3370 4.3.1 */
    [SMI_OID_RC2_WRAP] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x07",
            "id-alg-CMSRC2wrap"), /* RFC 3370 4.3.2 */
    [SMI_OID_PBKDF2] = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c", "id-PBKDF2"), /* RFC 8018 A.2 */
    [SMI_OID_PWRI_KEK] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x09",
            "id-alg-PWRI-KEK"), /* RFC 3211 2.3 */
    [SMI_OID_CEK_HKDF_SHA256] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x1f",
            "id-alg-cek-hkdf-sha256"), /* RFC 9709 2 */
    [SMI_OID_ORI_KEM] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x0d\x03",
            "id-ori-kem"), /* RFC 9629 3 */
    /* content encryption and compression */
    [SMI_OID_AES128_CBC] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x02",
            "id-aes128-CBC"), /* RFC 3565 2.2 */
    [SMI_OID_AES192_CBC] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x16",
            "id-aes192-CBC"), /* RFC 3565 2.2 */
    [SMI_OID_AES256_CBC] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a",
            "id-aes256-CBC"), /* RFC 3565 2.2 */
    [SMI_OID_AES128_GCM] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x06",
            "id-aes128-GCM"), /* RFC 5084 3.2 */
    [SMI_OID_AES192_GCM] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x1a",
            "id-aes192-GCM"), /* RFC 5084 3.2 */
    [SMI_OID_AES256_GCM] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2e",
            "id-aes256-GCM"), /* RFC 5084 3.2 */
    [SMI_OID_AES128_CCM] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x07",
            "id-aes128-CCM"), /* RFC 5084 3.1 */
    [SMI_OID_AES192_CCM] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x1b",
            "id-aes192-CCM"), /* RFC 5084 3.1 */
    [SMI_OID_AES256_CCM] =
        OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2f",
            "id-aes256-CCM"), /* RFC 5084 3.1 */
    [SMI_OID_CHACHA20_POLY1305] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x12",
            "id-alg-AEADChaCha20Poly1305"), /* RFC 8103 1.1 */
    [SMI_OID_DES3_CBC] = OID("\x2a\x86\x48\x86\xf7\x0d\x03\x07", "des-ede3-cbc"), /* RFC 3370 5.1 */
    [SMI_OID_DES_CBC] = OID("\x2b\x0e\x03\x02\x07", "desCBC"), /* OIW */
    [SMI_OID_RC2_CBC] = OID("\x2a\x86\x48\x86\xf7\x0d\x03\x02", "rc2-cbc"), /* RFC 3370 5.2 */
    [SMI_OID_RC4] = OID("\x2a\x86\x48\x86\xf7\x0d\x03\x04", "rc4"), /* PKCS #12 */
    [SMI_OID_ZLIB] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08",
            "id-alg-zlibCompress"), /* RFC 3274 2 */
    [SMI_OID_HMAC_SHA1] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x02\x07",
            "hmacWithSHA1"), /* RFC 8018 B.1.1 */
    [SMI_OID_HMAC_SHA256] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x02\x09",
            "hmacWithSHA256"), /* RFC 8018 B.1.2 */
    [SMI_OID_HMAC_SHA384] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x02\x0a",
            "hmacWithSHA384"), /* RFC 8018 B.1.2 */
    [SMI_OID_HMAC_SHA512] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x02\x0b",
            "hmacWithSHA512"), /* RFC 8018 B.1.2 */
    /* certificates */
    [SMI_OID_EMAIL_ADDRESS] =
        OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01",
            "emailAddress"), /* RFC 5280 4.1.2.6 */
    [SMI_OID_ON_SMTP_UTF8_MAILBOX] =
        OID("\x2b\x06\x01\x05\x05\x07\x08\x09",
            "id-on-SmtpUTF8Mailbox"), /* RFC 9598 3 */
    [SMI_OID_KP_EMAIL_PROTECTION] =
        OID("\x2b\x06\x01\x05\x05\x07\x03\x04",
            "id-kp-emailProtection"), /* RFC 5280 4.2.1.12 */
    [SMI_OID_ANY_EKU] = OID("\x55\x1d\x25\x00", "anyExtendedKeyUsage"), /* RFC 5280 4.2.1.12 */
    [SMI_OID_RI_OCSP_RESPONSE] =
        OID("\x2b\x06\x01\x05\x05\x07\x10\x02",
            "id-ri-ocsp-response"), /* RFC 5940 2.1 */
};

static const uint8_t by_octets[] = {
    SMI_OID_RSA_ENCRYPTION, SMI_OID_MD5_WITH_RSA, SMI_OID_SHA1_WITH_RSA, SMI_OID_RSAES_OAEP,
    SMI_OID_MGF1, SMI_OID_P_SPECIFIED, SMI_OID_RSASSA_PSS, SMI_OID_SHA256_WITH_RSA,
    SMI_OID_SHA384_WITH_RSA, SMI_OID_SHA512_WITH_RSA, SMI_OID_SHA224_WITH_RSA, SMI_OID_PBKDF2,
    SMI_OID_DATA, SMI_OID_SIGNED_DATA, SMI_OID_ENVELOPED_DATA, SMI_OID_SIGNED_AND_ENVELOPED_DATA,
    SMI_OID_DIGESTED_DATA, SMI_OID_ENCRYPTED_DATA, SMI_OID_EMAIL_ADDRESS, SMI_OID_CONTENT_TYPE,
    SMI_OID_MESSAGE_DIGEST, SMI_OID_SIGNING_TIME, SMI_OID_COUNTER_SIGNATURE,
    SMI_OID_SMIME_CAPABILITIES, SMI_OID_CT_RECEIPT, SMI_OID_AUTHENTICATED_DATA, SMI_OID_CT_TSTINFO,
    SMI_OID_COMPRESSED_DATA, SMI_OID_AUTH_ENVELOPED_DATA, SMI_OID_RECEIPT_REQUEST,
    SMI_OID_SECURITY_LABEL, SMI_OID_ML_EXPAND_HISTORY, SMI_OID_CONTENT_HINT, SMI_OID_MSG_SIG_DIGEST,
    SMI_OID_CONTENT_IDENTIFIER, SMI_OID_EQUIVALENT_LABELS, SMI_OID_CONTENT_REFERENCE,
    SMI_OID_ENCRYP_KEY_PREF, SMI_OID_SIGNING_CERTIFICATE, SMI_OID_TIMESTAMP_TOKEN,
    SMI_OID_SIGNING_CERTIFICATE_V2, SMI_OID_MULTIPLE_SIGNATURES, SMI_OID_ALG_ESDH,
    SMI_OID_DES3_WRAP, SMI_OID_RC2_WRAP, SMI_OID_ZLIB, SMI_OID_PWRI_KEK, SMI_OID_CHACHA20_POLY1305,
    SMI_OID_DH_HKDF_SHA256, SMI_OID_DH_HKDF_SHA384, SMI_OID_DH_HKDF_SHA512, SMI_OID_CEK_HKDF_SHA256,
    SMI_OID_PREFER_BINARY_INSIDE, SMI_OID_ORI_KEM, SMI_OID_CMS_ALGORITHM_PROTECTION, SMI_OID_MD2,
    SMI_OID_MD4, SMI_OID_MD5, SMI_OID_HMAC_SHA1, SMI_OID_HMAC_SHA256, SMI_OID_HMAC_SHA384,
    SMI_OID_HMAC_SHA512, SMI_OID_RC2_CBC, SMI_OID_RC4, SMI_OID_DES3_CBC, SMI_OID_DSA,
    SMI_OID_DSA_SHA1, SMI_OID_EC_PUBLIC_KEY, SMI_OID_P256, SMI_OID_ECDSA_SHA1, SMI_OID_ECDSA_SHA224,
    SMI_OID_ECDSA_SHA256, SMI_OID_ECDSA_SHA384, SMI_OID_ECDSA_SHA512, SMI_OID_DH_PUBLIC_NUMBER,
    SMI_OID_MS_ENCRYP_KEY_PREF, SMI_OID_KP_EMAIL_PROTECTION, SMI_OID_NO_SIGNATURE,
    SMI_OID_ON_SMTP_UTF8_MAILBOX, SMI_OID_RI_OCSP_RESPONSE, SMI_OID_DES_CBC, SMI_OID_SHA1,
    SMI_OID_SHA1_WITH_RSA_OIW, SMI_OID_BP256R1, SMI_OID_BP384R1, SMI_OID_BP512R1, SMI_OID_X25519,
    SMI_OID_X448, SMI_OID_ED25519, SMI_OID_ED448, SMI_OID_P384, SMI_OID_P521,
    SMI_OID_DHSS_STD_SHA224, SMI_OID_DHSS_STD_SHA256, SMI_OID_DHSS_STD_SHA384,
    SMI_OID_DHSS_STD_SHA512, SMI_OID_DHSS_COF_SHA224, SMI_OID_DHSS_COF_SHA256,
    SMI_OID_DHSS_COF_SHA384, SMI_OID_DHSS_COF_SHA512, SMI_OID_DHSS_STD_SHA1, SMI_OID_DHSS_COF_SHA1,
    SMI_OID_MQV_SINGLE_PASS_SHA1, SMI_OID_ANY_EKU, SMI_OID_AES128_CBC, SMI_OID_AES128_WRAP,
    SMI_OID_AES128_GCM, SMI_OID_AES128_CCM, SMI_OID_AES192_CBC, SMI_OID_AES192_WRAP,
    SMI_OID_AES192_GCM, SMI_OID_AES192_CCM, SMI_OID_AES256_CBC, SMI_OID_AES256_WRAP,
    SMI_OID_AES256_GCM, SMI_OID_AES256_CCM, SMI_OID_SHA256, SMI_OID_SHA384, SMI_OID_SHA512,
    SMI_OID_SHA224, SMI_OID_SHA512_256, SMI_OID_SHA3_224, SMI_OID_SHA3_256, SMI_OID_SHA3_384,
    SMI_OID_SHA3_512, SMI_OID_SHAKE128, SMI_OID_SHAKE256, SMI_OID_SHAKE256_LEN, SMI_OID_DSA_SHA224,
    SMI_OID_DSA_SHA256, SMI_OID_ML_DSA_44, SMI_OID_ML_DSA_65, SMI_OID_ML_DSA_87,
};

_Static_assert(SMI_OID_COUNT <= 256, "by_octets holds octets");
_Static_assert(SMI_COUNT(by_octets) == SMI_OID_COUNT - 1, "each row is in by_octets");

/* As memcmp; the shorter first where one begins with the other. */
static int compare(struct smi_slice a, struct smi_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

enum smi_oid smi_oid_find(struct smi_slice oid)
{
    size_t low = 0, high = SMI_COUNT(by_octets);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(oid, table[by_octets[middle]].octets);
        if (order == 0)
            return (enum smi_oid)by_octets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SMI_OID_UNKNOWN;
}

static bool in_table(enum smi_oid oid)
{
    return (unsigned)oid > SMI_OID_UNKNOWN && (unsigned)oid < SMI_OID_COUNT;
}

struct smi_slice smi_oid_der(enum smi_oid oid)
{
    return in_table(oid) ? table[oid].octets : smi_slice(NULL, 0);
}

const char *smi_oid_name(enum smi_oid oid)
{
    return in_table(oid) ? table[oid].name : "unknown";
}

bool smi_oid_valid(struct smi_slice oid)
{
    bool first = true; /* octet of a subidentifier */
    if (oid.len == 0 || oid.len > 64)
        return false;
    for (size_t i = 0; i < oid.len; i++) {
        if (first && oid.ptr[i] == 0x80)
            return false;
        first = (oid.ptr[i] & 0x80) == 0;
    }
    return first;
}

/* Takes one subidentifier; *large: it does not fit, the value is not set. */
static uint64_t take_arc(struct smi_slice *in, bool *large)
{
    uint64_t value = 0;
    bool more = true;
    *large = false;
    while (more && in->len) {
        *large = *large || value > UINT64_MAX >> 7;
        value = value << 7 | (in->ptr[0] & 0x7f);
        more = (in->ptr[0] & 0x80) != 0;
        *in = smi_slice_skip(*in, 1);
    }
    return value;
}

/* Appends as much as fits; false when something did not. */
static bool append(char *out, size_t cap, size_t *len, const char *text)
{
    size_t more = strlen(text);
    if (more >= cap - *len)
        return false;
    memcpy(out + *len, text, more + 1);
    *len += more;
    return true;
}

static void dotted(struct smi_slice oid, char *out, size_t cap)
{
    char text[48];
    size_t len = 0;
    bool large;
    uint64_t arc = take_arc(&oid, &large), root = arc < 80 ? arc / 40 : 2;
    if (large)
        snprintf(text, sizeof text, "2....");
    else
        snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, root, arc - root * 40);
    bool fits = append(out, cap, &len, text);
    while (fits && oid.len) {
        arc = take_arc(&oid, &large);
        if (large)
            snprintf(text, sizeof text, "....");
        else
            snprintf(text, sizeof text, ".%" PRIu64, arc);
        fits = append(out, cap, &len, text);
    }
    if (!fits && cap > 3) /* cut: say so */
        memcpy(out + (len < cap - 4 ? len : cap - 4), "...", 4);
}

void smi_oid_text(struct smi_slice oid, char *out, size_t cap)
{
    enum smi_oid known = smi_oid_find(oid);
    if (cap == 0)
        return;
    out[0] = '\0';
    if (known != SMI_OID_UNKNOWN)
        snprintf(out, cap, "%s", table[known].name);
    else if (smi_oid_valid(oid))
        dotted(oid, out, cap);
    else
        snprintf(out, cap, "invalid-oid");
}
