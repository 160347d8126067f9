/* What a run was asked for. */
#include "run/run_key.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "program_digest.h"

extern char **environ;

static const char *or_none(const char *text)
{
    return text ? text : "(none)";
}

/* Builds' own variables are part of the machine's key. These are what resolvers and this program read. */
static bool has_a_say(const char *variable)
{
    static const char *const prefixes[] = {"PIP_", "TRUEWHEEL_", "PYTHON", "XDG_CONFIG_"};
    static const char *const names[] = {"HOME=", "PATH=", "VIRTUAL_ENV=", "USER=", "LOGNAME="};

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
        if (str_starts(variable, prefixes[i]))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_starts(variable, names[i]))
            return true;
    return false;
}

static void add_variables(struct key *key)
{
    auto_strv struct strv variables = STRV_INIT;

    for (char **variable = environ; *variable; variable++)
        if (has_a_say(*variable))
            strv_push(&variables, *variable);
    strv_sort(&variables);
    key_add_list(key, "variables", &variables);
}

static void add_lists(const struct wheel_options *options, struct key *key)
{
    key_add_list(key, "arguments", &options->pip_args);
    key_add_list(key, "build constraints", &options->build_constraints);
    key_add_list(key, "allow network", &options->allow_network);
    key_add_list(key, "allow url", &options->allow_url);
    key_add_list(key, "binds", &options->binds);
    key_add_list(key, "env", &options->env);
}

void run_key(const struct wheel_options *options, char ret_hex[SHA256_HEX])
{
    auto_key struct key key = KEY_INIT;
    auto_free char *cwd = getcwd(NULL, 0);

    key_add(&key, "program", TRUEWHEEL_PROGRAM_DIGEST);
    key_addf(&key, "user", "%u", (unsigned)geteuid());
    key_add(&key, "directory", or_none(cwd));
    key_add(&key, "wheel directory", options->wheel_dir ? "named" : "configured");
    key_add(&key, "build root", or_none(options->build_root));
    key_add(&key, "mode", or_none(options->mode));
    key_add(&key, "python", or_none(options->python));
    key_add(&key, "pip", or_none(options->pip));
    key_add(&key, "image", or_none(options->image));
    key_add(&key, "settings", options->no_settings ? "(not read)" : or_none(options->settings));
    key_addf(&key, "flags", "%d%d%d%d%d%d", options->activated, options->from_source,
             options->require_stable, options->require_sandbox, options->serial_compile,
             options->real_clock);
    add_lists(options, &key);
    add_variables(&key);
    key_digest(&key, ret_hex);
}
