/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The machine: what runs devices
 *
 * Everything hangs from struct machine; there is no current machine, and tests run two at once.
 * Creation, realize, reset, run state and posted work belong to the home loop; accesses come from
 * any thread.
 */

#include "core/clock.h"
#include "core/debug.h"
#include "core/device.h"
#include "core/memory.h"
#include "core/power.h"
#include "core/runstate.h"
#include "core/vcpu.h"
#include "lib/loop.h"
#include "object/object.h"

struct accel;
struct chardevs;
struct displays;
struct dump;
struct fdsets;
struct input;
struct qapi_sink;
struct user_objects;

/* How far the machine has come, one step after the other: an empty machine, its accelerator is open, its board is
 * built, nothing can be added any more. */
enum machine_phase { PHASE_CREATED, PHASE_ACCEL, PHASE_BOARD, PHASE_READY };

/* Why the machine stops or resets; names as in QMP's ShutdownCause. */
enum shutdown_cause {
    CAUSE_NONE, CAUSE_HOST_ERROR, CAUSE_HOST_QMP_QUIT, CAUSE_HOST_QMP_SYSTEM_RESET, CAUSE_HOST_SIGNAL, CAUSE_HOST_UI,
    CAUSE_GUEST_SHUTDOWN, CAUSE_GUEST_RESET, CAUSE_GUEST_PANIC, CAUSE_SUBSYSTEM_RESET, CAUSE_SNAPSHOT_LOAD, CAUSES,
};
bool shutdown_cause_is_guest(enum shutdown_cause c);

/* What others are told, on the home loop. */
enum machine_event {
    EVENT_SHUTDOWN, EVENT_RESET, EVENT_STOP, EVENT_RESUME, EVENT_POWERDOWN, EVENT_QUIT,
    EVENT_SUSPEND, EVENT_SUSPEND_DISK, EVENT_WAKEUP, EVENT_WATCHDOG, EVENT_PANIC, EVENT_CRASH_LOADED,
    EVENT_ALARM,                /* the clock would have woken a machine that does not sleep */
    EVENT_DEVICE_DELETED,       /* machine.leaving is about to be freed */
    EVENT_CPUS,                 /* machine.vcpus is another than before */
    EVENT_RESET_DONE,           /* devices and vCPUs have been reset, also for the first time; vCPUs are parked */
};
struct machine_observer {
    void (*fn)(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause);
    struct list_node node;
};

/* Where message-signalled interrupts go: the local APICs. */
struct msi_sink { void (*send)(void *opaque, uint64_t addr, uint32_t data); void *opaque; };

/* What the guest's kernel says of itself for whoever dumps its memory: where, and in which form (1: an ELF note). */
struct guest_note { uint64_t gpa; uint32_t bytes; uint16_t format; };

struct clock_state;             /* clock.c */
struct reg_maps;                /* machine.c */

struct machine {
    struct object obj;                  /* "/machine" */
    struct object *root;                /* "/" */
    unsigned version;                   /* 702: the machine types of 7.2 */
    const char *type_name;              /* "pc-q35-7.2" */
    uint8_t uuid[16];                   /* as the user named the machine; zeros: not */
    enum machine_phase phase;
    struct loop *loop;                  /* home */
    struct map map;
    struct region memory, io;           /* roots: "system", "io" */
    struct region smram;                /* what a vCPU in SMM sees above everything else; host bridges fill it */
    struct address_space memory_as, io_as;
    struct msi_sink msi;
    struct list_node devices;           /* creation order */
    struct list_node buses;
    struct list_node ram_blocks;
    uint64_t ram_bytes;                 /* that the board has as main memory */
    struct lock chipset, work_lock;
    struct list_node work;
    struct post work_post;
    struct reg_maps *reg_maps;
    struct clock_state *clock;
    struct accel *accel;
    struct vcpu **vcpus;                /* in the order of their indices; changes while no vCPU runs */
    unsigned n_vcpus;
    struct bus *cpu_bus;                /* where CPUs plug in; the machine's, from malloc; NULL: nowhere */
    struct vcpu_slot *slots;            /* by index; fixed once the CPUs are made */
    unsigned n_slots;
    enum run_state run_state;
    struct {
        struct lock lock;               /* of pending */
        struct debug_stop pending, last;
        bool clock_stands;              /* while a vCPU steps */
    } debug;                            /* debug.c */
    struct list_node observers;
    /* requests from any thread, carried out on the home loop */
    _Atomic int reset_requested, shutdown_requested;    /* enum shutdown_cause */
    _Atomic bool powerdown_requested, quit_requested;
    struct post request_post;
    struct post eject_post;             /* plug.c */
    const struct device *leaving;       /* whom EVENT_DEVICE_DELETED is about */
    int exit_status;
    bool only_migratable;               /* a device whose state cannot be saved is refused; set by main/ */
    bool no_reboot, no_shutdown;        /* -action reboot=shutdown, shutdown=pause */
    struct machine_power power;
    struct device *pm;                  /* the ACPI power management chip (hw/acpi/pm.h); NULL: there is none */
    _Atomic unsigned a20_lines;         /* bit n: source n of pins.h */
    void (*nmi)(struct machine *m);     /* the local APICs', any thread; NULL: there are none */
    void (*powerdown)(struct machine *m);       /* the board's power button */
    /* After devices and CPUs: where the board starts them (direct boot); wake_boot: when it was asleep.  NULL: at the
     * reset vector. */
    void (*reset_boot)(struct machine *m), (*wake_boot)(struct machine *m);
    void *board;
    void (*board_free)(struct machine *m);      /* after devices and vCPUs */
    void *board_config;                 /* struct board_config that it was built from; freed with the machine */
    void *cpu_model;                    /* struct cpu_config of all vCPUs; freed with the machine */
    _Atomic unsigned guest_errors;
    const struct global_prop *globals;  /* main's: of -global */
    unsigned n_globals;
    struct irq_watch irq_watch;         /* accel/qtest's */
    const char *const *data_dirs;       /* main's: of -L, where firmware files are looked for first */
    unsigned n_data_dirs;
    uint32_t migration_capabilities;    /* those that are on, a bit each in QMP's order */
    struct qapi_sink *events;           /* of QMP, set by machine_qmp_init(); NULL: nobody listens */
    struct input *input;                /* main's: where devices register for keys and pointers; NULL: nobody sends */
    struct chardevs *chardevs;          /* main's: where a device finds the chardev that it names; NULL: none */
    /* Of a device that is told; false: it has not been.  NULL: there is no such device. */
    struct { bool (*get)(void *opaque, struct guest_note *note); void *opaque; } guest_note;
    struct dump *dump;                  /* dump/'s */
    const char *busy;                   /* why it may not be stopped, started or reset now; NULL: it may.  Home loop */
    struct user_objects *objects;       /* main's: what the user has made and a device names; NULL: nothing */
    struct fdsets *fdsets;              /* main's: what /dev/fdset/N stands for; NULL: nothing */
    struct displays *displays;          /* main's: where a device shows its consoles; NULL: nobody looks */
};

/* version 702; loop: home.  Destroys everything that is still attached. */
int machine_new(struct loop *loop, unsigned version, struct machine **m, struct error **err);
void machine_free(struct machine *m);

/* RAM of the machine; the block is freed with it. */
int machine_ram_new(struct machine *m, const struct ram_config *cfg, struct ram_block **block, struct error **err);
/* RAM that somebody else has made, keeps for as long as the machine lives, and frees. */
void machine_ram_borrow(struct machine *m, struct ram_block *block);
/* The table of a region type, compiled once per machine. */
const struct reg_map *machine_reg_map(struct machine *m, const struct region_type *t);

/* To the next phase; asserts that none is left out. */
void machine_phase_advance(struct machine *m, enum machine_phase to);

void machine_observe(struct machine *m, struct machine_observer *o);
void machine_unobserve(struct machine_observer *o);

/* From any thread: carried out on the home loop, in the order suspend, shutdown, reset, wake-up, power-down, watchdog,
 * quit. */
void machine_request_reset(struct machine *m, enum shutdown_cause cause);
void machine_request_shutdown(struct machine *m, enum shutdown_cause cause);
/* On the home loop, at once: what is told of it has been told when this returns. */
void machine_shutdown(struct machine *m, enum shutdown_cause cause);
void machine_request_powerdown(struct machine *m);
void machine_request_quit(struct machine *m, int status);
void machine_requests_post(struct machine *m);  /* something was requested; for those who keep requests */

/* Home loop.  -EINVAL with an error that names the state when the transition is not legal. */
int machine_start(struct machine *m, struct error **err);               /* to running: clock and vCPUs go */
/* vCPUs and clock stand, then returns */
int machine_stop(struct machine *m, enum run_state state, struct error **err);
bool machine_running(const struct machine *m);
/* Reset of devices in creation order, then CPUs; the machine must stand.  cold: power-on. */
void machine_reset(struct machine *m, bool cold);

/* Of power.c: a transition, and what observers are told.  Home loop. */
int machine_state_set(struct machine *m, enum run_state to, struct error **err);
void machine_notify(struct machine *m, enum machine_event event, enum shutdown_cause cause);

/* Cancels timers and work of a device that leaves. */
void machine_forget(struct device *dev);
/* Runs what is posted now; for tests without a running loop. */
void machine_run_posted(struct machine *m);

/*
 * Migration's device sections (savestate.c), home loop, while the machine stands.  Save writes the
 * sections of all devices in creation order.  Load reads one section, whose type byte FULL the caller
 * has taken, into a staged copy; machine_load_end() takes all copies over, or (failed) drops them.
 */
int machine_save(struct machine *m, struct wire *w, struct error **err);
int machine_load_section(struct machine *m, struct wire *w, struct error **err);
void machine_load_end(struct machine *m, bool failed);
struct _GString;
/* The "devices" array of the stream's trailer, without its brackets. */
void machine_describe(struct machine *m, struct _GString *json);
