"""The expressions of Argo 4.0.5: expr-lang 1.17.7 with the functions that Argo adds, and govaluate for `when`."""

from dac.run.expression.evaluator import ExpressionError, evaluate, evaluate_bool
from dac.run.expression.names import unknown_functions, variables
from dac.run.expression.parser import parse
from dac.run.expression.when import should_execute

__all__ = ["ExpressionError", "evaluate", "evaluate_bool", "parse", "should_execute", "unknown_functions", "variables"]
