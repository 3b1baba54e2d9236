"""PyTorch as one writes it by hand: the nets for series and a loop over batches."""

import math

import torch
from _sequence_contenders import LEARNING_RATE, N_CLASSES, padded
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

_CELLS = {"lstm": nn.LSTM, "ragged": nn.LSTM, "gru": nn.GRU, "simple": nn.RNN}


class _Recurrent(nn.Module):
    """A recurrent layer and a dense one on its last state."""

    def __init__(self, cell, n_channels):
        super().__init__()
        self.cell, self.output = cell(n_channels, 64, batch_first=True), nn.Linear(64, N_CLASSES)

    def forward(self, values, lengths=None):
        if lengths is not None:
            values = pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)
        state = self.cell(values)[1]
        return self.output((state[0] if isinstance(state, tuple) else state)[-1])


class _Transformer(nn.Module):
    """One block that normalises before each part, between a dense layer and the average over time."""

    def __init__(self, n_channels, width=64):
        super().__init__()
        self.projection = nn.Linear(n_channels, width)
        self.block = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.normalization, self.output = nn.LayerNorm(width), nn.Linear(width, N_CLASSES)

    def forward(self, values):
        hidden = self.projection(values)
        hidden = self.block(hidden + _positions(*hidden.shape[1:]))
        return self.output(self.normalization(hidden).mean(dim=1))


def _positions(time, width):
    pace = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(time)[:, None] * pace
    return torch.stack([angles.sin(), angles.cos()], dim=2).reshape(time, width)


def _convolution(n_inputs, n_outputs, size):
    return nn.Conv1d(n_inputs, n_outputs, size, padding="same", bias=False)


def _normalized(n_inputs, n_outputs, size):
    return nn.Sequential(_convolution(n_inputs, n_outputs, size), nn.BatchNorm1d(n_outputs))


class _FCN(nn.Module):
    """Three convolutions, then the average over time."""

    def __init__(self, n_channels):
        super().__init__()
        sizes = [(n_channels, 128, 8), (128, 256, 5), (256, 128, 3)]
        self.layers = nn.Sequential(*(part for size in sizes for part in (_normalized(*size), nn.ReLU())))
        self.output = nn.Linear(128, N_CLASSES)

    def forward(self, values):
        return self.output(self.layers(values.transpose(1, 2)).mean(dim=2))


class _InceptionBlock(nn.Module):
    """Kernels of three widths beside pooling."""

    def __init__(self, n_inputs, filters=16):
        super().__init__()
        thin = n_inputs > filters
        self.thin = _convolution(n_inputs, filters, 1) if thin else nn.Identity()
        width = filters if thin else n_inputs
        self.branches = nn.ModuleList(_convolution(width, filters, size) for size in (40, 20, 10))
        self.pooled = nn.Sequential(nn.MaxPool1d(3, 1, padding=1), _convolution(n_inputs, filters, 1))
        self.normalization = nn.BatchNorm1d(4 * filters)

    def forward(self, values):
        thin = self.thin(values)
        branches = [*(branch(thin) for branch in self.branches), self.pooled(values)]
        return torch.relu(self.normalization(torch.cat(branches, dim=1)))


class _Inception(nn.Module):
    """Six blocks, what goes in added to what comes out at every third."""

    def __init__(self, n_channels, width=64):
        super().__init__()
        self.blocks = nn.ModuleList(_InceptionBlock(n_channels if index == 0 else width) for index in range(6))
        self.shortcuts = nn.ModuleList([_normalized(n_channels, width, 1), nn.Identity()])
        self.output = nn.Linear(width, N_CLASSES)

    def forward(self, values):
        values = shortcut = values.transpose(1, 2)
        for index, block in enumerate(self.blocks):
            values = block(values)
            if index % 3 == 2:
                shortcut = values = torch.relu(values + self.shortcuts[index // 3](shortcut))
        return self.output(values.mean(dim=2))


_OTHERS = {"transformer": _Transformer, "fcn": _FCN, "inception": _Inception}


class Torch:
    """A net, fused Adam and a loop over shuffled batches of series in memory.

    Parameters
    ----------
    name : str
        Of NETS.
    net : Net
    """

    def __init__(self, name, net):
        torch.manual_seed(0)
        self.name, self.ragged, self.batch_size = name, net.ragged, net.batch_size
        n_channels = net.shape[2]
        self.net = _Recurrent(_CELLS[name], n_channels) if name in _CELLS else _OTHERS[name](n_channels)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=LEARNING_RATE, fused=True)

    @property
    def n_parameters(self):
        """Number of trained weights, but for the second bias that PyTorch alone has."""
        second = () if self.name == "gru" else ("cell.bias_hh_l0",)
        return sum(weight.numel() for name, weight in self.net.named_parameters() if name not in second)

    def taken(self, X):
        """Return a tensor; of ragged series, padded ones and their lengths."""
        arrays = padded(X) if self.ragged else (X,)
        return [torch.from_numpy(array) for array in arrays]

    def fit(self, X, y):
        """Train one more epoch."""
        y, total = torch.from_numpy(y), 0.0
        self.net.train()
        for rows in torch.randperm(len(y)).split(self.batch_size):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.net(*(part[rows] for part in X)), y[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)
        return total / len(y)
