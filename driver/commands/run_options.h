/*
 * Rows of option tables about how a run builds and what is shown of it. The options object of such a
 * command has a `struct wheel_options run` and a `struct display_options display`; each command defines
 * FIELD(member) as its offset.
 */
#pragma once

#include "commands/pip_options.h"

#define RUN_JOBS                                                                                   \
    OPTION_JOBS(run.jobs, "builds at once (default: what make grants, else the processors)")
#define RUN_BUILD_TIMEOUT                                                                          \
    OPTION_VALUE(SECONDS, 0, "build-timeout", run.timeout_ms, "SECONDS",                           \
                 "stop the build of a package after this time")
#define RUN_MEMORY                                                                                 \
    OPTION_VALUE(STRING, 0, "memory", run.memory, "SIZE",                                          \
                 "what builds may use together (default: 3/4 of what is available)")
#define RUN_CONFIG_SETTINGS                                                                        \
    PASS_VALUE('C', "config-settings", "KEY=VALUE", "for the build backend; may be repeated")
#define RUN_BUILD_CONSTRAINT                                                                       \
    OPTION_VALUE(LIST, 0, "build-constraint", run.build_constraints, "FILE",                       \
                 "constrain build requirements by a file")
#define RUN_NO_CACHE                                                                               \
    OPTION(FLAG, 0, "no-cache", run.no_cache, "neither use nor fill the store of earlier builds")
#define RUN_ENV                                                                                    \
    OPTION_VALUE(LIST, 0, "env", run.env, "NAME=VALUE", "a variable that builds shall see")
#define RUN_SETTINGS                                                                               \
    OPTION_VALUE(STRING, 0, "settings", run.settings, "FILE",                                      \
                 "what packages need (default: truewheel.toml beside -r)"),                        \
        OPTION(FLAG, 0, "no-settings", run.no_settings, "do without that file")
#define RUN_ALLOW_NETWORK                                                                          \
    OPTION_VALUE(LIST, 0, "allow-network", run.allow_network, "NAME",                              \
                 "the project whose build may use the network")
#define RUN_BIND                                                                                   \
    OPTION_VALUE(LIST, 0, "bind", run.binds, "PATH",                                               \
                 "show PATH to builds, read-only; PATH:rw to let them write")
#define RUN_REAL_CLOCK                                                                             \
    OPTION(FLAG, 0, "real-clock", run.real_clock,                                                  \
           "builds see the machine's clock and random numbers")
#define RUN_BUILD_ROOT                                                                             \
    OPTION_VALUE(STRING, 0, "build-root", run.build_root, "DIR",                                   \
                 "below which every build happens (default: /tmp/truewheel)")
#define RUN_MODE                                                                                   \
    OPTION_VALUE(STRING, 0, "mode", run.mode, "auto|namespaces|locked|mapped",                     \
                 "how builds get their paths (default: auto)")
#define RUN_IMAGE                                                                                  \
    OPTION_VALUE(STRING, 0, "image", run.image, "DIGEST",                                          \
                 "the image that this machine is, in keys instead of its packages")
#define RUN_PIP                                                                                    \
    OPTION_VALUE(STRING, 0, "pip", run.pip, "PATH", "use the pip in this directory or wheel")
#define RUN_LOG_DIR                                                                                \
    OPTION_VALUE(STRING, 0, "log-dir", run.log_dir, "DIR", "keep the log of every build here")
#define RUN_PIP_LOG                                                                                \
    OPTION_VALUE(STRING, 0, "log", run.pip_log, "FILE",                                            \
                 "add what pip says while it resolves to this file (as in pip)")
#define SHOWN_NO_COLOR OPTION(FLAG, 0, "no-color", display.no_color, "no colours, as with NO_COLOR")
#define SHOWN_QUIET OPTION(FLAG, 'q', "quiet", display.quiet, "only errors")
#define SHOWN_VERBOSE OPTION(COUNT, 'v', "verbose", display.verbose, "more; twice: much more")
