/* Checks the inside of a wheel that was built here. */
#include "build/wheel_check.h"

#include <string.h>

#include "base/str.h"
#include "wheel/meta_compare.h"
#include "wheel/wheel_zip.h"
#include "jobs/interpreter.h"

static int check_format(struct wheel_zip *z, struct err *err)
{
    auto_str struct str text = STR_INIT;
    auto_wheel_info struct wheel_info info = WHEEL_INFO_INIT;
    bool there;
    int ret = wheel_zip_read_info(z, "WHEEL", META_MAX_BYTES, &text, &there, err);

    return ret == 0 && there ? wheel_info_parse(text.buf, text.len, &info, err) : ret;
}

static int compare(const struct str *text, const char *promise, const json_t *markers,
                   struct err *err)
{
    auto_metadata struct metadata promised = METADATA_INIT, built = METADATA_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;

    if (strlen(promise) == text->len && memcmp(promise, text->buf, text->len) == 0)
        return 0;
    int ret = metadata_parse(promise, strlen(promise), &promised, err);
    if (ret == 0)
        ret = metadata_parse(text->buf, text->len, &built, err);
    if (ret < 0)
        return err_wrap(err, "is not what was built");
    interpreter_take_markers(markers, &env);
    return meta_compare(&promised, &built, &env, err);
}

static int check_promise(struct wheel_zip *z, const char *promise, const json_t *markers,
                         struct err *err)
{
    auto_str struct str text = STR_INIT;
    bool there;
    int ret = wheel_zip_read_info(z, "METADATA", META_MAX_BYTES, &text, &there, err);

    if (ret < 0)
        return ret;
    if (!there)
        return err_set(err, ERR_BUILD, "the backend's wheel holds no METADATA");
    if (compare(&text, promise, markers, err) == 0)
        return 0;
    auto_free char *why = xstrdup(err->message);
    return err_set(err, ERR_BUILD, "the sdist's PKG-INFO %s", why);
}

int wheel_check(int fd, const char *promise, const json_t *markers, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    int ret = wheel_zip_open(fd, &z, err);

    if (ret == 0)
        ret = check_format(z, err);
    if (ret == 0 && promise)
        ret = check_promise(z, promise, markers, err);
    return ret;
}
