import torch

from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.training.relation_loss import relation_loss


def test_equation_8_and_whom_it_teaches() -> None:
    torch.manual_seed(0)
    classifier = RelationClassifier(RelationConfig(embed=6, width=5)).eval()
    truth, same, other, drawn = (torch.randn(3, 6) for _ in range(4))
    drawn.requires_grad_()

    def chance(embedding: torch.Tensor, output: int) -> torch.Tensor:
        return -classifier(truth, embedding).log_softmax(dim=1)[:, output].mean()

    loss = relation_loss(classifier, truth, same, other, drawn)
    torch.testing.assert_close(loss.generator, chance(drawn, 1))
    torch.testing.assert_close(
        loss.classifier, chance(truth, 0) + chance(same, 1) + chance(other, 2) + chance(drawn, 1)
    )
    loss.classifier.backward()
    assert drawn.grad is None and all(weight.grad is not None for weight in classifier.parameters())
    classifier.zero_grad()
    loss.generator.backward()
    assert drawn.grad is not None and all(weight.grad is None for weight in classifier.parameters())
