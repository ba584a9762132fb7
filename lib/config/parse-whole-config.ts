import { Target } from "../channels/registry.ts";
import { createConfigParser, type ParsedConfig } from "./config.ts";
import { Project } from "./projects.ts";

/**
 * Parses a whole config document. Returns the config or all its errors. An error contains the path of a wrong value and
 * not the value.
 */
export function parseWholeConfig(document: unknown): ParsedConfig {
  return createConfigParser(["projects", "targets"], { project: Project, target: Target }).parse(document);
}
