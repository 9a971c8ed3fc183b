/* Stopping Lua: a hook on every instruction, armed only when an interrupt has come (a hook that is always there
   halves the speed of tight loops). Hooks belong to coroutines, so the running one is tracked. */
#include "bridge.h"

#include <errno.h>
#include <time.h>

static lb_state *volatile signalled; /* the one state that a process may stop by signal: a handler has no argument */
/* The signals that interrupt it, and what they did before. */
enum { MOST_SIGNALS = 8 };
static struct {
  int signal, forgives; /* whether a second one changes nothing */
  struct sigaction before;
} installed[MOST_SIGNALS];
static volatile sig_atomic_t installed_count;

static void stop(lua_State *L, lua_Debug *debug) {
  (void)debug;
  const lb_state *s = lb_of(L);
  if (s->interrupted)
    luaL_error(L, "%s", s->reason ? s->reason : "interrupted");
  else
    lua_sethook(L, NULL, 0, 0);
}

void lb_arm(lua_State *L) {
  /* On Lua's instructions only: the host's own protected helpers must go on working. */
  lua_sethook(L, stop, LUA_MASKCOUNT, 1);
}

void lb_interrupt(lb_state *s) {
  s->interrupted = 1;
  lb_arm(s->running);
}

int lb_interrupted(const lb_state *s) { return s->interrupted; }
const char *lb_reason(const lb_state *s) { return s->reason; }

int lb_interrupt_signal(const lb_state *s) { return s->signal; }

void lb_clear_interrupt(lb_state *s) {
  s->interrupted = 0;
  s->signal = 0;
  s->reason = NULL;
  if (lua_gethook(s->main) == stop) lua_sethook(s->main, NULL, 0, 0);
}

/* Some hosts' threads (those of dispatch queues) start with all signals blocked. */
static void unblock(int signal) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

void lb_adopt_thread(lb_state *s) {
  s->thread = pthread_self();
  for (int i = 0; signalled == s && i < installed_count; i++) unblock(installed[i].signal);
}

static void handle(int signal) {
  int saved = errno;
  lb_state *s = signalled;
  if (!s) {
  } else if (!pthread_equal(pthread_self(), s->thread)) {
    pthread_kill(s->thread, signal);
  } else if (!s->interrupted) {
    s->signal = signal;
    lb_interrupt(s);
  } else {
    for (int i = 0; i < installed_count; i++) {
      if (installed[i].signal != signal || installed[i].forgives) continue;
      sigaction(signal, &installed[i].before, NULL); /* asked twice: go the signal's own way */
      raise(signal);
    }
  }
  errno = saved;
}

int lb_interrupt_on(lb_state *s, int signal, int forgives) {
  struct sigaction action = {.sa_handler = handle}, old;
  sigemptyset(&action.sa_mask);
  signalled = s;
  int place = 0;
  while (place < installed_count && installed[place].signal != signal) place++;
  if (place == MOST_SIGNALS) return EINVAL;
  if (place == installed_count) {
    if (sigaction(signal, NULL, &old) != 0) return errno;
    if (signal != SIGINT && old.sa_handler == SIG_IGN) return 0; /* nohup: it is to have no effect */
    installed[place].signal = signal;
    installed[place].before = old;
    installed_count = place + 1;
    if (sigaction(signal, &action, NULL) != 0) {
      installed_count = place;
      return errno;
    }
  }
  installed[place].forgives = forgives;
  if (pthread_equal(pthread_self(), s->thread)) unblock(signal);
  return 0;
}

/* The signal with which a watching parent says that the time is over. */
static const char *limit_reason;

static void handle_limit(int signal) {
  int saved = errno;
  lb_state *s = signalled;
  if (!s) {
  } else if (!pthread_equal(pthread_self(), s->thread)) {
    pthread_kill(s->thread, signal);
  } else {
    s->reason = limit_reason;
    lb_interrupt(s);
  }
  errno = saved;
}

int lb_limit_on(lb_state *s, int signal, const char *reason) {
  struct sigaction action = {.sa_handler = handle_limit};
  sigemptyset(&action.sa_mask);
  signalled = s;
  limit_reason = reason;
  if (pthread_equal(pthread_self(), s->thread)) unblock(signal);
  return sigaction(signal, &action, NULL) == 0 ? 0 : errno;
}

/* One instruction can copy or compare all that the memory limit allows: the clock is looked at every few of them. */
enum { STEPS_BETWEEN_LOOKS = 16 };

static double work_time(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void look_at_work(lua_State *L, lua_Debug *debug) {
  (void)debug;
  lb_state *s = lb_of(L);
  s->steps_left -= STEPS_BETWEEN_LOOKS;
  if (s->steps_left <= 0) luaL_error(L, "too many steps");
  if (work_time() > s->work_ends) luaL_error(L, "it takes too long");
}

void lb_limit_work(lb_state *s, int steps, double seconds) {
  s->steps_left = steps;
  s->work_ends = work_time() + seconds;
  lua_sethook(s->main, look_at_work, LUA_MASKCOUNT, STEPS_BETWEEN_LOOKS);
}

void lb_forget_signals(lb_state *s) {
  if (signalled != s) return;
  signalled = NULL;
  for (int i = 0; i < installed_count; i++) sigaction(installed[i].signal, &installed[i].before, NULL);
  installed_count = 0;
}

/* coroutine.resume and the functions of coroutine.wrap, each around Lua's own: they note who runs. */

static int resume_noted(lua_State *L, lua_State *coroutine, int arguments) {
  lb_state *s = lb_of(L);
  lua_State *resumer = s->running;
  s->running = coroutine;
  if (s->interrupted) lb_arm(coroutine);
  int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
  s->running = resumer;
  if (s->interrupted) lb_arm(L);
  return status;
}

static int noted_resume(lua_State *L) {
  lua_State *coroutine = lua_tothread(L, 1);
  int arguments = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  if (resume_noted(L, coroutine ? coroutine : lb_of(L)->running, arguments) != LUA_OK) return lua_error(L);
  return lua_gettop(L);
}

static int noted_wrapped(lua_State *L) {
  int arguments = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  if (resume_noted(L, lua_tothread(L, lua_upvalueindex(2)), arguments) != LUA_OK) {
    if (lua_type(L, -1) == LUA_TSTRING) { /* as Lua does, which cannot see past this function */
      luaL_where(L, 1);
      lua_insert(L, -2);
      lua_concat(L, 2);
    }
    return lua_error(L);
  }
  return lua_gettop(L);
}

static int noted_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  if (!lua_getupvalue(L, 1, 1) || !lua_isthread(L, 2)) { /* another Lua than we know: leave it alone */
    lua_settop(L, 1);
    return 1;
  }
  lua_pushcclosure(L, noted_wrapped, 2);
  return 1;
}

void lb_guard_coroutines(lua_State *L) {
  lua_getglobal(L, LUA_COLIBNAME);
  lua_getfield(L, -1, "resume");
  lua_pushcclosure(L, noted_resume, 1);
  lua_setfield(L, -2, "resume");
  lua_getfield(L, -1, "wrap");
  lua_pushcclosure(L, noted_wrap, 1);
  lua_setfield(L, -2, "wrap");
  lua_pop(L, 1);
}
