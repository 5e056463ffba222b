"""The state's API for student records (Ed-Fi), as Minnesota has it."""
