/* SPDX-License-Identifier: Apache-2.0 */
#include "object/user.h"

/* What all types of objects share: their tables say what the schema says. */

#include "tests/unit/object-rig.h"

static const struct qapi_type *branch(const char *type)
{
    int tag = qapi_enum_value(&qapi_type_object_type, type);

    CHECK(tag >= 0);
    return qapi_type_object_options.variants[tag];
}

static bool kind_fits(const struct prop *p, const struct qapi_type *t)
{
    switch (t->kind) {
    case QAPI_BOOL:
        return p->kind == PROP_BOOL;
    case QAPI_STRING:
        return p->kind == PROP_STRING;
    case QAPI_ENUM:
        return p->kind == PROP_ENUM;
    case QAPI_INT:
        return p->kind == PROP_INT;
    case QAPI_UINT:
        return t == &qapi_type_size ? p->kind == PROP_SIZE : p->kind == PROP_UINT && p->size == t->size;
    default:
        return p->kind == PROP_SHAPED && p->shape == t;
    }
}

static void each_type_of_the_schema_is_there_with_its_members(void)
{
    for (unsigned i = 0; i < qapi_type_object_type.num_values; i++) {
        const char *name = qapi_type_object_type.values[i];
        const struct user_type *t = user_type_find(name);
        const struct qapi_type *b = branch(name);

        CHECK(t);
        for (unsigned m = 0; b && m < b->num_members; m++) {
            const struct prop *p = type_prop_find(&t->type, b->members[m].name);

            if (!p || !kind_fits(p, b->members[m].type))
                printf("# %s.%s\n", name, b->members[m].name);
            CHECK(p && kind_fits(p, b->members[m].type));
            for (unsigned v = 0; p->kind == PROP_ENUM && v < b->members[m].type->num_values; v++)
                CHECK_STR(p->names[v], b->members[m].type->values[v]);
        }
    }
}

static const struct qapi_type *declared;
static void declared_check(const struct prop *p, void *opaque)
{
    bool found = false;

    for (unsigned m = 0; declared && m < declared->num_members; m++)
        found |= !strcmp(declared->members[m].name, p->name);
    if (!found)
        printf("# %s.%s\n", (const char *)opaque, p->name);
    CHECK(found);
}

static void each_type_is_in_the_schema_with_its_properties(void)
{
    unsigned n = 0;

    USER_TYPE_FOR_EACH(t) {
        declared = branch((*t)->schema_name ? (*t)->schema_name : (*t)->type.name);
        type_props_each(&(*t)->type, declared_check, (void *)(*t)->type.name);
        n++;
    }
    CHECK_EQ(n, qapi_type_object_type.num_values);
}

int main(void)
{
    TEST(each_type_of_the_schema_is_there_with_its_members);
    TEST(each_type_is_in_the_schema_with_its_properties);
    return test_end();
}
