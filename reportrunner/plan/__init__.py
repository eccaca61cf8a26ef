"""Planning: JobSpec -> RunPlan."""

from reportrunner.plan.planner import RunPlan, label_of, plan_run

__all__ = ["RunPlan", "label_of", "plan_run"]
