/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Epochs: reading shared structures without a lock (over liburcu)
 *
 * A reader marks a section; what it loaded with epoch_load() inside stays alive until it ends the
 * section.  Writers publish with epoch_publish() and wait with epoch_wait() before they free.
 * Sections nest, never wait, and hold no device lock.  A thread registers itself before its first section
 * (lib/thread.h does it for threads it starts; the main thread does it in main/ and in tests).
 */

#include <stdbool.h>

void epoch_thread_init(void);
void epoch_thread_fini(void);
void epoch_enter(void);
void epoch_leave(void);
/* Returns when every section that was open at the call has ended.  Not inside a section. */
void epoch_wait(void);

#define epoch_load(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define epoch_publish(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
