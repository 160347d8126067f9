/* Judges build requirements that name a URL, or a file of this machine. */
#include "plan/direct_requires.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "wheel/pep508.h"
#include "wheel/wheel_name.h"

enum place {
    PLACE_INDEX,   /* a name: from wherever the user's indexes are */
    PLACE_MACHINE, /* "file:", "FILE:", "git+file:", and whatever has no scheme */
    PLACE_KEYS,    /* fetched by ssh, with the user's keys */
    PLACE_NET,
};

static enum place place_of_url(const char *url)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    static const char *const with_keys[] = {"ssh", "sftp", "lp"}; /* lp: Launchpad, for bzr */
    size_t len = strspn(url, letters);

    if (!len || url[len] != ':')
        return PLACE_MACHINE;
    auto_free char *scheme = xstrndup(url, len);
    const char *plus = strrchr(scheme, '+'); /* behind the name of a version control system */
    const char *transport = plus ? plus + 1 : scheme;
    if (strcasecmp(transport, "file") == 0)
        return PLACE_MACHINE;
    for (size_t i = 0; i < ARRAY_SIZE(with_keys); i++)
        if (strcasecmp(transport, with_keys[i]) == 0)
            return PLACE_KEYS;
    return PLACE_NET;
}

/* pip takes a bare name that ends so for a file of the working directory, if there is one. */
static bool is_archive_name(const char *name)
{
    static const char *const endings[] = {".zip", ".whl", ".tar", ".tgz", ".tbz", ".txz",
                                          ".tlz", ".gz",  ".bz2", ".xz",  ".lz",  ".lzma"};
    size_t len = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && strcasecmp(name + len - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static enum place place_of(const struct requirement *parsed)
{
    if (parsed->url)
        return place_of_url(parsed->url);
    return !parsed->specifiers.count && is_archive_name(parsed->name) ? PLACE_MACHINE : PLACE_INDEX;
}

static int refuse_machine(const char *text, struct err *err)
{
    return err_set(err, ERR_BUILD, "its build requirement '%.200s' is a file of this machine",
                   text);
}

static int refuse(const char *text, const char *why, const char *name, struct err *err)
{
    int ret = err_set(err, ERR_BUILD, "its build requirement '%.200s' %s", text, why);

    err_hint(err, "--allow-url %s takes it from there", name);
    return ret;
}

static int check(const char *text, const struct source *source, bool of_hook,
                 const struct strv *allowed, struct strv *ret_used, struct err *err)
{
    auto_requirement struct requirement parsed = REQUIREMENT_INIT;

    if (requirement_parse(&parsed, text, NULL) < 0) /* pip may still know what to do with it */
        return strpbrk(text, "@/") && !source->local ? refuse_machine(text, err) : 0;
    enum place place = place_of(&parsed);
    if (place == PLACE_INDEX)
        return 0;
    if (place == PLACE_MACHINE)
        return source->local ? 0 : refuse_machine(text, err);
    bool made_up = of_hook && !strv_contains(&source->urls, parsed.url);
    bool with_keys = place == PLACE_KEYS && !source->local;
    if (!made_up && !with_keys)
        return 0;
    if (allowed && wheel_dist_in_list(allowed, parsed.name)) {
        strv_push(ret_used, parsed.name);
        return 0;
    }
    return refuse(text,
                  made_up ? "is a URL that its backend asks for and its own files do not"
                          : "would be fetched with your own keys",
                  parsed.name, err);
}

int direct_requires_check(const struct strv *list, const struct source *source, bool of_hook,
                          const struct strv *allowed, struct strv *ret_used, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < list->count; i++)
        ret = check(list->items[i], source, of_hook, allowed, ret_used, err);
    return ret;
}
