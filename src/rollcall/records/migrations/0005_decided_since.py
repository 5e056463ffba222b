from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0004_match_decisions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='changelog',
            index=models.Index(condition=models.Q(('record', 'match_decision')), fields=['district_id', 'txid'], name='change_log_decisions'),
        ),
    ]
