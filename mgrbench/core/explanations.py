"""A page for each code of `mgrbench.core.codes`: what it means, why it matters, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """What ``mgrbench explain`` says of one code.

    Attributes:
        means: what was found, and how it is found.
        matters: what it does to a score.
        hint: what whoever reads the score or made the run can do.
    """

    means: str
    matters: str
    hint: str


PAGES = {
    "MGR001": Page(
        "Some test tracks share at least one credited artist with a track of the training or validation "
        "part. Artists come from the dataset's index; a track of unknown artist shares none, so the true "
        "number may be higher.",
        "A model that recognises the artist, the recording chain or the album gets the genre for nothing. "
        "Scores on such a split say how well it recognises artists too, and usually fall when it is "
        "filtered.",
        "Evaluate on an artist-disjoint split as well (`mgrbench list splits`, or `mgrbench split make "
        "DATASET --rule artist`) and report both; `mgrbench ladder` measures the difference.",
    ),
    "MGR002": Page(
        "Some test tracks are, sample for sample or nearly so, also in the training or validation part "
        "under another name. Replicas come from the dataset's published fault lists.",
        "A replica is answered from memory. It measures nothing of what the model would do with new music.",
        "Leave surplus replicas out: use a split that does, or make one by `mgrbench split make DATASET "
        "--drop-replicas`.",
    ),
    "MGR003": Page(
        "Some test tracks are excerpts of a recording, or versions of a piece, that the training or "
        "validation part holds too. The sets are drawn from published indices and are probable rather than "
        "proven.",
        "Another excerpt of one recording has the same sound, key and tempo: nearly a replica.",
        "Keep the tracks of a recording in one fold, as the artist-disjoint splits do.",
    ),
    "MGR004": Page(
        "Some names in the lists or in the split are no track of the dataset, in any spelling it knows.",
        "Tracks that cannot be found are not tested, and nothing can be said of their artists: the audit "
        "holds for the rest alone.",
        "Correct the names (`mgrbench split audit` lists them), or name the dataset that they belong to.",
    ),
    "MGR005": Page(
        "The split uses fewer tracks than the dataset has. That may be on purpose, as where replicas or "
        "damaged clips are left out.",
        "A score on a part of a dataset cannot be set beside one on the whole: what is left out may be the "
        "hard part.",
        "Say which tracks are left out and why (a split's `rules` do), and compare within this split only.",
    ),
    "MGR006": Page(
        "A track is named more than once in a list, or stands in two parts of one fold.",
        "A track that is trained and tested on is answered from memory; one tested twice counts twice.",
        "Name every track once in a fold.",
    ),
    "MGR007": Page(
        "In at least one fold the training or the test part has no track of some genre.",
        "A genre never trained on can't be recognised, one never tested tells nothing; per-genre figures "
        "and macro-averages of such a fold mean something else than usual.",
        "Read the pooled figures rather than those of single folds, or make folds that hold all genres.",
    ),
    "MGR008": Page(
        "Some validation tracks share an artist with the training part. The test part is not affected.",
        "Whatever is chosen on such a validation part, as the epoch to stop at, is chosen for recognising "
        "artists. The test score stays honest, but may be lower than it need be.",
        "Cut the validation part artist-disjoint; mgrbench does so where a split fixes none.",
    ),
    "MGR009": Page(
        "Some test tracks have another track of their album in the training or validation part. It counts "
        "as a leak where the dataset knows no artists, because an album is then the nearest that is known "
        "of them, and is a note elsewhere.",
        "Tracks of an album share artist, instruments, studio and mastering, which a model may recognise "
        "in place of the genre.",
        "Use a split with disjoint albums or artists where there is one.",
    ),
    "MGR010": Page(
        "Some test clips sound like a training clip: their fingerprints match (`mgrbench split audit` with "
        "the audio at hand). Metadata may know them as one recording or not.",
        "If a match is the same recording it is a leak that no artist index shows. It is a note and not a "
        "leak because pieces built of the same samples match too: only ears can tell.",
        "Listen to the pairs that the audit names, and leave out what is a replica.",
    ),
    "MGR101": Page(
        "Something was chosen on the test part: the epoch, a setting, the features, a scaler or a threshold.",
        "The best of many tries on the test tracks is partly luck that new tracks won't bring. How much "
        "too high the score is cannot be told from the score.",
        "Choose on a validation part instead (the default). The row exists to replicate published numbers: "
        "it is never ranked with the others, and should never be compared with them.",
    ),
    "MGR102": Page(
        "The model's result depends on its random seed, and the row shows a single one.",
        "Another seed gives another score, and the row's interval knows nothing of it: it says how other "
        "artists would have fared, not how another training would have.",
        "Run several seeds (`mgrbench run --seed 0 --seed 1 --seed 2`) and report their mean and spread. A "
        "difference from one seed to another is the least that a difference between models must exceed.",
    ),
    "MGR103": Page(
        "The features are known to carry information on the labels that was not in the audio. The detail "
        "says how; features are recognised by their values, whatever they are called.",
        "Part of what the model gets right it reads off the way the features were computed. The score is "
        "too high by an unknown amount.",
        "Compute the features anew from the audio (`mgrbench features extract`), and keep rows like this "
        "apart from the others: the overview of leaderboards does.",
    ),
    "MGR104": Page(
        "The run has predictions for fewer test tracks than the split, or a comparison could use only "
        "those that all its runs were tested on.",
        "Scores on different tracks are different exams. Missing tracks are seldom missing at random.",
        "Complete the features and run again. Rows that lack more than a twentieth of the tracks get no "
        "rank, more than a hundredth no place in the overview; `mgrbench compare` uses the tracks that all "
        "runs have.",
    ),
    "MGR105": Page(
        "The scores come from a file of predictions made elsewhere. mgrbench computed them, but saw "
        "neither training nor choice.",
        "Whether the model was trained on the split's training part, and on nothing else, is its maker's "
        "word.",
        "Ask for the code, or wrap the model as a plugin and let `mgrbench run` train it.",
    ),
    "MGR106": Page(
        "Fewer tracks are right than if each fold's commonest training genre were always named.",
        "The model has learned nothing of use, or something is broken: genres in another order, features "
        "of other tracks, a training that diverged.",
        "Look at the confusion matrix and at the training curves before believing that the model is bad.",
    ),
    "MGR107": Page(
        "The test tracks don't show that this row is worse than the best of its rank, or, in a comparison, "
        "that it differs from the runs named. Two are told apart where the larger p of McNemar's exact "
        "test and the test over artists is below .05 after Holm's correction for all comparisons made.",
        "With a few hundred tracks by fewer artists, differences of several points come about by which "
        "tracks were drawn. To call the higher score better is to report a coin toss.",
        "Say that the two are not told apart. More test tracks by more artists, or several datasets, may "
        "show a difference; more decimals won't. Not told apart does not mean equal either.",
    ),
    "MGR108": Page(
        "The run was made with other versions of numpy, scipy, scikit-learn, librosa, torch or another "
        "recorded library than most of the runs beside it; the commonest version stands in brackets.",
        "Defaults, solvers and decoders change from version to version. A small difference between rows "
        "may be one between libraries.",
        "Run it again in one environment if the difference matters (`constraints.txt` pins one).",
    ),
}
"""Code -> its page; a test sees that every code has one."""
