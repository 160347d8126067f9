/* The table of variables that are inputs of builds, and the rule for those that never are. */
#include "inputs/variables.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* Patterns are separated by blanks. docs/variables.md and tests/e2e/test_wheel_variables.py read this. */
static const struct {
    const char *patterns;
    const char *reader;
} families[] = {
    /* compilers and their like */
    {"CC CFLAGS CPP CPPFLAGS CXX CXXFLAGS LD LDFLAGS LDSHARED LDCXXSHARED AR ARFLAGS ARCHFLAGS AS "
     "ASFLAGS NM RANLIB STRIP OPT OBJC OBJCFLAGS",
     "compilers, make, distutils"},
    {"F77 F90 FC FFLAGS FCFLAGS", "Fortran compilers"},
    {"CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH", "gcc, clang"},
    {"PKG_CONFIG PKG_CONFIG_*", "pkg-config"},
    {"SOURCE_DATE_EPOCH", "many (reproducible-builds.org)"},
    {"_PYTHON_HOST_PLATFORM _PYTHON_SYSCONFIGDATA_NAME", "sysconfig, when crossing"},
    /* build systems */
    {"CMAKE_*", "CMake, scikit-build, setup.py scripts"},
    {"MESON MESON_* MESONPY_*", "Meson, meson-python"},
    {"NINJA", "meson-python, scikit-build-core: the program"},
    /* build backends, and what gives versions */
    {"SETUPTOOLS_* VCS_VERSIONING_*", "setuptools, setuptools-scm, setuptools-rust"},
    {"DISTUTILS_*", "distutils"},
    {"SKBUILD_*", "scikit-build-core"},
    {"PBR_* OSLO_PACKAGE_VERSION", "pbr"},
    {"PDM_BUILD_*", "pdm-backend"},
    {"HATCH_BUILD_* HATCH_METADATA_*", "hatchling"},
    {"POETRY_DYNAMIC_VERSIONING_*", "poetry-dynamic-versioning"},
    {"UV_DYNAMIC_VERSIONING_*", "uv-dynamic-versioning"},
    {"MATURIN_*", "maturin"},
    /* compiled languages */
    {"RUSTFLAGS RUSTDOCFLAGS RUSTC RUSTC_BOOTSTRAP", "cargo, rustc"},
    {"CARGO_BUILD_* CARGO_PROFILE_* CARGO_TARGET_*_* CARGO_ENCODED_RUSTFLAGS "
     "CARGO_UNSTABLE_*",
     "cargo, for what it builds"},
    {"PYO3_*", "PyO3"},
    {"LIBCLANG_PATH LLVM_CONFIG LLVM_CONFIG_PATH CLANG_PATH BINDGEN_EXTRA_CLANG_ARGS*",
     "bindgen, llvmlite"},
    {"CYTHON_*", "Cython"},
    {"SWIG SWIG_LIB SWIG_FEATURES", "SWIG"},
    {"MPICC MPICXX MPI4PY_*", "mpi4py, h5py"},
    {"JAVA_HOME JDK_HOME JCC_*", "whatever needs a JDK"},
    {"CUDA_HOME CUDA_PATH CUDA_ROOT CUDACXX CUDAHOSTCXX CUDAARCHS CUDAFLAGS NVCC_PREPEND_FLAGS "
     "NVCC_APPEND_FLAGS TORCH_CUDA_ARCH_LIST",
     "nvcc, CMake, PyTorch extensions"},
    {"ROCM_HOME ROCM_PATH HIP_PATH", "hipcc, PyTorch extensions"},
    {"PROTOC PROTOC_INCLUDE GRPC_PYTHON_*", "protobuf, grpcio"},
    /* numeric and other libraries */
    {"NPY_* NUMPY_*", "NumPy"},
    {"SCIPY_*", "SciPy"},
    {"BLAS BLAS_* LAPACK LAPACK_* ATLAS OPENBLAS OPENBLAS_* MKLROOT", "NumPy, SciPy, CMake"},
    {"OPENSSL_*", "openssl-sys, cryptography, M2Crypto"},
    {"LIBSODIUM_* SODIUM_INSTALL", "PyNaCl"},
    {"HDF5_*", "h5py, PyTables, netCDF4"},
    {"NETCDF_* NETCDF4_*", "netCDF4"},
    {"GDAL_CONFIG GDAL_VERSION GDAL_HOME GEOS_CONFIG PROJ_DIR PROJ_INCDIR PROJ_LIBDIR PROJ_WHEEL",
     "rasterio, Fiona, shapely, pyproj"},
    {"PG_CONFIG", "psycopg"},
    {"MYSQLCLIENT_* MYSQL_CONFIG", "mysqlclient"},
    {"XML2_CONFIG XSLT_CONFIG WITH_XML2_CONFIG WITH_XSLT_CONFIG", "lxml"},
    {"PYCURL_*", "PycURL"},
    {"ZMQ_* PYZMQ_*", "PyZMQ"},
};

/* Settings of speed and of caches, whoever's they are; and CARGO_TARGET_DIR, which is a place. */
static const char *const never[] = {
    "*_JOBS",        "*_NUM_JOBS",        "*_PARALLEL_LEVEL",
    "*_NUM_THREADS", "*_LAUNCHER",        "*_WRAPPER",
    "*_CACHE_DIR",   "CARGO_BUILD_*_DIR", "*_EXPORT_COMPILE_COMMANDS",
};

static const char *const secrets[] = {
    "TOKEN",      "TOKENS", "PASSWORD", "PASSWORDS",  "PASSWD",      "PASS",
    "PASSPHRASE", "SECRET", "SECRETS",  "CREDENTIAL", "CREDENTIALS", "KEY",
    "KEYS",       "APIKEY", "AUTH",     "PRIVATEKEY", "ACCESSTOKEN",
};

/* What backends and their helpers read, by how their modules begin. */
static const struct {
    const char *module;
    const char *patterns;
} backends[] = {
    {"setuptools", "SETUPTOOLS_* DISTUTILS_* VCS_VERSIONING_*"},
    {"scikit_build_core", "SKBUILD_* CMAKE_* SCIKIT_BUILD_*"},
    {"mesonpy", "MESON_* MESONPY_*"},
    {"hatchling", "HATCH_*"},
    {"flit_core", "FLIT_*"},
    {"poetry", "POETRY_*"},
    {"pdm", "PDM_*"},
    {"pbr", "PBR_* OSLO_*"},
    {"maturin", "MATURIN_* PYO3_* CARGO_* RUST*"},
    {"uv_build", "UV_BUILD_*"},
};

static bool matches(const char *name, const char *pattern, bool in_full)
{
    if (in_full)
        return !strchr(pattern, '*') && strcmp(pattern, name) == 0;
    return fnmatch(pattern, name, 0) == 0;
}

static bool matches_any(const char *name, const char *patterns, bool in_full)
{
    bool found = false;

    for (const char *p = patterns; *p && !found; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        auto_free char *pattern = xstrndup(p, len);
        found = matches(name, pattern, in_full);
        p += len;
    }
    return found;
}

static bool is_in_family(const char *name, bool in_full)
{
    for (size_t i = 0; i < ARRAY_SIZE(families); i++)
        if (matches_any(name, families[i].patterns, in_full))
            return true;
    return false;
}

static bool is_never_input(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(never); i++)
        if (fnmatch(never[i], name, 0) == 0)
            return true;
    return false;
}

bool variable_is_secret(const char *name)
{
    for (const char *part = name; *part; part += strspn(part, "_")) {
        size_t len = strcspn(part, "_");
        for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
            if (strlen(secrets[i]) == len && strncasecmp(part, secrets[i], len) == 0)
                return true;
        part += len;
    }
    return false;
}

bool variable_is_input(const char *name)
{
    if (is_in_family(name, true))
        return true;
    return is_in_family(name, false) && !is_never_input(name) && !variable_is_secret(name);
}

bool variable_is_of_backend(const char *name, const char *backend)
{
    for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
        if (str_starts(backend, backends[i].module) &&
            matches_any(name, backends[i].patterns, false))
            return true;
    return false;
}
