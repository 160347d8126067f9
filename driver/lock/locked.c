/* What a lock file allows. */
#include "lock/locked.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

int locked_fetch(const struct lock_place *place, const char *file, const struct strv *args,
                 const char *dir, struct locked_kind kind, struct locked *ret_locked,
                 struct err *err)
{
    auto_free char *cwd = getcwd(NULL, 0);
    json_t *request = json_pack("{s:s, s:s, s:b, s:b, s:o, s:s, s:s, s:b, s:o}", "op", "lock-fetch",
                                "file", file, "record", kind.record, "backwards", kind.backwards,
                                "args", json_from_strings(args), "cwd", cwd ? cwd : "/", "target",
                                dir, "check", kind.check, "facts", lock_facts(place));

    if (!request)
        return err_set(err, ERR_USAGE, "the name of the lock file is not UTF-8");
    int ret = lock_job_run(place, request, &ret_locked->done, err);
    if (ret == 0)
        ret_locked->dir = xstrdup(dir);
    return ret;
}

void locked_release(struct locked *locked)
{
    free(locked->dir);
    json_decref(locked->done);
    *locked = (struct locked){0};
}

const json_t *locked_files(const struct locked *locked)
{
    return json_object_get(locked->done, "files");
}

const char *locked_url(const struct locked *locked, const char *file)
{
    return json_string_value(json_object_get(json_object_get(locked->done, "urls"), file));
}

const json_t *locked_lost(const struct locked *locked)
{
    return json_object_get(locked->done, "lost");
}

static const json_t *find_set(const struct locked *locked, const char *dir)
{
    return json_object_get(json_object_get(locked->done, "sets"), dir);
}

int locked_root_args(const struct locked *locked, struct strv *ret_args, struct err *err)
{
    const json_t *args = find_set(locked, "");

    if (!args)
        return err_set(err, ERR_PROTOCOL, "the lock has no set for the requirements");
    json_add_strings(args, ret_args);
    return 0;
}

int locked_apply(const struct locked *locked, struct source *source, struct err *err)
{
    const json_t *args = find_set(locked, source->dir);
    const char *url =
        source->archive ? locked_url(locked, path_base(source->archive)) : source->url;

    if (!args && !source->archive && !source->broken) {
        source->broken = xasprintf("its source is another one now: %s", url);
        return 0; /* not of the name that its digest had given it */
    }
    if (!args || !url) {
        auto_free char *label = source_label(source);
        return err_set(err, ERR_BUILD, "the lock does not say what the build of %s needs", label);
    }
    strv_release(&source->finder_args);
    json_add_strings(args, &source->finder_args);
    if (!source->archive)
        return 0; /* only in a record; what it is of is where it was */
    free(source->url);
    source->url = xstrdup(url);
    free(source->place);
    source->place = xstrdup(url);
    return 0;
}

/* Adds the names of the parts that are not the same in both objects. */
static void add_differences(const json_t *locked, const json_t *here, struct str *names)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)here, name, value)
    {
        const char *was = json_string_value(json_object_get(locked, name));
        if (!str_eq(was, json_string_value(value)))
            str_addf(names, "%s'%s'", names->len ? ", " : "", name);
    }
    json_object_foreach((json_t *)locked, name, value)
    {
        if (!json_object_get(here, name))
            str_addf(names, "%s'%s'", names->len ? ", " : "", name);
    }
}

int locked_check_wheel(const struct locked *locked, const struct source *source,
                       const char sha256[SHA256_HEX], const json_t *own, const json_t *machine,
                       struct err *err)
{
    const json_t *build = json_object_get(json_object_get(locked->done, "builds"), source->dir);
    const char *wanted = json_text(build, "sha256-of-wheel");
    auto_str struct str names = STR_INIT;

    if (str_eq(wanted, sha256))
        return 0;
    auto_free char *label = source_label(source);
    add_differences(json_object_get(locked->done, "inputs"), machine, &names);
    add_differences(json_object_get(build, "inputs"), own, &names);
    if (!names.len)
        return err_set(err, ERR_DIFFERS,
                       "%s: its wheel is not the locked one, though everything that it is known to "
                       "depend on is the same: sha256 %s, not %s",
                       label, sha256, wanted);
    int ret = err_set(err, ERR_DIFFERS,
                      "%s: its wheel is not the locked one: sha256 %s, not %s; other than when it "
                      "was locked: %s",
                      label, sha256, wanted, names.buf);
    err_hint(err, "docs/record.md says what these are; 'truewheel lock' locks what is here");
    return ret;
}
