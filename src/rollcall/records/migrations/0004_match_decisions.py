import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import rollcall.records.capture
import rollcall.records.fields


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0003_stamps_in_sets'),
    ]

    operations = [
        migrations.CreateModel(
            name='MatchDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('integration', models.TextField()),
                ('kind', models.TextField()),
                ('state_id', models.TextField(null=True)),
                ('last_name', models.TextField(null=True)),
                ('first_name', models.TextField(null=True)),
                ('birth_date', models.DateField(null=True)),
                ('local_id', models.TextField(null=True)),
                ('until', models.DateField(null=True)),
                ('made_by', models.TextField(null=True)),
                ('made_on', models.DateField(null=True)),
                ('note', models.TextField(null=True)),
                ('digest', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.MD5(rollcall.records.fields.Canonical('integration', 'kind', 'state_id', 'last_name', 'first_name', 'birth_date', 'local_id', 'until', 'made_by', 'made_on', 'note')), output_field=models.TextField())),
                ('district', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.district')),
            ],
            options={
                'verbose_name_plural': 'match decisions',
                'db_table': 'match_decision',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('district', 'integration', 'kind', 'state_id', 'last_name', 'first_name', 'birth_date', 'local_id'), name='match_decision_key', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('state_id', ''), _negated=True), name='match_decision_state_id_not_empty'), models.CheckConstraint(condition=models.Q(('last_name', ''), _negated=True), name='match_decision_last_name_not_empty'), models.CheckConstraint(condition=models.Q(('first_name', ''), _negated=True), name='match_decision_first_name_not_empty'), models.CheckConstraint(condition=models.Q(('local_id', ''), _negated=True), name='match_decision_local_id_not_empty')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matchdecision',
            trigger=pgtrigger.compiler.Trigger(name='capture_add', sql=rollcall.records.capture.CaptureSql(func='INSERT INTO change_log\n    (district_id, record, record_id, key, local_id, kind, before, after)\nSELECT n.district_id, \'match_decision\', id,\n    jsonb_build_object(\'integration\', n.integration, \'kind\', n.kind, \'state_id\', n.state_id, \'last_name\', n.last_name, \'first_name\', n.first_name, \'birth_date\', n.birth_date, \'local_id\', n.local_id),\n    n.local_id, \'add\',\n    NULL,\n    (\'{\' || substr(concat(\n        \',"integration":\' || to_json(n.integration),\n        \',"kind":\' || to_json(n.kind),\n        \',"state_id":\' || to_json(n.state_id),\n        \',"last_name":\' || to_json(n.last_name),\n        \',"first_name":\' || to_json(n.first_name),\n        \',"birth_date":\' || to_json(n.birth_date),\n        \',"local_id":\' || to_json(n.local_id),\n        \',"until":\' || to_json(n.until),\n        \',"made_by":\' || to_json(n.made_by),\n        \',"made_on":\' || to_json(n.made_on),\n        \',"note":\' || to_json(n.note)), 2) || \'}\')::jsonb\nFROM n;\nRETURN NULL;', hash='ec0af19c1f05090849d1ea28f575c67763f6d28e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_capture_add_4ee05', referencing='REFERENCING NEW TABLE AS n ', table='match_decision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matchdecision',
            trigger=pgtrigger.compiler.Trigger(name='capture_update', sql=rollcall.records.capture.CaptureSql(func='INSERT INTO change_log\n    (district_id, record, record_id, key, local_id, kind, before, after)\nSELECT n.district_id, \'match_decision\', id,\n    jsonb_build_object(\'integration\', n.integration, \'kind\', n.kind, \'state_id\', n.state_id, \'last_name\', n.last_name, \'first_name\', n.first_name, \'birth_date\', n.birth_date, \'local_id\', n.local_id),\n    n.local_id, \'update\',\n    (\'{\' || substr(concat(\n        CASE WHEN o.integration IS DISTINCT FROM n.integration THEN \',"integration":\' || to_json(o.integration) END,\n        CASE WHEN o.kind IS DISTINCT FROM n.kind THEN \',"kind":\' || to_json(o.kind) END,\n        CASE WHEN o.state_id IS DISTINCT FROM n.state_id THEN \',"state_id":\' || to_json(o.state_id) END,\n        CASE WHEN o.last_name IS DISTINCT FROM n.last_name THEN \',"last_name":\' || to_json(o.last_name) END,\n        CASE WHEN o.first_name IS DISTINCT FROM n.first_name THEN \',"first_name":\' || to_json(o.first_name) END,\n        CASE WHEN o.birth_date IS DISTINCT FROM n.birth_date THEN \',"birth_date":\' || to_json(o.birth_date) END,\n        CASE WHEN o.local_id IS DISTINCT FROM n.local_id THEN \',"local_id":\' || to_json(o.local_id) END,\n        CASE WHEN o.until IS DISTINCT FROM n.until THEN \',"until":\' || to_json(o.until) END,\n        CASE WHEN o.made_by IS DISTINCT FROM n.made_by THEN \',"made_by":\' || to_json(o.made_by) END,\n        CASE WHEN o.made_on IS DISTINCT FROM n.made_on THEN \',"made_on":\' || to_json(o.made_on) END,\n        CASE WHEN o.note IS DISTINCT FROM n.note THEN \',"note":\' || to_json(o.note) END), 2) || \'}\')::jsonb,\n    (\'{\' || substr(concat(\n        CASE WHEN o.integration IS DISTINCT FROM n.integration THEN \',"integration":\' || to_json(n.integration) END,\n        CASE WHEN o.kind IS DISTINCT FROM n.kind THEN \',"kind":\' || to_json(n.kind) END,\n        CASE WHEN o.state_id IS DISTINCT FROM n.state_id THEN \',"state_id":\' || to_json(n.state_id) END,\n        CASE WHEN o.last_name IS DISTINCT FROM n.last_name THEN \',"last_name":\' || to_json(n.last_name) END,\n        CASE WHEN o.first_name IS DISTINCT FROM n.first_name THEN \',"first_name":\' || to_json(n.first_name) END,\n        CASE WHEN o.birth_date IS DISTINCT FROM n.birth_date THEN \',"birth_date":\' || to_json(n.birth_date) END,\n        CASE WHEN o.local_id IS DISTINCT FROM n.local_id THEN \',"local_id":\' || to_json(n.local_id) END,\n        CASE WHEN o.until IS DISTINCT FROM n.until THEN \',"until":\' || to_json(n.until) END,\n        CASE WHEN o.made_by IS DISTINCT FROM n.made_by THEN \',"made_by":\' || to_json(n.made_by) END,\n        CASE WHEN o.made_on IS DISTINCT FROM n.made_on THEN \',"made_on":\' || to_json(n.made_on) END,\n        CASE WHEN o.note IS DISTINCT FROM n.note THEN \',"note":\' || to_json(n.note) END), 2) || \'}\')::jsonb\nFROM o JOIN n USING (id) WHERE o.digest <> n.digest OR o.* IS DISTINCT FROM n.*;\nRETURN NULL;', hash='51cefcc8472a5aa1785c22b5a86fe8acb35422e6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_capture_update_331b7', referencing='REFERENCING OLD TABLE AS o  NEW TABLE AS n ', table='match_decision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matchdecision',
            trigger=pgtrigger.compiler.Trigger(name='capture_remove', sql=rollcall.records.capture.CaptureSql(func='INSERT INTO change_log\n    (district_id, record, record_id, key, local_id, kind, before, after)\nSELECT o.district_id, \'match_decision\', id,\n    jsonb_build_object(\'integration\', o.integration, \'kind\', o.kind, \'state_id\', o.state_id, \'last_name\', o.last_name, \'first_name\', o.first_name, \'birth_date\', o.birth_date, \'local_id\', o.local_id),\n    o.local_id, \'remove\',\n    (\'{\' || substr(concat(\n        \',"integration":\' || to_json(o.integration),\n        \',"kind":\' || to_json(o.kind),\n        \',"state_id":\' || to_json(o.state_id),\n        \',"last_name":\' || to_json(o.last_name),\n        \',"first_name":\' || to_json(o.first_name),\n        \',"birth_date":\' || to_json(o.birth_date),\n        \',"local_id":\' || to_json(o.local_id),\n        \',"until":\' || to_json(o.until),\n        \',"made_by":\' || to_json(o.made_by),\n        \',"made_on":\' || to_json(o.made_on),\n        \',"note":\' || to_json(o.note)), 2) || \'}\')::jsonb,\n    NULL\nFROM o;\nRETURN NULL;', hash='0f28d4b6e8722d48940d91658cd186ccfaefb712', level='STATEMENT', operation='DELETE', pgid='pgtrigger_capture_remove_d3e6e', referencing='REFERENCING OLD TABLE AS o ', table='match_decision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matchdecision',
            trigger=pgtrigger.compiler.Trigger(name='refuse_truncate', sql=rollcall.records.capture.CaptureSql(func="IF current_setting('rollcall.truncate', true) IS DISTINCT FROM 'allowed' THEN\n                    RAISE EXCEPTION 'TRUNCATE of % is refused: it would go past the change log',\n                        TG_TABLE_NAME USING HINT = 'Use DELETE, which is captured.';\n                END IF;\n                RETURN NULL;", hash='508db1eb8718a328731d6f2e99bbe890ca21485a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_refuse_truncate_3ee55', table='match_decision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matchdecision',
            trigger=pgtrigger.compiler.Trigger(name='refuse_move', sql=rollcall.records.capture.CaptureSql(condition='WHEN (OLD."district_id" IS DISTINCT FROM (NEW."district_id") OR OLD."id" IS DISTINCT FROM (NEW."id"))', func="RAISE EXCEPTION 'id and district_id of a record of % cannot change', TG_TABLE_NAME\n                    USING HINT = 'Add a new record and remove this one.';", hash='3b5500c881b186ea430b2448823a4eaed77f5504', operation='UPDATE OF "id", "district_id"', pgid='pgtrigger_refuse_move_48fb2', table='match_decision', when='BEFORE')),
        ),
    ]
