"""The fixtures of the press."""

from pages import without_kernels

__all__ = ["without_kernels"]
