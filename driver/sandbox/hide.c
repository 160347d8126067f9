/*
 * Hides parts of the directories that are shown. A hidden file becomes an empty one; a hidden
 * directory gets a cover, an empty tmpfs in which mount points can be made until it is sealed.
 */
#include "sandbox/hide.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "sandbox/mount.h"
#include "sandbox/shown.h"

/* Below what every build is shown (shown.c): not of packages, and perhaps with passwords in it. */
static const char *const always[] = {
    "/usr/local/etc",      /* npmrc, gitconfig, … of this machine */
    "/usr/pip.conf",       /* pip's configuration of an interpreter: it names indexes */
    "/usr/local/pip.conf", /* the same */
};

/*
 * Variables by which programs find their secrets, sockets and caches: patterns, and the absolute paths in
 * their values. Most of what they name is not shown in any case; this is for what lies below a bind, or
 * below the interpreter. CA bundles are no secrets, and none of these.
 */
static const char *const variables[] = {
    /* clang-format off */
    "TMPDIR", "TRUEWHEEL_CACHE_DIR", "XDG_*_HOME", "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK", "GPG_AGENT_INFO", "GNUPGHOME", "PASSWORD_STORE_DIR", "DBUS_*_BUS_ADDRESS",
    "NETRC", "CURL_HOME", "WGETRC", "KRB5CCNAME", "KRB5_*KTNAME", "XAUTHORITY", "ICEAUTHORITY",
    "PIP_CONFIG_FILE", "PIP_CACHE_DIR", "PIP_CLIENT_CERT", "UV_CACHE_DIR", "POETRY_*_DIR",
    "NPM_CONFIG_*CONFIG", "NPM_CONFIG_CACHE", "npm_config_*config", "npm_config_cache",
    "CARGO_HOME", "GIT_CONFIG*", "GH_CONFIG_DIR", "HGRCPATH",
    "DOCKER_*", "REGISTRY_AUTH_FILE", "KUBECONFIG", "HELM_*_HOME",
    "AWS_*_FILE", "GOOGLE_*", "CLOUDSDK_CONFIG", "AZURE_*", "TF_CLI_CONFIG_FILE",
    "PGPASSFILE", "PGSERVICEFILE", "MYSQL_HOME", "CREDENTIALS_DIRECTORY", "SOPS_*_FILE",
    "*_TOKEN_FILE", "*_PASSWORD_FILE", "*_CREDENTIALS_FILE", "*_SECRET_FILE",
    /* clang-format on */
};

/*
 * Some users have a home that is part of the system ("/", "/usr/sbin", "/bin"): it is not hidden.
 */
static bool is_system_path(const char *path)
{
    return strcmp(path, "/") == 0 || sandbox_shows(path);
}

/* What is above or below these is not hidden, whoever names it: builds need it, and it is no secret. */
static bool is_needed(const char *path)
{
    static const char *const needed[] = {"/usr/bin",          "/usr/lib",
                                         "/usr/lib64",        "/usr/include",
                                         "/usr/local/bin",    "/usr/local/lib",
                                         "/etc/ssl/certs",    "/etc/pki/ca-trust",
                                         "/etc/alternatives", "/usr/share/ca-certificates"};

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        if (path_is_below(needed[i], path) || path_is_below(path, needed[i]))
            return true;
    return false;
}

/* Adds where the path leads: to hide the name of a link alone would leave its target open. */
static void add_resolved(struct strv *hide, const char *path, bool (*except)(const char *path))
{
    auto_free char *real = path ? realpath(path, NULL) : NULL;

    if (real && !except(real) && !strv_contains(hide, real))
        strv_push(hide, real);
}

static void add_named_by(const char *value, struct strv *hide)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, value, ":=,; ");
    for (size_t i = 0; i < words.count; i++)
        if (words.items[i][0] == '/')
            add_resolved(hide, words.items[i], is_needed);
}

static bool names_secrets(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
        if (fnmatch(variables[i], name, 0) == 0)
            return true;
    return false;
}

static void add_named_by_variables(struct strv *hide)
{
    extern char **environ;

    for (char **p = environ; *p; p++) {
        auto_free char *name = xstrndup(*p, strcspn(*p, "="));
        if (names_secrets(name) && strchr(*p, '='))
            add_named_by(strchr(*p, '=') + 1, hide);
    }
}

/* pip's configuration of the interpreters that are shown. */
static void add_configurations(const struct sandbox_spec *spec, struct strv *hide)
{
    for (size_t i = 0; i < spec->binds.count; i++) {
        auto_free char *path = path_join(spec->binds.items[i].path, "pip.conf");
        add_resolved(hide, path, is_needed);
    }
}

void sandbox_list_blocked_programs(const struct sandbox_spec *spec, struct strv *ret_paths)
{
    for (size_t i = 0; i < spec->without.count; i++) {
        auto_free char *real = realpath(spec->without.items[i], NULL);
        if (real && !strv_contains(ret_paths, real))
            strv_push(ret_paths, real);
    }
}

void sandbox_list_hidden(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                         struct strv *ret_paths)
{
    const struct passwd *user = getpwuid(ids->caller);

    if (guard_is_off("hidden"))
        return;
    add_resolved(ret_paths, getenv("HOME"), is_system_path);
    add_resolved(ret_paths, user ? user->pw_dir : NULL, is_system_path);
    for (size_t i = 0; i < spec->hide.count; i++)
        add_resolved(ret_paths, spec->hide.items[i], is_needed);
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        add_resolved(ret_paths, always[i], is_needed);
    add_named_by_variables(ret_paths);
    add_configurations(spec, ret_paths);
}

static int add_cover(const char *at, struct sandbox_covers *covers, struct err *err)
{
    int ret = mount_tmpfs(at, 0, "0755", err);

    if (ret < 0)
        return ret;
    int fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", at);
    VEC_GROW(covers);
    covers->items[covers->count++] = fd;
    return 0;
}

int sandbox_seal_covers(const struct sandbox_covers *covers, struct err *err)
{
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;

    for (size_t i = 0; i < covers->count; i++) {
        auto_free char *at = xasprintf(STAGE_NEW "/proc/self/fd/%d", covers->items[i]);
        if (mount(NULL, at, NULL, flags, NULL) < 0)
            return err_errno(err, errno, "cannot make a hidden directory read-only");
    }
    return 0;
}

void sandbox_release_covers(struct sandbox_covers *covers)
{
    for (size_t i = 0; i < covers->count; i++)
        close_fd(&covers->items[i]);
    free(covers->items);
}

/* Does nothing for a path with a symbolic link on the way: the target is hidden by its own path. */
int sandbox_hide(const char *path, struct sandbox_covers *covers, struct err *err)
{
    struct stat st;
    auto_free char *at = xasprintf(STAGE_NEW "%s", path);
    auto_free char *parent = path_dir(at);
    auto_free char *real = realpath(parent, NULL);

    if (!real || strcmp(real, parent) != 0 || lstat(at, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return add_cover(at, covers, err);
    if (S_ISLNK(st.st_mode))
        return 0;
    return mount_bind(STAGE_SKEL "/nothing", at, MOUNT_RO, err);
}

int sandbox_block_programs(const struct strv *programs, struct err *err)
{
    static const char nothing[] = STAGE_SKEL "/no-program";

    if (programs->count && mkfifo(nothing, 0) < 0)
        return err_errno(err, errno, "cannot make a cover for programs");
    for (size_t i = 0; i < programs->count; i++) {
        auto_free char *at = xasprintf(STAGE_NEW "%s", programs->items[i]);
        struct stat st;
        if (lstat(at, &st) < 0 || !S_ISREG(st.st_mode))
            continue;
        int ret = mount_bind(nothing, at, MOUNT_RO, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}
