from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("outbound", "0005_room"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="mirrordocument", name="mirror_counted"),
    ]
