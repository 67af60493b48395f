"""A Highway layer learns how much of x to carry on: y = (1 - z) x + z F(x), or y = c x + z F(x) with two gates (Srivastava et al. 2015).

With the gates held at z = c = 1 the second form is the residual block. The first form never is: open it, and the skip is gone.
"""

from collections import OrderedDict

from torch import nn

from skiplab.base.errors import need_flag
from skiplab.nets.size import he, sized
from skiplab.skip import Gate, Skip


def layer(width, coupled=True, bias=-2.0):
    """relu(W x + b) behind a gate, (B, width) -> (B, width); `bias` < 0 starts with most of x carried on."""
    transform = Gate.linear(width, bias)
    gate = transform if need_flag("coupled", coupled) else Gate(transform.gate, carry=Gate.linear(width, -bias).gate)
    return Skip(nn.Sequential(he(nn.Linear(width, width)), nn.ReLU()), gate)


@sized("depth and width", inputs=1_000_000, outputs=1_000_000, width=100_000, depth=(2, 10_000))
def mlp(inputs, outputs, depth=20, width=32, coupled=True, bias=-2.0):
    """A net (B, inputs) -> (B, outputs) of `depth` layers: the stem, `depth` - 2 Highway layers, and the head."""
    need_flag("coupled", coupled)
    stem = nn.Sequential(he(nn.Linear(inputs, width)), nn.ReLU())
    layers = nn.Sequential(*[layer(width, coupled, bias) for _ in range(depth - 2)])
    return nn.Sequential(OrderedDict(stem=stem, layers=layers, head=he(nn.Linear(width, outputs))))
