// Mapped files that shrink. A jump out of the handler would cross Swift's frames, so it repairs what was read and leaves a note.
#define _GNU_SOURCE
#include "mappings.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { most_guards = 4096 };

typedef struct {
  _Atomic uintptr_t start;  // 0: free; 1: being filled in
  _Atomic size_t length;    // whole pages
  _Atomic int damaged;
} guard;

static guard guards[most_guards];
static _Atomic int used;  // none is in use from here on
static uintptr_t page;
static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_bus_error(int signal, siginfo_t *info, void *context) {
  (void)context;
  const int saved = errno;
  const uintptr_t address = (uintptr_t)info->si_addr;
  for (int i = 0, count = atomic_load(&used); i < count && info->si_code > 0; i++) {
    const uintptr_t start = atomic_load(&guards[i].start);
    const size_t length = atomic_load(&guards[i].length);
    if (start <= 1 || address < start || address - start >= length) continue;
    const uintptr_t first = address / page * page;
    atomic_store(&guards[i].damaged, 1);
    void *zeros = mmap((void *)first, start + length - first, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = saved;
    if (zeros != MAP_FAILED) return;
    break;
  }
  // Not ours: it goes its way, by the same instruction again or, where somebody sent it, by sending it again.
  sigaction(SIGBUS, &before, NULL);
  if (info->si_code <= 0) raise(signal);
  errno = saved;
}

static void listen(void) {
  page = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &before);
}

int cp_guard_mapping(const void *start, size_t length) {
  pthread_once(&once, listen);
  for (int i = 0; i < most_guards; i++) {
    uintptr_t free = 0;
    if (!atomic_compare_exchange_strong(&guards[i].start, &free, 1)) continue;
    atomic_store(&guards[i].damaged, 0);
    atomic_store(&guards[i].length, (length + page - 1) / page * page);
    atomic_store(&guards[i].start, (uintptr_t)start);
    for (int count = atomic_load(&used); count <= i && !atomic_compare_exchange_weak(&used, &count, i + 1);) {
    }
    return i;
  }
  return -1;
}

void cp_release_mapping(int guard) { atomic_store(&guards[guard].start, 0); }

int cp_mapping_is_damaged(int guard) { return atomic_load(&guards[guard].damaged); }
