"""Translation: what moves with the picture, and what does not."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="6 · Translation · 平移")

with app.setup:
    import numpy as np
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    import kaiyan
    from kaiyan.cases.drawing import lines, shelf
    from kaiyan.cases.page import both, code, exercise, picture, table


@app.cell
def _():
    both(
        """
        # 6 · Translation

        A kernel slides. So where a thing moves in the picture, its trace moves in the map, by as much: that is
        *equivariance*. It is exact, but only until a border or a stride comes between.
        """,
        """
        # 6 · 平移

        卷积核是滑着走的。图里的东西挪一挪，它在特征图上留下的痕迹就跟着挪同样多，这叫*等变*。
        等变是精确的，直到边界和步幅来搅局。
        """,
    )
    return


@app.cell
def _():
    photograph = kaiyan.see(None, "identity", grey=True).picture.pixels[0].astype(int)
    moved_by = 5
    before, after = photograph[:, moved_by:], photograph[:, :-moved_by]

    def wrong_columns(size, padding):
        kernel = np.arange(size * size).reshape(1, 1, size, size)
        was, now = (kaiyan.conv(part[None, None], kernel, padding=padding)[0, 0] for part in (before, after))
        return int((was[:, :-moved_by] != now[:, moved_by:]).any(axis=0).sum())

    wrong = {size: (wrong_columns(size, "valid"), wrong_columns(size, "same")) for size in (3, 5, 7)}
    table(
        ("kernel 核", "valid 不填充", "same 补零"), [(f"{size} x {size}", *columns) for size, columns in wrong.items()]
    )
    return moved_by, wrong


@app.cell
def _(moved_by, wrong):
    both(
        f"""
        ## Exact until the border

        The photograph moved by {moved_by} columns, and the map moved back: the table counts columns that differ.
        Without padding there are {wrong[3][0]}: equal to the last bit. Zeros around the picture do not move with it,
        so a 7 x 7 kernel loses {wrong[7][1]} columns, three a side.
        """,
        f"""
        ## 精确，直到边界

        照片挪 {moved_by} 列，再把特征图挪回来，表里数的是对不上的列。不填充时有 {wrong[3][0]} 列：每一位都相等。
        四周补的零不会跟着照片走，所以 7 x 7 的核丢了 {wrong[7][1]} 列，每边三列。
        """,
    )
    return


@app.cell
def _():
    ring = np.random.default_rng(0).integers(0, 100, (1, 1, 1, 32))

    def survives(stride, shift):
        kernel = np.array([[[[1, 2, 4]]]])
        pair = ring, np.roll(ring, shift, axis=-1)
        was, now = (kaiyan.conv(x, kernel, stride=(1, stride), padding=(0, 1), padding_mode="circular") for x in pair)
        return any((np.roll(was, back, axis=-1) == now).all() for back in range(was.shape[-1]))

    kept = {stride: [shift for shift in range(1, 9) if survives(stride, shift)] for stride in (1, 2, 4)}
    table(
        ("stride 步幅", "1", "2", "3", "4", "5", "6", "7", "8"),
        [(stride, *("=" if shift in kept[stride] else "·" for shift in range(1, 9))) for stride in kept],
    )
    return (kept,)


@app.cell
def _(kept):
    both(
        f"""
        ## The stride that breaks it

        On a ring there is no border. = says that the map of the shifted row is the same map, only turned. Stride 2
        looks at every second place: of the shifts up to 8 only {kept[2]} survive, at stride 4 only {kept[4]}. Any other
        shift gives another map, not a moved one.
        """,
        f"""
        ## 打破等变的步幅

        把一行首尾相接成环，就没有边界了。= 表示平移后的特征图还是那张图，只是转了转。步幅 2 隔一个看一个：
        8 以内的平移只有 {kept[2]} 还保得住，步幅 4 只有 {kept[4]}。其余的平移得到的是另一张图，而不是挪动了的图。
        """,
    )
    return


@app.cell
def _():
    steps = np.array([0.0, 0, 1, 1, 0, 0, 1, 1])

    def pooled(row, blur):
        largest = np.maximum(row, np.roll(row, -1))[None, None, None]
        kernel = np.array([[[blur]]])
        side = len(blur) // 2
        return kaiyan.conv(largest, kernel, stride=(1, 2), padding=(0, side), padding_mode="circular")[0, 0, 0]

    plain_pool, blurred_pool = (
        [pooled(row, blur).tolist() for row in (steps, np.roll(steps, -1))] for blur in ([1.0], [0.25, 0.5, 0.25])
    )
    table(
        ("pooling 池化", "as it is 原样", "moved by 1 挪一格"),
        [("max pool", *map(str, plain_pool)), ("blur-pool", *map(str, blurred_pool))],
    )
    return blurred_pool, plain_pool


@app.cell
def _():
    both(
        """
        ## Pooling, and the blur before it

        Zhang's row 0 0 1 1 0 0 1 1: max pooling keeps every second maximum, and one step turns half the answer into
        all ones. A blur [1 2 1]/4 before the stride lets every place have its say: the two answers come nearer
        (arXiv:1904.11486).
        """,
        """
        ## 池化，以及池化前的模糊

        用 Zhang 的例子 0 0 1 1 0 0 1 1：最大池化隔一个留一个，挪一格，答案就从一半是 1 变成全是 1。
        在步幅之前先用 [1 2 1]/4 模糊一下，每个位置都说得上话，两次的答案就近了。（arXiv:1904.11486）
        """,
    )
    return


@app.cell
def _():
    digits = load_digits()
    images, labels = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None], torch.tensor(digits.target)
    learned = len(labels) // 2

    def placed(some, down, right):
        return nn.functional.pad(some, (6 + right, 6 - right, 6 + down, 6 - down))

    where = torch.randint(-6, 7, (2 * learned, 2), generator=torch.Generator().manual_seed(0)).tolist()
    scattered = torch.cat([placed(images[i % learned, None], *place) for i, place in enumerate(where)])
    picture(
        shelf([placed(images[0, 0], 0, 0).numpy(), *(one[0].numpy() for one in scattered[1:8])], [""] * 8),
        "Digits of 8 x 8 on a field of 20 x 20: the first in the middle, the others scattered.",
        "8 x 8 的数字放在 20 x 20 的画布上：第一个在正中，其余随意散开。",
    )
    return images, labels, learned, placed, scattered


@app.cell
def _():
    class BlurPool(kaiyan.nn.Conv2d):
        """A blur that learns nothing, at stride 2, after the maximum at stride 1."""

        def __init__(self, channels):
            super().__init__(channels, channels, 3, stride=2, padding=1, groups=channels, bias=False)
            row = torch.tensor([1.0, 2.0, 1.0]) / 4
            self.weight.requires_grad_(False).copy_((row[:, None] * row).expand_as(self.weight))

    def network(blurred=False, averaged=True):
        layers, channels = [], 1
        for width in (8, 16, 48):
            layers += [kaiyan.nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            if width < 48:
                layers += (nn.MaxPool2d(2, 1), BlurPool(width)) if blurred else (nn.MaxPool2d(2),)
            channels = width
        end = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 10))
        return nn.Sequential(*layers, *(end if averaged else (nn.Flatten(), nn.Linear(48 * 25, 10))))

    return (network,)


@app.cell
def _(images, labels, learned, network, placed, scattered):
    middle = placed(images[:learned], 0, 0), labels[:learned]
    everywhere = scattered, labels[:learned].repeat(2)
    shifts = range(-4, 5)

    def right_answers(examples, epochs, **kind):
        run = kaiyan.learn.train(lambda: network(**kind), examples, epochs=epochs, seed=0, rate=0.01, schedule="cosine")
        with torch.no_grad():
            answers = [run.model(placed(images[learned:], 0, shift)).argmax(1) for shift in shifts]
        return [int((answer == labels[learned:]).sum()) for answer in answers]

    right = {
        "1 flattened 展平": right_answers(middle, 5, averaged=False),
        "2 averaged 全局平均": right_answers(middle, 5),
        "3 blur-pooled 先模糊": right_answers(middle, 5, blurred=True),
        "4 scattered 散开着学": right_answers(everywhere, 3),
    }
    code()
    return right, shifts


@app.cell
def _(right):
    table(
        ("network 网络", "-4", "-3", "-2", "-1", "0", "1", "2", "3", "4"),
        [(name, *counts) for name, counts in right.items()],
    )
    return


@app.cell
def _(labels, learned, right, shifts):
    flattened, averaged, blurred, scattered_too = right.values()
    held = len(labels) - learned
    picture(
        lines(list(right.values()), list(shifts)),
        f"Right answers of {held} digits that no network saw, by how far they stand from the middle.",
        f"{held} 个没学过的数字，答对多少个，随它们离正中多远而变。",
    )
    return averaged, blurred, flattened, held, scattered_too


@app.cell
def _(averaged, blurred, flattened, scattered_too):
    both(
        f"""
        ## Four networks, one digit off the middle

        **1** ties every place to its own weights: {flattened[4]} right in the middle, {flattened[0]} four columns away.
        **2** averages over all places: {averaged[0]} four away, its stride in all, but {averaged[3]} at one: a
        sawtooth. **3** blurs before each stride: never under {min(blurred)}. **4** is network 2 that saw digits
        everywhere: never under {min(scattered_too)}.
        """,
        f"""
        ## 四个网络，数字偏离正中

        **1** 每个位置各有各的权重：在正中对 {flattened[4]} 个，挪四列只对 {flattened[0]} 个。**2** 对所有位置求平均：
        挪四列（正是总步幅）对 {averaged[0]} 个，挪一列却只有 {averaged[3]} 个，成了锯齿。**3** 每次跨步前先模糊：
        不少于 {min(blurred)} 个。**4** 还是网络 2，只是学的时候数字散在各处：不少于 {min(scattered_too)} 个。
        """,
    )
    return


@app.cell
def _():
    jump = int(kaiyan.receptive_field([kaiyan.Conv(1, 1, 3, stride=2, padding=1, rank=2)] * 3)[-1][0].jump)
    exercise(
        """
        Three layers of stride 2 follow one another. By how many columns may the picture move so that the last map is
        the same map, moved?
        """,
        """
        三层步幅 2 一层接一层。照片挪多少列，最后的特征图还是同一张，只是挪了位置？
        """,
        f"""
        By {jump} and its multiples: 2 · 2 · 2. That is the *jump*, the distance between the fields of two neighbours;
        `kaiyan.receptive_field` gives it, and `kaiyan.shift_report(model, picture)` measures it on your own model.
        """,
        f"""
        {jump} 列和它的倍数：2 · 2 · 2。这就是间隔（`jump`），相邻两个输出的感受野相距多远；
        `kaiyan.receptive_field` 给出它，`kaiyan.shift_report(model, picture)` 在你自己的模型上量它。
        """,
    )
    return (jump,)


@app.cell
def test_figures(averaged, blurred, blurred_pool, flattened, held, jump, kept, plain_pool, scattered_too, wrong):
    assert wrong == {size: (0, 2 * (size // 2)) for size in (3, 5, 7)}  # as far as the kernel reaches, on two sides
    assert kept == {stride: [*range(stride, 9, stride)] for stride in (1, 2, 4)}
    assert plain_pool == [[0, 1, 0, 1], [1, 1, 1, 1]]  # Zhang's figure 3
    assert blurred_pool == [[0.5, 1, 0.5, 1], [0.75] * 4]
    assert flattened[0] < held / 2 < flattened[4]
    assert min(averaged[0], averaged[4], averaged[8]) > max(averaged[1::2])  # strides of 4 in all
    assert min(blurred) > max(averaged[1::2])
    assert min(scattered_too) > max(averaged[1::2])
    assert jump == 8
    return


if __name__ == "__main__":
    app.run()
