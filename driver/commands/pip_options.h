/*
 * Rows of option tables that are pip's: what to build, and where files are found. The options object of
 * such a command has a `struct wheel_options run`; each command defines FIELD(member) as its offset.
 */
#pragma once

#include "inputs/options.h"
#include "commands/cmd.h"

#define PASS(letter_, name_, help_) OPTION(PASS, letter_, name_, run.pip_args, help_)
#define PASS_VALUE(letter_, name_, value_, help_)                                                  \
    OPTION_VALUE(PASS_VALUE, letter_, name_, run.pip_args, value_, help_)

#define PIP_WHAT_TO_BUILD                                                                          \
    {.kind = OPT_HEADING, .help = "what to build (as in pip)"},                                    \
        PASS_VALUE('r', "requirement", "FILE", "requirements from a file; may be repeated"),       \
        PASS_VALUE(0, "requirements-from-script", "FILE",                                          \
                   "what a script says that it needs (PEP 723)"),                                  \
        PASS_VALUE(0, "group", "[PATH:]GROUP", "a dependency group of a pyproject.toml"),          \
        PASS_VALUE('c', "constraint", "FILE", "constrain versions by a file; may be repeated"),    \
        PASS_VALUE('e', "editable", "PATH", "a local project or VCS URL"),                         \
        PASS(0, "no-deps", "only what is named, not what it depends on"),                          \
        PASS(0, "only-deps", "only what the named ones depend on"),                                \
        PASS(0, "pre", "pre-releases too"),                                                        \
        PASS_VALUE(0, "all-releases", "NAMES", "pre-releases of these too"),                       \
        PASS_VALUE(0, "only-final", "NAMES", "no pre-releases of these"),                          \
        PASS(0, "require-hashes", "every requirement must carry a hash"),                          \
        PASS(0, "no-require-hashes", "hashes are not needed, whatever the configuration says"),    \
        PASS_VALUE(0, "no-binary", "NAMES",                                                        \
                   "no wheels for these; reaches build requirements too"),                         \
        PASS_VALUE(0, "only-binary", "NAMES", "no sdists for these"),                              \
        PASS(0, "prefer-binary", "an older wheel rather than a newer sdist"),                      \
        PASS(0, "ignore-requires-python", "whatever Requires-Python says"),                        \
        OPTION(FLAG, 0, "from-source", run.from_source,                                            \
               "every requirement from its sdist; build requirements may be wheels")

#define PIP_WHERE_TO_FIND                                                                          \
    {.kind = OPT_HEADING, .help = "where to find it (as in pip)"},                                 \
        PASS_VALUE('i', "index-url", "URL", "the package index"),                                  \
        PASS_VALUE(0, "extra-index-url", "URL", "another index; may be repeated"),                 \
        PASS(0, "no-index", "no index, only --find-links"),                                        \
        PASS_VALUE('f', "find-links", "WHERE", "a directory, file or page with archives"),         \
        PASS_VALUE(0, "trusted-host", "HOST", "a host without valid HTTPS"),                       \
        PASS_VALUE(0, "cert", "FILE", "certificate authorities"),                                  \
        PASS_VALUE(0, "client-cert", "FILE", "client certificate"),                                \
        PASS_VALUE(0, "proxy", "URL", "proxy"),                                                    \
        PASS(0, "no-proxy-env", "no proxy that the environment names"),                            \
        PASS_VALUE(0, "timeout", "SECONDS", "how long a connection may be silent"),                \
        PASS_VALUE(0, "retries", "N", "attempts per connection"),                                  \
        PASS_VALUE(0, "resume-retries", "N", "attempts to go on with a download"),                 \
        PASS_VALUE(0, "refresh-package", "NAMES", "ask the index anew for these"),                 \
        PASS_VALUE(0, "cache-dir", "DIR", "pip's cache of downloads"),                             \
        PASS(0, "no-cache-dir", "no cache of downloads"),                                          \
        PASS_VALUE(0, "keyring-provider", "NAME", "where credentials come from"),                  \
        PASS_VALUE(0, "uploaded-prior-to", "TIME", "only what was uploaded before"),               \
        PASS_VALUE(0, "use-feature", "NAME", "a feature of pip's"),                                \
        PASS_VALUE(0, "use-deprecated", "NAME", "something that pip is about to lose"),            \
        PASS_VALUE(0, "exists-action", "ACTION",                                                   \
                   "when pip finds a checkout in place: s, i, w, b or a"),                         \
        PASS_VALUE(0, "src", "DIR", "where pip checks out editable VCS projects"),                 \
        PASS(0, "isolated", "without pip's configuration files and PIP_* variables"),              \
        PASS(0, "no-input", "never ask"), PASS(0, "debug", "pip's exceptions as they are"),        \
        PASS(0, "disable-pip-version-check", "never done")
