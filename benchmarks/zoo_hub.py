"""Models of transformers and of diffusers, from small configurations."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.zoo_models import Real, bare, picture, ready, rows, signal, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def _configured(config: str, cls: str, **named: Any) -> Callable[[], torch.nn.Module]:
    def make() -> Any:
        ready()
        library = importlib.import_module("transformers")
        return getattr(library, cls)(getattr(library, config)(**named))

    return make


def _backbone(kind: str, **named: Any) -> Any:
    """The configuration of a small backbone, nothing fetched."""
    ready()
    return getattr(importlib.import_module("transformers"), kind)(**named)


def transformers() -> Iterator[Real]:
    """Pictures, speech, text and sequences."""
    stages = {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]}
    convnext = {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 2, 1]}
    pictures: tuple[tuple[str, str, dict[str, Any], tuple[int, int]], ...] = (
        ("ResNet", "ForImageClassification", stages | {"embedding_size": 16}, (64, 96)),
        ("ConvNext", "ForImageClassification", convnext, (64, 96)),
        ("ConvNextV2", "ForImageClassification", convnext, (64, 96)),
        ("RegNet", "ForImageClassification", stages | {"embedding_size": 16, "groups_width": 8}, (64, 96)),
        ("MobileNetV1", "ForImageClassification", {"depth_multiplier": 0.25}, (64, 96)),
        ("MobileNetV2", "ForImageClassification", {"depth_multiplier": 0.35}, (64, 96)),
        ("MobileNetV2", "ForSemanticSegmentation", {"depth_multiplier": 0.35, "num_labels": 3}, (64, 96)),
        ("EfficientNet", "ForImageClassification", {"width_coefficient": 0.25, "depth_coefficient": 0.3, "hidden_dim": 320, "image_size": 64}, (64, 96)),
        ("BiT", "ForImageClassification", stages | {"embedding_size": 16, "hidden_sizes": [32, 32, 64, 64], "num_groups": 8}, (64, 96)),
        ("LevIt", "ForImageClassification", {"image_size": 64, "hidden_sizes": [32, 48, 64], "depths": [1, 1, 1], "num_attention_heads": [2, 3, 4], "key_dim": [8, 8, 8]}, (64, 64)),
        ("MobileViT", "ForImageClassification", {"image_size": 64, "hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 16, 24, 32, 40, 48]}, (64, 96)),
        ("ViT", "ForImageClassification", TINY | {"image_size": 64, "patch_size": 16}, (64, 64)),
        ("DeiT", "ForImageClassification", TINY | {"image_size": 64, "patch_size": 16}, (64, 64)),
        ("Dinov2", "Model", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 56, "patch_size": 14}, (56, 70)),
        ("Swin", "ForImageClassification", {"image_size": 64, "patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 4], "window_size": 4}, (64, 96)),
        ("Segformer", "ForSemanticSegmentation", {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 4], "decoder_hidden_size": 32, "num_labels": 3}, (64, 96)),
        ("Pvt", "ForImageClassification", {"image_size": 64, "hidden_sizes": [16, 32, 48, 64], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 3, 4]}, (64, 64)),
        ("PoolFormer", "ForImageClassification", {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]}, (64, 96)),
        ("VideoMAE", "Model", TINY | {"image_size": 32, "patch_size": 8, "num_frames": 4}, (32, 32)),
        ("YolOs", "ForObjectDetection", TINY | {"image_size": [64, 64], "patch_size": 16, "num_detection_tokens": 5}, (64, 64)),
        ("Glpn", "ForDepthEstimation", {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 4], "decoder_hidden_size": 16}, (64, 96)),
        ("Swin2SR", "ForImageSuperResolution", {"image_size": 16, "embed_dim": 24, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4}, (16, 24)),
        ("SuperPoint", "ForKeypointDetection", {"encoder_hidden_sizes": [8, 8, 16, 16], "decoder_hidden_size": 16, "keypoint_decoder_dim": 65, "descriptor_decoder_dim": 16}, (64, 96)),
    )  # fmt: skip
    spelled = {"BiT": "Bit", "LevIt": "Levit", "YolOs": "Yolos", "Glpn": "GLPN"}
    for kind, task, named, sizes in pictures:
        name = spelled.get(kind, kind)
        given = (lambda n, s: (torch.randn(n, 4, 3, s, s),)) if kind == "VideoMAE" else picture()
        yield Real("transformers", name + task, _configured(f"{name}Config", name + task, **named), given, sizes)
    yield from _heard()
    yield from _read()


def _heard() -> Iterator[Real]:
    layers = {
        "conv_dim": (16, 16, 16),
        "conv_kernel": (10, 3, 3),
        "conv_stride": (5, 2, 2),
        "num_feat_extract_layers": 3,
    }
    speech = TINY | layers | {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4, "vocab_size": 20}
    for kind, task in (
        ("Wav2Vec2", "ForCTC"),
        ("Hubert", "ForCTC"),
        ("WavLM", "Model"),
        ("SEW", "Model"),
        ("UniSpeech", "Model"),
    ):
        named = speech | ({"squeeze_factor": 2} if kind == "SEW" else {})
        yield Real("transformers", kind + task, _configured(f"{kind}Config", kind + task, **named), bare, (1600, 2400))
    whisper = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "num_mel_bins": 80, "max_source_positions": 50, "vocab_size": 100, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}  # fmt: skip
    yield Real("transformers", "WhisperModel", _configured("WhisperConfig", "WhisperModel", **whisper),
               lambda n, s: (torch.randn(n, 80, s), None, torch.randint(3, 99, (n, 4))), (100, 100))  # fmt: skip
    gan = {"model_in_dim": 20, "upsample_initial_channel": 32, "upsample_rates": [4, 4], "upsample_kernel_sizes": [8, 8], "resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 3], [1, 3]]}  # fmt: skip
    yield Real(
        "transformers",
        "SpeechT5HifiGan",
        _configured("SpeechT5HifiGanConfig", "SpeechT5HifiGan", **gan),
        rows(20),
        (20, 30),
    )
    yield Real("transformers", "EncodecModel", _configured("EncodecConfig", "EncodecModel", num_filters=8, hidden_size=16, upsampling_ratios=[4, 2], codebook_size=32, codebook_dim=16, target_bandwidths=[24.0]), signal(), (800, 1200))  # fmt: skip
    yield Real("transformers", "ASTModel", _configured("ASTConfig", "ASTModel", **TINY, max_length=64, num_mel_bins=32), lambda n, s: (torch.randn(n, s, 32),), (64, 64))  # fmt: skip
    yield Real("transformers", "UnivNetModel", _configured("UnivNetConfig", "UnivNetModel", model_in_channels=8, model_hidden_channels=8, num_mel_bins=20, resblock_stride_sizes=[2, 2, 2], kernel_predictor_hidden_channels=8), lambda n, s: (torch.randn(n, s, 20), torch.randn(n, s, 8)), (20, 30))  # fmt: skip


def _read() -> Iterator[Real]:
    text = TINY | {"vocab_size": 99}
    for kind, task, named in (
        ("Bert", "ForSequenceClassification", text),
        ("DistilBert", "Model", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "vocab_size": 99}),
        ("ConvBert", "Model", text | {"embedding_size": 32}),
        ("SqueezeBert", "Model", text | {"embedding_size": 32}),
        ("Mamba", "Model", {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 99, "use_cache": False}),
        ("GPT2", "LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 99, "use_cache": False}),
        ("Canine", "Model", TINY),
        ("Llama", "ForCausalLM", text | {"num_key_value_heads": 2, "use_cache": False}),
    ):
        yield Real("transformers", kind + task, _configured(f"{kind}Config", kind + task, **named), tokens(), (16, 24))


def _timed(n: int, s: int) -> tuple[Any, ...]:
    return torch.randn(n, 3, s, s), torch.tensor(7)


def _told(n: int, s: int) -> tuple[Any, ...]:
    return torch.randn(n, 4, s, s), torch.tensor(7), torch.randn(n, 5, 16)


def _diffused(cls: str, **named: Any) -> Callable[[], torch.nn.Module]:
    def make() -> Any:
        ready()
        return getattr(importlib.import_module("diffusers"), cls)(**named)

    return make


def diffusers() -> Iterator[Real]:
    """Denoisers, autoencoders and controls."""
    down, up = ("DownBlock2D", "AttnDownBlock2D"), ("AttnUpBlock2D", "UpBlock2D")
    wide = {"block_out_channels": (16, 32), "norm_num_groups": 8}
    cross = wide | {
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "cross_attention_dim": 16,
        "attention_head_dim": 4,
        "layers_per_block": 1,
    }
    coder = wide | {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    yield Real("diffusers", "UNet2DModel", _diffused("UNet2DModel", down_block_types=down, up_block_types=up, layers_per_block=1, attention_head_dim=8, **wide), _timed, (16, 32))  # fmt: skip
    yield Real("diffusers", "UNet2DConditionModel", _diffused("UNet2DConditionModel", up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), **cross), _told, (16, 32))  # fmt: skip
    yield Real("diffusers", "ControlNetModel", _diffused("ControlNetModel", conditioning_embedding_out_channels=(8, 16), **cross), lambda n, s: (*_told(n, s), torch.randn(n, 3, 2 * s, 2 * s)), (16, 32))  # fmt: skip
    yield Real(
        "diffusers", "AutoencoderKL", _diffused("AutoencoderKL", latent_channels=4, **coder), picture(), (32, 48)
    )
    yield Real(
        "diffusers",
        "VQModel",
        _diffused("VQModel", latent_channels=3, num_vq_embeddings=16, **coder),
        picture(),
        (32, 48),
    )
    tiny = {
        "encoder_block_out_channels": (16, 16),
        "decoder_block_out_channels": (16, 16),
        "num_encoder_blocks": (1, 1),
        "num_decoder_blocks": (1, 1),
    }
    yield Real("diffusers", "AutoencoderTiny", _diffused("AutoencoderTiny", **tiny), picture(), (32, 48))
    yield Real("diffusers", "AutoencoderOobleck", _diffused("AutoencoderOobleck", encoder_hidden_size=8, downsampling_ratios=[2, 4], channel_multiples=[1, 2], decoder_channels=8, decoder_input_channels=4), signal(2), (320, 480))  # fmt: skip
    yield Real("diffusers", "Transformer2DModel", _diffused("Transformer2DModel", num_attention_heads=2, attention_head_dim=8, in_channels=16, norm_num_groups=4), picture(16), (8, 12))  # fmt: skip
    yield Real(
        "diffusers",
        "T2IAdapter",
        _diffused("T2IAdapter", channels=[16, 32], num_res_blocks=1, downscale_factor=4),
        picture(),
        (32, 64),
    )
