#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

// A block per thread that grows to the largest request and goes with the thread: a fresh block for each call would cost
// more in page faults than some kernels take.

static _Thread_local void *block;
static _Thread_local size_t capacity;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void) { pthread_key_create(&key, free); }

static void *room(size_t bytes) {
  if (bytes <= capacity) return block;
  pthread_once(&once, make_key);
  free(block);
  block = NULL;
  capacity = 0;
  bytes = (bytes + 4095) & ~(size_t)4095;
  if (posix_memalign(&block, 64, bytes)) block = NULL;
  pthread_setspecific(key, block);
  if (block) capacity = bytes;
  return block;
}

void *ck_scratch(size_t bytes) {
  void *found = room(bytes);
  if (found && ck_poison()) memset(found, 0xff, bytes);
  return found;
}
