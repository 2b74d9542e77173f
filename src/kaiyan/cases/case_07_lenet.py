"""LeNet on handwritten digits: its kernels grow while it learns."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="7 · LeNet · 手写数字")

with app.setup:
    from collections import Counter
    from tempfile import TemporaryDirectory

    import numpy as np
    import torch
    from sklearn.datasets import load_digits
    from sklearn.svm import SVC
    from torch import nn

    import kaiyan
    from kaiyan.cases.drawing import grey, shelf
    from kaiyan.cases.page import both, code, exercise, picture, table


@app.cell
def _():
    both(
        """
        # 7 · LeNet on digits

        Nobody writes down the kernels of a network. They begin as random numbers, and every mistake moves each number a
        little to where the mistake would have been smaller. Here one can watch six of them grow.
        """,
        """
        # 7 · LeNet 认手写数字

        网络里的卷积核没有人写。起初全是随机数，每错一次，每个数就朝着错得更少的方向挪一点。
        这里可以看着六个核长大。
        """,
    )
    return


@app.cell
def _():
    digits = load_digits()
    small = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
    images = nn.functional.interpolate(small, size=16, mode="bilinear")
    labels = torch.tensor(digits.target)
    learned = len(labels) // 2
    picture(
        shelf([image[0].numpy() for image in images[:10]], [str(int(label)) for label in labels[:10]], 72, 10),
        f"Ten of {len(labels)} digits, drawn larger: the first {learned} are to learn from, the others are held out.",
        f"{len(labels)} 个手写数字里的十个（放大到 16 x 16）：前 {learned} 个用来学，其余留着考。",
    )
    return digits, images, labels, learned


@app.cell
def _():
    def lenet():
        return nn.Sequential(
            kaiyan.nn.Conv2d(1, 6, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
            kaiyan.nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(64, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip

    code()
    return (lenet,)


@app.cell
def _():
    both(
        """
        LeNet-5 of 1998, for pictures of 16 x 16: 5 x 5 kernels find strokes, pooling halves, kernels on top of them
        find shapes of strokes, and three full layers decide.
        """,
        """
        1998 年的 LeNet-5，改成看 16 x 16 的图：5 x 5 的核找笔画，池化缩小一半，上面一层的核找笔画拼成的形状，
        最后三个全连接层下结论。
        """,
    )
    return


@app.cell
def _(images, labels, learned, lenet):
    order = torch.randperm(learned, generator=torch.Generator().manual_seed(0))
    judged, examples = ((images[part], labels[part]) for part in order.split((128, learned - 128)))
    ages = (1, 2, 4, 8, 16)
    with TemporaryDirectory() as folder:
        grown = [
            kaiyan.learn.train(lenet, examples, epochs=age, seed=0, rate=3e-3, validation=judged, folder=folder)
            for age in ages
        ]
    kernels = [grown[0].kernels["0"][0], *(training.last["0.weight"].numpy() for training in grown)]
    code()
    return ages, examples, grown, judged, kernels


@app.cell
def _(ages, kernels):
    most = float(max(abs(some).max() for some in kernels))
    rows = [grey(kernel[0], most) for some in kernels for kernel in some]
    names = [f"{age}" if number == 0 else "" for age in (0, *ages) for number in range(6)]
    picture(
        shelf(rows, names, 64, 6),
        "The six kernels of the first layer: a row for the start, then for 1, 2, 4, 8 and 16 epochs, each once "
        "through all examples. Orange is above 0, blue below.",
        "第一层的六个核：一行是起点，往下是学了 1、2、4、8、16 轮之后，一轮把全部样本学一遍。橙色大于 0，蓝色小于 0。",
    )
    return


@app.cell
def _(grown, kernels):
    training = grown[-1]
    changed = float(np.linalg.norm(kernels[-1] - kernels[0]) / np.linalg.norm(kernels[0]))
    picture(
        training,
        f"The learning curve: orange is the loss on digits set aside, least after epoch {training.best_epoch}. On the "
        f"right, before and after; the first kernels moved by {changed:.0%} of their size.",
        f"学习曲线：橙线是另留的数字上的损失，第 {training.best_epoch} 轮最小。右边是学前和学后；"
        f"第一层的核挪动了自身大小的 {changed:.0%}。",
    )
    return changed, training


@app.cell
def _(digits, images, labels, learned, training):
    with torch.no_grad():
        scores = training.model(images[learned:]).softmax(1)
    answers, truth = scores.argmax(1), labels[learned:]
    right, held = int((answers == truth).sum()), len(truth)
    machine = SVC(gamma=0.001).fit(digits.data[:learned], digits.target[:learned])
    machine_right = int((machine.predict(digits.data[learned:]) == digits.target[learned:]).sum())
    table(
        ("reader 谁来认", "right 答对", "of 共"),
        [(f"LeNet, {training.parameters:,}", right, held), ("support vector machine 支持向量机", machine_right, held)],
    )
    return answers, held, machine_right, right, scores, truth


@app.cell
def _(held, machine_right, right, training):
    size, at_home = training.parameters, training.best.accuracy
    both(
        f"""
        ## The exam

        LeNet reads **{right} of {held}** digits that it never saw. scikit-learn's own example on the same two halves, a
        support vector machine, reads {machine_right}. Of the digits set aside from the first half LeNet reads
        {at_home:.0%}: the second half is harder, and so few examples do not prepare {size:,} numbers for it.
        """,
        f"""
        ## 考试

        没见过的 {held} 个数字，LeNet 认对 **{right}** 个。同样的前后两半，scikit-learn 自带的例子（支持向量机）
        认对 {machine_right} 个。前一半里另留的那些，LeNet 认对 {at_home:.0%}：后一半更难，
        这么少的样本还教不会 {size:,} 个数。
        """,
    )
    return


@app.cell
def _(answers, images, learned, scores, truth):
    wrong = torch.nonzero(answers != truth)[:, 0]
    ((is_a, read_as), times) = Counter(zip(truth[wrong].tolist(), answers[wrong].tolist(), strict=True)).most_common(1)[
        0
    ]
    surest = wrong[scores[wrong].amax(1).argsort(descending=True)][:10]
    picture(
        shelf(
            [images[learned + int(i), 0].numpy() for i in surest],
            [f"{int(truth[i])} > {int(answers[i])}" for i in surest], 88, 10,
        ),
        f"The ten mistakes of {len(wrong)} of which it was surest: what it is > what LeNet read. "
        f"The commonest: a {is_a} read as {read_as}, {times} times.",
        f"{len(wrong)} 个错里它最有把握的十个：实际是 > LeNet 认成。最常见的是把 {is_a} 认成 {read_as}，{times} 次。",
    )  # fmt: skip
    return (wrong,)


@app.cell
def _(examples, held, images, judged, learned, lenet, right, truth):
    own, their_labels = examples
    places = torch.randint(-2, 3, (3 * len(own), 2), generator=torch.Generator().manual_seed(0)).tolist()
    moved = torch.stack([own[i % len(own)].roll(place, (1, 2)) for i, place in enumerate(places)])
    more = torch.cat([own, moved]), their_labels.repeat(4)
    with torch.no_grad():
        taught = kaiyan.learn.train(lenet, more, epochs=5, seed=0, rate=3e-3, validation=judged).model
        right_moved = int((taught(images[learned:]).argmax(1) == truth).sum())
    exercise(
        """
        Give LeNet three more copies of every digit, each moved by up to two pixels. Not one new digit was written. Does
        it read more of the held-out ones, and why?
        """,
        """
        给 LeNet 每个数字再添三份，每份随意挪动至多两个像素。没有多写一个数字。
        留着考的那些，它会认对得更多吗？为什么？
        """,
        f"""
        {right_moved} of {held} instead of {right}. The full layers tie every place to its own weights (case 6); the
        moved copies teach them that a 4 two pixels to the left is a 4.
        """,
        f"""
        {held} 个里认对 {right_moved} 个，原来是 {right} 个。全连接层给每个位置各自的权重（见案例 6）；
        挪动过的副本教会它：往左两个像素的 4 还是 4。
        """,
    )
    return (right_moved,)


@app.cell
def test_figures(ages, changed, grown, held, kernels, machine_right, right, right_moved, training, wrong):
    assert held == 899
    assert abs(machine_right / held - 0.97) < 0.005  # 0.97 in scikit-learn's example plot_digits_classification
    assert right + len(wrong) == held
    assert 0.85 * held < right < right_moved
    assert [len(one.epochs) for one in grown] == list(ages)
    assert all(one.curve["loss"][0] == grown[0].curve["loss"][0] for one in grown)  # each took up the one before
    assert training.curve["loss"][-1] < training.curve["loss"][0] / 10
    assert kernels[0].shape == (6, 1, 5, 5)
    assert changed > 0.2
    return


if __name__ == "__main__":
    app.run()
