/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The memory map
 *
 * Regions form trees; an address space looks at the tree below its root.  Rendering a tree gives a
 * flat view: sorted ranges without overlap, where the higher priority wins and, among equals, the
 * later child.  Views are read under an epoch and replaced by transactions; listeners see the
 * difference.  Port space is a view of 65536 entries.
 *
 * Threads: the tree is changed inside a transaction only (map_begin, map_end), which holds the
 * writers' lock; looking up and accessing works on any thread that is registered with the epoch.
 */

#include "core/ram.h"
#include "lib/list.h"
#include "lib/lock.h"

#include <stdbool.h>
#include <stdint.h>

struct device;
struct machine;
struct region_type;
struct reg_map;

enum region_kind {
    REGION_CONTAINER,           /* only its children answer */
    REGION_RAM,
    REGION_ROM,                 /* reads as memory, writes vanish */
    REGION_ROMD,                /* as ROM while romd is set, else as IO; writes always reach the device */
    REGION_IO,
    REGION_ALIAS,               /* a window on another region */
    REGION_IOMMU,               /* translates through iommu() */
};

struct iommu_result { uint64_t addr, mask; bool read, write; };    /* mask: offset bits of the translation */

struct region {
    char *name;
    enum region_kind kind;
    struct device *dev;         /* who is entered; NULL for RAM, containers, aliases */
    const struct region_type *type;     /* of IO and ROMD */
    const struct reg_map *regs;
    uint64_t last;              /* size - 1, so that 2^64 bytes can be said */
    struct region *parent;
    uint64_t base;              /* in parent */
    int priority;
    bool enabled, romd, readonly;
    struct ram_block *block;    /* of RAM, ROM, ROMD */
    uint64_t block_offset;
    struct region *target;      /* of ALIAS */
    uint64_t target_offset;
    bool (*iommu)(struct region *r, uint64_t addr, bool write, struct iommu_result *res);
    struct list_node in_parent, children;   /* highest priority first; later ones first among equals */
    unsigned map_done;          /* the last request that was committed, see map_request() */
};

/* In place.  size_last is size - 1.  name is copied.  The region must be out of every tree when it ends. */
void region_init(struct region *r, const char *name, enum region_kind kind, uint64_t size_last);
void region_init_ram(struct region *r, const char *name, struct ram_block *block, uint64_t offset, uint64_t size);
void region_init_rom(struct region *r, const char *name, struct ram_block *block, uint64_t offset, uint64_t size);
void region_init_io(struct region *r, struct device *dev, const struct region_type *type, const struct reg_map *regs);
/* size 0: 2^64 bytes. */
void region_init_alias(struct region *r, const char *name, struct region *target, uint64_t offset, uint64_t size);
void region_fini(struct region *r);

/* Inside a transaction. */
void region_add(struct region *parent, uint64_t base, struct region *child, int priority);
void region_remove(struct region *child);
void region_enable(struct region *r, bool enabled);
void region_move(struct region *r, uint64_t base);
void region_set_readonly(struct region *r, bool readonly);
void region_set_romd(struct region *r, bool romd);

/* One range of a view.  host: its first byte, if reads are plain memory. */
struct flat_range {
    uint64_t first, last;
    struct region *region;
    uint64_t offset;            /* of `first` in region */
    uint8_t *host;
    bool writable;              /* plain stores reach host (dirty tracking aside) */
};

struct flat_view {
    unsigned n;
    _Atomic unsigned refs;
    uint16_t *port;             /* of a port space: range index + 1 per port, 0: nobody */
    struct flat_range range[];
};

struct map_listener {
    void (*begin)(struct map_listener *l);
    void (*add)(struct map_listener *l, const struct flat_range *r);
    void (*del)(struct map_listener *l, const struct flat_range *r);
    /* The new view is published; must return when nobody that the listener speaks for uses the old one.
     * Called inside the writers' lock, so commits come in order. */
    void (*commit)(struct map_listener *l);
    struct list_node node;
};

struct address_space {
    char *name;
    struct machine *machine;
    struct region *root;
    struct flat_view *view;     /* epoch */
    bool ports;
    struct list_node listeners, in_machine;
};

void address_space_init(struct address_space *as, struct machine *m, const char *name, struct region *root, bool ports);
void address_space_fini(struct address_space *as);
/* Replays the present view as adds, then follows. */
void address_space_listen(struct address_space *as, struct map_listener *l);
void address_space_unlisten(struct address_space *as, struct map_listener *l);

/* The map of one machine: the writers' lock and its address spaces. */
struct map {
    struct lock lock;
    unsigned depth;             /* of the transaction that the lock's holder has open */
    bool changed;
    struct list_node spaces;
};
void map_init(struct map *map);
void map_fini(struct map *map);
/* Transactions nest.  The outermost end renders, publishes, tells the listeners and waits until
 * no reader holds an old view.  No device lock may be held; not inside an epoch. */
void map_begin(struct map *map);
void map_end(struct map *map);

/* Under an epoch: the range that holds addr, or NULL.  hint: index of the last hit, kept by the caller; may be NULL. */
const struct flat_range *view_find(const struct flat_view *v, uint64_t addr, unsigned *hint);

/* Where x86 has the doorbell of message-signalled interrupts; offsets in its region count from here. */
#define MSI_BASE 0xfee00000u

enum mem_result { MEM_OK, MEM_DECODE_ERROR, MEM_REFUSED };

/*
 * An access by a CPU: size 1, 2, 4 or 8, not crossing a range's end in one piece (it is split).
 * IO goes through dispatch(); RAM is read and written with dirty marks.  Nobody there: a read gives
 * ones (ports) or zeros (memory, as the reference does), MEM_DECODE_ERROR.
 */
enum mem_result address_space_read(struct address_space *as, uint64_t addr, unsigned size, uint64_t *val,
                                   unsigned *hint);
enum mem_result address_space_write(struct address_space *as, uint64_t addr, unsigned size, uint64_t val,
                                    unsigned *hint);

/* What `info mtree` (flat: `info mtree -f`) prints of all spaces; out is called per line.  Takes the writers' lock. */
void map_print(struct map *map, bool flat, void (*out)(void *opaque, const char *line), void *opaque);
