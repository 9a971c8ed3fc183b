/* Other programs, which end with this one. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDING = sizeof ending / sizeof *ending };

static struct sigaction before[ENDING];
static volatile pid_t running;
static volatile sig_atomic_t received;

static void hand_on(int signal) {
  int saved = errno;
  received = signal;
  if (running > 0) kill(running, SIGTERM);
  errno = saved;
}

int cf_spawn(const char *program, char *const arguments[], char *const environment[], int output) {
  pid_t parent = getpid();
  received = 0;
  struct sigaction action = {.sa_handler = hand_on};
  sigemptyset(&action.sa_mask);
  sigset_t all, signals;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &signals); /* no signal finds the two halfway */
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < ENDING; i++) signal(ending[i], SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(output, STDOUT_FILENO) < 0) _exit(126);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    execvpe(program, arguments, environment);
    _exit(127);
  }
  int error = errno;
  if (child > 0) {
    running = child;
    for (int i = 0; i < ENDING; i++) sigaction(ending[i], &action, &before[i]);
  }
  sigprocmask(SIG_SETMASK, &signals, NULL);
  errno = error;
  return child;
}

int cf_wait(int child, int *signal) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  running = 0;
  for (int i = 0; i < ENDING; i++) sigaction(ending[i], &before[i], NULL);
  *signal = received;
  return status;
}
