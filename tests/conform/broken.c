/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/broken.h"

/*
 * Deliberately broken devices (see broken.h)
 *
 * Nearly all share one struct and one correct description of it; each type spoils one thing.  The wide ones are about
 * bytes that lie side by side.
 */

#include <stdlib.h>

#define B struct broken_device

struct broken_device {
    struct device dev;
    struct { uint8_t a, b, c, d; } st;
    struct work again;
    void *kept;
};

static B *broken(struct device *dev)
{
    return (B *)dev;
}

static const struct field good_fields[] = {
    FIELD(B, "a", a), FIELD(B, "b", b, .reset = 5), FIELD(B, "c", c, .max = 9), FIELD(B, "d", d), {},
};
static const struct field forgetful_fields[] = {
    FIELD(B, "a", a), FIELD(B, "b", b, .reset = 5), FIELD(B, "c", c, .max = 9), {},
};
static const struct field twice_fields[] = {
    FIELD(B, "a", a), FIELD(B, "b", b, .reset = 5), FIELD(B, "c", c, .max = 9), FIELD(B, "d", d), FIELD(B, "d2", d), {},
};
static const struct section good = { "broken", 1, 1, .fields = good_fields };
static const struct section forgetful = { "broken", 1, 1, .fields = forgetful_fields };
static const struct section twice = { "broken", 1, 1, .fields = twice_fields };

static const struct reg good_regs[] = {
    REG(B, 0, "A", a, .wmask = 0x0f, .doc = "four bits"), {},
};
static const struct region_type good_regions[] = {
    { .name = "broken", .size = 8, .min = 1, .max = 4, .regs = good_regs }, {},
};

#define BROKEN_OF(T, id, section_, regions_, ...) \
    static const struct device_type id = { \
        .type = { .name = #id, .parent = "device", .doc = "broken", DEVICE(T), TYPE_STATE(T), .state = &section_ }, \
        .regions = regions_, __VA_ARGS__ }
#define BROKEN(id, section_, regions_, ...) BROKEN_OF(B, id, section_, regions_, __VA_ARGS__)

BROKEN(forgets_a_byte, forgetful, good_regions);
BROKEN(describes_twice, twice, good_regions);

/* One member that is a hole in the tables, and one hole that is a hole in the struct. */
struct wide_device {
    struct device dev;
    struct { uint32_t a, b; uint8_t c; uint32_t d; } st;
};
static const struct field memberless_fields[] = {
    FIELD(struct wide_device, "a", a), FIELD(struct wide_device, "c", c), FIELD(struct wide_device, "d", d),
    {},
};
static const struct field holey_fields[] = {
    FIELD(struct wide_device, "a", a), FIELD(struct wide_device, "b", b), FIELD(struct wide_device, "c", c),
    FIELD(struct wide_device, "d", d), {},
};
static const struct field doubled_fields[] = {
    FIELD(struct wide_device, "a", a), FIELD(struct wide_device, "a2", a), FIELD(struct wide_device, "a3", a), {},
};
static const struct section memberless = { "broken", 1, 1, .fields = memberless_fields };
static const struct section holey = { "broken", 1, 1, .fields = holey_fields };
static const struct section doubled = { "broken", 1, 1, .fields = doubled_fields };
BROKEN_OF(struct wide_device, forgets_a_member, memberless, NULL);
BROKEN_OF(struct wide_device, has_padding, holey, NULL);
BROKEN_OF(struct wide_device, describes_thrice, doubled, NULL);

static void spoil(struct device *dev)
{
    broken(dev)->st.b = 9;
}
BROKEN(resets_wrongly, good, good_regions, .resumed = spoil);

static int realize_leaks(struct device *dev, struct error **err)
{
    (void)err;
    broken(dev)->kept = malloc(24);
    return 0;
}
BROKEN(leaks, good, good_regions, .realize = realize_leaks);

static void write_for_ever(struct device *dev, uint32_t at, uint64_t val)
{
    for (volatile uint8_t *b = &broken(dev)->st.d; *b == 0;)
        ;
    (void)at;
    (void)val;
}
static const struct reg endless_regs[] = {
    REG(B, 0, "A", a, .wmask = 0x0f, .doc = "four bits"),
    REG_FN(1, "LOOP", 1, .write = write_for_ever, .doc = "waits for what never comes"), {},
};
static const struct region_type endless_regions[] = {
    { .name = "broken", .size = 8, .min = 1, .max = 4, .regs = endless_regs }, {},
};
BROKEN(loops_for_ever, good, endless_regions);

static void write_all_bits(struct device *dev, uint32_t at, uint64_t val)
{
    broken(dev)->st.a = val;
    (void)at;
}
static const struct reg lax_regs[] = {
    REG(B, 0, "A", a, .wmask = 0x0f, .write = write_all_bits, .doc = "four bits"), {},
};
static const struct region_type lax_regions[] = {
    { .name = "broken", .size = 8, .min = 1, .max = 4, .regs = lax_regs }, {},
};
BROKEN(keeps_illegal_bits, good, lax_regions);

/* A value that its own table would refuse, made from one that is fine. */
static void put_hint(const struct device *dev, void *st, uint64_t val)
{
    ((uint8_t *)st)[2] = val;
    (void)dev;
}
static uint64_t get_hint(const struct device *dev)
{
    return ((const B *)dev)->st.c;
}
static const struct field credulous_fields[] = {
    FIELD(B, "a", a), FIELD(B, "b", b, .reset = 5), FIELD(B, "c", c, .max = 9), FIELD(B, "d", d),
    COMPUTED("hint", 1, .get = get_hint, .put = put_hint), {},
};
static const struct section credulous = { "broken", 1, 1, .fields = credulous_fields };
BROKEN(loads_illegal_bits, credulous, good_regions);

static void write_crashes(struct device *dev, uint32_t at, uint64_t val)
{
    if (val > 0x7f)
        abort();
    broken(dev)->st.a = val & 0x0f;
    (void)at;
}
static const struct reg crash_regs[] = {
    REG(B, 0, "A", a, .wmask = 0x0f, .write = write_crashes, .doc = "four bits"), {},
};
static const struct region_type crash_regions[] = {
    { .name = "broken", .size = 8, .min = 1, .max = 4, .regs = crash_regs }, {},
};
BROKEN(aborts, good, crash_regions);

static const struct reg mute_regs[] = { REG(B, 0, "A", a, .wmask = 0x0f), {} };
static const struct region_type mute_regions[] = {
    { .name = "broken", .size = 8, .min = 1, .max = 4, .regs = mute_regs }, {},
};
BROKEN(says_nothing, good, mute_regions);

/* What is not in st is not saved: two devices with the same state answer differently. */
static uint64_t hidden_get(const struct device *dev)
{
    return (uintptr_t)((const B *)dev)->kept & 0xff;
}
static void write_hidden(struct device *dev, uint32_t at, uint64_t val)
{
    broken(dev)->kept = (void *)(uintptr_t)val;
    (void)at;
}
static const struct field secret_fields[] = {
    FIELD(B, "a", a), FIELD(B, "b", b, .reset = 5), FIELD(B, "c", c, .max = 9), FIELD(B, "d", d),
    COMPUTED("secret", 1, .get = hidden_get), {},
};
static const struct section secret = { "broken", 1, 1, .fields = secret_fields };
static const struct reg secret_regs[] = {
    REG(B, 0, "A", a, .wmask = 0x0f, .doc = "four bits"),
    REG_FN(1, "SECRET", 1, .write = write_hidden, .doc = "is kept outside of st"), {},
};
static const struct region_type secret_regions[] = {
    { .name = "broken", .size = 8, .min = 1, .max = 4, .regs = secret_regs }, {},
};
BROKEN(keeps_a_secret, secret, secret_regions);

const struct broken broken_types[] = {
    { &forgets_a_byte, "forgets_a_byte: st+3: 1 byte that no field describes: a member without a line\n", 1 },
    { &forgets_a_member, "forgets_a_member: st+4 to st+7: 4 bytes that no field describes: a member without a line\n",
      2 },
    { &has_padding, "has_padding: st+9 to st+11: 3 bytes that no field describes: padding (put the members of st in "
                    "order of size) or a member without a line, which the tables alone do not tell\n", 1 },
    { &describes_twice, "describes_twice: st+3: 1 byte that 2 fields describe\n", 1 },
    { &describes_thrice, "describes_thrice: st+0 to st+3: 4 bytes that 3 fields describe\n", 2 },
    { &resets_wrongly, "broken.b: 0x9 after power-on, documented 0x5\n" },
    { &leaks, "leaks: 100 lives leave " },
    { &loops_for_ever, "loops_for_ever: a write of " },
    { &keeps_illegal_bits, "broken.a: " },
    { &loads_illegal_bits, "broken.c: " },
    { &aborts, "aborts: a write of " },
    { &says_nothing, "says_nothing A: no documentation\n" },
    { &keeps_a_secret, "keeps_a_secret: save, load, save is not identical: byte " },
    {},
};
