import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { SQSEvent } from "aws-lambda";
import axios from "axios";

const INTERVAL_SECONDS = 20;
const sqs = new SQSClient({});

/**
 * A Lambda function that polls jobs without a database. If a job is still running, the function sends a new message for
 * the next poll to the queue. The bench compares this function with the service.
 */
export const handler = middy(async ({ Records }: SQSEvent) => {
  const { CCE_URL, WEBHOOK_URL = "", POLL_QUEUE_URL } = process.env;
  for (const { body } of Records) {
    const { jobId } = JSON.parse(body) as { readonly jobId: string };
    const { data } = await axios.get(`${CCE_URL}/api/v3/projects/p1/jobs/${jobId}`, {
      headers: { "x-auth-token": "token" },
    });
    const { phase } = data.status;
    if (phase === "Success" || phase === "Failed") await axios.post(WEBHOOK_URL, { jobId, phase });
    else
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: POLL_QUEUE_URL,
          MessageBody: body,
          DelaySeconds: INTERVAL_SECONDS,
        }),
      );
  }
});
