/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -audiodev, -audio, -audio-help: where sound goes
 *
 * There is one driver, "none", and no sound card yet, so an audio device has no user: its words are checked against
 * the schema, and that is all.
 */

#include "lib/error.h"
#include "main/keyval.h"
#include "qapi/option.h"
#include "qapi/qapi-types.h"

#include <errno.h>
#include <string.h>

static const char legal[] = "[driver=]none,id=ID[,timer-period=US][,in|out.PROP=VALUE], or that in JSON";

int option_audiodev(struct config *c, const char *value, struct error **err)
{
    struct qapi_audiodev device;
    struct qapi_fault fault;
    struct json options;
    int r;

    if (listed(c, value, list_audio_drivers))
        return 0;
    r = qapi_option_parse(value, "driver", &options, &fault);
    if (!r && !qapi_option_is_json(value))
        qapi_option_convert(&qapi_type_audiodev, &options);
    if (!r)
        r = qapi_read(&qapi_type_audiodev, &options, &device, &fault);
    if (!r)
        qapi_fini(&qapi_type_audiodev, &device);
    json_fini(&options);
    return r ? error_set(err, -EINVAL, ERROR_SYNTAX, T("-audiodev %s", value), fault.desc, legal) : 0;
}

/* The two in one: a driver, and a card that uses it. */
int option_audio(struct config *c, const char *value, struct error **err)
{
    const char *driver, *model;
    struct keyval kv;
    int r;

    if (listed(c, value, list_audio_drivers))
        return 0;
    r = keyval_parse(&kv, "-audio", value, "driver", err);
    if (r < 0)
        return r;
    driver = keyval_take(&kv, "driver");
    model = keyval_take(&kv, "model");
    if (!driver || strcmp(driver, "none"))
        r = error_set(err, -EINVAL, ERROR_UNKNOWN, "-audio driver", driver ? driver : value, "none");
    else if (!model)
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-audio", value, "[driver=]none,model=CARD");
    else if (!listed(c, model, list_sound_cards))
        r = error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-audio model", model,
                      "legal: none, as there are no sound cards");
    keyval_fini(&kv);
    return r;
}

int option_audio_help(struct config *c, const char *value, struct error **err)
{
    (void)value;
    (void)err;
    list_audio_environment();
    c->help_shown = true;
    return 0;
}
