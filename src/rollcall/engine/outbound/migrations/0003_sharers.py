from django.db import migrations

#: An edit for each sync that sends this type of record near real time, as before (0001). Beside it,
#: when a student gets another number at the state, comes or goes: one for each student who has one
#: of the numbers concerned, for as long as two have one number neither is sent.
_NOTE_EDITS = """
CREATE OR REPLACE FUNCTION note_edits() RETURNS trigger AS $$
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
"""
_AS_BEFORE = """
CREATE OR REPLACE FUNCTION note_edits() RETURNS trigger AS $$
BEGIN
    INSERT INTO edit (sync_id, record, local_id, at)
    SELECT DISTINCT live.sync_id, n.record, student.local_id, clock_timestamp()
    FROM n
    JOIN live ON live.enabled AND live.district_id = n.district_id AND live.records ? n.record
    CROSS JOIN LATERAL (VALUES (n.local_id), (n.before ->> 'local_id')) AS student (local_id)
    WHERE student.local_id IS NOT NULL OR n.local_id IS NULL;
    IF FOUND THEN
        PERFORM pg_notify('rollcall_edit', '');
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SET search_path FROM CURRENT SET jit = off;
"""


class Migration(migrations.Migration):
    dependencies = [("outbound", "0002_told"), ("records", "0007_minnesota")]

    operations = [migrations.RunSQL(_NOTE_EDITS, _AS_BEFORE)]
