/* Where things outlive a run. */
#include "doctor/stores.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "store/clean.h"
#include "system/user_dir.h"

static char *owner_of(const struct stat *st)
{
    const struct passwd *user = getpwuid(st->st_uid);

    return user ? xstrdup(user->pw_name) : xasprintf("user %u", (unsigned)st->st_uid);
}

static void add_size(const char *place, const struct store *store, struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    struct store_items items = {0};
    struct store_bounds bounds;
    struct stat st;
    uint64_t bytes = 0;
    int ret = store_bounds_default(store, &bounds, &err);

    if (ret == 0)
        ret = store_list(store, &items, &err);
    if (ret < 0 || stat(place, &st) < 0) {
        (void)findings_add(findings, "stores", "store", FINDING_WARN, "%s: %s", place,
                           err.message ? err.message : "it is gone");
        return;
    }
    for (size_t i = 0; i < items.count; i++)
        bytes += items.items[i].bytes;
    auto_free char *owner = owner_of(&st);
    struct finding *finding =
        findings_add(findings, "stores", "store", store->writable ? FINDING_OK : FINDING_WARN,
                     "%s: %zu entries, %llu of at most %llu MiB, owned by %s%s", place, items.count,
                     (unsigned long long)bytes >> 20, (unsigned long long)bounds.max_bytes >> 20,
                     owner, store->writable ? "" : ", read only: what is built is not kept");
    if (!store->writable)
        finding_set_remedy(finding, "TRUEWHEEL_CACHE_DIR=DIR, a directory of your own");
    store_items_release(&items);
}

static void look_at_store(struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    struct store store = STORE_INIT;
    bool named;
    auto_free char *place = store_place(NULL, &named);
    const struct lock_wait now = {.deadline_ms = 0, .cancel_fd = -1};
    struct finding *finding = NULL;
    const char *off = getenv("TRUEWHEEL_NO_CACHE");

    if (off && off[0])
        (void)findings_add(findings, "stores", "store", FINDING_WARN,
                           "not used: TRUEWHEEL_NO_CACHE is set, everything is built anew");
    else if (!place)
        finding = findings_add(findings, "stores", "store", FINDING_WARN,
                               "there is no home directory for it: everything is built anew");
    else if (access(place, F_OK) < 0 && errno == ENOENT)
        (void)findings_add(findings, "stores", "store", FINDING_OK, "%s, made by the first run",
                           place);
    else if (store_open(&store, place, named, &now, &err) < 0)
        finding = findings_add(findings, "stores", "store", FINDING_WARN, "%s", err.message);
    else
        add_size(place, &store, findings);
    if (finding)
        finding_set_remedy(finding, "%s",
                           err.hint ? err.hint
                                    : "TRUEWHEEL_CACHE_DIR=DIR, a directory of your "
                                      "own");
    store_close(&store);
}

static void look_at_logs(struct findings *findings)
{
    auto_free char *state = user_dir("XDG_STATE_HOME", ".local/state");
    auto_free char *logs = state ? path_join(state, "log") : NULL;

    if (logs)
        (void)findings_add(findings, "stores", "logs", FINDING_OK, "of failed builds, in %s%s",
                           logs, access(logs, F_OK) < 0 ? ", made by the first one" : "");
    else
        (void)findings_add(findings, "stores", "logs", FINDING_WARN,
                           "there is no home directory for those of failed builds");
}

void doctor_look_at_stores(struct findings *findings)
{
    look_at_store(findings);
    look_at_logs(findings);
}
