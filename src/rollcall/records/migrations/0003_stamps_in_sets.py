import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0002_student_keys")]

    operations = [
        # Another form altogether; a stamp is made anew by the next run.
        migrations.DeleteModel(name="RecordStamp"),
        migrations.CreateModel(
            name="RecordStamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record", models.TextField()),
                ("updated_on", models.DateField()),
                ("run_id", models.BigIntegerField()),
                ("local_ids", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("district", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.district")),
            ],
            options={"db_table": "record_stamp"},
        ),
        migrations.AddConstraint(
            model_name="recordstamp",
            constraint=models.UniqueConstraint(fields=("district", "record", "run_id", "updated_on"), name="record_stamp_key"),
        ),
    ]
