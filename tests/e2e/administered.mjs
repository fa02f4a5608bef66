// What is done to every application that keeps its sessions elsewhere than in Redis, and what its browsers then notice.

import { eventually, outcome, profile, sessctl, sessctlJson } from "./lib.mjs";

/**
 * Logs in, lists, inspects by cookie, ends, brings back; then ends under a request in flight. `options` are those of a
 * profile, `verified` is what is said of cookies, and `lifetime` (s) what sessions have left at most. `inFlight` says
 * what that request is answered, whether its session is there again behind it, of which the purge has to speak, and
 * asks whether the purge is `waiting` for it, where the request holds its session.
 */
export async function administered(t, what, app, { layout, users: [first, second], options, verified, lifetime, inFlight }) {
  const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
  const all = [await app.login(first), await app.login(first), await app.login(second), await app.visit()];
  const users = [first, first, second, null];
  const names = users.map((user) => user?.toString() ?? null);
  const everyone = () => Promise.all(all.map(app.who));
  check("the application knows its users", await everyone(), users);

  const rows = await sessctlJson(t, "list");
  check("list shows each session with its user", rows.map((row) => [row.layout, row.user]).sort(), names.map((name) => [layout, name]).sort());
  check("list gives the time left", rows.map((row) => row.ttl_ms / 1000), (left) => left.every((s) => s > lifetime - 60 && s <= lifetime + 1));
  const chosen = await profile(t, "shop", layout, options);
  // Of sealed sessions only the key tells.
  const nobody = await sessctlJson(t, ...chosen, "list", "--anonymous", { bare: true });
  check("list knows who is nobody", nobody.map((row) => row.user), [null]);
  const found = await Promise.all(all.map((cookie) => sessctlJson(t, ...chosen, "inspect", "--cookie", cookie, { bare: true })));
  check("inspect finds the session behind each cookie", found.map((one) => [one.id, one.user]).sort(), rows.map((row) => [row.id, row.user]).sort());
  check("to each browser its own", found.map((one) => one.user), names);
  check("inspect says whether the cookie was signed", found.map((one) => one.cookie.verified), all.map(() => verified));

  const looked = outcome(await sessctl(t, "purge", "--user", names[0], "--dry-run"));
  check("a dry run changes nothing", [looked.code, await everyone()], [0, users]);
  const ended = await sessctlJson(t, "purge", "--user", names[0], "--yes");
  check("purge --user ends both sessions", [ended.matched, ended.done, ended.complete], [2, 2, true]);
  check("they are gone", (await sessctlJson(t, "list", "--user", names[0])).length, 0);
  const back = await sessctlJson(t, "undo", ended.run, "--yes");
  check("undo puts both back", [back.done, back.failed], [2, 0]);
  check("and she is logged in as before", await everyone(), users);

  const goOn = await app.slow(all[0]);
  const purging = sessctl(t, "purge", "--user", names[0], "--yes", "-o", "json");
  if (inFlight.waiting) {
    await eventually("the purge waits for the request", inFlight.waiting);
    check("the purge waits for a request in flight", await goOn(), inFlight.answer);
  }
  const run = await purging;
  if (inFlight.waiting) {
    // Only what is as it was matched is ended, and the request has written to its session.
    check("and leaves alone what it then finds changed", [run.json?.done, run.json?.changed], [1, 1]);
    check("and says how to go on", run.stderr, (text) => /same command again/.test(text));
    check("which she sees", await everyone(), [first, null, second, null]);
    const again = await sessctlJson(t, "purge", "--user", names[0], "--yes");
    check("the same command again ends it", again.done, 1);
  } else {
    check("purge ends both under a request in flight", [run.json?.done, (await sessctlJson(t, "list", "--user", names[0])).length], [2, 0]);
    check("and says what that may do", run.stderr, (text) => /request in flight/.test(text) === inFlight.back);
    check("it is answered", await goOn(), inFlight.answer);
    check("its session is there again, or not", (await sessctlJson(t, "list", "--user", names[0])).length, inFlight.back ? 1 : 0);
  }
  if (inFlight.back) {
    check("with its login, as the note says", await everyone(), [first, null, second, null]);
    await sessctlJson(t, "purge", "--user", names[0], "--yes");
  }
  check("she is logged out everywhere, the other is not", await everyone(), [null, null, second, null]);
}
