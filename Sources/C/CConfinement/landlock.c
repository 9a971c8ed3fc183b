/* Landlock: which files the process may open, held by the kernel (linux/Documentation/userspace-api/landlock.rst). */
#define _GNU_SOURCE
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Newer than the oldest headers that this is compiled with. */
#define ACCESS_TRUNCATE (1ULL << 14)  /* version 3 */
#define ACCESS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define NET_BIND_TCP (1ULL << 0)      /* version 4 */
#define NET_CONNECT_TCP (1ULL << 1)

typedef struct {
  uint64_t files, network;
} ruleset_attributes;

#define READ_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)
#define WRITE_FILES                                                                                           \
  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |           \
   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | ACCESS_TRUNCATE)

int cf_landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? (int)version : 0;
}

static uint64_t known_accesses(int version) {
  uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* version 1 */
  if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all |= ACCESS_TRUNCATE;
  if (version >= 5) all |= ACCESS_IOCTL_DEV;
  return all;
}

static int allow(int ruleset, const cf_place *place, uint64_t known) {
  int file = open(place->path, O_PATH | O_CLOEXEC);
  if (file < 0) return 0; /* what is not there cannot be opened either */
  struct stat status;
  uint64_t access = READ_FILES | (place->writable ? WRITE_FILES : 0);
  if (fstat(file, &status) == 0 && !S_ISDIR(status.st_mode)) access &= OF_FILES;
  struct landlock_path_beneath_attr rule = {.allowed_access = access & known, .parent_fd = file};
  long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  int error = errno;
  close(file);
  errno = error;
  return (int)result;
}

/* A rule set holds for the thread that asks, and for those it makes later. Threads that are there already are told
   by a signal to ask for themselves. */
static volatile int the_ruleset, asked, refused;

static void restrict_here(int signal) {
  (void)signal;
  int saved = errno;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_landlock_restrict_self, the_ruleset, 0) != 0)
    __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
  errno = saved;
}

static int wait_for(int answers) {
  for (int round = 0; round < 4000; round++) {
    if (__atomic_load_n(&asked, __ATOMIC_SEQ_CST) >= answers) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
  errno = ETIMEDOUT;
  return -1;
}

enum { MOST_THREADS = 1024 };

static int restrict_others(int signal) {
  pid_t known[MOST_THREADS];
  int count = 0, before;
  pid_t self = (pid_t)syscall(SYS_gettid);
  do { /* until no thread is seen that was made by one which had not asked yet */
    before = count;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return -1;
    for (struct dirent *entry; (entry = readdir(tasks));) {
      pid_t thread = (pid_t)atoi(entry->d_name);
      int seen = thread == 0 || thread == self;
      for (int i = 0; i < count && !seen; i++) seen = known[i] == thread;
      if (seen) continue;
      if (count == MOST_THREADS) {
        closedir(tasks);
        errno = EAGAIN;
        return -1;
      }
      if (syscall(SYS_tgkill, getpid(), thread, signal) != 0) continue; /* it has ended */
      known[count++] = thread;
      if (wait_for(count) != 0) {
        closedir(tasks);
        return -1;
      }
    }
    closedir(tasks);
  } while (count != before);
  if (refused) errno = EPERM;
  return refused ? -1 : 0;
}

/* The signal has to reach threads that block all they can, as ZeroMQ's in a notebook's kernel do. Two signals glibc lets nobody
   block; the second is the one by which it tells all threads of a process to change their user, as it would have to here. It is
   taken for this moment only, and by the system call: glibc's `sigaction` keeps it to itself. */
enum { UNBLOCKABLE = 33 };

/* The system's `struct sigaction`, which glibc fills in for the signals that it lets go. */
typedef struct {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  uint64_t mask;
} system_action;

static int exchange_action(int signal, const system_action *action, system_action *old) {
  return (int)syscall(SYS_rt_sigaction, signal, action, old, sizeof action->mask);
}

static int make_action(system_action *made) {
  struct sigaction action = {.sa_handler = restrict_here, .sa_flags = SA_RESTART}, old;
  int other = SIGRTMAX - 2;
  sigemptyset(&action.sa_mask);
  if (sigaction(other, &action, &old) != 0) return -1;
  int result = exchange_action(other, NULL, made);
  sigaction(other, &old, NULL);
  return result;
}

static int restrict_threads(int ruleset) {
  system_action action, old;
  the_ruleset = ruleset;
  asked = refused = 0;
  if (make_action(&action) != 0 || exchange_action(UNBLOCKABLE, &action, &old) != 0) return -1;
  int result = restrict_others(UNBLOCKABLE);
  int error = errno;
  exchange_action(UNBLOCKABLE, &old, NULL);
  if (result != 0) {
    errno = error;
    return -1;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

int cf_restrict_files(const cf_place *places, size_t count, int *network) {
  int version = cf_landlock_version();
  uint64_t known = known_accesses(version);
  ruleset_attributes attributes = {.files = known};
  if (version >= 4) attributes.network = NET_BIND_TCP | NET_CONNECT_TCP;
  *network = version >= 4;
  size_t size = version >= 4 ? sizeof attributes : sizeof attributes.files;
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
  if (ruleset < 0) return -1;
  int result = 0;
  for (size_t i = 0; i < count && result == 0; i++) result = allow(ruleset, &places[i], known);
  if (result == 0) result = restrict_threads(ruleset);
  int error = errno;
  close(ruleset);
  errno = error;
  return result;
}
