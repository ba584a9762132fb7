import { formatConfigWithoutSecrets, parseEntries } from "../../../local/ops/deployed-config.ts";
import { splitConfigIntoEntries } from "../../../local/stack/config-file.ts";

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
  const entries = splitConfigIntoEntries({
    targets: {
      deploys: { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/hunter2" },
      audit: {
        kind: "webhook",
        url: "https://audit.example/hunter2",
        headers: { "x-key": "hunter2" },
        secrets: [`whsec_${Buffer.from("hunter2".repeat(5)).toString("base64")}`],
      },
    },
    projects: {
      prod: {
        projectId: "p",
        region: "eu-de",
        auth: { kind: "password", domain: "d", user: "u", password: "hunter2" },
      },
    },
    tokens: { ci: { sha256: "ab".repeat(32), projects: ["prod"], targets: [], operations: [] } },
    settings: { linkKeys: ["hunter2-8d1f6b3a9c5e7420f8b2d6a4c1e9"] },
  });
  const parsed = parseEntries(entries);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  const formatted = formatConfigWithoutSecrets(parsed.config);
  expect(formatted).not.toMatch(/hunter2|aHVudGVyM|abababababab/);
  expect(formatted).toContain('"sha256": "abababab…"');
  expect(formatted).toContain('"url": "<secret>"');
});
