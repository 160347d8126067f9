/* What is known of yanked files. */
#include "index/yanks.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/path.h"

enum { MAX_BYTES = 64 << 20 };

/* NULL when there is none, or none that can be read: then nothing is known. */
static json_t *read_json(int dirfd, const char *path)
{
    auto_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    auto_str struct str text = STR_INIT;

    if (fd < 0 || read_all(fd, MAX_BYTES, &text, NULL) < 0)
        return NULL;
    return json_loadb(text.buf, text.len, 0, NULL);
}

static bool find_in_run(const struct run_record *record, struct shelf_file *file)
{
    for (size_t i = 0; record && i < record->wheels.count; i++) {
        const struct record_item *item = &record->wheels.items[i];
        if (!str_eq(item->file, file->name) || !str_eq(item->sha256, file->sha256))
            continue;
        file->yanked = item->yanked ? xstrdup(item->yanked) : NULL;
        return true;
    }
    return false;
}

static bool find_beside(const char *wheels, struct shelf_file *file)
{
    auto_free char *name = xasprintf("%s.build.json", file->name);
    auto_free char *path = path_join(wheels, name);
    json_t *record = read_json(AT_FDCWD, path);
    bool found = str_eq(json_text(json_object_get(record, "wheel"), "sha256"), file->sha256);
    const char *reason =
        json_string_value(json_object_get(json_object_get(record, "run"), "yanked"));

    if (found && reason)
        file->yanked = xstrdup(reason);
    json_decref(record);
    return found;
}

static void find_in_index(int old, struct shelf_file *file)
{
    json_t *page = old < 0 ? NULL : read_json(old, "index.json");
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(page, "files"), i, item)
    {
        const json_t *yanked = json_object_get(item, "yanked");
        if (!str_eq(json_text(item, "filename"), file->name) ||
            !str_eq(json_text(json_object_get(item, "hashes"), "sha256"), file->sha256) ||
            file->yanked)
            continue;
        if (json_is_string(yanked) || json_is_true(yanked))
            file->yanked = xstrdup(json_text(item, "yanked"));
    }
    json_decref(page);
}

void yanks_find(const struct run_record *record, const char *wheels, int old,
                struct shelf_file *file)
{
    if (!find_in_run(record, file) && !find_beside(wheels, file))
        find_in_index(old, file);
}
