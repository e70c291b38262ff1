"""Plans, reports and findings for reading: text and HTML."""
