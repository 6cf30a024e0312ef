/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Handlers that test-qmp has to link, since the table of commands names them, and never runs: what they do is the
 * business of the tests of their folders.
 */

#include <stdlib.h>

/* Of no use but to be there; what would call one has its own idea of the arguments. */
#define ABSENT(name) \
    void qmp_##name(void); \
    void qmp_##name(void) \
    { \
        abort(); \
    }

ABSENT(query_stats)
ABSENT(query_stats_schemas)
ABSENT(rtc_reset_reinjection)
ABSENT(qom_list)
ABSENT(qom_get)
ABSENT(qom_set)
ABSENT(qom_list_types)
ABSENT(qom_list_properties)
ABSENT(device_list_properties)
ABSENT(x_query_ramblock)
ABSENT(x_query_numa)
ABSENT(query_target)
ABSENT(query_machines)
ABSENT(query_cpus_fast)
ABSENT(query_hotpluggable_cpus)
ABSENT(query_memory_size_summary)
ABSENT(query_memory_devices)
ABSENT(query_memdev)
ABSENT(object_add)
ABSENT(object_del)
ABSENT(query_iothreads)
ABSENT(query_pci)
ABSENT(query_acpi_ospm_status)
ABSENT(query_command_line_options)
ABSENT(x_exit_preconfig)
ABSENT(set_numa_node)
ABSENT(query_cpu_model_expansion)
ABSENT(query_cpu_definitions)
ABSENT(query_block)
ABSENT(query_named_block_nodes)
ABSENT(query_blockstats)
ABSENT(query_block_jobs)
ABSENT(query_jobs)
ABSENT(query_tpm_models)
ABSENT(query_tpm_types)
ABSENT(query_migrate_capabilities)
ABSENT(migrate_set_capabilities)
