/* The engines, their Pythons, and the Pythons of this machine that have none. */
#include "doctor/engines.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "jobs/engine.h"
#include "jobs/engine_place.h"
#include "jobs/environment.h"
#include "doctor/index.h"
#include "doctor/programs.h"

enum { OLDEST_MINOR = 10, NEWEST_MINOR = 19 };

static const char engine_prefix[] = "truewheel-engine-";
static const char *const headers[] = {"python3-dev", "python3-devel", "python3-dev", "python"};

/* Every engine beside the one at `path`. */
static void list_versions(const char *path, struct strv *ret_versions)
{
    auto_free char *dir_name = path_dir(path);
    DIR *dir = opendir(dir_name);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *version = entry->d_name + strlen(engine_prefix);
        if (str_starts(entry->d_name, engine_prefix) &&
            strspn(version, "0123456789.") == strlen(version))
            strv_push(ret_versions, version);
    }
    if (dir)
        (void)closedir(dir);
    strv_sort(ret_versions);
}

static void add_error(struct findings *findings, const char *name, const struct err *err,
                      bool needed)
{
    struct finding *finding = findings_add(
        findings, "pythons", name, needed ? FINDING_MISSING : FINDING_WARN, "%s", err->message);

    finding->needed = needed;
    if (err->hint)
        finding_set_remedy(finding, "%s", err->hint);
}

static void add_headers(const struct engine *engine, const char *name, bool chosen,
                        struct findings *findings)
{
    if (!json_is_false(json_object_get(engine->greeting, "has_headers")))
        return;
    auto_free char *line = doctor_install_line(headers);
    auto_free char *what = xasprintf("%s headers", name);
    struct finding *finding = findings_add(findings, "pythons", what, FINDING_MISSING,
                                           "no Python.h in %s: C extensions will not build",
                                           engine_fact(engine, "include"));
    finding->needed = chosen;
    if (line)
        finding_set_remedy(finding, "%s", line);
}

static void add_engine(const struct engine *engine, const char *name, bool chosen,
                       struct findings *findings)
{
    (void)findings_add(findings, "pythons", name, FINDING_OK, "Python %s (%s), pip %s%s",
                       engine_fact(engine, "python"), engine_fact(engine, "executable"),
                       engine_fact(engine, "pip"), chosen ? "; the one that is used" : "");
    add_headers(engine, name, chosen, findings);
    if (!engine_fact(engine, "guest")[0])
        findings_add(findings, "pythons", "guest library", FINDING_MISSING,
                     "share/truewheel/libtruewheel-guest.so is missing: truewheel is not whole")
            ->needed = true;
}

/* The engine is the caller's to stop, whatever came of it; false: it is of no use. */
static bool look_at_engine(const struct wheel_options *options, const char *version, bool chosen,
                           struct engine *engine, struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *name = xasprintf("engine %s", version);
    int ret = engine_start(engine, version, options->pip, &err);

    if (ret == 0)
        ret = engine_wait_ready(engine, -1, &err);
    if (ret < 0)
        add_error(findings, name, &err, chosen);
    else
        add_engine(engine, name, chosen, findings);
    return ret == 0;
}

static void end_engine(struct engine *engine)
{
    engine_stop(engine);
    engine_release(engine);
}

/* Interpreters on the PATH of the user that wheels cannot be built for. */
static void look_for_others(const struct strv *versions, struct findings *findings)
{
    const char *search_path = getenv("PATH");

    for (int minor = OLDEST_MINOR; search_path && minor <= NEWEST_MINOR; minor++) {
        auto_free char *version = xasprintf("3.%d", minor);
        auto_free char *name = xasprintf("python3.%d", minor);
        auto_free char *path = find_executable(search_path, name, NULL);
        if (!path || strv_contains(versions, version))
            continue;
        struct finding *finding =
            findings_add(findings, "pythons", name, FINDING_WARN,
                         "%s has no engine: no wheels are built for it", path);
        finding_set_remedy(finding, "make PYTHON=%s, in truewheel's source", path);
    }
}

/* The chosen one first; it is the caller's to stop. */
static bool look_at_all(const struct wheel_options *options, const char *path,
                        struct engine *ret_engine, struct findings *findings)
{
    auto_strv struct strv versions = STRV_INIT;
    const char *chosen = path_base(path) + strlen(engine_prefix);
    bool ready = look_at_engine(options, chosen, true, ret_engine, findings);

    list_versions(path, &versions);
    for (size_t i = 0; i < versions.count; i++) {
        struct engine other = ENGINE_INIT;
        if (str_eq(versions.items[i], chosen))
            continue;
        (void)look_at_engine(options, versions.items[i], false, &other, findings);
        end_engine(&other);
    }
    look_for_others(&versions, findings);
    return ready;
}

static void add_environment(const struct environment *environment, struct findings *findings)
{
    if (environment->prefix)
        (void)findings_add(findings, "pythons", "environment", FINDING_OK,
                           "wheels are for %s (%s), its pip.conf counts", environment->prefix,
                           environment->named_by);
}

void doctor_look_at_engines(const struct wheel_options *options, struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    struct environment environment = ENVIRONMENT_INIT;
    struct engine_place place = {0};
    struct engine engine = ENGINE_INIT;
    int ret = environment_find(options->python, true, &environment, &err);

    if (ret == 0)
        ret = engine_place_find(environment.python, &place, &err);
    if (ret < 0) {
        add_error(findings, "engine", &err, true);
    } else {
        add_environment(&environment, findings);
        bool ready = look_at_all(options, place.engine, &engine, findings);
        if (ready && !options->offline)
            doctor_look_at_index(&engine, environment.prefix, &options->pip_args, findings);
        end_engine(&engine);
    }
    engine_place_release(&place);
    environment_release(&environment);
}
