"""Landing: answers and files -> tables, one immutable DuckDB file per dataset, in their final order."""

from reportrunner.land.bulk import read_header
from reportrunner.land.landing import Part, land
from reportrunner.land.project_file import read_csv_file

__all__ = ["Part", "land", "read_csv_file", "read_header"]
