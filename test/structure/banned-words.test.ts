import { bannedWords, bannedWordsInRepository } from "./banned-words.ts";

const wordsIn = (file: string, text: string) => bannedWords(file, text).map(({ line, word }) => [line, word]);

describe("the banned-word check", () => {
  it("finds no banned word in the repository", () => {
    expect(bannedWordsInRepository()).toEqual([]);
  });

  it("finds a planted word in an identifier, a comment, a string and a document", () => {
    expect(wordsIn("lib/a.ts", "const a = 1;\nconst lastLookAt = a;")).toEqual([[2, "Look"]]);
    expect(wordsIn("lib/a.ts", "/** The target is\n * told. */")).toEqual([[2, "told"]]);
    expect(wordsIn("lib/a.ts", 'log("a notice was sent");')).toEqual([[1, "notice"]]);
    expect(wordsIn("docs/a.md", "# A\n\nWhoever asks")).toEqual([[3, "Whoever"]]);
  });

  it("accepts a word in an allowed context", () => {
    expect(wordsIn("docs/a.md", "Start from a fresh clone.")).toEqual([]);
    expect(wordsIn("lib/a.ts", "// The receipt handle of SQS.")).toEqual([]);
  });

  it("accepts in prose a word that is banned in identifiers only", () => {
    expect(wordsIn("lib/a.ts", "// The message left the queue.")).toEqual([]);
    expect(wordsIn("lib/a.ts", "const leftQueue = 1;")).toEqual([[1, "left"]]);
  });
});
