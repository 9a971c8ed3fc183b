#pragma once
/* Shared by the C files of the bridge, not seen by Swift. */
#include <pthread.h>

#include "CLuaBridge.h"

struct lb_state {
  lua_State *main;
  lua_State *volatile running;
  volatile sig_atomic_t interrupted, signal; /* signal: by which one, 0 if by none */
  pthread_t thread;
  void *owner;
  lb_callbacks callbacks;
  size_t bytes, limit;
  uintptr_t secret;
  volatile int *in_script, own_in_script;
  int steps_left;     /* see lb_limit_work */
  double work_ends;
  const char *reason; /* why it was interrupted, where that was not the user's wish */
};

/* The block of a userdata that holds a Swift object. */
typedef struct {
  uintptr_t mark;
  void *object;
} lb_block;

static inline lb_state *lb_of(lua_State *L) { return *(lb_state **)lua_getextraspace(L); }

void lb_arm(lua_State *L);
void lb_forget_signals(lb_state *s);
lb_block *lb_block_at(lua_State *L, int index);
void lb_guard_coroutines(lua_State *L);
int lb_release(lua_State *L);
int lb_protect(lua_State *L, lua_CFunction body, int operands, int results);
extern const char lb_release_key[1]; /* its address: the registry's key of the functions' metatable */
