// Applications that keep their sessions in PostgreSQL and MariaDB: Express, Django and Laravel. Who is logged in, the
// session behind a cookie, and that a purge logs out whom it names, and undo logs in again. What a request in flight
// does to the row depends on the store, and is what the note behind the purge says.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";

import pgSimple from "connect-pg-simple";
import express from "express";
import mysqlSession from "express-mysql-session";
import session from "express-session";
import mysql from "mysql2/promise";
import passport from "passport";
import pg from "pg";

import { browsersOf, eventually, outcome, profile, scenario, serve, servePhp, servePython, sessctl, sessctlJson } from "./lib.mjs";
import { mariadb, postgres } from "./servers.mjs";

const SECRET = "a secret of the end-to-end test";

passport.serializeUser((user, done) => done(null, user.name));
passport.deserializeUser((name, done) => done(null, { name }));

/** An application on Express whose sessions are in `store`. */
function application(t, store) {
  const app = express();
  app.use(session({ store, secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: 3_600_000 } }));
  app.use(passport.initialize());
  app.use(passport.session());
  const who = (request, response) => response.json({ user: request.user?.name ?? null });
  app.get("/login", (request, response, next) =>
    request.login({ name: request.query.user }, (error) => (error ? next(error) : who(request, response))));
  app.get("/visit", (request, response) => {
    request.session.cart = ["tea"];
    who(request, response);
  });
  // A request that takes its time: it has its session, and writes it once somebody lets it go on.
  app.get("/slow", async (request, response) => {
    await writeFile(join(t.dir, "started"), "");
    await eventually("the request may go on", () => existsSync(join(t.dir, "go-on")));
    request.session.cart = ["filled meanwhile"];
    who(request, response);
  });
  app.get("/me", who);
  return app;
}

/**
 * Logs in, lists, inspects by cookie, ends, brings back; then ends under a request in flight. `inFlight` is what that
 * request is answered, whether the session is there again behind it, and what the purge says of it.
 */
async function administered(t, what, app, { layout, users: [first, second], options, inFlight }) {
  const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
  const all = [await app.login(first), await app.login(first), await app.login(second), await app.visit()];
  const users = [first, first, second, null];
  const names = users.map((user) => user?.toString() ?? null);
  const everyone = () => Promise.all(all.map(app.who));
  check("the application knows its users", await everyone(), users);

  const rows = await sessctlJson(t, "list");
  check("list shows each session with its user", rows.map((row) => [row.layout, row.user]).sort(), names.map((name) => [layout, name]).sort());
  check("list gives the time left, whatever zone the database is in", rows.map((row) => row.ttl_ms), (left) =>
    left.every((ms) => ms > 3_500_000 && ms <= 14 * 86_400_000 && (layout === "django-db" || ms <= 7_200_000)));
  const chosen = await profile(t, "shop", layout, options);
  // Of sealed sessions only the key tells.
  const nobody = await sessctlJson(t, ...chosen, "list", "--anonymous", { bare: true });
  check("list knows who is nobody", nobody.map((row) => row.user), [null]);
  const found = await Promise.all(all.map((cookie) => sessctlJson(t, ...chosen, "inspect", "--cookie", cookie, { bare: true })));
  check("inspect finds the session behind each cookie", found.map((one) => [one.id, one.user]).sort(), rows.map((row) => [row.id, row.user]).sort());
  check("to each browser its own", found.map((one) => one.user), names);
  check("inspect verifies signed cookies", found.map((one) => one.cookie.verified), all.map(() => (layout === "django-db" ? null : true)));

  const looked = outcome(await sessctl(t, "purge", "--user", names[0], "--dry-run"));
  check("a dry run changes nothing", [looked.code, await everyone()], [0, users]);
  const ended = await sessctlJson(t, "purge", "--user", names[0], "--yes");
  check("purge --user ends both sessions", [ended.matched, ended.done, ended.complete], [2, 2, true]);
  check("their rows are gone", (await sessctlJson(t, "list", "--user", names[0])).length, 0);
  const back = await sessctlJson(t, "undo", ended.run, "--yes");
  check("undo puts both back", [back.done, back.failed], [2, 0]);
  check("and she is logged in as before", await everyone(), users);

  const goOn = await app.slow(all[0]);
  const run = await sessctl(t, "purge", "--user", names[0], "--yes");
  check("purge ends both under a request in flight", [run.code, (await sessctlJson(t, "list", "--user", names[0])).length], [0, 0]);
  check("and says what that may do", run.stderr, (text) => /request in flight/.test(text) === inFlight.back);
  check("it is answered", await goOn(), inFlight.answer);
  check("its session is there again, or not", (await sessctlJson(t, "list", "--user", names[0])).length, inFlight.back ? 1 : 0);
  if (inFlight.back) {
    check("with its login, as the note says", await everyone(), [first, null, second, null]);
    await sessctlJson(t, "purge", "--user", names[0], "--yes");
  }
  check("she is logged out everywhere, the other is not", await everyone(), [null, null, second, null]);
}

await scenario("databases", async (t) => {
  const [shop, store] = await Promise.all([mariadb(t), postgres(t)]);
  const onPostgres = { ...t, store: store.store };
  const onMaria = { ...t, store: shop.store };
  const inExpress = { users: ["alice", "bob"], options: { cookie_secret: SECRET } };

  {
    const pool = new pg.Pool(store.where);
    pool.on("error", () => {});
    t.cleanup(() => pool.end());
    const sessions = new (pgSimple(session))({ pool, createTableIfMissing: true, pruneSessionInterval: false });
    const app = browsersOf(t, await serve(t, createServer(application(t, sessions))), "connect.sid");
    await administered(onPostgres, "Express, PostgreSQL", app, {
      layout: "connect-pg-simple", ...inExpress, inFlight: { answer: "alice", back: true },
    });
    await store.client.query("DROP TABLE session");
  }
  {
    const pool = mysql.createPool(shop.where);
    const sessions = new (mysqlSession(session))({ clearExpired: false, endConnectionOnClose: false }, pool);
    t.cleanup(() => pool.end());
    await sessions.onReady();
    const app = browsersOf(t, await serve(t, createServer(application(t, sessions))), "connect.sid");
    await administered(onMaria, "Express, MariaDB", app, {
      layout: "express-mysql-session", ...inExpress, inFlight: { answer: "alice", back: true },
    });
    await shop.client.query("DROP TABLE shop.sessions");
  }
  {
    const url = await servePython(t, "django_app.py", {
      BACKEND: "django.core.cache.backends.locmem.LocMemCache",
      ENGINE: "django.contrib.sessions.backends.db",
      NAME: "postgres",
      PGHOST: store.where.host,
    });
    await administered(onPostgres, "Django, PostgreSQL", browsersOf(t, url, "sessionid"), {
      layout: "django-db", users: [1, 2], options: {}, inFlight: { answer: 400, back: false },
    });
  }
  {
    const key = `base64:${randomBytes(32).toString("base64")}`;
    for (const sealed of [false, true]) {
      const url = await servePhp(t, "laravel.php", {
        env: { APP_KEY: key, SESSION_DRIVER: "database", DB_SOCKET: shop.where.socketPath, ...(sealed ? { SESSION_ENCRYPT: "1" } : {}) },
      });
      await administered(onMaria, `Laravel, MariaDB${sealed ? ", sealed" : ""}`, browsersOf(t, url, "laravel_session"), {
        layout: "laravel-database", users: [41, 42], options: { app_key: key }, inFlight: { answer: 41, back: false },
      });
      await shop.client.query("TRUNCATE shop.sessions");
    }
  }
});
