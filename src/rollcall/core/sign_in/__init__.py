"""What a sign-in server says of a person, and how long to wait after a failed try."""
