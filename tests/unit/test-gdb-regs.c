/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/regs.h"
#include "tests/unit/gdb-bench.h"

/* Registers as GDB numbers them: what a debugger sees of a paused vCPU. */

enum { RAX_ = 0, RIP_ = 16, EFLAGS_, CS_, SS_, DS_, FS_BASE = 24, GS_BASE, K_GS_BASE, CR0_, CR2_, CR3_, CR4_, CR8_,
       EFER_, ST0, FCTRL = 41, FSTAT, FTAG, FISEG, FIOFF, FOSEG, FOOFF, FOP, XMM0, MXCSR = 65 };

static struct gdb_bench b;

static void start(void)
{
    gdb_bench_init(&b);
    b.state[0].rflags = FLAG_1;
}

static void finish(void)
{
    gdb_bench_fini(&b);
}

static uint64_t get(unsigned n)
{
    uint8_t bytes[GDB_REG_BYTES] = { 0 };
    uint64_t v;

    CHECK(gdb_reg_get(&b.target, 0, &b.state[0], n, bytes));
    memcpy(&v, bytes, 8);
    return v;
}

static void set(unsigned n, uint64_t v)
{
    uint8_t bytes[GDB_REG_BYTES] = { 0 };

    memcpy(bytes, &v, 8);
    gdb_reg_set(&b.target, 0, &b.state[0], n, bytes);
}

/* GDB's order of the general registers is not the processor's. */
static void general_registers_are_in_gdbs_order(void)
{
    static const uint8_t order[] = { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15 };

    start();
    for (unsigned n = 0; n < 16; n++) {
        set(n, 0x1111111111111111ull * n + 5);
        CHECK_EQ(b.state[0].gpr[order[n]], 0x1111111111111111ull * n + 5);
    }
    for (unsigned n = 0; n < 16; n++)
        CHECK_EQ(get(n), 0x1111111111111111ull * n + 5);
    set(RIP_, 0xffffffff81000000);
    CHECK_EQ(b.state[0].rip, 0xffffffff81000000);
    finish();
}

static void flags_keep_what_is_reserved(void)
{
    start();
    set(EFLAGS_, 0xffffffff);
    CHECK_EQ(b.state[0].rflags, 0x3f7fd7);
    set(EFLAGS_, 0);
    CHECK_EQ(b.state[0].rflags, FLAG_1);
    finish();
}

static void in_real_mode_a_selector_is_a_base(void)
{
    start();
    b.state[0].seg[DS].limit = 0xffff;
    set(DS_, 0x1234);
    CHECK(b.state[0].seg[DS].sel == 0x1234 && b.state[0].seg[DS].base == 0x12340 && b.state[0].seg[DS].limit == 0xffff);
    set(DS_, 0xffff0010);
    CHECK_EQ(b.state[0].seg[DS].sel, 0x10);
    finish();
}

static void in_protected_mode_a_selector_loads_its_descriptor(void)
{
    static const uint64_t gdt[4] = { 0, 0x12cf9b345678ffff, 0x00409200000012ff, 0x00cf13000000ffff };

    start();
    memcpy(b.ram + 0x100, gdt, sizeof(gdt));
    b.state[0].cr0 = CR0_PE;
    b.state[0].gdt = (struct x86_seg){ .base = 0x100, .limit = 0x1f };
    set(CS_, 8);
    CHECK(b.state[0].seg[CS].sel == 8 && b.state[0].seg[CS].base == 0x12345678);
    CHECK_EQ(b.state[0].seg[CS].limit, 0xffffffff);
    CHECK_EQ(b.state[0].seg[CS].attr, 0xc09b00);
    set(DS_, 0x10);
    CHECK(b.state[0].seg[DS].limit == 0x12ff && b.state[0].seg[DS].attr == 0x409200);
    set(DS_, 0x18);                             /* not present */
    set(DS_, 0x20);                             /* behind the table */
    set(DS_, 0x14);                             /* in no LDT */
    CHECK_EQ(b.state[0].seg[DS].sel, 0x10);
    set(DS_, 0);
    CHECK(b.state[0].seg[DS].sel == 0 && !(b.state[0].seg[DS].attr & SEG_P));
    set(SS_, 0x10);
    set(SS_, 0);                                /* SS and CS are never null */
    CHECK_EQ(b.state[0].seg[SS].sel, 0x10);
    b.state[0].gdt.base = GDB_BENCH_RAM;        /* a table that is not there */
    set(DS_, 8);
    CHECK_EQ(b.state[0].seg[DS].sel, 0);
    finish();
}

static void bases_are_registers_of_their_own(void)
{
    start();
    set(FS_BASE, 0x1111);
    set(GS_BASE, 0xffff888000002222);
    set(K_GS_BASE, 0x3333);
    CHECK(b.state[0].seg[FS].base == 0x1111 && b.state[0].seg[GS].base == 0xffff888000002222);
    CHECK_EQ(b.state[0].kernel_gs_base, 0x3333);
    CHECK_EQ(get(GS_BASE), 0xffff888000002222);
    finish();
}

static void control_registers_lead_to_a_mode_or_stay(void)
{
    start();
    b.state[0].cr0 = CR0_ET;
    set(CR0_, CR0_ET | CR0_PG);                 /* paging without protection */
    CHECK_EQ(b.state[0].cr0, CR0_ET);
    set(EFER_, EFER_LME | 1ull << 63);
    CHECK_EQ(b.state[0].efer, EFER_LME);
    set(CR0_, CR0_ET | CR0_PE | CR0_PG);        /* long mode without PAE */
    CHECK_EQ(b.state[0].cr0, CR0_ET);
    CHECK_EQ(b.state[0].efer, EFER_LME);
    set(CR4_, CR4_PAE | CR4_VME | 1u << 31);
    CHECK_EQ(b.state[0].cr4, CR4_PAE | CR4_VME);
    set(CR0_, CR0_ET | CR0_PE | CR0_PG);
    CHECK_EQ(b.state[0].efer, EFER_LME | EFER_LMA);
    set(CR4_, 0);
    CHECK_EQ(b.state[0].cr4, CR4_PAE | CR4_VME);
    set(EFER_, EFER_LME | EFER_LMA | EFER_SCE);
    CHECK_EQ(b.state[0].efer, EFER_LME | EFER_LMA | EFER_SCE);
    set(CR3_, 0x1234567);
    set(CR2_, 0x89);
    set(CR8_, 0xf3);
    CHECK(b.state[0].cr3 == 0x1234567 && b.state[0].cr2 == 0x89 && b.cr8[0] == 3);
    CHECK(get(CR3_) == 0x1234567 && get(CR2_) == 0x89 && get(CR8_) == 3);
    finish();
}

/* SDM volume 1, 8.1.7 and 10.5.1: the image has one bit for each register, the tag word two. */
static void the_tag_word_is_made_from_what_registers_hold(void)
{
    uint8_t *fx;

    start();
    fx = b.state[0].fx;
    CHECK_EQ(get(FTAG) & 0xffffffff, 0xffff);
    fx[3] = 5 << 3;                             /* TOP 5: st0 is register 5 */
    fx[4] = 0xe0;
    fx[32 + 9] = 0x3f, fx[32 + 8] = 0xff, fx[32 + 7] = 0x80;            /* 1 */
    fx[48 + 9] = 0x7f, fx[48 + 8] = 0xff, fx[48 + 7] = 0x80;            /* infinity */
    CHECK_EQ(get(FTAG) & 0xffffffff, 0x63ff);                           /* 7 zero, 6 special, 5 valid */
    set(FTAG, 0xfff0);
    CHECK_EQ(fx[4], 0x03);
    finish();
}

static void x87_and_sse_registers_lie_in_the_image(void)
{
    uint8_t bytes[GDB_REG_BYTES];
    uint8_t *fx;

    start();
    fx = b.state[0].fx;
    for (unsigned n = 0; n < 512; n++)
        fx[n] = n & 0xff;
    CHECK_EQ(gdb_reg_get(&b.target, 0, &b.state[0], ST0 + 7, bytes), 10);
    CHECK(!memcmp(bytes, fx + 32 + 7 * 16, 10));
    CHECK_EQ(gdb_reg_get(&b.target, 0, &b.state[0], XMM0 + 15, bytes), 16);
    CHECK(!memcmp(bytes, fx + 160 + 15 * 16, 16));
    CHECK_EQ(get(FCTRL) & 0xffffffff, 0x0100);
    CHECK_EQ(get(FSTAT) & 0xffffffff, 0x0302);
    CHECK_EQ(get(FOP) & 0xffffffff, 0x0706);
    CHECK_EQ(get(FIOFF) & 0xffffffff, 0x0b0a0908);
    CHECK_EQ(get(FISEG) & 0xffffffff, 0x0f0e0d0c);
    CHECK_EQ(get(FOOFF) & 0xffffffff, 0x13121110);
    CHECK_EQ(get(FOSEG) & 0xffffffff, 0x17161514);
    set(FCTRL, 0xffff037f);
    CHECK(fx[0] == 0x7f && fx[1] == 0x03 && fx[2] == 2);
    set(MXCSR, 0xffff1f80);                     /* reserved bits would fault when it is loaded */
    CHECK_EQ(get(MXCSR) & 0xffffffff, 0x1f80);
    memset(bytes, 0xa5, sizeof(bytes));
    gdb_reg_set(&b.target, 0, &b.state[0], XMM0, bytes);
    CHECK(fx[160] == 0xa5 && fx[175] == 0xa5 && fx[176] == 176);
    finish();
}

/* Writing back what was read changes nothing, in any state. */
static void what_was_read_can_be_written_back(void)
{
    uint8_t bytes[GDB_REG_BYTES];
    struct x86_state before;

    start();
    b.state[0].fx[0] = 0x7f, b.state[0].fx[1] = 0x03, b.state[0].fx[4] = 0xa5, b.state[0].fx[24] = 0x80;
    b.state[0].cr0 = CR0_PE | CR0_PG | CR0_ET;
    b.state[0].cr4 = CR4_PAE | CR4_OSXSAVE;     /* one that we would not set */
    b.state[0].efer = EFER_LME | EFER_LMA;
    b.state[0].seg[CS] = (struct x86_seg){ .sel = 0x33, .attr = SEG_P | SEG_L };
    b.state[0].gpr[RAX] = UINT64_MAX;
    before = b.state[0];
    for (unsigned n = 0; n < GDB_REGS; n++) {
        CHECK_EQ(gdb_reg_get(&b.target, 0, &b.state[0], n, bytes), gdb_reg_bytes(n));
        gdb_reg_set(&b.target, 0, &b.state[0], n, bytes);
    }
    CHECK(!memcmp(&before, &b.state[0], sizeof(before)));
    CHECK_EQ(gdb_reg_get(&b.target, 0, &b.state[0], GDB_REGS, bytes), 0);
    finish();
}

int main(void)
{
    TEST(general_registers_are_in_gdbs_order);
    TEST(flags_keep_what_is_reserved);
    TEST(in_real_mode_a_selector_is_a_base);
    TEST(in_protected_mode_a_selector_loads_its_descriptor);
    TEST(bases_are_registers_of_their_own);
    TEST(control_registers_lead_to_a_mode_or_stay);
    TEST(the_tag_word_is_made_from_what_registers_hold);
    TEST(x87_and_sse_registers_lie_in_the_image);
    TEST(what_was_read_can_be_written_back);
    return test_end();
}
