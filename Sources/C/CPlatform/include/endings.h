#pragma once
#include <sys/types.h>
#include <termios.h>

/// What asks a process to end: SIGINT, SIGTERM, SIGHUP, SIGQUIT. Those that are ignored stay so.

/// From here on they are only noted, so that what has to be put away is put away first. Calls nest.
void cp_hold_endings(void);

/// The one that has come while they are held, 0 if none has.
int cp_held_ending(void);

/// They have their effect again, and so has the one that came meanwhile.
void cp_release_endings(void);

/// Starts a program whose stdout is `out`. It ends when this process does, and what asks this one to end asks it as well. -1 and errno
/// where there are no more processes; a program that is not there ends with 127.
pid_t cp_spawn(const char *program, char *const arguments[], char *const environment[], int out);

/// Waits for it. The status as of `waitpid`.
int cp_wait(pid_t child);

/// As long as a terminal is not in its usual state: when the process is asked to end (but for SIGINT), `text` is written to `out`, the terminal gets
/// its `usual` state back, and the signal has its way.
void cp_restore_terminal_on_endings(int terminal, const struct termios *usual, int out, const char *text);
void cp_leave_terminal(void);
