/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/size.h"

/* Sizes in bytes (see size.h).  Fractions are rounded down to whole bytes. */

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int size_parse(const char *s, uint64_t def_unit, uint64_t *val)
{
    static const char units[] = "bkmgtpe";
    const char *unit;
    char *end;
    uint64_t mul = def_unit;
    long double v;

    errno = 0;
    if (!isdigit((unsigned char)*s))
        return -EINVAL;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        v = strtoull(s, &end, 16);
    } else {
        v = strtold(s, &end);
        if (end != s + strspn(s, "0123456789."))
            return -EINVAL;     /* an exponent is not a size */
    }
    if (errno)
        return -ERANGE;
    if (*end) {
        unit = strchr(units, tolower((unsigned char)*end));
        if (!unit || end[1])
            return -EINVAL;
        mul = 1ull << 10 * (unit - units);
    }
    v = floorl(v * mul);
    if (!(v >= 0 && v < 0x1p64L))
        return -ERANGE;
    *val = v;
    return 0;
}
