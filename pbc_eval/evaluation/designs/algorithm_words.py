"""How each algorithm builds a comparison group, in one plain sentence."""

from pbc_eval.agreement.adjustment import Algorithm

PLAIN_WORDS: dict[Algorithm, str] = {
    "nearest": "Each person in the programme was compared with the most similar people who were "
    "not in it.",
    "optimal": "People were paired so that the differences within all pairs together are as small "
    "as they can be.",
    "full": "Everybody was put into groups of similar people, each with at least one person in the "
    "programme and one who was not, as close together as they can be.",
    "subclass": "People were sorted into groups by their chance of being in the programme, and "
    "compared within each group.",
    "coarsened": "People were compared only with those in the same broad band of every "
    "characteristic.",
    "exact": "People were compared only with those who agree in every characteristic.",
    "cardinality": "The largest sample was chosen in which the two groups are, on average, alike "
    "in every characteristic.",
    "ipw": "People who were not in the programme count the more, the likelier they were to have "
    "been in it.",
    "overlap": "People count the more, the better they could have been in either group; the effect "
    "is for such people.",
    "entropy": "People who were not in the programme were weighted so that the averages of every "
    "characteristic are those of the programme group.",
    "cbps": "Weights by the chance of being in the programme were chosen so that the averages of "
    "every characteristic agree.",
}
