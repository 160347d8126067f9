/* Looks for the settings file. */
#include "inputs/settings_place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"

enum { MAX_PYPROJECT = 8 << 20 };

void settings_place_release(struct settings_place *place)
{
    free(place->path);
    free(place->shown);
    strv_release(&place->looked_at);
    *place = (struct settings_place){0};
}

static const char *named_file(const struct wheel_options *options)
{
    const char *variable = getenv("TRUEWHEEL_SETTINGS");

    if (options->settings)
        return options->settings;
    return variable && variable[0] ? variable : NULL;
}

/* The requirements file, or the lock file, that says in which directory to look; NULL: none does. */
static const char *first_file(const struct wheel_options *options)
{
    const struct strv *args = &options->pip_args;

    if (options->locked)
        return options->locked;
    for (size_t i = 0; i + 1 < args->count && !str_eq(args->items[i], "--"); i++) {
        const char *file = args->items[i + 1];
        struct stat st;
        if (!str_eq(args->items[i], "--requirement"))
            continue;
        return stat(file, &st) == 0 && S_ISREG(st.st_mode) ? file : NULL;
    }
    return NULL;
}

/* Any project may have a pyproject.toml: few of them have a table of ours. */
static bool speaks_of_us(const char *path)
{
    static const char ours[] = "truewheel";
    auto_str struct str text = STR_INIT;

    return read_file(path, MAX_PYPROJECT, &text, NULL) == 0 &&
           memmem(text.buf, text.len, ours, strlen(ours));
}

static int check_owner(const char *file, const char *shown, const char *beside, struct err *err)
{
    struct stat st, other;

    if (stat(file, &st) < 0)
        return err_errno(err, errno, "cannot read '%s'", shown);
    bool ours = st.st_uid == geteuid() || st.st_uid == 0 ||
                (beside && stat(beside, &other) == 0 && other.st_uid == st.st_uid);
    if (ours && !(st.st_mode & S_IWOTH))
        return 0;
    int ret = err_set(err, ERR_USAGE, "the settings '%s' %s", shown,
                      ours ? "can be written to by everybody" : "belong to somebody else");
    err_hint(err, "--settings '%s' takes them, --no-settings does without", shown);
    return ret;
}

static char *join_shown(const char *dir, const char *name)
{
    return str_eq(dir, ".") ? xstrdup(name) : path_join(dir, name);
}

static int look_beside(const char *beside, struct settings_place *place, struct err *err)
{
    static const char *const names[] = {"truewheel.toml", "pyproject.toml"};
    auto_free char *dir = beside ? path_dir(beside) : xstrdup(".");

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        auto_free char *shown = join_shown(dir, names[i]);
        auto_free char *path = path_absolute(shown);
        strv_push(&place->looked_at, path);
        if (access(path, F_OK) < 0 || (i == 1 && !speaks_of_us(path)))
            continue;
        place->found = true;
        place->path = steal(&path);
        place->shown = steal(&shown);
        return check_owner(place->path, place->shown, beside, err);
    }
    return 0;
}

int settings_place_find(const struct wheel_options *options, struct settings_place *ret_place,
                        struct err *err)
{
    const char *named = named_file(options);

    if (!options->find_settings || options->no_settings)
        return 0;
    if (!named)
        return look_beside(first_file(options), ret_place, err);
    ret_place->path = path_absolute(named);
    ret_place->shown = xstrdup(named);
    strv_push(&ret_place->looked_at, ret_place->path);
    return 0;
}
