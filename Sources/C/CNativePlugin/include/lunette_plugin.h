/* Lunette's interface for native code: primitives on tensors, from any language that speaks C.
 *
 * A plugin that carries `native/NAME.so` and whose manifest has the label "lunette:native" gets, once its user has granted it, the
 * library's primitives as a table of Lua functions:
 *
 *     local native = lunette.native "NAME"
 *     local labels, count = native.label(map, 0.5)
 *
 * The library exports two functions, `lunette_plugin_abi` and `lunette_plugin_open`. Docs/plugins.md is the guide,
 * Docs/native-plugin a plugin to start from.
 *
 * MEMORY. Whoever made it, owns it. Arguments are the host's: a `lunette_tensor`, its data, shape and strides, and a string are lent
 * until the primitive returns, and are only to be read. Results are the host's too: it allocates them (`add_tensor`), the
 * primitive fills them in before it returns. What the library allocates it frees itself. Memory changes hands in one way alone,
 * DLPack: what `get_dlpack` gives lives until the library calls its deleter, what `add_dlpack` takes until the host calls its.
 *
 * THREADS. The host calls the library on one thread at a time. Within a call, the functions of `lunette_host` belong to the
 * thread of that call, and a `lunette_call` is worth nothing after it. A primitive may start threads of its own; they may read what was
 * lent and fill in results, and have ended when it returns. Deleters of DLPack may be called on any thread.
 *
 * ERRORS. Functions that can fail return LUNETTE_OK or LUNETTE_FAILED, and the host has then noted why: the primitive frees what is
 * its own and returns LUNETTE_FAILED in turn. A complaint of its own goes by `fail`. The script sees a Lua error at the line of its call;
 * results that were added before are dropped. Nothing may leave a primitive in another way: no exceptions of C++, no panics of Rust,
 * no longjmp, no exit. Native code is not confined: when it crashes, the program does.
 *
 * TIME. Ctrl-C and time limits do not reach into a primitive. One that runs for more than a moment asks `is_interrupted`.
 *
 * VERSIONS. LUNETTE_PLUGIN_ABI goes up only when something here changes its meaning or place; a host loads libraries that were built
 * for its own number and refuses all others. Newer hosts add functions at the end of `lunette_host`: a library that wants to run in
 * older ones too asks LUNETTE_HAS first. */
#ifndef LUNETTE_PLUGIN_H
#define LUNETTE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "lunette_dlpack.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LUNETTE_PLUGIN_ABI 1u

/* Whether the host has a function that came later than the first version. */
#define LUNETTE_HAS(host, function) \
  ((host)->size >= offsetof(lunette_host, function) + sizeof((host)->function) && (host)->function)

#if defined(_WIN32)
#define LUNETTE_EXPORT __declspec(dllexport)
#else
#define LUNETTE_EXPORT __attribute__((visibility("default")))
#endif

typedef int32_t lunette_status;
#define LUNETTE_OK 0
#define LUNETTE_FAILED 1

/* What an argument is. */
typedef int32_t lunette_kind;
#define LUNETTE_NONE 0 /* nil, or beyond the last argument */
#define LUNETTE_BOOLEAN 1
#define LUNETTE_NUMBER 2
#define LUNETTE_STRING 3
#define LUNETTE_TENSOR 4
#define LUNETTE_OTHER 5

/* Of what numbers a tensor is made. Today's host has float32 alone; a library refuses what it does not know. */
typedef int32_t lunette_dtype;
#define LUNETTE_FLOAT32 1

/* A tensor that is lent. */
typedef struct lunette_tensor {
  const void *data;       /* the first element */
  const int64_t *shape;   /* `rank` sizes, outermost first; any may be 0 */
  const int64_t *strides; /* `rank` steps in elements, not bytes; 0 where one element stands for the whole dimension */
  int64_t count;          /* of elements */
  int32_t rank;           /* 0 for a single number */
  lunette_dtype dtype;
  int32_t is_contiguous;  /* row-major without gaps: data[0] to data[count - 1] */
  int32_t reserved;
} lunette_tensor;

/* One call of a primitive. */
typedef struct lunette_call lunette_call;

/* The primitives of a library while it opens. */
typedef struct lunette_registry lunette_registry;

typedef struct lunette_host lunette_host;

/* A primitive: reads its arguments, adds its results, returns LUNETTE_OK or LUNETTE_FAILED.
 * `context` is what it was registered with. */
typedef lunette_status (*lunette_primitive)(const lunette_host *host, lunette_call *call, void *context);

/* What the host does for a library. It lives as long as the program. Positions of arguments count from 1. */
struct lunette_host {
  uint32_t abi;        /* LUNETTE_PLUGIN_ABI of the host */
  uint32_t size;       /* bytes of this struct in the host */
  const char *version; /* the host's own, "0.1.0" */

  /* While the library opens */

  /* `name`: a name in Lua, of at most 64 letters, digits and underscores, not used before; copied.
   * `context`: the library's, given to every call; never freed by the host. Fails for a name that is none or taken. */
  lunette_status (*add_primitive)(lunette_registry *registry, const char *name, lunette_primitive primitive, void *context);
  /* Says why the library cannot be opened; UTF-8, copied. Returns LUNETTE_FAILED. */
  lunette_status (*refuse)(lunette_registry *registry, const char *message);

  /* Arguments: each fails, with a complaint that names the argument, if it is something else. `out` is then untouched. */

  int32_t (*count)(lunette_call *call);
  lunette_kind (*kind)(lunette_call *call, int32_t position);
  lunette_status (*get_boolean)(lunette_call *call, int32_t position, int32_t *out);
  lunette_status (*get_integer)(lunette_call *call, int32_t position, int64_t *out);
  lunette_status (*get_number)(lunette_call *call, int32_t position, double *out);
  /* Bytes, a zero behind them; may hold zeros. `length` may be NULL. */
  lunette_status (*get_string)(lunette_call *call, int32_t position, const char **out, size_t *length);
  /* Nothing is copied. Also fails for a tensor whose gradient is being recorded: a primitive has none. */
  lunette_status (*get_tensor)(lunette_call *call, int32_t position, lunette_tensor *out);
  /* The same memory as a DLPack tensor, to be kept beyond the call: float32 on the CPU, marked as read-only. The library calls its
   * deleter. */
  lunette_status (*get_dlpack)(lunette_call *call, int32_t position, DLManagedTensorVersioned **out);

  /* Results, in the order in which they are added. */

  lunette_status (*add_nil)(lunette_call *call);
  lunette_status (*add_boolean)(lunette_call *call, int32_t value);
  lunette_status (*add_integer)(lunette_call *call, int64_t value);
  lunette_status (*add_number)(lunette_call *call, double value);
  /* `length` bytes, copied. */
  lunette_status (*add_string)(lunette_call *call, const char *bytes, size_t length);
  /* A new tensor, row-major without gaps and not yet filled: `*data` is where its elements go, until the primitive returns.
   * Fails if there is not enough memory, or the shape is none. */
  lunette_status (*add_tensor)(lunette_call *call, lunette_dtype dtype, int32_t rank, const int64_t *shape, void **data);
  /* A tensor of the library's memory, which the host takes over whatever this returns. Float32 on the CPU with strides that are not
   * negative; without a copy unless it is marked as read-only. */
  lunette_status (*add_dlpack)(lunette_call *call, DLManagedTensorVersioned *tensor);

  /* Besides */

  /* Notes why the primitive fails; UTF-8, copied; the first complaint of a call counts. Returns LUNETTE_FAILED. */
  lunette_status (*fail)(lunette_call *call, const char *message);
  /* Whether the user or a limit wants the run to stop: free what is yours and return LUNETTE_FAILED. */
  int32_t (*is_interrupted)(lunette_call *call);
};

/* What a library exports. The host asks for the number first, and calls `open` only when it is its own. `host` may be kept. */
LUNETTE_EXPORT uint32_t lunette_plugin_abi(void); /* returns LUNETTE_PLUGIN_ABI */
LUNETTE_EXPORT lunette_status lunette_plugin_open(const lunette_host *host, lunette_registry *registry);

#ifdef __cplusplus
}
#endif

#endif
