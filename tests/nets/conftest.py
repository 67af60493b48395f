"""Other people's networks, where they are installed."""

import pytest

from skiplab.base import device


@pytest.fixture
def torchvision():
    """torchvision, where it is installed and fits this torch."""
    try:
        return device.torchvision()
    except ImportError as problem:
        pytest.skip(f"nothing to compare with: {problem}")
