"""torch layers with every padding, models made faster, and models carried from one convention to another."""

from kaiyan.nn.accelerate import accelerate as accelerate
from kaiyan.nn.convert import convert as convert
from kaiyan.nn.layers import Conv1d as Conv1d
from kaiyan.nn.layers import Conv2d as Conv2d
from kaiyan.nn.layers import Conv3d as Conv3d
from kaiyan.nn.layers import ConvTranspose1d as ConvTranspose1d
from kaiyan.nn.layers import ConvTranspose2d as ConvTranspose2d
from kaiyan.nn.layers import ConvTranspose3d as ConvTranspose3d
