// The browser script for the buttons that copy a text. A button copies the text in its HTML attribute `data-copy`. If
// `data-copy` is empty, the button copies the text of the element in front of the button.

/** Shows the copy buttons. Without scripts, the copy buttons stay hidden. */
export function unhideCopyButtons(page: ParentNode): void {
  for (const button of page.querySelectorAll<HTMLElement>("[data-copy]")) button.hidden = false;
}

async function copy(button: HTMLElement): Promise<void> {
  const source = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(button.dataset.copy || (source?.textContent ?? ""));
  } catch {
    // If the browser does not allow copying, the script selects the text, so that the reader can copy it.
    if (source !== null) getSelection()?.selectAllChildren(source);
    return;
  }
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1500);
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-copy]") : null;
  if (button !== null) void copy(button);
});
unhideCopyButtons(document);
