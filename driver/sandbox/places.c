/* Puts together what is shown and hidden, and drops what another place makes needless. */
#include "sandbox/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "sandbox/hide.h"
#include "sandbox/shown.h"

static void add(struct sandbox_places *places, enum sandbox_place_kind kind, const char *path,
                const char *from, enum mount_access access)
{
    VEC_GROW(places);
    places->items[places->count++] = (struct sandbox_place){
        .kind = kind, .path = xstrdup(path), .from = from ? xstrdup(from) : NULL, .access = access};
}

static void release_place(struct sandbox_place *place)
{
    free(place->path);
    free(place->from);
}

void sandbox_places_release(struct sandbox_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        release_place(&places->items[i]);
    free(places->items);
    *places = (struct sandbox_places){0};
}

static bool is_itself(const struct sandbox_place *place)
{
    return str_eq(place->path, place->from);
}

static void add_table(struct sandbox_places *places)
{
    struct sandbox_shown_list shown = {0};

    sandbox_list_shown(&shown);
    for (size_t i = 0; i < shown.count; i++) {
        const struct sandbox_shown *item = &shown.items[i];
        if (item->link)
            add(places, PLACE_LINK, item->path, item->link, MOUNT_RO);
        else
            add(places, PLACE_BASE, item->path, item->from, MOUNT_RO);
    }
    sandbox_shown_list_release(&shown);
}

/* At its own path, and at the one by which it was named, which may lead through links. */
static int add_bind(struct sandbox_places *places, const struct sandbox_bind *bind, struct err *err)
{
    enum mount_access access = bind->writable ? MOUNT_RW : MOUNT_RO;
    auto_free char *real = realpath(bind->path, NULL);

    if (!real)
        return err_errno(err, errno, "cannot show '%s'", bind->path);
    add(places, PLACE_BIND, real, real, access);
    if (strcmp(real, bind->path) != 0)
        add(places, PLACE_BIND, bind->path, real, access);
    return 0;
}

/* Where it would be seen by another name: below a bind whose path leads through links. */
static void add_hidden_by_other_names(struct sandbox_places *places, const char *hidden)
{
    for (size_t i = 0, count = places->count; i < count; i++) {
        const struct sandbox_place *place = &places->items[i];
        if (place->kind != PLACE_BIND || is_itself(place) || !path_is_below(hidden, place->from))
            continue;
        auto_free char *path = xasprintf("%s%s", place->path, hidden + strlen(place->from));
        add(places, PLACE_HIDDEN, path, NULL, MOUNT_RO);
    }
}

static void add_hidden(struct sandbox_places *places, const struct sandbox_spec *spec,
                       const struct sandbox_ids *ids)
{
    auto_strv struct strv hidden = STRV_INIT;

    sandbox_list_hidden(spec, ids, &hidden);
    for (size_t i = 0; i < hidden.count; i++) {
        add(places, PLACE_HIDDEN, hidden.items[i], NULL, MOUNT_RO);
        add_hidden_by_other_names(places, hidden.items[i]);
    }
}

/* By path, then by kind: of two at one path, what is bound by name counts, not what is hidden. */
static int compare(const void *a, const void *b)
{
    const struct sandbox_place *one = a, *other = b;
    int order = strcmp(one->path, other->path);

    return order ? order : (int)one->kind - (int)other->kind;
}

/* The place, of the first `count`, in which the path lies, itself included. */
static const struct sandbox_place *enclosing(const struct sandbox_places *places, size_t count,
                                             const char *path)
{
    for (size_t i = count; i > 0; i--)
        if (places->items[i - 1].kind != PLACE_LINK &&
            path_is_below(path, places->items[i - 1].path))
            return &places->items[i - 1];
    return NULL;
}

/* Whether the build sees the same without it. */
static bool is_needless(const struct sandbox_place *place, const struct sandbox_place *around)
{
    switch (place->kind) {
    case PLACE_BIND:
        return around && around->kind != PLACE_HIDDEN && around->access == place->access &&
               is_itself(around) && is_itself(place);
    case PLACE_HIDDEN:
        return !around || around->kind == PLACE_HIDDEN || str_eq(around->path, place->path);
    case PLACE_BASE:
    case PLACE_LINK:
    default:
        return false;
    }
}

static void sort_and_drop(struct sandbox_places *places)
{
    size_t kept = 0;

    if (places->count)
        qsort(places->items, places->count, sizeof(*places->items), compare);
    for (size_t i = 0; i < places->count; i++) {
        struct sandbox_place place = places->items[i];
        if (is_needless(&place, enclosing(places, kept, place.path)))
            release_place(&place);
        else
            places->items[kept++] = place;
    }
    places->count = kept;
}

int sandbox_list_places(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                        struct sandbox_places *ret_places, struct err *err)
{
    int ret = 0;

    add_table(ret_places);
    for (size_t i = 0; ret == 0 && i < spec->binds.count; i++)
        ret = add_bind(ret_places, &spec->binds.items[i], err);
    add_hidden(ret_places, spec, ids);
    sort_and_drop(ret_places);
    return ret;
}
