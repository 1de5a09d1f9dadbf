/* limits.c: built-in values, what can be raised, older and smaller structs. SEC-008 */
#include "base/limits.h"

#include "check.h"

static void built_in(void)
{
    struct smime_limits zero, a, b;
    memset(&zero, 0, sizeof zero);
    zero.size = sizeof zero;
    smi_limits_resolve(&a, NULL);
    smi_limits_resolve(&b, &zero);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    CHECK_INT(a.size, sizeof a);
    CHECK_INT(a.asn1_depth, 64);
    CHECK_INT(a.element_bytes, 262144);
    CHECK_INT(a.mime_depth, 64);
    CHECK_INT(a.mime_parts, 10000);
    CHECK_INT(a.layer_depth, 16);
    CHECK_INT(a.header_bytes, 262144);
    CHECK_INT(a.header_fields, 1000);
    CHECK_INT(a.signers, 64);
    CHECK_INT(a.certificates, 256);
    CHECK_INT(a.digests, 64);
    CHECK_INT(a.attributes, 1024);
    CHECK_INT(a.recipients, 10000);
    CHECK_INT(a.key_operations, 8);
    CHECK_INT(a.metadata_bytes, 8388608);
    CHECK_INT(a.expansion_ratio, 100);
    CHECK_INT(a.expanded_bytes, 1073741824);
    CHECK_INT(a.spool_memory_bytes, 262144);
}

static void set_all(struct smime_limits *limits, size_t value)
{
    *limits = (struct smime_limits){
        sizeof *limits, value, value, value, value, value, value, value, value, value,
        value,          value, value, value, value, value, value, value};
}

static void lowered(void)
{
    struct smime_limits one, out;
    set_all(&one, 1);
    smi_limits_resolve(&out, &one);
    CHECK(memcmp(&out, &one, sizeof out) == 0);
}

static void raised(void)
{
    struct smime_limits huge, builtin, out;
    set_all(&huge, 1u << 31);
    smi_limits_resolve(&builtin, NULL);
    smi_limits_resolve(&out, &huge);
    CHECK_INT(out.header_bytes, huge.header_bytes);
    CHECK_INT(out.header_fields, huge.header_fields);
    CHECK_INT(out.mime_parts, huge.mime_parts);
    CHECK_INT(out.element_bytes, huge.element_bytes);
    CHECK_INT(out.certificates, huge.certificates);
    CHECK_INT(out.recipients, huge.recipients);
    CHECK_INT(out.metadata_bytes, huge.metadata_bytes);
    CHECK_INT(out.expanded_bytes, huge.expanded_bytes);
    /* these protect the reader itself */
    CHECK_INT(out.mime_depth, builtin.mime_depth);
    CHECK_INT(out.layer_depth, builtin.layer_depth);
    CHECK_INT(out.asn1_depth, builtin.asn1_depth);
    CHECK_INT(out.signers, builtin.signers);
    CHECK_INT(out.digests, builtin.digests);
    CHECK_INT(out.attributes, builtin.attributes);
    CHECK_INT(out.key_operations, builtin.key_operations);
}

static void older_struct(void)
{
    struct smime_limits asked, out;
    set_all(&asked, 3);
    asked.size = offsetof(struct smime_limits, header_fields); /* knows header_bytes only */
    smi_limits_resolve(&out, &asked);
    CHECK_INT(out.header_bytes, 3);
    CHECK_INT(out.header_fields, 1000);
    CHECK_INT(out.size, sizeof out);
    asked.size = sizeof asked + 100; /* newer than we are: the rest is not read */
    smi_limits_resolve(&out, &asked);
    CHECK_INT(out.spool_memory_bytes, 3);
}

TEST_MAIN(built_in, lowered, raised, older_struct)
