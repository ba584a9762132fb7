import { WebhookTarget } from "../../../../lib/channels/webhook/target.ts";

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

function isAccepted(headers: Readonly<Record<string, string>>): boolean {
  const target = { kind: "webhook", url: "https://a.example", secrets: [SECRET], headers };
  return WebhookTarget.safeParse(target).success;
}

describe("the headers of a webhook target", () => {
  /** The headers of the service, of the HTTP client, and the headers that say who sends a request. */
  const RESERVED = [
    ...["accept-encoding", "content-type", "user-agent", "traceparent"],
    ...["webhook-id", "webhook-signature", "webhook-timestamp"],
    ...["connection", "content-encoding", "content-length", "expect", "host", "keep-alive", "te", "trailer"],
    ...[
      "transfer-encoding",
      "upgrade",
      "cookie",
      "forwarded",
      "proxy-authorization",
      "proxy-connection",
      "via",
    ],
  ];

  it.each(RESERVED.flatMap((name) => [name, name.toUpperCase()]))("may not set the header %s", (name) => {
    expect(isAccepted({ [name]: "x" })).toBe(false);
  });

  it.each(["authorization", "x-env", "x-host", "host-name", "webhook-ids", "my-webhook-id", "x-via"])(
    "may set the header %s",
    (name) => {
      expect(isAccepted({ [name]: "x" })).toBe(true);
    },
  );

  it.each([
    ["an empty name", "", "x"],
    ["a name with a space", "x env", "x"],
    ["a name of 101 characters", "x".repeat(101), "x"],
    ["a value with a line break", "x-env", "a\nb"],
    ["a value of 2001 characters", "x-env", "x".repeat(2001)],
    ["a value that is not ASCII", "x-env", "é"],
  ])("may not have %s", (_, name, value) => {
    expect(isAccepted({ [name]: value })).toBe(false);
  });

  it("may have a name of 100 and a value of 2000 characters", () => {
    expect(isAccepted({ ["x".repeat(100)]: "x".repeat(2000) })).toBe(true);
  });
});

describe("the secret of a webhook target", () => {
  it.each([
    [23, false],
    [24, true],
    [64, true],
    [65, false],
  ])("of %d bytes is accepted: %s", (bytes, expected) => {
    const secrets = [`whsec_${Buffer.alloc(bytes, 1).toString("base64")}`];
    const target = { kind: "webhook", url: "https://a.example", secrets };
    expect(WebhookTarget.safeParse(target).success).toBe(expected);
  });
});
