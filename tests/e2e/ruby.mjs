// Applications on Rack and on Rails with their sessions in Redis: keys that hold a hash of what the browser has,
// values of Marshal, cookies bare and sealed. Who is logged in, the session behind a cookie, and that a purge logs
// out whom it names and nobody else.

import { createHash } from "node:crypto";

import { browsersOf, outcome, profile, scenario, serveRuby, sessctl, sessctlJson, snapshot } from "./lib.mjs";

const SECRET = "5f352379324c22463451387a0aec5d2f";

const privateId = (id) => `2::${createHash("sha256").update(id).digest("hex")}`;

await scenario("ruby", async (t) => {
  const rails = (store, signed) => ({
    script: "rails_app.rb", cookie: "_shop_session", users: [1, 2], signed,
    env: { STORE: store, NAME: `${store}-${signed}`, SECRET_KEY_BASE: SECRET, ...(signed ? { SIGNED: "1" } : {}) },
  });
  const rack = { script: "rack_app.rb", cookie: "rack.session", users: ["alice", "bob"], env: {}, signed: false };
  for (const [what, layout, prefix, { script, cookie, users, env, signed }] of [
    ["Rack", "rack-session-redis", "rack:session:", rack],
    ["Rails", "rails-redis-actionpack", "shop:session:", rails("redis_store", false)],
    ["Rails, sealed cookies", "rails-redis-actionpack", "shop:session:", rails("redis_store", true)],
    ["Rails, cache", "rails-cache-store", "shop:_session_id:", rails("cache_store", false)],
  ]) {
    const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
    await t.redis.flushDb();
    const app = browsersOf(t, await serveRuby(t, script, env), cookie);
    const [first, second] = users;
    const all = [await app.login(first), await app.login(first), await app.login(second), await app.visit()];
    const everyone = () => Promise.all(all.map(app.who));
    check("the application knows its users", await everyone(), [first, first, second, null]);
    await app.good("/work");

    const rows = await sessctlJson(t, "list");
    check("list shows each session with its user, and nothing of the cache",
      rows.map((row) => [row.layout, row.key.slice(0, prefix.length + 3), row.user]).sort(),
      [first, first, second, null].map((user) => [layout, `${prefix}2::`, user === null ? null : `${user}`]).sort());
    check("list gives the time left", rows, (list) => list.every((row) => row.ttl_ms > 3_500_000 && row.ttl_ms <= 3_600_000));
    check("list knows who is nobody", (await sessctlJson(t, "list", "--anonymous")).length, 1);

    const options = await profile(t, "right", layout, { prefix, cookie_name: cookie, secret_key_base: SECRET });
    const inspect = async (chosen, value) => sessctl(t, ...chosen, "inspect", "--cookie", value, "-o", "json", { bare: true });
    const found = await Promise.all(all.map(async (one) => (await inspect(options, one)).json));
    const keys = found.map((one) => one?.key);
    check("inspect finds the session behind each cookie",
      found.map((one) => [one?.key, one?.user]).sort(), rows.map((row) => [row.key, row.user]).sort());
    check("inspect says whether the cookie was sealed", found.map((one) => one?.cookie?.verified), all.map(() => (signed ? true : null)));
    if (signed) {
      const other = await inspect(await profile(t, "wrong", layout, { prefix, cookie_name: cookie, secret_key_base: SECRET.replace("5", "6") }), all[0]);
      check("a wrong secret is said plainly", outcome(other), (run) => run.code === 1 && /secret_key_base/.test(run.stderr));
      const none = await inspect(await profile(t, "none", layout, { prefix, cookie_name: cookie }), all[0]);
      check("a missing secret is said plainly", outcome(none), (run) => run.code === 1 && /secret_key_base is needed/.test(run.stderr));
    } else {
      check("the key is made of the cookie", keys, all.map((one) => prefix + privateId(one.split("=")[1])));
      check("without a profile, too", (await sessctlJson(t, "inspect", "--layout", layout, "--prefix", prefix, "--cookie", all[0])).key, keys[0]);
    }
    check("inspect shows what the session holds", found[3]?.data?.cart, [{ sku: "tea", since: { $date: "2024-05-17T08:30:00Z" } }]);

    const beside = (await snapshot(t)).filter(([key]) => !keys.includes(key));
    const besides = async () => (await snapshot(t)).filter(([key]) => beside.some(([one]) => one === key));
    check("the cache has its entries", beside.length, script === "rails_app.rb" ? 3 : 0);
    const ended = await sessctlJson(t, "purge", "--user", `${first}`, "--yes");
    check("purge --user ends both sessions", [ended.matched, ended.done, ended.keys_removed], [2, 2, 2]);
    check("she is logged out everywhere, the other is not", await everyone(), [null, null, second, null]);
    await sessctlJson(t, "undo", ended.run, "--yes");
    check("undo logs her in again", await everyone(), [first, first, second, null]);

    const goOn = await app.slow(all[0]);
    const again = await sessctl(t, "purge", "--user", `${first}`, "--yes");
    check("purge says what a request in flight does", again.stderr, (text) => /request in flight writes (back the|its) session/.test(text));
    check("a request in flight ends as hers", await goOn(), first);
    // Debian's Rails has the fix of which the note speaks.
    check("and brings its session back, as the note says", await everyone(), [layout === "rails-cache-store" ? null : first, null, second, null]);
    await sessctlJson(t, "purge", "--user", `${first}`, "--yes");
    check("the next purge is the last", await everyone(), [null, null, second, null]);
    check("the cache has not changed", await besides(), beside);

    if (!signed) {
      // These stores look for the cookie's own text, too, for the sake of keys that are older than the hashes.
      const stolen = `${cookie}=${keys[2].slice(prefix.length)}`;
      check("the application takes what stands in a key for a cookie", await app.who(stolen), second);
      check("so that ids are shortened", (await sessctl(t, "list")).stdout, (text) => text.includes("2::") && !text.includes(stolen.slice(-58)));
      const copies = await sessctlJson(t, "purge", "--user", `${second}`, "--yes");
      check("and the copy that this made ends as well", [copies.done, await app.who(stolen), await app.who(all[2])], [2, null, null]);
    }
  }
});
