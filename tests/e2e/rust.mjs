// An application on axum, with tower-sessions in Redis and axum-login, its cookies plain, signed and private: who is
// logged in, the session behind a cookie, and that a purge logs out whom it names, a request in flight or not.

import { randomBytes } from "node:crypto";

import { browsersOf, outcome, profile, scenario, serveBuilt, sessctl, sessctlJson, snapshot } from "./lib.mjs";

const LAYOUT = "tower-sessions";

await scenario("rust", async (t) => {
  const key = randomBytes(64).toString("hex").slice(0, 64);
  const hex = Buffer.from(key).toString("hex");
  for (const mode of ["plain", "signed", "private"]) {
    const check = (text, ...rest) => t.check(`axum, ${mode} cookies: ${text}`, ...rest);
    await t.redis.flushDb();
    const app = browsersOf(t, await serveBuilt(t, "debug/sessctl-e2e-rust", { COOKIE: mode, COOKIE_KEY: key }), "id");
    const all = [await app.login("alice"), await app.login("alice"), await app.login("bob"), await app.visit()];
    const users = ["alice", "alice", "bob", null];
    const everyone = () => Promise.all(all.map(app.who));
    check("the application knows its users", await everyone(), users);
    await t.redis.set("cache:alice", "no session");

    const rows = await sessctlJson(t, "list");
    check("list shows each session with its user", rows.map((row) => [row.layout, row.user]).sort(), users.map((user) => [LAYOUT, user]).sort());
    check("list knows who is nobody", (await sessctlJson(t, "list", "--anonymous")).length, 1);

    const inspect = async (options, cookie) =>
      sessctl(t, ...(await profile(t, "shop", LAYOUT, options)), "inspect", "--cookie", cookie, "-o", "json", { bare: true });
    const right = mode === "plain" ? {} : { cookie_key_hex: hex };
    const found = [];
    for (const cookie of all) found.push((await inspect(right, cookie)).json);
    check("inspect finds the session behind each cookie",
      found.map((one) => [one?.key, one?.user]).sort(), rows.map((row) => [row.key, row.user]).sort());
    check("to each browser its own", found.map((one) => one?.user), users);
    check("inspect says whether the cookie was sealed", found.map((one) => one?.cookie?.verified), all.map(() => (mode === "plain" ? null : true)));
    if (mode !== "plain") {
      const other = await inspect({ cookie_key_hex: randomBytes(64).toString("hex") }, all[0]);
      const refused = mode === "signed" ? other.json?.cookie?.verified === false : other.code === 1 && /cookie_key_hex/.test(other.stderr);
      check("a wrong key is said plainly", { refused, ...outcome(other) }, (run) => run.refused);
    }

    const standing = await snapshot(t);
    const goOn = await app.slow(all[0]);
    const ended = await sessctlJson(t, "purge", "--user", "alice", "--yes");
    check("purge --user ends both sessions", [ended.matched, ended.done, ended.keys_removed], [2, 2, 2]);
    check("a request in flight that would write it fails", await goOn(), 500);
    check("and brings nothing back: she is logged out everywhere, the other is not", await everyone(), [null, null, "bob", null]);
    await sessctlJson(t, "undo", ended.run, "--yes");
    check("undo logs her in again", await everyone(), users);
    check("every key is as it was", await snapshot(t), standing);
  }
});
