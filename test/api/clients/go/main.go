// Reads every sample with the client that oapi-codegen has generated.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"strings"

	"apicheck/notifier"
)

type sample struct {
	Name   string          `json:"name"`
	Schema string          `json:"schema"`
	Value  json.RawMessage `json:"value"`
}

func check(holds bool, text string) {
	if !holds {
		log.Fatal("not as expected: ", text)
	}
}

func read[T any](samples []sample, name string) T {
	var value T
	for _, sample := range samples {
		if sample.Name == name {
			decoder := json.NewDecoder(bytes.NewReader(sample.Value))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&value); err != nil {
				log.Fatal(name, ": ", err)
			}
			return value
		}
	}
	log.Fatal("no sample ", name)
	return value
}

func written(body notifier.AcceptJobsJSONRequestBody) string {
	text, err := json.Marshal(body)
	check(err == nil, "a body that can be written")
	return string(text)
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err == nil, "the file of the samples")
	var samples []sample
	check(json.Unmarshal(text, &samples) == nil, "the samples")

	running := read[notifier.StatusDocument](samples, "running")
	check(running.State == notifier.WatchStateWatching, "the running job is watched")
	check(running.ConcludedAt == nil && running.NextPollAt != nil, "the running job has a next poll")
	failed := read[notifier.StatusDocument](samples, "failed")
	check(string(failed.State) == "failed" && failed.Done, "the failed job has ended")
	var seconds *float64 = failed.DurationSeconds
	check(*seconds > 0, "the failed job has a duration")
	check(strings.Contains(*failed.Failures[len(failed.Failures)-1].Reason, "sold out"), "the reason")
	check(string((*failed.Job).SubJobs[0].SubJobs[0].State) == "failed", "the tree")
	check(failed.Deliveries[0].LastStatus != nil, "the delivery")
	succeeded := read[notifier.StatusDocument](samples, "succeeded")
	check(succeeded.State.Valid(), "the succeeded job")
	event := read[notifier.JobEvent](samples, "event")
	check(event.Data.Outcome.Valid(), "the event")
	check(len(read[notifier.JobList](samples, "list").Jobs) == 4, "the list")
	read[notifier.SubmissionResult](samples, "accepted")
	read[notifier.RedeliveryResult](samples, "redelivery")
	read[notifier.TestResult](samples, "target test")
	read[notifier.HealthDocument](samples, "health")
	read[notifier.Problem](samples, "unknown job")
	read[notifier.Problem](samples, "invalid submission")

	var body notifier.AcceptJobsJSONRequestBody
	check(body.FromSubmission(read[notifier.Submission](samples, "submission")) == nil, "the body with a submission")
	check(strings.Contains(written(body), `"jobIds":["`), "the JSON of a submission")
	check(body.FromCceReply(read[notifier.CceReply](samples, "reply of CCE")) == nil, "the body with a reply of CCE")
	check(strings.Contains(written(body), `"jobID":"`), "the JSON of a reply of CCE")
}
