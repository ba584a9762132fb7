import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.HashMap;
import java.util.Map;
import notifier.AcceptJobsBody;
import notifier.ApiClient;
import notifier.CceReply;
import notifier.DeliveryState;
import notifier.JobEvent;
import notifier.JobState;
import notifier.StatusDocument;
import notifier.Submission;
import notifier.WatchState;

/** Reads every sample with the client that openapi-generator has generated. */
public class ReadSamples {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = ApiClient.createDefaultObjectMapper();
    Map<String, Object> read = new HashMap<>();
    Map<String, JsonNode> sent = new HashMap<>();
    for (JsonNode sample : mapper.readTree(new File(arguments[0]))) {
      Class<?> type = Class.forName("notifier." + sample.get("schema").asText());
      String name = sample.get("name").asText();
      read.put(name, mapper.treeToValue(sample.get("value"), type));
      sent.put(name, sample.get("value"));
    }

    StatusDocument running = (StatusDocument) read.get("running");
    check(running.getState() == WatchState.WATCHING, "the running job is watched");
    check(running.getConcludedAt() == null && running.getNextPollAt() != null, "the running job has a next poll");
    StatusDocument failed = (StatusDocument) read.get("failed");
    check(failed.getState() == WatchState.FAILED && failed.getDone(), "the failed job has ended");
    Double seconds = failed.getDurationSeconds();
    check(seconds > 0, "the failed job has a duration");
    check(failed.getFailures().get(failed.getFailures().size() - 1).getReason().contains("sold out"), "the reason");
    check(failed.getJob().getSubJobs().get(0).getSubJobs().get(0).getState() == JobState.FAILED, "the tree");
    check(failed.getDeliveries().get(0).getState() == DeliveryState.DELIVERED, "the delivery");
    check(failed.getContext().getRunUrl().endsWith("|c"), "a URL that RFC 3986 does not allow");
    check(((StatusDocument) read.get("succeeded")).getState() == WatchState.SUCCEEDED, "the succeeded job");
    check(((JobEvent) read.get("event")).getData().getOutcome() != null, "the event");

    AcceptJobsBody submission = new AcceptJobsBody((Submission) read.get("submission"));
    check(mapper.valueToTree(submission).equals(sent.get("submission")), "the body with a submission");
    AcceptJobsBody reply = new AcceptJobsBody((CceReply) read.get("reply of CCE"));
    check(mapper.valueToTree(reply).equals(sent.get("reply of CCE")), "the body with a reply of CCE");
  }

  private static void check(boolean holds, String text) {
    if (!holds) throw new AssertionError("not as expected: " + text);
  }
}
