/* SPDX-License-Identifier: Apache-2.0 */
#include "main/confine.h"

/*
 * Fewer rights (see confine.h): a new root, another user, and a filter of system calls
 *
 * The filter (seccomp(2), through libseccomp) holds for all threads, those there and those to come.  A call that it
 * denies ends the process with SIGSYS: it is not ours.  clone3() is said not to exist where new processes are denied,
 * since a filter cannot look at its flags, and the C library then starts threads with clone().
 * Invariant: rights are given up in the order in which each step still may do its own.
 */

#include "lib/error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>

/* What nothing in an emulator does, whatever is allowed beside. */
static const int never[] = {
    SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(syslog), SCMP_SYS(mount), SCMP_SYS(umount2),
    SCMP_SYS(pivot_root), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
    SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(nfsservctl),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(iopl),
    SCMP_SYS(ioperm), SCMP_SYS(ptrace), SCMP_SYS(bpf), SCMP_SYS(personality), SCMP_SYS(vhangup),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(lookup_dcookie), SCMP_SYS(open_by_handle_at),
    SCMP_SYS(process_vm_writev), SCMP_SYS(add_key), SCMP_SYS(request_key),
};
static const int obsolete[] = {
    SCMP_SYS(_sysctl), SCMP_SYS(create_module), SCMP_SYS(get_kernel_syms), SCMP_SYS(query_module), SCMP_SYS(sysfs),
    SCMP_SYS(uselib), SCMP_SYS(ustat), SCMP_SYS(modify_ldt),
};
static const int elevate[] = {
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setpgid), SCMP_SYS(setsid), SCMP_SYS(setreuid), SCMP_SYS(setregid),
    SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(setgroups),
};
static const int spawn[] = { SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(execve), SCMP_SYS(execveat) };
static const int resources[] = {
    SCMP_SYS(setpriority), SCMP_SYS(sched_setparam), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setattr), SCMP_SYS(setrlimit),
};

static int deny(scmp_filter_ctx filter, const int *calls, unsigned n)
{
    int r = 0;

    for (unsigned i = 0; i < n && !r; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, calls[i], 0);
    return r;
}

#define DENY(filter, calls) deny(filter, calls, sizeof(calls) / sizeof((calls)[0]))

static int processes_deny(scmp_filter_ctx filter)
{
    int r = DENY(filter, spawn);

    if (!r)
        r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    return r ? r : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int rules_add(scmp_filter_ctx filter, const struct sandbox *s)
{
    int r = DENY(filter, never);

    if (!r && s->obsolete)
        r = DENY(filter, obsolete);
    if (!r && s->elevate)
        r = DENY(filter, elevate);
    if (!r && s->spawn)
        r = processes_deny(filter);
    if (!r && s->resources)
        r = DENY(filter, resources);
    return r;
}

static int sandbox_close(const struct sandbox *s)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int r = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;

    if (!r)
        r = rules_add(filter, s);
    if (!r && s->elevate_children && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        r = -errno;
    if (!r)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return r;
}

int sandbox_check(const struct sandbox *s, struct error **err)
{
    (void)s;
    (void)err;
    return 0;
}
#else
static int sandbox_close(const struct sandbox *s)
{
    (void)s;
    return -ENOTSUP;
}

int sandbox_check(const struct sandbox *s, struct error **err)
{
    if (!s->on)
        return 0;
    return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-sandbox", "on", "legal: off, in a build without libseccomp");
}
#endif

struct user { const char *name; bool has_groups; uid_t uid; gid_t gid; };

static int user_find(const char *name, struct user *u, struct error **err)
{
    const struct passwd *known = getpwnam(name);
    unsigned uid, gid;
    int end = 0;

    if (known)
        *u = (struct user){ name, true, known->pw_uid, known->pw_gid };
    else if (sscanf(name, "%u:%u%n", &uid, &gid, &end) == 2 && !name[end])
        *u = (struct user){ name, false, uid, gid };
    else
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "-runas", name, "a user of this host, or UID:GID");
    return 0;
}

/* Groups first: who is no longer root cannot leave them. */
static int user_become(const struct user *u, struct error **err)
{
    if (setgid(u->gid) < 0 || setuid(u->uid) < 0)
        return error_set_host(err, -errno, "-runas", u->name);
    if (u->uid && setuid(0) == 0)
        return error_set(err, -EPERM, ERROR_STATE, "-runas", u->name, "a user who cannot become root again");
    return 0;
}

static int groups_set(const struct user *u, struct error **err)
{
    int r = u->has_groups ? initgroups(u->name, u->gid) : setgroups(1, &u->gid);

    return r < 0 ? error_set_host(err, -errno, "-runas", u->name) : 0;
}

int confine(const char *folder, const char *run_as, const struct sandbox *s, struct error **err)
{
    struct user user;
    int r = run_as ? user_find(run_as, &user, err) : 0;

    if (!r && run_as)
        r = groups_set(&user, err);
    if (!r && folder && (chroot(folder) < 0 || chdir("/") < 0))
        r = error_set_host(err, -errno, "-chroot", folder);
    if (!r && run_as)
        r = user_become(&user, err);
    if (r < 0 || !s->on)
        return r;
    r = sandbox_close(s);
    return r < 0 ? error_set_host(err, r, "-sandbox", "on") : 0;
}
