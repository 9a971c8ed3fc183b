/* DLPack, the structs in which array libraries lend each other memory: the layout that its specification publishes
 * (https://dmlc.github.io/dlpack/latest/), version 1. Whoever has the original `dlpack/dlpack.h` includes that first; the names here
 * are its own, and this header then adds nothing. */
#ifndef LUNETTE_DLPACK_H
#define LUNETTE_DLPACK_H

#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DLPACK_MAJOR_VERSION 1
#define DLPACK_MINOR_VERSION 0

/* Bits of `flags`. */
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)

typedef struct {
  uint32_t major; /* another major version has another layout: only `deleter` may be called then */
  uint32_t minor;
} DLPackVersion;

/* Where memory lies; of the devices this header names the one that Lunette computes on. */
#ifdef __cplusplus
typedef enum : int32_t {
#else
typedef enum {
#endif
  kDLCPU = 1
} DLDeviceType;

typedef struct {
  DLDeviceType device_type;
  int32_t device_id;
} DLDevice;

typedef enum {
  kDLInt = 0U,
  kDLUInt = 1U,
  kDLFloat = 2U,
  kDLOpaqueHandle = 3U,
  kDLBfloat = 4U,
  kDLComplex = 5U,
  kDLBool = 6U
} DLDataTypeCode;

typedef struct {
  uint8_t code; /* a DLDataTypeCode */
  uint8_t bits;
  uint16_t lanes; /* 1 for numbers that are no vectors */
} DLDataType;

typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides;     /* in elements, not bytes; NULL for row-major without gaps */
  uint64_t byte_offset; /* of the first element from `data` */
} DLTensor;

/* A tensor with its owner. Who takes it over calls `deleter(self)` once, from whichever thread, when nobody reads it any more. */
typedef struct DLManagedTensorVersioned {
  DLPackVersion version;
  void *manager_ctx; /* the producer's */
  void (*deleter)(struct DLManagedTensorVersioned *self);
  uint64_t flags;
  DLTensor dl_tensor;
} DLManagedTensorVersioned;

#ifdef __cplusplus
}
#endif

#endif
#endif
