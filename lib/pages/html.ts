/** Markup that is known to be well-formed. Only `html` makes it, so text never becomes markup by accident. */
export class Html {
  readonly #markup: string;

  constructor(strings: readonly string[], values: readonly Part[]) {
    this.#markup = strings.reduce((sum, string, index) => sum + render(values[index - 1]) + string);
  }

  toString(): string {
    return this.#markup;
  }
}

/** What a template takes: text and numbers are escaped, lists joined, `null` and `false` leave nothing. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

/** A template whose values are escaped for text and for quoted attributes alike. Always quote attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings, values);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(render).join("");
  return visible(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** Control characters would vanish or break the page: they are shown as their pictures (U+2400 block). */
function visible(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, (control) =>
      String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)),
    )
    .toWellFormed();
}
