/* The dependencies of a wheel for several platforms, as lists under Bazel's conditions. */
#include "bazel/platform_deps.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "wheel/wheel_name.h"
#include "bazel/names.h"

struct platform {
    const char *os;   /* "": any */
    const char *arch; /* "": any */
    int minor;        /* of Python 3; -1: any */
    int micro;        /* given by rules since 1.4; -1: any */
};

static const char *const systems[] = {"linux", "osx", "windows"};
static const char *const machines[] = {"x86_64", "x86_32", "aarch64", "ppc", "s390x", "arm"};

static const struct {
    const char *name, *means;
} aliases[] = {
    {"darwin", "osx"},  {"win32", "windows"}, {"amd64", "x86_64"}, {"arm64", "aarch64"},
    {"i386", "x86_32"}, {"i686", "x86_32"},   {"x86", "x86_32"},   {"ppc64le", "ppc"},
};

/* platform_machine of a platform: the first line that fits, where "" in `os` fits any system. */
static const struct {
    const char *os, *arch, *machine;
} machine_names[] = {
    {"", "x86_64", "x86_64"},        {"osx", "x86_32", ""},    {"", "x86_32", "i386"},
    {"linux", "aarch64", "aarch64"}, {"", "aarch64", "arm64"}, {"linux", "ppc", "ppc64le"},
    {"linux", "s390x", "s390x"},
};

static const struct {
    const char *os, *os_name, *sys_platform, *platform_system;
} system_names[] = {
    {"linux", "posix", "linux", "Linux"},
    {"osx", "posix", "darwin", "Darwin"},
    {"windows", "nt", "win32", "Windows"},
};

struct selected {
    struct platform when;
    struct strv deps;
};

struct query {
    const struct wheel_deps *deps;
    const struct marker_env *env; /* of the target interpreter, on this machine */
    int host_minor;               /* its minor version */
    struct strv extras;           /* the requested ones, and those that they ask for */
    struct {
        struct platform *items;
        size_t count, cap;
    } platforms;
    bool by_version;    /* there are several Python versions, so that conditions name them */
    bool by_micro;      /* as "3.11.4": for rules since 1.4 */
    struct strv common; /* dependencies on every platform */
    struct {
        struct selected *items;
        size_t count, cap;
    } select;
};

static const char *find_text(const char *text, size_t len, const char *const *list, size_t count)
{
    for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
        if (strlen(aliases[i].name) == len && strncmp(aliases[i].name, text, len) == 0)
            return find_text(aliases[i].means, strlen(aliases[i].means), list, count);
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == len && strncmp(list[i], text, len) == 0)
            return list[i];
    return NULL;
}

static void add_platform(struct query *q, struct platform p)
{
    for (size_t i = 0; i < q->platforms.count; i++) {
        const struct platform *other = &q->platforms.items[i];
        if (strcmp(other->os, p.os) == 0 && strcmp(other->arch, p.arch) == 0 &&
            other->minor == p.minor && other->micro == p.micro)
            return;
    }
    VEC_GROW(&q->platforms);
    q->platforms.items[q->platforms.count++] = p;
}

/* Adds the platform for each system and machine that is not fixed in `p`. */
static void add_platforms(struct query *q, struct platform p)
{
    for (size_t i = 0; i < ARRAY_SIZE(systems); i++) {
        if (p.os[0] && strcmp(systems[i], p.os) != 0)
            continue;
        for (size_t k = 0; k < ARRAY_SIZE(machines); k++)
            if (!p.arch[0] || strcmp(machines[k], p.arch) == 0)
                add_platform(q, (struct platform){systems[i], machines[k], p.minor, p.micro});
    }
}

/* The minor version of the interpreter; -1 when it is no Python 3. */
static int host_minor(const struct marker_env *env)
{
    const char *version = env->values[MARKER_PYTHON_VERSION];
    int minor = -1;

    if (version && str_starts(version, "3."))
        (void)parse_int(version + 2, 0, 1000, &minor); /* when it fails, minor stays -1 */
    return minor;
}

/* "11" or "11.3" */
static bool parse_version(const char *text, size_t len, struct platform *ret_platform)
{
    size_t minor_len = strcspn(text, "._");
    auto_free char *minor = xstrndup(text, minor_len < len ? minor_len : len);
    auto_free char *micro =
        minor_len < len ? xstrndup(text + minor_len + 1, len - minor_len - 1) : NULL;

    return parse_int(minor, 0, 1000, &ret_platform->minor) &&
           (!micro || parse_int(micro, 0, 1000, &ret_platform->micro));
}

/* "host", "linux_x86_64", "cp311_osx_*", "cp311.4_linux_x86_64". */
static int add_named_platform(struct query *q, const char *name, struct err *err)
{
    const char *at = name;
    struct platform p = {.minor = -1, .micro = -1};

    if (strcmp(name, "host") == 0) {
        const char *machine = q->env->values[MARKER_PLATFORM_MACHINE];
        const char *arch = find_text(machine, strlen(machine), machines, ARRAY_SIZE(machines));
        add_platform(q, (struct platform){"linux", arch ? arch : "", q->host_minor, -1});
        return 0;
    }
    if (str_starts(name, "cp3")) {
        size_t len = strcspn(name + 3, "_");
        if (!name[3 + len] || !parse_version(name + 3, len, &p))
            return err_set(err, ERR_USAGE, "--platform: '%s' is none (linux_x86_64 is one)", name);
        at = name + 3 + len + 1;
    }
    size_t os_len = strcspn(at, "_");
    const char *arch_text = at[os_len] ? at + os_len + 1 : "*";
    bool any_os = os_len == 1 && *at == '*', any_arch = strcmp(arch_text, "*") == 0;
    p.os = any_os ? "" : find_text(at, os_len, systems, ARRAY_SIZE(systems));
    p.arch =
        any_arch ? "" : find_text(arch_text, strlen(arch_text), machines, ARRAY_SIZE(machines));
    if (!p.os || !p.arch)
        return err_set(err, ERR_USAGE, "--platform: '%s' is none (linux_x86_64 is one)", name);
    if (any_arch)
        add_platforms(q, p);
    else
        add_platform(q, p);
    return 0;
}

static void platform_markers(const struct query *q, const struct platform *p,
                             struct marker_env *ret_env)
{
    int minor = p->minor >= 0 ? p->minor : q->host_minor;
    auto_free char *version = xasprintf("3.%d", minor),
                   *full = xasprintf("3.%d.%d", minor, p->micro >= 0 ? p->micro : 0);
    const char *machine = "", *os_name = "", *sys_platform = "", *platform_system = "";

    for (size_t i = ARRAY_SIZE(machine_names); i-- > 0;)
        if ((!machine_names[i].os[0] || strcmp(machine_names[i].os, p->os) == 0) &&
            strcmp(machine_names[i].arch, p->arch) == 0)
            machine = machine_names[i].machine;
    for (size_t i = 0; i < ARRAY_SIZE(system_names); i++) {
        if (strcmp(system_names[i].os, p->os) != 0)
            continue;
        os_name = system_names[i].os_name;
        sys_platform = system_names[i].sys_platform;
        platform_system = system_names[i].platform_system;
    }
    /*
     * Where the platform has no fixed system or machine these are "", not the values of this
     * machine.
     */
    marker_env_set(ret_env, "os_name", os_name);
    marker_env_set(ret_env, "sys_platform", sys_platform);
    marker_env_set(ret_env, "platform_system", platform_system);
    marker_env_set(ret_env, "platform_machine", machine);
    marker_env_set(ret_env, "platform_release", "");
    marker_env_set(ret_env, "platform_version", "");
    marker_env_set(ret_env, "python_version", version);
    marker_env_set(ret_env, "python_full_version", full);
    marker_env_set(ret_env, "implementation_version", full);
    for (int i = 0; i < MARKER_NAME_COUNT; i++) /* the others are those of the interpreter */
        if (!ret_env->values[i] && q->env->values[i])
            ret_env->values[i] = xstrdup(q->env->values[i]);
}

/* The properties of a platform on which a marker depends. */
struct properties {
    bool os, arch, version;
};

static void add_property(const struct marker_operand *operand, struct properties *used)
{
    if (!operand->is_name)
        return;
    used->os = used->os || operand->name == MARKER_OS_NAME ||
               operand->name == MARKER_SYS_PLATFORM || operand->name == MARKER_PLATFORM_SYSTEM;
    used->arch = used->arch || operand->name == MARKER_PLATFORM_MACHINE;
    used->version = used->version || strstr(marker_name_text(operand->name), "version");
}

static struct properties properties_of_marker(const struct marker *m)
{
    struct properties used = {0};

    for (size_t i = 0; i < m->count; i++) {
        add_property(&m->items[i].lhs, &used);
        add_property(&m->items[i].rhs, &used);
    }
    return used;
}

static void add_selected(struct query *q, struct platform when, const char *name)
{
    VEC_GROW(&q->select);
    struct selected *s = &q->select.items[q->select.count++];
    *s = (struct selected){.when = when};
    strv_push(&s->deps, name);
}

/*
 * Adds a dependency that the platform has, under a condition that names only what its marker uses.
 */
static void add_for_platform(struct query *q, const struct platform *p, struct properties used,
                             const char *name)
{
    struct platform when = {used.os || used.arch ? p->os : "", used.arch ? p->arch : "",
                            q->by_version ? p->minor : -1, q->by_micro ? p->micro : -1};

    if (!used.os && !used.arch && !q->by_version) {
        strv_push(&q->common, name);
        return;
    }
    if (q->by_micro) {
        when.os = p->os;
        when.arch = p->arch;
    }
    add_selected(q, when, name);
    if (q->by_version && p->minor == q->host_minor) {
        when.minor = when.micro = -1;
        add_selected(q, when, name);
    }
}

static int add_requirement(struct query *q, const struct requirement *r, struct err *err)
{
    auto_free char *name = bazel_normalize_key(r->name);
    struct properties used = properties_of_marker(&r->marker);
    bool counts = false;

    if (wheel_dist_equal(r->name, q->deps->name))
        return 0;
    if (!q->platforms.count || !(used.os || used.arch || used.version)) {
        int ret = wheel_deps_applies(r, q->env, &q->extras, &counts, err);
        if (counts)
            strv_push(&q->common, name);
        return ret;
    }
    for (size_t i = 0; i < q->platforms.count; i++) {
        auto_marker_env struct marker_env env = MARKER_ENV_INIT;
        platform_markers(q, &q->platforms.items[i], &env);
        int ret = wheel_deps_applies(r, &env, &q->extras, &counts, err);
        if (ret < 0)
            return ret;
        if (counts)
            add_for_platform(q, &q->platforms.items[i], used, name);
    }
    return 0;
}

/* The key in select(), as rules_python writes it. */
static char *condition(const struct platform *p)
{
    if (p->minor < 0 && !p->os[0])
        return xstrdup("//conditions:default");
    if (p->minor < 0 && !p->arch[0])
        return xasprintf("@platforms//os:%s", p->os);
    if (p->minor < 0)
        return xasprintf("%s_%s", p->os, p->arch);
    if (!p->os[0] && !p->arch[0])
        return xasprintf("@//python/config_settings:is_python_3.%d", p->minor);
    if (p->micro >= 0)
        return xasprintf("cp3%d.%d_%s_%s", p->minor, p->micro, p->os, p->arch);
    return xasprintf("cp3%d_%s_%s", p->minor, p->os[0] ? p->os : "anyos",
                     p->arch[0] ? p->arch : "anyarch");
}

/*
 * Whether the dependencies of the general condition are also those of the special one. They must be
 * listed there too, because select() uses only one branch.
 */
static bool covers(const struct platform *general, const struct platform *special)
{
    return (!general->os[0] || strcmp(general->os, special->os) == 0) &&
           (!general->arch[0] || strcmp(general->arch, special->arch) == 0) &&
           general->minor == special->minor && general->micro == special->micro;
}

static json_t *sorted_array(struct strv *names)
{
    json_t *array = json_array();

    strv_sort(names);
    for (size_t i = 0; i < names->count; i++)
        if (!i || strcmp(names->items[i], names->items[i - 1]) != 0)
            json_array_append_new(array, json_string(names->items[i]));
    return array;
}

static json_t *select_object(const struct query *q)
{
    json_t *object = json_object();

    for (size_t i = 0; i < q->select.count; i++) {
        auto_strv struct strv names = STRV_INIT;
        auto_free char *key = condition(&q->select.items[i].when);
        for (size_t k = 0; k < q->select.count; k++)
            for (size_t d = 0; d < q->select.items[k].deps.count; d++)
                if (covers(&q->select.items[k].when, &q->select.items[i].when) &&
                    !strv_contains(&q->common, q->select.items[k].deps.items[d]))
                    strv_push(&names, q->select.items[k].deps.items[d]);
        if (names.count)
            json_object_set_new(object, key, sorted_array(&names));
    }
    return object;
}

/*
 * Conditions name the Python version when there are several. Rules until 1.3 do that from three
 * versions on, later ones (which give the micro version) from two on.
 */
static void find_versions(struct query *q)
{
    bool micro = false;
    size_t distinct = 0;

    for (size_t i = 0; i < q->platforms.count; i++) {
        const struct platform *p = &q->platforms.items[i];
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || (q->platforms.items[k].minor == p->minor &&
                            q->platforms.items[k].micro == p->micro);
        distinct += !seen;
        micro = micro || p->micro >= 0;
    }
    q->by_version = distinct > (micro ? 1 : 2);
    q->by_micro = micro && q->by_version;
}

static int collect(struct query *q, const struct strv *extras, const struct strv *platforms,
                   struct err *err)
{
    int ret = 0;

    strv_push(&q->extras, "");
    strv_extend(&q->extras, extras);
    for (size_t i = 0; i < platforms->count && ret == 0; i++)
        ret = add_named_platform(q, platforms->items[i], err);
    find_versions(q);
    if (ret == 0)
        ret = wheel_deps_close_extras(q->deps, q->env, &q->extras, err);
    for (size_t i = 0; i < q->deps->requirements.count && ret == 0; i++)
        ret = add_requirement(q, &q->deps->requirements.items[i], err);
    return ret;
}

int platform_deps(const struct wheel_deps *deps, const struct marker_env *env,
                  const struct strv *extras, const struct strv *platforms, json_t **ret_deps,
                  json_t **ret_select, struct err *err)
{
    struct query q = {.deps = deps, .env = env, .host_minor = host_minor(env)};
    int ret = collect(&q, extras, platforms, err);

    if (ret == 0) {
        *ret_select = select_object(&q);
        *ret_deps = sorted_array(&q.common);
    }
    for (size_t i = 0; i < q.select.count; i++)
        strv_release(&q.select.items[i].deps);
    free(q.select.items);
    free(q.platforms.items);
    strv_release(&q.extras);
    strv_release(&q.common);
    return ret;
}
