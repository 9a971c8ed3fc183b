#include "bridge.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void *allocate(void *data, void *block, size_t old, size_t size) {
  lb_state *s = data;
  if (!block) old = 0; /* then `old` is a type tag */
  if (size == 0) {
    free(block);
    s->bytes -= old;
    return NULL;
  }
  if (s->limit && size > old && s->bytes - old + size > s->limit) return NULL;
  void *moved = realloc(block, size);
  if (moved) s->bytes += size - old;
  return moved;
}

static int panic(lua_State *L) {
  const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(no message)";
  fprintf(stderr, "lua: an error left every protected call: %s\n", message);
  return 0; /* Lua aborts */
}

static void warn(void *data, const char *message, int continues) {
  lb_state *s = data;
  s->callbacks.warn(s->owner, message, continues);
}

lb_state *lb_open(void *owner, lb_callbacks callbacks, size_t limit) {
  lb_state *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->owner = owner;
  s->callbacks = callbacks;
  s->limit = limit;
  if (getrandom(&s->secret, sizeof s->secret, 0) != sizeof s->secret) s->secret = (uintptr_t)s;
  lua_State *L = lua_newstate(allocate, s);
  if (!L) {
    free(s);
    return NULL;
  }
  s->main = L;
  s->running = L;
  s->in_script = &s->own_in_script;
  *(lb_state **)lua_getextraspace(L) = s; /* new coroutines inherit it */
  lua_atpanic(L, panic);
  lua_setwarnf(L, warn, s);
  lb_adopt_thread(s);
  return s;
}

void lb_close(lb_state *s) {
  lb_forget_signals(s);
  s->running = s->main;
  s->limit = 0;
  lua_close(s->main);
  free(s);
}

void *lb_owner(lua_State *L) { return lb_of(L)->owner; }
lua_State *lb_running(lb_state *s) { return s->running; }
size_t lb_bytes(lb_state *s) { return s->bytes; }
void lb_set_limit(lb_state *s, size_t limit) { s->limit = limit; }
void lb_tell(lb_state *s, volatile int *in_script) {
  *in_script = *s->in_script;
  s->in_script = in_script;
}
