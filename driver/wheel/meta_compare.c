/* Compares a built wheel's METADATA with what its sdist's PKG-INFO promised. */
#include "wheel/meta_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wheel/pep508.h"
#include "wheel/wheel_name.h"

/* More combinations of requirements and extras than any real package has. */
enum { MAX_EVALUATIONS = 2000000 };

/* ------------------------------------------------------------------------------- sets of texts */

static void sort_unique(struct strv *list)
{
    size_t kept = 0;

    strv_sort(list);
    for (size_t i = 0; i < list->count; i++) {
        if (kept && strcmp(list->items[kept - 1], list->items[i]) == 0)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* The first text of `a` that `b` lacks; NULL: none. */
static const char *first_missing(const struct strv *a, const struct strv *b)
{
    for (size_t i = 0, k = 0; i < a->count; i++) {
        while (k < b->count && strcmp(b->items[k], a->items[i]) < 0)
            k++;
        if (k == b->count || strcmp(b->items[k], a->items[i]) != 0)
            return a->items[i];
    }
    return NULL;
}

/* Both sorted and unique. `suffix` says for whom the difference counts. */
static int compare_sets(const struct strv *promised, const struct strv *built, const char *what,
                        const char *suffix, struct err *err)
{
    const char *lost = first_missing(promised, built);
    const char *added = first_missing(built, promised);

    if (lost)
        return err_set(err, ERR_FORMAT, "promised %s '%.200s'%s, which was not built", what, lost,
                       suffix);
    if (added)
        return err_set(err, ERR_FORMAT, "did not promise %s '%.200s'%s, which was built", what,
                       added, suffix);
    return 0;
}

/* ------------------------------------------------------------------------------- normal spelling */

/* Trailing zeros are left out, but not for "~=" and "==1.0.*": there the number of parts counts. */
static char *specifier_text(struct specifier *s)
{
    static const char *const operators[] = {
        [SPECIFIER_LT] = "<",          [SPECIFIER_LE] = "<=",         [SPECIFIER_EQ] = "==",
        [SPECIFIER_NE] = "!=",         [SPECIFIER_GE] = ">=",         [SPECIFIER_GT] = ">",
        [SPECIFIER_COMPATIBLE] = "~=", [SPECIFIER_ARBITRARY] = "===",
    };
    struct pep440_numbers *release = &s->parsed.release;

    if (s->op == SPECIFIER_ARBITRARY)
        return xasprintf("===%s", s->version);
    if (s->op != SPECIFIER_COMPATIBLE && !s->wildcard)
        while (release->count > 1 && release->items[release->count - 1].len == 0)
            release->count--;
    auto_free char *version = pep440_str(&s->parsed);
    return xasprintf("%s%s%s", operators[s->op], version, s->wildcard ? ".*" : "");
}

static void add_specifiers(struct specifier_set *set, struct str *out)
{
    auto_strv struct strv texts = STRV_INIT;

    for (size_t i = 0; i < set->count; i++)
        strv_push_owned(&texts, specifier_text(&set->items[i]));
    sort_unique(&texts);
    for (size_t i = 0; i < texts.count; i++)
        str_addf(out, "%s%s", i ? "," : "", texts.items[i]);
}

/* All but the marker: "name[extra]>=1,<2", "name @ url". */
static char *requirement_text(struct requirement *r)
{
    auto_free char *name = wheel_dist_canonical(r->name);
    auto_strv struct strv extras = STRV_INIT;
    struct str out = STR_INIT;

    str_add(&out, name);
    for (size_t i = 0; i < r->extras.count; i++)
        strv_push_owned(&extras, wheel_dist_canonical(r->extras.items[i]));
    sort_unique(&extras);
    for (size_t i = 0; i < extras.count; i++)
        str_addf(&out, "%s%s", i ? "," : "[", extras.items[i]);
    str_add(&out, extras.count ? "]" : "");
    if (r->url)
        str_addf(&out, " @ %s", r->url);
    else
        add_specifiers(&r->specifiers, &out);
    return str_detach(&out);
}

static void canonical_names(const struct strv *from, struct strv *out)
{
    for (size_t i = 0; i < from->count; i++)
        strv_push_owned(out, wheel_dist_canonical(from->items[i]));
    sort_unique(out);
}

/* --------------------------------------------------------------------------------- requirements */

struct promise {
    char *text;
    struct requirement
        parsed; /* empty when the text is no requirement: it always counts then, as a text */
};

struct promises {
    struct promise *items;
    size_t count;
    size_t cap;
};

static void read_promises(const struct strv *texts, struct promises *out)
{
    for (size_t i = 0; i < texts->count; i++) {
        VEC_GROW(out);
        struct promise *p = &out->items[out->count++];
        *p = (struct promise){.parsed = REQUIREMENT_INIT};
        if (requirement_parse(&p->parsed, texts->items[i], NULL) == 0)
            p->text = requirement_text(&p->parsed);
        else
            p->text = xstrdup(texts->items[i]);
    }
}

static void promises_release(struct promises *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].text);
        requirement_release(&list->items[i].parsed);
    }
    free(list->items);
}

/* The requirements that apply with this extra. A marker that cannot be evaluated counts as true. */
static void list_applying(const struct promises *all, const struct marker_env *env,
                          const char *extra, struct strv *out)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct promise *p = &all->items[i];
        bool applies = true;
        if (p->parsed.name && requirement_applies(&p->parsed, env, extra, &applies, NULL) < 0)
            applies = true;
        if (applies)
            strv_push(out, p->text);
    }
    sort_unique(out);
}

static int compare_for_extra(const struct promises *promised, const struct promises *built,
                             const struct marker_env *env, const char *extra, struct err *err)
{
    auto_strv struct strv before = STRV_INIT, after = STRV_INIT;
    auto_free char *suffix = extra[0] ? xasprintf(" for extra '%.100s'", extra) : xstrdup("");

    list_applying(promised, env, extra, &before);
    list_applying(built, env, extra, &after);
    return compare_sets(&before, &after, "requirement", suffix, err);
}

/* The extras are the same on both sides by now. */
static int compare_requirements(const struct metadata *promised, const struct metadata *built,
                                const struct strv *extras, const struct marker_env *env,
                                struct err *err)
{
    struct promises before = {0}, after = {0};
    size_t most = promised->requires_dist.count + built->requires_dist.count;

    if (most && extras->count > MAX_EVALUATIONS / most)
        return err_set(err, ERR_FORMAT, "has too many requirements and extras to compare");
    read_promises(&promised->requires_dist, &before);
    read_promises(&built->requires_dist, &after);
    int ret = compare_for_extra(&before, &after, env, "", err);
    for (size_t i = 0; i < extras->count && ret == 0; i++)
        ret = compare_for_extra(&before, &after, env, extras->items[i], err);
    promises_release(&before);
    promises_release(&after);
    return ret;
}

static int compare_dependencies(const struct metadata *promised, const struct metadata *built,
                                const struct marker_env *env, struct err *err)
{
    auto_strv struct strv before = STRV_INIT, after = STRV_INIT;

    if (strv_equal(&promised->requires_dist, &built->requires_dist) &&
        strv_equal(&promised->provides_extra, &built->provides_extra))
        return 0; /* the usual case, and the cheap one */
    canonical_names(&promised->provides_extra, &before);
    canonical_names(&built->provides_extra, &after);
    int ret = compare_sets(&before, &after, "extra", "", err);
    return ret == 0 ? compare_requirements(promised, built, &before, env, err) : ret;
}

/* ------------------------------------------------------------------------------ Requires-Python */

/* Whether two sets, however they are written, accept the same ones of many Python versions. */
static bool take_same_pythons(const struct specifier_set *a, const struct specifier_set *b)
{
    enum { LAST_MINOR = 60, MAJORS = 5 };
    static const int patches[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99};

    for (int major = 2; major < MAJORS; major++)
        for (int minor = 0; minor < LAST_MINOR; minor++)
            for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
                char version[32];
                (void)snprintf(version, sizeof(version), "%d.%d.%d", major, minor, patches[i]);
                if (specifier_set_contains(a, version, true) !=
                    specifier_set_contains(b, version, true))
                    return false;
            }
    return true;
}

static int compare_python(const char *promised, const char *built, struct err *err)
{
    auto_specifier_set struct specifier_set before = SPECIFIER_SET_INIT;
    auto_specifier_set struct specifier_set after = SPECIFIER_SET_INIT;

    promised = promised ? promised : "";
    built = built ? built : "";
    if (strcmp(promised, built) == 0)
        return 0;
    if (specifier_set_parse(&before, promised) && specifier_set_parse(&after, built) &&
        take_same_pythons(&before, &after))
        return 0;
    return err_set(err, ERR_FORMAT, "promised Requires-Python '%.200s', built '%.200s'", promised,
                   built);
}

/* -------------------------------------------------------------------------------------- the rest */

int meta_compare(const struct metadata *promised, const struct metadata *built,
                 const struct marker_env *env, struct err *err)
{
    if (!wheel_dist_equal(promised->name, built->name))
        return err_set(err, ERR_FORMAT, "promised the name '%.100s', built '%.100s'",
                       promised->name, built->name);
    if (!wheel_version_equal(promised->version, built->version))
        return err_set(err, ERR_FORMAT, "promised version '%.100s', built '%.100s'",
                       promised->version, built->version);
    int ret = compare_python(promised->requires_python, built->requires_python, err);
    return ret == 0 ? compare_dependencies(promised, built, env, err) : ret;
}
