/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * Expansion ROMs after the PCI Local Bus Specification 3.0, section 6.2.5.2, and the properties romfile,
 * rombar and romsize
 */

#include "lib/error.h"
#include "tests/unit/pin-function.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { ENABLE = 1, KIB = 1 << 10, MIB = 1 << 20, AT = 0xe0000000 };

/* A function whose type names a file, and whose section has another name than its type. */
static const struct section rom_section = {
    "screen", 1, 1, .fields = (const struct field[]){ STRUCT(struct pin_function, "pci", pci, pci_state_fields),
                                                      FIELD(struct pin_function, "level", level, .max = 1), {} },
};
static const struct pci_type rom_type = {
    .dev = { .type = { .name = "test-rom", .parent = "pci-device", .doc = "a function with a ROM",
                       DEVICE(struct pin_function), TYPE_STATE(struct pin_function), .state = &rom_section },
             .locking = LOCKING_DEVICE, .regions = pin_regions, PCI_TYPE_HOOKS },
    .vendor = 0x1af4, .device = 0x10f1, .class = 0x030000, .romfile = "default.rom",
};
TYPE_IN(rom_type, rom_type.dev.type);

/* One that cannot be saved has no section to take a name from. */
static const struct pci_type plain_type = {
    .dev = { .type = { .name = "test-plain", .parent = "pci-device", .doc = "a function without a state table",
                       DEVICE(struct pin_function), TYPE_STATE(struct pin_function) },
             .locking = LOCKING_DEVICE, .regions = pin_regions, PCI_TYPE_HOOKS },
    .vendor = 0x1af4, .device = 0x10f3, .class = 0xff0000, .romfile = "default.rom",
};
TYPE_IN(plain_type, plain_type.dev.type);

static char folder[] = "/tmp/rhea-pci-rom-XXXXXX";
static const char *const dirs[] = { folder };
static struct pci_bench p;
static struct error *err;

/* A file whose every 32-bit word is its offset; the path. */
static const char *file(const char *name, size_t bytes)
{
    static char path[80];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && !ftruncate(fd, bytes));
    for (uint32_t at = 0; at + 4 <= bytes && at < 64 * KIB; at += 4)
        CHECK_EQ(pwrite(fd, &at, 4, at), 4);
    close(fd);
    return path;
}

static void begin(void)
{
    pci_bench_init(&p);
    p.b.m->data_dirs = dirs;
    p.b.m->n_data_dirs = 1;
    err = NULL;
}

static void end(void)
{
    error_free(err);
    pci_bench_fini(&p);
}

/* In slot 3; values of romfile, rombar and romsize, NULL: not set. */
static struct device *rom_new(const char *romfile, const char *rombar, const char *romsize)
{
    struct device *dev = device_new(p.b.m, &rom_type.dev);

    CHECK(!device_set(dev, "addr", "3", NULL));
    CHECK(!romfile || !device_set(dev, "romfile", romfile, NULL));
    CHECK(!rombar || !device_set(dev, "rombar", rombar, NULL));
    CHECK(!romsize || !device_set(dev, "romsize", romsize, NULL));
    return device_realize(dev, NULL, NULL, &err) ? NULL : dev;
}

static uint32_t bar_mask(void)
{
    pci_out(&p, 3, 0, PCI_ROM, 4, UINT32_MAX);
    return pci_in(&p, 3, 0, PCI_ROM, 4);
}

static void show(uint32_t base)
{
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_out(&p, 3, 0, PCI_ROM, 4, base | ENABLE);
}

static struct ram_block *block_named(const char *name)
{
    list_for_each(n, &p.b.m->ram_blocks) {
        struct ram_block *b = list_entry(n, struct ram_block, in_machine);

        if (!strcmp(b->name, name))
            return b;
    }
    return NULL;
}

static void the_bar_tells_the_size_and_has_an_enable_bit(void)
{
    begin();
    CHECK(rom_new(file("a", 40000), NULL, NULL));
    CHECK_EQ(bar_mask(), 0xffff0001);
    machine_reset(p.b.m, false);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_ROM, 4), 0);
    end();
}

/* "only if both the Memory Space Enable bit and the Expansion ROM Base Address Enable bit are set" */
static void it_decodes_while_both_enable_bits_are_set(void)
{
    begin();
    CHECK(rom_new(file("a", 40000), NULL, NULL));
    show(AT);
    CHECK_EQ(mem_in(&p.b, AT + 0x1234, 4), 0x1234);
    pci_out(&p, 3, 0, PCI_ROM, 4, AT);
    CHECK_EQ(mem_in(&p.b, AT + 0x1234, 4), 0);
    pci_out(&p, 3, 0, PCI_ROM, 4, AT | ENABLE);
    CHECK_EQ(mem_in(&p.b, AT + 0x1234, 4), 0x1234);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, 0);
    CHECK_EQ(mem_in(&p.b, AT + 0x1234, 4), 0);
    end();
}

static void it_moves_is_read_only_and_is_padded_with_zeros(void)
{
    begin();
    CHECK(rom_new(file("a", 40000), NULL, NULL));
    show(AT);
    pci_out(&p, 3, 0, PCI_ROM + 2, 2, 0xd123);          /* a part of it; low bits are not kept */
    CHECK_EQ(pci_in(&p, 3, 0, PCI_ROM, 4), 0xd1230001);
    CHECK_EQ(mem_in(&p.b, AT, 4), 0);
    CHECK_EQ(mem_in(&p.b, 0xd1230000 + 39996, 4), 39996);
    CHECK_EQ(mem_in(&p.b, 0xd1230000 + 40000, 4), 0);
    mem_out(&p.b, 0xd1230010, 4, 0x55);
    CHECK_EQ(mem_in(&p.b, 0xd1230010, 4), 0x10);
    pci_out(&p, 3, 0, PCI_ROM, 4, UINT32_MAX);          /* being sized */
    CHECK_EQ(mem_in(&p.b, 0xffff0010, 4), 0);
    pci_out(&p, 3, 0, PCI_ROM, 4, 0xfffe0001);
    CHECK_EQ(mem_in(&p.b, 0xfffe0010, 4), 0x10);
    pci_out(&p, 3, 0, PCI_ROM, 4, ENABLE);              /* and at 0 it is nowhere */
    mem_out(&p.b, 4, 4, 0x77);
    CHECK_EQ(mem_in(&p.b, 4, 4), 0x77);
    end();
}

static void the_type_names_a_file_unless_the_user_does(void)
{
    begin();
    file("default.rom", 5000);
    CHECK(rom_new(NULL, NULL, NULL));
    CHECK_EQ(bar_mask(), 0xffffe001);
    CHECK(block_named("0000:00:03.0/screen.rom"));
    CHECK_EQ(block_named("0000:00:03.0/screen.rom")->size, 8192);
    CHECK(!device_realize(device_new(p.b.m, &plain_type.dev), NULL, NULL, NULL));
    CHECK(block_named("0000:00:01.0/test-plain.rom"));
    end();
    begin();
    CHECK(rom_new("", NULL, NULL));                     /* none */
    CHECK_EQ(bar_mask(), 0);
    end();
    begin();
    CHECK(rom_new(NULL, "0", NULL));
    CHECK_EQ(bar_mask(), 0);
    CHECK(!block_named("0000:00:03.0/screen.rom"));
    end();
    begin();
    CHECK(pin_new(p.b.m, 3, 0));                        /* a type without one */
    CHECK_EQ(bar_mask(), 0);
    end();
}

static void the_size_is_the_files_rounded_up_or_romsize(void)
{
    static const struct { size_t file; const char *romsize; uint32_t bar; } sizes[] = {
        { 1, NULL, 2 }, { 3, NULL, 4 }, { 1000, NULL, 1 * KIB }, { 2048, NULL, 2 * KIB }, { 2049, NULL, 4 * KIB },
        { 65536, NULL, 64 * KIB }, { 65537, NULL, 128 * KIB }, { 5000, "16384", 16 * KIB },
        { 16 * MIB, NULL, 16 * MIB }, { 8192, "8192", 8 * KIB },
        { 8192, "16777216", 16 * MIB },
    };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin();
        CHECK(rom_new(file("a", sizes[i].file), NULL, sizes[i].romsize));
        CHECK_EQ(bar_mask(), ~(sizes[i].bar - 1) | ENABLE);
        CHECK_EQ(block_named("0000:00:03.0/screen.rom")->size, sizes[i].bar < 4096 ? 4096 : sizes[i].bar);
        end();
    }
}

static void refused(const char *romfile, const char *romsize, const char *object, const char *legal)
{
    begin();
    CHECK(!rom_new(romfile, NULL, romsize));
    CHECK_STR(err->object, object);
    if (!strstr(err->legal, legal))
        printf("# %s\n", err->legal);
    CHECK(strstr(err->legal, legal));
    end();
}

static void what_cannot_be_a_rom_is_refused_by_name(void)
{
    refused("nosuch", NULL, "test-rom.romfile", folder);
    refused(folder, NULL, "test-rom.romfile", "");
    refused("/dev/zero", NULL, "test-rom.romfile", "");
    refused(file("empty", 0), NULL, "test-rom.romfile", "");
    refused(file("big", 16 * MIB + 1), NULL, "test-rom.romfile", "16777216");
    refused(file("a", 5000), "4096", "test-rom.romfile", "4096");
    refused(file("a", 5000), "10000", "test-rom.romsize", "power of two");
    refused(file("a", 5000), "0", "test-rom.romsize", "power of two");
    refused(file("a", 5000), "33554432", "test-rom.romsize", "16777216");
}

static void it_leaves_with_its_function_and_comes_back(void)
{
    begin();
    file("default.rom", 5000);
    for (unsigned i = 0; i < 3; i++) {
        struct device *dev = rom_new(NULL, NULL, NULL);

        CHECK(dev);
        show(AT);
        CHECK_EQ(mem_in(&p.b, AT + 8, 4), 8);
        device_free(dev);
        CHECK_EQ(mem_in(&p.b, AT + 8, 4), 0);
        CHECK(!block_named("0000:00:03.0/screen.rom"));
    }
    end();
}

static void what_is_saved_comes_back_mapped(void)
{
    begin();
    file("default.rom", 5000);
    CHECK(rom_new(NULL, NULL, NULL));
    show(AT);
    bench_reload(&p.b);
    CHECK_EQ(mem_in(&p.b, AT + 8, 4), 8);
    end();
}

static void folder_remove(void)
{
    static const char *const names[] = { "a", "default.rom", "empty", "big" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[80];

        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    epoch_thread_init();
    if (!mkdtemp(folder))
        return 1;
    TEST(the_bar_tells_the_size_and_has_an_enable_bit);
    TEST(it_decodes_while_both_enable_bits_are_set);
    TEST(it_moves_is_read_only_and_is_padded_with_zeros);
    TEST(the_type_names_a_file_unless_the_user_does);
    TEST(the_size_is_the_files_rounded_up_or_romsize);
    TEST(what_cannot_be_a_rom_is_refused_by_name);
    TEST(it_leaves_with_its_function_and_comes_back);
    TEST(what_is_saved_comes_back_mapped);
    folder_remove();
    epoch_thread_fini();
    return test_end();
}
