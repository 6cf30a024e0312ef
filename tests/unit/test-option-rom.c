/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/option-rom.h"

/* Our option ROMs: what firmware looks for in them, and what they do when it calls them. */

#include "tests/unit/elf-file.h"
#include "tests/unit/rom-bench.h"

static const char *const names[] = { "linuxboot_dma.bin", "multiboot_dma.bin", "pvh.bin" };
enum { ROMS = sizeof(names) / sizeof(names[0]) };

static uint8_t sum(const uint8_t *p, size_t n)
{
    uint8_t s = 0;

    while (n--)
        s += *p++;
    return s;
}

/* BIOS Boot Specification 3.3: 55h AAh, length in units of 512 bytes; the sum of all bytes is zero. */
static void a_rom_has_signature_length_and_checksum(void)
{
    for (unsigned i = 0; i < ROMS; i++) {
        const struct option_rom *rom = option_rom_find(names[i]);

        CHECK(rom && rom->bytes[0] == 0x55 && rom->bytes[1] == 0xaa);
        CHECK_EQ(rom->bytes[2] * 512, rom->end - rom->bytes);
        CHECK_EQ(sum(rom->bytes, rom->end - rom->bytes), 0);
    }
    CHECK(!option_rom_find("nosuch") && !option_rom_find(""));
}

/* Plug and Play BIOS 1.0A, 3.2: the expansion header, whose boot entry vector is what starts the kernel. */
static void a_rom_names_its_boot_entry_in_a_pnp_header(void)
{
    for (unsigned i = 0; i < ROMS; i++) {
        const struct option_rom *rom = option_rom_find(names[i]);
        const uint8_t *pnp = rom->bytes + bits_load(rom->bytes + 0x1a, 2);

        CHECK(!memcmp(pnp, "$PnP\1\2", 6) && bits_load(pnp + 6, 2) == 0);
        CHECK_EQ(sum(pnp, 32), 0);
        CHECK_EQ(bits_load(pnp + 0x16, 4), 0);          /* neither connection nor disconnect vector */
        CHECK(rom_entry(rom) > 0x1c && rom_entry(rom) < rom->end - rom->bytes);
        CHECK_STR((const char *)rom->bytes + bits_load(pnp + 0x0e, 2), "Rhea");
        CHECK(strstr((const char *)rom->bytes + bits_load(pnp + 0x10, 2), "loader"));
        CHECK_EQ(bits_load(rom->bytes + 0x18, 2), 0);   /* no PCI data structure */
    }
}

static void kernel_run(const char *append, enum kernel_kind kind)
{
    struct board_config cfg = { .kernel = kernel_path, .initrd = initrd_path, .append = append };
    struct error *err = NULL;

    put_file(kernel_path, file, file_size);
    put_file(initrd_path, "initrd!", 7);
    CHECK_EQ(kernel_add(rb.fw_cfg, &cfg, ROM_RAM, &err), (int)kind);
    if (err)
        printf("# %s\n", error_line(err).s);
    rom_bench_run();
}

/* Stores CS, DS, ES, FS, GS, SS, SP. */
GUEST(setup_code, 16,
      "movw %ds,%ax; movw %es,%cx; movw %fs,%dx; movw %gs,%si; movw %ss,%di; movw %sp,%bp; xorw %bx,%bx\n"
      "movw %bx,%ds; movw %cs,0x500; movw %ax,0x502; movw %cx,0x504; movw %dx,0x506; movw %si,0x508; movw %di,0x50a\n"
      "movw %bp,0x50c; pushfw; popw 0x50e; movl $1,0x5f0; 1: cli; hlt; jmp 1b");

/* "At entry, ds = es = ss should point to the start of the real-mode kernel code (fs = gs = ds = es = ss), sp should
 * be set up properly, ... interrupts should be disabled"; the entry is at segment + 20h, offset 0. */
static void linuxboot_enters_setup_as_the_protocol_says(void)
{
    uint32_t len;

    rom_bench_init("linuxboot_dma.bin");
    good(1);
    memcpy(file + 0x268, setup_code, setup_code_end - setup_code);
    kernel_run("console=x", KERNEL_LINUX);
    CHECK_EQ(rom_word(FOUND), 0x10001020);
    CHECK_EQ(rom_word(FOUND + 4), 0x10001000);
    CHECK_EQ(rom_word(FOUND + 8), 0x10001000);
    CHECK_EQ(rom_word(FOUND + 12) & 0xffff, 0xfff0);
    CHECK_EQ(rom_word(FOUND + 14) & 0x200, 0);
    CHECK(!memcmp(rb.ram->host + 0x10000, fw_cfg_bytes(rb.fw_cfg, FW_CFG_SETUP_DATA, &len), 1024));
    CHECK_STR((const char *)rb.ram->host + 0x20000, "console=x");
    CHECK_EQ(rom_word(0x100000), 0xc3c3c3c3);
    CHECK_EQ(rom_word(0x100000 + PAYLOAD), 0);
    CHECK(!memcmp(rb.ram->host + bits_load(rb.ram->host + 0x10218, 4), "initrd!", 7));
    rom_bench_fini();
}

/* Before 2.02 all of it lies below 9A000h, and the stack below the command line. */
static void linuxboot_enters_an_old_setup_at_90000h(void)
{
    rom_bench_init("linuxboot_dma.bin");
    good(4);
    set(0x206, 2, 0x201);
    memcpy(file + 0x268, setup_code, setup_code_end - setup_code);
    kernel_run("console=x", KERNEL_LINUX);
    CHECK_EQ(rom_word(FOUND), 0x90009020);
    CHECK_EQ(rom_word(FOUND + 12) & 0xffff, 0x9fe0);
    CHECK_STR((const char *)rb.ram->host + 0x99ff0, "console=x");
    rom_bench_fini();
}

/* Stores EAX, EBX, CR0, EFLAGS, CS and DS, ES and SS, the task, and what the stack pointer is. */
GUEST(entry_code, 32,
      "movl %eax,0x500; movl %ebx,0x504; movl %cr0,%eax; movl %eax,0x508; movl $0x7c00,%esp; pushfl; popl 0x50c\n"
      "movw %cs,0x510; movw %ds,0x512; movw %es,0x514; movw %ss,0x516; strw 0x518; movl $1,0x5f0; 1: cli; hlt; jmp 1b");

static void elf_run(const char *append, enum kernel_kind kind)
{
    elf_good(kind == KERNEL_PVH);
    if (kind == KERNEL_MULTIBOOT)
        multiboot_header(ELF_CODE, 3);
    memcpy(file + ELF_CODE + (kind == KERNEL_PVH ? 0x80 : 0x40), entry_code, entry_code_end - entry_code);
    rom_bench_init(kind == KERNEL_PVH ? "pvh.bin" : "multiboot_dma.bin");
    memset(rb.ram->host + ELF_AT, 0xee, 0x3000);        /* what an earlier boot has left there */
    kernel_run(append, kind);
}

/* 32-bit protected mode, flat segments, no paging, no interrupts. */
static void is_in_protected_mode(void)
{
    CHECK_EQ(rom_word(FOUND + 8) & 0x80000001, 1);
    CHECK_EQ(rom_word(FOUND + 12) & 0x200, 0);
    CHECK_EQ(rom_word(FOUND + 16), 0x00100008);
    CHECK_EQ(rom_word(FOUND + 20), 0x00100010);
    CHECK_EQ(rom_word(ELF_DATA_AT), 0xdadadada);
    CHECK_EQ(rom_word(ELF_DATA_AT + ELF_DATA_BYTES), 0);
    CHECK_EQ(rom_word(ELF_DATA_AT + ELF_DATA_BYTES + ELF_BSS_BYTES - 4), 0);
}

static uint64_t rom_quad(uint64_t at)
{
    return bits_load(rb.ram->host + at, 8);
}

/* 3.2: "EAX must contain the magic value 0x2BADB002; EBX the 32-bit physical address of the information". */
static void multiboot_enters_as_the_specification_says(void)
{
    uint32_t info, line;

    elf_run("a b", KERNEL_MULTIBOOT);
    is_in_protected_mode();
    CHECK_EQ(rom_word(FOUND), 0x2badb002);
    info = rom_word(FOUND + 4);
    CHECK_EQ(rom_word(info) & 0x24f, 0x24f);
    CHECK_EQ(rom_word(info + 4), 639);                  /* mem_lower, mem_upper in KiB */
    CHECK_EQ(rom_word(info + 8), 0x2f0000 >> 10);
    CHECK(strstr((const char *)rb.ram->host + rom_word(info + 16), "/kernel a b"));
    CHECK_EQ(rom_word(info + 20), 1);
    CHECK(!memcmp(rb.ram->host + rom_word(rom_word(info + 24)), "initrd!", 8));
    CHECK_EQ(rom_word(info + 44), 48);                  /* mmap_length, mmap_addr */
    line = rom_word(info + 48);
    CHECK_EQ(rom_word(line), 20);                       /* "size ... the minimum value is 20" */
    CHECK_EQ(rom_quad(line + 4), 0);
    CHECK_EQ(rom_quad(line + 12), 0x9fc00);
    CHECK_EQ(rom_word(line + 20), 1);
    CHECK_EQ(rom_word(line + 24), 20);
    CHECK_EQ(rom_quad(line + 28), 0x100000);
    CHECK_EQ(rom_quad(line + 36), 0x2f0000);
    rom_bench_fini();
}

static void pvh_checks(uint64_t rsdp)
{
    uint32_t info, map;

    is_in_protected_mode();
    CHECK_EQ(rom_word(FOUND + 24) & 0xffff, 0x18);      /* the task register is loaded */
    info = rom_word(FOUND + 4);
    CHECK_EQ(rom_word(info), 0x336ec578);
    CHECK_EQ(rom_word(info + 4), 1);                    /* version */
    CHECK_EQ(rom_word(info + 8), 0);
    CHECK_EQ(rom_word(info + 12), 1);                   /* nr_modules */
    CHECK_EQ(rom_quad(rom_quad(info + 16) + 8), 7);
    CHECK(!memcmp(rb.ram->host + rom_quad(rom_quad(info + 16)), "initrd!", 7));
    CHECK_EQ(rom_quad(rom_quad(info + 16) + 16), 0);
    CHECK_STR((const char *)rb.ram->host + rom_quad(info + 24), "console=x");
    CHECK_EQ(rom_quad(info + 32), rsdp);
    map = rom_quad(info + 40);
    CHECK_EQ(rom_quad(info + 48), 2);                   /* memmap_entries, reserved */
    CHECK_EQ(rom_quad(map), 0);
    CHECK_EQ(rom_quad(map + 8), 0x9fc00);
    CHECK_EQ(rom_quad(map + 16), 1);                    /* type, reserved */
    CHECK_EQ(rom_quad(map + 24), 0x100000);
    CHECK_EQ(rom_quad(map + 40), 1);
}

/* "ebx: contains the physical memory address where the loader has placed the boot start info structure." */
static void pvh_enters_as_its_abi_says(void)
{
    elf_run("console=x", KERNEL_PVH);
    pvh_checks(0);
    rom_put(RSDP_AT, "RSD PTR ", 8);
    *(volatile uint8_t *)(rb.ram->host + DONE) = 0;
    rom_bench_run();                                    /* a reset comes the same way again */
    pvh_checks(RSDP_AT);
    rom_put(0x9fc10, "RSD PTR ", 8);
    *(volatile uint8_t *)(rb.ram->host + DONE) = 0;
    rom_bench_run();
    pvh_checks(0x9fc10);
    rom_bench_fini();
}

static const char *shown(void)
{
    return (const char *)rb.ram->host + SHOWN;
}

static void without_a_kernel_there_is_a_message(void)
{
    for (unsigned i = 0; i < ROMS; i++) {
        rom_bench_init(names[i]);
        rom_bench_run();
        CHECK_STR(shown(), "The kernel cannot be read from fw_cfg.\r\n");
        rom_bench_fini();
    }
}

static void what_fw_cfg_cannot_give_ends_in_a_message(void)
{
    for (unsigned i = 0; i < ROMS; i++) {
        rom_bench_init(names[i]);
        fw_cfg_add_u32(rb.fw_cfg, FW_CFG_KERNEL_ADDR, ROM_RAM - 8);    /* its last bytes have no RAM */
        fw_cfg_add_u32(rb.fw_cfg, FW_CFG_KERNEL_SIZE, 16);
        fw_cfg_add_bytes(rb.fw_cfg, FW_CFG_KERNEL_DATA, "0123456789abcdef", 16);
        rom_bench_run();
        CHECK_STR(shown(), "The kernel cannot be read from fw_cfg.\r\n");
        rom_bench_fini();
    }
}

static void without_a_memory_map_there_is_a_message(void)
{
    for (unsigned kind = KERNEL_MULTIBOOT; kind <= KERNEL_PVH; kind++) {
        elf_good(kind == KERNEL_PVH);
        if (kind == KERNEL_MULTIBOOT)
            multiboot_header(ELF_CODE, 3);
        rom_bench_init(kind == KERNEL_PVH ? "pvh.bin" : "multiboot_dma.bin");
        rom_put(BIOS_NO_MAP, "\1", 1);
        kernel_run(NULL, kind);
        CHECK_STR(shown(), "The firmware has no memory map (INT 15h, E820h).\r\n");
        rom_bench_fini();
    }
}

int main(void)
{
    alarm(110);
    epoch_thread_init();
    if (!folder_open())
        return 1;
    TEST(a_rom_has_signature_length_and_checksum);
    TEST(a_rom_names_its_boot_entry_in_a_pnp_header);
    TEST(linuxboot_enters_setup_as_the_protocol_says);
    TEST(linuxboot_enters_an_old_setup_at_90000h);
    TEST(multiboot_enters_as_the_specification_says);
    TEST(pvh_enters_as_its_abi_says);
    TEST(without_a_memory_map_there_is_a_message);
    TEST(without_a_kernel_there_is_a_message);
    TEST(what_fw_cfg_cannot_give_ends_in_a_message);
    folder_close();
    epoch_thread_fini();
    return test_end();
}
