from django.db import migrations

# A key of two columns that follows a changed local id: Django's ForeignKey can say neither.
# Deferrable, so that a run may write the types in any order (records.write defers the check).
FOLLOW = """
ALTER TABLE {table} ADD CONSTRAINT {table}_student
    FOREIGN KEY (district_id, local_id) REFERENCES student (district_id, local_id)
    ON UPDATE CASCADE {on_delete} DEFERRABLE INITIALLY IMMEDIATE
"""
UNFOLLOW = "ALTER TABLE {table} DROP CONSTRAINT {table}_student"


def student_key(table, on_delete=""):
    return migrations.RunSQL(
        FOLLOW.format(table=table, on_delete=on_delete), UNFOLLOW.format(table=table)
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0001_records")]

    operations = [
        student_key("enrollment"),
        student_key("special_education"),
        student_key("service"),
        student_key("record_stamp", "ON DELETE CASCADE"),
        # Room on each page, so that a stamp is renewed in place without touching an index.
        migrations.RunSQL(
            "ALTER TABLE record_stamp SET (fillfactor = 70)",
            "ALTER TABLE record_stamp RESET (fillfactor)",
        ),
    ]
