// Native dialogs everywhere: [data-dialog-open="id"] opens, [data-dialog-close] and a press beside it close.
// Focus moves in and returns to the opener, which the platform does for showModal().

/** Whether a press fell on the backdrop: the dialog is its target there, and so it is on its own padding.
 * @param {HTMLDialogElement} dialog @param {MouseEvent} event */
function isBeside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/** @param {string} id */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  return dialog;
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    event.preventDefault();
    openDialog(opener.getAttribute("data-dialog-open") ?? "");
    return;
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) closer.closest("dialog")?.close();
  else if (event.target instanceof HTMLDialogElement && isBeside(event.target, event)) event.target.close();
}

export function installDialogs() {
  document.addEventListener("click", onClick);
}
