"""The gated attention beside its formula written out in loops, and beside T5's own buckets."""

import math

import pytest
import torch

from hearsight.encoders.gated_attention import GatedAttention, RelativePosition, bucket


@pytest.mark.parametrize(("buckets", "furthest"), [(32, 128), (320, 800), (160, 400)])
def test_buckets_are_those_of_t5(buckets: int, furthest: int) -> None:
    from transformers.models.t5.modeling_t5 import T5Attention

    distance = torch.arange(-1000, 1001)
    theirs = T5Attention._relative_position_bucket(distance, True, buckets, furthest)
    assert torch.equal(bucket(distance, buckets, furthest), theirs)


def test_a_bias_belongs_to_the_distance_from_query_to_key() -> None:
    position = RelativePosition(heads=2, buckets=8, furthest=6)
    with torch.no_grad():
        position.table.weight.copy_(torch.arange(16).view(8, 2).float())
    bias = position(5)
    assert bias.shape == (2, 5, 5)
    for query in range(5):
        for key in range(5):
            kind = int(bucket(torch.tensor(key - query), 8, 6))
            assert bias[:, query, key].tolist() == [2 * kind, 2 * kind + 1]
    assert bias[0, 0, 1] >= 8 > bias[0, 1, 0]  # the upper half of the kinds is for keys after the query


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("positioned", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_attention_is_its_formula(gated: bool, positioned: bool, padded: bool) -> None:
    torch.manual_seed(0)
    attention = GatedAttention(width=12, heads=3, gated=gated)
    if attention.gate is not None:
        torch.nn.init.normal_(attention.gate_scale)
    tokens, bias = torch.randn(2, 5, 12), torch.randn(3, 5, 5)
    padding = torch.zeros(2, 5, dtype=torch.bool)
    padding[1, 3:] = padded
    with torch.no_grad():
        ours = attention(tokens, bias if positioned else None, padding if padded else None)
        query, key, value = attention.query(tokens), attention.key(tokens), attention.value(tokens)
        gathered = torch.zeros_like(tokens)
        for row in range(2):
            for head in range(3):
                part = slice(4 * head, 4 * head + 4)
                for place in range(5):
                    own = query[row, place, part]
                    gate = 1.0
                    if attention.gate is not None:
                        sums = attention.gate(own).view(2, 4).sum(dim=1).sigmoid()
                        gate = float(sums[0] * (sums[1] * attention.gate_scale[0, head, 0, 0] - 1) + 2)
                    scores = key[row, :, part] @ own / 2
                    scores = scores + (gate * bias[head, place] if positioned else 0)
                    scores[padding[row]] = -math.inf
                    gathered[row, place, part] = scores.softmax(dim=0) @ value[row, :, part]
        torch.testing.assert_close(ours, attention.out(gathered), atol=1e-5, rtol=1e-4)


def test_nothing_masked_is_no_mask() -> None:
    torch.manual_seed(0)
    attention, tokens, bias = GatedAttention(8, 2), torch.randn(2, 4, 8), torch.randn(2, 4, 4)
    assert torch.equal(attention(tokens, bias), attention(tokens, bias, torch.zeros(2, 4, dtype=torch.bool)))
