import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import type { QueueResource } from "../template/queues.ts";

/** What the SDK wants to sign with; the embedded servers check no signature. */
export const CREDENTIALS = { accessKeyId: "embedded", secretAccessKey: "embedded" };

export interface SqsServer {
  /** Its origin. */
  readonly url: string;
  readonly client: SQSClient;
  createQueues(queues: readonly QueueResource[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts SQS on a free port of this machine only (fauxqs's own starter listens on every interface). */
export async function startSqs(region: string): Promise<SqsServer> {
  const app = buildApp({ logger: false, defaultRegion: region });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const client = new SQSClient({ endpoint: url, region, credentials: CREDENTIALS });
  return {
    url,
    client,
    async createQueues(queues) {
      for (const { name, attributes } of queues)
        await client.send(new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }));
    },
    async stop() {
      client.destroy();
      await app.close();
    },
  };
}
