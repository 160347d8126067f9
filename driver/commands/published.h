/*
 * The part of `truewheel verify` that is about wheels of others (--published, --against): rows of its table,
 * and what runs. The options object of the command has a `struct published_options published`, a `struct
 * wheel_options run`, a `struct display_options display` and a `bool json`.
 */
#pragma once

#include "commands/cmd.h"
#include "display/display.h"
#include "inputs/options.h"

struct published_options {
    bool published;
    const char *against;      /* a directory, or the URL of an index */
    struct strv requirements; /* files */
    const char *resume;
};

#define PUBLISHED_ROWS                                                                             \
    {.kind = OPT_HEADING, .help = "wheels of others"},                                             \
        OPTION(FLAG, 0, "published", published.published,                                          \
               "whether the wheels that the index publishes are what their sdists build"),         \
        OPTION_VALUE(STRING, 0, "against", published.against, "DIR|URL",                           \
                     "the same for the wheels in a directory or of another index"),                \
        OPTION_VALUE(LIST, 'r', "requirement", published.requirements, "FILE",                     \
                     "requirements from a file; may be repeated"),                                 \
        OPTION_VALUE(STRING, 0, "resume", published.resume, "FILE",                                \
                     "write each answer to FILE, and take those that are there")

/* Whether this is what was asked for. */
bool published_is_asked(const struct published_options *options);

/* Returns the exit status. Takes what it needs of `run`; releases nothing. */
int published_run(const struct published_options *options, const struct wheel_options *run,
                  const struct display_options *display, bool json, int argc, char **argv);
