/* Who wrote a wheel. */
#include "published/generator.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wheel/pep440.h"
#include "wheel/wheel_name.h"

/* Those whose name in WHEEL is not that of the project. */
static const struct row {
    const char *name, *project;
} rows[] = {
    {"bdist-wheel", "wheel"}, {"flit", "flit-core"},     {"poetry", "poetry-core"},
    {"uv", "uv-build"},       {"meson", "meson-python"}, {"jupyter-builder", "jupyter-packaging"},
};

static char *project_of(const char *name, size_t len)
{
    auto_free char *written = xasprintf("%.*s", (int)len, name);
    char *canonical = wheel_dist_canonical(written);

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (str_eq(canonical, rows[i].name)) {
            free(canonical);
            return xstrdup(rows[i].project);
        }
    return canonical;
}

/* It becomes a line of a constraints file, where a word that begins otherwise would be an option. */
static bool is_name(const char *text, size_t len)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    static const char marks[] = "._-";

    return len > 0 && strspn(text, letters) >= len && !strchr(marks, text[0]);
}

/* "flit 1.3" was one package; its core is one since version 2. */
static bool is_old_flit(const char *project, const struct pep440 *version)
{
    auto_pep440 struct pep440 two = PEP440_INIT;

    return str_eq(project, "flit-core") && pep440_parse(&two, "2.0") &&
           pep440_cmp(version, &two) < 0;
}

void generator_parse(const char *text, struct generator *ret_generator)
{
    size_t len = text ? strcspn(text, " ") : 0;
    const char *at = text ? text + len + strspn(text + len, " (") : NULL;
    auto_free char *version = at ? xasprintf("%.*s", (int)strcspn(at, " )"), at) : NULL;
    auto_pep440 struct pep440 parsed = PEP440_INIT;

    *ret_generator = (struct generator){0};
    if (!text || !is_name(text, len) || !pep440_parse(&parsed, version))
        return;
    ret_generator->project = project_of(text, len);
    ret_generator->version = pep440_str(&parsed);
    ret_generator->setuptools_unnamed = str_eq(ret_generator->project, "wheel");
    if (is_old_flit(ret_generator->project, &parsed)) {
        free(ret_generator->project);
        ret_generator->project = xstrdup("flit");
    }
}

void generator_release(struct generator *generator)
{
    free(generator->project);
    free(generator->version);
    *generator = (struct generator){0};
}
