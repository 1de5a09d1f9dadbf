/* asn1_str.h: the ASN.1 character strings as UTF-8, and text made safe to show. */
#ifndef SMI_ASN1_STR_H
#define SMI_ASN1_STR_H

#include "../base/buf.h"

/* Appends the text of a string element to out as UTF-8. id: its identifier octet (primitive,
 * universal); content: its content octets. MALFORMED (nothing appended) when the octets are not of
 * that type's encoding or hold U+0000; UNSUPPORTED when the type is not a character string known
 * here (UTF8String, NumericString, PrintableString, TeletexString read as Latin-1, IA5String,
 * VisibleString, UniversalString, BMPString). PrintableString may hold any printable ASCII: '@',
 * '*' and '_' are common in certificates. */
SMI_NODISCARD int smi_asn1_str_utf8(struct smi_buf *out, uint8_t id, struct smi_slice content);

/* Well-formed UTF-8 (RFC 3629): shortest forms, no surrogates, at most U+10FFFF. */
bool smi_utf8_valid(struct smi_slice in);
/* Takes one character off the front. False (nothing taken) when it is not well formed or in is
 * empty. */
bool smi_utf8_next(struct smi_slice *in, uint32_t *code);
/* Appends one character; MALFORMED when code is a surrogate or above U+10FFFF. */
SMI_NODISCARD int smi_utf8_put(struct smi_buf *out, uint32_t code);

/* Appends text for people to see: controls (C0, DEL, C1), bidirectional controls, line and
 * paragraph separators and zero-width characters become \u{202E}; octets that are not UTF-8 become
 * \x{FF}. The result is valid UTF-8 on one line. */
SMI_NODISCARD int smi_display_escape(struct smi_buf *out, struct smi_slice utf8);

#endif
