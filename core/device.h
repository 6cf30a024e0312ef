/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Device descriptions: what the author of a device reads
 *
 * A device is a plain C struct of three parts and one constant description:
 *
 *     struct device dev;       (or that of its bus: struct pci_device ...)
 *     cfg      what the user chose; written before realize, constant after it
 *     st       what the guest can change; reset and migrated, all of it, and nothing else is
 *     (rest)   handles to the host; built by realize, torn down by unrealize
 *
 * The description (struct device_type) is made of tables.  Realize, reset, register decoding,
 * migration, introspection, the manual and the conformance tests are derived from it.
 *
 * `st` has no padding: order its members by size.  The suite reports a hole as a forgotten byte.
 *
 * What a device may do while it is inside an entry, under its lock: raise an interrupt, do DMA, read
 * the clock, arm a timer, post work, request a map change.  It never calls another device, nor waits.
 */

#include "core/bus.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/memory.h"
#include "lib/lock.h"
#include "lib/log.h"
#include "lib/trace.h"
#include "object/object.h"
#include "object/state.h"

struct machine;

enum locking {
    LOCKING_DEVICE,             /* a lock of its own */
    LOCKING_CHIPSET,            /* shares one lock with the small chips */
    LOCKING_CONTROLLER,         /* lines of others end in it: its rank says how far in (device_type.rank) */
    LOCKING_NONE,               /* written for concurrent access */
};

/* One region of a type.  Accesses outside what it declares are answered by the dispatcher. */
struct region_type {
    const char *name;
    uint32_t size;
    uint8_t min, max;           /* legal access sizes, bytes */
    uint8_t hole;               /* what offsets without a register read as, per byte */
    bool ports;                 /* lives in port space (for `info` and the manual) */
    bool aligned;               /* misaligned accesses are refused */
    bool msi;                   /* the doorbell of message-signalled interrupts: DMA reaches it */
    const struct reg *regs;
    /* For spaces that are not registers (config space, memory windows): instead of regs. */
    uint64_t (*read)(struct device *dev, uint64_t at, unsigned size);
    void (*write)(struct device *dev, uint64_t at, unsigned size, uint64_t val);
    /* A window on other devices (config space of functions): names the region that is meant and its
     * offset in it, before anything is entered; false: nobody there, reads give ones.  Any thread, no lock. */
    bool (*route)(struct device *dev, uint64_t at, struct region **region, uint64_t *to);
};

enum { DEVICE_REGIONS = 12 };

struct device_type {
    struct type type;
    enum locking locking;
    enum lock_rank rank;                        /* of LOCKING_CONTROLLER */
    const char *bus;                            /* "System", "ISA", "PCI", ... that it plugs into; NULL: none */
    const struct region_type *regions;          /* ends in {}; at most DEVICE_REGIONS */
    /* One that fails undoes what it did; regions that it mapped are unmapped for it, and unrealize is not called. */
    int (*realize)(struct device *dev, struct error **err);
    void (*unrealize)(struct device *dev);      /* neither waits nor fails */
    void (*reset)(struct device *dev);          /* beyond the tables: what depends on cfg; rarely needed */
    void (*resumed)(struct device *dev);        /* after reset or load: timers, work, map */
    void (*capture)(struct device *dev);        /* before save: fetches into st what lives elsewhere; rarely needed */
    void (*outputs)(struct device *dev);        /* sets lines, from st alone; after every entry */
    void (*run_state)(struct device *dev, bool running);       /* the machine goes or stops; rarely needed */
};

struct device {
    struct object obj;
    const struct device_type *type;
    struct machine *machine;
    struct region *regions;             /* as many as the type has */
    struct bus *bus;                    /* that it is plugged into; NULL: none */
    struct list_node in_bus;
    char *id;                           /* as the user named it; NULL */
    char *bus_path;                     /* prefix of its section in the stream ("0000:00:1f.0"); NULL: none */
    uint32_t instance;                  /* of sections with fixed_instance */
    struct list_node in_machine;        /* creation order, the order of sections */
    const struct irq_sink *inputs;      /* of a controller: its lines, for those who find it by name; NULL: none */
    unsigned n_inputs;
    struct lock own, *lock;             /* lock: own, the chipset's, or NULL */
    bool realized;
    bool leaves;                        /* the guest was asked to let it go, once; a reset grants it */
    _Atomic bool ejected;               /* and has */
    struct error *refused;              /* by one of the machine's globals; what realize fails with; owned */
    void *staged;                       /* state that was read and checked, not yet taken over */
    uint64_t staged_sections;           /* which of its sections the stream has brought */
    _Atomic unsigned map_requests;      /* numbers the requests; the latest one wins, per region */
    _Atomic unsigned entered;           /* threads between look-up and leaving */
};

/* What a property of each new device of a type, and of types derived from it, begins with. */
struct global_prop { const char *type, *prop, *value; };

#define DEVICE(T) TYPE_OF(T)
#define DEVICE_TYPE(t) TYPE_IN(t, (t).type)

static inline const struct device_type *device_type_of(const struct type *t)
{
    return (const struct device_type *)((const char *)t - offsetof(struct device_type, type));
}

/* NULL: no such type, or not a device. */
const struct device_type *device_type_find(const char *name);

static inline void *device_st(const struct device *dev)
{
    return (char *)dev + dev->type->type.st_off;
}

/* Work for the home loop, as an entry; posting it again before it ran does nothing. */
struct work {
    struct device *dev;
    void (*fn)(struct device *dev);
    bool queued;                        /* this and next: under the machine's work lock */
    struct list_node node;
};
void work_init(struct work *w, struct device *dev, void (*fn)(struct device *dev));
void work_post(struct work *w);         /* any thread */

/* Moves or switches a region; happens after the lock is dropped and before the access completes. */
void map_request(struct device *dev, struct region *r, bool enabled, uint64_t base);
/* The guest did what the data sheet does not allow: logged, rate-limited, never an error of ours. */
void guest_error(struct device *dev, const char *what, uint64_t val);

/*
 * The life of a device: new, set, wire, realize, then free.  Home loop.
 * device_new() takes the type's defaults for the machine's version, then the machine's globals, in order.
 */
struct device *device_new(struct machine *m, const struct device_type *type);
int device_set(struct device *dev, const char *prop, const char *value, struct error **err);
/* Finds its bus by the type's `bus` if `bus` was not set by the caller, plugs, realizes, resets.
 * parent: where it stands in the tree; NULL: /machine/unattached/device[n], name may be NULL then. */
int device_realize(struct device *dev, struct object *parent, const char *name, struct error **err);
/* The first realized device of exactly this type, in order of creation, and the next one of the same type; NULL: none.
 * type: NULL if there is no such type.  Home loop; borrowed, until somebody frees it. */
struct device *device_find(struct machine *m, const struct device_type *type);
struct device *device_find_next(const struct device *after);
/* Unmaps, cancels timers and work, unrealizes, frees; no vCPU may be inside (they are parked, or it left the map). */
void device_free(struct device *dev);
/* Maps region n of dev into a space.  Home loop, in realize of a board or a bus. */
void device_map(struct device *dev, unsigned n, struct region *space, uint64_t base, int priority);

/* The one way into a device (dispatch.c).  Takes the lock that the type declares, refuses (-EBUSY) a
 * thread that is inside a device already, commits requested map changes, leaves with no lock held. */
struct entry {
    enum entry_kind { ENTRY_READ, ENTRY_WRITE, ENTRY_TIMER, ENTRY_WORK } kind;
    struct region *region;
    uint64_t at, val;
    unsigned size;
    void (*fn)(struct device *dev);             /* of work */
    struct timer *timer;
};
int dispatch(struct device *dev, struct entry *e);
/* Runs fn inside dev as an entry; for board code, tests and the monitor. */
int device_enter(struct device *dev, void (*fn)(struct device *dev));
bool device_inside(void);                       /* is this thread inside a device? */

/* What reset.c, savestate.c and the conformance suite share: the tables of dev, as object/state.h wants
 * them (tables: room for DEVICE_REGIONS + 1), and st put to its reset values. */
struct state_owner device_state_owner(const struct device *dev, const struct reg *tables[]);
void device_reset_state(struct device *dev, bool power_on);

/* Deferred to the moment this thread is inside no device and holds no lock (EOI of a controller
 * further out, for example).  fn runs at once if that is now. */
struct deferred { void (*fn)(struct deferred *d); bool queued; struct deferred *next; };
void dispatch_defer(struct deferred *d);        /* d belongs to this thread until it has run */

/* By register, for tests: region n. */
uint64_t device_read(struct device *dev, unsigned n, uint64_t at, unsigned size);
void device_write(struct device *dev, unsigned n, uint64_t at, unsigned size, uint64_t val);
