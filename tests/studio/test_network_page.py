"""The network tab as a visitor has it: what it says of twenty pixels against computations of our own, and its keys."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaiyan import networks
from kaiyan.nn import Conv2d
from kaiyan.pictures.picture import picture

if TYPE_CHECKING:
    from browsing import Visitor
    from playwright.sync_api import Page

STATE = "document.querySelector('.kaiyan').kaiyan.store.state"
ALL_LAYERS = (
    "() => document.querySelector('.network .gallery') !== null && !document.querySelector('.network .waiting')"
)
FOCUSED = (
    "!document.querySelector('.network .waiting') && !!document.querySelector('.network .focus .hold')?.offsetParent"
)
"""A layer is open, and nothing is waited for that would take its place."""
FIELDS = "() => /rows|行/.test(document.querySelector('.network .seen figcaption')?.textContent ?? '')"
OPENING = 120_000
"""Milliseconds: torch is imported, the network opened and shown the picture, on a busy machine."""
SIDE, CROP = 224, (32, 448)
"""Of the photograph of 512 pixels a side: 224/256 in its middle."""


def opened(visitor: Visitor, link: str = "tab=network", wait: str = ALL_LAYERS, **options: Any) -> Page:
    page = visitor.opens(link, reduced_motion="reduce", **options)
    page.wait_for_function(wait, timeout=OPENING)
    return page


class Same(nn.Module):
    """TensorFlow's 'same' by hand: as many windows as the stride leaves, the odd element of padding after."""

    def __init__(self, layer: Conv2d, weight: Tensor) -> None:
        super().__init__()
        self.stride, self.groups, self.weight = layer.stride[0], layer.groups, weight

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.shape[-1]
        high, wide = (max((-(-n // self.stride) - 1) * self.stride + kernel - n, 0) for n in x.shape[2:])
        x = F.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
        return F.conv2d(x, self.weight, stride=self.stride, groups=self.groups)


def exchanged(model: nn.Module, change: Any) -> nn.Module:
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            setattr(module, name, change(child))
    return model


def in_double(model: nn.Module) -> nn.Module:
    """The network in float64 on torch's own convolution."""
    twin = copy.deepcopy(model).double()
    return exchanged(twin, lambda own: Same(own, own.weight) if isinstance(own, Conv2d) else own)


def positive(model: nn.Module) -> nn.Module:
    """The same data flow with weights above zero, so that nothing cancels, and nothing that is cut off at zero."""

    def change(own: nn.Module) -> nn.Module:
        if isinstance(own, Conv2d):
            weight = torch.rand(own.weight.shape, dtype=torch.float64) + 0.5
            return Same(own, weight / weight.sum((1, 2, 3), keepdim=True))
        if isinstance(own, nn.Linear):
            linear = nn.Linear(own.in_features, own.out_features).double()
            linear.weight = nn.Parameter(torch.rand(linear.weight.shape, dtype=torch.float64) + 0.5)
            return linear
        return nn.Identity() if isinstance(own, (nn.BatchNorm2d, nn.ReLU6)) else own

    return exchanged(copy.deepcopy(model), change)


def steps_of(model: nn.Module) -> tuple[list[tuple[str, Tensor]], Any]:
    """Every layer's output of one run, in order, and what runs: modules, and the sums of blocks that skip."""
    made: list[tuple[str, Tensor]] = []

    def after(path: str) -> Any:
        return lambda *call: made.append((path, call[-1]))

    for path, module in model.named_modules():
        is_leaf = not any(True for _ in module.children())
        if (is_leaf and not isinstance(module, nn.Dropout)) or getattr(module, "_adds", False):
            module.register_forward_hook(after(path if is_leaf else f"{path}.add"))
    return made, model


def crop_of_the_photograph() -> Tensor:
    from PIL import Image

    top, side = CROP
    pixels = np.moveaxis(picture().pixels, 0, -1)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    box = (top, top, top + side, top + side)
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box)).astype(np.float64)
    return torch.from_numpy((small - 127) / 128).permute(2, 0, 1)[None]


def reached(value: Tensor, x: Tensor) -> list[int]:
    """First and last row, first and last column of the pixels by which a value changes."""
    (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
    hit = gradient[0].abs().sum(0) > 0
    return [int(hit.any(axis).nonzero().flatten()[end]) for axis in (1, 0) for end in (0, -1)]


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("\u202f", ""))


SHOWN = """place => {
    const panel = document.querySelector('.network .panel.of-sum')
    const value = document.querySelector('.network .lead .value')?.textContent ?? '≈'
    return panel?.querySelector('.hint')?.textContent.includes(place) && !value.includes('≈')
        && (panel.querySelector('.numbers .total') || panel.querySelector('.rounding')) !== null
}"""
READ = """() => {
    const text = (css) => document.querySelector(`.network ${css}`)?.textContent.replace(/\\s+/g, ' ').trim() ?? ''
    const canvas = document.querySelector('.network .seen canvas')
    const { width, height } = canvas
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
    copy.drawImage(canvas, 0, 0)
    const { data } = copy.getImageData(0, 0, width, height)
    const rows = [], columns = []
    for (let i = 0; i < width * height; i++)
        if (data[4 * i] === 242 && data[4 * i + 1] === 183 && data[4 * i + 2] === 5) {
            rows.push(Math.floor(i / width))
            columns.push(i % width)
        }
    const ends = (list) => [list.reduce((a, b) => Math.min(a, b)), list.reduce((a, b) => Math.max(a, b))]
    return {
        path: text('.panel.of-sum .hint code'), value: text('.lead .value'), seen: text('.seen figcaption'), width,
        frame: [...ends(rows), ...ends(columns)], rounding: text('.panel .rounding'),
        table: [...document.querySelectorAll('.network .panel .numbers td')].map((cell) => cell.textContent),
    }
}"""


def told_sum(read: dict[str, Any]) -> tuple[float, float, float]:
    """The sum in float64, what the network holds, and the rounding, as they stand on the page."""
    if read["table"]:
        total, held, off = (number(text) for text in read["table"][-3:])
        return total, held, off
    text = read["rounding"]
    if alike := re.search(r"exactly (\S+), in float32 too", text):
        return number(alike[1]), number(alike[1]), 0.0
    told = re.search(r"rounded by (\S+) float32 holds (\S+); the sum in float64 is (\S+)", text)
    assert told is not None, text
    return number(told[3]), number(told[2]), number(told[1])


def chosen(made: list[tuple[str, Tensor]]) -> list[int]:
    """Twenty layers at random, of every kind at least one."""
    draw = np.random.default_rng(20)
    kinds = ["_conv_stem", "_depthwise_conv", "_expand_conv", "_project_conv", "_bn1", "_swish", ".add",
             "_avg_pooling", "_fc"]  # fmt: skip
    each = [int(draw.choice([i for i, (path, _) in enumerate(made) if path.endswith(kind)])) for kind in kinds]
    return each + [int(i) for i in draw.integers(len(made), size=20 - len(each))]


def test_twenty_pixels_of_efficientnet_lite0_are_what_torch_computes(visitor: Visitor) -> None:
    torch.manual_seed(0)
    model = networks.efficientnet_lite0()
    values, whole = steps_of(in_double(model))
    with torch.no_grad():
        whole(crop_of_the_photograph())
    flows, flow = steps_of(positive(model))
    x = torch.rand(1, 3, SIDE, SIDE, dtype=torch.float64, requires_grad=True)
    flow(x)
    page = opened(visitor, size=(1440, 900))
    assert page.locator(".layers .layer").count() == len(values) + 1
    draw = np.random.default_rng(13)
    for layer in chosen(values):
        path, made = values[layer]
        place = tuple(int(draw.integers(n)) for n in made.shape[1:])
        channel, row, column = (*place, 0, 0)[:3]
        link = f"tab=network&layer={layer}&map={channel}&pixel={row},{column}&panel=sum"
        page.evaluate("link => { location.hash = link }", link)
        page.wait_for_function(SHOWN, arg=f"channel {channel}, row {row}, column {column}", timeout=OPENING)
        page.wait_for_function(FIELDS, timeout=OPENING)
        read = page.evaluate(READ)
        assert read["path"] == path
        scale = float(made.abs().max())
        total, held, off = told_sum(read)
        assert total == pytest.approx(float(made[(0, *place)]), abs=3e-5 * scale), path
        assert held == pytest.approx(total, abs=1e-5 * scale), path
        assert abs(off) == pytest.approx(abs(held - total), rel=6e-3, abs=1e-7 * max(1.0, abs(held))), path
        assert number(read["value"]) == pytest.approx(held, rel=6e-3), path
        ends = reached(flows[layer][1][(0, *place)], x)
        seen = [int(n) for n in re.findall(r"\d+", read["seen"])]
        assert seen == ends, path
        assert read["frame"] == pytest.approx(framed(ends, read["width"]), abs=2), path


def framed(ends: list[int], width: int) -> list[float]:
    """Where the frame of a field stands on the picture: at least four pixels wide, drawn two thick."""
    found = []
    for first, last in (ends[:2], ends[2:]):
        low, high = ((CROP[0] + n * CROP[1] / SIDE) * width / 512 for n in (first, last + 1))
        grown = max(0.0, (4 - (high - low)) / 2)
        found += [low - grown, high + grown]
    return found


def pressed(page: Page, keys: str) -> None:
    """Keys one after the other; the tab has the focus after each."""
    for key in keys.split():
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.closest('.kaiyan .network') !== null"), key


def to(page: Page, css: str, most: int = 60) -> None:
    """Tab, until the focus is on what is looked for."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("css => document.activeElement.matches(css)", css):
            return
        passed.append(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    pytest.fail(f"Tab does not come to {css}: {passed}")


def until(page: Page, claim: str) -> None:
    """Waits for a claim about the state or the page, and for the frame that draws it."""
    page.wait_for_function(f"() => {claim}", timeout=OPENING)
    page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


HERE = f"{STATE}.network"


def test_the_network_is_used_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.opens("paused=1", reduced_motion="reduce")
    page.keyboard.press("2")
    page.wait_for_function(ALL_LAYERS, timeout=OPENING)
    chooses(page)
    opens_a_sum(page)
    reads_the_panels(page)


def chooses(page: Page) -> None:
    """A network, then a picture, and back."""
    to(page, ".network .recipe select")
    pressed(page, "ArrowDown")
    until(page, f"{HERE}.name === 'efficientnet_lite0-untrained' && {ALL_LAYERS[6:]}")
    pressed(page, "ArrowUp")
    until(page, f"{HERE}.name === 'efficientnet_lite0' && {ALL_LAYERS[6:]}")
    to(page, ".network .drop select")
    pressed(page, "ArrowDown")
    until(page, f"{HERE}.picture !== 'photograph' && {ALL_LAYERS[6:]}")
    pressed(page, "ArrowUp")
    until(page, f"{HERE}.picture === 'photograph' && {ALL_LAYERS[6:]}")


def opens_a_sum(page: Page) -> None:
    """Walks to a layer, a channel, a pixel; its sum, and closer."""
    to(page, ".network .layers .layer")
    pressed(page, "ArrowDown ArrowDown ArrowDown Enter")
    until(page, f"{HERE}.layer === 2 && {FOCUSED}")
    to(page, ".network .focus .hold", 20)
    page.wait_for_function(FIELDS, timeout=OPENING)
    pressed(page, "]")
    until(page, f"{HERE}.channel > 0")
    pressed(page, "PageUp ArrowLeft Shift+ArrowDown")
    until(page, f"{HERE}.layer === 1 && {HERE}.place[0] === 65 && {HERE}.place[1] === 54")
    pressed(page, "Enter")
    until(page, "document.querySelector('.of-sum .numbers .total') !== null")
    pressed(page, "PageUp")
    until(page, "document.querySelector('.of-sum .rounding') !== null")
    pressed(page, "Escape")
    until(page, f"{HERE}.panel === 'answer' && {HERE}.layer === 0")
    pressed(page, "= = = -")
    until(page, f"{HERE}.zoom === 4")


def reads_the_panels(page: Page) -> None:
    """Patches, a second picture, a move by a pixel, another convention; then back to all layers."""
    to(page, "[id$=network-tab-answer]")
    pressed(page, "ArrowRight ArrowRight ArrowRight")
    until(page, f"{HERE}.panel === 'patches' && document.querySelectorAll('.of-patches .patches figure').length > 0")
    pressed(page, "ArrowRight ArrowRight")
    until(page, f"{HERE}.panel === 'compare'")
    to(page, ".of-compare .drop select")
    pressed(page, "ArrowDown")
    until(page, "document.querySelector('.of-compare .alike') !== null")
    pressed(page, "Shift+Tab Shift+Tab")
    pressed(page, "ArrowLeft ArrowLeft ArrowLeft ArrowLeft ArrowLeft")
    until(page, f"{HERE}.panel === 'answer'")
    to(page, ".ways button:nth-child(2)")
    pressed(page, "Enter")
    until(page, f"{HERE}.shift[0] === -1 && document.querySelectorAll('.of-answer .answers').length === 2")
    to(page, ".choices button:nth-child(3)")
    pressed(page, "Enter")
    until(page, f"{HERE}.word === 'torch' && document.querySelectorAll('.of-answer .answers').length === 3")
    pressed(page, "Escape Escape")
    until(page, f"{HERE}.layer === null")
    to(page, ".network .layers .layer", 40)


def test_what_had_the_focus_goes_on_to_what_stands_there_now(visitor: Visitor) -> None:
    page = opened(visitor)
    page.locator(".network .sheet[tabindex='0']").focus()
    pressed(page, "ArrowRight ArrowRight Enter")
    until(page, f"{STATE}.network.layer === 2 && document.activeElement.matches('.focus .hold')")
    pressed(page, "Escape")
    until(page, "document.activeElement.querySelector('canvas')?.dataset.layer === '2'")
    pressed(page, "Enter")
    to(page, ".network .acts button[aria-label='Larger']")
    pressed(page, "Enter Enter Enter Enter Enter Enter Enter")
    until(page, f"{STATE}.network.zoom === 64 && document.activeElement.ariaLabel === 'Larger'")
    page.locator(".network .head .back").focus()
    pressed(page, "Enter")
    until(page, "document.activeElement.matches('.network .sheet')")
