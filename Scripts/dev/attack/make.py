"""What the attack needs at full size, with random weights: `make.py FOLDER` writes Stable Diffusion 1.5 into FOLDER/sd15 and CLIP
ViT-B/16, the original's classifier, into FOLDER/clip. 2.5 GB of f16.

Both get a tokenizer of 49,408 tokens, so that the logits are as wide as they are with the published one: a small one, filled up
with tokens that no text is cut into.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPModel

HERE = Path(__file__).resolve().parent
VOCABULARY = 49408


def widen(tokenizer: Path):
    """Fills up the vocabulary between the tokens of text and the two special ones at its end."""
    path = tokenizer / "vocab.json"
    vocabulary = json.loads(path.read_text())
    names = sorted(vocabulary, key=vocabulary.get)
    text, special = names[:-2], names[-2:]
    filler = [f"<filler-{number}>" for number in range(VOCABULARY - len(names))]
    path.write_text(json.dumps({name: number for number, name in enumerate(text + filler + special)}))


def make_clip(folder: Path):
    torch.manual_seed(54)
    text = dict(bos_token_id=VOCABULARY - 2, eos_token_id=VOCABULARY - 1, pad_token_id=1, hidden_size=512,
                intermediate_size=2048, num_attention_heads=8, num_hidden_layers=12, vocab_size=VOCABULARY)
    vision = dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12, image_size=224,
                  patch_size=16)
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=512)).half().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "crop_size": {"height": 224, "width": 224}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True,
        "do_rescale": True, "do_resize": True, "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPImageProcessor", "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3,
        "rescale_factor": 1 / 255, "size": {"shortest_edge": 224},
    }))


def main(folder: Path):
    subprocess.run([sys.executable, "-W", "ignore", HERE.parent / "full-size/make.py", folder / "sd15"], check=True)
    widen(folder / "sd15/tokenizer")
    make_clip(folder / "clip")
    for file in (folder / "sd15/tokenizer").iterdir():
        shutil.copy(file, folder / "clip" / file.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
