"""CPU-seconds per seed: many seeds trained at once by skiplab against three loops that train one seed after another.

All of them train the same residual MLP (width 32, 10 blocks) from the same initial weights on the same 1797 digits: 45 steps of 128
examples, about three epochs, by SGD with momentum. What each of them reaches is printed beside its time.

    tutorial    torch's DataLoader, and `.item()` at each step
    lightning   the Trainer of PyTorch Lightning, with logging, checkpoints and progress bar off
    lean        tensors in memory, torch.randperm, a fused optimizer, and no number read before the end

A round has every seed of every loop once, in turns, and skiplab's stack of seeds SHARE times between them, so that whatever else the
machine does meets all of them. A figure is the median of the rounds' ratios, in CPU time of this process on one thread; the lowest and
highest round are printed beside it. Small convolutional nets, which skiplab does not stack on a processor, are measured against the lean
loop alone. With CUDA, also the wall time of a sweep as in a notebook, all seeds at once and one after another.

    python benchmarks/training.py [--seeds 16] [--quick] [--json FILE]
"""

import argparse
import gc
import importlib.util
import itertools
import json
import logging
import os
import time
import warnings
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "SKIPLAB_THREADS": "1"}  # before torch is imported
os.environ |= {"SKIPLAB_DEVICE": "cpu", "SKIPLAB_STRICT": "1", "SKIPLAB_FIRST_SEED": "0"}  # strict, so that no progress is shown

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from skiplab.data.points import digits
from skiplab.nets.residual import mlp, small_resnet
from skiplab.train import fit

STEPS, BATCH, LR, MOMENTUM = 45, 128, 0.05, 0.9
CONV_STEPS, CONV_BATCH, CONV_SEEDS = 100, 64, 2
ROUNDS, SHARE = 3, 4
SWEEP = {
    f"{depth} {merge}": {"depth": depth, "merge": merge, "init": "he", "norm": "layer"} for depth in (20, 56) for merge in ("none", "add")
}


def network(depth=22, **how):
    return mlp(64, 10, depth=depth, width=32, **({"init": "fixup"} | how))


def conv_network():
    return small_resnet(8, width=8)


def skiplab(make, x, y, seeds, steps=STEPS, batch=BATCH):
    """All seeds at once; the function that gives all outputs. A loss of one's own, so that no errors are counted: the loops count none."""
    return fit(make, x, y, seeds=seeds, steps=steps, lr=LR, optimizer="momentum", loss=cross_entropy, batch=batch).outputs


def tutorial(seed, x, y):
    """One seed as tutorials train it."""
    torch.manual_seed(seed)
    net, losses, step = network(), [], 0
    loader, rule = _loader(x, y), torch.optim.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)
    while step < STEPS:
        for inputs, labels in loader:
            rule.zero_grad()
            loss = cross_entropy(net(inputs), labels)
            loss.backward()
            rule.step()
            losses.append(loss.item())
            step += 1
            if step == STEPS:
                break
    return net


def lean(seed, x, y, make=network, steps=STEPS, batch=BATCH):
    """One seed without anything that can be left out."""
    torch.manual_seed(seed)
    net, losses = make().to(x.device), []
    rule, rows = torch.optim.SGD(net.parameters(), lr=LR, momentum=MOMENTUM, fused=True), []
    for _ in range(steps):
        rows = rows or list(torch.randperm(len(x), device=x.device).split(batch)[: len(x) // batch])
        picked = rows.pop()
        loss = cross_entropy(net(x[picked]), y[picked])
        rule.zero_grad()
        loss.backward()
        rule.step()
        losses.append(loss.detach())
    torch.stack(losses).cpu()
    return net


def lightning_loop():
    """The function (seed, x, y) -> network that trains with PyTorch Lightning, or None where that is not installed."""
    if not importlib.util.find_spec("pytorch_lightning"):
        print("PyTorch Lightning is not installed: run pip install -r benchmarks/requirements.txt; it is left out.")
        return None
    import pytorch_lightning as pl

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}

    class Lesson(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()

        def training_step(self, batch, index):
            return cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=LR, momentum=MOMENTUM)

    def lightning(seed, x, y):
        torch.manual_seed(seed)
        lesson = Lesson()
        pl.Trainer(max_steps=STEPS, max_epochs=-1, accelerator="cpu", devices=1, **off).fit(lesson, _loader(x, y))
        return lesson.net

    return lightning


def _loader(x, y):
    return DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True, drop_last=True)


def cpu_seconds(work):
    """(CPU-seconds of this process, what the work returns); the garbage of what came before is not counted."""
    gc.collect()
    began = time.process_time()
    done = work()
    return time.process_time() - began, done


def race(loops, together, seeds, rounds):
    """CPU-seconds per seed: name -> (rounds,), and the networks of the last round: name -> list or function of x."""
    spent, nets = {name: [] for name in ("skiplab", *loops)}, {}
    for work in (together, *(lambda loop=loop: loop(0) for loop in loops.values())):  # the first call of anything is slower
        work()
    for _ in range(rounds):
        parts, sums, nets = np.array_split(range(seeds), min(SHARE, seeds)), dict.fromkeys(spent, 0.0), {name: [] for name in loops}
        for part in parts:
            took, nets["skiplab"] = cpu_seconds(together)
            sums["skiplab"] += took / len(parts)
            for seed, (name, loop) in itertools.product(part.tolist(), loops.items()):
                took, net = cpu_seconds(lambda loop=loop, seed=seed: loop(seed))
                sums[name] += took
                nets[name].append(net)
        for name in spent:
            spent[name].append(sums[name] / seeds)
    return {name: np.array(found) for name, found in spent.items()}, nets


def reached(net, x, y):
    """The loss on all examples: (S,) of a list of networks, or of a function that gives the outputs of all."""
    with torch.no_grad():
        outs = net(x) if callable(net) else [one(x) for one in net]
        return np.array([cross_entropy(out, y).item() for out in outs])


def matmul_gflops(size=1024, tries=8):
    """The best rate of a float32 matrix product on one thread."""
    a = torch.randn(size, size)
    return 2e-9 * size**3 / min(cpu_seconds(lambda: a @ a)[0] for _ in range(tries))


def report(title, spent, nets, x, y):
    """Print a table; name -> median ratio to skiplab."""
    print(f"\n{title:<34}{'ms CPU a seed':>15}{'times skiplab':>15}{'lowest':>9}{'highest':>9}   loss reached: median, range")
    ratios = {name: found / spent["skiplab"] for name, found in spent.items()}
    for name, found in spent.items():
        losses, ratio = reached(nets[name], x, y), ratios[name]
        print(f"{name:<34}{1000 * np.median(found):>15.1f}{np.median(ratio):>15.2f}{ratio.min():>9.2f}{ratio.max():>9.2f}   "
              f"{np.median(losses):.3f}, {losses.min():.3f} to {losses.max():.3f}", flush=True)  # fmt: skip
    return {name: round(float(np.median(ratio)), 2) for name, ratio in ratios.items()}


def against_loops(x, y, seeds, rounds):
    """The residual MLP; name -> median ratio."""
    loops = {"tutorial": tutorial, "lightning": lightning_loop(), "lean": lean}
    loops = {name: lambda seed, loop=loop: loop(seed, x, y) for name, loop in loops.items() if loop}
    spent, nets = race(loops, lambda: skiplab(network, x, y, seeds), seeds, rounds)
    return report(f"residual MLP, {seeds} seeds", spent, nets, x, y)


def against_lean_with_convolutions(x, y, seeds, rounds):
    """A small ResNet, which skiplab trains one seed after another inside each step."""
    how = CONV_STEPS, CONV_BATCH
    loops = {"lean": lambda seed: lean(seed, x, y, conv_network, *how)}
    spent, nets = race(loops, lambda: skiplab(conv_network, x, y, seeds, *how), seeds, rounds)
    report(f"small ResNet, {seeds} seeds", spent, nets, x, y)


def sweep_on_cuda(seeds, steps):
    """Wall time of the sweep SWEEP, all seeds at once and one network after another."""
    os.environ["SKIPLAB_DEVICE"] = "cuda"
    data, took = digits(), {"at once": [], "one after another": []}

    def together(steps):
        how = {"seeds": seeds, "steps": steps, "lr": LR, "optimizer": "momentum", "loss": cross_entropy, "batch": BATCH}
        fit(network, data.x, data.y, settings=SWEEP, **how)

    def one_by_one(steps):
        for setting, seed in itertools.product(SWEEP.values(), range(seeds)):
            lean(seed, data.x, data.y, lambda setting=setting: network(**setting), steps)

    for _ in range(ROUNDS):
        for name, work in zip(took, (together, one_by_one), strict=True):
            work(2)
            torch.cuda.synchronize()
            began = time.perf_counter()
            work(steps)
            torch.cuda.synchronize()
            took[name].append(time.perf_counter() - began)
    print(f"\n{torch.cuda.get_device_name()}: layers and merge {', '.join(SWEEP)}; {seeds} seeds each, {steps} steps; seconds, range")
    for name, seconds in took.items():
        print(f"{name:<34}{np.median(seconds):>15.2f}   {min(seconds):.2f} to {max(seconds):.2f}")


def main():
    """The MLP against every loop, convolutions against the lean one, and the sweep where there is CUDA."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=16, help="seeds trained at once")
    options.add_argument("--quick", action="store_true", help="two seeds and one round, to see that it runs")
    options.add_argument("--json", metavar="FILE", help="write the figures here")
    asked = options.parse_args()
    seeds, rounds = (2, 1) if asked.quick else (asked.seeds, ROUNDS)
    data = digits()
    x, y = torch.cat([data.x, data.x_test]), torch.cat([data.y, data.y_test])
    gflops = [matmul_gflops()]
    ratios = against_loops(x, y, seeds, rounds)
    against_lean_with_convolutions(x.unflatten(1, (1, 8, 8)), y, min(seeds, CONV_SEEDS), rounds)
    gflops.append(matmul_gflops())
    print(f"\nmatrix product, float32, one thread: {gflops[0]:.0f} GFLOP/s before and {gflops[1]:.0f} after")
    if torch.cuda.is_available():
        sweep_on_cuda(seeds, 5 if asked.quick else 100)
    if asked.json:
        found = {f"vs_{name}": ratios.get(name) for name in ("tutorial", "lightning", "lean")}
        found |= {"seeds": seeds, "matmul_gflops": round(max(gflops), 1)}
        Path(asked.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
