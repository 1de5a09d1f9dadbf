/* test_curve.c: the curve table against libcrypto's own curves. */
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "crypto/curve.h"
#include "unit/crypto/crypto_test.h"

static void table_is_right(void)
{
    static const enum smi_oid oids[] = {SMI_OID_P256,    SMI_OID_P384,    SMI_OID_P521,
                                        SMI_OID_BP256R1, SMI_OID_BP384R1, SMI_OID_BP512R1};
    for (size_t i = 0; i < SMI_COUNT(oids); i++) {
        const struct smi_curve *curve = smi_curve_by_id(oids[i]);
        CHECK(curve != NULL);
        EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(curve->evp_name));
        CHECK(group != NULL);
        uint8_t order[66];
        int len = BN_bn2bin(EC_GROUP_get0_order(group), order);
        CHECK_BYTES(curve->order, curve->order_bytes, order, (size_t)len);
        CHECK_INT(EC_GROUP_get_degree(group), curve->bits);
        CHECK_INT(curve->field_bytes, (curve->bits + 7) / 8);
        CHECK(BN_is_one(EC_GROUP_get0_cofactor(group)));
        EC_GROUP_free(group);
    }
    CHECK(smi_curve_by_id(SMI_OID_UNKNOWN) == NULL);
}

/* ALG-020 */
static void digests(void)
{
    CHECK_INT(smi_curve_digest(256)->oid, SMI_OID_SHA256);
    CHECK_INT(smi_curve_digest(384)->oid, SMI_OID_SHA384);
    CHECK_INT(smi_curve_digest(512)->oid, SMI_OID_SHA512);
    CHECK_INT(smi_curve_digest(521)->oid, SMI_OID_SHA512);
}

TEST_MAIN(table_is_right, digests)
