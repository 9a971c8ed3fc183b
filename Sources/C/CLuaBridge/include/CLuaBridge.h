#pragma once
/*
 * The narrow place between Swift and Lua.
 *
 * Lua reports errors with longjmp, which must never cross a Swift frame. So:
 *   - Lua calls Swift through the trampoline here; Swift returns a status, and this file raises or yields
 *     after Swift has returned;
 *   - Swift calls whatever may raise (or allocate, which is the same) through the protected helpers here,
 *     which return LUA_OK or a status with the error value on top of the stack.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* What a Swift function answers to the trampoline: a number of results on top of the stack (0 or more), */
#define LB_RAISE (-1)           /* or: raise the value on top of the stack, */
#define LB_YIELD (-2)           /* or LB_YIELD - n: yield the n values on top; below them is the continuation's box. */

typedef struct {
  int (*call)(lua_State *L, void *function, int base);  /* arguments start at base + 1 */
  void (*release)(lua_State *L, void *object);
  void (*failed)(lua_State *L);                         /* an error passes: note the traceback; must not raise */
  void (*warn)(void *owner, const char *message, int continues);
} lb_callbacks;

typedef struct lb_state lb_state;

/* Life. `limit` is the number of bytes that Lua itself may hold (0: no limit). NULL when memory is short. */
lb_state *lb_open(void *owner, lb_callbacks callbacks, size_t limit);
void lb_close(lb_state *s);
void *lb_owner(lua_State *L);
lua_State *lb_running(lb_state *s);        /* the thread (coroutine) that runs now */
int lb_open_libraries(lua_State *L, int all);   /* 0: the bridge's own needs only; pushes what types use as __gc */
size_t lb_bytes(lb_state *s);
void lb_set_limit(lb_state *s, size_t limit);
/* An error after so many instructions, or so many seconds of the processor's time; of the main thread only. */
void lb_limit_work(lb_state *s, int steps, double seconds);
void lb_tell(lb_state *s, volatile int *in_script); /* where to note whether code of a script runs */

/* Interrupts. lb_interrupt is safe in a signal handler that runs on Lua's own thread; the installed handler
   forwards the signal there. The flag stays up, and with it the hook, until lb_clear_interrupt. A second
   signal while the flag is up ends the process the signal's own way, unless `forgives`. */
void lb_interrupt(lb_state *s);
int lb_interrupted(const lb_state *s);
int lb_interrupt_signal(const lb_state *s); /* by which signal, 0 if by none */
void lb_clear_interrupt(lb_state *s);
int lb_interrupt_on(lb_state *s, int signal, int forgives);
int lb_limit_on(lb_state *s, int signal, const char *reason); /* as an interrupt, with this text (kept) as the error */
const char *lb_reason(const lb_state *s);
void lb_adopt_thread(lb_state *s);         /* Lua now runs on the calling thread */

/* Swift objects in userdata. lb_object looks at the block, never at the metatable, so that a forged metatable
   fools nobody. */
enum { LB_NONE, LB_FOREIGN, LB_CLOSED, LB_LIVE };
int lb_object(lua_State *L, int index, void **object);
void *lb_take_object(lua_State *L, int index);   /* empties the block; NULL when it was empty or is not ours */

/* Protected helpers: LUA_OK, or a status with the error value pushed. Operands are on top of the stack, results
   replace them. */
int lb_push_string(lua_State *L, const char *bytes, size_t count);
int lb_push_numbers(lua_State *L, const double *numbers, size_t count);   /* a new list */
int lb_push_integers(lua_State *L, const int64_t *numbers, size_t count); /* a new list */
int lb_push_object(lua_State *L, int metatable, void *object, int collect, int *adopted);
int lb_push_function(lua_State *L, void *function, int *adopted);
int lb_push_index(lua_State *L);                 /* methods, fallback -> an __index function */
int lb_new_table(lua_State *L, int list, int fields);
int lb_get(lua_State *L, int table);             /* key -> value, with metamethods */
int lb_set(lua_State *L, int table);             /* key, value -> , with metamethods */
int lb_raw_set(lua_State *L, int table);         /* key, value -> */
int lb_append(lua_State *L, int table, int64_t position);  /* value -> */
int lb_next(lua_State *L, int table, int *more); /* key -> key, value; or nothing */
int64_t lb_count_pairs(lua_State *L, int table); /* needs room for two values; metamethods have no say */
int lb_to_string(lua_State *L, int index);       /* pushes what tostring() gives */
int lb_equal(lua_State *L, int a, int b, int *equal);
int lb_call(lua_State *L, int arguments, int results);     /* function, arguments… -> results…; notes tracebacks */
int lb_reference(lua_State *L, int *reference);  /* value -> */
void lb_release_reference(lua_State *L, int reference);
int lb_collect(lua_State *L);

/* For plugins: protected as above. */
int lb_push_math(lua_State *L);                        /* a fresh library, with random numbers of its own */
int lb_push_file(lua_State *L, int descriptor, const char *mode); /* a file of the io library; closes it on failure */
