import { createClient } from "../../../../client/client.ts";
import { createAwsRequestHandler } from "../../../../lib/runtime/aws-client.ts";
import { clientOf } from "../../cce/harness.ts";

/** Queries CCE, IAM, AWS and the API of this service at a TLS server on the given port of this machine, and prints the results. */
const url = `https://127.0.0.1:${process.argv[2]}`;
const password = { kind: "password", iamEndpoint: url, domain: "d", user: "u", password: "password" };
const client = clientOf(url, { token: { kind: "token", token: "token" }, password });
/** The start of this process can be slow, and its first request even more. */
const AMPLE = { timeLimitMs: 60_000 };
const aws = {
  protocol: "https:",
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  path: "/",
  headers: {},
};
const observations = await Promise.all(
  ["token", "password"].map((project) => client.queryJob({ project, jobId: "j" }, AMPLE)),
);
const refusal = await createAwsRequestHandler()
  .handle(aws)
  .then(
    () => "answered",
    (error: Error) => error.message,
  );
const unreachable = await createClient({ url, token: "t", wait: async () => undefined })
  .status({ project: "prod", jobId: "j" })
  .then(
    () => "answered",
    (error: Error) => error.message,
  );
process.stdout.write(
  JSON.stringify([...observations.map((observation) => Object(observation).text), refusal, unreachable]),
);
