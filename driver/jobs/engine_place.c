/* Which engine is ours: the places where one may lie, and whether it is safe to run. */
#include "jobs/engine_place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "base/path.h"
#include "base/str.h"
#include "system/safe_dir.h"

static const char self_path[] = "/proc/self/exe";
static const char in_build[] = "";
static const char in_prefix[] = "libexec/truewheel/";

void engine_place_release(struct engine_place *place)
{
    free(place->engine);
    free(place->data);
    *place = (struct engine_place){0};
}

/* ------------------------------------------------------------------------------------- versions */

char *engine_version_in(const char *python)
{
    const char *base = path_base(python);

    if (str_starts(base, "python"))
        base += strlen("python");
    size_t len = strspn(base, "0123456789.");
    return len && !base[len] && strchr(base, '.') ? xstrdup(base) : NULL;
}

/* python3 -> python3.11, through however many links; NULL when no version comes out. */
static char *version_of(const char *python)
{
    char *version = engine_version_in(python);

    if (version)
        return version;
    auto_free char *real = realpath(python, NULL);
    return real ? engine_version_in(real) : NULL;
}

/* ---------------------------------------------------------------------------------------- homes */

enum trust {
    TRUST_NAMED,  /* by the user */
    TRUST_BESIDE, /* whoever could change the program itself may have put it there, nobody else */
    TRUST_MADE    /* as it was compiled in, if nobody else can change anything there */
};

struct search {
    const char *version;
    uid_t owner; /* of the running program */
    struct engine_place found;
    struct err refused; /* why a place that has an engine was not taken: the first one */
};

static int check(const struct search *s, const char *home, enum trust trust, const char *path,
                 struct err *err)
{
    switch (trust) {
    case TRUST_NAMED:
        return 0;
    case TRUST_BESIDE:
        return safe_path_check(path, home, s->owner, false, err);
    case TRUST_MADE:
        return safe_path_check(path, "", geteuid(), true, err);
    }
    BUG("trust");
}

/* True when the search is over. */
static bool try_home(struct search *s, const char *home, const char *layout, enum trust trust)
{
    auto_err struct err why = ERR_INIT;
    auto_free char *real = realpath(home, NULL);
    auto_free char *engine =
        xasprintf("%s/%struewheel-engine-%s", real ? real : "", layout, s->version);
    auto_free char *data = xasprintf("%s/share/truewheel", real ? real : "");

    if (!real || access(engine, X_OK) < 0 || access(data, R_OK) < 0)
        return false;
    if (check(s, real, trust, engine, &why) < 0 || check(s, real, trust, data, &why) < 0) {
        if (!s->refused.code)
            err_move(&s->refused, &why);
        return false;
    }
    s->found = (struct engine_place){.engine = steal(&engine), .data = steal(&data)};
    return true;
}

/* Where the program lies, or lay when it was started: its file may have been replaced since. */
static int own_directory(struct search *s, char **ret, struct err *err)
{
    char path[PATH_MAX];
    ssize_t len = readlink(self_path, path, sizeof(path) - 1);
    struct stat st;

    if (len < 0 || stat(self_path, &st) < 0)
        return err_errno(err, errno, "cannot find my own program file (is /proc mounted?)");
    path[len] = '\0';
    s->owner = st.st_uid;
    *ret = path_dir(path);
    return 0;
}

static bool try_homes(struct search *s, const char *here)
{
    const char *named = getenv("TRUEWHEEL_HOME");
    auto_free char *above = path_dir(here);

    if (named && named[0])
        return try_home(s, named, in_build, TRUST_NAMED) ||
               try_home(s, named, in_prefix, TRUST_NAMED);
    return try_home(s, here, in_build, TRUST_BESIDE) ||
           try_home(s, above, in_prefix, TRUST_BESIDE) ||
           try_home(s, TRUEWHEEL_INSTALL_PREFIX, in_prefix, TRUST_MADE) ||
           try_home(s, TRUEWHEEL_BUILD_DIR, in_build, TRUST_MADE);
}

/* How an engine for another Python is had, by what brought this program. */
static void hint_another_engine(const char *version, struct err *err)
{
    if (str_eq(TRUEWHEEL_PACKAGE, "wheel"))
        err_hint(err,
                 "an installation by pip has the engine of its own Python: install truewheel "
                 "in an environment of python%s, too",
                 version);
    else if (str_eq(TRUEWHEEL_PACKAGE, "deb"))
        err_hint(err,
                 "the package has the engine for Python " TRUEWHEEL_DEFAULT_PYTHON
                 ": install truewheel by pip in an environment of python%s",
                 version);
    else
        err_hint(err,
                 "build one: make PYTHON=python%s; a copy of truewheel alone finds them by "
                 "TRUEWHEEL_HOME",
                 version);
}

static int no_engine(const struct search *s, struct err *err)
{
    const char *named = getenv("TRUEWHEEL_HOME");

    if (named && named[0]) {
        (void)err_set(err, ERR_ENVIRONMENT, "there is no engine for Python %s in TRUEWHEEL_HOME=%s",
                      s->version, named);
        err_hint(err, "it names a build directory of truewheel, or the prefix of an installation");
    } else if (s->refused.code) {
        (void)err_set(err, ERR_ENVIRONMENT, "the engine for Python %s is not safe to run: %s",
                      s->version, s->refused.message);
        err_hint(err, "set TRUEWHEEL_HOME to a build directory of truewheel, or to the prefix of "
                      "an installation, that you trust");
    } else {
        (void)err_set(err, ERR_ENVIRONMENT, "there is no engine for Python %s", s->version);
        hint_another_engine(s->version, err);
    }
    return err_negative(err ? err->code : -ERR_ENVIRONMENT);
}

int engine_place_find(const char *python, struct engine_place *ret_place, struct err *err)
{
    auto_free char *here = NULL;
    auto_free char *version = version_of(python ? python : TRUEWHEEL_DEFAULT_PYTHON);
    struct search s = {.version = version, .refused = ERR_INIT};

    if (!version)
        return err_set(err, ERR_USAGE, "'%s' is not a Python version such as 3.11", python);
    int ret = own_directory(&s, &here, err);
    if (ret == 0 && !try_homes(&s, here))
        ret = no_engine(&s, err);
    err_release(&s.refused);
    *ret_place = s.found;
    return ret;
}
