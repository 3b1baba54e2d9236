"""PyTorch as one writes it by hand: the nets "small", "lenet" and "resnet" and a loop over batches."""

import numpy as np
import torch
from _image_contenders import BATCH_SIZE, LEARNING_RATE
from torch import nn

N_CLASSES = 10


def _small():
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, N_CLASSES)),
    )


def _lenet():
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(16 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, N_CLASSES),
    )


def _normalized(n_inputs, n_outputs, size, stride=1):
    convolution = nn.Conv2d(n_inputs, n_outputs, size, stride, padding=size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_outputs))


class _Residual(nn.Module):
    """Two convolutions, added to what they are given."""

    def __init__(self, n_inputs, n_outputs, stride):
        super().__init__()
        first, second = _normalized(n_inputs, n_outputs, 3, stride), _normalized(n_outputs, n_outputs, 3)
        self.convolutions = nn.Sequential(first, nn.ReLU(), second)
        same = stride == 1 and n_inputs == n_outputs
        self.shortcut = nn.Identity() if same else _normalized(n_inputs, n_outputs, 1, stride)

    def forward(self, inputs):
        return torch.relu(self.convolutions(inputs) + self.shortcut(inputs))


def _resnet():
    sizes = [(16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
    blocks = [_Residual(*size) for size in sizes]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, N_CLASSES)]
    return nn.Sequential(_normalized(1, 16, 3), nn.ReLU(), *blocks, *head)


NETS = {"small": _small, "lenet": _lenet, "resnet": _resnet}


class Torch:
    """A net, fused Adam and a loop over shuffled batches of float32 images in memory.

    Parameters
    ----------
    architecture : str
        One of NETS.
    """

    def __init__(self, architecture):
        torch.manual_seed(0)
        self.net = NETS[architecture]()
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE, fused=True)

    @property
    def n_parameters(self):
        """Number of trained weights."""
        return sum(parameter.numel() for parameter in self.net.parameters())

    def taken(self, images):
        """Return float32 images from 0 to 1 with the channel first."""
        return images[:, None].astype(np.float32) / 255

    def fit(self, X, y):
        """Train one more epoch."""
        X, y, total = torch.from_numpy(X), torch.from_numpy(y), 0.0
        self.net.train()
        for rows in torch.randperm(len(X)).split(BATCH_SIZE):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.net(X[rows]), y[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)
        return total / len(X)
