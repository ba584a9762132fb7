import type { AttemptVerdict } from "../../../lib/channels/channel.ts";
import { channelOf, type TargetKind } from "../../../lib/channels/registry.ts";
import { KINDS } from "./samples.ts";

type Row = readonly [status: number, body: string, expected: Partial<AttemptVerdict>];

const delivered = { verdict: "delivered" } as const;
const rejected = (reason: AttemptVerdict["reason"]) => ({ verdict: "rejected", reason }) as const;
const retry = (reason: AttemptVerdict["reason"]) => ({ verdict: "retry", reason, spent: true }) as const;
const throttled = (afterSeconds: number | null) =>
  ({ verdict: "retry", reason: "throttled", spent: false, afterSeconds }) as const;
const gone = { verdict: "gone", reason: "target_gone" } as const;

const rows: Record<TargetKind, readonly Row[]> = {
  slack: [
    [200, "ok", delivered],
    [200, "", delivered],
    [200, '{"ok":true}', delivered],
    [200, '{"ok":false,"error":"no_service"}', gone],
    [200, '{"ok":false,"error":"rate_limited"}', throttled(60)],
    [200, "invalid_payload", rejected("payload_refused")],
    [400, "invalid_payload", rejected("payload_refused")],
    [400, "invalid_blocks", rejected("invalid_blocks")],
    [400, "invalid_blocks_format\n", rejected("invalid_blocks")],
    [403, "invalid_token", gone],
    [403, "action_prohibited", gone],
    [403, "team_disabled", gone],
    [403, "<html>proxy</html>", rejected("access_refused")],
    [404, "channel_not_found", gone],
    [410, "channel_is_archived", gone],
    [429, "", throttled(60)],
  ],
  webhook: [
    [202, "<html>", delivered],
    [404, "", retry("client_error")],
    [301, "", rejected("redirect_refused")],
    [501, "", rejected("not_implemented")],
    [410, "", gone],
  ],
  feishu: [
    [200, '{"code":0,"msg":"success"}', delivered],
    [200, '{"StatusCode":0,"StatusMessage":"success"}', delivered],
    [200, '{"code":11232,"msg":"frequency limited"}', throttled(null)],
    [400, '{"code":11232,"msg":"frequency limited"}', throttled(null)],
    [200, '{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}', gone],
    [200, '{"code":19021,"msg":"sign match fail"}', rejected("signature_refused")],
    [200, '{"code":19022,"msg":"Ip Not Allowed"}', rejected("access_refused")],
    [200, '{"code":19024,"msg":"Key Words Not Found"}', rejected("payload_refused")],
    [200, '{"code":"0"}', retry("unreadable_answer")],
    [200, "<html>", retry("unreadable_answer")],
    [400, '{"code":0}', rejected("payload_refused")],
  ],
  dingtalk: [
    [200, '{"errcode":0,"errmsg":"ok"}', delivered],
    [200, '{"errcode":-1,"errmsg":"system busy"}', retry("receiver_busy")],
    [200, '{"errcode":130101,"errmsg":"send too fast"}', throttled(600)],
    [200, '{"errcode":410100,"errmsg":"send too fast"}', throttled(600)],
    [200, '{"errcode":310000,"errmsg":"invalid timestamp"}', retry("stale_timestamp")],
    [200, '{"errcode":310000,"errmsg":"sign not match"}', rejected("signature_refused")],
    [200, '{"errcode":310000,"errmsg":"keywords not in content"}', rejected("access_refused")],
    [200, '{"errcode":310000}', rejected("access_refused")],
    [200, '{"errcode":40035}', rejected("payload_refused")],
    [200, "", retry("unreadable_answer")],
  ],
  wecom: [
    [200, '{"errcode":0,"errmsg":"ok"}', delivered],
    [200, '{"errcode":-1}', retry("receiver_busy")],
    [200, '{"errcode":45009,"errmsg":"api freq out of limit"}', throttled(60)],
    [200, '{"errcode":40058,"errmsg":"content exceed max length"}', rejected("payload_refused")],
    [200, '{"errcode":93000,"errmsg":"invalid webhook url"}', gone],
    [200, "[]", retry("unreadable_answer")],
  ],
  teams: [
    [202, "", { verdict: "delivered", reason: "accepted" }],
    [200, "1", { verdict: "delivered", reason: "accepted" }],
    [200, "Webhook message delivery failed with error: HTTP error 500", retry("receiver_busy")],
    [200, "Microsoft Teams endpoint returned HTTP error 429 with ContextId x", throttled(null)],
    [200, '{"error":{"code":"WorkflowTriggerIsNotEnabled"}}', retry("receiver_busy")],
    [400, '{"error":{"code":"TriggerInputSchemaMismatch"}}', rejected("payload_refused")],
    [401, "", gone],
    [403, "", rejected("access_refused")],
    [404, "", gone],
  ],
  discord: [
    [204, "", delivered],
    [200, '{"id":"1"}', delivered],
    [429, '{"retry_after":64.57,"global":true}', throttled(65)],
    [429, '{"retry_after":-1}', throttled(null)],
    [429, "error code: 1015", throttled(null)],
    [400, '{"code":50035}', rejected("payload_refused")],
    [401, '{"code":50027}', gone],
    [403, "", rejected("access_refused")],
    [404, '{"code":10015}', gone],
  ],
};

describe.each(KINDS)("the verdict for an answer of %s", (kind) => {
  it.each(rows[kind])("for the status %i and the body %j", (status, body, expected) => {
    expect(channelOf(kind).verdictOf({ status, headers: {}, body }, 0)).toMatchObject(expected);
  });
});

it("the verdict for a 429 of Discord has the wait from the header, not the wait from the body", () => {
  const answer = { status: 429, headers: { "retry-after": "3" }, body: '{"retry_after":99}' };
  expect(channelOf("discord").verdictOf(answer, 0).afterSeconds).toBe(3);
});
