/* The answers that earlier runs had. */
#include "store/runs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

enum { MAX_JSON = 256 << 20 };

static const char about_name[] = "about.json";
static const char report_name[] = "report.json";

static json_t *read_json(int dirfd, const char *name)
{
    auto_str struct str text = STR_INIT;

    if (store_read_part(dirfd, name, MAX_JSON, &text, NULL) < 0)
        return NULL;
    return json_loadb(text.buf, text.len, 0, NULL);
}

static int write_json(int dirfd, const char *name, const json_t *json, struct err *err)
{
    auto_free char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

    return store_write_part(dirfd, name, text ? text : "null", err);
}

/* -------------------------------------------------------------------------------------- answers */

int stored_run_find(struct store *store, const char digest[SHA256_HEX], json_t **ret_about,
                    struct err *err)
{
    auto_close int entry = -1;
    int ret = store_entry_open(store, STORE_RUNS, digest, &entry, err);

    if (ret < 0)
        return ret;
    *ret_about = read_json(entry, about_name);
    return *ret_about ? 0 : -ENOENT;
}

json_t *stored_run_report(struct store *store, const char digest[SHA256_HEX])
{
    auto_close int entry = store_entry_look(store, STORE_RUNS, digest);

    return entry < 0 ? NULL : read_json(entry, report_name);
}

int stored_run_put(struct store *store, const char digest[SHA256_HEX], const json_t *about,
                   const json_t *report, struct err *err)
{
    auto_free char *staged = NULL;
    auto_close int entry = -1;
    int ret = store_stage(store, &staged, &entry, err);

    if (ret < 0)
        return ret;
    ret = write_json(entry, about_name, about, err);
    if (ret == 0 && report)
        ret = write_json(entry, report_name, report, err);
    if (ret == 0)
        ret = store_drop(store, STORE_RUNS, digest, err);
    if (ret == 0)
        return store_publish(store, staged, STORE_RUNS, digest, err);
    (void)remove_tree_at(AT_FDCWD, staged, NULL); /* else it goes with the staging area */
    return ret;
}

char *stored_run_name(const struct store *store, const char digest[SHA256_HEX])
{
    auto_close int entry = store_entry_look(store, STORE_RUNS, digest);
    json_t *about = entry < 0 ? NULL : read_json(entry, about_name);
    char *name = about ? xasprintf("the answer to %s", json_text(about, "asked")) : NULL;

    json_decref(about);
    return name;
}

bool stored_run_is_whole(const struct store *store, const char digest[SHA256_HEX])
{
    auto_close int entry = store_entry_look(store, STORE_RUNS, digest);
    json_t *about = entry < 0 ? NULL : read_json(entry, about_name);
    bool whole = about ? json_is_object(about) : entry < 0 && errno == ENOENT;

    json_decref(about);
    return whole;
}

/* ---------------------------------------------------------------------------------------- notes */

json_t *store_read_note(const struct store *store, const char *name)
{
    return store->fd < 0 ? NULL : read_json(store->fd, name);
}

void store_write_note(const struct store *store, const char *name, const json_t *note)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *staged = xasprintf("%s/note-%s", store->staging.path, name);

    if (!store->writable)
        return;
    (void)unlink(staged); /* of an earlier attempt of this run */
    int ret = write_json(AT_FDCWD, staged, note, &err);
    if (ret == 0 && renameat(AT_FDCWD, staged, store->fd, name) < 0)
        ret = err_errno(&err, errno, "cannot publish '%s'", name);
    if (ret < 0)
        log_debug("the store's note '%s' was not written: %s", name, err.message);
}
