/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-model.h"

/*
 * KVM's memory slots against a model of the kernel: which there are, when there are none left, the dirty log
 *
 * After the kernel's API document, KVM_SET_USER_MEMORY_REGION and KVM_GET_DIRTY_LOG; the model refuses what it says is
 * refused.  What random trees of regions become is test-kvm-state's.
 */

#define FAR 0x40000000ull

static const struct kvm_userspace_memory_region *slot_at(uint64_t gpa)
{
    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        if (gpa - model.slot[0][i].guest_phys_addr < model.slot[0][i].memory_size)
            return &model.slot[0][i];
    return NULL;
}

static unsigned slots(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        n += model.slot[0][i].memory_size != 0;
    return n;
}

static void begin(void)
{
    model_begin(false);
}

/* A block of its own, seen at gpa. */
static struct ram_block *more_ram(struct region *r, uint64_t gpa, uint64_t bytes)
{
    struct ram_block *block = ram_region_new(m, r, "more", bytes);

    region_map(m, &m->memory, gpa, r, 1);
    return block;
}

static void a_slot_is_a_range_of_memory_with_its_place_in_the_host(void)
{
    struct region cut;
    struct ram_block *block;

    begin();
    CHECK_EQ(slots(), 1);
    CHECK_EQ(slot_at(0)->userspace_addr, (uintptr_t)ram->host);
    CHECK_EQ(slot_at(0)->memory_size, RAM_BYTES);
    block = more_ram(&cut, MIB, PAGE);
    CHECK_EQ(slots(), 3);
    CHECK_EQ(slot_at(MIB - 1)->memory_size, MIB);
    CHECK_EQ(slot_at(MIB)->userspace_addr, (uintptr_t)block->host);
    CHECK_EQ(slot_at(MIB + PAGE)->userspace_addr, (uintptr_t)ram->host + MIB + PAGE);
    CHECK_EQ(slot_at(MIB + PAGE)->memory_size, RAM_BYTES - MIB - PAGE);
    region_drop(m, &cut);
    CHECK_EQ(slots(), 1);
    CHECK_EQ(slot_at(0)->slot & 0xffff, 0);             /* ids are given back, the lowest is taken first */
    model_end();
    CHECK_EQ(slots(), 0);
}

static void more_ranges_than_anybody_thought_of_have_slots(void)
{
    static struct region part[MODEL_SLOTS];

    begin();
    for (unsigned i = 0; i < MODEL_SLOTS - 1; i++)
        more_ram(&part[i], FAR - i * 2 * PAGE, PAGE);
    CHECK_EQ(slots(), MODEL_SLOTS);
    for (unsigned i = 0; i < MODEL_SLOTS - 1; i++)
        CHECK(slot_at(FAR - i * 2 * PAGE) && !slot_at(FAR - i * 2 * PAGE + PAGE));
    for (unsigned i = 0; i < MODEL_SLOTS - 1; i++)
        region_drop(m, &part[i]);
    CHECK_EQ(slots(), 1);
    model_end();
}

/* What finds no slot goes on as MMIO; the ids of others stay theirs. */
static void when_there_is_no_slot_left_the_range_has_none(void)
{
    struct region part[3];

    memset(&model, 0, sizeof(model));
    model.max_slots = 3;
    model.run_bytes = MODEL_RUN_BYTES;
    machine_begin();
    for (unsigned i = 0; i < 3; i++)
        more_ram(&part[i], FAR + i * 2 * PAGE, PAGE);
    CHECK_EQ(slots(), 3);
    CHECK(slot_at(0) && slot_at(FAR) && slot_at(FAR + 2 * PAGE) && !slot_at(FAR + 4 * PAGE));
    region_drop(m, &part[2]);                           /* which is in no slot */
    CHECK_EQ(slots(), 3);
    region_drop(m, &part[0]);
    CHECK_EQ(slots(), 2);
    more_ram(&part[0], FAR, PAGE);
    CHECK(slot_at(FAR));
    region_drop(m, &part[0]);
    region_drop(m, &part[1]);
    CHECK_EQ(slots(), 1);
    model_end();
}

static void a_slot_that_the_kernel_refuses_gives_its_id_back(void)
{
    struct region part[2];

    begin();
    model.no_slot = ENOMEM;
    more_ram(&part[0], FAR, PAGE);
    CHECK_EQ(slots(), 1);
    model.no_slot = 0;
    more_ram(&part[1], FAR + 2 * PAGE, PAGE);
    CHECK_EQ(slot_at(FAR + 2 * PAGE)->slot, 1);
    CHECK(!dirty_start(ram, DIRTY_VGA));                /* of what has no slot nothing is asked */
    dirty_stop(ram, DIRTY_VGA);
    region_drop(m, &part[0]);
    region_drop(m, &part[1]);
    model_end();
}

/* Dirty logging. */

static void fetch_all(struct ram_block *block, uint64_t *bits)
{
    dirty_fetch(block, DIRTY_VGA, 0, block->size / PAGE, bits);
}

static bool bit(const uint64_t *bits, uint64_t page)
{
    return bits[page / 64] >> page % 64 & 1;
}

static void every_page_that_the_guest_wrote_is_dirty_and_no_other(void)
{
    uint64_t bits[RAM_BYTES / PAGE / 64], written[RAM_BYTES / PAGE / 64];

    begin();
    CHECK(!(slot_at(0)->flags & KVM_MEM_LOG_DIRTY_PAGES));
    CHECK(!dirty_start(ram, DIRTY_VGA));
    CHECK(slot_at(0)->flags & KVM_MEM_LOG_DIRTY_PAGES);
    fetch_all(ram, bits);
    for (unsigned round = 0; round < 20; round++) {
        for (uint64_t page = 0; page < RAM_BYTES / PAGE; page++) {
            bool now = page % (round + 2) == 0 || page % 64 == round || page / 64 == round;

            written[page / 64] = (written[page / 64] & ~(1ull << page % 64)) | (uint64_t)now << page % 64;
            model.written[page] = now;
        }
        fetch_all(ram, bits);
        CHECK(!memcmp(bits, written, sizeof(bits)));
        fetch_all(ram, bits);                           /* and once only */
        for (unsigned i = 0; i < sizeof(bits) / 8; i++)
            CHECK_EQ(bits[i], 0);
    }
    dirty_stop(ram, DIRTY_VGA);
    CHECK(!(slot_at(0)->flags & KVM_MEM_LOG_DIRTY_PAGES));
    model_end();
}

static void slots_of_any_size_have_a_log(void)
{
    static const uint64_t sizes[] = { PAGE, 63 * PAGE, 64 * PAGE, 65 * PAGE, 128ull * MIB, 128ull * MIB + PAGE };
    static uint64_t bits[(128 * MIB + PAGE) / PAGE / 64 + 1];

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t pages = sizes[i] / PAGE;
        struct ram_block *block;
        struct region r;

        begin();
        block = more_ram(&r, FAR, sizes[i]);
        CHECK(!dirty_start(block, DIRTY_VGA));
        fetch_all(block, bits);
        model.written[(FAR / PAGE + pages - 1) % MODEL_LOG_PAGES] = 1;
        fetch_all(block, bits);
        for (uint64_t page = 0; page < pages; page++)
            CHECK_EQ(bit(bits, page), page == pages - 1);
        dirty_stop(block, DIRTY_VGA);
        region_drop(m, &r);
        model_end();
    }
}

/* Of a part of the block: the slots that show something of it, and no others, which may be large. */
static void only_slots_that_show_what_is_asked_for_are_asked(void)
{
    uint64_t bits[RAM_BYTES / PAGE / 64];
    struct region cut[2];

    begin();
    more_ram(&cut[0], 1 * MIB, PAGE);
    more_ram(&cut[1], 3 * MIB, PAGE);
    CHECK(!dirty_start(ram, DIRTY_VGA));
    for (unsigned part = 0; part < 4; part++) {         /* the slots are at 0, 1 MiB and a page, 3 MiB and a page */
        static const uint64_t seen_at[4] = { 0, 2 * MIB, 2 * MIB, 4 * MIB - PAGE };

        model.n_logs = 0;
        model.written[seen_at[part] / PAGE] = 1;
        dirty_fetch(ram, DIRTY_VGA, part * 256 + 64, 192, bits);
        CHECK_EQ(model.n_logs, 1);
        CHECK_EQ(model.logs[0], slot_at(seen_at[part])->slot);
    }
    model.n_logs = 0;
    dirty_fetch(ram, DIRTY_VGA, 0, RAM_BYTES / PAGE, bits);
    CHECK_EQ(model.n_logs, 3);
    dirty_stop(ram, DIRTY_VGA);
    region_drop(m, &cut[0]);
    region_drop(m, &cut[1]);
    model_end();
}

/* Memory that is not the guest's to write has no log; blocks that nobody logs have none either. */
static void logging_is_of_the_blocks_that_are_asked_for(void)
{
    struct ram_block *block;
    struct region r, rom;

    begin();
    block = more_ram(&r, FAR, 2 * PAGE);
    region_init_rom(&rom, "rom", block, PAGE, PAGE);
    region_map(m, &m->memory, FAR + 16 * PAGE, &rom, 0);
    CHECK(!dirty_start(block, DIRTY_MIGRATION));
    CHECK(slot_at(FAR)->flags & KVM_MEM_LOG_DIRTY_PAGES);
    CHECK_EQ(slot_at(FAR + 16 * PAGE)->flags, KVM_MEM_READONLY);
    CHECK_EQ(slot_at(0)->flags, 0);
    CHECK(!dirty_start(block, DIRTY_VGA));
    dirty_stop(block, DIRTY_MIGRATION);
    CHECK(slot_at(FAR)->flags & KVM_MEM_LOG_DIRTY_PAGES);       /* for the other one */
    dirty_stop(block, DIRTY_VGA);
    CHECK_EQ(slot_at(FAR)->flags, 0);
    region_drop(m, &rom);
    region_drop(m, &r);
    model_end();
}

static void what_a_slot_has_logged_outlives_it(void)
{
    struct ram_block *block;
    uint64_t bits[1];
    struct region r;

    begin();
    block = more_ram(&r, FAR, 64 * PAGE);
    CHECK(!dirty_start(block, DIRTY_VGA));
    fetch_all(block, bits);
    model.written[FAR / PAGE % MODEL_LOG_PAGES + 5] = 1;
    map_begin(&m->map);
    region_move(&r, FAR + 128 * PAGE);
    map_end(&m->map);
    CHECK(slot_at(FAR + 128 * PAGE)->flags & KVM_MEM_LOG_DIRTY_PAGES);
    fetch_all(block, bits);
    CHECK_EQ(bits[0], 1 << 5);
    dirty_stop(block, DIRTY_VGA);
    region_drop(m, &r);
    model_end();
}

/* What a guest writes in SMM is dirty like anything else. */
static void memory_that_smm_sees_has_a_log_of_its_own(void)
{
    uint64_t bits[RAM_BYTES / PAGE / 64];

    model_begin(true);
    cpus_begin(1);
    CHECK(!dirty_start(ram, DIRTY_VGA));
    for (unsigned as = 0; as < 2; as++)
        CHECK_EQ(model.slot[as][0].flags, KVM_MEM_LOG_DIRTY_PAGES);
    fetch_all(ram, bits);
    CHECK_EQ(model.n_logs, 2);
    CHECK_EQ(model.logs[0], 0);
    CHECK_EQ(model.logs[1], 1 << 16);
    dirty_stop(ram, DIRTY_VGA);
    model_end();
}

int main(void)
{
    epoch_thread_init();
    TEST(a_slot_is_a_range_of_memory_with_its_place_in_the_host);
    TEST(more_ranges_than_anybody_thought_of_have_slots);
    TEST(when_there_is_no_slot_left_the_range_has_none);
    TEST(a_slot_that_the_kernel_refuses_gives_its_id_back);
    TEST(every_page_that_the_guest_wrote_is_dirty_and_no_other);
    TEST(slots_of_any_size_have_a_log);
    TEST(only_slots_that_show_what_is_asked_for_are_asked);
    TEST(logging_is_of_the_blocks_that_are_asked_for);
    TEST(what_a_slot_has_logged_outlives_it);
    TEST(memory_that_smm_sees_has_a_log_of_its_own);
    epoch_thread_fini();
    return test_end();
}
