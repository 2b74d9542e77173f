"""Trained networks that work offline, built on the layers of ``kaiyan.nn``."""

from importlib.util import find_spec

if find_spec("torch") is None:
    msg = "kaiyan.networks needs torch: pip install 'kaiyan[networks]'"
    raise ModuleNotFoundError(msg, name="torch")

from kaiyan.networks.card import ModelCard as ModelCard
from kaiyan.networks.card import card as card
from kaiyan.networks.efficientnet_lite import efficientnet_lite0 as efficientnet_lite0
from kaiyan.networks.labels import classes as classes
from kaiyan.networks.preparation import prepare as prepare
