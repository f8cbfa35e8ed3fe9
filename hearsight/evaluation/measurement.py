"""Every metric on one set of drawn pictures: what each needs, checked before any work, and what it gives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from hearsight.config import nearest
from hearsight.data import words
from hearsight.data.picture_judges import PHOTO
from hearsight.encoders.clip import CLIP
from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError, DataError
from hearsight.evaluation import adherence, eyes, inception_score, retrieval
from hearsight.evaluation.audio_image_content import audio_image_content
from hearsight.evaluation.audio_image_similarity import audio_image_similarity
from hearsight.evaluation.clip_score import SCALE
from hearsight.evaluation.feature_network import FeatureNetwork, Probabilities
from hearsight.evaluation.frechet_distance import frechet_inception_distance, require_enough
from hearsight.evaluation.image_image_similarity import image_image_similarity
from hearsight.evaluation.instruments import Instruments
from hearsight.evaluation.kernel_distance import kernel_inception_distance
from hearsight.evaluation.querying import querying_with_pictures, querying_with_texts
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import blocks
from hearsight.evaluation.sample import Sample

METRICS = ("adherence", "fid", "kid", "clip_fid", "is", "ais", "iis", "aic", "clip_score", "map", "recall", "querying")
"""Every metric, by the name with which it is asked for."""
DEPTHS = (1, 5, 10)
"""k of recall@k"""


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is measured, with what."""

    sample: Sample
    """Sounds and their pictures; these need not be drawn yet while only `check` is called."""
    instruments: Instruments
    """The networks that measure."""
    own: SharedSpace | None = None
    """The system's own space, whose querying is measured."""

    def check(self, metric: str) -> None:
        """Raises DataError or ConfigError where `metric` cannot be measured: before anything is drawn."""
        tools, sample, drawn = self.instruments, self.sample, len(self.sample.own)
        match metric:
            case "adherence" | "aic":
                adherence.require_known(tools.judge.labels, [sound.label for sound in sample.heard])
            case "fid":
                require_enough(len(sample.real.paths), drawn, tools.inception_eye.width)
            case "clip_fid":
                require_enough(len(sample.real.paths), drawn, tools.clip_eye.width, "CLIP-FID")
            case "kid":
                if min(len(sample.real.paths), drawn) < 2:
                    raise DataError(f"{drawn} drawn pictures, where KID needs two; draw more (--count).")
            case "is":
                if tools.inception_eye.classify is None:
                    raise ConfigError(f"{tools.inception_eye.name} has lost its classifier; give the whole file.")
                inception_score.splits_of(drawn, tools.inception_eye.classes)
            case "ais" | "recall":
                tools.space.embed("sound", [])
                tools.space.embed("picture", [])
                _require_others(metric, len(sample.heard))
            case "iis":
                tools.space.embed("picture", [])
                _require_others(metric, len(set(sample.real.own.tolist())))
            case "clip_score":
                tools.space.embed("picture", [])
            case "map":
                retrieval.query_pool(sample.real.labels)
            case "querying":
                if self.own is None or self.own.ear is None or self.own.kinds == ("sound",):
                    raise ConfigError("the system has no space of its own that could be queried; leave querying out.")
                _require_others(metric, len({sound.label for sound in sample.heard}))
            case _:
                raise ConfigError(f"--metrics {metric}: there is no such metric; {nearest(metric, METRICS)}")
        if metric in ("aic", "clip_score"):
            tools.space.embed("text", [])

    def possible(self) -> tuple[list[str], dict[str, str]]:
        """(the metrics that can be measured, why the others cannot).

        Raises WeightsError or ConfigError for networks that were named and cannot be loaded: that is no reason to
        leave their metrics out.
        """
        self.instruments.load()
        left_out: dict[str, str] = {}
        for metric in METRICS:
            try:
                self.check(metric)
            except (ConfigError, DataError) as error:
                left_out[metric] = str(error)
        return [metric for metric in METRICS if metric not in left_out], left_out

    def measure(self, metric: str) -> list[Result]:
        """What `metric` says of the pictures."""
        tools, sample = self.instruments, self.sample
        match metric:
            case "adherence":
                return [adherence.confuse(tools.judge.labels, sample.labels, self._seen()).result(tools.judge)]
            case "fid":
                eye = tools.inception_eye
                return [frechet_inception_distance(sample.real_features(eye), sample.drawn(eye), eye)]
            case "clip_fid":
                eye = tools.clip_eye
                return [
                    frechet_inception_distance(sample.real_features(eye), sample.drawn(eye), eye, metric="CLIP-FID")
                ]
            case "kid":
                eye = tools.inception_eye
                return [kernel_inception_distance(sample.real_features(eye), sample.drawn(eye), eye)]
            case "is":
                eye = tools.inception_eye
                return [inception_score.measure(Probabilities(sample.drawn(eye), eye), eye)]
            case "ais":
                eye, ear = tools.clip_eye, tools.ear
                return audio_image_similarity(sample.drawn(eye), sample.sounds(ear), sample.own, eye, ear)
            case "iis":
                eye = tools.clip_eye
                true = np.unique(sample.real.own)
                own = np.searchsorted(true, sample.real.own)[sample.own]
                paths = [sample.real.paths[number] for number in true]
                real = sample.features(eye, paths, "real pictures")
                return image_image_similarity(sample.drawn(eye), real, own, eye, sample.real.paired_by)
            case "aic":
                return [self._content()]
            case "clip_score":
                return [self._clip_score()]
            case "map":
                return [self._precision()]
            case "recall":
                return self._recall()
            case "querying":
                return self._querying()
            case _:
                raise ConfigError(f"--metrics {metric}: there is no such metric; {nearest(metric, METRICS)}")

    def _seen(self) -> list[int]:
        """The number of the class that the judge sees in each picture."""
        judge = self.instruments.judge
        return Probabilities(self.sample.drawn(judge), judge)[:].argmax(axis=1).tolist()

    def _content(self) -> Result:
        tools = self.instruments
        labels = sorted(set(self.sample.labels))
        known = tools.judge.labels
        seen, named = (tools.space.embed("text", [words.name(one) for one in some]) for some in (known, labels))
        alike = (seen @ named.mT).cpu().numpy()
        shown = [known[number] for number in self._seen()]
        return audio_image_content(shown, self.sample.labels, alike, known, labels, tools.judge, tools.reader())

    def _clip_score(self) -> Result:
        """The mean cosine of the pictures with the names of their classes, each put as CLIP learned to read them."""
        eye, space = self.instruments.clip_eye, self.instruments.space
        labels = sorted(set(self.sample.labels))
        template = PHOTO if isinstance(space.reader, CLIP) else "{}"
        names = space.embed("text", [template.format(words.name(label)) for label in labels]).cpu().numpy()
        own = np.array([labels.index(label) for label in self.sample.labels])
        cosines = [
            (rows * names[own[some]]).sum(axis=1) / np.linalg.norm(rows, axis=1)
            for some, rows in blocks(self.sample.drawn(eye))
        ]
        values = np.concatenate(cosines)
        details = {"CLIPScore of Hessel et al.": SCALE * float(values.clip(min=0).mean()), "text": template}
        return _mean("CLIP score", values, eye, details)

    def _precision(self) -> Result:
        eye, sample = self.instruments.inception_eye, self.sample
        real, drawn = sample.real_features(eye)[:], sample.drawn(eye)[:]
        found = retrieval.content_based(real, sample.real.labels, drawn, sample.labels)
        return _mean("mAP", found.precisions, eye, {"queries": "real pictures, 2 of a class"})

    def _recall(self) -> list[Result]:
        eye, ear = self.instruments.clip_eye, self.instruments.ear
        alike = retrieval.cosine(self.sample.sounds(ear)[:], self.sample.drawn(eye)[:])
        right = retrieval.same_class([sound.label for sound in self.sample.heard], self.sample.labels)
        found = retrieval.retrieve(alike, right)
        about = {"queries": "sounds", "right": "drawn pictures of their class"}
        return [_mean(f"R@{depth}", found.hits(depth), eye, about) for depth in DEPTHS]

    def _querying(self) -> list[Result]:
        space = self.own
        assert space is not None  # check
        ear = eyes.ear(space.ear, f"the system's {type(space.ear).__name__}")
        heard = [sound.label for sound in self.sample.heard]
        labels = sorted(set(heard))
        sounds = self.sample.sounds(ear)
        results = []
        if space.reader is not None:
            texts = space.embed("text", [words.name(label) for label in labels]).cpu().numpy()
            results.append(querying_with_texts(sounds, heard, texts, labels, ear))
        if space.eye is not None:
            eye = eyes.eye(space.eye, f"the system's {type(space.eye).__name__}")
            pictures = self.sample.real_features(eye)[:]
            pictures /= np.linalg.norm(pictures, axis=1, keepdims=True)
            real = self.sample.real
            results.append(querying_with_pictures(sounds, heard, pictures, real.labels, real.own, ear))
        return results


def _require_others(metric: str, count: int) -> None:
    if count < 2:
        raise DataError(f"{metric} compares with others, and there is but {count}; take more sounds or classes.")


def _mean(
    metric: str, values: Float[np.ndarray, " sample"], network: FeatureNetwork, details: dict[str, Any]
) -> Result:
    return Result.mean(network.named(metric), values, network.name, network.weights_sha256, details)
