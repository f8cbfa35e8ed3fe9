from hearsight.evaluation.human.agreement import Agreement
from hearsight.evaluation.human.counted import Raters
from hearsight.evaluation.human.results import HumanReport, Relevance, Share, Shares
from hearsight.evaluation.human.table import table

RATERS = Raters(3, (1, 2), (1,), (2,), (1, 2))
NO_AGREEMENT = (Agreement("nominal", None, None, None),)


def test_percentages_with_their_range():
    shares = (Share("positive", 75.0, (60.0, 90.0), (72.4, 77.6)), Share("negative", 13.0, (1.0, 20.0), (10.0, 16.0)))
    row = Shares(("wavbrivl",), 100, shares)
    report = HumanReport("match", "", "0", RATERS, "", (row,), NO_AGREEMENT, 0.5, 2.0)
    assert table(report).splitlines() == [
        "Which of two pictures fits the sound (WavBriVL, section 4.2)",
        "2 raters, 100 answers; 1 finished; failed an attention check, counted here: rater 2",
        "",
        "                    positive     negative  answers",
        "wavbrivl           72 - 78 %    10 - 16 %",
        "  all together        75.0 %       13.0 %      100",
        "  95 %          60.0 to 90.0  1.0 to 20.0",
        "",
        "agreement: Krippendorff's alpha (nominal) is not defined: no trial has two raters, or all said the same",
        "left picture chosen 50% of the time",
    ]


def test_mean_and_deviation():
    row = Relevance("audiotoken", 4.07, 0.83, 0.4, (3.9, 4.2), 15, 255, 17)
    agreement = (Agreement("ordinal", 0.614, (0.5, 0.7), 0.55),)
    lines = table(HumanReport("relevance", "", "0", RATERS, "", (row,), agreement, None, None)).splitlines()
    assert lines[3:] == [
        "              relevance          95 %  pictures  ratings",
        "audiotoken  4.07 ± 0.83  3.90 to 4.20        15      255",
        "",
        "agreement: Krippendorff's alpha (ordinal) 0.61 (95 %: 0.50 to 0.70); 55% of pairs of answers are the same",
    ]
