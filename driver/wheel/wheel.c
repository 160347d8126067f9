/* Opens a wheel: name, directory, METADATA and WHEEL, each read once. */
#include "wheel/wheel.h"

#include <stdlib.h>

#include "base/str.h"
#include "wheel/wheel_notes.h"

static int read_metadata(struct wheel *w, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = wheel_zip_read_info(w->zip, "METADATA", META_MAX_BYTES, &text, NULL, err);

    return ret < 0 ? ret : metadata_parse(text.buf, text.len, &w->metadata, err);
}

/* Resolvers go by METADATA, files are found by their names: pip refuses a wheel whose two differ. */
static int check_identity(const struct wheel *w, struct err *err)
{
    const struct metadata *m = &w->metadata;

    if (!w->name.dist || wheel_name_matches(&w->name, m->name, m->version))
        return 0;
    return err_set(err, ERR_FORMAT, "METADATA says '%.100s' '%.100s', which is not of that name",
                   m->name, m->version);
}

static int read_wheel_info(struct wheel *w, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = wheel_zip_read_info(w->zip, "WHEEL", META_MAX_BYTES, &text, NULL, err);

    return ret < 0 ? ret : wheel_info_parse(text.buf, text.len, &w->info, err);
}

/* pip installs what RECORD lists, and the specification demands it. */
static int check_record(const struct wheel *w, struct err *err)
{
    auto_free char *name = xasprintf("%s/RECORD", w->dist_info);

    if (wheel_zip_find(w->zip, name))
        return 0;
    int ret = err_set(err, ERR_FORMAT, "has no '%s'", name);
    err_hint(err, "no installer takes a wheel without RECORD, the list of its files: what made the "
                  "wheel has to write it");
    return ret;
}

static int check_dist_info(const struct wheel *w, struct err *err)
{
    if (!w->name.dist || wheel_name_owns_dist_info(&w->name, w->dist_info))
        return 0;
    return err_set(err, ERR_FORMAT, "holds '%s', which is not of that name", w->dist_info);
}

static void take_notes(struct wheel *w)
{
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(w->zip, &count);
    auto_free const char **names = xmalloc((count + 1) * sizeof(*names));

    for (size_t i = 0; i < count; i++)
        names[i] = entries[i].name;
    wheel_notes(names, count, &w->notes);
}

static int read_content(struct wheel *w, struct err *err)
{
    int ret = wheel_zip_open(w->fd, &w->zip, err);

    if (ret == 0)
        ret = wheel_zip_dist_info(w->zip, &w->dist_info, err);
    if (ret == 0)
        ret = check_dist_info(w, err);
    if (ret == 0)
        ret = read_metadata(w, err);
    if (ret == 0)
        ret = check_identity(w, err);
    if (ret == 0)
        ret = read_wheel_info(w, err);
    return ret == 0 ? check_record(w, err) : ret;
}

int wheel_open(int fd, const char *file_name, struct wheel *ret_wheel, struct err *err)
{
    auto_wheel struct wheel w = {.fd = fd};
    int ret = file_name ? wheel_name_parse(file_name, &w.name, err) : 0;

    if (ret == 0)
        ret = read_content(&w, err);
    if (ret < 0)
        return ret;
    take_notes(&w);
    *ret_wheel = w;
    w = (struct wheel)WHEEL_INIT;
    return 0;
}

void wheel_release(struct wheel *w)
{
    wheel_name_release(&w->name);
    wheel_zip_close(w->zip);
    metadata_release(&w->metadata);
    wheel_info_release(&w->info);
    strv_release(&w->notes);
    *w = (struct wheel)WHEEL_INIT;
}
