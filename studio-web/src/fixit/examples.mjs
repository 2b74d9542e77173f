/** Real troubles, as people paste them: what is wrong is not said; the page finds it. */

/** English texts that are said later. @param {string} text */
const say = (text) => text

const net = (/** @type {string} */ made, /** @type {string} */ forward, /** @type {string} */ input) => `import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
${made.split('\n').map((line) => `        ${line}`).join('\n')}

    def forward(self, x):
${forward.split('\n').map((line) => `        ${line}`).join('\n')}

net = Net()
x = ${input}
print(net(x).shape)
`

const rows = (/** @type {string} */ layers, /** @type {string} */ input) => `model = nn.Sequential(
${layers.split('\n').map((line) => `    ${line},`).join('\n')}
)
x = ${input}
y = model(x)
`

/** @type {{ name: string, label: string, text: string }[]} */
export const EXAMPLES = [
  {
    name: 'linear',
    label: say('Linear after convolutions'),
    text: rows('nn.Conv2d(1, 8, kernel_size=4)\nnn.ReLU()\nnn.MaxPool2d(2)\nnn.Conv2d(8, 16, kernel_size=3)\nnn.ReLU()\nnn.MaxPool2d(2)\nnn.Flatten()\nnn.Linear(16 * 3 * 3, 10)', 'torch.randn(32, 1, 28, 28)'),
  },
  {
    name: 'channels',
    label: say('Channels do not match'),
    text: net('self.conv1 = nn.Conv2d(3, 16, 3, padding=1)\nself.conv2 = nn.Conv2d(32, 64, 3)', 'x = F.relu(self.conv1(x))\nreturn self.conv2(x)', 'torch.randn(4, 3, 64, 64)'),
  },
  { name: 'same', label: say("'same' with a stride"), text: rows("nn.Conv2d(3, 32, 3, stride=2, padding='same')\nnn.BatchNorm2d(32)\nnn.ReLU6()", 'torch.randn(1, 3, 224, 224)') },
  { name: 'kernel', label: say('Kernel larger than its input'), text: rows('nn.Conv2d(3, 16, 5)\nnn.MaxPool2d(4)\nnn.Conv2d(16, 32, 5)\nnn.MaxPool2d(2)\nnn.Conv2d(32, 64, 5)', 'torch.randn(8, 3, 32, 32)') },
  { name: 'groups', label: say('Groups do not divide the channels'), text: rows('nn.Conv2d(3, 10, 3, padding=1)\nnn.Conv2d(10, 16, 3, padding=1, groups=4)', 'torch.randn(1, 3, 32, 32)') },
  { name: 'last', label: say('Channels last'), text: `conv = nn.Conv2d(3, 10, 3)\nimage = torch.rand(1, 361, 424, 3)  # as Pillow and OpenCV give it\ny = conv(image)\n` },
  { name: 'batch', label: say('No batch axis'), text: net('self.conv = nn.Conv2d(3, 8, 3)\nself.fc = nn.Linear(8 * 30 * 30, 10)', 'x = F.relu(self.conv(x))\nx = torch.flatten(x, 1)\nreturn self.fc(x)', 'torch.randn(3, 32, 32)') },
  { name: 'flat', label: say('Missing flatten'), text: rows('nn.Conv2d(3, 8, 3, stride=2)\nnn.ReLU()\nnn.AdaptiveAvgPool2d(1)\nnn.Linear(8, 10)', 'torch.randn(4, 3, 32, 32)') },
  { name: 'rows', label: say('A convolution after flatten'), text: rows('nn.Conv2d(3, 8, 3)\nnn.ReLU()\nnn.Flatten()\nnn.Conv2d(8, 16, 3)', 'torch.randn(2, 3, 32, 32)') },
  { name: 'norm', label: say('BatchNorm of the wrong size'), text: rows('nn.Conv2d(3, 32, 3, bias=False)\nnn.BatchNorm2d(64)\nnn.ReLU()', 'torch.randn(2, 3, 32, 32)') },
  {
    name: 'skip',
    label: say('Off by one at a skip connection'),
    text: net('self.down = nn.Conv2d(3, 16, 3, stride=2, padding=1)\nself.up = nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1)', 'y = self.up(F.relu(self.down(x)))\nreturn x + y', 'torch.randn(1, 3, 64, 64)'),
  },
  {
    name: 'traceback',
    label: say('Only a traceback'),
    text: `Traceback (most recent call last):
  File "train.py", line 41, in <module>
    out = net(images)
  File "net.py", line 19, in forward
    x = self.fc1(x)
  File "/usr/lib/python3/site-packages/torch/nn/modules/linear.py", line 125, in forward
    return F.linear(input, self.weight, self.bias)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x2704 and 400x120)
`,
  },
]
