import * as z from "zod/mini";
import {
  delivered,
  gone,
  parseJsonBodyEvenIfWrappedIgnoringCase,
  parseJsonBodyIgnoringCase,
  rejected,
  rejectedUnlessTextSaysTemporary,
  retryOnSchedule,
  verdictOfNetworkError,
  verdictOfRedirectOrTemporaryStatus,
} from "../../../lib/channels/attempt-verdict.ts";
import type { AttemptVerdict } from "../../../lib/channels/channel.ts";
import { channelOf, type TargetKind } from "../../../lib/channels/registry.ts";
import type { Verdict } from "../../../lib/domain/job.ts";
import { CHAT_KINDS, KINDS } from "./samples.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const STATUSES = Array.from({ length: 500 }, (_, i) => i + 100);

const verdictOf = (
  kind: TargetKind,
  status: number,
  body = "",
  headers: Record<string, string> = {},
): AttemptVerdict => channelOf(kind).verdictOf({ status, headers, body }, NOW);

/** Responses that a proxy, a sign-in page or a different service may send. No chat documents these responses. */
const UNDOCUMENTED: readonly (readonly [body: string, headers: Record<string, string>])[] = [
  ["", {}],
  ["", { "content-type": "text/html" }],
  [" \n", {}],
  ["<!DOCTYPE html><html><title>Sign in</title></html>", { "content-type": "text/html; charset=utf-8" }],
  ["<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", { "content-type": "application/xml" }],
  ["Access denied", { "content-type": "text/html" }],
  ["default backend - 404", { "content-type": "text/plain" }],
  ["OK", {}],
  ["Not Found", { "content-type": "application/json" }],
  ["null", {}],
  ["[]", {}],
  ["0", {}],
  ['"ok"', {}],
  ['{"ok":"true"}', {}],
  ['{"code":null,"errcode":null}', {}],
  ['{"error":"not found"}', {}],
  ['{"error":{"code":404,"message":"Not Found"}}', {}],
  ['{"status":404,"message":"Not Found"}', {}],
  ['{"code":404,"message":"Not Found","msg":"Not Found"}', {}],
  ['{"errcode":403,"errmsg":"forbidden"}', {}],
  ['{"code":500,"msg":"服务器内部错误","data":null}', {}],
  ['{"id":7}', {}],
];

const inRange = (status: number, first: number, last: number) => status >= first && status <= last;

/** The verdict for an HTTP status that each channel interprets in the same way. Null for all other HTTP statuses. */
function commonVerdict(status: number): Verdict | null {
  if (status === 408 || status === 425 || status === 429) return "retry";
  if (inRange(status, 300, 399)) return "rejected";
  return inRange(status, 400, 499) || inRange(status, 200, 299) ? null : "retry";
}

/** For each chat, a response of the chat with its own words, and the HTTP statuses with which the words count. */
interface OwnAnswers {
  readonly success: { readonly body: string; readonly statuses: readonly number[] };
  readonly gone: { readonly body: string; readonly statuses: readonly number[] };
  readonly refused: { readonly body: string; readonly statuses: readonly number[] };
}
const CLIENT_ERRORS = STATUSES.filter((status) => inRange(status, 400, 499));
const ANY = STATUSES.filter((status) => inRange(status, 200, 299) || inRange(status, 400, 499));
const OWN_ANSWERS: Record<Exclude<TargetKind, "webhook">, OwnAnswers> = {
  slack: {
    success: { body: "ok", statuses: [200] },
    gone: { body: "no_service", statuses: ANY },
    refused: { body: "invalid_payload", statuses: ANY },
  },
  feishu: {
    success: { body: '{"code":0,"msg":"success"}', statuses: [200] },
    gone: { body: '{"code":19001,"msg":"param invalid"}', statuses: ANY },
    refused: { body: '{"code":9499,"msg":"Bad Request"}', statuses: ANY },
  },
  dingtalk: {
    success: { body: '{"errcode":0,"errmsg":"ok"}', statuses: [200] },
    gone: { body: '{"errcode":300005,"errmsg":"token is not exist"}', statuses: ANY },
    refused: { body: '{"errcode":430101,"errmsg":"unSafe URL"}', statuses: ANY },
  },
  wecom: {
    success: { body: '{"errcode":0,"errmsg":"ok"}', statuses: [200] },
    gone: { body: '{"errcode":93000,"errmsg":"invalid webhook url"}', statuses: ANY },
    refused: { body: '{"errcode":40058,"errmsg":"content exceed max length"}', statuses: ANY },
  },
  teams: {
    success: { body: "1", statuses: [200, 202] },
    gone: { body: '{"error":{"code":"WorkflowNotFound","message":"no"}}', statuses: [401, 404] },
    refused: {
      body: '{"error":{"code":"TriggerInputSchemaMismatch"}}',
      statuses: CLIENT_ERRORS.filter((status) => status !== 401 && status !== 404),
    },
  },
  discord: {
    success: { body: '{"id":"1","channel_id":"2","content":"x"}', statuses: [200, 204] },
    gone: { body: '{"message":"Unknown Webhook","code":10015}', statuses: [401, 404] },
    refused: { body: '{"message":"Invalid Form Body","code":50035}', statuses: ANY },
  },
};

describe.each(CHAT_KINDS)("the verdict for a response of %s", (kind) => {
  const differing = (body: string, headers: Record<string, string>, expected: (status: number) => Verdict) =>
    STATUSES.filter((status) => verdictOf(kind, status, body, headers).verdict !== expected(status));
  const differingFrom = ({ body, statuses }: OwnAnswers["gone"], verdict: Verdict) =>
    differing(body, {}, (status) => {
      if (kind === "discord" && status === 204) return "delivered";
      return commonVerdict(status) ?? (statuses.includes(status) ? verdict : otherVerdict(body, status));
    });
  /** The verdict for the vendor's own words with an HTTP status with which the words do not count. */
  const otherVerdict = (body: string, status: number): Verdict => {
    if (kind === "teams" && status === 202 && !body.startsWith("{")) return "delivered";
    const { gone, refused } = OWN_ANSWERS[kind];
    if (kind === "teams" && body === refused.body && inRange(status, 400, 499)) return "gone";
    return body === gone.body && inRange(status, 400, 499) ? "rejected" : "retry";
  };

  it.each(UNDOCUMENTED)(
    "is never delivered, rejected or gone by the status of the undocumented response %j",
    (body, headers) => {
      expect(
        differing(body, headers, (status) => {
          const isTeamsSuccess =
            kind === "teams" &&
            (status === 202 ? !body.startsWith("<") : status === 200 && body.trim() === "");
          if (isTeamsSuccess || (kind === "discord" && status === 204)) return "delivered";
          return commonVerdict(status) ?? "retry";
        }),
      ).toEqual([]);
    },
  );

  it("is delivered only by the vendor's own success with the documented HTTP status", () => {
    expect(differingFrom(OWN_ANSWERS[kind].success, "delivered")).toEqual([]);
  });

  it("is gone only by the vendor's own words", () => {
    expect(differingFrom(OWN_ANSWERS[kind].gone, "gone")).toEqual([]);
  });

  it("is rejected by the vendor's own words about the message", () => {
    expect(differingFrom(OWN_ANSWERS[kind].refused, "rejected")).toEqual([]);
  });
});

describe("the verdict for a response of a webhook", () => {
  it.each(UNDOCUMENTED)("depends only on the HTTP status, whatever the body is: %j", (body, headers) => {
    const differing = STATUSES.filter((status) => {
      const byStatus: Partial<Record<number, Verdict>> = { 410: "gone", 501: "rejected" };
      const success = inRange(status, 200, 299) ? "delivered" : null;
      const expected = byStatus[status] ?? success ?? commonVerdict(status) ?? "retry";
      return verdictOf("webhook", status, body, headers).verdict !== expected;
    });
    expect(differing).toEqual([]);
  });
});

describe("the verdict for an answer", () => {
  it.each(KINDS)("does not count a 429 of %s as an attempt, and has the wait of the 429", (kind) => {
    const verdict = verdictOf(kind, 429, "", { "retry-after": "17" });
    expect(verdict).toEqual({ verdict: "retry", reason: "throttled", afterSeconds: 17, spent: false });
  });

  it.each(KINDS)("counts every other status of %s as an attempt", (kind) => {
    const others = STATUSES.filter((status) => status !== 429);
    expect(others.filter((status) => !verdictOf(kind, status).spent)).toEqual([]);
  });

  it.each(KINDS)("has the wait that a 503 of %s asks for", (kind) => {
    expect(verdictOf(kind, 503, "", { "retry-after": "40" })).toMatchObject({
      verdict: "retry",
      afterSeconds: 40,
    });
  });

  it.each(KINDS)("is retry for a 500 of %s, although the body reports success", (kind) => {
    expect(verdictOf(kind, 500, '{"errcode":0,"code":0,"ok":true}').verdict).toBe("retry");
  });
});

describe("the verdict for a delivery attempt without an answer", () => {
  it.each([
    ["HPE_INVALID_CONSTANT", "invalid_http"],
    ["HPE_HEADER_OVERFLOW", "invalid_http"],
    ["EPROTO", "tls_refused"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tls_refused"],
  ])("is retry after the network code %s, with the reason %s", (code, reason) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason }),
  );

  it.each(["ECONNREFUSED", "ECONNRESET", "EPIPE", "", "NEW"])("is retry after the network code %j", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "connection_failed" }),
  );

  it.each(["ETIMEDOUT", "ERR_SOCKET_CONNECTION_TIMEOUT", "DEADLINE_PASSED"])(
    "has the reason timeout after %s",
    (code) => expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "timeout" }),
  );

  it.each(["ENOTFOUND", "EAI_AGAIN"])("has the reason name_not_found after %s", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "name_not_found" }),
  );

  it.each([
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_TLS_CERT_ALTNAME_FORMAT",
    "CERT_CHAIN_TOO_LONG",
    "CERT_HAS_EXPIRED",
    "CERT_NOT_YET_VALID",
    "CERT_REJECTED",
    "CERT_REVOKED",
    "CERT_SIGNATURE_FAILURE",
    "CERT_UNTRUSTED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "ERROR_IN_CERT_NOT_AFTER_FIELD",
    "ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "HOSTNAME_MISMATCH",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ])("rejects a receiver whose certificate is not valid: %s", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "rejected", reason: "certificate_refused" }),
  );

  it.each([
    ["EGRESS_REFUSED", "egress_private_address"],
    ["SSRF_REFUSED", "egress_private_address"],
    ["REQUEST_INVALID", "request_invalid"],
  ])("rejects a request that must not be sent: %s", (code, reason) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "rejected", reason }),
  );

  it.each(["ENOTFOUND_HOST", "XEPROTO", "EPROTONOSUPPORT", "X_HPE_INVALID", "NO_PROXY_", "X_ERR_SSL_"])(
    "is retry after the unknown network code %s, which only contains a known code",
    (code) =>
      expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "connection_failed" }),
  );

  it.each(["PROXY_REFUSED", "PROXY_AUTH"])("has the reason proxy_failed after %s", (code) =>
    expect(verdictOfNetworkError(code)).toMatchObject({ verdict: "retry", reason: "proxy_failed" }),
  );
});

describe("the verdict for an HTTP status that means the same in every channel", () => {
  it.each([
    [100, "retry", "unexpected_status", null, true],
    [199, "retry", "unexpected_status", null, true],
    [300, "rejected", "redirect_refused", null, true],
    [399, "rejected", "redirect_refused", null, true],
    [408, "retry", "client_error", 7, true],
    [425, "retry", "client_error", 7, true],
    [429, "retry", "throttled", 7, false],
    [500, "retry", "server_error", 7, true],
    [599, "retry", "server_error", 7, true],
    [600, "retry", "unexpected_status", 7, true],
    [999, "retry", "unexpected_status", 7, true],
  ])("%d is %s with the reason %s", (status, verdict, reason, afterSeconds, spent) => {
    expect(verdictOfRedirectOrTemporaryStatus(status, 7)).toEqual({ verdict, reason, afterSeconds, spent });
  });

  it.each([200, 299, 400, 404, 410, 424, 499])("is left to the channel for %d", (status) => {
    expect(verdictOfRedirectOrTemporaryStatus(status, 7)).toBeNull();
  });
});

describe("a verdict", () => {
  it.each([
    [delivered(), "delivered", "ok"],
    [delivered("accepted"), "delivered", "accepted"],
    [gone(), "gone", "target_gone"],
    [gone("target_disabled"), "gone", "target_disabled"],
    [rejected("redirect_refused"), "rejected", "redirect_refused"],
    [retryOnSchedule("timeout"), "retry", "timeout"],
  ])("of an attempt that counts is final or follows the retry schedule: %j", (attempt, verdict, reason) => {
    expect(attempt).toEqual({ verdict, reason, afterSeconds: null, spent: true });
  });
});

describe("the JSON body of a response", () => {
  const Body = z.object({ code: z.number() });

  it.each(['{"code":0}', '\ufeff{"code":0}', ' \r\n{"code":0,"more":1}\n'])("is read from %j", (body) => {
    expect(parseJsonBodyIgnoringCase(Body, body)).toEqual({ code: 0 });
  });

  it.each(["", "ok", "{", "null", '{"code":"0"}'])("is undefined for %j", (body) => {
    expect(parseJsonBodyIgnoringCase(Body, body)).toBeUndefined();
  });
});

describe("the verdict for the text of an error", () => {
  it.each([
    ["ratelimited", "throttled"],
    ["rate limit", "throttled"],
    ["service_unavailable", "receiver_busy"],
    ["the service is unavailable", "receiver_busy"],
    ["unavailable: blocks", "payload_refused"],
    ["timeout", "receiver_busy"],
    ["timed out", "receiver_busy"],
    ["请稍后试", "receiver_busy"],
    ["请稍后再试", "receiver_busy"],
    ["invalid_blocks", "payload_refused"],
    ["sent too often", "throttled"],
    ["请求过快", "throttled"],
    ["触发流控", "throttled"],
    ["调用频次超限", "throttled"],
    ["not allow to access from your ip", "access_refused"],
    ["ip not in whitelist", "access_refused"],
    ["无权限", "access_refused"],
    ["the robot 已停用", "access_refused"],
    ["too many blocks", "payload_refused"],
  ])("has for %j the reason %s", (text, reason) => {
    expect(rejectedUnlessTextSaysTemporary(text).reason).toBe(reason);
  });
});

it("parseJsonBodyEvenIfWrappedIgnoringCase reads a body with a byte order mark", () => {
  expect(parseJsonBodyEvenIfWrappedIgnoringCase(z.object({ code: z.number() }), '\ufeff{"code":0}')).toEqual({
    code: 0,
  });
});

it("parseJsonBodyIgnoringCase ignores the case of names in the first two levels only", () => {
  const Inner = z.object({ c: z.number() });
  const Nested = z.object({ a: z.object({ b: Inner }) });
  expect(parseJsonBodyIgnoringCase(Nested, '{"A":{"B":{"c":1}}}')).toEqual({ a: { b: { c: 1 } } });
  expect(parseJsonBodyIgnoringCase(Nested, '{"A":{"B":{"C":1}}}')).toBeUndefined();
});
