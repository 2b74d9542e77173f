"""Real models that nobody here wrote: how each is made, with random weights, and what it is given."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.zoo_absent import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Given = Callable[[int, int], tuple[Any, ...]]

SEED = 11


@dataclass(frozen=True, slots=True)
class Real:
    """A model of a package: ``given(batch, size)`` makes its positional inputs; ``sizes`` are the example's and another."""

    package: str
    name: str
    make: Callable[[], torch.nn.Module]
    given: Given
    sizes: tuple[int, int]

    def model(self) -> torch.nn.Module:
        """The model in eval, its weights from one seed, statistics as after training: nothing is zero by chance."""
        torch.manual_seed(SEED)
        made = self.make().eval().requires_grad_(True)
        with torch.no_grad():
            for module in made.modules():
                if getattr(module, "running_var", None) is not None:
                    module.get_buffer("running_mean").normal_(0, 0.1)
                    module.get_buffer("running_var").uniform_(0.5, 1.5)
        return made

    def inputs(self, batch: int, size: int) -> tuple[Any, ...]:
        """The same numbers for the same batch and size."""
        with torch.random.fork_rng():
            torch.manual_seed(SEED + batch)
            return self.given(batch, size)


def of(package: str, path: str, *arguments: Any, **named: Any) -> Callable[[], torch.nn.Module]:
    """What makes ``package.path(*arguments, **named)``; nothing is imported before."""

    def make() -> Any:
        ready()
        module, _, attribute = f"{package}.{path}".rpartition(".")
        return getattr(importlib.import_module(module), attribute)(*arguments, **named)

    return make


def ready() -> None:
    """Imports transformers and diffusers, which ask what packages there are, before any is stood in for."""
    if "transformers" not in sys.modules:
        for name in ("transformers", "diffusers"):
            importlib.import_module(name)
    stand_in()


def picture(channels: int = 3) -> Given:
    """(N, channels, size, size)."""
    return lambda n, s: (torch.randn(n, channels, s, s),)


def volume(channels: int = 1) -> Given:
    """(N, channels, size, size, size)."""
    return lambda n, s: (torch.randn(n, channels, s, s, s),)


def signal(channels: int = 1) -> Given:
    """(N, channels, size)."""
    return lambda n, s: (torch.randn(n, channels, s),)


def rows(features: int) -> Given:
    """(N, size, features)."""
    return lambda n, s: (torch.randn(n, s, features),)


def bare(n: int, s: int) -> tuple[Any, ...]:
    """(N, size)."""
    return (torch.randn(n, s),)


def tokens(words: int = 99) -> Given:
    """(N, size) of whole numbers below ``words``."""
    return lambda n, s: (torch.randint(2, words, (n, s)),)


def _timm() -> Iterator[Real]:
    plain = (
        "resnet18 resnet26d seresnet18 skresnet18 resnetblur18 ecaresnet26t resnest14d res2net50_14w_8s dla34 "
        "regnetx_002 regnety_002 mobilenetv2_050 mobilenetv3_small_050 mobilenetv4_conv_small lcnet_050 mnasnet_small "
        "semnasnet_075 fbnetc_100 hardcorenas_a tinynet_e ghostnet_050 ghostnetv2_100 repghostnet_050 efficientnet_b0 "
        "tf_efficientnet_b0 mixnet_s rexnet_100 hrnet_w18_small vovnet39a repvgg_a0 mobileone_s0 selecsls42 "
        "convnext_atto convnextv2_atto poolformer_s12 efficientvit_b0 starnet_s1 hgnetv2_b0 cspresnet50 dpn48b "
        "gernet_s nf_regnet_b0 inception_next_atto edgenext_xx_small pvt_v2_b0 fastvit_t8 resnetv2_18 test_efficientnet"
    )
    for name in plain.split():
        yield Real("timm", name, of("timm", "create_model", name, num_classes=10), picture(), (96, 128))
    for name in ("mobilevit_xxs", "mobilevitv2_050"):
        yield Real("timm", name, of("timm", "create_model", name, num_classes=10), picture(), (64, 128))
    for name in ("vit_tiny_patch16_224", "xcit_nano_12_p16_224", "levit_128s", "tiny_vit_5m_224", "visformer_tiny"):
        made = of("timm", "create_model", name, num_classes=10, **({"img_size": 64} if "vit_tiny" in name else {}))
        yield Real("timm", name, made, picture(), (64, 64) if "vit_tiny" in name else (224, 224))
    made = of("timm", "create_model", "resnet18", features_only=True)
    yield Real("timm", "resnet18 features_only", made, picture(), (96, 128))


def _pytorchcv() -> Iterator[Real]:
    names = (
        "resnet10 preresnet10 bn_vgg11b squeezenet_v1_1 mobilenet_wd4 shufflenet_g3_wd4 shufflenetv2_wd2 menet108_8x1_g3 "
        "igcv3_wd4 darknet_tiny diaresnet10 condensenet74_c4_g4 peleenet fdmobilenet_wd4 sqnxt23_w1 mnasnet_small"
    )
    for name in names.split():
        made = of("pytorchcv", "model_provider.get_model", name, num_classes=10)
        yield Real("pytorchcv", name, made, picture(), (224, 224))


def _smp() -> Iterator[Real]:
    decoders = "Unet UnetPlusPlus FPN PSPNet DeepLabV3 DeepLabV3Plus Linknet MAnet PAN UPerNet Segformer"
    for name in decoders.split():
        encoder = "tu-resnet18" if name in ("Unet", "Segformer", "UPerNet", "PAN") else "efficientnet-b0"
        made = of("segmentation_models_pytorch", name, encoder, encoder_weights=None, classes=2)
        yield Real(
            "segmentation_models_pytorch",
            f"{name} {encoder}",
            made,
            picture(),
            (128, 160) if name == "PAN" else (64, 128),
        )


def _monai() -> Iterator[Real]:
    nets, small = "networks.nets.", {"spatial_dims": 2, "in_channels": 1, "out_channels": 2}
    cube = small | {"spatial_dims": 3}
    table: tuple[tuple[str, dict[str, Any], Given, tuple[int, int]], ...] = (
        ("UNet", small | {"channels": (8, 16, 32), "strides": (2, 2), "num_res_units": 2}, picture(1), (64, 96)),
        ("UNet", cube | {"channels": (8, 16, 32), "strides": (2, 2)}, volume(), (16, 32)),
        ("BasicUNet", small | {"features": (8, 8, 16, 16, 32, 8)}, picture(1), (64, 96)),
        ("BasicUNetPlusPlus", small | {"features": (8, 8, 16, 16, 32, 8)}, picture(1), (64, 96)),
        ("AttentionUnet", small | {"channels": (8, 16, 32), "strides": (2, 2)}, picture(1), (64, 96)),
        ("SegResNet", cube | {"init_filters": 8}, volume(), (16, 32)),
        ("VNet", {"spatial_dims": 3}, volume(), (32, 32)),
        ("DynUNet", small | {"kernel_size": (3, 3, 3), "strides": (1, 2, 2), "upsample_kernel_size": (2, 2)}, picture(1), (64, 96)),
        ("HighResNet", cube, volume(), (16, 24)),
        ("DenseNet121", small, picture(1), (64, 96)),
        ("SEResNet50", {"spatial_dims": 2, "in_channels": 1, "num_classes": 2}, picture(1), (64, 96)),
        ("EfficientNetBN", {"model_name": "efficientnet-b0", "pretrained": False, "spatial_dims": 2, "in_channels": 1, "num_classes": 2}, picture(1), (64, 96)),
        ("resnet18", {"spatial_dims": 3, "n_input_channels": 1, "num_classes": 2}, volume(), (32, 48)),
        ("UNETR", cube | {"img_size": (32, 32, 32), "feature_size": 8, "hidden_size": 48, "mlp_dim": 64, "num_heads": 4}, volume(), (32, 32)),
        ("SwinUNETR", small | {"feature_size": 12}, picture(1), (64, 96)),
        ("AutoEncoder", small | {"channels": (8, 16), "strides": (2, 2)}, picture(1), (32, 48)),
        ("VarAutoEncoder", {"spatial_dims": 2, "out_channels": 1, "in_shape": (1, 32, 32), "latent_size": 4, "channels": (8, 16), "strides": (2, 2)}, picture(1), (32, 32)),
        ("AutoencoderKL", small | {"channels": (8, 16), "num_res_blocks": 1, "attention_levels": (False, False), "norm_num_groups": 4, "latent_channels": 3}, picture(1), (32, 48)),
        ("PatchDiscriminator", {"spatial_dims": 2, "in_channels": 1, "channels": 8}, picture(1), (64, 96)),
        ("Discriminator", {"in_shape": (1, 32, 32), "channels": (8, 16), "strides": (2, 2)}, picture(1), (32, 32)),
    )  # fmt: skip
    for name, named, given, sizes in table:
        yield Real(
            "monai", f"{name} {named.get('spatial_dims', '')}".strip(), of("monai", nets + name, **named), given, sizes
        )


def _spandrel() -> Iterator[Real]:
    table: tuple[tuple[str, dict[str, Any], tuple[int, int]], ...] = (
        ("ESRGAN.RRDB.RRDBNet", {"num_filters": 16, "num_blocks": 2}, (32, 48)),
        ("Compact.SRVGG.SRVGGNetCompact", {"num_in_ch": 3, "num_out_ch": 3, "num_feat": 16, "num_conv": 4, "upscale": 2}, (32, 48)),
        ("SPAN.span.SPAN", {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 16}, (32, 48)),
        ("SwinIR.SwinIR.SwinIR", {"img_size": 32, "embed_dim": 24, "depths": [2, 2], "num_heads": [2, 2], "window_size": 8}, (32, 48)),
        ("RealCUGAN.upcunet_v3.UpCunet2x", {}, (36, 48)),
        ("OmniSR.OmniSR.OmniSR", {"num_feat": 16, "res_num": 1, "up_scale": 2}, (32, 48)),
    )  # fmt: skip
    for name, named, sizes in table:
        folder, module, cls = name.split(".")
        yield Real(
            "spandrel", cls, of("spandrel", f"architectures.{folder}.__arch.{module}.{cls}", **named), picture(), sizes
        )


def _vit_pytorch() -> Iterator[Real]:
    table: tuple[tuple[str, dict[str, Any]], ...] = (
        ("vit.ViT", {"image_size": 64, "patch_size": 16, "num_classes": 10, "dim": 64, "depth": 2, "heads": 4, "mlp_dim": 64}),
        ("simple_vit.SimpleViT", {"image_size": 64, "patch_size": 16, "num_classes": 10, "dim": 64, "depth": 2, "heads": 4, "mlp_dim": 64}),
        ("cct.CCT", {"img_size": 64, "embedding_dim": 64, "n_conv_layers": 2, "kernel_size": 7, "stride": 2, "padding": 3, "num_layers": 2, "num_heads": 4, "num_classes": 10}),
        ("cvt.CvT", {"num_classes": 10, "s1_depth": 1, "s2_depth": 1, "s3_depth": 2}),
        ("mobile_vit.MobileViT", {"image_size": (64, 64), "dims": [32, 40, 48], "channels": [8, 16, 24, 24, 32, 32, 40, 40, 48, 48, 64], "num_classes": 10}),
        ("regionvit.RegionViT", {"dim": (16, 32, 64, 128), "depth": (1, 1, 1, 1), "num_classes": 10}),
        ("crossformer.CrossFormer", {"num_classes": 10, "dim": (32, 64, 128, 256), "depth": (1, 1, 1, 1)}),
    )  # fmt: skip
    for name, named in table:
        size = 224 if "ossf" in name or "region" in name else 64
        yield Real("vit_pytorch", name.split(".")[1], of("vit_pytorch", name, **named), picture(), (size, size))


def _speech() -> Iterator[Real]:
    lobes = "lobes.models."
    small = {
        "channels": [16, 16, 16, 16, 48],
        "attention_channels": 8,
        "lin_neurons": 12,
        "res2net_scale": 4,
        "se_channels": 8,
    }
    yield Real(
        "speechbrain", "ECAPA_TDNN", of("speechbrain", lobes + "ECAPA_TDNN.ECAPA_TDNN", 40, **small), rows(40), (60, 90)
    )
    yield Real(
        "speechbrain",
        "Xvector",
        of("speechbrain", lobes + "Xvector.Xvector", in_channels=24, lin_neurons=16),
        rows(24),
        (60, 90),
    )
    gan = of(
        "speechbrain",
        lobes + "HifiGAN.HifiganGenerator",
        20,
        1,
        "1",
        [[1, 3, 5], [1, 3, 5]],
        [3, 5],
        [8, 8],
        32,
        [4, 4],
        inference_padding=0,
    )
    yield Real("speechbrain", "HifiganGenerator", gan, signal(20), (20, 30))
    yield Real(
        "speechbrain",
        "ConvTasNet masks",
        of("speechbrain", lobes + "conv_tasnet.MaskNet", 16, 16, 24, 3, 3, 2, 2, "gLN", False, "relu"),
        signal(16),
        (50, 80),
    )
    yield Real(
        "encodec",
        "SEANetEncoder",
        of("encodec", "modules.SEANetEncoder", n_filters=8, dimension=16, ratios=[4, 2]),
        signal(),
        (800, 1200),
    )
    yield Real(
        "encodec",
        "SEANetDecoder",
        of("encodec", "modules.SEANetDecoder", n_filters=8, dimension=16, ratios=[4, 2]),
        signal(16),
        (50, 80),
    )
    yield Real("vocos", "VocosBackbone", of("vocos", "models.VocosBackbone", 20, 32, 64, 3), signal(20), (40, 60))
    yield Real(
        "vocos", "VocosResNetBackbone", of("vocos", "models.VocosResNetBackbone", 20, 32, 2), signal(20), (40, 60)
    )
    yield Real(
        "demucs",
        "Demucs",
        of("demucs", "demucs.Demucs", ["a", "b"], channels=8, depth=3, dconv_lstm=9, dconv_attn=9),
        signal(2),
        (2048, 4096),
    )
    yield Real(
        "demucs",
        "HDemucs",
        of("demucs", "hdemucs.HDemucs", ["a", "b"], channels=8, nfft=4096, depth=6),
        signal(2),
        (20480, 24576),
    )
    yield Real(
        "demucs",
        "HTDemucs",
        of(
            "demucs",
            "htdemucs.HTDemucs",
            ["a", "b"],
            channels=8,
            nfft=4096,
            depth=4,
            t_layers=1,
            segment=1,
            samplerate=8000,
        ),
        signal(2),
        (8000, 8000),
    )
    yield Real(
        "conformer", "Conformer", of("conformer", "Conformer", dim=32, depth=2, dim_head=8, heads=2), rows(32), (40, 60)
    )
    yield Real("pytorch_tcn", "TCN", of("pytorch_tcn", "TCN", 8, [16, 16, 16], kernel_size=3), signal(8), (50, 80))
    yield Real("dac", "Encoder", of("dac", "model.dac.Encoder", 8, [2, 4], 16), signal(), (800, 1200))
    yield Real("dac", "Decoder", of("dac", "model.dac.Decoder", 16, 32, [4, 2]), signal(16), (50, 80))


def _named_efficientnet() -> torch.nn.Module:
    ready()
    made: torch.nn.Module = importlib.import_module("efficientnet_pytorch").EfficientNet.from_name("efficientnet-b0")
    return made


def _others() -> Iterator[Real]:
    kornia = "feature."
    for name, given, sizes in (("HardNet", 1, 32), ("SOSNet", 1, 32), ("HyNet", 1, 32), ("TFeat", 1, 32)):
        yield Real("kornia", name, of("kornia", kornia + name, pretrained=False), picture(given), (sizes, sizes))
    yield Real("kornia", "KeyNet", of("kornia", kornia + "KeyNet", pretrained=False), picture(1), (48, 64))
    for name, size in (("bninception", 224), ("se_resnet50", 224), ("xception", 128), ("dpn68", 224)):
        yield Real(
            "pretrainedmodels",
            name,
            of("pretrainedmodels", f"models.{name}", num_classes=1000, pretrained=None),
            picture(),
            (size, size),
        )
    yield Real("efficientnet_pytorch", "efficientnet-b0", _named_efficientnet, picture(), (96, 128))
    for name in ("mobilenetv3_small_075", "mixnet_s", "efficientnet_lite0"):
        yield Real("geffnet", name, of("geffnet", "create_model", name, num_classes=10), picture(), (96, 128))
    yield Real(
        "facenet_pytorch",
        "InceptionResnetV1",
        of("facenet_pytorch", "InceptionResnetV1", classify=True, num_classes=10),
        picture(),
        (96, 128),
    )
    yield Real(
        "facenet_pytorch", "RNet", of("facenet_pytorch", "models.mtcnn.RNet", pretrained=False), picture(), (24, 24)
    )
    yield Real(
        "unet",
        "UNet2D",
        of("unet", "UNet2D", num_encoding_blocks=3, out_channels_first_layer=8, normalization="batch", padding=1),
        picture(1),
        (32, 64),
    )
    yield Real(
        "unet",
        "UNet3D",
        of("unet", "UNet3D", num_encoding_blocks=2, out_channels_first_layer=4, padding=1),
        volume(),
        (16, 24),
    )
    yield Real(
        "compressai", "FactorizedPrior", of("compressai", "models.FactorizedPrior", 16, 24), picture(), (64, 128)
    )
    yield Real("compressai", "Cheng2020Anchor", of("compressai", "models.Cheng2020Anchor", N=16), picture(), (64, 128))
    yield Real("neuralop", "FNO", of("neuralop", "models.FNO", (8, 8), 2, 1, 16, n_layers=2), picture(2), (32, 48))
    yield Real(
        "torchxrayvision",
        "DenseNet",
        of("torchxrayvision", "models.DenseNet", weights=None, num_classes=4, in_channels=1),
        picture(1),
        (64, 96),
    )
    yield Real("resnest", "resnest50", of("resnest", "torch.resnest50", pretrained=False), picture(), (96, 128))


def zoo(match: str = "") -> list[Real]:
    """All of them, or those whose package or name holds ``match``."""
    from benchmarks.zoo_hub import diffusers, transformers

    makers = (_timm, _pytorchcv, _smp, _monai, _spandrel, _vit_pytorch, _speech, _others, transformers, diffusers)
    every = [real for maker in makers for real in maker()]
    Random(SEED).shuffle(every)  # so that a run that is cut short has met every package
    return [real for real in every if match in f"{real.package}: {real.name}"]
