"""Real models given what they do not take."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.zoo_breakages import Breakage, fed, noise, written


def _bytes(*shape: int) -> Any:
    return lambda: torch.randint(0, 255, shape, dtype=torch.uint8)


LAST = r"channels.last|last axis|axis|axes|order|NHWC"
SIZE = r"size|multiple|divis|\d+x\d+|\(\d+, \d+\)"
RANK = r"batch|axis too|axes too|too (few|many)|rank|dimensions"
SKIP = r"skip|join|concat|sum|sizes|odd|multiple|differ"

CASES: tuple[Breakage, ...] = (
    fed("timm: resnet18", noise(2, 64, 64, 3), noise(2, 3, 64, 64), cause=LAST, codes="K030", meant="permute|movedim", title="NHWC"),
    fed("timm: efficientnet_b0", noise(2, 1, 96, 96), noise(2, 3, 96, 96), cause="channel|grey|gray", codes="K001|K002", title="grey"),
    fed("timm: mobilenetv3_small_050", noise(2, 4, 96, 96), noise(2, 3, 96, 96), cause="alpha|RGBA|channel", codes="K001|K002", meant=r":3\]|convert|RGB", title="RGBA"),
    fed("timm: convnext_atto", noise(3, 96, 96), noise(1, 3, 96, 96), cause=RANK, codes="K005", title="no batch"),
    fed("timm: vit_tiny_patch16_224", noise(2, 3, 96, 96), noise(2, 3, 64, 64), cause=r"96.*64|64.*96", title="96 for 64"),
    fed("timm: resnet18", _bytes(2, 3, 64, 64), noise(2, 3, 64, 64), cause="uint8|byte|float|dtype|type", codes="K006", title="bytes"),
    fed("timm: mobilevit_xxs", lambda: torch.randn(2, 3, 64, 64).double(), noise(2, 3, 64, 64), cause="float64|double", codes="K006", title="doubles"),
    fed("timm: regnetx_002", noise(2, 3, 64, 64), noise(2, 3, 64, 64), cause="float16|half", codes="K006", title="half model", change=lambda m: m.half()),
    fed("timm: resnetv2_18", lambda: [torch.randn(3, 64, 64), torch.randn(3, 64, 64)], noise(2, 3, 64, 64), cause="list", meant="stack", title="a list of pictures"),
    fed("timm: levit_128s", noise(2, 3, 192, 192), noise(2, 3, 224, 224), cause=r"192|224|size|resol|attention|position", title="192 for 224"),
    fed("pytorchcv: resnet10", noise(2, 3, 112, 112), noise(2, 3, 224, 224), cause="small|window|kernel|pool", codes="K003|K004", title="112 for 224"),
    fed("pytorchcv: preresnet10", noise(2, 3, 448, 448), noise(2, 3, 224, 224), cause="in_features|2048", codes="K012", title="448 for 224"),
    fed("segmentation_models_pytorch: MAnet efficientnet-b0", noise(1, 3, 100, 100), noise(1, 3, 96, 96), noise(1, 3, 128, 128), cause=SIZE + "|32", title="100 is no multiple of 32"),
    fed("segmentation_models_pytorch: FPN efficientnet-b0", noise(2, 64, 64, 3), noise(2, 3, 64, 64), cause=LAST, codes="K030", meant="permute|movedim", title="NHWC"),
    fed("segmentation_models_pytorch: Linknet efficientnet-b0", noise(3, 64, 64), noise(1, 3, 64, 64), cause=RANK, codes="K005", title="no batch"),
    fed("segmentation_models_pytorch: DeepLabV3 efficientnet-b0", noise(1, 3, 64, 64), noise(1, 3, 64, 64), cause="batch|training|one value|eval", codes="K020", title="batch of one in training", change=lambda m: m.train()),
    fed("monai: UNet 2", noise(1, 1, 32, 32, 32), noise(32, 1, 32, 32), noise(1, 1, 32, 32), cause=RANK + "|volume|slice", codes="K005", title="a volume for a picture"),
    fed("monai: resnet18 3", noise(2, 1, 32, 32), noise(2, 1, 1, 32, 32), cause=RANK + "|volume|slice", codes="K005", title="a slice for a volume"),
    fed("monai: UNet 2", noise(1, 1, 65, 65), noise(1, 1, 64, 64), noise(1, 1, 68, 68), cause=SKIP, codes="K021|K022", title="65 in a U-Net"),
    fed("monai: SwinUNETR 2", noise(1, 1, 50, 50), noise(1, 1, 64, 64), cause=SIZE, title="50 is no multiple of 32"),
    fed("monai: VNet 3", noise(1, 32, 32, 32, 1), noise(1, 1, 32, 32, 32), cause=LAST, codes="K030", title="NDHWC"),
    fed("monai: DynUNet 2", noise(2, 3, 64, 64), noise(2, 1, 64, 64), cause="channel|RGB", codes="K001|K002", title="RGB for one channel"),
    fed("monai: UNETR 3", noise(1, 1, 48, 48, 48), noise(1, 1, 32, 32, 32), cause=r"27|position|size|48|32", title="48 for 32: positions"),
    fed("monai: EfficientNetBN 2", lambda: torch.randn(2, 1, 64, 64).double(), noise(2, 1, 64, 64), cause="float64|double", codes="K006", title="doubles"),
    fed("transformers: ViTForImageClassification", noise(2, 3, 96, 96), noise(2, 3, 64, 64), cause=r"96.*64|64.*96", title="96 for 64"),
    fed("transformers: ResNetForImageClassification", noise(2, 64, 64, 3), noise(2, 3, 64, 64), cause=LAST, codes="K030", meant="permute|movedim", title="NHWC"),
    fed("transformers: ConvNextForImageClassification", noise(2, 4, 64, 64), noise(2, 3, 64, 64), cause="alpha|RGBA|channel", codes="K001|K002", meant=r":3\]|convert|RGB", title="RGBA"),
    fed("transformers: SegformerForSemanticSegmentation", noise(3, 64, 64), noise(1, 3, 64, 64), cause=RANK, codes="K005", title="no batch"),
    fed("transformers: SwinForImageClassification", lambda: [torch.randn(3, 64, 64), torch.randn(3, 64, 64)], noise(2, 3, 64, 64), cause="list", meant="stack", title="a list of pictures"),
    fed("transformers: Wav2Vec2ForCTC", noise(2, 1, 1600), noise(2, 1600), cause=RANK + "|channel", codes="K005", title="a channel axis too many"),
    fed("transformers: UniSpeechModel", noise(2, 24), cause="short|small|window|kernel|reach", codes="K003|K004", meant=r"longer|larger|samples|or more|F\.pad|interpolate", title="a clip of 24 samples"),
    fed("transformers: WhisperModel", lambda: (torch.randn(2, 128, 100), None, torch.randint(3, 99, (2, 4))), lambda: (torch.randn(2, 80, 100), None, torch.randint(3, 99, (2, 4))), cause="mel|channel|80", codes="K001|K002", meant="mel|bins|feature|in_channels=128", title="128 mel bins for 80"),
    fed("transformers: WhisperModel", lambda: (torch.randn(2, 100, 80), None, torch.randint(3, 99, (2, 4))), lambda: (torch.randn(2, 80, 100), None, torch.randint(3, 99, (2, 4))), cause=LAST + "|transpos", codes="K030", meant="transpose|permute|movedim|mT", title="time first"),
    fed("transformers: BertForSequenceClassification", lambda: torch.randint(2, 99, (2, 16)).float(), lambda: torch.randint(2, 99, (2, 16)), cause="integer|long|float|ind", meant="long", title="float ids"),
    fed("transformers: BertForSequenceClassification", lambda: torch.randint(100, 30000, (2, 16)), cause="range|99|vocab|num_embeddings", meant="vocab|num_embeddings|token|0 to 98|0\\.\\.98", title="ids beyond the vocabulary"),
    fed("transformers: DistilBertModel", lambda: torch.randint(2, 99, (16,)), lambda: torch.randint(2, 99, (1, 16)), cause=RANK + "|unpack|shape", codes="K005", title="ids without a batch"),
    fed("transformers: GPT2LMHeadModel", lambda: torch.randint(2, 99, (1, 1100)), lambda: torch.randint(2, 99, (1, 1024)), cause="1024|1023|position|longe", title="1100 tokens for 1024 positions"),
    fed("transformers: ASTModel", noise(2, 48, 32), noise(2, 64, 32), cause="position|size|48|64|frames", title="48 frames for 64"),
    fed("transformers: MobileNetV2ForImageClassification", noise(2, 3, 64, 64), noise(2, 3, 64, 64), cause="float16|half", codes="K006", title="half model", change=lambda m: m.half()),
    fed("diffusers: UNet2DModel", lambda: (torch.randn(1, 3, 17, 17), torch.tensor(3)), lambda: (torch.randn(1, 3, 16, 16), torch.tensor(3)), lambda: (torch.randn(1, 3, 18, 18), torch.tensor(3)), cause=SKIP, codes="K021|K022", title="17 in a U-Net"),
    fed("diffusers: UNet2DConditionModel", lambda: (torch.randn(2, 4, 16, 16), torch.tensor(3), torch.randn(2, 5, 24)), lambda: (torch.randn(2, 4, 16, 16), torch.tensor(3), torch.randn(2, 5, 16)), cause="24", codes="K012", title="text of width 24 for 16"),
    fed("diffusers: AutoencoderKL", noise(1, 32, 32, 3), noise(1, 3, 32, 32), cause=LAST, codes="K030", meant="permute|movedim", title="NHWC"),
    fed("diffusers: ControlNetModel", lambda: (torch.randn(1, 4, 16, 16), torch.tensor(3), torch.randn(1, 5, 16), torch.randn(1, 3, 16, 16)), lambda: (torch.randn(1, 4, 16, 16), torch.tensor(3), torch.randn(1, 5, 16), torch.randn(1, 3, 32, 32)), cause=r"\b8\b|size|sum|differ", codes="K021|K022", meant=r"interpolate|32", title="a control picture half as large"),
    fed("diffusers: T2IAdapter", _bytes(1, 3, 32, 32), noise(1, 3, 32, 32), cause="uint8|byte|float|type", codes="K006", title="bytes"),
    fed("spandrel: SRVGGNetCompact", noise(1, 4, 32, 32), noise(1, 3, 32, 32), cause="alpha|RGBA|channel", codes="K001|K002", meant=r":3\]|convert|RGB", title="RGBA"),
    fed("spandrel: RRDBNet", noise(32, 32, 3), noise(1, 3, 32, 32), cause=LAST + "|channel", codes="K030|K005", meant="permute|movedim", title="one HWC picture"),
    fed("demucs: Demucs", noise(2, 1, 2048), noise(2, 2, 2048), cause="channel|mono|stereo", codes="K001|K002", title="mono for stereo"),
    fed("demucs: HTDemucs", noise(2, 8000), noise(1, 2, 8000), cause=RANK + "|unpack|shape", codes="K005", title="no batch"),
    fed("encodec: SEANetEncoder", noise(2, 800), noise(2, 1, 800), cause=RANK + "|channel", codes="K005|K001|K002", title="no channel axis"),
    fed("vocos: VocosBackbone", noise(2, 40, 20), noise(2, 20, 40), cause=LAST + "|transpos", codes="K030", meant="transpose|permute|movedim|mT", title="time first"),
    fed("speechbrain: ECAPA_TDNN", noise(2, 40, 60), noise(2, 60, 40), cause=LAST + "|transpos", codes="K030", meant="transpose|permute|movedim|mT", title="features first"),
    fed("kornia: HardNet", noise(4, 1, 64, 64), noise(4, 1, 32, 32), cause=r"32", title="64 for 32"),
    fed("kornia: TFeat", noise(4, 3, 32, 32), noise(4, 1, 32, 32), cause="channel|shape|RGB|1", codes="K001|K002", title="RGB for grey"),
    fed("facenet_pytorch: InceptionResnetV1", noise(2, 3, 48, 48), noise(2, 3, 96, 96), cause="small|window|kernel|reach", codes="K003|K004", title="faces of 48"),
    fed("vit_pytorch: ViT", noise(2, 3, 60, 60), noise(2, 3, 64, 64), cause=r"60|16|divis|multiple", meant="64|48", title="60 for patches of 16"),
    fed("vit_pytorch: CCT", noise(2, 64, 64, 3), noise(2, 3, 64, 64), cause=LAST, codes="K030", meant="permute|movedim", title="NHWC"),
    written("timm: convnext head of 512", '''
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = timm.create_model("convnext_atto", num_classes=0)
        self.head = nn.Linear(512, 5)
    def forward(self, x):
        return self.head(self.backbone(x))
def make(): return Net()
def given(): return torch.randn(2, 3, 64, 64)
''', cause="in_features|320", codes="K012", mend=("512", "320")),
    written("timm: maps into a Linear", '''
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = timm.create_model("resnet18", num_classes=0, global_pool="")
        self.head = nn.Linear(512, 5)
    def forward(self, x):
        x = self.backbone(x)
        return self.head(x)
def make(): return Net()
def given(): return torch.randn(2, 3, 96, 96)
''', cause="flatten|pool", codes="K031", mend=("self.head(x)", "self.head(x.mean((2, 3)))")),
    written("timm: resnet18 fc of 2048", '''
def make():
    model = timm.create_model("resnet18")
    model.fc = nn.Linear(2048, 5)
    return model
def given(): return torch.randn(2, 3, 64, 64)
''', cause="in_features|512", codes="K012", mend=("2048", "512")),
    written("timm: decoder on features", '''
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = timm.create_model("resnet18", features_only=True)
        self.up = nn.ConvTranspose2d(256, 64, 2, stride=2)
        self.mix = nn.Conv2d(64 + 256, 3, 3, padding=1)
    def forward(self, x):
        skips = self.encoder(x)
        x = self.up(skips[-1])
        return self.mix(torch.cat([x, skips[-2]], 1))
def make(): return Net()
def given(): return torch.randn(2, 3, 64, 64)
''', cause="channel|512", codes="K001|K002", mend=("ConvTranspose2d(256,", "ConvTranspose2d(512,")),
    written("timm: odd picture in a user's decoder", '''
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = timm.create_model("resnet18", features_only=True)
        self.up = nn.ConvTranspose2d(512, 64, 2, stride=2)
        self.mix = nn.Conv2d(64 + 256, 3, 3, padding=1)
    def forward(self, x):
        skips = self.encoder(x)
        x = self.up(skips[-1])
        return self.mix(torch.cat([x, skips[-2]], dim=1))
def make(): return Net()
def given(): return torch.randn(2, 3, 80, 80)
''', cause=SKIP, codes="K021|K022", mend=("self.up(skips[-1])", "F.interpolate(self.up(skips[-1]), size=(5, 5))"),
        also=((2, 3, 4, 4), (2, 3, 6, 6))),  # pictures of 64 or 96
    written("timm: a comma behind the call", '''
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = timm.create_model("resnet18", num_classes=0)
        self.head = nn.Linear(512, 5)
    def forward(self, x):
        x = self.backbone(x),
        return self.head(x)
def make(): return Net()
def given(): return torch.randn(2, 3, 64, 64)
''', cause="tuple|comma", mend=("self.backbone(x),", "self.backbone(x)")),
    written("transformers: an output object into a Linear", '''
from transformers import ViTConfig, ViTModel
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.vit = ViTModel(ViTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, image_size=32))
        self.head = nn.Linear(32, 5)
    def forward(self, x):
        x = self.vit(x)
        return self.head(x)
def make(): return Net()
def given(): return torch.randn(2, 3, 32, 32)
''', cause="BaseModelOutput|output object|fields|not a tensor|last_hidden|tuple", meant="last_hidden_state|pooler_output|\\[0\\]|\\[1\\]", mend=("self.vit(x)", "self.vit(x).last_hidden_state")),
    written("efficientnet_pytorch: three means for four channels", '''
from efficientnet_pytorch import EfficientNet
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.net = EfficientNet.from_name("efficientnet-b0", num_classes=5)
    def forward(self, x):
        x = x - self.mean
        return self.net(x)
def make(): return Net()
def given(): return torch.randn(2, 4, 64, 64)
''', cause="alpha|RGBA|channel|4.*3", codes="K001|K002", meant=r":3\]|convert|RGB", mend=("(2, 4,", "(2, 3,")),
)  # fmt: skip
