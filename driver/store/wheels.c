/* Built wheels by the key that they were built from. */
#include "store/wheels.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/normal.h"

enum { MAX_ABOUT = 64 << 20, MAX_KEY = 16 << 20 };

static const char key_name[] = "key";
static const char about_name[] = "about.json";
static const char log_name[] = "log";

#define FIELD(kind_, member_)                                                                      \
    {                                                                                              \
        .name = #member_, .offset = offsetof(struct stored_wheel, member_), .kind = FIELD_##kind_, \
        .optional = true                                                                           \
    }

static const struct field fields[] = {
    FIELD(TEXT, file),      FIELD(TEXT, sha256),      FIELD(TEXT, project), FIELD(TEXT, version),
    FIELD(BYTES, metadata), FIELD(TEXT, crates),      FIELD(JSON, missing), FIELD(JSON, installed),
    FIELD(REAL, seconds),   FIELD(REAL, cpu_seconds), FIELD(BOOL, on_disk), FIELD(BOOL, sandboxed),
};

void stored_wheel_release(struct stored_wheel *wheel)
{
    fields_release(wheel, fields, ARRAY_SIZE(fields));
}

/* -------------------------------------------------------------------------------------- finding */

static int check_key(int entry, const struct key *key, struct err *err)
{
    auto_free char *expected = key_text(key);
    auto_str struct str text = STR_INIT;
    int ret = store_read_part(entry, key_name, MAX_KEY, &text, err);

    if (ret == 0 && strcmp(text.buf, expected) != 0)
        ret = err_set(err, ERR_FORMAT, "it is of another key");
    return ret;
}

static int read_about(int entry, struct stored_wheel *ret_wheel, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = store_read_part(entry, about_name, MAX_ABOUT, &text, err);

    if (ret < 0)
        return ret;
    json_t *json = json_loadb(text.buf, text.len, 0, NULL);
    ret = fields_read(json, ret_wheel, fields, ARRAY_SIZE(fields), err);
    json_decref(json);
    bool whole = ret_wheel->missing ||
                 (ret_wheel->file && ret_wheel->sha256 && ret_wheel->project && ret_wheel->version);
    if (ret == 0 && !whole)
        ret = err_set(err, ERR_FORMAT, "'%s' lacks a field", about_name);
    return ret;
}

static int open_wheel(int entry, const struct stored_wheel *wheel, int *ret_fd, struct err *err)
{
    char hex[SHA256_HEX];

    *ret_fd = -1;
    if (!wheel->file)
        return 0;
    if (!path_is_safe_member(wheel->file, strlen(wheel->file)) || strchr(wheel->file, '/'))
        return err_set(err, ERR_FORMAT, "'%s' is no name of a wheel", wheel->file);
    auto_close int fd = openat(entry, wheel->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", wheel->file);
    int ret = sha256_hex_fd(fd, hex, err);
    if (ret == 0 && strcmp(hex, wheel->sha256) != 0)
        ret = err_set(err, ERR_FORMAT, "'%s' has other bytes", wheel->file);
    if (ret == 0)
        *ret_fd = steal_fd(&fd);
    return ret;
}

static int read_entry(int entry, const struct key *key, struct stored_wheel *ret_wheel, int *ret_fd,
                      struct err *err)
{
    int ret = check_key(entry, key, err);

    if (ret == 0)
        ret = read_about(entry, ret_wheel, err);
    return ret == 0 ? open_wheel(entry, ret_wheel, ret_fd, err) : ret;
}

/* What is gone was cleaned away meanwhile; anything else that is wrong is damage. */
static int drop_damaged(struct store *store, const char digest[SHA256_HEX], const struct err *why)
{
    if (why->code != -ENOENT)
        log_warn("the stored wheel %.16s… is damaged (%s): it is built again", digest,
                 why->message);
    if (store->writable)
        (void)store_drop(store, STORE_WHEELS, digest,
                         NULL); /* else it is read, and refused, again */
    return -ENOENT;
}

int stored_wheel_find(struct store *store, const struct key *key, bool sandboxed,
                      struct stored_wheel *ret_wheel, int *ret_fd, struct err *err)
{
    auto_err struct err why = ERR_INIT;
    auto_close int entry = -1;
    char digest[SHA256_HEX];

    *ret_wheel = (struct stored_wheel){0};
    key_digest(key, digest);
    int ret = store_entry_open(store, STORE_WHEELS, digest, &entry, err);
    if (ret < 0)
        return ret;
    ret = read_entry(entry, key, ret_wheel, ret_fd, &why);
    if (ret == 0 && (ret_wheel->sandboxed || !sandboxed))
        return 0;
    stored_wheel_release(ret_wheel);
    if (ret < 0)
        return drop_damaged(store, digest, &why);
    close_fd(ret_fd);
    if (store->writable)
        (void)store_drop(store, STORE_WHEELS, digest,
                         NULL); /* else what is built now is not kept */
    return -ENOENT;
}

/* ------------------------------------------------------------------------------- as a whole */

char *stored_wheel_name(const struct store *store, const char digest[SHA256_HEX])
{
    struct stored_wheel wheel = {0};
    auto_close int entry = store_entry_look(store, STORE_WHEELS, digest);
    char *name = NULL;

    if (entry >= 0 && read_about(entry, &wheel, NULL) == 0)
        name = wheel.file ? xasprintf("%s %s", wheel.project, wheel.version)
                          : xstrdup("an answer about build requirements");
    stored_wheel_release(&wheel);
    return name;
}

static bool is_normal(int fd)
{
    struct normal_options options = {.trust_record = false};
    struct normal_result result = {0};
    auto_close int out = memfd_create("truewheel-verify", MFD_CLOEXEC);

    return out >= 0 && normal_form(fd, out, &options, &result, NULL) == 0 && !result.changed;
}

/* The key's text is what the entry is named by. */
static bool is_named_by_key(int entry, const char *digest)
{
    auto_str struct str text = STR_INIT;
    char hex[SHA256_HEX];

    if (store_read_part(entry, key_name, MAX_KEY, &text, NULL) < 0)
        return false;
    sha256_hex_of(text.buf, text.len, hex);
    return strcmp(hex, digest) == 0;
}

bool stored_wheel_is_whole(const struct store *store, const char digest[SHA256_HEX])
{
    struct stored_wheel wheel = {0};
    auto_close int entry = store_entry_look(store, STORE_WHEELS, digest);
    auto_close int fd = -1;

    if (entry < 0)
        return errno == ENOENT; /* gone meanwhile */
    bool whole = is_named_by_key(entry, digest) && read_about(entry, &wheel, NULL) == 0 &&
                 open_wheel(entry, &wheel, &fd, NULL) == 0 && (fd < 0 || is_normal(fd));
    stored_wheel_release(&wheel);
    return whole;
}

/* --------------------------------------------------------------------------------------- adding */

static int copy_part(int entry, const char *name, int from, struct err *err)
{
    auto_close int fd = openat(entry, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

    if (fd < 0)
        return err_errno(err, errno, "cannot create '%s'", name);
    if (lseek(from, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "cannot read '%s'", name);
    return copy_fd(from, fd, err);
}

static int fill_entry(int entry, const struct key *key, const struct stored_wheel *wheel,
                      int wheel_fd, int log_fd, struct err *err)
{
    auto_free char *text = key_text(key);
    json_t *json = fields_write(wheel, fields, ARRAY_SIZE(fields));
    auto_free char *about = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);

    json_decref(json);
    int ret = store_write_part(entry, key_name, text, err);
    if (ret == 0)
        ret = store_write_part(entry, about_name, about ? about : "null", err);
    if (ret == 0 && wheel_fd >= 0)
        ret = copy_part(entry, wheel->file, wheel_fd, err);
    if (ret == 0 && log_fd >= 0)
        ret = copy_part(entry, log_name, log_fd, err);
    return ret;
}

int stored_wheel_add(struct store *store, const struct key *key, const struct stored_wheel *wheel,
                     int wheel_fd, int log_fd, struct err *err)
{
    auto_free char *staged = NULL;
    auto_close int entry = -1;
    char digest[SHA256_HEX];
    int ret = store_stage(store, &staged, &entry, err);

    if (ret < 0)
        return ret;
    key_digest(key, digest);
    ret = fill_entry(entry, key, wheel, wheel_fd, log_fd, err);
    if (ret == 0)
        return store_publish(store, staged, STORE_WHEELS, digest, err);
    (void)remove_tree_at(AT_FDCWD, staged, NULL); /* else it goes with the staging area */
    return ret;
}
