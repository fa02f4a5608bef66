// A PHP application on the session handler of the extension phpredis, with each way to encode sessions
// that PHP has and with locks: what sessctl ends, shows and puts back is what the browsers notice.

import { cookieOf, eventually, scenario, servePhp, sessctl, sessctlJson, slowly } from "./lib.mjs";

const COOKIE = "PHPSESSID";
const LIFETIME = 1440;

/** The application under some settings, as its browsers see it. */
async function application(t, settings, { env = {}, expected } = {}) {
  const all = {
    "session.save_handler": "redis",
    "session.save_path": `"unix://${t.socket}"`,
    "session.gc_maxlifetime": LIFETIME,
    "redis.session.locking_enabled": 1,
    "redis.session.lock_retries": 2000,
    "redis.session.lock_wait_time": 5000,
    ...settings,
  };
  const url = await servePhp(t, "sessions.php", { settings: all, env, expected });
  const get = (path, cookie) => fetch(`${url}${path}`, { headers: cookie ? { cookie } : {} });
  const begin = async (path) => {
    const response = await get(path);
    if (response.status !== 200) throw new Error(`${path}: HTTP ${response.status}: ${await response.text()}`);
    // Logging in changes the id, so that the last cookie counts.
    return cookieOf(response, COOKIE);
  };
  return {
    get,
    login: (user) => begin(`/login?user=${user}`),
    visit: () => begin("/visit"),
    who: async (cookie) => (await (await get("/me", cookie)).json()).user,
    /** A request that has its session and waits; `goOn` lets it write and end, and gives its answer. */
    slow: (cookie) => slowly(t, () => get("/slow", cookie)),
  };
}

const idOf = (cookie) => cookie.slice(COOKIE.length + 1);
const keyOf = (cookie) => `PHPREDIS_SESSION:${idOf(cookie)}`;
const everyone = (app, cookies) => Promise.all(cookies.map(app.who));

/** Logs in, lists, inspects, ends and brings back, whatever the bytes are. */
async function administered(t, what, app, codec) {
  const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
  const alice = [await app.login("alice"), await app.login("alice")];
  const bob = [await app.login("bob"), await app.login("bob")];
  const anonymous = await app.visit();
  const all = [...alice, ...bob, anonymous];
  await app.get("/cart?sku=tea", alice[0]);
  check("the application knows its users", await everyone(app, all), ["alice", "alice", "bob", "bob", null]);

  const rows = await sessctlJson(t, "list");
  const wanted = [...alice.map((one) => [idOf(one), "alice"]), ...bob.map((one) => [idOf(one), "bob"]), [idOf(anonymous), null]];
  check("list shows each session with its user", rows.map((row) => [row.id, row.user]).sort(), wanted.sort());
  const kinds = [...new Set(rows.map((row) => [row.layout, ...row.codec].join(" ")))];
  check("list names the layout and how it was decoded", kinds, [`phpredis ${codec}`]);
  check("list gives the time left", rows, (list) =>
    list.every((row) => row.ttl_ms > (LIFETIME - 60) * 1000 && row.ttl_ms <= LIFETIME * 1000),
  );

  const one = await sessctlJson(t, "inspect", "--cookie", alice[0]);
  const line = { $class: "Line", sku: "tea", gift: false, count: 2 };
  check("inspect shows the data behind a cookie", one.data, {
    user_id: "alice",
    since: { $date: "2024-05-17T08:30:00+02:00" },
    cart: { lines: [line], last: line, total: 19.5, blob: { $bytes: "/wA=" } },
  });
  check("inspect says whose cookie it was", [one.user, one.cookie], ["alice", { verified: null, id: idOf(alice[0]) }]);
  check("and that nothing else ends with it", one.companions, []);

  const others = [...bob, anonymous];
  const ended = await sessctlJson(t, "purge", "--user", "alice", "--yes");
  check("purge --user ends both of her sessions", [ended.matched, ended.done, ended.keys_removed, ended.complete], [2, 2, 2, true]);
  check("she is logged out everywhere, the others are not", await everyone(app, all), [null, null, "bob", "bob", null]);
  check("what an anonymous visitor had is still there", (await (await app.get("/me", anonymous)).json()).visits, 1);
  check("the other keys are as they were", (await t.redis.keys("*")).sort(), others.map(keyOf).sort());

  const back = await sessctlJson(t, "undo", ended.run, "--yes");
  check("undo puts her sessions back", [back.done, back.failed], [2, 0]);
  check("her cookies work again", await everyone(app, all), ["alice", "alice", "bob", "bob", null]);
  check("with what they held", await sessctlJson(t, "inspect", "--cookie", alice[0]), (again) => same(again.data, one.data));
  return { alice, bob, anonymous };
}

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

await scenario("php-sessions", async (t) => {
  const codecs = {
    php: "php",
    php_binary: "php_binary",
    php_serialize: "php-serialize",
    igbinary: "igbinary",
    msgpack: "php-msgpack",
  };
  for (const [handler, codec] of Object.entries(codecs)) {
    const app = await application(t, { "session.serialize_handler": handler });
    await administered(t, handler, app, codec);
    await t.redis.flushAll();
  }

  for (const compression of ["LZF", "ZSTD", "LZ4"]) {
    const app = await application(t, { "session.serialize_handler": "php" }, { env: { COMPRESSION: compression } });
    await administered(t, compression, app, `${compression.toLowerCase()} php`);
    await t.redis.flushAll();
  }

  // --- locks: with a time limit the request checks that it still has its lock before it writes -------
  for (const [expire, writesBack] of [[0, true], [30, false]]) {
    const check = (text, ...rest) => t.check(`lock_expire=${expire}: ${text}`, ...rest);
    const expected = writesBack ? undefined : /Failed to (refresh session lock|write session data)/;
    const app = await application(t, { "redis.session.lock_expire": expire, max_execution_time: 0 }, { expected });
    const [alice, bob] = [await app.login("alice"), await app.login("bob")];
    const lock = `${keyOf(alice)}_LOCK`;
    const goOn = await app.slow(alice);
    check("a request in flight holds its lock", await t.redis.pTTL(lock), (ttl) => (expire ? ttl > 0 : ttl === -1));
    check("the lock is not a session", (await sessctlJson(t, "list")).map((row) => row.user).sort(), ["alice", "bob"]);
    const held = await sessctlJson(t, "inspect", "--cookie", alice);
    check("inspect shows the lock as what ends with the session", held.companions, [lock]);
    check("and can be read while the lock is held", [held.user, held.error], ["alice", null]);

    const ended = await sessctlJson(t, "purge", "--user", "alice", "--yes");
    check("purge ends session and lock", [ended.done, ended.keys_removed, await t.redis.exists([keyOf(alice), lock])], [1, 2, 0]);
    check("the request in flight ends as alice's", await goOn(), "alice");
    await eventually("the slow request is over", async () => (await t.redis.exists(lock)) === 0);
    check(writesBack ? "and wrote her login back" : "and had to leave her logged out", await app.who(alice), writesBack ? "alice" : null);
    check("bob has noticed nothing", await app.who(bob), "bob");

    // --- purge --verify: what is written back is ended once more ------------------------------------
    const late = await app.login("carol");
    const release = await app.slow(late);
    const watching = sessctlJson(t, "purge", "--user", "carol", "--yes", "--verify", "5s");
    await eventually("the session is ended", async () => (await t.redis.exists(keyOf(late))) === 0);
    check("carol's request in flight ends as hers", await release(), "carol");
    const watched = await watching;
    check("purge --verify ends what the request wrote back", [watched.done, watched.returned, watched.complete], [1, writesBack ? 1 : 0, true]);
    check("carol is logged out", [await app.who(late), await t.redis.exists(keyOf(late))], [null, 0]);
    check("bob is not", await app.who(bob), "bob");
    const back = await sessctlJson(t, "undo", watched.run, "--yes");
    check("undo of the watched run logs her in again", [back.done, await app.who(late)], [1, "carol"]);
    await t.redis.flushAll();
  }

  // --- a lock whose request died: the next one would wait for it and see an empty session -------------
  const app = await application(t, { "redis.session.lock_retries": 2, "redis.session.lock_wait_time": 1000 });
  const [dave, erin] = [await app.login("dave"), await app.login("erin")];
  for (const cookie of [dave, erin]) await t.redis.set(`${keyOf(cookie)}_LOCK`, "worker-3|4711");
  const ended = await sessctlJson(t, "purge", "--user", "dave", "--yes");
  t.check("a stale lock goes with its session, and with no other one", (await t.redis.keys("*")).sort(), [keyOf(erin), `${keyOf(erin)}_LOCK`].sort());
  await sessctlJson(t, "undo", ended.run, "--yes");
  t.check("undo puts the session back, and not the lock, which nobody would give up", [await app.who(dave), await t.redis.exists(`${keyOf(dave)}_LOCK`)], ["dave", 0]);

  // --- nobody's session: every visit without data makes one, and so does a browser that was logged out
  await t.redis.flushAll();
  const again = await application(t, { "session.serialize_handler": "php_serialize" });
  const frank = await again.login("frank");
  const gone = await sessctlJson(t, "purge", "--user", "frank", "--yes");
  await again.get("/nothing", frank);
  t.check("the browser begins anew under its old id", await t.redis.get(keyOf(frank)), "a:0:{}");
  const empty = await sessctlJson(t, "list");
  t.check("list shows the empty session as nobody's", empty.map((row) => [row.id, row.user, row.error]), [[idOf(frank), null, null]]);
  const refused = await sessctl(t, "undo", gone.run, "--yes", "-o", "json");
  t.check("undo leaves the session that is there now", [refused.json?.done, await t.redis.get(keyOf(frank))], [0, "a:0:{}"]);
  t.check("and counts it as changed since", refused.json?.changed, 1);
});
