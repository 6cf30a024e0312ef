/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/soft-cpus.h"

/*
 * Code that is overwritten: by itself, through another address, by a device, by another processor
 *
 * Intel SDM volume 3, 12.6 (self-modifying code) and 9.1.3 (self- and cross-modifying code): a processor executes
 * its own stores at once; another one's from the next serialising event on that comes after them, and a store that
 * is not waited for may be executed in its old or its new form, but in no other.
 */

static bool long_form;

static struct cpus *one_cpu(void)
{
    return cpus_new(1, 0);
}

#define RUN(c, name)                                    \
    do {                                                \
        CPUS_LOAD(c, 0, name, BENCH_CODE);              \
        cpus_run(c);                                    \
        CHECK(!(c)->b->shutdown);                       \
    } while (0)
#define REG(c, n) ((c)->cpu[0].e->r[n])

GUEST(next_insn, "movl $42,1f+1(%rip); 1: mov $1,%eax; hlt");
GUEST(next_byte, "movb $0x90,1f(%rip); 1: hlt; mov $7,%eax; hlt");
GUEST(next_push, "lea 1f+8(%rip),%rsp; movabs $0x9090f40000002ab8,%rcx; push %rcx; 1: mov $41,%eax; hlt; nop; nop");
GUEST(next_rmw, "incl 1f+1(%rip); 1: mov $41,%eax; hlt");
GUEST(next_locked, "lock incl 1f+1(%rip); 1: mov $41,%eax; hlt");
GUEST(next_xchg, "mov $42,%ecx; xchg %ecx,1f+1(%rip); 1: mov $41,%eax; hlt");
GUEST(next_xadd, "mov $1,%ecx; lock xadd %ecx,1f+1(%rip); 1: mov $41,%eax; hlt");
GUEST(next_cmpxchg, "mov $41,%eax; mov $42,%ecx; lock cmpxchg %ecx,1f+1(%rip); 1: mov $41,%eax; hlt");
GUEST(next_sse, "movups 2f(%rip),%xmm0; movups %xmm0,1f(%rip); jmp 1f; 1: mov $41,%eax; hlt; .skip 10,0xf4\n"
                "2: mov $42,%eax; hlt; .skip 10,0xf4");
GUEST(next_stos, "lea 1f+1(%rip),%rdi; mov $42,%eax; stosl; 1: mov $41,%eax; hlt");
GUEST(next_movs, "lea 2f(%rip),%rsi; lea 1f(%rip),%rdi; mov $6,%ecx; rep movsb; 1: mov $41,%eax; hlt\n"
                 "2: mov $42,%eax; hlt");
GUEST(next_rep_stos, "lea 1f(%rip),%rdi; mov $0x90,%eax; mov $64,%ecx; rep stosb\n"
                     "1: .skip 64,0xf4; mov $42,%eax; hlt");

static void a_store_to_the_next_instruction_is_executed(void)
{
    static const struct { const char *name; const uint8_t *code, *end; unsigned want; } kinds[] = {
        { "mov", next_insn, next_insn_end, 42 }, { "mov byte", next_byte, next_byte_end, 7 },
        { "inc", next_rmw, next_rmw_end, 42 }, { "lock inc", next_locked, next_locked_end, 42 },
        { "xchg", next_xchg, next_xchg_end, 42 }, { "xadd", next_xadd, next_xadd_end, 42 },
        { "cmpxchg", next_cmpxchg, next_cmpxchg_end, 42 }, { "movups", next_sse, next_sse_end, 42 },
        { "stos", next_stos, next_stos_end, 42 }, { "rep movs", next_movs, next_movs_end, 42 },
        { "rep stos", next_rep_stos, next_rep_stos_end, 42 }, { "push", next_push, next_push_end, 42 },
    };

    for (unsigned n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
        struct cpus *c = one_cpu();

        cpus_start(c, 0, kinds[n].code, kinds[n].end - kinds[n].code, BENCH_CODE);
        cpus_run(c);
        printf("# %s\n", kinds[n].name);
        CHECK(!c->b->shutdown);
        CHECK_EQ(REG(c, RAX), kinds[n].want);
        cpus_free(c);
    }
}

GUEST(own_block, "mov $5,%ecx; 1: mov $1,%eax; add %eax,%ebx; incl 1b+1(%rip); dec %ecx; jnz 1b; hlt");

static void a_loop_may_rewrite_its_own_first_instruction(void)
{
    struct cpus *c = one_cpu();

    RUN(c, own_block);
    CHECK_EQ(REG(c, RBX), 1 + 2 + 3 + 4 + 5);
    cpus_free(c);
}

/* mov $imm,%eax lies over the end of a page: opcode and one byte before, three bytes after it. */
GUEST(over_the_end,
      "mov $40,%ecx; 1: call 2f; add %rax,%rbx; incb 2f+1(%rip); incb 2f+3(%rip); dec %ecx; jnz 1b; hlt\n"
      ".org over_the_end+0xffe; 2: mov $0x010001,%eax; ret");

static void an_instruction_over_two_pages_may_be_rewritten_in_either(void)
{
    struct cpus *c = one_cpu();
    uint64_t sum = 0;

    for (unsigned n = 0; n < 40; n++)
        sum += 0x010001 * (n + 1);
    RUN(c, over_the_end);
    CHECK_EQ(REG(c, RBX), sum);
    cpus_free(c);
}

/* The second page of that instruction is exchanged by the page tables. */
GUEST(remapped_end,
      "call 2f; mov %eax,%ebx; movq $0x13003,0x5088; invlpg 0x11000; call 2f; hlt\n"
      ".org remapped_end+0xffe; 2: mov $0x010001,%eax; ret");

static void an_instruction_over_two_pages_is_fetched_anew_when_the_second_is_remapped(void)
{
    struct cpus *c = one_cpu();
    uint64_t *pd = (uint64_t *)(c->b->ram + BENCH_TABLES + 0x2000), *pt = (uint64_t *)(c->b->ram + 0x5000);

    CPUS_LOAD(c, 0, remapped_end, BENCH_CODE);
    for (unsigned n = 0; n < 512; n++)
        pt[n] = n << 12 | 3;
    pd[0] = 0x5003;
    bench_load(c->b, 0x13000, "\x02\x00\x00\xc3", 4);
    cpus_run(c);
    CHECK_EQ(REG(c, RBX), 0x010001);
    CHECK_EQ(REG(c, RAX), 0x000201);
    cpus_free(c);
}

/* Physical page 0x11000 seen at 512 MiB too. */
GUEST(by_alias,
      "mov $100,%ecx; 1: call 0x11000-0x10000+by_alias; add %eax,%ebx; mov %ecx,0x20011001; dec %ecx; jnz 1b; hlt");
GUEST(at_alias,
      "mov $0x20011000,%edi; mov $100,%ecx; 1: call *%rdi; add %eax,%ebx; mov %ecx,0x11001; dec %ecx; jnz 1b; hlt");
GUEST(callee, "mov $0,%eax; ret");

static void code_may_be_written_through_another_linear_address(void)
{
    struct cpus *c = one_cpu();

    for (unsigned n = 0; n < 2; n++) {
        if (n)
            CPUS_LOAD(c, 0, at_alias, BENCH_CODE);
        else
            CPUS_LOAD(c, 0, by_alias, BENCH_CODE);
        ((uint64_t *)(c->b->ram + BENCH_TABLES + 0x2000))[256] = 0x83;
        bench_load(c->b, 0x11000, callee, 6);
        cpus_run(c);
        CHECK_EQ(REG(c, RBX), 5050 - 1);
        CHECK(c->b->soft.blocks_killed >= 100);
    }
    cpus_free(c);
}

GUEST(by_device, "mov $100,%ecx; 1: mov %ecx,%eax; out %eax,$0x80; mov $0,%eax; add %eax,%ebx; dec %ecx; jnz 1b; hlt");

static void device_writes(struct cpus *c, uint64_t value)
{
    uint32_t v = value;

    bench_load(c->b, BENCH_CODE + 5 + 2 + 2 + 1, &v, 4);
}

static void a_device_may_write_the_instruction_after_the_one_that_asked_for_it(void)
{
    struct cpus *c = one_cpu();

    c->hook = device_writes;
    RUN(c, by_device);
    CHECK_EQ(REG(c, RBX), 5050);
    cpus_free(c);
}

GUEST(next_to_code,
      "mov $1000,%ecx; 1: incl 2f(%rip); lock incl 2f(%rip); mov 2f(%rip),%eax; dec %ecx; jnz 1b; hlt; 2: .long 0");

static void data_beside_code_may_be_written_without_building_the_code_again(void)
{
    struct cpus *c = one_cpu();
    uint64_t built;

    RUN(c, next_to_code);
    CHECK_EQ(REG(c, RAX), 2000);
    built = c->b->soft.blocks_built;
    CHECK_EQ(c->b->soft.blocks_killed, 0);
    CHECK(built < 10);
    cpus_free(c);
}

/* The same linear address in two address spaces, each time with other code. */
GUEST(two_spaces,
      "mov $100,%ecx; mov $0x1000,%esi; mov $0x8000,%edi; mov $0x20011000,%edx\n"
      "1: mov %rsi,%cr3; call *%rdx; add %eax,%ebx; mov %rdi,%cr3; call *%rdx; add %eax,%ebx; dec %ecx; jnz 1b; hlt");

static void a_load_of_cr3_exchanges_the_code_behind_an_address(void)
{
    struct cpus *c = one_cpu();
    uint8_t *ram = c->b->ram;

    CPUS_LOAD(c, 0, two_spaces, BENCH_CODE);
    memcpy(ram + 0x8000, ram + 0x1000, 0x3000);
    *(uint64_t *)(ram + 0x8000) = 0x9003;
    *(uint64_t *)(ram + 0x9000) = 0xa003;
    *(uint64_t *)(ram + 0x3000 + 256 * 8) = 0x83;
    *(uint64_t *)(ram + 0xa000 + 256 * 8) = 0x200083;
    bench_load(c->b, 0x11000, "\xb8\1\0\0\0\xc3", 6);
    bench_load(c->b, 0x211000, "\xb8\0\1\0\0\xc3", 6);
    cpus_run(c);
    CHECK_EQ(REG(c, RBX), 100 * 0x101);
    cpus_free(c);
}

/*
 * Cross-modifying.  vCPU 0 patches the function at %rbx, others call it and check what it answered: the number of
 * a patch, not older than the last one that was complete before the call, not newer than the last one that was begun
 * before the return.
 */
enum {
    STARTED = 0x100000, DONE = 0x100008, ACKS = 0x100010, WRONG = 0x100018, CALLS = 0x100020, TRAPS = 0x100028,
    STOP = 0x100030, PATCHER = 0x14000, ON_IPI = 0x16000, ON_BP = 0x16800,
};

#define CALLER(name, prepare, call)                                                                             \
    GUEST(name,                                                                                                 \
          "sti; 1: mov 0x100008,%r8d\n" prepare "\nxor %eax,%eax\n" call "\nmov 0x100000,%r9d\n"                \
          "cmp %r8d,%eax; jb 3f; cmp %r9d,%eax; ja 3f\n"                                                        \
          "2: lock incl 0x100020; cmpl $0,0x100030; je 1b; cli; hlt\n"                                          \
          "3: lock incl 0x100018; jmp 2b\n"                                                                     \
          ".org " #name "+0x800; 7: mov $0,%eax; ret; nop; nop")
CALLER(caller, "", "call *%rbx");
CALLER(caller_near, "", "call 7f");
CALLER(caller_serialised, "mov %rbx,%r14; xor %eax,%eax; cpuid; mov %r14,%rbx", "call *%rbx");

GUEST(on_ipi, "push %rax; push %rbx; push %rcx; push %rdx; xor %eax,%eax; cpuid; lock incl 0x100010\n"
              "pop %rdx; pop %rcx; pop %rbx; pop %rax; iretq");
GUEST(on_bp, "lock incl 0x100028; decq (%rsp); out %al,$0x81; iretq");

/* Sends an interrupt to each of the %r15d other vCPUs and waits until all have answered. */
#define SYNC                                                                                                    \
    "\n8: mov 0x100010,%ecx; add %r15d,%ecx; mov $0x101,%edx; mov %r15d,%eax; 9: out %al,(%dx); inc %edx\n"     \
    "dec %eax; jnz 9b; 9: out %al,$0x81; cmp %ecx,0x100010; jne 9b; ret\n"
#define PATCH_LOOP(body)                                                                                        \
    "mov $1,%r12d; 1: mov %r12d,0x100000\n" body "\nmov %r12d,0x100008; inc %r12d\n"                            \
    "cmp %r13d,%r12d; jbe 1b; movl $1,0x100030; hlt" SYNC

GUEST(patch_by_trap, PATCH_LOOP("movb $0xcc,(%rbx); call 8f; mov %r12d,1(%rbx); call 8f; movb $0xb8,(%rbx); call 8f"));
GUEST(patch_at_once, PATCH_LOOP("mov %r12d,%esi; shl $8,%rsi; mov $0x9090c3,%eax; shl $40,%rax; or %rax,%rsi\n"
                                "or $0xb8,%rsi; mov %rsi,(%rbx); call 8f"));
/* No interrupt: the callers serialise by themselves (9.1.3's second algorithm).  Waits for a call in between. */
GUEST(patch_freely, PATCH_LOOP("mov %r12d,%esi; shl $8,%rsi; mov $0x9090c3,%eax; shl $40,%rax; or %rax,%rsi\n"
                               "or $0xb8,%rsi; mov %rsi,(%rbx); mov %r12d,0x100008; mov 0x100020,%ecx\n"
                               "4: out %al,$0x81; cmp %ecx,0x100020; je 4b"));

static void put_function(struct cpus *c, uint64_t at)
{
    bench_load(c->b, at, "\xb8\0\0\0\0\xc3\x90\x90", 8);
}

static void cross_modify(unsigned n, const uint8_t *call, const uint8_t *patch, uint64_t at, unsigned rounds)
{
    struct cpus *c = cpus_new(n, 0);

    memset(c->b->ram + STARTED, 0, 64);
    CPUS_HANDLER(c, CPUS_VECTOR, on_ipi, ON_IPI);
    CPUS_HANDLER(c, VEC_BP, on_bp, ON_BP);
    cpus_start(c, 0, patch, 512, PATCHER);
    for (unsigned i = 1; i < n; i++)
        cpus_start(c, i, i == 1 ? call : NULL, 0x808, BENCH_CODE);
    put_function(c, at);
    for (unsigned i = 0; i < n; i++) {
        c->cpu[i].e->r[RBX] = at;
        c->cpu[i].e->r[R13] = rounds;
        c->cpu[i].e->r[R15] = n - 1;
    }
    cpus_run(c);
    CHECK(!c->b->shutdown);
    CHECK_EQ(cpus_get(c, DONE), rounds);
    CHECK_EQ(cpus_get(c, WRONG), 0);
    CHECK(cpus_get(c, CALLS) > 0);
    printf("# %u calls, %u traps\n", cpus_get(c, CALLS), cpus_get(c, TRAPS));
    cpus_free(c);
}

static unsigned rounds(unsigned few)
{
    return long_form ? 10000 : few;
}

static void an_instruction_is_exchanged_behind_a_breakpoint_and_three_interrupts(void)
{
    cross_modify(2, caller, patch_by_trap, 0x11000, rounds(120));
    cross_modify(2, caller_near, patch_by_trap, BENCH_CODE + 0x800, rounds(120));
    cross_modify(2, caller, patch_by_trap, 0x1103e, rounds(60));
    cross_modify(2, caller, patch_by_trap, 0x11ffe, rounds(60));
    cross_modify(2, caller, patch_by_trap, 0x11fff, rounds(60));
    cross_modify(3, caller, patch_by_trap, 0x11000, rounds(100) / 10);
}

static void an_aligned_store_over_an_instruction_holds_after_one_interrupt(void)
{
    cross_modify(2, caller, patch_at_once, 0x11000, rounds(200));
    cross_modify(2, caller_near, patch_at_once, BENCH_CODE + 0x800, rounds(200));
    cross_modify(3, caller, patch_at_once, 0x11038, rounds(100) / 10);
}

static void a_caller_that_serialises_after_it_saw_the_flag_runs_the_new_code(void)
{
    cross_modify(2, caller_serialised, patch_freely, 0x11000, rounds(300));
    cross_modify(2, caller_serialised, patch_freely, 0x11ff8, rounds(300));
}

/* A jump label: five bytes that are a NOP for even patches and a jump for odd ones. */
GUEST(label_caller,
      "sti; 1: mov 0x100008,%r8d; call *%rbx; mov 0x100000,%r9d; cmp $1,%eax; ja 3f; cmp %r8d,%r9d; jne 2f\n"
      "and $1,%r8d; cmp %r8d,%eax; jne 3f\n"
      "2: lock incl 0x100020; cmpl $0,0x100030; je 1b; cli; hlt\n"
      "3: lock incl 0x100018; jmp 2b");
GUEST(label, "1: .byte 0x0f,0x1f,0x44,0,0; mov $0,%eax; ret; .org label+0x40; mov $1,%eax; ret");
/* e9 3b 00 00 00 and 0f 1f 44 00 00, by the trap protocol */
GUEST(patch_label,
      PATCH_LOOP("movb $0xcc,(%rbx); call 8f; mov $0x3b,%eax; mov $0xe9,%edi; test $1,%r12b; jnz 5f\n"
                 "mov $0x441f,%eax; mov $0x0f,%edi; 5: mov %eax,1(%rbx); call 8f; mov %dil,(%rbx); call 8f"));

static void a_jump_label_switches_between_nop_and_jump(void)
{
    static const uint64_t at[] = { 0x11000, 0x11ffc };

    for (unsigned n = 0; n < 2; n++) {
        struct cpus *c = cpus_new(2, 0);

        memset(c->b->ram + STARTED, 0, 64);
        CPUS_HANDLER(c, CPUS_VECTOR, on_ipi, ON_IPI);
        CPUS_HANDLER(c, VEC_BP, on_bp, ON_BP);
        CPUS_LOAD(c, 0, patch_label, PATCHER);
        CPUS_LOAD(c, 1, label_caller, BENCH_CODE);
        bench_load(c->b, at[n], label, label_end - label);
        for (unsigned i = 0; i < 2; i++) {
            c->cpu[i].e->r[RBX] = at[n];
            c->cpu[i].e->r[R13] = rounds(120);
            c->cpu[i].e->r[R15] = 1;
        }
        cpus_run(c);
        CHECK(!c->b->shutdown);
        CHECK_EQ(cpus_get(c, DONE), rounds(120));
        CHECK_EQ(cpus_get(c, WRONG), 0);
        printf("# %u calls, %u traps\n", cpus_get(c, CALLS), cpus_get(c, TRAPS));
        cpus_free(c);
    }
}

/* Two vCPUs run the same code and store beside it all the time, in a cache that is too small for it. */
GUEST(crowded,
      "mov $5,"
      "%ecx; 1:\n.rept 200\nlock incl 9f(%rip); jmp 2f; 2:\n.endr\ndec %ecx; jnz 1b; hlt; .p2align 2; 9: .long 0");

static void stores_beside_code_are_kept_while_the_cache_is_flushed(void)
{
    struct cpus *c = cpus_new(2, 65536);

    for (unsigned n = 0; n < 2; n++)
        CPUS_LOAD(c, n, crowded, BENCH_CODE);
    cpus_run(c);
    CHECK(c->b->soft.flushes > 1);
    CHECK_EQ(cpus_get(c, BENCH_CODE + (crowded_end - crowded) - 4), 2 * 5 * 200);
    cpus_free(c);
}

int main(int argc, char **argv)
{
    long_form = test_long(argc, argv);
    TEST(a_store_to_the_next_instruction_is_executed);
    TEST(a_loop_may_rewrite_its_own_first_instruction);
    TEST(an_instruction_over_two_pages_may_be_rewritten_in_either);
    TEST(an_instruction_over_two_pages_is_fetched_anew_when_the_second_is_remapped);
    TEST(code_may_be_written_through_another_linear_address);
    TEST(a_device_may_write_the_instruction_after_the_one_that_asked_for_it);
    TEST(data_beside_code_may_be_written_without_building_the_code_again);
    TEST(a_load_of_cr3_exchanges_the_code_behind_an_address);
    TEST(an_instruction_is_exchanged_behind_a_breakpoint_and_three_interrupts);
    TEST(an_aligned_store_over_an_instruction_holds_after_one_interrupt);
    TEST(a_caller_that_serialises_after_it_saw_the_flag_runs_the_new_code);
    TEST(a_jump_label_switches_between_nop_and_jump);
    TEST(stores_beside_code_are_kept_while_the_cache_is_flushed);
    return test_end();
}
