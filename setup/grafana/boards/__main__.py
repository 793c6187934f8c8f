"""Writes every dashboard to setup/grafana/dashboards."""

from setup.grafana.boards.files import FOLDER, files

for name, text in files().items():
    (FOLDER / name).write_text(text)
