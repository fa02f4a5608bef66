// The library redis-sessions, called as an application would: it keeps four indexes beside each session
// and answers from them, so a purge that forgets one is seen in its own counts.

import RedisSessions from "redis-sessions";
import { outcome, scenario, sessctl, sessctlJson, snapshot } from "./lib.mjs";

await scenario("redis-sessions", async (t) => {
  const Library = RedisSessions.default ?? RedisSessions;
  const sessions = new Library({ options: { socket: { path: t.socket } }, wipe: 0 });
  t.cleanup(() => sessions.quit());

  const create = async (app, id) => (await sessions.create({ app, id, ip: "192.0.2.10", ttl: 3600, d: { theme: "dark" } })).token;
  const who = async (app, token) => (await sessions.get({ app, token }))?.id ?? null;
  const counted = async (app, id) => (await sessions.soid({ app, id })).sessions.length;
  const active = async (app) => (await sessions.activity({ app, deltaTime: 600 })).activity;
  /** The entries of all index keys, to see that none of them names a session that is gone. */
  const indexed = async () => {
    const keys = (await t.redis.keys("rs:*")).sort();
    const entries = await Promise.all(
      keys.map(async (key) => {
        const type = await t.redis.type(key);
        if (type === "set") return [key, (await t.redis.sMembers(key)).sort()];
        if (type === "zset") return [key, (await t.redis.zRange(key, 0, -1)).sort()];
        return null;
      }),
    );
    return Object.fromEntries(entries.filter(Boolean));
  };

  const forum = [await create("forum", "alice"), await create("forum", "alice")];
  const shop = await create("shop", "alice");
  const bob = await create("forum", "bob");
  await t.redis.set("cache:x", "not a session");
  t.check("the library counts alice's sessions", [await counted("forum", "alice"), await counted("shop", "alice")], [2, 1]);

  const rows = await sessctlJson(t, "list");
  const wanted = [...forum, shop].map((token) => [token, "alice"]).concat([[bob, "bob"]]);
  t.check("list shows each session with its user", rows.map((row) => [row.id, row.user]).sort(), wanted.sort());
  t.check("list names the layout", [...new Set(rows.map((row) => row.layout))], ["redis-sessions"]);

  const before = await snapshot(t);
  const shown = await sessctl(t, "purge", "--user", "alice", "--dry-run");
  t.check("purge --dry-run succeeds", outcome(shown), (run) => run.code === 0);
  t.check("purge --dry-run changed nothing", await snapshot(t), before);

  const single = await sessctlJson(t, "purge", forum[0], "--yes");
  t.check("purge of one session reports it", [single.matched, single.done, single.failed], [1, 1, 0]);
  t.check("that session is gone, the other is not", [await who("forum", forum[0]), await who("forum", forum[1])], [null, "alice"]);
  t.check("the library counts one less", await counted("forum", "alice"), 1);
  t.check("no index names it", JSON.stringify(await indexed()).includes(forum[0]), false);
  t.check("alice is still an active user", await active("forum"), 2);

  const report = await sessctlJson(t, "purge", "--user", "alice", "--yes");
  t.check("purge of the user reports both applications", [report.matched, report.done, report.failed], [2, 2, 0]);
  t.check("the library counts none of alice", [await counted("forum", "alice"), await counted("shop", "alice")], [0, 0]);
  t.check("alice is no active user any more", [await active("forum"), await active("shop")], [1, 0]);
  t.check("bob's session works", await who("forum", bob), "bob");
  t.check("the indexes name bob's session and nothing else", await indexed(), {
    "rs:SESSIONS": [`forum:${bob}:bob`],
    "rs:forum:_sessions": [`${bob}:bob`],
    "rs:forum:_users": ["bob"],
    "rs:forum:us:bob": [bob],
  });
  t.check("a foreign key is untouched", await t.redis.get("cache:x"), "not a session");
});
