import { fileURLToPath } from "node:url";
import type { ApiFiles } from "./clients.ts";
import { npmTool, pythonTool, run } from "./tools.ts";

const rules = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** Tools that read the OpenAPI document and must find nothing. The files of rules say why a rule is off. */
export const LINTERS: Readonly<Record<string, (files: ApiFiles) => Promise<unknown>>> = {
  Redocly: ({ openApi }) =>
    run(npmTool("redocly"), ["lint", "--config", rules("redocly.yaml"), "--max-problems", "100", openApi]),
  Spectral: ({ openApi }) =>
    run(npmTool("spectral"), [
      "lint",
      "--fail-severity",
      "hint",
      "--ruleset",
      rules("spectral.yaml"),
      openApi,
    ]),
  "openapi-spec-validator": ({ openApi }) => run(pythonTool("openapi-spec-validator"), [openApi]),
};
