from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0002_audit_filters'),
        ('socialaccount', '0006_alter_socialaccount_extra_data'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignInFailure',
            fields=[
                ('key', models.TextField(primary_key=True, serialize=False)),
                ('failures', models.IntegerField()),
                ('last_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'sign_in_failure',
            },
        ),
        # Links made before did not say of which server they are, and kept all it told. They are
        # made anew, with the server's address, when the person signs in the next time.
        migrations.RunSQL("DELETE FROM socialaccount_socialaccount", migrations.RunSQL.noop),
    ]
