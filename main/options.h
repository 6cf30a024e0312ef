/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The option table and the setters that do more than store; private to main/. */

#include "main/config.h"

struct option {
    const char *names;          /* "machine|M" */
    const char *argument;       /* how it is written; NULL: takes none */
    int (*set)(struct config *c, const char *value, struct error **err);
    const char *help, *group;   /* a sentence; the heading that it stands under */
};
extern const struct option options[];   /* ends in a line without names */

/* A line of query-command-line-options (option-names.c). */
struct option_names { const char *option, *names; };    /* "pretty:b mode:s" */
extern const struct option_names option_names[];        /* ends in a line without option */

/* Does v ask for a listing, "help" or "?"?  Then it is printed, and the program ends. */
bool listed(struct config *c, const char *v, void (*list)(void));
/* option-values.c */
void config_defaults(struct config *c);
int config_check(struct config *c, struct error **err);         /* what options mean together */
int config_memory_check(const struct config *c, struct error **err);     /* memory-option.c */
int config_keymap_check(const struct config *c, struct error **err);     /* keymap-option.c */
int option_keymap(struct config *c, const char *value, struct error **err);
/* audio-option.c */
int option_audiodev(struct config *c, const char *value, struct error **err);
int option_audio(struct config *c, const char *value, struct error **err);
int option_audio_help(struct config *c, const char *value, struct error **err);
int option_smp(struct config *c, const char *value, struct error **err);
int option_memory(struct config *c, const char *value, struct error **err);
void config_string(char **to, const char *with);               /* a copy takes the place of *to, which is owned */
int option_machine(struct config *c, const char *value, struct error **err);     /* machine-option.c */
/* action-option.c */
int watchdog_action_parse(const char *option, const char *value, enum watchdog_action *action, struct error **err);
int option_action(struct config *c, const char *value, struct error **err);
/* boot-option.c */
int option_boot(struct config *c, const char *value, struct error **err);
void config_boot_fini(struct config *c);
int option_rtc(struct config *c, const char *value, struct error **err);
int option_fw_cfg(struct config *c, const char *value, struct error **err);      /* fw-cfg-option.c */
void config_fw_cfg_fini(struct config *c);
int option_global(struct config *c, const char *value, struct error **err);      /* global-option.c */
void config_globals_fini(struct config *c);
int option_smbios(struct config *c, const char *value, struct error **err);      /* smbios-option.c */
int option_option_rom(struct config *c, const char *value, struct error **err);  /* rom-option.c */
void config_roms_fini(struct config *c);
int option_uuid(struct config *c, const char *value, struct error **err);
int option_name(struct config *c, const char *value, struct error **err);
int option_msg(struct config *c, const char *value, struct error **err);
int option_overcommit(struct config *c, const char *value, struct error **err);
int option_compat(struct config *c, const char *value, struct error **err);
int option_sandbox(struct config *c, const char *value, struct error **err);
int option_acpitable(struct config *c, const char *value, struct error **err);     /* acpi-option.c */
void acpi_tables_free(struct config *c);
/* options.c: as -name value; name is in the table, and its option takes a value */
int option_apply(struct config *c, const char *name, const char *value, struct error **err);
/* readconfig-option.c */
int option_readconfig(struct config *c, const char *value, struct error **err);
int option_set(struct config *c, const char *value, struct error **err);
void config_texts_fini(struct config *c);
/* device-option.c */
int device_option_check(const char *spec, struct error **err);      /* can it be read? */
struct json;
/* What -device says: an object with a string "driver"; *to is null after a failure. */
int device_option_parse(const char *spec, struct json *to, struct error **err);
bool config_places_vga(const struct config *c);         /* -device names a VGA, which takes the place of the board's */
/* listings.c; they print on stdout */
int option_version(struct config *c, const char *value, struct error **err);
int option_help(struct config *c, const char *value, struct error **err);
void list_machines(void);
void list_cpus(void);
void list_accels(void);
void list_devices(void);
int list_device_props(const char *type, struct error **err);
/* The same, line by line, for others who show it. */
void devices_help(void (*line)(const char *text, void *opaque), void *opaque);
int device_props_help(const char *type, void (*line)(const char *text, void *opaque), void *opaque, struct error **err);
void list_objects(void);
int list_object_props(const char *type, struct error **err);
void list_log_items(void);
void list_displays(void);
void list_chardevs(void);
void list_audio_drivers(void);
void list_sound_cards(void);
void list_audio_environment(void);
void list_keymaps(const struct config *c);
void list_vgas(void);
void list_data_dirs(const struct config *c);
void list_traces(void);
