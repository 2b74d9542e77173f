"""A random kernel learns Sobel: gradient descent finds what least squares says at once."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="3 · A random kernel learns Sobel · 随机的核学成 Sobel")

with app.setup:
    import numpy as np
    import torch
    from scipy import ndimage

    import kaiyan
    from kaiyan.cases.page import both, code, exercise, picture, table
    from kaiyan.cases.photographs import photograph


@app.cell
def _():
    both(
        """
        # 3 · A random kernel learns Sobel

        In a network nobody writes the kernels. They begin as random numbers, and every wrong answer moves them a
        little. Here nine random numbers see a photograph and what SciPy's Sobel filter makes of it. Nobody tells them
        the filter.
        """,
        """
        # 3 · 随机的核学成 Sobel

        神经网络里的核没有人写。它们起初是随机数，每答错一次就挪动一点。
        这里，九个随机数看一张照片，再看 SciPy 的 Sobel 滤波对它的结果。至于滤波器是什么，没有人告诉它们。
        """,
    )
    return


@app.cell
def _():
    pixels = np.asarray(photograph("astronaut").convert("L").resize((128, 128)), float)
    pixels = (pixels - pixels.mean()) / pixels.std()
    edges = ndimage.sobel(pixels, axis=1)[1:-1, 1:-1]

    def learned(answers, seed, rate=0.2):
        pair = [torch.tensor(array[None, None], dtype=torch.float32) for array in (pixels, answers)]
        return kaiyan.learn.train(
            lambda: kaiyan.nn.Conv2d(1, 1, 3, bias=False),
            (pair[0], pair[1]),
            epochs=220,
            seed=seed,
            batch=1,
            optimizer="sgd",
            rate=rate,
            progress=False,
        )

    training = learned(edges, seed=0)
    code()
    return edges, learned, pixels, training


@app.cell
def _(training):
    picture(
        training,
        "The loss falls in swings: momentum carries the kernel past its goal and back.",
        "损失一荡一荡地下降：动量把核带过了头，又拉回来。",
    )
    return


@app.cell
def _(training):
    (start, end), *_ = training.kernels.values()
    table(
        ("row 行", "before 之前", "after 之后"),
        [(i, *("  ".join(f"{n:+.3f}" for n in kernel[0, 0, i]) for kernel in (start, end))) for i in range(3)],
    )
    return end, start


@app.cell
def _(edges, end, learned):
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    others = [learned(edges, seed).kernels for seed in (1, 2)]
    ends = [end, *(kernel for kernels in others for _, kernel in kernels.values())]
    distances = [float(abs(kernel[0, 0] - sobel).max()) for kernel in ends]
    both(
        f"""
        ## It is Sobel

        The farthest number is {distances[0]:.0e} from Sobel's. Two other random starts end there too, within
        {max(distances):.0e}: the loss of one linear layer is a bowl, and a bowl has one lowest place.
        """,
        f"""
        ## 正是 Sobel

        九个数里离 Sobel 最远的只差 {distances[0]:.0e}。换两组随机起点，终点也一样，相差不过 {max(distances):.0e}：
        只有一个线性层时，损失是一只碗，而碗只有一个最低点。
        """,
    )
    return distances, sobel


@app.cell
def _(edges, learned, pixels, sobel):
    noisy = edges + np.random.default_rng(0).normal(0, edges.std(), edges.shape)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (3, 3)).reshape(-1, 9)
    closed = np.linalg.lstsq(windows, noisy.ravel())[0].reshape(3, 3)
    (_, found), *_ = learned(noisy, seed=0).kernels.values()
    apart, off = float(abs(found[0, 0] - closed).max()), float(abs(closed - sobel).max())
    both(
        f"""
        ## With wrong answers among the right ones

        Add noise as strong as the edges themselves. The kernel still comes within {off:.2f} of Sobel, but not closer.
        Training is not to blame: least squares in closed form gives the same nine numbers, {apart:.0e} apart.
        """,
        f"""
        ## 答案里掺了错

        给答案加上与边缘一样强的噪声。学到的核离 Sobel 仍只有 {off:.2f}，但也不能更近。
        这怪不得训练：最小二乘的闭式解给出同样的九个数，两者只差 {apart:.0e}。
        """,
    )
    return apart, off, windows


@app.cell
def _(edges, learned, windows):
    steepest = np.linalg.eigvalsh(windows.T @ windows / len(windows))[-1]
    limit = (1 + 0.9) / steepest
    slow = learned(edges, 0, rate=0.95 * limit).epochs[-1].loss
    fast = learned(edges, 0, rate=1.005 * limit).epochs[-1].loss
    exercise(
        """
        Try `learned(edges, 0, rate=0.3)`. What happens, and what is the largest rate that works? (The bowl's steepest
        direction decides; the momentum is 0.9.)
        """,
        """
        试试 `learned(edges, 0, rate=0.3)`。会怎样？学习率最大可以是多少？（由碗最陡的方向决定；动量是 0.9。）
        """,
        f"""
        It is thrown out of the bowl, farther at every step. With momentum m the limit is (1 + m) / λ, where λ =
        {steepest:.2f} is the largest eigenvalue of the mean of window·windowᵀ: {limit:.3f}. At 0.95 of it the loss ends
        at {slow:.0e}, at 1.005 of it at {fast:.0e}.
        """,
        f"""
        核会被甩出碗去，一步比一步远。动量为 m 时，上限是 (1 + m) / λ，λ = {steepest:.2f} 是
        窗口·窗口ᵀ 均值的最大特征值，所以上限是 {limit:.3f}。取它的 0.95 倍，损失最后是 {slow:.0e}；
        取 1.005 倍，则是 {fast:.0e}。
        """,
    )
    return fast, limit, slow


@app.cell
def test_figures(apart, distances, edges, fast, limit, off, pixels, slow, sobel, start, training):
    assert abs(start).max() < 0.34
    assert max(distances) < 1e-4
    assert training.epochs[-1].loss < 1e-8
    assert apart < 1e-4 < off < 0.2
    assert np.allclose(kaiyan.learn.fit_kernel(pixels, edges, 3, padding=0).kernel[0, 0], sobel)
    assert 0.2 < limit < 0.3
    assert slow < 1e-6
    assert fast > 1e3
    return


if __name__ == "__main__":
    app.run()
