"""The kernel behind a filter: read back from a picture before and after it."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="2 · The kernel behind a filter · 滤镜背后的核")

with app.setup:
    import numpy as np
    from PIL import Image, ImageFilter

    import kaiyan
    from kaiyan.cases.page import both, code, exercise, picture
    from kaiyan.cases.photographs import photograph


@app.cell
def _():
    both(
        """
        # 2 · The kernel behind a filter

        A phone sharpens a photograph at a touch. Somebody chose the numbers behind that button and does not
        tell what they are. One picture before and one after are enough to read them back.
        """,
        """
        # 2 · 滤镜背后的核

        手机上轻轻一点，照片就变锐利了。按钮背后的数是某个人选定的，却没有告诉我们。
        其实只要滤镜前、滤镜后各一张图，就能把这些数反推出来。
        """,
    )
    return


@app.cell
def _():
    before = photograph("astronaut").convert("L")
    after = before.filter(ImageFilter.SHARPEN)
    fit = kaiyan.learn.fit_kernel(before, after, size=3)
    code()
    return after, before, fit


@app.cell
def _(after, before):
    close = [image.crop((170, 60, 290, 180)).resize((420, 420), Image.Resampling.NEAREST) for image in (before, after)]
    pair = Image.fromarray(np.concatenate([np.asarray(image) for image in close], axis=1))
    picture(
        pair,
        "Before and after. Pillow, not Kaiyan, plays the phone: its filter is outside our code.",
        "滤镜前与滤镜后。这里由 Pillow 扮演手机，它的滤镜不是我们的代码。",
    )
    return


@app.cell
def _(fit):
    picture(
        fit,
        "The kernel that was found; the named filter nearest to it; what that leaves; how uncertain each number is.",
        "求出的核；与它最接近的有名字的滤镜；剩下的差；每个数的不确定度。",
    )
    return


@app.cell
def _(fit):
    _, scale, offset, published = ImageFilter.SHARPEN.filterargs
    whole = np.rint(fit.kernel[0, 0] * scale).astype(int)
    farthest = float(abs(fit.kernel[0, 0].ravel() - np.array(published) / scale).max())
    rows = "; ".join(" ".join(map(str, row)) for row in whole)
    both(
        f"""
        ## Is it right?

        Times {scale} and rounded, the kernel is **[{rows}]**. Those are the {len(published)} numbers in Pillow's
        source. Before rounding the farthest is {farthest:.1e} away.
        """,
        f"""
        ## 对不对？

        乘以 {scale} 再取整，得到 **[{rows}]**，正是 Pillow 源代码里的 {len(published)} 个数。
        取整之前，相差最多的也只差 {farthest:.1e}。
        """,
    )
    return farthest, offset, published, whole


@app.cell
def _(fit):
    left, rounding = fit.residual.rms, 1 / np.sqrt(12)
    both(
        f"""
        ## What is left unexplained

        {left:.3f} of 255 steps, root mean square. Rounding to whole numbers errs by 1/√12 = {rounding:.3f}: all
        that is left is the rounding to 8 bits. {fit.residual.clipped:,} pixels were black or white after
        the filter; they may have been cut off there, so they were not used.
        """,
        f"""
        ## 剩下什么没有解释

        均方根 {left:.3f} 级（共 255 级）。四舍五入成整数，均方根误差正是 1/√12 = {rounding:.3f}：
        剩下的只是存成 8 位时的舍入。另有 {fit.residual.clipped:,} 个像素滤镜后全黑或全白，可能被截断过，所以没有使用。
        """,
    )
    return left, rounding


@app.cell
def _(before):
    median = before.filter(ImageFilter.MedianFilter(3))
    refused = kaiyan.learn.fit_kernel(before, median, size=3)
    times = refused.residual.rms * np.sqrt(12)
    both(
        f"""
        ## A filter without a kernel

        A median filter sorts nine pixels and takes the middle one. No kernel does that: the best one leaves
        {refused.residual.rms:.2f}, {times:.0f} times rounding, and its error at one pixel tells that of the next
        (correlation {refused.residual.correlation:.2f}). What is left over shows whether it was a convolution.
        """,
        f"""
        ## 没有核的滤镜

        中值滤波把九个像素排序，取中间那个。没有哪个核做得到：最好的核还差 {refused.residual.rms:.2f}，
        是舍入的 {times:.0f} 倍，而且相邻像素的误差彼此相关（相关系数 {refused.residual.correlation:.2f}）。
        是不是卷积，看剩下的误差就知道。
        """,
    )
    return refused, times


@app.cell
def _(before):
    embossed = before.filter(ImageFilter.EMBOSS)
    blind = kaiyan.learn.fit_kernel(before, embossed, size=3)
    seeing = kaiyan.learn.fit_kernel(before, embossed, size=3, bias=True)
    added = np.asarray(seeing.bias).item()
    taps = ", ".join(f"{n:+.0f}" for n in seeing.kernel.ravel().round(9) if n)
    exercise(
        f"""
        Pillow's `ImageFilter.EMBOSS` has a kernel, but `fit_kernel(before, embossed, 3)` leaves
        {blind.residual.rms:.0f} steps unexplained. What does the filter do beside the kernel, and how do you find it?
        """,
        f"""
        Pillow 的 `ImageFilter.EMBOSS` 明明有核，`fit_kernel(before, embossed, 3)` 却剩下
        {blind.residual.rms:.0f} 级没有解释。除了核，这个滤镜还做了什么？怎样求出来？
        """,
        f"""
        It adds a number. With `bias=True` the fit finds {added:.0f}, and only two numbers that are not 0, {taps}:
        the difference of two pixels around middle grey. It leaves
        {seeing.residual.rms:.0e}, nothing, because whole numbers need no rounding.
        """,
        f"""
        它还加了一个数。用 `bias=True` 求出 {added:.0f}，而核里非零的数只有 {taps}：在中灰上叠加两个像素之差。
        剩余 {seeing.residual.rms:.0e}，等于没有，因为核里全是整数，用不着舍入。
        """,
    )
    return added, blind, seeing


@app.cell
def test_figures(added, blind, farthest, fit, left, offset, published, refused, rounding, seeing, times, whole):
    assert whole.ravel().tolist() == list(published)
    assert farthest < 5e-4
    assert offset == 0
    assert abs(left - rounding) < 0.002
    assert fit.errors.max() < 2e-4
    assert times > 10
    assert refused.residual.correlation > 0.1
    _, _, middle_grey, taps_of_pillow = ImageFilter.EMBOSS.filterargs
    assert abs(added - middle_grey) < 1e-9
    assert np.allclose(seeing.kernel[0, 0], np.reshape(taps_of_pillow, (3, 3))[::-1], atol=1e-9)
    assert blind.residual.rms > 50
    return


if __name__ == "__main__":
    app.run()
