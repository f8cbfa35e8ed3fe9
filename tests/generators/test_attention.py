"""Attention against torch's own, and its place in a feature map."""

import torch
from torch import nn

from hearsight.generators.attention import AttentionBlock, CrossAttention, SelfAttention


def test_self_attention_is_multi_head_attention() -> None:
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(16, 4, batch_first=True)
    own = SelfAttention(16, 4)
    own.query_key_value.load_state_dict({"weight": theirs.in_proj_weight, "bias": theirs.in_proj_bias})
    own.out.load_state_dict(theirs.out_proj.state_dict())
    tokens = torch.randn(2, 9, 16)
    assert torch.allclose(own(tokens), theirs(tokens, tokens, tokens)[0], atol=1e-5)


def test_cross_attention_does_not_mind_the_order_of_the_condition() -> None:
    torch.manual_seed(0)
    attention = CrossAttention(16, 8, 4)
    tokens, condition = torch.randn(2, 9, 16), torch.randn(2, 5, 8)
    assert torch.allclose(attention(tokens, condition), attention(tokens, condition.flip(1)), atol=1e-5)


def test_block_moves_with_its_pixels() -> None:
    """Attention knows no positions: shuffled pixels give the shuffled answer, in either memory layout."""
    torch.manual_seed(0)
    block = AttentionBlock(16, heads=4, expansion=2, condition_width=8)
    features, condition = torch.randn(2, 16, 4, 6), torch.randn(2, 3, 8)
    answer = block(features, condition)
    assert answer.shape == features.shape
    assert torch.allclose(block(features.flip(3), condition), answer.flip(3), atol=1e-5)
    last = features.contiguous(memory_format=torch.channels_last)
    assert torch.allclose(block(last, condition), answer, atol=1e-5)
