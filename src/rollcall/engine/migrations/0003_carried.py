import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("engine", "0002_health")]

    operations = [
        migrations.AddField("run", "applied_snapshot", models.TextField(default="")),
        migrations.AddField("run", "applied_txid", models.TextField(default="")),
        migrations.AddField("run", "carried", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "run",
            "carried_from",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="engine.run",
            ),
        ),
    ]
