import { formatNotification, formatNotificationLines } from "../../../local/demo/terminal-notification.ts";

const plain = { ansi: false };
const slack = {
  text: "❌ Failed",
  blocks: [
    { type: "header", text: { type: "plain_text", text: "❌ Failed: CreateNode a &amp; b" } },
    {
      type: "rich_text",
      elements: [
        { type: "rich_text_section", elements: [{ type: "text", text: "1 of 3 subjobs failed" }] },
        { type: "rich_text_preformatted", elements: [{ type: "text", text: "sold out\n<!channel>" }] },
        {
          type: "rich_text_section",
          elements: [
            { type: "text", text: "💡 Choose another flavor. " },
            { type: "link", url: "https://v.example.com/codes", text: "Read more" },
          ],
        },
      ],
    },
    {
      type: "actions",
      elements: [
        { type: "button", text: { type: "plain_text", text: "Status page" }, url: "https://n.example.com/j" },
      ],
    },
    { type: "context", elements: [{ type: "plain_text", text: "Job 7" }] },
  ],
};

it("shows the text of a Slack message and indents the reasons of CCE", () => {
  expect(formatNotificationLines(slack, plain)).toEqual([
    "❌ Failed: CreateNode a & b",
    "1 of 3 subjobs failed",
    "  │ sold out",
    "  │ <!channel>",
    "💡 Choose another flavor. Read more: https://v.example.com/codes",
    "→ Status page: https://n.example.com/j",
    "Job 7",
  ]);
});

it("shows the fallback text of a date", () => {
  const elements = [
    { type: "text", text: "Job 7 · " },
    { type: "date", timestamp: 1795426200, format: "{time}", fallback: "09:30 UTC" },
  ];
  const footer = { type: "rich_text", elements: [{ type: "rich_text_section", elements }] };
  expect(formatNotificationLines({ blocks: [footer] }, plain)).toEqual(["Job 7 · 09:30 UTC"]);
});

it("wraps lines between words, keeps the border of a reason, and keeps a URL whole", () => {
  const cause = { type: "Vm", reason: "the flavor is sold out", hint: null, count: 2, resources: ["a", "b"] };
  const statusUrl = "https://notifier.example.com/jobs/prod/1e50bfbe";
  const data = { jobType: "CreateNode", resourceName: "节点池", reason: null, causes: [cause], statusUrl };
  const notification = {
    path: "/webhook/audit",
    channel: "webhook",
    body: JSON.stringify({ type: "job.failed", data }),
  } as const;
  const format = (columns: number) =>
    formatNotification(notification as Parameters<typeof formatNotification>[0], {
      ansi: false,
      columns,
    }).split("\n");
  expect(format(24)).toEqual([
    "┌ notification to webhook/audit",
    "│ job.failed ·",
    "│ CreateNode 节点池",
    "│ 2 subjobs of type Vm",
    "│ failed: a, b",
    "│   │ the flavor is sold",
    "│   │ out",
    "│ →",
    `│ ${statusUrl}`,
    "└",
    "",
  ]);
  expect(format(Number.POSITIVE_INFINITY)).toHaveLength(7);
});

it("shows the job and the causes of an event", () => {
  const cause = { type: "CreateNodeVM", reason: "sold out", hint: null, count: 5, resources: [..."abcde"] };
  const data = {
    jobType: "CreateNode",
    resourceName: "a",
    reason: null,
    causes: [cause],
    statusUrl: null,
  };
  expect(formatNotificationLines({ type: "job.failed", data }, plain)).toEqual([
    "job.failed · CreateNode a",
    "5 subjobs of type CreateNodeVM failed: a, b, c and 2 more",
    "  │ sold out",
  ]);
});

it("prints the headline in bold if the terminal supports ANSI escape sequences", () => {
  expect(formatNotificationLines(slack, { ansi: true })[0]).toMatch(/^\u001b\[1m❌ Failed/);
});

it("removes escape sequences", () => {
  const event = { type: "job.failed", data: { reason: "\u001b[2Jgone\u001b]0;title\u0007\u009b1A" } };
  expect(formatNotificationLines(event, plain).join("\n")).not.toMatch(/[\u001b\u0007\u009b]/);
});

it("shows an unknown payload as JSON", () => {
  expect(formatNotificationLines({ text: "hello" }, plain)).toEqual(['{"text":"hello"}']);
});
