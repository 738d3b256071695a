"""Self-attention with residual and several heads (eqs. 6-10), in two readings.

For tokens X_1 … X_P, one head is (Ng et al. 2020)

    Y_i = (1 / C_i) Σ_j φ(X_i, X_j) g(X_j)                              (6)
    C_i = Σ_j φ(X_i, X_j)                                               (7)
    g(X_j) = W_g X_j                                                    (8)
    φ(X_i, X_j) = exp((W_k X_i)ᵀ (W_q X_j))                             (9)
    Z_i = X_i + α Y_i                                                   (10)

with a learned scalar α that starts at 0. Equations 6, 7 and 9 are a softmax over j, without the factor 1/√d
of the transformer. The outputs of the heads are concatenated.

`HeadAttention` is the method: each head has projections of its own, and the tokens are the rows of X. A row
holds the coding of one channel of one level, so φ relates local features of different levels. That is what
the attention is for. A head projects R^K into a subspace of its own. Its matrices have 224² values.

`ChannelAttention` is the released code: X is copied to N identical channels, and the projections are 1 × 1
convolutions over these copies. A token is one entry of X, of which there are M · K. All heads see the same
values through the sum of their weights, so they are no different subspaces. Its one matrix has 2240² values
for K = 10, and 4480² for K = 20.

Both call torch's scaled_dot_product_attention with scale 1: the same sums, without the matrix of all pairs in
memory where torch has a kernel for it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class HeadAttention(nn.Module):
    """Heads with projections of their own, each with the residual.

    Args:
        width: values of a token.
        heads: N.

    Shape:
        (batch, tokens, width) -> (batch, N, tokens, width)
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.projections = nn.Linear(width, 3 * heads * width)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, tokens: Tensor) -> Tensor:
        """The heads' outputs side by side."""
        batch, count, width = tokens.shape
        projected = self.projections(tokens).view(batch, count, 3, self.heads, width)
        f, g, h = projected.permute(2, 0, 3, 1, 4)  # each (batch, N, tokens, width)
        attended = scaled_dot_product_attention(f, g, h, scale=1.0)
        result: Tensor = self.gamma * attended + tokens[:, None]
        return result


class ChannelAttention(nn.Module):
    """Attention between all entries of identical copies, as in the released code.

    Args:
        heads: N, the number of copies.

    Shape:
        (batch, rows, columns) -> (batch, N, rows, columns), or (batch, N, rows, columns) -> the same
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.projections = nn.Linear(heads, 3 * heads)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, entries: Tensor) -> Tensor:
        """The copies, each entry with what it attends to."""
        copies = entries if entries.dim() == 4 else entries[:, None].expand(-1, self.heads, -1, -1)
        tokens = copies.flatten(start_dim=2).transpose(1, 2)  # (batch, rows · columns, N)
        f, g, h = self.projections(tokens)[:, None].chunk(3, dim=3)
        attended = scaled_dot_product_attention(f, g, h, scale=1.0)[:, 0]
        result: Tensor = self.gamma * attended.transpose(1, 2).view_as(copies) + copies
        return result
