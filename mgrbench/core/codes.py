"""The codes that can stand on a split or on a run, each with its page. A code never changes its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CodePage:
    """What ``mgrbench explain`` shows of one code.

    Attributes:
        title: what the code stands for, in a few words.
        about: what it is a property of: of a split, whatever runs on it, or of a single run.
        means: what was found, and how.
        matters: what it does to a score.
        hint: what to do, for whoever made the run or reads its score.
    """

    title: str
    about: Literal["split", "run"]
    means: str
    matters: str
    hint: str


CODES = {
    "MGR001": CodePage(
        "test tracks whose artist is in training",
        "split",
        "Some test tracks share at least one credited artist with a track of the training or validation "
        "part. Artists come from the dataset's index. A track of unknown artist shares none, so the true "
        "number may be higher.",
        "A model that recognises the artist, the recording chain or the album gets the genre for nothing. "
        "Scores on such a split also measure how well it recognises artists. They usually fall when the "
        "split is filtered by artist.",
        "Evaluate on an artist-disjoint split as well (`mgrbench list splits`, or `mgrbench split make "
        "DATASET --rule artist`) and report both; `mgrbench ladder` measures the difference.",
    ),
    "MGR002": CodePage(
        "test tracks of which an exact replica is in training",
        "split",
        "Some test tracks are also in the training or validation part, under another name: the same samples, "
        "or nearly the same. Replicas come from the dataset's published fault lists.",
        "A model can answer a replica from memory. That measures nothing of what it would do with new music.",
        "Use a split without duplicates, or make one by `mgrbench split make DATASET --drop-replicas`.",
    ),
    "MGR003": CodePage(
        "test tracks of which the same recording or a version is in training",
        "split",
        "Some test tracks are excerpts of a recording, or versions of a piece, that the training or "
        "validation part holds too. The sets are drawn from published indices; they are probable, not "
        "proven.",
        "Another excerpt of one recording has the same timbre, key and tempo. It is nearly a replica.",
        "Keep the tracks of a recording in one fold, as the artist-disjoint splits do.",
    ),
    "MGR004": CodePage(
        "names that are no track of the dataset",
        "split",
        "Some names in the lists or in the split are no track of the dataset, in any spelling it knows.",
        "Unknown tracks are not tested, and their artists are unknown. The audit holds for the other tracks "
        "alone. Where over 1 % of a part's names are unknown, no check says ok, and `--strict` fails.",
        "Correct the names (`mgrbench split audit` lists them), or name the dataset that they belong to.",
    ),
    "MGR005": CodePage(
        "tracks of the dataset that the split leaves out",
        "split",
        "The split uses fewer tracks than the dataset has. That may be on purpose, as where replicas or "
        "damaged clips are left out.",
        "A score on a part of a dataset cannot be compared with one on the whole. The tracks left out may be "
        "the hard ones.",
        "Say which tracks are left out and why (a split's `rules` do), and compare within this split only.",
    ),
    "MGR006": CodePage(
        "tracks named more than once or on both sides",
        "split",
        "A track is named more than once in a list, or stands in two parts of one fold.",
        "A model can answer a track from memory that it was trained on. A track tested twice counts twice.",
        "Name every track once in a fold.",
    ),
    "MGR007": CodePage(
        "genres missing from a part of a fold",
        "split",
        "In at least one fold the training or the test part has no track of some genre.",
        "A model cannot recognise a genre that it was not trained on. Figures by genre and macro-averages of "
        "such a fold mean something else than usual.",
        "Read the pooled figures rather than those of single folds, or make folds that hold all genres.",
    ),
    "MGR008": CodePage(
        "validation tracks whose artist is in training",
        "split",
        "Some validation tracks share an artist with the training part. The test part is not affected.",
        "Whatever is chosen on such a validation part, as the epoch to stop at, is chosen for recognising "
        "artists. The test score stays unbiased, but may be lower than necessary.",
        "Cut the validation part artist-disjoint; mgrbench does so where a split fixes none.",
    ),
    "MGR009": CodePage(
        "test tracks of which another track of the album is in training",
        "split",
        "Some test tracks have another track of their album in the training or validation part. This is a "
        "leak where the dataset knows no artists, because the album then comes nearest to them. Elsewhere it "
        "is a note.",
        "Tracks of an album share artist, instruments, studio and mastering, which a model may recognise "
        "in place of the genre.",
        "Use a split with disjoint albums or artists where there is one.",
    ),
    "MGR010": CodePage(
        "test tracks that sound like a training track",
        "split",
        "The audio fingerprints of some test clips match those of a training clip (`mgrbench split audit "
        "--audio`). Metadata may name the two as one recording or not.",
        "Where a match is the same recording, it is a leak that no artist index shows. It is a note and not "
        "a leak, because pieces built of the same samples match too: only listening can tell.",
        "Listen to the pairs that the audit names, and leave out the duplicates.",
    ),
    "MGR101": CodePage(
        "selected on test: the score is optimistic",
        "run",
        "Something was chosen on the test part: the epoch, a setting, the features, a scaler or a threshold.",
        "The best of many tries on the test tracks is partly luck, and new tracks won't bring that luck "
        "again. Nobody can tell from the score how much too high it is.",
        "Choose on a validation part instead (the default). The row exists to replicate published numbers. "
        "It is never ranked with the others, and should never be compared with them.",
    ),
    "MGR102": CodePage(
        "one seed only, of a model whose result depends on its seed",
        "run",
        "The model's result depends on its random seed, and the row shows a single one.",
        "Another seed gives another score. The row's interval does not cover that: it shows how the score "
        "varies with the artists tested, not with the training.",
        "Run several seeds (`mgrbench run --seed 0 --seed 1 --seed 2`) and report their mean and spread. A "
        "difference between models must at least exceed the difference between seeds.",
    ),
    "MGR103": CodePage(
        "features known to carry label information",
        "run",
        "The features are known to carry information on the labels that was not in the audio. The detail "
        "says how. Features are recognised by their values, whatever they are called.",
        "The model gets some tracks right by the way the features were computed. The score is too high by an "
        "unknown amount.",
        "Compute the features anew from the audio (`mgrbench features extract`). Keep rows like this apart "
        "from the others, as the overview of leaderboards does.",
    ),
    "MGR104": CodePage(
        "fewer test tracks than the split has",
        "run",
        "The run has predictions for fewer test tracks than the split, or a comparison could use only "
        "those that all its runs were tested on.",
        "Scores on different tracks cannot be compared. Missing tracks are seldom missing at random.",
        "Complete the features and run again. Rows that lack more than a twentieth of the tracks get no "
        "rank, more than a hundredth no place in the overview; `mgrbench compare` uses the tracks that all "
        "runs have.",
    ),
    "MGR105": CodePage(
        "scored from a file of predictions: training was not observed",
        "run",
        "The scores come from a file of predictions made elsewhere. mgrbench computed the scores, but did "
        "not observe how the model was trained or chosen.",
        "Whether the model was trained on the split's training part alone rests on its author's word.",
        "Ask for the code, or wrap the model as a plugin and let `mgrbench run` train it.",
    ),
    "MGR106": CodePage(
        "worse than always naming the commonest genre",
        "run",
        "Fewer tracks are right than if each fold's commonest training genre were always named.",
        "The model has learned nothing of use, or something is broken: genres in another order, features "
        "of other tracks, a training that diverged.",
        "Look at the confusion matrix and at the training curves before you conclude that the model is bad.",
    ),
    "MGR107": CodePage(
        "a difference that the test tracks cannot show",
        "run",
        "This row is not significantly worse than the best of its rank; or, in a comparison, it does not "
        "differ significantly from the runs named. A difference is significant where the larger p of "
        "McNemar's exact test and the test over artists is below .05, after Holm's correction for all "
        "comparisons made.",
        "With a few hundred tracks by fewer artists, chance alone makes differences of several points. Which "
        "of the two scores is higher then says nothing about the models. Where no artists are known, the "
        "test is one over tracks, and its p is too small if tracks share an artist.",
        "Report that the two do not differ significantly. More test tracks by more artists, or several "
        "datasets, may show a difference; more decimals won't. No significant difference does not mean that "
        "the two are equal.",
    ),
    "MGR108": CodePage(
        "other library versions than most rows beside it",
        "run",
        "The run was made with other versions of numpy, scipy, scikit-learn, librosa, torch or another "
        "recorded library than most of the runs beside it; the commonest version stands in brackets.",
        "Defaults, solvers and decoders change from version to version. A small difference between rows "
        "may be one between libraries.",
        "Run it again in one environment if the difference matters (`constraints.txt` pins one).",
    ),
    "MGR109": CodePage(
        "trained on fewer tracks than the split has",
        "run",
        "The model was trained on fewer training and validation tracks than the split has, because the "
        "features lack some. The detail counts them in the fold that lacks the largest share.",
        "A model that learned from fewer tracks usually scores less, and one that never met the hard tracks "
        "may score more. Rows trained on different tracks cannot be compared as equals.",
        "Complete the features and run again. A row that lacks more than a hundredth of these tracks in a "
        "fold gets no rank and no place in the overview, and `mgrbench leaderboard submit` does not take it.",
    ),
}
"""Code -> its page, in the order of the codes."""


def title_of(code: str) -> str:
    """What a code stands for; ``unknown code`` for one that a newer mgrbench may have written."""
    return CODES[code].title if code in CODES else "unknown code"


def about_run(code: str) -> bool:
    """Whether a code is known against a run rather than against its split; an unknown one is."""
    return code not in CODES or CODES[code].about == "run"
