"""What the records add up to: households, visits, issues, cases. Pure: no files, no UI."""
