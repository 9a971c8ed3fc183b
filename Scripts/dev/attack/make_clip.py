"""CLIP ViT-B/16 at full size with random weights, in the transformers layout: `make_clip.py MODEL FOLDER`.

The original's classifier. The tokenizer is that of MODEL, a folder that `full-size/make.py` made. 0.3 GB of f16.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPModel


def main(model: Path, folder: Path):
    torch.manual_seed(54)
    vocabulary = len(json.loads((model / "tokenizer/vocab.json").read_text()))
    config = CLIPConfig(
        text_config=dict(bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=1, hidden_size=512,
                         intermediate_size=2048, num_attention_heads=8, num_hidden_layers=12, vocab_size=49408),
        vision_config=dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12,
                           image_size=224, patch_size=16),
        projection_dim=512)
    CLIPModel(config).half().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text("""{
 "crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true,
 "do_rescale": true, "do_resize": true, "image_mean": [0.48145466, 0.4578275, 0.40821073],
 "image_processor_type": "CLIPImageProcessor", "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3,
 "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 224}
}
""")
    for file in (model / "tokenizer").iterdir():
        shutil.copy(file, folder / file.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
