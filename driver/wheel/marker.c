/* Environment markers: the parser, which makes nodes in order of evaluation, and the evaluation. */
#include "wheel/marker.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "wheel/specifier.h"
#include "wheel/wheel_name.h"

/* Deeper nesting than this is an attack on the stack, not a marker. */
enum { MAX_DEPTH = 100 };

static const char *const names[MARKER_NAME_COUNT] = {
    [MARKER_IMPLEMENTATION_NAME] = "implementation_name",
    [MARKER_IMPLEMENTATION_VERSION] = "implementation_version",
    [MARKER_OS_NAME] = "os_name",
    [MARKER_PLATFORM_MACHINE] = "platform_machine",
    [MARKER_PLATFORM_PYTHON_IMPLEMENTATION] = "platform_python_implementation",
    [MARKER_PLATFORM_RELEASE] = "platform_release",
    [MARKER_PLATFORM_SYSTEM] = "platform_system",
    [MARKER_PLATFORM_VERSION] = "platform_version",
    [MARKER_PYTHON_FULL_VERSION] = "python_full_version",
    [MARKER_PYTHON_VERSION] = "python_version",
    [MARKER_SYS_PLATFORM] = "sys_platform",
    [MARKER_EXTRA] = "extra",
    [MARKER_EXTRAS] = "extras",
    [MARKER_DEPENDENCY_GROUPS] = "dependency_groups",
};

/* Spellings from before PEP 508. */
static const struct {
    const char *text;
    enum marker_name name;
} legacy_names[] = {
    {"os.name", MARKER_OS_NAME},
    {"sys.platform", MARKER_SYS_PLATFORM},
    {"platform.version", MARKER_PLATFORM_VERSION},
    {"platform.machine", MARKER_PLATFORM_MACHINE},
    {"platform.python_implementation", MARKER_PLATFORM_PYTHON_IMPLEMENTATION},
    {"python_implementation", MARKER_PLATFORM_PYTHON_IMPLEMENTATION},
};

static const char *const operators[] = {"===", "==", "~=", "!=", "<=", ">=", "<", ">"};

struct parser {
    struct marker *marker;
    const char *p;
    int depth;
};

const char *marker_name_text(enum marker_name name)
{
    return names[name];
}

static bool find_name(const char *text, enum marker_name *ret_name)
{
    for (int i = 0; i < MARKER_NAME_COUNT; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_name = (enum marker_name)i;
            return true;
        }
    }
    return false;
}

void marker_env_release(struct marker_env *env)
{
    for (int i = 0; i < MARKER_NAME_COUNT; i++)
        free(env->values[i]);
    *env = (struct marker_env)MARKER_ENV_INIT;
}

bool marker_env_set(struct marker_env *env, const char *name, const char *value)
{
    enum marker_name found;

    if (!find_name(name, &found))
        return false;
    free(env->values[found]);
    env->values[found] = xstrdup(value);
    return true;
}

void marker_release(struct marker *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->items[i].lhs.text);
        free(m->items[i].rhs.text);
    }
    free(m->items);
    *m = (struct marker)MARKER_INIT;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static void skip_blanks(struct parser *ps)
{
    ps->p += strspn(ps->p, " \t");
}

static bool accept_word(struct parser *ps, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(ps->p, word, len) != 0 || is_word(ps->p[len]))
        return false;
    ps->p += len;
    return true;
}

static bool accept_name(struct parser *ps, enum marker_name *ret_name)
{
    for (size_t i = 0; i < ARRAY_SIZE(legacy_names); i++) {
        if (accept_word(ps, legacy_names[i].text)) {
            *ret_name = legacy_names[i].name;
            return true;
        }
    }
    for (int i = 0; i < MARKER_NAME_COUNT; i++) {
        if (accept_word(ps, names[i])) {
            *ret_name = (enum marker_name)i;
            return true;
        }
    }
    return false;
}

static void add_utf8(struct str *out, uint32_t c)
{
    if (c < 0x80) {
        str_addch(out, (char)c);
    } else if (c < 0x800) {
        str_addch(out, (char)(0xc0 | c >> 6));
        str_addch(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        str_addch(out, (char)(0xe0 | c >> 12));
        str_addch(out, (char)(0x80 | (c >> 6 & 0x3f)));
        str_addch(out, (char)(0x80 | (c & 0x3f)));
    } else {
        str_addch(out, (char)(0xf0 | c >> 18));
        str_addch(out, (char)(0x80 | (c >> 12 & 0x3f)));
        str_addch(out, (char)(0x80 | (c >> 6 & 0x3f)));
        str_addch(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* A code point in `base`, of at most max and, for hex, exactly max digits. */
static bool add_code_point(struct str *out, const char **p, uint32_t base, int max)
{
    uint32_t c = 0;
    int digits = 0;

    for (; digits < max; digits++, (*p)++) {
        char lower = (char)(**p >= 'A' && **p <= 'F' ? **p - 'A' + 'a' : **p);
        uint32_t digit = lower >= '0' && lower <= '9'   ? (uint32_t)(lower - '0')
                         : lower >= 'a' && lower <= 'f' ? (uint32_t)(lower - 'a' + 10)
                                                        : base;
        if (digit >= base)
            break;
        c = c * base + digit;
    }
    bool surrogate = c >= 0xd800 && c < 0xe000;
    if (c == 0 || c > 0x10ffff || surrogate || (base == 16 && digits < max))
        return false;
    add_utf8(out, c);
    return true;
}

/* What follows a backslash in a Python string literal; *p is behind the backslash. */
static bool add_escape(struct str *out, const char **p)
{
    static const char plain[] = "\\'\"abfnrtv", meaning[] = "\\'\"\a\b\f\n\r\t\v";
    const char *at = **p ? strchr(plain, **p) : NULL;

    if (at) {
        str_addch(out, meaning[at - plain]);
        (*p)++;
        return true;
    }
    if (**p >= '0' && **p <= '7')
        return add_code_point(out, p, 8, 3);
    int hex_digits = **p == 'x' ? 2 : **p == 'u' ? 4 : **p == 'U' ? 8 : 0;
    if (hex_digits) {
        (*p)++;
        return add_code_point(out, p, 16, hex_digits);
    }
    str_addch(out, '\\'); /* an unknown escape stands for itself; \N{…} is not supported */
    return **p != 'N';
}

/* A literal ends at the first quote of its kind, escaped or not; then it must be a Python string. */
static char *accept_literal(struct parser *ps)
{
    auto_str struct str out = STR_INIT;
    char quote = *ps->p;
    const char *end = quote == '\'' || quote == '"' ? strchr(ps->p + 1, quote) : NULL;

    if (!end)
        return NULL;
    for (const char *p = ps->p + 1; p < end;) {
        if (*p == '\n' || *p == '\r')
            return NULL;
        if (*p != '\\')
            str_addch(&out, *p++);
        else if (p + 1 == end || (p++, !add_escape(&out, &p)))
            return NULL;
    }
    ps->p = end + 1;
    return str_detach(&out);
}

static int parse_operand(struct parser *ps, struct marker_operand *ret_operand, struct err *err)
{
    ret_operand->is_name = accept_name(ps, &ret_operand->name);
    ret_operand->text =
        ret_operand->is_name ? xstrdup(names[ret_operand->name]) : accept_literal(ps);
    if (!ret_operand->text)
        return err_set(err, ERR_FORMAT, "expected a marker name or a quoted string at '%s'", ps->p);
    return 0;
}

static const char *accept_operator(struct parser *ps)
{
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        if (str_starts(ps->p, operators[i])) {
            ps->p += strlen(operators[i]);
            return operators[i];
        }
    }
    if (accept_word(ps, "in"))
        return "in";
    if (!accept_word(ps, "not") || (*ps->p != ' ' && *ps->p != '\t'))
        return NULL;
    skip_blanks(ps);
    return accept_word(ps, "in") ? "not in" : NULL;
}

static size_t add_node(struct parser *ps, struct marker_node node)
{
    VEC_GROW(ps->marker);
    ps->marker->items[ps->marker->count] = node;
    return ps->marker->count++;
}

/* Extras compare in their normal form (PEP 685): the literal beside `extra` is normalised once. */
static void normalize_extra(const struct marker_operand *name, struct marker_operand *literal)
{
    if (!name->is_name || name->name != MARKER_EXTRA || literal->is_name)
        return;
    char *normal = wheel_dist_canonical(literal->text);
    free(literal->text);
    literal->text = normal;
}

static int parse_comparison(struct parser *ps, size_t *ret_node, struct err *err)
{
    struct marker_node node = {.kind = MARKER_COMPARE};
    int ret = parse_operand(ps, &node.lhs, err);

    if (ret == 0) {
        skip_blanks(ps);
        node.op = accept_operator(ps);
        if (!node.op)
            ret = err_set(err, ERR_FORMAT, "expected an operator at '%s'", ps->p);
    }
    if (ret == 0) {
        skip_blanks(ps);
        ret = parse_operand(ps, &node.rhs, err);
    }
    if (ret) {
        free(node.lhs.text);
        free(node.rhs.text);
        return ret;
    }
    normalize_extra(&node.lhs, &node.rhs);
    normalize_extra(&node.rhs, &node.lhs);
    *ret_node = add_node(ps, node);
    return 0;
}

static int parse_or(struct parser *ps, size_t *ret_node, struct err *err);

static int parse_atom(struct parser *ps, size_t *ret_node, struct err *err)
{
    skip_blanks(ps);
    if (*ps->p != '(') {
        int ret = parse_comparison(ps, ret_node, err);
        skip_blanks(ps);
        return ret;
    }
    if (++ps->depth > MAX_DEPTH)
        return err_set(err, ERR_FORMAT, "more than %d nested parentheses", MAX_DEPTH);
    ps->p++;
    int ret = parse_or(ps, ret_node, err);
    if (ret)
        return ret;
    if (*ps->p != ')')
        return err_set(err, ERR_FORMAT, "expected ')' at '%s'", ps->p);
    ps->p++;
    ps->depth--;
    skip_blanks(ps);
    return 0;
}

static int parse_and(struct parser *ps, size_t *ret_node, struct err *err)
{
    int ret = parse_atom(ps, ret_node, err);

    while (ret == 0 && accept_word(ps, "and")) {
        struct marker_node node = {.kind = MARKER_AND, .left = *ret_node};
        ret = parse_atom(ps, &node.right, err);
        if (ret == 0)
            *ret_node = add_node(ps, node);
    }
    return ret;
}

static int parse_or(struct parser *ps, size_t *ret_node, struct err *err)
{
    int ret = parse_and(ps, ret_node, err);

    while (ret == 0 && accept_word(ps, "or")) {
        struct marker_node node = {.kind = MARKER_OR, .left = *ret_node};
        ret = parse_and(ps, &node.right, err);
        if (ret == 0)
            *ret_node = add_node(ps, node);
    }
    return ret;
}

int marker_scan(struct marker *m, const char **p, struct err *err)
{
    struct parser ps = {.marker = m, .p = *p};
    size_t root;

    *m = (struct marker)MARKER_INIT;
    int ret = parse_or(&ps, &root, err);
    if (ret) {
        marker_release(m);
        return err_wrap(err, "invalid marker");
    }
    *p = ps.p;
    return 0;
}

int marker_parse(struct marker *m, const char *text, struct err *err)
{
    int ret = marker_scan(m, &text, err);

    if (ret == 0 && *text) {
        marker_release(m);
        ret = err_set(err, ERR_FORMAT, "invalid marker: expected its end at '%s'", text);
    }
    return ret;
}

static bool holds_version(enum marker_name name)
{
    return name == MARKER_IMPLEMENTATION_VERSION || name == MARKER_PLATFORM_RELEASE ||
           name == MARKER_PYTHON_FULL_VERSION || name == MARKER_PYTHON_VERSION;
}

/* True when the comparison was one of versions; its result is then in *ret_holds. */
static bool compare_versions(const char *lhs, const char *op, const char *rhs, bool *ret_holds)
{
    auto_specifier struct specifier spec = SPECIFIER_INIT;
    auto_free char *text = xasprintf("%s%s", op, rhs);

    if (!specifier_parse(&spec, text))
        return false;
    *ret_holds = specifier_contains(&spec, lhs, true);
    return true;
}

static int compare_texts(const char *lhs, const char *op, const char *rhs, bool *ret_holds,
                         struct err *err)
{
    bool equal = strcmp(lhs, rhs) == 0;

    if (strcmp(op, "in") == 0)
        *ret_holds = strstr(rhs, lhs) != NULL;
    else if (strcmp(op, "not in") == 0)
        *ret_holds = strstr(rhs, lhs) == NULL;
    else if (strcmp(op, "==") == 0 || strcmp(op, "<=") == 0 || strcmp(op, ">=") == 0)
        *ret_holds = equal;
    else if (strcmp(op, "!=") == 0)
        *ret_holds = !equal;
    else if (strcmp(op, "<") == 0 || strcmp(op, ">") == 0)
        *ret_holds = false;
    else
        return err_set(err, ERR_FORMAT, "marker compares '%s' %s '%s', which are no versions", lhs,
                       op, rhs);
    return 0;
}

/* Where a value comes from: the environment, and the extra that was normalised beforehand. */
struct lookup {
    const struct marker_env *env;
    const char *extra;
};

/* A built-from-source Python may call itself "3.14.0+", which is no version. Owned by the caller. */
static int look_up(const struct lookup *from, enum marker_name name, char **ret_value,
                   struct err *err)
{
    const char *value = name == MARKER_EXTRA ? from->extra : from->env->values[name];

    if (!value)
        return err_set(err, ERR_FORMAT, "marker name '%s' has no value here", names[name]);
    bool unfinished = name == MARKER_PYTHON_FULL_VERSION && str_ends(value, "+");
    *ret_value = xasprintf("%s%s", value, unfinished ? "local" : "");
    return 0;
}

/* Of two names the right one is taken as a text; of two texts the right one must spell a name. */
static int compare(const struct marker_node *node, const struct lookup *from, bool *ret_holds,
                   struct err *err)
{
    auto_free char *value = NULL;
    enum marker_name key = node->lhs.name;

    if (!node->lhs.is_name) {
        if (!find_name(node->rhs.text, &key))
            return err_set(err, ERR_FORMAT, "marker compares '%s' and '%s', neither is a name",
                           node->lhs.text, node->rhs.text);
    }
    int ret = look_up(from, key, &value, err);
    if (ret)
        return ret;
    const char *lhs = node->lhs.is_name ? value : node->lhs.text;
    const char *rhs = node->lhs.is_name ? node->rhs.text : value;
    if (holds_version(key) && compare_versions(lhs, node->op, rhs, ret_holds))
        return 0;
    return compare_texts(lhs, node->op, rhs, ret_holds, err);
}

int marker_evaluate(const struct marker *m, const struct marker_env *env, const char *extra,
                    bool *ret_holds, struct err *err)
{
    auto_free char *normal_extra = wheel_dist_canonical(extra);
    auto_free bool *results = xcalloc(m->count + 1, sizeof(*results));
    struct lookup from = {env, normal_extra};

    for (size_t i = 0; i < m->count; i++) {
        const struct marker_node *node = &m->items[i];
        int ret = 0;
        if (node->kind == MARKER_COMPARE)
            ret = compare(node, &from, &results[i], err);
        else if (node->kind == MARKER_AND)
            results[i] = results[node->left] && results[node->right];
        else
            results[i] = results[node->left] || results[node->right];
        if (ret)
            return ret;
    }
    *ret_holds = m->count == 0 || results[m->count - 1];
    return 0;
}
