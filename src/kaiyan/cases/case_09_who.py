"""Who is this? Faces matched with names by convolution."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="9 · Who is this? · 这是谁？")

with app.setup:
    from itertools import combinations
    from math import ceil, log
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import numpy as np
    import torch

    import kaiyan
    from kaiyan.cases.drawing import framed, grey, shelf
    from kaiyan.cases.page import both, code, exercise, picture, table
    from kaiyan.cases.portraits import portrait
    from kaiyan.faces import recogniser
    from kaiyan.faces.describer import prepared
    from kaiyan.show.i18n import say


@app.cell
def _():
    both(
        """
        # 9 · Who is this?

        Paying by face: a camera sees a face; layers of convolution see edges, then what edges make up; at the end stand
        128 numbers, and they are compared with those kept under a name. Here is all of it.
        """,
        """
        # 9 · 这是谁？

        刷脸支付：摄像头看到一张脸，卷积一层层看下去，先看边缘，再看边缘拼成的东西，
        最后剩下 128 个数，拿去和存着名字的数比一比。整个过程都在这里。
        """,
    )
    return


@app.cell
def _():
    names = ("obama", "obama2", "obama3", "biden", "astronaut")
    reader = recogniser("dlib")
    photographs = {name: portrait(name) for name in names}
    faces = {name: reader.find(photograph)[0] for name, photograph in photographs.items()}
    chips = np.concatenate([reader.chips(photographs[name], [faces[name]]) for name in names])
    framed_ones = [framed(photographs[name], [faces[name].box]) for name in names]
    picture(
        shelf([*framed_ones, *chips], [*names, *("150 x 150" for _ in names)], 150, len(names)),
        "Found, then set upright: a turn, a scale and a shift bring the corners of the eyes and the foot of the nose "
        "to where an average face has them. Official portraits and a NASA photograph, all in the public domain.",
        "先找到，再摆正：转一转、缩一缩、挪一挪，让眼角和鼻底落到平均脸的位置上。"
        "官方肖像和 NASA 照片，都属于公有领域。",
    )
    return chips, names, photographs, reader


@app.cell
def _(chips, reader):
    network = reader.describer
    stops = {"stem": network.stem, **{f"block {i + 1}": network.blocks[i] for i in (2, 6, 9, 13)}}
    seen = {}

    def keep(name):
        def note(_layer, _inputs, output):
            seen[name] = output[0].numpy()

        return note

    handles = [layer.register_forward_hook(keep(name)) for name, layer in stops.items()]
    with torch.inference_mode():
        network(prepared(torch.tensor(chips[:1]).permute(0, 3, 1, 2)))
    for handle in handles:
        handle.remove()
    liveliest = {name: maps[np.argsort(-maps.std((1, 2)))[:3]] for name, maps in seen.items()}
    sizes = [f"{name} {maps.shape[1]} x {maps.shape[2]}" for name, maps in seen.items()]
    columns = [[some[row] for some in liveliest.values()] for row in range(3)]
    picture(
        shelf([one for row in columns for one in row], [*sizes, *[""] * 10], 150, len(stops)),
        "Layer by layer, the three maps of each that vary most over the face: edges still look like a face, later maps "
        "are coarse and say what, no longer where.",
        "一层一层看，每层取在脸上起伏最大的三张特征图：边缘那层还看得出脸，往后越来越粗，只说是什么，不再说在哪里。",
    )
    return (seen,)


@app.cell
def _(chips, reader):
    numbers = reader.describe(chips)
    code()
    return (numbers,)


@app.cell
def _(names, numbers):
    most = float(abs(numbers).max())
    picture(
        shelf([grey(row.reshape(8, 16), most) for row in numbers], names, 150, len(names)),
        f"{numbers.shape[1]} numbers for each face, from -{most:.2f} (blue) to {most:.2f} (orange).",
        f"每张脸 {numbers.shape[1]} 个数，从 -{most:.2f}（蓝）到 {most:.2f}（橙）。",
    )
    return


@app.cell
def _(names, numbers):
    distances = {
        (one, other): float(np.linalg.norm(numbers[i] - numbers[j]))
        for (i, one), (j, other) in combinations(enumerate(names), 2)
    }
    person = {"obama": "o", "obama2": "o", "obama3": "o", "biden": "b", "astronaut": "a"}
    within = [far for (one, other), far in distances.items() if person[one] == person[other]]
    between = [far for (one, other), far in distances.items() if person[one] != person[other]]
    far_apart = distances | {(other, one): far for (one, other), far in distances.items()}
    table(
        ("distance 距离", "1", "2", "3", "4", "5"),
        [
            (f"{number} {one}", *(f"{far_apart.get((one, other), 0):.2f}" for other in names))
            for number, one in enumerate(names, 1)
        ],
    )
    return between, distances, within


@app.cell
def _(between, reader, within):
    both(
        f"""
        ## Near is most likely the same person

        Three photographs of one man, in different light: {min(within):.2f} to {max(within):.2f}. Different people:
        {min(between):.2f} and more. The author of the network draws the line at {reader.distance:g}.
        """,
        f"""
        ## 离得近，多半是同一个人

        同一个人的三张照片，光线各不相同，相距 {min(within):.2f} 到 {max(within):.2f}；不同的人，至少
        {min(between):.2f}。网络的作者把线划在 {reader.distance:g}。
        """,
    )
    return


@app.cell
def _(photographs):
    with TemporaryDirectory() as folder:
        gallery = kaiyan.faces.Gallery(Path(folder) / "faces.db")
        gallery.add("Barack Obama", photographs["obama"], consent="official portrait, for this lesson")
        gallery.add("Joe Biden", photographs["biden"], consent="official portrait, for this lesson")
        asked = {name: gallery.who(photographs[name]).faces[0] for name in ("obama2", "obama3", "astronaut")}
        gallery.remove("Barack Obama")
        forgotten = gallery.who(photographs["obama2"]).faces[0]
    code()
    return asked, forgotten


@app.cell
def _(asked):
    table(
        ("photograph 照片", "answer 回答", "nearest 最近的", "distance 距离"),
        [(name, one.name or one.answer, one.nearest, f"{one.distance:.2f}") for name, one in asked.items()],
    )
    return


@app.cell
def _(asked, forgotten):
    both(
        f"""
        ## A name, or unknown

        One photograph of each man is added, with a note of consent. Two new ones get the right name; the astronaut,
        whom nobody added, is "{asked["astronaut"].answer}": she is not given the nearest name. After `remove`, the same
        photograph of Obama is "{forgotten.answer}" too.
        """,
        f"""
        ## 一个名字，或者不认识

        两个人各加入一张照片，附上同意说明。两张新照片都叫对了名字；没人登记过的宇航员是
        "{asked["astronaut"].answer}"（不认识），不会硬套最近的名字。`remove` 之后，奥巴马的同一张照片也成了
        "{forgotten.answer}"。
        """,
    )
    return


@app.cell
def _():
    limits = kaiyan.faces.card().limits
    table(
        ("What the model card says · 模型卡里写明的局限",),
        [(f"{say(one, 'en')} · {say(one, 'zh')}",) for one in limits],
    )
    return (limits,)


@app.cell
def _(between, distances, reader, within):
    pairs_needed = ceil(log(0.05) / log(1 - 1 / 1000))
    exercise(
        """
        Between which two thresholds do all pairs of the table come out right? Does that prove the threshold, say for
        one false match in a thousand?
        """,
        """
        阈值取在哪两个数之间，表里的每一对都判得对？这能证明阈值可靠吗，比如一千次里至多错认一次？
        """,
        f"""
        Between {max(within):.2f} and {min(between):.2f}; {reader.distance:g} lies there. It proves nothing: to be 95 %
        sure of one in a thousand, {pairs_needed} pairs of different people must pass without a mistake, and here are
        {len(between)} of {len(distances)}. `kaiyan face calibrate` counts them on your own photographs.
        """,
        f"""
        在 {max(within):.2f} 和 {min(between):.2f} 之间，{reader.distance:g} 正好落在里面。可这什么也证明不了：
        要有 95 % 的把握说千分之一，得有 {pairs_needed} 对不同的人一次不错，
        而这里 {len(distances)} 对里只有 {len(between)} 对。`kaiyan face calibrate` 用你自己的照片来数。
        """,
    )
    return (pairs_needed,)


@app.cell
def test_figures(asked, between, distances, forgotten, limits, numbers, pairs_needed, reader, seen, within):
    dlib = {  # as dlib 20.0.1 itself describes the same photographs
        ("obama", "obama2"): 0.3558, ("obama", "obama3"): 0.3278, ("obama2", "obama3"): 0.4326,
        ("obama", "biden"): 0.8411, ("obama2", "biden"): 0.8271, ("obama3", "biden"): 0.8577,
        ("obama", "astronaut"): 0.8577, ("obama2", "astronaut"): 0.8459, ("obama3", "astronaut"): 0.8935,
        ("biden", "astronaut"): 0.8247,
    }  # fmt: skip
    assert distances.keys() == dlib.keys()
    assert all(abs(distances[pair] - dlib[pair]) < 1e-3 for pair in dlib)
    assert numbers.shape == (5, 128)
    assert max(within) < reader.distance < min(between)
    assert [one.name for one in asked.values()] == ["Barack Obama", "Barack Obama", None]
    assert asked["astronaut"].answer == forgotten.answer == "unknown"
    assert seen["stem"].shape == (32, 72, 72)  # 7 x 7 at stride 2 on 150: (150 - 7) // 2 + 1
    assert len(limits) >= 3
    assert (1 - 1 / 1000) ** pairs_needed <= 0.05 < (1 - 1 / 1000) ** (pairs_needed - 1)
    return


if __name__ == "__main__":
    app.run()
