"""Reports as documents for Word, and what reviewers leave in them.

edition ─ word_report ▶ DOCX with locked numbers ─ reviewers ─ review_word ▶ remarks, differences
"""
