/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an exit costs under KVM
 *
 * A small guest does the same access a number of times; nanoseconds are of the wall clock, from the first exit to
 * the last, with the guest's loop around it.  The ports and the page belong to a device that counts.
 *
 *     kvm-exits [THOUSANDS]
 */
#include "tests/unit/kvm-rig.h"

#include <time.h>

#define LOOP(text) "mov 0x5000,%ecx; mov $0x500,%edx; mov $0xe0000000,%ebx\n1: " text "; dec %ecx; jnz 1b\n" \
                   "mov $0x510,%dx; out %al,%dx; cli; 9: hlt; jmp 9b"
GUEST(nothing, 32, LOOP("nop"));
GUEST(out, 32, LOOP("out %al,%dx"));
GUEST(in, 32, LOOP("in %dx,%al"));
GUEST(mmio_write, 32, LOOP("mov %eax,(%ebx)"));
GUEST(mmio_read, 32, LOOP("mov (%ebx),%eax"));

struct program { const char *name; const uint8_t *code, *end; };
#define PROGRAM(name) { #name, name, name##_end }
static const struct program programs[] = {
    PROGRAM(nothing), PROGRAM(out), PROGRAM(in), PROGRAM(mmio_write), PROGRAM(mmio_read),
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* 0: no KVM here. */
static double run(const struct program *p, const char *irqchip, uint32_t times)
{
    uint64_t begin;

    if (!rig_new(irqchip, 1, p->code, p->end))
        return 0;
    machine_reset(rig.m, true);
    guest_put(DATA, &times, 4);
    begin = now_ns();
    CHECK(!machine_start(rig.m, NULL));
    while (!rig.finished)
        loop_turn(rig.loop, 1);
    begin = now_ns() - begin;
    rig_free();
    return (double)begin / times;
}

int main(int argc, char **argv)
{
    static const char *const modes[] = { "off", "split", "on" };
    uint32_t thousands = argc > 1 ? atoi(argv[1]) : 20;

    epoch_thread_init();
    for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        for (unsigned mode = 0; mode < 3; mode++) {
            double ns = run(&programs[i], modes[mode], 1000 * thousands);

            if (!ns) {
                printf("kvm-exits: %s\n", test_skipped);
                return 0;
            }
            printf("%-12s irqchip=%-6s %9.0f ns\n", programs[i].name, modes[mode], ns);
        }
    epoch_thread_fini();
    return 0;
}
