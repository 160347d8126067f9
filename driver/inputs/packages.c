/* The databases of package managers, read for names and versions. */
#include "inputs/packages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "system/capture.h"

enum { MAX_DATABASE = 256 << 20 };

/* One package of a database that is read line by line. */
struct package {
    char *name, *version, *architecture;
    bool installed;
};

static void forget(struct package *p)
{
    free(p->name);
    free(p->version);
    free(p->architecture);
    *p = (struct package){0};
}

/* An empty line, or the end, completes a package. */
static void complete(struct package *p, struct strv *ret_list)
{
    if (p->name && p->version && p->installed)
        strv_pushf(ret_list, "%s %s %s", p->name, p->version,
                   p->architecture ? p->architecture : "");
    forget(p);
}

static void keep(char **to, const char *value, size_t len)
{
    free(*to);
    *to = xstrndup(value, len);
}

static bool take_value(const char *line, size_t len, const char *field, char **to)
{
    size_t field_len = strlen(field);

    if (len < field_len || strncmp(line, field, field_len) != 0)
        return false;
    keep(to, line + field_len, len - field_len);
    return true;
}

/* deb-control(5): "Field: value", a package ends with an empty line. */
static void read_dpkg_line(struct package *p, const char *line, size_t len)
{
    static const char status[] = "Status: ", good[] = " installed";

    if (take_value(line, len, "Package: ", &p->name) ||
        take_value(line, len, "Version: ", &p->version) ||
        take_value(line, len, "Architecture: ", &p->architecture))
        return;
    if (len > strlen(status) + strlen(good) && strncmp(line, status, strlen(status)) == 0)
        p->installed = strncmp(line + len - strlen(good), good, strlen(good)) == 0;
}

/* apk's database: "P:name", "V:version", "A:architecture"; whatever is in it is installed. */
static void read_apk_line(struct package *p, const char *line, size_t len)
{
    (void)(take_value(line, len, "P:", &p->name) || take_value(line, len, "V:", &p->version) ||
           take_value(line, len, "A:", &p->architecture));
    p->installed = true;
}

static int read_database(const char *path,
                         void (*read_line)(struct package *, const char *, size_t),
                         struct strv *ret_list, struct err *err)
{
    auto_str struct str text = STR_INIT;
    struct package p = {0};
    int ret = read_file(path, MAX_DATABASE, &text, err);

    for (const char *line = text.buf; ret == 0 && *line;) {
        size_t len = strcspn(line, "\n");
        if (len)
            read_line(&p, line, len);
        else
            complete(&p, ret_list);
        line += len + (line[len] != '\0');
    }
    complete(&p, ret_list);
    return ret;
}

static int read_dpkg(const char *path, struct strv *ret_list, struct err *err)
{
    return read_database(path, read_dpkg_line, ret_list, err);
}

static int read_apk(const char *path, struct strv *ret_list, struct err *err)
{
    return read_database(path, read_apk_line, ret_list, err);
}

/* pacman's has one directory "name-version-release" a package. */
static int read_pacman(const char *path, struct strv *ret_list, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? err_errno(err, errno, "cannot open '%s'", path)
                  : list_dir(fd, 0, ret_list, err);
}

/* rpm's database has several formats; the program knows them all. */
static int ask_rpm(struct strv *ret_list, int stop_fd, struct err *err)
{
    char *argv[] = {"rpm", "-qa", "--qf", "%{NAME} %{EVR} %{ARCH}\n", NULL};
    struct capture_limits limits = {.max_bytes = MAX_DATABASE, .stop_fd = stop_fd};
    struct spawn_spec spec = {.path = "/usr/bin/rpm", .argv = argv};
    auto_str struct str text = STR_INIT;
    int status, ret = capture_run(&spec, &limits, &text, &status, err);

    if (ret == 0 && status != 0)
        ret = err_set(err, ERR_ENVIRONMENT, "'rpm -qa' does not list the installed packages");
    if (ret == 0)
        strv_split(ret_list, text.buf, "\n");
    return ret;
}

static const struct {
    const char *manager, *path;
    int (*read)(const char *path, struct strv *ret, struct err *err);
} databases[] = {
    {"dpkg", "/var/lib/dpkg/status", read_dpkg},
    {"apk", "/lib/apk/db/installed", read_apk},
    {"pacman", "/var/lib/pacman/local", read_pacman},
};

int packages_read(const char *manager, const char *path, struct strv *ret_list, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
        if (str_eq(databases[i].manager, manager))
            return databases[i].read(path, ret_list, err);
    BUG("no format '%s'", manager);
}

const char *packages_database(void)
{
    struct stat st;

    for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
        if (access(databases[i].path, R_OK) == 0)
            return stat(databases[i].path, &st) == 0 && S_ISREG(st.st_mode) ? databases[i].path
                                                                            : NULL;
    return NULL;
}

int packages_list(struct strv *ret_list, const char **ret_manager, int stop_fd, struct err *err)
{
    int ret = 0;

    *ret_manager = "none";
    for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
        if (access(databases[i].path, R_OK) == 0) {
            *ret_manager = databases[i].manager;
            ret = databases[i].read(databases[i].path, ret_list, err);
            strv_sort(ret_list);
            return ret;
        }
    if (access("/var/lib/rpm", R_OK) == 0 || access("/usr/lib/sysimage/rpm", R_OK) == 0) {
        *ret_manager = "rpm";
        ret = ask_rpm(ret_list, stop_fd, err);
    }
    strv_sort(ret_list);
    return ret;
}
