#include "bridge.h"

/* ---- Swift objects in userdata ---- */

static uintptr_t mark_of(lua_State *L, const lb_block *block) { return (uintptr_t)block ^ lb_of(L)->secret; }

/* What a Swift object takes outside Lua, roughly (a tensor's header is the commonest): it counts among what Lua's values take,
   since Swift ends the process where there is no memory for one more. */
enum { SWIFT_BYTES = 384 };

lb_block *lb_block_at(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(lb_block)) return NULL;
  lb_block *block = lua_touserdata(L, index);
  return block->mark == mark_of(L, block) ? block : NULL;
}

int lb_object(lua_State *L, int index, void **object) {
  *object = NULL;
  if (lua_type(L, index) != LUA_TUSERDATA) return LB_NONE;
  lb_block *block = lb_block_at(L, index);
  if (!block) return LB_FOREIGN;
  *object = block->object;
  return block->object ? LB_LIVE : LB_CLOSED;
}

void *lb_take_object(lua_State *L, int index) {
  lb_block *block = lb_block_at(L, index);
  if (!block) return NULL;
  void *object = block->object;
  block->object = NULL;
  if (object) lb_of(L)->bytes -= SWIFT_BYTES;
  return object;
}

const char lb_release_key[1] = {0};

int lb_release(lua_State *L) { /* __gc and __close of every object */
  void *object = lb_take_object(L, 1);
  if (object) lb_of(L)->callbacks.release(L, object);
  return 0;
}

static void push_block(lua_State *L, void *object, int *adopted) {
  lb_block *block = lua_newuserdatauv(L, sizeof(lb_block), 0);
  block->mark = mark_of(L, block);
  block->object = object;
  lb_of(L)->bytes += SWIFT_BYTES;
  *adopted = 1; /* from here on __gc releases it; nothing below may raise before the metatable is set */
}

/* ---- The trampoline ---- */

static int finish(lua_State *L, int answer);

static int run(lua_State *L, void *function, int base) {
  lb_state *s = lb_of(L);
  lua_State *caller = s->running;
  int in_script = *s->in_script;
  s->running = L;
  *s->in_script = 0;
  int answer = s->callbacks.call(L, function, base);
  *s->in_script = in_script;
  s->running = caller;
  if (s->interrupted) lb_arm(L);
  return answer;
}

static int resume(lua_State *L, int status, lua_KContext box) {
  (void)status;
  lb_block *block = lb_block_at(L, (int)box);
  if (!block || !block->object) return luaL_error(L, "this function was closed while it waited");
  return finish(L, run(L, block->object, (int)box));
}

static int finish(lua_State *L, int answer) {
  if (answer >= 0) return answer;
  if (answer == LB_RAISE) return lua_error(L);
  int yielded = LB_YIELD - answer;
  return lua_yieldk(L, yielded, lua_gettop(L) - yielded, resume);
}

static int trampoline(lua_State *L) {
  lb_block *block = lb_block_at(L, lua_upvalueindex(1));
  if (!block || !block->object) return luaL_error(L, "this function was closed");
  return finish(L, run(L, block->object, 0));
}

/* ---- Protected helpers ---- */

int lb_protect(lua_State *L, lua_CFunction body, int operands, int results) {
  if (!lua_checkstack(L, 4)) {
    lua_settop(L, -operands - 1);
    lua_pushnil(L); /* operands made room for one value at least, or Lua's reserve does */
    return LUA_ERRMEM;
  }
  lua_pushcfunction(L, body);
  lua_insert(L, -operands - 1);
  lb_state *s = lb_of(L);
  int in_script = *s->in_script;
  *s->in_script = 1; /* a metamethod may run */
  int status = lua_pcall(L, operands, results, 0);
  *s->in_script = in_script;
  return status;
}

typedef struct {
  const void *bytes;
  size_t count;
} span;

static int push_string(lua_State *L) {
  const span *s = lua_touserdata(L, 1);
  lua_pushlstring(L, s->bytes, s->count);
  return 1;
}

static int push_numbers(lua_State *L) {
  const span *s = lua_touserdata(L, 1);
  const double *numbers = s->bytes;
  lua_createtable(L, s->count > INT32_MAX ? INT32_MAX : (int)s->count, 0);
  for (size_t i = 0; i < s->count; i++) {
    lua_pushnumber(L, numbers[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int push_integers(lua_State *L) {
  const span *s = lua_touserdata(L, 1);
  const int64_t *numbers = s->bytes;
  lua_createtable(L, s->count > INT32_MAX ? INT32_MAX : (int)s->count, 0);
  for (size_t i = 0; i < s->count; i++) {
    lua_pushinteger(L, numbers[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int with_span(lua_State *L, lua_CFunction body, const void *bytes, size_t count) {
  span s = {bytes, count};
  lua_pushlightuserdata(L, &s);
  return lb_protect(L, body, 1, 1);
}

int lb_push_string(lua_State *L, const char *bytes, size_t count) { return with_span(L, push_string, bytes, count); }
int lb_push_numbers(lua_State *L, const double *numbers, size_t count) {
  return with_span(L, push_numbers, numbers, count);
}
int lb_push_integers(lua_State *L, const int64_t *numbers, size_t count) {
  return with_span(L, push_integers, numbers, count);
}

typedef struct {
  int metatable, collect, *adopted;
  void *object;
} object_request;

static int push_object(lua_State *L) {
  const object_request *r = lua_touserdata(L, 1);
  if (r->collect) lua_gc(L, LUA_GCCOLLECT);
  push_block(L, r->object, r->adopted);
  lua_rawgeti(L, LUA_REGISTRYINDEX, r->metatable);
  lua_setmetatable(L, -2);
  return 1;
}

int lb_push_object(lua_State *L, int metatable, void *object, int collect, int *adopted) {
  object_request r = {metatable, collect, adopted, object};
  *adopted = 0;
  lua_pushlightuserdata(L, &r);
  return lb_protect(L, push_object, 1, 1);
}

static int push_function(lua_State *L) {
  const object_request *r = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, lb_release_key);
  push_block(L, r->object, r->adopted);
  lua_pushvalue(L, -2);
  lua_setmetatable(L, -2);
  lua_pushcclosure(L, trampoline, 1);
  return 1;
}

int lb_push_function(lua_State *L, void *function, int *adopted) {
  object_request r = {0, 0, adopted, function};
  *adopted = 0;
  lua_pushlightuserdata(L, &r);
  return lb_protect(L, push_function, 1, 1);
}

/* __index of a type: its methods first, without Swift; then the fallback, a bound function. */
static int index_object(lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_settop(L, 3);
  lua_call(L, 2, 1);
  return 1;
}

static int push_index(lua_State *L) {
  lua_pushcclosure(L, index_object, 2);
  return 1;
}

int lb_push_index(lua_State *L) { return lb_protect(L, push_index, 2, 1); }

static int new_table(lua_State *L) {
  lua_createtable(L, (int)lua_tointeger(L, 1), (int)lua_tointeger(L, 2));
  return 1;
}

int lb_new_table(lua_State *L, int list, int fields) {
  lua_pushinteger(L, list);
  lua_pushinteger(L, fields);
  return lb_protect(L, new_table, 2, 1);
}

static int get(lua_State *L) {
  lua_gettable(L, 1);
  return 1;
}

int lb_get(lua_State *L, int table) {
  lua_pushvalue(L, table);
  lua_insert(L, -2);
  return lb_protect(L, get, 2, 1);
}

static int set(lua_State *L) {
  lua_settable(L, 1);
  return 0;
}

static int raw_set(lua_State *L) {
  lua_rawset(L, 1);
  return 0;
}

int lb_set(lua_State *L, int table) {
  lua_pushvalue(L, table);
  lua_insert(L, -3);
  return lb_protect(L, set, 3, 0);
}

int lb_raw_set(lua_State *L, int table) {
  lua_pushvalue(L, table);
  lua_insert(L, -3);
  return lb_protect(L, raw_set, 3, 0);
}

int lb_append(lua_State *L, int table, int64_t position) {
  lua_pushinteger(L, position);
  lua_insert(L, -2);
  return lb_raw_set(L, table < 0 && table > LUA_REGISTRYINDEX ? table - 1 : table);
}

static int next(lua_State *L) { return lua_next(L, 1) ? 2 : 0; }

int lb_next(lua_State *L, int table, int *more) {
  int top = lua_gettop(L) - 1;
  lua_pushvalue(L, table);
  lua_insert(L, -2);
  int status = lb_protect(L, next, 2, LUA_MULTRET);
  *more = status == LUA_OK && lua_gettop(L) == top + 2;
  return status;
}

int64_t lb_count_pairs(lua_State *L, int table) {
  int64_t count = 0;
  lua_pushnil(L);
  /* Raises only for a key that is not in the table: not while nothing else touches it. */
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    count += 1;
  }
  return count;
}

static int to_string(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

int lb_to_string(lua_State *L, int index) {
  lua_pushvalue(L, index);
  return lb_protect(L, to_string, 1, 1);
}

static int equal(lua_State *L) {
  lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPEQ));
  return 1;
}

int lb_equal(lua_State *L, int a, int b, int *same) {
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  int status = lb_protect(L, equal, 2, 1);
  if (status == LUA_OK) {
    *same = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  return status;
}

static int failed(lua_State *L) {
  lb_of(L)->callbacks.failed(L);
  return 1;
}

int lb_call(lua_State *L, int arguments, int results) {
  if (!lua_checkstack(L, 2)) {
    lua_settop(L, -arguments - 2);
    lua_pushnil(L);
    return LUA_ERRMEM;
  }
  int handler = lua_gettop(L) - arguments;
  lua_pushcfunction(L, failed);
  lua_insert(L, handler);
  lb_state *s = lb_of(L);
  int in_script = *s->in_script;
  *s->in_script = 1;
  int status = lua_pcall(L, arguments, results, handler);
  *s->in_script = in_script;
  lua_remove(L, handler);
  return status;
}

static int reference(lua_State *L) {
  int *r = lua_touserdata(L, 2);
  lua_settop(L, 1);
  *r = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

int lb_reference(lua_State *L, int *r) {
  lua_pushlightuserdata(L, r);
  return lb_protect(L, reference, 2, 0);
}

void lb_release_reference(lua_State *L, int r) { /* assigns to fields that exist: cannot raise */
  if (lua_checkstack(L, 4)) luaL_unref(L, LUA_REGISTRYINDEX, r);
}

static int collect(lua_State *L) {
  lua_gc(L, LUA_GCCOLLECT);
  return 0;
}

int lb_collect(lua_State *L) { return lb_protect(L, collect, 0, 0); }
