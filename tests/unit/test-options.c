/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * The command line: what options store, what they mean together, what is refused
 */

#include "hw/acpi/tables.h"
#include "tests/unit/option-line.h"

#include <sys/stat.h>

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
static void names_of_machine_properties_may_have_underscores(void)
{
    good("-M q35,kernel_irqchip=off,dump_guest_core=off,mem_merge=off");
    CHECK_STR(c.kernel_irqchip, "off");
    CHECK(!c.board.dump_guest_core && !c.board.mem_merge);
    config_fini(&c);
}

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
        { "-trace help", "trace" }, { "-chardev help", "chardevs" }, { "-display ?", "displays" },
        { "-audiodev help", "audio" }, { "-audio help", "audio" }, { "-audio none,model=help", "sound cards" },
        { "-audio-help", "audio environment" },
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

/* A hundred disks have as many options; what bounds a list is that a file of options may be of any length. */
static void a_repeatable_option_has_an_end_far_away(void)
{
    static char *argv[2 * CONFIG_REPEATS + 4];
    unsigned n = 0;

    argv[n++] = (char *)"rhea";
    for (unsigned i = 0; i < CONFIG_REPEATS; i++) {
        argv[n++] = (char *)"-serial";
        argv[n++] = (char *)(i ? "null" : "none");
    }
    err = NULL;
    CHECK(!config_parse(&c, n, argv, &err));
    CHECK_EQ(c.serials.n, CONFIG_REPEATS);
    CHECK_STR(c.serials.item[0], "none");
    CHECK_STR(c.serials.item[CONFIG_REPEATS - 1], "null");
    config_fini(&c);
    argv[n++] = (char *)"-serial";
    argv[n++] = (char *)"pty";
    CHECK_EQ(config_parse(&c, n, argv, &err), -E2BIG);
    CHECK_STR(err->value, "pty");
    error_free(err);
    config_fini(&c);
}

/* Longer than the kernel would hand on. */
static void a_value_may_have_any_length(void)
{
    static char value[1 << 20], *argv[] = { (char *)"rhea", NULL, value };

    for (const struct option *o = options; o->names; o++) {
        char name[40];

        if (!o->argument)
            continue;
        snprintf(name, sizeof(name), "-%.*s", (int)strcspn(o->names, "|"), o->names);
        argv[1] = name;
        for (unsigned kind = 0; kind < 3; kind++) {     /* letters, properties, what is no UTF-8 */
            memset(value, "x,\xff"[kind], sizeof(value) - 1);
            for (size_t i = 0; kind == 1 && i + 4 < sizeof(value); i += 4)
                memcpy(value + i, "a=b,", 4);
            err = NULL;
            config_parse(&c, 3, argv, &err);
            CHECK(!err || (err->legal[0] && strlen(error_line(err).s) < 1000));
            error_free(err);
            config_fini(&c);
        }
    }
}

/* What options mean together is looked at when all are read. */
static void the_order_of_options_does_not_matter(void)
{
    static const char *const options_of[] = {
        "-append x -kernel k -initrd i -m 64", "-m 64 -initrd i -kernel k -append x",
        "-kernel k -m 64 -append x -initrd i",
    };

    for (unsigned i = 0; i < sizeof(options_of) / sizeof(options_of[0]); i++) {
        good(options_of[i]);
        CHECK_STR(c.board.kernel, "k");
        CHECK_STR(c.board.append, "x");
        CHECK_STR(c.board.initrd, "i");
        CHECK_EQ(c.board.ram_bytes, 64 << 20);
        config_fini(&c);
    }
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

static void a_name_that_is_not_below_opt_is_taken_with_a_warning(void)
{
    CHECK(strstr(warning("-M q35 -fw_cfg etc/a,string=x"), "-fw_cfg etc/a,string=x: warning: externally provided"));
    CHECK(strstr(warning("-M q35 -fw_cfg optical,string=x"), "warning"));
    CHECK_STR(warning("-M q35 -fw_cfg opt/a,string=x"), "");
}

static void sound_goes_nowhere(void)
{
    static const char *const right[] = {
        "none,id=a", "driver=none,id=a", "{\"id\":\"a\",\"driver\":\"none\"}", "none,id=a,timer-period=5",
        "none,id=a,out.frequency=44100,out.format=s16,in.fixed-settings=off",
    };
    static const struct { const char *value, *why; } wrong[] = {
        { "alsa,id=a", "Parameter 'driver' does not accept value 'alsa'" }, { "none", "Parameter 'id' is missing" },
        { "none,id=a,nosuch=1", "Parameter 'nosuch' is unexpected" },
        { "none,id=a,out.frequency=x", "Parameter 'out.frequency' expects uint64" },
        { "{\"driver\":\"none\"}", "Parameter 'id' is missing" },
    };

    for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        good(T("-M q35 -audiodev %s", right[i]));
        config_fini(&c);
    }
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        bad(T("-M q35 -audiodev %s", wrong[i].value), T("-audiodev %s", wrong[i].value), wrong[i].why);
    bad("-M q35 -audio none", "-audio", "none");
    bad("-M q35 -audio pa,model=hda", "-audio driver", "pa");
    bad("-M q35 -audio none,model=hda", "-audio model", "hda");
}

static void an_escape_key_is_the_number_of_a_character(void)
{
    good("-M q35");
    CHECK_EQ(c.escape_key, 1);
    config_fini(&c);
    good("-M q35 -echr 0x14");
    CHECK_EQ(c.escape_key, 0x14);
    config_fini(&c);
    good("-M q35 -echr 255 -echr 0");
    CHECK_EQ(c.escape_key, 0);
    config_fini(&c);
    bad("-M q35 -echr x", "-echr", "x");
    bad("-M q35 -echr ''", "-echr", "");
    bad("-M q35 -echr 256", "-echr", "256");
    bad("-M q35 -echr -1", "-echr", "-1");
}

/* Of the folders of firmware, -L first, wherever it stands. */
static void a_key_map_is_a_file_of_that_name(void)
{
    char folder[] = "/tmp/rhea-keymaps-XXXXXX", path[64];

    CHECK(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/keymaps", folder);
    CHECK(!mkdir(path, 0700));
    snprintf(path, sizeof(path), "%s/keymaps/xx-test", folder);
    close(creat(path, 0600));
    good(T("-M q35 -k xx-test -L %s", folder));
    config_fini(&c);
    bad("-M q35 -k xx-test", "-k", "xx-test");
    bad("-M q35 -k ../keymaps/xx-test", "-k", "../keymaps/xx-test");
    unlink(path);
    snprintf(path, sizeof(path), "%s/keymaps", folder);
    rmdir(path);
    rmdir(folder);
}

static void words_for_booleans_are_deprecated(void)
{
    CHECK(strstr(warning("-M q35 -msg timestamp"), "-msg: warning: short-form boolean option 'timestamp' deprecated\n"
                                                   "Please use timestamp=on instead"));
    CHECK(strstr(warning("-M q35 -overcommit nomem-lock"), "Please use mem-lock=off instead"));
    CHECK_STR(warning("-M q35 -overcommit mem-lock=off"), "");
    bad("-M q35,hpet", "-machine", "hpet");
    bad("-M q35 -boot order=c,menu", "-boot", "menu");
    bad("-M q35 -smp 2,sockets", "-smp", "sockets");
}

static void there_is_one_policy_so_far(void)
{
    good("-M q35 -compat deprecated-input=accept,deprecated-output=accept -compat unstable-input=accept");
    config_fini(&c);
    bad("-M q35 -compat deprecated-input=reject", "-compat deprecated-input", "reject");
    bad("-M q35 -compat unstable-input=crash", "-compat unstable-input", "crash");
    bad("-M q35 -compat unstable-output=hide", "-compat unstable-output", "hide");
    bad("-M q35 -compat deprecated-output=reject", "-compat deprecated-output", "reject");
    bad("-M q35 -compat nosuch=accept", "-compat", "nosuch=accept");
    bad("-M q35 -compat x", "-compat", "x");
}

static void an_option_that_is_not_there_is_named(void)
{
    static const char *const absent[] = {
        "-icount", "-plugin", "-semihosting", "-dumpdtb", "-drive", "-xen-domid", "-tb-size", "--no-kvm", "-", "--",
    };

    for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        bad(T("-M q35 %s x", absent[i]), "option", absent[i]);
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
    TEST(a_name_may_have_properties);
    TEST(messages_have_the_moment_and_a_name_in_front);
    TEST(names_of_machine_properties_may_have_underscores);
    TEST(a_sandbox_denies_what_it_is_told);
    TEST(memory_may_be_locked);
    TEST(initrd_and_append_want_a_kernel);
    TEST(help_as_a_value_lists_and_ends);
    TEST(a_repeatable_option_has_an_end_far_away);
    TEST(a_value_may_have_any_length);
    TEST(the_order_of_options_does_not_matter);
    TEST(a_global_has_two_forms_and_keeps_its_order);
    TEST(a_global_names_type_property_and_value);
    TEST(files_for_the_firmware_have_a_name_and_one_source);
    TEST(a_name_that_is_not_below_opt_is_taken_with_a_warning);
    TEST(sound_goes_nowhere);
    TEST(an_escape_key_is_the_number_of_a_character);
    TEST(a_key_map_is_a_file_of_that_name);
    TEST(words_for_booleans_are_deprecated);
    TEST(there_is_one_policy_so_far);
    TEST(an_option_that_is_not_there_is_named);
    return test_end();
}
