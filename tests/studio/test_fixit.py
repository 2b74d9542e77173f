"""What was pasted: the flow, the gate, the cause, and fixes that mend the text; texts that are fine have no gate.

Cases follow public reports (PyTorch's forum and issues, Stack Overflow): the code that has to be named is PyTorch's own
failure under ``kaiyan diagnose``, a fix that works is run again here, by this test.
"""

# ruff: noqa: E501 (tables of texts)
from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import nn

from kaiyan.studio.desk import Desk

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"


def asked(text: str, **facts: str) -> dict[str, Any]:
    """What the page is answered."""
    facts_ = Desk().answer({"kind": "diagnose", "text": text, **facts}, []).facts
    json.dumps(facts_, allow_nan=False)
    return facts_


def rows(*layers: str, x: str = "torch.randn(2, 3, 32, 32)") -> str:
    """A Sequential of layers, and its input."""
    inner = "\n".join(f"    {layer}," for layer in layers)
    return f"model = nn.Sequential(\n{inner}\n)\nx = {x}\ny = model(x)\n"


def net(made: str, forward: str, x: str = "torch.randn(2, 3, 32, 32)") -> str:
    """A class, and its input."""
    init = "\n".join(f"        {line}" for line in made.split("\n"))
    steps = "\n".join(f"        {line}" for line in forward.split("\n"))
    return (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{init}\n\n"
        f"    def forward(self, x):\n{steps}\n\nnet = Net()\nx = {x}\ny = net(x)\n"
    )


BROKEN: dict[str, tuple[str, str]] = {
    "linear after pools": (
        "K012",
        rows(
            "nn.Conv2d(1, 8, 4)",
            "nn.MaxPool2d(2)",
            "nn.Conv2d(8, 16, 3)",
            "nn.MaxPool2d(2)",
            "nn.Flatten()",
            "nn.Linear(144, 10)",
            x="torch.randn(4, 1, 28, 28)",
        ),
    ),
    "linear in a class": (
        "K012",
        net(
            "self.conv = nn.Conv2d(3, 16, 3)\nself.fc = nn.Linear(400, 10)",
            "x = F.max_pool2d(F.relu(self.conv(x)), 2)\nx = x.view(x.size(0), -1)\nreturn self.fc(x)",
        ),
    ),
    "linear of 50x50": (
        "K012",
        net(
            "self.c1 = nn.Conv2d(1, 32, 5)\nself.c2 = nn.Conv2d(32, 64, 5)\nself.fc1 = nn.Linear(64 * 4 * 4, 512)",
            "x = F.max_pool2d(self.c1(x), 2)\nx = F.max_pool2d(self.c2(x), 2)\nreturn self.fc1(torch.flatten(x, 1))",
            "torch.randn(8, 1, 50, 50)",
        ),
    ),
    "two linears": (
        "K012",
        rows("nn.Flatten()", "nn.Linear(784, 128)", "nn.ReLU()", "nn.Linear(64, 10)", x="torch.randn(2, 1, 28, 28)"),
    ),
    "channels of the next": ("K001", rows("nn.Conv2d(3, 16, 3)", "nn.ReLU()", "nn.Conv2d(32, 64, 3)")),
    "channels in a class": (
        "K001",
        net("self.a = nn.Conv2d(3, 16, 3)\nself.b = nn.Conv2d(8, 4, 1)", "return self.b(self.a(x))"),
    ),
    "grey for colour": ("K001", rows("nn.Conv2d(3, 16, 3)", x="torch.randn(1, 1, 28, 28)")),
    "alpha": ("K001", rows("nn.Conv2d(3, 8, 7)", x="torch.randn(1, 4, 32, 32)")),
    "channels last": (
        "K030",
        HEAD + "conv = nn.Conv2d(3, 10, 3)\nimage = torch.rand(1, 361, 424, 3)\ny = conv(image)\n",
    ),
    "channels last, inline": (
        "K030",
        "model = nn.Sequential(nn.Conv2d(3, 10, 3), nn.ReLU())\nmodel(torch.rand(1, 61, 42, 3))\n",
    ),
    "sequence last": ("K030", rows("nn.Conv1d(8, 16, 3)", x="torch.randn(32, 10, 8)")),
    "same with a stride": ("K008", rows("nn.Conv2d(3, 16, 3, stride=2, padding='same')", "nn.ReLU()")),
    "same by place": ("K008", rows("nn.Conv2d(3, 16, 3, 2, 'same')")),
    "same in capitals": ("K009", rows("nn.Conv2d(3, 16, 3, padding='SAME')")),
    "same in a class": (
        "K008",
        net("self.stem = nn.Conv2d(3, 32, kernel_size=3, stride=2, padding='same')", "return self.stem(x)"),
    ),
    "kernel too large": ("K003", rows("nn.Conv2d(3, 8, 7)", "nn.MaxPool2d(4)", "nn.Conv2d(8, 8, 9)")),
    "kernel of the first": ("K003", rows("nn.Conv2d(1, 8, 9)", x="torch.randn(1, 1, 6, 6)")),
    "pooled away": (
        "K004",
        rows(
            "nn.Conv2d(3, 8, 3)", "nn.MaxPool2d(2)", "nn.MaxPool2d(2)", "nn.MaxPool2d(2)", x="torch.randn(1, 3, 8, 8)"
        ),
    ),
    "groups": ("K027", rows("nn.Conv2d(3, 10, 3)", "nn.Conv2d(10, 16, 3, groups=4)")),
    "groups out": ("K027", rows("nn.Conv2d(3, 8, 3)", "nn.Conv2d(8, 10, 3, groups=8)")),
    "no batch": (
        "K005",
        net(
            "self.conv = nn.Conv2d(3, 8, 3)\nself.fc = nn.Linear(8 * 30 * 30, 10)",
            "x = F.relu(self.conv(x))\nx = torch.flatten(x, 1)\nreturn self.fc(x)",
            "torch.randn(3, 32, 32)",
        ),
    ),
    "no batch, no channel": ("K005", rows("nn.Conv2d(1, 8, 3)", x="torch.randn(28, 28)")),
    "conv2d on flat": ("K005", rows("nn.Conv2d(3, 8, 3)", "nn.Flatten()", "nn.Conv2d(8, 8, 3)")),
    "no flatten": ("K031", rows("nn.Conv2d(3, 8, 3, stride=2)", "nn.AdaptiveAvgPool2d(1)", "nn.Linear(8, 10)")),
    "no flatten in a class": (
        "K031",
        net(
            "self.conv = nn.Conv2d(3, 8, 3)\nself.pool = nn.AdaptiveAvgPool2d(1)\nself.fc = nn.Linear(8, 10)",
            "x = self.pool(self.conv(x))\nreturn self.fc(x)",
        ),
    ),
    "flatten took the batch": (
        "K031",
        net(
            "self.conv = nn.Conv2d(3, 4, 3)\nself.fc = nn.Linear(4 * 30 * 30, 10)",
            "x = torch.flatten(self.conv(x))\nreturn self.fc(x)",
        ),
    ),
    "batchnorm": ("K018", rows("nn.Conv2d(3, 32, 3)", "nn.BatchNorm2d(64)")),
    "batchnorm in a class": (
        "K018",
        net("self.conv = nn.Conv2d(3, 16, 3)\nself.bn = nn.BatchNorm2d(3)", "return F.relu(self.bn(self.conv(x)))"),
    ),
    "groupnorm": ("K018", rows("nn.Conv2d(3, 30, 3)", "nn.GroupNorm(3, 24)")),
    "layernorm": ("K018", rows("nn.Linear(32, 16)", "nn.LayerNorm(8)", x="torch.randn(4, 32)")),
    "batchnorm of two axes": ("K005", rows("nn.Linear(32, 16)", "nn.BatchNorm2d(16)", x="torch.randn(4, 32)")),
    "skip off by one": (
        "K021",
        net(
            "self.down = nn.Conv2d(3, 16, 3, stride=2, padding=1)\nself.up = nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1)",
            "y = self.up(F.relu(self.down(x)))\nreturn x + y",
        ),
    ),
    "skip channels": ("K021", net("self.a = nn.Conv2d(3, 16, 3, padding=1)", "return x + self.a(x)")),
    "cat sizes": (
        "K022",
        net(
            "self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)\nself.up = nn.ConvTranspose2d(8, 8, 2, stride=2)",
            "y = self.up(self.down(x))\nreturn torch.cat([x, y], 1)",
            "torch.randn(1, 3, 33, 33)",
        ),
    ),
    "transposed channels": ("K002", rows("nn.Conv2d(3, 8, 3)", "nn.ConvTranspose2d(16, 3, 2, stride=2)")),
    "output_padding": ("K015", rows("nn.ConvTranspose2d(3, 8, 3, stride=1, output_padding=1)")),
    "reflects too far": (
        "K013",
        rows("nn.Conv2d(3, 8, 9, padding=4, padding_mode='reflect')", x="torch.randn(1, 3, 4, 4)"),
    ),
    "padding_mode": ("K028", rows("nn.Conv2d(3, 8, 3, padding=1, padding_mode='mirror')")),
    "view of the wrong size": (
        "K026",
        net(
            "self.conv = nn.Conv2d(3, 8, 3)\nself.fc = nn.Linear(400, 10)",
            "x = self.conv(x)\nx = x.view(-1, 401)\nreturn self.fc(x)",
        ),
    ),
    "view after permute": (
        "K029",
        net("self.conv = nn.Conv2d(3, 8, 3)", "x = self.conv(x).permute(0, 2, 3, 1)\nreturn x.view(x.size(0), -1)"),
    ),
    "self forgotten": ("K034", net("self.conv = nn.Conv2d(3, 8, 3)", "return conv(x)")),
    "attribute of another name": ("K033", net("self.conv1 = nn.Conv2d(3, 8, 3)", "return self.conv(x)")),
    "lstm in a row": ("K044", rows("nn.LSTM(8, 16, batch_first=True)", "nn.Linear(16, 4)", x="torch.randn(2, 5, 8)")),
    "lstm features": ("K045", rows("nn.LSTM(8, 16, batch_first=True)", x="torch.randn(2, 5, 9)")),
    "pixel shuffle": ("K041", rows("nn.Conv2d(3, 10, 3)", "nn.PixelShuffle(2)")),
    "prelu": ("K047", rows("nn.Conv2d(3, 8, 3)", "nn.PReLU(16)")),
    "embedding of floats": ("K048", rows("nn.Embedding(10, 4)", x="torch.randn(2, 5)")),
    "lines of layers": ("K001", "nn.Conv2d(3, 16, 3),\nnn.ReLU(),\nnn.Conv2d(32, 8, 3),\n"),
    "block of one's own": (
        "K001",
        HEAD
        + "def conv_bn(i, o):\n    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())\n\nmodel = nn.Sequential(conv_bn(3, 16), conv_bn(16, 32), conv_bn(64, 64))\nmodel(torch.randn(2, 3, 16, 16))\n",
    ),
    "basic block": (
        "K021",
        HEAD
        + "class Block(nn.Module):\n    def __init__(self, i, o, stride=1):\n        super().__init__()\n        self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)\n        self.bn1 = nn.BatchNorm2d(o)\n        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)\n        self.bn2 = nn.BatchNorm2d(o)\n\n    def forward(self, x):\n        y = F.relu(self.bn1(self.conv1(x)))\n        y = self.bn2(self.conv2(y))\n        y += x\n        return F.relu(y)\n\nmodel = nn.Sequential(Block(16, 16), Block(16, 32, 2))\nmodel(torch.randn(1, 16, 8, 8))\n",
    ),
}
UNMENDED = {
    "basic block",
    "lstm in a row",
    "view of the wrong size",
}
"""Those whose fix is more than a line: what has to be named is named."""

FINE: dict[str, str] = {
    "lenet": net("self.c1 = nn.Conv2d(1, 6, 5)\nself.c2 = nn.Conv2d(6, 16, 5)\nself.f = nn.Linear(16 * 4 * 4, 10)", "x = F.max_pool2d(F.relu(self.c1(x)), 2)\nx = F.max_pool2d(F.relu(self.c2(x)), 2)\nreturn self.f(x.view(-1, 16 * 4 * 4))", "torch.randn(4, 1, 28, 28)"),
    "rows": rows("nn.Conv2d(3, 8, 3, padding='same')", "nn.BatchNorm2d(8)", "nn.ReLU(inplace=True)", "nn.AdaptiveAvgPool2d(1)", "nn.Flatten()", "nn.Linear(8, 10)"),
    "a line": "nn.Conv2d(3, 16, 3)",
    "lines": "nn.Conv2d(3, 16, 3, padding=1)\nnn.ReLU()\nnn.MaxPool2d(2)\n",
    "functions": "x = torch.randn(1, 4, 10, 10)\nw = torch.randn(8, 2, 3, 3)\ny = F.conv2d(x, w, stride=2, groups=2)\n",
    "list of layers": net("self.layers = nn.ModuleList([nn.Conv2d(3, 3, 3, padding=1) for _ in range(4)])", "for i, layer in enumerate(self.layers):\n    x = x + layer(x) if i % 2 else layer(x)\nreturn x.mean(dim=(2, 3))"),
    "loop of rows": net("layers = []\nc = 3\nfor n in (8, 16):\n    layers += [nn.Conv2d(c, n, 3), nn.ReLU()]\n    c = n\nself.body = nn.Sequential(*layers)", "return self.body(x)"),
    "without input": f"{HEAD}class Net(nn.Module):\n    def __init__(self, num_classes):\n        super().__init__()\n        self.f = nn.Conv2d(1, 4, 3)\n        self.g = nn.Linear(4 * 26 * 26, num_classes)\n    def forward(self, x):\n        return self.g(torch.flatten(self.f(x), start_dim=1))\n",
    "prompts": ">>> m = nn.Conv1d(16, 33, 3, stride=2)\n>>> input = torch.randn(20, 16, 50)\n>>> output = m(input)\n",
    "fence": "```python\nmodel = nn.Sequential(nn.Linear(4, 2))\n```",
    "full width": "nn.Conv2d（3，16，3）",
    "indented": "    self.a = nn.Conv2d(3, 8, 3)\n    self.b = nn.Conv2d(8, 8, 3)\n",
    "methods": "def __init__(self):\n    super().__init__()\n    self.a = nn.Conv2d(3, 8, 3)\ndef forward(self, x):\n    return self.a(x)\n",
    "unet": net("self.d = nn.Conv2d(3, 8, 3, padding=1)\nself.p = nn.MaxPool2d(2)\nself.m = nn.Conv2d(8, 16, 3, padding=1)\nself.u = nn.ConvTranspose2d(16, 8, 2, stride=2)\nself.o = nn.Conv2d(16, 2, 1)", "a = self.d(x)\nb = self.u(self.m(self.p(a)))\nreturn self.o(torch.cat([a, b], dim=1))"),
    "torchvision's way": HEAD + "class ConvBNReLU(nn.Sequential):\n    def __init__(self, i, o, k=3, s=1, groups=1):\n        padding = (k - 1) // 2\n        super().__init__(nn.Conv2d(i, o, k, s, padding, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU6(inplace=True))\n\nmodel = nn.Sequential(ConvBNReLU(3, 32, s=2), ConvBNReLU(32, 32, groups=32))\nprint(model(torch.randn(1, 3, 64, 64)).shape)\n",
    "attention": net("self.q = nn.Linear(16, 48)\nself.o = nn.Linear(16, 16)", "b, n, c = x.shape\nq, k, v = self.q(x).reshape(b, n, 3, 4, c // 4).permute(2, 0, 3, 1, 4)\na = (q @ k.transpose(-2, -1)).softmax(-1)\nreturn self.o((a @ v).transpose(1, 2).reshape(b, n, c))", "torch.randn(2, 7, 16)"),
    "lstm": net("self.r = nn.LSTM(8, 16, batch_first=True)\nself.f = nn.Linear(16, 2)", "y, (h, c) = self.r(x)\nreturn self.f(y[:, -1])", "torch.randn(2, 5, 8)"),
    "main": f"{HEAD}def main():\n    model = nn.Sequential(nn.Conv2d(3, 8, 3))\n    y = model(torch.randn(1, 3, 8, 8))\n\nif __name__ == '__main__':\n    main()\n",
    "own numbers": HEAD + "width = 16\nmodel = nn.Sequential(nn.Conv2d(3, width, 3), nn.Conv2d(width, width * 2, 3))\n",
    "training": HEAD + "model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).to('cuda')\ncriterion = nn.CrossEntropyLoss()\noptimizer = torch.optim.Adam(model.parameters(), lr=1e-3)\nx = torch.randn(5, 3, 2, 2)\nout = model(x)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_the_cause_is_named_and_a_fix_mends_the_text(name: str) -> None:
    code, text = BROKEN[name]
    found = asked(text)
    assert found["gate"]["kind"] == "error"
    assert found["diagnosis"]["code"] == code
    works = [fix for fix in found["fixes"] if fix["outcome"] == "works" and (fix["text"] or fix["shape"])]
    assert works or name in UNMENDED
    for fix in works:
        again = asked(fix["text"] or text, shape=fix["shape"] or found["input"]["shape"])
        assert again["gate"] is None, fix["words"]["en"]
        assert again["output"]


@pytest.mark.parametrize("name", FINE)
def test_what_is_fine_has_no_gate(name: str) -> None:
    found = asked(FINE[name])
    assert found["gate"] is None
    assert found["diagnosis"] is None
    assert found["flow"]


def test_the_flow_is_what_torch_computes() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(392, 10))
    text = rows("nn.Conv2d(3, 8, 3, stride=2)", "nn.ReLU()", "nn.MaxPool2d(2)", "nn.Flatten()", "nn.Linear(392, 10)")
    found, x = asked(text), torch.randn(2, 3, 32, 32)
    for step, layer in zip(found["flow"], model, strict=True):
        x = layer(x)
        assert step["out"] == [list(x.shape)]
        assert text[slice(*step["span"])] == step["code"]
    assert found["parameters"] == sum(p.numel() for p in model.parameters())


def test_only_the_place_is_changed() -> None:
    text = "model = nn.Sequential(\n    nn.Conv2d( 3,16 , 3),  # 第一层 👁\n    nn.BatchNorm2d(\n        8 ),\n)\nmodel(torch.randn(2, 3, 8, 8))"
    found = asked(text)
    assert found["fixes"][0]["text"] == text.replace("8 ),", "16 ),")
    span = found["gate"]["span"]
    units = text.encode("utf-16-le")
    assert units[2 * span[0] : 2 * span[1]].decode("utf-16-le") == "nn.BatchNorm2d(\n        8 )"


def test_a_message_alone_is_explained() -> None:
    found = asked("RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x2704 and 400x120)")
    assert found["diagnosis"]["code"] == "K012"
    assert found["flow"] == []
    assert "2704" in found["diagnosis"]["cause"]["en"]


def test_the_input_that_fails_in_the_pasted_words_is_found() -> None:
    code = net(
        "self.conv = nn.Conv2d(1, 8, 3)\nself.fc = nn.Linear(100, 10)", "return self.fc(torch.flatten(self.conv(x), 1))"
    )
    code = code.partition("net = Net()")[0]
    found = asked(f"{code}\nRuntimeError: mat1 and mat2 shapes cannot be multiplied (16x7200 and 100x10)")
    assert found["input"]["shape"] == "16x1x32x32"


def test_what_is_not_understood_is_named_and_the_rest_goes_on() -> None:
    text = net("self.a = nn.Conv2d(3, 8, 3)\nself.b = MyBlock(8)", "x = self.a(x)\nx = self.b(x)\nreturn x")
    found = asked(text)
    assert found["gate"]["kind"] == "unread"
    assert found["flow"][0]["out"] == [[2, 8, 30, 30]]
    assert any("MyBlock" in one["words"]["en"] for one in found["unread"])


def test_a_shape_can_be_given() -> None:
    found = asked("nn.Sequential(nn.Conv2d(3, 8, 3))", shape="2×3×10×12")
    assert found["output"] == [[2, 8, 8, 10]]
    assert asked("nn.Conv2d(3, 8, 3)", shape="2y3")["refusal"]["code"] == "paste-shape"


def test_one_click_after_the_other_mends_what_fails_twice() -> None:
    text = rows("nn.Conv2d(3, 16, 3)", "nn.BatchNorm2d(8)", "nn.Conv2d(32, 8, 3)", "nn.Flatten()", "nn.Linear(10, 2)")
    for _ in range(6):
        found = asked(text)
        if found["gate"] is None:
            break
        text = next(fix["text"] for fix in found["fixes"] if fix["text"])
    assert asked(text)["gate"] is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nn.Conv2d(1, 1, 3, padding=(0, 1, 0, 1))(torch.randn(1, 1, 5, 5))", "expected padding to be"),
        ("nn.Conv2d(1, 1, 3, stride=(1, 1, 1))(torch.randn(1, 1, 5, 5))", "expected stride to be"),
        ("nn.Conv2d(1, 1, (3, 3, 3))(torch.randn(1, 1, 5, 5))", "expected stride to be"),
        ("nn.Conv2d(1, 1, 3, padding=-1)(torch.randn(1, 1, 5, 5))", "negative padding"),
        ("F.conv2d(torch.randn(1, 1, 5, 5), torch.randn(1, 1, 3, 3), torch.randn(2))", "expected bias"),
        ("F.softmax(torch.randn(2), 1)", "Dimension out of range"),
        ("nn.LogSoftmax(dim=2)(torch.randn(2, 3))", "Dimension out of range"),
        ("torch.randn(2, 3).softmax(dim=-3)", "Dimension out of range"),
        ("nn.BatchNorm2d(4)(torch.randn(2, 4, 8, 8).double())", "mixed dtype"),
        ("nn.LayerNorm(4)(torch.randn(2, 4).double())", "mixed dtype"),
        ("nn.BCELoss()(torch.rand(3), torch.ones(3).long())", "Found dtype Long"),
    ],
)
def test_what_a_real_tensor_is_refused_for_is_refused_without_values(line: str, words: str) -> None:
    with pytest.raises((RuntimeError, IndexError), match=words):
        exec(f"{HEAD}y = {line}", {})
    assert words in asked(f"{HEAD}y = {line}\n")["gate"]["words"]


@pytest.mark.parametrize(
    ("layer", "shape", "fixed"),
    [
        ("nn.Conv2d(4, 64, 3, padding=1)", "1, 16, 128, 128", "nn.Conv2d(16, 64, 3, padding=1)"),
        ("nn.Conv2d(4, 8, 3, stride=0)", "1, 4, 8, 8", "nn.Conv2d(4, 8, 3, stride=1)"),
        ("nn.Conv1d(1, 1, 9, padding=4, padding_mode='circular')", "1, 1, 3", "padding=3, padding_mode='circular')"),
        ("nn.ConvTranspose1d(1, 1, 3, output_padding=1)", "1, 1, 3", "output_padding=0)"),
    ],
)
def test_a_layer_by_its_own_name_is_mended_where_it_is_made(layer: str, shape: str, fixed: str) -> None:
    text = f"{HEAD}layer = {layer}\nx = torch.randn({shape})\ny = layer(x)\n"
    works = [fix for fix in asked(text)["fixes"] if fix["outcome"] == "works" and fix["text"]]
    assert fixed in works[0]["text"]
    for fix in works:
        exec(fix["text"], {})


def test_a_list_of_layers_by_its_own_name_is_mended() -> None:
    text = f"{HEAD}layers = [nn.Conv2d(3, 8, 3), nn.Conv2d(4, 8, 3)]\nx = torch.randn(1, 3, 16, 16)\n"
    text += "for layer in layers:\n    x = layer(x)\n"
    works = [fix["text"] for fix in asked(text)["fixes"] if fix["outcome"] == "works" and fix["text"]]
    assert any("nn.Conv2d(8, 8, 3)" in text for text in works)


def test_a_kernel_without_channels_is_answered() -> None:
    found = asked(f"{HEAD}y = F.conv1d(torch.randn(3, 3), torch.randn(3), padding=1)\n")
    assert "at least three dimensions" in found["gate"]["words"]


def test_no_fix_names_what_the_text_does_not() -> None:
    text = f"{HEAD}x = torch.randn(1, 4, 8, 8)\nmean = torch.zeros(1, 3, 1, 1)\ny = nn.Conv2d(4, 8, 3)(x - mean)\n"
    said = [fix["words"]["en"] + fix["advice"] for fix in asked(text)["fixes"]]
    assert not [words for words in said if "input 1" in words]


def test_a_comma_at_the_end_of_a_line_is_removed() -> None:
    text = net("self.a = nn.Conv2d(3, 8, 3)\nself.b = nn.Conv2d(8, 8, 3)", "x = self.a(x),\nx = self.b(x)\nreturn x")
    found = asked(text)
    assert "comma at the end of line" in found["diagnosis"]["cause"]["en"]
    assert found["fixes"][0]["text"] == text.replace("self.a(x),", "self.a(x)")


def test_reflection_is_measured_on_every_axis_of_a_single_volume() -> None:
    layer = "nn.Conv3d(1, 10, 3, padding=1, padding_mode='reflect')"
    found = asked(f"{HEAD}layer = {layer}\ny = layer(torch.randn(1, 1, 10, 10))\n")
    assert "0 is the largest possible" in found["diagnosis"]["cause"]["en"]
