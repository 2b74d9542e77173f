"""What a real network sees, layer by layer."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="8 · What a network sees · 网络看见什么")

with app.setup:
    import numpy as np
    import torch

    import kaiyan
    from kaiyan.cases.drawing import framed, lines, shelf
    from kaiyan.cases.page import both, code, exercise, picture, table
    from kaiyan.cases.photographs import photograph
    from kaiyan.networks import classes, efficientnet_lite0, prepare


@app.cell
def _():
    both(
        """
        # 8 · What a real network sees

        EfficientNet-Lite0 tells 1000 kinds of things apart, on a phone. Dozens of convolutions stand between a
        photograph and a word. What does each of them see, and how much of the picture?
        """,
        """
        # 8 · 真实的网络看见什么

        EfficientNet-Lite0 在手机上就能分辨 1000 种东西。从照片到一个词，中间隔着几十个卷积。
        每一层看见什么，又看见图的多大一块？
        """,
    )
    return


@app.cell
def _():
    network, names = efficientnet_lite0(), classes()
    cat = prepare(photograph("chelsea"))
    visible = ((cat[0].permute(1, 2, 0) * 128 + 127).numpy()).astype(np.uint8)
    with torch.no_grad():
        shares = network(cat)[0].softmax(0)
    best = [(names[i], float(shares[i])) for i in shares.topk(4).indices.tolist()]
    code()
    return best, cat, names, network, shares, visible


@app.cell
def _(best, network):
    convolutions = sum(isinstance(layer, torch.nn.Conv2d) for layer in network.modules())
    both(
        f"""
        The cat Chelsea goes through {convolutions} convolutions. The answers: {best[0][0]} {best[0][1]:.0%},
        {best[1][0]} {best[1][1]:.0%}, {best[2][0]} {best[2][1]:.0%}, {best[3][0]} {best[3][1]:.0%}.
        """,
        f"""
        这只猫叫 Chelsea，它要穿过 {convolutions} 个卷积。网络的回答：{best[0][0]} {best[0][1]:.0%}，
        {best[1][0]} {best[1][1]:.0%}，{best[2][0]} {best[2][1]:.0%}，{best[3][0]} {best[3][1]:.0%}。
        """,
    )
    return (convolutions,)


@app.cell
def _(network):
    rows = {row.path: row for row in kaiyan.summary(network, (1, 3, 224, 224)).layers}
    stages = ("_conv_stem", "_blocks.1", "_blocks.2", "_blocks.4", "_blocks.7", "_blocks.15")
    fields = {stage: rows[stage].field.axes[0] for stage in stages}
    shapes = {stage: rows[stage].outputs[0].shape[1:] for stage in stages}
    table(
        ("layer 层", "maps 特征图", "rows 行", "sees 看见", "step 间隔"),
        [(stage, shapes[stage][0], shapes[stage][1], fields[stage].size, fields[stage].jump) for stage in stages],
    )
    return fields, shapes, stages


@app.cell
def _(fields, stages, visible):
    halves = [fields[stage].size / 2 for stage in stages[:-1]]
    boxes = [(112 - half, 112 - half, 112 + half, 112 + half) for half in halves]
    picture(
        framed(visible, boxes, width=2),
        f"What one number of the first five layers sees: {fields[stages[0]].size} to {fields[stages[4]].size} pixels. "
        f"The last sees {fields[stages[5]].size}, more than the picture has.",
        f"前五层里一个数看见的范围：{fields[stages[0]].size} 到 {fields[stages[4]].size} 个像素。"
        f"最后一层看见 {fields[stages[5]].size} 个，比整张图还大。",
        width=336,
    )
    return


@app.cell
def _(cat, network, stages):
    seen = {}

    def keep(stage):
        def note(_layer, _inputs, output):
            seen[stage] = output[0].numpy().copy()

        return note

    def maps_of(image):
        handles = [network.get_submodule(stage).register_forward_hook(keep(stage)) for stage in stages]
        with torch.no_grad():
            network(image)
        for handle in handles:
            handle.remove()
        return dict(seen)

    maps = maps_of(cat)
    code()
    return maps, maps_of


@app.cell
def _(maps, stages):
    liveliest = [maps[stage][np.argsort(-maps[stage].std((1, 2)))[:3]] for stage in stages]
    picture(
        shelf([some[row] for row in range(3) for some in liveliest], [*stages, *[""] * 12], 150, len(stages)),
        "The three maps of each layer that vary most: the first still draw the cat, later ones light up in single "
        "places, the last are a coarse field that says what is roughly where. Orange is above 0, blue below.",
        "每层起伏最大的三张特征图：开头还画得出猫，往后只在几处亮起，最后成了粗格子，说的是什么东西大致在哪儿。"
        "橙色大于 0，蓝色小于 0。",
    )
    return


@app.cell
def _(cat, fields, maps_of):
    stage, side = "_blocks.4", fields["_blocks.4"].size
    inputs = {"chelsea": cat, **{name: prepare(photograph(name)) for name in ("coffee", "astronaut")}}
    answers = {name: maps_of(image)[stage] for name, image in inputs.items()}

    def patch(name, row, column):
        """What one number sees of a picture: its receptive field, as far as it lies on the picture."""
        field = fields[stage]
        ends = [round(float(field.start + place * field.jump)) - side // 2 for place in (row, column)]
        top, left = (max(end, 0) for end in ends)
        part = inputs[name][0, :, top : ends[0] + side, left : ends[1] + side]
        return (part.permute(1, 2, 0) * 128 + 127).numpy().astype(np.uint8)

    def strongest(channel, count=6):
        """The places where a channel answers most, at most two of a picture."""
        places: list[tuple[float, str, int, int]] = []
        for name, some in answers.items():
            for _ in range(2):
                taken = [place for place in places if place[1] == name]
                free = some[channel].copy()
                for _, _, row, column in taken:
                    free[max(row - 4, 0) : row + 5, max(column - 4, 0) : column + 5] = -np.inf
                row, column = np.unravel_index(free.argmax(), free.shape)
                places.append((float(free[row, column]), name, int(row), int(column)))
        return sorted(places, reverse=True)[:count]

    by_channel = {channel: strongest(channel) for channel in np.argsort(-answers["chelsea"].max((1, 2)))[:4].tolist()}
    picture(
        shelf(
            [patch(*place[1:]) for places in by_channel.values() for place in places],
            [f"{value:.1f}" for places in by_channel.values() for value, *_ in places], 96, 6,
        ),
        f"Four channels of {stage}, a row each: the patches of three photographs to which each answers most, with its "
        f"answer. A number there sees {side} pixels.",
        f"{stage} 的四个通道，一行一个：三张照片里它响应最强的小块，下面是响应值。那里的一个数看见 {side} 个像素。",
    )  # fmt: skip
    return answers, by_channel, fields, inputs, patch, side


@app.cell
def _(names, network, shares):
    whole = np.asarray(photograph("chelsea").resize((391, 260)))
    moves = range(0, 33, 2)

    def cut(shift):
        return (torch.tensor(whole[18:242, 60 + shift : 284 + shift]).permute(2, 0, 1)[None].float() - 127) / 128

    with torch.no_grad():
        moved = network(torch.cat([cut(shift) for shift in moves])).softmax(1)
    first_two = shares.topk(2).indices
    curves = [moved[:, label].tolist() for label in first_two]
    told = moved.argmax(1)
    same = int((told == told[0]).sum())
    picture(
        lines(curves, list(moves)),
        f"The window moves over the photograph by up to {moves[-1]} columns. 1: {names[first_two[0]]}, 2: "
        f"{names[first_two[1]]}. At {same} of {len(moves)} places the first answer stays.",
        f"窗口在照片上最多挪 {moves[-1]} 列。1：{names[first_two[0]]}，2：{names[first_two[1]]}。"
        f"{len(moves)} 处里有 {same} 处，第一个回答不变。",
    )
    return curves, moves, same


@app.cell
def _(curves):
    swings = [100 * (max(curve) - min(curve)) for curve in curves]
    both(
        f"""
        ## The picture moves, and the answer with it

        Nothing but the frame moved, yet the two shares swing by {swings[0]:.0f} and {swings[1]:.0f} percentage points.
        Five strides of 2 make a grid of 32 pixels (case 6): between its points the network may have learned to be
        steady, it is not built to be.
        """,
        f"""
        ## 图一挪，回答也跟着晃

        挪的只是取景框，两个回答的份额却晃了 {swings[0]:.0f} 和 {swings[1]:.0f} 个百分点。五次步幅 2 织成 32 像素的格子
        （见案例 6）：在格点之间，网络稳不稳全看学得怎样，结构并不保证。
        """,
    )
    return (swings,)


@app.cell
def _(cat, names, network):
    caught = []
    handle = network.get_submodule("_avg_pooling").register_forward_pre_hook(lambda _, inputs: caught.extend(inputs))
    with torch.no_grad():
        logits = network(cat)[0]
        last = caught[0][0]
        everywhere = network.get_submodule("_fc")(last.flatten(1).T)
    handle.remove()
    farthest = float((everywhere.mean(0) - logits).abs().max())
    cats = {"tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"}
    says_cat = sum(names[label] in cats for label in everywhere.argmax(1).tolist())
    exercise(
        f"""
        The last map has {last.shape[1]} x {last.shape[2]} places; the network averages them and asks one layer for the
        answer. Ask that layer at every place instead. How many places alone say "cat", and what is the mean of what
        they say?
        """,
        f"""
        最后的特征图有 {last.shape[1]} x {last.shape[2]} 处；网络把它们平均，再问一层要答案。换个做法：每一处都问一问。
        单凭自己就说是“猫”的有几处？各处说法的平均又是什么？
        """,
        f"""
        {says_cat} of {len(everywhere)} places. The mean of their answers is the network's answer (the largest
        difference is {farthest:.0e}): average and layer are linear, their order does not matter. So the map shows where
        the word comes from (class activation maps, arXiv:1512.04150).
        """,
        f"""
        {len(everywhere)} 处里有 {says_cat} 处。各处说法的平均就是网络的回答（最大相差 {farthest:.0e}）：
        平均和那一层都是线性的，先后无所谓。所以这张图指得出那个词来自哪里（class activation maps，arXiv:1512.04150）。
        """,
    )
    return everywhere, farthest, says_cat


@app.cell
def test_figures(
    best, by_channel, convolutions, curves, everywhere, farthest, fields, moves, patch, says_cat, shapes, side
):
    assert convolutions == 49
    assert {name for name, _ in best[:3]} == {"tiger cat", "Egyptian cat", "tabby"}  # the photograph shows a cat
    assert sum(share for _, share in best[:3]) > 0.6
    assert [field.size for field in fields.values()] == sorted(field.size for field in fields.values())
    assert (fields["_blocks.1"].size, fields["_blocks.1"].jump) == (11, 4)  # 3, + 2·2 = 7, + 2·2 = 11
    assert shapes["_blocks.15"] == (320, 7, 7)
    assert all(places[0][0] >= places[-1][0] for places in by_channel.values())
    assert patch("chelsea", 14, 14).shape == (side, side, 3)
    assert len(curves[0]) == len(moves) == 17
    assert max(curves[0]) > min(curves[0])
    assert everywhere.shape == (49, 1000)
    assert farthest < 1e-4
    assert says_cat > 10
    return


if __name__ == "__main__":
    app.run()
