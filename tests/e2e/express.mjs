// A real Express application (express-session, connect-redis, passport) used over HTTP, then
// administered with sessctl: what an operator sees and ends must be what the application's users feel.

import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";
import { cookieOf, eventually, outcome, scenario, serve, sessctl, sessctlJson, snapshot } from "./lib.mjs";

const SECRET = "a secret of the end-to-end test";
const COOKIE = "connect.sid";

function application(client) {
  passport.use(new Strategy((name, password, done) => done(null, password === `${name}-password` ? { name } : false)));
  passport.serializeUser((user, done) => done(null, user.name));
  passport.deserializeUser((name, done) => done(null, { name }));

  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(
    session({
      store: new RedisStore({ client }),
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 3_600_000 },
    }),
  );
  app.use(passport.initialize());
  app.use(passport.session());
  app.get("/visit", (request, response) => {
    request.session.visits = (request.session.visits ?? 0) + 1;
    response.json({ visits: request.session.visits });
  });
  app.post("/login", passport.authenticate("local"), (request, response) => response.json({ user: request.user.name }));
  // A request that takes its time: it has its session, and writes it once somebody lets it go on.
  app.get("/slow", async (request, response) => {
    await new Promise((goOn) => (app.locals.goOn = goOn));
    request.session.cart = "filled meanwhile";
    response.json({ user: request.user?.name ?? null });
  });
  app.post("/go-on", (request, response) => {
    app.locals.goOn();
    response.json({});
  });
  app.get("/me", (request, response) => response.json({ user: request.user?.name ?? null }));
  return app;
}

await scenario("express", async (t) => {
  const app = application(t.redis);
  const url = await serve(t, createServer(app));
  const login = async (name) => {
    const body = new URLSearchParams({ username: name, password: `${name}-password` });
    const response = await fetch(`${url}/login`, { method: "POST", body });
    if (response.status !== 200) throw new Error(`login of ${name}: HTTP ${response.status}`);
    return cookieOf(response, COOKIE);
  };
  const whoIs = async (cookie) => (await (await fetch(`${url}/me`, { headers: { cookie } })).json()).user;
  const idOf = (cookie) => decodeURIComponent(cookie.slice(COOKIE.length + 1)).slice("s:".length).split(".")[0];

  const alice = [await login("alice"), await login("alice")];
  const bob = await login("bob");
  const anonymous = cookieOf(await fetch(`${url}/visit`), COOKIE);
  await t.redis.set("cache:x", "not a session");
  t.check("the application knows its users", await Promise.all([...alice, bob, anonymous].map(whoIs)), [
    "alice",
    "alice",
    "bob",
    null,
  ]);

  // --- list: the four sessions, nothing else -----------------------------------------------------
  const rows = await sessctlJson(t, "list");
  const wanted = [
    [idOf(alice[0]), "alice"],
    [idOf(alice[1]), "alice"],
    [idOf(bob), "bob"],
    [idOf(anonymous), null],
  ];
  t.check("list shows each session with its user", rows.map((row) => [row.id, row.user]).sort(), wanted.sort());
  t.check("list names the layout", [...new Set(rows.map((row) => row.layout))], ["connect-redis"]);
  t.check("list gives the keys", rows.every((row) => row.key === `sess:${row.id}`));
  t.check("list gives the time left", rows, (all) => all.every((row) => row.ttl_ms > 3_500_000 && row.ttl_ms <= 3_600_000));
  t.check("list gives the memory", rows, (all) => all.every((row) => row.bytes > 100));

  // --- inspect by the browser's cookie -----------------------------------------------------------
  const value = bob.slice(COOKIE.length + 1);
  for (const [form, text] of [
    ["the value as sent", value],
    ["the value decoded", decodeURIComponent(value)],
    ["name=value", bob],
  ]) {
    const one = await sessctlJson(t, "inspect", "--cookie", text);
    t.check(`inspect finds the session behind a cookie (${form})`, [one.id, one.user, one.layout], [
      idOf(bob),
      "bob",
      "connect-redis",
    ]);
    t.check(`inspect says that no secret was given (${form})`, one.cookie, { verified: null, id: idOf(bob) });
    t.check(`inspect shows the decoded data (${form})`, one.data?.passport, { user: "bob" });
  }

  const config = join(t.dir, "config.toml");
  await writeFile(
    config,
    [
      "[profiles.app]",
      `store = "${t.store}"`,
      'layout = "connect-redis"',
      `options = { cookie_secret = "${SECRET}" }`,
      "",
    ].join("\n"),
  );
  const profile = ["--config", config, "--profile", "app"];
  const signed = await sessctlJson(t, ...profile, "inspect", "--cookie", value, { bare: true });
  t.check("inspect verifies the signature with the profile's secret", signed.cookie, { verified: true, id: idOf(bob) });

  const dot = value.lastIndexOf(".") + 1;
  const forged = value.slice(0, dot) + (value[dot] === "A" ? "B" : "A") + value.slice(dot + 1);
  t.check("the application refuses a false signature", await whoIs(`${COOKIE}=${forged}`), null);
  const unsigned = await sessctl(t, ...profile, "inspect", "--cookie", forged, "-o", "json", { bare: true });
  t.check("inspect reports a false signature", unsigned.json?.cookie ?? outcome(unsigned), { verified: false, id: idOf(bob) });

  // --- purge: refused, shown, done ---------------------------------------------------------------
  const before = await snapshot(t);
  const refused = await sessctl(t, "purge", "--user", "alice");
  t.check("purge without a terminal and without --yes is refused", outcome(refused), (run) => run.code === 5);
  t.check("the refusal changed nothing", await snapshot(t), before);

  const shown = await sessctl(t, "purge", "--user", "alice", "--dry-run");
  t.check("purge --dry-run succeeds", outcome(shown), (run) => run.code === 0);
  t.check("purge --dry-run changed nothing", await snapshot(t), before);

  const everything = await sessctl(t, "purge", "--yes");
  t.check("purge without a filter is a usage error", outcome(everything), (run) => run.code === 2);
  t.check("and changed nothing", await snapshot(t), before);

  const report = await sessctlJson(t, "purge", "--user", "alice", "--yes");
  const { matched, done, gone, changed, failed, keys_removed, dry_run, complete } = report;
  t.check(
    "purge --user alice reports what it did",
    { matched, done, gone, changed, failed, keys_removed, dry_run, complete },
    { matched: 2, done: 2, gone: 0, changed: 0, failed: 0, keys_removed: 2, dry_run: false, complete: true },
  );
  t.check("alice is logged out everywhere, bob is not", await Promise.all([...alice, bob].map(whoIs)), [null, null, "bob"]);
  t.check("the other keys are as they were", (await t.redis.keys("*")).sort(), [
    "cache:x",
    `sess:${idOf(anonymous)}`,
    `sess:${idOf(bob)}`,
  ].sort());
  t.check("a foreign key is untouched", await t.redis.get("cache:x"), "not a session");

  const again = await sessctlJson(t, "purge", "--user", "alice", "--yes");
  t.check("purging what is not there is nothing to do", [again.matched, again.done], [0, 0]);

  // --- purge --verify: a request in flight writes its session back -------------------------------
  const late = await login("alice");
  const slow = fetch(`${url}/slow`, { headers: { cookie: late } });
  await eventually("the request has its session", () => app.locals.goOn);
  const watching = sessctlJson(t, "purge", "--user", "alice", "--yes", "--verify", "5s");
  await eventually("the session is ended", async () => (await t.redis.exists(`sess:${idOf(late)}`)) === 0);
  await fetch(`${url}/go-on`, { method: "POST" });
  t.check("the request in flight ends as alice's", (await (await slow).json()).user, "alice");
  const watched = await watching;
  t.check("purge --verify ends again what the request wrote back", watched, (run) => run.done === 1 && run.returned === 1 && run.complete);
  t.check("alice is logged out", await whoIs(late), null);
  t.check("and her session is gone", await t.redis.exists(`sess:${idOf(late)}`), 0);

  // --- undo: the cookie works again --------------------------------------------------------------
  const standing = await snapshot(t);
  const ended = await sessctlJson(t, "purge", "--user", "bob", "--yes");
  t.check("bob is logged out", await whoIs(bob), null);
  const back = await sessctlJson(t, "undo", ended.run, "--yes");
  t.check("undo puts his session back", back.done, 1);
  t.check("every key is as it was, to the byte and the millisecond", await snapshot(t), standing);
  t.check("his cookie works again", await whoIs(bob), "bob");
});
