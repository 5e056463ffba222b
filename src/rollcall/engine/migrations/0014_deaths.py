from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0013_fencing"),
    ]

    operations = [
        # With a default of the database's own: a release that does not know it may go on writing.
        migrations.AddField(
            model_name="run",
            name="deaths",
            field=models.PositiveIntegerField(default=0, db_default=0),
        ),
    ]
