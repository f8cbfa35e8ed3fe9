// What the page asks of the server. Answers are sent until they are saved: no network trouble loses one.

const LONGEST_WAIT = 5000;

/** An answer of the server that no repetition will change. */
export class Refused extends Error {}

/** What the server says; throws Refused where it declines, TypeError where it is not reached. */
export async function ask(path, method = "GET", body = undefined) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status >= 500) throw new TypeError(`the server fails (${response.status})`);
  const said = await response.json();
  if (!response.ok) throw new Refused(said.message ?? "The server does not understand this page; please reload it.");
  return said;
}

/** Ask again and again until the server answers; `waiting` is called before every new try. */
export async function insist(path, method, body, waiting) {
  for (let wait = 500; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await ask(path, method, body);
    } catch (error) {
      if (error instanceof Refused) throw error;
      waiting();
      await new Promise((done) => setTimeout(done, wait));
    }
  }
}
