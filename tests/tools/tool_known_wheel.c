/* truewheel-test-tool known-wheel FILE: writes the known wheel to FILE, and prints its known answer. */
#include <stdio.h>

#include "base/io.h"
#include "tool.h"
#include "wheel/normal_known.h"

static int run(int argc, char **argv)
{
    auto_str struct str wheel = STR_INIT;
    auto_err struct err err = ERR_INIT;

    if (argc != 1)
        return 2;
    normal_known_wheel(&wheel);
    if (write_file(argv[0], wheel.buf, wheel.len, 0644, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    (void)printf("%s\n", normal_known_sha256);
    return 0;
}

const struct tool tool_known_wheel = {"known-wheel", run};
