/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * A PC that starts a kernel without firmware: what the kernel finds
 *
 * Boot parameters after Linux's x86 boot protocol, tables after ACPI 3.0 (5.2.5 RSDP, 5.2.9 FADT, 5.2.10 FACS) and the
 * PCI Firmware Specification 3.0 (4.1.2 MCFG).  That the tables are right is test-acpi's; here it is what the board
 * says in them, and that its bridges are programmed to match.
 */

#include "core/pins.h"
#include "hw/acpi/pm.h"
#include "hw/acpi/tables.h"
#include "hw/i386/numa.h"
#include "hw/nvram/fw-cfg.h"
#include "lib/bits.h"
#include "lib/epoch.h"
#include "lib/error.h"
#include "tests/unit/linux-file.h"
#include "tests/unit/stand-accel.h"

#include <errno.h>
#include <glib.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)
enum { RAM = 1, RESERVED = 2, TABLES = 128 << 10 };

static const struct accel_ops ops = { STAND_OPS, .runs_code = true };
static struct loop *loop;
static struct machine *m;
static struct accel accel;

static struct board_config config(uint64_t ram_bytes)
{
    static const struct smbios_config no_smbios;
    struct board_config cfg;

    board_config_init(&cfg);
    cfg.ram_bytes = ram_bytes;
    cfg.ram_asked = cfg.direct_boot = true;
    cfg.kernel = kernel_path;
    cfg.append = "console=x";
    cfg.smbios = &no_smbios;
    CHECK(!cpu_config_parse("qemu64", true, &cfg.cpu, NULL));
    good(1);
    put_file(kernel_path, file, file_size);
    return cfg;
}

static void begin(const char *name, const struct board_config *cfg)
{
    const struct board_type *b = board_find(name);

    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, b->version, &m, NULL));
    accel = (struct accel){ &ops, m };
    m->accel = &accel;
    m->type_name = b->name;
    machine_phase_advance(m, PHASE_ACCEL);
    CHECK_EQ(b->build(m, cfg, NULL), 0);
    machine_phase_advance(m, PHASE_BOARD);
    machine_phase_advance(m, PHASE_READY);
    machine_reset(m, true);
}

static void end(void)
{
    machine_free(m);
    loop_free(loop);
}

static uint64_t mem(uint64_t gpa, unsigned size)
{
    uint64_t val = 0;

    address_space_read(&m->memory_as, gpa, size, &val, NULL);
    return val;
}

static uint32_t io(uint16_t port, unsigned size)
{
    uint64_t val = 0;

    address_space_read(&m->io_as, port, size, &val, NULL);
    return val;
}

static uint32_t configuration(unsigned slot, unsigned at)
{
    address_space_write(&m->io_as, 0xcf8, 4, 1u << 31 | slot << 11 | at, NULL);
    return io(0xcfc, 4);
}

static struct x86_state cpu(void)
{
    struct x86_state st;

    stand_vcpu_get(m->vcpus[0], &st);
    return st;
}

static uint64_t param(unsigned at, unsigned size)
{
    return mem(cpu().gpr[RSI] + at, size);
}

/* The memory map that the kernel is given holds this line. */
static bool has_line(uint64_t base, uint64_t size, unsigned type)
{
    unsigned n = param(0x1e8, 1);

    for (unsigned i = 0; i < n; i++)
        if (param(0x2d0 + 20 * i, 8) == base && param(0x2d8 + 20 * i, 8) == size && param(0x2e0 + 20 * i, 4) == type)
            return true;
    printf("# no line %#llx, %#llx, %u\n", (unsigned long long)base, (unsigned long long)size, type);
    return false;
}

static void the_first_processor_starts_the_kernel_with_its_command_line(void)
{
    static const char *const boards[] = { "q35", "pc" };

    for (unsigned i = 0; i < 2; i++) {
        struct board_config cfg = config(64 * MIB);

        begin(boards[i], &cfg);
        for (unsigned n = 0; n < 2; n++) {              /* and again after every reset */
            CHECK_EQ(cpu().rip, LOAD + 0x200);
            CHECK_EQ(mem(LOAD, 4), 0xc3c3c3c3);
            CHECK_EQ(mem(param(0x228, 4), 8), 0x3d656c6f736e6f63);      /* "console=" */
            address_space_write(&m->memory_as, LOAD, 4, 0, NULL);
            machine_reset(m, false);
        }
        end();
    }
}

static void the_memory_map_has_what_there_is_and_what_is_reserved(void)
{
    static const struct { const char *board; uint64_t ram, low, high; } want[] = {
        { "q35", 64 * MIB, 64 * MIB, 0 }, { "q35", 5 * GIB, 2 * GIB, 3 * GIB },
        { "pc", 64 * MIB, 64 * MIB, 0 },  { "pc", 5 * GIB, 3 * GIB, 2 * GIB },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct board_config cfg = config(want[i].ram);
        bool q35 = want[i].board[0] == 'q';

        begin(want[i].board, &cfg);
        CHECK(has_line(0, 0x9fc00, RAM) && has_line(0x9fc00, 0x400, RESERVED));
        CHECK(has_line(0xf0000, 0x10000, RESERVED));
        CHECK(has_line(MIB, want[i].low - TABLES - MIB, RAM) && has_line(want[i].low - TABLES, TABLES, RESERVED));
        CHECK(!q35 || (has_line(0xb0000000, 0x10000000, RESERVED) && has_line(0xfed1c000, 0x4000, RESERVED)));
        CHECK(has_line(0xfffc0000, 0x40000, RESERVED) && has_line(0xfd00000000, 0x300000000, RESERVED));
        CHECK(!want[i].high || has_line(4 * GIB, want[i].high, RAM));
        CHECK_EQ(param(0x1e8, 1), 7 + 2 * q35 + (want[i].high != 0));
        end();
    }
}

/* Tables, by the pointers that a kernel follows. */

static uint64_t table(const char *signature)
{
    uint64_t rsdp = param(0x70, 8), rsdt;
    uint32_t len;

    CHECK_EQ(mem(rsdp, 8), 0x2052545020445352);         /* "RSD PTR " */
    rsdt = mem(rsdp + 16, 4);
    len = mem(rsdt + 4, 4);
    for (uint32_t at = 36; at < len; at += 4) {
        uint64_t found = mem(rsdt + at, 4);

        if (mem(found, 4) == bits_load((const uint8_t *)signature, 4))
            return found;
    }
    return 0;
}

enum { FADT_FACS = 36, FADT_DSDT = 40, FADT_SMI_CMD = 48, FADT_PM1A_EVT = 56, FADT_PM_TMR = 76, OEM_ID = 10 };

/* The ports that the tables name are those that answer. */
static void power_management_is_where_the_tables_say(void)
{
    static const char *const boards[] = { "q35", "pc" };

    for (unsigned i = 0; i < 2; i++) {
        struct board_config cfg = config(64 * MIB);
        uint64_t fadt;

        begin(boards[i], &cfg);
        fadt = table("FACP");
        CHECK(fadt);
        CHECK_EQ(mem(fadt + FADT_PM1A_EVT, 4), 0x600);
        CHECK_EQ(mem(fadt + FADT_PM_TMR, 4), 0x608);
        machine_clock_step(m, 1000000000);
        CHECK_EQ(io(0x608, 4), 3579545);
        CHECK_EQ(io(mem(fadt + FADT_SMI_CMD, 4), 1), 0);
        CHECK_EQ(mem(mem(fadt + FADT_DSDT, 4), 4), 0x54445344);
        CHECK(fadt >= 64 * MIB - TABLES);
        end();
    }
}

/* 256 buses from B0000000h on; a PC of 1996 has no such window, and no table for it. */
static void q35_has_its_enhanced_window_and_its_root_complex(void)
{
    struct board_config cfg = config(64 * MIB);
    uint64_t mcfg;

    begin("q35", &cfg);
    mcfg = table("MCFG");
    CHECK(mcfg);
    CHECK_EQ(mem(mcfg + 44, 8), 0xb0000000);
    CHECK_EQ(mem(mcfg + 54, 2), 0xff00);                /* first and last bus */
    CHECK_EQ(mem(0xb0000000, 4), 0x29c08086);
    address_space_write(&m->memory_as, 0xfed1f400, 4, 0x12345678, NULL);
    CHECK_EQ(mem(0xfed1f400, 4), 0x12345678);
    CHECK_EQ(configuration(0x1f, 0x60), 0x0b0b0a0a);
    CHECK_EQ(configuration(0x1f, 0x68), 0x0b0b0a0a);
    CHECK_EQ(configuration(0x1f, 0x40), 0x601);
    CHECK_EQ(configuration(0x1f, 0x44) & 0xff, 0x80);
    end();
    begin("pc", &cfg);
    CHECK(!table("MCFG"));
    CHECK_EQ(configuration(1, 0x60), 0x0b0b0a0a);
    CHECK_EQ(io(0xb10d, 1), 2);                         /* the SMBus, with its block buffer */
    end();
}

/* Memory modules: eight EEPROMs from 50h on. */
static void eight_modules_are_on_the_smbus(void)
{
    static const char *const boards[] = { "q35", "pc" };

    for (unsigned i = 0; i < 2; i++) {
        struct board_config cfg = config(64 * MIB);
        unsigned found = 0;

        begin(boards[i], &cfg);
        for (struct device *dev = device_find(m, device_type_find("smbus-eeprom")); dev; dev = device_find_next(dev))
            found |= 1u << (prop_get(type_prop_find(&dev->type->type, "address"), dev) - 0x50);
        CHECK_EQ(found, 0xff);
        end();
    }
}

static uint64_t dword_in_dsdt(uint32_t val)
{
    uint64_t dsdt = mem(table("FACP") + FADT_DSDT, 4);
    uint32_t len = mem(dsdt + 4, 4);

    for (uint32_t at = 36; at + 4 <= len; at++)
        if (mem(dsdt + at, 4) == val)
            return dsdt + at;
    return 0;
}

/* _CRS of the host bridge: 32-bit BARs from the end of RAM up to FEBFFFFFh, 64-bit ones above all RAM, on a GiB. */
static void windows_for_bars_begin_where_ram_ends(void)
{
    static const struct { const char *board; uint64_t ram; uint32_t low; uint64_t above, bytes; } want[] = {
        { "q35", 512 * MIB, 512u << 20, 4 * GIB, 32 * GIB },
        { "q35", 5 * GIB + 512 * MIB, 0x80000000, 8 * GIB, 32 * GIB },
        { "q35", 5 * GIB, 0x80000000, 7 * GIB, 32 * GIB },
        { "pc", 512 * MIB, 512u << 20, 4 * GIB, 2 * GIB },
        { "pc", 5 * GIB + 1 * MIB, 0xc0000000, 7 * GIB, 2 * GIB },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct board_config cfg = config(want[i].ram);
        uint64_t dsdt, last = want[i].above + want[i].bytes - 1;
        bool found = false;

        begin(want[i].board, &cfg);
        dsdt = mem(table("FACP") + FADT_DSDT, 4);
        CHECK(dword_in_dsdt(0xfebfffff));
        CHECK(dword_in_dsdt(want[i].low));
        for (uint32_t at = 36; at + 24 <= mem(dsdt + 4, 4); at++)       /* least, greatest address of a QWORD range */
            found |= mem(dsdt + at, 8) == want[i].above && mem(dsdt + at + 8, 8) == last;
        CHECK(found);
        end();
    }
}

static void what_the_user_says_is_in_the_tables(void)
{
    struct board_config cfg = config(64 * MIB);
    uint64_t fadt;

    cfg.oem_id = "ABCDEF";
    cfg.oem_table_id = "12345678";
    begin("q35", &cfg);
    fadt = table("FACP");
    CHECK_EQ(mem(fadt + OEM_ID, 4), 0x44434241);
    CHECK_EQ(mem(fadt + OEM_ID + 6, 8), 0x3837363534333231);
    end();
    cfg.oem_id = cfg.oem_table_id = NULL;
    cfg.acpi = false;
    begin("q35", &cfg);
    CHECK_EQ(param(0x70, 8), 0);
    end();
}

/* ACPI 3.0, 5.2.10: what the guest put there before it slept; above 1 MiB there is no real mode. */
static void a_wake_up_goes_to_the_guests_vector(void)
{
    static const char *const boards[] = { "q35", "pc" };
    static const struct { uint32_t vector; uint16_t sel; uint32_t base, rip; } want[] = {
        { 0x9a120, 0x9a12, 0x9a120, 0 }, { 0x8f, 8, 0x80, 0xf }, { 0xfffff, 0xffff, 0xffff0, 0xf },
    };

    for (unsigned i = 0; i < 6; i++) {
        struct board_config cfg = config(64 * MIB);
        uint32_t facs;

        begin(boards[i & 1], &cfg);
        facs = mem(table("FACP") + FADT_FACS, 4);
        CHECK_EQ(mem(facs, 4), 0x53434146);
        address_space_write(&m->memory_as, facs + 12, 4, want[i / 2].vector, NULL);
        m->wake_boot(m);
        CHECK_EQ(cpu().seg[CS].sel, want[i / 2].sel);
        CHECK_EQ(cpu().seg[CS].base, want[i / 2].base);
        CHECK_EQ(cpu().rip, want[i / 2].rip);
        CHECK_EQ(io(0x604, 2) & 0x3c00, 0);             /* the ports are there */
        end();
    }
    for (unsigned i = 0; i < 4; i++) {
        static const uint32_t vectors[] = { 0, 1 << 20, 0x01012340, 0x12340 };
        struct board_config cfg = config(64 * MIB);
        struct x86_state st = { .rip = 0x1234 };
        uint32_t facs;

        begin("q35", &cfg);
        facs = mem(table("FACP") + FADT_FACS, 4);
        address_space_write(&m->memory_as, facs + 12, 4, vectors[i], NULL);
        if (i == 3)                                     /* it has written over the table */
            address_space_write(&m->memory_as, facs, 4, 0, NULL);
        stand_vcpu_put(m->vcpus[0], &st);
        m->wake_boot(m);
        CHECK_EQ(cpu().rip, LOAD + 0x200);              /* starts anew */
        end();
    }
}

/* What firmware reads by fw_cfg's ports. */
static unsigned file_read(const char *name, uint8_t *to, unsigned room)
{
    uint16_t key = fw_cfg_file_key(fw_cfg_find(m), name);
    uint32_t len = 0;

    CHECK(key && fw_cfg_bytes(fw_cfg_find(m), key, &len));
    address_space_write(&m->io_as, 0x510, 2, key, NULL);
    fw_cfg_bytes(fw_cfg_find(m), key, &len);            /* made when it is chosen */
    CHECK(len <= room);
    for (uint32_t i = 0; i < len; i++)
        to[i] = io(0x511, 1);
    return len;
}

static void configuration_set(unsigned slot, unsigned at, uint32_t val)
{
    address_space_write(&m->io_as, 0xcf8, 4, 1u << 31 | slot << 11 | at, NULL);
    address_space_write(&m->io_as, 0xcfc, 4, val, NULL);
}

/* Firmware places blocks and window where it likes; tables that it reads after that say where.  A window of less than
 * 256 buses has no table. */
static void tables_for_firmware_follow_the_registers(void)
{
    static const struct { uint32_t pm, cntl, bar; uint16_t pm_base; uint64_t window; } want[] = {
        { 0x701, 0x80, 0xc0000001, 0x700, 0xc0000000 }, { 0xff81, 0x80, 0xb0000001, 0xff80, 0xb0000000 },
        { 0x601, 0, 0xb0000001, 0, 0xb0000000 },        { 0x601, 0x80, 0xb0000000, 0x600, 0 },
        { 0x601, 0x80, 0xb0000003, 0x600, 0 },          { 0x601, 0x80, 0xb0000005, 0x600, 0 },
    };
    static uint8_t blob[TABLES];
    struct board_config cfg = config(64 * MIB);

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        const uint8_t *fadt, *mcfg;
        unsigned len;

        begin("q35", &cfg);
        configuration_set(0x1f, 0x40, want[i].pm);
        configuration_set(0x1f, 0x44, want[i].cntl);
        configuration_set(0, 0x60, want[i].bar);
        len = file_read("etc/acpi/tables", blob, sizeof(blob));
        fadt = memmem(blob, len, "FACP", 4);
        CHECK(fadt);
        CHECK_EQ(bits_load(fadt + FADT_PM1A_EVT, 4), want[i].pm_base);
        mcfg = memmem(blob, len, "MCFG", 4);
        CHECK_EQ(!!mcfg, want[i].window != 0);
        CHECK(!mcfg || bits_load(mcfg + 44, 8) == want[i].window);
        end();
    }
}

/* SRAT: of two nodes of 3 and 2 GiB, the first has what lies below 4 GiB and the beginning of the rest. */
static void memory_of_nodes_lies_on_both_sides_of_the_hole(void)
{
    struct { uint32_t node; uint64_t base, size; } want[] = {
        { 0, 0, 0xa0000 }, { 0, MIB, 2 * GIB - MIB }, { 0, 4 * GIB, GIB }, { 1, 5 * GIB, 2 * GIB },
    };
    struct board_config cfg = config(5 * GIB);
    unsigned found = 0;
    uint64_t srat;

    cfg.numa = numa_new();
    cfg.numa->n_nodes = 2;
    for (unsigned i = 0; i < 2; i++)
        cfg.numa->node[i] = (struct numa_node){ .declared = true, .bytes = (3 - i) * GIB, .initiator = NUMA_NONE };
    CHECK_EQ(numa_complete(cfg.numa, &cfg, false, NULL), 0);
    begin("q35", &cfg);
    srat = table("SRAT");
    CHECK(srat);
    for (uint32_t at = 48; at < mem(srat + 4, 4); at += mem(srat + at + 1, 1)) {
        if (mem(srat + at, 1) != 1 || !(mem(srat + at + 28, 4) & 1))    /* memory affinity, enabled */
            continue;
        CHECK(found < 4);
        CHECK_EQ(mem(srat + at + 2, 4), want[found].node);
        CHECK_EQ(mem(srat + at + 8, 8), want[found].base);
        CHECK_EQ(mem(srat + at + 16, 8), want[found].size);
        found++;
    }
    CHECK_EQ(found, 4);
    end();
    numa_free(cfg.numa);
}

/* Without SMM firmware finds APMC_EN set, and leaves it alone. */
static void without_smm_the_bridge_says_so(void)
{
    for (unsigned on = 0; on < 2; on++) {
        struct board_config cfg = config(64 * MIB);

        cfg.smm = on;
        begin("q35", &cfg);
        CHECK_EQ(io(0x630, 4), on ? 0 : 0x20);
        end();
    }
}

/* An offer, a wish (none yet), an answer that is given when it is asked for. */
static void firmware_and_the_bridge_agree_on_smis(void)
{
    struct board_config cfg = config(64 * MIB);
    uint8_t bytes[16];

    begin("q35", &cfg);
    CHECK_EQ(file_read("etc/smi/supported-features", bytes, 16), 8);
    CHECK_EQ(bits_load(bytes, 8), 7);
    CHECK_EQ(file_read("etc/smi/requested-features", bytes, 16), 8);
    CHECK_EQ(bits_load(bytes, 8), 0);
    CHECK_EQ(file_read("etc/smi/features-ok", bytes, 16), 1);
    CHECK_EQ(bytes[0], 1);
    end();
}

/* 128 KiB are kept for tables, of which -device may still add to some. */
static void tables_that_do_not_fit_are_refused(void)
{
    static uint8_t bytes[120 << 10];
    static const struct { uint32_t len; bool direct, acpi; int result; } want[] = {
        { 40 << 10, true, true, 0 }, { 90 << 10, true, true, 0 }, { 108 << 10, true, true, -EFBIG },
        { 120 << 10, true, true, -EFBIG }, { 120 << 10, false, true, 0 }, { 120 << 10, true, false, 0 },
    };

    memcpy(bytes, "TEST", 4);
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        const struct acpi_user_table user = { bytes, want[i].len };
        struct board_config cfg = config(64 * MIB);
        const struct board_type *b = board_find("q35");
        struct error *err = NULL;
        char bios[] = "/tmp/rhea-bios-XXXXXX";
        int fd = mkstemp(bios);

        CHECK(fd >= 0 && !ftruncate(fd, 64 << 10));
        close(fd);
        bits_store(bytes + 4, 4, want[i].len);
        cfg.acpi_tables = &user;
        cfg.n_acpi_tables = 1;
        cfg.direct_boot = want[i].direct;
        cfg.acpi = want[i].acpi;
        cfg.bios = want[i].direct ? NULL : bios;
        CHECK(!loop_new(&loop, NULL) && !machine_new(loop, b->version, &m, NULL));
        accel = (struct accel){ &ops, m };
        m->accel = &accel;
        m->type_name = b->name;
        machine_phase_advance(m, PHASE_ACCEL);
        CHECK_EQ(b->build(m, &cfg, &err), want[i].result);
        CHECK_EQ(!!err, want[i].result != 0);
        CHECK(!err || (!strcmp(err->object, "-numa and -acpitable") && strstr(err->legal, "114688 bytes")));
        error_free(err);
        unlink(bios);
        end();
    }
}

static uint8_t cmos(uint8_t at)
{
    address_space_write(&m->io_as, 0x70, 1, at, NULL);
    return io(0x71, 1);
}

/* "-boot once=": for the first start; floppies are checked or not as before. */
static void boot_once_holds_until_the_first_reset(void)
{
    for (unsigned check = 0; check < 2; check++) {
        struct board_config cfg = config(64 * MIB);

        cfg.boot.order = "cd";
        cfg.boot.once = "n";
        cfg.floppy_check = check;
        begin("pc", &cfg);
        CHECK_EQ(cmos(0x3d), 0x04);
        CHECK_EQ(cmos(0x38) & 1, !check);
        machine_reset(m, false);
        CHECK_EQ(cmos(0x3d), 0x32);
        CHECK_EQ(cmos(0x38) & 1, !check);
        end();
    }
}

int main(void)
{
    epoch_thread_init();
    if (!folder_open())
        return 1;
    TEST(the_first_processor_starts_the_kernel_with_its_command_line);
    TEST(the_memory_map_has_what_there_is_and_what_is_reserved);
    TEST(power_management_is_where_the_tables_say);
    TEST(q35_has_its_enhanced_window_and_its_root_complex);
    TEST(eight_modules_are_on_the_smbus);
    TEST(windows_for_bars_begin_where_ram_ends);
    TEST(what_the_user_says_is_in_the_tables);
    TEST(a_wake_up_goes_to_the_guests_vector);
    TEST(tables_for_firmware_follow_the_registers);
    TEST(memory_of_nodes_lies_on_both_sides_of_the_hole);
    TEST(without_smm_the_bridge_says_so);
    TEST(firmware_and_the_bridge_agree_on_smis);
    TEST(tables_that_do_not_fit_are_refused);
    TEST(boot_once_holds_until_the_first_reset);
    folder_close();
    epoch_thread_fini();
    return test_end();
}
