"""khronika turns reports about a conflict into a sourced record of events."""

__version__ = "0.1.0"
