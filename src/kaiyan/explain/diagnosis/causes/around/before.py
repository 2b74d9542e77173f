"""Causes before the model: pictures that were not read, arrays and transforms, files of weights, workers, drivers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from kaiyan.explain.diagnosis.causes.finding import Cause, Finding, numbers
from kaiyan.explain.diagnosis.fixes import Fix
from kaiyan.show.sentence import sentence

if TYPE_CHECKING:
    import re

    from kaiyan.explain.diagnosis.facts import Facts
    from kaiyan.show.sentence import Sentence


def _outside(said: Sentence, *fixes: Fix) -> Finding:
    return Finding(said, fixes, is_outside=True)


def _nothing(facts: Facts, found: re.Match[str]) -> Finding | None:
    if facts.model is not None or "in forward" in facts.text:
        return None  # something of the model's own, of which the words do not tell
    attribute = found["attribute"]
    said = (
        sentence("K074", "a value is None, but something with .{attribute} was expected", attribute=attribute)
        if attribute
        else sentence("K074", "a value is None, or a picture is empty, but a picture or a tensor was expected")
    )
    look = "assert img is not None, path"
    read = sentence("K074", "cv2.imread returns None for a wrong path, without an error: {line}", line=look)
    given = sentence("K074", "a function or forward without return returns None: end it with {line}", line="return x")
    fixes = (Fix(read, None, look), Fix(given, None, "return x"))
    return _outside(said, *(fixes[:1] if found["empty"] else fixes))


def _normalised(_: Facts, found: re.Match[str]) -> Finding:
    a, b = numbers(found["a"]), numbers(found["b"])
    if len(a) == len(b) and a[:1] == (1,) and b[:1] == (3,):
        said = sentence("K073", "a picture with 1 channel {a} is combined with numbers for 3, such as Normalize's", a=a)
        one, rgb = "transforms.Normalize((0.5,), (0.5,))", 'Image.open(path).convert("RGB")'
        return _outside(
            said,
            Fix(sentence("K073", "give one mean and one standard deviation: {line}", line=one), None, one),
            Fix(sentence("K073", "or read it as colour: {line}", line=rgb), None, rgb),
        )
    said = sentence("K073", "an in-place operation keeps the shape {a}, but the result has {b}", a=a, b=b)
    return _outside(said, Fix(sentence("K073", "make a new tensor: {line}", line="x = x + y, not x += y"), None,
                              "x = x + y"))  # fmt: skip


def _reshaped(_: Facts, found: re.Match[str]) -> Finding:
    size, wanted = int(found["size"]), numbers(found["wanted"])
    said = sentence("K026", "{size} numbers cannot be reshaped to {wanted}, which takes {n}", size=size, wanted=wanted,
                    n=prod(wanted))  # fmt: skip
    times, rest = divmod(size, max(prod(wanted), 1))
    if rest or min(wanted, default=0) < 1:
        return _outside(said, Fix(sentence("K026", "print x.shape: it is not the size that the code assumes")))
    colours = f"x = x.reshape{(*wanted, times)}"
    batch = f"x = x.reshape{(-1, *wanted)}"
    several = Fix(sentence("K026", "if they are {times} samples: {line}", times=times, line=batch), None, batch)
    if times not in (3, 4):
        return _outside(said, several)
    return _outside(said, Fix(sentence("K026", "if it has {times} channels: {line}", times=times, line=colours), None,
                              colours), several)  # fmt: skip


def _arrays(_: Facts, found: re.Match[str]) -> Finding:
    a, b = sorted((numbers(found["a"]), numbers(found["b"])), key=len, reverse=True)
    said = sentence("K021", "the arrays {a} and {b} do not match: their last axes must be equal or 1", a=a, b=b)
    line, offer = "", sentence("K021", "print both shapes")
    if len(a) == 3 and len(b) == 1 and a[-1] == 4 and b == (3,):
        line = "x = x[..., :3]"
        offer = sentence("K001", "drop the alpha channel: {line}", line=line)
    elif len(a) == 3 and len(b) == 1 and a[0] == b[0]:
        line = "mean[:, None, None]"
        offer = sentence("K021", "if the channels are first: {line}", line=line)
    elif len(a) == 2 and b == (3,):
        line = "x = np.stack([x] * 3, axis=-1)"
        offer = sentence("K001", "repeat the grey channel three times: {line}", line=line)
    return _outside(said, Fix(offer, None, line or None))


def _transform(_: Facts, found: re.Match[str]) -> Finding:
    kind = (found["first"] or found["second"]).rpartition(".")[2]
    if found["first"]:
        said = sentence("K073", "ToTensor takes a picture or an array, but was given a {kind}", kind=kind)
        return _outside(said, Fix(sentence("K073", "remove ToTensor if it is a tensor already")))
    said = sentence("K073", "the transform takes a Pillow image, but was given a {kind}", kind=kind)
    line = "transforms.ToPILImage()" if kind == "ndarray" else "transforms.Compose([transforms.Resize(n), ToTensor()])"
    offer = (
        sentence("K073", "convert it to a Pillow image first: {line}", line=line)
        if kind == "ndarray"
        else sentence("K073", "put ToTensor last: {line}", line=line)
    )
    return _outside(said, Fix(offer, None, line))


def _bytes(_: Facts, found: re.Match[str]) -> Finding:
    said = sentence(
        "K073", "Pillow cannot make a picture from an array of {kind}", kind=f"({found['shape']}), {found['kind']}"
    )
    line = "Image.fromarray((x * 255).clip(0, 255).astype(np.uint8))"
    first = "x = x.transpose(1, 2, 0)"
    return _outside(
        said,
        Fix(sentence("K073", "if its numbers go from 0 to 1, convert them to bytes: {line}", line=line), None, line),
        Fix(sentence("K073", "if the channels are first, move them last: {line}", line=first), None, first),
    )


def _no_cuda(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "this PyTorch was built without CUDA, or sees no GPU")
    line = 'device = "cuda" if torch.cuda.is_available() else "cpu"'
    return _outside(
        said,
        Fix(sentence("K075", "use the GPU only if there is one: {line}", line=line), None, line),
        Fix(sentence("K075", "with an NVIDIA GPU, install the build for its driver: pytorch.org/get-started")),
    )


def _from_gpu(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "the file was saved on a GPU, and there is none here")
    line = 'torch.load(path, map_location="cpu")'
    return _outside(said, Fix(sentence("K075", "load it to the CPU: {line}", line=line), None, line))


def _spawned(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "the workers start the script again, which starts workers again (Windows, macOS)")
    line = 'if __name__ == "__main__":\n    main()'
    offer = sentence("K075", "put the script's main code under {line}", line='if __name__ == "__main__":')
    none = sentence("K075", "or load without workers: {line}", line="num_workers=0")
    return _outside(said, Fix(offer, None, line), Fix(none, None, "num_workers=0"))


def _killed(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "a DataLoader worker was killed: memory or shared memory ran out")
    return _outside(
        said,
        Fix(sentence("K075", "load without workers, which also shows the real error: {line}", line="num_workers=0"),
            None, "num_workers=0"),
        Fix(sentence("K075", "in Docker, give it shared memory: {line}", line="--shm-size=8g"), None, "--shm-size=8g"),
    )  # fmt: skip


def _forked(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "a worker uses the GPU, which a forked process cannot")
    line = "x = x.to(device)  # in the training loop, not in the Dataset"
    spawn = 'DataLoader(..., multiprocessing_context="spawn")'
    return _outside(
        said,
        Fix(sentence("K075", "move tensors to the GPU in the training loop, not in the Dataset"), None, line),
        Fix(sentence("K075", "or start the workers with spawn: {line}", line=spawn), None, spawn),
    )


def _weights_only(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "the file holds more than weights, which torch.load refuses by default since version 2.6")
    line = "torch.load(path, weights_only=False)"
    offer = sentence("K075", "only if you trust the file, since it can run code: {line}", line=line)
    return _outside(said, Fix(offer, None, line))


def _cut(_: Facts, __: re.Match[str]) -> Finding:
    said = sentence("K075", "the weights file is incomplete or was not saved by PyTorch")
    return _outside(said, Fix(sentence("K075", "download it again and check its size: it may be a web page")))


ROWS = (
    Cause(
        "K074", r"'NoneType' object (?:has no attribute '(?P<attribute>shape|ndim|"
        r"dtype|astype|copy|resize|convert|transpose)'|is not subscriptable)|"
        r"(?P<empty>!_?s(?:rc|size)\.empty\(\))",
        "'NoneType' object is not subscriptable", _nothing,
    ),
    Cause(
        "K073", r"output with shape \[(?P<a>[^\]]*)\] doesn't match the broadcast shape \[(?P<b>[^\]]*)\]",
        "output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]", _normalised,
    ),
    Cause(
        "K073", r"pic should be .*?Got <class '(?P<first>[\w.]+)'|(?:img|inpt|pic) should be PIL Image\. Got "
        r"<class '(?P<second>[\w.]+)'",
        "pic should be PIL Image or ndarray. Got <class 'torch.Tensor'>", _transform,
    ),
    Cause(
        "K073", r"Cannot handle this data type: \((?P<shape>[^)]*)\), (?P<kind>\S+)",
        "Cannot handle this data type: (1, 1, 3), <f4", _bytes,
    ),
    Cause(
        "K026", r"cannot reshape array of size (?P<size>\d+) into shape \((?P<wanted>[\d,\s]+)\)",
        "cannot reshape array of size 2352 into shape (28,28)", _reshaped,
    ),
    Cause(
        "K021", r"operands could not be broadcast together with shapes \((?P<a>[\d,]+)\) \((?P<b>[\d,]+)\)",
        "operands could not be broadcast together with shapes (224,224,4) (3,)", _arrays,
    ),
    Cause("K075", r"Torch not compiled with CUDA enabled|Found no NVIDIA driver",
          "Torch not compiled with CUDA enabled", _no_cuda),
    Cause("K075", r"Attempting to deserialize object on a CUDA device",
          "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False", _from_gpu),
    Cause("K075", r"An attempt has been made to start a new process before",
          "An attempt has been made to start a new process before the current process has finished", _spawned),
    Cause("K075", r"DataLoader worker \(pid.*?\) (?:is killed by signal|exited unexpectedly)",
          "DataLoader worker (pid 12345) is killed by signal: Bus error.", _killed),
    Cause("K075", r"Cannot re-initialize CUDA in forked subprocess",
          "Cannot re-initialize CUDA in forked subprocess", _forked),
    Cause("K075", r"Weights only load failed", "Weights only load failed.", _weights_only),
    Cause("K075", r"PytorchStreamReader failed|invalid magic number; corrupt file|invalid load key",
          "PytorchStreamReader failed reading zip archive: failed finding central directory", _cut),
)  # fmt: skip
