/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fuzz target: the JSON reader on any bytes, in any pieces
 *
 * Also asserted: what is read twice, whole and byte by byte, gives the same values; a value that is
 * printed reads back as itself; the reader makes progress.  The limits are small, so that they are met.
 */

#include "tests/fuzz/fuzz.h"
#include "qapi/json-parse.h"

#include <assert.h>

const unsigned fuzz_short_rounds = 20000;
const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_TEXT("{\"execute\": \"qmp_capabilities\", \"id\": 7}\n"),
    FUZZ_TEXT("{'a': [1, -2, 3.5e-7, true, false, null, \"x\\u00e9\\n\\ud83d\\ude00\"]}"),
    FUZZ_TEXT("[[[[[[[[[[[[{}]]]]]]]]]]]] {\"b\":{\"c\":{}}}"),
    FUZZ_TEXT("18446744073709551615 -9223372036854775808 1e400 \xc3\xa9 \xff{}"),
    { NULL, 0 },
};

static const struct json_limits small = { .nesting = 16, .tokens = 64, .bytes = 512 };

static void reads_back(const struct json *value)
{
    GString *text = g_string_new(NULL);
    struct json again;

    json_print(value, JSON_COMPACT, text);
    if (!json_parse(text->str, &again, NULL)) {
        assert(json_equal(value, &again));
        json_fini(&again);
    }
    g_string_free(text, TRUE);
}

/* Reads all, in pieces of that many bytes; returns how many values there were, and appends them. */
static unsigned read_all(const char *data, size_t size, size_t piece, struct json *values)
{
    struct json_parser *parser = json_parser_new(small);
    unsigned count = 0;

    while (size) {
        size_t n = piece < size ? piece : size, left = n;
        const char *bytes = data;
        unsigned still = 0;             /* a byte may end one value, and be consumed by the next */
        while (left) {
            struct json value;
            struct json_fault fault;
            size_t before = left;
            enum json_result result = json_parser_next(parser, &bytes, &left, &value, &fault);

            still = left < before ? 0 : still + 1;
            assert(still < 3);
            if (result == JSON_VALUE) {
                json_append(values, value);
                count++;
            }
        }
        data += n;
        size -= n;
    }
    json_parser_free(parser);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json whole = json_array(), pieces = json_array();
    unsigned count = read_all((const char *)data, size, size ? size : 1, &whole);

    assert(read_all((const char *)data, size, 1, &pieces) == count);
    assert(json_equal(&whole, &pieces));
    for (unsigned i = 0; i < count; i++)
        reads_back(json_at(&whole, i));
    json_fini(&whole);
    json_fini(&pieces);
    return 0;
}
