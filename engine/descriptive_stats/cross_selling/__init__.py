"""What sells to whom: best sellers, products bought together, what to offer each segment next."""

from engine.descriptive_stats.cross_selling.selling import CrossSell, what_sells

__all__ = ["CrossSell", "what_sells"]
