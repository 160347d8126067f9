/* SHA-256 by OpenSSL's libcrypto. Hex results are 64 lower-case digits and a NUL. Any thread. */
#pragma once

#include "base/err.h"

enum { SHA256_BYTES = 32, SHA256_HEX = 65 };

struct sha256;

struct sha256 *sha256_new(void);
void sha256_update(struct sha256 *h, const void *bytes, size_t len);
/* Finishes and frees h. */
void sha256_final(struct sha256 *h, uint8_t ret_digest[SHA256_BYTES]);

void sha256_of(const void *bytes, size_t len, uint8_t ret_digest[SHA256_BYTES]);
void sha256_hex_of(const void *bytes, size_t len, char ret_hex[SHA256_HEX]);
/* The whole file, read from its start with pread(): the offset of fd neither matters nor moves. */
int sha256_fd(int fd, uint8_t ret_digest[SHA256_BYTES], uint64_t *ret_size, struct err *err);
int sha256_hex_fd(int fd, char ret_hex[SHA256_HEX], struct err *err);
int sha256_hex_file(const char *path, char ret_hex[SHA256_HEX], struct err *err);
