/* Work that is done apart: in a child without rights, whose one way out is a pipe. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 0x80 };
enum { PATIENCE = 20 }; /* by the clock, on a machine with other work: so many times what it may take of the processor */

/* What the program does when it is asked to end is not the child's. */
static void forget_handlers(void) {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(cf_work work, void *context, unsigned seconds, int out, int wanted) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  forget_handlers();
  struct rlimit limit = {seconds, seconds + 1};
  cf_limits limits = {.file_bytes = 1}; /* none is open for writing; 0 would be no limit */
  if (setrlimit(RLIMIT_CPU, &limit) != 0) _exit(FAILED);
  alarm(PATIENCE * seconds);
  if (cf_confine(NULL, 0, &limits, wanted) < 0) _exit(FAILED);
  work(context, out);
  _exit(0);
}

/* Takes from the pipe until it is closed. -1 when there is more than was asked for. */
static ssize_t take(int in, uint8_t *result, size_t most) {
  size_t count = 0;
  for (;;) {
    uint8_t beyond;
    ssize_t got = count < most ? read(in, result + count, most - count) : read(in, &beyond, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || (got > 0 && count == most)) return -1;
    if (got == 0) return (ssize_t)count;
    count += (size_t)got;
  }
}

ssize_t cf_apart(cf_work work, void *context, unsigned seconds, int wanted, uint8_t *result, size_t most) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    child(work, context, seconds, ends[1], wanted);
  }
  int reason = errno;
  close(ends[1]);
  ssize_t count = pid < 0 ? -1 : take(ends[0], result, most);
  close(ends[0]); /* whoever has more to say is told */
  if (pid < 0) {
    errno = reason;
    return -1;
  }
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && count >= 0) return count;
  int ended = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  errno = ended == SIGXCPU || ended == SIGALRM || ended == SIGKILL ? ETIMEDOUT
          : WIFEXITED(status) && WEXITSTATUS(status) == FAILED     ? EPERM
          : count < 0                                              ? EMSGSIZE
                                                                   : ECHILD;
  return -1;
}
