"""What people decide about rows, and edit of students."""
