"""Built-in questionnaires: XLSForms in Markdown."""
