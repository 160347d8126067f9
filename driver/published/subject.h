/*
 * One published wheel and its sdist, fetched, with what they say of how the wheel was built. Owned; main
 * thread.
 */
#pragma once

#include "published/generator.h"
#include "published/index.h"
#include "published/result.h"

struct subject {
    char *wheel;  /* the path of the published wheel, as it was published */
    char *file;   /* its name */
    char *normal; /* the path of its normal form */
    char *sdist;
    char *as_of;  /* RFC 3339; NULL: the index does not tell */
    char *python; /* X.Y, which its tag asks for; NULL: any will do */
    struct generator generator;
    struct strv names; /* the files of the sdist, below its top directory */
};

#define SUBJECT_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_subject __attribute__((cleanup(subject_release)))

void subject_release(struct subject *subject);

/*
 * `asked` is a requirement, or the path of a wheel. Fetches into `dir`, and fills what is known into
 * `result` too. -ERR_BUILD with the reason when there is nothing to compare; result->again says whether that
 * may change.
 */
int subject_fetch(struct published_index *index, const char *asked, const char *against,
                  const char *dir, struct subject *ret_subject, struct result *result,
                  struct err *err);
