"""What 'same' means: numbers and words of padding, the one-pixel lie, and a trained network that feels it."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="4 · What 'same' means · 'same' 是什么意思")

with app.setup:
    import numpy as np
    import torch
    from PIL import ImageDraw

    import kaiyan
    from kaiyan.cases.page import both, code, exercise, picture, table
    from kaiyan.cases.photographs import photograph


@app.cell
def _():
    both(
        """
        # 4 · What 'same' means

        "With a 3x3 kernel, padding=1 is 'same'." At stride 1 that is true. At stride 2 and an even size there
        are as many outputs, but every window begins one pixel early, and no error says so: the one-pixel lie. PyTorch
        refuses the word there; TensorFlow means something else by it.
        """,
        """
        # 4 · 'same' 是什么意思

        “3x3 的核，padding=1 就是 'same'。”步幅为 1 时没错。步幅为 2、尺寸为偶数时，输出的个数对了，
        每个窗口却早开始一个像素，而且不报错：这就是“一个像素的谎言”。
        这时 PyTorch 干脆拒绝这个词，TensorFlow 则另有含义。
        """,
    )
    return


@app.cell
def _():
    def conventions(size):
        found = kaiyan.padding(size, 3, stride=2)
        rows = {"padding=1": found["number"], "'same'": found["same"]}
        return {name: (row.pads, row.output_size, row.first) for name, row in rows.items()}

    even, odd = conventions(224), conventions(225)
    table(
        ("input 输入", "padding 填充", "before, after 前、后", "outputs 输出", "first window 首个窗口"),
        [(n, name, *facts) for n, rows in ((224, even), (225, odd)) for name, facts in rows.items()],
    )
    return even, odd


@app.cell
def _():
    try:
        torch.nn.Conv2d(3, 8, 3, stride=2, padding="same")
        refusal = ""
    except ValueError as error:
        refusal = str(error)
    x, w = torch.arange(1.0, 9).reshape(1, 1, 8), torch.ones(1, 1, 3)
    word = kaiyan.conv(x, w, stride=2, padding="same").flatten().tolist()
    number = torch.conv1d(x, w, stride=2, padding=1).flatten().tolist()
    both(
        f"""
        ## Why the word is refused

        'same' at stride 2 means ⌈n / 2⌉ outputs, so the padding depends on the size of the input (the table above):
        a layer cannot know it when it is made. PyTorch says: *{refusal}*.

        Sums of three of 1 … 8, every second: 'same' gives {word}, padding=1 gives {number}.
        """,
        f"""
        ## 为什么拒绝这个词

        步幅为 2 时，'same' 指输出 ⌈n / 2⌉ 个，填充多少取决于输入的大小（见上表），建立一层时无从得知。
        PyTorch 说：*{refusal}*。

        对 1 … 8 每隔一个求三数之和：'same' 得到 {word}，padding=1 得到 {number}。
        """,
    )
    return number, refusal, word


@app.cell
def _():
    network = kaiyan.networks.efficientnet_lite0()
    lying = kaiyan.nn.convert(network, "torch")
    strided = [layer for layer in lying.modules() if getattr(layer, "stride", 1) == (2, 2)]
    code()
    return lying, network, strided


@app.cell
def _(lying, network, strided):
    def best(model, pixels):
        chances = model(pixels).softmax(1)[0]
        return f"{kaiyan.networks.classes()[int(chances.argmax())]} {float(chances.max()):.3f}"

    with torch.inference_mode():
        answers = [
            (name, *(best(model, kaiyan.networks.prepare(photograph(name))) for model in (network, lying)))
            for name in ("chelsea", "coffee", "camera", "astronaut")
        ]
    both(
        f"""
        ## What it does to a network

        EfficientNet-Lite0 was trained with TensorFlow's 'same'. In its {len(strided)} strided layers we put a number,
        half the kernel, in place of the word: no weight changes, no shape changes, nothing complains.
        """,
        f"""
        ## 网络会受影响

        EfficientNet-Lite0 是按 TensorFlow 的 'same' 训练的。我们在它的 {len(strided)} 个带步幅的层里，
        把这个词换成数（核的一半）。权重不变，形状不变，也没有任何报错。
        """,
    )
    return (answers,)


@app.cell
def _(answers):
    table(("photograph 照片", "as it was trained 按训练时", "padding=1 换成数"), answers)
    return


@app.cell
def _(lying, network):
    def crops(name, back, count=12):
        pixels, random = np.asarray(photograph(name)), np.random.default_rng(0)
        corners = [random.integers(31, [n - 223 for n in pixels.shape[:2]]) - back for _ in range(count)]
        cut = np.stack([pixels[r : r + 224, c : c + 224] for r, c in corners])
        return (torch.tensor(cut).permute(0, 3, 1, 2).float() - 127) / 128

    def compared(name):
        with torch.inference_mode():
            right, other = network(crops(name, 0)).softmax(1), lying(crops(name, 0)).softmax(1)
        changed = int((right.argmax(1) != other.argmax(1)).sum())
        return changed, float((right - other).abs().sum(1).mean() / 2)

    felt = {name: compared(name) for name in ("chelsea", "coffee")}
    (cats, cat_share), (cups, cup_share) = felt.values()
    both(
        f"""
        On 12 random crops of the cat the first answer changes {cats} times, on 12 of the cup {cups} times; on average
        {cat_share:.0%} and {cup_share:.0%} of the probability move to other classes. No error tells of it.
        """,
        f"""
        随机裁剪，猫 12 张里首选答案变了 {cats} 张，咖啡 12 张里变了 {cups} 张；
        平均有 {cat_share:.0%} 和 {cup_share:.0%} 的概率转到了别的类别。没有任何报错会告诉你。
        """,
    )
    return crops, felt


@app.cell
def _(lying, network):
    def deep(model, pixels):
        maps = []
        layer = model.get_submodule("_blocks.11")
        hook = layer.register_forward_hook(lambda _, __, y: maps.append(y))
        model(pixels)
        hook.remove()
        return maps[0][0, :, maps[0].shape[2] // 2, maps[0].shape[3] // 2]

    tiled = np.tile(np.asarray(photograph("coffee")), (2, 1, 1))[:480, :480]
    scene = (torch.tensor(tiled).permute(2, 0, 1)[None].float() - 127) / 128
    with torch.inference_mode():
        seen = deep(lying, scene)
        moved = {
            n: float((seen - deep(network, torch.nn.functional.pad(scene, (n, 0, n, 0))[..., :480, :480])).abs().max())
            for n in (0, 30, 31)
        }
    both(
        f"""
        ## One pixel, five times

        Each strided layer begins one of its own pixels early, and those grow: 1 + 2 + 4 + 8 + 16 = 31 pixels of the
        picture. So move the picture by 31 for the true network: after the last strided layer, far from the border, its
        numbers and the other one's differ by {moved[31]:.0e}. Moved by 30: {moved[30]:.1f}. Not moved: {moved[0]:.1f}.
        """,
        f"""
        ## 一个像素，错五次

        每个带步幅的层都按自己的像素早开始一个，而越往后，一个像素在图片上就越大：1 + 2 + 4 + 8 + 16 = 31 个图片像素。
        那就把给原网络的图片移动 31 个像素：在最后一个带步幅的层之后、远离边界处，两个网络的数只差 {moved[31]:.0e}。
        移动 30 个像素，差 {moved[30]:.1f}；不移动，差 {moved[0]:.1f}。
        """,
    )
    return (moved,)


@app.cell
def _():
    shown = photograph("coffee").crop((188, 88, 412, 312)).resize((448, 448))
    draw = ImageDraw.Draw(shown)
    for corner, colour in ((192, "#1f6fb2"), (192 - 2 * 31, "#d6600f")):
        draw.rectangle((corner, corner, corner + 64, corner + 64), outline=colour, width=4)
    picture(
        shown,
        "Where one number of the last map belongs (blue), and where it comes from with padding=1 (orange).",
        "最后一张特征图上的一个数本该属于哪里（蓝），用 padding=1 时又来自哪里（橙）。",
        width=448,
    )
    return


@app.cell
def _(lying, network):
    random = torch.randn(1, 3, 225, 225, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        apart = float((network(random) - lying(random)).abs().max())
    exercise(
        """
        At one input size between 200 and 250 both networks give the same answers. Which, and why? (The table at the top
        helps.)
        """,
        """
        在 200 到 250 之间，有一个输入尺寸，两个网络的答案完全一样。是多少？为什么？（开头的表有提示。）
        """,
        f"""
        225 = 7·32 + 1. The strided layers see 225, 113, 57, 29 and 15, all odd, and for odd sizes 'same' pads both
        sides alike: padding=1 is 'same' there. On random pixels the answers differ by {apart:.0e}.
        """,
        f"""
        225 = 7·32 + 1。带步幅的各层依次看到 225、113、57、29、15，都是奇数；奇数时 'same' 两边填得一样多，
        padding=1 就是 'same'。对随机像素，两者的答案相差 {apart:.0e}。
        """,
    )
    return (apart,)


@app.cell
def test_figures(answers, apart, even, felt, moved, number, odd, refusal, strided, word):
    assert even == {"padding=1": ((1, 1), 112, (-1, 1)), "'same'": ((0, 1), 112, (0, 2))}
    assert odd["padding=1"] == odd["'same'"] == ((1, 1), 113, (-1, 1))
    assert "not supported for strided" in refusal
    assert word == [1 + 2 + 3, 3 + 4 + 5, 5 + 6 + 7, 7 + 8]
    assert number == [1 + 2, 2 + 3 + 4, 4 + 5 + 6, 6 + 7 + 8]
    assert len(strided) == 5
    assert all(true != lie for _, true, lie in answers)
    assert [true.rpartition(" ")[0] for _, true, _ in answers[:2]] == ["tiger cat", "espresso"]
    assert felt["chelsea"][0] > 0
    assert min(share for _, share in felt.values()) > 0.05
    assert moved[31] < 1e-3 < 1 < moved[30] < moved[0]
    assert apart < 1e-4
    return


if __name__ == "__main__":
    app.run()
