// One message at a time, bottom of the page; five seconds, longer while it is hovered or focused.

/** @param {string} text @param {{action?: string, onAction?: () => void, seconds?: number}} [options] */
export function toast(text, { action, onAction, seconds = 5 } = {}) {
  const place = document.getElementById("toasts");
  if (!place) return () => {};
  place.replaceChildren();
  const box = document.createElement("div");
  box.className = "toast";
  box.append(text);
  const close = () => box.remove();
  if (action && onAction) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast__action";
    button.textContent = action;
    button.addEventListener("click", () => {
      close();
      onAction();
    });
    box.append(button);
  }
  place.append(box);
  let timer = setTimeout(close, seconds * 1000);
  const hold = () => clearTimeout(timer);
  const go = () => (timer = setTimeout(close, 2000));
  box.addEventListener("pointerenter", hold);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusin", hold);
  box.addEventListener("focusout", go);
  return close;
}
