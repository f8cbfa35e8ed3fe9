import torch

from hearsight.generators.relation_classifier import Relation, RelationClassifier, RelationConfig


def test_the_order_of_the_two_matters() -> None:
    torch.manual_seed(0)
    classifier = RelationClassifier(RelationConfig(embed=6, width=5, outputs=3)).eval()
    one, other = torch.randn(4, 6), torch.randn(4, 6)
    logits = classifier(one, other)
    assert logits.shape == (4, 3) and (logits - classifier(other, one)).abs().max() > 1e-3


def test_relations_by_their_published_outputs() -> None:
    assert [relation.name for relation in sorted(Relation)] == ["ITSELF", "SAME_CLASS", "OTHER_CLASS"]
