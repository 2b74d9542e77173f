"""Sparse connection: a convolution against a fully connected layer on digits, numbers and accuracy counted."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="5 · Sparse connection · 稀疏连接")

with app.setup:
    import numpy as np
    import torch
    from PIL import Image
    from sklearn.datasets import load_digits
    from torch import nn

    import kaiyan
    from kaiyan.cases.page import both, code, exercise, picture, table


@app.cell
def _():
    both(
        """
        # 5 · Sparse connection

        A fully connected layer ties every output to every pixel. A convolution ties it to a few neighbours, and uses
        the same few numbers everywhere. What does that save, and what does it cost? We count, on handwritten digits.
        """,
        """
        # 5 · 稀疏连接

        全连接层把每个输出与每个像素都连起来。卷积只连几个邻居，而且处处共用同样的几个数。
        这样省下什么，又失去什么？我们在手写数字上数一数。
        """,
    )
    return


@app.cell
def _():
    digits = load_digits()
    images = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
    names = torch.tensor(digits.target)
    order = torch.tensor(np.random.default_rng(0).permutation(len(names)))
    learning, held = order[:1200], order[1200:]
    strip = np.concatenate([digits.images[digits.target == digit][0] for digit in range(10)], axis=1)
    ink = Image.fromarray(255 - (strip * 255 / 16).astype(np.uint8)).resize((800, 80), Image.Resampling.NEAREST)
    picture(
        ink,
        f"{len(names):,} digits of 8 x 8 pixels, from scikit-learn; {len(held)} of them are kept for the test.",
        f"scikit-learn 自带 {len(names):,} 个 8 x 8 像素的手写数字，其中 {len(held)} 个留作测试。",
    )
    return held, images, learning, names


@app.cell
def _():
    layer = kaiyan.Conv(1, 8, 3, padding="same", bias=False, rank=2)
    outputs = int(np.prod(layer.output_shape((1, 1, 8, 8))))
    connections = 64 * outputs
    both(
        f"""
        ## One layer, counted

        From 8 x 8 pixels to {outputs} outputs a full layer has 64·{outputs} = {connections:,} weights. The convolution
        with 8 kernels of 3 x 3 has 8·9 = **{layer.params}**: {connections // layer.params} times fewer.
        """,
        f"""
        ## 数一数一层

        从 8 x 8 个像素到 {outputs} 个输出，全连接层有 64·{outputs} = {connections:,} 个权重。
        用 8 个 3 x 3 的核做卷积，只有 8·9 = **{layer.params}** 个，是前者的 1/{connections // layer.params}。
        """,
    )
    return connections, layer


@app.cell
def _():
    def convolution():
        return nn.Sequential(
            kaiyan.nn.Conv2d(1, 8, 3, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(8 * 4 * 4, 10),
        )

    def full(hidden):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10))

    code()
    return convolution, full


@app.cell
def _(convolution, full, held, images, learning, names):
    def scores(make, seeds, pixels=images):
        right = []
        for seed in range(seeds):
            pair = pixels[learning], names[learning]
            training = kaiyan.learn.train(
                make, pair, epochs=8, seed=seed, batch=64, rate=0.02, schedule="cosine", progress=False
            )
            with torch.inference_mode():
                right.append(float((training.model(pixels[held]).argmax(1) == names[held]).double().mean()))
        return right, training.parameters

    def line(name, found):
        right, parameters = found
        return name, f"{parameters:,}", f"{np.mean(right):.1%}", f"{min(right):.1%} … {max(right):.1%}", len(right)

    sparse, dense = scores(convolution, 4), scores(lambda: full(18), 4)
    wide = scores(lambda: full(512), 2)
    table(
        ("network 网络", "numbers 参数", "right 准确率", "from … to 从 … 到", "runs 次数"),
        [
            line("convolution 卷积", sparse),
            line("full, 18 hidden 全连接，18 个隐单元", dense),
            line("full, 512 hidden 全连接，512 个隐单元", wide),
        ],
    )
    return dense, scores, sparse, wide


@app.cell
def _(dense, sparse, wide):
    gain = (np.mean(sparse[0]) - np.mean(dense[0])) * 100
    both(
        f"""
        ## At the same budget

        With {sparse[1]:,} numbers against {dense[1]:,}, the convolution is right {gain:.1f} percentage points more
        often. It is no magic: on pictures this small a full layer with {wide[1] / sparse[1]:.0f} times as many numbers
        does better still. What sparse connection saves is numbers.
        """,
        f"""
        ## 预算相同

        {sparse[1]:,} 个参数对 {dense[1]:,} 个，卷积的准确率高出 {gain:.1f} 个百分点。
        但这不是魔法：图这么小，参数多到 {wide[1] / sparse[1]:.0f} 倍的全连接层更准。
        稀疏连接省下的，是参数。
        """,
    )
    return


@app.cell
def _(convolution, images, scores, sparse):
    mixing = torch.tensor(np.random.default_rng(1).permutation(64))
    mixed = images.flatten(1)[:, mixing].reshape(images.shape)
    shuffled, _ = scores(convolution, 2, mixed)
    exercise(
        """
        Shuffle the 64 pixels of every digit in one and the same way: `mixed`. Which of the networks cares, and why?
        Guess, then run `scores(convolution, 2, mixed)`.
        """,
        """
        把每个数字的 64 个像素按同一种方式打乱，得到 `mixed`。哪个网络会受影响？为什么？
        先猜，再运行 `scores(convolution, 2, mixed)`。
        """,
        f"""
        The convolution: {np.mean(shuffled):.1%} in place of {np.mean(sparse[0]):.1%}. Its neighbours are no neighbours
        any more, and a stroke no longer looks alike everywhere. To a full layer the order of the pixels means nothing:
        it would learn the same weights in another order.
        """,
        f"""
        受影响的是卷积：{np.mean(shuffled):.1%}，原来是 {np.mean(sparse[0]):.1%}。邻居不再是邻居，
        同样的笔画也不再处处相似。全连接层根本不在乎像素的顺序：它学到的会是同样的权重，只是换了次序。
        """,
    )
    return (shuffled,)


@app.cell
def test_figures(connections, convolution, dense, full, layer, shuffled, sparse, wide):
    assert layer.params == nn.Conv2d(1, 8, 3, bias=False).weight.numel() == 72
    assert connections == nn.Linear(64, 512, bias=False).weight.numel()
    counts = [sum(weight.numel() for weight in net.parameters()) for net in (convolution(), full(18), full(512))]
    assert [sparse[1], dense[1], wide[1]] == counts
    assert abs(sparse[1] / dense[1] - 1) < 0.02
    assert np.mean(sparse[0]) - 0.005 > np.mean(dense[0]) > 0.9
    assert np.mean(wide[0]) > np.mean(sparse[0])
    assert np.mean(shuffled) < np.mean(sparse[0]) - 0.002
    return


if __name__ == "__main__":
    app.run()
