// The page's secret, which goes with everything that changes something.
let session = null;

export async function openSession(isAgain = false) {
  if (session && !isAgain) return session;
  const response = await fetch("/api/session", { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`/api/session answered ${response.status}`);
  session = await response.json();
  return session;
}

// An error tells its status; an old secret (the server began anew) is asked for once more.
export async function change(path, body) {
  let response = await post(path, body, (await openSession()).csrf);
  if (response.status === 403) response = await post(path, body, (await openSession(true)).csrf);
  const answer = response.status === 204 ? null : await response.json();
  if (response.ok) {
    if (path === "/login") session = answer;
    return answer;
  }
  throw Object.assign(new Error(answer.error), { status: response.status });
}

function post(path, body, csrf) {
  return fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", "x-csrf-token": csrf },
    body: JSON.stringify(body),
  });
}
