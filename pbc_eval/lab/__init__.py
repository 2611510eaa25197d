"""The workbench: what an evaluator works with in a notebook, between the data and the page."""
