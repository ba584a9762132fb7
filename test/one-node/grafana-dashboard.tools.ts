// Checks the Grafana dashboard with promtool of Prometheus 2. Grafana itself is not started.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as z from "zod";
import { runCommand } from "../support/run-command.ts";

const DASHBOARD = new URL("../../deploy/monitoring/grafana-dashboard.json", import.meta.url);

const Dashboard = z.object({
  schemaVersion: z.int(),
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ expr: z.string() })).min(1),
    }),
  ),
});

describe("the Grafana dashboard", () => {
  it("has queries that Prometheus can parse", async () => {
    const { panels } = Dashboard.parse(JSON.parse(readFileSync(DASHBOARD, "utf8")));
    const file = join(mkdtempSync(join(tmpdir(), "dashboard-")), "rules.yml");
    // Grafana replaces its variables before it sends a query.
    const rules = panels.flatMap(({ id, targets }) =>
      targets.map(({ expr }, i) => ({
        record: `panel:${id}:${i}`,
        expr: expr.replace(/\$__\w+/g, "5m"),
      })),
    );
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const { code, stdout, stderr } = await runCommand("promtool", ["check", "rules", file]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`SUCCESS: ${rules.length} rules found`));
  });

  it("has panels of different IDs that do not overlap", () => {
    const { panels } = Dashboard.parse(JSON.parse(readFileSync(DASHBOARD, "utf8")));
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => [x + (i % w), y + Math.floor(i / w)] as const),
    );
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.equal(new Set(cells.map(String)).size, cells.length);
    assert.ok(
      cells.every(([x]) => x < 24),
      "a Grafana dashboard has 24 columns",
    );
  });
});
