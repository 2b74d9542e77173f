"""torch layers with every padding, models made faster, and models carried from one convention to another."""

from importlib.util import find_spec

if find_spec("torch") is None:
    msg = "kaiyan.nn needs torch: pip install 'kaiyan[torch]'"
    raise ModuleNotFoundError(msg, name="torch")

from kaiyan.nn.acceleration.accelerate import accelerate as accelerate
from kaiyan.nn.convert import convert as convert
from kaiyan.nn.layers import Conv1d as Conv1d
from kaiyan.nn.layers import Conv2d as Conv2d
from kaiyan.nn.layers import Conv3d as Conv3d
from kaiyan.nn.layers import ConvTranspose1d as ConvTranspose1d
from kaiyan.nn.layers import ConvTranspose2d as ConvTranspose2d
from kaiyan.nn.layers import ConvTranspose3d as ConvTranspose3d
