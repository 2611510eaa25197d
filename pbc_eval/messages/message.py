"""The earlier name of Sentence, for texts of pages."""

from pbc_eval.messages.sentence import Sentence as Message

__all__ = ["Message"]
