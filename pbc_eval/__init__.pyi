"""The public names of pbc_eval, each declared once: where it lives is where it is loaded from."""

from .agreement.adjustment import Adjustment as Adjustment
from .agreement.evaluation import load_evaluation as load_evaluation
from .agreement.payment_terms import payment_terms_from as payment_terms_from
from .agreement.portfolio import load_portfolio as load_portfolio
from .agreement.portfolio_claims import portfolio_claims as portfolio_claims
from .did.bacon import bacon_decomposition as bacon_decomposition
from .did.compare import compare_estimators as compare_estimators
from .did.extended_two_way import extended_two_way as extended_two_way
from .did.group_time import att_gt as att_gt
from .did.imputation import imputation as imputation
from .did.interaction_weighted import interaction_weighted as interaction_weighted
from .did.multiplier import multiplier_bootstrap as multiplier_bootstrap
from .did.synthetic import synthetic_did as synthetic_did
from .did.triple_difference import triple_difference as triple_difference
from .did.two_way import two_way as two_way
from .did.two_way_event_study import two_way_event_study as two_way_event_study
from .did.two_way_weights import two_way_weights as two_way_weights
from .did.wild import wild_cluster_bootstrap as wild_cluster_bootstrap
from .disclosure import release as release
from .disclosure import release_note as release_note
from .disclosure import release_portfolio as release_portfolio
from .errors import PbcError as PbcError
from .evaluation.evaluate import evaluate as evaluate
from .evaluation.matched_changes import match_then_did as match_then_did
from .evaluation.note.design_note import design_note as design_note
from .evaluation.portfolio.assemble import portfolio_of as portfolio_of
from .intake.value_table import read_value_map as read_value_map
from .intake.value_table import write_value_map as write_value_map
from .kpi.measure import measure_performance as measure_performance
from .matching.match import match as match
from .matching.weight import weight as weight
from .panel.panel import Panel as Panel
from .parameters.lookup import value_at as value_at
from .payment.due import payment_due as payment_due
from .payment.risk import payment_risk as payment_risk
from .payment.schedule import schedule_of as schedule_of
from .results import MeasuredOutcome as MeasuredOutcome
from .sroi.global_sensitivity import sobol_indices as sobol_indices
from .sroi.present_value import social_return as social_return
from .sroi.simulate import simulate as simulate
from .sroi.value_of_information import value_of_information as value_of_information

__version__: str
