/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native thunks: what they compute, what they leave of the host's state, how many there can be
 *
 * Reference: accel/soft/thunk.h; Intel SDM volume 1, chapters 8, 9 and 11.
 */
#include "tests/test.h"

#include "accel/soft/thunk.h"

#define ALIGNED __attribute__((aligned(16)))

static struct thunk_pool *pool;

static uint32_t host_mxcsr(void)
{
    uint32_t v;

    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}

static uint16_t host_tags(void)
{
    struct { uint16_t cw, r0, sw, r1, tag, r2; uint32_t rest[4]; } env;

    __asm__ volatile("fnstenv %0; fldcw %0" : "=m"(env));
    return env.tag;
}

static void packed_add_of_registers_and_of_memory(void)
{
    struct thunk_spec reg = { .map = 1, .opcode = 0x58, .dst = TH_XMM, .src = TH_XMM, .imm = -1 }, mem = reg;
    float a[4] ALIGNED = { 1, 2, 3, 4 }, b[4] ALIGNED = { 10, 20, 30, 40 };

    mem.src = TH_MEM;
    thunk_simd(pool, &reg)(a, b, NULL);
    CHECK(a[0] == 11 && a[3] == 44);
    thunk_simd(pool, &mem)(a, b, NULL);
    CHECK(a[0] == 21 && a[3] == 84);
}

static void the_immediate_is_part_of_the_thunk(void)
{
    struct thunk_spec s = { .prefix = 0x66, .map = 1, .opcode = 0x70, .dst = TH_XMM, .src = TH_XMM, .imm = 0x1b };
    uint32_t a[4] ALIGNED = { 0 }, b[4] ALIGNED = { 1, 2, 3, 4 };
    thunk_fn *reverse = thunk_simd(pool, &s);

    reverse(a, b, NULL);
    CHECK(a[0] == 4 && a[1] == 3 && a[2] == 2 && a[3] == 1);
    s.imm = 0;
    CHECK(thunk_simd(pool, &s) != reverse);
}

static void the_same_bytes_are_the_same_thunk(void)
{
    struct thunk_spec s = { .map = 1, .opcode = 0x5c, .dst = TH_XMM, .src = TH_XMM, .imm = -1 };
    thunk_fn *first = thunk_simd(pool, &s);
    unsigned count = thunk_pool_count(pool);

    CHECK(thunk_simd(pool, &s) == first);
    CHECK_EQ(thunk_pool_count(pool), count);
}

static void mxcsr_is_the_guests_inside_and_the_hosts_outside(void)
{
    struct thunk_spec s = { .prefix = 0xf2, .map = 1, .opcode = 0x5e, .dst = TH_XMM, .src = TH_XMM, .imm = -1,
                            .flags = TH_FP };
    double a[2] ALIGNED = { 1, 5 }, b[2] ALIGNED = { 3, 7 };
    struct thunk_args args = { .mxcsr = 0x1f80 | 3 << 13, .host_mxcsr = host_mxcsr() };
    uint32_t before = host_mxcsr();

    thunk_simd(pool, &s)(a, b, &args);
    CHECK_EQ(args.mxcsr, 0x1f80 | 3 << 13 | 0x20);      /* inexact, rounded towards zero */
    CHECK(a[0] < 1.0 / 3 + 1e-9 && a[1] == 5);
    CHECK_EQ(host_mxcsr(), before);
}

static void comiss_gives_flags(void)
{
    struct thunk_spec s = { .map = 1, .opcode = 0x2f, .dst = TH_XMM, .src = TH_XMM, .imm = -1, .flags = TH_FP |
                            TH_FLAGS };
    float a[4] ALIGNED = { 1 }, b[4] ALIGNED = { 2 };
    struct thunk_args args = { .mxcsr = 0x1f80, .host_mxcsr = 0x1f80 };

    thunk_simd(pool, &s)(a, b, &args);
    CHECK_EQ(args.flags & 0x8d5, 1);
}

static void general_registers_go_in_and_out(void)
{
    struct thunk_spec in = { .prefix = 0xf2, .map = 1, .opcode = 0x2a, .dst = TH_XMM, .src = TH_GPR, .rexw = true,
                             .imm = -1, .flags = TH_FP };
    struct thunk_spec out = { .prefix = 0xf2, .map = 1, .opcode = 0x2c, .dst = TH_GPR, .src = TH_XMM, .rexw = true,
                              .imm = -1, .flags = TH_FP };
    double d[2] ALIGNED = { 0 };
    struct thunk_args args = { .gpr = 1ull << 40, .mxcsr = 0x1f80, .host_mxcsr = 0x1f80 };

    thunk_simd(pool, &in)(d, NULL, &args);
    CHECK(d[0] == 1099511627776.0);
    args.gpr = 0;
    thunk_simd(pool, &out)(NULL, d, &args);
    CHECK_EQ(args.gpr, 1ull << 40);
}

static void mmx_leaves_the_hosts_x87_empty(void)
{
    struct thunk_spec s = { .map = 1, .opcode = 0xfc, .dst = TH_MMX, .src = TH_MMX, .imm = -1 };
    uint64_t a[2] ALIGNED = { 0x01ff }, b[2] ALIGNED = { 0x0101 };

    thunk_simd(pool, &s)(a, b, NULL);
    CHECK_EQ(a[0], 0x0200);
    CHECK_EQ(host_tags(), 0xffff);
}

static void image(uint8_t *fx, uint16_t cw)
{
    uint32_t mxcsr = 0x1f80;

    memset(fx, 0, 512);
    memcpy(fx, &cw, 2);
    memcpy(fx + 24, &mxcsr, 4);
}

static void x87_works_on_the_image(void)
{
    uint8_t in[512] ALIGNED, mid[512] ALIGNED, out[512] ALIGNED;
    double d = 2.5, r = 0;
    uint64_t flags = 2;

    image(in, 0x37f);
    thunk_x87(pool, 0xdd, 0x06, false)(in, &d, mid, &flags);    /* fld m64 */
    CHECK_EQ(mid[4], 0x80);
    thunk_x87(pool, 0xdc, 0xc0, false)(mid, NULL, out, &flags); /* fadd st0, st0 */
    thunk_x87(pool, 0xdd, 0x1e, false)(out, &r, in, &flags);    /* fstp m64 */
    CHECK(r == 5.0);
    CHECK_EQ(in[4], 0);
    CHECK_EQ(host_tags(), 0xffff);
}

static void an_unmasked_x87_exception_stays_pending_and_is_no_signal(void)
{
    uint8_t in[512] ALIGNED, mid[512] ALIGNED, out[512] ALIGNED;
    uint64_t flags = 2;

    image(in, 0x37f & ~4);                                      /* ZM */
    thunk_x87(pool, 0xd9, 0xe8, false)(in, NULL, mid, &flags);  /* fld1 */
    thunk_x87(pool, 0xd9, 0xee, false)(mid, NULL, in, &flags);  /* fldz */
    thunk_x87(pool, 0xde, 0xf9, false)(in, NULL, out, &flags);  /* fdivp st1, st0: #Z */
    CHECK_EQ(out[2] & 0x84, 0x84);
    CHECK(!memcmp(out + 32, in + 32, 32));                      /* operands unchanged */
}

static void fcomi_gives_flags(void)
{
    uint8_t in[512] ALIGNED, mid[512] ALIGNED, out[512] ALIGNED;
    uint64_t flags = 2 | 0x8d4;

    image(in, 0x37f);
    thunk_x87(pool, 0xd9, 0xe8, false)(in, NULL, mid, &flags);
    CHECK_EQ(flags & 0x8d5, 0x8d4);                             /* fld1 keeps them */
    thunk_x87(pool, 0xd9, 0xee, false)(mid, NULL, in, &flags);
    thunk_x87(pool, 0xdb, 0xf1, false)(in, NULL, out, &flags);  /* 0 < 1 */
    CHECK_EQ(flags & 0x8d5, 1);
}

static void the_pool_has_room_for_every_immediate_of_every_form(void)
{
    struct thunk_pool *p = thunk_pool_new();

    CHECK(p);
    for (unsigned form = 0; form < 80; form++) {
        for (unsigned imm = 0; imm < 256; imm++) {
            struct thunk_spec s = { .prefix = 0x66, .map = 3, .opcode = form, .dst = TH_XMM, .src = TH_XMM, .imm = imm,
                                    .flags = TH_FP | TH_FLAGS };

            CHECK(thunk_simd(p, &s));
            s.src = TH_MEM;
            CHECK(thunk_simd(p, &s));
        }
    }
    CHECK_EQ(thunk_pool_count(p), 80 * 512);
    thunk_pool_free(p);
}

int main(void)
{
    pool = thunk_pool_new();
    if (!pool) {
        printf("1..0 # SKIP no executable memory\n");
        return 0;
    }
    TEST(packed_add_of_registers_and_of_memory);
    TEST(the_immediate_is_part_of_the_thunk);
    TEST(the_same_bytes_are_the_same_thunk);
    TEST(mxcsr_is_the_guests_inside_and_the_hosts_outside);
    TEST(comiss_gives_flags);
    TEST(general_registers_go_in_and_out);
    TEST(mmx_leaves_the_hosts_x87_empty);
    TEST(x87_works_on_the_image);
    TEST(an_unmasked_x87_exception_stays_pending_and_is_no_signal);
    TEST(fcomi_gives_flags);
    TEST(the_pool_has_room_for_every_immediate_of_every_form);
    thunk_pool_free(pool);
    return test_end();
}
