/* SPDX-License-Identifier: Apache-2.0 */
#include "object/user.h"

/*
 * throttle-group: limits that several disks share (properties and rules as the reference has them)
 *
 * For operations and for bytes a second, in all or for reads and writes: a rate, a rate of bursts, and for how many
 * seconds a burst may last.  The limits are checked and kept; the block layer, which will go by them, is not there yet.
 * A limit is a member of `limits` and a property of its own, x-NAME; both show the same.
 *
 * Invariant: a complete group has limits that obey all rules.
 */

#include "lib/error.h"
#include "qapi/qapi-types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Three values for each of six rates, and iops-size: the order of ThrottleLimits in the schema. */
enum { TOTAL, READ, WRITE, KINDS };
enum { IOPS, BPS = KINDS, RATES = 2 * KINDS };
enum { RATE, BURST, SECONDS, VALUES };
enum { IOPS_SIZE = RATES * VALUES, LIMITS };
#define MOST INT64_C(1000000000000000)

struct throttle {
    struct user_object user;
    struct {
        struct qapi_throttle_limits limits;
        int64_t val[LIMITS];
    } cfg;
};
#define T_ struct throttle

static struct throttle *throttle_of(const struct user_object *o)
{
    return (struct throttle *)o;
}

static const char *name_of(unsigned i)
{
    return qapi_type_throttle_limits.members[i].name;
}

/* Both ways of saying a limit come to one: what `limits` has not said is the property's, and the other way around. */
static void merge(struct throttle *t)
{
    char *limits = (char *)&t->cfg.limits;

    for (unsigned i = 0; i < LIMITS; i++) {
        const struct qapi_member *m = &qapi_type_throttle_limits.members[i];
        bool *has = (bool *)(limits + m->has_offset);
        int64_t *val = (int64_t *)(limits + m->offset);

        if (*has)
            t->cfg.val[i] = *val;
        *val = t->cfg.val[i];
        *has = true;
    }
}

static int refuse(const struct throttle *t, unsigned i, const char *legal, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_RANGE, "throttle-group.limits",
                     T("%s=%" PRId64, name_of(i), t->cfg.val[i]), legal);
}

static int rate_check(const struct throttle *t, unsigned rate, struct error **err)
{
    const int64_t *v = &t->cfg.val[rate * VALUES];
    unsigned at = rate * VALUES;

    if (v[RATE] < 0 || v[RATE] > MOST)
        return refuse(t, at + RATE, T("0 to %" PRId64, MOST), err);
    if (v[BURST] < 0 || v[BURST] > MOST)
        return refuse(t, at + BURST, T("0 to %" PRId64, MOST), err);
    if (v[BURST] && v[BURST] < v[RATE])
        return refuse(t, at + BURST, T("at least %s, %" PRId64, name_of(at + RATE), v[RATE]), err);
    if (v[BURST] && !v[RATE])
        return refuse(t, at + BURST, T("with %s", name_of(at + RATE)), err);
    if (v[SECONDS] < 1 || v[SECONDS] > UINT32_MAX)
        return refuse(t, at + SECONDS, "1 to 4294967295", err);
    if (v[SECONDS] > 1 && !v[BURST])
        return refuse(t, at + SECONDS, T("1, or with %s", name_of(at + BURST)), err);
    if (v[SECONDS] > 1 && v[BURST] > MOST / v[SECONDS])
        return refuse(t, at + SECONDS, T("1 to %" PRId64 " for this burst", MOST / v[BURST]), err);
    return 0;
}

/* A limit on all of them leaves no room for one on reads or writes. */
static int total_check(const struct throttle *t, unsigned first, struct error **err)
{
    for (unsigned v = RATE; v <= BURST; v++)
        for (unsigned kind = READ; kind <= WRITE; kind++)
            if (t->cfg.val[(first + TOTAL) * VALUES + v] && t->cfg.val[(first + kind) * VALUES + v])
                return refuse(t, (first + kind) * VALUES + v,
                              T("0, with %s", name_of((first + TOTAL) * VALUES + v)), err);
    return 0;
}

static int throttle_complete(struct user_object *o, struct error **err)
{
    struct throttle *t = throttle_of(o);
    const int64_t *v = t->cfg.val;
    int r = 0;

    merge(t);
    for (unsigned rate = 0; rate < RATES && !r; rate++)
        r = rate_check(t, rate, err);
    if (!r)
        r = total_check(t, IOPS, err);
    if (!r)
        r = total_check(t, BPS, err);
    if (r)
        return r;
    if (v[IOPS_SIZE] < 0 || v[IOPS_SIZE] > MOST)
        return refuse(t, IOPS_SIZE, T("0 to %" PRId64, MOST), err);
    if (v[IOPS_SIZE] && !v[TOTAL * VALUES] && !v[READ * VALUES] && !v[WRITE * VALUES])
        return refuse(t, IOPS_SIZE, "0, or with iops-total, iops-read or iops-write", err);
    return 0;
}

#define LIMIT(n, name_, def_) PROP(T_, "x-" name_, val[n], .shown = "int", .def = def_)
#define RATE_LIMITS(n, name_)                                                                           \
    LIMIT((n) * VALUES + RATE, name_, 0), LIMIT((n) * VALUES + BURST, name_ "-max", 0),                 \
    LIMIT((n) * VALUES + SECONDS, name_ "-max-length", 1)
static const struct prop throttle_props[] = {
    PROP_OF(T_, "limits", limits, &qapi_type_throttle_limits, .shown = "ThrottleLimits"),
    RATE_LIMITS(IOPS + TOTAL, "iops-total"),
    RATE_LIMITS(IOPS + READ, "iops-read"),
    RATE_LIMITS(IOPS + WRITE, "iops-write"),
    RATE_LIMITS(BPS + TOTAL, "bps-total"),
    RATE_LIMITS(BPS + READ, "bps-read"),
    RATE_LIMITS(BPS + WRITE, "bps-write"),
    LIMIT(IOPS_SIZE, "iops-size", 0),
    {}
};
static const struct user_type throttle_type = {
    .type = { .name = "throttle-group", .parent = "object", TYPE_OF(T_), .props = throttle_props,
              .doc = "limits that several disks share" },
    .complete = throttle_complete,
};
USER_TYPE(throttle_type, throttle_type);
