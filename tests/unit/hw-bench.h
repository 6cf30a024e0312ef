/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A test bench for chips: a machine whose clock is stepped, an ISA bus, CPUs that never run, and
 * a controller that records what its lines do
 */

#include "core/accel.h"
#include "core/machine.h"
#include "hw/isa/isa.h"
#include "lib/epoch.h"
#include "lib/error.h"
#include "tests/test.h"
#include "tests/unit/machine-ram.h"

enum { BENCH_LINES = 128 };

/* The receiving end of lines: level now, and how often it rose. */
struct recorder {
    struct device dev;
    struct { uint8_t none; } cfg;
    bool level[BENCH_LINES];
    unsigned rose[BENCH_LINES];
};

static inline void recorder_set(struct device *dev, unsigned line, bool level)
{
    struct recorder *r = (struct recorder *)dev;

    r->rose[line] += level && !r->level[line];
    r->level[line] = level;
}

static const struct device_type recorder_type = {
    .type = { .name = "test-recorder", .parent = "device", .doc = "records lines", .internal = true,
              DEVICE(struct recorder), .state = &no_state },
    .locking = LOCKING_CONTROLLER,
    .rank = RANK_IRQCHIP,
};
DEVICE_TYPE(recorder_type);

struct bench {
    struct loop *loop;
    struct machine *m;
    struct accel accel;
    struct isa_bus isa;
    struct recorder *lines;
    struct irq_sink sink;
};

static inline void bench_close(struct accel *accel)
{
}

static const struct accel_ops bench_ops = { .name = "bench", .steps_clock = true, .close = bench_close };

static inline void bench_init(struct bench *b, unsigned n_vcpus)
{
    memset(b, 0, sizeof(*b));
    CHECK(!loop_new(&b->loop, NULL) && !machine_new(b->loop, 702, &b->m, NULL));
    b->accel = (struct accel){ &bench_ops, b->m };
    b->m->accel = &b->accel;
    b->m->vcpus = calloc(n_vcpus + 1, sizeof(*b->m->vcpus));
    b->m->slots = calloc(n_vcpus + 1, sizeof(*b->m->slots));
    for (unsigned i = 0; i < n_vcpus; i++) {
        CHECK(!vcpu_new(b->m, i, i, NULL, &b->m->vcpus[i], NULL));
        b->m->slots[i] = (struct vcpu_slot){ b->m->vcpus[i], i };
    }
    b->m->n_vcpus = b->m->n_slots = n_vcpus;
    b->lines = (struct recorder *)device_new(b->m, &recorder_type);
    CHECK(!device_realize(&b->lines->dev, NULL, NULL, NULL));
    b->sink = (struct irq_sink){ &b->lines->dev, recorder_set };
    isa_bus_init(&b->isa, b->m, NULL, &b->sink);
}

static inline void bench_fini(struct bench *b)
{
    struct list_node *devices = &b->m->devices;

    while (!list_empty(devices))
        device_free(list_entry(devices->prev, struct device, in_machine));
    isa_bus_fini(&b->isa);
    machine_free(b->m);
    loop_free(b->loop);
}

/* The device of that name, realized. */
static inline struct device *bench_device(struct bench *b, const char *name)
{
    struct device *dev = device_new(b->m, device_type_find(name));

    CHECK(!device_realize(dev, NULL, NULL, NULL));
    return dev;
}

static inline uint32_t io_in(struct bench *b, uint16_t port, unsigned size)
{
    uint64_t val = 0;

    address_space_read(&b->m->io_as, port, size, &val, NULL);
    return val;
}

static inline void io_out(struct bench *b, uint16_t port, unsigned size, uint32_t val)
{
    address_space_write(&b->m->io_as, port, size, val, NULL);
}

/* A byte. */
static inline uint8_t port_in(struct bench *b, uint16_t port)
{
    return io_in(b, port, 1);
}

static inline void port_out(struct bench *b, uint16_t port, uint8_t val)
{
    io_out(b, port, 1, val);
}

/* CMOS memory and the clock's registers, by the index port 70h. */
static inline uint8_t cmos_in(struct bench *b, uint8_t at)
{
    port_out(b, 0x70, at);
    return port_in(b, 0x71);
}

static inline void cmos_out(struct bench *b, uint8_t at, uint8_t val)
{
    port_out(b, 0x70, at);
    port_out(b, 0x71, val);
}

static inline uint64_t mem_in(struct bench *b, uint64_t addr, unsigned size)
{
    uint64_t val = 0;

    address_space_read(&b->m->memory_as, addr, size, &val, NULL);
    return val;
}

static inline void mem_out(struct bench *b, uint64_t addr, unsigned size, uint64_t val)
{
    address_space_write(&b->m->memory_as, addr, size, val, NULL);
}

/* What machine_save() gives, from the first section called `name` on: its fields. */
struct saved { struct wire w; const uint8_t *fields; };

static inline struct saved bench_save(struct bench *b, const char *name)
{
    struct saved s = { .w = { .limit = WIRE_LIMIT } };
    char head[256];
    int n = snprintf(head, sizeof(head), "%c%s", (int)strlen(name), name);
    uint8_t *at;

    CHECK(!machine_save(b->m, &s.w, NULL));
    at = memmem(s.w.buf, s.w.at, head, n);
    CHECK(at);
    s.fields = at + n + 8;              /* instance, version */
    return s;
}

static inline int bench_load(struct bench *b, struct wire *in, struct error **err)
{
    int r = 0;

    while (!r && in->at < in->len)
        r = wire_get(in, 1) == 0x04 ? machine_load_section(b->m, in, err) : -1;
    machine_load_end(b->m, r < 0);
    return r;
}

/* The stream with the byte at offset `at` of the section set: what does loading it say? */
static inline int bench_load_with(struct bench *b, struct saved *s, int at, uint8_t val)
{
    struct wire in = { .buf = s->w.buf, .len = s->w.at };
    uint8_t *byte = (uint8_t *)s->fields + at, old = *byte;
    struct error *err = NULL;
    int r;

    *byte = val;
    r = bench_load(b, &in, &err);
    error_free(err);
    *byte = old;
    return r;
}

/* Saves, loads what it saved, and finds that nothing has changed. */
static inline void bench_reload(struct bench *b)
{
    struct wire w = { .limit = WIRE_LIMIT }, again = { .limit = WIRE_LIMIT }, in;

    CHECK(!machine_save(b->m, &w, NULL));
    in = (struct wire){ .buf = w.buf, .len = w.at };
    CHECK(!bench_load(b, &in, NULL));
    CHECK(!machine_save(b->m, &again, NULL));
    CHECK(w.at == again.at && !memcmp(w.buf, again.buf, w.at));
    wire_fini(&w);
    wire_fini(&again);
}
