"""Loading a district's records from its student information system."""
