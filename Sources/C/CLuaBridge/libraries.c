/* Lua's libraries as scripts get them: text only, since bytecode from elsewhere can crash the process. */
#include "bridge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* load and loadfile, around Lua's own. */
static int load_text(lua_State *L) {
  int mode = (int)lua_tointeger(L, lua_upvalueindex(2));
  if (lua_gettop(L) < mode) lua_settop(L, mode);
  lua_pushliteral(L, "t");
  lua_replace(L, mode);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static void text_only(lua_State *L, const char *name, int mode) {
  lua_getglobal(L, name);
  lua_pushinteger(L, mode);
  lua_pushcclosure(L, load_text, 2);
  lua_setglobal(L, name);
}

static int done(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L) - 1;
}

static int do_text(lua_State *L) {
  const char *name = luaL_optstring(L, 1, NULL);
  lua_settop(L, 1);
  if (luaL_loadfilex(L, name, "t") != LUA_OK) return lua_error(L);
  lua_callk(L, 0, LUA_MULTRET, 0, done);
  return done(L, 0, 0);
}

/* The searcher of package.path. Upvalue: the table package. */
static int search_text(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "searchpath");
  lua_pushvalue(L, 1);
  if (lua_getfield(L, lua_upvalueindex(1), "path") != LUA_TSTRING) return luaL_error(L, "'package.path' must be a string");
  lua_call(L, 2, 2);
  if (lua_type(L, 2) != LUA_TSTRING) return 1; /* where it was looked for */
  const char *file = lua_tostring(L, 2);
  if (luaL_loadfilex(L, file, "t") != LUA_OK)
    return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file, lua_tostring(L, -1));
  lua_pushvalue(L, 2);
  return 2;
}

static void search_for_text(lua_State *L) {
  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "searchers");
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, search_text, 1);
  lua_rawseti(L, -2, 2);
  lua_pop(L, 2);
}

/* ipairs over an object that has a length: it ends there, since an index beyond it is an error and not nil. */
static int next_of_object(lua_State *L) {
  lua_Integer i = luaL_checkinteger(L, 2);
  if (i >= luaL_len(L, 1)) return 0;
  lua_pushinteger(L, i + 1);
  lua_geti(L, 1, i + 1);
  return 2;
}

/* Upvalue: Lua's own ipairs. */
static int pairs_in_order(lua_State *L) {
  luaL_checkany(L, 1);
  if (lua_type(L, 1) == LUA_TUSERDATA && luaL_getmetafield(L, 1, "__len") != LUA_TNIL) {
    lua_pushcfunction(L, next_of_object);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_call(L, 1, 3);
  return 3;
}

static void objects_in_order(lua_State *L) {
  lua_getglobal(L, "ipairs");
  lua_pushcclosure(L, pairs_in_order, 1);
  lua_setglobal(L, "ipairs");
}

static int open_libraries(lua_State *L) {
  if (lua_toboolean(L, 1)) {
    luaL_openlibs(L);
    lb_guard_coroutines(L);
    text_only(L, "load", 3);
    text_only(L, "loadfile", 2);
    lua_pushcfunction(L, do_text);
    lua_setglobal(L, "dofile");
    search_for_text(L);
    objects_in_order(L);
  }
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, lb_release);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, lb_release_key);
  lua_pushcfunction(L, lb_release);
  return 1;
}

int lb_open_libraries(lua_State *L, int all) {
  lua_pushboolean(L, all);
  return lb_protect(L, open_libraries, 1, 1);
}

static int push_math(lua_State *L) {
  lua_pushcfunction(L, luaopen_math);
  lua_call(L, 0, 1);
  return 1;
}

int lb_push_math(lua_State *L) { return lb_protect(L, push_math, 0, 1); }

typedef struct {
  int descriptor;
  const char *mode;
} file_request;

static int close_file(lua_State *L) {
  luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

static int push_file(lua_State *L) {
  file_request *r = lua_touserdata(L, 1);
  luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
  stream->closef = NULL; /* a closed file, until it is open */
  luaL_setmetatable(L, LUA_FILEHANDLE);
  stream->f = fdopen(r->descriptor, r->mode);
  if (!stream->f) return luaL_error(L, "%s", strerror(errno));
  r->descriptor = -1;
  stream->closef = close_file;
  return 1;
}

int lb_push_file(lua_State *L, int descriptor, const char *mode) {
  file_request r = {descriptor, mode};
  lua_pushlightuserdata(L, &r);
  int status = lb_protect(L, push_file, 1, 1);
  if (r.descriptor >= 0) close(r.descriptor);
  return status;
}
