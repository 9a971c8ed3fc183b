"""Random settings of the classes that Lunette loads, several of them unusual at once.

Each maker returns the settings and the names of those among them that Lunette may refuse, because it does not know them.
"""

import math

ACTIVATIONS = ["silu", "swish", "gelu", "gelu", "swish", "mish"]
TEXT_ACTIVATIONS = ["quick_gelu", "gelu", "relu", "silu", "gelu_new", "gelu_pytorch_tanh", "gelu", "relu", "silu", "gelu_new", "tanh", "gelu_fast", "mish"]
# Those of the above that Lunette does not know.
STRANGE_ACTIVATIONS = {"mish", "tanh", "gelu_fast"}


def mixed(rng, out, chance, choices):
    """Adds each setting with some chance."""
    for key, values in choices.items():
        if rng.random() < chance:
            out[key] = rng.choice(values)
    return out


def strange(rng, out, chance, choices):
    """Adds at most one setting that Lunette does not know; returns what it may refuse."""
    named = {key for key in ("act_fn", "hidden_act") if out.get(key) in STRANGE_ACTIVATIONS}
    if rng.random() < chance:
        key, value = rng.choice(choices)
        out[key] = value
        named.add(key)
    return named


def unet(rng, latents, width):
    count = rng.randint(1, 3)
    groups = rng.choice([1, 2, 4])
    channels = [rng.choice([8, 12, 16, 24]) for _ in range(count)]
    kinds = [rng.choice(["CrossAttn", "CrossAttn", ""]) for _ in range(2 * count)]
    out = dict(
        in_channels=latents, out_channels=latents, block_out_channels=channels, norm_num_groups=groups, cross_attention_dim=width,
        down_block_types=[f"{kind}DownBlock2D" for kind in kinds[:count]],
        up_block_types=[f"{kind}UpBlock2D" for kind in kinds[count:]],
        layers_per_block=rng.choice([1, 2, [rng.randint(1, 2) for _ in channels]]),
        attention_head_dim=rng.choice([1, 2, 4, [rng.choice([1, 2, 4]) for _ in channels]]),
    )
    mixed(rng, out, 0.3, {
        "act_fn": ACTIVATIONS, "downsample_padding": [0, 1], "flip_sin_to_cos": [False], "freq_shift": [0, 1, 2, -1],
        "norm_eps": [1e-6, 1e-2], "time_embedding_dim": [20, 7], "use_linear_projection": [True], "upcast_attention": [True],
        "dropout": [0.1], "mid_block_type": [None], "only_cross_attention": [True, [rng.random() < 0.5 for _ in channels]],
        "transformer_layers_per_block": [2, [rng.randint(1, 2) for _ in channels]],
        "sample_size": [8, 16, [8, 16], None], "attention_type": ["default"],
        "mid_block_only_cross_attention": [False, False, False, True], "reverse_transformer_layers_per_block": [None],
        "conv_in_kernel": [3], "conv_out_kernel": [3], "resnet_out_scale_factor": [1.0],
    })
    if rng.random() < 0.2:
        out["cross_attention_dim"] = [width] * count
    named = strange(rng, out, 0.15, [
        ("center_input_sample", True), ("mid_block_scale_factor", 1.5), ("resnet_time_scale_shift", "scale_shift"),
        ("resnet_out_scale_factor", 2.0), ("resnet_skip_time_act", True), ("conv_in_kernel", 5), ("conv_out_kernel", 1),
        ("time_embedding_act_fn", "silu"), ("timestep_post_act", "silu"), ("cross_attention_norm", "layer_norm"),
        ("encoder_hid_dim", width), ("time_embedding_type", "fourier"), ("num_class_embeds", 3), ("norm_num_groups", None),
        ("dual_cross_attention", True), ("mid_block_type", "UNetMidBlock2D"),
        ("class_embed_type", "timestep"), ("num_attention_heads", 2), ("downsample_padding", 2),
    ])
    if out.get("mid_block_only_cross_attention"):
        named.add("mid_block_only_cross_attention")
    return out, named


def vae(rng, latents):
    count = rng.randint(1, 3)
    out = dict(
        latent_channels=latents, norm_num_groups=rng.choice([1, 2, 4]), block_out_channels=[rng.choice([8, 12, 16]) for _ in range(count)],
        down_block_types=["DownEncoderBlock2D"] * count, up_block_types=["UpDecoderBlock2D"] * count)
    mixed(rng, out, 0.35, {
        "layers_per_block": [1, 2], "act_fn": ACTIVATIONS, "scaling_factor": [0.5, 1.0, 1.7], "use_quant_conv": [False],
        "use_post_quant_conv": [False], "mid_block_add_attention": [False], "force_upcast": [False], "sample_size": [16, 64],
    })
    return out, strange(rng, out, 0.1, [
        ("latents_mean", [0.5] * latents), ("latents_std", [2.0] * latents), ("down_block_types", ["AttnDownEncoderBlock2D"] * count),
        ("up_block_types", ["AttnUpDecoderBlock2D"] * count),
    ])


def tower(rng, **fixed):
    heads = rng.choice([1, 2, 4])
    out = dict(
        hidden_size=heads * rng.choice([4, 8]), intermediate_size=rng.choice([12, 32]), num_hidden_layers=rng.randint(1, 3),
        num_attention_heads=heads, **fixed)
    mixed(rng, out, 0.35, {
        "hidden_act": TEXT_ACTIVATIONS, "layer_norm_eps": [1e-6, 1e-2, 1e-3], "attention_dropout": [0.1], "projection_dim": [8, 20],
    })
    return out, strange(rng, out, 0, [])


def text(rng, vocabulary, length=77):
    out, named = tower(rng, vocab_size=vocabulary, max_position_embeddings=length, eos_token_id=rng.choice([2, vocabulary - 1]))
    mixed(rng, out, 0.3, {"bos_token_id": [0, 1], "pad_token_id": [0, 5], "use_cache": [False]})
    return out, named


def clip(rng, vocabulary):
    one, first = text(rng, vocabulary)
    patch = rng.choice([4, 8])
    two, second = tower(rng, image_size=patch * rng.randint(2, 4), patch_size=patch)
    width = rng.choice([8, 20])
    for config in (one, two):
        config["projection_dim"] = width
    return dict(text_config=one, vision_config=two, projection_dim=width), first | second


def preprocessor(rng, size):
    edge = size + rng.choice([0, 0, 3, 7])
    out = dict(
        image_processor_type="CLIPImageProcessor", crop_size=dict(height=size, width=size), size=dict(shortest_edge=edge),
        do_resize=True, do_center_crop=True, do_rescale=True, do_normalize=True)
    mixed(rng, out, 0.3, {
        "resample": [2, 3], "rescale_factor": [1 / 255, 1 / 127.5, 0.01], "image_mean": [[0.5, 0.4, 0.3]], "image_std": [[0.5, 0.2, 0.3]],
        "do_convert_rgb": [True, False], "size": [dict(height=size, width=size)],
    })
    named = strange(rng, out, 0.25, [
        ("resample", 0), ("resample", 1), ("do_resize", False), ("do_center_crop", False), ("do_rescale", False), ("do_normalize", False),
        ("size", dict(shortest_edge=max(2, size - 3))), ("size", dict(longest_edge=size)),
    ])
    return out, named


SCHEDULERS = {
    "DDIMScheduler": {
        "clip_sample": [False, True], "clip_sample_range": [0.7, 2.0], "set_alpha_to_one": [False], "rescale_betas_zero_snr": [True]},
    "DDPMScheduler": {
        "clip_sample": [False, True], "clip_sample_range": [0.7, 2.0], "variance_type": ["fixed_small", "fixed_small_log", "fixed_large"],
        "rescale_betas_zero_snr": [True]},
    "PNDMScheduler": {"set_alpha_to_one": [True], "skip_prk_steps": [True, False]},
    "EulerDiscreteScheduler": {
        "use_karras_sigmas": [True], "sigma_min": [0.1], "sigma_max": [10.0], "final_sigmas_type": ["zero", "sigma_min"],
        "timestep_type": ["discrete", "continuous"], "rescale_betas_zero_snr": [True]},
    "EulerAncestralDiscreteScheduler": {"rescale_betas_zero_snr": [True]},
    "HeunDiscreteScheduler": {"use_karras_sigmas": [True], "clip_sample": [True], "clip_sample_range": [0.7, 3.0]},
    "LMSDiscreteScheduler": {"use_karras_sigmas": [True]},
    "DPMSolverMultistepScheduler": {
        "algorithm_type": ["dpmsolver++", "sde-dpmsolver++", "dpmsolver", "sde-dpmsolver"], "solver_order": [1, 2, 3],
        "solver_type": ["midpoint", "heun"], "lower_order_final": [False], "euler_at_final": [True], "use_karras_sigmas": [True],
        "final_sigmas_type": ["zero", "sigma_min"], "lambda_min_clipped": [-5.1], "rescale_betas_zero_snr": [True],
        "variance_type": [None]},
    "UniPCMultistepScheduler": {
        "solver_order": [1, 2, 3], "solver_type": ["bh1", "bh2"], "predict_x0": [False], "lower_order_final": [False],
        "disable_corrector": [[0], [1, 2]], "use_karras_sigmas": [True], "sigma_min": [0.1], "sigma_max": [10.0],
        "final_sigmas_type": ["zero", "sigma_min"], "rescale_betas_zero_snr": [True]},
    "LCMScheduler": {
        "original_inference_steps": [50, 40, 100], "timestep_scaling": [10.0, 3.0], "clip_sample": [True], "clip_sample_range": [0.7],
        "set_alpha_to_one": [False], "rescale_betas_zero_snr": [True]},
}
STRANGE_SCHEDULERS = {
    "thresholding": True, "use_exponential_sigmas": True, "use_beta_sigmas": True, "use_flow_sigmas": True, "use_lu_lambdas": True,
    "interpolation_type": "log_linear", "variance_type": "learned", "solver_type": "logrho", "prediction_type": "flow_prediction",
    "beta_schedule": "sigmoid",
}


def scheduler(rng, parameters):
    """Class and settings; `parameters` tells the names of a class's settings."""
    name = rng.choice(list(SCHEDULERS))
    known = parameters(name)
    out = mixed(rng, {}, 0.35, SCHEDULERS[name])
    mixed(rng, out, 0.35, {
        key: values for key, values in {
            "num_train_timesteps": [1000, 200, 777], "beta_start": [0.00085, 0.001], "beta_end": [0.012, 0.03],
            "beta_schedule": ["linear", "scaled_linear", "squaredcos_cap_v2"], "steps_offset": [0, 1, 3],
            "timestep_spacing": ["leading", "trailing", "linspace"], "prediction_type": ["epsilon", "v_prediction", "sample"],
        }.items() if key in known})
    if rng.random() < 0.1:
        count = out.get("num_train_timesteps", 1000)
        out["trained_betas"] = [0.001 + 0.01 * i / count + 0.002 * math.sin(i) ** 2 for i in range(count)]
    named = strange(rng, out, 0.12, [(key, value) for key, value in STRANGE_SCHEDULERS.items() if key in known])
    return name, out, named
