"""The pages for signing in: the first admin, passwords, single sign-on."""
