"""How an effect is identified: one module a design."""
