"""Loading: path -> JobSpec."""

from reportrunner.load.job_file import Families, Given, load_job
from reportrunner.load.project_file import load_project

__all__ = ["Families", "Given", "load_job", "load_project"]
