/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/qtest/server.h"

/*
 * qtest: interrupt lines
 *
 * Input lines are those of a controller (device.inputs).  Output lines are the struct irqs inside the
 * device; a device has one here, number 0.
 */

#include <string.h>

/* Does o's path end with these names?  "ioapic", "q35/ioapic". */
static bool path_ends(const struct object *o, const char *path)
{
    size_t n = strlen(path);

    while (n && o && o->name) {
        const char *slash = memrchr(path, '/', n);
        const char *name = slash ? slash + 1 : path;
        size_t len = path + n - name;

        if (strlen(o->name) != len || strncmp(o->name, name, len))
            return false;
        n = slash ? (size_t)(slash - path) : 0;
        o = o->parent;
    }
    return !n;
}

static void find(struct object *at, const char *path, struct object **found, unsigned *n)
{
    list_for_each(node, &at->children) {
        struct object *o = list_entry(node, struct object, in_parent);

        if (path_ends(o, path)) {
            *found = o;
            ++*n;
        }
        find(o, path, found, n);
    }
}

/* By absolute path, or by the end of one that only one object has. */
static struct device *device_at(struct qtest *q, const char *path)
{
    struct object *root = q->m->root, *o = NULL;
    unsigned n = 0;

    if (*path == '/')
        o = object_resolve(root, path);
    else
        find(root, path, &o, &n);
    return o && n < 2 && type_is(o->type, "device") ? (struct device *)o : NULL;
}

void qtest_intercept(struct qtest *q, const char *path, bool out)
{
    struct device *dev = device_at(q, path);

    if (!dev) {
        qtest_reply(q, "FAIL Unknown device");
    } else if (q->watched) {
        qtest_reply(q, q->watched == dev ? "OK" : "FAIL IRQ intercept already enabled");
    } else {
        q->watched = dev;
        q->watched_out = out;
        qtest_reply(q, "OK");
    }
}

static bool inside(const struct irq *irq, const struct device *dev)
{
    const char *p = (const char *)irq, *start = (const char *)dev;

    return p >= start && p < start + dev->type->type.size;
}

void qtest_line_changed(void *opaque, const struct irq *irq, bool level)
{
    struct qtest *q = opaque;
    unsigned line = q->watched_out ? 0 : irq->line;

    if (!q->watched || !loop_is_mine(q->m->loop) || line >= QTEST_LINES || q->level[line] == level)
        return;
    if (q->watched_out ? !inside(irq, q->watched) : irq->sink->dev != q->watched)
        return;
    q->level[line] = level;
    qtest_reply(q, "IRQ %s %u", level ? "raise" : "lower", line);
}

/* As an entry of nobody: the controller is the first to be entered. */
void qtest_set_line(struct qtest *q, const char *path, const char *name, uint64_t line, int64_t level)
{
    struct device *dev = device_at(q, path);
    struct irq irq = { .line = line };

    if (!dev || !dev->inputs || strcmp(name, "unnamed-gpio-in") || line >= dev->n_inputs) {
        qtest_reply(q, "FAIL Unknown device");
        return;
    }
    irq.sink = dev->inputs;
    irq.level = !level;
    irq_set(&irq, level != 0);
    machine_run_posted(q->m);
    qtest_reply(q, "OK");
}
