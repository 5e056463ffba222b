"""Mails: built as values, kept until a mail server has taken them."""
