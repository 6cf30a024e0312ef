/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc-cmos.h"
#include "hw/i386/pc-firmware.h"

/*
 * What a PC's board leaves for its firmware: CMOS memory and fw_cfg
 */

#include "hw/i386/e820.h"
#include "hw/nvram/fw-cfg.h"
#include "hw/timer/mc146818rtc.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "tests/unit/hw-bench.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static struct bench b;
static struct device *clock_chip;

static unsigned cmos_number(unsigned at, unsigned n)
{
    unsigned val = 0;

    while (n--)
        val = val << 8 | cmos_in(&b, at + n);
    return val;
}

static void fill(struct pc_cmos c)
{
    bench_init(&b, 1);
    clock_chip = bench_device(&b, "mc146818rtc");
    c.boot_order = c.boot_order ? c.boot_order : "cad";
    c.cpus = c.cpus ? c.cpus : 1;
    pc_cmos_set(clock_chip, &c);
}

static void memory_of_512_mib_is_told_three_times(void)
{
    fill((struct pc_cmos){ .low_bytes = 512 * MIB });
    CHECK_EQ(cmos_number(0x15, 2), 640);
    CHECK_EQ(cmos_number(0x17, 2), 0xffff);
    CHECK_EQ(cmos_number(0x30, 2), 0xffff);
    CHECK_EQ(cmos_number(0x34, 2), (512 - 16) * 16);
    CHECK_EQ(cmos_number(0x5b, 3), 0);
    bench_fini(&b);
}

static void a_small_memory_is_told_exactly(void)
{
    fill((struct pc_cmos){ .low_bytes = 8 * MIB });
    CHECK_EQ(cmos_number(0x17, 2), 7 * 1024);
    CHECK_EQ(cmos_number(0x34, 2), 0);
    bench_fini(&b);
}

static void memory_above_4_gib_counts_apart(void)
{
    fill((struct pc_cmos){ .low_bytes = 2 * GIB, .high_bytes = 6 * GIB });
    CHECK_EQ(cmos_number(0x34, 2), (2048 - 16) * 16);
    CHECK_EQ(cmos_number(0x5b, 3), 6 * 1024 * 16);
    bench_fini(&b);
}

static void what_does_not_fit_is_told_as_the_most_that_fits(void)
{
    fill((struct pc_cmos){ .low_bytes = 2 * GIB, .high_bytes = 1ull << 41, .cpus = 288 });
    CHECK_EQ(cmos_number(0x5b, 3), 0xffffff);
    CHECK_EQ(cmos_in(&b, 0x5f), 0xff);
    bench_fini(&b);
}

static void equipment_has_an_fpu_and_a_mouse_if_there_is_one(void)
{
    fill((struct pc_cmos){ .low_bytes = 8 * MIB, .mouse = true });
    CHECK_EQ(cmos_in(&b, 0x14), 6);
    bench_fini(&b);
    fill((struct pc_cmos){ .low_bytes = 8 * MIB });
    CHECK_EQ(cmos_in(&b, 0x14), 2);
    bench_fini(&b);
}

static void boot_devices_are_nibbles_in_order(void)
{
    fill((struct pc_cmos){ .low_bytes = 8 * MIB, .boot_order = "cad" });
    CHECK_EQ(cmos_in(&b, 0x3d), 0x12);
    CHECK_EQ(cmos_in(&b, 0x38), 0x31);
    bench_fini(&b);
    fill((struct pc_cmos){ .low_bytes = 8 * MIB, .boot_order = "n", .floppy_check = true });
    CHECK_EQ(cmos_in(&b, 0x3d), 0x04);
    CHECK_EQ(cmos_in(&b, 0x38), 0x00);
    bench_fini(&b);
}

static void it_survives_a_reset(void)
{
    fill((struct pc_cmos){ .low_bytes = 512 * MIB, .cpus = 4 });
    machine_reset(b.m, true);
    CHECK_EQ(cmos_in(&b, 0x5f), 3);
    CHECK_EQ(cmos_number(0x34, 2), (512 - 16) * 16);
    bench_fini(&b);
}

/* A machine that is a PC as far as fw_cfg goes. */
static struct pc pc;
static struct board_config cfg;
static struct smbios_config smbios;
static struct error *err;
static uint64_t reserved_gpa;           /* what the accelerator keeps for itself, 16 KiB; 0: nothing */

static int start_with(uint64_t high_bytes)
{
    bench_init(&b, 2);
    memset(&pc, 0, sizeof(pc));
    pc.low_bytes = cfg.ram_bytes = 128 * MIB;
    pc.high_bytes = high_bytes;
    b.m->board = &pc;
    b.accel.reserved_gpa = reserved_gpa;
    b.accel.reserved_bytes = reserved_gpa ? 0x4000 : 0;
    b.m->type_name = "pc-q35-7.2";
    smbios_config_init(&smbios);
    cfg.smbios = &smbios;
    cfg.smp = cpu_topology_cores(1);
    CHECK_EQ(cpu_config_parse("qemu64", true, &cfg.cpu, NULL), 0);
    err = NULL;
    return pc_firmware_new(b.m, &cfg, &err);
}

static int start(void)
{
    return start_with(0);
}

static void stop(void)
{
    bench_fini(&b);
    smbios_config_fini(&smbios);
    cfg = (struct board_config){ .boot = { .splash_ms = -1, .reboot_ms = -1 }, .graphics = true };
}

static uint64_t number(uint16_t key, unsigned size)
{
    uint32_t len = 0;
    const uint8_t *bytes = fw_cfg_bytes(pc.fw_cfg, key, &len);

    CHECK(bytes && len == size);
    return bits_load(bytes, size);
}

static const uint8_t *file(const char *name, uint32_t *len)
{
    uint16_t key = fw_cfg_file_key(pc.fw_cfg, name);

    return key ? fw_cfg_bytes(pc.fw_cfg, key, len) : NULL;
}

static void keys_tell_memory_and_cpus(void)
{
    cfg.hpet = true;
    CHECK_EQ(start(), 0);
    CHECK_EQ(number(FW_CFG_RAM_SIZE, 8), 128 * MIB);
    CHECK_EQ(number(FW_CFG_NB_CPUS, 2), 2);
    CHECK_EQ(number(FW_CFG_MAX_CPUS, 2), 2);
    CHECK_EQ(number(FW_CFG_NOGRAPHIC, 2), 0);
    CHECK_EQ(number(FW_CFG_IRQ0_OVERRIDE, 4), 1);
    stop();
}

static void the_e820_file_has_ram_and_what_is_nobodys(void)
{
    const struct e820_entry *e;
    uint32_t len;

    CHECK_EQ(start(), 0);
    e = (const struct e820_entry *)file("etc/e820", &len);
    CHECK(e && len == 40);
    CHECK(e[0].base == 0xfd00000000 && e[0].size == 0x300000000 && e[0].type == E820_RESERVED);
    CHECK(e[1].base == 0 && e[1].size == 128 * MIB && e[1].type == E820_RAM);
    stop();
}

static void ram_above_the_hole_begins_at_4_gib(void)
{
    const struct e820_entry *e;
    uint32_t len;

    CHECK_EQ(start_with(3 * GIB), 0);
    e = (const struct e820_entry *)file("etc/e820", &len);
    CHECK(e && len == 60);
    CHECK(e[2].base == 4 * GIB && e[2].size == 3 * GIB && e[2].type == E820_RAM);
    stop();
}

static void what_the_accelerator_keeps_is_no_memory(void)
{
    const struct e820_entry *e;
    uint32_t len;

    reserved_gpa = 0xfeffc000;
    CHECK_EQ(start(), 0);
    e = (const struct e820_entry *)file("etc/e820", &len);
    CHECK(e && len == 60);
    CHECK(e[0].base == 0xfeffc000 && e[0].size == 0x4000 && e[0].type == E820_RESERVED);
    reserved_gpa = 0;
    stop();
}

static void the_uuid_is_told_as_it_was_given(void)
{
    const uint8_t *bytes;
    uint32_t len;

    for (unsigned i = 0; i < UUID_BYTES; i++)
        cfg.uuid[i] = 0x10 + i;
    CHECK_EQ(start(), 0);
    bytes = fw_cfg_bytes(pc.fw_cfg, FW_CFG_UUID, &len);
    CHECK(bytes && len == UUID_BYTES && !memcmp(bytes, cfg.uuid, UUID_BYTES));
    stop();
}

/* IA-PC HPET 1.0a, 3.2.4: the number of blocks; of each its event timer block id, place, least tick, protection. */
static void the_hpet_is_told_with_its_id_and_place(void)
{
    static const uint8_t none[1] = { 255 };

    for (unsigned on = 0; on < 2; on++) {
        const uint8_t *bytes;
        uint32_t len;

        cfg.hpet = on;
        CHECK_EQ(start(), 0);
        bytes = fw_cfg_bytes(pc.fw_cfg, FW_CFG_HPET, &len);
        CHECK(bytes && len == 1 + 8 * 15);
        if (on) {
            CHECK_EQ(bytes[0], 1);
            CHECK_EQ(bits_load(bytes + 1, 4), 0x8086a201);
            CHECK_EQ(bits_load(bytes + 5, 8), 0xfed00000);
            CHECK_EQ(bits_load(bytes + 13, 3), 0);
        } else {
            CHECK(!memcmp(bytes, none, 1));
        }
        for (unsigned at = 16; at < len; at++)
            CHECK(!bytes[at]);
        stop();
    }
}

/* "etc/system-states": which a guest may ask for; it is the power management's. */
static void sleeping_states_are_told_where_there_is_power_management(void)
{
    uint32_t len = 1;

    CHECK_EQ(start(), 0);
    CHECK_EQ(pc_firmware_finish(b.m, &cfg, NULL, NULL), 0);
    CHECK(!file("etc/system-states", &len));
    CHECK(fw_cfg_file_key(pc.fw_cfg, "bios-geometry"));
    file("bios-geometry", &len);
    CHECK_EQ(len, 0);
    stop();
}

static void a_machine_without_graphics_says_so_and_names_its_serial_port(void)
{
    uint32_t len;
    const uint8_t *port;

    cfg.graphics = false;
    CHECK_EQ(start(), 0);
    CHECK_EQ(number(FW_CFG_NOGRAPHIC, 2), 1);
    port = file("etc/sercon-port", &len);
    CHECK(port && len == 8 && bits_load(port, 8) == 0x3f8);
    stop();
}

static void waits_are_milliseconds(void)
{
    uint32_t len;
    const uint8_t *wait;

    CHECK_EQ(start(), 0);
    wait = file("etc/boot-fail-wait", &len);
    CHECK(wait && len == 4 && bits_load(wait, 4) == 0xffffffff);
    CHECK(!file("etc/boot-menu-wait", &len));
    stop();
    cfg.boot.menu = true;
    cfg.boot.splash_ms = 1500;
    cfg.boot.reboot_ms = 10;
    CHECK_EQ(start(), 0);
    wait = file("etc/boot-menu-wait", &len);
    CHECK(wait && len == 2 && bits_load(wait, 2) == 1500);
    CHECK_EQ(bits_load(file("etc/boot-fail-wait", &len), 4), 10);
    CHECK_EQ(number(FW_CFG_BOOT_MENU, 2), 1);
    stop();
}

static void boot_order(const char *first, bool strict, const char *want)
{
    const uint8_t *list;
    uint32_t len;

    cfg.boot.strict = strict;
    CHECK_EQ(start(), 0);
    CHECK_EQ(pc_firmware_finish(b.m, &cfg, first, NULL), 0);
    list = file("bootorder", &len);
    CHECK(list && len == (*want ? strlen(want) + 1 : 0));
    CHECK(!len || !strcmp((const char *)list, want));
    stop();
}

static void the_boot_order_is_lines_and_ends_with_halt_when_strict(void)
{
    boot_order(NULL, false, "");
    boot_order("/rom@genroms/x.bin", false, "/rom@genroms/x.bin");
    boot_order("/rom@genroms/x.bin", true, "/rom@genroms/x.bin\nHALT");
    boot_order(NULL, true, "HALT");
}

static void splash(const void *bytes, size_t n, const char *want)
{
    char path[] = "/tmp/rhea-splash-XXXXXX";
    int fd = mkstemp(path);
    uint32_t len;

    CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
    cfg.boot.splash = path;
    CHECK_EQ(start(), want ? 0 : -EINVAL);
    unlink(path);
    CHECK(!want || (file(want, &len) && len == n));
    CHECK(want || !strcmp(err->object, "-boot splash"));
    error_free(err);
    stop();
}

static void a_splash_picture_is_recognised_by_its_bytes(void)
{
    uint8_t bmp[64] = { 'B', 'M', [28] = 24 };

    splash(bmp, sizeof(bmp), "bootsplash.bmp");
    splash("\xff\xd8\xff\xe0", 4, "bootsplash.jpg");
    bmp[28] = 8;
    splash(bmp, sizeof(bmp), NULL);
    splash("BM", 2, NULL);
    bmp[28] = 24;
    splash(bmp, 31, "bootsplash.bmp");                  /* the header up to its number of bits */
    splash(bmp, 30, NULL);
    splash("\xff\xd7\xff\xe0", 4, NULL);
    splash("\xfe\xd8\xff\xe0", 4, NULL);
    splash("\xff\xd8\xff", 3, NULL);
    splash("nothing", 7, NULL);
}

int main(void)
{
    cfg = (struct board_config){ .boot = { .splash_ms = -1, .reboot_ms = -1 }, .graphics = true };
    TEST(memory_of_512_mib_is_told_three_times);
    TEST(a_small_memory_is_told_exactly);
    TEST(memory_above_4_gib_counts_apart);
    TEST(what_does_not_fit_is_told_as_the_most_that_fits);
    TEST(equipment_has_an_fpu_and_a_mouse_if_there_is_one);
    TEST(boot_devices_are_nibbles_in_order);
    TEST(it_survives_a_reset);
    TEST(keys_tell_memory_and_cpus);
    TEST(the_e820_file_has_ram_and_what_is_nobodys);
    TEST(ram_above_the_hole_begins_at_4_gib);
    TEST(what_the_accelerator_keeps_is_no_memory);
    TEST(the_uuid_is_told_as_it_was_given);
    TEST(the_hpet_is_told_with_its_id_and_place);
    TEST(sleeping_states_are_told_where_there_is_power_management);
    TEST(a_machine_without_graphics_says_so_and_names_its_serial_port);
    TEST(waits_are_milliseconds);
    TEST(the_boot_order_is_lines_and_ends_with_halt_when_strict);
    TEST(a_splash_picture_is_recognised_by_its_bytes);
    return test_end();
}
