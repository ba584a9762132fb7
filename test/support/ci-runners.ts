/**
 * These functions imitate how the runners of CI systems find commands in a log line. Each function returns true if the
 * runner would run a command in the line. The sources are the documentation of each CI system and the source code of
 * the GitHub Actions runner.
 */
export const CI_RUNNERS: Readonly<Record<string, (line: string) => boolean>> = {
  /** https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs */
  "GitHub Actions, ::command::": (line) => {
    const trimmed = line.trimStart();
    return trimmed.startsWith("::") && trimmed.indexOf("::", 2) > 2;
  },
  "GitHub Actions, ##[command]": (line) => {
    const start = line.indexOf("##[");
    return start !== -1 && line.indexOf("]", start) > start + 3;
  },
  /** https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands */
  "Azure Pipelines": (line) => {
    const start = line.toLowerCase().indexOf("##vso[");
    return start !== -1 && line.includes("]", start);
  },
  "Azure Pipelines, formatting": (line) =>
    /^\s*##\[(group|endgroup|section|error|warning|debug|command)\]/i.test(line),
  /** https://www.jetbrains.com/help/teamcity/service-messages.html */
  TeamCity: (line) => /##teamcity\[.*\]/i.test(line),
  /** https://docs.gitlab.com/ci/jobs/job_logs/ */
  GitLab: (line) => /section_(start|end):\d+:[^\r\n]+/.test(line),
  /** https://buildkite.com/docs/pipelines/configure/managing-log-output */
  Buildkite: (line) => /^\s*(---|\+\+\+|~~~|\^\^\^)/.test(line),
  /** Characters that change the terminal, the lines or the writing direction. */
  "a terminal": (line) =>
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(line),
};

/** Examples of texts that a runner would run as a command if they were printed unchanged. */
export const CI_COMMANDS = [
  "::error::x",
  "::add-mask::x",
  " \t::set-output name=a::b",
  "##[error]x",
  "a ##[set-env name=PATH;]/tmp ###[group]b",
  "a ##vso[task.setvariable variable=PATH]b",
  "##VSO[build.uploadlog]/etc/passwd",
  "a ##teamcity[setParameter name='env.PATH' value='b']",
  "#\u0000#[error]x",
  "section_start:1560896352:name\r\u001b[0Ka",
  "section_end:1560896352:name\r\u001b[0K",
  "--- a",
  "+++ a",
  "a\n::error::b",
  "a\u2028::error::b",
  "a\u2029##[error]b",
  "a\u0085b\u009b2J",
  "a\u202eb\u2066c\u200fd\u061ce",
  "a\u001b[2Jb\u001b]8;;http://x\u0007",
];
