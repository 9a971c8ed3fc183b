#pragma once
/*
 * What a process can do to itself so that code it does not trust can do less, and the parent that watches it.
 *
 * Everything here is one-way: a confined process never gets its rights back.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the kernel offers. */
int cf_landlock_version(void); /* 0: none */
int cf_has_seccomp(void);

typedef struct {
  const char *path;
  int writable; /* 0: files may be read; 1: also written, made and removed */
} cf_place;

typedef struct {
  uint64_t file_bytes;   /* of any file written; 0: no limit */
  uint64_t memory_bytes; /* of the process's own writable memory; 0: no limit */
} cf_limits;

enum {
  CF_FILES = 1,        /* Landlock holds for every thread */
  CF_NETWORK = 2,      /* Landlock keeps TCP away as well */
  CF_SYSTEM_CALLS = 4, /* seccomp: no programs, no new sockets, no other processes */
  CF_LIMITS = 8
};

/* Confines the process to these places (files or folders; those that are not there are passed over). `wanted` are
   the measures to take. Returns those that hold now; -1 with errno when one failed halfway: then nothing may run. */
int cf_confine(const cf_place *places, size_t count, const cf_limits *limits, int wanted);

/* What a confined process can still do. Tried in a child that confines itself so, with no places at all: bits of what
   succeeded; -1 with errno when there was no child, or it could not be confined. */
enum { CF_CAN_READ = 1, CF_CAN_WRITE = 2, CF_CAN_CONNECT = 4, CF_CAN_FORK = 8, CF_CAN_EXECUTE = 16, CF_CAN_SIGNAL = 32 };
int cf_try(int wanted);

/* What the watched process tells its parent, in memory that both see. */
typedef struct {
  volatile int in_script; /* 1 while code of a script runs, 0 in the program itself */
  volatile int in_cell;   /* 1 while a script runs, or what it has called */
  volatile int limited;   /* 1 once the time limit is in force */
  volatile int round;     /* a new number gives the script its time anew */
  volatile int delivered; /* a new number: there is something for the parent to take */
} cf_watch;

typedef struct {
  double seconds;       /* a script's own time in one round */
  double all_seconds;   /* the same with what the program works for it */
  double grace;         /* after the signal, before the process is ended */
  int signal;           /* tells the process that its time is over */
  const char *message;  /* printed when it had to be ended */
  int (*take)(void *context); /* takes what was delivered, in the parent: 0, or 1 when that failed; NULL for nothing */
  void *context;
} cf_deadline;

/* Forks. The child returns with the shared page; the parent waits, hands signals on, ends the child when it does not
   stop, and exits with the child's status. NULL with errno: no child could be made. */
cf_watch *cf_supervise(const cf_deadline *deadline);

/* Does `work` in a child that is confined to no place at all, and takes what it writes to the descriptor `out`. It ends
   after so many seconds of the processor, or twenty times as many by the clock. For processes with one thread, or whose others hold
   nothing that the work needs. Returns the number of bytes, at most `most`; -1 with errno: ETIMEDOUT when it was ended, EPERM
   when it could not be confined, EMSGSIZE when it wrote more, ECHILD when it failed otherwise. */
typedef void (*cf_work)(void *context, int out);
ssize_t cf_apart(cf_work work, void *context, unsigned seconds, int wanted, uint8_t *result, size_t most);
