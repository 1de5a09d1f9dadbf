/* keyring.c: private keys, each with the certificates for it (smime.h 3).
 *
 * Keys and certificates find each other by the public value, whatever its encoding (an
 * id-RSASSA-PSS certificate over an rsaEncryption key included). A key that comes again brings only
 * its new certificates. Refuses files where certificates and keys do not belong together: a
 * signature made with such a pair verifies nowhere. */
#include "../../keys/soft_key.h"
#include "../base/mem.h"
#include "ring.h"

/* What one call has read. */
struct loaded {
    struct smi_key_file file;
    struct smi_certset certs; /* of the file, and those that came apart */
    bool apart;               /* options named a certificate */
};

int smime_keys_new(struct smime_ctx *ctx, struct smime_keys **out)
{
    *out = NULL;
    struct smime_keys *keys = smi_calloc(1, sizeof *keys);
    if (!keys)
        return SMIME_E_NOMEM;
    keys->ctx = ctx;
    smi_diag_reset(&keys->diag);
    *out = keys;
    return 0;
}

static void entry_clear(struct smi_ring_entry *entry)
{
    if (entry->key)
        smi_key_clear(entry->key);
    smi_free(entry->key);
    smi_certset_clear(&entry->certs);
}

static void drop_entries(struct smime_keys *keys, size_t keep)
{
    while (keys->count > keep)
        entry_clear(&keys->entry[--keys->count]);
}

void smime_keys_free(struct smime_keys *keys)
{
    if (!keys)
        return;
    drop_entries(keys, 0);
    smi_free(keys->entry);
    smi_certset_clear(&keys->chain);
    smi_free(keys);
}

size_t smime_keys_count(const struct smime_keys *keys)
{
    return keys ? keys->count : 0;
}

bool smi_keys_has_cert(const struct smime_keys *keys, const struct smi_cert *cert)
{
    for (size_t i = 0; keys && i < keys->count; i++)
        if (smi_certset_has(&keys->entry[i].certs, cert) ||
            smi_soft_key_matches(keys->entry[i].key, smi_cert_spki(cert)))
            return true;
    return false;
}

/* -- reading */

/* A broken certificate beside a good key is left out: the key may still decrypt. */
static int read_file_certs(struct loaded *loaded, struct smi_crypto *crypto)
{
    for (size_t i = 0; i < loaded->file.cert_count; i++) {
        struct smi_cert *cert;
        int rc = smi_cert_new(&cert, crypto, loaded->file.certs[i]);
        if (rc == SMIME_E_NOMEM)
            return rc;
        if (rc != 0)
            continue;
        rc = smi_certset_add(&loaded->certs, cert);
        smi_cert_free(cert);
        TRY(rc);
    }
    return 0;
}

static int load(struct loaded *loaded, struct smime_keys *keys, struct smi_slice data,
                const struct smime_key_options *options)
{
    struct smi_crypto *crypto = keys->ctx->crypto;
    TRY(smi_key_file_load(&loaded->file, crypto, data, options->password, options->password_arg,
                          &keys->diag));
    if (loaded->file.key_count == 0)
        return smi_fail(&keys->diag, SMIME_E_MALFORMED, NULL, SMI_NO_OFFSET, NULL,
                        "there is no private key in it; give a PKCS#12 file or a PEM or DER key");
    TRY(read_file_certs(loaded, crypto));
    loaded->apart = options->certificate_len != 0;
    if (!loaded->apart)
        return 0;
    return smi_cert_file_read(&loaded->certs, crypto,
                              smi_slice(options->certificate, options->certificate_len),
                              &keys->diag);
}

/* -- pairing */

static int check_pairs(const struct loaded *loaded, struct smi_diag *diag)
{
    const struct smi_key_file *file = &loaded->file;
    for (size_t i = 0; i < file->key_count; i++)
        for (size_t j = 0; j < loaded->certs.count; j++)
            if (smi_soft_key_matches(&file->keys[i], smi_cert_spki(loaded->certs.item[j])))
                return 0;
    if (loaded->certs.count == 0 && !loaded->apart)
        return 0;
    return smi_fail(
        diag, SMIME_E_NO_CERT, NULL, SMI_NO_OFFSET, NULL,
        "certificate and private key do not belong together: none of the %zu "
        "certificates given holds the public half of the key; give the one issued for it",
        loaded->certs.count);
}

static struct smi_ring_entry *find_entry(struct smime_keys *keys, const struct smi_key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (smi_soft_key_matches(keys->entry[i].key, key->spki))
            return &keys->entry[i];
    return NULL;
}

static int grow(struct smime_keys *keys)
{
    size_t cap = keys->cap ? keys->cap * 2 : 4, bytes;
    if (keys->count < keys->cap)
        return 0;
    if (smi_mul_overflow(cap, sizeof *keys->entry, &bytes))
        return SMIME_E_NOMEM;
    struct smi_ring_entry *entry = smi_realloc(keys->entry, bytes);
    if (!entry)
        return SMIME_E_NOMEM;
    keys->entry = entry;
    keys->cap = cap;
    return 0;
}

/* Moves the key out of the file into a new entry. */
static int new_entry(struct smime_keys *keys, struct smi_key *key, struct smi_ring_entry **out)
{
    TRY(grow(keys));
    struct smi_key *moved = smi_calloc(1, sizeof *moved);
    if (!moved)
        return SMIME_E_NOMEM;
    *moved = *key;
    memset(key, 0, sizeof *key);
    *out = &keys->entry[keys->count++];
    memset(*out, 0, sizeof **out);
    (*out)->key = moved;
    return 0;
}

static int join_one(struct smime_keys *keys, struct smi_key *key, const struct smi_certset *certs)
{
    struct smi_ring_entry *entry = find_entry(keys, key);
    if (!entry)
        TRY(new_entry(keys, key, &entry));
    for (size_t i = 0; i < certs->count; i++)
        if (smi_soft_key_matches(entry->key, smi_cert_spki(certs->item[i])))
            TRY(smi_certset_add(&entry->certs, certs->item[i]));
    return 0;
}

static int join(struct smime_keys *keys, struct loaded *loaded)
{
    TRY(check_pairs(loaded, &keys->diag));
    TRY(smi_ring_add_all(&keys->chain, &loaded->certs));
    for (size_t i = 0; i < loaded->file.key_count; i++)
        TRY(join_one(keys, &loaded->file.keys[i], &loaded->certs));
    return 0;
}

static int add(struct smime_keys *keys, struct smi_slice data,
               const struct smime_key_options *options)
{
    struct smime_key_options given = {0};
    struct loaded loaded;
    size_t entries = keys->count, chain = keys->chain.count;
    if (options)
        memcpy(&given, options, options->size < sizeof given ? options->size : sizeof given);
    memset(&loaded, 0, sizeof loaded);
    int rc = load(&loaded, keys, data, &given);
    if (rc == 0)
        rc = join(keys, &loaded);
    if (rc != 0) {
        drop_entries(keys, entries);
        smi_ring_truncate(&keys->chain, chain);
    }
    smi_key_file_clear(&loaded.file);
    smi_certset_clear(&loaded.certs);
    return rc;
}

int smime_keys_add(struct smime_keys *keys, const void *data, size_t len,
                   const struct smime_key_options *options, struct smime_error_info *info)
{
    smi_diag_reset(&keys->diag);
    return smi_ring_finish(info, &keys->diag, add(keys, smi_slice(data, len), options));
}

int smime_keys_add_file(struct smime_keys *keys, const char *path,
                        const struct smime_key_options *options, struct smime_error_info *info)
{
    struct smi_buf data;
    smi_diag_reset(&keys->diag);
    int rc = smi_file_bytes(&data, path, &keys->diag);
    if (rc == 0)
        rc = add(keys, smi_buf_slice(&data), options);
    smi_buf_clear(&data);
    return smi_ring_finish(info, &keys->diag, rc);
}
