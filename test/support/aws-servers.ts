import { connectSqs, replaceStoredConfig } from "../../local/servers/external-servers.ts";
import type { LocalServer } from "../../local/servers/local-server.ts";
import { type SsmOptions, startSsm } from "../../local/servers/ssm.ts";
import { type SqsServer, startSqs } from "../../local/servers/start-sqs.ts";

/**
 * Starts an embedded SQS server. If the environment variable SQS_ENDPOINT is set, the tests use the server at that URL
 * instead.
 */
export async function startTestSqs(region: string): Promise<SqsServer> {
  const url = process.env.SQS_ENDPOINT;
  return url ? connectSqs(region, url) : startSqs(region);
}

/**
 * Starts an embedded Parameter Store server with the entries of a config file. If the environment variable SSM_ENDPOINT
 * is set, the entries are stored in the server at that URL instead.
 */
export async function startTestSsm(options: SsmOptions): Promise<LocalServer> {
  const url = process.env.SSM_ENDPOINT;
  if (!url) return startSsm(options);
  await replaceStoredConfig({ url, ...options });
  return { url, stop: async () => undefined };
}
