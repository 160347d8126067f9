/* inputs/variables.h: what gets into builds by its name. */
#include "inputs/variables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_inputs(void **state UNUSED)
{
    static const char *const names[] = {
        "CC",
        "CFLAGS",
        "PKG_CONFIG_PATH",
        "CMAKE_ARGS",
        "CMAKE_POLICY_VERSION_MINIMUM",
        "CMAKE_TOOLCHAIN_FILE",
        "SKBUILD_CMAKE_ARGS",
        "SKBUILD_CMAKE_DEFINE",
        "PBR_VERSION",
        "SETUPTOOLS_SCM_PRETEND_VERSION",
        "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_FOO",
        "VCS_VERSIONING_PRETEND_VERSION",
        "PDM_BUILD_SCM_VERSION",
        "OPENSSL_DIR",
        "HATCH_BUILD_HOOKS_ENABLE",
        "MATURIN_PEP517_ARGS",
        "CARGO_PROFILE_RELEASE_LTO",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
        "NPY_BLAS_ORDER",
        "MKLROOT",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!variable_is_input(names[i]))
            fail_msg("%s does not get in", names[i]);
}

static void test_others(void **state UNUSED)
{
    static const char *const names[] = {
        /* nobody's input */
        "HOME",
        "PATH",
        "CCACHE_DIR",
        "CMAKE",
        "MY_CC",
        "CC_FOR_BUILD",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "PYTHONPATH",
        "PIP_INDEX_URL",
        "HOMEBREW_PREFIX",
        /* secrets */
        "MATURIN_PYPI_TOKEN",
        "MATURIN_PASSWORD",
        "SETUPTOOLS_API_KEY",
        "OPENSSL_KEY",
        "CMAKE_secret",
        "FLIT_PASSWORD",
        "HATCH_INDEX_AUTH",
        "CARGO_REGISTRY_TOKEN",
        "CARGO_REGISTRIES_MINE_TOKEN",
        /* speed, caches, other places */
        "CMAKE_BUILD_PARALLEL_LEVEL",
        "CMAKE_C_COMPILER_LAUNCHER",
        "NPY_NUM_BUILD_JOBS",
        "CARGO_BUILD_JOBS",
        "CARGO_BUILD_RUSTC_WRAPPER",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_TARGET_DIR",
        "CARGO_HOME",
        "OPENBLAS_NUM_THREADS",
        "RUSTC_WRAPPER",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (variable_is_input(names[i]))
            fail_msg("%s gets in", names[i]);
}

static void test_secrets(void **state UNUSED)
{
    assert_true(variable_is_secret("TOKEN"));
    assert_true(variable_is_secret("my_Token_2"));
    assert_true(variable_is_secret("A__KEY"));
    assert_false(variable_is_secret("KEYBOARD"));
    assert_false(variable_is_secret("TOKENIZERS_PARALLELISM"));
    assert_false(variable_is_secret(""));
}

static void test_of_backends(void **state UNUSED)
{
    assert_true(variable_is_of_backend("SKBUILD_X", "scikit_build_core.build"));
    assert_true(variable_is_of_backend("CMAKE_BUILD_PARALLEL_LEVEL", "scikit_build_core.build"));
    assert_true(variable_is_of_backend("DISTUTILS_USE_SDK", "setuptools.build_meta:__legacy__"));
    assert_true(variable_is_of_backend("HATCH_ENV", "hatchling.build"));
    assert_false(variable_is_of_backend("HATCH_ENV", "flit_core.buildapi"));
    assert_false(variable_is_of_backend("HOME", "hatchling.build"));
    assert_false(variable_is_of_backend("HATCH_ENV", "backend"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_of_backends),
    };
    return cmocka_run_group_tests_name("variables", tests, NULL, NULL);
}
