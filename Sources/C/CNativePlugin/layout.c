// The layout of what native plugins are built against. A change that these lines notice is another LUNETTE_PLUGIN_ABI; functions that are
// added at the end of `lunette_host` are not.
#include "lunette_plugin.h"

_Static_assert(sizeof(void *) == 8, "a 64-bit machine");
_Static_assert(sizeof(lunette_tensor) == 48, "lunette_tensor");
_Static_assert(offsetof(lunette_tensor, count) == 24, "lunette_tensor.count");
_Static_assert(offsetof(lunette_tensor, dtype) == 36, "lunette_tensor.dtype");
_Static_assert(offsetof(lunette_host, version) == 8, "lunette_host.version");
_Static_assert(offsetof(lunette_host, add_primitive) == 16, "lunette_host.add_primitive");
_Static_assert(offsetof(lunette_host, count) == 32, "lunette_host.count");
_Static_assert(offsetof(lunette_host, add_nil) == 96, "lunette_host.add_nil");
_Static_assert(offsetof(lunette_host, fail) == 152, "lunette_host.fail");
_Static_assert(offsetof(lunette_host, is_interrupted) == 160, "lunette_host.is_interrupted");

// As DLPack's specification has it.
_Static_assert(sizeof(DLDataType) == 4 && sizeof(DLDevice) == 8, "DLDataType, DLDevice");
_Static_assert(sizeof(DLTensor) == 48, "DLTensor");
_Static_assert(offsetof(DLTensor, ndim) == 16 && offsetof(DLTensor, dtype) == 20, "DLTensor.ndim, dtype");
_Static_assert(offsetof(DLTensor, shape) == 24 && offsetof(DLTensor, byte_offset) == 40, "DLTensor.shape, byte_offset");
_Static_assert(offsetof(DLManagedTensorVersioned, deleter) == 16, "DLManagedTensorVersioned.deleter");
_Static_assert(offsetof(DLManagedTensorVersioned, dl_tensor) == 32, "DLManagedTensorVersioned.dl_tensor");
_Static_assert(sizeof(DLManagedTensorVersioned) == 80, "DLManagedTensorVersioned");
