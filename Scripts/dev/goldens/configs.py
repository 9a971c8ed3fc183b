"""What every key of the configs that Lunette reads does in diffusers and transformers: `configs.py FILE.json`.

For each class: its keys with their defaults, taken from the installed version, and for each key values other than the
default with what the class makes of them, or why it refuses. A key for which nothing is written here gets a value by its
kind, so that an upgrade shows new ones.
"""

import inspect
import json
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
logging.getLogger("diffusers").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")

import diffusers  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

import synthetic  # noqa: E402

UNET = {
    "sample_size": 8, "block_out_channels": [8, 12], "layers_per_block": 1, "norm_num_groups": 4, "attention_head_dim": 2,
    "cross_attention_dim": 10, "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
}
VAE = {
    "block_out_channels": [8, 12], "norm_num_groups": 4, "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
}
TEXT = {
    "vocab_size": 50, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 12, "eos_token_id": 49, "bos_token_id": 48, "projection_dim": 10,
}
VISION = {
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 12,
    "patch_size": 4, "projection_dim": 10,
}
CLIP = {"text_config": TEXT, "vision_config": VISION, "projection_dim": 10}
PROCESSOR = {"size": {"shortest_edge": 12}, "crop_size": {"height": 12, "width": 12}}
SCHEDULER = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
IDS = [[48, 3, 7, 49, 1, 1], [48, 20, 49, 49, 30, 2]]

VALUES = {
    "UNet2DConditionModel": {
        "sample_size": [16, [8, 16]], "in_channels": [5], "out_channels": [3], "mid_block_type": [None, "UNetMidBlock2D"],
        "freq_shift": [1], "down_block_types": [["CrossAttnDownBlock2D"] * 2, ["DownBlock2D"] * 2, ["AttnDownBlock2D", "DownBlock2D"]],
        "up_block_types": [["CrossAttnUpBlock2D"] * 2, ["UpBlock2D"] * 2], "only_cross_attention": [True, [True, False], [False, True]],
        "block_out_channels": [[4, 8]], "layers_per_block": [2, [2, 1], [1, 2]], "downsample_padding": [0, 2],
        "mid_block_scale_factor": [2], "dropout": [0.5], "act_fn": ["gelu", "relu", "mish", "swish", None],
        "norm_num_groups": [2, None], "norm_eps": [0.1], "cross_attention_dim": [6, [10, 10], [10, 6]],
        "transformer_layers_per_block": [2, [2, 1], [1, 2], [[1], [2]]], "reverse_transformer_layers_per_block": [[1, 2]],
        "encoder_hid_dim": [7], "encoder_hid_dim_type": ["text_proj"], "attention_head_dim": [4, [2, 3], None],
        "num_attention_heads": [2], "class_embed_type": ["timestep", "identity"], "addition_embed_type": ["text", "text_time"],
        "addition_time_embed_dim": [8], "num_class_embeds": [5], "resnet_time_scale_shift": ["scale_shift"],
        "resnet_out_scale_factor": [2.0], "time_embedding_type": ["fourier"], "time_embedding_dim": [20],
        "time_embedding_act_fn": ["silu"], "timestep_post_act": ["silu"], "time_cond_proj_dim": [6], "conv_in_kernel": [1, 5],
        "conv_out_kernel": [1, 5], "projection_class_embeddings_input_dim": [6], "attention_type": ["gated"],
        "mid_block_only_cross_attention": [True], "cross_attention_norm": ["layer_norm"], "addition_embed_type_num_heads": [8],
        "_also": [
            {"only_cross_attention": True, "mid_block_type": None}, {"act_fn": "gelu", "time_embedding_dim": 12, "norm_eps": 0.01},
            {"flip_sin_to_cos": False, "freq_shift": 1, "downsample_padding": 0},
            {"use_linear_projection": True, "transformer_layers_per_block": [1, 2], "attention_head_dim": [4, 3]},
        ],
    },
    "AutoencoderKL": {
        "in_channels": [1], "out_channels": [1], "down_block_types": [["DownEncoderBlock2D", "AttnDownEncoderBlock2D"]],
        "up_block_types": [["UpDecoderBlock2D", "AttnUpDecoderBlock2D"]], "block_out_channels": [[4, 8]], "layers_per_block": [2],
        "act_fn": ["gelu", "relu", "mish"], "latent_channels": [3], "norm_num_groups": [2, None], "sample_size": [64],
        "scaling_factor": [0.5], "shift_factor": [0.3, -0.2], "latents_mean": [[0.1, 0.2, 0.3, 0.4]], "latents_std": [[1, 2, 3, 4]],
        "_also": [
            {"shift_factor": 0.25, "scaling_factor": 1.5}, {"act_fn": "gelu", "mid_block_add_attention": False},
            {"use_quant_conv": False, "use_post_quant_conv": False, "latent_channels": 8},
        ],
    },
    "CLIPTextModel": {
        "vocab_size": [64], "hidden_size": [24], "intermediate_size": [40], "projection_dim": [7], "num_hidden_layers": [1, 3],
        "num_attention_heads": [2], "max_position_embeddings": [8], "hidden_act": ["gelu", "silu", "gelu_new", "relu", "tanh", "gelu_fast"],
        "layer_norm_eps": [0.1], "attention_dropout": [0.5], "initializer_range": [1.0], "initializer_factor": [2.0],
        "pad_token_id": [0], "bos_token_id": [5], "eos_token_id": [2, 7, [7, 49]], "model_type": ["xlm-roberta"],
        "_also": [{"hidden_act": "gelu", "layer_norm_eps": 0.01, "eos_token_id": 2}],
        "_ours": [{"use_attention_mask": True}, {"pruned_heads": {"0": [1]}}, {"quantization_config": {"bits": 4}}, {"is_decoder": True}],
    },
    "CLIPModel": {
        "projection_dim": [6], "logit_scale_init_value": [1.0], "initializer_factor": [2.0],
        "text_config": [TEXT | {"hidden_act": "gelu"}, TEXT | {"projection_dim": 7}],
        "vision_config": [
            VISION | {"hidden_act": "gelu"}, VISION | {"patch_size": 6}, VISION | {"num_channels": 3, "layer_norm_eps": 0.1},
            VISION | {"image_size": 16}, VISION | {"image_size": [12, 12]}, VISION | {"num_attention_heads": 2, "num_hidden_layers": 1},
            VISION | {"attention_dropout": 0.5}, VISION | {"projection_dim": 7},
        ],
        "_also": [{"text_config_dict": TEXT | {"hidden_act": "gelu"}}, {"vision_config_dict": VISION | {"hidden_act": "gelu"}}],
    },
    "CLIPImageProcessor": {
        "do_convert_rgb": [False], "resample": [0, 1, 2, 4, 5], "rescale_factor": [1 / 127.5, 1.0, 1 / 256],
        "size": [{"shortest_edge": 16}, {"height": 12, "width": 12}, 14, {"shortest_edge": 10}, {"shortest_edge": 12, "longest_edge": 14}],
        "crop_size": [{"height": 8, "width": 10}, 8, {"height": 14, "width": 14}], "image_mean": [[0.1, 0.2, 0.3], 0.5],
        "image_std": [[0.5, 0.6, 0.7], 0.5],
        "_also": [{"rescale_factor": 1 / 200, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 2}],
        "_ours": [{"do_pad": True}, {"use_square_size": True}, {"do_flip_channel_order": True}],
    },
    "schedulers": {
        "num_train_timesteps": [500], "beta_start": [0.001], "beta_end": [0.01], "beta_schedule": ["linear", "squaredcos_cap_v2", "sqrt"],
        "trained_betas": [[0.0005 * (1 + i % 20) for i in range(1000)], [0.01, 0.02]], "prediction_type": ["v_prediction", "sample", "flow_prediction"],
        "thresholding": [True], "dynamic_thresholding_ratio": [0.9], "clip_sample": [True, False], "clip_sample_range": [0.5],
        "sample_max_value": [2.0], "timestep_spacing": ["linspace", "leading", "trailing"], "steps_offset": [1], "set_alpha_to_one": [True, False],
        "rescale_betas_zero_snr": [True], "variance_type": ["fixed_large", "fixed_small_log", "learned", "fixed_large_log"],
        "skip_prk_steps": [True], "interpolation_type": ["log_linear"], "sigma_min": [0.1], "sigma_max": [10.0],
        "timestep_type": ["continuous"], "final_sigmas_type": ["sigma_min"], "solver_order": [1, 3], "algorithm_type": ["dpmsolver", "sde-dpmsolver", "deis"],
        "solver_type": ["heun", "bh1", "midpoint", "logrho"], "lambda_min_clipped": [-5.1], "flow_shift": [3.0], "time_shift_type": ["linear"],
        "disable_corrector": [[0, 2]], "solver_p": [{"_class_name": "DDIMScheduler"}], "shift_terminal": [0.1],
        "original_inference_steps": [20], "timestep_scaling": [2.0], "sigma_data": [1.0], "sigma_schedule": ["exponential"], "rho": [5.0],
        "_ours": [{"some_new_idea": True}, {"_use_default_values": ["beta_start"]}],
        "_also": [
            {"use_karras_sigmas": True, "timestep_spacing": "leading", "steps_offset": 1}, {"prediction_type": "v_prediction", "timestep_spacing": "trailing", "rescale_betas_zero_snr": True},
            {"use_karras_sigmas": True, "sigma_min": 0.1, "sigma_max": 10.0, "final_sigmas_type": "sigma_min"}, {"timestep_type": "continuous", "prediction_type": "v_prediction"},
            {"clip_sample": True, "clip_sample_range": 0.3}, {"solver_order": 3, "lower_order_final": False}, {"euler_at_final": True, "final_sigmas_type": "sigma_min"},
            {"predict_x0": False, "solver_order": 3, "final_sigmas_type": "sigma_min"}, {"solver_type": "bh1", "final_sigmas_type": "sigma_min"},
            {"lower_order_final": False, "final_sigmas_type": "sigma_min"}, {"lambda_min_clipped": -5.1, "beta_schedule": "squaredcos_cap_v2"},
            {"thresholding": True, "sample_max_value": 0.5, "dynamic_thresholding_ratio": 0.9},
            {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}, {"algorithm_type": "sde-dpmsolver", "final_sigmas_type": "sigma_min"},
            {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 2.0}, {"use_karras_sigmas": True, "use_beta_sigmas": True},
            {"use_beta_sigmas": True, "sigma_min": 0.1, "sigma_max": 10.0}, {"interpolation_type": "log_linear", "use_exponential_sigmas": True},
            {"sigma_data": 2.0, "prediction_type": "v_prediction", "final_sigmas_type": "sigma_min"},
        ],
    },
}
SCHEDULERS = [
    "DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler", "LMSDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "LCMScheduler",
    "TCDScheduler", "DPMSolverSinglestepScheduler", "DEISMultistepScheduler", "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler", "EDMEulerScheduler", "EDMDPMSolverMultistepScheduler",
]


def other(default):
    """A value of the default's kind that is not the default."""
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, (int, float)):
        return [default + 1]
    if default is None:
        return [True, 2]
    return ["something else"]


def keys_of(name):
    if name == "CLIPImageProcessor":
        found = transformers.CLIPImageProcessorPil().to_dict()
        found = {key: value for key, value in found.items() if not key.endswith("_type")}
        found["resample"] = int(found["resample"])
    elif name.startswith("CLIP"):
        found = {"CLIPTextModel": transformers.CLIPTextConfig, "CLIPModel": transformers.CLIPConfig}[name]().to_dict()
    else:
        parameters = inspect.signature(getattr(diffusers, name).__init__).parameters
        found = {key: value.default for key, value in parameters.items() if key not in ("self", "args", "kwargs")}
    return {key: plain(value) for key, value in found.items() if not key.startswith("_") and key != "transformers_version"}


def plain(value):
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return json.loads(json.dumps(value))


def unet(config):
    model = synthetic.fill(diffusers.UNet2DConditionModel.from_config(config))
    sample = 1.5 * synthetic.tensor("sample", 1, model.config.in_channels, 8, 8)
    widths = model.config.cross_attention_dim
    text = synthetic.tensor("text", 1, 5, widths if isinstance(widths, int) else widths[0])
    return model(sample, 321, text).sample


def vae(config):
    model = synthetic.fill(diffusers.AutoencoderKL.from_config(config))
    scale, shift = model.config.scaling_factor, model.config.shift_factor or 0
    latents = synthetic.tensor("latents", 1, model.config.latent_channels, 4, 4)
    image = synthetic.tensor("image", 1, model.config.in_channels, 8, 8)
    # As the pipelines of Stable Diffusion 3 have it, the first ones with a shift.
    decoded = model.decode(latents / scale + shift).sample
    encoded = (model.encode(image).latent_dist.mode() - shift) * scale
    return torch.cat([decoded.flatten(), encoded.flatten()])


def text(config):
    config = transformers.CLIPTextConfig.from_dict(config) if config.get("model_type", "clip_text_model") == "clip_text_model" else None
    if config is None:
        raise ValueError("another kind of model")
    model = synthetic.fill(transformers.CLIPTextModel(config))
    output = model(torch.tensor(IDS))
    return torch.cat([output.last_hidden_state.flatten(), output.pooler_output.flatten()])


def clip(config):
    model = synthetic.fill(transformers.CLIPModel(transformers.CLIPConfig.from_dict(json.loads(json.dumps(config)))))
    side = model.config.vision_config.image_size
    pixels = synthetic.tensor("pixels", 1, 3, side, side)
    return torch.cat([model.get_image_features(pixels).pooler_output.flatten(), model.get_text_features(torch.tensor(IDS)).pooler_output.flatten()])


def picture(height, width):
    values = np.floor((synthetic.uniform("picture", height * width * 3) + 1) * 128)
    return Image.fromarray(values.reshape(height, width, 3).astype(np.uint8))


def processor(config):
    model = transformers.CLIPImageProcessorPil(**config)
    sizes = [(40, 15), (20, 20), (17, 30), (37, 18), (90, 16)]
    return torch.cat([torch.tensor(np.asarray(model(picture(*size)).pixel_values[0])).permute(1, 2, 0).flatten() for size in sizes])


def scheduler(name, config):
    made = getattr(diffusers, name).from_config(config)
    made.set_timesteps(8)
    sample = torch.tensor([0.7, -1.1, 1.9]).reshape(1, 3, 1, 1) * made.init_noise_sigma
    states = []
    for index, time in enumerate(made.timesteps):
        shown = made.scale_model_input(sample, time)
        output = torch.tanh(0.8 * shown + float(time) / 1000 - 0.3)
        noise = 1.5 * synthetic.tensor(f"noise {index}", 1, 3, 1, 1)
        draw = diffusers.utils.torch_utils.randn_tensor
        module = sys.modules[type(made).__module__]
        if hasattr(module, "randn_tensor"):
            module.randn_tensor = lambda *args, noise=noise, **options: noise
        try:
            # Its own share of noise is not that of the pipelines, which is none.
            extra = {"eta": 0.0} if name == "TCDScheduler" else {}
            sample = made.step(output, time, sample, **extra).prev_sample
        finally:
            if hasattr(module, "randn_tensor"):
                module.randn_tensor = draw
        states.append(sample)
    return torch.cat([made.timesteps.float(), torch.cat(states).flatten()])


def summary(values, every):
    values = values.detach().flatten().double()
    if not torch.isfinite(values).all():
        raise ValueError("not finite")
    step = 1 if every else max(1, len(values) // 40)
    return {"count": len(values), "scale": float(values.abs().max()), "step": step, "values": [float(f"{v:.8g}") for v in values[::step]]}


def cases(name, base, run):
    keys = keys_of(name)
    table = VALUES["schedulers" if name in SCHEDULERS else name]
    settings = [{}]
    for key, default in keys.items():
        values = table.get(key, other(default))
        settings += [{key: value} for value in values if value != default or key not in table]
    settings += [extra for extra in table.get("_also", []) if extra.keys() <= keys.keys() | {"text_config_dict", "vision_config_dict"}]
    found = []
    for setting in settings:
        try:
            with torch.no_grad():
                found.append({"set": setting} | summary(run(base | setting), name in SCHEDULERS))
        except Exception as fault:  # whatever the library throws for a config that it does not take
            found.append({"set": setting, "error": f"{type(fault).__name__}: {fault}"[:100]})
    if name in ("UNet2DConditionModel", "AutoencoderKL", "CLIPTextModel", "CLIPModel"):
        synthetic.LOUDNESS = 0.002
        with torch.no_grad():
            found.append({"set": {}, "loudness": synthetic.LOUDNESS} | summary(run(base), False))
        synthetic.LOUDNESS = 1.0
    # What the class does not know and Lunette must refuse.
    found += [{"set": setting, "refused": True} for setting in table.get("_ours", [])]
    return {"base": base, "keys": keys, "cases": found}


TOKENIZER = {
    "add_prefix_space": [True], "do_lower_case": [False], "model_max_length": [20], "pad_token": ["!", {"__type": "AddedToken", "content": "<|endoftext|>", "normalized": True, "lstrip": False, "rstrip": False, "single_word": False}], "eos_token": ["!"], "bos_token": ["!"],
    "unk_token": ["!", "<|endoftext|>"], "add_bos_token": [False], "add_eos_token": [False], "padding_side": ["left"], "truncation_side": ["left"],
    "clean_up_tokenization_spaces": [True], "errors": ["strict"], "additional_special_tokens": [["the</w>"], ["cat"]],
    "extra_special_tokens": [["dog"], {"x_token": "the"}], "split_special_tokens": [True], "tokenizer_class": ["CLIPTokenizerFast", "T5Tokenizer"],
    "sep_token": ["cat", "th"], "mask_token": ["th"], "cls_token": ["the</w>"], "use_fast": [False], "max_length": [10],
    "added_tokens_decoder": [
        {"663": {"content": "<|endoftext|>", "special": True, "normalized": True, "lstrip": False, "rstrip": False, "single_word": False}},
        {"2": {"content": "#", "special": True, "normalized": False, "lstrip": False, "rstrip": False, "single_word": False}},
    ],
}
TEXTS = ["A cat's Clogs, 12!", "  The DOG\tan a #3 the</w>", "<|endoftext|> x <|ENDOFTEXT|>", "naïve é É # th", "aaa aaaa aaaaa", "photo of<|startoftext|>the", "the" * 90]


def tokenizer(root):
    def ids(setting):
        with tempfile.TemporaryDirectory() as folder:
            for file in ("vocab.json", "merges.txt"):
                (Path(folder) / file).write_bytes((root / "tiny-sd1/tokenizer" / file).read_bytes())
            config = json.loads((root / "tiny-sd1/tokenizer/tokenizer_config.json").read_text()) | setting
            (Path(folder) / "tokenizer_config.json").write_text(json.dumps(config))
            made = transformers.CLIPTokenizer.from_pretrained(folder)
            return [made(text, padding="max_length", max_length=made.model_max_length, truncation=True).input_ids for text in TEXTS]

    found = [{"set": {}, "ids": ids({})}]
    for key, values in TOKENIZER.items():
        found += [{"set": {key: value}, "ids": ids({key: value})} for value in values]
    return {"texts": TEXTS, "cases": found}


def write(path: Path, root: Path):
    """`root` holds the checkpoints that models.py makes."""
    found = {
        "UNet2DConditionModel": cases("UNet2DConditionModel", UNET, unet), "AutoencoderKL": cases("AutoencoderKL", VAE, vae),
        "CLIPTextModel": cases("CLIPTextModel", TEXT, text), "CLIPModel": cases("CLIPModel", CLIP, clip),
        "CLIPImageProcessor": cases("CLIPImageProcessor", PROCESSOR, processor),
    }
    for name in SCHEDULERS:
        base = {**({} if name.startswith("EDM") else SCHEDULER), "_class_name": name}
        found[name] = cases(name, base, lambda config, name=name: scheduler(name, config))
    lines = [f'"{name}": {json.dumps(value, separators=(",", ":"))}' for name, value in found.items()]
    lines.append(f'"CLIPTokenizer": {json.dumps(tokenizer(root), separators=(",", ":"))}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[1]).parent)
