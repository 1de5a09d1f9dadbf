/* media_type.c: media types of attachments by the extension of the file name, and the way back. */
#include "text.h"

static const struct {
    const char *extension, *type;
} table[] = {
    {"txt", "text/plain"},
    {"text", "text/plain"},
    {"log", "text/plain"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"ics", "text/calendar"},
    {"vcf", "text/vcard"},
    {"md", "text/markdown"},
    {"xml", "application/xml"},
    {"json", "application/json"},
    {"patch", "text/x-diff"},
    {"diff", "text/x-diff"},
    {"pdf", "application/pdf"},
    {"ps", "application/postscript"},
    {"rtf", "application/rtf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"tar", "application/x-tar"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"7z", "application/x-7z-compressed"},
    {"epub", "application/epub+zip"},
    {"doc", "application/msword"},
    {"xls", "application/vnd.ms-excel"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"svg", "image/svg+xml"},
    {"webp", "image/webp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"bmp", "image/bmp"},
    {"heic", "image/heic"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"m4a", "audio/mp4"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"mov", "video/quicktime"},
    {"eml", "message/rfc822"},
    {"cer", "application/pkix-cert"},
    {"crt", "application/pkix-cert"},
    {"crl", "application/pkix-crl"},
    {"p10", "application/pkcs10"},
    {"p12", "application/pkcs12"},
    {"p7m", "application/pkcs7-mime"},
    {"p7s", "application/pkcs7-signature"},
    {"asc", "application/pgp-signature"},
};

const char *smi_media_type_of(struct smi_slice file_name)
{
    size_t dot = file_name.len;
    while (dot > 0 && file_name.ptr[dot - 1] != '.')
        dot--;
    struct smi_slice extension = smi_slice_skip(file_name, dot);
    for (size_t i = 0; dot > 0 && i < SMI_COUNT(table); i++)
        if (smi_slice_is_nocase(extension, table[i].extension))
            return table[i].type;
    return "application/octet-stream";
}

const char *smi_media_extension(struct smi_slice media_type)
{
    for (size_t i = 0; i < SMI_COUNT(table); i++)
        if (smi_slice_is_nocase(media_type, table[i].type))
            return table[i].extension;
    return "";
}
