/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"
#include "accel/soft/decode.h"
#include "accel/soft/env.h"
#include "accel/soft/form.h"

#include <errno.h>

/*
 * The decoder: lengths, operands and #UD, one line per rule of the Intel SDM, volume 2, chapter 2
 *
 * With file names as arguments it decodes "length hex-bytes" lines of 64-bit code instead, as
 * tests/unit/decode-objdump.py prints them, and reports what disagrees.
 */

enum { MODE64 = KEY_CS64 | KEY_PE, MODE32 = KEY_CS32 | KEY_PE | KEY_FLAT_DATA | KEY_FLAT_SS | KEY_FLAT_CS, MODE16 = 0 };

static unsigned from_hex(const char *hex, uint8_t *out)
{
    unsigned n = 0, v;

    while (*hex && n < 16) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        if (sscanf(hex, "%2x", &v) != 1)
            break;
        out[n++] = v;
        hex += 2;
    }
    return n;
}

static int decode(uint32_t key, const char *hex, struct insn *i)
{
    uint8_t bytes[16];

    return decode_insn(bytes, from_hex(hex, bytes), key, 0x1000, i);
}

/* Length, or a negative error. */
static int length(uint32_t key, const char *hex)
{
    struct insn i;
    int r = decode(key, hex, &i);

    return r ? r : i.len;
}

static void lengths_follow_modrm_sib_and_displacement(void)
{
    CHECK_EQ(length(MODE64, "8b 00"), 2);
    CHECK_EQ(length(MODE64, "8b 40 7f"), 3);
    CHECK_EQ(length(MODE64, "8b 80 00 00 00 01"), 6);
    CHECK_EQ(length(MODE64, "8b 04 24"), 3);
    CHECK_EQ(length(MODE64, "8b 04 25 00 00 00 00"), 7);
    CHECK_EQ(length(MODE64, "8b 44 24 08"), 4);
    CHECK_EQ(length(MODE64, "8b 05 00 00 00 00"), 6);
    CHECK_EQ(length(MODE16, "8b 06 34 12"), 4);
    CHECK_EQ(length(MODE16, "8b 46 00"), 3);
    CHECK_EQ(length(MODE32, "67 8b 06 34 12"), 5);
    CHECK_EQ(length(MODE16, "67 8b 04 24"), 4);
}

static void immediates_follow_the_operand_size(void)
{
    CHECK_EQ(length(MODE64, "b8 01 02 03 04"), 5);
    CHECK_EQ(length(MODE64, "48 b8 01 02 03 04 05 06 07 08"), 10);
    CHECK_EQ(length(MODE64, "66 b8 01 02"), 4);
    CHECK_EQ(length(MODE64, "48 05 01 02 03 04"), 6);
    CHECK_EQ(length(MODE64, "c8 00 00 01"), 4);
    CHECK_EQ(length(MODE64, "66 48 05 01 02 03 04"), 7);
    CHECK_EQ(length(MODE64, "a1 01 02 03 04 05 06 07 08"), 9);
    CHECK_EQ(length(MODE64, "67 a1 01 02 03 04"), 6);
    CHECK_EQ(length(MODE64, "f6 c0 01"), 3);
    CHECK_EQ(length(MODE64, "f6 d0"), 2);
    CHECK_EQ(length(MODE64, "f7 c0 01 02 03 04"), 6);
    CHECK_EQ(length(MODE16, "9a 01 02 03 04"), 5);
    CHECK_EQ(length(MODE32, "9a 01 02 03 04 05 06"), 7);
}

static void near_branches_in_64_bit_mode_ignore_66(void)
{
    struct insn i;

    CHECK_EQ(length(MODE64, "66 e8 01 02 03 04"), 6);
    CHECK_EQ(length(MODE32, "66 e8 01 02"), 4);
    CHECK_EQ(decode(MODE64, "eb fe", &i), 0);
    CHECK_EQ(i.imm, 0x1000);
    CHECK_EQ(decode(MODE16, "eb 7f", &i), 0);
    CHECK_EQ(i.imm, 0x1081);
    CHECK_EQ(decode(MODE64, "0f 84 00 00 00 ff", &i), 0);
    CHECK_EQ(i.imm, 0x1006 + 0xffffffffff000000);
    CHECK_EQ(i.ext, 4);
}

static void rip_relative_counts_from_the_next_instruction(void)
{
    struct insn i;

    CHECK_EQ(decode(MODE64, "c7 05 10 00 00 00 01 02 03 04", &i), 0);
    CHECK_EQ(i.disp, 0x1000 + 10 + 0x10);
    CHECK_EQ(i.base, REG_NONE);
    CHECK_EQ(i.imm, 0x04030201);
    CHECK_EQ(decode(MODE32, "8b 05 10 00 00 00", &i), 0);
    CHECK_EQ(i.disp, 0x10);
}

static void rex_extends_registers_and_hides_the_high_bytes(void)
{
    struct insn i;

    CHECK_EQ(decode(MODE64, "88 e0", &i), 0);           /* mov al, ah */
    CHECK_EQ(i.r0, 0);
    CHECK_EQ(i.r1, 1);
    CHECK_EQ(decode(MODE64, "40 88 e0", &i), 0);        /* mov al, spl */
    CHECK_EQ(i.r1, 8 * RSP);
    CHECK_EQ(decode(MODE64, "4d 8b 44 95 08", &i), 0);  /* mov r8, [r13 + rdx*4 + 8] */
    CHECK_EQ(i.r0, 8 * R8);
    CHECK_EQ(i.base, R13);
    CHECK_EQ(i.index, RDX);
    CHECK_EQ(i.scale, 2);
    CHECK_EQ(decode(MODE64, "4a 8b 04 20", &i), 0);     /* r12 is an index, rsp is not */
    CHECK_EQ(i.index, R12);
    CHECK_EQ(decode(MODE64, "48 8b 04 20", &i), 0);
    CHECK_EQ(i.index, REG_NONE);
    CHECK_EQ(decode(MODE64, "48 66 89 c0", &i), 0);     /* a REX before another prefix is ignored */
    CHECK_EQ(i.osz, 2);
    CHECK_EQ(decode(MODE32, "48", &i), 0);              /* dec eax */
    CHECK_STR(op_names[i.op], "dec");
}

static void segments_are_ss_for_stack_bases_and_flat_in_64_bit_mode(void)
{
    struct insn i;

    CHECK_EQ(decode(MODE16, "8b 46 00", &i), 0);
    CHECK_EQ(i.seg, SS);
    CHECK(i.flags & I_SEGCHECK);
    CHECK_EQ(decode(MODE16, "26 8b 07", &i), 0);
    CHECK_EQ(i.seg, ES);
    CHECK_EQ(decode(MODE32, "8b 07", &i), 0);
    CHECK(!(i.flags & I_SEGCHECK));
    CHECK_EQ(decode(MODE32, "64 8b 07", &i), 0);
    CHECK(i.flags & I_SEGCHECK);
    CHECK_EQ(decode(MODE64, "65 48 8b 04 25 28 00 00 00", &i), 0);
    CHECK_EQ(i.seg, GS);
    CHECK_EQ(decode(MODE64, "3e 8b 45 00", &i), 0);
    CHECK_EQ(i.seg, SEGBASE_NONE);
}

static void forms_that_a_mode_lacks_are_undefined(void)
{
    CHECK_EQ(length(MODE64, "27"), -EINVAL);
    CHECK_EQ(length(MODE32, "27"), 1);
    CHECK_EQ(length(MODE64, "06"), -EINVAL);
    CHECK_EQ(length(MODE64, "82 c0 00"), -EINVAL);
    CHECK_EQ(length(MODE64, "c4 e2 78 f2 c0"), -EINVAL);
    CHECK_EQ(length(MODE64, "62 f1 7c 48 28 c0"), -EINVAL);
    CHECK_EQ(length(MODE32, "8d c0"), -EINVAL);
    CHECK_EQ(length(MODE64, "c6 c8 00"), -EINVAL);
    CHECK_EQ(length(MODE64, "ff f8"), -EINVAL);
    CHECK_EQ(length(MODE64, "0f 04"), -EINVAL);
}

static void lock_needs_a_memory_destination_of_the_right_kind(void)
{
    CHECK_EQ(length(MODE64, "f0 01 07"), 3);
    CHECK_EQ(length(MODE64, "f0 01 c7"), -EINVAL);
    CHECK_EQ(length(MODE64, "f0 03 07"), -EINVAL);
    CHECK_EQ(length(MODE64, "f0 39 07"), -EINVAL);
    CHECK_EQ(length(MODE64, "f0 89 07"), -EINVAL);
    CHECK_EQ(length(MODE64, "f0 0f b1 0f"), 4);
    CHECK_EQ(length(MODE64, "f0 48 0f c7 0f"), 5);
    CHECK_EQ(length(MODE64, "f0 0f a3 07"), -EINVAL);
    CHECK_EQ(length(MODE64, "f0 0f ab 07"), 4);
    CHECK_EQ(length(MODE64, "f0 90"), -EINVAL);
}

static void more_than_15_bytes_are_too_many(void)
{
    CHECK_EQ(length(MODE64, "66 66 66 66 66 66 66 66 66 66 66 66 66 66 90"), 15);
    CHECK_EQ(length(MODE64, "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90"), -E2BIG);
    CHECK_EQ(length(MODE64, "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 81 00 00 00 00 00"), -E2BIG);
}

static void a_short_buffer_asks_for_more(void)
{
    static const char *const whole = "48 81 84 24 00 01 00 00 01 02 03 04";
    uint8_t bytes[16];
    unsigned len = from_hex(whole, bytes);
    struct insn i;

    for (unsigned n = 0; n < len; n++)
        CHECK_EQ(decode_insn(bytes, n, MODE64, 0, &i), -ENODATA);
    CHECK_EQ(decode_insn(bytes, len, MODE64, 0, &i), 0);
    CHECK_EQ(i.len, len);
}

static void f3_90_is_pause_and_90_is_xchg(void)
{
    struct insn i;

    CHECK_EQ(decode(MODE64, "f3 90", &i), 0);
    CHECK_STR(op_names[i.op], "pause");
    CHECK_EQ(decode(MODE64, "90", &i), 0);
    CHECK_STR(op_names[i.op], "xchgax");
    CHECK_EQ(decode(MODE64, "f3 0f b8 c0", &i), 0);
    CHECK_STR(op_names[i.op], "popcnt");
    CHECK_EQ(length(MODE64, "0f b8 c0"), -EINVAL);
    CHECK_EQ(length(MODE64, "f3 0f 1e fa"), 4);
}

static void every_table_line_has_a_name_and_an_opcode(void)
{
    for (unsigned n = 0; n < n_forms; n++) {
        CHECK(forms[n].name && forms[n].op);
        CHECK(forms[n].fn || forms[n].bind || forms[n].fns);
    }
}

/* Random bytes: no length beyond 15, no read beyond the buffer (ASAN), same answer twice. */
static void random_bytes_decode_to_something_bounded(void)
{
    static const uint32_t modes[] = { MODE64, MODE32, MODE16, MODE16 | KEY_PE | KEY_VM86 };
    uint64_t seed = 0x243f6a8885a308d3;
    struct insn a, b;

    for (unsigned n = 0; n < 400000; n++) {
        uint8_t bytes[16];
        unsigned avail;
        int r;

        for (unsigned at = 0; at < 16; at++) {
            seed = seed * 6364136223846793005 + 1442695040888963407;
            bytes[at] = seed >> 56;
        }
        avail = seed >> 33 & 15;
        uint8_t *exact = malloc(avail + 1);
        memcpy(exact + 1, bytes, avail);
        r = decode_insn(exact + 1, avail, modes[n & 3], seed, &a);
        if (!r) {
            CHECK(a.len >= 1 && a.len <= avail);
            CHECK_EQ(decode_insn(bytes, 15, modes[n & 3], seed, &b), 0);
            CHECK(!memcmp(&a, &b, sizeof(a)));
        }
        free(exact);
    }
}

static int check_file(const char *path)
{
    char line[256], hex[64];
    unsigned lines = 0, wrong = 0, want;
    FILE *in = fopen(path, "r");

    if (!in)
        return 1;
    while (fgets(line, sizeof(line), in)) {
        int got;

        if (sscanf(line, "%u %63s", &want, hex) != 2)
            continue;
        lines++;
        got = length(MODE64, hex);
        if (got != (int)want && wrong++ < 200)
            printf("%d instead of %s", got, line);
    }
    fclose(in);
    printf("%u instructions, %u differ\n", lines, wrong);
    return wrong != 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--long"))
        return check_file(argv[1]);
    TEST(lengths_follow_modrm_sib_and_displacement);
    TEST(immediates_follow_the_operand_size);
    TEST(near_branches_in_64_bit_mode_ignore_66);
    TEST(rip_relative_counts_from_the_next_instruction);
    TEST(rex_extends_registers_and_hides_the_high_bytes);
    TEST(segments_are_ss_for_stack_bases_and_flat_in_64_bit_mode);
    TEST(forms_that_a_mode_lacks_are_undefined);
    TEST(lock_needs_a_memory_destination_of_the_right_kind);
    TEST(more_than_15_bytes_are_too_many);
    TEST(a_short_buffer_asks_for_more);
    TEST(f3_90_is_pause_and_90_is_xchg);
    TEST(every_table_line_has_a_name_and_an_opcode);
    TEST(random_bytes_decode_to_something_bounded);
    return test_end();
}
