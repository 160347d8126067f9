/* Marks that the runners of GitHub and GitLab understand. */
#include "display/ci.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum ci ci_find(void)
{
    const char *github = getenv("GITHUB_ACTIONS"), *gitlab = getenv("GITLAB_CI");

    if (github && str_eq(github, "true"))
        return CI_GITHUB;
    return gitlab && gitlab[0] ? CI_GITLAB : CI_NONE;
}

/* GitLab's names of sections have letters, digits, '_', '.' and '-'. */
static void add_section_name(const char *name, struct str *out)
{
    for (; *name; name++)
        str_addch(out, isalnum((unsigned char)*name) || strchr(".-", *name) ? *name : '_');
}

static void add_section(const char *mark, const char *name, struct str *out)
{
    str_addf(out, "\x1b[0Ksection_%s:%lld:truewheel_", mark, (long long)time(NULL));
    add_section_name(name, out);
}

void ci_open_group(enum ci ci, const char *name, struct str *out)
{
    if (ci == CI_GITHUB) {
        ci_take_commands(ci, out);
        str_addf(out, "::group::%s\n", name);
        ci_stop_commands(ci, out);
    } else if (ci == CI_GITLAB) {
        add_section("start", name, out);
        str_addf(out, "[collapsed=true]\r\x1b[0K%s\n", name);
    }
}

void ci_close_group(enum ci ci, const char *name, struct str *out)
{
    if (ci == CI_GITHUB) {
        ci_take_commands(ci, out);
        str_add(out, "::endgroup::\n");
        ci_stop_commands(ci, out);
    } else if (ci == CI_GITLAB) {
        add_section("end", name, out);
        str_add(out, "\r\x1b[0K\n");
    }
}

/* ------------------------------------------------------------------------------------ commands */

static char word[33];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_word(void)
{
    unsigned char bytes[(sizeof(word) - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return; /* the kernel has none: then nothing can be stopped safely */
    for (size_t i = 0; i < sizeof(bytes); i++) {
        word[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        word[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

void ci_stop_commands(enum ci ci, struct str *out)
{
    (void)pthread_once(&once, make_word);
    if (ci == CI_GITHUB && word[0])
        str_addf(out, "::stop-commands::%s\n", word);
}

void ci_take_commands(enum ci ci, struct str *out)
{
    (void)pthread_once(&once, make_word);
    if (ci == CI_GITHUB && word[0])
        str_addf(out, "::%s::\n", word);
}

static void print_marks(void (*add)(enum ci ci, struct str *out))
{
    auto_str struct str out = STR_INIT;

    add(ci_find(), &out);
    (void)fputs(out.buf, stderr);
}

void ci_begin_quote(void)
{
    print_marks(ci_stop_commands);
}

void ci_end_quote(void)
{
    print_marks(ci_take_commands);
}

const char *ci_summary_file(void)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");

    return path && path[0] ? path : NULL;
}
