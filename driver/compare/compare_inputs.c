/* Compares the inputs of two wheels, from records. */
#include "compare/compare_inputs.h"

#include <string.h>

#include "base/str.h"
#include "base/vec.h"

static const struct record_item *find_item(const struct recorded *r)
{
    const struct record_item *named = NULL;

    for (size_t i = 0; i < r->record->wheels.count; i++) {
        const struct record_item *item = &r->record->wheels.items[i];
        if (str_eq(item->sha256, r->sha256))
            return item;
        if (!named && str_eq(item->file, r->file))
            named = item;
    }
    return named;
}

/* ----------------------------------------------------------------------------------------- parts */

static const char *text_of(const json_t *parts, const char *name)
{
    return json_string_value(json_object_get(parts, name));
}

static void compare_parts(struct comparison *c, const json_t *a, const json_t *b)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)a, name, value) comparison_add_values(
        c, CAUSE_INPUT, NULL, name, json_string_value(value), text_of(b, name));
    json_object_foreach((json_t *)(uintptr_t)b, name, value) if (!json_object_get(a, name))
        comparison_add_values(c, CAUSE_INPUT, NULL, name, NULL, json_string_value(value));
}

/* ------------------------------------------------------------------------------------ environment */

static const struct record_wheel *find_wheel(const struct record_env *env, const char *name)
{
    for (size_t i = 0; i < env->wheels.count; i++)
        if (str_eq(env->wheels.items[i].name, name))
            return &env->wheels.items[i];
    return NULL;
}

static char *show_wheel(const struct record_wheel *w, bool with_digest)
{
    if (!w)
        return NULL;
    return with_digest ? xasprintf("%s (sha256 %s)", w->version, w->sha256) : xstrdup(w->version);
}

static void compare_requirement(struct comparison *c, const char *name,
                                const struct record_wheel *a, const struct record_wheel *b)
{
    bool same_version = a && b && str_eq(a->version, b->version);
    auto_free char *part = xasprintf("build requirement %s", name);

    if (same_version && str_eq(a->sha256, b->sha256))
        return;
    auto_free char *x = show_wheel(a, same_version), *y = show_wheel(b, same_version);
    comparison_add_values(c, CAUSE_INPUT, NULL, part, x, y);
}

/* The key has a digest of the environment; here is what is in it. */
static void compare_environments(struct comparison *c, const struct record_env *a,
                                 const struct record_env *b)
{
    for (size_t i = 0; i < a->wheels.count; i++) {
        const struct record_wheel *w = &a->wheels.items[i];
        compare_requirement(c, w->name, w, find_wheel(b, w->name));
    }
    for (size_t i = 0; i < b->wheels.count; i++)
        if (!find_wheel(a, b->wheels.items[i].name))
            compare_requirement(c, b->wheels.items[i].name, NULL, &b->wheels.items[i]);
}

/* -------------------------------------------------------------------------------------------- all */

static void compare_builds(struct comparison *c, const struct run_record *run_a,
                           const struct record_build *a, const struct run_record *run_b,
                           const struct record_build *b)
{
    compare_environments(c, &a->environment, &b->environment);
    compare_parts(c, run_a->inputs, run_b->inputs);
    compare_parts(c, a->inputs, b->inputs);
}

static void add_unknown(struct comparison *c, const struct recorded *r)
{
    auto_free char *part = xasprintf("inputs: the record has no build of '%s'", r->file);

    comparison_add(c,
                   &(struct finding_spec){.cause = CAUSE_NOT_READ, .part = part, .follows = true});
}

void compare_inputs(struct comparison *c, const struct recorded *a, const struct recorded *b,
                    enum comparison_inputs *ret_inputs)
{
    const struct record_item *x = find_item(a), *y = find_item(b);
    size_t before = c->findings.count;

    *ret_inputs = COMPARISON_INPUTS_UNKNOWN;
    if (!x || !x->build)
        add_unknown(c, a);
    if (!y || !y->build)
        add_unknown(c, b);
    if (!x || !x->build || !y || !y->build)
        return;
    compare_builds(c, a->record, x->build, b->record, y->build);
    *ret_inputs = c->findings.count > before ? COMPARISON_INPUTS_DIFFER : COMPARISON_INPUTS_EQUAL;
}
