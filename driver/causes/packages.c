/* The table of packages, and the search in it. */
#include "causes/packages.h"

#include <string.h>

/* "h:" a header, "l:" a library, "p:" a pkg-config or CMake package, "b:" a program. */
static const struct package packages[] = {
    {"h:Python.h p:python3", "python3-dev", "python3-devel", "python3-dev"},
    {"b:cc b:gcc", "gcc", "gcc", "gcc musl-dev"},
    {"b:c++ b:g++", "g++", "gcc-c++", "g++"},
    {"b:clang b:clang++", "clang", "clang", "clang"},
    {"b:make b:gmake", "make", "make", "make"},
    {"b:cmake b:cmake3", "cmake", "cmake", "cmake"},
    {"b:ninja b:ninja-build", "ninja-build", "ninja-build", "samurai"},
    {"b:meson", "meson", "meson", "meson"},
    {"b:rustc b:cargo", "cargo", "cargo", "cargo"},
    {"b:go", "golang-go", "golang", "go"},
    {"b:gfortran b:f95 b:f77", "gfortran", "gcc-gfortran", "gfortran"},
    {"b:pkg-config b:pkgconf", "pkg-config", "pkgconf-pkg-config", "pkgconf"},
    {"b:swig", "swig", "swig", "swig"},
    {"b:git", "git", "git", "git"},
    {"b:patch", "patch", "patch", "patch"},
    {"b:autoreconf b:autoconf", "autoconf", "autoconf", "autoconf"},
    {"b:automake b:aclocal", "automake", "automake", "automake"},
    {"b:libtoolize b:libtool", "libtool", "libtool", "libtool"},
    {"b:flex b:lex", "flex", "flex", "flex"},
    {"b:bison b:yacc", "bison", "bison", "bison"},
    {"b:nasm", "nasm", "nasm", "nasm"},
    {"b:node b:nodejs", "nodejs", "nodejs", "nodejs"},
    {"b:npm", "npm", "nodejs-npm", "npm"},
    {"b:java b:javac", "default-jdk", "java-latest-openjdk-devel", "openjdk21"},
    {"b:protoc", "protobuf-compiler", "protobuf-compiler", "protobuf"},
    {"b:llvm-config", "llvm-dev", "llvm-devel", "llvm-dev"},
    {"b:curl", "curl", "curl", "curl"},
    {"b:wget", "wget", "wget2-wget", "wget"},
    {"b:pg_config h:libpq-fe.h l:pq p:libpq", "libpq-dev", "libpq-devel", "libpq-dev"},
    {"b:mysql_config b:mariadb_config h:mysql.h l:mysqlclient l:mariadb p:mysqlclient p:libmariadb "
     "p:mariadb",
     "libmariadb-dev", "mariadb-connector-c-devel", "mariadb-connector-c-dev"},
    {"b:curl-config h:curl/curl.h l:curl p:libcurl p:CURL", "libcurl4-openssl-dev", "libcurl-devel",
     "curl-dev"},
    {"b:xml2-config h:libxml/parser.h h:libxml/xmlversion.h h:libxml/tree.h l:xml2 p:libxml-2.0 "
     "p:LibXml2",
     "libxml2-dev", "libxml2-devel", "libxml2-dev"},
    {"b:xslt-config h:libxslt/xslt.h h:libxslt/xsltconfig.h l:xslt l:exslt p:libxslt p:libexslt",
     "libxslt1-dev", "libxslt-devel", "libxslt-dev"},
    {"b:krb5-config h:krb5.h h:gssapi.h h:gssapi/gssapi.h l:krb5 l:gssapi_krb5 p:krb5 "
     "p:krb5-gssapi",
     "libkrb5-dev", "krb5-devel", "krb5-dev"},
    {"b:gdal-config h:gdal.h l:gdal p:gdal p:GDAL", "libgdal-dev", "gdal-devel", "gdal-dev"},
    {"b:geos-config h:geos_c.h l:geos_c p:geos p:GEOS", "libgeos-dev", "geos-devel", "geos-dev"},
    {"b:nc-config h:netcdf.h l:netcdf p:netcdf", "libnetcdf-dev", "netcdf-devel", "netcdf-dev"},
    {"b:cups-config h:cups/cups.h l:cups p:cups", "libcups2-dev", "cups-devel", "cups-dev"},
    {"b:gpgme-config h:gpgme.h l:gpgme p:gpgme", "libgpgme-dev", "gpgme-devel", "gpgme-dev"},
    {"h:openssl/ssl.h h:openssl/opensslv.h h:openssl/evp.h h:openssl/err.h h:openssl/aes.h "
     "h:openssl/crypto.h l:ssl l:crypto p:openssl p:libssl p:libcrypto p:OpenSSL",
     "libssl-dev", "openssl-devel", "openssl-dev"},
    {"h:ffi.h l:ffi p:libffi", "libffi-dev", "libffi-devel", "libffi-dev"},
    {"h:zlib.h l:z p:zlib p:ZLIB", "zlib1g-dev", "zlib-devel", "zlib-dev"},
    {"h:bzlib.h l:bz2 p:bzip2 p:BZip2", "libbz2-dev", "bzip2-devel", "bzip2-dev"},
    {"h:lzma.h l:lzma p:liblzma p:LibLZMA", "liblzma-dev", "xz-devel", "xz-dev"},
    {"h:zstd.h l:zstd p:libzstd p:zstd", "libzstd-dev", "libzstd-devel", "zstd-dev"},
    {"h:lz4.h l:lz4 p:liblz4", "liblz4-dev", "lz4-devel", "lz4-dev"},
    {"h:snappy-c.h h:snappy.h l:snappy p:snappy p:Snappy", "libsnappy-dev", "snappy-devel",
     "snappy-dev"},
    {"h:brotli/decode.h l:brotlidec p:libbrotlidec", "libbrotli-dev", "brotli-devel", "brotli-dev"},
    {"h:archive.h l:archive p:libarchive p:LibArchive", "libarchive-dev", "libarchive-devel",
     "libarchive-dev"},
    {"h:jpeglib.h l:jpeg p:libjpeg p:JPEG", "libjpeg-dev", "libjpeg-turbo-devel",
     "libjpeg-turbo-dev"},
    {"h:png.h l:png p:libpng p:PNG", "libpng-dev", "libpng-devel", "libpng-dev"},
    {"h:tiffio.h l:tiff p:libtiff-4 p:TIFF", "libtiff-dev", "libtiff-devel", "tiff-dev"},
    {"h:webp/decode.h l:webp p:libwebp", "libwebp-dev", "libwebp-devel", "libwebp-dev"},
    {"h:ft2build.h h:freetype/freetype.h l:freetype p:freetype2 p:Freetype", "libfreetype-dev",
     "freetype-devel", "freetype-dev"},
    {"h:lcms2.h l:lcms2 p:lcms2", "liblcms2-dev", "lcms2-devel", "lcms2-dev"},
    {"h:openjpeg.h l:openjp2 p:libopenjp2", "libopenjp2-7-dev", "openjpeg-devel", "openjpeg-dev"},
    {"h:sqlite3.h l:sqlite3 p:sqlite3 p:SQLite3", "libsqlite3-dev", "sqlite-devel", "sqlite-dev"},
    {"h:ldap.h h:lber.h l:ldap l:lber p:ldap", "libldap-dev", "openldap-devel", "openldap-dev"},
    {"h:sasl/sasl.h h:sasl.h l:sasl2 p:libsasl2", "libsasl2-dev", "cyrus-sasl-devel",
     "cyrus-sasl-dev"},
    {"h:sql.h h:sqlext.h l:odbc p:odbc", "unixodbc-dev", "unixODBC-devel", "unixodbc-dev"},
    {"h:sybdb.h h:sqlfront.h l:sybdb p:freetds", "freetds-dev", "freetds-devel", "freetds-dev"},
    {"h:libmemcached/memcached.h l:memcached p:libmemcached", "libmemcached-dev",
     "libmemcached-devel", "libmemcached-dev"},
    {"h:librdkafka/rdkafka.h l:rdkafka p:rdkafka", "librdkafka-dev", "librdkafka-devel",
     "librdkafka-dev"},
    {"h:zmq.h l:zmq p:libzmq", "libzmq3-dev", "zeromq-devel", "zeromq-dev"},
    {"h:hdf5.h l:hdf5 p:hdf5 p:HDF5", "libhdf5-dev", "hdf5-devel", "hdf5-dev"},
    {"h:cblas.h l:openblas p:openblas p:OpenBLAS p:BLAS", "libopenblas-dev", "openblas-devel",
     "openblas-dev"},
    {"h:lapacke.h l:lapack p:lapack p:LAPACK", "liblapack-dev", "lapack-devel", "lapack-dev"},
    {"h:gsl/gsl_math.h l:gsl p:gsl p:GSL", "libgsl-dev", "gsl-devel", "gsl-dev"},
    {"h:fftw3.h l:fftw3 p:fftw3", "libfftw3-dev", "fftw-devel", "fftw-dev"},
    {"h:gmp.h l:gmp p:gmp", "libgmp-dev", "gmp-devel", "gmp-dev"},
    {"h:mpfr.h l:mpfr p:mpfr", "libmpfr-dev", "mpfr-devel", "mpfr-dev"},
    {"h:mpc.h l:mpc p:mpc", "libmpc-dev", "libmpc-devel", "mpc1-dev"},
    {"h:Eigen/Core h:Eigen/Dense p:eigen3 p:Eigen3", "libeigen3-dev", "eigen3-devel", "eigen-dev"},
    {"h:boost/python.hpp h:boost/version.hpp p:Boost", "libboost-all-dev", "boost-devel",
     "boost-dev"},
    {"h:proj.h l:proj p:proj p:PROJ", "libproj-dev", "proj-devel", "proj-dev"},
    {"h:google/protobuf/message.h l:protobuf p:protobuf p:Protobuf", "libprotobuf-dev",
     "protobuf-devel", "protobuf-dev"},
    {"h:leveldb/db.h l:leveldb p:leveldb", "libleveldb-dev", "leveldb-devel", "leveldb-dev"},
    {"h:rocksdb/db.h l:rocksdb p:rocksdb", "librocksdb-dev", "rocksdb-devel", "rocksdb-dev"},
    {"h:glib.h l:glib-2.0 p:glib-2.0 p:gobject-2.0 p:gio-2.0", "libglib2.0-dev", "glib2-devel",
     "glib-dev"},
    {"h:girepository.h p:gobject-introspection-1.0", "libgirepository1.0-dev",
     "gobject-introspection-devel", "gobject-introspection-dev"},
    {"h:cairo.h l:cairo p:cairo", "libcairo2-dev", "cairo-devel", "cairo-dev"},
    {"h:dbus/dbus.h l:dbus-1 p:dbus-1", "libdbus-1-dev", "dbus-devel", "dbus-dev"},
    {"h:systemd/sd-daemon.h h:systemd/sd-journal.h l:systemd p:libsystemd", "libsystemd-dev",
     "systemd-devel", "elogind-dev"},
    {"h:libudev.h l:udev p:libudev", "libudev-dev", "systemd-devel", "eudev-dev"},
    {"h:libusb.h h:libusb-1.0/libusb.h l:usb-1.0 p:libusb-1.0", "libusb-1.0-0-dev", "libusb1-devel",
     "libusb-dev"},
    {"h:portaudio.h l:portaudio p:portaudio-2.0", "portaudio19-dev", "portaudio-devel",
     "portaudio-dev"},
    {"h:alsa/asoundlib.h l:asound p:alsa", "libasound2-dev", "alsa-lib-devel", "alsa-lib-dev"},
    {"h:pulse/pulseaudio.h l:pulse p:libpulse", "libpulse-dev", "pulseaudio-libs-devel",
     "pulseaudio-dev"},
    {"h:sndfile.h l:sndfile p:sndfile", "libsndfile1-dev", "libsndfile-devel", "libsndfile-dev"},
    {"h:libavformat/avformat.h p:libavformat p:libavcodec p:libavutil p:libavdevice",
     "libavformat-dev", "ffmpeg-free-devel", "ffmpeg-dev"},
    {"h:X11/Xlib.h l:X11 p:x11 p:X11", "libx11-dev", "libX11-devel", "libx11-dev"},
    {"h:GL/gl.h l:GL p:gl p:OpenGL", "libgl-dev", "mesa-libGL-devel", "mesa-dev"},
    {"h:GL/glu.h l:GLU p:glu", "libglu1-mesa-dev", "mesa-libGLU-devel", "glu-dev"},
    {"h:SDL.h h:SDL2/SDL.h l:SDL2 p:sdl2 b:sdl2-config", "libsdl2-dev", "SDL2-devel", "sdl2-dev"},
    {"h:xkbcommon/xkbcommon.h l:xkbcommon p:xkbcommon", "libxkbcommon-dev", "libxkbcommon-devel",
     "libxkbcommon-dev"},
    {"h:wayland-client.h p:wayland-client", "libwayland-dev", "wayland-devel", "wayland-dev"},
    {"h:gtk/gtk.h p:gtk+-3.0", "libgtk-3-dev", "gtk3-devel", "gtk+3.0-dev"},
    {"h:graphviz/cgraph.h h:cgraph.h l:cgraph p:libcgraph", "libgraphviz-dev", "graphviz-devel",
     "graphviz-dev"},
    {"h:curses.h h:ncurses.h l:ncurses l:ncursesw l:curses p:ncurses", "libncurses-dev",
     "ncurses-devel", "ncurses-dev"},
    {"h:readline/readline.h l:readline p:readline", "libreadline-dev", "readline-devel",
     "readline-dev"},
    {"h:expat.h l:expat p:expat", "libexpat1-dev", "expat-devel", "expat-dev"},
    {"h:yaml.h l:yaml p:yaml-0.1", "libyaml-dev", "libyaml-devel", "yaml-dev"},
    {"h:magic.h l:magic p:libmagic", "libmagic-dev", "file-devel", "file-dev"},
    {"h:augeas.h l:augeas p:augeas", "libaugeas-dev", "augeas-devel", "augeas-dev"},
    {"h:libvirt/libvirt.h l:virt p:libvirt", "libvirt-dev", "libvirt-devel", "libvirt-dev"},
    {"h:xmlsec/xmlsec.h l:xmlsec1 p:xmlsec1", "libxmlsec1-dev", "xmlsec1-devel", "xmlsec-dev"},
    {"h:bluetooth/bluetooth.h l:bluetooth p:bluez", "libbluetooth-dev", "bluez-libs-devel",
     "bluez-dev"},
    {"h:pcap.h h:pcap/pcap.h l:pcap p:libpcap", "libpcap-dev", "libpcap-devel", "libpcap-dev"},
    {"h:sodium.h l:sodium p:libsodium", "libsodium-dev", "libsodium-devel", "libsodium-dev"},
    {"h:uuid/uuid.h l:uuid p:uuid", "uuid-dev", "libuuid-devel", "util-linux-dev"},
    {"h:unicode/utypes.h h:unicode/ucnv.h l:icuuc l:icui18n p:icu-uc p:icu-i18n p:ICU b:icu-config",
     "libicu-dev", "libicu-devel", "icu-dev"},
    {"h:re2/re2.h l:re2 p:re2", "libre2-dev", "re2-devel", "re2-dev"},
    {"h:pcre2.h l:pcre2-8 p:libpcre2-8", "libpcre2-dev", "pcre2-devel", "pcre2-dev"},
    {"h:tk.h h:tcl.h p:tk p:tcl", "tk-dev", "tk-devel", "tk-dev"},
    {"h:event.h h:event2/event.h l:event p:libevent", "libevent-dev", "libevent-devel",
     "libevent-dev"},
    {"h:ev.h l:ev", "libev-dev", "libev-devel", "libev-dev"},
    {"h:uv.h l:uv p:libuv", "libuv1-dev", "libuv-devel", "libuv-dev"},
    {"h:lua.h l:lua l:lua5.4 p:lua p:lua5.4", "liblua5.4-dev", "lua-devel", "lua5.4-dev"},
    {"h:net-snmp/net-snmp-config.h l:netsnmp b:net-snmp-config", "libsnmp-dev", "net-snmp-devel",
     "net-snmp-dev"},
    {"h:rrd.h l:rrd p:librrd", "librrd-dev", "rrdtool-devel", "rrdtool-dev"},
    {"h:sys/capability.h l:cap p:libcap", "libcap-dev", "libcap-devel", "libcap-dev"},
    {"h:sys/acl.h l:acl p:libacl", "libacl1-dev", "libacl-devel", "acl-dev"},
    {"h:attr/xattr.h h:attr/attributes.h l:attr p:libattr", "libattr1-dev", "libattr-devel",
     "attr-dev"},
    {"h:numa.h l:numa p:numa", "libnuma-dev", "numactl-devel", "numactl-dev"},
    {"h:seccomp.h l:seccomp p:libseccomp", "libseccomp-dev", "libseccomp-devel", "libseccomp-dev"},
    {"h:security/pam_appl.h l:pam p:pam", "libpam0g-dev", "pam-devel", "linux-pam-dev"},
    {"h:fuse.h l:fuse p:fuse", "libfuse-dev", "fuse-devel", "fuse-dev"},
    {"h:fuse3/fuse.h l:fuse3 p:fuse3", "libfuse3-dev", "fuse3-devel", "fuse3-dev"},
    {"h:libaio.h l:aio", "libaio-dev", "libaio-devel", "libaio-dev"},
    {"h:liburing.h l:uring p:liburing", "liburing-dev", "liburing-devel", "liburing-dev"},
    {"h:mecab.h l:mecab p:mecab b:mecab-config", "libmecab-dev", "mecab-devel", "mecab-dev"},
    {"h:tesseract/baseapi.h l:tesseract p:tesseract", "libtesseract-dev", "tesseract-devel",
     "tesseract-ocr-dev"},
    {"h:leptonica/allheaders.h l:lept p:lept", "libleptonica-dev", "leptonica-devel",
     "leptonica-dev"},
    {"h:hunspell.hxx l:hunspell p:hunspell", "libhunspell-dev", "hunspell-devel", "hunspell-dev"},
    {"h:vips/vips.h l:vips p:vips", "libvips-dev", "vips-devel", "vips-dev"},
    {"h:poppler/cpp/poppler-document.h h:poppler-document.h l:poppler-cpp p:poppler-cpp",
     "libpoppler-cpp-dev", "poppler-cpp-devel", "poppler-dev"},
    {"h:libssh2.h l:ssh2 p:libssh2", "libssh2-1-dev", "libssh2-devel", "libssh2-dev"},
    {"h:libssh/libssh.h l:ssh p:libssh", "libssh-dev", "libssh-devel", "libssh-dev"},
    {"h:umfpack.h h:cholmod.h l:cholmod l:umfpack", "libsuitesparse-dev", "suitesparse-devel",
     "suitesparse-dev"},
    {"h:spatialindex/capi/sidx_api.h l:spatialindex p:libspatialindex", "libspatialindex-dev",
     "spatialindex-devel", "libspatialindex-dev"},
    {"h:jansson.h l:jansson p:jansson", "libjansson-dev", "jansson-devel", "jansson-dev"},
    {"h:infiniband/verbs.h l:ibverbs p:libibverbs", "libibverbs-dev", "rdma-core-devel",
     "rdma-core-dev"},
    {"h:crypt.h l:crypt p:libcrypt", "libcrypt-dev", "libxcrypt-devel", "musl-dev"},
    {"h:stdio.h h:stdlib.h h:string.h h:limits.h h:sys/types.h h:errno.h l:c l:m l:pthread l:dl",
     "libc6-dev", "glibc-devel", "musl-dev"},
    {"h:linux/types.h h:linux/limits.h h:asm/types.h h:linux/errno.h h:linux/input.h",
     "linux-libc-dev", "kernel-headers", "linux-headers"},
    {"h:iostream h:string h:vector h:cstddef h:algorithm h:memory l:stdc++", "g++", "gcc-c++",
     "g++"},
};

/* Whether the blank-separated list has "K:name". */
static bool lists(const char *things, char kind, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = things; *p; p += strcspn(p, " "), p += *p == ' ')
        if (p[0] == kind && strncmp(p + 2, name, len) == 0 && (!p[2 + len] || p[2 + len] == ' '))
            return true;
    return false;
}

static const struct package *find(char kind, const char *name)
{
    for (size_t i = 0; name[0] && i < ARRAY_SIZE(packages); i++)
        if (lists(packages[i].things, kind, name))
            return &packages[i];
    return NULL;
}

static const struct package *find_program(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    const char *dash = strrchr(base, '-');
    const struct package *found = find('b', base);

    return found || !dash ? found : find('b', dash + 1);
}

const struct package *package_of(enum thing thing, const char *name)
{
    static const char kinds[] = {
        [THING_HEADER] = 'h', [THING_LIBRARY] = 'l', [THING_MODULE] = 'p', [THING_PROGRAM] = 'b'};

    if (thing == THING_NONE)
        return NULL;
    return thing == THING_PROGRAM ? find_program(name) : find(kinds[thing], name);
}

const char *package_cause(const struct package *package)
{
    static const char *const causes[][2] = {
        {"gcc", "compiler"},      {"g++", "compiler"}, {"clang", "compiler"},
        {"cargo", "rust"},        {"golang-go", "go"}, {"gfortran", "fortran"},
        {"ninja-build", "ninja"}, {"cmake", "cmake"},  {"pkg-config", "pkg-config"},
        {"make", "make"},         {"meson", "meson"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
        if (str_eq(causes[i][0], package->debian))
            return causes[i][1];
    return NULL;
}

void package_describe(const struct package *package, struct str *out)
{
    str_addf(out, "Debian: %s; Fedora: %s; Alpine: %s", package->debian, package->fedora,
             package->alpine);
}
