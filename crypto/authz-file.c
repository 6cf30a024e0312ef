/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/authz-private.h"

/*
 * authz-list-file: rules in a file, which may change (see authz.h; properties as the reference's schema has them)
 *
 * The file is JSON, {"policy": "deny", "rules": [...]}, as authz-list's properties are.  It is read again when somebody
 * has written it, or has put another in its place (inotify(7), of its folder).  What is no such list is refused: at the
 * start with the object, later with a warning, and the list before stays.  Left out: a folder of the path that is
 * itself replaced.
 *
 * Invariant: `list` is a whole file as it was read.
 */

#include "lib/error.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "qapi/json-parse.h"
#include "qapi/qapi-types.h"
#include "qapi/visit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20, EVENT_BYTES = 4096 };

struct authz_file {
    struct user_object user;
    struct { char *filename; bool refresh; } cfg;
    struct qapi_auth_z_list_properties list;
    struct watch watch;         /* fd -1: there is none */
};
#define T_ struct authz_file

static struct authz_file *authz_file(const struct user_object *o)
{
    return (struct authz_file *)o;
}

static bool file_allows(const struct user_object *o, const char *identity)
{
    const struct qapi_auth_z_list_properties *list = &authz_file(o)->list;

    return authz_rules_allow(&list->rules, list->has_policy ? list->policy : QAPI_Q_AUTH_Z_LIST_POLICY_DENY, identity);
}

static int list_parse(const char *json, const char *path, struct qapi_auth_z_list_properties *list, struct error **err)
{
    struct json_fault fault;
    struct qapi_fault shape;
    struct json v;
    int r = json_parse(json, &v, &fault);

    if (r)
        return error_set(err, r, ERROR_SYNTAX, "authz-list-file.filename", path,
                         T("JSON: %s in line %u", fault.text, (unsigned)fault.line));
    r = qapi_read(&qapi_type_auth_z_list_properties, &v, list, &shape);
    json_fini(&v);
    return r ? error_set(err, -EINVAL, ERROR_SYNTAX, "authz-list-file.filename", path,
                         T("{\"policy\", \"rules\"}: %s", shape.desc)) : 0;
}

static int list_load(const struct authz_file *f, struct qapi_auth_z_list_properties *list, struct error **err)
{
    uint8_t *data;
    size_t size;
    int r = file_read("authz-list-file.filename", f->cfg.filename, FILE_BYTES, &data, &size, err);
    char *json;

    if (r < 0)
        return r;
    json = malloc(size + 1);
    assert(json);
    memcpy(json, data, size);
    json[size] = '\0';
    free(data);
    r = strlen(json) == size ? list_parse(json, f->cfg.filename, list, err)
                             : error_set(err, -EINVAL, ERROR_SYNTAX, "authz-list-file.filename", f->cfg.filename,
                                         "text without zero bytes");
    free(json);
    return r;
}

static void list_renew(struct authz_file *f)
{
    struct qapi_auth_z_list_properties list;
    struct error *err = NULL;

    if (list_load(f, &list, &err)) {
        log_warn("authz-list-file %s stays as it was: %s", user_object_id(&f->user), error_line(err).s);
        error_free(err);
        return;
    }
    qapi_fini(&qapi_type_auth_z_list_properties, &f->list);
    f->list = list;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* More than one read's events come again. */
static void folder_changed(struct watch *w, unsigned events)
{
    struct authz_file *f = list_entry(w, struct authz_file, watch);
    char buf[EVENT_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n = read(w->fd, buf, sizeof(buf));
    bool ours = false;

    for (ssize_t at = 0; at < n;) {
        const struct inotify_event *e = (const struct inotify_event *)(buf + at);

        ours |= e->mask & IN_Q_OVERFLOW || (e->len && !strcmp(e->name, base_name(f->cfg.filename)));
        at += sizeof(*e) + e->len;
    }
    if (ours)
        list_renew(f);
}

static int folder_watch(struct authz_file *f, struct error **err)
{
    const char *path = f->cfg.filename, *name = base_name(path);
    char *folder = name == path ? strdup(".") : strndup(path, name - path);
    int r = 0;

    assert(folder);
    f->watch.fn = folder_changed;
    f->watch.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (f->watch.fd < 0 || inotify_add_watch(f->watch.fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
        r = error_set_host(err, -errno, "authz-list-file.refresh", T("watch %s", folder));
    free(folder);
    return r ? r : watch_add(f->user.set->loop, &f->watch, LOOP_IN, err);
}

static void file_release(struct user_object *o)
{
    struct authz_file *f = authz_file(o);

    watch_del(&f->watch);
    if (f->watch.fd >= 0)
        close(f->watch.fd);
    qapi_fini(&qapi_type_auth_z_list_properties, &f->list);
}

/* Watched before it is read, so that no change falls between. */
static int file_complete(struct user_object *o, struct error **err)
{
    struct authz_file *f = authz_file(o);
    int r = 0;

    f->watch.fd = -1;
    if (!f->cfg.filename || !*f->cfg.filename)
        return error_set(err, -EINVAL, ERROR_STATE, "authz-list-file.filename", "nothing", "the file with the rules");
    if (f->cfg.refresh)
        r = folder_watch(f, err);
    if (!r)
        r = list_load(f, &f->list, err);
    if (!r)
        return 0;
    memset(&f->list, 0, sizeof(f->list));
    file_release(o);
    return r;
}

static const struct prop file_props[] = {
    PROP(T_, "filename", filename, .shown = "string"),
    PROP(T_, "refresh", refresh, .def = true),
    {}
};
static const struct authz_type file_type = {
    .user = {
        .type = { .name = "authz-list-file", .parent = "authz", TYPE_OF(T_), .props = file_props,
                  .doc = "allows and denies by rules of a file" },
        .schema_name = "authz-listfile",
        .complete = file_complete,
        .release = file_release,
    },
    .allows = file_allows,
};
USER_TYPE(file_type, file_type.user);
