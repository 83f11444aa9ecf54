// fetch with the CSRF header and the shared error vocabulary.

export class Refusal extends Error {
  /** @param {{code: string, message: string, [key: string]: any}} error @param {number} status */
  constructor(error, status) {
    super(error.message);
    this.code = error.code;
    this.data = error;
    this.status = status;
  }
}

/** @returns {string} */
function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/**
 * Sends JSON (or a form) and returns the answer's JSON; throws Refusal with {code, message}.
 * @param {string} url @param {{method?: string, body?: any, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function request(url, { method = "GET", body, signal } = {}) {
  const isForm = body instanceof FormData;
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method, headers, body: isForm || body === undefined ? body : JSON.stringify(body), signal, credentials: "same-origin" });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok || json.ok === false) {
    throw new Refusal(json.error ?? { code: "error", message: answer.statusText }, answer.status);
  }
  return json;
}

/** Text of a page part. @param {string} url */
export async function fragment(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok) throw new Refusal({ code: "error", message: answer.statusText }, answer.status);
  return answer.text();
}
