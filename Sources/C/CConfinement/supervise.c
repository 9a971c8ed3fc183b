/* The parent that ends what does not stop: a hook of Lua never fires within one long C call or a finalizer, and a
   signal handler is only as good as the process that it runs in. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *text) {
  while (write(STDERR_FILENO, text, strlen(text)) < 0 && errno == EINTR) {}
}

/* The terminal as it was. A prompt that is killed leaves it as only a prompt can use it. */
static struct termios terminal;
static int has_terminal;

static void restore_terminal(void) {
  if (!has_terminal) return;
  signal(SIGTTOU, SIG_IGN); /* from the background as well */
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
  if (isatty(STDOUT_FILENO) && write(STDOUT_FILENO, "\033[?2004l", 8) < 0) {}
}

/* Ends as the child did. */
static void follow(int status, const cf_deadline *deadline, int ended, int failed) {
  if (!WIFEXITED(status)) restore_terminal();
  if (ended) {
    say(deadline->message);
    _exit(1);
  }
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status) ? WEXITSTATUS(status) : failed);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* one core file is enough */
  signal(WTERMSIG(status), SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_UNBLOCK, &all, NULL);
  raise(WTERMSIG(status));
  _exit(128 + WTERMSIG(status));
}

typedef struct {
  double spent, all;  /* seconds of the script's own, and of all that it has called */
  double last, over;  /* the last look, and when it was told to stop (0: not yet) */
  int round;
} clock_state;

/* One look at the child. 1 when it must be ended. */
static int look(clock_state *clock, const cf_watch *watch, pid_t child, const cf_deadline *deadline) {
  double time = now(), passed = time - clock->last;
  clock->last = time;
  if (watch->round != clock->round) *clock = (clock_state){.last = time, .round = watch->round};
  if (!watch->limited) return 0;
  /* A look that comes late, after the machine slept, counts no more than one in time. */
  if (passed > 0.2) passed = 0.2;
  if (watch->in_script) clock->spent += passed;
  if (watch->in_cell) clock->all += passed;
  if (clock->over > 0) {
    if (!watch->in_cell || time - clock->over < deadline->grace) return 0;
    return watch->in_script || clock->all > deadline->all_seconds + deadline->grace;
  }
  if (clock->spent > deadline->seconds || clock->all > deadline->all_seconds) {
    clock->over = time;
    kill(child, deadline->signal);
  }
  return 0;
}

static void watch_over(pid_t child, const cf_watch *watch, const cf_deadline *deadline, const sigset_t *signals) {
  clock_state clock = {.last = now(), .round = watch->round};
  int ended = 0, taken = 0, failed = 0;
  for (;;) {
    siginfo_t info;
    int signal = sigtimedwait(signals, &info, &(struct timespec){.tv_nsec = 50000000});
    int status;
    pid_t gone = waitpid(child, &status, WNOHANG | WUNTRACED);
    if (gone == child && WIFSTOPPED(status)) {
      raise(SIGSTOP); /* Ctrl-Z: wait with it */
      kill(child, SIGCONT);
      clock.last = now();
      continue;
    }
    if (watch->delivered != taken && deadline->take) {
      taken = watch->delivered;
      failed = deadline->take(deadline->context);
    }
    if (gone == child) follow(status, deadline, ended, failed);
    /* What the terminal sends, the child has got as well. */
    if (signal > 0 && signal != SIGCHLD && info.si_code <= 0) kill(child, signal);
    if (!ended && look(&clock, watch, child, deadline)) {
      ended = 1;
      kill(child, SIGKILL);
    }
  }
}

cf_watch *cf_supervise(const cf_deadline *deadline) {
  cf_watch *watch = mmap(NULL, sizeof *watch, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (watch == MAP_FAILED) return NULL;
  sigset_t signals, before;
  sigemptyset(&signals);
  const int handed_on[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof handed_on / sizeof *handed_on; i++) sigaddset(&signals, handed_on[i]);
  sigprocmask(SIG_BLOCK, &signals, &before); /* before the fork, so that none is missed */
  has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
  pid_t parent = getpid();
  fflush(NULL);
  pid_t child = fork();
  if (child < 0) {
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    munmap(watch, sizeof *watch);
    errno = error;
    return NULL;
  }
  if (child > 0) watch_over(child, watch, deadline, &signals);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return watch;
}
