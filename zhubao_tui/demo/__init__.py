"""The demo community: invented, realistic, generated from a seed by the same services that screens and commands use."""

from .writer import demo_seed, write_demo

__all__ = ["demo_seed", "write_demo"]
