/* seccomp: which system calls are left to the process, for all its threads (seccomp(2)). What computing, printing and
   opening files take is allowed; everything else, what future kernels will bring included, fails with EPERM. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#ifndef NATIVE

int cf_has_seccomp(void) { return 0; }
int cf_restrict_calls(void) {
  errno = ENOSYS;
  return -1;
}

#else

static const int allowed[] = {
    /* memory and threads */
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_msync, SYS_mincore, SYS_membarrier,
    SYS_futex, SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam,
    SYS_sched_getscheduler, SYS_set_robust_list, SYS_get_robust_list, SYS_set_tid_address, SYS_getcpu, SYS_gettid,
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_exit, SYS_exit_group,
    SYS_rseq,
    /* files: Landlock says which */
    SYS_openat, SYS_openat2, SYS_close, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64,
    SYS_preadv, SYS_pwritev, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs,
    SYS_faccessat, SYS_faccessat2, SYS_getdents64, SYS_getcwd, SYS_readlinkat, SYS_fadvise64, SYS_ftruncate,
    SYS_truncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_mkdirat, SYS_unlinkat, SYS_renameat2,
    SYS_dup, SYS_dup3, SYS_umask, SYS_flock,
    /* waiting, and sockets that are open already: a notebook's */
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_pipe2,
    SYS_accept, SYS_accept4, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_shutdown, SYS_getsockname,
    SYS_getpeername, SYS_setsockopt, SYS_getsockopt,
    /* time, signals, numbers */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_times,
    SYS_setitimer, SYS_getitimer, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait,
    SYS_rt_sigsuspend, SYS_rt_sigpending, SYS_sigaltstack, SYS_restart_syscall, SYS_getrandom, SYS_uname,
    SYS_sysinfo, SYS_getrusage, SYS_getrlimit,
#if defined(__x86_64__) /* their older forms */
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename, SYS_renameat,
    SYS_readlink, SYS_poll, SYS_select, SYS_epoll_wait, SYS_pipe, SYS_dup2, SYS_time, SYS_arch_prctl, SYS_pause,
#else
    SYS_renameat,
#endif
};

enum { COUNT = sizeof allowed / sizeof allowed[0] };

#define FIELD(name) (uint32_t)offsetof(struct seccomp_data, name)
#define LOW(argument) (FIELD(args[argument])) /* both machines are little-endian */
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define FAIL(error) ANSWER(SECCOMP_RET_ERRNO | (error))
#define UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (skipped))
#define IF(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (skipped), 0)

int cf_has_seccomp(void) {
  uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* Sockets that are open already are a notebook's: its library marks each new connection as one that does not wait. */
static int has_sockets(void) {
  for (int file = 3; file < 1024; file++) {
    struct stat status;
    if (fstat(file, &status) == 0 && S_ISSOCK(status.st_mode)) return 1;
  }
  return 0;
}

int cf_restrict_calls(void) {
  /* Flags belong to what a descriptor stands for, which may be the terminal of others. */
  const uint32_t flags = has_sockets() ? F_SETFL : F_GETFL;
  const uint32_t self = (uint32_t)getpid();
  const struct sock_filter head[] = {
      LOAD(FIELD(arch)),
      IF(NATIVE, 1),
      ANSWER(SECCOMP_RET_KILL_PROCESS),
      LOAD(FIELD(nr)),
      /* threads, but no processes; glibc falls back from clone3, whose arguments cannot be looked at, to clone */
      UNLESS(SYS_clone3, 1),
      FAIL(ENOSYS),
      UNLESS(SYS_clone, 4),
      LOAD(LOW(0)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
      ANSWER(SECCOMP_RET_ALLOW),
      FAIL(EPERM),
      /* signals to itself */
      UNLESS(SYS_tgkill, 4),
      LOAD(LOW(0)),
      UNLESS(self, 1),
      ANSWER(SECCOMP_RET_ALLOW),
      FAIL(EPERM),
      UNLESS(SYS_kill, 4),
      LOAD(LOW(0)),
      UNLESS(self, 1),
      ANSWER(SECCOMP_RET_ALLOW),
      FAIL(EPERM),
      /* limits may be looked at (no new value, in both halves of the pointer) */
      UNLESS(SYS_prlimit64, 6),
      LOAD(LOW(2)),
      UNLESS(0, 3),
      LOAD(LOW(2) + 4),
      UNLESS(0, 1),
      ANSWER(SECCOMP_RET_ALLOW),
      FAIL(EPERM),
      /* processors: one's own thread's */
      UNLESS(SYS_sched_setaffinity, 4),
      LOAD(LOW(0)),
      UNLESS(0, 1),
      ANSWER(SECCOMP_RET_ALLOW),
      FAIL(EPERM),
      /* descriptors: copied, locks; flags where sockets need it; never whom they send signals to */
      UNLESS(SYS_fcntl, 7),
      LOAD(LOW(1)),
      IF(F_DUPFD_CLOEXEC, 4),
      IF(flags, 3),
      IF(F_SETFL, 1),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, F_SETLKW, 0, 1),
      FAIL(EPERM),
      ANSWER(SECCOMP_RET_ALLOW),
      /* names of threads and of memory */
      UNLESS(SYS_prctl, 5),
      LOAD(LOW(0)),
      IF(PR_SET_NAME, 2),
      IF(0x53564d41 /* PR_SET_VMA */, 1),
      FAIL(EPERM),
      ANSWER(SECCOMP_RET_ALLOW),
      /* what a terminal is asked; never TIOCSTI, which types */
      UNLESS(SYS_ioctl, 8),
      LOAD(LOW(1)),
      IF(TCGETS, 5),
      IF(TCSETS, 4),
      IF(TCSETSW, 3),
      IF(TIOCGWINSZ, 2),
      IF(FIONREAD, 1),
      FAIL(ENOTTY),
      ANSWER(SECCOMP_RET_ALLOW),
  };
  enum { HEAD = sizeof head / sizeof head[0] };
  struct sock_filter filter[HEAD + 2 * COUNT + 1];
  int size = 0;
  for (int i = 0; i < HEAD; i++) filter[size++] = head[i];
  for (int i = 0; i < COUNT; i++) {
    filter[size++] = (struct sock_filter)UNLESS(allowed[i], 1);
    filter[size++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
  }
  filter[size++] = (struct sock_filter)FAIL(EPERM);
  struct sock_fprog program = {.len = (unsigned short)size, .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (result > 0) errno = EBUSY; /* a thread that could not be brought along */
  return result == 0 ? 0 : -1;
}

#endif
