from django.db import migrations

# Names as people type them: without accents and case. Names of ASCII letters are the most, and are
# done without the rest. Plain SQL, so that the planner sees through it and uses the indexes below.
FOLDED = r"""
CREATE FUNCTION rollcall_folded(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(name) = length(name) THEN lower(name) COLLATE "C"
    ELSE lower(regexp_replace(
        normalize(translate(name, 'đĐðøØłŁ', 'dddooll'), NFKD), '[\u0300-\u036f]', '', 'g'
    )) COLLATE "C" END
"""


def index(name, table, columns):
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} (district_id, {columns})", f"DROP INDEX {name}"
    )


class Migration(migrations.Migration):
    """What records/search.py and records/near.py look up. By bytes (COLLATE "C"), so that the same
    index finds what begins with a text, whatever the server's language.
    """

    dependencies = [("records", "0005_decided_since")]

    operations = [
        migrations.RunSQL(FOLDED, "DROP FUNCTION rollcall_folded"),
        index(
            "student_by_name",
            "student",
            "rollcall_folded(last_name), rollcall_folded(first_name), id",
        ),
        index("student_by_local_id", "student", 'local_id COLLATE "C"'),
        index("student_by_state_id", "student", 'state_id COLLATE "C"'),
        index("student_by_birth_date", "student", "birth_date"),
        index("special_education_by_id", "special_education", 'special_ed_id COLLATE "C"'),
    ]
