/* inputs/key.h: one text for the same parts, another one for any other. */
#include "inputs/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_text(void **state UNUSED)
{
    auto_key struct key key = KEY_INIT;
    auto_strv struct strv list = STRV_INIT;

    key_add(&key, "compiler", "gcc");
    key_addf(&key, "number", "%d", 7);
    strv_push(&list, "a");
    strv_push(&list, "b\\n");
    key_add_list(&key, "list", &list);
    auto_free char *text = key_text(&key);
    assert_string_equal(text, "truewheel key 1\ncompiler: gcc\nnumber: 7\nlist: a\\nb\\\\n\n");
    assert_string_equal(key_get(&key, "number"), "7");
    assert_null(key_get(&key, "nothing"));
}

static void digest_of(const char *name, const char *value, char ret_hex[SHA256_HEX])
{
    auto_key struct key key = KEY_INIT;

    key_add(&key, "first", "1");
    key_add(&key, name, value);
    key_digest(&key, ret_hex);
}

/* A value cannot pass for another part, nor a list for another list. */
static void test_parts_stay_apart(void **state UNUSED)
{
    const struct {
        const char *name, *value;
    } cases[] = {{"a", "x\nb: y"}, {"a", "x"}, {"a", "x\\nb: y"}, {"b", "x"}, {"a", ""}};
    char seen[ARRAY_SIZE(cases)][SHA256_HEX];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        digest_of(cases[i].name, cases[i].value, seen[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
}

static void test_extend(void **state UNUSED)
{
    auto_key struct key machine = KEY_INIT, own = KEY_INIT, whole = KEY_INIT;

    key_add(&machine, "a", "1");
    key_add(&own, "b", "2");
    own.incomplete = true;
    key_extend(&whole, &machine);
    key_extend(&whole, &own);
    assert_int_equal(whole.count, 2);
    assert_true(whole.incomplete);
    json_t *json = key_to_json(&whole);
    assert_string_equal(json_string_value(json_object_get(json, "b")), "2");
    json_decref(json);
}

static void test_json_keeps_all_of_a_name(void **state UNUSED)
{
    auto_key struct key key = KEY_INIT;

    key_add(&key, "bind", "/a");
    key_add(&key, "other", "");
    key_add(&key, "bind", "/b:rw");
    json_t *json = key_to_json(&key);
    assert_string_equal(json_string_value(json_object_get(json, "bind")), "/a\n/b:rw");
    assert_string_equal(json_string_value(json_object_get(json, "other")), "");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_parts_stay_apart),
        cmocka_unit_test(test_extend),
        cmocka_unit_test(test_json_keeps_all_of_a_name),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
