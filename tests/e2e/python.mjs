// Applications on Django and Flask with their sessions in Redis: who is logged in, the session behind a
// browser's cookie, and that a purge logs out whom it names and nobody else. On Django's engine cached_db the
// cache alone does not, and says so; with the table beside it, it does.

import { join } from "node:path";

import { browsersOf, outcome, scenario, servePython, sessctl, sessctlJson, snapshot } from "./lib.mjs";

const application = async (t, script, env, name) => browsersOf(t, await servePython(t, script, env), name);

/** Two browsers of one user, one of another, and one that is nobody's. */
async function browsers(app, [first, second]) {
  return [await app.login(first), await app.login(first), await app.login(second), await app.visit()];
}

await scenario("python", async (t) => {
  const BUILT_IN = "django.core.cache.backends.redis.RedisCache";
  const DJANGO_REDIS = "django_redis.cache.RedisCache";
  const engine = (name) => `django.contrib.sessions.backends.${name}`;

  for (const [what, backend] of [["Django", BUILT_IN], ["Django on django-redis", DJANGO_REDIS]]) {
    const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
    await t.redis.flushDb();
    const name = what.replaceAll(" ", "-");
    const app = await application(t, "django_app.py", { BACKEND: backend, ENGINE: engine("cache"), NAME: name }, "sessionid");
    const all = await browsers(app, [1, 2]);
    const everyone = () => Promise.all(all.map(app.who));
    check("the application knows its users", await everyone(), [1, 1, 2, null]);
    await app.good("/work");
    const keys = all.map((cookie) => `shop:1:django.contrib.sessions.cache${cookie.split("=")[1]}`);
    const rows = await sessctlJson(t, "list");
    check("list shows each session with its user, and nothing of the cache",
      rows.map((row) => [row.key, row.layout, row.user]).sort(),
      keys.map((key, at) => [key, "django-cache", ["1", "1", "2", null][at]]).sort());
    check("who is nobody is known", (await sessctlJson(t, "list", "--anonymous")).map((row) => row.key), [keys[3]]);
    const one = await sessctlJson(t, "inspect", "--layout", "django-cache", "--prefix", "shop:1:django.contrib.sessions.cache", "--cookie", all[0], "--reveal");
    check("inspect finds the session behind a cookie", [one.key, one.user, one.data._auth_user_id], [keys[0], "1", "1"]);

    const beside = (await snapshot(t)).filter(([key]) => !keys.includes(key));
    check("the cache has its entries", beside.length, 2);
    const goOn = await app.slow(all[0]);
    const ended = await sessctlJson(t, "purge", "--user", "1", "--yes");
    check("purge --user ends both sessions", [ended.matched, ended.done, ended.keys_removed], [2, 2, 2]);
    check("a request in flight is refused", await goOn(), 400);
    check("she is logged out everywhere, the other is not", await everyone(), [null, null, 2, null]);
    check("and brings nothing back", await t.redis.exists(keys[0]), 0);
    check("the cache has not changed", (await snapshot(t)).filter(([key]) => !keys.includes(key)), beside);
    await sessctlJson(t, "undo", ended.run, "--yes");
    check("undo logs her in again", await everyone(), [1, 1, 2, null]);
  }

  {
    const check = (text, ...rest) => t.check(`Django, cached_db: ${text}`, ...rest);
    await t.redis.flushDb();
    const app = await application(t, "django_app.py", { BACKEND: BUILT_IN, ENGINE: engine("cached_db"), NAME: "db" }, "sessionid");
    const all = await browsers(app, [1, 2]);
    const everyone = () => Promise.all(all.map(app.who));
    const keys = all.map((cookie) => `shop:1:django.contrib.sessions.cached_db${cookie.split("=")[1]}`);
    check("list shows each session",
      (await sessctlJson(t, "list")).map((row) => [row.key, row.layout, row.user]).sort(),
      keys.map((key, at) => [key, "django-cached-db", ["1", "1", "2", null][at]]).sort());
    const alone = await sessctl(t, "purge", "--user", "1", "--yes");
    check("the keys end", [outcome(alone).code, await t.redis.exists(keys.slice(0, 2))], [0, 0]);
    check("it is said that this logs nobody out", alone.stderr, (text) => /django_session/.test(text));
    check("and so it is: SQL has them", [await everyone(), await t.redis.exists(keys.slice(0, 2))], [[1, 1, 2, null], 2]);

    // The cache and the table as one.
    const both = (...args) => sessctlJson(t, "--store", `sqlite:${join(t.dir, "db.sqlite")}`, ...args);
    check("with the table beside it list shows rows and copies",
      (await both("list")).map((row) => [row.layout, row.user]).sort(),
      ["django-cached-db", "django-db"].flatMap((layout) => [null, "1", "1", "2"].map((user) => [layout, user])).sort());
    const ended = await both("purge", "--user", "1", "--yes");
    check("purge --user ends both", [ended.matched, ended.done, ended.complete], [4, 4, true]);
    check("and logs her out everywhere, the other not", await everyone(), [null, null, 2, null]);
    await both("undo", ended.run, "--yes");
    check("undo logs her in again", await everyone(), [1, 1, 2, null]);
    const goOn = await app.slow(all[0]);
    await both("purge", "--user", "1", "--yes");
    check("a request in flight is refused", await goOn(), 400);
    check("and brings nothing back", [await everyone(), await t.redis.exists(keys.slice(0, 2))], [[null, null, 2, null], 0]);
  }

  for (const [what, env] of [["MessagePack", {}], ["signed cookies", { SIGNER: "1" }], ["JSON", { FORMAT: "json" }]]) {
    const check = (text, ...rest) => t.check(`Flask-Session, ${what}: ${text}`, ...rest);
    await t.redis.flushDb();
    const app = await application(t, "flask_app.py", env, "session");
    const all = await browsers(app, ["alice", "bob"]);
    const everyone = () => Promise.all(all.map(app.who));
    check("the application knows its users", await everyone(), ["alice", "alice", "bob", null]);
    await app.good("/work", all[2]);
    const ids = all.map((cookie) => cookie.split("=")[1].split(".")[0]);
    const keys = ids.map((id) => `shop:session:${id}`);
    check("list shows each session with its user, and nothing else",
      (await sessctlJson(t, "list")).map((row) => [row.key, row.layout, row.user]).sort(),
      keys.map((key, at) => [key, "flask-session", ["alice", "alice", "bob", null][at]]).sort());
    const one = await sessctlJson(t, "inspect", "--layout", "flask-session", "--prefix", "shop:session:", "--cookie", all[0]);
    check("inspect finds the session behind a cookie", [one.key, one.user, one.data.cart], [keys[0], "alice", [{ sku: "tea" }]]);

    const beside = (await snapshot(t)).filter(([key]) => !keys.includes(key));
    check("other keys are there", beside.length, 3);
    const goOn = await app.slow(all[0]);
    const ended = await sessctlJson(t, "purge", "--user", "alice", "--yes");
    check("purge --user ends both sessions", [ended.matched, ended.done, ended.keys_removed], [2, 2, 2]);
    await goOn();
    check("a request in flight brings its session back, as the note says", await everyone(), ["alice", null, "bob", null]);
    await sessctlJson(t, "purge", "--user", "alice", "--yes");
    check("the next purge is the last", await everyone(), [null, null, "bob", null]);
    check("other keys have not changed", (await snapshot(t)).filter(([key]) => beside.some(([one]) => one === key)), beside);
  }
});
