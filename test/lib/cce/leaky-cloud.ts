import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { text as readText } from "node:stream/consumers";

/** The secrets that the server knows at the start, and the signatures that the server received. */
export const received: { known: readonly string[]; signatures: string[] } = { known: [], signatures: [] };

const FIXED = "fixed-token+example/0123456789==";
const ISSUED = "MIIexample+issued/token0123456789==";
const KEYS = {
  accessKey: "ACCESSKEYEXAMPLE0123",
  secretKey: "secret/key+example0123456789",
  securityToken: "security+token/example==0123456789",
};
export const PASSWORD = 'pass"word\\example é 0123';
/** The secrets of each project. A reply to a project can repeat only the secrets of the same project. */
export const SECRETS = { keys: Object.values(KEYS), user: [PASSWORD, ISSUED], fixed: [FIXED] };
export type Kind = keyof typeof SECRETS;

export const AUTHS = (iamEndpoint: string) => ({
  keys: { kind: "aksk", ...KEYS },
  user: { kind: "password", iamEndpoint, domain: "dom", user: "usr", password: PASSWORD },
  fixed: { kind: "token", token: FIXED },
});
export const KINDS = ["keys", "user", "fixed"] as const satisfies readonly Kind[];

/** Returns one text with everything that the server received and knows. */
async function printAll(request: IncomingMessage): Promise<string> {
  const sent = Object.entries(request.headers).map(([name, value]) => `${name}:${value}`);
  const canonical = [
    "GET",
    request.url,
    "",
    ...sent,
    "",
    Object.keys(request.headers).join(";"),
    "0".repeat(64),
  ];
  return [
    `received ${request.headers.authorization}`,
    ...received.known.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret)]),
    await readText(request),
    `canonicalRequest: ${canonical.join("\n")}`,
    `canonicalRequest:${canonical.join("|")}`,
  ].join(" ");
}

const errorBodies: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify({ error_code: "APIGW.0301", error_msg: text, request_id: text }),
  (text) =>
    JSON.stringify({
      errorCode: text,
      errorMessage: text,
      message: text,
      error: { title: text, code: text },
    }),
  (text) => `<html>${text}</html>`,
];
const job = (text: string) =>
  JSON.stringify({
    kind: "Job",
    metadata: { uid: text },
    spec: {
      type: text,
      resourceName: text,
      subJobs: [{ kind: "Job", spec: { clusterUID: text }, status: { phase: text, reason: text } }],
    },
    status: { phase: "Failed", reason: text },
  });

/** Returns a server that answers token requests by `iam` and job queries by `cce`. `iam` null grants every token. */
export function cloud(iam: Answering | null, cce: Answering): RequestListener {
  const grant: Answering = async (_, response) => {
    response.writeHead(201, { "x-subject-token": ISSUED });
    response.end(JSON.stringify({ token: { expires_at: new Date(Date.now() + 86_400_000).toISOString() } }));
  };
  return (request, response) => {
    if (request.url?.startsWith("/v3/")) void (iam ?? grant)(request, response);
    else {
      const [, signature] = /Signature=(\w+)/.exec(request.headers.authorization ?? "") ?? [];
      if (signature !== undefined) received.signatures.push(signature);
      void cce(request, response);
    }
  };
}
export type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export const answer =
  (status: number, bodyOf: (text: string) => string): Answering =>
  async (request, response) => {
    const text = await printAll(request);
    response.writeHead(status, { "x-text": encodeURIComponent(text).slice(0, 4000) }).end(bodyOf(text));
  };
export const PATHS: readonly (readonly [string, Answering])[] = [
  ...[301, 400, 401, 403, 404, 409, 429, 500, 502].flatMap((status) =>
    errorBodies.map((body, form) => [`HTTP ${status}, form ${form}`, answer(status, body)] as const),
  ),
  ["a job's reason", answer(200, job)],
  ["garbage", answer(200, (text) => text)],
  [
    "a reply that is not HTTP",
    async (request) => void request.socket.end(`SSH ${await printAll(request)}\r\n`),
  ],
  [
    "a reset in the middle of the body",
    async (request, response) => {
      response.writeHead(200, { "content-length": "100000" }).write(await printAll(request));
      request.socket.end();
    },
  ],
  ["no reply", async () => {}],
];
