/* SHA-256 of bytes, descriptors and files. */
#include "base/sha256.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/str.h"

struct sha256 *sha256_new(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
        BUG("libcrypto has no SHA-256");
    return (struct sha256 *)ctx;
}

void sha256_update(struct sha256 *h, const void *bytes, size_t len)
{
    if (EVP_DigestUpdate((EVP_MD_CTX *)h, bytes, len) != 1)
        BUG("SHA-256 update failed");
}

void sha256_final(struct sha256 *h, uint8_t ret_digest[SHA256_BYTES])
{
    if (EVP_DigestFinal_ex((EVP_MD_CTX *)h, ret_digest, NULL) != 1)
        BUG("SHA-256 final failed");
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
}

void sha256_of(const void *bytes, size_t len, uint8_t ret_digest[SHA256_BYTES])
{
    struct sha256 *h = sha256_new();

    sha256_update(h, bytes, len);
    sha256_final(h, ret_digest);
}

void sha256_hex_of(const void *bytes, size_t len, char ret_hex[SHA256_HEX])
{
    uint8_t digest[SHA256_BYTES];

    sha256_of(bytes, len, digest);
    hex_encode(digest, sizeof(digest), ret_hex);
}

int sha256_fd(int fd, uint8_t ret_digest[SHA256_BYTES], uint64_t *ret_size, struct err *err)
{
    enum { CHUNK = 1 << 17 };
    auto_free char *buf = xmalloc(CHUNK);
    struct sha256 *h = sha256_new();
    off_t at = 0;

    for (;;) {
        ssize_t n = retry_eintr(pread(fd, buf, CHUNK, at));
        if (n <= 0) {
            int saved = errno;
            sha256_final(h, ret_digest);
            if (n < 0)
                return err_errno(err, saved, "cannot read");
            break;
        }
        sha256_update(h, buf, (size_t)n);
        at += n;
    }
    *ret_size = (uint64_t)at;
    return 0;
}

int sha256_hex_fd(int fd, char ret_hex[SHA256_HEX], struct err *err)
{
    uint8_t digest[SHA256_BYTES];
    uint64_t size;
    int ret = sha256_fd(fd, digest, &size, err);

    if (ret == 0)
        hex_encode(digest, sizeof(digest), ret_hex);
    return ret;
}

int sha256_hex_file(const char *path, char ret_hex[SHA256_HEX], struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = sha256_hex_fd(fd, ret_hex, err);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}
