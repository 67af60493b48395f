"""What most notebooks do: on each move of a slider, @interact draws the whole figure again with pyplot.

Each figure carries a 20 px square in its lower left corner, whose colour is the number of the slider's position: six levels a channel.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from ipywidgets import FloatSlider, SelectionSlider, interact
from matplotlib.patches import Rectangle

from skiplab.explorers.gradient import DEPTHS

ALPHAS = tuple(round(-2 + 0.05 * i, 2) for i in range(101))
STEPS, RATE, WIDTH, BATCH = 200, 0.02, 64, 32


def interact_saddle():
    """The toy saddle with its α on a slider."""
    interact(draw_saddle, alpha=FloatSlider(value=1.5, min=ALPHAS[0], max=ALPHAS[-1], step=0.05, description="α target"))


def interact_gradient():
    """The gradient at each block with the depth on a slider."""
    interact(draw_gradient, depth=SelectionSlider(options=DEPTHS, value=20, description="L depth"))


def draw_saddle(alpha):
    """Loss of w1 w2 = α as a swapped_in contour map, 200 steps of descent on it, and their loss."""
    axis = np.linspace(-2.5, 2.5, 200)
    a, b = np.meshgrid(axis, axis)
    path = [(0.02, -0.01)]
    for _ in range(STEPS):
        w1, w2 = path[-1]
        miss = w1 * w2 - alpha
        path.append((w1 - 2 * RATE * miss * w2, w2 - 2 * RATE * miss * w1))
    w1, w2 = np.array(path).T
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    left.contourf(a, b, np.log10((a * b - alpha) ** 2 + 1e-12), 24)
    left.contour(a, b, a * b - alpha, [0], colors="white", linewidths=3)
    left.plot(w1, w2, "r", linewidth=2.5)
    for x, y, marker, label in ((0, 0, "X", "saddle"), (w1[0], w2[0], "o", "start"), (w1[-1], w2[-1], "s", f"step {STEPS}")):
        left.plot(x, y, marker, markersize=9, label=label)
    left.legend(loc="lower left")
    left.set(title=f"Loss for α = {alpha:.2f}", xlabel="$w_1$", ylabel="$w_2$", xlim=(-2.5, 2.5), ylim=(-2.5, 2.5))
    right.semilogy((w1 * w2 - alpha) ** 2 + 1e-12, label="loss")
    right.legend(loc="upper right")
    right.grid()
    right.set(title="Descent", xlabel="step", ylabel="loss", ylim=(1e-8, 1e2))
    _mark(figure, ALPHAS.index(round(alpha, 2)))
    plt.show()


def draw_gradient(depth):
    """Sizes of gradients and activations at each block, with and without skip, from a forward and a backward pass each."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4))
    for keep, name in ((0, "plain"), (1, "skip")):
        for ax, sizes in zip(axes, _sizes(depth, keep), strict=True):
            ax.semilogy(sizes, label=name)
            ax.grid(True)
    axes[0].set(title=f"The gradient over {depth} blocks", xlabel="block", ylabel="|gradient|")
    axes[1].set(title="Size of the activations", xlabel="block", ylabel="|h|")
    axes[0].legend()
    _mark(figure, DEPTHS.index(depth))
    plt.show()


def _sizes(depth, keep):
    torch.manual_seed(0)
    states = [torch.randn(BATCH, WIDTH, requires_grad=True)]
    for layer in [torch.nn.Linear(WIDTH, WIDTH) for _ in range(depth)]:
        states.append(keep * states[-1] + torch.relu(layer(states[-1])))
    gradients = torch.autograd.grad(states[-1].sum(), states)
    return [torch.stack(gradients).norm(dim=(1, 2)), torch.stack(states).detach().norm(dim=(1, 2))]


def _mark(figure, position):
    colour = [position // power % 6 / 5 for power in (1, 6, 36)]
    figure.add_artist(Rectangle((0, 0), 20 / 900, 20 / 400, color=colour, linewidth=0, transform=figure.transFigure))
