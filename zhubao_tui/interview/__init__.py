"""XLSForm/XForm engine: relevance, constraints, calculations, repeats. Pure."""
