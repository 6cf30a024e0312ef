/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * What Tab offers in the human monitor: commands, kinds of info, and the words that a command takes
 *
 * Words are what QMP answers at that moment: chardevs, objects, their types; keys and actions are those of the schema,
 * trace points the program's, files the host's.  At most READLINE_WORDS are offered.
 *
 * Invariant: every word offered begins with the text of the word before the cursor.
 */

#include "lib/trace.h"
#include "monitor/readline.h"
#include "monitor/session.h"
#include "qapi/qapi-types.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ARGUMENTS = HMP_ARGS };

struct offer {
    struct monitor_session *session;
    struct readline_words *words;
    const char *word;
    const char *key;                    /* of the members that are offered; NULL: the replies themselves */
    const char *only;                   /* what "filename" begins with; NULL: anything */
};

static void offer(const struct offer *o, const char *word)
{
    if (word && !strncmp(word, o->word, strlen(o->word)))
        readline_words_add(o->words, word);
}

static void names_offer(const struct offer *o, const struct hmp_command *table)
{
    for (; table->name; table++) {
        char **names;

        if (!hmp_command_usable(o->session->monitor, table))
            continue;
        names = g_strsplit(table->name, "|", -1);
        for (char **n = names; *n; n++)
            offer(o, *n);
        g_strfreev(names);
    }
}

static void reply_offer(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    const struct offer *o = ctx->opaque;

    (void)fault;
    for (uint32_t i = 0; ret && ret->kind == JSON_ARRAY && i < ret->num; i++) {
        const struct json *e = json_at(ret, i);
        const char *filename = json_get_string(e, "filename"), *type = json_get_string(e, "type");

        if (o->only && (!filename || strncmp(filename, o->only, strlen(o->only))))
            continue;
        if (!strcmp(o->key, "name") && type && !strcmp(type, "string"))         /* a container's own type */
            continue;
        offer(o, json_get_string(e, o->key));
    }
}

/* The members `key` of what a query answers, which does not wait. */
static void query_offer(struct offer *o, const char *query, const char *key, const char *arg, const char *value)
{
    const struct qapi_env *env = &o->session->monitor->cfg.env;
    const struct qapi_command *c = qapi_command_find(env->table, query);
    struct json args = json_object();

    if (arg)
        json_set(&args, arg, json_string(value));
    o->key = key;
    if (c)
        qapi_start(env, c, &args, o->session, reply_offer, o);
    json_fini(&args);
}

static void enum_offer(const struct offer *o, const struct qapi_type *type)
{
    const char *name;

    for (unsigned i = 0; (name = qapi_enum_name(type, i)); i++)
        offer(o, name);
}

/* The last of the keys that are held together; those before it stay in front. */
static void keys_offer(struct offer *o)
{
    const char *dash = strrchr(o->word, '-');

    if (dash) {
        o->words->start += (size_t)(dash + 1 - o->word);
        o->word = dash + 1;
    }
    enum_offer(o, &qapi_type_q_key_code);
}

static void files_offer(const struct offer *o)
{
    const char *slash = strrchr(o->word, '/');
    char *dir = slash ? g_strndup(o->word, (gsize)(slash + 1 - o->word)) : g_strdup("");
    DIR *d = opendir(*dir ? dir : ".");
    struct dirent *e;

    while (d && (e = readdir(d))) {
        char *path = g_strconcat(dir, e->d_name, NULL);
        struct stat st;

        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !strncmp(path, o->word, strlen(o->word))) {
            if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
                char *below = g_strconcat(path, "/", NULL);

                offer(o, below);
                g_free(below);
            } else {
                offer(o, path);
            }
        }
        g_free(path);
    }
    if (d)
        closedir(d);
    g_free(dir);
}

static void point_offer(void *opaque, const char *name, bool on)
{
    (void)on;
    offer(opaque, name);
}

static void chardevs_offer(struct offer *o) { query_offer(o, "query-chardev", "label", NULL, NULL); }
static void backends_offer(struct offer *o) { query_offer(o, "query-chardev-backends", "name", NULL, NULL); }
static void objects_offer(struct offer *o) { query_offer(o, "qom-list", "name", "path", "/objects"); }
static void traces_offer(struct offer *o) { trace_list(point_offer, o); }
static void actions_offer(struct offer *o) { enum_offer(o, &qapi_type_watchdog_action); }
static void types_offer(struct offer *o) { query_offer(o, "qom-list-types", "name", "implements", "user-creatable"); }

static void rings_offer(struct offer *o)
{
    o->only = "ringbuf";
    query_offer(o, "query-chardev", "label", NULL, NULL);
}

static const struct { const char *command, *arg; void (*offer)(struct offer *o); } offers[] = {
    { "chardev-add", "args", backends_offer }, { "chardev-change", "id", chardevs_offer },
    { "chardev-remove", "id", chardevs_offer }, { "chardev-send-break", "id", chardevs_offer },
    { "object_add", "object", types_offer }, { "object_del", "id", objects_offer },
    { "ringbuf_read", "device", rings_offer }, { "ringbuf_write", "device", rings_offer },
    { "sendkey", "keys", keys_offer }, { "trace-event", "name", traces_offer },
    { "trace-events", "name", traces_offer }, { "watchdog_action", "action", actions_offer },
};

/* By the name and the letter of the nth argument, not counting flags. */
static void arg_offer(struct offer *o, const struct hmp_command *c, unsigned n)
{
    for (const char *spec = c->args; *spec; spec += strcspn(spec, ","), spec += *spec == ',') {
        size_t len = strcspn(spec, ":");

        if (spec[len + 1] == '-' || spec[len + 1] == '/' || n--)
            continue;
        for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
            if (!strcmp(offers[i].command, c->name) && strlen(offers[i].arg) == len &&
                !memcmp(offers[i].arg, spec, len))
                offers[i].offer(o);
        if (spec[len + 1] == 'F')
            files_offer(o);
        if (spec[len + 1] == 'b') {
            offer(o, "off");
            offer(o, "on");
        }
        return;
    }
}

/* Words of what is before the cursor; the last one is being written, and may be empty. */
static unsigned split(char *text, char *word[ARGUMENTS])
{
    unsigned n = 0;

    for (char *s = text;; s++) {
        while (isspace((unsigned char)*s))
            *s++ = '\0';
        if (n == ARGUMENTS)
            return 0;
        word[n++] = s;
        if (!*s)
            return n;
        while (*s && !isspace((unsigned char)*s))
            s++;
        if (!*s)
            return n;
        *s = '\0';
    }
}

void hmp_complete(struct monitor_session *session, const char *before, struct readline_words *words)
{
    char *text = g_strdup(before), *word[ARGUMENTS];
    unsigned n = split(text, word), first = 0, flags = 0;
    const struct hmp_command *table = hmp_commands, *c;
    struct offer o = { .session = session, .words = words };

    if (n) {
        o.word = word[n - 1];
        words->start = (size_t)(o.word - text);
        if (n > 1 && (!strcmp(word[0], "help") || !strcmp(word[0], "?")))
            first++;
        if (n > first + 1 && !strcmp(word[first], "info")) {
            first++;
            table = hmp_info_commands;
        }
        for (unsigned i = first + 1; i + 1 < n; i++)
            flags += *word[i] == '-';
        if (n == first + 1)
            names_offer(&o, table);
        else if (!(first && strcmp(word[0], "info")) &&
                 (c = hmp_command_find(session->monitor, table, word[first], strlen(word[first]))))
            arg_offer(&o, c, n - first - 2 - flags);
    }
    g_free(text);
}
