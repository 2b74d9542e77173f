"""A kernel from examples, and small honest training."""

from importlib.util import find_spec

if find_spec("torch") is None:
    msg = "kaiyan.learn needs torch: pip install 'kaiyan[learn]'"
    raise ModuleNotFoundError(msg, name="torch")

from kaiyan.learn.training.train import train as train
