/* The known-answer test of the normal form: a wheel with everything in it, and its digest. */
#include "wheel/normal_known.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "base/io.h"
#include "base/sha256.h"
#include "zip/deflate.h"
#include "wheel/normal_write.h"
#include "wheel/record.h"

#define FILE_NAME "known_wheel-1.0-py3-none-any.whl"
#define INFO "known_wheel-1.0.dist-info/"

const char normal_known_sha256[] =
    "725e1628ade09cf8d4f0b99da8b099b14f06c9482e6427676bfaf76625a4c85c";

/* Small enough for several windows, and for the noise below to be compressed while it is written. */
enum { MEMORY = 8192 };

enum kind { TEXT, NOISE, ZEROS };
enum { DESCRIPTOR = 0x8, UTF8 = 0x800 };

struct sample {
    const char *name;
    const char *text; /* of kind TEXT; else `size` bytes */
    size_t size;
    enum kind kind;
    uint16_t mode; /* of a Unix file, the kind of file included */
    uint16_t flags;
    bool deflate;
};

/* In no order that the form has. RECORD follows. */
static const struct sample samples[] = {
    {.name = "z/last.py", .text = "print('behind the dist-info')\n", .mode = S_IFREG | 0664},
    {.name = INFO "WHEEL",
     .text = "Wheel-Version: 1.0\nGenerator: known\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
     .mode = S_IFREG | 0644,
     .deflate = true},
    {.name = INFO "RECORD.jws", .text = "signed", .mode = S_IFREG | 0644},
    {.name = INFO "METADATA",
     .text = "Metadata-Version: 2.1\nName: known-wheel\nVersion: 1.0\n\nknown, known, known\n",
     .mode = S_IFREG | 0644,
     .deflate = true},
    {.name = INFO "licenses/LICENSE", .text = "free\n", .mode = S_IFREG | 0444},
    {.name = "known/", .text = "", .mode = S_IFDIR | 0755},
    {.name = "known/zeros", .kind = ZEROS, .size = 280000, .mode = S_IFREG | 0644, .deflate = true},
    {.name = "known/noise", .kind = NOISE, .size = 20000, .mode = S_IFREG | 0600},
    {.name = "known/__init__.py", .text = "", .mode = S_IFREG | 0644, .deflate = true},
    {.name = "known/run", .text = "#!/bin/sh\nexit 0\n", .mode = S_IFREG | 0710},
    {.name = "known/one.py", .text = "x = 1\nx = 1\nx = 1\nx = 1\n", .mode = S_IFREG | 0640},
    {.name = "known/na\xc3\xafve, \"quoted\".txt",
     .text = "\xc3\xaf\n",
     .mode = S_IFREG | 0644,
     .flags = UTF8 | DESCRIPTOR,
     .deflate = true},
    {.name = "known/\x82t\x82.txt", .text = "code page 437\n", .mode = S_IFREG | 0644},
    {.name = "known_wheel-1.0.data/scripts/tool", .text = "#!python\n", .mode = S_IFREG | 0755},
};

struct archive {
    struct str bytes, directory, record;
    size_t count;
    struct codec *codec;
};

static void put(struct str *s, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        str_addch(s, (char)(uint8_t)(value >> (8 * i)));
}

static void add_noise(struct str *out, size_t len)
{
    uint32_t state = 1;

    for (size_t i = 0; i < len; i++) {
        state = state * 1664525U + 1013904223U;
        str_addch(out, (char)(uint8_t)(state >> 24));
    }
}

static void add_content(const struct sample *sample, struct str *out)
{
    static const char zeros[4000];

    if (sample->kind == TEXT)
        str_add(out, sample->text);
    if (sample->kind == NOISE)
        add_noise(out, sample->size);
    for (size_t i = 0; sample->kind == ZEROS && i < sample->size; i += sizeof(zeros))
        str_append(out, zeros, sizeof(zeros));
}

/* What local header and directory have in common, from the version needed to the lengths. */
static void put_common(struct str *s, const struct sample *sample, uint32_t crc, size_t packed,
                       size_t size)
{
    put(s, 2, 20);
    put(s, 2, sample->flags);
    put(s, 2, sample->deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE);
    put(s, 4, 0x5a21bf7d); /* some day in 2025 */
    put(s, 4, crc);
    put(s, 4, packed);
    put(s, 4, size);
    put(s, 2, strlen(sample->name));
    put(s, 2, 0); /* no extra field */
}

static void put_local(struct str *s, const struct sample *sample, uint32_t crc,
                      const struct str *packed, size_t size)
{
    bool later = sample->flags & DESCRIPTOR;

    put(s, 4, 0x04034b50);
    put_common(s, sample, later ? 0 : crc, later ? 0 : packed->len, later ? 0 : size);
    str_add(s, sample->name);
    str_append(s, packed->buf, packed->len);
    if (!later)
        return;
    put(s, 4, 0x08074b50);
    put(s, 4, crc);
    put(s, 4, packed->len);
    put(s, 4, size);
}

static void put_central(struct archive *a, const struct sample *sample, uint32_t crc, size_t packed,
                        size_t size)
{
    struct str *s = &a->directory;

    put(s, 4, 0x02014b50);
    put(s, 2, 0x0314); /* made by Unix */
    put_common(s, sample, crc, packed, size);
    put(s, 6, 0); /* no comment, first disk, no internal attributes */
    put(s, 4, (uint32_t)sample->mode << 16);
    put(s, 4, a->bytes.len);
    str_add(s, sample->name);
    a->count++;
}

static void add_sample(struct archive *a, const struct sample *sample)
{
    auto_str struct str content = STR_INIT, packed = STR_INIT;
    uint8_t digest[SHA256_BYTES];

    add_content(sample, &content);
    if (sample->deflate)
        deflate_bytes(a->codec, content.buf, content.len, &packed);
    else
        str_append(&packed, content.buf, content.len);
    uint32_t crc = crc32_add(0, content.buf, content.len);
    put_central(a, sample, crc, packed.len, content.len);
    put_local(&a->bytes, sample, crc, &packed, content.len);
    sha256_of(content.buf, content.len, digest);
    record_write_row(&a->record, sample->name, digest, content.len);
}

static void put_end(struct archive *a, const char *comment)
{
    size_t at = a->bytes.len;

    str_append(&a->bytes, a->directory.buf, a->directory.len);
    put(&a->bytes, 4, 0x06054b50);
    put(&a->bytes, 4, 0); /* one disk */
    put(&a->bytes, 2, a->count);
    put(&a->bytes, 2, a->count);
    put(&a->bytes, 4, a->directory.len);
    put(&a->bytes, 4, at);
    put(&a->bytes, 2, strlen(comment));
    str_add(&a->bytes, comment);
}

void normal_known_wheel(struct str *out)
{
    struct archive a = {
        .bytes = STR_INIT, .directory = STR_INIT, .record = STR_INIT, .codec = codec_new()};

    for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
        add_sample(&a, &samples[i]);
    auto_free char *rows = str_detach(&a.record);
    struct sample record = {.name = INFO "RECORD", .text = rows, .mode = S_IFREG | 0644};
    add_sample(&a, &record);
    put_end(&a, "a comment");
    str_append(out, a.bytes.buf, a.bytes.len);
    str_release(&a.bytes);
    str_release(&a.directory);
    str_release(&a.record);
    codec_free(a.codec);
}

static int rewrite(int in, int out, char ret_hex[SHA256_HEX], struct err *err)
{
    auto_wheel struct wheel wheel = WHEEL_INIT;
    struct normal_options options = {.memory_bytes = MEMORY};
    size_t entries;
    int ret = wheel_open(in, FILE_NAME, &wheel, err);

    if (ret == 0)
        ret = normal_write(&wheel, out, &options, &entries, err);
    return ret == 0 ? sha256_hex_fd(out, ret_hex, err) : ret;
}

static int rewrite_known_wheel(char ret_hex[SHA256_HEX], struct err *err)
{
    auto_str struct str bytes = STR_INIT;
    auto_close int in = memfd_create("known-wheel", MFD_CLOEXEC);
    auto_close int out = memfd_create("known-wheel", MFD_CLOEXEC);

    if (in < 0 || out < 0)
        return err_errno(err, errno, "cannot make a memory file");
    normal_known_wheel(&bytes);
    int ret = write_full(in, bytes.buf, bytes.len);
    return ret < 0 ? err_errno(err, -ret, "cannot write to memory")
                   : rewrite(in, out, ret_hex, err);
}

int normal_known_answer(struct err *err)
{
    auto_err struct err why = ERR_INIT;
    char hex[SHA256_HEX];
    int ret = rewrite_known_wheel(hex, &why);

    if (ret == 0 && strcmp(hex, normal_known_sha256) == 0)
        return 0;
    if (ret == 0)
        ret = err_set(err, ERR_ENVIRONMENT,
                      "libzip %s does not write the normal form: its known wheel has SHA-256 %s",
                      zip_libzip_version(), hex);
    else if (ret == -ERR_FORMAT)
        ret = err_set(err, ERR_ENVIRONMENT, "libzip %s cannot rewrite the known wheel: %s",
                      zip_libzip_version(), why.message);
    else
        err_move(err, &why);
    if (ret == -ERR_ENVIRONMENT)
        err_hint(err, "wheels would differ from those of other machines; libzip 1.7 to 1.12 are "
                      "known to agree");
    return ret;
}
