"""Edges by hand: [-1 0 1] and what it does."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="1 · Edges by hand · 亲手找边缘")

with app.setup:
    import numpy as np

    import kaiyan
    from kaiyan.cases.page import both, code, exercise, picture, table


@app.cell
def _():
    both(
        """
        # 1 · Edges by hand

        A kernel is a few numbers. It slides over a picture; at every place the pixels under it are multiplied by its
        numbers, and the products are added. Three numbers are enough to find edges: **[-1 0 1]**.
        """,
        """
        # 1 · 亲手找边缘

        卷积核不过是几个数。它在图片上滑动，每到一处，就把盖住的像素与核上的数逐个相乘，再把乘积加起来。
        要找边缘，三个数就够了：**[-1 0 1]**。
        """,
    )
    return


@app.cell
def _():
    across = kaiyan.see(None, "-1 0 1", grey=True)
    code()
    return (across,)


@app.cell
def _(across):
    picture(across, "Orange: brighter to the right. Blue: darker.", "橙色：向右变亮；蓝色：向右变暗。")
    return


@app.cell
def _(across):
    pixels = across.picture.pixels[0].astype(int)
    row, column = np.unravel_index(across.output[0].argmax(), pixels.shape)
    left, middle, right = pixels[row, column - 1 : column + 2]
    answer = -1 * left + 0 * middle + 1 * right
    both(
        f"""
        ## One sum, opened

        The strongest answer is at row {row}, column {column}. The three pixels there are {left}, {middle}, {right}:

        -1·{left} + 0·{middle} + 1·{right} = **{answer}**

        The middle pixel does not count at all. What counts is the difference of its neighbours.
        """,
        f"""
        ## 拆开一个和

        响应最强的地方在第 {row} 行、第 {column} 列，那里的三个像素是 {left}、{middle}、{right}：

        -1·{left} + 0·{middle} + 1·{right} = **{answer}**

        中间的像素完全不起作用，起作用的是左右两边的差。
        """,
    )
    return answer, column, pixels, row


@app.cell
def _(across, pixels):
    slope = np.gradient(pixels.astype(float), axis=1)
    farthest = abs(across.output[0] / 2 - slope)[:, 1:-1].max()
    brighter = kaiyan.conv(pixels[None, None] + 40, across.kernel.values[None, None])
    unmoved = bool((brighter[0, 0] == across.output[0][:, 1:-1]).all())
    both(
        f"""
        ## It is a slope

        Half of it is the difference quotient (f(x+1) - f(x-1)) / 2. NumPy's `gradient` gives the same at every inner
        pixel: the largest difference is {farthest:g}.

        Its numbers add up to 0, so brightness as such does not matter: 40 added to every pixel changes nothing.
        """,
        f"""
        ## 它就是斜率

        把它除以 2，就是差商 (f(x+1) - f(x-1)) / 2。NumPy 的 `gradient` 在每个内部像素上给出同样的值，
        最大相差 {farthest:g}。

        三个数之和为 0，所以亮度本身无关紧要：每个像素都加 40，结果一个也不变。
        """,
    )
    return farthest, unmoved


@app.cell
def _(across):
    down = kaiyan.see(None, "-1; 0; 1", grey=True)
    strength = np.hypot(across.output[0], down.output[0])
    both(
        """
        ## Across and down

        The horizontal kernel sees only the left and right sides of a white square, the vertical one only top and
        bottom. Both together, √(across² + down²), see every side. The table adds up the sizes of their answers there.
        """,
        """
        ## 横与竖

        对着一个白色方块，横着的核只看见左右两边，竖着的核只看见上下两边。
        两者合起来，√(横² + 竖²)，四边全都看得见。表中是各边上响应的绝对值之和。
        """,
    )
    return down, strength


@app.cell
def _():
    square = np.zeros((9, 9), int)
    square[2:7, 2:7] = 1
    flat, upright = np.array([[-1, 0, 1]]), np.array([[-1], [0], [1]])
    sides = {
        name: (int(abs(found[4]).sum()), int(abs(found[:, 4]).sum()))
        for name, kernel in (("[-1 0 1]", flat), ("[-1 0 1]ᵀ", upright))
        for found in [kaiyan.conv(square[None, None], kernel[None, None], padding="same")[0, 0]]
    }
    table(
        ("kernel 核", "left and right sides 左右两边", "top and bottom 上下两边"),
        [(name, *answers) for name, answers in sides.items()],
    )
    return (sides,)


@app.cell
def _(strength):
    from PIL import Image

    ink = np.clip(strength * 2, 0, 255).astype(np.uint8)
    drawing = Image.fromarray(255 - ink)
    code()
    return (drawing,)


@app.cell
def _(drawing):
    picture(drawing, "A drawing made by six numbers.", "六个数画出的素描。", width=420)
    return


@app.cell
def _():
    twice = np.convolve([-1, 1], [-1, 1])
    exercise(
        """
        [-1 1] takes the difference of two neighbours. Which three numbers do the same as [-1 1] used twice, and what do
        they answer on an even slope such as 3, 5, 7, 9?
        """,
        """
        [-1 1] 求相邻两个像素之差。连用两次 [-1 1]，等于用哪三个数一次？
        对均匀的斜坡，例如 3、5、7、9，它们的响应是多少？
        """,
        f"""
        [{" ".join(map(str, twice))}], the second difference. On the slope: 3 - 2·5 + 7 = 0. It answers only where the
        slope changes. Try `kaiyan.see(None, "1 -2 1", grey=True)`.
        """,
        f"""
        [{" ".join(map(str, twice))}]，即二阶差分。斜坡上 3 - 2·5 + 7 = 0：坡度不变，它就不响应；坡度变化处才响应。
        试试 `kaiyan.see(None, "1 -2 1", grey=True)`。
        """,
    )
    return (twice,)


@app.cell
def test_figures(across, answer, column, down, farthest, pixels, row, sides, twice, unmoved):
    assert across.output[0, row, column] == answer == 248
    assert farthest == 0
    assert unmoved
    assert (down.output[0, 1:-1] == pixels[2:] - pixels[:-2]).all()
    assert sides == {"[-1 0 1]": (4, 0), "[-1 0 1]ᵀ": (0, 4)}
    assert twice.tolist() == [1, -2, 1]
    assert np.convolve([3, 5, 7, 9], twice, "valid").tolist() == [0, 0]
    return


if __name__ == "__main__":
    app.run()
