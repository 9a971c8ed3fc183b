#include "CTorch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ct_list_opaque *ct_list;
typedef struct ct_string_opaque *ct_string;
typedef int32_t failure;

/* The interface of version 2.10, in which lists came: what the arguments below are encoded by. */
#define INTERFACE (((uint64_t)2 << 56) | ((uint64_t)10 << 48))

#define FUNCTIONS(USE)                                                                                                  \
  USE(uint64_t, aoti_torch_abi_version, (void))                                                                         \
  USE(int32_t, aoti_torch_device_type_cpu, (void))                                                                      \
  USE(int32_t, aoti_torch_device_type_cuda, (void))                                                                     \
  USE(int32_t, aoti_torch_dtype_float32, (void))                                                                        \
  USE(int32_t, aoti_torch_dtype_float64, (void))                                                                        \
  USE(int32_t, aoti_torch_dtype_int64, (void))                                                                          \
  USE(int32_t, aoti_torch_dtype_bool, (void))                                                                           \
  USE(void, aoti_torch_grad_mode_set_enabled, (bool))                                                                   \
  USE(failure, aoti_torch_empty_strided,                                                                                \
      (int64_t, const int64_t *, const int64_t *, int32_t, int32_t, int32_t, ct_tensor *))                              \
  USE(failure, aoti_torch_create_tensor_from_blob,                                                                      \
      (void *, int64_t, const int64_t *, const int64_t *, int64_t, int32_t, int32_t, int32_t, ct_tensor *))             \
  USE(failure, aoti_torch_delete_tensor_object, (ct_tensor))                                                            \
  USE(failure, aoti_torch_get_data_ptr, (ct_tensor, void **))                                                           \
  USE(failure, aoti_torch_copy_, (ct_tensor, ct_tensor, int32_t))                                                       \
  USE(failure, aoti_torch_aten_subtract_Tensor, (ct_tensor, ct_tensor, double, ct_tensor *))                            \
  USE(failure, aoti_torch_new_tensor_handle, (ct_tensor, ct_tensor *))                                                  \
  USE(failure, aoti_torch_scalar_to_tensor_float32, (float, ct_tensor *))                                               \
  USE(failure, aoti_torch_get_dim, (ct_tensor, int64_t *))                                                              \
  USE(failure, aoti_torch_get_sizes, (ct_tensor, int64_t **))                                                           \
  USE(failure, aoti_torch_get_strides, (ct_tensor, int64_t **))                                                         \
  USE(failure, torch_new_string_handle, (const char *, size_t, ct_string *))                                            \
  USE(failure, torch_new_list_reserve_size, (size_t, ct_list *))                                                        \
  USE(failure, torch_list_push_back, (ct_list, uint64_t))                                                               \
  USE(failure, torch_call_dispatcher, (const char *, const char *, uint64_t *, uint64_t))

static struct {
#define DECLARE(result, name, arguments) result(*name) arguments;
  FUNCTIONS(DECLARE)
  const char *(*reason)(void); /* from 2.13 on; earlier ones write it to the standard error */
  char folder[4096];
  char version[32];
  int has_cuda;
} torch;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void first_line(char *to, size_t room, const char *text) {
  size_t n = 0;
  while (text[n] && text[n] != '\n' && n + 1 < room) n++;
  memmove(to, text, n);
  if (room) to[n] = 0;
}

static void *open_library(const char *folder, const char *name, char *why, size_t room) {
  char path[4600];
  snprintf(path, sizeof path, "%s/lib/%s", folder, name);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) first_line(why, room, dlerror());
  return library;
}

static int open_processor(const char *folder, char *why, size_t room) {
  void *library = open_library(folder, "libtorch_cpu.so", why, room);
  if (!library) return -1;
#define FIND(result, name, arguments)                                                                                  \
  if (!(torch.name = (result(*) arguments)dlsym(library, #name))) {                                                    \
    snprintf(why, room, "it is older than 2.10: it has no %s", #name);                                                 \
    return -1;                                                                                                         \
  }
  FUNCTIONS(FIND)
  torch.reason = (const char *(*)(void))dlsym(library, "torch_exception_get_what_without_backtrace");
  uint64_t version = torch.aoti_torch_abi_version();
  snprintf(torch.version, sizeof torch.version, "%d.%d.%d", (int)(version >> 56), (int)(version >> 48 & 255), (int)(version >> 40 & 255));
  if (version < INTERFACE) {
    snprintf(why, room, "it is version %s, and 2.10 or later is needed", torch.version);
    return -1;
  }
  snprintf(torch.folder, sizeof torch.folder, "%s", folder);
  torch.aoti_torch_grad_mode_set_enabled(false);
  return 0;
}

int ct_open(const char *folder, int device_type, char *why, size_t room) {
  int failed = 0;
  pthread_mutex_lock(&lock);
  if (torch.folder[0] && strcmp(torch.folder, folder) != 0) {
    snprintf(why, room, "libtorch of %s is open already", torch.folder);
    failed = -1;
  }
  if (!failed && torch.folder[0] && device_type == CT_CUDA && !torch.has_cuda) {
    /* It has looked for CUDA by now, and does not look twice. */
    snprintf(why, room, "libtorch is open already for the processor alone");
    failed = -1;
  }
  if (!failed && !torch.folder[0]) {
    failed = open_processor(folder, why, room);
    if (!failed && device_type == CT_CUDA) {
      torch.has_cuda = open_library(folder, "libtorch_cuda.so", why, room) != NULL;
      failed = torch.has_cuda ? 0 : -1;
    }
  }
  pthread_mutex_unlock(&lock);
  return failed;
}

const char *ct_version(void) { return torch.version; }

const char *ct_error(void) {
  static _Thread_local char line[512];
  const char *text = torch.reason ? torch.reason() : "libtorch has written why to the standard error";
  first_line(line, sizeof line, text ? text : "");
  return line;
}

static int32_t type_of(int type) {
  switch (type) {
    case CT_FLOAT64: return torch.aoti_torch_dtype_float64();
    case CT_INT64: return torch.aoti_torch_dtype_int64();
    case CT_BOOL: return torch.aoti_torch_dtype_bool();
    default: return torch.aoti_torch_dtype_float32();
  }
}

static int32_t device_of(int type) {
  return type == CT_CUDA ? torch.aoti_torch_device_type_cuda() : torch.aoti_torch_device_type_cpu();
}

ct_tensor ct_allocate(int64_t count, int type, int device_type, int device_index) {
  int64_t one = 1;
  ct_tensor tensor = NULL;
  if (torch.aoti_torch_empty_strided(1, &count, &one, type_of(type), device_of(device_type), device_index, &tensor)) return NULL;
  return tensor;
}

void *ct_address(ct_tensor tensor) {
  void *address = NULL;
  torch.aoti_torch_get_data_ptr(tensor, &address);
  return address;
}

void ct_delete(ct_tensor tensor) { torch.aoti_torch_delete_tensor_object(tensor); }

ct_tensor ct_view(
    void *address, int64_t rank, const int64_t *sizes, const int64_t *strides, int type, int device_type,
    int device_index) {
  ct_tensor tensor = NULL;
  if (torch.aoti_torch_create_tensor_from_blob(
          address, rank, sizes, strides, 0, type_of(type), device_of(device_type), device_index, &tensor))
    return NULL;
  return tensor;
}

int ct_copy(ct_tensor target, ct_tensor source) { return torch.aoti_torch_copy_(target, source, 0) ? -1 : 0; }

ct_tensor ct_share(ct_tensor tensor) {
  ct_tensor other = NULL;
  return torch.aoti_torch_new_tensor_handle(tensor, &other) ? NULL : other;
}

ct_tensor ct_number(float value) {
  ct_tensor tensor = NULL;
  return torch.aoti_torch_scalar_to_tensor_float32(value, &tensor) ? NULL : tensor;
}

bool ct_lies(ct_tensor tensor, int64_t rank, const int64_t *sizes, const int64_t *strides) {
  int64_t found = -1, *its_sizes, *its_strides;
  if (torch.aoti_torch_get_dim(tensor, &found) || found != rank || torch.aoti_torch_get_sizes(tensor, &its_sizes) ||
      torch.aoti_torch_get_strides(tensor, &its_strides))
    return false;
  for (int64_t i = 0; i < rank; i++)
    if (its_sizes[i] != sizes[i] || (sizes[i] > 1 && its_strides[i] != strides[i])) return false;
  return true;
}

ct_tensor ct_subtract(ct_tensor a, ct_tensor b, double alpha) {
  ct_tensor result = NULL;
  return torch.aoti_torch_aten_subtract_Tensor(a, b, alpha, &result) ? NULL : result;
}

static uint64_t bits(double number) {
  uint64_t word;
  memcpy(&word, &number, sizeof word);
  return word;
}

/* libtorch frees it by `delete`, which on Linux is `free`. */
static uint64_t some(uint64_t word) {
  uint64_t *box = malloc(sizeof *box);
  *box = word;
  return (uint64_t)(uintptr_t)box;
}

static uint64_t list(const ct_value *value) {
  ct_list list = NULL;
  torch.torch_new_list_reserve_size((size_t)value->count, &list);
  for (int64_t i = 0; i < value->count; i++) torch.torch_list_push_back(list, (uint64_t)value->integers[i]);
  return (uint64_t)(uintptr_t)list;
}

static uint64_t text(const ct_value *value) {
  ct_string string = NULL;
  torch.torch_new_string_handle(value->text, strlen(value->text), &string);
  return (uint64_t)(uintptr_t)string;
}

static uint64_t word(const ct_value *value) {
  switch (value->kind) {
    case CT_NONE: return 0;
    case CT_TENSOR: return (uint64_t)(uintptr_t)value->tensor;
    case CT_SOME_TENSOR: return some((uint64_t)(uintptr_t)value->tensor);
    case CT_INT: return (uint64_t)value->integer;
    case CT_SOME_INT: return some((uint64_t)value->integer);
    case CT_DOUBLE: return bits(value->number);
    case CT_SOME_DOUBLE: return some(bits(value->number));
    case CT_TRUTH: return value->integer != 0;
    case CT_SOME_TRUTH: return some(value->integer != 0);
    case CT_INTS: case CT_TRUTHS: return list(value);
    case CT_SOME_INTS: return some(list(value));
    case CT_TYPE: return (uint64_t)(uint32_t)type_of((int)value->integer);
    case CT_SOME_TYPE: return some((uint64_t)(uint32_t)type_of((int)value->integer));
    case CT_TEXT: return text(value);
  }
  return 0;
}

int ct_call(const char *name, const char *overload, const ct_value *arguments, int count, ct_tensor *results, int result_count) {
  uint64_t stack[32];
  if (count > 32 || result_count > 32) return -1;
  for (int i = 0; i < count; i++) stack[i] = word(&arguments[i]);
  if (torch.torch_call_dispatcher(name, overload, stack, INTERFACE)) return -1;
  for (int i = 0; i < result_count; i++) results[i] = (ct_tensor)(uintptr_t)stack[i];
  return 0;
}
