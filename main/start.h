/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a configuration to a running process, and back: what hangs from it all
 *
 * Phases: log, pid file, loop, objects, chardevs, machine, accelerator, monitors, RAM, board, devices.  A phase that
 * fails leaves a struct that process_end() can undo.  Main thread.
 */

#include "chardev/char.h"
#include "core/qmp.h"
#include "io/fdset.h"
#include "lib/pid-file.h"
#include "lib/signal.h"
#include "main/config.h"
#include "monitor/monitor.h"
#include "object/user.h"
#include "qapi/event.h"
#include "ui/display.h"
#include "ui/input.h"

enum { PROCESS_MONITORS = 64, PROCESS_RAM = 128 };

struct process {
    struct config *cfg;                 /* borrowed; with -preconfig NUMA nodes are added to it */
    struct board_config board;          /* what the board is built from */
    struct qapi_ctx *exit_preconfig;    /* the command that ends it, while it runs; NULL: nobody has asked */
    struct pid_file pid_file;
    struct loop *loop;
    struct user_objects objects;
    struct user_object *ram[PROCESS_RAM];       /* held: the machine's */
    struct ram_block *ram_blocks[PROCESS_RAM];
    unsigned n_ram;
    struct fdsets fdsets;
    struct chardevs chardevs;
    bool has_chardevs;
    struct chardev *mux_monitor;        /* of "mon:...": a human monitor belongs on it, too */
    struct displays displays;
    struct input input;
    struct machine *machine;
    struct monitor *monitor;
    struct qapi_sink sink;
    struct loop_timer sink_timer;
    struct machine_qmp qmp;
    struct gdb_server *gdb;             /* NULL: there is none */
    bool gdb_owns_chardev;              /* it was made for it */
    struct monitor_char *monitors[PROCESS_MONITORS];
    unsigned n_monitors;
    struct signal_watch signals;
    bool has_signals;
};

/* With -preconfig up to the monitors only: the machine is made when x-exit-preconfig says so, in process_run(). */
int process_start(struct process *p, struct config *cfg, struct error **err);
/* Runs until the machine quits; its exit status, or a negative errno with an error. */
int process_run(struct process *p, struct error **err);
void process_end(struct process *p);
/* Opens the chardev that -serial, -monitor or -qmp names; *id gets its label, or NULL for "none". */
int process_chardev(struct process *p, const char *option, const char *spec, const char *label, const char **id,
                    struct error **err);
/* accels.c: opens the accelerator, and takes out of b what it cannot do; the CPU model, likewise. */
int process_accel(struct process *p, struct board_config *b, struct error **err);
int process_cpu(struct process *p, struct cpu_config *cpu, struct error **err);
/* add-fd-option.c: what -add-fd puts into sets, before anything is opened; what it took them from is closed. */
int process_fdsets(struct process *p, struct error **err);
/* objects.c: what -object makes; once before chardevs are open, and once after. */
int process_objects(struct process *p, struct error **err);
/* Finds or makes the memory backends of RAM, and lends their blocks to b. */
int process_ram(struct process *p, struct board_config *b, struct error **err);
/* devices.c: makes and realizes what a -device says. */
int process_device(struct process *p, const char *spec, struct error **err);
/* A -debugcon; after the board, whose bus it goes on. */
int process_debugcon(struct process *p, const char *spec, struct error **err);
/* Warns of each -global that no device took. */
void process_globals_warn(const struct process *p);
/* monitors.c: all of -monitor, -qmp, -mon; before the machine starts. */
int process_monitors(struct process *p, struct error **err);
/* gdb.c: in place of the server that there is; "none": no more. */
int process_gdb(struct process *p, const char *spec, struct error **err);
void process_gdb_end(struct process *p);
void process_gdb_command(void *opaque, const char *device, struct text_out *out);
/* info.c: what `info` shows of the machine. */
/* Of info-chardev.c, for that table. */
void process_info_chardev(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void process_chardev_add(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void process_chardev_change(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void process_ringbuf_read(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
extern const struct monitor_info process_info[];
extern const unsigned process_info_num;
