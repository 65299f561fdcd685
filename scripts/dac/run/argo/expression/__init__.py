"""The expressions of Argo 4.0.5: expr-lang 1.17.7 with the functions that Argo adds, and govaluate for `when`."""

from dac.run.argo.expression.evaluator import Expressions
from dac.run.argo.expression.lexer import ExpressionError
from dac.run.argo.expression.names import unknown_functions, variables
from dac.run.argo.expression.parser import parse
from dac.run.argo.expression.when import should_execute

__all__ = ["ExpressionError", "Expressions", "parse", "should_execute", "unknown_functions", "variables"]
