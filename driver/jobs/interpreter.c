/* The real Python behind truewheel: found, executed, asked for its markers. */
#include "jobs/interpreter.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "base/io.h"
#include "base/str.h"
#include "system/capture.h"
#include "jobs/engine_place.h"

static const char self_path[] = "/proc/self/exe";

/* The interpreters that engines were built for; the first one is the default. */
static const struct {
    const char *version, *path;
} built[] = {TRUEWHEEL_PYTHONS};

static const char *own_name; /* set before anything is looked for */

void interpreter_set_own_name(const char *name)
{
    own_name = name;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool same_content(const char *a, const char *b)
{
    auto_close int x = open(a, O_RDONLY | O_CLOEXEC), y = open(b, O_RDONLY | O_CLOEXEC);
    bool equal = false;

    return x >= 0 && y >= 0 && files_equal(x, y, &equal, NULL) == 0 && equal;
}

bool interpreter_is_truewheel(const char *path)
{
    struct stat self, other;

    if (stat(self_path, &self) != 0 || stat(path, &other) != 0)
        return false;
    return same_file(&self, &other) ||
           (self.st_size == other.st_size && same_content(self_path, path));
}

/* Whether an engine belongs to it. */
static bool has_engine(const char *path)
{
    struct stat ours, other;

    for (size_t i = 0; stat(path, &other) == 0 && i < ARRAY_SIZE(built); i++)
        if (stat(built[i].path, &ours) == 0 && same_file(&ours, &other))
            return true;
    return false;
}

bool interpreter_is_default(const char *path)
{
    struct stat ours, other;

    return stat(TRUEWHEEL_PYTHON_DEFAULT, &ours) == 0 && stat(path, &other) == 0 &&
           same_file(&ours, &other);
}

static bool is_another(const char *path)
{
    return !interpreter_is_truewheel(path);
}

/* The first executable file of that name on PATH, truewheel counted or not; NULL: there is none. */
static char *search(const char *name, bool beyond_truewheel)
{
    const char *dirs = getenv("PATH");

    return find_executable(dirs ? dirs : "/usr/local/bin:/usr/bin:/bin", name,
                           beyond_truewheel ? is_another : NULL);
}

/* The version that a name of ours asks for, of `name` or of the program; NULL: none. */
static char *asked_version(const char *name)
{
    char *version = name ? engine_version_in(name) : NULL;

    return version || !own_name ? version : engine_version_in(own_name);
}

/* The interpreter of an engine; NULL: there is no such engine. */
static const char *built_for(const char *version)
{
    for (size_t i = 0; i < ARRAY_SIZE(built); i++)
        if (!version || strcmp(built[i].version, version) == 0)
            return built[i].path;
    return NULL;
}

static int no_engine(const char *version, struct err *err)
{
    int ret = err_set(err, ERR_ENVIRONMENT,
                      "there is no engine for Python %s, which the name of this program asks for",
                      version);

    err_hint(err,
             "build one: make PYTHON=python%s; or set TRUEWHEEL_PYTHON to the path of another "
             "interpreter",
             version);
    return ret;
}

static int find_default(const char *name, char **ret_path, struct err *err)
{
    const char *named = getenv("TRUEWHEEL_PYTHON");
    bool ours = !named || !named[0];
    auto_free char *version = ours ? asked_version(name) : NULL;

    if (ours)
        named = built_for(version);
    if (!named)
        return no_engine(version, err);
    auto_free char *path = strchr(named, '/') ? xstrdup(named) : search(named, true);
    if (!path)
        return err_set(err, ERR_ENVIRONMENT, "TRUEWHEEL_PYTHON: no '%s' on PATH", named);
    if (interpreter_is_truewheel(path)) {
        int ret = err_set(err, ERR_ENVIRONMENT, "%s'%s' is truewheel, not an interpreter",
                          ours ? "" : "TRUEWHEEL_PYTHON: ", path);
        err_hint(err, "set TRUEWHEEL_PYTHON to the path of the real one");
        return ret;
    }
    *ret_path = steal(&path);
    return 0;
}

int interpreter_find(const char *name, char **ret_path, struct err *err)
{
    if (!name || !name[0])
        return find_default(NULL, ret_path, err);
    auto_free char *path = strchr(name, '/') ? xstrdup(name) : search(name, false);
    if (path && access(path, X_OK) != 0)
        return err_errno(err, errno, "interpreter '%s'", path);
    /* Not found, or truewheel comes first: Bazel calls its interpreter by such a name. */
    if (!path || interpreter_is_truewheel(path))
        return find_default(name, ret_path, err);
    *ret_path = steal(&path);
    return 0;
}

/* What stays the same through every exec: the process's id and, as ids come again, its start. */
static char *process_identity(void)
{
    enum { MAX = 4096, START_TIME = 19 }; /* counted from behind the name; field 22 of proc(5) */
    auto_str struct str stat = STR_INIT;
    auto_strv struct strv fields = STRV_INIT;
    const char *name_end = NULL;

    if (read_file("/proc/self/stat", MAX, &stat, NULL) == 0)
        name_end = strrchr(stat.buf, ')');
    strv_split(&fields, name_end ? name_end + 1 : "", " ");
    return xasprintf("%ld:%s", (long)getpid(),
                     fields.count > START_TIME ? fields.items[START_TIME] : "");
}

/*
 * TRUEWHEEL_PYTHON may name a shim that looks for the next "python3" on PATH, and that can be us:
 * each would start the other for ever, in one process. An exec keeps nothing of ours but the
 * environment, so the process that starts such a program is noted there, and only then: for the
 * interpreter that truewheel was built for nothing is added. Children inherit the note, but are
 * other processes.
 */
static int note_start(const char *path, struct err *err)
{
    static const char note[] = "TRUEWHEEL_PYTHON_START";
    const char *found = getenv(note);
    auto_free char *self = process_identity();

    if (has_engine(path))
        return unsetenv(note) == 0 ? 0 : err_errno(err, errno, "unsetenv");
    if (found && strcmp(found, self) == 0) {
        int ret = err_set(err, ERR_ENVIRONMENT,
                          "TRUEWHEEL_PYTHON leads back to truewheel: '%s' starts it again", path);
        err_hint(err, "set TRUEWHEEL_PYTHON to the path of the real one");
        return ret;
    }
    return setenv(note, self, 1) == 0 ? 0 : err_errno(err, errno, "setenv");
}

int interpreter_exec(char **argv, struct err *err)
{
    auto_free char *path = NULL;
    int ret = interpreter_find(NULL, &path, err);

    if (ret == 0)
        ret = note_start(path, err);
    if (ret < 0)
        return ret;
    char *name = argv[0];
    argv[0] = path;
    (void)execv(path, argv);
    argv[0] = name;
    return err_errno(err, errno, "cannot run '%s'", path);
}

/* What the build knows; the rest is the machine's. */
static int known_markers(struct marker_env *ret_env, struct err *err)
{
    static const struct {
        enum marker_name name;
        const char *value;
    } fixed[] = {
        {MARKER_IMPLEMENTATION_NAME, "cpython"},
        {MARKER_PLATFORM_PYTHON_IMPLEMENTATION, "CPython"},
        {MARKER_OS_NAME, "posix"},
        {MARKER_SYS_PLATFORM, "linux"},
        {MARKER_PYTHON_FULL_VERSION, TRUEWHEEL_PYTHON_FULL_VERSION},
        {MARKER_PYTHON_VERSION, TRUEWHEEL_DEFAULT_PYTHON},
    };
    struct utsname machine;

    if (uname(&machine) != 0)
        return err_errno(err, errno, "uname");
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        ret_env->values[fixed[i].name] = xstrdup(fixed[i].value);
    ret_env->values[MARKER_IMPLEMENTATION_VERSION] =
        xstrndup(TRUEWHEEL_PYTHON_FULL_VERSION, strcspn(TRUEWHEEL_PYTHON_FULL_VERSION, "+"));
    ret_env->values[MARKER_PLATFORM_MACHINE] = xstrdup(machine.machine);
    ret_env->values[MARKER_PLATFORM_RELEASE] = xstrdup(machine.release);
    ret_env->values[MARKER_PLATFORM_SYSTEM] = xstrdup(machine.sysname);
    ret_env->values[MARKER_PLATFORM_VERSION] = xstrdup(machine.version);
    return 0;
}

static bool is_unchanged(const char *path)
{
    auto_free char *stamp = NULL;
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    stamp = xasprintf("%lld:%lld", (long long)st.st_size, (long long)st.st_mtim.tv_sec);
    return strcmp(stamp, TRUEWHEEL_PYTHON_STAMP) == 0;
}

/* Prints the values that `packaging` would use, as one JSON object. */
static char question[] =
    "import json, os, platform, sys\n"
    "i = sys.implementation\n"
    "v = '{0.major}.{0.minor}.{0.micro}'.format(i.version)\n"
    "if i.version.releaselevel != 'final':\n"
    "    v += i.version.releaselevel[0] + str(i.version.serial)\n"
    "print(json.dumps({'implementation_name': i.name, 'implementation_version': v,\n"
    "  'os_name': os.name, 'platform_machine': platform.machine(),\n"
    "  'platform_release': platform.release(), 'platform_system': platform.system(),\n"
    "  'platform_version': platform.version(),\n"
    "  'python_full_version': platform.python_version(),\n"
    "  'platform_python_implementation': platform.python_implementation(),\n"
    "  'python_version': '.'.join(platform.python_version_tuple()[:2]),\n"
    "  'sys_platform': sys.platform}))\n";

static int run_and_read(const char *path, struct str *out, struct err *err)
{
    enum { MAX_ANSWER = 64 << 10 };
    char isolated[] = "-I", code[] = "-c";
    char *argv[] = {(char *)path, isolated, code, question, NULL};
    struct spawn_spec spec = {.path = path, .argv = argv};
    struct capture_limits limits = {.max_bytes = MAX_ANSWER, .stop_fd = -1};
    int status = 0;

    int ret = capture_run(&spec, &limits, out, &status, err);
    if (status != 0 || ret == -EFBIG)
        return err_set(err, ERR_ENVIRONMENT, "'%s' is no Python, or does not run", path);
    return ret;
}

void interpreter_take_markers(const json_t *markers, struct marker_env *ret)
{
    json_t *object = (json_t *)markers; /* jansson's loop wants it so */
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (json_is_string(value))
            (void)marker_env_set(ret, name, json_string_value(value)); /* newer ones are not ours */
    }
}

static int ask_markers(const char *path, struct marker_env *ret_env, struct err *err)
{
    auto_str struct str answer = STR_INIT;

    int ret = run_and_read(path, &answer, err);
    if (ret < 0)
        return ret;
    json_t *object = json_loadb(answer.buf, answer.len, 0, NULL);
    interpreter_take_markers(object, ret_env);
    json_decref(object);
    for (int i = 0; i < MARKER_EXTRA; i++)
        if (!ret_env->values[i])
            return err_set(err, ERR_ENVIRONMENT, "'%s' does not answer like a Python", path);
    return 0;
}

int interpreter_markers(const char *path, struct marker_env *ret_env, struct err *err)
{
    *ret_env = (struct marker_env)MARKER_ENV_INIT;
    bool known = interpreter_is_default(path) && is_unchanged(path);
    int ret = known ? known_markers(ret_env, err) : ask_markers(path, ret_env, err);
    if (ret < 0)
        marker_env_release(ret_env);
    return ret;
}
