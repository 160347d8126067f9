/* Dependencies of a wheel and of its extras, from METADATA, as names of targets. */
#include "wheel/wheel_deps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wheel/wheel_name.h"
#include "wheel/wheel_zip.h"

void wheel_deps_release(struct wheel_deps *deps)
{
    free(deps->name);
    free(deps->version);
    for (size_t i = 0; i < deps->requirements.count; i++)
        requirement_release(&deps->requirements.items[i]);
    free(deps->requirements.items);
    strv_release(&deps->extras);
    *deps = (struct wheel_deps)WHEEL_DEPS_INIT;
}

/* Extras become names of targets and text in Starlark files: what is no valid name is left out. */
static bool is_extra_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = strlen(text), plain = strspn(text, letters);

    for (size_t more = 1; plain && more; plain += more)
        more = strspn(text + plain, letters) + strspn(text + plain, "._-");
    return len > 0 && len <= 255 && plain == len;
}

/*
 * Wheels older than PEP 440 have version specifiers that no longer parse ("foo (>=1.0.*)"). The
 * resolver has chosen the versions already; name, extras and marker can be read without them.
 */
static int parse_requirement(struct requirement *r, const char *text, struct err *err)
{
    static const char of_versions[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "()<>=!~,.*+-_ \t";
    auto_err struct err why = ERR_INIT;
    int ret = requirement_parse(r, text, &why);

    if (ret == 0)
        return 0;
    size_t start = strcspn(text, "(<>=!~;@"), end = strcspn(text, ";");
    if (start < end && start + strspn(text + start, of_versions) == end) {
        auto_free char *without = xasprintf("%.*s%s", (int)start, text, text + end);
        if (requirement_parse(r, without, NULL) == 0)
            return 0;
    }
    err_move(err, &why);
    return ret;
}

static void take_extras(struct wheel_deps *deps, const struct strv *extras)
{
    auto_strv struct strv sorted = STRV_INIT;

    strv_extend(&sorted, extras);
    strv_sort(&sorted);
    for (size_t i = 0; i < sorted.count; i++)
        if (is_extra_name(sorted.items[i]) && !wheel_dist_in_list(&deps->extras, sorted.items[i]))
            strv_push(&deps->extras, sorted.items[i]);
}

static int take_requirements(struct wheel_deps *deps, const struct strv *texts, struct err *err)
{
    for (size_t i = 0; i < texts->count; i++) {
        VEC_GROW(&deps->requirements);
        int ret = parse_requirement(&deps->requirements.items[deps->requirements.count],
                                    texts->items[i], err);
        if (ret < 0)
            return ret;
        deps->requirements.count++;
    }
    return 0;
}

int wheel_deps_of(struct wheel_deps *deps, const struct metadata *metadata, struct err *err)
{
    *deps = (struct wheel_deps){
        .name = xstrdup(metadata->name),
        .version = xstrdup(metadata->version),
    };
    take_extras(deps, &metadata->provides_extra);
    int ret = take_requirements(deps, &metadata->requires_dist, err);
    if (ret == 0)
        return 0;
    wheel_deps_release(deps);
    return err_wrap(err, "METADATA");
}

static int read_metadata(struct wheel_zip *z, struct metadata *metadata, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = wheel_zip_read_info(z, "METADATA", META_MAX_BYTES, &text, NULL, err);

    return ret < 0 ? ret : metadata_parse(text.buf, text.len, metadata, err);
}

int wheel_deps_read(struct wheel_deps *deps, struct wheel_zip *z, struct err *err)
{
    auto_metadata struct metadata metadata = METADATA_INIT;
    int ret = read_metadata(z, &metadata, err);

    return ret < 0 ? ret : wheel_deps_of(deps, &metadata, err);
}

int wheel_deps_read_file(struct wheel_deps *deps, const char *path, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = wheel_zip_open(fd, &z, err);
    if (ret == 0)
        ret = wheel_deps_read(deps, z, err);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}

int wheel_deps_applies(const struct requirement *r, const struct marker_env *env,
                       const struct strv *extras, bool *ret_applies, struct err *err)
{
    *ret_applies = false;
    for (size_t i = 0; i < extras->count && !*ret_applies; i++) {
        int ret = requirement_applies(r, env, extras->items[i], ret_applies, err);
        if (ret < 0)
            return err_wrap(err, "requirement '%s'", r->name);
    }
    return 0;
}

/* Adds extras until none is new. It ends: METADATA names only so many. */
int wheel_deps_close_extras(const struct wheel_deps *deps, const struct marker_env *env,
                            struct strv *extras, struct err *err)
{
    size_t before;

    do {
        before = extras->count;
        for (size_t i = 0; i < deps->requirements.count; i++) {
            const struct requirement *r = &deps->requirements.items[i];
            bool applies;
            if (!r->extras.count || !wheel_dist_equal(r->name, deps->name))
                continue;
            int ret = wheel_deps_applies(r, env, extras, &applies, err);
            if (ret < 0)
                return ret;
            for (size_t k = 0; applies && k < r->extras.count; k++)
                if (!wheel_dist_in_list(extras, r->extras.items[k]))
                    strv_push(extras, r->extras.items[k]);
        }
    } while (extras->count > before);
    return 0;
}

static void add_targets(const struct requirement *r, struct strv *out)
{
    if (!r->extras.count)
        strv_push(out, r->name);
    for (size_t i = 0; i < r->extras.count; i++)
        strv_pushf(out, "%s[%s]", r->name, r->extras.items[i]);
}

/* All that applies with `extra`, what applies without any included, as targets in any order. */
static int collect(const struct wheel_deps *deps, const struct marker_env *env, const char *extra,
                   struct strv *out, struct err *err)
{
    auto_strv struct strv extras = STRV_INIT;

    strv_push(&extras, "");
    if (extra[0])
        strv_push(&extras, extra);
    int ret = wheel_deps_close_extras(deps, env, &extras, err);
    for (size_t i = 0; i < deps->requirements.count && ret == 0; i++) {
        const struct requirement *r = &deps->requirements.items[i];
        bool applies = false;
        if (!wheel_dist_equal(r->name, deps->name))
            ret = wheel_deps_applies(r, env, &extras, &applies, err);
        if (applies)
            add_targets(r, out);
    }
    return ret;
}

int wheel_deps_list(const struct wheel_deps *deps, const struct marker_env *env, const char *extra,
                    struct strv *out, struct err *err)
{
    auto_strv struct strv all = STRV_INIT, without = STRV_INIT;

    int ret = collect(deps, env, extra, &all, err);
    if (ret == 0 && extra[0])
        ret = collect(deps, env, "", &without, err);
    if (ret < 0)
        return ret;
    strv_sort(&all);
    for (size_t i = 0; i < all.count; i++)
        if (!wheel_dist_in_list(&without, all.items[i]) && !wheel_dist_in_list(out, all.items[i]))
            strv_push(out, all.items[i]);
    return 0;
}
