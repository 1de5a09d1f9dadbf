/* cms_encap.c: EncapsulatedContentInfo (RFC 5652 5.2).
 *
 *   EncapsulatedContentInfo ::= SEQUENCE {
 *     eContentType OBJECT IDENTIFIER, eContent [0] EXPLICIT OCTET STRING OPTIONAL }
 *
 *   WANT_TYPE -OID-> WANT_CONTENT -[0]-> WANT_OCTETS -OCTET STRING-> IN_OCTETS -its end->
 *   AFTER_OCTETS -end of [0]-> AFTER_CONTENT
 *   The SEQUENCE may end in WANT_CONTENT (content absent) or AFTER_CONTENT.
 *
 * PKCS #7 1.5 (RFC 2315 7) has ANY in place of the OCTET STRING: where the body allows it, and the
 * type is not id-data, its content octets count as the content (RFC 5652 5.2.1, CMS-035).
 */
#include "cms_encap.h"

static const char clause[] = "RFC 5652 5.2";

static int misplaced(const struct smi_cms_encap *encap, uint64_t offset)
{
    static const char *const text[] = {
        [SMI_ENCAP_WANT_TYPE] = "eContentType, an OBJECT IDENTIFIER, is expected here",
        [SMI_ENCAP_WANT_CONTENT] = "eContent must be tagged [0] EXPLICIT",
        [SMI_ENCAP_WANT_OCTETS] = "eContent must be an OCTET STRING",
        [SMI_ENCAP_IN_OCTETS] = "an element is out of place",
        [SMI_ENCAP_AFTER_OCTETS] = "eContent holds more than one element",
        [SMI_ENCAP_AFTER_CONTENT] = "EncapsulatedContentInfo has members behind its content",
    };
    return smi_cms_malformed(&encap->ctx->env, offset, clause, text[encap->state]);
}

static int begin_octets(struct smi_cms_encap *encap, struct smi_tag tag, uint64_t offset,
                        enum smi_ber_action *action)
{
    bool is_octets = smi_cms_id_primitive(tag) == SMI_ID_OCTET_STRING;
    if (!is_octets && (!encap->allow_any || smi_oid_find(encap->type) == SMI_OID_DATA))
        return misplaced(encap, offset);
    *action = is_octets ? SMI_BER_STREAM : SMI_BER_CAPTURE;
    encap->any = !is_octets;
    encap->present = true;
    encap->state = SMI_ENCAP_IN_OCTETS;
    return encap->begin(encap->self);
}

int smi_cms_encap_element(struct smi_cms_encap *encap, struct smi_tag tag, unsigned depth,
                          uint64_t offset, enum smi_ber_action *action)
{
    uint8_t id = smi_cms_id(tag);
    if (encap->state == SMI_ENCAP_WANT_TYPE && depth == 1 && id == SMI_ID_OID) {
        *action = SMI_BER_CAPTURE;
        return 0;
    }
    if (encap->state == SMI_ENCAP_WANT_CONTENT && depth == 1 && id == SMI_ID_CONTEXT_CONSTRUCTED) {
        *action = SMI_BER_WALK;
        encap->state = SMI_ENCAP_WANT_OCTETS;
        return 0;
    }
    if (encap->state == SMI_ENCAP_WANT_OCTETS && depth == 2)
        return begin_octets(encap, tag, offset, action);
    return misplaced(encap, offset);
}

/* The content octets of one element that the tokenizer has checked; without end-of-contents. */
static struct smi_slice content_octets(struct smi_slice raw)
{
    struct smi_slice rest = smi_slice_skip(raw, 1);
    if ((raw.ptr[0] & 0x1f) == 0x1f) {
        while (rest.ptr[0] & 0x80)
            rest = smi_slice_skip(rest, 1);
        rest = smi_slice_skip(rest, 1);
    }
    uint8_t first = rest.ptr[0];
    rest = smi_slice_skip(rest, 1);
    if (first == 0x80)
        return smi_slice_take(rest, rest.len - 2);
    return smi_slice_skip(rest, first & 0x80 ? first & 0x7fu : 0);
}

int smi_cms_encap_captured(struct smi_cms_encap *encap, unsigned depth, struct smi_slice raw,
                           struct smi_slice der, uint64_t offset)
{
    if (depth == 2) {
        struct smi_slice content = content_octets(raw);
        encap->state = SMI_ENCAP_AFTER_OCTETS;
        return content.len ? encap->octets(encap->self, content) : 0;
    }
    struct smi_der in = smi_der(der);
    struct smi_slice oid;
    if (smi_der_oid(&in, &oid) != 0)
        return smi_cms_malformed(&encap->ctx->env, offset, clause, "eContentType is no valid OID");
    encap->state = SMI_ENCAP_WANT_CONTENT;
    return smi_cms_keep(&encap->ctx->env, oid, &encap->type);
}

int smi_cms_encap_leave(struct smi_cms_encap *encap, unsigned depth)
{
    switch (depth) {
    case 2:
        encap->state = SMI_ENCAP_AFTER_OCTETS;
        return 0;
    case 1:
        if (encap->state != SMI_ENCAP_AFTER_OCTETS)
            return misplaced(encap, SMI_NO_OFFSET);
        encap->state = SMI_ENCAP_AFTER_CONTENT;
        return 0;
    default:
        if (encap->state == SMI_ENCAP_WANT_TYPE)
            return misplaced(encap, SMI_NO_OFFSET);
        return 0;
    }
}
