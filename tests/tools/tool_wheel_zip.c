/*
 * Zip archives as the driver reads wheels: one JSON object {"zip": hex digits} a line on stdin, one
 * value a line on stdout: {"error": message}, or {name: [size, crc, SHA-256]} of every file in it. With
 * "dist-info": true, the name of the .dist-info directory instead.
 */
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sha256.h"
#include "tool.h"
#include "wheel/wheel_zip.h"

static int hash_piece(void *arg, const void *bytes, size_t len, struct err *err UNUSED)
{
    sha256_update(arg, bytes, len);
    return 0;
}

static int add_entry(struct wheel_zip *z, const struct wheel_entry *entry, json_t *out,
                     struct err *err)
{
    uint8_t digest[SHA256_BYTES];
    char hex[SHA256_HEX];
    struct sha256 *hash = sha256_new();
    int ret = wheel_zip_stream(z, entry, hash_piece, hash, err);

    sha256_final(hash, digest);
    hex_encode(digest, sizeof(digest), hex);
    if (ret == 0 && json_object_set_new(out, entry->name,
                                        json_pack("[I, I, s]", (json_int_t)entry->size,
                                                  (json_int_t)entry->crc, hex)) < 0)
        ret = err_set(err, ERR_FORMAT, "a name is not UTF-8");
    return ret;
}

static int read_zip(int fd, json_t *out, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    size_t count = 0;
    int ret = wheel_zip_open(fd, &z, err);
    const struct wheel_entry *entries = ret == 0 ? wheel_zip_entries(z, &count) : NULL;

    for (size_t i = 0; i < count && ret == 0; i++)
        ret = add_entry(z, &entries[i], out, err);
    return ret;
}

static int read_dist_info(int fd, json_t **ret_name, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    const char *dir;
    int ret = wheel_zip_open(fd, &z, err);

    if (ret == 0)
        ret = wheel_zip_dist_info(z, &dir, err);
    if (ret == 0)
        *ret_name = json_string(dir);
    return ret;
}

static unsigned nibble(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static int memory_file(const char *hex)
{
    int fd = memfd_create("zip", MFD_CLOEXEC);
    auto_str struct str bytes = STR_INIT;

    for (; hex[0] && hex[1]; hex += 2)
        str_addch(&bytes, (char)(uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
    if (fd < 0 || write_full(fd, bytes.buf, bytes.len) < 0)
        BUG("no memory file");
    return fd;
}

static json_t *answer(const json_t *request)
{
    const char *hex = json_string_value(json_object_get(request, "zip"));
    auto_err struct err err = ERR_INIT;
    auto_close int fd = memory_file(hex ? hex : "");
    json_t *out = NULL;
    int ret;

    if (json_is_true(json_object_get(request, "dist-info"))) {
        ret = read_dist_info(fd, &out, &err);
    } else {
        out = json_object();
        ret = read_zip(fd, out, &err);
    }
    if (ret == 0)
        return out;
    json_decref(out);
    return json_pack("{s:s}", "error", err.message);
}

static int run(int argc UNUSED, char **argv UNUSED)
{
    return tool_answer_lines(answer);
}

const struct tool tool_wheel_zip = {"wheel-zip", run};
