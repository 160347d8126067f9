/* Delivered wheels, and which of them need which. */
#include "record/house.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "wheel/marker.h"
#include "wheel/wheel_name.h"
#include "wheel/wheel_zip.h"

/* ------------------------------------------------------------------------------------- reading */

/* The requirements are read apart: what is wrong with one is no reason to have no licence. */
static int take_metadata(struct house_wheel *wheel, const struct str *text, struct err *err)
{
    auto_metadata struct metadata metadata = METADATA_INIT;
    int ret = meta_fields_parse(text->buf, text->len, &wheel->metadata, err);

    if (ret == 0)
        ret = metadata_parse(text->buf, text->len, &metadata, err);
    if (ret == 0 && wheel_deps_of(&wheel->deps, &metadata, NULL) < 0)
        wheel->known = HOUSE_UNKNOWN;
    return ret;
}

static int read_wheel(struct house_wheel *wheel, const char *dir, struct err *err)
{
    auto_free char *path = path_join(dir, wheel->item->file);
    auto_wheel_zip struct wheel_zip *zip = NULL;
    auto_str struct str text = STR_INIT;
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = wheel_zip_open(fd, &zip, err);
    if (ret == 0)
        ret = wheel_zip_read_info(zip, "METADATA", META_MAX_BYTES, &text, NULL, err);
    if (ret == 0)
        ret = take_metadata(wheel, &text, err);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}

static void ask_for(struct house_wheel *wheel, const struct record_item *item)
{
    const json_t *extra;
    size_t i;

    strv_push(&wheel->extras, "");
    json_array_foreach(item->extras, i, extra)
    {
        if (json_is_string(extra))
            strv_push(&wheel->extras, json_string_value(extra));
    }
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct house_wheel *)a)->item->file,
                  ((const struct house_wheel *)b)->item->file);
}

/* --------------------------------------------------------------------------------- requirements */

/*
 * What the record says of the interpreter is what markers ask for, but for the version of the machine's
 * kernel, which no wheel should depend on.
 */
static void set_markers(const struct run_record *record, struct marker_env *env)
{
    const char *python = record->interpreter.python, *minor = strchr(python, '.');
    const char *tag = record->interpreter.tag, *platform = strrchr(tag, '-');
    const char *machine = platform ? strstr(platform, "linux_") : NULL;
    const char *end = minor ? strchr(minor + 1, '.') : NULL;
    auto_free char *version = xstrndup(python, end ? (size_t)(end - python) : strlen(python));

    (void)marker_env_set(env, "implementation_name", "cpython");
    (void)marker_env_set(env, "platform_python_implementation", "CPython");
    (void)marker_env_set(env, "implementation_version", python);
    (void)marker_env_set(env, "python_full_version", python);
    (void)marker_env_set(env, "python_version", version);
    (void)marker_env_set(env, "os_name", "posix");
    (void)marker_env_set(env, "sys_platform", "linux");
    (void)marker_env_set(env, "platform_system", "Linux");
    if (machine)
        (void)marker_env_set(env, "platform_machine", machine + sizeof("linux_") - 1);
}

static struct house_wheel *find(const struct house *house, const char *project)
{
    for (size_t i = 0; i < house->count; i++)
        if (wheel_dist_equal(house->items[i].item->name, project))
            return &house->items[i];
    return NULL;
}

/* Whether the target had not been asked for this extra. */
static bool add_extras(struct house_wheel *target, const struct strv *extras)
{
    bool more = false;

    for (size_t i = 0; i < extras->count; i++)
        if (!wheel_dist_in_list(&target->extras, extras->items[i])) {
            strv_push(&target->extras, extras->items[i]);
            more = true;
        }
    return more;
}

/* One that does not say whether it counts is followed when its wheel is there. */
static bool follow_requirement(struct house *house, struct house_wheel *wheel,
                               const struct requirement *r, const struct marker_env *env)
{
    struct house_wheel *target = find(house, r->name);
    bool applies = false;

    if (target == wheel) /* wheel_deps_close_extras() has seen to it */
        return false;
    if (wheel_deps_applies(r, env, &wheel->extras, &applies, NULL) < 0) {
        wheel->known = HOUSE_UNKNOWN;
        applies = target != NULL;
    }
    if (!applies)
        return false;
    if (!target) {
        wheel->known = wheel->known == HOUSE_UNKNOWN ? HOUSE_UNKNOWN : HOUSE_INCOMPLETE;
        return false;
    }
    if (!strv_contains(&wheel->needs, target->item->file))
        strv_push(&wheel->needs, target->item->file);
    return add_extras(target, &r->extras);
}

static bool follow_wheel(struct house *house, struct house_wheel *wheel,
                         const struct marker_env *env)
{
    bool more = false;

    if (wheel_deps_close_extras(&wheel->deps, env, &wheel->extras, NULL) < 0)
        wheel->known = HOUSE_UNKNOWN;
    for (size_t i = 0; i < wheel->deps.requirements.count; i++)
        more |= follow_requirement(house, wheel, &wheel->deps.requirements.items[i], env);
    return more;
}

/* Until nobody asks for another extra. It ends: METADATA names only so many. */
static void follow_all(struct house *house, const struct marker_env *env)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < house->count; i++)
            more |= follow_wheel(house, &house->items[i], env);
    }
    for (size_t i = 0; i < house->count; i++)
        strv_sort(&house->items[i].needs);
}

/* ------------------------------------------------------------------------------------ the whole */

int house_read(const struct run_record *record, const char *dir, struct house *ret_house,
               struct err *err)
{
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    int ret = 0;

    ret_house->items = xcalloc(record->wheels.count, sizeof(*ret_house->items));
    for (size_t i = 0; ret == 0 && i < record->wheels.count; i++) {
        struct house_wheel *wheel = &ret_house->items[ret_house->count++];
        wheel->item = &record->wheels.items[i];
        ask_for(wheel, wheel->item);
        ret = read_wheel(wheel, dir, err);
    }
    if (ret < 0)
        return ret;
    qsort(ret_house->items, ret_house->count, sizeof(*ret_house->items), compare_files);
    set_markers(record, &env);
    follow_all(ret_house, &env);
    return 0;
}

void house_release(struct house *house)
{
    for (size_t i = 0; i < house->count; i++) {
        struct house_wheel *wheel = &house->items[i];
        meta_fields_release(&wheel->metadata);
        wheel_deps_release(&wheel->deps);
        strv_release(&wheel->extras);
        strv_release(&wheel->needs);
    }
    free(house->items);
    *house = (struct house){0};
}
