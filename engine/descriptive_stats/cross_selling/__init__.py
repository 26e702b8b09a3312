"""What sells to whom: best sellers, products bought together, what to offer each segment next."""
