/* What of this machine decides about bytes. */
#include "inputs/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/normal.h"
#include "inputs/compiler.h"
#include "inputs/hook_env.h"
#include "inputs/listing.h"
#include "inputs/options.h"
#include "inputs/packages.h"
#include "program_digest.h"

/* Where no package manager writes, but builds look. */
static const char local_tree[] = "/usr/local";

static const char packages_part[] = "packages";

static int add_listing(const char *what, const char *path, struct key *key, struct err *err)
{
    char hex[SHA256_HEX];
    int ret = listing_digest(path, NULL, hex, err);

    if (ret == 0)
        key_addf(key, what, "%s %s", path, hex);
    if (ret != -EFBIG)
        return ret;
    err_release(err);
    key_addf(key, what, "%s (not listed: too many files)", path);
    key->incomplete = true;
    return 0;
}

/* Trees of packages: what lies there is named by the list of packages. */
static bool is_of_packages(const char *path)
{
    static const char *const trees[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"};

    if (path_is_below(path, local_tree))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
        if (path_is_below(path, trees[i]))
            return true;
    return false;
}

/* ------------------------------------------------------------------------------------- program */

static void add_program(struct key *key)
{
    key_addf(key, "normal form", "%d", NORMAL_FORM_VERSION);
    key_add(key, "compressor", "zlib " TRUEWHEEL_ZLIB_VERSION " level 6");
    key_add(key, "truewheel", TRUEWHEEL_VERSION " " TRUEWHEEL_PROGRAM_DIGEST);
}

/* --------------------------------------------------------------------------------- interpreter */

/* Its own files, where it did not come as a package. What is installed in it builds do not see. */
static int add_interpreter_files(const char *prefix, struct key *key, struct err *err)
{
    static const char *const skip[] = {"site-packages", "dist-packages", "__pycache__",
                                       "share",         "test",          NULL};
    char hex[SHA256_HEX];
    auto_free char *real = realpath(prefix, NULL);

    if (!real || is_of_packages(real) || strcmp(real, local_tree) == 0)
        return 0; /* as a package, or with all of /usr/local */
    int ret = listing_digest(real, skip, hex, err);
    if (ret == 0)
        key_add(key, "interpreter files", hex);
    return ret;
}

int machine_key_interpreter(const struct machine_options *options,
                            const struct interpreter_facts *facts, struct key *ret_key,
                            struct err *err)
{
    char hex[SHA256_HEX];
    int ret = digests_of_file(options->digests, facts->executable, hex, err);

    if (ret < 0)
        return ret;
    key_add(ret_key, "shim", facts->shim);
    key_add(ret_key, "guest library", facts->guest);
    key_add(ret_key, "pip", facts->pip);
    key_add(ret_key, "python", facts->version);
    key_add(ret_key, "tag", facts->tag);
    key_addf(ret_key, "executable", "%s %s", facts->executable, hex);
    key_add(ret_key, "sysconfig", facts->config);
    return options->image ? 0 : add_interpreter_files(facts->prefix, ret_key, err);
}

/* ---------------------------------------------------------------------------------- the system */

static void add_libc(struct key *key)
{
    char libc[256] = "";
    struct utsname machine;

    if (confstr(_CS_GNU_LIBC_VERSION, libc, sizeof(libc)) == 0)
        libc[0] = '\0'; /* musl; its version is in the list of packages */
    key_add(key, "libc", libc);
    key_add(key, "machine", uname(&machine) == 0 ? machine.machine : "");
}

static char *packages_value(const char *manager, const struct strv *packages)
{
    auto_str struct str text = STR_INIT;
    char hex[SHA256_HEX];

    for (size_t i = 0; i < packages->count; i++)
        str_addf(&text, "%s\n", packages->items[i]);
    sha256_hex_of(text.buf, text.len, hex);
    return xasprintf("%s %zu %s", manager, packages->count, hex);
}

static int read_packages(struct digests *digests, const char *database, struct key *key,
                         int stop_fd, struct err *err)
{
    auto_strv struct strv packages = STRV_INIT;
    struct stat st;
    const char *manager;
    bool there = database && digests && stat(database, &st) == 0;
    int ret = packages_list(&packages, &manager, stop_fd, err);

    if (ret < 0)
        return ret;
    auto_free char *value = packages_value(manager, &packages);
    key_add(key, packages_part, value);
    if (there && packages.count)
        digests_put(digests, database, packages_part, &st, value);
    if (packages.count)
        return 0;
    return add_listing("system files", "/usr", key, err); /* no manager vouches for it */
}

static int add_packages(struct digests *digests, struct key *key, int stop_fd, struct err *err)
{
    const char *database = packages_database();
    const char *known = digests && database ? digests_get(digests, database, packages_part) : NULL;

    if (!known)
        return read_packages(digests, database, key, stop_fd, err);
    key_add(key, packages_part, known);
    return 0;
}

static int add_system(const struct machine_options *options, int stop_fd, struct key *key,
                      struct err *err)
{
    if (options->image) {
        key_add(key, "image", options->image);
        return 0;
    }
    add_libc(key);
    int ret = add_packages(options->digests, key, stop_fd, err);
    return ret == 0 ? add_listing("local files", local_tree, key, err) : ret;
}

/* ---------------------------------------------------------------------------- what was asked for */

/* Absolute paths in a value, as in PATH, CPATH or CC, that no package manager vouches for. */
static int add_paths_of(const char *name, const char *value, struct key *key, struct err *err)
{
    auto_strv struct strv words = STRV_INIT;
    auto_free char *what = xasprintf("files of %s", name);
    int ret = 0;

    strv_split(&words, value, ": \t\n=,;");
    for (size_t i = 0; ret == 0 && i < words.count; i++) {
        const char *path = words.items[i] + strcspn(words.items[i], "/"); /* "-I/opt/include" */
        auto_free char *real = path[0] ? realpath(path, NULL) : NULL;
        if (real && real[1] && !is_of_packages(real) && !path_is_below(real, local_tree))
            ret = add_listing(what, real, key, err);
    }
    return ret;
}

static int add_variables(const struct machine_options *options, struct key *key, struct err *err)
{
    json_t *variables = hook_env_inputs(options->variables);
    auto_strv struct strv names = STRV_INIT;
    const char *name;
    json_t *value;
    int ret = 0;

    json_object_foreach(variables, name, value) strv_push(&names, name);
    strv_sort(&names);
    for (size_t i = 0; ret == 0 && i < names.count; i++) {
        const char *text = json_string_value(json_object_get(variables, names.items[i]));
        auto_free char *part = xasprintf("variable %s", names.items[i]);
        key_add(key, part, text ? text : "");
        if (text && !options->image)
            ret = add_paths_of(names.items[i], text, key, err);
    }
    json_decref(variables);
    return ret;
}

int machine_key_files(const struct strv *variables, struct key *ret_key, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < variables->count; i++) {
        const char *assignment = variables->items[i];
        auto_free char *name = xstrndup(assignment, strcspn(assignment, "="));
        ret = add_paths_of(name, assignment + strlen(name), ret_key, err);
    }
    return ret;
}

int machine_key_binds(const struct strv *binds, struct key *ret_key, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < binds->count; i++) {
        auto_free char *path = wheel_bind_path(binds->items[i], NULL);
        key_add(ret_key, "bind", binds->items[i]);
        ret = add_listing("files of bind", path, ret_key, err);
    }
    return ret;
}

int machine_key(const struct machine_options *options, int stop_fd, struct key *ret_key,
                struct err *err)
{
    add_program(ret_key);
    int ret = add_system(options, stop_fd, ret_key, err);
    if (ret == 0)
        ret = compiler_key(options->variables, options->digests, stop_fd, ret_key, err);
    if (ret == 0)
        ret = add_variables(options, ret_key, err);
    return ret == 0 ? machine_key_binds(options->binds, ret_key, err) : ret;
}
