// Applications in Go with their sessions in Redis: gorilla/sessions with boj/redistore, in gob and in JSON, its cookies
// signed and sealed, and macaron's own sessions, which Gitea's are. Who is logged in, the session behind a cookie, and
// that a purge logs out whom it names.

import { browsersOf, outcome, profile, scenario, serveBuilt, sessctl, sessctlJson, snapshot } from "./lib.mjs";

const HASH = "a hash key of the end-to-end test";
const BLOCK = "a block key of 32 bytes, as such";

await scenario("go", async (t) => {
  const gorilla = { layout: "gorilla-redistore", name: "shop", prefix: "session_", options: { cookie_hash_key: HASH } };
  const sealed = { ...gorilla, options: { cookie_hash_key: HASH, cookie_block_key: BLOCK } };
  for (const [what, env, { layout, name, prefix, options }] of [
    ["gorilla", { STORE: "gorilla", HASH_KEY: HASH }, gorilla],
    ["gorilla, sealed cookies, JSON", { STORE: "gorilla", HASH_KEY: HASH, BLOCK_KEY: BLOCK, FORMAT: "json" }, sealed],
    ["macaron", {}, { layout: "gitea", name: "MacaronSession", prefix: "shop:" }],
  ]) {
    const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
    await t.redis.flushDb();
    const app = browsersOf(t, await serveBuilt(t, "go-app", env), name);
    const all = [await app.login(1), await app.login(1), await app.login(2), await app.visit()];
    const users = [1, 1, 2, null];
    const everyone = () => Promise.all(all.map(app.who));
    check("the application knows its users", await everyone(), users);
    await t.redis.set("cache:1", "no session");

    const rows = await sessctlJson(t, "list");
    const named = users.map((user) => user?.toString() ?? null);
    check("list shows each session with its user", rows.map((row) => [row.layout, row.user]).sort(), named.map((user) => [layout, user]).sort());
    check("list knows who is nobody", (await sessctlJson(t, "list", "--anonymous")).length, 1);

    const inspect = async (chosen, cookie) =>
      sessctl(t, ...(await profile(t, "shop", layout, { prefix, cookie_name: name, ...chosen })), "inspect", "--cookie", cookie, "-o", "json", { bare: true });
    const found = [];
    for (const cookie of all) found.push((await inspect(options ?? {}, cookie)).json);
    check("inspect finds the session behind each cookie",
      found.map((one) => [one?.key, one?.user]).sort(), rows.map((row) => [row.key, row.user]).sort());
    check("to each browser its own", found.map((one) => one?.user), named);
    check("inspect says whether the cookie was signed", found.map((one) => one?.cookie?.verified), all.map(() => (options ? true : null)));
    check("inspect shows what the session holds", [found[0]?.data?.account?.Name, found[3]?.data?.cart], ["user 1", ["tea"]]);
    if (options) {
      const other = outcome(await inspect({ ...options, cookie_hash_key: `not ${HASH}` }, all[0]));
      check("a wrong key is said plainly", other, (run) => run.code === 1 || /"verified":false/.test(run.stdout));
    }

    // macaron writes every session that a request comes with, and maps of Go in any order.
    const hers = async () => (await snapshot(t)).filter(([key]) => key === found[0].key || key === found[1].key);
    const standing = await hers();
    const ended = await sessctlJson(t, "purge", "--user", "1", "--yes");
    check("purge --user ends both sessions", [ended.matched, ended.done, ended.keys_removed], [2, 2, 2]);
    check("she is logged out everywhere, the other is not", await everyone(), [null, null, 2, null]);
    await sessctlJson(t, "undo", ended.run, "--yes");
    check("undo puts her keys back, to the byte and the millisecond", await hers(), standing);
    check("and logs her in again", await everyone(), users);

    const goOn = await app.slow(all[0]);
    const again = await sessctl(t, "purge", "--user", "1", "--yes");
    check("purge says what a request in flight does", again.stderr, (text) => /request in flight.*writes/.test(text));
    check("a request in flight ends as hers", await goOn(), 1);
    check("and brings its session back, as the note says", await everyone(), [1, null, 2, null]);
    await sessctlJson(t, "purge", "--user", "1", "--yes");
    check("the next purge is the last", await everyone(), [null, null, 2, null]);
    check("what is no session is as it was", await t.redis.get("cache:1"), "no session");
  }
});
