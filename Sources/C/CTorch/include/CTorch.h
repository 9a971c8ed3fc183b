#pragma once
/*
 * What is used of libtorch, by the C interface that it keeps stable (aoti_torch_…, torch_…; from version 2.10 on).
 * The library is opened when a device of it is asked for: nothing is built against it, and most runs never load it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ct_opaque *ct_tensor;

enum { CT_CPU, CT_CUDA };
enum { CT_FLOAT32, CT_FLOAT64, CT_INT64, CT_BOOL };

/*
 * Opens libtorch below `folder` (…/site-packages/torch) for a kind of device. 0, or -1 with the reason in `why`, one
 * line. What is opened stays; a second call with another folder is refused.
 */
int ct_open(const char *folder, int device_type, char *why, size_t room);

/* "2.15.0"; once opened. */
const char *ct_version(void);

/* Why the last call of this thread failed, one line. */
const char *ct_error(void);

/* Numbers of a device, contiguous and undefined; NULL where there is no room. */
ct_tensor ct_allocate(int64_t count, int type, int device_type, int device_index);
void *ct_address(ct_tensor tensor);
void ct_delete(ct_tensor tensor);

/* A view of memory that somebody else holds. */
ct_tensor ct_view(
    void *address, int64_t rank, const int64_t *sizes, const int64_t *strides, int type, int device_type,
    int device_index);

/* Copies between devices and strides; waits for the device where the host reads. */
int ct_copy(ct_tensor target, ct_tensor source);

/* Another owner of the same tensor. */
ct_tensor ct_share(ct_tensor tensor);

/* One number, of rank 0, on the processor: operators take it beside tensors of any device. */
ct_tensor ct_number(float value);

/* Whether the elements lie so. */
bool ct_lies(ct_tensor tensor, int64_t rank, const int64_t *sizes, const int64_t *strides);

/* a - alpha·b, which the dispatcher cannot be asked for: it knows no numbers that are not tensors. */
ct_tensor ct_subtract(ct_tensor a, ct_tensor b, double alpha);

typedef enum {
  CT_NONE, CT_TENSOR, CT_SOME_TENSOR, CT_INT, CT_SOME_INT, CT_DOUBLE, CT_SOME_DOUBLE, CT_TRUTH, CT_SOME_TRUTH, CT_INTS,
  CT_SOME_INTS, CT_TRUTHS, CT_TYPE, CT_SOME_TYPE, CT_TEXT
} ct_kind;

/*
 * One argument or result of an operator. Tensors among the arguments are consumed. CT_SOME_… are optional arguments
 * that are given, CT_NONE ones that are not.
 */
typedef struct {
  ct_kind kind;
  ct_tensor tensor;
  int64_t integer;
  double number;
  const int64_t *integers;
  int64_t count;
  const char *text;
} ct_value;

/* Calls aten::`name` of an overload ("" where there is one). The results, all tensors, go to `results`. */
int ct_call(const char *name, const char *overload, const ct_value *arguments, int count, ct_tensor *results, int result_count);
