from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0014_deaths'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='artifact',
            index=models.Index(condition=models.Q(('kind__in', ['bundle', 'input'])), fields=['sha256'], name='artifact_read'),
        ),
    ]
