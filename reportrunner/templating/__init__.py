"""Templates: a sandboxed renderer, what a template is given, and the words, tables and charts it may use."""
