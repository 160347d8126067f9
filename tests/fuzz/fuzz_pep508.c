/* Any text as a requirement and as a version: what parses evaluates, and keeps its normal form. */
#include <string.h>

#include "wheel/pep508.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_version(const char *text)
{
    auto_pep440 struct pep440 v = PEP440_INIT, again = PEP440_INIT;

    if (!pep440_parse(&v, text))
        return;
    auto_free char *normal = pep440_str(&v);
    if (!pep440_parse(&again, normal) || pep440_cmp(&v, &again) != 0)
        BUG("'%s' became '%s'", text, normal);
    auto_free char *twice = pep440_str(&again);
    if (strcmp(normal, twice) != 0)
        BUG("'%s' became '%s'", normal, twice);
}

static void fill_env(struct marker_env *env)
{
    for (int i = 0; i < MARKER_EXTRA; i++)
        env->values[i] = xstrdup(i % 2 ? "3.11.2" : "linux");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    auto_free char *text = xstrndup((const char *)data, len);
    auto_requirement struct requirement r = REQUIREMENT_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    auto_err struct err err = ERR_INIT;
    bool applies;

    check_version(text);
    if (requirement_parse(&r, text, &err) < 0)
        return 0;
    fill_env(&env);
    (void)requirement_applies(&r, &env, "x", &applies, &err); /* undefined comparisons are errors */
    (void)specifier_set_contains(&r.specifiers, "1.0.post1+x", true);
    return 0;
}
