import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import type { QueueResource } from "../template/queues.ts";
import { refuseOtherHosts } from "./local-server.ts";

/** The AWS SDK needs credentials, and the local servers accept any. */
export const CREDENTIALS = { accessKeyId: "embedded", secretAccessKey: "embedded" };

export interface SqsServer {
  readonly url: string;
  readonly client: SQSClient;
  createQueues(queues: readonly QueueResource[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a local SQS server on a free port. The server keeps the SQS queues in memory. */
export async function startSqs(region: string): Promise<SqsServer> {
  // The function of the package fauxqs that starts a server is not used, because that server listens on all network
  // interfaces.
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
