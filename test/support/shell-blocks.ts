/** Returns the shell code of every code block of a document, without the indentation of the block. */
export function shellBlocks(document: string): readonly string[] {
  return [...document.matchAll(/^( *)```sh\n([\s\S]*?)^ *```/gm)].map(([, indentation = "", code = ""]) =>
    code.replace(new RegExp(`^${indentation}`, "gm"), ""),
  );
}
