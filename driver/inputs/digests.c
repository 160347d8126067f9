/* Values computed from files, remembered by the files' stamps. */
#include "inputs/digests.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/vec.h"

struct digest_known {
    char *path;
    char *what;
    char *stamp;
    char *value;
};

static void forget(struct digest_known *known)
{
    free(known->path);
    free(known->what);
    free(known->stamp);
    free(known->value);
}

void digests_release(struct digests *d)
{
    for (size_t i = 0; i < d->count; i++)
        forget(&d->items[i]);
    free(d->items);
    *d = (struct digests)DIGESTS_INIT;
}

static char *stamp_of(const struct stat *st)
{
    return xasprintf("%llx %llx %o %lld %lld.%09ld %lld.%09ld", (unsigned long long)st->st_dev,
                     (unsigned long long)st->st_ino, (unsigned)st->st_mode, (long long)st->st_size,
                     (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                     (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static struct digest_known *find(const struct digests *d, const char *path, const char *what)
{
    for (size_t i = 0; i < d->count; i++)
        if (str_eq(d->items[i].path, path) && str_eq(d->items[i].what, what))
            return &d->items[i];
    return NULL;
}

const char *digests_get(const struct digests *d, const char *path, const char *what)
{
    const struct digest_known *known = find(d, path, what);
    struct stat st;

    if (!known || stat(path, &st) < 0)
        return NULL;
    auto_free char *stamp = stamp_of(&st);
    return str_eq(stamp, known->stamp) ? known->value : NULL;
}

/* A time to come is no measure either: the clock was set. */
static bool is_fresh(const struct stat *st)
{
    return clock_real_ns() - timespec_ns(&st->st_ctim) < CLOCK_TICK_NS;
}

void digests_put(struct digests *d, const char *path, const char *what, const struct stat *st,
                 const char *value)
{
    struct digest_known *known = find(d, path, what);
    auto_free char *before = stamp_of(st);
    struct stat now;

    if (stat(path, &now) < 0 || is_fresh(&now))
        return;
    auto_free char *stamp = stamp_of(&now);
    if (!str_eq(stamp, before))
        return;
    if (known) {
        forget(known);
    } else {
        VEC_GROW(d);
        known = &d->items[d->count++];
    }
    *known = (struct digest_known){.path = xstrdup(path),
                                   .what = xstrdup(what),
                                   .stamp = steal(&stamp),
                                   .value = xstrdup(value)};
    d->changed = true;
}

int digests_of_file(struct digests *d, const char *path, char ret_hex[SHA256_HEX], struct err *err)
{
    static const char what[] = "sha256";
    const char *known = d ? digests_get(d, path, what) : NULL;
    struct stat st;

    if (known && strlen(known) == SHA256_HEX - 1) {
        memcpy(ret_hex, known, SHA256_HEX);
        return 0;
    }
    bool there = d && stat(path, &st) == 0;
    int ret = sha256_hex_file(path, ret_hex, err);
    if (ret == 0 && there)
        digests_put(d, path, what, &st, ret_hex);
    return ret;
}

json_t *digests_to_json(const struct digests *d)
{
    json_t *array = json_array();

    for (size_t i = 0; i < d->count; i++) {
        const struct digest_known *known = &d->items[i];
        json_t *item = json_pack("{s:s, s:s, s:s, s:s}", "path", known->path, "what", known->what,
                                 "stamp", known->stamp, "value", known->value);
        if (item) /* a path that is not UTF-8 is looked at anew */
            (void)json_array_append_new(array, item);
    }
    return array;
}

void digests_from_json(const json_t *json, struct digests *ret_digests)
{
    const json_t *item;
    size_t i;

    *ret_digests = (struct digests)DIGESTS_INIT;
    json_array_foreach(json, i, item)
    {
        VEC_GROW(ret_digests);
        ret_digests->items[ret_digests->count++] =
            (struct digest_known){.path = xstrdup(json_text(item, "path")),
                                  .what = xstrdup(json_text(item, "what")),
                                  .stamp = xstrdup(json_text(item, "stamp")),
                                  .value = xstrdup(json_text(item, "value"))};
    }
}
