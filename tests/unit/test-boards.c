/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * Machine types: where RAM lies, which bridges there are, that all of it can be undone
 *
 * Where RAM lies was observed of the reference for the same sizes (`info mtree`); tests/qtest asks it again where it
 * is installed.
 */

#include "hw/acpi/tables.h"
#include "hw/intc/gsi.h"
#include "hw/nvram/fw-cfg.h"
#include "lib/epoch.h"
#include "lib/error.h"
#include "tests/unit/stand-accel.h"

#include <errno.h>
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MIB = 1 << 20 };
#define GIB (1ull << 30)

static struct loop *loop;
static struct machine *m;
static struct accel accel;

static struct board_config config(uint64_t ram_bytes)
{
    static const struct smbios_config no_smbios;
    struct board_config cfg;

    board_config_init(&cfg);
    cfg.ram_bytes = ram_bytes;
    cfg.smp = cpu_topology_cores(2);
    cfg.ram_asked = cfg.direct_boot = true;
    cfg.vmport = cfg.graphics = cfg.floppy_check = false;
    cfg.smbios = &no_smbios;
    CHECK(!cpu_config_parse("qemu64", true, &cfg.cpu, NULL));
    return cfg;
}

static int build(const char *name, const struct board_config *cfg, struct error **err)
{
    const struct board_type *b = board_find(name);

    CHECK(b);
    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, b->version, &m, NULL));
    accel = (struct accel){ &stand_ops, m };
    m->accel = &accel;
    m->type_name = b->name;
    machine_phase_advance(m, PHASE_ACCEL);
    return b->build(m, cfg, err);
}

static void begin(const char *name, const struct board_config *cfg)
{
    struct error *err = NULL;

    if (build(name, cfg, &err))
        printf("# %s: %s: %s\n", name, err->object, err->value);
    CHECK(!err);
    machine_phase_advance(m, PHASE_BOARD);
    machine_phase_advance(m, PHASE_READY);
}

static void end(void)
{
    machine_free(m);
    loop_free(loop);
}

static bool is_ram(uint64_t gpa)
{
    uint64_t val = 0;

    address_space_write(&m->memory_as, gpa, 8, gpa ^ 0x5a5a5a5a, NULL);
    address_space_read(&m->memory_as, gpa, 8, &val, NULL);
    return val == (gpa ^ 0x5a5a5a5a);
}

static void ram_lies_on_both_sides_of_the_hole(void)
{
    static const struct { const char *board; unsigned mib, max_mib; uint64_t low, high; } want[] = {
        { "q35", 512, 0, 512ull * MIB, 0 },        { "q35", 2815, 0, 2815ull * MIB, 0 },
        { "q35", 2816, 0, 2 * GIB, 768ull * MIB }, { "q35", 8192, 0, 2 * GIB, 6 * GIB },
        { "q35", 2048, 1024, 1 * GIB, 1 * GIB },   { "q35", 2800, 3072, 2800ull * MIB, 0 },
        { "q35", 8192, 4096, 2 * GIB, 6 * GIB },   { "q35", 3072, 1500, 1500ull * MIB, 1572ull * MIB },
        { "pc", 3583, 0, 3583ull * MIB, 0 },       { "pc", 3584, 0, 3 * GIB, 512ull * MIB },
        { "pc", 2048, 1024, 1 * GIB, 1 * GIB },    { "pc", 3700, 3800, 3700ull * MIB, 0 },
        { "pc", 3900, 3800, 3 * GIB, 828ull * MIB }, { "pc", 2048, 1500, 1500ull * MIB, 548ull * MIB },
        { "pc", 4000, 4096, 4000ull * MIB, 0 },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct board_config cfg = config((uint64_t)want[i].mib * MIB);

        printf("# %s, %u MiB\n", want[i].board, want[i].mib);
        cfg.max_ram_below_4g = (uint64_t)want[i].max_mib * MIB;
        begin(want[i].board, &cfg);
        CHECK(is_ram(0) && is_ram(1 * MIB) && is_ram(want[i].low - 8));
        CHECK(!is_ram(want[i].low));
        if (want[i].high)
            CHECK(is_ram(4 * GIB) && is_ram(4 * GIB + want[i].high - 8));
        CHECK(!is_ram(4 * GIB + want[i].high));
        end();
    }
}

/* What needs a CPU: refused, or taken without effect where the reference takes it. */
static void none_says_what_it_cannot_use(void)
{
    static const struct fw_cfg_item items[2] = { { .name = "opt/first" }, { .name = "opt/second" } };
    static const struct rom_config rom;
    static const struct acpi_user_table table;
    struct error *err = NULL;

    for (unsigned i = 0; i < 5; i++) {
        struct board_config cfg = config(64 * MIB);
        int said = memfd_create("said", 0), standard = dup(STDERR_FILENO), r;
        char text[300] = "";

        cfg.n_fw_cfg = i == 0 ? 2 : 0;
        cfg.fw_cfg = items;
        cfg.bios = i == 2 ? "x" : NULL;
        cfg.n_roms = i == 3;
        cfg.roms = &rom;
        cfg.n_acpi_tables = i == 4;
        cfg.acpi_tables = &table;
        fflush(stderr);
        dup2(said, STDERR_FILENO);
        r = build("none", &cfg, &err);
        fflush(stderr);
        dup2(standard, STDERR_FILENO);
        close(standard);
        CHECK(pread(said, text, sizeof(text) - 1, 0) >= 0);
        close(said);
        CHECK_EQ(r, i ? 0 : -ENOTSUP);
        CHECK(i || (!strcmp(err->object, "-fw_cfg") && !strcmp(err->value, "opt/first")));
        CHECK_EQ(!!strstr(text, "has no effect"), i > 1);
        CHECK(i < 2 || strstr(text, (const char *const[]){ "-bios", "-option-rom", "-acpitable" }[i - 2]));
        end();
    }
    error_free(err);
}

static bool has(const char *type)
{
    return device_find(m, device_type_find(type));
}

static bool has_file(const char *name)
{
    return fw_cfg_file_key(fw_cfg_find(m), name);
}

/* Configuration mechanism #1: a doubleword of function 0 of a slot of bus 0. */
static uint32_t configuration(unsigned slot, unsigned at)
{
    uint64_t val = 0;

    address_space_write(&m->io_as, 0xcf8, 4, 1u << 31 | slot << 11 | at, NULL);
    address_space_read(&m->io_as, 0xcfc, 4, &val, NULL);
    return val;
}

static uint32_t memory(uint64_t gpa)
{
    uint64_t val = 0;

    address_space_read(&m->memory_as, gpa, 4, &val, NULL);
    return val;
}

/* Of the HPET's first timer: the IOAPIC's pins that it can drive. */
enum { HPET_ROUTES = 0xfed00104, HEADER = 0x0c, MULTIFUNCTION = 0x800000 };

static void each_machine_has_its_bridges(void)
{
    struct board_config cfg = config(64 * MIB);

    begin("q35", &cfg);
    CHECK_EQ(configuration(0, 0), 0x29c08086);
    CHECK_EQ(configuration(0x1f, 0), 0x29188086);
    CHECK_EQ(configuration(0x1f, HEADER) & MULTIFUNCTION, MULTIFUNCTION);
    CHECK_EQ(memory(HPET_ROUTES), 0xff0104);
    CHECK(object_child(&m->obj, "q35") && gsi_find(m)->inputs);
    CHECK(bus_find(m, "PCI", "pcie.0") && bus_find(m, "ISA", "isa.0"));
    end();
    begin("pc", &cfg);
    CHECK_EQ(configuration(0, 0), 0x12378086);
    CHECK_EQ(configuration(1, 0), 0x70008086);
    CHECK_EQ(configuration(1, HEADER) & MULTIFUNCTION, MULTIFUNCTION);
    CHECK_EQ(memory(HPET_ROUTES), 4);
    CHECK(object_child(&m->obj, "i440fx") && object_child(object_child(&m->obj, "i440fx"), "ioapic"));
    CHECK(bus_find(m, "PCI", "pci.0") && bus_find(m, "ISA", "isa.0"));
    end();
}

/* x-direct-boot: what lies at C0000h to FFFFFh is RAM, as firmware leaves it, again after every reset. */
static void a_direct_boot_opens_all_attribute_maps(void)
{
    static const struct { const char *board; unsigned at, skip; } pam[] = { { "q35", 0x90, 0 }, { "pc", 0x58, 1 } };
    struct board_config cfg = config(64 * MIB);

    for (unsigned i = 0; i < 2; i++) {
        begin(pam[i].board, &cfg);
        CHECK_EQ(configuration(0, pam[i].at) >> 8 * pam[i].skip, 0);
        for (unsigned n = 0; n < 2; n++) {
            uint64_t all;

            machine_reset(m, !n);
            all = (configuration(0, pam[i].at) | (uint64_t)configuration(0, pam[i].at + 4) << 32) >> 8 * pam[i].skip;
            CHECK_EQ(all & 0xffffffffffffff, 0x33333333333330);
            CHECK(is_ram(0xc0000) && is_ram(0xffff8));
        }
        end();
    }
}

/* 3 GiB and 2 GiB: q35 has 2 GiB of it below the hole, so the first block is on both sides. */
static void ram_that_is_lent_lies_one_block_behind_the_other(void)
{
    struct board_config cfg = config(5 * GIB);
    struct ram_block *blocks[2];
    static const struct { uint64_t at; unsigned block; uint64_t off; } bytes[] = {
        { 0x1000, 0, 0x1000 }, { 2 * GIB - 1, 0, 2 * GIB - 1 }, { 4 * GIB, 0, 2 * GIB },
        { 5 * GIB - 1, 0, 3 * GIB - 1 }, { 5 * GIB, 1, 0 }, { 7 * GIB - 1, 1, 2 * GIB - 1 },
    };

    for (unsigned i = 0; i < 2; i++)
        CHECK(!ram_block_new(&(struct ram_config){ .name = i ? "b" : "a", .size = (3 - i) * GIB }, &blocks[i], NULL));
    cfg.ram = blocks;
    cfg.n_ram = 2;
    begin("q35", &cfg);
    CHECK(blocks[0]->lent && blocks[1]->lent);
    for (unsigned i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        uint64_t val = 0;

        blocks[bytes[i].block]->host[bytes[i].off] = 0xa0 + i;
        address_space_read(&m->memory_as, bytes[i].at, 1, &val, NULL);
        CHECK_EQ(val, 0xa0 + i);
    }
    end();
    for (unsigned i = 0; i < 2; i++) {
        CHECK(!blocks[i]->lent && !blocks[i]->code);
        CHECK_EQ(blocks[i]->host[i ? 0 : 0x1000], i ? 0xa4 : 0xa0);
        ram_block_free(blocks[i]);
    }
}

static void names_versions_and_limits(void)
{
    static const struct { const char *name, *alias, *type; unsigned max_cpus; } want[] = {
        { "pc-q35-7.2", "q35", "pc-q35-7.2-machine", 288 },
        { "pc-i440fx-7.2", "pc", "pc-i440fx-7.2-machine", 255 },
        { "none", "none", "none-machine", 1 },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        const struct board_type *b = board_find(want[i].name);

        CHECK(b && b == board_find(want[i].alias));
        CHECK_STR(b->type.name, want[i].type);
        CHECK_EQ(b->version, 702);
        CHECK_EQ(b->max_cpus, want[i].max_cpus);
    }
}

static void none_is_empty(void)
{
    struct board_config cfg = config(64 * MIB);

    begin("none", &cfg);
    CHECK(is_ram(0) && is_ram(64 * MIB - 8) && !is_ram(64 * MIB));
    CHECK(!m->n_vcpus && list_empty(&m->devices));
    end();
    cfg.ram_asked = false;
    begin("none", &cfg);
    CHECK(!is_ram(0));
    CHECK(list_empty(&m->ram_blocks));
    end();
}

/* SDM volume 3, 8.9.1: threads, cores and packages have whole bits of an APIC id. */
static void apic_ids_follow_the_topology(void)
{
    static const struct { unsigned sockets, cores, threads; uint32_t ids[12]; } want[] = {
        { 3, 1, 1, { 0, 1, 2 } },
        { 1, 2, 2, { 0, 1, 2, 3 } },
        { 2, 3, 2, { 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13 } },
        { 2, 1, 3, { 0, 1, 2, 4, 5, 6 } },
        { 2, 5, 1, { 0, 1, 2, 3, 4, 8, 9, 10, 11, 12 } },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct board_config cfg = config(64 * MIB);

        cfg.smp = (struct cpu_topology){ .sockets = want[i].sockets, .cores = want[i].cores,
                                         .threads = want[i].threads };
        CHECK_EQ(cpu_topology_complete(&cfg.smp, NULL), 0);
        begin("q35", &cfg);
        CHECK_EQ(m->n_vcpus, cfg.smp.cpus);
        for (unsigned n = 0; n < cfg.smp.cpus; n++) {
            CHECK_EQ(m->vcpus[n]->apic_id, want[i].ids[n]);
            CHECK(m->vcpus[n]->dev && object_child(&m->vcpus[n]->dev->obj, "lapic"));
            CHECK_STR(m->vcpus[n]->dev->type->type.name, "qemu64-x86_64-cpu");
        }
        end();
    }
}

static uint64_t no_clock(struct accel *a)
{
    return 0;
}

/* The paravirtual clock is there where an accelerator has one. */
static void an_accelerator_with_a_clock_has_its_device(void)
{
    static const struct accel_ops clock_ops = { STAND_OPS, .clock_get = no_clock };
    struct board_config cfg = config(64 * MIB);

    for (unsigned on = 0; on < 2; on++) {
        const struct board_type *t = board_find("q35");

        CHECK(!loop_new(&loop, NULL) && !machine_new(loop, t->version, &m, NULL));
        accel = (struct accel){ on ? &clock_ops : &stand_ops, m };
        m->accel = &accel;
        m->type_name = t->name;
        machine_phase_advance(m, PHASE_ACCEL);
        CHECK_EQ(t->build(m, &cfg, NULL), 0);
        CHECK_EQ(has("kvmclock"), on);
        end();
    }
}

/* "128 MiB, one CPU, all parts, no graphics adapter." */
static void when_nobody_asks_for_anything_a_pc_is_whole(void)
{
    static const char *const boards[] = { "q35", "pc" };
    static const char *const parts[] = { "isa-i8259", "isa-pit", "isa-pcspk", "i8042", "hpet", "vmport", "vmmouse",
                                         "smbus-eeprom", "mc146818rtc", "ioapic", "port92" };
    static const struct smbios_config no_smbios;

    for (unsigned i = 0; i < 2; i++) {
        struct board_config cfg;

        board_config_init(&cfg);
        cfg.smbios = &no_smbios;
        cfg.direct_boot = true;                         /* no firmware's file is needed */
        CHECK(!cpu_config_parse("qemu64", true, &cfg.cpu, NULL));
        begin(boards[i], &cfg);
        machine_reset(m, true);
        CHECK_EQ(m->n_vcpus, 1);
        CHECK_EQ(m->vcpus[0]->apic_id, 0);
        CHECK(is_ram(128 * MIB - 8) && !is_ram(128 * MIB));
        for (unsigned n = 0; n < sizeof(parts) / sizeof(parts[0]); n++)
            CHECK(has(parts[n]));
        CHECK(!has("VGA") && !m->accel->no_smm);
        CHECK(has_file("etc/acpi/tables") && has_file("etc/system-states") && !has_file("etc/sercon-port"));
        CHECK(!has_file("etc/boot-menu-wait"));
        CHECK(cfg.dump_guest_core && cfg.mem_merge && cfg.smm && cfg.floppy_check);
        end();
    }
}

static void count_board(const struct board_type *b, void *opaque)
{
    CHECK(board_find(b->name) == b);
    ++*(unsigned *)opaque;
}

static void every_machine_type_is_found(void)
{
    unsigned n = 0, types = 0;

    board_each(count_board, &n);
    TYPE_FOR_EACH(t)
        types += g_str_has_suffix((*t)->name, "-machine") && !(*t)->abstract;
    CHECK_EQ(n, types);
    CHECK(n >= 3);
    CHECK(!board_find("") && !board_find("pc-q35") && !board_find("machine"));
}

static void devices_of_a_board_are_refused_by_name(void)
{
    struct board_config cfg = config(64 * MIB);
    struct device *dev = NULL;
    struct error *err = NULL;

    CHECK_EQ(build("none", &cfg, NULL), 0);
    CHECK_EQ(board_device_new(m, "no-such-type", NULL, NULL, NULL, &err), -ENOENT);
    CHECK_STR(err->value, "no-such-type");
    error_free(err);
    err = NULL;
    CHECK_EQ(board_device_new(m, "hpet", "timers", "99", NULL, &err), -ERANGE);
    CHECK_STR(err->object, "hpet.timers");
    error_free(err);
    CHECK_EQ(board_device_new(m, "hpet", "timers", "4", &dev, NULL), 0);
    CHECK(dev && dev->realized);
    end();
}

/* What a machine property switches off: types that are there then, and those that are not. */
static void each_part_can_be_left_out(void)
{
    static const struct { size_t off; const char *board, *types[3]; } parts[] = {
        { offsetof(struct board_config, pic), "q35", { "isa-i8259" } },
        { offsetof(struct board_config, pic), "pc", { "isa-i8259" } },
        { offsetof(struct board_config, pit), "q35", { "isa-pit", "isa-pcspk" } },
        { offsetof(struct board_config, i8042), "pc", { "i8042", "vmmouse" } },
        { offsetof(struct board_config, smbus), "q35", { "ICH9-SMB", "smbus-eeprom" } },
        { offsetof(struct board_config, acpi), "pc", { "PIIX4_PM", "smbus-eeprom" } },
        { offsetof(struct board_config, hpet), "q35", { "hpet" } },
        { offsetof(struct board_config, vmport), "q35", { "vmport", "vmmouse" } },
    };

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (unsigned on = 0; on < 2; on++) {
            struct board_config cfg = config(64 * MIB);

            cfg.vmport = true;
            *(bool *)((char *)&cfg + parts[i].off) = on;
            begin(parts[i].board, &cfg);
            machine_reset(m, true);
            for (unsigned t = 0; t < 3 && parts[i].types[t]; t++)
                CHECK_EQ(has(parts[i].types[t]), on);
            CHECK(has("mc146818rtc") && has("ioapic"));
            end();
        }
}

/* Without, q35 keeps its power management: it is a part of the ISA bridge. */
static void without_acpi_there_are_no_tables(void)
{
    static const struct { const char *board; bool states; } want[] = { { "q35", true }, { "pc", false } };

    for (unsigned i = 0; i < 2; i++) {
        struct board_config cfg = config(64 * MIB);

        cfg.acpi = false;
        begin(want[i].board, &cfg);
        machine_reset(m, true);
        CHECK(!has_file("etc/acpi/tables") && !has_file("etc/acpi/rsdp") && !has_file("etc/table-loader"));
        CHECK_EQ(has_file("etc/system-states"), want[i].states);
        end();
    }
}

/* Half a machine can be undone: an error at any step. */
static void what_cannot_be_built_is_undone(void)
{
    static const char *const boards[] = { "q35", "pc", "none" };

    for (unsigned i = 0; i < 3; i++) {
        struct board_config cfg = config(64 * MIB);
        struct error *err = NULL;

        cfg.kernel = "/nonexistent/kernel";
        CHECK(build(boards[i], &cfg, &err) < 0);
        CHECK(err);
        error_free(err);
        end();
    }
}

int main(void)
{
    epoch_thread_init();
    TEST(ram_lies_on_both_sides_of_the_hole);
    TEST(each_machine_has_its_bridges);
    TEST(a_direct_boot_opens_all_attribute_maps);
    TEST(ram_that_is_lent_lies_one_block_behind_the_other);
    TEST(names_versions_and_limits);
    TEST(none_is_empty);
    TEST(none_says_what_it_cannot_use);
    TEST(apic_ids_follow_the_topology);
    TEST(an_accelerator_with_a_clock_has_its_device);
    TEST(when_nobody_asks_for_anything_a_pc_is_whole);
    TEST(every_machine_type_is_found);
    TEST(devices_of_a_board_are_refused_by_name);
    TEST(each_part_can_be_left_out);
    TEST(without_acpi_there_are_no_tables);
    TEST(what_cannot_be_built_is_undone);
    epoch_thread_fini();
    return test_end();
}
