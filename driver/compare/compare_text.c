/* Compares texts and lists of strings. */
#include "compare/compare_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "content/line_diff.h"
#include "compare/classify.h"

enum { MOST_CLASSIFIED = 2000, MOST_ITEM = 200, MOST_NAMES = 20000 };

static const struct line_diff_bounds bounds = {.most_lines = 24, .most_columns = 160};

/* A change, or a line of one, and its causes. */
struct piece {
    struct line_change change;
    unsigned causes;
};

struct texts {
    const char *where, *part;
    const struct lines *a, *b;
    const struct strv *names; /* of the wheels' files */
    enum cause path_cause;
    bool follows;
    bool are_strings; /* and not lines, which have a newline */
    struct {
        struct piece *items;
        size_t count;
        size_t cap;
    } pieces;
};

static void add_piece(struct texts *t, const struct line_change *change, unsigned causes)
{
    VEC_GROW(&t->pieces);
    t->pieces.items[t->pieces.count++] = (struct piece){*change, causes};
}

/* Does it name a file of the wheels, by its whole name or the last part of it? */
static bool names_file(const struct strv *names, const char *item)
{
    if (strv_contains_sorted(names, item))
        return true;
    for (size_t i = 0; *item && i < names->count && i < MOST_NAMES; i++)
        if (str_ends(names->items[i], item) &&
            strcmp(path_base(names->items[i]), path_base(item)) == 0)
            return true;
    return false;
}

static bool is_file(void *names, const char *word)
{
    return names_file(names, word);
}

/* What lists the files of a directory looks like what lists a set. */
static unsigned tell_orders(const struct texts *t, unsigned set, struct bytes text)
{
    if (!(set & TEXT_CAUSE(CAUSE_HASH_ORDER)) ||
        !classify_words_are(text, is_file, (void *)(uintptr_t)t->names))
        return set;
    return (set & ~TEXT_CAUSE(CAUSE_HASH_ORDER)) | TEXT_CAUSE(CAUSE_DIRECTORY_ORDER);
}

static unsigned classify(const struct texts *t, struct bytes a, struct bytes b)
{
    return tell_orders(t, classify_texts(a, b), a);
}

static struct bytes whole(const struct line *line)
{
    return (struct bytes){line->text, line->len};
}

/* All lines of one side of a change; they lie behind one another, unless they are strings of a list. */
static struct bytes joined(const struct line *lines, size_t count, struct str *keep)
{
    for (size_t i = 0; i < count; i++) {
        str_append(keep, lines[i].text, lines[i].len);
        str_addch(keep, '\n');
    }
    return (struct bytes){keep->buf, keep->len};
}

static unsigned classify_block(const struct texts *t, const struct line_change *change)
{
    auto_str struct str x = STR_INIT, y = STR_INIT;

    if (!change->a_count || !change->b_count)
        return TEXT_CAUSE(CAUSE_TEXT);
    struct bytes a = joined(t->a->items + change->a_at, change->a_count, &x);
    struct bytes b = joined(t->b->items + change->b_at, change->b_count, &y);
    return classify(t, a, b);
}

/* The n-th line of one side for that of the other. */
static struct line_change line_of(const struct line_change *change, size_t n)
{
    return (struct line_change){change->a_at + n, 1, change->b_at + n, 1};
}

static void classify_lines(struct texts *t, const struct line_change *change)
{
    for (size_t i = 0; i < change->a_count; i++) {
        struct line_change line = line_of(change, i);
        const struct line *a = &t->a->items[line.a_at], *b = &t->b->items[line.b_at];
        if (!line_equal(a, b))
            add_piece(t, &line, classify(t, whole(a), whole(b)));
    }
}

static bool is_vague(const struct texts *t, size_t from)
{
    for (size_t i = from; i < t->pieces.count; i++)
        if (t->pieces.items[i].causes & TEXT_CAUSE(CAUSE_TEXT))
            return true;
    return false;
}

/* Line by line where there are as many on both sides; else, and for a list that wraps elsewhere, as a whole. */
static void classify_change(struct texts *t, const struct line_change *change)
{
    size_t before = t->pieces.count;
    bool by_line = change->a_count == change->b_count;

    if (by_line)
        classify_lines(t, change);
    if (by_line && (change->a_count == 1 || !is_vague(t, before)))
        return;
    unsigned causes = classify_block(t, change);
    if (by_line && (causes & TEXT_CAUSE(CAUSE_TEXT)))
        return;
    t->pieces.count = before;
    add_piece(t, change, causes);
}

/*
 * A list in another order is seldom one change, and its last line may have no comma or no newline: from
 * the first change to the last they are the same words.
 */
static void classify_as_order(struct texts *t, const struct line_changes *changes)
{
    const unsigned orders = TEXT_CAUSE(CAUSE_HASH_ORDER) | TEXT_CAUSE(CAUSE_DIRECTORY_ORDER);
    const struct line_change *first = &changes->items[0];
    const struct line_change *last = &changes->items[changes->count - 1];
    const struct line_change all = {
        .a_at = first->a_at,
        .a_count = last->a_at + last->a_count - first->a_at,
        .b_at = first->b_at,
        .b_count = last->b_at + last->b_count - first->b_at,
    };
    unsigned causes = classify_block(t, &all);

    if (causes & ~orders)
        return;
    for (size_t i = 0; i < t->pieces.count; i++)
        t->pieces.items[i].causes = causes;
}

static void classify_changes(struct texts *t, const struct line_changes *changes)
{
    size_t lines = 0;

    for (size_t i = 0; i < changes->count; i++) {
        const struct line_change *change = &changes->items[i];
        lines += change->a_count + change->b_count;
        if (lines > MOST_CLASSIFIED)
            add_piece(t, change, TEXT_CAUSE(CAUSE_TEXT));
        else
            classify_change(t, change);
    }
    if (changes->count > 1 && lines <= MOST_CLASSIFIED && is_vague(t, 0))
        classify_as_order(t, changes);
}

/* ------------------------------------------------------------------------------------- findings */

static void add_with_changes(struct context *c, const struct texts *t, enum cause cause,
                             unsigned set)
{
    auto_line_changes struct line_changes some = LINE_CHANGES_INIT;
    auto_str struct str detail = STR_INIT;
    auto_free char *a = NULL, *b = NULL;

    for (size_t i = 0; i < t->pieces.count; i++) {
        const struct line_change *change = &t->pieces.items[i].change;
        if (!(t->pieces.items[i].causes & set))
            continue;
        if (!some.count && change->a_count && change->b_count)
            classify_excerpts(whole(&t->a->items[change->a_at]), whole(&t->b->items[change->b_at]),
                              &a, &b);
        VEC_GROW(&some);
        some.items[some.count++] = *change;
    }
    struct line_diff_bounds shown = bounds;
    shown.are_strings = t->are_strings;
    line_diff_write(t->a, t->b, &some, &shown, &detail);
    comparison_add(c->out, &(struct finding_spec){.cause = cause,
                                                  .where = t->where,
                                                  .part = t->part,
                                                  .a = a,
                                                  .b = b,
                                                  .detail = detail.buf,
                                                  .follows = t->follows});
}

static enum cause shown_cause(const struct texts *t, enum cause cause)
{
    return cause == CAUSE_BUILD_PATH ? t->path_cause : cause;
}

/* One finding for each cause; what has no cause only when `with_vague`. True when nothing is vague. */
static bool add_findings(struct context *c, const struct texts *t, bool with_vague)
{
    unsigned all = 0;

    for (size_t i = 0; i < t->pieces.count; i++)
        all |= t->pieces.items[i].causes;
    for (int cause = CAUSE_LINE_ENDS; cause < CAUSE_TEXT; cause++)
        if (all & TEXT_CAUSE(cause))
            add_with_changes(c, t, shown_cause(t, (enum cause)cause), TEXT_CAUSE(cause));
    if ((all & TEXT_CAUSE(CAUSE_TEXT)) && with_vague)
        add_with_changes(c, t, CAUSE_TEXT, TEXT_CAUSE(CAUSE_TEXT));
    return all && !(all & TEXT_CAUSE(CAUSE_TEXT));
}

/* ---------------------------------------------------------------------------------------- order */

static bool same_lines(const struct lines *a, const struct lines *b)
{
    bool same = a->count == b->count;
    auto_free struct line *x = xmalloc((a->count + 1) * sizeof(*x));
    auto_free struct line *y = xmalloc((a->count + 1) * sizeof(*y));

    if (!same || !a->count)
        return false;
    memcpy(x, a->items, a->count * sizeof(*x));
    memcpy(y, b->items, a->count * sizeof(*y));
    qsort(x, a->count, sizeof(*x), line_compare);
    qsort(y, a->count, sizeof(*y), line_compare);
    for (size_t i = 0; i < a->count && same; i++)
        same = line_equal(&x[i], &y[i]);
    return same;
}

/* The line without what encloses an item of a list. */
static char *item_of(const struct line *line)
{
    size_t start = 0, end = line->len;

    while (start < end && strchr(" \t-*'\"[(", line->text[start]))
        start++;
    while (end > start && strchr(" \t\r\n,;'\")]\\", line->text[end - 1]))
        end--;
    return xstrndup(line->text + start, end - start);
}

static bool is_item(const char *text)
{
    return *text && strlen(text) <= MOST_ITEM && !strpbrk(text, " \t=({");
}

/* Lists of files come from directories, other lists of items from sets; code that moved is neither. */
static enum cause cause_of_order(const struct texts *t, const struct line_changes *changes)
{
    size_t items = 0, files = 0, moved = 0;

    for (size_t i = 0; i < changes->count && moved < MOST_CLASSIFIED; i++) {
        const struct line_change *change = &changes->items[i];
        for (size_t k = 0; k < change->a_count && moved < MOST_CLASSIFIED; k++, moved++) {
            auto_free char *item = item_of(&t->a->items[change->a_at + k]);
            items += is_item(item);
            files += is_item(item) && names_file(t->names, item);
        }
    }
    if (files * 2 >= moved && files)
        return CAUSE_DIRECTORY_ORDER;
    return items == moved ? CAUSE_HASH_ORDER : CAUSE_LINE_ORDER;
}

/* ----------------------------------------------------------------------------------------- lines */

static bool compare_lines(struct context *c, struct texts *t, bool with_vague)
{
    auto_line_changes struct line_changes changes = LINE_CHANGES_INIT;

    t->names = c->names;
    line_diff(t->a, t->b, &changes);
    if (same_lines(t->a, t->b)) {
        enum cause cause = cause_of_order(t, &changes);
        for (size_t i = 0; i < changes.count; i++)
            add_piece(t, &changes.items[i], TEXT_CAUSE(cause));
    } else {
        classify_changes(t, &changes);
    }
    bool told = add_findings(c, t, with_vague);
    free(t->pieces.items);
    return told;
}

bool compare_string_lists(struct context *c, const struct string_lists *lists)
{
    struct texts t = {.where = lists->where,
                      .part = lists->part,
                      .a = lists->a,
                      .b = lists->b,
                      .path_cause = lists->path_cause,
                      .follows = lists->follows,
                      .are_strings = true};

    return compare_lines(c, &t, false);
}

static size_t count_crlf(struct bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i + 1 < text.len; i++)
        count += text.at[i] == '\r' && text.at[i + 1] == '\n';
    return count;
}

static struct bytes without_cr(struct bytes text, struct str *keep)
{
    str_reserve(keep, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '\r' || i + 1 == text.len || text.at[i + 1] != '\n')
            str_addch(keep, text.at[i]);
    return (struct bytes){keep->buf, keep->len};
}

static void add_line_ends(struct context *c, const char *where, size_t a, size_t b)
{
    auto_free char *of_a = xasprintf("%zu lines end in CRLF", a);
    auto_free char *of_b = xasprintf("%zu lines end in CRLF", b);

    comparison_add(c->out, &(struct finding_spec){
                               .cause = CAUSE_LINE_ENDS, .where = where, .a = of_a, .b = of_b});
}

int compare_text(struct context *c, const struct pair *pair, struct err *err UNUSED)
{
    size_t crlf_a = count_crlf(pair->a), crlf_b = count_crlf(pair->b);
    struct bytes a = pair->a, b = pair->b;
    auto_str struct str keep_a = STR_INIT, keep_b = STR_INIT;
    auto_lines struct lines lines_a = LINES_INIT, lines_b = LINES_INIT;

    if (crlf_a != crlf_b) {
        add_line_ends(c, pair->where, crlf_a, crlf_b);
        a = without_cr(a, &keep_a);
        b = without_cr(b, &keep_b);
        if (bytes_equal(a, b))
            return 0;
    }
    lines_split(a.at, a.len, &lines_a);
    lines_split(b.at, b.len, &lines_b);
    struct texts t = {
        .where = pair->where, .a = &lines_a, .b = &lines_b, .path_cause = CAUSE_BUILD_PATH};
    (void)compare_lines(c, &t, true);
    return 0;
}
