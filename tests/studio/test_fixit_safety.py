"""Pasted code is never executed, imported or waited for: each of these tries to, and a canary shows that it did not."""

# ruff: noqa: E501 (tables of texts)
from __future__ import annotations

import builtins
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from limited import limited

from kaiyan.explain import pasted
from kaiyan.explain.pasted.explained import explained
from kaiyan.explain.pasted.paste import LONGEST_PASTE
from kaiyan.explain.pasted.run import _ACT
from kaiyan.show.error import KaiyanError
from kaiyan.studio.desk import Desk

CANARY = Path("/tmp") / f"kaiyan-canary-{os.getppid()}"
_T = f"'touch {CANARY}'"
_W = f"open('{CANARY}', 'w').write('x')"
HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def in_forward(line: str) -> str:
    """A network whose forward has a line."""
    return (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.conv = nn.Conv2d(3, 8, 3)\n\n    def forward(self, x):\n        {line}\n"
        "        return self.conv(x)\n"
        "model = Net()\ny = model(torch.randn(1, 3, 8, 8))\n"
    )


EXPRESSIONS = [
    f"__import__('os').system({_T})",
    f"os.system({_T})",
    f"exec({_W!r})",
    f"eval({_W!r})",
    f"compile({_W!r}, 'x', 'exec')",
    _W,
    f"getattr(__builtins__, 'exec')({_W!r})",
    f"getattr(torch, 'sys').modules['os'].system({_T})",
    f"torch.sys.modules['os'].system({_T})",
    f"torch.os.system({_T})",
    f"nn.modules.module.torch.os.system({_T})",
    f"F.warnings.sys.modules['os'].system({_T})",
    f"().__class__.__bases__[0].__subclasses__()[0].__init__.__globals__['os'].system({_T})",
    f"nn.Conv2d.__init__.__globals__['torch'].os.system({_T})",
    f"nn.Module.__init_subclass__.__self__.__module__.os.system({_T})",
    f"torch.Tensor.__class__.__base__.__subclasses__()[-1]({_T})",
    f"(lambda: __import__('os').system({_T}))()",
    f"[__import__('os').system({_T}) for _ in range(3)]",
    f"f'{{__import__(\"os\").system({_T!r})}}'",
    f"'{{0.__class__}}'.format(__import__('os').system({_T}))",
    f"torch.load('{CANARY}')",
    f"torch.save([1], '{CANARY}')",
    f"torch.hub.load('x', 'y', source='local', path='{CANARY}')",
    f"torch.utils.cpp_extension.load_inline('x', {_W!r})",
    f"torch.jit.script(os.system)({_T})",
    f"torch.randn(2).numpy().tofile('{CANARY}')",
    f"torch.randn(2).apply_(lambda v: __import__('os').system({_T}))",
    f"torch.randn(2).map_(torch.randn(2), os.system({_T}))",
    f"torch.from_file('{CANARY}', shared=True, size=4)",
    f"torch.UntypedStorage.from_file('{CANARY}', True, 8)",
    f"torch.ops.load_library('{CANARY}')",
    f"torch.package.PackageExporter('{CANARY}')",
    f"nn.Sequential(nn.Conv2d(3, 3, 1)).register_forward_hook(lambda *a: __import__('os').system({_T}))",
    f"nn.Linear(2, 2).apply(lambda m: __import__('os').system({_T}))",
    f"map(os.system, [{_T}])",
    f"max([{_T}], key=os.system)",
    f"sorted([{_T}], key=__import__('os').system)",
    f"list(filter(os.system, [{_T}]))",
    f"type('X', (), {{'__del__': lambda s: __import__('os').system({_T})}})()",
    f"vars(torch)['os'].system({_T})",
    f"globals()['__builtins__'].__import__('os').system({_T})",
    f"breakpoint({_T})",
    f"input({_T})",
    f"np.fromfile('{CANARY}')",
    f"np.save('{CANARY}', 1)",
    f"math.__loader__.load_module('os').system({_T})",
    f"collections.OrderedDict.__init__.__globals__['os'].system({_T})",
    f"kaiyan.nn.torch.os.system({_T})",
    f"print(__import__('os').system({_T}))",
    f"super().__class__.__mro__[-1].__subclasses__()[0]({_T})",
    f"self.__class__.__init__.__globals__['os'].system({_T})",
    f"self._modules['conv'].__class__.__module__.os.system({_T})",
    f"self.forward.__globals__['os'].system({_T})",
]
STATEMENTS = [
    f"import os; os.system({_T})",
    f"from os import system; system({_T})",
    f"from os import *; system({_T})",
    "import antigravity",
    "import this",
    "from torch.utils import *",
    "import kaiyan.cli.studio",
    f"with {_W}: pass",
    f"with open('{CANARY}', 'w') as f: f.write('x')",
    f"assert __import__('os').system({_T})",
    f"raise SystemExit({_W})",
    f"@__import__('os').system\ndef f({_T}=1): pass",
    f"@(lambda f: {_W})\ndef f(): pass",
    f"class X(metaclass=lambda *a: __import__('os').system({_T})): pass",
    f"class X(__import__('os').system({_T})): pass",
    f"class X(nn.Module):\n    y = __import__('os').system({_T})",
    f"class X(nn.Module):\n    def __getattr__(self, n): {_W}\nX().y",
    f"class X(nn.Module):\n    def __init_subclass__(cls): {_W}\nclass Y(X): pass",
    f"class X(nn.Module):\n    def __del__(self): {_W}\nX()",
    f"class X(nn.Module):\n    def __call__(self, x): {_W}\nX()(torch.randn(1))",
    f"def f(x: __import__('os').system({_T})): pass",
    f"def f(x=__import__('os').system({_T})): pass\nf()",
    f"x: __import__('os').system({_T}) = 1",
    f"for x in [__import__('os').system({_T})]: pass",
    f"try:\n    {_W}\nfinally:\n    {_W}",
    f"async def f(): {_W}\nf().send(None)",
    f"(x := {_W})",
    f"match {_W}:\n    case _: pass",
    f"nn.Module.forward = lambda *a: {_W}\nnn.Conv2d(1, 1, 1)",
    f"torch.relu = lambda *a: {_W}\ntorch.relu(1)",
    f"F.relu.__code__ = (lambda: {_W}).__code__",
    f"nn.Conv2d.forward = lambda *a: {_W}",
    f"model = nn.Conv2d(1, 1, 1)\nmodel.forward = lambda *a: {_W}\nmodel(torch.randn(1, 1, 4, 4))",
    f"model = nn.Conv2d(1, 1, 1)\nmodel.__class__ = type('X', (), {{'__call__': lambda s: {_W}}})",
    f"del builtins\n{_W}",
    f"global x\nx = {_W}",
]


@pytest.fixture(scope="module")
def imported() -> None:
    """What is imported once, is: the whole room, and what a diagnosis brings."""
    for module in pkgutil.iter_modules(pasted.__path__, f"{pasted.__name__}."):
        importlib.import_module(module.name)
    explained("nn.Conv2d(3, 8, 3, padding='same', stride=2)")


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No file comes to be, no process starts, nothing is imported, evaluated or opened for writing by a paste."""

    def refused(*args: Any, **_: Any) -> Any:
        pytest.fail(f"pasted code ran: {args!r}")

    monkeypatch.setattr(os, "system", refused)
    monkeypatch.setattr(subprocess, "Popen", refused)
    monkeypatch.setattr(builtins, "exec", refused)
    monkeypatch.setattr(builtins, "input", refused)
    monkeypatch.setattr(builtins, "breakpoint", refused)
    yield
    assert not CANARY.exists()
    assert not {"antigravity", "this"} & set(sys.modules)


@pytest.mark.usefixtures("imported", "canary")
@pytest.mark.parametrize("line", EXPRESSIONS)
def test_no_expression_of_a_text_runs(line: str) -> None:
    for text in (line, f"x = {line}", in_forward(line), in_forward(f"x = {line}"), f"nn.Sequential(nn.ReLU(), {line})"):
        explained(text)


@pytest.mark.usefixtures("imported", "canary")
@pytest.mark.parametrize("lines", STATEMENTS)
def test_no_statement_of_a_text_runs(lines: str) -> None:
    explained(lines)
    explained(f"{HEAD}{lines}\nmodel = nn.Sequential(nn.Conv2d(3, 8, 3))\n")
    explained(in_forward(lines.replace("\n", "\n        ")))


RUN = "y = model(torch.randn(1, 3, 8, 8))\n"
ACTING = {
    "a lambda": f"act = __act__ = lambda: {_W}\nmodel = nn.Conv2d(3, 8, 3)\n",
    "a function": f"def act(): {_W}\ndef __act__(): {_W}\nmodel = nn.Conv2d(3, 8, 3)\n",
    "a loop": f"for act in [{_W}]: pass\nmodel = nn.Conv2d(3, 8, 3)\n",
    "a parameter": "def f(act, __act__): return nn.Conv2d(3, 8, 3)\nmodel = f(1, 1)\n",
    "a keyword": f"def f(**named): return nn.Conv2d(3, 8, 3)\nmodel = f(**{{{_ACT!r}: 1}})\n",
    "a dictionary": f"names = {{{_ACT!r}: lambda: {_W}}}\nglobals().update(names)\nmodel = nn.Conv2d(3, 8, 3)\n",
}


@pytest.mark.usefixtures("imported", "canary")
@pytest.mark.parametrize("how", ACTING)
def test_no_text_writes_the_name_that_is_called(how: str) -> None:
    assert not _ACT.isidentifier()
    assert explained(f"{HEAD}{ACTING[how]}{RUN}").outputs == ((1, 8, 6, 6),)


@pytest.mark.usefixtures("imported", "canary")
@pytest.mark.parametrize("name", ["_forward_hooks", "_forward_pre_hooks", "_parameters", "_modules", "forward"])
def test_what_torch_itself_reads_of_a_module_is_not_assigned(name: str) -> None:
    found = explained(f"{HEAD}model = nn.Conv2d(3, 8, 3)\nmodel.{name} = {{0: abs}}\n{RUN}")
    assert [(line, words.text) for line, words in found.unread] == [(5, "this assignment is not read")]
    assert found.outputs == ((1, 8, 6, 6),)


NESTED = "m = nn.Sequential(nn.ReLU())\nfor i in range(60): m = nn.Sequential(m, m)\n"
BOMBS = {
    "power": "nn.Linear(10**10**10, 1)",
    "shift": "nn.Linear(1 << 10**10, 1)",
    "factor": "x = [0] * 10**10\nnn.Linear(1, 1)",
    "text": "x = 'a' * 10**10\nnn.Linear(1, 1)",
    "format": "x = '%1000000000d' % 1\nnn.Linear(1, 1)",
    "loop": "for i in range(10**18): x = i\nnn.Linear(1, 1)",
    "loops": "[[[[1 for a in range(999)] for b in range(999)] for c in range(999)] for d in range(999)]",
    "sum": "sum(range(10**12))",
    "list": "list(range(10**12))",
    "max": "max(range(10**12))",
    "sorted": "sorted(range(10**12))",
    "tuple": "tuple(range(10**12)) + (1,)",
    "any": "any(0 for _ in range(10**12))",
    "zip": "list(zip(range(10**12), range(10**12)))",
    "while": "while True: pass",
    "recursion": "def f(x): return f(x)\nf(1)",
    "doubling": "def f(x): return [x, x]\nx = 1\nfor i in range(99): x = f(x)",
    "lists": "x = [1]\nfor i in range(99): x = x + x",
    "extend": "x = [1]\nfor i in range(99): x.extend(x)",
    "append": "x = []\nfor i in range(10**6): x.append(1)",
    "itself": "x = []\nfor i in x: x.append(1)\nx.append(x)\nfor i in x: x.append(1)",
    "layers": "nn.Sequential(*[nn.Conv2d(3, 3, 1) for _ in range(10**6)])",
    "repeated": "nn.LSTM(4, 4, num_layers=10**7)",
    "by place": "nn.LSTM(4, 4, 10**7)",
    "encoder": "nn.Transformer(8, 1, 10**6, 10**6)",
    "of itself": "m = nn.Sequential(nn.ReLU())\nm.append(m)\nm(torch.randn(1))",
    "modules": "m = nn.Sequential(nn.ReLU())\nfor i in range(60): m = nn.Sequential(m, m)\nm(torch.randn(1))",
    "memory": "x = torch.zeros(10**9, 10**6)\nnn.Linear(10**6, 10**9)(x)",
    "huge": "nn.Conv2d(10**6, 10**6, 999)",
    "upsample": "nn.Sequential(nn.Upsample(scale_factor=10**6), nn.Conv2d(3, 8, 3))",
    "repeat": "x = torch.randn(1, 3, 8, 8).repeat(10**6, 10**6, 1, 1)",
    "onehot": "F.one_hot(torch.zeros(10).long(), 10**15)",
    "steps": "x = torch.randn(1, 3, 8, 8)\nfor i in range(10**9): x = F.relu(x)",
    "forever": in_forward("while True: x = x + 1"),
    "itself again": in_forward("x = self(x)"),
    "brackets": "(" * 5000 + ")" * 5000,
    "lines of brackets": "(\n" * 5000 + ")\n" * 5000,
    "minus": "-" * 20_000 + "1",
    "not": "not " * 10_000 + "1",
    "plus": "+".join(["1"] * 20_000),
    "dots": "x" + ".a" * 20_000,
    "calls": "x" + "()" * 20_000,
    "items": "x" + "[0]" * 15_000,
    "and": " and ".join(["1"] * 10_000),
    "else": "1" + " if 1 else 1" * 4000,
    "indent": "".join(f"{' ' * n}if 1:\n" for n in range(150)),
    "elif": "if 0: pass\n" + "elif 0: pass\n" * 4000,
    "names": "\n".join(f"x{n} = nn.Conv2d(3, 3, 1)" for n in range(1500)),
    "nul": "nn.Conv2d(3, 8, 3)\0",
    "surrogate": "nn.Conv2d(3, 8, 3) # \ud800",
    "form feed": "\f\f\x0bnn.Conv2d(3, 8, 3)\x1c\x85\u2028x = 1",
    "return": "nn.Conv2d(3, 8, 3)\rx = 1\r\n",
    "digits": "nn.Linear(" + "9" * 10_000 + ", 1)",
    "coding": "# -*- coding: utf-7 -*-\nnn.Conv2d(3, 8, 3)",
    "message": "Error: " + "(" * 20_000,
    "traceback": "Traceback (most recent call last):\n" * 1000,
    "shapes": "mat1 and mat2 shapes cannot be multiplied (" + "9" * 5000 + "x1 and 2x3)",
    "round": "round(1, -10**9)\nnn.Linear(1, 1)",
    "key round": "max([1], [2], key=round)\nmax([5], key=round)",
    "nested equal": "x=[1]\ny=[1]\nfor i in range(60):\n    x=[x,x]\n    y=[y,y]\nx == y",
    "nested in": "x=[1]\ny=[1]\nfor i in range(60):\n    x=[x,x]\n    y=[y,y]\nx in [y]",
    "nested index": "x=[1]\ny=[1]\nfor i in range(60):\n    x=[x,x]\n    y=[y,y]\n[y].index(x)",
    "nested count": "x=[1]\ny=[1]\nfor i in range(60):\n    x=[x,x]\n    y=[y,y]\n[y].count(x)",
    "nested max": "x=[1]\ny=[1]\nfor i in range(60):\n    x=[x,x]\n    y=[y,y]\nmax(x, y)",
    "nested sorted": "x=[1]\ny=[1]\nfor i in range(60):\n    x=[x,x]\n    y=[y,y]\nsorted([x, y])",
    "nested dict": "x={1: 1}\ny={1: 1}\nfor i in range(60):\n    x={1: x, 2: x}\n    y={1: y, 2: y}\nx == y",
    "nested append": "x=[1]\ny=[1]\nfor i in range(60):\n    a=[]\n    b=[]\n    a.append(x)\n    a.append(x)\n    b.append(y)\n    b.append(y)\n    x=a\n    y=b\nx == y",
    "nested item": "x=[1]\ny=[1]\nfor i in range(60):\n    a=[0, 0]\n    b=[0, 0]\n    a[0]=x\n    a[1]=x\n    b[0]=y\n    b[1]=y\n    x=a\n    y=b\nx == y",
    "top down": "xs=[[] for i in range(60)]\nys=[[] for i in range(60)]\nfor i in range(59):\n    xs[i].append(xs[i+1])\n    xs[i].append(xs[i+1])\n    ys[i].append(ys[i+1])\n    ys[i].append(ys[i+1])\nxs[0] == ys[0]",
    "hash": "x=(1,)\nfor i in range(60): x=(x,x)\ny={x: 1}",
    "hash get": "x=(1,)\nfor i in range(60): x=(x,x)\n{}.get(x)",
    "rows": "for r in torch.randn(10**8, 3): pass",
    "rows unpacked": "a, b = torch.randn(10**8, 3)",
    "rows starred": "nn.Sequential(*torch.randn(10**8, 3))",
    "rows list": "list(torch.randn(10**8, 3))",
    "rows zip": "zip(torch.randn(10**8, 3))",
    "rows max": "max(torch.randn(10**8, 3))",
    "rows in a list": "x = [0]\nx.extend(torch.randn(10**8, 3))",
    "rows in a slice": "x = [0]\nx[0:0] = torch.randn(10**8, 3)",
    "rows of parameters": "nn.ParameterList(torch.randn(10**8, 1))",
    "rows of modules": "nn.ModuleList(torch.randn(10**8, 1))",
    "rows of a pair": "nn.Conv2d(1, 1, torch.randn(10**8))",
    "rows ordered": "from collections import OrderedDict\nOrderedDict(torch.randn(10**8, 2))",
    "rows of activation": "m = nn.TransformerEncoderLayer(8, 1, activation=torch.unbind)\nm(torch.randn(10**8, 1, 8))",
    "rows of lp": in_forward("y = F.lp_pool2d(x, 2, torch.zeros(10**8))"),
    "rows of lp by name": in_forward("y = F.lp_pool1d(x, 2, kernel_size=torch.zeros(10**8))"),
    "rows of a lp layer": "m = nn.LPPool2d(2, torch.zeros(10**8))\nm(torch.randn(1, 3, 8, 8))",
    "rows of a lp layer, later": "m = nn.LPPool2d(2, 3)\nm.kernel_size = torch.zeros(10**8)\nm(torch.randn(1, 3, 8, 8))",
    "rows of unpool": in_forward("y = F.max_unpool2d(x, x.long(), torch.zeros(10**8))"),
    "rows of adaptive": in_forward("y = F.adaptive_max_pool2d(x, torch.zeros(10**8))"),
    "rows of a new size": in_forward("y = F.interpolate(x, size=torch.zeros(10**8))"),
    "split": "torch.zeros(10**8, 1).split(1)",
    "split function": "torch.split(torch.zeros(10**8, 1), 1)",
    "unbind": "torch.zeros(10**8, 1).unbind()",
    "chunk": "torch.zeros(10**8, 1).chunk(10**8)",
    "tensor_split": "torch.zeros(10**8, 1).tensor_split(10**8)",
    "meshgrid": "torch.meshgrid(*[torch.zeros(2) for i in range(2000)])",
    "split forward": in_forward("a = torch.zeros(10**8, 1).split(1)"),
    "iterated forward": in_forward("for r in torch.zeros(10**8, 1): pass"),
    "copies": "l = nn.Linear(1,1)\nfor i in range(4): l = nn.TransformerEncoder(l, 48)",
    "copies named": "l = nn.Linear(1,1)\nfor i in range(4): l = nn.TransformerEncoder(encoder_layer=l, num_layers=48)",
    "memory key": "max([10**9], key=torch.ones)",
    "memory sorted": "sorted([10**9], key=torch.ones)",
    "memory layers": "max([10**5], key=nn.Sequential)\nmin([(10**5)], key=torch.eye)",
    "hooks": "m = nn.Linear(1, 1)\nm._forward_hooks = {0: abs}\nm(torch.randn(1, 1))",
    "flat weights": "class L(nn.LSTM):\n    def forward(self, x):\n        self._flat_weights = [x] * 4000\n        return super().forward(x)\nL(4, 4)(torch.randn(1, 2, 4))",
    "module eval": NESTED + "m.eval()",
    "module half": NESTED + "m.half()",
    "module to": NESTED + "m.to(torch.float16)",
    "module repr": NESTED + "nn.Conv2d(1, 1, 1, padding_mode=m)",
    "module top down": "ms = [nn.Sequential(nn.ReLU()) for i in range(60)]\nfor i in range(59):\n    ms[i].append(ms[i + 1])\n    ms[i].append(ms[i + 1])\nms[0].eval()",
    "module in forward": in_forward("for i in range(60): self.conv = nn.Sequential(self.conv, self.conv)"),
    "module in forward, top down": in_forward(
        "ms = [nn.Sequential(nn.ReLU()) for i in range(60)]\n        self.ms = nn.ModuleList(ms)\n        for i in range(59):\n            ms[i].append(ms[i + 1])\n            ms[i].append(ms[i + 1])\n        x = nn.Linear(1, 1)(x)"
    ),
    "inherited repeated": "class X(nn.LSTM): pass\nX(4, 4, 10**7)",
    "inherited super": "class X(nn.LSTM):\n    def __init__(self):\n        super().__init__(4, 4, 10**7)\nX()",
    "inherited encoder": "class X(nn.TransformerEncoder):\n    def __init__(self):\n        super().__init__(nn.Linear(1, 1), num_layers=10**7)\nX()",
    "inherited memory": "class X(nn.Linear): pass\nX(40000, 40000)",
    "constructor again": in_forward("for i in range(9999): super().__init__()"),
    "endless extend": "x = [1]\nx.extend(enumerate(x))",
    "endless zip": "x = [1]\nx.extend(zip(x, x))",
    "endless slice": "x = [1]\nz = enumerate(x)\nx[1:] = z",
    "prod": "math.prod([2**61] * 4000)",
    "prod start": "math.prod([10**9], start=[0])",
    "np prod start": "np.prod([10**9, 10], start='a')",
    "sum start": "sum([[0] * 4000] * 4000, [])",
    "factor nested": "x = [0] * 4000\ny = [x] * 4000\nz = [y] * 4000\nz == [[[0] * 4000] * 4000] * 4000",
    "deepcopy": "def g(x):\n    return x\nclass L(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.g = g\n    def forward(self, x):\n        return x\n"
    + "x = 1 + 1\n" * 5000
    + "nn.TransformerEncoder(L(), 48)",
    "mains": "def main():\n" + " 1\n" * 9000 + "main()\n" * 4000,
    "condition": "if " + "not " * 3000 + "1: pass",
    "with": "with " + "-" * 3000 + "1: pass",
    "einsum": "torch.einsum('" + ",".join("abcdefghijklmnopqrstuvwxyz") + "->', *[torch.zeros(2) for i in range(26)])",
    "einsum of many": "x = torch.zeros(2, 2)\ntorch.einsum(','.join(['ab'] * 40), *[x for i in range(40)])\nnn.Linear(1, 1)",
    "einsum ring": "x = torch.zeros(2, 2)\ntorch.einsum('ab,bc,cd,de,ef,fg,gh,hi,ij,jk,kl,lm,mn,no,op,pq,qr,rs,st,tu,uv,vw,wx,xy,yz->az', "
    + ", ".join(["x"] * 25)
    + ")",
    "tensordot": "torch.tensordot(torch.zeros(2), torch.zeros(2), dims=10**9)",
    "cutoffs": "for i in range(400): nn.AdaptiveLogSoftmaxWithLoss(8, 10**6, cutoffs=[i + 1 for i in range(4000)])",
    "list of parameters": "for i in range(400): nn.ParameterList([nn.Parameter(torch.zeros(1)) for i in range(4000)])",
    "dims": "x = torch.zeros([1] * 4000)\nfor i in range(500): x = x.unsqueeze(0)",
    "dims forward": in_forward("y = torch.zeros([1] * 4000)\n        for i in range(500): y = F.relu(y)"),
    "real values": in_forward("x = F.interpolate(x, scale_factor=3000.)\n        if x.sum() > 0: x = x + 1"),
    "real ones": in_forward("y = torch.ones(30000, 30000)\n        if x.sum() > 0: x = x + 1"),
    "real ones failing": in_forward("y = torch.ones(30000, 30000)\n        x = x.view(-1, 7)"),
    "real mask": in_forward("y = torch.ones(30000, 30000)\n        x = x[x > 0]"),
    "real loop": in_forward(
        "for i in range(60):\n            x = F.conv2d(torch.ones(1, 64, 512, 512), torch.ones(64, 64, 9, 9))\n        if x.sum() > 0: x = x + 1"
    ),
    "statements unread": "for i in range(4000):\n    @" + "a+" * 20000 + "a\n    def f(): pass",
    "same lines": "model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(9, 8, 3))\n"
    + "#\n" * 25000
    + "y = model(torch.randn(1, 3, 8, 8))\n",
    "same lines between": "a = nn.Conv2d(3, 8, 3)\nb = nn.Conv2d(9, 7, 3)\n"
    + "#\n" * 25000
    + "x = torch.randn(1, 3, 8, 8)\ny = b(a(x))\n",
    "many failures": "model = nn.Sequential(\n"
    + "    nn.Conv2d(3, 8, 3),\n" * 450
    + ")\ny = model(torch.randn(1, 3, 1000, 1000))\n",
    "wide failing": in_forward("for i in range(400): x = F.relu(x)\n        x = x.view(-1, 7)"),
    "guesses": "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Conv2d(3, 3, 3)\n        self.b = nn.Linear(77, 77)\n    def forward(self, x):\n        for i in range(9999):\n            x = F.relu(x)\n        return self.b(self.a(x))\n",
    "slow guesses": "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Conv2d(3, 3, 3)\n        self.b = nn.Linear(77, 77)\n    def forward(self, x):\n        for i in range(2000): y = x + 1\n        for j in range(60000): pass\n        return self.b(self.a(x))\n",
    "setitem": "m = nn.ModuleDict()\nm['_forward_hooks'] = nn.ReLU()\nm['forward'] = nn.ReLU()\nm.forward(1)",
    "float power": "(-8.0) ** 0.5 ** 99999.0",
    "text join": "x = 'a' * 4000\ny = f'{x}{x}{x}{x}{x}{x}{x}'\nz = f'{y}{y}{y}'",
    "text fields": "x = 'a' + " + " + ".join(["'" + "a" * 100 + "'"] * 40) + "\ny = f'" + "{x}" * 15000 + "'",
    "digits in text": "int('9' * 4300)",
    "shape loop": in_forward("for i in range(x.shape[0] * 10**9): x = x + 1"),
    "size loop": "def f(n):\n    return [f(n - 1), f(n - 1)] if n else []\nf(22)",
    "default": "def f(x=[1] * 4000):\n    x += x\n    return x\nfor i in range(100): f()",
    "named": "def f(**k): return f(**k, **{str(1): 1})\nf()",
    "keywords": "d = {'a' * i: i for i in range(4000)}\ndef f(**k): return len(k)\nfor i in range(100000): f(**d)",
    "generator": "sum(1 for a in range(4000) for b in range(4000) for c in range(4000))",
    "reversed": "reversed(range(10**15))",
    "list of a range": "list(range(4096)) * 4096",
    "modes": "m = nn.Sequential(nn.ReLU())\nm.training = m\nm.eval()",
    "of itself, asked": "m = nn.Sequential(nn.ReLU())\nm.append(m)\nm.eval()\nm.half()",
    "traceback digits": "RuntimeError: Given groups=1, weight of size ["
    + "1, " * 9000
    + "], expected input["
    + "1, " * 9000
    + "] to have 3 channels",
}


def answered(text: str) -> None:
    """The question of the page; raises where its answer is a fault of ours."""
    facts = Desk().answer({"kind": "diagnose", "text": text}, []).facts
    json.dumps(facts, allow_nan=False)
    if facts.get("refusal", {}).get("code") in ("answer-fails", "out-of-memory"):
        raise AssertionError(facts["refusal"]["words"]["en"])


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_takes_long_or_much_memory(name: str) -> None:
    ended = limited(answered, BOMBS[name], seconds=40, processor=12)
    assert ended.said == ""
    assert ended.megabytes < 1500


def test_a_hang_is_a_failure_that_ends() -> None:
    assert "ran for more than 1 s" in limited(time.sleep, 60, seconds=1).said


def test_long_texts_are_refused() -> None:
    for text in ("x" * (LONGEST_PASTE + 1), "", " \n"):
        with pytest.raises(KaiyanError):
            explained(text)
