// The script of the copy buttons. A button copies the text in its attribute `data-copy`. If `data-copy` is empty, the
// button copies the text of the element before it.

/** Shows the copy buttons, which are hidden without scripts. */
export function showCopyButtons(page: ParentNode): void {
  for (const button of page.querySelectorAll<HTMLElement>("[data-copy]")) button.hidden = false;
}

async function copy(button: HTMLElement): Promise<void> {
  const source = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(button.dataset.copy || (source?.textContent ?? ""));
  } catch {
    // Copying is not allowed, so the text is selected for the reader.
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
showCopyButtons(document);
