/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bench for option ROMs: the software CPU, RAM, fw_cfg, and a firmware of three services
 *
 * The ROM lies at D0000h. INT 10h keeps what it shows at SHOWN, INT 12h says 639 KiB, INT 15h gives the memory map.
 * Guests store what they found from FOUND on and set DONE last; a ROM that gives up shows its text and halts.
 */

#include "firmware/option-rom.h"
#include "hw/i386/board.h"
#include "hw/i386/kernel-image.h"
#include "lib/error.h"
#include "tests/unit/tcg-bench.h"

enum { ROM_RAM = 4 << 20, ROM_AT = 0xd0000, BIOS_AT = 0xf0000, FOUND = 0x500, DONE = 0x5f0, SHOWN_N = 0x600,
       SHOWN = 0x602, RSDP_AT = 0xf4000 };

/* INT 10h at 0, INT 12h at 40h, INT 15h at 60h, the map's two lines at C0h. */
GUEST(bios, 16,
      "bios_10: pushw %ds; pushw %bx; xorw %bx,%bx; movw %bx,%ds; movw 0x600,%bx; movb %al,0x602(%bx); incw 0x600\n"
      "cmpw $0x0a0d,0x601(%bx); jne 1f; movl $1,0x5f0; 1: popw %bx; popw %ds; iretw\n"
      ".org bios_10 + 0x40; movw $639,%ax; iretw\n"
      ".org bios_10 + 0x60; cmpl $0xe820,%eax; jne 2f; cmpl $0x534d4150,%edx; jne 2f; cmpl $20,%ecx; jb 2f\n"
      "cmpb $0,%cs:0xff; jne 2f; pushw %si; pushw %di; imulw $20,%bx,%si; addw $0xc0,%si; movw $20,%cx\n"
      "cld; rep movsb %cs:(%si),%es:(%di)\n"
      "popw %di; popw %si; movl $20,%ecx; movl $0x534d4150,%eax; incl %ebx; cmpw $2,%bx; jb 3f; xorl %ebx,%ebx\n"
      "3: clc; lretw $2; 2: stc; lretw $2\n"
      ".org bios_10 + 0xc0; .quad 0, 0x9fc00; .long 1; .quad 0x100000, 0x2f0000; .long 1\n"
      ".org bios_10 + 0x100");
enum { BIOS_NO_MAP = BIOS_AT + 0xff };  /* not 0: INT 15h refuses */

struct rom_bench {
    struct loop *loop;
    struct machine *m;
    struct ram_block *ram;
    struct region region;
    struct device *fw_cfg;
    const struct option_rom *rom;
};

static struct rom_bench rb;

static inline uint32_t rom_word(uint64_t gpa)
{
    uint32_t v;

    memcpy(&v, rb.ram->host + gpa, 4);
    return v;
}

static inline void rom_put(uint64_t gpa, const void *bytes, size_t n)
{
    memcpy(rb.ram->host + gpa, bytes, n);
}

static inline unsigned rom_entry(const struct option_rom *rom)
{
    unsigned pnp = rom->bytes[0x1a] | rom->bytes[0x1b] << 8;

    return rom->bytes[pnp + 0x1a] | rom->bytes[pnp + 0x1b] << 8;
}

static inline void rom_reset_boot(struct machine *m)
{
    struct x86_state st;

    x86_state_reset(&st, m->cpu_model, true);
    st.seg[CS].sel = ROM_AT >> 4;
    st.seg[CS].base = ROM_AT;
    st.seg[SS].sel = 0;
    st.gpr[RSP] = 0x7000;
    st.rip = rom_entry(rb.rom);
    m->accel->ops->vcpu_put(m->vcpus[0], &st);
}

static inline void rom_memory_fill(void)
{
    static const struct { unsigned vector, at; } services[] = { { 0x10, 0 }, { 0x12, 0x40 }, { 0x15, 0x60 } };

    for (unsigned i = 0; i < 3; i++)
        rom_put(4 * services[i].vector, (uint16_t[]){ services[i].at, BIOS_AT >> 4 }, 4);
    memset(rb.ram->host + FOUND, 0xee, DONE - FOUND);
    rom_put(0x40e, (uint16_t[]){ 0x9fc0 }, 2);
    rom_put(BIOS_AT, bios, bios_end - bios);
    rom_put(ROM_AT, rb.rom->bytes, rb.rom->end - rb.rom->bytes);
}

/* A machine in which kernel_add() or a test then fills fw_cfg. */
static inline void rom_bench_init(const char *rom)
{
    struct machine *m;

    rb = (struct rom_bench){ .rom = option_rom_find(rom) };
    CHECK(rb.rom);
    m = rb.m = tcg_machine_new(&rb.loop, 1);
    rb.ram = ram_region_new(m, &rb.region, "pc.ram", ROM_RAM);
    region_map(m, &m->memory, 0, &rb.region, 0);
    rom_memory_fill();
    tcg_cpus_start(m);
    CHECK(!fw_cfg_new(m, &rb.fw_cfg, NULL));
    m->reset_boot = rom_reset_boot;
}

/* Runs the ROM until a guest or a message has ended; the test's time limit ends what never happens. */
static inline void rom_bench_run(void)
{
    machine_reset(rb.m, true);
    CHECK(!machine_start(rb.m, NULL));
    WAIT_FOR(*(volatile uint8_t *)(rb.ram->host + DONE));
    machine_stop(rb.m, RUN_PAUSED, NULL);
}

static inline void rom_bench_fini(void)
{
    region_drop(rb.m, &rb.region);
    machine_free(rb.m);
    loop_free(rb.loop);
}
