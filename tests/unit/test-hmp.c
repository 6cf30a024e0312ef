/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The human monitor: the list of its commands, expressions, formats, and what it shows of memory and ports
 *
 * What is compared is what the reference says to the same lines; tests/qtest/test_hmp.py puts them to both.
 */

#include "tests/unit/program-bench.h"

struct sink { struct text_out out; GString *text; };

static void sink_put(struct text_out *out, const char *text, size_t n)
{
    g_string_append_len(((struct sink *)out)->text, text, (gssize)n);
}

/* What the line says; good until the next one. */
static const char *say(const char *line)
{
    static struct sink sink = { .out = { sink_put } };

    if (sink.text)
        g_string_free(sink.text, TRUE);
    sink.text = g_string_new("");
    monitor_line_run(program.monitor, line, &sink.out);
    return sink.text->str;
}

static bool is_here(const char *name)
{
    const char *kind = strncmp(name, "info ", 5) ? NULL : name + 5;

    for (const struct hmp_command *c = kind ? hmp_info_commands : hmp_commands; c->name; c++)
        if (!strcmp(c->name, kind ? kind : name))
            return hmp_command_usable(program.monitor, c);
    return false;
}

static unsigned names_of(const struct hmp_command *c)
{
    unsigned n = 0;

    for (; c->name; c++)
        n++;
    return n;
}

/* tests/facts/hmp/commands.tsv: name, and "done" or "waits: " with what it waits for. */
static void what_is_done_and_what_waits_is_written_down(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/hmp/commands.tsv", "r");
    char line[200], name[100], state[100];
    unsigned lines = 0, done = 0;

    program_begin("-M q35");
    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        bool is_done;

        if (*line == '#')
            continue;
        CHECK(sscanf(line, "%99[^\t]\t%99[^\n]", name, state) == 2);
        is_done = !strcmp(state, "done");
        if (is_done != is_here(name))
            printf("# %s: %s\n", name, state);
        CHECK_EQ(is_done, is_here(name));
        CHECK(is_done || !strncmp(state, "waits: ", 7));
        done += is_done;
        lines++;
    }
    fclose(f);
    printf("# %u of %u commands of the human monitor are done\n", done, lines);
    CHECK_EQ(names_of(hmp_commands) + names_of(hmp_info_commands), done);       /* none that the reference has not */
    CHECK_EQ(lines, 175);
    program_end();
}

static void numbers_are_expressions_of_64_bits(void)
{
    program_begin("-M q35");
    CHECK_STR(say("p 2+3*4-1"), "0xd\n");
    CHECK_STR(say("p (1+2)*3"), "0x9\n");
    CHECK_STR(say("p 1|2&3^4"), "0x7\n");       /* one level, from left to right */
    CHECK_STR(say("p 8|1&1"), "0x1\n");
    CHECK_STR(say("p 1 -2"), "0xffffffffffffffff\n");
    CHECK_STR(say("p --3"), "0x3\n");
    CHECK_STR(say("p -~3"), "0x4\n");
    CHECK_STR(say("p ~-3"), "0x2\n");
    CHECK_STR(say("p ~~-~5"), "0x6\n");
    CHECK_STR(say("p 010"), "0x8\n");
    CHECK_STR(say("p 'a'"), "0x61\n");
    CHECK_STR(say("p 18446744073709551615+2"), "0x1\n");
    CHECK_STR(say("p -7/2"), "0xfffffffffffffffd\n");
    CHECK_STR(say("p 1/3"), "0\n");
    program_end();
}

#define TRY "Try \"help p\" for more information\n"

static void what_is_no_expression_is_said(void)
{
    program_begin("-M q35");
    CHECK_STR(say("p"), "unexpected end of expression\n" TRY);
    CHECK_STR(say("p 1+"), "unexpected end of expression\n" TRY);
    CHECK_STR(say("p (1"), "')' expected\n" TRY);
    CHECK_STR(say("p )"), "invalid char ')' in expression\n" TRY);
    CHECK_STR(say("p ''"), "missing terminating ' character\n" TRY);
    CHECK_STR(say("p 99999999999999999999"), "number too large\n" TRY);
    CHECK_STR(say("p 1/0"), "division by zero\n" TRY);
    CHECK_STR(say("p 1%0"), "division by zero\n" TRY);
    CHECK_STR(say("p $foo"), "unknown register\n" TRY);
    CHECK_STR(say("p 5a"), "print|p: extraneous characters at the end of line\n" TRY);
    program_end();
}

/* The reference ends at the first two. */
static void hostile_expressions_end(void)
{
    g_autofree char *deep = g_strnfill(100000, '('), *line = g_strconcat("p ", deep, NULL);

    program_begin("-M q35");
    CHECK_STR(say("p -9223372036854775808/-1"), "0x8000000000000000\n");
    CHECK_STR(say("p -9223372036854775808%-1"), "0\n");
    CHECK_STR(say(line), "expression nests too deep: at most 64 parentheses\n" TRY);
    memset(deep, '-', 100000);
    g_free(line);
    line = g_strconcat("p ", deep, "1", NULL);
    CHECK_STR(say(line), "0x1\n");
    program_end();
}

static void formats_say_how_numbers_are_shown(void)
{
    program_begin("-M q35");
    CHECK_STR(say("p/d -1"), "-1\n");
    CHECK_STR(say("p/u -1"), "18446744073709551615\n");
    CHECK_STR(say("p/o 8"), "010\n");
    CHECK_STR(say("p/c 65"), "'A'\n");
    CHECK_STR(say("p/c 10"), "'\\n'\n");
    CHECK_STR(say("p/c 200"), "'\\xc8'\n");
    CHECK_STR(say("p/x 255"), "0xff\n");
    CHECK_STR(say("p/q 1"), "invalid char in format: 'q'\n" TRY);
    CHECK_STR(say("p/99999999999x 1"), "count too large: at most 65536\n" TRY);
    program_end();
}

/* 16 bytes a line, 8 where they are shown one by one; columns are as wide as the widest number of that size. */
static void memory_is_shown_in_columns(void)
{
    program_begin("-M q35");
    for (unsigned i = 0; i < 16; i++)
        address_space_write(&m->memory_as, 0x1000 + i, 1, 0xf0 + i, NULL);
    CHECK_STR(say("xp/4xw 0x1000"), "0000000000001000: 0xf3f2f1f0 0xf7f6f5f4 0xfbfaf9f8 0xfffefdfc\n");
    CHECK_STR(say("xp/9xb 0x1000"), "0000000000001000: 0xf0 0xf1 0xf2 0xf3 0xf4 0xf5 0xf6 0xf7\n"
                                    "0000000000001008: 0xf8\n");
    CHECK_STR(say("xp/2dg 0x1000"), "0000000000001000:  -579005069656919568     -283686952306184\n");
    CHECK_STR(say("xp/2uh 0x1000"), "0000000000001000: 61936 62450\n");
    CHECK_STR(say("xp/2oh 0x1010"), "0000000000001010:      0      0\n");
    CHECK_STR(say("xp/cw 0x1000"), "0000000000001000: '\\xf0' '\\xf1' '\\xf2' '\\xf3'\n");
    CHECK_STR(say("xp 0x1000"), "0000000000001000: '\\xf0' '\\xf1' '\\xf2' '\\xf3'\n");  /* as the last time */
    CHECK_STR(say("xp/i 0"), "instructions are not shown: there is no disassembler\n");
    CHECK_STR(say("xp/4xg 0xfffffffc"), "00000000fffffffc: Cannot access memory\n");
    CHECK_STR(say("xp/xb -1"), "ffffffffffffffff: Cannot access memory\n");
    program_end();
}

static void a_sum_is_of_16_bits_and_bounded(void)
{
    program_begin("-M q35");
    address_space_write(&m->memory_as, 0x1000, 1, 1, NULL);
    CHECK_STR(say("sum 0x1000 1"), "00001\n");
    CHECK_STR(say("sum 0x1000 2"), "32768\n");          /* turned right by one */
    CHECK_STR(say("sum 0 0xffffffff"), "size: 4294967295 is more than 16777216 bytes\n");
    CHECK_STR(say("sum 0 -1"), "'sum' has failed: integer is for 32-bit values\n"
                               "Try \"help sum\" for more information\n");
    program_end();
}

static void ports_are_read_and_written(void)
{
    program_begin("-M q35");
    CHECK_STR(say("o/b 0x70 0x10f"), "");
    CHECK_STR(say("o/b 0x71 0x55"), "");
    CHECK_STR(say("i/b 0x71"), "portb[0x0071] = 0x55\n");
    CHECK_STR(say("i/xb 0x70.0x0f"), "portb[0x0071] = 0x55\n");
    CHECK_STR(say("i 0x12345"), "portb[0x2345] = 0xff\n");
    CHECK_STR(say("o 0x71"), "unexpected end of expression\nTry \"help o\" for more information\n");
    program_end();
}

static void help_takes_what_follows_a_command_s_name_as_nothing(void)
{
    g_autofree char *help = NULL;

    program_begin("-M q35");
    help = g_strdup(say("help info status"));
    CHECK(g_str_has_prefix(help, "info status  -- "));
    CHECK_STR(say("help info status x"), help);
    CHECK_STR(say("help foo"), "unknown command: 'foo'\n");
    CHECK_STR(say("help info foo"), "unknown command: 'info foo'\n");
    program_end();
}

static void mice_are_listed_and_chosen(void)
{
    program_begin("-M q35");
    CHECK(strstr(say("info mice"), "* Mouse #2: QEMU PS/2 Mouse\n"));
    CHECK_STR(say("mouse_set 1"), "Input device 'QEMU PS/2 Keyboard' is not a mouse\n");
    CHECK_STR(say("mouse_set 2"), "");
    CHECK_STR(say("mouse_set 99"), "Mouse at index '99' not found\n");
    program_end();
}

static void the_log_is_chosen_while_the_machine_runs(void)
{
    program_begin("-M q35");
    CHECK_STR(say("log guest_errors,int"), "");
    CHECK_EQ(log_mask, LOG_GUEST_ERRORS | LOG_INT);
    CHECK(strstr(say("log nope"), "guest_errors "));
    CHECK_EQ(log_mask, LOG_GUEST_ERRORS | LOG_INT);
    CHECK_STR(say("log none"), "");
    CHECK_EQ(log_mask, 0);
    CHECK_STR(say("trace-event nope on"), "unknown event \"nope\"\n");
    CHECK_STR(say("trace-event nope* on"), "");
    CHECK_STR(say("info trace-events nope"), "unknown event \"nope\"\n");
    program_end();
}

static void host_addresses_are_those_of_ram(void)
{
    program_begin("-M q35");
    CHECK(g_str_has_prefix(say("gpa2hva 0x1000"), "Host virtual address for 0x1000 (pc.ram) is 0x"));
    CHECK_STR(say("gpa2hva 0xfee00000"), "Memory at address 0xfee00000 is not RAM\n");
    CHECK_STR(say("gpa2hva -1"), "No memory is mapped at address 0xffffffffffffffff\n");
    program_end();
}

int main(void)
{
    epoch_thread_init();
    TEST(what_is_done_and_what_waits_is_written_down);
    TEST(numbers_are_expressions_of_64_bits);
    TEST(what_is_no_expression_is_said);
    TEST(hostile_expressions_end);
    TEST(formats_say_how_numbers_are_shown);
    TEST(memory_is_shown_in_columns);
    TEST(a_sum_is_of_16_bits_and_bounded);
    TEST(ports_are_read_and_written);
    TEST(help_takes_what_follows_a_command_s_name_as_nothing);
    TEST(mice_are_listed_and_chosen);
    TEST(the_log_is_chosen_while_the_machine_runs);
    TEST(host_addresses_are_those_of_ram);
    return test_end();
}
