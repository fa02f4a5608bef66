// An application on Laravel's own components: session through the cache store, cookies and, where
// configured, sessions sealed by its encrypter. What the application key opens, what it does not, and
// that the application's cache and queue in the same database stay when its sessions are ended.

import { randomBytes } from "node:crypto";
import { cookieOf, eventually, outcome, profile, scenario, servePhp, sessctl, sessctlJson, slowly, snapshot } from "./lib.mjs";

const COOKIE = "laravel_session";
const PREFIX = "laravel_database_laravel_cache:";
const GUARD = "login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d";
const newKey = () => `base64:${randomBytes(32).toString("base64")}`;

async function application(t, env) {
  const url = await servePhp(t, "laravel.php", { env });
  const get = async (path, cookie) => {
    const response = await fetch(`${url}${path}`, { headers: cookie ? { cookie } : {} });
    if (response.status !== 200) throw new Error(`${path}: HTTP ${response.status}: ${await response.text()}`);
    return response;
  };
  const name = env.SESSION_COOKIE ?? COOKIE;
  return {
    get,
    login: async (user) => cookieOf(await get(`/login?user=${user}`), name),
    visit: async () => cookieOf(await get("/visit"), name),
    slow: (cookie) => slowly(t, () => get("/slow", cookie)),
    who: async (cookie) => (await (await get("/me", cookie)).json()).user,
  };
}

await scenario("laravel", async (t) => {
  const key = newKey();
  const bare = { bare: true };
  const right = await profile(t, "right", "laravel", { app_key: key });

  for (const [what, env] of [
    ["plain", {}],
    ["sealed", { SESSION_ENCRYPT: "1" }],
    ["plain, Predis", { REDIS_CLIENT: "predis" }],
  ]) {
    const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
    const app = await application(t, { APP_KEY: key, ...env });
    const alice = [await app.login(41), await app.login(41)];
    const bob = [await app.login(42), await app.login(42)];
    const anonymous = await app.visit();
    const all = [...alice, ...bob, anonymous];
    const everyone = () => Promise.all(all.map(app.who));
    check("the application knows its users", await everyone(), [41, 41, 42, 42, null]);

    // What the application keeps beside its sessions, at the request of a browser whose session goes again.
    const worker = cookieOf(await app.get("/work"), COOKIE);
    const idOf = async (cookie) => (await sessctlJson(t, ...right, "cookie", cookie, bare))[0]?.id;
    const keyOf = async (cookie) => PREFIX + (await idOf(cookie));
    await t.redis.del(await keyOf(worker));
    const sessions = await Promise.all(all.map(keyOf));
    const beside = (await t.redis.keys("*")).filter((one) => !sessions.includes(one)).sort();
    check("cache, limiter, lock and queue are there", beside.length, (many) => many >= 9);
    const stand = (await snapshot(t)).filter(([one]) => beside.includes(one));
    const unharmed = async () => (await snapshot(t)).filter(([one]) => beside.includes(one));

    // --- list and inspect ------------------------------------------------------------------------
    const rows = await sessctlJson(t, ...right, "list", "--layout", "laravel", bare);
    check("list shows each session with its user, and nothing of the cache",
      rows.map((row) => [row.key, row.user]).sort(),
      sessions.map((one, at) => [one, ["41", "41", "42", "42", null][at]]).sort(),
    );
    check("list gives the time left", rows, (list) => list.every((row) => row.ttl_ms > 7_100_000 && row.ttl_ms <= 7_200_000));
    await app.get("/flash", alice[0]);
    const one = await sessctlJson(t, ...right, "inspect", "--cookie", alice[0], "--reveal", bare);
    check("inspect opens the cookie with the application's key", [one.key, one.user, one.cookie.verified], [sessions[0], "41", true]);
    check("and shows what the session holds", [one.data[GUARD], one.data.status, one.data.cart], [
      41,
      "Saved.",
      { items: [{ sku: "tea", at: { $date: "2024-05-17T08:30:00Z" } }] },
    ]);
    check("inspect says how it was decoded", one.codec, (codec) => codec.includes("laravel-encrypted") === Boolean(env.SESSION_ENCRYPT));

    // --- the key: wrong, missing, rotated; a cookie of another name or another application --------
    const cookieWith = async (options, cookie = alice[0], name = "other") =>
      sessctl(t, ...(await profile(t, name, "laravel", options)), "inspect", "--cookie", cookie, "-o", "json", bare);
    const wrong = await cookieWith({ app_key: newKey() });
    check("a wrong key is said plainly", outcome(wrong), (run) => run.code === 1 && /cannot be opened with app_key: another key/.test(run.stderr));
    check("without saying the key or the cookie", wrong.stderr, (text) => !text.includes(alice[0].slice(COOKIE.length + 30)));
    const missing = await cookieWith({});
    check("a missing key is said plainly", outcome(missing), (run) => run.code === 1 && /app_key is needed/.test(run.stderr));
    const rotated = await cookieWith({ app_key: newKey(), previous_keys: [newKey(), key] });
    check("a key before the present one opens it", [rotated.json?.key, rotated.json?.user, rotated.json?.cookie?.verified], [sessions[0], "41", true]);
    const renamed = await cookieWith({ app_key: key }, alice[0].replace(COOKIE, "shop_session"));
    check("a cookie under another name is said plainly", outcome(renamed), (run) => run.code === 1 && run.stderr.includes(`no cookie named ${COOKIE}`));
    const twin = await application(t, { APP_KEY: key, ...env, SESSION_COOKIE: "shop_session" });
    const bareValue = (await twin.login(41)).slice("shop_session=".length);
    const named = await cookieWith({ app_key: key }, bareValue);
    check("and so is one that was made for another name with the same key", outcome(named), (run) => run.code === 7 && /cookie of another name/.test(run.stderr));
    check("its check fails", named.json?.cookie?.verified, false);
    const spoilt = await cookieWith({ app_key: "base64:c2hvcnQ=" });
    check("what cannot be a key is said plainly", outcome(spoilt), (run) => run.code === 1 && /app_key holds no key/.test(run.stderr));
    const foreign = await application(t, { APP_KEY: newKey(), ...env, SESSION_COOKIE: "shop_session" });
    const theirs = await foreign.visit();
    for (const cookie of [theirs, theirs.replace("shop_session", COOKIE)]) {
      const other = await cookieWith({ app_key: key }, cookie);
      check("a cookie of another application is said plainly", outcome(other), (run) => run.code === 1 && /no cookie named|cannot be opened with app_key/.test(run.stderr));
    }
    await t.redis.del((await t.redis.keys(`${PREFIX}*`)).filter((found) => !sessions.includes(found) && !beside.includes(found)));

    const locked = await sessctlJson(t, ...(await profile(t, "locked", "laravel", { app_key: newKey() })), "list", bare);
    if (env.SESSION_ENCRYPT) {
      check("with a wrong key the sessions are rows without a user", locked.map((row) => row.user), Array(5).fill(null));
      check("that say why", [...new Set(locked.map((row) => row.error))], [
        "laravel-encrypted: neither app_key nor previous_keys opens it: another key sealed it, or it was altered",
      ]);
      const unkeyed = await sessctlJson(t, "list", "--layout", "laravel");
      check("and without one that they need it", [...new Set(unkeyed.map((row) => row.error))], [
        "laravel-encrypted: the session is sealed (session.encrypt); the option app_key is needed to read it",
      ]);
      const older = await profile(t, "older", "laravel", { app_key: newKey(), previous_keys: key });
      const opened = await sessctlJson(t, ...older, "list", bare);
      check("a key before the present one reads them", opened.map((row) => row.user).sort(), ["41", "41", "42", "42", null]);
    } else {
      check("sessions that are not sealed need no key", locked.map((row) => row.user).sort(), ["41", "41", "42", "42", null]);
    }

    // --- purge and undo ----------------------------------------------------------------------------
    const ended = await sessctlJson(t, ...right, "purge", "--user", "41", "--yes", bare);
    check("purge --user ends both sessions", [ended.matched, ended.done, ended.keys_removed], [2, 2, 2]);
    check("the other keys are as they were", (await t.redis.keys("*")).sort(), [...beside, ...sessions.slice(2)].sort());
    const back = await sessctlJson(t, ...right, "undo", ended.run, "--yes", bare);
    check("undo logs her in again", [back.done, await everyone()], [2, [41, 41, 42, 42, null]]);
    await sessctlJson(t, ...right, "purge", "--user", "41", "--yes", bare);
    check("she is logged out everywhere, the others are not", await everyone(), [null, null, 42, 42, null]);
    check("cache and queue have not changed", await unharmed(), stand);

    // --- purge --verify: Laravel writes at the end of every request ------------------------------
    const release = await app.slow(bob[0]);
    const watching = sessctlJson(t, ...right, "purge", "--user", "42", "--yes", "--verify", "3s", bare);
    await eventually("bob's sessions are ended", async () => (await t.redis.exists(sessions.slice(2, 4))) === 0);
    check("the request in flight ends as bob's", await release(), 42);
    const watched = await watching;
    check("purge --verify ends what it wrote back", [watched.done, watched.returned, watched.complete], [2, 1, true]);
    check("and bob has no session", await t.redis.exists(sessions.slice(2, 4)), 0);
    const restored = await sessctlJson(t, ...right, "undo", watched.run, "--yes", bare);
    check("undo of the watched run logs him in again", [restored.done, await everyone()], [2, [null, null, 42, 42, null]]);

    // --- clear -------------------------------------------------------------------------------------
    const shown = await sessctl(t, "clear", "--layout", "laravel", "--dry-run");
    const many = new RegExp(`\\b${beside.length} other keys`);
    check("clear --dry-run says how many other keys stay", outcome(shown), (run) => run.code === 0 && many.test(run.stderr));
    const cleared = await sessctl(t, "clear", "--layout", "laravel", "--yes");
    check("clear ends the sessions", outcome(cleared), (run) => run.code === 0);
    check("and says that the other keys stay, and how many", outcome(cleared), (run) => many.test(run.stderr));
    check("which is so", (await t.redis.keys("*")).sort(), beside);
    check("to the byte and the millisecond", await unharmed(), stand);
    check("everybody is logged out", await everyone(), [null, null, null, null, null]);
    await t.redis.flushAll();
  }
});
