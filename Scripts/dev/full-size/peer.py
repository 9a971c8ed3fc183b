"""The other programs' side of the full-size benchmark: seconds of UNet calls, or of VAE decodings, as a JSON list.

`peer.py MODEL channels_last|contiguous|bfloat16|openvino|openvino_bfloat16 unet|vae [CALLS]`: PyTorch in float32 in two memory
formats, with all weights and maps in bfloat16 (channels last), and OpenVINO, in float32 and in bfloat16.
"""

import gc
import json
import sys
import time

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

THREADS = 2


def module_and_inputs(model, part):
    """What is called as module(*inputs) and gives one tensor."""
    generator = torch.Generator().manual_seed(7)
    if part == "unet":
        unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet", torch_dtype=torch.float32)
        sample = torch.randn(2, 4, 64, 64, generator=generator)
        text = torch.randn(2, 77, 768, generator=generator)
        return Call(unet, unet.forward), (sample, torch.tensor(500), text)
    vae = AutoencoderKL.from_pretrained(model, subfolder="vae", torch_dtype=torch.float32)
    return Call(vae, vae.decode), (torch.randn(1, 4, 64, 64, generator=generator),)


class Call(torch.nn.Module):
    def __init__(self, module, method):
        super().__init__()
        self.module, self.method = module, method

    def forward(self, *inputs):
        return self.method(*inputs, return_dict=False)[0]


def in_pytorch(kind, module, inputs):
    memory_format = torch.contiguous_format if kind == "contiguous" else torch.channels_last
    kind = torch.bfloat16 if kind == "bfloat16" else torch.float32
    module = module.to(dtype=kind, memory_format=memory_format)
    inputs = [x.to(kind) if x.is_floating_point() else x for x in inputs]
    inputs[0] = inputs[0].to(memory_format=memory_format)
    return lambda: module(*inputs)


def in_openvino(kind, module, inputs):
    import openvino

    converted = openvino.convert_model(module, example_input=inputs, input=[tuple(x.shape) for x in inputs])
    precision = openvino.Type.bf16 if kind == "openvino_bfloat16" else openvino.Type.f32
    compiled = openvino.Core().compile_model(converted, "CPU", {
        openvino.properties.inference_num_threads(): THREADS,
        openvino.properties.hint.inference_precision(): precision,
        openvino.properties.hint.performance_mode(): openvino.properties.hint.PerformanceMode.LATENCY,
    })
    request, arrays = compiled.create_infer_request(), [x.numpy() for x in inputs]
    return lambda: request.infer(arrays)


@torch.no_grad()
def main(model, kind, part, calls):
    torch.set_num_threads(THREADS)
    module, inputs = module_and_inputs(model, part)
    run = (in_openvino if kind.startswith("openvino") else in_pytorch)(kind, module, inputs)
    del module
    gc.collect()
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 3)
