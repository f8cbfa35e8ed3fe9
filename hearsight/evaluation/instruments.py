"""Which networks measure: the published ones where their files are given, else those of the pocket edition."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hearsight.data.find_shared_space import find_shared_space
from hearsight.device import usable_device
from hearsight.encoders import clip, wav2clip
from hearsight.encoders.shared_space import Kind, SharedSpace
from hearsight.evaluation import eyes
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.resizing import Resize

POCKET_SPACE = "audioclip-diffusion"
"""The system whose AudioCLIP stands in for CLIP and Wav2CLIP."""


@dataclass(frozen=True)
class Instruments:
    """Where the measuring networks come from; each is loaded when it is first asked for."""

    inception: Path | None = None
    """pytorch-fid's or torchvision's Inception file; None takes the features of the pocket judge."""
    resize: Resize = "pytorch-fid"
    """How Inception's pictures are resized."""
    encoders: tuple[str, ...] = ()
    """What shares a space, e.g. Wav2CLIP.pt and openai/clip-vit-base-patch32; none: the pocket edition's AudioCLIP."""
    vocabulary: Path | None = None
    """The folder of CLIP's vocab.json and merges.txt, for published files that lack it."""
    judge_folder: Path = eyes.JUDGE
    """A picture classifier that knows the classes."""
    device: str | None = None
    """Where the networks run; by default a GPU where there is one."""

    @cached_property
    def judge(self) -> FeatureNetwork:
        """What says which class a picture shows."""
        return eyes.judge(self.judge_folder, usable_device(self.device))

    @cached_property
    def inception_eye(self) -> FeatureNetwork:
        """What FID, KID, inception score and mAP see with."""
        if self.inception is None:
            return self.judge
        return eyes.inception(self.inception, self.resize, usable_device(self.device))

    @cached_property
    def space(self) -> SharedSpace:
        """What compares pictures with sounds and texts."""
        return find_shared_space(self.encoders or (POCKET_SPACE,), self.vocabulary, self.device)

    @cached_property
    def clip_eye(self) -> FeatureNetwork:
        """What CLIP-FID, AIS and IIS see with."""
        return eyes.eye(self.space.network("picture"), self._name("picture"), self._kind("picture", clip.published()))

    @cached_property
    def ear(self) -> FeatureNetwork:
        """What AIS hears with."""
        return eyes.ear(self.space.network("sound"), self._name("sound"), self._kind("sound", wav2clip.published()))

    def load(self) -> None:
        """Load all of them now: a file that cannot be read is found before any work."""
        self.judge, self.inception_eye, self.space  # noqa: B018 - loaded when asked for

    def reader(self) -> str:
        """What reads the names of classes."""
        return self._name("text")

    def _name(self, kind: Kind) -> str:
        network = type(self.space.network(kind)).__name__
        return f"{network} of {', '.join(Path(name).name for name in self.encoders) or 'the pocket edition'}"

    def _kind(self, kind: Kind, published: object) -> str:
        """Nothing for a network of the published form, else whose it is: numbers must not be mixed up."""
        if not self.encoders:
            return "pocket"
        network = self.space.network(kind)
        return "" if network.config == published else type(network).__name__
