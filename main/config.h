/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the command line asked for, typed; nothing has been started yet
 *
 * options.c fills it from argv, check by check; start.c builds a machine from it.  Strings are
 * borrowed from argv, which lives as long as the process, or from `texts`, where nothing else is said.
 */

#include "hw/i386/board.h"
#include "main/confine.h"

#include <stdbool.h>

#define GDB_DEFAULT "tcp::1234"         /* of -s, and of the monitor's gdbserver */

enum { CONFIG_REPEATS = 65536, CONFIG_LIST = 64, CONFIG_ROMS = 16, MACHINE_STRINGS = 7 };

/* A repeatable option, in order; the array is owned. */
struct config_list { unsigned n; const char **item; };

/* -rtc */
struct rtc_config {
    int64_t base_s;             /* since 1970, if base_given */
    bool base_given, local;
    enum rtc_source source;
};

struct config {
    const struct board_type *board_type;
    struct board_config board;
    struct fw_cfg_item fw_cfg[CONFIG_LIST];     /* what board.fw_cfg points to; owned */
    struct smbios_config smbios;                /* what board.smbios points to */
    struct rtc_config rtc;
    enum watchdog_action watchdog_action;
    enum panic_action panic_action;
    struct rom_config roms[CONFIG_ROMS];        /* what board.roms points to */
    char *machine_accel;                /* accel= of -machine: "kvm:tcg"; owned */
    const char *memory_backend;         /* of -machine; NULL: the machine makes its RAM */
    const char *mem_path;               /* of -mem-path: a file or folder for RAM; NULL: none */
    uint64_t ram_max_bytes;             /* of -m maxmem, if ram_max_asked */
    unsigned ram_slots;
    bool ram_max_asked, ram_slots_asked, mem_prealloc;
    const char *keymap;                 /* of -k; NULL: not asked for */
    int escape_key;                     /* of -echr: what begins a command to a mux */
    bool smm_asked;                     /* smm=on of -machine, not the default */
    char *kernel_irqchip;               /* of -machine: "on", "off", "split"; owned */
    char *machine_strings[MACHINE_STRINGS];     /* of -machine, for members of board; owned */
    char *name, *process_name;          /* owned */
    bool msg_timestamp, msg_guest_name; /* in front of what is said to a person */
    bool mem_lock;
    struct sandbox sandbox;
    const char *run_as, *new_root;      /* NULL: not asked for */
    struct config_list data_dirs, accels, add_fds, chardevs, serials, parallels, debugcons, monitors, qmps;
    struct config_list qmp_pretties, mons, devices, objects, traces;
    struct acpi_user_table *acpi_tables;        /* board.acpi_tables; owned, with their bytes */
    const char *cpu;
    const char *gdb;                    /* the chardev of -gdb or -s */
    const char *qtest, *qtest_log;
    const char *log_file, *log_items;
    struct global_prop globals[CONFIG_LIST];    /* owned, with their strings */
    unsigned n_globals;
    const char *pid_file;
    bool smp_zero;                      /* -smp had a zero, which is deprecated */
    bool vga_asked;                     /* -vga was given */
    bool preconfig, only_migratable, daemonize, nographic, no_reboot, no_shutdown, stopped, no_defaults, display_none;
    char **texts;                       /* that options borrow and that are not in argv; owned */
    unsigned n_texts;
    bool help_shown;                    /* a listing was asked for and printed: end with status 0 */
};

/* -EINVAL ... with an error that names option, value and what is legal.  Listings go to stdout. */
int config_parse(struct config *c, int argc, char **argv, struct error **err);
/* What all nodes together are; with -preconfig they are complete only when it ends, and the caller's to check then. */
int config_numa_check(struct config *c, struct error **err);
/* As "-numa VALUE". */
int option_numa(struct config *c, const char *value, struct error **err);
/* What the battery-backed clock shows now, after -rtc base=. */
int64_t config_rtc_now_ns(const struct config *c);
void config_fini(struct config *c);     /* also after a failed config_parse() */
