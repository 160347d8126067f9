/* Writes requirements.bzl for the wheels of a directory. */
#include "bazel/repository.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "wheel/pep440.h"
#include "bazel/names.h"

/* An extra that a wheel may have, and what it needs. */
struct candidate {
    char *extra; /* "" first: the wheel without extras */
    struct strv deps;
    bool possible; /* all that it needs is among the wheels, as far as is known */
};

struct candidates {
    struct candidate *items;
    size_t count;
    size_t cap;
};

static void bazel_wheel_release(struct bazel_wheel *w)
{
    free(w->file);
    free(w->repository);
    wheel_name_release(&w->name);
    wheel_deps_release(&w->deps);
    strv_release(&w->extras);
}

void bazel_repo_release(struct bazel_repo *repo)
{
    for (size_t i = 0; i < repo->count; i++)
        bazel_wheel_release(&repo->items[i]);
    free(repo->items);
    *repo = (struct bazel_repo)BAZEL_REPO_INIT;
}

static bool is_wheel_file(const char *path, const char *name, struct stat *st)
{
    return str_ends(name, ".whl") && stat(path, st) == 0 && S_ISREG(st->st_mode);
}

/* Names of wheels below root/dir ("" is root itself), links to directories not followed. */
static int list_wheels(const char *root, const char *dir, struct strv *out, struct err *err)
{
    auto_free char *path = dir[0] ? path_join(root, dir) : xstrdup(root);
    DIR *stream = opendir(path);
    struct dirent *entry;
    struct stat st;
    int ret = 0;

    if (!stream)
        return err_errno(err, errno, "cannot read directory '%s'", path);
    while (ret == 0 && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.')
            continue;
        auto_free char *name = dir[0] ? path_join(dir, entry->d_name) : xstrdup(entry->d_name);
        auto_free char *full = path_join(root, name);
        if (is_wheel_file(full, name, &st))
            strv_push(out, name);
        else if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
            ret = list_wheels(root, name, out, err);
    }
    (void)closedir(stream); /* nothing was written */
    return ret;
}

static int read_wheel(struct bazel_wheel *w, const char *directory, const char *file,
                      const struct bazel_repo_options *options, struct err *err)
{
    auto_free char *path = path_join(directory, file);

    *w = (struct bazel_wheel){.file = xstrdup(file)};
    int ret = wheel_name_parse(file, &w->name, err);
    if (ret == 0)
        ret = wheel_deps_read_file(&w->deps, path, err);
    if (ret < 0)
        return ret;
    w->repository = bazel_repository_name(options->name, &w->name);
    return 0;
}

static int compare_wheels(const void *a, const void *b)
{
    const struct bazel_wheel *x = a, *y = b;
    auto_free char *x_key = xasprintf("%s_%s", x->name.dist, x->name.version);
    auto_free char *y_key = xasprintf("%s_%s", y->name.dist, y->name.version);
    int cmp = strcmp(x_key, y_key);

    return cmp ? cmp : strcmp(x->file, y->file);
}

static struct bazel_wheel *find_wheel(const struct bazel_repo *repo, const char *dist)
{
    for (size_t i = 0; i < repo->count; i++)
        if (!repo->items[i].hidden && wheel_dist_equal(repo->items[i].name.dist, dist))
            return &repo->items[i];
    return NULL;
}

static int compare_versions(const char *a, const char *b)
{
    auto_pep440 struct pep440 x = PEP440_INIT, y = PEP440_INIT;
    bool x_good = pep440_parse(&x, a), y_good = pep440_parse(&y, b);

    return x_good && y_good ? pep440_cmp(&x, &y) : (int)x_good - (int)y_good;
}

/* Earlier runs may have left older wheels of a project: only the newest version counts. */
static int hide_older(struct bazel_repo *repo, struct err *err)
{
    for (size_t i = 1; i < repo->count; i++) {
        struct bazel_wheel *w = &repo->items[i];
        for (size_t k = 0; k < i; k++) {
            struct bazel_wheel *other = &repo->items[k];
            bool same = wheel_dist_equal(other->name.dist, w->name.dist);
            if (!same && strcmp(other->repository, w->repository) == 0)
                return err_set(err, ERR_FORMAT, "'%s' and '%s' would be the same repository, @%s",
                               other->file, w->file, w->repository);
            if (!same || other->hidden || w->hidden)
                continue;
            bool newer = compare_versions(w->deps.version, other->deps.version) > 0;
            (newer ? other : w)->hidden = true;
        }
    }
    return 0;
}

/* Splits "name[extra]"; the extra is "" when there is none. The caller frees both. */
static void split_target(const char *target, char **ret_name, char **ret_extra)
{
    size_t len = strcspn(target, "[");
    const char *extra = target[len] ? target + len + 1 : "";

    *ret_name = xstrndup(target, len);
    *ret_extra = xstrndup(extra, strcspn(extra, "]"));
}

static struct candidate *find_candidate(const struct candidates *c, const char *extra)
{
    for (size_t i = 0; i < c->count; i++)
        if (wheel_dist_equal(c->items[i].extra, extra))
            return &c->items[i];
    return NULL;
}

/*
 * The candidates of all wheels: one list for each wheel, in the order of the wheels. First come the
 * extras that its METADATA provides. Then those that other wheels ask for although it does not
 * provide them: the BUILD files of these wheels name them.
 */
struct extras {
    const struct bazel_repo *repo;
    const struct marker_env *env;
    struct candidates *lists;
};

static int add_candidate(struct extras *x, size_t wheel, const char *extra, struct err *err)
{
    struct candidates *list = &x->lists[wheel];

    VEC_GROW(list);
    struct candidate *c = &list->items[list->count++];
    *c = (struct candidate){.extra = xstrdup(extra), .possible = true};
    int ret = wheel_deps_list(&x->repo->items[wheel].deps, x->env, extra, &c->deps, err);
    return ret < 0 ? err_wrap(err, "'%s'", x->repo->items[wheel].file) : 0;
}

static int add_provided(struct extras *x, struct err *err)
{
    for (size_t i = 0; i < x->repo->count; i++) {
        const struct strv *provided = &x->repo->items[i].deps.extras;
        int ret = add_candidate(x, i, "", err);
        for (size_t k = 0; k < provided->count && ret == 0; k++)
            ret = add_candidate(x, i, provided->items[k], err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

/* `target` is what a candidate needs: adds the extra in it to the wheel that it belongs to. */
static int add_asked_for(struct extras *x, const char *target, struct err *err)
{
    auto_free char *name = NULL, *extra = NULL;
    split_target(target, &name, &extra);
    const struct bazel_wheel *w = find_wheel(x->repo, name);
    size_t index = w ? (size_t)(w - x->repo->items) : 0;

    if (!w || find_candidate(&x->lists[index], extra))
        return 0;
    return add_candidate(x, index, extra, err);
}

/* The lists grow while they are walked: rounds are made until every candidate has been seen. */
static int add_all_asked_for(struct extras *x, struct err *err)
{
    auto_free size_t *done = xcalloc(x->repo->count + 1, sizeof(*done));
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < x->repo->count; i++) {
            for (; done[i] < x->lists[i].count; done[i]++) {
                more = true;
                for (size_t k = 0; k < x->lists[i].items[done[i]].deps.count; k++) {
                    int ret = add_asked_for(x, x->lists[i].items[done[i]].deps.items[k], err);
                    if (ret < 0)
                        return ret;
                }
            }
        }
    }
    return 0;
}

static bool can_be_met(const struct extras *x, const char *target)
{
    auto_free char *name = NULL, *extra = NULL;
    split_target(target, &name, &extra);
    const struct bazel_wheel *w = find_wheel(x->repo, name);

    if (!w)
        return false;
    if (!extra[0])
        return true;
    const struct candidate *c = find_candidate(&x->lists[w - x->repo->items], extra);
    return c && c->possible;
}

/*
 * Marks what is not possible, until nothing changes. Extras that only need each other stay
 * possible.
 */
static void mark_impossible(struct extras *x)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < x->repo->count; i++) {
            for (size_t k = 1; k < x->lists[i].count; k++) {
                struct candidate *c = &x->lists[i].items[k];
                for (size_t d = 0; d < c->deps.count && c->possible; d++)
                    c->possible = can_be_met(x, c->deps.items[d]);
                changed = changed || (!c->possible && c->deps.count);
                if (!c->possible)
                    strv_release(&c->deps);
            }
        }
    }
}

static void list_possible(struct extras *x, struct bazel_repo *repo)
{
    for (size_t i = 0; i < repo->count; i++) {
        struct strv *extras = &repo->items[i].extras;
        for (size_t k = 1; k < x->lists[i].count; k++)
            if (x->lists[i].items[k].possible)
                strv_push(extras, x->lists[i].items[k].extra);
        strv_sort(extras);
    }
}

static void extras_release(struct extras *x)
{
    for (size_t i = 0; i < x->repo->count; i++) {
        for (size_t k = 0; k < x->lists[i].count; k++) {
            free(x->lists[i].items[k].extra);
            strv_release(&x->lists[i].items[k].deps);
        }
        free(x->lists[i].items);
    }
    free(x->lists);
}

static int find_extras(struct bazel_repo *repo, const struct marker_env *env, struct err *err)
{
    struct extras x = {repo, env, xcalloc(repo->count + 1, sizeof(*x.lists))};

    int ret = add_provided(&x, err);
    if (ret == 0)
        ret = add_all_asked_for(&x, err);
    if (ret == 0) {
        mark_impossible(&x);
        list_possible(&x, repo);
    }
    extras_release(&x);
    return ret;
}

int bazel_repo_scan(struct bazel_repo *repo, const char *directory,
                    const struct bazel_repo_options *options, struct err *err)
{
    auto_strv struct strv files = STRV_INIT;

    *repo = (struct bazel_repo)BAZEL_REPO_INIT;
    int ret = list_wheels(directory, "", &files, err);
    for (size_t i = 0; i < files.count && ret == 0; i++) {
        VEC_GROW(repo);
        ret = read_wheel(&repo->items[repo->count++], directory, files.items[i], options, err);
    }
    if (ret < 0)
        return ret;
    if (repo->count)
        qsort(repo->items, repo->count, sizeof(*repo->items), compare_wheels);
    ret = hide_older(repo, err);
    return ret < 0 ? ret : find_extras(repo, options->env, err);
}

static void add_attribute(struct str *out, const char *name, const char *value)
{
    str_addf(out, "        %s = ", name);
    starlark_quote(out, value);
    str_add(out, ",\n");
}

static void add_whl_library(const struct bazel_wheel *w, const struct bazel_repo_options *options,
                            struct str *out)
{
    auto_free char *whl = xasprintf("@%s//:%s", options->name, w->file);
    auto_free char *requirements = xasprintf("@%s//:requirements.bzl", options->name);

    str_add(out, "  if ");
    starlark_quote(out, w->repository);
    str_add(out, " not in native.existing_rules():\n    whl_library(\n");
    add_attribute(out, "name", w->repository);
    if (options->python_interpreter)
        add_attribute(out, "python_interpreter", options->python_interpreter);
    add_attribute(out, "whl", whl);
    add_attribute(out, "requirements", requirements);
    str_add(out, "        extras = [");
    for (size_t i = 0; i < w->extras.count; i++) {
        str_add(out, i ? ", " : "");
        starlark_quote(out, w->extras.items[i]);
    }
    str_add(out, "],\n    )\n");
}

static void add_pair(struct str *out, const char *key, const char *value)
{
    str_add(out, "  ");
    starlark_quote(out, key);
    str_add(out, ": ");
    starlark_quote(out, value);
    str_add(out, ",\n");
}

/* A line of _requirements, and one of _spellings if the normalized form of the key is another. */
static void add_requirement(const struct bazel_wheel *w, const char *extra, struct str *out,
                            struct str *spellings)
{
    auto_free char *key = bazel_key(w->name.dist, extra);
    auto_free char *spelling = bazel_normalize_key(key);
    auto_free char *target = extra ? bazel_extra_target(extra) : xstrdup("pkg");
    auto_free char *label = xasprintf("@%s//:%s", w->repository, target);

    add_pair(out, key, label);
    if (strcmp(key, spelling) != 0)
        add_pair(spellings, spelling, key);
}

static void add_requirements(const struct bazel_repo *repo, struct str *out)
{
    auto_str struct str spellings = STR_INIT;

    str_add(out, "\n_requirements = {\n");
    for (size_t i = 0; i < repo->count; i++) {
        const struct bazel_wheel *w = &repo->items[i];
        if (w->hidden)
            continue;
        add_requirement(w, NULL, out, &spellings);
        for (size_t k = 0; k < w->extras.count; k++)
            add_requirement(w, w->extras.items[k], out, &spellings);
    }
    str_addf(out,
             "}\n\n"
             "# Names with single underscores only, for those above that have other separators.\n"
             "_spellings = {\n%s}\n",
             spellings.buf);
}

static const char functions[] =
    "\nall_requirements = _requirements.values()\n"
    "\n"
    "def requirement(name):\n"
    "  name_key = name.replace(\"-\", \"_\").lower()\n"
    "  if name_key not in _requirements:\n"
    "    parts = name_key.replace(\".\", \"_\").split(\"_\")\n"
    "    name_key = \"_\".join([part for part in parts if part])\n"
    "    name_key = _spellings.get(name_key, name_key)\n"
    "  if name_key not in _requirements:\n"
    "    fail(\"Could not find pip-provided dependency: '%s'\" % name)\n"
    "  return _requirements[name_key]\n";

void bazel_repo_write(const struct bazel_repo *repo, const struct bazel_repo_options *options,
                      struct str *out)
{
    str_addf(out,
             "# The wheels of this directory as repositories. Generated by truewheel.\n\n"
             "load(\"@%s//python:whl.bzl\", \"whl_library\")\n\n"
             "def pip_install():\n",
             options->rules_python);
    for (size_t i = 0; i < repo->count; i++)
        add_whl_library(&repo->items[i], options, out);
    if (!repo->count)
        str_add(out, "  pass\n");
    add_requirements(repo, out);
    str_add(out, functions);
}
