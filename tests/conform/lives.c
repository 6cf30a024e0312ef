/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * A hundred lives: realize and unrealize leave neither memory nor descriptors behind
 *
 * Under the address sanitizer its leak check decides, otherwise the allocator's own books.  Those
 * move a little by themselves, so what counts is what every hundred lives add at least.
 */

#include <dirent.h>
#include <malloc.h>

enum { LIVES = 100, BATCHES = 3, WARM_UP = 5, LEAK_BYTES = 8 * LIVES };

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static void live(struct conform *c, struct loop *loop)
{
    struct rig *rig = rig_new(loop, c->type, NULL);

    if (!rig)
        return;
    machine_run_posted(rig->m);
    device_free(rig->dev);
    rig_free(rig);
    c->n->lives++;
}

/* Bytes by which a hundred lives grow the heap. */
static size_t growth(struct conform *c, struct loop *loop)
{
    size_t before = mallinfo2().uordblks, after;

    for (unsigned i = 0; i < LIVES; i++)
        live(c, loop);
    after = mallinfo2().uordblks;
    return after > before ? after - before : 0;
}

void conform_lives(struct conform *c)
{
    struct loop *loop;
    size_t least = SIZE_MAX;
    unsigned fds;

    conform_step(c, "a hundred lives");
    if (loop_new(&loop, NULL) < 0)
        return;
    for (unsigned i = 0; i < WARM_UP; i++)
        live(c, loop);
    fds = descriptors();
    for (unsigned i = 0; i < BATCHES && least >= LEAK_BYTES; i++) {
        size_t bytes = growth(c, loop);

        least = bytes < least ? bytes : least;
    }
    if (least >= LEAK_BYTES)
        conform_finding(c, "%s: %u lives leave %zu bytes behind", c->type->type.name, LIVES, least);
    if (descriptors() > fds)
        conform_finding(c, "%s: %u descriptors stay open", c->type->type.name, descriptors() - fds);
    loop_free(loop);
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() && least < LEAK_BYTES)
        conform_finding(c, "%s: %u lives leave memory behind, says the leak check", c->type->type.name, LIVES);
}
