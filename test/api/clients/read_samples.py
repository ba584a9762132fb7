"""Reads every sample with the client that openapi-python-client has generated."""

import json
import sys
from datetime import datetime

from notifier import models

samples = json.load(open(sys.argv[1], encoding="utf-8"))
read = {}
for sample in samples:
    model = getattr(models, sample["schema"])
    read[sample["name"]] = model.from_dict(sample["value"])

running, failed = read["running"], read["failed"]
assert running.state is models.WatchState.WATCHING, running.state
assert running.concluded_at is None
assert isinstance(running.next_poll_at, datetime)
assert failed.state is models.WatchState.FAILED
assert failed.done is True
assert isinstance(failed.duration_seconds, float | int)
assert "sold out" in failed.failures[-1].reason
assert failed.job.sub_jobs[0].sub_jobs[0].state is models.JobState.FAILED
assert failed.deliveries[0].state is models.DeliveryState.DELIVERED
assert failed.context.labels.additional_properties == {"env": "prod"}
assert read["succeeded"].state is models.WatchState.SUCCEEDED
assert read["event"].data.outcome in list(models.Outcome)
for name in ("submission", "reply of CCE"):
    sent = next(sample["value"] for sample in samples if sample["name"] == name)
    assert read[name].to_dict() == sent, name
