/* The table of what every build is shown. */
#include "sandbox/shown.h"

#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"

/*
 * A star is for the last component. Nothing here holds secrets or data of users on a machine that is
 * set up as its distribution does it; what may lie there otherwise is hidden (hide.c). Of /var and /opt
 * there is nothing: what a build needs of them is named by a variable, a link on PATH, or the user.
 */
static const struct {
    const char *path, *why;
} table[] = {
    {"/usr", "programs, libraries, headers, data of packages"},
    {"/bin", "the same, where /usr is not merged"},
    {"/sbin", "the same"},
    {"/lib", "the same"},
    {"/lib32", "the same"},
    {"/lib64", "the same; and the dynamic loader"},
    {"/libx32", "the same"},
    {"/nix/store", "programs and libraries of NixOS and Nix, each under its hash"},
    {"/gnu/store", "the same of Guix"},

    {"/etc/ld.so.cache", "where the dynamic loader finds libraries"},
    {"/etc/ld.so.conf", "the same, for linkers"},
    {"/etc/ld.so.conf.d", "the same"},
    {"/etc/ld-musl-*", "the same of musl"},
    {"/etc/alternatives", "links to the programs behind cc, java, …"},
    {"/etc/static", "NixOS: what links in /etc lead to"},

    {"/etc/*-release", "which distribution this is: build systems ask"},
    {"/etc/*_version", "the same"},
    {"/etc/dpkg/origins", "the same, for dpkg's tools"},
    {"/etc/host.conf", "how names are resolved"},
    {"/etc/gai.conf", "the same"},
    {"/etc/nsswitch.conf", "the same, and users"},
    {"/etc/protocols", "names of protocols, for getprotobyname"},
    {"/etc/services", "names of ports, for getservbyname"},

    {"/etc/ssl/certs", "certificate authorities; the keys beside them are not shown"},
    {"/etc/ssl/cert.pem", "the same"},
    {"/etc/ssl/openssl.cnf", "without it openssl's programs fail"},
    {"/etc/pki/ca-trust", "certificate authorities of Fedora"},
    {"/etc/pki/tls/certs", "the same"},
    {"/etc/pki/tls/cert.pem", "the same"},
    {"/etc/pki/tls/openssl.cnf", "as above"},
    {"/etc/ca-certificates", "certificate authorities of Arch, and for Java"},
    {"/etc/crypto-policies", "what Fedora's openssl.cnf includes"},

    {"/etc/fonts", "fontconfig, for plots and images in documentation"},
    {"/etc/locale.alias", "names of locales"},
    {"/etc/magic", "file(1)"},
    {"/etc/magic.mime", "file(1)"},
    {"/etc/mime.types", "Python's mimetypes"},
    {"/etc/sgml", "catalogues for DocBook"},
    {"/etc/terminfo", "terminals"},
    {"/etc/xattr.conf", "which attributes cp -p copies"},
    {"/etc/xml", "catalogues for xsltproc"},

    {"/etc/R", "R's own configuration, which R cannot start without"},
    {"/etc/java*", "Java's own configuration, which a JVM cannot start without"},
    {"/etc/maven", "Maven's own configuration"},
    {"/etc/mpich", "compilers of MPI"},
    {"/etc/openmpi", "the same"},
    {"/etc/perl", "on the path on which Perl looks for modules"},
    {"/etc/python3*", "Debian's sitecustomize"},
};

void sandbox_shown_list_release(struct sandbox_shown_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].path);
        free(list->items[i].from);
        free(list->items[i].link);
    }
    free(list->items);
    *list = (struct sandbox_shown_list){0};
}

static bool matches(const char *pattern, const char *path)
{
    size_t star = strcspn(pattern, "*");

    if (!pattern[star])
        return path_is_below(path, pattern);
    const char *rest = strncmp(path, pattern, star) == 0 ? strchr(path + star, '/') : NULL;
    auto_free char *part = rest ? xstrndup(path, (size_t)(rest - path)) : xstrdup(path);
    return fnmatch(pattern, part, FNM_PATHNAME | FNM_PERIOD) == 0;
}

bool sandbox_shows(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (matches(table[i].path, path))
            return true;
    return false;
}

static char *read_link(const char *path)
{
    char target[PATH_MAX];
    ssize_t len = readlink(path, target, sizeof(target));

    return len < 0 || len == sizeof(target) ? NULL : xstrndup(target, (size_t)len);
}

/* A link to what is shown anyway stays a link; of any other the target is shown in its place. */
static void add(struct sandbox_shown_list *list, const char *path)
{
    auto_free char *link = read_link(path);
    auto_free char *from = realpath(path, NULL);

    if (!from)
        return; /* it is not there, or leads nowhere */
    if (link && !sandbox_shows(from))
        free(steal(&link));
    VEC_GROW(list);
    list->items[list->count++] = (struct sandbox_shown){xstrdup(path), steal(&from), steal(&link)};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct sandbox_shown *)a)->path, ((const struct sandbox_shown *)b)->path);
}

void sandbox_list_shown(struct sandbox_shown_list *ret_list)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        glob_t found = {0};
        if (!strchr(table[i].path, '*')) {
            add(ret_list, table[i].path);
            continue;
        }
        if (glob(table[i].path, GLOB_NOSORT, NULL, &found) == 0)
            for (size_t j = 0; j < found.gl_pathc; j++)
                add(ret_list, found.gl_pathv[j]);
        globfree(&found);
    }
    if (ret_list->count)
        qsort(ret_list->items, ret_list->count, sizeof(*ret_list->items), compare);
}
