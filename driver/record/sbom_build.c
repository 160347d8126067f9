/* How the wheels of a bill of materials were made. */
#include "record/sbom_build.h"

#include "base/json.h"
#include "base/str.h"
#include "record/origin.h"
#include "record/purl.h"
#include "record/sbom_part.h"

static const char python_ref[] = "build-tool:python";
static const char compiler_ref[] = "build-tool:compiler";
static const char pip_ref[] = "build-tool:pip";

/* What is collected: the components by their bom-refs, so that each is there once. */
struct formula {
    const struct run_record *record;
    json_t *components; /* an object */
    json_t *workflows;
};

/* Takes the component. */
static void add(struct formula *f, json_t *component)
{
    const char *ref = json_text(component, "bom-ref");

    if (json_object_get(f->components, ref))
        json_decref(component);
    else
        (void)json_object_set_new(f->components, ref, component);
}

static void add_input(json_t *inputs, const char *ref)
{
    (void)json_array_append_new(inputs,
                                json_pack("{s:{s:o}}", "resource", "ref", json_readable(ref)));
}

static json_t *new_library(const char *ref, const char *name, const char *version)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "library", "bom-ref", json_readable(ref),
                     "name", json_readable(name), "version", json_readable(version));
}

/* --------------------------------------------------------------------------------------- tools */

static void add_tool(struct formula *f, const char *ref, const char *name, const char *version,
                     const char *sha256)
{
    json_t *tool = json_pack("{s:s, s:s, s:s, s:o}", "type", "application", "bom-ref", ref, "name",
                             name, "version", json_readable(version));

    if (sha256)
        (void)json_object_set_new(tool, "hashes", sbom_hashes(sha256));
    add(f, tool);
}

static void add_tools(struct formula *f)
{
    const struct run_record *record = f->record;

    add_tool(f, python_ref, "python", record->interpreter.python,
             origin_tool_sha256(record, "executable"));
    add_tool(f, pip_ref, "pip", record->interpreter.pip, NULL);
    if (record->compiler[0])
        add_tool(f, compiler_ref, "compiler", record->compiler,
                 origin_tool_sha256(record, "tool CC"));
}

static void use_tools(const struct formula *f, json_t *inputs)
{
    add_input(inputs, python_ref);
    add_input(inputs, pip_ref);
    if (f->record->compiler[0])
        add_input(inputs, compiler_ref);
}

/* -------------------------------------------------------------------------------------- builds */

/* A directory's digest is of names, modes and bytes, and no file's hash: it stands apart. */
static char *add_source(struct formula *f, const struct record_item *item)
{
    const struct record_source *source = &item->build->source;
    bool archive = origin_is_archive(item->build);
    char *ref = xasprintf("source:%s@%s#%s", item->name, item->version, source->sha256);
    json_t *component = new_library(ref, item->name, item->version);

    if (archive) {
        auto_free char *purl = purl_pypi(item->name, item->version);
        (void)json_object_set_new(component, "purl", json_string(purl));
        (void)json_object_set_new(component, "hashes", sbom_hashes(source->sha256));
    } else {
        (void)json_object_set_new(
            component, "properties",
            json_pack("[o]", sbom_property("truewheel:tree-sha256", source->sha256)));
    }
    sbom_add_reference(component, archive ? "source-distribution" : "vcs", source->url,
                       archive ? source->sha256 : NULL);
    add(f, component);
    return ref;
}

static char *add_requirement(struct formula *f, const struct record_wheel *wheel)
{
    auto_free char *purl = purl_pypi(wheel->name, wheel->version);
    char *ref = xasprintf("build-requirement:%s#%s", wheel->file, wheel->sha256);

    json_t *component = new_library(ref, wheel->name, wheel->version);

    (void)json_object_set_new(component, "purl", json_string(purl));
    (void)json_object_set_new(component, "hashes", sbom_hashes(wheel->sha256));
    add(f, component);
    return ref;
}

/* Without isolation: what the interpreter had installed, which nobody has hashed. */
static void add_installed(struct formula *f, const struct record_env *env, json_t *inputs)
{
    const json_t *item;
    size_t i;

    json_array_foreach(env->installed, i, item)
    {
        const char *name = json_text(item, "name"), *version = json_text(item, "version");
        auto_free char *purl = purl_pypi(name, version);
        auto_free char *ref = xasprintf("installed:%s@%s", name, version);
        json_t *component = new_library(ref, name, version);
        (void)json_object_set_new(component, "purl", json_string(purl));
        add(f, component);
        add_input(inputs, ref);
    }
}

static json_t *make_properties(const struct record_build *build)
{
    return json_pack(
        "[o, o, o]", sbom_property("truewheel:backend", build->source.backend),
        sbom_property("truewheel:isolated", build->environment.isolated ? "true" : "false"),
        sbom_property("truewheel:path", build->path));
}

static void add_build(struct formula *f, const struct record_item *item)
{
    const struct record_env *env = &item->build->environment;
    auto_free char *source = add_source(f, item);
    auto_free char *ref = xasprintf("build:%s", item->file);
    json_t *inputs = json_array();

    add_input(inputs, source);
    for (size_t i = 0; i < env->wheels.count; i++) {
        auto_free char *requirement = add_requirement(f, &env->wheels.items[i]);
        add_input(inputs, requirement);
    }
    add_installed(f, env, inputs);
    use_tools(f, inputs);
    (void)json_array_append_new(
        f->workflows,
        json_pack("{s:o, s:s, s:o, s:[s], s:o, s:[{s:s, s:{s:o}}], s:o}", "bom-ref",
                  json_readable(ref), "uid", item->build->key, "name", json_readable(item->file),
                  "taskTypes", "build", "inputs", inputs, "outputs", "type", "artifact", "resource",
                  "ref", json_readable(item->file), "properties", make_properties(item->build)));
}

/* ------------------------------------------------------------------------------------ the whole */

/* By bom-ref. */
static json_t *list_sorted(json_t *components)
{
    auto_strv struct strv refs = STRV_INIT;
    json_t *list = json_array(), *component;
    const char *ref;

    json_object_foreach(components, ref, component) strv_push(&refs, ref);
    strv_sort(&refs);
    for (size_t i = 0; i < refs.count; i++)
        (void)json_array_append(list, json_object_get(components, refs.items[i]));
    return list;
}

json_t *sbom_formulation(const struct run_record *record, const struct house *house,
                         const struct house_wheel *only)
{
    struct formula f = {.record = record, .components = json_object(), .workflows = json_array()};
    json_t *list = NULL;

    add_tools(&f);
    for (size_t i = 0; i < house->count; i++)
        if (house->items[i].item->build && (!only || only == &house->items[i]))
            add_build(&f, house->items[i].item);
    if (json_array_size(f.workflows))
        list = json_pack("[{s:o, s:O}]", "components", list_sorted(f.components), "workflows",
                         f.workflows);
    json_decref(f.components);
    json_decref(f.workflows);
    return list;
}
