import pytest
import torch

from hearsight.encoders.clip_text import CLIPText, CLIPTextConfig

CONFIG = CLIPTextConfig(layers=2, width=16, heads=2, context=8, vocabulary=20, tokenizer="bytes")


@pytest.fixture(scope="module")
def head() -> CLIPText:
    torch.manual_seed(0)
    return CLIPText(CONFIG, embed=12).eval()


def test_what_follows_the_end_token_has_no_influence(head: CLIPText) -> None:
    rows = torch.tensor([[18, 3, 4, 19, 0, 0, 0, 0], [18, 3, 4, 19, 7, 8, 9, 1]])
    with torch.no_grad():
        full, short = head(rows), head(rows[:1, :4])
    assert full.shape == (2, 12)
    torch.testing.assert_close(full[0], full[1])
    torch.testing.assert_close(full[:1], short)


def test_order_matters(head: CLIPText) -> None:
    with torch.no_grad():
        one, other = head(torch.tensor([[18, 3, 4, 19], [18, 4, 3, 19]]))
    assert not torch.allclose(one, other, atol=1e-4)


def test_attention_is_that_of_torch() -> None:
    """Our attention beside nn.MultiheadAttention with the same weights."""
    torch.manual_seed(0)
    ours = CLIPText(CONFIG, embed=12).blocks[0].attn
    theirs = torch.nn.MultiheadAttention(16, 2, batch_first=True)
    renamed = {name.replace("in_proj.", "in_proj_"): value for name, value in ours.state_dict().items()}
    theirs.load_state_dict(renamed)
    x = torch.randn(3, 5, 16)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5)
    torch.testing.assert_close(ours(x), theirs(x, x, x, attn_mask=mask, need_weights=False)[0], atol=1e-6, rtol=1e-5)
