/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/qapi-commands.h"

/* QMP commands about objects that a user makes.  Handlers run on the home loop. */

#include "core/machine.h"
#include "backends/iothread.h"
#include "backends/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static struct user_objects *objects_of(struct qapi_ctx *ctx)
{
    return ((struct machine *)ctx->target)->objects;
}

int qmp_object_add(struct qapi_ctx *ctx, const struct qapi_object_options *arg, struct error **err)
{
    struct json options = qapi_write(&qapi_type_object_options, arg);
    int r = user_object_new(objects_of(ctx), &options, err);

    json_fini(&options);
    if (r == -EEXIST)
        return qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "attempt to add duplicate property '%s' to object "
                         "(type 'container')", arg->id);
    return r;
}

int qmp_object_del(struct qapi_ctx *ctx, const struct qapi_object_del_arg *arg, struct error **err)
{
    int r = user_object_delete(objects_of(ctx), arg->id, err);

    if (r == -ENOENT)
        return qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "object '%s' not found", arg->id);
    if (r == -EBUSY)
        return qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "object '%s' is in use, can not be deleted", arg->id);
    return r;
}

/* All objects of a type or derived from it, in the order in which they were made: fn fills one item of the list. */
static void each(struct qapi_ctx *ctx, const char *type, struct qapi_list *ret, size_t size,
                 void (*fn)(const struct user_object *o, void *item))
{
    const struct object *container = objects_of(ctx)->container;
    size_t num = 0;

    list_for_each(n, &container->children)
        num += type_is(list_entry(n, struct object, in_parent)->type, type);
    ret->items = calloc(num ? num : 1, size);
    assert(ret->items);
    list_for_each(n, &container->children) {
        struct object *o = list_entry(n, struct object, in_parent);

        if (type_is(o->type, type))
            fn((struct user_object *)o, (char *)ret->items + size * ret->num++);
    }
}

/* What the schema says about a member is what a property of that name has; all, which it takes, has the others. */
static void fill(const struct user_object *o, const struct qapi_type *t, struct json all, void *item)
{
    struct qapi_fault fault;
    int r;

    for (uint32_t i = 0; i < t->num_members; i++) {
        const struct prop *p = type_prop_find(&o->type->type, t->members[i].name);

        if (p)
            json_set(&all, p->name, prop_json(p, o));
    }
    json_set(&all, "id", json_string(user_object_id(o)));
    r = qapi_read(t, &all, item, &fault);
    assert(!r);                 /* tests compare the tables */
    json_fini(&all);
}

static void memdev_fill(const struct user_object *o, void *item)
{
    fill(o, &qapi_type_memdev, json_object(), item);
}

int qmp_query_memdev(struct qapi_ctx *ctx, struct qapi_memdev_list *ret, struct error **err)
{
    (void)err;
    each(ctx, "memory-backend", (struct qapi_list *)ret, sizeof(ret->items[0]), memdev_fill);
    return 0;
}

static void iothread_fill(const struct user_object *o, void *item)
{
    struct json all = json_object();

    json_set(&all, "thread-id", json_int(iothread_thread_id(o)));
    fill(o, &qapi_type_io_thread_info, all, item);
}

int qmp_query_iothreads(struct qapi_ctx *ctx, struct qapi_io_thread_info_list *ret, struct error **err)
{
    (void)err;
    each(ctx, "iothread", (struct qapi_list *)ret, sizeof(ret->items[0]), iothread_fill);
    return 0;
}
