// Applications that keep their sessions in PostgreSQL and MariaDB: Express, Django, Flask and Laravel. Who is logged in, the
// session behind a cookie, and that a purge logs out whom it names, and undo logs in again. What a request in flight
// does to the row depends on the store, and is what the note behind the purge says.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

import pgSimple from "connect-pg-simple";
import mysqlSession from "express-mysql-session";
import session from "express-session";
import mysql from "mysql2/promise";
import pg from "pg";

import { administered } from "./administered.mjs";
import { expressApp, SECRET } from "./express-app.mjs";
import { browsersOf, scenario, serve, servePhp, servePython } from "./lib.mjs";
import { mariadb, postgres } from "./servers.mjs";

await scenario("databases", async (t) => {
  const [shop, store] = await Promise.all([mariadb(t), postgres(t)]);
  const onPostgres = { ...t, store: store.store };
  const onMaria = { ...t, store: shop.store };
  const inExpress = { users: ["alice", "bob"], options: { cookie_secret: SECRET }, verified: true, lifetime: 3600 };

  {
    const pool = new pg.Pool(store.where);
    pool.on("error", () => {});
    t.cleanup(() => pool.end());
    const sessions = new (pgSimple(session))({ pool, createTableIfMissing: true, pruneSessionInterval: false });
    const app = browsersOf(t, await serve(t, createServer(expressApp(t, sessions))), "connect.sid");
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
    const app = browsersOf(t, await serve(t, createServer(expressApp(t, sessions))), "connect.sid");
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
      layout: "django-db", users: [1, 2], options: {}, verified: null, lifetime: 14 * 86_400, inFlight: { answer: 400, back: false },
    });
    await store.client.query("TRUNCATE django_session");
  }
  for (const env of [{}, { FORMAT: "json" }]) {
    const url = await servePython(t, "flask_app.py", { ...env, DATABASE_URL: `postgresql+psycopg://postgres@/postgres?host=${store.where.host}` });
    await administered(onPostgres, `Flask-Session, PostgreSQL${env.FORMAT ? ", JSON" : ""}`, browsersOf(t, url, "session"), {
      layout: "flask-session-sqlalchemy", users: ["alice", "bob"], options: { prefix: "shop:session:" }, verified: null, lifetime: 31 * 86_400,
      inFlight: { answer: "alice", back: true },
    });
    await store.client.query("TRUNCATE sessions");
  }
  {
    const key = `base64:${randomBytes(32).toString("base64")}`;
    for (const sealed of [false, true]) {
      const url = await servePhp(t, "laravel.php", {
        env: { APP_KEY: key, SESSION_DRIVER: "database", DB_SOCKET: shop.where.socketPath, ...(sealed ? { SESSION_ENCRYPT: "1" } : {}) },
      });
      await administered(onMaria, `Laravel, MariaDB${sealed ? ", sealed" : ""}`, browsersOf(t, url, "laravel_session"), {
        layout: "laravel-database", users: [41, 42], options: { app_key: key }, verified: true, lifetime: 7200, inFlight: { answer: 41, back: false },
      });
      await shop.client.query("TRUNCATE shop.sessions");
    }
  }
});
