/* One published wheel and its sdist. */
#include "published/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/normal.h"
#include "jobs/engine_place.h"

void subject_release(struct subject *subject)
{
    free(subject->wheel);
    free(subject->file);
    free(subject->normal);
    free(subject->sdist);
    free(subject->as_of);
    free(subject->python);
    generator_release(&subject->generator);
    strv_release(&subject->names);
}

static char *text_in(const json_t *object, const char *field)
{
    const char *text = json_text(object, field);

    return text[0] ? xstrdup(text) : NULL;
}

/* -------------------------------------------------------------------------------- what is published */

static void take_answer(const json_t *answer, struct subject *subject, struct result *result)
{
    const json_t *wheel = json_object_get(answer, "wheel");
    const json_t *sdist = json_object_get(answer, "sdist");

    result->name = text_in(answer, "name");
    result->version = text_in(answer, "version");
    result->as_of = text_in(answer, "as_of");
    result->url = text_in(wheel, "url");
    result->sha256 = text_in(wheel, "sha256");
    result->sdist_url = text_in(sdist, "url");
    result->sdist_sha256 = text_in(sdist, "sha256");
    subject->as_of = text_in(answer, "as_of");
    subject->sdist = text_in(sdist, "path");
    json_add_strings(json_object_get(answer, "names"), &subject->names);
    if (!subject->wheel) {
        subject->wheel = text_in(wheel, "path");
        subject->file = text_in(wheel, "file");
    }
    if (!subject->as_of)
        strv_push(&result->notes, "the index does not tell when it was uploaded: no time limit");
}

/* The file that the index has under that name may be another one. */
static int check_same(const struct subject *subject, struct result *result, struct err *err)
{
    char sha256[SHA256_HEX];
    int ret = sha256_hex_file(subject->wheel, sha256, err);

    if (ret == 0 && !result->sha256)
        strv_push(&result->notes, "the index has no wheel of that name");
    else if (ret == 0 && !str_eq(sha256, result->sha256))
        strv_push(&result->notes, "the index has another wheel of that name");
    if (ret == 0) {
        free(result->sha256);
        result->sha256 = xstrdup(sha256);
    }
    return ret;
}

static int fetch(struct published_index *index, const char *asked, const char *against,
                 const char *dir, struct subject *subject, struct result *result, struct err *err)
{
    json_t *answer = NULL;
    bool local = str_ends(asked, ".whl") && !strstr(asked, "://");

    if (local) {
        subject->wheel = path_absolute(asked);
        subject->file = xstrdup(path_base(asked));
        if (access(subject->wheel, R_OK) < 0)
            return err_set(err, ERR_USAGE, "cannot read '%s': %s", asked, strerror(errno));
    }
    result->again = true;
    int ret = index_fetch(index, asked, local ? subject->file : NULL, against, dir, &answer, err);
    if (ret < 0)
        return ret;
    result->again = false;
    const char *missing = json_text(answer, "missing");
    if (missing[0])
        ret = err_set(err, ERR_BUILD, "%s", missing);
    else
        take_answer(answer, subject, result);
    json_decref(answer);
    return ret == 0 && local ? check_same(subject, result, err) : ret;
}

/* --------------------------------------------------------------------------- what the wheel says */

/* "cp312" and "cp3.12": the version, when there is an engine for it. The caller frees. */
static char *python_of_tag(const char *tag)
{
    auto_err struct err why = ERR_INIT;
    struct engine_place place = {0};

    if (!str_starts(tag, "cp") && !str_starts(tag, "py"))
        return NULL;
    if (tag[2] != '3' || !tag[3] || strspn(tag + 3, "0123456789") != strlen(tag + 3))
        return NULL;
    char *version = xasprintf("3.%s", tag + 3);
    if (engine_place_find(version, &place, &why) < 0) {
        free(version);
        version = NULL;
    }
    engine_place_release(&place);
    return version;
}

static int read_wheel(struct subject *subject, const char *dir, struct result *result,
                      struct err *err)
{
    auto_wheel struct wheel wheel = WHEEL_INIT;
    auto_close int fd = open(subject->wheel, O_RDONLY | O_CLOEXEC);
    subject->normal = path_join(dir, "normal.whl");
    auto_close int out = open(subject->normal, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const struct normal_options options = {0};
    struct normal_result normal;

    if (fd < 0 || out < 0)
        return err_errno(err, errno, "cannot open '%s'", fd < 0 ? subject->wheel : subject->normal);
    int ret = wheel_open(fd, subject->file, &wheel, err);
    if (ret == 0)
        ret = normal_form_of(&wheel, out, &options, &normal, err);
    if (ret < 0)
        return err_wrap(err, "the published wheel");
    generator_parse(wheel.info.generator, &subject->generator);
    if (wheel.info.generator) {
        result->generator = xstrdup(wheel.info.generator);
        str_make_line(result->generator);
    }
    subject->python = python_of_tag(wheel.name.python);
    return 0;
}

int subject_fetch(struct published_index *index, const char *asked, const char *against,
                  const char *dir, struct subject *ret_subject, struct result *result,
                  struct err *err)
{
    int ret = fetch(index, asked, against, dir, ret_subject, result, err);

    if (ret == 0) {
        result->file = xstrdup(ret_subject->file);
        str_make_line(result->file); /* it is checked only when it is opened */
        ret = read_wheel(ret_subject, dir, result, err);
    }
    return ret;
}
