"""Pasted code is never executed, imported or waited for: each of these tries to, and a canary shows that it did not."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kaiyan.explain.pasted.explained import explained
from kaiyan.explain.pasted.paste import LONGEST_PASTE
from kaiyan.show.error import KaiyanError

CANARY = Path("/tmp") / f"kaiyan-canary-{os.getpid()}"
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


@pytest.fixture(autouse=True)
def _canary(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No file comes to be, no process starts, nothing is imported, evaluated or opened for writing by a paste."""

    def refused(*args: Any, **_: Any) -> Any:
        pytest.fail(f"pasted code ran: {args!r}")

    explained("nn.Conv2d(3, 8, 3, padding='same', stride=2)")  # what is imported once, is
    monkeypatch.setattr(os, "system", refused)
    monkeypatch.setattr(subprocess, "Popen", refused)
    monkeypatch.setattr(builtins, "exec", refused)
    monkeypatch.setattr(builtins, "input", refused)
    monkeypatch.setattr(builtins, "breakpoint", refused)
    yield
    assert not CANARY.exists()
    assert not {"antigravity", "this"} & set(sys.modules)


@pytest.mark.parametrize("line", EXPRESSIONS)
def test_no_expression_of_a_text_runs(line: str) -> None:
    for text in (line, f"x = {line}", in_forward(line), in_forward(f"x = {line}"), f"nn.Sequential(nn.ReLU(), {line})"):
        explained(text)


@pytest.mark.parametrize("lines", STATEMENTS)
def test_no_statement_of_a_text_runs(lines: str) -> None:
    explained(lines)
    explained(f"{HEAD}{lines}\nmodel = nn.Sequential(nn.Conv2d(3, 8, 3))\n")
    explained(in_forward(lines.replace("\n", "\n        ")))


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
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_takes_long(name: str) -> None:
    before = time.process_time()
    explained(BOMBS[name])
    assert time.process_time() - before < 30


def test_long_texts_are_refused() -> None:
    for text in ("x" * (LONGEST_PASTE + 1), "", " \n"):
        with pytest.raises(KaiyanError):
            explained(text)
