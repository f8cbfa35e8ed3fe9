import hashlib

import numpy as np
import pytest
import torch

from hearsight.evaluation.feature_network import Probabilities, file_sha256, state_sha256


def test_a_pocket_networks_metrics_say_so(network) -> None:
    assert network(3).named("FID") == "FID"
    assert network(3, "pocket").named("FID") == "pocket FID"


def test_the_state_hash_knows_names_and_values_alone() -> None:
    torch.manual_seed(0)
    one, two = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    assert state_sha256(one) != state_sha256(two)
    two.load_state_dict(one.state_dict())
    assert state_sha256(one) == state_sha256(two)


def test_the_file_hash_is_that_of_downloads(tmp_path) -> None:
    (tmp_path / "weights").write_bytes(b"weights")
    assert file_sha256(tmp_path / "weights") == hashlib.sha256(b"weights").hexdigest()


def test_probabilities_are_worked_out_when_asked_for(network) -> None:
    eye = network(2)
    with pytest.raises(ValueError, match="no classes"):
        Probabilities(np.ones((5, 2)), eye)
    object.__setattr__(eye, "classify", lambda features: features / features.sum(axis=1, keepdims=True))
    object.__setattr__(eye, "classes", 2)
    rows = Probabilities(np.array([[1.0, 3.0], [2.0, 2.0]]), eye)
    assert rows.shape == (2, 2) and len(rows) == 2
    assert rows[1:].tolist() == [[0.5, 0.5]] and rows[np.array([0])].tolist() == [[0.25, 0.75]]
