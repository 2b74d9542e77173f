"""Faces found, set upright and described, on this machine alone: a detector and a describer on our layers."""

from importlib.util import find_spec

if find_spec("torch") is None or find_spec("safetensors") is None:
    msg = "kaiyan.faces needs torch and safetensors: pip install 'kaiyan[faces]'"
    raise ModuleNotFoundError(msg, name="torch" if find_spec("torch") is None else "safetensors")

from kaiyan.faces.calibrate import calibrate as calibrate
from kaiyan.faces.card import FaceCard as FaceCard
from kaiyan.faces.card import card as card
from kaiyan.faces.finding import FoundFaces as FoundFaces
from kaiyan.faces.finding import find as find
from kaiyan.faces.gallery import Gallery as Gallery
from kaiyan.faces.gallery_recovery import recover as recover
from kaiyan.faces.passage import Passage as Passage
from kaiyan.faces.passage import layers as layers
from kaiyan.faces.recogniser import Face as Face
from kaiyan.faces.recogniser import Recogniser as Recogniser
from kaiyan.faces.recogniser import recogniser as recogniser
