import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { awsRemedy } from "../aws-remedy.ts";
import { type Finding, wordFor } from "./finding.ts";

const NAMES = ["poll", "notify", "poll-dead", "notify-dead"] as const;

/** Counts what lies in each queue; a dead-letter queue should be empty. */
export async function examineQueues(client: SQSClient, prefix: string): Promise<readonly Finding[]> {
  return Promise.all(NAMES.map((name) => examine(client, prefix, name)));
}

async function examine(client: SQSClient, prefix: string, name: (typeof NAMES)[number]): Promise<Finding> {
  const what = `queue ${name}`;
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: `${prefix}-${name}` }));
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesDelayed",
          "ApproximateNumberOfMessagesNotVisible",
        ],
      }),
    );
    const [due, delayed, hidden] = [
      Attributes.ApproximateNumberOfMessages ?? "?",
      Attributes.ApproximateNumberOfMessagesDelayed ?? "?",
      Attributes.ApproximateNumberOfMessagesNotVisible ?? "?",
    ];
    if (!name.endsWith("-dead"))
      return { what, state: "ok", words: `${due} due, ${delayed} planned, ${hidden} at work or waiting` };
    if (due === "0") return { what, state: "ok", words: "empty" };
    return {
      what,
      state: "fault",
      words: `holds ${due} messages`,
      remedy: `docs/runbook.md#${name}-letters says how to read and redrive them.`,
    };
  } catch (error) {
    const words = `cannot be read (${wordFor(error)})`;
    return {
      what,
      state: "fault",
      words,
      remedy: awsRemedy(error) ?? "Is the stage deployed in this region, and may you read it?",
    };
  }
}
