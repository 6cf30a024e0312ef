/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Queries of parts that no machine has yet: memory that is a device, drives, jobs, TPMs
 *
 * Clients ask each machine for them before they know more, and of what is not there a list is empty.  A part that
 * comes takes its queries along into its own folder.
 */

#include "qapi/qapi-commands.h"

#define EMPTY(name, list) \
    int qmp_##name(struct qapi_ctx *ctx, struct list *ret, struct error **err) \
    { \
        (void)ctx; \
        (void)ret; \
        (void)err; \
        return 0; \
    }
#define EMPTY_WHATEVER(name, argument, list) \
    int qmp_##name(struct qapi_ctx *ctx, const struct argument *arg, struct list *ret, struct error **err) \
    { \
        (void)ctx; \
        (void)arg; \
        (void)ret; \
        (void)err; \
        return 0; \
    }

EMPTY(query_memory_devices, qapi_memory_device_info_list)
EMPTY(query_block, qapi_block_info_list)
EMPTY_WHATEVER(query_named_block_nodes, qapi_query_named_block_nodes_arg, qapi_block_device_info_list)
EMPTY_WHATEVER(query_blockstats, qapi_query_blockstats_arg, qapi_block_stats_list)
EMPTY(query_block_jobs, qapi_block_job_info_list)
EMPTY(query_jobs, qapi_job_info_list)
EMPTY(query_tpm_models, qapi_tpm_model_list)
EMPTY(query_tpm_types, qapi_tpm_type_list)
