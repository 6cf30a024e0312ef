/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * The command line: what options store, what they mean together, what is refused
 *
 * Listings are stubs here: that they were asked for is all that counts.
 */

#include "hw/acpi/tables.h"
#include "hw/i386/board.h"
#include "hw/i386/numa.h"
#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static const char *listing;

int option_version(struct config *c, const char *value, struct error **err)
{
    listing = "version";
    c->help_shown = true;
    return 0;
}

int option_help(struct config *c, const char *value, struct error **err)
{
    listing = "help";
    c->help_shown = true;
    return 0;
}

void list_machines(void)
{
    listing = "machines";
}

void list_cpus(void)
{
    listing = "cpus";
}

void list_accels(void)
{
    listing = "accels";
}

void list_devices(void)
{
    listing = "devices";
}

int list_device_props(const char *type, struct error **err)
{
    listing = "device";
    return strcmp(type, "nosuch") ? 0 : error_set(err, -ENOENT, ERROR_UNKNOWN, "-device", type, "x");
}

void list_objects(void)
{
    listing = "objects";
}

int list_object_props(const char *type, struct error **err)
{
    listing = "object";
    return strcmp(type, "nosuch") ? 0 : error_set(err, -ENOENT, ERROR_UNKNOWN, "object qom-type", type, "x");
}

void list_vgas(void)
{
}

void list_data_dirs(const struct config *c)
{
}

void list_log_items(void)
{
    listing = "log";
}

void list_traces(void)
{
    listing = "trace";
}

static struct config c;
static struct error *err;

/* A command line in words that single spaces part; an empty word is "''". */
static int parse(const char *line)
{
    static char text[4096];
    char *argv[160] = { (char *)"rhea" };
    int argc = 1;

    err = NULL;
    listing = NULL;
    snprintf(text, sizeof(text), "%s", line);
    for (char *word = *text ? text : NULL; word && argc < 159;) {
        char *space = strchr(word, ' ');

        if (space)
            *space++ = '\0';
        argv[argc++] = strcmp(word, "''") ? word : word + 2;
        word = space;
    }
    return config_parse(&c, argc, argv, &err);
}

static void good(const char *line)
{
    if (parse(line))
        printf("# %s: %s\n", line, error_line(err).s);
    CHECK(!err);
}

static void bad(const char *line, const char *object, const char *value)
{
    if (!parse(line))
        printf("# %s\n", line);
    CHECK(err);
    CHECK_STR(err->object, object);
    CHECK_STR(err->value, value);
    CHECK(err->legal[0]);
    error_free(err);
    config_fini(&c);
}

static void without_options_but_a_machine_there_is_a_default_for_all(void)
{
    good("-M q35");
    CHECK_STR(c.board_type->name, "pc-q35-7.2");
    CHECK_EQ(c.board.ram_bytes, 128 * MIB);
    CHECK_EQ(c.board.smp.cpus, 1);
    CHECK(c.board.hpet && !c.board.direct_boot && !c.stopped && !c.nographic);
    config_fini(&c);
}

static void a_gdb_server_is_asked_for_by_two_names_the_last_one_counts(void)
{
    good("-M q35");
    CHECK(!c.gdb);
    config_fini(&c);
    good("-M q35 -s");
    CHECK_STR(c.gdb, "tcp::1234");
    config_fini(&c);
    good("-M q35 -s -gdb unix:x,server=on");
    CHECK_STR(c.gdb, "unix:x,server=on");
    config_fini(&c);
}

static void options_come_with_one_dash_or_two(void)
{
    good("--machine q35 -S --no-reboot");
    CHECK(c.stopped && c.no_reboot);
    config_fini(&c);
    bad("---machine q35", "option", "---machine");
    bad("-M q35 -", "option", "-");
    bad("-M q35 --", "option", "--");
    bad("-M q35 image", "argument", "image");
    bad("-M q35 ''", "argument", "");
    bad("-M q35 -S=on", "option", "-S=on");
    bad("-M", "-M", "nothing");
    bad("-M q35 -m", "-m", "nothing");
}

static void a_machine_has_a_name_and_may_have_an_alias(void)
{
    good("-M pc");
    CHECK_STR(c.board_type->name, "pc-i440fx-7.2");
    config_fini(&c);
    good("-M pc-i440fx-7.2 -smp 255");
    config_fini(&c);
    bad("-M pc -smp 256", "-smp cpus", "256");
    good("-M none");
    CHECK(!c.board.ram_asked);
    config_fini(&c);
    good("-M none -m 64");
    CHECK(c.board.ram_asked);
    config_fini(&c);
    bad("-M none -smp 2", "-smp cpus", "2");
}

static void the_graphics_adapter_is_std_unless_something_says_otherwise(void)
{
    good("-M q35");
    CHECK_EQ(c.board.vga, VGA_STD);
    config_fini(&c);
    good("-M q35 -vga none");
    CHECK_EQ(c.board.vga, VGA_NONE);
    config_fini(&c);
    good("-M q35 -nodefaults");
    CHECK_EQ(c.board.vga, VGA_NONE);
    config_fini(&c);
    good("-M q35 -nodefaults -vga std");
    CHECK_EQ(c.board.vga, VGA_STD);
    config_fini(&c);
    good("-M q35 -device driver=VGA,addr=5");
    CHECK_EQ(c.board.vga, VGA_NONE);
    config_fini(&c);
    good("-M q35 -device VGAX");
    CHECK_EQ(c.board.vga, VGA_STD);
    config_fini(&c);
    bad("-M q35 -vga qxl", "-vga", "qxl");
}

static void actions_are_taken_event_by_event(void)
{
    good("-M q35 -action reboot=shutdown,watchdog=pause -action shutdown=pause");
    CHECK(c.no_reboot && c.no_shutdown && c.watchdog_action == WATCHDOG_PAUSE);
    config_fini(&c);
    good("-M q35 -no-reboot -action reboot=reset -watchdog-action inject-nmi");
    CHECK(!c.no_reboot && c.watchdog_action == WATCHDOG_INJECT_NMI);
    config_fini(&c);
    bad("-M q35 -action reboot=pause", "-action reboot", "pause");
    good("-M q35");
    CHECK_EQ(c.panic_action, PANIC_SHUTDOWN);
    config_fini(&c);
    good("-M q35 -action panic=pause -action panic=exit-failure");
    CHECK_EQ(c.panic_action, PANIC_EXIT_FAILURE);
    config_fini(&c);
    good("-M q35 -action panic=none");
    CHECK_EQ(c.panic_action, PANIC_NONE);
    config_fini(&c);
    bad("-M q35 -action panic=reset", "-action panic", "reset");
    bad("-M q35 -action watchdog=bark", "-action watchdog", "bark");
    bad("-M q35 -watchdog-action bark", "-watchdog-action", "bark");
}

static void without_a_machine_it_is_pc(void)
{
    good("-m 64");
    CHECK_STR(c.board_type->name, "pc-i440fx-7.2");
    config_fini(&c);
}

#define ROMS_4 " -option-rom a -option-rom b -option-rom c -option-rom d"
#define ROMS_8 ROMS_4 ROMS_4

static void option_rom_takes_a_file_and_an_index(void)
{
    good("-M q35 -option-rom a.rom -option-rom romfile=b,,c.rom,bootindex=3");
    CHECK_EQ(c.board.n_roms, 2);
    CHECK_STR(c.board.roms[0].path, "a.rom");
    CHECK_EQ(c.board.roms[0].index, -1);
    CHECK_STR(c.board.roms[1].path, "b,c.rom");
    CHECK_EQ(c.board.roms[1].index, 3);
    config_fini(&c);
    good("-M q35 -option-rom a.rom,bootindex=0");
    CHECK_EQ(c.board.roms[0].index, 0);
    config_fini(&c);
    good("-M q35" ROMS_8 ROMS_8);
    CHECK_EQ(c.board.n_roms, 16);
    config_fini(&c);
    bad("-M q35" ROMS_8 ROMS_8 " -option-rom one.too.many", "-option-rom", "one.too.many");
    bad("-M q35 -option-rom bootindex=1", "-option-rom", "bootindex=1");
    bad("-M q35 -option-rom ''", "-option-rom", "");
    bad("-M q35 -option-rom a,bootindex=-1", "-option-rom bootindex", "-1");
    bad("-M q35 -option-rom a,bootindex=2147483648", "-option-rom bootindex", "2147483648");
    bad("-M q35 -option-rom a,x=1", "-option-rom", "x=1");
}

static void boot_takes_letters_and_wishes(void)
{
    good("-M q35 -boot dc");
    CHECK_STR(c.board.boot.order, "dc");
    CHECK(c.board.boot.splash_ms == -1 && c.board.boot.reboot_ms == -1 && !c.board.boot.menu);
    config_fini(&c);
    good("-M q35 -boot order=c,once=d,menu=on,splash-time=1000 -boot reboot-timeout=-1,strict=on,splash=x.jpg");
    CHECK_STR(c.board.boot.order, "c");
    CHECK_STR(c.board.boot.once, "d");
    CHECK_STR(c.board.boot.splash, "x.jpg");
    CHECK(c.board.boot.menu && c.board.boot.strict && c.board.boot.splash_ms == 1000);
    config_fini(&c);
    bad("-M q35 -boot x", "-boot order", "x");
    bad("-M q35 -boot cc", "-boot order", "cc");
    bad("-M q35 -boot once=abcd", "-boot once", "abcd");
    bad("-M q35 -boot menu=perhaps", "-boot menu", "perhaps");
    bad("-M q35 -boot splash-time=-1", "-boot splash-time", "-1");
    bad("-M q35 -boot reboot-timeout=65536", "-boot reboot-timeout", "65536");
    bad("-M q35 -boot reboot-timeout=1s", "-boot reboot-timeout", "1s");
}

static void rtc_says_what_the_clock_shows_and_goes_by(void)
{
    good("-M q35 -rtc base=2006-06-17T16:01:21,clock=vm");
    CHECK_EQ(config_rtc_now_ns(&c), 1150560081ll * 1000000000);
    CHECK_EQ(c.rtc.source, RTC_VIRTUAL);
    config_fini(&c);
    good("-M q35 -rtc 1970-01-02");
    CHECK_EQ(config_rtc_now_ns(&c), 86400ll * 1000000000);
    config_fini(&c);
    good("-M q35 -rtc utc,clock=rt,driftfix=none");
    CHECK_EQ(c.rtc.source, RTC_MONOTONIC);
    config_fini(&c);
    bad("-M q35 -rtc base=yesterday", "-rtc base", "yesterday");
    bad("-M q35 -rtc base=2006-13-01", "-rtc base", "2006-13-01");
    bad("-M q35 -rtc clock=sun", "-rtc clock", "sun");
    good("-M q35 -rtc driftfix=slew");
    CHECK(c.board.rtc_slew);
    config_fini(&c);
    bad("-M q35 -rtc driftfix=crawl", "-rtc driftfix", "crawl");
}

static void machine_properties_add_up_over_several_options(void)
{
    good("-M q35,hpet=off -M x-direct-boot=on,accel=tcg -machine accel=a:b");
    CHECK(!c.board.hpet && c.board.direct_boot);
    CHECK_STR(c.machine_accel, "a:b");
    config_fini(&c);
    good("-M q35,kernel-irqchip=split -enable-kvm -accel tcg");
    CHECK_STR(c.kernel_irqchip, "split");
    CHECK(c.board.smm && !c.smm_asked);
    CHECK_EQ(c.accels.n, 2);
    CHECK_STR(c.accels.item[0], "kvm");
    config_fini(&c);
    good("-M q35,smm=on");
    CHECK(c.board.smm && c.smm_asked);
    config_fini(&c);
    good("-M q35,smm=on -M smm=auto");
    CHECK(c.board.smm && !c.smm_asked);
    config_fini(&c);
    bad("-M q35,nosuch=1", "-machine", "nosuch=1");
    bad("-M q35,hpet=2", "-machine hpet", "2");
    bad("-M isapc", "-machine", "isapc");
    good("-M q35,max-ram-below-4g=1G -M max-ram-below-4g=2G");
    CHECK_EQ(c.board.max_ram_below_4g, 2048 * MIB);
    config_fini(&c);
    good("-M q35,max-ram-below-4g=4G");
    CHECK_EQ(c.board.max_ram_below_4g, 4096 * MIB);
    config_fini(&c);
    good("-M q35,max-ram-below-4g=9M");
    CHECK_EQ(c.board.max_ram_below_4g, 9 * MIB);
    config_fini(&c);
    good("-M q35,max-ram-below-4g=8M -M max-ram-below-4g=0");
    CHECK_EQ(c.board.max_ram_below_4g, 0);
    config_fini(&c);
    bad("-M q35,max-ram-below-4g=4097M", "-machine max-ram-below-4g", "4097M");
    bad("-M q35,max-ram-below-4g=5G", "-machine max-ram-below-4g", "5G");
    bad("-M q35,max-ram-below-4g=1M", "-machine max-ram-below-4g", "1M");
    bad("-M q35,max-ram-below-4g=8388609", "-machine max-ram-below-4g", "8388609");
    bad("-M q35,max-ram-below-4g=some", "-machine max-ram-below-4g", "some");
    bad("-M q35,accel=tcg -accel tcg", "-machine accel", "tcg");
}

static void parts_of_a_machine_can_be_left_out(void)
{
    good("-M q35");
    CHECK(c.board.acpi && c.board.i8042 && c.board.pic && c.board.pit && c.board.smbus);
    CHECK(c.board.dump_guest_core && c.board.mem_merge && !c.board.oem_id && !c.board.oem_table_id);
    config_fini(&c);
    good("-M q35,acpi=off,i8042=off,pic=off -M pit=off,smbus=off,dump-guest-core=off,mem-merge=off");
    CHECK(!c.board.acpi && !c.board.i8042 && !c.board.pic && !c.board.pit && !c.board.smbus);
    CHECK(!c.board.dump_guest_core && !c.board.mem_merge);
    config_fini(&c);
    good("-M q35,acpi=auto,pic=off,pic=auto,usb=off,sata=off,nvdimm=off");
    CHECK(c.board.acpi && c.board.pic);
    config_fini(&c);
    good("-M q35,acpi=off,pic=off,pit=off,smm=off,vmport=off -M acpi=auto,pic=auto,pit=auto,smm=auto,vmport=auto");
    CHECK(c.board.acpi && c.board.pic && c.board.pit && c.board.smm && c.board.vmport);
    config_fini(&c);
    good("-M q35,default-bus-bypass-iommu=off,suppress-vmdesc=off,usb=off");
    config_fini(&c);
    bad("-M q35,default-bus-bypass-iommu=on", "-machine default-bus-bypass-iommu", "on");
    bad("-M q35,suppress-vmdesc=on", "-machine suppress-vmdesc", "on");
    bad("-M q35,nvdimm=on", "-machine nvdimm", "on");
    bad("-M q35,usb=on", "-machine usb", "on");
    bad("-M q35,sata=on", "-machine sata", "on");
    bad("-M q35,i8042=auto", "-machine i8042", "auto");
    bad("-M q35,graphics=auto", "-machine graphics", "auto");
    bad("-M q35,hpet=auto", "-machine hpet", "auto");
}

/* What a machine does not know is answered with what it knows. */
static void all_machine_properties_are_named_to_who_asks_for_another(void)
{
    static const char *const names[] = { "type", "accel", "acpi", "x-direct-boot", "append", "x-oem-table-id" };

    CHECK(parse("-M q35,nosuch=1") < 0);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK(strstr(err->legal, names[i]));
    error_free(err);
    config_fini(&c);
    CHECK(parse("-M isapc") < 0);
    CHECK(strstr(err->legal, "q35") && strstr(err->legal, "pc") && strstr(err->legal, ", "));
    error_free(err);
    config_fini(&c);
}

static void the_smbios_entry_point_is_as_wide_as_it_says(void)
{
    good("-M q35,smbios-entry-point-type=64");
    CHECK(c.board.smbios_64);
    config_fini(&c);
    good("-M q35,smbios-entry-point-type=64 -M smbios-entry-point-type=32");
    CHECK(!c.board.smbios_64);
    config_fini(&c);
    bad("-M q35,smbios-entry-point-type=16", "-machine smbios-entry-point-type", "16");
}

static void texts_of_a_machine_are_kept(void)
{
    good("-M q35,kernel=k,initrd=i,append=a,,b,firmware=f -M x-oem-id=ABCDEF,x-oem-table-id=ABCDEFGH");
    CHECK_STR(c.board.kernel, "k");
    CHECK_STR(c.board.initrd, "i");
    CHECK_STR(c.board.append, "a,b");
    CHECK_STR(c.board.bios, "f");
    CHECK_STR(c.board.oem_id, "ABCDEF");
    CHECK_STR(c.board.oem_table_id, "ABCDEFGH");
    config_fini(&c);
    good("-M q35,kernel=k -kernel l -M x-oem-id=A -M x-oem-id=B");
    CHECK_STR(c.board.kernel, "l");
    CHECK_STR(c.board.oem_id, "B");
    config_fini(&c);
    bad("-M q35,x-oem-id=ABCDEFG", "-machine x-oem-id", "ABCDEFG");
    bad("-M q35,x-oem-table-id=ABCDEFGHI", "-machine x-oem-table-id", "ABCDEFGHI");
}

static void check_memory(const char *size, uint64_t bytes)
{
    char line[100];

    snprintf(line, sizeof(line), "-M q35 -m %s", size);
    good(line);
    CHECK_EQ(c.board.ram_bytes, bytes);
    config_fini(&c);
}

static void memory_is_in_mebibytes_or_with_a_suffix(void)
{
    check_memory("512", 512 * MIB);
    check_memory("512M", 512 * MIB);
    check_memory("size=512m", 512 * MIB);
    check_memory("8G", 8 * GIB);
    check_memory("1.5G", 1536 * MIB);
    check_memory("524288K", 512 * MIB);
    check_memory("0x200", 512 * MIB);
    check_memory("8388609b", 8 * MIB + 8192);           /* whole pages of 8 KiB */
    check_memory("8M", 8 * MIB);
    check_memory("1000G", 1000 * GIB);
    check_memory("64,size=128", 128 * MIB);
}

static void odd_memory_is_refused(void)
{
    bad("-M q35 -m 0", "-m", "0");
    bad("-M q35 -m 7M", "-m", "7M");
    bad("-M q35 -m 1001G", "-m", "1001G");
    bad("-M q35 -m 9999999999G", "-m", "9999999999G");
    bad("-M q35 -m -1", "-m", "-1");
    bad("-M q35 -m 1e3", "-m", "1e3");
    bad("-M q35 -m 64MB", "-m", "64MB");
    bad("-M q35 -m ''", "-m", "");
    bad("-M q35 -m 64,slots=2", "-m", "slots=2");
}

static void check_topology(const char *spec, struct cpu_topology want)
{
    char line[100];

    snprintf(line, sizeof(line), "-M q35 -smp %s", spec);
    good(line);
    CHECK(!memcmp(&c.board.smp, &want, sizeof(want)));
    config_fini(&c);
}

static void check_smp(const char *spec, unsigned cpus, unsigned sockets, unsigned cores, unsigned threads)
{
    check_topology(spec, (struct cpu_topology){ cpus, cpus, sockets, 1, cores, threads });
}

/* As the reference fills in what was not given, for machine types since 6.2. */
static void topology_prefers_cores_over_sockets_over_threads(void)
{
    check_smp("4", 4, 1, 4, 1);
    check_smp("4,sockets=2", 4, 2, 2, 1);
    check_smp("4,threads=2", 4, 1, 2, 2);
    check_smp("4,cores=1", 4, 4, 1, 1);
    check_smp("4,sockets=1,cores=2", 4, 1, 2, 2);
    check_smp("8,cores=2,threads=2", 8, 2, 2, 2);
    check_smp("6,sockets=3", 6, 3, 2, 1);
    check_smp("sockets=2", 2, 2, 1, 1);
    check_smp("cores=3", 3, 1, 3, 1);
    check_smp("threads=2", 2, 1, 1, 2);
    check_smp("maxcpus=4", 4, 1, 4, 1);
    check_smp("sockets=2,maxcpus=4", 4, 2, 2, 1);
    check_smp("4,dies=1,clusters=1", 4, 1, 4, 1);
    check_smp("288", 288, 1, 288, 1);
    check_smp("4 -smp 2", 2, 1, 2, 1);
}

static void sockets_have_dies_and_places_may_be_empty(void)
{
    check_topology("8,dies=2,threads=2", (struct cpu_topology){ 8, 8, 1, 2, 2, 2 });
    check_topology("8,sockets=1,dies=2", (struct cpu_topology){ 8, 8, 1, 2, 4, 1 });
    check_topology("dies=3,cores=2", (struct cpu_topology){ 6, 6, 1, 3, 2, 1 });
    check_topology("2,maxcpus=8", (struct cpu_topology){ 2, 8, 1, 1, 8, 1 });
    check_topology("2,maxcpus=8,cores=2", (struct cpu_topology){ 2, 8, 4, 1, 2, 1 });
    check_topology("288", (struct cpu_topology){ 288, 288, 1, 1, 288, 1 });
    check_topology("1,maxcpus=288", (struct cpu_topology){ 1, 288, 1, 1, 288, 1 });
}

static void odd_topologies_are_refused(void)
{
    bad("-M q35 -smp 0", "-smp cpus", "0");
    bad("-M q35 -smp 289", "-smp cpus", "289");
    bad("-M q35 -smp 4,cores=3", "-smp", "1 sockets * 1 dies * 3 cores * 1 threads for 4 CPUs");
    bad("-M q35 -smp 3,threads=2", "-smp", "1 sockets * 1 dies * 1 cores * 2 threads for 3 CPUs");
    bad("-M q35 -smp 4,dies=3", "-smp", "1 sockets * 3 dies * 1 cores * 1 threads for 4 CPUs");
    bad("-M q35 -smp 2,sockets=2,dies=2", "-smp", "2 sockets * 2 dies * 1 cores * 1 threads for 2 CPUs");
    bad("-M q35 -smp 4,maxcpus=2", "-smp maxcpus", "2");
    bad("-M pc -smp 4,maxcpus=256", "-smp maxcpus", "256");
    bad("-M q35 -smp 4,dies=0", "-smp dies", "0");
    bad("-M q35 -smp 4,clusters=2", "-smp clusters", "2");
    bad("-M q35 -smp sockets=288,dies=288,cores=288,threads=288", "-smp cpus", "4294967295");
    bad("-M q35 -smp 4,sockets=4294967297", "-smp sockets", "4294967297");
    bad("-M q35 -smp sockets=288,cores=288,threads=288", "-smp cpus", "23887872");
    bad("-M q35 -smp 4,books=1", "-smp", "books=1");
}

static void a_name_may_have_properties(void)
{
    good("-M q35 -name a");
    CHECK_STR(c.name, "a");
    config_fini(&c);
    good("-M q35 -name guest=a,,b,debug-threads=on -name guest=c");
    CHECK_STR(c.name, "c");
    config_fini(&c);
    good("-M q35 -name a,process=b");
    CHECK_STR(c.process_name, "b");
    config_fini(&c);
    bad("-M q35 -name a,nosuch=1", "-name", "nosuch=1");
}

static void messages_have_the_moment_and_a_name_in_front(void)
{
    good("-M q35 -msg timestamp=on");
    CHECK(c.msg_timestamp && !c.msg_guest_name);
    config_fini(&c);
    good("-M q35 -msg guest-name=on,timestamp=off");
    CHECK(!c.msg_timestamp && c.msg_guest_name);
    config_fini(&c);
    bad("-M q35 -msg timestamp=soon", "-msg timestamp", "soon");
    bad("-M q35 -msg nosuch=on", "-msg", "nosuch=on");
}

/* Obsolete calls are denied unless they are allowed; the rest is allowed. */
static void a_sandbox_denies_what_it_is_told(void)
{
    good("-M q35 -sandbox on");
    CHECK(c.sandbox.on && c.sandbox.obsolete && !c.sandbox.elevate && !c.sandbox.spawn && !c.sandbox.resources);
    config_fini(&c);
    good("-M q35 -sandbox on,obsolete=allow,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    CHECK(!c.sandbox.obsolete && c.sandbox.elevate && !c.sandbox.elevate_children);
    CHECK(c.sandbox.spawn && c.sandbox.resources);
    config_fini(&c);
    good("-M q35 -sandbox on,elevateprivileges=children,spawn=allow");
    CHECK(!c.sandbox.elevate && c.sandbox.elevate_children && !c.sandbox.spawn);
    config_fini(&c);
    good("-M q35 -sandbox on -sandbox off");
    CHECK(!c.sandbox.on);
    config_fini(&c);
    bad("-M q35 -sandbox on,spawn=no", "-sandbox spawn", "no");
    bad("-M q35 -sandbox on,spawn=children", "-sandbox spawn", "children");
    bad("-M q35 -sandbox on,nosuch=deny", "-sandbox", "nosuch=deny");
}

static void memory_may_be_locked(void)
{
    good("-M q35 -overcommit mem-lock=on,cpu-pm=off");
    CHECK(c.mem_lock);
    config_fini(&c);
    bad("-M q35 -overcommit cpu-pm=on", "-overcommit cpu-pm", "on");
    bad("-M q35 -overcommit mem-lock=2", "-overcommit mem-lock", "2");
}

#define NODES " -numa node,mem=64M,cpus=0-1 -numa node,mem=64M,cpus=2-3"
#define HMAT "-M q35,hmat=on -smp 4" NODES
#define LATENCY " -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency"
#define BANDWIDTH " -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth"
#define CACHE " -numa hmat-cache,node-id=0,associativity=direct,policy=write-back,line=8"

static void nodes_have_memory_and_cpus(void)
{
    good("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=21");
    CHECK_EQ(c.board.numa->n_nodes, 2);
    CHECK_EQ(c.board.numa->node[1].bytes, 64 * MIB);
    CHECK_EQ(c.board.numa->cpu_node[1], 0);
    CHECK_EQ(c.board.numa->cpu_node[2], 1);
    CHECK_EQ(c.board.numa->distance[1][0], 21);
    config_fini(&c);
    good("-M q35 -smp 4 -numa node,nodeid=1,mem=64 -numa node,nodeid=0,mem=64,cpus=0,cpus=2 "
         "-numa cpu,node-id=1,core-id=1 -numa cpu,node-id=1,core-id=3");
    CHECK_EQ(c.board.numa->cpu_node[2], 0);
    CHECK_EQ(c.board.numa->cpu_node[3], 1);
    config_fini(&c);
    good("-M q35 -numa node,mem=128M -m 128");
    config_fini(&c);
}

static void nodes_that_make_no_sense_are_refused(void)
{
    bad("-M q35 -numa ''", "-numa", "");
    bad("-M q35 -numa nosuch", "-numa", "nosuch");
    bad("-M q35 -numa node,nosuch=1", "-numa", "nosuch=1");
    bad("-M q35 -numa node,nodeid=128", "-numa nodeid", "128");
    bad("-M q35 -numa node,nodeid=-1", "-numa nodeid", "-1");
    bad("-M q35 -numa node,mem=128M,nodeid=1", "-numa node", "no nodeid=0");
    bad("-M q35 -numa node -numa node,nodeid=0", "-numa node nodeid", "0");
    bad("-M q35 -numa node,mem=64M", "-numa node", "mem of all nodes together");
    bad("-M q35 -numa node,mem=x", "-numa node mem", "x");
    bad("-M q35 -numa node,memdev=x,mem=128M", "-numa node", "nodeid=0");
    bad("-M q35 -numa node,memdev=x -numa node,mem=128M", "-numa node", "nodeid=1");
    bad("-M q35,memory-backend=x -numa node,memdev=x", "-machine memory-backend", "x");
    bad("-M q35 -numa node,mem=128M,cpus=0-5", "-numa cpus", "1");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=3-1", "-numa node cpus", "3-1");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=a", "-numa node cpus", "a");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=1-", "-numa node cpus", "1-");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=0-99999999999999999999", "-numa node cpus", "0-99999999999999999999");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=288", "-numa node cpus", "288");
    bad("-M q35 -smp 4 -numa node,mem=64M,cpus=0-1 -numa node,mem=64M,cpus=1-3", "-numa node cpus", "1-3");
    bad("-M q35 -numa node,mem=128M,initiator=0", "-numa", "initiator=0");
}

static void distances_and_places_refer_to_nodes_before_them(void)
{
    bad("-M q35 -numa dist,src=0,dst=1,val=20", "-numa dist src", "0");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=2,val=20", "-numa dist dst", "2");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=128,val=20", "-numa dst", "128");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=9", "-numa val", "9");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=256", "-numa val", "256");
    bad("-M q35 -smp 4" NODES " -numa dist,src=1,dst=1,val=20", "-numa dist val", "20");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1", "-numa dist", "no val");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=20,x=1", "-numa", "x=1");
    bad("-M q35 -smp 4" NODES " -numa cpu,socket-id=0", "-numa cpu", "no node-id");
    bad("-M q35 -smp 4" NODES " -numa cpu,node-id=2", "-numa cpu node-id", "2");
    bad("-M q35 -smp 4" NODES " -numa cpu,node-id=0,core-id=3", "-numa cpus", "CPU 3 in node 0");
    bad("-M q35 -smp 4" NODES " -numa cpu,node-id=0,socket-id=1", "-numa cpu",
        "socket-id=1,die-id=-1,core-id=-1,thread-id=-1");
}

static void rates_and_caches_want_hmat(void)
{
    bad("-M q35 -smp 4" NODES LATENCY ",latency=5", "-numa", "hmat-lb");
    bad("-M q35 -smp 4" NODES CACHE ",size=10K,level=1", "-numa", "hmat-cache");
    good(HMAT LATENCY ",latency=5" BANDWIDTH ",bandwidth=200M" CACHE ",size=10K,level=1");
    CHECK_EQ(c.board.numa->rates[0][0]->val[0][0], 5);
    CHECK_EQ(c.board.numa->rates[0][3]->val[0][0], 200 * MIB);
    CHECK_EQ(c.board.numa->cache[0][1].size, 10 << 10);
    CHECK_EQ(c.board.numa->cache[0][1].line, 8);
    CHECK(c.board.numa->hmat);
    config_fini(&c);
}

static void rates_that_make_no_sense_are_refused(void)
{
    bad(HMAT LATENCY, "-numa hmat-lb", "no latency");
    bad(HMAT LATENCY ",bandwidth=5M", "-numa hmat-lb", "no latency");
    bad(HMAT LATENCY ",latency=5,bandwidth=5M", "-numa", "bandwidth=5M");
    bad(HMAT LATENCY ",latency=5" LATENCY ",latency=5", "-numa hmat-lb", "initiator=0,target=0 twice");
    bad(HMAT BANDWIDTH ",bandwidth=1536K", "-numa hmat-lb bandwidth", "1572864 bytes");
    bad(HMAT " -numa hmat-lb,initiator=2,target=0,hierarchy=memory,data-type=access-latency,latency=5",
        "-numa hmat-lb initiator", "2");
    bad(HMAT " -numa hmat-lb,initiator=0,target=0,hierarchy=x,data-type=access-latency,latency=5",
        "-numa hmat-lb hierarchy", "x");
    bad(HMAT " -numa hmat-lb,initiator=0,target=0,hierarchy=memory,latency=5", "-numa hmat-lb", "no data-type");
    bad(HMAT LATENCY ",latency=1 -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,"
        "latency=99999999", "-numa hmat-lb", "99999999 units apart");
    bad(HMAT LATENCY ",latency=65535", "-numa hmat-lb", "65535 units apart");
    good(HMAT LATENCY ",latency=1000000 -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,"
         "latency=99000000");
    config_fini(&c);
}

static void caches_that_make_no_sense_are_refused(void)
{
#define RATES LATENCY ",latency=5" BANDWIDTH ",bandwidth=200M"
    bad(HMAT CACHE ",size=10K,level=1", "-numa hmat-cache", "node-id=0");
    bad(HMAT LATENCY ",latency=5" CACHE ",size=10K,level=1", "-numa hmat-cache", "node-id=0");
    bad(HMAT RATES CACHE ",size=10K,level=0", "-numa level", "0");
    bad(HMAT RATES CACHE ",size=10K,level=4", "-numa level", "4");
    bad(HMAT RATES CACHE ",size=10K,level=2", "-numa hmat-cache node-id=0", "level=2");
    bad(HMAT RATES CACHE ",size=10K,level=1" CACHE ",size=5K,level=2", "-numa hmat-cache node-id=0", "size=5120");
    bad(HMAT RATES CACHE ",size=10K,level=1" CACHE ",size=10K,level=1", "-numa hmat-cache node-id=0", "level=1 twice");
    bad(HMAT RATES CACHE ",size=0,level=1", "-numa hmat-cache node-id=0", "size=0");
    bad(HMAT RATES " -numa hmat-cache,node-id=0,size=10K,level=1", "-numa hmat-cache", "no associativity");
    good(HMAT RATES CACHE ",size=10K,level=1" CACHE ",size=50K,level=2");
    config_fini(&c);
}

/* A header is made, or corrected, by what is said; the length is always the table's. */
static void tables_of_the_user_have_a_header(void)
{
    char name[] = "/tmp/rhea-options-XXXXXX", line[200];
    int fd = mkstemp(name);

    CHECK(fd >= 0 && write(fd, "0123456789012345678901234567890123456789", 40) == 40);
    close(fd);
    snprintf(line, sizeof(line), "-M q35 -acpitable sig=TEST,rev=3,oem_id=ABCDEFGH,oem_rev=7,data=%s:%s", name, name);
    good(line);
    CHECK_EQ(c.board.n_acpi_tables, 1);
    CHECK_EQ(c.board.acpi_tables[0].len, 36 + 80);
    CHECK(!memcmp(c.board.acpi_tables[0].bytes, "TEST\x74\0\0\0\3\0ABCDEFQEMUQEMU\7\0\0\0QEMU\1\0\0\00001234", 41));
    config_fini(&c);
    snprintf(line, sizeof(line), "-M q35 -acpitable oem_id=X,file=%s -acpitable file=%s", name, name);
    good(line);
    CHECK_EQ(c.board.n_acpi_tables, 2);
    CHECK(!memcmp(c.board.acpi_tables[0].bytes, "0123\x28\0\0\0" "89X\0\0\0\0\0" "6789", 20));
    config_fini(&c);
    CHECK(!truncate(name, 35));
    snprintf(line, sizeof(line), "-M q35 -acpitable file=%s", name);
    bad(line, "-acpitable file", T("%s of 35 bytes", name));
    CHECK(!truncate(name, 65537));
    snprintf(line, sizeof(line), "-M q35 -acpitable file=%s", name);
    bad(line, "-acpitable", name);
    unlink(name);
}

static void tables_that_make_no_sense_are_refused(void)
{
    bad("-M q35 -acpitable sig=TEST", "-acpitable", "sig=TEST");
    bad("-M q35 -acpitable data=/dev/null,file=/dev/null", "-acpitable", "data=/dev/null,file=/dev/null");
    bad("-M q35 -acpitable data=", "-acpitable", "");
    bad("-M q35 -acpitable data=/nonexistent", "-acpitable", "/nonexistent");
    bad("-M q35 -acpitable data=/tmp", "-acpitable", "/tmp");
    bad("-M q35 -acpitable data=/dev/zero", "-acpitable", "/dev/zero");
    bad("-M q35 -acpitable data=/dev/null,rev=256", "-acpitable rev", "256");
    bad("-M q35 -acpitable data=/dev/null,oem_rev=-1", "-acpitable oem_rev", "-1");
    bad("-M q35 -acpitable data=/dev/null,foo=1", "-acpitable", "foo=1");
}

static void initrd_and_append_want_a_kernel(void)
{
    good("-M q35 -kernel k -initrd i -append a");
    CHECK_STR(c.board.kernel, "k");
    config_fini(&c);
    bad("-M q35 -initrd i", "-initrd", "i");
    bad("-M q35 -append a", "-append", "a");
}

static void help_as_a_value_lists_and_ends(void)
{
    static const char *const lines[][2] = {
        { "-M help", "machines" }, { "-machine ?", "machines" }, { "-cpu help", "cpus" }, { "-accel help", "accels" },
        { "-device help", "devices" }, { "-device pvpanic,help", "device" }, { "-d help", "log" },
        { "-object help", "objects" }, { "-object iothread,help", "object" },
        { "-trace help", "trace" },
        { "-version", "version" }, { "--version", "version" }, { "-h", "help" }, { "-help", "help" },
        { "-M q35 -d help -nosuch", "log" },
    };

    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        good(lines[i][0]);
        CHECK(c.help_shown);
        CHECK_STR(listing, lines[i][1]);
        config_fini(&c);
    }
    bad("-device nosuch,help", "-device", "nosuch");
}

static void a_repeatable_option_has_an_end(void)
{
    char line[2048] = "-M q35";

    for (unsigned i = 0; i < CONFIG_LIST; i++)
        strcat(line, " -serial null");
    good(line);
    CHECK_EQ(c.serials.n, CONFIG_LIST);
    config_fini(&c);
    strcat(line, " -serial null");
    bad(line, "-serial", "null");
}

static void check_global(unsigned n, const char *type, const char *prop, const char *value)
{
    CHECK_STR(c.globals[n].type, type);
    CHECK_STR(c.globals[n].prop, prop);
    CHECK_STR(c.globals[n].value, value);
}

static void a_global_has_two_forms_and_keeps_its_order(void)
{
    good("-M q35 -global hpet.timers=8 -global driver=a.b,property=c.d,value=e,,f -global a.b=c=d,e.f -global x.y=");
    CHECK_EQ(c.n_globals, 4);
    check_global(0, "hpet", "timers", "8");
    check_global(1, "a.b", "c.d", "e,f");
    check_global(2, "a", "b", "c=d,e.f");
    check_global(3, "x", "y", "");
    config_fini(&c);
    bad("-M q35 -global hpet.timers", "-global", "hpet.timers");
    bad("-M q35 -global .timers=1", "-global", ".timers=1");
    bad("-M q35 -global hpet.=1", "-global", "hpet.=1");
    bad("-M q35 -global driver=hpet,value=1", "-global", "driver=hpet,value=1");
    bad("-M q35 -global driver=hpet,property=timers,value=1,nosuch=1", "-global", "nosuch=1");
}

static void a_global_names_type_property_and_value(void)
{
    static const char *const missing[] = {
        "driver=a,property=b", "driver=a,value=c", "property=b,value=c", "driver=,property=b,value=c",
        "driver=a,property=,value=c",
    };

    for (unsigned i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        bad(T("-M q35 -global %s", missing[i]), "-global", missing[i]);
}

static void files_for_the_firmware_have_a_name_and_one_source(void)
{
    good("-M q35 -fw_cfg name=opt/a,string=one,,two -fw_cfg opt/b,file=/dev/null");
    CHECK(c.board.n_fw_cfg == 2 && c.board.fw_cfg == c.fw_cfg);
    CHECK_STR(c.board.fw_cfg[0].name, "opt/a");
    CHECK(c.board.fw_cfg[0].len == 7 && !memcmp(c.board.fw_cfg[0].bytes, "one,two", 7));
    CHECK(!strcmp(c.board.fw_cfg[1].name, "opt/b") && c.board.fw_cfg[1].len == 0);
    config_fini(&c);
    CHECK_EQ(c.board.n_fw_cfg, 0);
    good("-M q35 -fw_cfg opt/b,file=/proc/self/status");
    CHECK(c.board.fw_cfg[0].len > 5 && !memcmp(c.board.fw_cfg[0].bytes, "Name:", 5));
    config_fini(&c);
    good("-M q35 -fw_cfg opt/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn,string=x");
    config_fini(&c);
    bad("-M q35 -fw_cfg opt/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn,string=x", "-fw_cfg name",
        "opt/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    bad("-M q35 -fw_cfg opt/a,string=", "-fw_cfg", "opt/a,string=");
    bad("-M q35 -fw_cfg name=,string=x", "-fw_cfg", "name=,string=x");
    bad("-M q35 -fw_cfg opt/a,string=x,file=x", "-fw_cfg", "opt/a,string=x,file=x");
    bad("-M q35 -fw_cfg opt/a,gen_id=x", "-fw_cfg gen_id", "x");
    bad("-M q35 -fw_cfg opt/a,file=/nonexistent", "-fw_cfg file", "/nonexistent");
    bad("-M q35 -fw_cfg opt/a,file=/tmp", "-fw_cfg file", "/tmp");
    bad("-M q35 -fw_cfg opt/a,string=x,nosuch=1", "-fw_cfg", "nosuch=1");
    bad("-M q35 -fw_cfg opt/a,string=1 -fw_cfg opt/a,string=2", "-fw_cfg name", "opt/a");
    bad("-M q35 -fw_cfg opt/a,string=1 -fw_cfg opt/b,string=2 -fw_cfg opt/b,string=3", "-fw_cfg name", "opt/b");
}

/* What a command line says on stderr. */
static const char *warning(const char *line)
{
    static char said[400];
    int saved = dup(STDERR_FILENO), ends[2];
    ssize_t n;

    CHECK(!pipe2(ends, O_NONBLOCK) && dup2(ends[1], STDERR_FILENO) >= 0);
    good(line);
    dup2(saved, STDERR_FILENO);
    n = read(ends[0], said, sizeof(said) - 1);
    said[n > 0 ? n : 0] = '\0';
    close(saved);
    close(ends[0]);
    close(ends[1]);
    config_fini(&c);
    return said;
}

static void a_name_that_is_not_below_opt_is_taken_with_a_warning(void)
{
    CHECK(strstr(warning("-M q35 -fw_cfg etc/a,string=x"), "-fw_cfg etc/a,string=x: warning: externally provided"));
    CHECK(strstr(warning("-M q35 -fw_cfg optical,string=x"), "warning"));
    CHECK_STR(warning("-M q35 -fw_cfg opt/a,string=x"), "");
}

/* Of these the start reads the argument, not the parser. */
static const char *const read_later[] = { "add-fd", "trace", "mon", "device", "chardev" };

static const char *option_of(const char *told)
{
    static const struct { const char *told, *option; } others[] = {
        { "acpi", "acpitable" }, { "boot-opts", "boot" }, { "smp-opts", "smp" }, { "memory", "m" },
    };

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (!strcmp(others[i].told, told))
            return others[i].option;
    return told;
}

/* Does the option know the name?  What stands behind it is no value of any. */
static bool knows(const char *option, const char *name)
{
    bool known;

    parse(T("-%s %s=#", option, name));
    known = !err || err->kind != ERROR_UNKNOWN || strcmp(err->value, T("%s=#", name));
    error_free(err);
    config_fini(&c);
    return known;
}

static void names_that_clients_are_told_are_read(void)
{
    for (const struct option_names *o = option_names; o->option; o++) {
        const char *option = option_of(o->option);
        char names[400], *rest = names;
        bool later = false;

        for (unsigned i = 0; i < sizeof(read_later) / sizeof(read_later[0]); i++)
            later |= !strcmp(read_later[i], option);
        CHECK(strlen(o->names) < sizeof(names));
        strcpy(names, o->names);
        for (char *name; *names && !later && (name = strsep(&rest, " "));) {
            name[strcspn(name, ":")] = '\0';
            if (!knows(option, name))
                printf("# -%s %s\n", option, name);
            CHECK(knows(option, name));
        }
        /* nosuch=# is another form of -global, and -m wants its size first */
        if (!*o->names || later || !strcmp(option, "global") || !strcmp(option, "m"))
            continue;
        if (knows(option, "nosuch"))
            printf("# -%s nosuch\n", option);
        CHECK(!knows(option, "nosuch"));
    }
}

int main(void)
{
    TEST(without_options_but_a_machine_there_is_a_default_for_all);
    TEST(a_gdb_server_is_asked_for_by_two_names_the_last_one_counts);
    TEST(options_come_with_one_dash_or_two);
    TEST(a_machine_has_a_name_and_may_have_an_alias);
    TEST(the_graphics_adapter_is_std_unless_something_says_otherwise);
    TEST(actions_are_taken_event_by_event);
    TEST(without_a_machine_it_is_pc);
    TEST(option_rom_takes_a_file_and_an_index);
    TEST(boot_takes_letters_and_wishes);
    TEST(rtc_says_what_the_clock_shows_and_goes_by);
    TEST(machine_properties_add_up_over_several_options);
    TEST(parts_of_a_machine_can_be_left_out);
    TEST(all_machine_properties_are_named_to_who_asks_for_another);
    TEST(the_smbios_entry_point_is_as_wide_as_it_says);
    TEST(texts_of_a_machine_are_kept);
    TEST(memory_is_in_mebibytes_or_with_a_suffix);
    TEST(odd_memory_is_refused);
    TEST(topology_prefers_cores_over_sockets_over_threads);
    TEST(sockets_have_dies_and_places_may_be_empty);
    TEST(odd_topologies_are_refused);
    TEST(a_name_may_have_properties);
    TEST(messages_have_the_moment_and_a_name_in_front);
    TEST(a_sandbox_denies_what_it_is_told);
    TEST(memory_may_be_locked);
    TEST(nodes_have_memory_and_cpus);
    TEST(nodes_that_make_no_sense_are_refused);
    TEST(distances_and_places_refer_to_nodes_before_them);
    TEST(rates_and_caches_want_hmat);
    TEST(rates_that_make_no_sense_are_refused);
    TEST(caches_that_make_no_sense_are_refused);
    TEST(tables_of_the_user_have_a_header);
    TEST(tables_that_make_no_sense_are_refused);
    TEST(initrd_and_append_want_a_kernel);
    TEST(help_as_a_value_lists_and_ends);
    TEST(a_repeatable_option_has_an_end);
    TEST(a_global_has_two_forms_and_keeps_its_order);
    TEST(a_global_names_type_property_and_value);
    TEST(files_for_the_firmware_have_a_name_and_one_source);
    TEST(a_name_that_is_not_below_opt_is_taken_with_a_warning);
    TEST(names_that_clients_are_told_are_read);
    return test_end();
}
