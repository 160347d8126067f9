/* `truewheel cache`: what outlives a run: seen, checked, made smaller, removed. */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/str.h"
#include "store/clean.h"
#include "commands/commands.h"

enum { WAIT_MS = 60 * 1000 };

struct cache_options {
    const char *max_size;
    const char *max_age;
    bool json;
    bool no_wait;
};

#define FIELD(name) offsetof(struct cache_options, name)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "max-size", max_size, "SIZE",
                 "gc: what may stay, such as 5G (default: TRUEWHEEL_CACHE_MAX_SIZE, see info)"),
    OPTION_VALUE(STRING, 0, "max-age", max_age, "DAYS",
                 "gc: how long since the last use (default: TRUEWHEEL_CACHE_MAX_AGE, see info)"),
    OPTION(FLAG, 0, "no-wait", no_wait, "gc, clear: fail at once while a run uses the store"),
    OPTION(FLAG, 0, "json", json, "info, list, verify: as JSON"),
};

/* What an action works with. */
struct cache {
    const struct cache_options *options;
    char *place;
    bool named;
    struct store store;
};

/* ------------------------------------------------------------------------------------- printing */

static void print_size(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
        value /= 1024;
        unit++;
    }
    (void)printf(unit ? "%8.1f %-3s" : "%8.0f %-3s", value, units[unit]);
}

static void print_time(int64_t when_s)
{
    time_t when = (time_t)when_s;
    struct tm day;
    char text[32];

    if (!gmtime_r(&when, &day) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &day))
        text[0] = '\0';
    (void)printf("  %s", text);
}

static json_t *item_to_json(const struct store_item *item)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", store_kind_name(item->kind), "digest",
                     item->digest, "name", item->name ? item->name : "", "bytes",
                     (json_int_t)item->bytes, "used", (json_int_t)item->used_s);
}

static void print_json(json_t *json)
{
    auto_free char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);

    (void)printf("%s\n", text ? text : "null");
    json_decref(json);
}

static void print_item(const struct store_item *item)
{
    auto_free char *name = xstrdup(item->name ? item->name : "(cannot be read)");

    str_make_printable(name, "");
    print_size(item->bytes);
    print_time(item->used_s);
    (void)printf("  %-6s  %.16s  %s\n", store_kind_name(item->kind), item->digest, name);
}

static void print_items(const struct cache *c, const struct store_items *items, bool only_damaged)
{
    json_t *list = json_array();

    for (size_t i = 0; i < items->count; i++) {
        const struct store_item *item = &items->items[i];
        if (only_damaged && !item->damaged)
            continue;
        if (c->options->json)
            (void)json_array_append_new(list, item_to_json(item));
        else
            print_item(item);
    }
    if (c->options->json)
        print_json(list);
    else
        json_decref(list);
}

/* -------------------------------------------------------------------------------------- actions */

static int find_bounds(const struct cache *c, struct store_bounds *ret_bounds, struct err *err)
{
    const struct cache_options *o = c->options;
    int days = 0, ret = store_bounds_default(&c->store, ret_bounds, err);

    if (ret == 0 && o->max_size && !parse_size(o->max_size, &ret_bounds->max_bytes))
        return err_set(err, ERR_USAGE, "--max-size wants a size such as 5G, not '%s'", o->max_size);
    if (ret == 0 && o->max_age && !parse_int(o->max_age, 0, 36500, &days))
        return err_set(err, ERR_USAGE, "--max-age wants a number of days, not '%s'", o->max_age);
    if (ret == 0 && o->max_age)
        ret_bounds->max_age_s = (int64_t)days * 24 * 60 * 60;
    return ret;
}

struct sum {
    size_t count;
    uint64_t bytes;
};

static int print_info(struct cache *c, struct err *err)
{
    struct sum sums[STORE_KIND_COUNT] = {0};
    struct store_bounds bounds;
    struct store_items items = {0};
    int ret = find_bounds(c, &bounds, err);

    if (ret == 0)
        ret = store_list(&c->store, &items, err);
    if (ret < 0)
        return ret;
    for (size_t i = 0; i < items.count; i++) {
        sums[items.items[i].kind].count++;
        sums[items.items[i].kind].bytes += items.items[i].bytes;
    }
    store_items_release(&items);
    if (c->options->json) {
        json_t *info = json_pack("{s:s, s:b, s:I, s:I}", "path", c->place, "writable",
                                 c->store.writable, "max_bytes", (json_int_t)bounds.max_bytes,
                                 "max_age_seconds", (json_int_t)bounds.max_age_s);
        for (int k = 0; k < STORE_KIND_COUNT; k++)
            (void)json_object_set_new(info, store_kind_name((enum store_kind)k),
                                      json_pack("{s:I, s:I}", "count", (json_int_t)sums[k].count,
                                                "bytes", (json_int_t)sums[k].bytes));
        print_json(info);
        return 0;
    }
    (void)printf("%s%s\n", c->place, c->store.writable ? "" : " (read only)");
    for (int k = 0; k < STORE_KIND_COUNT; k++) {
        print_size(sums[k].bytes);
        (void)printf("  %zu %s\n", sums[k].count, store_kind_name((enum store_kind)k));
    }
    (void)printf("bounds:");
    print_size(bounds.max_bytes);
    (void)printf(", %lld days since the last use\n",
                 (long long)(bounds.max_age_s / (24 * 60 * 60)));
    return 0;
}

static int print_list(struct cache *c, struct err *err)
{
    struct store_items items = {0};
    int ret = store_list(&c->store, &items, err);

    if (ret == 0)
        print_items(c, &items, false);
    store_items_release(&items);
    return ret;
}

static int verify(struct cache *c, struct err *err)
{
    struct store_items items = {0};
    size_t damaged = 0;
    int ret = store_verify(&c->store, &items, err);

    for (size_t i = 0; i < items.count; i++)
        damaged += items.items[i].damaged;
    if (ret == 0)
        print_items(c, &items, true);
    if (ret == 0 && damaged)
        ret = err_set(err, ERR_BUILD, "%zu of %zu entries are damaged; a run makes them anew",
                      damaged, items.count);
    else if (ret == 0 && !c->options->json)
        (void)printf("%zu entries, all whole\n", items.count);
    store_items_release(&items);
    return ret;
}

static void say_who(const char *holder, void *arg UNUSED)
{
    (void)fprintf(stderr, "truewheel: waiting for the store: in use by %s\n", holder);
}

static int claim(struct cache *c, struct err *err)
{
    struct lock_wait wait = {
        .deadline_ms = clock_ms() + WAIT_MS, .cancel_fd = -1, .on_wait = say_who};
    int ret = store_claim(&c->store, c->options->no_wait ? NULL : &wait, err);

    if (ret != -EAGAIN && ret != -ERR_TIMEOUT)
        return ret;
    err_release(err);
    ret = err_set(err, ERR_ENVIRONMENT, "the store '%s' is in use", c->place);
    err_hint(err, "nothing is removed under a run; try again when it is over");
    return ret;
}

static int shrink(struct cache *c, const struct store_bounds *bounds, struct err *err)
{
    struct store_change change = {0};
    int ret = claim(c, err);

    if (ret == 0)
        ret = store_shrink(&c->store, bounds, &change, err);
    if (ret < 0)
        return ret;
    (void)printf("removed %zu,", change.removed);
    print_size(change.removed_bytes);
    (void)printf("; kept %zu,", change.kept);
    print_size(change.kept_bytes);
    (void)printf("\n");
    return 0;
}

static int collect_garbage(struct cache *c, struct err *err)
{
    struct store_bounds bounds;
    int ret = find_bounds(c, &bounds, err);

    return ret == 0 ? shrink(c, &bounds, err) : ret;
}

static int clear(struct cache *c, struct err *err)
{
    const struct store_bounds nothing = {.max_bytes = 1, .max_age_s = 0};

    return shrink(c, &nothing, err);
}

static int print_dir(struct cache *c, struct err *err UNUSED)
{
    (void)printf("%s\n", c->place);
    return 0;
}

/* ---------------------------------------------------------------------------------- the command */

static const struct action {
    const char *name;
    int (*run)(struct cache *c, struct err *err);
    bool opens; /* the store, which makes it where there is none */
} actions[] = {
    {"dir", print_dir, false}, {"info", print_info, true},    {"list", print_list, true},
    {"verify", verify, true},  {"gc", collect_garbage, true}, {"clear", clear, true},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (str_eq(actions[i].name, name))
            return &actions[i];
    return NULL;
}

static int open_store(struct cache *c, struct err *err)
{
    const struct lock_wait wait = {
        .deadline_ms = clock_ms() + WAIT_MS, .cancel_fd = -1, .on_wait = say_who};

    return store_open(&c->store, c->place, c->named, &wait, err);
}

static int run_action(const struct action *action, const struct cache_options *o, struct err *err)
{
    struct cache c = {.options = o, .store = STORE_INIT};
    int ret = 0;

    c.place = store_place(NULL, &c.named);
    if (!c.place)
        ret = err_set(err, ERR_ENVIRONMENT,
                      "there is no home directory for a store: set "
                      "TRUEWHEEL_CACHE_DIR");
    if (ret == 0 && action->opens)
        ret = open_store(&c, err);
    if (ret == 0)
        ret = action->run(&c, err);
    store_close(&c.store);
    free(c.place);
    return ret;
}

static int run(void *opaque, int argc, char **argv)
{
    const struct action *action = argc == 1 ? find_action(argv[0]) : NULL;
    auto_err struct err err = ERR_INIT;

    if (!action) {
        (void)err_set(&err, ERR_USAGE, "cache wants one of dir, info, list, verify, gc, clear%s%s",
                      argc ? ", not " : "", argc ? argv[0] : "");
        return cmd_fail_usage(&cmd_cache, &err);
    }
    int ret = run_action(action, opaque, &err);
    return ret < 0 ? cmd_fail(&err) : EXIT_DONE;
}

const struct cmd cmd_cache = {
    .name = "cache",
    .arguments = "dir|info|list|verify|gc|clear",
    .summary = "Look at, check, bound or empty the store of wheels and build environments.",
    .about =
        "A run keeps what it built, by everything that its bytes depend on, and finds it again.\n"
        "The store is TRUEWHEEL_CACHE_DIR, else XDG_CACHE_HOME/truewheel, else ~/.cache/truewheel.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct cache_options),
    .run = run,
};
