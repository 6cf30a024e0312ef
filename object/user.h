/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Objects that a user makes: -object, object-add, object_add
 *
 * A type is a struct user_type: a struct type whose property table says what can be asked for, and two functions.
 * The options come as a JSON object that holds qom-type, id and properties; qapi/schema/qom.json declares the same for
 * QMP, and test-objects compares the two.  Objects live at /objects/ID.  Whoever uses one holds it; an object that is
 * held is not deleted.  Everything happens on the home loop.
 */

#include "object/object.h"

struct chardevs;
struct fdsets;
struct json;
struct user_object;

struct user_type {
    struct type type;
    const char *schema_name;    /* what the schema calls it, where that is another name; NULL */
    bool wants_chardevs;        /* -object makes it when chardevs are there; others before */
    /* All properties are set, and it has its place in the tree.  Checks them together and takes what it needs of the
     * host; one that fails undoes what it did. */
    int (*complete)(struct user_object *o, struct error **err);
    /* Gives that back, with the last reference; not called if complete failed.  NULL: nothing to give. */
    void (*release)(struct user_object *o);
};

/* All of them, made by one process (or test). */
struct user_objects {
    struct object *container;   /* "/objects"; a reference */
    struct loop *loop;          /* home */
    struct fdsets *fdsets;      /* what /dev/fdset/N in a path stands for; NULL: nothing */
    struct chardevs *chardevs;  /* where an object finds the chardev that it names; NULL: there are none */
};

/* The first member of each user-creatable struct. */
struct user_object {
    struct object obj;
    const struct user_type *type;
    struct user_objects *set;
    unsigned holders;
    bool complete;
};

#define USER_TYPE(id, t)                                                                                          \
    TYPE_IN(id, (t).type);                                                                                        \
    static const struct user_type *const id##_user_entry __attribute__((used, section("rhea_user_types"))) = &(t)
extern const struct user_type *const __start_rhea_user_types[] __attribute__((weak));
extern const struct user_type *const __stop_rhea_user_types[] __attribute__((weak));
#define USER_TYPE_FOR_EACH(t) \
    for (const struct user_type *const *t = __start_rhea_user_types; t < __stop_rhea_user_types; t++)

const struct user_type *user_type_find(const char *name);       /* NULL: there is none, or a user cannot make it */
/* The listings of "help" and "TYPE,help", line by line.  -ENOENT: no such type. */
void user_types_help(void (*line)(const char *text, void *opaque), void *opaque);
int user_type_help(const char *type, void (*line)(const char *text, void *opaque), void *opaque, struct error **err);

void user_objects_init(struct user_objects *set, struct loop *loop);
/* Lets go of all, the newest first; who holds one still has it. */
void user_objects_fini(struct user_objects *set);

/* -EEXIST: the id is taken. */
int user_object_new(struct user_objects *set, const struct json *options, struct error **err);
/* -ENOENT: no such object; -EBUSY: somebody holds it. */
int user_object_delete(struct user_objects *set, const char *id, struct error **err);
/* The object of that id if it is of the type or of one derived from it; NULL: there is none. */
struct user_object *user_object_find(const struct user_objects *set, const char *id, const char *type);
const char *user_object_id(const struct user_object *o);
struct user_object *user_object_hold(struct user_object *o);
void user_object_drop(struct user_object *o);                   /* NULL is fine */
