import { readReply } from "../../../lib/cce/reply.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const kindOf = (status: number, body: unknown = "", headers = {}) =>
  readReply({ status, headers, body: typeof body === "string" ? body : JSON.stringify(body) }, now).kind;

function expected(status: number): string {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 429) return "throttled";
  if (status < 300 || status >= 500 || [408, 409, 423, 425].includes(status)) return "unavailable";
  return "misconfigured";
}

describe("readReply", () => {
  it.each(["", "<html>", "{}", "null", "[1]", '{"errorCode":', "\u0000"])(
    "reads every status from 100 to 599 with the body %j as one kind",
    (body) => {
      for (let status = 100; status < 600; status += 1)
        expect([status, kindOf(status, body)]).toEqual([status, expected(status)]);
    },
  );
  it("takes a 404 for a missing job only from CCE itself", () => {
    expect(kindOf(404, { errorCode: "CCE.01404001" })).toBe("gone");
    expect(kindOf(404, { error_code: "CCE_CM.0003" })).toBe("gone");
    expect(kindOf(404, { error: { code: "CCE.01404001" } })).toBe("gone");
    expect(kindOf(404, { error_code: "APIGW.0101" })).toBe("misconfigured");
  });
  it("says how far the clock is off, by the reply's Date", () => {
    const seen = readReply(
      {
        status: 401,
        headers: { Date: "Thu, 01 Jan 2026 00:16:00 GMT" },
        body: '{"error_code":"APIGW.0301"}',
      },
      now,
      "prod",
    );
    expect(seen).toMatchObject({
      kind: "unauthorized",
      text: expect.stringContaining(
        "CCE refuses the signature for project prod: the clock is 16 minutes off",
      ),
    });
  });
  it("reads Retry-After in seconds and as a date", () => {
    const waitOf = (value: string) =>
      readReply({ status: 429, headers: { "Retry-After": value }, body: "" }, now);
    expect(waitOf("17")).toMatchObject({ retryAfterSeconds: 17 });
    expect(waitOf("Thu, 01 Jan 2026 00:00:30 GMT")).toMatchObject({ retryAfterSeconds: 30 });
    expect(waitOf("soon")).toMatchObject({ retryAfterSeconds: null });
  });
});
