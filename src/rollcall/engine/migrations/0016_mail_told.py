from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0015_shared_inputs"),
    ]

    operations = [
        # With a default of the database's own: a release that does not know it may go on writing.
        migrations.AddField(
            model_name="mail",
            name="without_files",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.TextField(
                choices=[
                    ("failed", "Failed"),
                    ("held", "Held"),
                    ("late", "Late"),
                    ("same_files", "Same Files"),
                    ("finding", "Finding"),
                    ("refused", "Refused"),
                    ("sign_in", "Sign In"),
                    ("check", "Check"),
                    ("rule", "Rule"),
                    ("mail", "Mail"),
                    ("advice", "Advice"),
                ]
            ),
        ),
    ]
