"""NetVLAD: local features of a map coded by their distances to learned cluster centres (eqs. 1-5).

R. Arandjelović et al., "NetVLAD: CNN architecture for weakly supervised place recognition", CVPR 2016, as
used by Ng et al. 2020, eqs. 1-5. With local features f_j, j over the positions of a map:

    a_j(k) = softmax_k(w_k · f_j + b_k)                soft assignment (eq. 4)
    V(k, d) = Σ_j a_j(k) (f_j(d) − c_k(d))             sum of residuals (eqs. 1 to 3; 5 puts them together)
    V(k) / ‖V(k)‖, then V / ‖V‖                        intra-normalisation, then L2 (Algorithm 2, step 9)

The residuals of all clusters, channels and positions would be a tensor of (batch, K, D, positions). The sum
needs none: Σ_j a_j(k) f_j(d) − c_k(d) Σ_j a_j(k) is one matrix product and one outer product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NetVLAD(nn.Module):
    """Coding of a map into K clusters of D values.

    The local features are first brought to unit length, as by Arandjelović et al. and the released code.
    Weights, biases and centres start from the same centres (w = 2αc, b = −α‖c‖²) and are learned
    independently of each other. The centres start on the unit sphere, where the features are.

    Args:
        channels: D, channels of the map.
        clusters: K.
        alpha: sharpness of the first assignment.
        released_start: start as the released code does, with centres drawn from U[0, 1), of which all point
            into one direction, and b = −α‖c‖.

    Shape:
        (batch, D, ...) -> (batch, K, D)
    """

    def __init__(
        self, channels: int, clusters: int, *, alpha: float = 1.0, released_start: bool = False
    ) -> None:
        super().__init__()
        if released_start:
            centres = torch.rand(clusters, channels)
            length = centres.norm(dim=1)
        else:
            centres = nn.functional.normalize(torch.randn(clusters, channels), dim=1)
            length = centres.square().sum(dim=1)
        self.centres = nn.Parameter(centres)
        self.weight = nn.Parameter(2.0 * alpha * centres)
        self.bias = nn.Parameter(-alpha * length)

    def forward(self, feature_map: Tensor) -> Tensor:
        """The normalised coding; its norm over clusters and channels is 1."""
        local = nn.functional.normalize(feature_map.flatten(start_dim=2), dim=1)  # (batch, D, positions)
        assigned = (self.weight @ local + self.bias[:, None]).softmax(dim=1)  # (batch, K, positions)
        residuals = assigned @ local.transpose(1, 2) - assigned.sum(dim=2, keepdim=True) * self.centres
        within = nn.functional.normalize(residuals, dim=2)
        return nn.functional.normalize(within.flatten(start_dim=1), dim=1).view_as(within)


def laid_out(coding: Tensor, *, scrambled: bool = False) -> Tensor:
    """A coding as rows of X, (batch, K, D) -> (batch, D, K), to be stacked over the levels to (batch, M, K).

    Args:
        coding: coding of one level.
        scrambled: read the values row by row into the other shape, as the released code does where a
            transpose was meant: its row d then holds values of several channels and clusters.
    """
    batch, clusters, channels = coding.shape
    return coding.reshape(batch, channels, clusters) if scrambled else coding.transpose(1, 2)
