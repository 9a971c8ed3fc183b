/* Whether the walls hold: tried, not believed. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 0x80 };

static int attempt(void) {
  int can = 0;
  if (open("/etc/passwd", O_RDONLY) >= 0) can |= CF_CAN_READ;
  if (open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0) can |= CF_CAN_WRITE;
  if (socket(AF_INET, SOCK_STREAM, 0) >= 0) can |= CF_CAN_CONNECT;
  pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) can |= CF_CAN_FORK;
  char *const none[] = {NULL};
  /* A program that is not there: what matters is who says no. */
  if (execve("/proc/self/no-such-program", none, none) != 0 && errno == ENOENT) can |= CF_CAN_EXECUTE;
  if (kill(getppid(), 0) == 0) can |= CF_CAN_SIGNAL;
  return can;
}

int cf_try(int wanted) {
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    cf_limits limits = {0};
    _exit(cf_confine(NULL, 0, &limits, wanted) < 0 ? FAILED : attempt());
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) == FAILED) {
    errno = EPERM;
    return -1;
  }
  return WEXITSTATUS(status);
}
