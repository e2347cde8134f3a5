"""What is kept: tables, migrations and the stores over them (SQLite by default, Postgres by setting)."""
