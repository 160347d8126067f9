/* Which of some names a word may have been meant for. */
#include "base/near.h"

#include <string.h>

enum { LONGEST = 64, SHORTEST_BEGINNING = 3 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Three rows of the table of distances are alive at a time: swapped letters look two rows back. */
size_t near_steps(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LONGEST + 1];

    if (a_len > LONGEST || b_len > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3], *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(replaced, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void near_init(struct near *near, const char *word, size_t len)
{
    *near = (struct near){.word = word, .len = len, .steps = SIZE_MAX};
}

/* SIZE_MAX: not near. */
static size_t steps_to(const struct near *near, const char *name)
{
    size_t most = near->len < 6 ? 1 : near->len / 3;

    if (near->len >= SHORTEST_BEGINNING && strncmp(name, near->word, near->len) == 0)
        return 1;
    size_t steps = near_steps(near->word, near->len, name, strlen(name));
    return steps <= most && steps < near->len ? steps : SIZE_MAX;
}

void near_offer(struct near *near, const char *name)
{
    size_t steps = steps_to(near, name);

    if (steps == SIZE_MAX || steps > near->steps)
        return;
    if (steps < near->steps)
        near->count = 0;
    near->steps = steps;
    for (size_t i = 0; i < near->count; i++)
        if (strcmp(near->names[i], name) == 0)
            return;
    if (near->count < NEAR_MOST)
        near->names[near->count++] = name;
}

void near_add_names(const struct near *near, const char *before, struct str *out)
{
    for (size_t i = 0; i < near->count; i++) {
        const char *between = i == 0 ? "" : i + 1 == near->count ? " or " : ", ";
        str_addf(out, "%s%s%s", between, before, near->names[i]);
    }
}
