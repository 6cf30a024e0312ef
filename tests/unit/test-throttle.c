/* SPDX-License-Identifier: Apache-2.0 */
#include "object/user.h"

/* throttle-group: the reference's rules about limits, and that both ways of saying them come to one. */

#include "tests/unit/object-rig.h"

static void limits_and_properties_show_the_same(void)
{
    static const char *const specs[] = { "limits.iops-total=7,limits.bps-write=50,limits.bps-write-max=100",
                                         "x-iops-total=7,x-bps-write=50,x-bps-write-max=100",
                                         "limits.iops-total=7,x-bps-write=50,limits.bps-write-max=100" };

    for (unsigned i = 0; i < 3; i++) {
        struct user_object *o;

        objects_start();
        o = object_made(T("throttle-group,id=t,%s", specs[i]), "t");
        CHECK_STR(object_prop(o, "x-iops-total"), "7");
        CHECK_STR(object_prop(o, "x-bps-write-max"), "100");
        CHECK_STR(object_prop(o, "x-bps-write-max-length"), "1");
        CHECK_STR(object_prop(o, "limits"),
                  "{\"iops-total\": 7, \"iops-total-max\": 0, \"iops-total-max-length\": 1, \"iops-read\": 0, "
                  "\"iops-read-max\": 0, \"iops-read-max-length\": 1, \"iops-write\": 0, \"iops-write-max\": 0, "
                  "\"iops-write-max-length\": 1, \"bps-total\": 0, \"bps-total-max\": 0, \"bps-total-max-length\": 1, "
                  "\"bps-read\": 0, \"bps-read-max\": 0, \"bps-read-max-length\": 1, \"bps-write\": 50, "
                  "\"bps-write-max\": 100, \"bps-write-max-length\": 1, \"iops-size\": 0}");
        objects_end();
    }
}

/* Verdicts are those that the reference gives. */
static void what_the_reference_takes_is_taken(void)
{
    static const char *const good[] = {
        "", ",limits.iops-total=1000000000000000", ",limits.iops-read=5,limits.iops-write=6,limits.iops-size=4096",
        ",limits.iops-read=7,limits.iops-total=0", ",limits.bps-total=1,limits.iops-read=1",
        ",limits.iops-total=50,limits.iops-total-max=50",
        ",x-iops-total=1,x-iops-total-max=1000000000000,x-iops-total-max-length=1000",
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        object_made(T("throttle-group,id=t%u%s", i, good[i]), T("t%u", i));
    objects_end();
}

static void what_the_reference_refuses_is_refused_by_name(void)
{
    static const char *const wrong[][2] = {
        { "iops-total=100,limits.iops-read=5", "iops-read=5 is out of range, legal: 0, with iops-total" },
        { "bps-total=100,limits.bps-write=5", "bps-write=5" },
        { "iops-total=-1", "iops-total=-1 is out of range, legal: 0 to 1000000000000000" },
        { "bps-read=1000000000000001", "bps-read" }, { "iops-read=5,limits.iops-read-max=-1", "iops-read-max=-1" },
        { "iops-total-max=5", "iops-total-max=5 is out of range, legal: with iops-total" },
        { "iops-total=50,limits.iops-total-max=5", "at least iops-total, 50" },
        { "iops-total=50,limits.iops-total-max=100,limits.iops-total-max-length=0", "iops-total-max-length=0" },
        { "iops-total=50,limits.iops-total-max-length=2", "1, or with iops-total-max" },
        { "iops-total=50,limits.iops-total-max=1000000000000,limits.iops-total-max-length=2000", "1 to 1000" },
        { "iops-total=50,limits.iops-total-max=1,limits.iops-total-max-length=4294967296", "iops-total" },
        { "iops-size=50", "iops-size=50" }, { "iops-total=1,limits.iops-size=-1", "iops-size=-1" },
        { "nosuch=1", "nosuch" }, { "iops-total=x", "iops-total" }, { "iops-total=1,x-iops-read=7", "iops-read=7" },
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        object_refused(T("throttle-group,id=t,limits.%s", wrong[i][0]), wrong[i][1]);
    CHECK(list_empty(&objects.container->children));
    objects_end();
}

int main(void)
{
    TEST(limits_and_properties_show_the_same);
    TEST(what_the_reference_takes_is_taken);
    TEST(what_the_reference_refuses_is_refused_by_name);
    return test_end();
}
