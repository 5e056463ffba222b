import django.db.models.deletion
from django.db import migrations, models

#: In the transaction that changes a record (promise 3): an edit for each sync that sends this type
#: of record near real time. A record that moved to another student is an edit of both. Beside it,
#: when a student gets another number at the state, comes or goes: one for each student who has one
#: of the numbers concerned, for as long as two have one number neither is sent. The notification
#: wakes the sender; it is sent when the transaction ends.
_NOTE_EDITS = """
CREATE FUNCTION note_edits() RETURNS trigger AS $$
BEGIN
    INSERT INTO edit (sync_id, record, local_id, at)
    SELECT DISTINCT live.sync_id, n.record, student.local_id, clock_timestamp()
    FROM n
    JOIN live ON live.enabled AND live.district_id = n.district_id AND live.records ? n.record
    CROSS JOIN LATERAL (VALUES (n.local_id), (n.before ->> 'local_id')) AS student (local_id)
    WHERE student.local_id IS NOT NULL OR n.local_id IS NULL;
    IF FOUND THEN
        INSERT INTO edit (sync_id, record, local_id, at)
        SELECT DISTINCT live.sync_id, n.record, other.local_id, clock_timestamp()
        FROM n
        JOIN live ON live.enabled AND live.district_id = n.district_id AND live.records ? n.record
        CROSS JOIN LATERAL (VALUES (n.before ->> 'state_id'), (n.after ->> 'state_id'))
            AS number (state_id)
        JOIN student other ON other.district_id = n.district_id
            AND other.state_id COLLATE "C" = number.state_id COLLATE "C"
        WHERE n.record = 'student' AND other.local_id IS DISTINCT FROM n.local_id;
        PERFORM pg_notify('rollcall_edit', '');
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off;

CREATE TRIGGER note_edits AFTER INSERT ON change_log
    REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION note_edits();
"""
_FORGET_EDITS = "DROP TRIGGER note_edits ON change_log; DROP FUNCTION note_edits();"
#: Room in each page, so that marking a submission as tried touches no index.
_ROOM = "ALTER TABLE submission SET (fillfactor = 50)"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('engine', '0001_engine'),
    ]

    operations = [
        migrations.CreateModel(
            name='Live',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('district_id', models.BigIntegerField()),
                ('enabled', models.BooleanField(default=False)),
                ('records', models.JSONField(default=list)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.TextField()),
                ('sync', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='live', to='engine.sync')),
            ],
            options={
                'db_table': 'live',
            },
        ),
        migrations.CreateModel(
            name='PartnerSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.TextField()),
                ('until', models.DateTimeField()),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='engine.connection')),
            ],
            options={
                'db_table': 'partner_session',
            },
        ),
        migrations.CreateModel(
            name='Edit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record', models.TextField()),
                ('local_id', models.TextField(null=True)),
                ('at', models.DateTimeField()),
                ('sync', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='engine.sync')),
            ],
            options={
                'db_table': 'edit',
                'indexes': [models.Index(fields=['sync', 'id'], name='edit_of_sync')],
            },
        ),
        migrations.CreateModel(
            name='MirrorDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.TextField()),
                ('key', models.TextField()),
                ('local_id', models.TextField(null=True)),
                ('flat', models.TextField()),
                ('digest', models.TextField()),
                ('remote_id', models.TextField(default='')),
                ('remote_version', models.TextField(default='')),
                ('seen_at', models.DateTimeField()),
                ('sync', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='engine.sync')),
            ],
            options={
                'db_table': 'mirror_document',
                'indexes': [models.Index(fields=['sync', 'local_id'], name='mirror_student')],
                'constraints': [models.UniqueConstraint(fields=('sync', 'resource', 'key'), name='mirror_key')],
            },
        ),
        migrations.CreateModel(
            name='MirrorRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.TextField()),
                ('at', models.DateTimeField()),
                ('documents', models.BigIntegerField()),
                ('sync', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='engine.sync')),
            ],
            options={
                'db_table': 'mirror_read',
                'constraints': [models.UniqueConstraint(fields=('sync', 'resource'), name='mirror_read_once')],
            },
        ),
        migrations.CreateModel(
            name='RulesLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.TextField()),
                ('counts', models.JSONField(default=dict)),
                ('strangers', models.JSONField(default=list)),
                ('sync', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='engine.sync')),
            ],
            options={
                'db_table': 'rules_look',
                'indexes': [models.Index(fields=['sync', '-at'], name='rules_look_of_sync')],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.TextField()),
                ('key', models.TextField()),
                ('old_key', models.TextField(null=True)),
                ('local_id', models.TextField(null=True)),
                ('kind', models.TextField()),
                ('flat', models.TextField(null=True)),
                ('digest', models.TextField(null=True)),
                ('version', models.BigIntegerField(default=1)),
                ('since', models.DateTimeField()),
                ('state', models.TextField(choices=[('waiting', 'Waiting'), ('parent', 'Parent'), ('held', 'Held'), ('refused', 'Refused')], default='waiting')),
                ('tried', models.BooleanField(default=False)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt', models.DateTimeField(null=True)),
                ('code', models.TextField(default='')),
                ('text', models.TextField(default='')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='engine.run')),
                ('sync', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to='engine.sync')),
            ],
            options={
                'db_table': 'submission',
                'indexes': [models.Index(fields=['sync', 'local_id'], name='submission_student'), models.Index(condition=models.Q(('state', 'waiting'), _negated=True), fields=['sync', 'state', 'id'], name='submission_not_due'), models.Index(condition=models.Q(('state__in', ['waiting', 'parent'])), fields=['sync', 'id'], name='submission_open')],
                'constraints': [models.UniqueConstraint(fields=('key', 'resource', 'sync'), name='submission_key')],
            },
        ),
        migrations.RunSQL(_NOTE_EDITS, _FORGET_EDITS),
        migrations.RunSQL(_ROOM, migrations.RunSQL.noop),
    ]
