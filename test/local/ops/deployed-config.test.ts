import { formatConfig, parseEntries } from "../../../local/ops/deployed-config.ts";

test("invalid entries give every fault", () => {
  const invalid = [
    { name: "targets/a", value: '{"kind":"slack"}' },
    { name: "settings", value: '{"maxPolls":0}' },
  ];
  expect(parseEntries(invalid)).toMatchObject({
    faults: [expect.stringMatching(/^targets\.a\.url/), expect.stringMatching(/^settings\./)],
  });
});

test("a config is formatted without its secrets", () => {
  const parsed = parseEntries([
    {
      name: "targets/deploys",
      value: JSON.stringify({ kind: "slack", url: "https://hooks.slack.com/services/T0/B0/hunter2" }),
    },
    {
      name: "targets/audit",
      value: JSON.stringify({
        kind: "webhook",
        url: "https://audit.example/hunter2",
        headers: { "x-key": "hunter2" },
        secrets: [`whsec_${Buffer.from("hunter2".repeat(5)).toString("base64")}`],
      }),
    },
    {
      name: "projects/prod",
      value: JSON.stringify({
        projectId: "p",
        region: "eu-de",
        auth: { kind: "password", domain: "d", user: "u", password: "hunter2" },
      }),
    },
    {
      name: "tokens/ci",
      value: JSON.stringify({ sha256: "ab".repeat(32), projects: ["prod"], targets: [], operations: [] }),
    },
    { name: "settings", value: JSON.stringify({ linkKey: "hunter2hunter2" }) },
  ]);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  const formatted = formatConfig(parsed.config);
  expect(formatted).not.toMatch(/hunter2|aHVudGVyM|abababababab/);
  expect(formatted).toContain('"sha256": "abababab…"');
  expect(formatted).toContain('"url": "<secret>"');
});
