/* Any bytes as a file name: what parses has only plain parts, and puts together the name again. */
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "wheel/wheel_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    auto_free char *file = xstrndup((const char *)data, len);
    auto_wheel_name struct wheel_name n = WHEEL_NAME_INIT;
    auto_err struct err err = ERR_INIT;

    if (wheel_name_parse(file, &n, &err) < 0)
        return 0;
    auto_free char *again =
        xasprintf("%s-%s%s%s-%s-%s-%s.whl", n.dist, n.version, n.build ? "-" : "",
                  n.build ? n.build : "", n.python, n.abi, n.platform);
    if (strcmp(again, path_base(file)) != 0)
        BUG("'%s' became '%s'", file, again);
    auto_free char *canonical = wheel_dist_canonical(n.dist);
    if (!wheel_name_matches(&n, canonical, n.version))
        BUG("'%s' is not itself", file);
    auto_free char *dir = xasprintf("%s-%s.dist-info", n.dist, n.version);
    if (!wheel_name_owns_dist_info(&n, dir))
        BUG("'%s' does not own '%s'", file, dir);
    return 0;
}
