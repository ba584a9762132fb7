import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import type { QueueResource } from "../template/queues.ts";
import { refuseOtherHosts } from "./local-server.ts";

/** The AWS SDK needs credentials, but the local servers do not check them. */
export const CREDENTIALS = { accessKeyId: "embedded", secretAccessKey: "embedded" };

export interface SqsServer {
  readonly url: string;
  readonly client: SQSClient;
  createQueues(queues: readonly QueueResource[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a local SQS server on a free port. The server keeps the SQS queues in memory. */
export async function startSqs(region: string): Promise<SqsServer> {
  // `buildApp` is used, because the start function of fauxqs would listen on all network interfaces.
  const app = buildApp({ logger: false, defaultRegion: region });
  refuseOtherHosts(app.server);
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
