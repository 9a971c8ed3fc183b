#include <stdlib.h>

#include "CStart.h"

// How threads wait for each other between two kernels: libgomp lets them spin by default, which on a machine that does anything else
// costs twenty times the work itself, because the thread that is waited for does not get a core. libgomp reads its variables before
// main, in its constructor: a program changes them only here, before the constructors of its libraries, or by starting a second time.
// Whoever sets either variable is left alone.
static void let_threads_sleep(void) {
  if (getenv("OMP_WAIT_POLICY") == NULL && getenv("GOMP_SPINCOUNT") == NULL) setenv("OMP_WAIT_POLICY", "passive", 1);
}

__attribute__((used, retain, section(".preinit_array"))) static void (*const before_libraries)(void) = let_threads_sleep;
