/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -boot and -rtc: what the firmware shall start, and what the battery-backed clock shows
 */

#include "core/clock.h"
#include "lib/error.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BOOT_LETTERS = 3, WAIT_MAX = 0xffff };
static const char boot_legal[] = "order, once, menu, splash, splash-time, reboot-timeout, strict";

static int letters_check(const char *key, const char *letters, struct error **err)
{
    size_t n = letters ? strlen(letters) : 0;

    if (n > BOOT_LETTERS || (letters && strspn(letters, "abcdn") != n))
        return error_set(err, -EINVAL, ERROR_SYNTAX, key, letters,
                         "up to three of the letters a and b (diskettes), c (disk), d (CD), n (network)");
    for (size_t i = 0; i < n; i++)
        if (strchr(letters + i + 1, letters[i]))
            return error_set(err, -EINVAL, ERROR_SYNTAX, key, letters, "each letter once");
    return 0;
}

/* A number of milliseconds, or what it was. */
static int wait_parse(struct keyval *kv, const char *key, const char *option, int min, int *ms, struct error **err)
{
    const char *value = keyval_take(kv, key);
    char *end;
    long val;

    if (!value)
        return 0;
    errno = 0;
    val = strtol(value, &end, 10);
    if (errno || end == value || *end || val < min || val > WAIT_MAX)
        return error_set(err, -ERANGE, ERROR_RANGE, option, value, T("%d to %d milliseconds", min, WAIT_MAX));
    *ms = val;
    return 0;
}

static int boot_parse(struct boot_config *b, struct keyval *kv, struct error **err)
{
    const char *order = keyval_take(kv, "order"), *once = keyval_take(kv, "once"), *splash = keyval_take(kv, "splash");
    int r = letters_check("-boot order", order, err);

    if (!r)
        r = letters_check("-boot once", once, err);
    if (!r)
        r = keyval_bool(kv, "menu", &b->menu, err);
    if (!r)
        r = keyval_bool(kv, "strict", &b->strict, err);
    if (!r)
        r = wait_parse(kv, "splash-time", "-boot splash-time", 0, &b->splash_ms, err);
    if (!r)
        r = wait_parse(kv, "reboot-timeout", "-boot reboot-timeout", -1, &b->reboot_ms, err);
    if (!r)
        r = keyval_end(kv, boot_legal, err);
    b->order = order ? order : b->order;
    b->once = once ? once : b->once;
    b->splash = splash ? splash : b->splash;
    return r;
}

/* The strings of a keyval_parse() end with it: the configuration keeps copies. */
static void keep(const char **s)
{
    if (!*s)
        return;
    *s = strdup(*s);
    assert(*s);
}

int option_boot(struct config *c, const char *value, struct error **err)
{
    struct boot_config *kept = &c->board.boot, b = *kept;
    struct keyval kv;
    int r = keyval_parse(&kv, "-boot", value, "order", err);

    if (r < 0)
        return r;
    r = keyval_no_flags(&kv, "PROP=VALUE", err);
    if (!r)
        r = boot_parse(&b, &kv, err);
    if (!r) {
        keep(&b.order);
        keep(&b.once);
        keep(&b.splash);
        config_boot_fini(c);
        *kept = b;
    }
    keyval_fini(&kv);
    return r;
}

void config_boot_fini(struct config *c)
{
    free((char *)c->board.boot.order);
    free((char *)c->board.boot.once);
    free((char *)c->board.boot.splash);
}

/* "2006-06-17T16:01:21", "2006-06-17" */
static int date_parse(const char *value, int64_t *s, struct error **err)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d" };

    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm tm = { 0 };
        const char *end = strptime(value, forms[i], &tm);

        if (end && !*end) {
            *s = timegm(&tm);
            return 0;
        }
    }
    return error_set(err, -EINVAL, ERROR_SYNTAX, "-rtc base", value,
                     "utc, localtime, or a date: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS");
}

static int base_parse(struct rtc_config *r, const char *base, struct error **err)
{
    if (!base)
        return 0;
    r->base_given = strcmp(base, "utc") && strcmp(base, "localtime");
    r->local = !strcmp(base, "localtime");
    return r->base_given ? date_parse(base, &r->base_s, err) : 0;
}

static int clock_parse(struct rtc_config *r, const char *clock, struct error **err)
{
    static const struct { const char *name; enum rtc_source source; } clocks[] = {
        { "host", RTC_HOST }, { "rt", RTC_MONOTONIC }, { "vm", RTC_VIRTUAL } };

    for (unsigned i = 0; clock && i < sizeof(clocks) / sizeof(clocks[0]); i++)
        if (!strcmp(clock, clocks[i].name)) {
            r->source = clocks[i].source;
            return 0;
        }
    return clock ? error_set(err, -EINVAL, ERROR_UNKNOWN, "-rtc clock", clock, "host, rt, vm") : 0;
}

static int driftfix_parse(struct config *c, const char *fix, struct error **err)
{
    if (!fix)
        return 0;
    c->board.rtc_slew = !strcmp(fix, "slew");
    if (c->board.rtc_slew || !strcmp(fix, "none"))
        return 0;
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "-rtc driftfix", fix, "none, slew");
}

int option_rtc(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    int r = keyval_parse(&kv, "-rtc", value, "base", err);

    if (r < 0)
        return r;
    r = base_parse(&c->rtc, keyval_take(&kv, "base"), err);
    if (!r)
        r = clock_parse(&c->rtc, keyval_take(&kv, "clock"), err);
    if (!r)
        r = driftfix_parse(c, keyval_take(&kv, "driftfix"), err);
    if (!r)
        r = keyval_end(&kv, "base, clock, driftfix", err);
    keyval_fini(&kv);
    return r;
}

int64_t config_rtc_now_ns(const struct config *c)
{
    struct timespec now;
    int64_t s;

    clock_gettime(CLOCK_REALTIME, &now);
    s = now.tv_sec;
    if (c->rtc.base_given) {
        s = c->rtc.base_s;
        now.tv_nsec = 0;
    } else if (c->rtc.local) {
        struct tm tm;

        if (localtime_r(&now.tv_sec, &tm))
            s += tm.tm_gmtoff;
    }
    return s * 1000000000 + now.tv_nsec;
}
