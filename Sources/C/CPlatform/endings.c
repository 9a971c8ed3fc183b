#define _GNU_SOURCE
#include "endings.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 4 };
static const int signals[COUNT] = {SIGTERM, SIGHUP, SIGQUIT, SIGINT};  // SIGINT last, see below

/// Gives the first `count` of them this handler. Without SA_RESTART: who waits is to look again.
static void take(void (*handler)(int), int count, struct sigaction before[COUNT]) {
  struct sigaction action = {.sa_handler = handler};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < count; i++) {
    sigaction(signals[i], NULL, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, NULL);
  }
}

static void give_back(int count, const struct sigaction before[COUNT]) {
  for (int i = 0; i < count; i++) sigaction(signals[i], &before[i], NULL);
}

// Held.

static struct sigaction before_holding[COUNT];
static volatile sig_atomic_t held;
static volatile pid_t the_child;
static int depth;

static void note(int signal) {
  int saved = errno;
  held = signal;
  if (the_child > 0) kill(the_child, SIGTERM);
  errno = saved;
}

void cp_hold_endings(void) {
  if (depth++ > 0) return;
  held = 0;
  take(note, COUNT, before_holding);
}

int cp_held_ending(void) { return held; }

void cp_release_endings(void) {
  if (--depth > 0) return;
  give_back(COUNT, before_holding);
  if (held) raise(held);
}

// Other programs.

pid_t cp_spawn(const char *program, char *const arguments[], char *const environment[], int out) {
  const pid_t parent = getpid();
  sigset_t all, mask;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &mask);  // a signal that comes in between is neither missed by us nor taken by the child
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    dup2(out, STDOUT_FILENO);
    execvpe(program, arguments, environment);
    _exit(127);
  }
  if (child > 0) {
    the_child = child;
    if (held) kill(child, SIGTERM);
  }
  int error = errno;
  sigprocmask(SIG_SETMASK, &mask, NULL);
  errno = error;
  return child;
}

int cp_wait(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  the_child = 0;
  return status;
}

// Terminals.

static struct sigaction before_raw[COUNT];
static struct termios usual_state;
static int the_terminal, the_output, is_watched;
static const char *the_text;

/// Of SIGINT the prompt knows what to make.
static void restore(int signal) {
  tcsetattr(the_terminal, TCSANOW, &usual_state);
  if (write(the_output, the_text, strlen(the_text)) < 0) {
  }
  give_back(COUNT - 1, before_raw);
  raise(signal);
}

void cp_restore_terminal_on_endings(int terminal, const struct termios *usual, int out, const char *text) {
  if (is_watched) return;
  usual_state = *usual;
  the_terminal = terminal;
  the_output = out;
  the_text = text;
  is_watched = 1;
  take(restore, COUNT - 1, before_raw);
}

void cp_leave_terminal(void) {
  if (is_watched) give_back(COUNT - 1, before_raw);
  is_watched = 0;
}
