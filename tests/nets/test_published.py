"""Published weights find their places, and what is missing is said at once."""

import hashlib
import sys

import pytest
import torch

from skiplab.nets import published, residual
from skiplab.nets.published import NotThere


@pytest.mark.parametrize("name", published.NETS)
def test_our_forward_pass_is_torchvisions(torchvision, name):
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)().double().eval()
    for m in theirs.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.normal_()
            m.running_var.uniform_(0.5, 2)
    ours = residual.resnet(*published.NETS[name]).double().eval()
    published.place(theirs.state_dict(), ours)
    x = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-10, atol=1e-10)


def test_without_torchvision_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(NotThere, match=r"everything else works without\. torchvision is not installed: run %pip install"):
        published.resnet()


def test_an_unknown_net_is_told_which_there_are():
    with pytest.raises(ValueError, match="name: expected one of 'resnet18', 'resnet34', 'resnet50', got 'vgg'"):
        published.resnet("vgg")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A folder of its own for what is downloaded."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    return tmp_path / "checkpoints"


def test_without_a_connection_it_says_so_and_leaves_nothing(hub):
    with pytest.raises(NotThere, match=r"net-12345678.pth could not be downloaded .*Is there a connection\?"):
        published.fetched("http://127.0.0.1:9/net-12345678.pth")
    assert list(hub.iterdir()) == []


def test_a_file_is_fetched_once_and_one_cut_short_is_refused(hub, tmp_path):
    torch.save({"w": torch.ones(3)}, tmp_path / "weights")
    body = (tmp_path / "weights").read_bytes()
    good = tmp_path / f"net-{hashlib.sha256(body).hexdigest()[:8]}.pth"
    good.write_bytes(body)
    assert published.fetched(good.as_uri())["w"].tolist() == [1, 1, 1]
    good.unlink()
    assert published.fetched(good.as_uri())["w"].tolist() == [1, 1, 1]
    cut = tmp_path / "cut-01234567.pth"
    cut.write_bytes(body[:100])
    with pytest.raises(NotThere, match=r"did not arrive whole .invalid hash value"):
        published.fetched(cut.as_uri())
    assert [path.name for path in hub.iterdir()] == [good.name]


def test_weights_of_another_net_do_not_fit():
    small, large = (residual.resnet(blocks, width=4, classes=3) for blocks in ((1, 1), (1, 2)))
    with pytest.raises(ValueError, match=r"weights: expected .* tensors shaped as the network's"):
        published.place(small.state_dict(), large)


def test_weights_are_placed_by_order_with_their_statistics():
    ours, theirs = (residual.resnet((1, 1), width=4, classes=3) for _ in range(2))
    theirs(torch.randn(4, 3, 32, 32))  # moves the running statistics
    x = torch.randn(2, 3, 32, 32)
    published.place({f"other.{i}": t for i, (n, t) in enumerate(theirs.state_dict().items()) if "num_batches" not in n}, ours)
    assert torch.equal(ours.eval()(x), theirs.eval()(x))
