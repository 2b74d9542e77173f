"""Causes about what comes after the model or before it: backward, NumPy, one number of many, loaders, optimizers."""

from __future__ import annotations

import inspect
import re
from itertools import islice
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.explain.diagnosis.titles import path_title
from kaiyan.explain.diagnosis.traceback import lines_above, modules_in
from kaiyan.show.sentence import sentence
from kaiyan.trace.record import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.show.sentence import Sentence


def _outside(said: Sentence, *fixes: Fix) -> Finding:
    return Finding(said, fixes, is_outside=True)


def _in_line(facts: Facts, said: Sentence, pattern: str, after: str, otherwise: str | None = None) -> Fix:
    """A change of the user's own line where it holds the pattern; else the code alone."""
    line = facts.line
    if line is None or re.search(pattern, line.text) is None:
        return Fix(said, None, otherwise or after)
    return Fix(said, line.text, re.sub(pattern, after, line.text, count=1), line=line)


def _numpy(facts: Facts, found: re.Match[str]) -> Finding:
    device = found["device"] or found["kind"]
    if device:
        said = sentence("K064", "NumPy reads CPU memory only, but the tensor is on {device}", device=device)
        chain = ".detach().cpu().numpy()"
    else:
        said = sentence("K064", "the tensor is part of an autograd graph, which NumPy cannot read")
        chain = ".detach().cpu().numpy()" if "cuda" in facts.text else ".detach().numpy()"
    read = re.search(r"(?<!\w)np\.(\w+)\((\w+)(?=[,)])", facts.line.text if facts.line else "")
    if read and facts.line:
        values = facts.frame[0].f_locals.get(read[2]) if facts.frame else None
        code = f"[each.item() for each in {read[2]}]" if isinstance(values, (list, tuple)) else f"{read[2]}{chain}"
        text = facts.line.text.replace(read[0], f"np.{read[1]}({code}", 1)
        listed = sentence("K064", "detach it from the graph first: {code}", code=code)
        return _outside(said, Fix(listed, facts.line.text, text, line=facts.line))
    offer = sentence("K064", "detach it from the graph first: {code}", code=f"x{chain}")
    return _outside(said, _in_line(facts, offer, r"(?:\.detach\(\))?(?:\.cpu\(\))?\.numpy\(\)", chain, f"x{chain}"))


def _twice(_: Facts, __: re.Match[str]) -> Finding:
    carried = "hidden = hidden.detach()"
    said = sentence("K060", "backward already ran through this graph, which freed its saved tensors")
    kept = "loss.backward(retain_graph=True)"
    return _outside(
        said,
        Fix(sentence("K060", "call backward once per forward: compute output and loss again before it")),
        Fix(sentence("K060", "if a state is carried over steps (hidden, running loss): {line}",
                             line=carried), None, carried),
        Fix(sentence("K060", "for two losses on the same graph: {line}", line="(loss1 + loss2).backward()"), None,
            "(loss1 + loss2).backward()"),
        Fix(sentence("K060", "to go through the same graph twice, in the first call: {line}", line=kept), None, kept),
    )  # fmt: skip


def _no_graph(facts: Facts, __: re.Match[str]) -> Finding:
    thaw = "for p in {}.parameters():\n    p.requires_grad_(True)"
    named = dict(modules_in(facts.frame[0])) if facts.frame else {}
    frozen = [name for name, module in named.items() if _is_frozen(module)]
    if frozen and len(frozen) == len([m for m in named.values() if next(m.parameters(), None) is not None]):
        said = sentence(
            "K061", "every parameter of {name} is frozen: there is nothing to compute gradients for", name=frozen[0]
        )
        return _outside(said, Fix(sentence("K061", "unfreeze {name}: {line}", name=frozen[0],
                                           line="p.requires_grad_(True)"), None, thaw.format(frozen[0])))  # fmt: skip
    cut = next((line for line in (lines_above(*facts.frame) if facts.frame else ()) if _CUT.search(line.text)), None)
    said = sentence("K061", "the loss does not depend on any trainable parameter: backward has nothing to do")
    here = (
        [Fix(sentence("K061", "this line detaches from the graph: {line}", line=cut.text), cut.text, "", line=cut)]
        if cut
        else []
    )
    return _outside(
        said,
        *here,
        Fix(sentence("K061", "remove torch.no_grad(), inference_mode, .detach(), .item() or argmax before the loss")),
        Fix(sentence("K061", "use the output itself, not torch.tensor(output), which starts a new graph")),
        Fix(sentence("K061", "unfreeze the parameters: {line}", line="p.requires_grad_(True)"), None,
            thaw.format("model")),
    )  # fmt: skip


_CUT = re.compile(r"no_grad\(\)|inference_mode\(\)|\.detach\(\)|\.item\(\)|\.argmax\(|torch\.tensor\(\w|\.data\b")
"""What ends a graph of gradients."""


def _is_frozen(module: nn.Module) -> bool:
    parameters = list(module.parameters())
    return bool(parameters) and not any(p.requires_grad for p in parameters)


def _in_place(facts: Facts, found: re.Match[str]) -> Finding:
    maker, shape = found["maker"], numbers(found["shape"] or "")
    said = (
        sentence("K062", "the output of {maker}, {shape}, was modified in place before backward read it", maker=maker,
                 shape=shape)
        if maker
        else sentence("K062", "a tensor {shape} was modified in place before backward read it", shape=shape)
        if shape
        else sentence("K062", "a tensor was modified in place before backward read it")
    )  # fmt: skip
    step = facts.text.lower()
    stepped = Fix(sentence("K062", "optimizer.step() changes the weights: call backward for every loss before it"))
    plain = (
        *islice(_writers(facts), WRITERS),
        Fix(
            sentence("K062", "use a new tensor for each result: {line}", line="x = x + y, not x += y"),
            "x += y",
            "x = x + y",
        ),
        Fix(sentence("K062", "do not use inplace=True after it"), "nn.ReLU(inplace=True)", "nn.ReLU()"),
        Fix(sentence("K062", "torch.autograd.set_detect_anomaly(True) shows the line that made it")),
    )
    weights = maker in ("AsStridedBackward0", "AsStrided", "TBackward0", "TBackward", "T") or "step" in step
    return _outside(said, *((stepped, *plain) if weights else (*plain, stepped)))


WRITERS = 3
"""Layers and lines that are named where any of them may have written."""


def _writers(facts: Facts) -> Iterator[Fix]:
    """Layers and lines of the frame's models that write in place."""
    for _, model in modules_in(facts.frame[0]) if facts.frame else ():
        for path, module in model.named_modules():
            if getattr(module, "inplace", False):
                said = sentence("K062", "{path} modifies in place: inplace=False", path=path_title(path))
                yield Fix(said, repr(module), repr(module).replace("inplace=True", "").replace(", )", ")"))
            yield from (_anew(line) for line in _lines(type(module)) if _WRITES.search(line.text))


def _anew(line: Line) -> Fix:
    """A line that writes in place, with a new tensor."""
    said = sentence("K062", "this line modifies in place: {line}", line=line.text)
    found = re.fullmatch(r"([\w.]+) ([-+*/])= (.+)", line.text)
    after = f"{found[1]} = {found[1]} {found[2]} {found[3]}" if found else re.sub(r"(\w)_\(", r"\1(", line.text)
    return Fix(said, line.text, after, line=line)


_WRITES = re.compile(
    r"^[\w.]+ [-+*/]= (?!\d+$)|\.(?:add|sub|mul|div|clamp|relu|sigmoid|tanh|exp|sqrt|pow|zero|fill|copy)_\("
)


def _lines(kind: type[nn.Module]) -> Iterator[Line]:
    """Lines of a forward of the user's own."""
    if kind.__module__.startswith("torch."):
        return
    try:
        lines, start = inspect.getsourcelines(kind.forward)
    except (OSError, TypeError):
        return
    file = inspect.getsourcefile(kind) or ""
    yield from (Line(file, start + n, line.strip()) for n, line in enumerate(lines))


def _leaf(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K062", "a leaf tensor that requires grad cannot be modified in place")
    under = Fix(sentence("K062", "to set a weight: {line}", line="with torch.no_grad():"), None,
                "with torch.no_grad():\n    w += step")  # fmt: skip
    anew = Fix(sentence("K062", "use a new tensor for each result: {line}", line="x = x + y, not x += y"), "x += y",
               "x = x + y")  # fmt: skip
    return _outside(said, under, anew)


def _no_scalar(facts: Facts, _: re.Match[str]) -> Finding:
    said = sentence("K063", "backward starts from one number, but this tensor has several")
    offer = sentence("K063", "reduce the batch to one number: {line}", line="loss.mean().backward()")
    return _outside(said, _in_line(facts, offer, r"\.backward\(", ".mean().backward(", "loss.mean().backward()"),
                    Fix(sentence("K063", "do not use reduction='none' in the loss")))  # fmt: skip


def _one_number(facts: Facts, found: re.Match[str]) -> Finding:
    n = found["n"]
    said = (
        sentence("K065", "a tensor with {n} numbers cannot become a single Python number", n=int(n))
        if n
        else sentence("K065", "a tensor with several numbers cannot become a single Python number")
    )
    mean = _in_line(facts, sentence("K065", "to reduce them to one: {line}", line="x.mean().item()"), r"\.item\(\)",
                    ".mean().item()", "x.mean().item()")  # fmt: skip
    many = _in_line(facts, sentence("K065", "to get all of them: {line}",
                                            line="x.tolist()"), r"\.item\(\)", ".tolist()",
                    "x.tolist()")  # fmt: skip
    return _outside(said, mean, many)


def _ambiguous(facts: Facts, found: re.Match[str]) -> Finding:
    if found["none"]:
        said = sentence("K065", "an empty tensor is neither true nor false")
        return _outside(
            said, Fix(sentence("K065", "check its size instead: {line}", line="x.numel() > 0"), None, "x.numel() > 0")
        )
    made = "nn.CrossEntropyLoss()(output, target)"
    said = sentence("K065", "a tensor with several numbers is neither true nor false")
    which = Fix(
        sentence("K065", "say whether any or all of them must be true: {line}", line="x.any() or x.all()"),
        None,
        "(x > 0).any()",
    )
    created = sentence("K065", "create the loss first, then call it: {line}", line=made)
    if facts.line and re.search(r"Loss\(\s*\w", facts.line.text):
        return _outside(said, _in_line(facts, created, r"(\w*Loss)\((?=\s*\w)", r"\1()(", made), which)
    return _outside(said, which, Fix(created, "nn.CrossEntropyLoss(output, target)", made))


def _collated(_: Facts, found: re.Match[str]) -> Finding:
    a, b = numbers(found["a"]), numbers(found["b"])
    said = sentence("K066", "the samples of a batch differ: {a} at entry {first} and {b} at entry {second}", a=a, b=b,
                    first=int(found["first"]), second=int(found["second"]))  # fmt: skip
    return _outside(said, *_alike(a, b))


def _alike(a: tuple[int, ...], b: tuple[int, ...]) -> Iterator[Fix]:
    if len(a) == len(b) == 3 and a[0] != b[0] and {a[0], b[0]} <= {1, 3, 4}:
        yield Fix(sentence("K066", "give all pictures the same number of channels: {line}",
                                   line='Image.open(path).convert("RGB")'), None,
                  'Image.open(path).convert("RGB")')  # fmt: skip
    if len(a) == len(b) == 3 and a[1:] != b[1:]:
        size = tuple(min(n, m) for n, m in zip(a[1:], b[1:], strict=True))
        line = f"transforms.Compose([transforms.Resize({size}), transforms.ToTensor()])"
        yield Fix(sentence("K066", "resize all pictures to the same size: {line}", line=line), None, line)
        yield Fix(sentence("K066", "Resize(n) alone keeps the aspect ratio: add CenterCrop(n)"))
    if len(a) == len(b) and len(a) in (1, 2):
        yield Fix(
            sentence("K066", "pad all sequences to the same length: torch.nn.utils.rnn.pad_sequence in a collate_fn")
        )
    yield Fix(
        sentence("K066", "use a collate_fn that keeps a list, or batch_size=1"), None, "collate_fn=lambda batch: batch"
    )


def _kind(_: Facts, found: re.Match[str]) -> Finding:
    kind = found["kind"].rpartition(".")[2]
    said = sentence("K066", "the loader batches tensors, arrays and numbers, but a sample is a {kind}", kind=kind)
    if kind == "NoneType":
        return _outside(said, Fix(sentence("K066", "__getitem__ returns None on some path")))
    return _outside(said, Fix(sentence("K066", "return tensors from the dataset: {line}",
                                               line="transforms.ToTensor()"), None,
                              "transform=transforms.ToTensor()"))  # fmt: skip


def _ragged(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K066", "the samples hold lists of different lengths")
    return _outside(
        said,
        Fix(sentence("K066", "pad all sequences to the same length: torch.nn.utils.rnn.pad_sequence in a collate_fn")),
        Fix(
            sentence("K066", "use a collate_fn that keeps a list, or batch_size=1"),
            None,
            "collate_fn=lambda batch: batch",
        ),
    )


def _empty_set(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K066", "the dataset is empty: the loader has no samples to draw")
    return _outside(said, Fix(sentence("K066", "print len(dataset) and the folder that it reads")))


def _parameters(facts: Facts, found: re.Match[str]) -> Finding:
    if found["kind"]:
        said = sentence("K067", "the optimizer takes the model's parameters, not the {kind} itself", kind=found["kind"])
        return _outside(
            said,
            Fix(sentence("K067", "pass its parameters: {line}", line="model.parameters()"), None, "model.parameters()"),
        )
    if found["what"]:
        said = sentence(
            "K067", "the optimizer takes tensors, but one of its parameters is a {kind}", kind=found["what"]
        )
        return _outside(
            said,
            Fix(sentence("K067", "pass its parameters: {line}", line="model.parameters()"), None, "model.parameters()"),
        )
    model = facts.model
    lists = (
        [name for name, value in vars(model).items() if type(value) in (list, dict, tuple) and value] if model else []
    )
    said = sentence("K067", "the optimizer was given no parameters")
    fixes = [
        Fix(sentence("K067", "layers in a Python list or dict are not registered: use nn.ModuleList or nn.ModuleDict"),
            "self.layers = [...]", "self.layers = nn.ModuleList([...])"),
        Fix(sentence("K067", "parameters() is a generator, empty once it has been read: call it again")),
    ]  # fmt: skip
    if lists:
        fixes.insert(
            0,
            Fix(sentence("K067", "self.{name} holds layers that are not registered: use nn.ModuleList", name=lists[0])),
        )
    return _outside(said, *fixes)


ROWS = (
    Cause(
        "K064", r"Can't call numpy\(\) on (?:Tensor|Variable) that requires grad|"
        r"can't convert (?P<device>cuda|mps|xpu)(?::\d+)? device type tensor to numpy|"
        r"can't convert (?P<kind>CUDA) tensor to numpy",
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.", _numpy,
    ),
    Cause(
        "K060", r"Trying to backward through the graph a second time",
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
        "been freed).", _twice,
    ),
    Cause(
        "K061", r"element \d+ of (?:tensors|variables) does not require grad",
        "element 0 of tensors does not require grad and does not have a grad_fn", _no_graph,
    ),
    Cause(
        "K062", r"modified by an inplace operation(?:: \[[\w.]+ \[?(?P<shape>[\d, ]*)\]?\](?:, which is output \d+ of "
        r"(?P<maker>\w+))?)?",
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        "[torch.FloatTensor [4, 3]], which is output 0 of ReluBackward0, is at version 1; expected version 0 instead.",
        _in_place,
    ),
    Cause(
        "K062", r"leaf [Vv]ariable that requires grad (?:is being|has been) used in an in-place",
        "a leaf Variable that requires grad is being used in an in-place operation.", _leaf,
    ),
    Cause(
        "K063", r"grad can be implicitly created only for scalar outputs",
        "grad can be implicitly created only for scalar outputs", _no_scalar,
    ),
    Cause(
        "K065", r"a Tensor with (?P<n>\d+) elements cannot be converted to Scalar|"
        r"only one element tensors can be converted to Python scalars",
        "a Tensor with 4 elements cannot be converted to Scalar", _one_number,
    ),
    Cause(
        "K065", r"[Bb]ool(?:ean)? value of Tensor with (?:more than one value|(?P<none>no values)) is ambiguous",
        "Boolean value of Tensor with more than one value is ambiguous", _ambiguous,
    ),
    Cause(
        "K066", r"stack expects each tensor to be equal size, but got \[(?P<a>[^\]]*)\] at entry (?P<first>\d+) and "
        r"\[(?P<b>[^\]]*)\] at entry (?P<second>\d+)",
        "stack expects each tensor to be equal size, but got [3, 8, 8] at entry 0 and [3, 8, 9] at entry 1", _collated,
    ),
    Cause(
        "K066",
        r"batch must contain tensors, (?:numpy arrays, )?numbers, dicts or lists; found <class '(?P<kind>[\w.]+)'>",
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found <class 'NoneType'>",
        _kind,
    ),
    Cause(
        "K066", r"each element in list of batch should be of equal size",
        "each element in list of batch should be of equal size", _ragged,
    ),
    Cause(
        "K066",
        r"num_samples should be a positive integer value", "num_samples should be a positive integer value, but got "
        "num_samples=0", _empty_set,
    ),
    Cause(
        "K067",
        r"optimizer got an empty parameter list|params argument given to the optimizer should be an iterable of "
        r"Tensors or dicts, but got (?P<kind>[\w.]+)|"
        r"can only optimize Tensors, but one of the params is (?P<what>[\w.]+)",
        "optimizer got an empty parameter list", _parameters,
    ),
)  # fmt: skip
