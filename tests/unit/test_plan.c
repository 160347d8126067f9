/* plan/plan.h: one build a source, one environment a set, nobody waits in a circle. */
#include "plan/plan.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Nothing is really built: the pool runs builds that do nothing, and the test says how they ended. */
static struct pool *pool;
static struct cancel cancel;
static struct plan *plan;
static struct env *filling; /* the environment that was begun last */
static int begun;
static struct build *hurried; /* the last one */

static void never_run(void *build UNUSED)
{
}

static int note_env(struct env *env, struct err *err)
{
    if (strncmp(env->requires.items[0], "no-thread", 9) == 0)
        return err_set(err, ERR_ENVIRONMENT, "cannot start a thread");
    filling = env;
    begun++;
    return 0;
}

static void note_hurried(struct build *build)
{
    hurried = build;
}

static const struct plan_hooks hooks = {
    .run_build = never_run, .hurry = note_hurried, .fill_env = note_env};

static int set_up_with(int fillers)
{
    begun = 0;
    filling = NULL;
    hurried = NULL;
    cancel = (struct cancel){0};
    if (cancel_init(&cancel, NULL) < 0 || pool_new(1, &pool, NULL) < 0)
        return -1;
    plan = plan_new(pool, &cancel, fillers, &hooks, NULL);
    return 0;
}

static int set_up(void **state UNUSED)
{
    return set_up_with(100);
}

static int set_up_few(void **state UNUSED)
{
    return set_up_with(3);
}

static int tear_down(void **state UNUSED)
{
    pool_free(pool);
    plan->threads = plan->running = 0; /* nobody is left who would end them */
    plan_free(plan);
    cancel_release(&cancel);
    return 0;
}

/* An sdist whose only build requirement is `requires`. */
static struct source *make_source(const char *name, const char *requires)
{
    json_t *frame =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[], s:[], s:[], s:{}, "
                  "s:b, s:b, s:b}",
                  "name", name, "version", "", "place", "", "dir", name, "sha256", name, "url", "",
                  "subdirectory", "", "backend", "tool", "archive", "/sdist.tar.gz", "requires",
                  requires, "urls", "backend_path", "finder_args", "config_settings", "isolated",
                  true, "check_requires", false, "local", false);
    struct source *source = NULL;

    assert_int_equal(source_parse(frame, false, &source, NULL), 0);
    json_decref(frame);
    return source;
}

static struct build *add(const char *name, const char *requires, struct env *for_env)
{
    return plan_add_build(plan, make_source(name, requires), for_env);
}

static void fill(struct env *env, const char *failure)
{
    auto_err struct err err = ERR_INIT;
    struct env_result result = ENV_RESULT_INIT;

    if (failure)
        (void)err_set(&err, ERR_BUILD, "%s", failure);
    plan_finish_env(plan, env, &result, &err);
}

static void finish(struct build *build, const char *failure)
{
    auto_err struct err err = ERR_INIT;
    struct build_result result = {.wheel = {.name = xstrdup("a.whl")}, .phase = xstrdup("wheel")};

    if (failure)
        (void)err_set(&err, ERR_BUILD, "%s", failure);
    plan_finish_build(plan, build, &result, &err);
}

static void fails_with(struct build *build, const char *message)
{
    auto_err struct err err = ERR_INIT;

    assert_true(plan_failure(plan, build, &err) < 0);
    if (!strstr(err.message, message))
        fail_msg("'%s' is not in '%s'", message, err.message);
}

static void test_same_work_once(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL);
    struct build *bar = add("bar", "tool", NULL);

    assert_ptr_equal(add("foo", "tool", NULL), foo);
    assert_ptr_equal(foo->env, bar->env);
    assert_int_equal(begun, 1);
    assert_ptr_not_equal(add("foo", "other", NULL), foo);
    assert_int_equal(begun, 2);
}

static void test_waits_for_its_environment(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL);

    assert_int_equal(foo->state, WORK_WAITING);
    fill(foo->env, NULL);
    assert_int_equal(foo->state, WORK_READY);
    finish(foo, NULL);
    assert_int_equal(plan_wait_build(plan, foo, NULL), 0);
}

static void test_environment_that_fails(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL);
    struct build *bar = add("bar", "tool", NULL);

    fill(foo->env, "no tool");
    fails_with(foo, "cannot build foo: no tool");
    fails_with(bar, "cannot build bar: no tool");
}

static void test_circle_of_one(void **state UNUSED)
{
    struct build *foo = add("foo", "foo", NULL);

    assert_ptr_equal(add("foo", "foo", foo->env), foo);
    fails_with(foo, "its build requirements need foo itself");
}

static void test_circle_of_three(void **state UNUSED)
{
    struct build *foo = add("foo", "bar", NULL);
    struct build *bar = add("bar", "baz", foo->env);
    struct build *baz = add("baz", "foo", bar->env);

    (void)add("foo", "bar", baz->env);
    fails_with(foo, "itself");
    assert_int_equal(bar->state, WORK_WAITING);
}

/* The arguments of the resolver may differ at every level, which makes other builds of them. */
static void test_circle_of_other_arguments(void **state UNUSED)
{
    struct env *env = NULL;
    struct build *last = NULL;
    static const char *const retries[] = {"0", "1", "2"};

    for (size_t i = 0; i < ARRAY_SIZE(retries); i++) {
        struct source *source = make_source("foo", "foo");
        const char *const args[] = {"--no-binary", ":none:", "--retries", retries[i]};
        for (size_t k = 0; k < ARRAY_SIZE(args); k++)
            strv_push(&source->finder_args, args[k]);
        last = plan_add_build(plan, source, env);
        env = last->env;
        if (last->state == WORK_FAILED)
            break;
    }
    fails_with(last, "its build requirements need foo itself");
    assert_int_equal(begun, 2);
    assert_non_null(strstr(last->err.hint, "a wheel of one of them"));
}

static void test_asks_for_more(void **state UNUSED)
{
    auto_strv struct strv more = STRV_INIT;
    struct build *foo = add("foo", "tool", NULL);
    struct env *first = foo->env;

    fill(first, NULL);
    strv_push(&more, "another");
    plan_require_more(plan, foo, &more, &(struct build_result){0});
    assert_true(foo->requires_final);
    assert_int_equal(foo->state, WORK_WAITING);
    assert_ptr_equal(foo->env, filling);
    assert_ptr_equal(foo->env->base, first);
    fill(foo->env, NULL);
    assert_int_equal(foo->state, WORK_READY);
}

static void test_asks_for_itself(void **state UNUSED)
{
    auto_strv struct strv more = STRV_INIT;
    struct build *foo = add("foo", "tool", NULL);

    fill(foo->env, NULL);
    strv_push(&more, "foo");
    plan_require_more(plan, foo, &more, &(struct build_result){0});
    (void)add("foo", "tool", foo->env);
    fails_with(foo, "itself");
}

static void test_unwanted_is_dropped(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL);
    struct build *bar = add("bar", "tool", NULL);
    auto_err struct err err = ERR_INIT;

    plan_want(plan, &foo, 1);
    assert_true(bar->dropped);
    fill(foo->env, NULL);
    assert_int_equal(foo->state, WORK_READY);
    assert_int_equal(bar->state, WORK_WAITING);
    assert_int_equal(plan_wait_build(plan, bar, &err), -ERR_CANCELLED);
    (void)add("bar", "tool", filling); /* an environment needs it after all */
    assert_int_equal(bar->state, WORK_READY);
}

static void test_stop(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL);
    auto_err struct err err = ERR_INIT;
    char *text = NULL;

    plan_stop(plan);
    fill(foo->env, NULL);
    assert_int_equal(foo->state, WORK_WAITING);
    assert_int_equal(plan_wait_build(plan, foo, &err), -ERR_CANCELLED);
    assert_int_equal(plan_wait_metadata(plan, foo, NULL, &text, &err), -ERR_CANCELLED);
}

static void test_metadata_before_the_wheel(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL);
    auto_free char *text = NULL;

    plan_set_metadata(plan, foo, "Name: foo\n");
    assert_int_equal(plan_wait_metadata(plan, foo, NULL, &text, NULL), 0);
    assert_string_equal(text, "Name: foo\n");
}

static void test_wait_any(void **state UNUSED)
{
    struct build *builds[] = {add("foo", "tool", NULL), add("bar", "tool", NULL)};
    bool seen[2] = {false, false};

    fill(filling, NULL);
    finish(builds[1], "broken");
    assert_int_equal(plan_wait_any(plan, builds, 2, seen), 1);
    fails_with(builds[1], "cannot build bar: wheel: broken");
    seen[1] = true;
    finish(builds[0], NULL);
    assert_int_equal(plan_wait_any(plan, builds, 2, seen), 0);
    seen[0] = true;
    assert_int_equal(plan_wait_any(plan, builds, 2, seen), 2);
}

/* What the resolver waits for comes before what it will ask for later. */
static void test_wait_any_metadata(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool", NULL);
    struct build *others[] = {NULL, foo, bar};

    plan_set_metadata(plan, bar, "Name: bar\n");
    assert_ptr_equal(plan_wait_any_metadata(plan, foo, others, 3), bar);
    plan_set_metadata(plan, foo, "Name: foo\n");
    assert_ptr_equal(plan_wait_any_metadata(plan, foo, others, 3), foo);
}

/* Whether it is in the pool's queue when the resolver asks, or comes there later. */
static void test_awaited_metadata_is_urgent(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool>0", NULL);
    struct env *of_bar = bar->env;

    fill(foo->env, NULL);
    plan_set_metadata(plan, foo, "Name: foo\n");
    (void)plan_wait_any_metadata(plan, foo, NULL, 0);
    assert_ptr_equal(hurried, foo);
    plan_set_metadata(plan, bar, "Name: bar\n");
    (void)plan_wait_any_metadata(plan, bar, NULL, 0);
    assert_ptr_equal(hurried, foo);
    fill(of_bar, NULL);
    assert_ptr_equal(hurried, bar);
    assert_true(plan_is_urgent(plan, bar));
}

/* Not of another one's: the resolver may never ask for that. */
static void test_wait_any_metadata_that_fails(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool", NULL);

    fill(foo->env, NULL);
    finish(bar, "broken");
    finish(foo, "broken, too");
    assert_ptr_equal(plan_wait_any_metadata(plan, foo, &bar, 1), foo);
}

static void test_certain_once_each(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool", NULL);

    fill(foo->env, NULL);
    plan_mark_certain(plan, foo);
    finish(bar, NULL); /* not certain */
    finish(foo, NULL);
    assert_ptr_equal(plan_wait_certain(plan), foo);
    plan_end_resolution(plan);
    assert_null(plan_wait_certain(plan));
}

/* Also what is done when a signal comes. */
static void test_certain_after_a_stop(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool", NULL);

    fill(foo->env, NULL);
    plan_mark_certain(plan, foo);
    plan_mark_certain(plan, bar);
    finish(foo, NULL);
    cancel_request(&cancel, 2);
    assert_ptr_equal(plan_wait_certain(plan), foo);
    assert_null(plan_wait_certain(plan));
}

static void end_stopped(struct build *build)
{
    auto_err struct err err = ERR_INIT;
    struct build_result nothing = {0};

    (void)err_set(&err, ERR_CANCELLED, "stopped");
    plan_finish_build(plan, build, &nothing, &err);
}

static void begin(struct build *build, struct cancel *ret_stop)
{
    assert_int_equal(cancel_init(ret_stop, NULL), 0);
    assert_true(plan_begin_build(plan, build, ret_stop));
}

static void test_unwanted_is_stopped(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool", NULL);
    struct build *ready = add("ready", "tool", NULL);
    struct cancel stop_foo, stop_bar;

    fill(foo->env, NULL);
    begin(foo, &stop_foo);
    begin(bar, &stop_bar);
    plan_want(plan, &foo, 1);
    assert_false(cancel_requested(&stop_foo));
    assert_true(cancel_requested(&stop_bar));
    assert_false(plan_begin_build(plan, ready, NULL));
    end_stopped(bar);
    assert_int_equal(bar->state, WORK_FAILED);
    (void)add("bar", "tool", filling); /* an environment needs it after all */
    assert_int_equal(bar->state, WORK_READY);
    cancel_release(&stop_foo);
    cancel_release(&stop_bar);
}

/* An environment needs it after it was told to stop, and before it has. */
static void test_wanted_while_it_stops(void **state UNUSED)
{
    struct build *foo = add("foo", "tool", NULL), *bar = add("bar", "tool", NULL);
    struct cancel stop;

    fill(foo->env, NULL);
    begin(bar, &stop);
    plan_want(plan, &foo, 1);
    (void)add("bar", "tool", filling);
    end_stopped(bar);
    assert_int_equal(bar->state, WORK_READY);
    assert_true(plan_begin_build(plan, bar, NULL));
    cancel_release(&stop);
}

static void test_environments_of_one_content(void **state UNUSED)
{
    struct env *one = add("foo", "tool", NULL)->env, *two = add("bar", "tool>0", NULL)->env;
    char digest[SHA256_HEX];

    sha256_hex_of("abc", 3, digest);

    assert_null(plan_name_env(plan, one, digest, digest));
    fill(one, NULL);
    one->result.path = xstrdup("/somewhere");
    auto_free char *path = plan_name_env(plan, two, digest, digest);
    assert_string_equal(path, "/somewhere");
}

/* Ten sets that each need both sdists of the next level: a thousand ways, one search. */
static void test_wide_diamonds_end_soon(void **state UNUSED)
{
    enum { LEVELS = 40 };
    struct env *above[2] = {NULL, NULL};

    for (int level = 0; level < LEVELS; level++) {
        struct build *pair[2];
        for (int i = 0; i < 2; i++) {
            auto_free char *name = xasprintf("p%d-%d", level, i);
            auto_free char *requires = xasprintf("set%d-%d", level, i);
            pair[i] = add(name, requires, above[0]);
            (void)plan_add_build(plan, make_source(name, requires), above[1]);
        }
        for (int i = 0; i < 2; i++)
            above[i] = pair[i]->env;
    }
    struct build *last = add("p0-0", "set0-0", above[1]);
    fails_with(last, "its build requirements need p0-0 itself");
}

/* ------------------------------------------------------------------------------------ places */

static struct build *add_numbered(int number, struct env *for_env)
{
    auto_free char *name = xasprintf("sdist-%d", number);
    auto_free char *requires = xasprintf("tool-%d", number);

    return add(name, requires, for_env);
}

static void test_few_are_filled_at_once(void **state UNUSED)
{
    enum { SETS = 300 };
    struct build *builds[SETS];

    for (int i = 0; i < SETS; i++)
        builds[i] = add_numbered(i, NULL);
    for (int i = 0; i < SETS; i++) {
        assert_int_equal(begun, i + 3 < SETS ? i + 3 : SETS);
        assert_int_equal(builds[i]->env->state, WORK_RUNNING);
        fill(builds[i]->env, NULL);
    }
}

static void test_who_has_begun_comes_first(void **state UNUSED)
{
    struct env *first = add_numbered(0, NULL)->env;

    for (int i = 1; i < 10; i++)
        (void)add_numbered(i, NULL);
    plan_leave_place(plan, first); /* its resolver is done */
    assert_int_equal(begun, 4);
    fill(filling, NULL);
    fill(add_numbered(1, NULL)->env, NULL);
    assert_int_equal(begun, 6);
    plan->places.claimed = 1; /* `first` wants to install */
    fill(add_numbered(2, NULL)->env, NULL);
    assert_int_equal(begun, 6);
    assert_int_equal(plan_take_place(plan, first, NULL), 0);
    plan->places.claimed = 0;
    assert_true(first->placed);
}

/* A resolver that asks about a build, on a thread of its own. */
struct asking {
    pthread_t thread;
    struct env *env;
    struct build *build;
    int ret;
};

static void *ask(void *arg)
{
    struct asking *a = arg;
    auto_free char *text = NULL;

    a->ret = plan_wait_metadata(plan, a->build, a->env, &text, NULL);
    return NULL;
}

static void start_to_ask(struct asking *a, struct env *env, struct build *build)
{
    *a = (struct asking){.env = env, .build = build};
    assert_int_equal(pthread_create(&a->thread, NULL, ask, a), 0);
    for (bool asks = false; !asks; (void)sched_yield()) {
        (void)pthread_mutex_lock(&plan->lock);
        asks = env->waits_for == build;
        (void)pthread_mutex_unlock(&plan->lock);
    }
}

static void test_waiting_resolvers_hold_no_place(void **state UNUSED)
{
    struct env *outer[3];
    struct build *inner[3];
    struct asking asking[3];

    for (int i = 0; i < 3; i++)
        outer[i] = add_numbered(i, NULL)->env;
    struct env *other = add_numbered(10, NULL)->env;
    for (int i = 0; i < 3; i++) {
        inner[i] = add_numbered(20 + i, outer[i]);
        assert_int_equal(inner[i]->env->state, WORK_WAITING);
    }
    for (int i = 0; i < 3; i++)
        start_to_ask(&asking[i], outer[i], inner[i]);
    assert_int_equal(other->state, WORK_WAITING); /* three processes are alive already */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(inner[i]->env->state, WORK_RUNNING);
        fill(inner[i]->env, NULL);
        plan_set_metadata(plan, inner[i], "Name: sdist\n");
        assert_int_equal(pthread_join(asking[i].thread, NULL), 0);
        assert_int_equal(asking[i].ret, 0);
        assert_true(outer[i]->placed);
    }
    assert_int_equal(other->state, WORK_WAITING);
    fill(outer[0], NULL);
    assert_int_equal(other->state, WORK_RUNNING);
}

static void test_a_place_in_vain(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;
    struct env *first = add_numbered(0, NULL)->env;

    plan_leave_place(plan, first);
    plan_stop(plan);
    assert_int_equal(plan_take_place(plan, first, &err), -ERR_CANCELLED);
    fill(first, NULL);
}

static void test_thread_that_does_not_start(void **state UNUSED)
{
    struct build *foo = add("foo", "no-thread", NULL);

    fails_with(foo, "cannot build foo: cannot start a thread");
    for (int i = 0; i < 4; i++)
        (void)add_numbered(i, NULL);
    struct build *bar = add("bar", "no-thread-2", NULL);
    assert_int_equal(bar->state, WORK_WAITING);
    fill(filling, NULL);
    fill(filling, NULL);
    fails_with(add("bar", "no-thread-2", NULL), "cannot build bar: cannot start a thread");
    assert_int_equal(plan->threads, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_work_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_for_its_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_environment_that_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_circle_of_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_circle_of_three, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_circle_of_other_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wide_diamonds_end_soon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_asks_for_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_asks_for_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unwanted_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metadata_before_the_wheel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wait_any, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wait_any_metadata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_awaited_metadata_is_urgent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wait_any_metadata_that_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_certain_once_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_certain_after_a_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unwanted_is_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wanted_while_it_stops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_environments_of_one_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_few_are_filled_at_once, set_up_few, tear_down),
        cmocka_unit_test_setup_teardown(test_who_has_begun_comes_first, set_up_few, tear_down),
        cmocka_unit_test_setup_teardown(test_waiting_resolvers_hold_no_place, set_up_few,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_place_in_vain, set_up_few, tear_down),
        cmocka_unit_test_setup_teardown(test_thread_that_does_not_start, set_up_few, tear_down),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
