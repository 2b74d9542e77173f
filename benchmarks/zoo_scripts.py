"""Training scripts round real models that fail at a loss, at a weight file, or where a model is made."""

from __future__ import annotations

from benchmarks.zoo_breakages import Breakage, scripted

TRAIN = """
torch.manual_seed(0)
model = timm.create_model("test_resnet", num_classes={classes}{more})
images = torch.randn({batch}, 3, 64, 64)
"""


def _train(classes: int = 10, batch: int = 4, more: str = "") -> str:
    return TRAIN.format(classes=classes, batch=batch, more=more)


SCRIPTS: tuple[Breakage, ...] = (
    scripted("CrossEntropy with whole one-hot rows", _train() + """
target = F.one_hot(torch.tensor([1, 2, 3, 4]), 10)
loss = nn.CrossEntropyLoss()(model(images), target)
""", cause=r"one.hot|probabilit|float|int64|Long|\(4, 10\)", meant=r"argmax|float"),
    scripted("CrossEntropy with a column of classes", _train() + """
target = torch.tensor([[1], [2], [3], [4]])
loss = F.cross_entropy(model(images), target)
""", cause=r"\(4, 1\)|target", meant=r"squeeze|view\(-1\)|flatten|\[:, 0\]"),
    scripted("CrossEntropy with classes from one", _train() + """
target = torch.tensor([1, 5, 9, 10])
loss = F.cross_entropy(model(images), target)
""", cause=r"10.*(range|bounds|class|0 to 9)|(range|bounds|class).*10", meant=r"- 1|11"),
    scripted("CrossEntropy with float classes", _train() + """
target = torch.tensor([1.0, 5.0, 9.0, 3.0])
loss = F.cross_entropy(model(images), target)
""", cause="float|integer|int64|long", meant=r"long|int64"),
    scripted("BCEWithLogits: (4, 1) and (4,)", _train(classes=1) + """
target = torch.tensor([0.0, 1.0, 1.0, 0.0])
loss = nn.BCEWithLogitsLoss()(model(images), target)
""", cause=r"target", meant=r"unsqueeze|\[:, None\]|squeeze|view"),
    scripted("BCE with a mask of 0 and 255", """
import segmentation_models_pytorch as smp
model = smp.Unet("tu-resnet18", encoder_weights=None, classes=1, activation="sigmoid")
masks = torch.randint(0, 2, (2, 1, 64, 64)).float() * 255
loss = nn.BCELoss()(model(torch.randn(2, 3, 64, 64)), masks)
""", cause=r"between|0 and 1|255|range", meant=r"255"),
    scripted("segmentation: a mask with a channel axis", """
import segmentation_models_pytorch as smp
model = smp.Unet("tu-resnet18", encoder_weights=None, classes=3)
masks = torch.randint(0, 3, (2, 1, 64, 64))
loss = nn.CrossEntropyLoss()(model(torch.randn(2, 3, 64, 64)), masks)
""", cause="target|mask|axis|channel", meant=r"squeeze\(1\)|\[:, 0\]|squeeze\(dim=1\)"),
    scripted("segmentation: logits at a quarter of the mask", """
from transformers import SegformerConfig, SegformerForSemanticSegmentation
config = SegformerConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=32, num_labels=3)
model = SegformerForSemanticSegmentation(config)
logits = model(torch.randn(2, 3, 64, 64)).logits
loss = F.cross_entropy(logits, torch.randint(0, 3, (2, 64, 64)))
""", cause=r"16.*64|64.*16", meant=r"interpolate|[Uu]psample|resize"),
    scripted("view(-1, n) made rows of positions", """
backbone = timm.create_model("resnet18", num_classes=0, global_pool="")
head = nn.Linear(512 * 2 * 2, 10)
features = backbone(torch.randn(4, 3, 128, 128))
rows = features.view(-1, 512 * 2 * 2)
loss = F.cross_entropy(head(rows), torch.tensor([1, 2, 3, 4]))
""", cause=r"view|16.*4|batch", meant=r"view\(\w+(\.size\(0\)|\.shape\[0\]), -1\)|flatten\(1\)|flatten\(\w+, 1\)|reshape\(\w+(\.size\(0\)|\.shape\[0\]), -1\)"),
    scripted("numpy of an output with a gradient", _train() + """
predictions = model(images).numpy()
""", cause="grad", meant="detach|no_grad"),
    scripted("a loss of all pictures, backward", _train() + """
target = torch.tensor([1, 2, 3, 4])
loss = nn.CrossEntropyLoss(reduction="none")(model(images), target)
loss.backward()
""", cause="scalar|one number|reduction|mean|shape", meant="mean|sum|reduction"),
    scripted("backward twice", _train() + """
target = torch.tensor([1, 2, 3, 4])
loss = nn.CrossEntropyLoss()(model(images), target)
loss.backward()
loss.backward()
""", cause="twice|second|graph|freed|again", meant="retain_graph|once|again|forward|anew"),
    scripted("squeeze at batch one", _train(batch=1, more=", global_pool='avg'") + """
scores = model(images).squeeze()
loss = F.cross_entropy(scores.softmax(dim=1), torch.tensor([1]))
""", cause="squeeze|batch|axis|dimension", meant=r"squeeze\((-1|1|dim|.*, -?1)|flatten|unsqueeze|without|remove|drop"),
    scripted("a target on the wrong scale: MSE of shapes that do not fit", _train(classes=1, batch=4) + """
target = torch.randn(3, 1)
loss = F.mse_loss(model(images), target)
""", cause=r"\b4\b.*\b3\b|\b3\b.*\b4\b", meant="drop_last|same number|one target|targets? for each"),
    scripted("a head of other classes in a weight file", """
weights = timm.create_model("test_resnet", num_classes=1000).state_dict()
model = timm.create_model("test_resnet", num_classes=10)
model.load_state_dict(weights)
""", cause=r"1000.*10|fc|head|class", meant=r"num_classes|strict=False|pop|del |startswith|leave \S+ out"),
    scripted("a weight file from DataParallel", """
weights = {"module." + k: v for k, v in timm.create_model("test_resnet", num_classes=10).state_dict().items()}
model = timm.create_model("test_resnet", num_classes=10)
model.load_state_dict(weights)
""", cause=r"module\.|DataParallel|prefix", meant=r"module\.|removeprefix|replace|DataParallel"),
    scripted("heads that do not divide the width", """
from transformers import BertConfig, BertModel
model = BertModel(BertConfig(hidden_size=30, num_attention_heads=4, num_hidden_layers=1, intermediate_size=64))
""", cause="multiple|divi|30", meant="28|32|3|5|6|10|15"),
    scripted("groups that do not divide the channels", """
from diffusers import UNet2DModel
model = UNet2DModel(block_out_channels=(16, 48), norm_num_groups=32, layers_per_block=1,
                    down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"))
""", cause="group|divi", codes="K027", meant="16|8|4"),
    scripted("everything is frozen", _train() + """
for p in model.parameters():
    p.requires_grad = False
loss = model(images).sum()
loss.backward()
""", cause="grad|frozen|learns", meant="requires_grad"),
)  # fmt: skip
