import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** What the server knows beside what it is sent, and the signatures that came. */
export const told: { known: readonly string[]; signatures: string[] } = { known: [], signatures: [] };

const FIXED = "fixed-token+example/0123456789==";
const ISSUED = "MIIexample+issued/token0123456789==";
const KEYS = {
  accessKey: "ACCESSKEYEXAMPLE0123",
  secretKey: "secret/key+example0123456789",
  securityToken: "security+token/example==0123456789",
};
export const PASSWORD = 'pass"word\\example é 0123';
/** A project's own secrets are known to it; another's can come only from a cloud that has them anyway. */
export const SECRETS = { keys: Object.values(KEYS), user: [PASSWORD, ISSUED], fixed: [FIXED] };
export type Kind = keyof typeof SECRETS;

export const AUTHS = (iamEndpoint: string) => ({
  keys: { kind: "aksk", ...KEYS },
  user: { kind: "password", iamEndpoint, domain: "dom", user: "usr", password: PASSWORD },
  fixed: { kind: "token", token: FIXED },
});
export const KINDS = ["keys", "user", "fixed"] as const satisfies readonly Kind[];

/** All that a server has been told, and all it could know, as careless servers print it. */
async function everything(request: IncomingMessage): Promise<string> {
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
    ...told.known.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret)]),
    await text(request),
    `canonicalRequest: ${canonical.join("\n")}`,
    `canonicalRequest:${canonical.join("|")}`,
  ].join(" ");
}

const spelt: readonly ((said: string) => string)[] = [
  (said) => JSON.stringify({ error_code: "APIGW.0301", error_msg: said, request_id: said }),
  (said) =>
    JSON.stringify({
      errorCode: said,
      errorMessage: said,
      message: said,
      error: { title: said, code: said },
    }),
  (said) => `<html>${said}</html>`,
];
const job = (said: string) =>
  JSON.stringify({
    kind: "Job",
    metadata: { uid: said },
    spec: {
      type: said,
      resourceName: said,
      subJobs: [{ kind: "Job", spec: { clusterUID: said }, status: { phase: said, reason: said } }],
    },
    status: { phase: "Failed", reason: said },
  });

/** Answers one thing to token requests and another to queries; without one, as a server in order would. */
export function cloud(iam: Answering | null, cce: Answering): RequestListener {
  const grant: Answering = async (_, response) => {
    response.writeHead(201, { "x-subject-token": ISSUED });
    response.end(JSON.stringify({ token: { expires_at: new Date(Date.now() + 86_400_000).toISOString() } }));
  };
  return (request, response) => {
    if (request.url?.startsWith("/v3/")) void (iam ?? grant)(request, response);
    else {
      const [, signature] = /Signature=(\w+)/.exec(request.headers.authorization ?? "") ?? [];
      if (signature !== undefined) told.signatures.push(signature);
      void cce(request, response);
    }
  };
}
export type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export const answer =
  (status: number, spell: (said: string) => string): Answering =>
  async (request, response) => {
    const said = await everything(request);
    response.writeHead(status, { "x-said": encodeURIComponent(said).slice(0, 4000) }).end(spell(said));
  };
export const PATHS: readonly (readonly [string, Answering])[] = [
  ...[301, 400, 401, 403, 404, 409, 429, 500, 502].flatMap((status) =>
    spelt.map((spell, form) => [`HTTP ${status}, form ${form}`, answer(status, spell)] as const),
  ),
  ["a job's reason", answer(200, job)],
  ["garbage", answer(200, (said) => said)],
  ["no HTTP", async (request) => void request.socket.end(`SSH ${await everything(request)}\r\n`)],
  [
    "a reset half-way",
    async (request, response) => {
      response.writeHead(200, { "content-length": "100000" }).write(await everything(request));
      request.socket.end();
    },
  ],
  ["lastPollError", async () => {}],
];
