"""A face found in a crowd, by convolution alone."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="10 · A face in a crowd · 人群里找脸")

with app.setup:
    import numpy as np
    import torch
    from PIL import Image
    from sklearn.datasets import load_sample_image

    import kaiyan
    from kaiyan.cases.crowd import crowd
    from kaiyan.cases.drawing import framed, grey, shelf
    from kaiyan.cases.page import both, code, exercise, picture, table
    from kaiyan.faces import recogniser
    from kaiyan.faces.describer import prepared


@app.cell
def _():
    both(
        """
        # 10 · A face in a crowd

        Where in a picture is a face? A window could slide over every place and ask. Sliding and asking is what a
        convolution does: one kernel cut from a face first, then seven layers that learned.
        """,
        """
        # 10 · 人群里找脸

        图里哪儿有脸？拿个窗口滑过每一处，处处问一遍就是了。边滑边问，正是卷积在做的事：
        先用从一张脸上裁下的核，再用学过的七层网络。
        """,
    )
    return


@app.cell
def _():
    finder = recogniser("dlib")

    places = (
        ("obama", 96, 543, 103), ("obama", 120, 144, 754), ("obama2", 140, 502, 822), ("obama3", 60, 380, 700),
        ("biden", 110, 519, 349), ("biden", 180, 200, 140), ("astronaut", 96, 562, 602),
    )  # fmt: skip
    scene = crowd(load_sample_image("china.jpg"), places)
    picture(
        Image.fromarray(scene),
        f"{len(places)} portraits of 3 people, 60 to 180 pixels wide, on a photograph by danielbuechele, CC BY 2.0.",
        f"三个人的 {len(places)} 幅肖像，宽 60 到 180 像素，贴在 danielbuechele 拍的照片上（CC BY 2.0）。",
    )
    return finder, places, scene


@app.cell
def _(places, scene):
    brightness = scene @ np.array([0.299, 0.587, 0.114])
    _, width, first_row, first_column = places[0]
    face = brightness[first_row : first_row + width, first_column : first_column + width]

    def likeness(image, template):
        """The correlation (-1 to 1) of the template with every window of the image."""
        kernel = (template - template.mean()) / template.std() / template.size
        mean, square = (
            kaiyan.conv(values[None, None], np.full((1, 1, *template.shape), 1 / template.size))[0, 0]
            for values in (image, image**2)
        )
        return kaiyan.conv(image[None, None], kernel[None, None])[0, 0] / np.sqrt(square - mean**2)

    alike = likeness(brightness, face)
    code()
    return alike, brightness, face


@app.cell
def _(alike, brightness, face):
    picture(
        shelf([grey(face), grey(brightness), grey(np.maximum(alike, 0))], ["", "", ""], 360),
        "The kernel, cut from the smile on the lower left; the picture; how alike each window is: white is 1.",
        "卷积核，从左下方那张笑脸上裁下；原图；每个窗口有多像：白是 1。",
    )
    return


@app.cell
def _(alike, places):
    def nearby(row, column, size):
        third = size // 3
        top, left = max(row - third, 0), max(column - third, 0)
        return alike[top : row + third + 1, left : column + third + 1]

    def away_from_faces():
        rows, columns = np.indices(alike.shape)
        near = [(abs(rows - row) < size) & (abs(columns - column) < size) for _, size, row, column in places]
        return alike[~np.any(near, axis=0)]

    likenesses = [float(nearby(row, column, size).max()) for _, size, row, column in places]
    best_elsewhere = float(away_from_faces().max())
    over = sum(value > best_elsewhere for value in likenesses)
    table(
        ("portrait 肖像", "pixels wide 宽", "alike 相像"),
        [
            *((name, size, f"{value:.2f}") for (name, size, *_), value in zip(places, likenesses, strict=True)),
            ("roofs, trees, sky 屋檐、树、天空", "", f"{best_elsewhere:.2f}"),
        ],
    )
    return best_elsewhere, likenesses, over


@app.cell
def _(best_elsewhere, likenesses, over, places):
    both(
        f"""
        ## One kernel finds one face

        Its own place answers {likenesses[0]:.2f}. The same photograph at another size gives only {likenesses[1]:.2f},
        and somewhere in roofs and trees a window reaches {best_elsewhere:.2f}. Of {len(places)} faces {over} stand
        above that: no threshold parts faces from the rest. A kernel of pixels knows one face, one size, one light.
        """,
        f"""
        ## 一个核只找得到一张脸

        在自己的位置上，响应是 {likenesses[0]:.2f}。同一幅照片换个大小就只剩 {likenesses[1]:.2f}，
        而屋檐和树丛里竟有个窗口达到 {best_elsewhere:.2f}。{len(places)} 张脸里高过它的有 {over} 张：
        没有哪个阈值能把脸和别的分开。像素拼成的核，只认一张脸、一个大小、一种光。
        """,
    )
    return


@app.cell
def _(finder):
    layers = [layer for layer in finder.detector.modules() if isinstance(layer, torch.nn.Conv2d)]
    chain = [
        kaiyan.Conv(
            layer.in_channels, layer.out_channels, layer.kernel_size, stride=layer.stride, padding=layer.padding
        )
        for layer in layers
    ]
    fields = [field[0] for field in kaiyan.receptive_field(chain)]
    table(
        ("layer 层", "kernel 核", "stride 步幅", "maps 特征图", "sees 看见", "step 间隔"),
        [
            (number, "{} x {}".format(*layer.kernel_size), layer.stride[0], layer.out_channels, field.size, field.jump)
            for number, (layer, field) in enumerate(zip(layers, fields, strict=True), 1)
        ],
    )
    return fields, layers


@app.cell
def _(fields):
    both(
        f"""
        ## Seven layers that learned

        dlib's detector is convolutions and nothing else. Its last map holds one number every {fields[-1].jump} pixels:
        above 0, a face of 80 pixels stands there. That number sees {fields[-1].size} pixels, the face and its
        surroundings.
        """,
        f"""
        ## 学过的七层

        dlib 的检测器全是卷积，别无他物。最后一张图上，每隔 {fields[-1].jump} 个像素有一个数：大于 0，
        那里就有一张 80 像素的脸。这个数看见 {fields[-1].size} 个像素：脸，还有脸的周围。
        """,
    )
    return


@app.cell
def _(finder, scene):
    def levels(photograph):
        """The photograph, and its reductions by 5/6, for as long as a window fits."""
        image = Image.fromarray(photograph)
        while min(image.size) >= 80:
            yield np.asarray(image)
            image = image.resize((image.width * 5 // 6, image.height * 5 // 6), Image.Resampling.BILINEAR)

    with torch.inference_mode():
        pyramid = [
            (level, finder.detector(prepared(torch.tensor(level).permute(2, 0, 1)[None]))[0, 0].numpy())
            for level in levels(scene)
        ]
    code()
    return (pyramid,)


@app.cell
def _(pyramid, scene):
    def in_scale(image, zoom=1):
        """On white of the whole scene's size."""
        page = Image.new("RGB", (scene.shape[1], scene.shape[0]), "white")
        page.paste(image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST))
        return page

    shown = [(level, grey(scores, float(abs(scores).max())), scores.max()) for level, scores in pyramid[:9:2]]
    levels_drawn = [in_scale(Image.fromarray(level)) for level, _, _ in shown]
    scores_drawn = [in_scale(scores, 8) for _, scores, _ in shown]
    sizes = [f"{level.shape[1]} x {level.shape[0]}" for level, _, _ in shown]
    largest = [f"{top:.2f}" for _, _, top in shown]
    picture(
        shelf([*levels_drawn, *scores_drawn], [*sizes, *largest], 200, len(shown)),
        "The pyramid, every second level, and its score maps: orange is above 0, with the largest written below. Large "
        "faces answer where the picture is small.",
        "金字塔（隔一层画一层）和它的得分图：橙色大于 0，最大的写在下面。图缩小了，大脸才有响应。",
    )
    return


@app.cell
def _(pyramid):
    level, scores = max(pyramid, key=lambda pair: pair[1].max())
    at_row, at_column = (int(place) for place in np.unravel_index(scores.argmax(), scores.shape))
    middle = 14 + 8 * at_row, 14 + 8 * at_column  # 14: the middle of the first window of three strides of 2
    windows = [
        level[max(middle[0] - half, 0) : middle[0] + half, max(middle[1] - half, 0) : middle[1] + half]
        for half in (40, 94)
    ]
    picture(
        shelf(windows, ["80 x 80", "189 x 189"], 240),
        f"What the surest number saw: its window, and all that reaches it. Its score is {scores.max():.2f}.",
        f"得分最高的那个数看见了什么：它的窗口，以及传到它那里的一切。得分 {scores.max():.2f}。",
    )
    return


@app.cell
def _(finder, places, scene):
    def stands_for(face, place):
        top, left, bottom, right = face.box
        _, size, row, column = place
        away = (top + bottom - size) / 2 - row, (left + right - size) / 2 - column
        return max(map(abs, away)) < size / 3

    def count(faces, wanted):
        hits = sum(any(stands_for(face, place) for face in faces) for place in wanted)
        return hits, sum(not any(stands_for(face, place) for place in wanted) for face in faces)

    found = finder.find(scene)
    hits, false_alarms = count(found, places)
    picture(
        framed(scene, [face.box for face in found], [f"{face.score:.2f}" for face in found]),
        f"{hits} of {len(places)} faces are found, {false_alarms} places that are none.",
        f"{len(places)} 张脸找到 {hits} 张，把别处误认成脸的有 {false_alarms} 处。",
    )
    return count, false_alarms, found, hits


@app.cell
def _(count, finder, places, scene):
    missed = places[3]
    top, left = missed[2] - 150, missed[3] - 150
    closer = Image.fromarray(scene[top : top + 360, left : left + 360]).resize((720, 720), Image.Resampling.BICUBIC)
    found_closer = finder.find(np.asarray(closer))
    hits_closer = count(found_closer, [(missed[0], 2 * missed[1], 300, 300)])[0]
    exercise(
        """
        One face is missed, the smallest. The window has 80 pixels, the face fewer, and the pyramid only goes down. What
        would you do, without training anything?
        """,
        """
        漏了一张，最小的那张。窗口有 80 像素，这张脸不到，而金字塔只往小里走。不重新训练，你会怎么办？
        """,
        f"""
        Look closer: the part around it, enlarged to twice its size, holds a face of {2 * missed[1]} pixels, and of
        1 face {hits_closer} is found. The price is four times the pixels. `kaiyan face find` uses the same pyramid.
        """,
        f"""
        凑近看：把它周围放大一倍，脸就有 {2 * missed[1]} 像素，1 张里找到 {hits_closer} 张。代价是像素多了三倍。
        `kaiyan face find` 用的是同样的金字塔。
        """,
    )
    return hits_closer, missed


@app.cell
def test_figures(
    alike, best_elsewhere, brightness, face, false_alarms, fields, found, hits, hits_closer, layers, likenesses
):
    window = brightness[300:396, 500:596]
    assert abs(alike[300, 500] - np.corrcoef(window.ravel(), face.ravel())[0, 1]) < 1e-9
    assert abs(likenesses[0] - 1) < 1e-9
    assert max(likenesses[1:4]) < 0.7
    assert min(likenesses[1:]) < best_elsewhere  # no threshold parts them
    assert len(layers) == 7
    assert (fields[-1].size, fields[-1].jump) == (189, 8)  # 5 + 4·2 + 4·4 = 29, + 3 · 4·8 = 125, + 8·8 = 189
    assert (hits, false_alarms, len(found)) == (6, 0, 6)
    assert hits_closer == 1
    return


if __name__ == "__main__":
    app.run()
