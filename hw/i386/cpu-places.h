/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The places of a PC's CPUs, and CPUs that come and go
 */

struct board_config;
struct error;
struct machine;

/* Makes machine.slots and machine.cpu_bus; cfg->smp and cfg->cpu count. */
void cpu_places_new(struct machine *m, const struct board_config *cfg);
/* A CPU of the machine's model in the place, as a board has it from the start. */
int cpu_places_fill(struct machine *m, unsigned index, struct error **err);
