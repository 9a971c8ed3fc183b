"""The configurations of every part, in one place: what the engine must be able to load."""

from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPConfig, CLIPModel

from tokenizer import LENGTH

WIDTH = 128  # of the text embedding that the UNet attends to

VAE = dict(
    in_channels=3, out_channels=3, latent_channels=4, sample_size=64,
    down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    # Narrow at full resolution, wide where it is cheap: the decoder runs once per image,
    # yet on a CPU its 64 x 64 level costs as much as several steps of the UNet.
    block_out_channels=(32, 64, 128), layers_per_block=1, norm_num_groups=16,
)
UNET = dict(
    sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(48, 96, 128),
    down_block_types=("CrossAttnDownBlock2D",) * 3, up_block_types=("CrossAttnUpBlock2D",) * 3,
    cross_attention_dim=WIDTH, attention_head_dim=4, norm_num_groups=16,  # 4 heads: the field means their number
)
SCHEDULER = dict(
    num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
    clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="epsilon",
)


def clip_config(tokenizer):
    end = tokenizer.eos_token_id
    tower = dict(hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=4, num_attention_heads=4,
                 hidden_act="quick_gelu", projection_dim=WIDTH)
    return CLIPConfig(
        text_config=dict(**tower, vocab_size=len(tokenizer), max_position_embeddings=LENGTH,
                         bos_token_id=tokenizer.bos_token_id, eos_token_id=end, pad_token_id=end),
        vision_config=dict(**tower, image_size=64, patch_size=8, num_channels=3),
        projection_dim=WIDTH,
    )


def new_clip(tokenizer):
    return CLIPModel(clip_config(tokenizer))


def new_vae():
    return AutoencoderKL(**VAE)


def new_unet():
    return UNet2DConditionModel(**UNET)


def new_scheduler():
    return DDIMScheduler(**SCHEDULER)
