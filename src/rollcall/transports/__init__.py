"""Bytes in, bytes out, and an honest connection test: a folder, SFTP, SMB, HTTP."""
