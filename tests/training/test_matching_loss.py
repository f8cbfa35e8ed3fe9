import math

import pytest
import torch

from hearsight.training.matching_loss import matching_loss


def by_hand(speech: torch.Tensor, picture: torch.Tensor, classes: list[int], beta: float) -> float:
    """Equations 1 to 4, term by term."""

    def one_way(queries: torch.Tensor, answers: torch.Tensor) -> float:
        total = 0.0
        for i in range(len(queries)):
            score = [math.exp(beta * torch.cosine_similarity(queries[i], answer, dim=0)) for answer in answers]
            mask = [0 if classes[i] == classes[j] and i != j else 1 for j in range(len(answers))]
            total -= math.log(score[i] / sum(m * s for m, s in zip(mask, score, strict=True)))
        return total

    return one_way(speech, picture) + one_way(picture, speech)


@pytest.fixture
def pairs() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(5, 6, generator=generator), torch.randn(5, 6, generator=generator)


@pytest.mark.parametrize("classes", [[0, 1, 0, 2, 1], [3, 3, 3, 3, 3], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("beta", [10.0, 2.0])
def test_equations(pairs: tuple[torch.Tensor, torch.Tensor], classes: list[int], beta: float) -> None:
    expected = by_hand(*pairs, classes, beta)
    summed = matching_loss(*pairs, torch.tensor(classes), beta=beta, reduction="sum")
    assert summed.item() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert matching_loss(*pairs, torch.tensor(classes), beta=beta).item() == pytest.approx(
        expected / 5, rel=1e-4, abs=1e-5
    )


def test_without_classes_all_are_compared(pairs: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert torch.equal(matching_loss(*pairs), matching_loss(*pairs, torch.arange(5)))


def test_gradients_are_finite_where_a_batch_has_one_class(pairs: tuple[torch.Tensor, torch.Tensor]) -> None:
    speech = pairs[0].requires_grad_()
    matching_loss(speech, pairs[1], torch.zeros(5, dtype=torch.long)).backward()
    assert speech.grad is not None and speech.grad.isfinite().all()


def test_wrong_pictures_are_found_by_no_sentence(pairs: tuple[torch.Tensor, torch.Tensor]) -> None:
    """They stand among the answers of every sentence, and ask for none."""
    (speech, picture), beta = pairs, 3.0
    wrong = torch.randn(2, 6, generator=torch.Generator().manual_seed(1))
    cosines = [torch.cosine_similarity(speech[:, None], other[None], dim=2) for other in (picture, wrong)]
    rows = torch.cat([beta * one for one in cosines], dim=1).log_softmax(dim=1).diagonal()
    columns = (beta * cosines[0]).mT.log_softmax(dim=1).diagonal()
    loss = matching_loss(speech, picture, beta=beta, wrong=wrong)
    torch.testing.assert_close(loss, -rows.mean() - columns.mean())
