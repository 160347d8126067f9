/* With which build requirements an sdist is built. */
#include "published/attempts.h"

#include "base/str.h"

/*
 * What a publisher may have had whose setuptools was older than his day's, the likeliest first: those that
 * came with Pythons and distributions, on either side of changes in the metadata that setuptools writes.
 */
static const char *const older[] = {"58.1.0", "56.0.0", "65.5.0", "49.2.1", "44.1.1", "41.2.0"};

/*
 * For what is older than 40.8.0, which a build by hooks implies: the nearest ones that work with the
 * Pythons of today.
 */
static const char *const earliest[] = {"41.2.0", "44.1.1", "58.1.0"};

static void add(struct attempts *attempts, struct attempt attempt)
{
    if (attempts->count < ATTEMPTS_MAX)
        attempts->items[attempts->count++] = attempt;
}

/* What is tried while nothing has been built: less and less of what is known is asked for. */
static void add_that_build(struct attempts *attempts, const struct generator *generator, bool timed)
{
    const bool pinned = generator->project != NULL;

    add(attempts, (struct attempt){.unpinned = !pinned, .any_time = !timed});
    if (timed && generator->setuptools_unnamed)
        for (size_t i = 0; i < ARRAY_SIZE(earliest); i++)
            add(attempts, (struct attempt){.any_time = true, .setuptools = earliest[i]});
    if (timed && pinned)
        add(attempts, (struct attempt){.any_time = true});
    if (timed && pinned)
        add(attempts, (struct attempt){.unpinned = true});
    if (timed || pinned)
        add(attempts, (struct attempt){.any_time = true, .unpinned = true});
}

void attempts_init(struct attempts *attempts, const struct generator *generator, bool timed)
{
    *attempts = (struct attempts){0};
    add_that_build(attempts, generator, timed);
}

/* The same world with older tools. */
void attempts_for_metadata(struct attempts *attempts, const struct generator *generator,
                           const struct attempt *built)
{
    struct attempt attempt = *built;

    attempts->count = 0;
    if (!generator->setuptools_unnamed)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(older); i++) {
        attempt.setuptools = older[i];
        if (!str_eq(older[i], built->setuptools))
            add(attempts, attempt);
    }
}

void attempt_constraints(const struct attempt *attempt, const struct generator *generator,
                         struct strv *lines)
{
    if (!attempt->unpinned)
        strv_pushf(lines, "%s==%s", generator->project, generator->version);
    if (attempt->setuptools)
        strv_pushf(lines, "setuptools==%s", attempt->setuptools);
}

void attempt_notes(const struct attempt *attempt, const struct generator *generator, bool timed,
                   struct strv *notes)
{
    if (attempt->unpinned && generator->project)
        strv_pushf(notes, "not with %s %s", generator->project, generator->version);
    if (attempt->any_time && timed)
        strv_push(notes, "build requirements of today, not of the upload");
    if (attempt->setuptools)
        strv_pushf(notes, "setuptools %s tried: the wheel does not name its version",
                   attempt->setuptools);
}
