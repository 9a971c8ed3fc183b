"""Errors that training lessens, on any device."""

import torch

SNR_CAP = 5.0


def edges(x):
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def difference(y, x):
    """Of two batches of pictures: absolute, squared and edges' error together; and the squared error."""
    y = y.float()
    gradient = sum((a - b).abs().mean() for a, b in zip(edges(y), edges(x)))
    mse = (y - x).square().mean()
    return (y - x).abs().mean() + mse + 0.5 * gradient, mse


def error_weight(alphas):
    """Of the squared error in epsilon. Min-SNR (Hang et al. 2023) where there is little noise;
    1/sqrt(SNR) (Yu et al. 2024) where there is much, for that is where layout is decided."""
    snr = alphas / (1 - alphas)
    return torch.where(snr > 1, snr.clamp(max=SNR_CAP) / snr, snr.rsqrt())
