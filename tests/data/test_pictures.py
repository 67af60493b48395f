"""Pictures and their masks are what the documentation says, and both scores agree with counting by hand."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from skiplab.data import pictures
from skiplab.data.points import inside

PHOTOGRAPHS = pictures.NAMES[1:]
needs_photographs = pytest.mark.usefixtures("photographs")


@pytest.fixture
def photographs():
    """scikit-image's photographs are installed."""
    try:
        inside("skimage", "data", "page.png")
    except FileNotFoundError as problem:
        pytest.skip(str(problem))


def mask(*rows):
    return torch.tensor([[[[float(c) for c in row] for row in rows]]])  # (1, 1, H, W)


@pytest.mark.parametrize("name", pictures.NAMES)
@needs_photographs
def test_a_data_set_is_made_of_pictures_and_masks(name):
    split = pictures.load(name, 16)
    for x, y in ((split.x, split.y), (split.x_test, split.y_test)):
        assert x.shape == y.shape == (len(x), 1, 32, 32)
        assert x.dtype == y.dtype == torch.float32
        assert set(y.unique().tolist()) == {0, 1}
        assert torch.isfinite(x).all()
    assert len(split.x) == 16
    again = pictures.load(name, 16)
    assert torch.equal(split.x, again.x)
    x, y = pictures.view(name)
    assert x.shape == y.shape == (1, 1, 64, 64)
    assert 0.05 < y.mean() < 0.95


@pytest.mark.parametrize("name", ["shapes", "page"])
@needs_photographs
def test_other_seeds_draw_other_training_pictures(name, monkeypatch):
    here = pictures.load(name, 16)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1000")
    assert not torch.equal(here.x, pictures.load(name, 16).x)


def test_shapes_are_thin_and_the_blob_is_not_in_the_mask():
    split = pictures.shapes(64)
    assert 0.05 < split.y.mean() < 0.2
    eroded = -torch.nn.functional.max_pool2d(-split.y, 5, 1)
    assert eroded.mean() < 0.002  # hardly a place where 5 x 5 px are all inside
    bright = split.x > split.x[split.y > 0].quantile(0.25)
    assert (bright & (split.y == 0)).float().mean() > 0.01


def test_the_shapes_view_is_the_first_four_test_pictures_whatever_the_first_seed(monkeypatch):
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1000")
    x, _ = pictures.view("shapes")
    monkeypatch.delenv("SKIPLAB_FIRST_SEED")
    assert torch.equal(x[..., :32, 32:], pictures.shapes().x_test[1:2])
    assert torch.equal(x[..., 32:, :32], pictures.shapes().x_test[2:3])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@needs_photographs
def test_training_and_test_pictures_come_from_two_sides_of_the_cut(name):
    grey, label = pictures.photograph(name)
    assert grey.shape == label.shape
    assert (label.dtype, 0 <= grey.min() <= grey.max() <= 1) == (bool, True)
    cut, split = int(0.6 * grey.shape[1]), pictures.patches(name, 8)
    first = torch.tensor(grey[:32, cut : cut + 32], dtype=torch.float32)
    assert torch.equal(split.x_test[0, 0], first)
    assert len(split.x_test) == (grey.shape[0] // 32) * ((grey.shape[1] - cut) // 32)
    windows = torch.tensor(grey[:, :cut], dtype=torch.float32).unfold(0, 32, 1).unfold(1, 32, 1).flatten(0, 1)
    for picture in split.x[:3, 0]:
        assert any((windows == side).all((1, 2)).any() for side in (picture, picture.flip(-1)))


@needs_photographs
def test_labels_are_dark_letters_bright_coins_without_holes_and_one_cell():
    shares = {name: pictures.photograph(name)[1].mean() for name in PHOTOGRAPHS}
    assert shares == pytest.approx({"page": 0.14, "coins": 0.36, "cell": 0.2}, abs=0.06)
    grey, label = pictures.photograph("page")
    assert grey[label].mean() < grey[~label].mean() - 0.2
    for name in ("coins", "cell"):
        grey, label = pictures.photograph(name)
        assert grey[label].mean() > grey[~label].mean() + 0.1
        assert np.array_equal(ndimage.binary_fill_holes(label), label)


def test_iou_counts_pixels(subtests):
    for found, truth, score in [
        (("110", "000", "000"), ("110", "000", "000"), 1),
        (("110", "000", "000"), ("011", "000", "000"), 1 / 3),
        (("110", "000", "000"), ("001", "000", "000"), 0),
        (("000", "000", "000"), ("000", "000", "000"), 1),
    ]:
        with subtests.test(found=found, truth=truth, score=score):
            assert pictures.iou(mask(*found), mask(*truth)) == pytest.approx(score)


def test_iou_pools_the_pictures_and_keeps_the_seeds_apart():
    truth = torch.cat([mask("10", "00"), mask("11", "11")])
    found = torch.stack([truth, torch.cat([mask("00", "00"), mask("11", "11")])])  # (2 seeds, 2, 1, 2, 2)
    assert pictures.iou(found, truth) == pytest.approx([1, 0.8])
    assert pictures.boundary_f1(found, truth).shape == (2,)


def test_the_boundary_is_the_rim_and_the_edge_of_the_picture_is_none():
    square = mask("00000", "01110", "01110", "01110", "00000")
    rim = mask("00000", "01110", "01010", "01110", "00000").bool()
    assert torch.equal(pictures.boundary(square), rim)
    assert not pictures.boundary(torch.ones(2, 1, 4, 4)).any()


def test_boundary_f1_is_exact_to_the_pixel():
    truth = mask("000000", "011100", "011100", "011100", "000000")
    assert pictures.boundary_f1(truth, truth) == 1
    smaller = mask("000000", "000000", "001000", "000000", "000000")
    assert pictures.boundary_f1(smaller, truth) == 0
    hole = mask("000000", "011100", "010100", "011100", "000000")
    assert pictures.boundary_f1(hole, truth) == 1
    shifted = truth.roll(1, -1)  # its rim and the true one share 4 of 8 pixels each
    assert pictures.boundary_f1(shifted, truth) == pytest.approx(4 / 8)


def test_the_loss_is_low_for_the_mask_and_high_for_its_opposite():
    truth = mask("0110", "0110")
    good, bad = (pictures.mask_loss(sign * 20 * (2 * truth - 1), truth) for sign in (1, -1))
    assert good < 1e-3
    assert bad > 10


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match=r"mask: expected \(\.\.\., 1, 1, 2, 2\)"):
        pictures.iou(torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 2, 2))
    with pytest.raises(ValueError, match="name: expected one of 'shapes', 'page', 'coins', 'cell'"):
        pictures.load("lena")
    with pytest.raises(ValueError, match="count: expected a whole number"):
        pictures.shapes(0)


def test_a_seed_that_cannot_be_is_named(subtests):
    for seed in ["a", -1, 1.5, 10**30]:
        with subtests.test(seed=seed), pytest.raises((TypeError, ValueError), match="seed: expected a whole number from 0 to "):
            pictures.shapes(4, seed=seed)


def test_the_boundary_of_one_mask_alone():
    square = mask("00000", "01110", "01110", "01110", "00000")
    assert torch.equal(pictures.boundary(square[0, 0]), pictures.boundary(square)[0, 0])


@pytest.mark.parametrize("score", [pictures.iou, pictures.boundary_f1])
@pytest.mark.parametrize(("found", "truth", "error", "said"), [
    (np.ones((2, 1, 4, 4)), torch.ones(2, 1, 4, 4), TypeError, r"mask: expected a torch\.Tensor, got .*ndarray"),
    (torch.ones(2, 1, 4, 4), np.ones((2, 1, 4, 4)), TypeError, r"truth: expected a torch\.Tensor, got .*ndarray"),
    (None, None, TypeError, r"mask: expected a torch\.Tensor, got None"),
    (torch.ones(4, 4), torch.ones(4, 4), ValueError, r"truth: expected masks \(N, 1, H, W\), got shape \(4, 4\)"),
], ids=["numpy found", "numpy truth", "None", "no batch"])  # fmt: skip
def test_scores_say_what_they_need(score, found, truth, error, said):
    with pytest.raises(error, match=f"(?s){said}"):
        score(found, truth)


def test_the_loss_and_the_boundary_say_what_they_need(subtests):
    for call, error, said in [
        (lambda: pictures.mask_loss(None, None), TypeError, r"out: expected a torch\.Tensor, got None"),
        (lambda: pictures.mask_loss(torch.zeros(2, 1, 4, 4), None), TypeError, r"mask: expected a torch\.Tensor, got None"),
        (lambda: pictures.mask_loss(torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 5, 5)), ValueError,
         r"mask: expected the shape \(2, 1, 4, 4\) of out, got \(2, 1, 5, 5\)"),
        (lambda: pictures.boundary(torch.ones(4)), ValueError, r"mask: expected \(\.\.\., H, W\), got shape \(4,\)"),
        (lambda: pictures.boundary(np.ones((4, 4))), TypeError, r"mask: expected a torch\.Tensor"),
    ]:
        with subtests.test(error=error, said=said), pytest.raises(error, match=said):
            call()
