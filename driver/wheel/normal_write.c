/* The normal form: which entries it has and in which order, and how libzip assembles them. */
#include "wheel/normal_write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "zip/zip_fd.h"
#include "wheel/normal_pack.h"

/* 1980-01-01 00:00:00, the first moment that a zip file knows. */
enum { DOS_TIME = 0, DOS_DATE = 33 };

struct rewrite {
    const struct wheel *wheel;
    char *record_name;
    struct record claims;
    struct pack pack;
};

static bool is_in(const char *name, const char *dir)
{
    size_t len = strlen(dir);

    return strncmp(name, dir, len) == 0 && name[len] == '/';
}

/* RECORD is made anew; signatures of the old one would no longer hold. */
static bool is_dropped(const struct rewrite *rewrite, const char *name)
{
    if (!is_in(name, rewrite->wheel->dist_info))
        return false;
    const char *rest = name + strlen(rewrite->wheel->dist_info) + 1;
    return strcmp(rest, "RECORD") == 0 || strcmp(rest, "RECORD.jws") == 0 ||
           strcmp(rest, "RECORD.p7s") == 0;
}

static int read_claims(struct rewrite *rewrite, struct err *err)
{
    auto_str struct str text = STR_INIT;
    bool there;
    int ret =
        wheel_zip_read_info(rewrite->wheel->zip, "RECORD", RECORD_MAX_BYTES, &text, &there, err);

    return ret == 0 && there ? record_parse(text.buf, text.len, &rewrite->claims, err) : ret;
}

static void add_item(struct rewrite *rewrite, const struct wheel_entry *entry, const char *name)
{
    struct pack_item *item = &rewrite->pack.items[rewrite->pack.count++];

    *item = (struct pack_item){
        .pack = &rewrite->pack,
        .entry = entry,
        .name = name,
        .claim = entry ? record_find(&rewrite->claims, name) : NULL,
        .packed = STR_INIT,
    };
}

/* Entries come sorted. Those of the .dist-info move behind the others, RECORD to the very end. */
static void plan_items(struct rewrite *rewrite)
{
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(rewrite->wheel->zip, &count);

    rewrite->pack.items = xcalloc(count + 1, sizeof(*rewrite->pack.items));
    for (int last = 0; last <= 1; last++)
        for (size_t i = 0; i < count; i++)
            if (is_in(entries[i].name, rewrite->wheel->dist_info) == (last == 1) &&
                !is_dropped(rewrite, entries[i].name))
                add_item(rewrite, &entries[i], entries[i].name);
    add_item(rewrite, NULL, rewrite->record_name);
}

static int plan_rewrite(struct rewrite *rewrite, bool trust_record, struct err *err)
{
    rewrite->record_name = xasprintf("%s/RECORD", rewrite->wheel->dist_info);
    int ret = trust_record ? 0 : read_claims(rewrite, err);
    if (ret == 0)
        plan_items(rewrite);
    return ret;
}

/*
 * Everything that libzip would otherwise take from its own version, the time zone or the clock is
 * set. Flags 0 for the name: with the UTF-8 flag, versions of libzip differ.
 */
static int add_to_archive(zip_t *out, struct pack_item *item)
{
    zip_uint32_t mode = S_IFREG | (item->entry && item->entry->executable ? 0755 : 0644);
    zip_source_t *source = pack_source(item, zip_get_error(out));

    if (!source)
        return -1;
    zip_int64_t index = zip_file_add(out, item->name, source, 0);
    if (index < 0) {
        zip_source_free(source);
        return -1;
    }
    zip_uint64_t at = (zip_uint64_t)index;
    if (item->entry && item->entry->size == 0 &&
        zip_set_file_compression(out, at, ZIP_CM_STORE, 0) < 0)
        return -1;
    if (zip_file_set_external_attributes(out, at, 0, ZIP_OPSYS_UNIX, mode << 16) < 0)
        return -1;
    return zip_file_set_dostime(out, at, DOS_TIME, DOS_DATE, 0);
}

static int fill_archive(zip_t *out, struct pack *pack)
{
    for (size_t i = 0; i < pack->count; i++)
        if (add_to_archive(out, &pack->items[i]) < 0)
            return -1;
    return zip_close(out); /* packs and writes */
}

static int write_archive(struct pack *pack, int out_fd, struct err *err)
{
    zip_error_t error;
    zip_t *out = NULL;

    zip_error_init(&error);
    zip_source_t *target = zip_fd_writer(out_fd, &error);
    if (target && !(out = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error)))
        zip_source_free(target);
    int ret = 0;
    if (!out) {
        ret = zip_fail(err, &error, "cannot write");
    } else if (fill_archive(out, pack) < 0) {
        ret = pack->err.code;
        if (ret < 0)
            err_move(err, &pack->err);
        else
            ret = zip_fail(err, zip_get_error(out), "cannot write");
        zip_discard(out);
    }
    zip_error_fini(&error);
    return ret;
}

int normal_write(const struct wheel *wheel, int out_fd, const struct normal_options *options,
                 size_t *ret_entries, struct err *err)
{
    struct rewrite rewrite = {.wheel = wheel};

    pack_init(&rewrite.pack, wheel->zip, options->memory_bytes, options->run, options->pool);
    int ret = plan_rewrite(&rewrite, options->trust_record, err);
    if (ret == 0)
        ret = write_archive(&rewrite.pack, out_fd, err);
    if (ret == 0)
        *ret_entries = rewrite.pack.count;
    pack_release(&rewrite.pack);
    record_release(&rewrite.claims);
    free(rewrite.record_name);
    return ret;
}
