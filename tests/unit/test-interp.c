/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"
#include "tests/unit/guest-code.h"
#include "tests/unit/soft-bench.h"

#include <pthread.h>
#include <time.h>

/*
 * The interpreter as a whole: guest programs, assembled by the host's assembler, from their first
 * instruction to HLT.  Single instructions are compared with the host in test-insn-host.c.
 */

static struct bench *bench;

#define LOAD(name) bench_load(bench, BENCH_CODE, name, (size_t)(name##_end - name))
#define REG(n) (bench->e->r[n])

GUEST(sum_loop, 64,
      "xor %eax,%eax; mov $1000,%ecx\n"
      "1: add %rcx,%rax; dec %ecx; jnz 1b\n"
      "hlt");

static void dec_sets_zf_and_a_loop_ends(void)
{
    bench_mode64(bench);
    LOAD(sum_loop);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 500500);
    CHECK_EQ(REG(RCX), 0);
}

GUEST(fib, 64,
      "mov $20,%edi; call 1f; hlt\n"
      "1: cmp $2,%edi; jae 2f; mov %edi,%eax; ret\n"
      "2: push %rbx; push %rdi; dec %edi; call 1b; mov %eax,%ebx; pop %rdi; sub $2,%edi; call 1b\n"
      "add %ebx,%eax; pop %rbx; ret");

static void calls_and_returns_nest(void)
{
    bench_mode64(bench);
    LOAD(fib);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 6765);
    CHECK_EQ(REG(RSP), BENCH_STACK);
}

GUEST(fib32, 32,
      "movl $15,%edi; call 1f; hlt\n"
      "1: cmp $2,%edi; jae 2f; mov %edi,%eax; ret\n"
      "2: push %ebx; push %edi; dec %edi; call 1b; mov %eax,%ebx; pop %edi; sub $2,%edi; call 1b\n"
      "add %ebx,%eax; pop %ebx; ret");

static void calls_nest_in_32_bit_code_without_paging(void)
{
    bench_mode32(bench);
    LOAD(fib32);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 610);
    CHECK_EQ(REG(RSP), BENCH_STACK);
}

GUEST(real16, 16,
      "movw $0x1234,%ax; push %ax; pop %bx; movw $5,%cx; xorw %dx,%dx\n"
      "1: addw %cx,%dx; loop 1b\n"
      "movw %dx,0x100; movw 0x100,%si; call 2f; hlt\n"
      "2: movw $0xffff,%di; incw %di; ret");

static void real_mode_segments_wrap_at_64k(void)
{
    bench_mode16(bench);
    LOAD(real16);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RBX) & 0xffff, 0x1234);
    CHECK_EQ(REG(RSI) & 0xffff, 15);
    CHECK_EQ(REG(RDI) & 0xffff, 0);
    CHECK_EQ(*(uint16_t *)(bench->ram + 0x40100), 15);
    CHECK_EQ(REG(RSP) & 0xffff, 0xfff0);
}

GUEST(partial, 64,
      "mov $-1,%rax; mov $0x12,%ah; mov $0x34,%al; mov $-1,%rbx; mov $0x5678,%bx\n"
      "mov $-1,%rcx; mov $1,%ecx; mov $-1,%rdx; xor %dl,%dl; mov $-1,%rsi; mov $7,%sil; hlt");

static void writes_of_32_bits_clear_the_upper_half_and_smaller_ones_keep_it(void)
{
    bench_mode64(bench);
    LOAD(partial);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 0xffffffffffff1234);
    CHECK_EQ(REG(RBX), 0xffffffffffff5678);
    CHECK_EQ(REG(RCX), 1);
    CHECK_EQ(REG(RDX), 0xffffffffffffff00);
    CHECK_EQ(REG(RSI), 0xffffffffffffff07);
}

GUEST(strings, 64,
      "mov $0x100000,%edi; mov $0x41,%al; mov $10000,%ecx; rep stosb\n"
      "mov $0x100000,%esi; mov $0x110003,%edi; mov $10000,%ecx; rep movsb\n"
      "movb $0x5a,0x100000+9000\n"
      "mov $0x100000,%edi; mov $0x5a,%al; mov $-1,%rcx; repne scasb; mov %rdi,%r8\n"
      "mov $0x100000,%esi; mov $0x110003,%edi; mov $10000,%ecx; repe cmpsb; mov %rcx,%r9\n"
      "movl $0x64636261,0x120000; mov $0x120000,%esi; mov $0x120001,%edi; mov $12,%ecx; rep movsb\n"
      "mov 0x120008,%r10\n"
      "std; mov $0x120003,%esi; mov $0x120103,%edi; mov $4,%ecx; rep movsb; cld\n"
      "mov 0x120100,%r11d; mov %rdi,%r12; hlt");

static void rep_strings_cross_pages_and_repeat_patterns(void)
{
    bench_mode64(bench);
    LOAD(strings);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(R8), 0x100000 + 9001);
    CHECK_EQ(REG(R9), 10000 - 9001);
    CHECK_EQ(bench->ram[0x110003 + 9999], 0x41);
    CHECK_EQ(bench->ram[0x110003 + 10000], 0);
    CHECK_EQ(REG(R10) & 0xffffffffff, 0x6161616161);
    CHECK_EQ(REG(R11), 0x61616161);
    CHECK_EQ(REG(R12), 0x1200ff);
}

GUEST(modify, 64,
      "mov $3,%ecx\n"
      "1: lea 2f(%rip),%rsi; incb 1(%rsi)\n"
      "2: mov $0x10,%al; add %eax,%ebx; dec %ecx; jnz 1b; hlt");

static void a_store_into_the_running_block_counts_for_the_next_instruction(void)
{
    bench_mode64(bench);
    LOAD(modify);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RBX), 0x11 + 0x12 + 0x13);
    CHECK(bench->soft.blocks_killed > 0);
}

GUEST(patch_callee, 64,
      "mov $100,%ecx\n"
      "1: call 0x11000-0x10000+patch_callee; add %eax,%ebx; mov %cl,0x11001; dec %ecx; jnz 1b; hlt");
static const uint8_t callee[] = { 0xb8, 0, 0, 0, 0, 0xc3 };

static void code_in_another_page_may_be_patched_between_calls(void)
{
    bench_mode64(bench);
    LOAD(patch_callee);
    bench_load(bench, 0x11000, callee, sizeof(callee));
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RBX), 100 * 101 / 2 - 1);
}

GUEST(locked, 64,
      "mov $0x100000,%edi; movq $5,(%rdi); mov $3,%eax; lock xadd %rax,(%rdi); lock incq (%rdi)\n"
      "mov $9,%ecx; mov %rax,%r8; mov $9,%eax; lock cmpxchg %rdi,(%rdi); setz %bl; mov (%rdi),%r9\n"
      "lock btsl $31,0x100ffe; setc %bh; mov 0x100ffe,%r10d; mov $1,%eax; xchg %eax,0x100ffe; mov %eax,%r11d\n"
      "mov $0x100020,%esi; movq $1,(%rsi); movq $2,8(%rsi); mov $1,%eax; mov $2,%edx; mov $7,%ebp\n"
      "push %rbx; mov $3,%ebx; mov $4,%ecx; lock cmpxchg16b (%rsi); pop %rbx; setz %bl\n"
      "mov (%rsi),%r12; mov 8(%rsi),%r13; hlt");

static void locked_instructions_work_across_pages_too(void)
{
    bench_mode64(bench);
    memset(bench->ram + 0x100000, 0, 0x2000);
    LOAD(locked);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(R8), 5);
    CHECK_EQ(REG(R9), 0x100000);
    CHECK_EQ(REG(R10), 0x80000000);
    CHECK_EQ(REG(R11), 0x80000000);
    CHECK(!memcmp(bench->ram + 0x100ffe, "\1\0\0", 4));
    CHECK_EQ(REG(RBX) & 0xffff, 1);
    CHECK_EQ(REG(R12), 3);
    CHECK_EQ(REG(R13), 4);
}

GUEST(flags, 64,
      "mov $0x7f,%al; add $1,%al; pushf; pop %r8\n"
      "mov $0,%al; sub $1,%al; pushf; pop %r9\n"
      "stc; mov $0xff,%al; adc $0,%al; pushf; pop %r10\n"
      "mov $0x80,%al; neg %al; pushf; pop %r11\n"
      "stc; mov $0xffffffff,%eax; inc %eax; pushf; pop %r12\n"
      "mov $3,%eax; imul $0x40000000,%eax,%eax; pushf; pop %r13\n"
      "mov $0x81,%al; shl $1,%al; pushf; pop %r14; mov $1,%al; ror $1,%al; pushf; pop %r15; hlt");

static void arithmetic_sets_oszapc_as_the_manual_says(void)
{
    bench_mode64(bench);
    LOAD(flags);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(R8) & FLAGS_ARITH, FLAG_OF | FLAG_SF | FLAG_AF);
    CHECK_EQ(REG(R9) & FLAGS_ARITH, FLAG_SF | FLAG_AF | FLAG_PF | FLAG_CF);
    CHECK_EQ(REG(R10) & FLAGS_ARITH, FLAG_ZF | FLAG_PF | FLAG_AF | FLAG_CF);
    CHECK_EQ(REG(R11) & FLAGS_ARITH, FLAG_OF | FLAG_SF | FLAG_CF);
    CHECK_EQ(REG(R12) & FLAGS_ARITH, FLAG_ZF | FLAG_PF | FLAG_AF | FLAG_CF);
    CHECK_EQ(REG(R13) & (FLAG_CF | FLAG_OF), FLAG_CF | FLAG_OF);
    CHECK_EQ(REG(R14) & (FLAG_CF | FLAG_OF | FLAG_ZF | FLAG_SF), FLAG_CF | FLAG_OF);
    CHECK_EQ(REG(R15) & (FLAG_CF | FLAG_OF), FLAG_CF | FLAG_OF);
}

GUEST(divide_64, 64, "idiv %rcx; mov %rdx,%rbx; hlt");

/* False: #DE, in an IDT without entries. */
static bool divides(uint64_t high, uint64_t low, uint64_t by)
{
    bench_mode64(bench);
    LOAD(divide_64);
    REG(RDX) = high;
    REG(RAX) = low;
    REG(RCX) = by;
    return bench_run(bench);
}

/* SDM, IDIV: "Non-integral results are truncated towards 0. The remainder is always less than the divisor in
 * magnitude"; #DE "if the signed result is too large for the destination". */
static void idiv_of_64_bits_knows_its_largest_quotients(void)
{
    const uint64_t most = 1ull << 63;

    CHECK(divides(0, most, -1ull));             /* 2^63 / -1 just fits */
    CHECK(REG(RAX) == most && REG(RBX) == 0);
    CHECK(divides(-1ull, most, 1));
    CHECK(REG(RAX) == most && REG(RBX) == 0);
    CHECK(divides(0, most - 1, -1ull));
    CHECK(REG(RAX) == most + 1 && REG(RBX) == 0);
    CHECK(divides(-1ull, most, -2ull));
    CHECK(REG(RAX) == 1ull << 62 && REG(RBX) == 0);
    CHECK(divides(-1ull, -7ull, 2));
    CHECK(REG(RAX) == -3ull && REG(RBX) == -1ull);
    CHECK(!divides(-1ull, most, -1ull));        /* -2^63 / -1 does not */
    CHECK(!divides(0, most, 1));
    CHECK(!divides(-1ull, most - 1, 1));
    CHECK(!divides(most, 0, -1ull));
    CHECK(!divides(most, 0, 2));
    CHECK(!divides(0, 1, 0));
}

GUEST(shift_double_1, 64,
      "mov $0x80000000,%eax; xor %edx,%edx; shrd $1,%edx,%eax; pushf; pop %r8\n"
      "mov $0x80000000,%eax; mov $1,%edx; shrd $1,%edx,%eax; pushf; pop %r9; mov %eax,%ebx\n"
      "mov $1,%eax; mov $1,%edx; shrd $1,%edx,%eax; pushf; pop %r10\n"
      "mov $0x40000000,%eax; xor %edx,%edx; shld $1,%edx,%eax; pushf; pop %r11\n"
      "mov $0xc0000000,%eax; mov $-1,%edx; shld $1,%edx,%eax; pushf; pop %r12; hlt");

/* SDM, SHRD: "For a 1-bit shift, the OF flag is set if a sign change occurred; otherwise, it is cleared." */
static void double_shifts_by_1_tell_a_change_of_sign(void)
{
    bench_mode64(bench);
    LOAD(shift_double_1);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RBX), 0xc0000000);
    CHECK_EQ(REG(R8) & (FLAG_OF | FLAG_CF | FLAG_SF), FLAG_OF);
    CHECK_EQ(REG(R9) & (FLAG_OF | FLAG_CF | FLAG_SF), FLAG_SF);
    CHECK_EQ(REG(R10) & (FLAG_OF | FLAG_CF | FLAG_SF), FLAG_OF | FLAG_CF | FLAG_SF);
    CHECK_EQ(REG(R11) & (FLAG_OF | FLAG_CF | FLAG_SF), FLAG_OF | FLAG_SF);
    CHECK_EQ(REG(R12) & (FLAG_OF | FLAG_CF | FLAG_SF), FLAG_CF | FLAG_SF);
}

/* Sixteen branches, each right behind the operation `text`, note their condition in R9; the last flags go to R8. */
#define BRANCHES(name, text)                                                                            \
    GUEST(name, 64,                                                                                     \
          "xor %r9d,%r9d\n"                                                                             \
          ".set n, 0\n"                                                                                 \
          ".irp c, o,no,b,ae,e,ne,be,a,s,ns,p,np,l,ge,le,g\n"                                           \
          "mov %rsi,%rax; cmp %r9,%r9; " text "; j\\c 1f; jmp 2f; 1: bts $n,%r9; 2:\n"                  \
          ".set n, n + 1\n"                                                                             \
          ".endr\n"                                                                                     \
          "mov %rsi,%rax; cmp %r9,%r9; " text "; pushf; pop %r8; hlt")
BRANCHES(branch_cmp_1, "cmpb %bl,%al");
BRANCHES(branch_cmp_2, "cmpw %bx,%ax");
BRANCHES(branch_cmp_4, "cmpl %ebx,%eax");
BRANCHES(branch_cmp_8, "cmpq %rbx,%rax");
BRANCHES(branch_sub_1, "subb %bl,%al");
BRANCHES(branch_sub_2, "subw %bx,%ax");
BRANCHES(branch_sub_4, "subl %ebx,%eax");
BRANCHES(branch_sub_8, "subq %rbx,%rax");
BRANCHES(branch_test_1, "testb %bl,%al");
BRANCHES(branch_test_2, "testw %bx,%ax");
BRANCHES(branch_test_4, "testl %ebx,%eax");
BRANCHES(branch_test_8, "testq %rbx,%rax");
BRANCHES(branch_and_1, "andb %bl,%al");
BRANCHES(branch_and_2, "andw %bx,%ax");
BRANCHES(branch_and_4, "andl %ebx,%eax");
BRANCHES(branch_and_8, "andq %rbx,%rax");
BRANCHES(branch_add_1, "addb %bl,%al");
BRANCHES(branch_add_2, "addw %bx,%ax");
BRANCHES(branch_add_4, "addl %ebx,%eax");
BRANCHES(branch_add_8, "addq %rbx,%rax");
BRANCHES(branch_inc_1, "incb %al");
BRANCHES(branch_inc_2, "incw %ax");
BRANCHES(branch_inc_4, "incl %eax");
BRANCHES(branch_inc_8, "incq %rax");
BRANCHES(branch_dec_1, "decb %al");
BRANCHES(branch_dec_2, "decw %ax");
BRANCHES(branch_dec_4, "decl %eax");
BRANCHES(branch_dec_8, "decq %rax");
BRANCHES(branch_neg_1, "negb %al");
BRANCHES(branch_neg_2, "negw %ax");
BRANCHES(branch_neg_4, "negl %eax");
BRANCHES(branch_neg_8, "negq %rax");

/* SDM, appendix B.1.4.7: the condition `cond` of flags f. */
static bool condition(unsigned cond, uint64_t f)
{
    bool c = f & FLAG_CF, z = f & FLAG_ZF, s = f & FLAG_SF, o = f & FLAG_OF, p = f & FLAG_PF;
    const bool holds[8] = { o, c, z, c || z, s, p, s != o, z || s != o };

    return holds[cond / 2] != (cond & 1);
}

static void each_condition_follows_each_operation_in_each_size(void)
{
#define ENTRY(name) { name, name##_end }
    static const struct { const uint8_t *code, *end; } programs[] = {
        ENTRY(branch_cmp_1), ENTRY(branch_cmp_2), ENTRY(branch_cmp_4), ENTRY(branch_cmp_8),
        ENTRY(branch_sub_1), ENTRY(branch_sub_2), ENTRY(branch_sub_4), ENTRY(branch_sub_8),
        ENTRY(branch_test_1), ENTRY(branch_test_2), ENTRY(branch_test_4), ENTRY(branch_test_8),
        ENTRY(branch_and_1), ENTRY(branch_and_2), ENTRY(branch_and_4), ENTRY(branch_and_8),
        ENTRY(branch_add_1), ENTRY(branch_add_2), ENTRY(branch_add_4), ENTRY(branch_add_8),
        ENTRY(branch_inc_1), ENTRY(branch_inc_2), ENTRY(branch_inc_4), ENTRY(branch_inc_8),
        ENTRY(branch_dec_1), ENTRY(branch_dec_2), ENTRY(branch_dec_4), ENTRY(branch_dec_8),
        ENTRY(branch_neg_1), ENTRY(branch_neg_2), ENTRY(branch_neg_4), ENTRY(branch_neg_8),
    };
#undef ENTRY
    static const uint64_t values[] = {
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
        0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x8000000080008081,
    };
    const unsigned n_values = sizeof(values) / sizeof(values[0]);

    for (unsigned n = 0; n < sizeof(programs) / sizeof(programs[0]); n++) {
        bench_mode64(bench);
        bench_load(bench, BENCH_CODE, programs[n].code, programs[n].end - programs[n].code);
        for (unsigned k = 0; k < n_values * n_values; k++) {
            bench_mode64(bench);
            REG(RSI) = values[k / n_values];
            REG(RBX) = values[k % n_values];
            CHECK(bench_run(bench));
            for (unsigned cond = 0; cond < 16; cond++)
                CHECK_EQ(REG(R9) >> cond & 1, condition(cond, REG(R8)));
        }
    }
}

/* Real mode, each vector with a HLT of its own: the vector of the exception that ends the guest, or -1. */
static int vector_of(void)
{
    enum { HANDLERS = 0x8000 };

    for (unsigned n = 0; n < 32; n++) {
        memcpy(bench->ram + 4 * n, &(uint32_t){ HANDLERS << 12 | n }, 4);
        bench_load(bench, HANDLERS + n, "\xf4", 1);
    }
    CHECK(bench_run(bench));
    return bench->e->x.seg[CS].base == HANDLERS ? (int)bench->e->pc - 1 : -1;
}

GUEST(bounds, 16, "bound %ax,0x100; hlt");
GUEST(bounds_32, 16, "bound %eax,0x100; hlt");

/* SDM, BOUND: "if the index is not within bounds", #BR; both bounds are signed, and inside. */
static void bound_raises_br_outside_of_its_limits(void)
{
    static const struct { int32_t low, high, index; int vector; } cases[] = {
        { -5, 7, -5, -1 }, { -5, 7, 7, -1 }, { -5, 7, 0, -1 }, { -5, 7, -6, 5 }, { -5, 7, 8, 5 }, { 3, 3, 3, -1 },
        { 3, 3, 4, 5 }, { 3, 3, 2, 5 }, { 7, -5, 0, 5 },
    };

    for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        bench_mode16(bench);
        LOAD(bounds);
        memcpy(bench->ram + 0x40100, &(int16_t){ cases[k].low }, 2);
        memcpy(bench->ram + 0x40102, &(int16_t){ cases[k].high }, 2);
        REG(RAX) = (uint16_t)cases[k].index;
        CHECK_EQ(vector_of(), cases[k].vector);
        bench_mode16(bench);
        LOAD(bounds_32);
        memcpy(bench->ram + 0x40100, &cases[k].low, 4);
        memcpy(bench->ram + 0x40104, &cases[k].high, 4);
        REG(RAX) = (uint32_t)cases[k].index;
        CHECK_EQ(vector_of(), cases[k].vector);
    }
}

GUEST(bound_end, 16, "bound %ax,0xfffe; hlt");

/* SDM volume 3, 5.3: the whole operand, both bounds, has to lie inside the limit. */
static void bound_checks_the_limit_for_both_bounds(void)
{
    bench_mode16(bench);
    LOAD(bound_end);
    CHECK_EQ(vector_of(), VEC_GP);
}

GUEST(string_ends, 16, "mov $0xfffe,%di; mov $4,%cx; xor %si,%si; rep movsw; hlt");

/* SDM, MOVS with a 16-bit address size: DI wraps at 64K, and an element does not. */
static void a_word_string_goes_on_at_0_behind_ffff(void)
{
    bench_mode16(bench);
    LOAD(string_ends);
    for (unsigned n = 0; n < 8; n++)
        bench->ram[0x40000 + n] = n + 1;
    CHECK_EQ(vector_of(), -1);
    CHECK_EQ(REG(RDI) & 0xffff, 6);
    CHECK_EQ(REG(RCX) & 0xffff, 0);
    CHECK(!memcmp(bench->ram + 0x4fffe, "\1\2", 2));
    CHECK(!memcmp(bench->ram + 0x40000, "\3\4\5\6\7\x8\7\x8", 8));
}

GUEST(string_outside, 64,
      "mov $0x1000000-4096,%edi; mov $3000,%ecx; mov $0x1234,%ax; cld; rep stosw; mov %edi,%ebx; hlt");

/* Where no RAM is, elements go out one by one; the count and the index are the same. */
static void a_string_that_leaves_ram_goes_on_element_by_element(void)
{
    bench_mode64(bench);
    LOAD(string_outside);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RCX), 0);
    CHECK_EQ(REG(RBX), 0x1000000 - 4096 + 6000);
    CHECK(!memcmp(bench->ram + 0x1000000 - 4, "\x34\x12\x34\x12", 4));
}

GUEST(decimal, 32,
      "mov $0x79,%al; add $0x35,%al; daa; pushf; mov %eax,%ebx; mov $0x35,%al; sub $0x47,%al; das; pushf; mov %al,%bh\n"
      "mov $0x10a,%eax; test %al,%al; aaa; mov %eax,%esi; mov $0x200,%eax; sub $1,%al; aas; mov %eax,%edi\n"
      "mov $37,%eax; aam; mov %eax,%ebp; aad; pop %ecx; pop %edx; hlt");

static void decimal_adjustments_give_the_manuals_examples(void)
{
    bench_mode32(bench);
    LOAD(decimal);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RBX) & 0xffff, 0x8814);
    CHECK_EQ(REG(RDX) & (FLAG_CF | FLAG_AF), FLAG_CF | FLAG_AF);
    CHECK_EQ(REG(RCX) & (FLAG_CF | FLAG_AF), FLAG_CF | FLAG_AF);
    CHECK_EQ(REG(RSI), 0x200);
    CHECK_EQ(REG(RDI), 0x109);
    CHECK_EQ(REG(RBP), 0x307);
    CHECK_EQ(REG(RAX), 37);
}

GUEST(stack32, 32,
      "mov $1,%eax; mov $2,%ecx; mov $3,%edx; mov $4,%ebx; mov $5,%ebp; mov $6,%esi; mov $7,%edi; pusha\n"
      "mov 12(%esp),%eax; movl $8,4(%esp); popa; mov %esp,%edx; push %esp; pop %ecx\n"
      "pushl $0x12345678; popl 4(%esp); mov 4(%esp),%ebx; enter $16,$1; mov %esp,%edi; leave\n"
      "pushw $0x55; popw %si; hlt");

static void pusha_popa_enter_and_pop_to_the_stack(void)
{
    bench_mode32(bench);
    LOAD(stack32);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 1);
    CHECK_EQ(REG(RCX), BENCH_STACK);
    CHECK_EQ(REG(RDX), BENCH_STACK);
    CHECK_EQ(REG(RBX), 0x12345678);
    CHECK_EQ(REG(RDI), BENCH_STACK - 24);
    CHECK_EQ(REG(RSI), 0x55);
    CHECK_EQ(REG(RSP), BENCH_STACK);
}

enum { GDT = 0x6000, IDT = 0x7000, HANDLER = 0x12000 };

/* A GDT with the bench's code segment, and one 64-bit interrupt gate that leads to HANDLER. */
static void one_handler(unsigned vector, const void *code, size_t len)
{
    uint64_t *gdt = (uint64_t *)(bench->ram + GDT), *gate = (uint64_t *)(bench->ram + IDT + 16 * vector);

    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    memset(bench->ram + IDT, 0, 4096);
    gate[0] = (HANDLER & 0xffff) | 8ull << 16 | 0x8eull << 40 | (uint64_t)(HANDLER >> 16) << 48;
    bench->e->x.gdt = (struct x86_seg){ .base = GDT, .limit = 0x17 };
    bench->e->x.idt = (struct x86_seg){ .base = IDT, .limit = 0xfff };
    bench_load(bench, HANDLER, code, len);
}

GUEST(count_steps, 64, "incl %r15d; mov (%rsp),%r14; testl $0x100,16(%rsp); jz 1f; iretq; 1: iretq");
GUEST(stepped, 64,
      "pushfq; orl $0x100,(%rsp); popfq\n"
      "nop; mov $3,%ecx; 1: dec %ecx; jnz 1b\n"
      "pushfq; andl $~0x100,(%rsp); popfq; nop; hlt");

static void tf_traps_after_every_instruction_until_popf_clears_it(void)
{
    bench_mode64(bench);
    LOAD(stepped);
    one_handler(VEC_DB, count_steps, count_steps_end - count_steps);
    REG(R15) = 0;
    CHECK(bench_run(bench));
    CHECK_EQ(REG(R15), 1 + 1 + 6 + 2 + 1);
}

GUEST(note_ip, 64, "mov (%rsp),%r14; incl %r15d; iretq");
GUEST(shadow, 64, "sti; nop; nop; hlt");

static void an_interrupt_waits_for_the_instruction_after_sti(void)
{
    bench_mode64(bench);
    LOAD(shadow);
    one_handler(0x30, note_ip, note_ip_end - note_ip);
    REG(R15) = 0;
    bench->irq = 0x30;
    atomic_fetch_or(&bench->e->kick, KICK_IRQ);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(R15), 1);
    CHECK_EQ(REG(R14), BENCH_CODE + 2);
}

GUEST(shadow_loop, 64, "mov $100,%ecx; cli; sti; 1: jmp 2f; nop; 2: cmp $0,%r15d; je 1b; hlt");

static void a_branch_in_the_shadow_of_sti_does_not_lose_the_interrupt(void)
{
    bench_mode64(bench);
    LOAD(shadow_loop);
    one_handler(0x30, note_ip, note_ip_end - note_ip);
    for (unsigned n = 0; n < 3; n++) {
        REG(R15) = 0;
        bench->e->pc = BENCH_CODE;
        bench->e->x.halted = 0;
        bench->irq = 0x30;
        atomic_fetch_or(&bench->e->kick, KICK_IRQ);
        CHECK(bench_run(bench));
        CHECK_EQ(REG(R15), 1);
    }
}

GUEST(far_jump, 64, "mov $0x800000000000,%rax; jmp *%rax");
GUEST(take_gp, 64, "mov 8(%rsp),%r14; hlt");

static void a_jump_to_a_non_canonical_address_is_gp_at_the_jump(void)
{
    bench_mode64(bench);
    LOAD(far_jump);
    one_handler(VEC_GP, take_gp, take_gp_end - take_gp);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(R14), BENCH_CODE + 10);
}

GUEST(spin, 64, "1: inc %rax; jmp 1b");

static void *kick_later(void *opaque)
{
    while (!atomic_load_explicit((_Atomic uint64_t *)&REG(RAX), memory_order_relaxed))
        ;
    atomic_fetch_or(&bench->e->kick, KICK_EXIT);
    return NULL;
}

static void a_kick_gets_out_of_a_loop_of_linked_blocks(void)
{
    pthread_t thread;

    bench_mode64(bench);
    LOAD(spin);
    pthread_create(&thread, NULL, kick_later, NULL);
    soft_run(bench->e);
    pthread_join(thread, NULL);
    atomic_store(&bench->e->kick, 0);
    CHECK(REG(RAX) > 0);
    CHECK(bench->e->pc == BENCH_CODE || bench->e->pc == BENCH_CODE + 3);
}

GUEST(at_page_end, 64, "jmp 1f; .org at_page_end+0xffd; 1: mov $0x12345678,%eax; add $1,%eax; hlt");

static void an_instruction_may_span_two_pages(void)
{
    bench_mode64(bench);
    LOAD(at_page_end);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 0x12345679);
    bench_mode64(bench);
    bench_load(bench, BENCH_CODE + 0x1000, "\x21", 1);
    CHECK(bench_run(bench));
    CHECK_EQ(REG(RAX), 0x12215679);
}

GUEST(increment, 64,
      "mov $0x100000,%edi; mov $20000,%ecx\n"
      "1: lock incl (%rdi); lock addl $1,0xffe(%rdi); dec %ecx; jnz 1b; hlt");

GUEST(long_code, 64,
      "mov $30,%ecx\n"
      "1:\n.rept 800\ninc %eax; jmp 2f; 2:\n.endr\n"
      "dec %ecx; jnz 1b; hlt");

GUEST(wait_for_patch, 64, "1: call 0x11000-0x10000+wait_for_patch; cmp $77,%eax; jne 1b; hlt");
GUEST(make_patch, 64, "mov $200000,%ecx; 1: dec %ecx; jnz 1b; movl $77,0x11001; hlt");

static void *run_vcpu(void *opaque)
{
    soft_run(opaque);
    return NULL;
}

static void two_vcpus_lose_no_locked_increment(void)
{
    struct env *other = bench_vcpu_new(bench, 1);
    pthread_t thread;

    bench_mode64(bench);
    bench_mode64_vcpu(bench, other);
    memset(bench->ram + 0x100000, 0, 0x2000);
    LOAD(increment);
    pthread_create(&thread, NULL, run_vcpu, other);
    soft_run(bench->e);
    pthread_join(thread, NULL);
    CHECK_EQ(*(uint32_t *)(bench->ram + 0x100000), 40000);
    CHECK(!memcmp(bench->ram + 0x100ffe, bench->ram + 0x100000, 4));
    mmu_fini(other);
    free(other);
    bench->soft.n_vcpus = 1;
}

static void two_vcpus_share_an_arena_that_is_too_small(void)
{
    struct bench *small = bench_new(4 << 20, 32768);
    struct env *other = bench_vcpu_new(small, 1);
    pthread_t thread;

    bench_mode64(small);
    bench_mode64_vcpu(small, other);
    bench_load(small, BENCH_CODE, long_code, long_code_end - long_code);
    pthread_create(&thread, NULL, run_vcpu, other);
    soft_run(small->e);
    pthread_join(thread, NULL);
    CHECK_EQ(small->e->r[RAX], 24000);
    CHECK_EQ(other->r[RAX], 24000);
    CHECK(small->soft.flushes > 100);
    bench_free(small);
}

static void a_vcpu_sees_code_that_another_one_patched(void)
{
    struct bench *two = bench_new(4 << 20, 0);
    struct env *other = bench_vcpu_new(two, 1);
    pthread_t thread;

    bench_mode64(two);
    bench_mode64_vcpu(two, other);
    other->pc = BENCH_CODE + 0x2000;
    bench_load(two, BENCH_CODE, wait_for_patch, wait_for_patch_end - wait_for_patch);
    bench_load(two, BENCH_CODE + 0x2000, make_patch, make_patch_end - make_patch);
    bench_load(two, 0x11000, callee, sizeof(callee));
    pthread_create(&thread, NULL, run_vcpu, other);
    soft_run(two->e);
    pthread_join(thread, NULL);
    CHECK_EQ(two->e->r[RAX], 77);
    bench_free(two);
}

static void a_full_arena_is_flushed_and_filled_again(void)
{
    struct bench *small = bench_new(4 << 20, 16384);
    static uint8_t code[60000];

    for (unsigned n = 0; n + 3 <= sizeof(code); n += 3)
        memcpy(code + n, "\xff\xc0\x90", 3);    /* inc eax; nop */
    code[sizeof(code) - 1] = 0xf4;
    bench_mode64(small);
    bench_load(small, BENCH_CODE, code, sizeof(code));
    CHECK(bench_run(small));
    CHECK_EQ(small->e->r[RAX], sizeof(code) / 3);
    CHECK(small->soft.flushes > 10);
    bench_free(small);
}

GUEST(speed, 64,
      "mov $0x100000,%edi; xor %eax,%eax\n"
      "1: mov %ecx,%edx; and $0xff8,%edx; mov (%rdi,%rdx),%rsi; add %rax,%rsi; lea 3(%rsi,%rcx,2),%rax\n"
      "mov %rax,(%rdi,%rdx)\n"
      "test $7,%cl; jz 2f; shr $1,%rax; xor $0x55,%eax\n"
      "2: call 3f; cmp %rax,%rsi; cmovb %rsi,%r8; movzbl %al,%r9d; dec %ecx; jnz 1b; hlt\n"
      "3: push %rbx; mov 16(%rsp),%rbx; sub $1,%rbx; pop %rbx; ret");

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void mixed_code_runs_fast(void)
{
    uint64_t start, ns;         /* the figure is for the reader; a loaded machine makes no test fail */

    bench_mode64(bench);
    LOAD(speed);
    REG(RCX) = 3000000;
    bench->e->insns = 0;
    start = now_ns();
    CHECK(bench_run(bench));
    ns = now_ns() - start;
    printf("# %" PRIu64 " instructions, %.1f million a second\n", bench->e->insns, bench->e->insns * 1e3 / ns);
    CHECK(bench->e->insns > 50000000);
}

int main(int argc, char **argv)
{
    bench = bench_new(16 << 20, 0);
    TEST(dec_sets_zf_and_a_loop_ends);
    TEST(calls_and_returns_nest);
    TEST(calls_nest_in_32_bit_code_without_paging);
    TEST(real_mode_segments_wrap_at_64k);
    TEST(writes_of_32_bits_clear_the_upper_half_and_smaller_ones_keep_it);
    TEST(rep_strings_cross_pages_and_repeat_patterns);
    TEST(a_store_into_the_running_block_counts_for_the_next_instruction);
    TEST(code_in_another_page_may_be_patched_between_calls);
    TEST(locked_instructions_work_across_pages_too);
    TEST(arithmetic_sets_oszapc_as_the_manual_says);
    TEST(idiv_of_64_bits_knows_its_largest_quotients);
    TEST(double_shifts_by_1_tell_a_change_of_sign);
    TEST(each_condition_follows_each_operation_in_each_size);
    TEST(bound_raises_br_outside_of_its_limits);
    TEST(bound_checks_the_limit_for_both_bounds);
    TEST(a_word_string_goes_on_at_0_behind_ffff);
    TEST(a_string_that_leaves_ram_goes_on_element_by_element);
    TEST(decimal_adjustments_give_the_manuals_examples);
    TEST(pusha_popa_enter_and_pop_to_the_stack);
    TEST(tf_traps_after_every_instruction_until_popf_clears_it);
    TEST(an_interrupt_waits_for_the_instruction_after_sti);
    TEST(a_branch_in_the_shadow_of_sti_does_not_lose_the_interrupt);
    TEST(a_jump_to_a_non_canonical_address_is_gp_at_the_jump);
    TEST(a_kick_gets_out_of_a_loop_of_linked_blocks);
    TEST(an_instruction_may_span_two_pages);
    TEST(two_vcpus_lose_no_locked_increment);
    TEST(two_vcpus_share_an_arena_that_is_too_small);
    TEST(a_vcpu_sees_code_that_another_one_patched);
    TEST(a_full_arena_is_flushed_and_filled_again);
    if (test_long(argc, argv) || argc == 1)
        TEST(mixed_code_runs_fast);
    bench_free(bench);
    return test_end();
}
