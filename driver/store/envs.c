/* Build environments by the digest of their content. */
#include "store/envs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/tmp.h"
#include "system/tree_digest.h"

enum { MAX_ABOUT = 16 << 20 };

static const char tree_name[] = "tree";
static const char about_name[] = "about.json";

struct about {
    char *tree; /* digest of the tree */
    char *boot; /* in which it was made, or last compared */
    json_t *wheels;
    double size; /* bytes on disk */
};

#define FIELD(kind_, member_)                                                                      \
    {                                                                                              \
        .name = #member_, .offset = offsetof(struct about, member_), .kind = FIELD_##kind_         \
    }

static const struct field fields[] = {FIELD(TEXT, tree), FIELD(TEXT, boot), FIELD(JSON, wheels),
                                      FIELD(REAL, size)};

static void about_release(struct about *about)
{
    fields_release(about, fields, ARRAY_SIZE(fields));
}
#define auto_about __attribute__((cleanup(about_release)))

void stored_env_release(struct stored_env *env)
{
    free(env->path);
    json_decref(env->wheels);
    *env = (struct stored_env){0};
}

/* random(4): one value a boot. Empty where there is none, and then never believed. */
static char *boot_id(void)
{
    auto_str struct str text = STR_INIT;

    if (read_file("/proc/sys/kernel/random/boot_id", 256, &text, NULL) < 0)
        return xstrdup("");
    return xstrndup(text.buf, strcspn(text.buf, "\n"));
}

/* -------------------------------------------------------------------------------------- finding */

static int read_about(int entry, struct about *ret_about, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = store_read_part(entry, about_name, MAX_ABOUT, &text, err);

    if (ret < 0)
        return ret;
    json_t *json = json_loadb(text.buf, text.len, 0, NULL);
    ret = fields_read(json, ret_about, fields, ARRAY_SIZE(fields), err);
    json_decref(json);
    return ret;
}

/* Not synced: what another boot finds is compared with the tree in any case. */
static int write_about(int entry, const struct about *about, struct err *err)
{
    json_t *json = fields_write(about, fields, ARRAY_SIZE(fields));
    auto_free char *text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);
    struct tmp_file tmp = TMP_FILE_INIT;

    json_decref(json);
    int ret = tmp_file_create(entry, &tmp, err);
    if (ret == 0 && (ret = write_full(tmp.fd, text, strlen(text))) < 0)
        ret = err_errno(err, -ret, "cannot write '%s'", about_name);
    if (ret == 0)
        ret = tmp_file_rename(&tmp, about_name, err);
    tmp_file_release(&tmp);
    return ret;
}

/* The machine was started anew since, and may have lost what was not yet on disk. */
static int check_tree(const struct store *store, int entry, struct about *about, struct err *err)
{
    auto_free char *boot = boot_id();
    char hex[SHA256_HEX];

    if (boot[0] && strcmp(boot, about->boot) == 0)
        return 0;
    int ret = tree_digest(entry, tree_name, hex, err);
    if (ret == 0 && strcmp(hex, about->tree) != 0)
        ret = err_set(err, ERR_FORMAT, "it holds something else than was put there");
    if (ret < 0 || !store->writable)
        return ret;
    free(about->boot);
    about->boot = steal(&boot);
    (void)write_about(entry, about, NULL); /* else it is compared again */
    return 0;
}

static int drop_damaged(struct store *store, const char digest[SHA256_HEX], const struct err *why)
{
    if (why->code != -ENOENT)
        log_warn("the stored build environment %.16s… is damaged (%s): it is made again", digest,
                 why->message);
    if (store->writable)
        (void)store_drop(store, STORE_ENVS, digest, NULL);
    return -ENOENT;
}

static char *entry_path(const struct store *store, const char digest[SHA256_HEX])
{
    auto_free char *name = store_entry_name(STORE_ENVS, digest);

    return path_join(store->path, name);
}

int stored_env_find(struct store *store, const char digest[SHA256_HEX], struct stored_env *ret_env,
                    struct err *err)
{
    auto_about struct about about = {0};
    auto_err struct err why = ERR_INIT;
    auto_close int entry = -1;
    int ret = store_entry_open(store, STORE_ENVS, digest, &entry, err);

    if (ret < 0)
        return ret;
    auto_free char *path = entry_path(store, digest);
    ret = read_about(entry, &about, &why);
    if (ret == 0)
        ret = check_tree(store, entry, &about, &why);
    if (ret < 0)
        return drop_damaged(store, digest, &why);
    *ret_env =
        (struct stored_env){.path = path_join(path, tree_name), .wheels = steal(&about.wheels)};
    return 0;
}

/* ------------------------------------------------------------------------------- as a whole */

char *stored_env_name(const struct store *store, const char digest[SHA256_HEX])
{
    auto_about struct about about = {0};
    auto_close int entry = store_entry_look(store, STORE_ENVS, digest);
    struct str name = STR_INIT;
    const json_t *wheel;
    size_t i;

    if (entry < 0 || read_about(entry, &about, NULL) < 0)
        return NULL;
    str_add(&name, "environment (");
    json_array_foreach(about.wheels, i, wheel)
        str_addf(&name, "%s%s", i ? ", " : "", json_text(wheel, "name"));
    str_addch(&name, ')');
    return str_detach(&name);
}

uint64_t stored_env_bytes(const struct store *store, const char digest[SHA256_HEX])
{
    auto_about struct about about = {0};
    auto_close int entry = store_entry_look(store, STORE_ENVS, digest);

    return entry >= 0 && read_about(entry, &about, NULL) == 0 ? (uint64_t)about.size : 0;
}

bool stored_env_is_whole(const struct store *store, const char digest[SHA256_HEX])
{
    auto_about struct about about = {0};
    auto_close int entry = store_entry_look(store, STORE_ENVS, digest);
    char hex[SHA256_HEX];

    if (entry < 0)
        return errno == ENOENT; /* gone meanwhile */
    return read_about(entry, &about, NULL) == 0 && tree_digest(entry, tree_name, hex, NULL) == 0 &&
           strcmp(hex, about.tree) == 0;
}

/* --------------------------------------------------------------------------------------- adding */

int stored_env_stage(struct store *store, char **ret_staged, char **ret_tree, struct err *err)
{
    auto_free char *staged = NULL;
    auto_close int fd = -1;
    int ret = store_stage(store, &staged, &fd, err);

    if (ret < 0)
        return ret;
    if (mkdirat(fd, tree_name, 0755) < 0)
        return err_errno(err, errno, "cannot create '%s/%s'", staged, tree_name);
    auto_free char *tree = path_join(staged, tree_name);
    if (chmod(tree, 0755) < 0) /* whatever the umask is */
        return err_errno(err, errno, "cannot open '%s' to builds", tree);
    *ret_tree = steal(&tree);
    *ret_staged = steal(&staged);
    return 0;
}

static int seal(const char *staged, const json_t *wheels, struct err *err)
{
    auto_about struct about about = {.boot = boot_id(), .wheels = json_incref((json_t *)wheels)};
    auto_close int fd = open(staged, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char hex[SHA256_HEX];

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", staged);
    int ret = tree_digest(fd, tree_name, hex, err);
    if (ret < 0)
        return ret;
    about.tree = xstrdup(hex);
    about.size = (double)tree_size(fd, tree_name);
    return write_about(fd, &about, err);
}

int stored_env_add(struct store *store, const char *staged, const char digest[SHA256_HEX],
                   const json_t *wheels, struct stored_env *ret_env, struct err *err)
{
    int ret = seal(staged, wheels, err);

    if (ret < 0) {
        (void)remove_tree_at(AT_FDCWD, staged, NULL); /* else it goes with the staging area */
        return ret;
    }
    ret = store_publish(store, staged, STORE_ENVS, digest, err);
    if (ret < 0)
        return ret;
    ret = stored_env_find(store, digest, ret_env, err);
    return ret == -ENOENT ? err_set(err, ENOENT, "the store lost what was just put there") : ret;
}
