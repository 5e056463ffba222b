"""No index of the queue that every row is in without need, and none by which PostgreSQL would read
a whole queue for each student.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module's words."""

    dependencies = [("outbound", "0001_outbound")]

    operations = [
        migrations.RemoveConstraint("submission", "submission_key"),
        migrations.AddConstraint(
            "submission",
            models.UniqueConstraint(fields=["key", "resource", "sync"], name="submission_key"),
        ),
        migrations.RemoveIndex("submission", "submission_state"),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["sync", "state", "id"],
                condition=~models.Q(state="waiting"),
                name="submission_not_due",
            ),
        ),
    ]
