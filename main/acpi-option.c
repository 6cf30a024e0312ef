/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -acpitable: tables of the user's, whole (file=) or as contents to which a header is made (data=)
 *
 * Several files, with colons between, are one table.  Of a whole table the fields that are given replace its
 * own; its checksum is made where the tables are put together.  ACPI 3.0, 5.2.6.
 * Invariant: a table that is kept is at least a header long, and its length field says its length.
 */

#include "hw/acpi/tables.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/file.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 36, TABLES_MAX = 16, TABLE_BYTES_MAX = 64 << 10 };

/* The fields of the header that can be given; bytes of a number, or the length of a text. */
static const struct header_field { const char *key; uint8_t at, bytes; bool text; const char *otherwise; } fields[] = {
    { "sig", 0, 4, true, "QEMU" },
    { "rev", 8, 1, false, "1" },
    { "oem_id", 10, 6, true, "QEMUQE" },
    { "oem_table_id", 16, 8, true, "QEMUQEMU" },
    { "oem_rev", 24, 4, false, "1" },
    { "asl_compiler_id", 28, 4, true, "QEMU" },
    { "asl_compiler_rev", 32, 4, false, "1" },
};

static int field_set(uint8_t *header, const struct header_field *f, const char *value, struct error **err)
{
    unsigned long long v;
    char *end;

    if (f->text) {
        memset(header + f->at, 0, f->bytes);
        memcpy(header + f->at, value, strnlen(value, f->bytes));
        return 0;
    }
    errno = 0;
    v = strtoull(value, &end, 0);
    if (*value < '0' || *value > '9' || *end)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("-acpitable %s", f->key), value, "a number");
    if (errno || v > (1ull << 8 * f->bytes) - 1)
        return error_set(err, -ERANGE, ERROR_RANGE, T("-acpitable %s", f->key), value,
                         T("0 to %llu", (1ull << 8 * f->bytes) - 1));
    bits_store(header + f->at, f->bytes, v);
    return 0;
}

/* Appends a file's bytes to the table. */
static int file_append(const char *path, uint8_t *table, uint32_t *len, struct error **err)
{
    uint8_t *bytes;
    size_t n;
    int r = file_read_stream("-acpitable", path, TABLE_BYTES_MAX - *len, &bytes, &n, err);

    if (r < 0)
        return r;
    memcpy(table + *len, bytes, n);
    free(bytes);
    *len += n;
    return 0;
}

static int files_append(const char *paths, uint8_t *table, uint32_t *len, struct error **err)
{
    char *list = strdup(paths), *save = NULL;
    bool any = false;
    int r = 0;

    assert(list);
    for (char *path = strtok_r(list, ":", &save); path && !r; path = strtok_r(NULL, ":", &save)) {
        r = file_append(path, table, len, err);
        any = true;
    }
    free(list);
    return any ? r : error_set(err, -EINVAL, ERROR_SYNTAX, "-acpitable", paths,
                               "data=FILE[:FILE...] or file=FILE[:FILE...]");
}

static int header_make(struct keyval *kv, uint8_t *table, uint32_t len, bool whole, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]) && !r; i++) {
        const char *value = keyval_take(kv, fields[i].key);

        if (value || !whole)
            r = field_set(table, &fields[i], value ? value : fields[i].otherwise, err);
    }
    bits_store(table + 4, 4, len);
    return r;
}

static int table_read(struct keyval *kv, const char *spec, uint8_t *table, uint32_t *len, struct error **err)
{
    const char *data = keyval_take(kv, "data"), *file = keyval_take(kv, "file");
    int r;

    if (!data == !file)
        return error_set(err, -EINVAL, ERROR_STATE, "-acpitable", spec,
                         "one of data=FILE[:FILE...], the contents, and file=FILE[:FILE...], a whole table");
    *len = data ? HEADER : 0;
    r = files_append(data ? data : file, table, len, err);
    if (!r && *len < HEADER)
        r = error_set(err, -EINVAL, ERROR_RANGE, "-acpitable file", T("%s of %u bytes", file, *len),
                      T("at least the header, %d bytes", HEADER));
    if (!r)
        r = header_make(kv, table, *len, file != NULL, err);
    if (!r)
        r = keyval_end(kv, "sig, rev, oem_id, oem_table_id, oem_rev, asl_compiler_id, asl_compiler_rev; data, file",
                       err);
    return r;
}

/* Of the array only what is used up has been allocated. */
static void table_keep(struct config *c, const uint8_t *table, uint32_t len)
{
    uint8_t *bytes = malloc(len);

    if (!c->acpi_tables)
        c->acpi_tables = calloc(TABLES_MAX, sizeof(*c->acpi_tables));
    assert(bytes && c->acpi_tables);
    memcpy(bytes, table, len);
    c->acpi_tables[c->board.n_acpi_tables++] = (struct acpi_user_table){ bytes, len };
    c->board.acpi_tables = c->acpi_tables;
}

int option_acpitable(struct config *c, const char *value, struct error **err)
{
    uint32_t len = 0, all = 0;
    struct keyval kv;
    uint8_t *table;
    int r = keyval_parse(&kv, "-acpitable", value, NULL, err);

    if (r < 0)
        return r;
    table = calloc(1, TABLE_BYTES_MAX);
    assert(table);
    r = table_read(&kv, value, table, &len, err);
    for (unsigned i = 0; i < c->board.n_acpi_tables; i++)
        all += c->acpi_tables[i].len;
    if (!r && (c->board.n_acpi_tables == TABLES_MAX || all + len > TABLE_BYTES_MAX))
        r = error_set(err, -E2BIG, ERROR_RANGE, "-acpitable",
                      T("%u tables of %u bytes", c->board.n_acpi_tables + 1, all + len),
                      T("at most %d tables of %d bytes together", TABLES_MAX, TABLE_BYTES_MAX));
    if (!r)
        table_keep(c, table, len);
    free(table);
    keyval_fini(&kv);
    return r;
}

void acpi_tables_free(struct config *c)
{
    for (unsigned i = 0; i < c->board.n_acpi_tables; i++)
        free((void *)c->acpi_tables[i].bytes);
    free(c->acpi_tables);
}
