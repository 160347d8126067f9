/* Wheels with their records, in groups that one run can build once more. */
#include "verify/wheelhouse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "compare/wheel_pairs.h"

void wheelhouse_add_record(struct wheelhouse *house, struct run_record *record, const char *dir)
{
    VEC_GROW(house);
    house->items[house->count++] = (struct wheel_group){.record = *record, .dir = xstrdup(dir)};
    *record = (struct run_record){0};
}

void wheelhouse_release(struct wheelhouse *house)
{
    for (size_t i = 0; i < house->count; i++) {
        run_record_release(&house->items[i].record);
        free(house->items[i].dir);
    }
    free(house->items);
    strv_release(&house->unrecorded);
    *house = (struct wheelhouse)WHEELHOUSE_INIT;
}

static int add_json(struct wheelhouse *house, const json_t *json, const char *dir, struct err *err)
{
    struct run_record record = {0};
    int ret = run_record_from_json(json, &record, err);

    if (ret == 0)
        wheelhouse_add_record(house, &record, dir);
    run_record_release(&record);
    return ret;
}

/* ------------------------------------------------------------------------------ records of wheels */

static const char *const of_wheels[] = {"wheels", "wheel", "run", "failures", "build_requirements"};

/* What a record says of its run, as text. The caller frees. */
static char *text_of_run(const json_t *record)
{
    json_t *rest = json_copy((json_t *)record);

    for (size_t i = 0; i < ARRAY_SIZE(of_wheels); i++)
        (void)json_object_del(rest, of_wheels[i]);
    char *text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(rest);
    return text;
}

static void append_list(json_t *to, const json_t *from, const char *name)
{
    json_t *list = json_object_get(to, name), *more = json_object_get(from, name);

    if (more && !list)
        (void)json_object_set(to, name, more);
    else if (more)
        (void)json_array_extend(list, more);
}

/* `groups` has the records by what they say of their runs. */
static int add_to_group(json_t *groups, json_t *record, const char *path, struct err *err)
{
    auto_free char *text = json_is_object(record) ? text_of_run(record) : NULL;

    if (!text || !json_is_array(json_object_get(record, "wheels")))
        return err_set(err, ERR_FORMAT, "'%s' is no record of a run", path);
    json_t *group = json_object_get(groups, text);
    if (!group) {
        (void)json_object_set(groups, text, record);
        return 0;
    }
    append_list(group, record, "wheels");
    append_list(group, record, "build_requirements");
    return 0;
}

static int add_wheel(struct wheelhouse *house, json_t *groups, const char *path, struct err *err)
{
    auto_free char *beside = xasprintf("%s.build.json", path);
    json_t *record = NULL;

    if (access(path, R_OK) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (access(beside, F_OK) < 0 && errno == ENOENT) {
        strv_push(&house->unrecorded, path);
        return 0;
    }
    int ret = run_record_load(beside, &record, err);
    if (ret == 0)
        ret = add_to_group(groups, record, beside, err);
    json_decref(record);
    return ret;
}

static int add_groups(struct wheelhouse *house, json_t *groups, const char *dir, struct err *err)
{
    const char *name;
    json_t *record;
    int ret = 0;

    json_object_foreach(groups, name, record)
    {
        if (ret == 0)
            ret = add_json(house, record, dir, err);
    }
    return ret < 0 ? err_wrap(err, "the records in '%s'", dir) : 0;
}

static int add_wheels(struct wheelhouse *house, const char *dir, const struct strv *names,
                      struct err *err)
{
    json_t *groups = json_object();
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < names->count; i++) {
        auto_free char *path = path_join(dir, names->items[i]);
        ret = add_wheel(house, groups, path, err);
    }
    if (ret == 0)
        ret = add_groups(house, groups, dir, err);
    json_decref(groups);
    return ret;
}

/* ------------------------------------------------------------------------------ the record of a run */

static bool has_file(const struct run_record *record, const char *name)
{
    for (size_t i = 0; i < record->wheels.count; i++)
        if (str_eq(record->wheels.items[i].file, name))
            return true;
    return false;
}

/* What else lies there is not vouched for. */
static void add_unrecorded(struct wheelhouse *house, const struct strv *names)
{
    const struct wheel_group *group = &house->items[house->count - 1];

    for (size_t i = 0; i < names->count; i++)
        if (!has_file(&group->record, names->items[i]))
            strv_push_owned(&house->unrecorded, path_join(group->dir, names->items[i]));
}

static int add_run(struct wheelhouse *house, const char *record, const char *dir,
                   const struct strv *names, struct err *err)
{
    struct run_record read = {0};
    int ret = run_record_read_file(record, &read, err);

    if (ret == 0) {
        wheelhouse_add_record(house, &read, dir);
        add_unrecorded(house, names);
    }
    run_record_release(&read);
    return ret;
}

int wheelhouse_add(struct wheelhouse *house, const char *path, const char *record, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    auto_free char *above = path_dir(path);
    struct stat st;

    if (stat(path, &st) < 0)
        return err_errno(err, errno, "cannot verify '%s'", path);
    if (S_ISDIR(st.st_mode)) {
        int ret = wheel_names_in(path, &names, err);
        if (ret == 0 && !names.count)
            ret = err_set(err, ERR_USAGE, "there is no wheel in '%s'", path);
        if (ret < 0)
            return ret;
        return record ? add_run(house, record, path, &names, err)
                      : add_wheels(house, path, &names, err);
    }
    if (!str_ends(path, ".whl"))
        return add_run(house, path, above, &names, err);
    if (record)
        return err_set(err, ERR_USAGE, "--record goes with a directory, not with '%s'", path);
    strv_push(&names, path_base(path));
    return add_wheels(house, above, &names, err);
}
