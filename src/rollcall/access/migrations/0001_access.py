import django.db.models.deletion
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models


def shared_cache(apps, schema_editor):
    """The table of the cache that counts failed sign-ins for all processes."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('records', '0001_records'),
    ]

    operations = [
        migrations.RunPython(shared_cache, migrations.RunPython.noop),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.TextField(default='')),
                ('is_active', models.BooleanField(default=True)),
                ('joined_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'access_user',
            },
        ),
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
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.TextField(choices=[('viewer', 'viewer'), ('data steward', 'data steward'), ('operator', 'operator'), ('approver', 'approver'), ('admin', 'admin')])),
                ('name', models.TextField()),
                ('start', models.TextField()),
                ('sha256', models.TextField(unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.district')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'api_token',
                'indexes': [models.Index(fields=['district', '-id'], name='api_token_distric_9cae05_idx')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('who', models.TextField()),
                ('action', models.TextField()),
                ('what', models.TextField(default='')),
                ('detail', models.JSONField(default=dict)),
                ('district', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.district')),
            ],
            options={
                'db_table': 'audit_entry',
                'indexes': [models.Index(fields=['district', '-id'], name='audit_entry_distric_b2b75e_idx'), models.Index(fields=['district', 'who', '-id'], name='audit_who'), models.Index(fields=['district', 'action', '-id'], name='audit_action'), models.Index(fields=['district', 'at'], name='audit_at')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.TextField(choices=[('viewer', 'viewer'), ('data steward', 'data steward'), ('operator', 'operator'), ('approver', 'approver'), ('admin', 'admin')])),
                ('name', models.TextField(default='')),
                ('invited_by', models.TextField()),
                ('invited_at', models.DateTimeField()),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.district')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'invitation',
                'constraints': [models.UniqueConstraint(fields=('user', 'district'), name='invitation_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.TextField(choices=[('viewer', 'viewer'), ('data steward', 'data steward'), ('operator', 'operator'), ('approver', 'approver'), ('admin', 'admin')])),
                ('district', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.district')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'membership',
                'constraints': [models.UniqueConstraint(fields=('user', 'district'), name='membership_once')],
            },
        ),
    ]
