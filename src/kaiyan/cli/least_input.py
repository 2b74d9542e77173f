"""``kaiyan least-input``: the smallest input that a model takes, and which layer refuses a smaller one."""

from kaiyan.cli.command import Command
from kaiyan.cli.size_search import parameters, searching

command = Command(
    name="least-input",
    summary="the smallest input that a model takes on every axis, and which layer refuses a smaller one",
    examples=("kaiyan least-input net.py:make 1x3x224x224", "kaiyan least-input torchvision:resnet18 1x3x224x224"),
    callback=searching("least_input"),
    params=parameters(),
)
