/* Reads a wheel's directory, refuses what a wheel may not have, and finds entries. */
#include "wheel/wheel_zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "zip/zip_fd.h"
#include "zip/zip_layout.h"
#include "wheel/wheel_headers.h"

struct wheel_zip {
    int fd; /* borrowed */
    zip_t *zip;
    struct zip_layout layout;
    struct wheel_entry *entries; /* bytewise by name; names point into zip */
    size_t count;
    struct strv dirs; /* names of directory entries, without their slash */
    uint64_t unpacked;
    char *dist_info;     /* NULL until found */
    struct codec *codec; /* made when first needed */
};

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct wheel_entry *)a)->name, ((const struct wheel_entry *)b)->name);
}

const struct wheel_entry *wheel_zip_find(const struct wheel_zip *z, const char *name)
{
    struct wheel_entry key = {.name = name};

    return z->count ? bsearch(&key, z->entries, z->count, sizeof(key), compare_entries) : NULL;
}

/* The upper half of the external attributes is a Unix mode, which says what kind of file it is. */
static int check_mode(uint32_t attributes, bool is_dir, const char *name, bool *ret_executable,
                      struct err *err)
{
    mode_t mode = attributes >> 16;
    mode_t type = mode & S_IFMT;

    if (type && !S_ISREG(mode) && !(is_dir && S_ISDIR(mode)))
        return err_set(err, ERR_FORMAT, "'%s' is a %s", name,
                       S_ISLNK(mode) ? "symbolic link" : "special file");
    *ret_executable = mode & (S_IXUSR | S_IXGRP | S_IXOTH);
    return 0;
}

/* libzip and zip_layout read the same bytes; what one of them reads differently is refused. */
static bool readings_agree(const struct wheel_zip *z, const zip_stat_t *st,
                           const struct zip_span *span)
{
    const char *name = zip_get_name(z->zip, st->index, ZIP_FL_ENC_RAW);

    return name && strlen(name) == span->name_len &&
           memcmp(name, z->layout.directory + span->name_at, span->name_len) == 0 &&
           (st->valid & ZIP_STAT_SIZE) && st->size == span->size &&
           st->comp_size == span->packed_size && st->crc == span->crc &&
           st->comp_method == span->method;
}

static int no_bytes(void *arg, const void *bytes, size_t len, struct err *err)
{
    (void)arg;
    (void)bytes;
    return len ? err_set(err, ERR_FORMAT, "has content") : 0;
}

/* Nobody unpacks a directory, but who reads it must find nothing, and no damage. */
static int check_directory(struct wheel_zip *z, const struct wheel_entry *entry, struct err *err)
{
    if (entry->size)
        return err_set(err, ERR_FORMAT, "directory '%s' has content", entry->name);
    return wheel_zip_stream(z, entry, no_bytes, NULL, err);
}

static int add_entry(struct wheel_zip *z, const zip_stat_t *st, const struct zip_span *span,
                     struct err *err)
{
    size_t len = strlen(st->name);
    bool is_dir = st->name[len - 1] == '/';
    struct wheel_entry *entry = &z->entries[z->count];

    *entry = (struct wheel_entry){.name = st->name,
                                  .size = span->size,
                                  .packed_size = span->packed_size,
                                  .packed_at = span->data_at,
                                  .crc = span->crc,
                                  .method = span->method,
                                  .flags = span->flags};
    int ret = check_mode(span->attributes, is_dir, st->name, &entry->executable, err);
    if (ret < 0)
        return ret;
    if (!is_dir) {
        z->count++;
        return 0;
    }
    strv_push_owned(&z->dirs, xstrndup(st->name, len - 1));
    return check_directory(z, entry, err);
}

static int read_entry(struct wheel_zip *z, uint64_t index, struct err *err)
{
    const struct zip_span *span = &z->layout.spans[index];
    zip_stat_t st;

    /* STRICT is what Python does too: UTF-8 where the flag says so, else code page 437. */
    if (zip_stat_index(z->zip, index, ZIP_FL_ENC_STRICT, &st) < 0)
        return zip_fail(err, zip_get_error(z->zip), "an entry cannot be read");
    /* Both forms: libzip's code page 437 turns control bytes into pictures, Python's does not. */
    int ret = wheel_check_name(st.name, strlen(st.name), true, err);
    if (ret == 0 && !readings_agree(z, &st, span))
        ret = err_set(err, ERR_FORMAT, "'%s' can be read in two ways", st.name);
    return ret < 0 ? ret : add_entry(z, &st, span, err);
}

/* The file that has a parent directory of `name` as its name, or NULL. */
static const char *file_above(const struct wheel_zip *z, const char *name)
{
    char parent[4097]; /* path_is_safe_member's limit */

    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - name);
        memcpy(parent, name, len);
        parent[len] = '\0';
        const struct wheel_entry *found = wheel_zip_find(z, parent);
        if (found)
            return found->name;
    }
    return NULL;
}

static int refuse_twice(const char *name, struct err *err)
{
    int ret = err_set(err, ERR_FORMAT, "'%s' is there twice", name);

    err_hint(err,
             "two rules of the project's configuration bring it (such as a package and a list of "
             "files): let one of them; PyPI refuses the wheel as well");
    return ret;
}

static int check_names(const struct wheel_zip *z, struct err *err)
{
    const char *file = NULL;

    for (size_t i = 1; i < z->count; i++)
        if (compare_entries(&z->entries[i - 1], &z->entries[i]) == 0)
            return refuse_twice(z->entries[i].name, err);
    for (size_t i = 0; i < z->count && !file; i++)
        file = file_above(z, z->entries[i].name);
    for (size_t i = 0; i < z->dirs.count && !file; i++)
        file = wheel_zip_find(z, z->dirs.items[i]) ? z->dirs.items[i]
                                                   : file_above(z, z->dirs.items[i]);
    return file ? err_set(err, ERR_FORMAT, "'%s' is a file and a directory", file) : 0;
}

static int check_sizes(struct wheel_zip *z, struct err *err)
{
    uint64_t packed = 0;

    for (size_t i = 0; i < z->count; i++) {
        /* Neither sum overflows: the limit stops the first, the file's size the second. */
        if (z->entries[i].size > WHEEL_MAX_UNPACKED)
            return err_set(err, ERR_FORMAT, "'%s' is too large", z->entries[i].name);
        z->unpacked += z->entries[i].size;
        packed += z->entries[i].packed_size;
        if (z->unpacked > WHEEL_MAX_UNPACKED)
            return err_set(err, ERR_FORMAT, "unpacks to more than %" PRIu64 " bytes",
                           WHEEL_MAX_UNPACKED);
    }
    if (z->unpacked > WHEEL_RATIO_FREE && z->unpacked / WHEEL_MAX_RATIO > packed)
        return err_set(err, ERR_FORMAT, "unpacks to more than %d times its size", WHEEL_MAX_RATIO);
    return 0;
}

static int read_entries(struct wheel_zip *z, struct err *err)
{
    zip_int64_t count = zip_get_num_entries(z->zip, 0);

    if (count < 0 || (uint64_t)count != z->layout.count)
        return err_set(err, ERR_FORMAT,
                       "not a plain zip archive: its directory can be read in two ways");
    z->entries = xcalloc((size_t)count + 1, sizeof(*z->entries));
    for (uint64_t i = 0; i < (uint64_t)count; i++) {
        int ret = read_entry(z, i, err);
        if (ret < 0)
            return ret;
    }
    if (z->count > 1)
        qsort(z->entries, z->count, sizeof(*z->entries), compare_entries);
    int ret = check_names(z, err);
    return ret < 0 ? ret : check_sizes(z, err);
}

static int open_archive(struct wheel_zip *z, struct err *err)
{
    zip_error_t error;
    int ret = 0;

    zip_error_init(&error);
    zip_source_t *source = zip_fd_reader(z->fd, &error);
    if (source && !(z->zip = zip_open_from_source(source, ZIP_RDONLY, &error)))
        zip_source_free(source);
    if (!z->zip)
        ret = zip_fail(err, &error, "not a zip archive");
    zip_error_fini(&error);
    return ret;
}

int wheel_zip_open(int fd, struct wheel_zip **ret_zip, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = xcalloc(1, sizeof(*z));

    z->fd = fd;
    int ret = zip_layout_read(fd, WHEEL_MAX_ENTRIES, &z->layout, err);
    if (ret == 0)
        ret = wheel_check_headers(&z->layout, err);
    if (ret == 0)
        ret = open_archive(z, err);
    if (ret == 0)
        ret = read_entries(z, err);
    if (ret == 0)
        *ret_zip = steal(&z);
    return ret;
}

void wheel_zip_close(struct wheel_zip *z)
{
    if (!z)
        return;
    if (z->zip)
        zip_discard(z->zip);
    zip_layout_release(&z->layout);
    codec_free(z->codec);
    free(z->entries);
    strv_release(&z->dirs);
    free(z->dist_info);
    free(z);
}

void wheel_zip_closep(struct wheel_zip **z)
{
    wheel_zip_close(*z);
    *z = NULL;
}

const struct wheel_entry *wheel_zip_entries(const struct wheel_zip *z, size_t *ret_count)
{
    *ret_count = z->count;
    return z->entries;
}

int wheel_zip_fd(const struct wheel_zip *z)
{
    return z->fd;
}

uint64_t wheel_zip_unpacked_size(const struct wheel_zip *z)
{
    return z->unpacked;
}

/* The length of the name's first part when that is "*.dist-info", else 0. */
static size_t dist_info_length(const char *name)
{
    static const char suffix[] = ".dist-info";
    const size_t suffix_len = sizeof(suffix) - 1;
    size_t len = strcspn(name, "/");

    return len >= suffix_len && memcmp(name + len - suffix_len, suffix, suffix_len) == 0 ? len : 0;
}

struct found {
    const char *name;
    size_t len;
};

static int note_dist_info(struct found *found, const char *name, struct err *err)
{
    size_t len = dist_info_length(name);

    if (!len || (found->name && len == found->len && memcmp(found->name, name, len) == 0))
        return 0;
    if (found->name)
        return err_set(err, ERR_FORMAT, "has two .dist-info directories, '%.*s' and '%.*s'",
                       (int)found->len, found->name, (int)len, name);
    *found = (struct found){name, len};
    return 0;
}

/* As pip looks for it: files of that name and empty directories count. */
static int find_dist_info(struct wheel_zip *z, struct err *err)
{
    struct found found = {0};
    int ret = 0;

    for (size_t i = 0; i < z->count && ret == 0; i++)
        ret = note_dist_info(&found, z->entries[i].name, err);
    for (size_t i = 0; i < z->dirs.count && ret == 0; i++)
        ret = note_dist_info(&found, z->dirs.items[i], err);
    if (ret < 0)
        return ret;
    if (!found.name || found.name[found.len] != '/' || found.name[0] == '.')
        return err_set(err, ERR_FORMAT, "has no .dist-info directory");
    z->dist_info = xstrndup(found.name, found.len);
    return 0;
}

int wheel_zip_dist_info(struct wheel_zip *z, const char **ret_dir, struct err *err)
{
    int ret = z->dist_info ? 0 : find_dist_info(z, err);

    if (ret == 0)
        *ret_dir = z->dist_info;
    return ret;
}

int wheel_zip_unpack(const struct wheel_zip *z, const struct wheel_entry *entry,
                     struct codec *codec, bytes_sink sink, void *arg, struct err *err)
{
    struct wheel_reader r;
    int ret = 0;

    wheel_reader_start(&r, z->fd, entry, codec, sink, arg);
    while (ret == 0 && !r.done)
        ret = wheel_reader_step(&r, err);
    wheel_reader_release(&r);
    return ret;
}

int wheel_zip_stream(struct wheel_zip *z, const struct wheel_entry *entry, bytes_sink sink,
                     void *arg, struct err *err)
{
    if (!z->codec)
        z->codec = codec_new();
    return wheel_zip_unpack(z, entry, z->codec, sink, arg, err);
}

static int append_bytes(void *arg, const void *bytes, size_t len, struct err *err)
{
    (void)err;
    str_append(arg, bytes, len);
    return 0;
}

int wheel_zip_read(struct wheel_zip *z, const struct wheel_entry *entry, size_t max,
                   struct str *out, struct err *err)
{
    if (entry->size > max)
        return err_set(err, ERR_FORMAT, "'%s' is larger than %zu bytes", entry->name, max);
    return wheel_zip_stream(z, entry, append_bytes, out, err);
}

static int hash_bytes(void *arg, const void *bytes, size_t len, struct err *err)
{
    (void)err;
    sha256_update(arg, bytes, len);
    return 0;
}

int wheel_zip_sha256(struct wheel_zip *z, const struct wheel_entry *entry,
                     uint8_t ret_digest[SHA256_BYTES], struct err *err)
{
    struct sha256 *hash = sha256_new();
    int ret = wheel_zip_stream(z, entry, hash_bytes, hash, err);

    sha256_final(hash, ret_digest);
    return ret;
}

int wheel_zip_read_info(struct wheel_zip *z, const char *file, size_t max, struct str *out,
                        bool *ret_there, struct err *err)
{
    const char *dir = NULL;
    int ret = wheel_zip_dist_info(z, &dir, err);

    if (ret_there)
        *ret_there = false;
    if (ret < 0)
        return ret;
    auto_free char *name = xasprintf("%s/%s", dir, file);
    const struct wheel_entry *entry = wheel_zip_find(z, name);
    if (!entry && !ret_there)
        return err_set(err, ERR_FORMAT, "has no '%s'", name);
    if (ret_there)
        *ret_there = entry != NULL;
    return entry ? wheel_zip_read(z, entry, max, out, err) : 0;
}
