/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native side of the instruction harness: see host-native.h
 *
 * Entry and exit are assembly that addresses the state page absolutely, since no register is free.
 * A fault leaves through the signal frame: the handler copies registers out of it and makes the
 * frame return to the exit's last part with a clean x87, MXCSR and flags.
 *
 * Invariant: guest code runs only between native_enter and native_leave, and `sandbox_active` says so.
 */
#include "tests/unit/host-native.h"

#include <asm/ldt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* The state page; offsets are known to the assembly. */
struct state {
    uint8_t fx[512];            /* 0 */
    uint64_t gpr[16];           /* 512: rax rcx rdx rbx rsp rbp rsi rdi r8.. */
    uint64_t rflags;            /* 640 */
    uint64_t host_rsp;          /* 648 */
    uint32_t entry, cs;         /* 656: far pointer to where to jump */
    uint64_t leave;             /* 664: address of native_leave */
    uint16_t ds, ss;            /* 672, 674 */
};

#define STATE ((struct state *)SANDBOX_STATE)

const uint8_t sandbox_layout[SANDBOX_PAGES] = {
    PAGE_RW, PAGE_RW, PAGE_RW, PAGE_NONE, PAGE_RO, PAGE_RW, PAGE_RO, PAGE_NONE,
};

enum { SEL_CODE64 = 0x33, SEL_CODE32 = 0x23, SEL_DATA = 0x2b, SEL_CODE16 = 0x07, SEL_DATA16 = 0x0f };
/* At the end of the code page: 64-bit code that leaves. */
enum { TRAMPOLINE = SANDBOX_PAGE - 64 };

static uint8_t *data_alias, *code_alias;
static bool has_ldt;
static volatile sig_atomic_t sandbox_active;
static struct cpu_result *fault_result;

void native_enter(void);
void native_leave(void);
void native_done(void);

__asm__(
    ".set S, 0x6a000000\n"
    ".text\n"
    ".globl native_enter\n.type native_enter, @function\n"
    "native_enter:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, S+648\n"
    "  fxrstor64 S\n"
    "  mov S+672, %ds\n  mov S+672, %es\n  mov S+674, %ss\n"
    "  push S+640\n  popfq\n"
    "  mov S+512, %rax\n  mov S+520, %rcx\n  mov S+528, %rdx\n  mov S+536, %rbx\n"
    "  mov S+544, %rsp\n  mov S+552, %rbp\n  mov S+560, %rsi\n  mov S+568, %rdi\n"
    "  mov S+576, %r8\n  mov S+584, %r9\n  mov S+592, %r10\n  mov S+600, %r11\n"
    "  mov S+608, %r12\n  mov S+616, %r13\n  mov S+624, %r14\n  mov S+632, %r15\n"
    "  ljmp *S+656\n"
    ".globl native_leave\n"
    "native_leave:\n"
    "  mov %rax, S+512\n  mov %rcx, S+520\n  mov %rdx, S+528\n  mov %rbx, S+536\n"
    "  mov %rsp, S+544\n  mov %rbp, S+552\n  mov %rsi, S+560\n  mov %rdi, S+568\n"
    "  mov %r8, S+576\n  mov %r9, S+584\n  mov %r10, S+592\n  mov %r11, S+600\n"
    "  mov %r12, S+608\n  mov %r13, S+616\n  mov %r14, S+624\n  mov %r15, S+632\n"
    "  mov S+648, %rsp\n"
    "  mov $0x2b, %eax\n  mov %eax, %ss\n"
    "  pushfq\n  pop S+640\n"
    "  fxsave64 S\n"
    ".globl native_done\n"
    "native_done:\n"
    "  mov S+648, %rsp\n"
    "  mov $0x2b, %eax\n  mov %eax, %ds\n  mov %eax, %es\n"
    "  fninit\n  push $0x1f80\n  ldmxcsr (%rsp)\n  add $8, %rsp\n  push $2\n  popfq\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbp\n  pop %rbx\n"
    "  ret\n");

static void copy_frame(const ucontext_t *uc, struct cpu_result *out)
{
    static const uint8_t order[16] = {
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
        REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
    };
    const greg_t *g = uc->uc_mcontext.gregs;

    for (unsigned n = 0; n < 16; n++)
        out->regs.gpr[n] = g[order[n]];
    out->regs.rip = g[REG_RIP] + ((g[REG_CSGSFS] & 0xffff) == SEL_CODE16 ? SANDBOX_CODE : 0);
    out->regs.rflags = g[REG_EFL];
    memcpy(out->regs.fx, uc->uc_mcontext.fpregs, 512);
    out->vector = (int)g[REG_TRAPNO];
    out->error = g[REG_ERR];
    out->cr2 = g[REG_CR2];
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;

    if (!sandbox_active) {
        signal(sig, SIG_DFL);
        return;
    }
    copy_frame(uc, fault_result);
    sandbox_active = 0;
    uc->uc_mcontext.fpregs->cwd = 0x37f;
    uc->uc_mcontext.fpregs->swd = 0;
    uc->uc_mcontext.fpregs->ftw = 0;
    uc->uc_mcontext.fpregs->mxcsr = 0x1f80;
    g[REG_RIP] = (greg_t)(uintptr_t)native_done;
    g[REG_RSP] = (greg_t)STATE->host_rsp;
    g[REG_CSGSFS] = (g[REG_CSGSFS] & 0x0000ffffffff0000) | SEL_CODE64 | (greg_t)SEL_DATA << 48;
    g[REG_EFL] = 0x202;
}

static bool map_sandbox(void)
{
    size_t bytes = SANDBOX_PAGES * SANDBOX_PAGE;
    int fd = memfd_create("sandbox", MFD_CLOEXEC);
    const int fixed = MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE;

    if (fd < 0 || ftruncate(fd, bytes + SANDBOX_PAGE))
        return false;
    data_alias = mmap(NULL, bytes + SANDBOX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (data_alias == MAP_FAILED)
        return false;
    memset(data_alias, 0x5a, bytes + SANDBOX_PAGE);
    code_alias = data_alias + bytes;
    for (unsigned n = 0; n < SANDBOX_PAGES; n++) {
        static const int prot[] = { PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE };

        if (mmap((void *)(SANDBOX_DATA + n * SANDBOX_PAGE), SANDBOX_PAGE, prot[sandbox_layout[n]], fixed, fd,
                 n * SANDBOX_PAGE) == MAP_FAILED)
            return false;
    }
    if (mmap((void *)SANDBOX_CODE, SANDBOX_PAGE, PROT_READ | PROT_EXEC, fixed, fd, bytes) == MAP_FAILED ||
        mmap(STATE, SANDBOX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
             0) == MAP_FAILED)
        return false;
    close(fd);
    return true;
}

static bool map_segments(void)
{
    struct user_desc code = { .entry_number = 0, .base_addr = SANDBOX_CODE, .limit = 0xffff, .contents = 2,
                              .useable = 1 };
    struct user_desc data = { .entry_number = 1, .base_addr = SANDBOX_DATA, .useable = 1,
                              .limit = SANDBOX_PAGES * SANDBOX_PAGE - 1 };

    return !syscall(SYS_modify_ldt, 1, &code, sizeof(code)) && !syscall(SYS_modify_ldt, 1, &data, sizeof(data));
}

bool native_has_mode(enum cpu_mode mode)
{
    return mode != CPU_16 || has_ldt;
}

bool native_init(void)
{
    static uint8_t signal_stack[1 << 18];
    static const uint8_t leave[] = { 0xff, 0x24, 0x25, 0x98, 0x02, 0x00, 0x6a };    /* jmp [S+664] */
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    stack_t stack = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };
    struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    if (sigaltstack(&stack, NULL) || !map_sandbox())
        return false;
    has_ldt = map_segments();
    memcpy(code_alias + TRAMPOLINE, leave, sizeof(leave));
    STATE->leave = (uintptr_t)native_leave;
    for (unsigned n = 0; n < sizeof(signals) / sizeof(signals[0]); n++)
        sigaction(signals[n], &act, NULL);
    return true;
}

uint8_t *native_data(void)
{
    return data_alias;
}

/* The code's end: 64-bit code jumps, other code makes a far jump to the trampoline. */
static void put_leave(enum cpu_mode mode, uint8_t *at)
{
    static const uint8_t jump64[] = { 0xff, 0x24, 0x25, 0x98, 0x02, 0x00, 0x6a };
    uint8_t far_jump[] = { 0x66, 0xea, TRAMPOLINE & 0xff, TRAMPOLINE >> 8, 0x00, 0x68, SEL_CODE64, 0 };

    if (mode == CPU_64)
        memcpy(at, jump64, sizeof(jump64));
    else if (mode == CPU_32)
        memcpy(at, far_jump + 1, sizeof(far_jump) - 1);
    else
        memcpy(at, far_jump, sizeof(far_jump));
}

void native_run(enum cpu_mode mode, const struct cpu_regs *in, const uint8_t *code, unsigned len,
                struct cpu_result *out)
{
    static const uint16_t code_sel[] = { SEL_CODE64, SEL_CODE32, SEL_CODE16 };
    uint8_t *at = code_alias + (in->rip - SANDBOX_CODE);

    memcpy(at, code, len);
    put_leave(mode, at + len);
    memcpy(STATE->fx, in->fx, 512);
    memcpy(STATE->gpr, in->gpr, sizeof(in->gpr));
    STATE->rflags = in->rflags;
    STATE->entry = in->rip - (mode == CPU_16 ? SANDBOX_CODE : 0);
    STATE->cs = code_sel[mode];
    STATE->ds = STATE->ss = mode == CPU_16 ? SEL_DATA16 : SEL_DATA;
    out->vector = -1;
    fault_result = out;
    sandbox_active = 1;
    native_enter();
    if (!sandbox_active)
        return;
    sandbox_active = 0;
    memcpy(out->regs.fx, STATE->fx, 512);
    memcpy(out->regs.gpr, STATE->gpr, sizeof(out->regs.gpr));
    out->regs.rflags = STATE->rflags;
    out->regs.rip = in->rip + len;
    out->error = out->cr2 = 0;
}
