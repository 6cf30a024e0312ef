/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -device: what a user says of a device, as text or in JSON
 *
 * It is read here and kept as it was said; devices.c makes the device when the board stands.
 */

#include "lib/error.h"
#include "qapi/option.h"

#include <errno.h>
#include <string.h>

int device_option_parse(const char *spec, struct json *to, struct error **err)
{
    struct qapi_fault fault;

    if (qapi_option_parse(spec, "driver", to, &fault))
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-device", T("%s (%s)", spec, fault.desc),
                         "TYPE[,PROP=VALUE...], or that in JSON");
    if (json_get_string(to, "driver"))
        return 0;
    json_fini(to);
    return error_set(err, -EINVAL, ERROR_SYNTAX, "-device", spec, "a driver=, a type that -device help lists");
}

int device_option_check(const char *spec, struct error **err)
{
    struct json said;
    int r = device_option_parse(spec, &said, err);

    json_fini(&said);
    return r;
}

bool config_places_vga(const struct config *c)
{
    bool found = false;

    for (unsigned i = 0; i < c->devices.n; i++) {
        struct json said;
        const char *driver;

        if (device_option_parse(c->devices.item[i], &said, NULL))
            continue;
        driver = json_get_string(&said, "driver");
        found |= !strcmp(driver, "VGA") || !strcmp(driver, "isa-vga");
        json_fini(&said);
    }
    return found;
}
