// Applications that keep their sessions in Memcached: PHP, Laravel, Express, Django and Flask. Who is logged in, the
// session behind a cookie, and that a purge logs out whom it names, and undo logs in again.

import { randomBytes } from "node:crypto";
import { symlink } from "node:fs/promises";
import { createServer } from "node:http";

import connectMemcached from "connect-memcached";
import session from "express-session";

import { administered } from "./administered.mjs";
import { expressApp, SECRET } from "./express-app.mjs";
import { browsersOf, scenario, serve, servePhp, servePython } from "./lib.mjs";
import { memcached } from "./servers.mjs";

await scenario("memcached", async (t) => {
  const started = async () => {
    const { store, socket } = await memcached(t);
    return [{ ...t, store }, socket];
  };
  const named = { users: ["alice", "bob"], options: {}, verified: null };

  for (const locking of [1, 0]) {
    const [cache, socket] = await started();
    const settings = {
      "session.save_handler": "memcached",
      "session.save_path": `${socket}:0`,
      "memcached.sess_locking": locking,
      "memcached.sess_lock_retries": 2000,
      "memcached.sess_lock_wait_min": 5,
      "memcached.sess_lock_wait_max": 5,
    };
    const app = browsersOf(t, await servePhp(t, "sessions.php", { settings }), "PHPSESSID");
    await administered(cache, `PHP${locking ? ", with locks" : ""}`, app, {
      layout: "php-memcached", ...named, lifetime: 1440, inFlight: { answer: "alice", back: true },
    });
  }
  {
    const [cache, socket] = await started();
    const key = `base64:${randomBytes(32).toString("base64")}`;
    const url = await servePhp(t, "laravel.php", { env: { APP_KEY: key, SESSION_DRIVER: "memcached", MEMCACHED: socket } });
    await administered(cache, "Laravel", browsersOf(t, url, "laravel_session"), {
      layout: "laravel-memcached", users: [41, 42], options: { app_key: key, prefix: "laravel_cache:" }, verified: true, lifetime: 7200,
      inFlight: { answer: 41, back: true },
    });
  }
  {
    const [cache, socket] = await started();
    // The client adds a port to what ends in none, even to the path of a socket.
    await symlink(socket, `${socket}:1`);
    const store = new (connectMemcached(session))({ hosts: `${socket}:1` });
    t.cleanup(() => store.client.end());
    const app = browsersOf(t, await serve(t, createServer(expressApp(t, store))), "connect.sid");
    await administered(cache, "Express", app, {
      layout: "connect-memcached", ...named, options: { cookie_secret: SECRET }, verified: true, lifetime: 3600,
      inFlight: { answer: "alice", back: true },
    });
  }
  {
    const [cache, socket] = await started();
    const url = await servePython(t, "django_app.py", {
      BACKEND: "django.core.cache.backends.memcached.PyMemcacheCache",
      LOCATION: `unix:${socket}`,
      ENGINE: "django.contrib.sessions.backends.cache",
      NAME: "memcached",
    });
    await administered(cache, "Django", browsersOf(t, url, "sessionid"), {
      layout: "django-memcached", users: [1, 2], options: { prefix: "shop:1:django.contrib.sessions.cache" }, verified: null,
      lifetime: 14 * 86_400, inFlight: { answer: 400, back: false },
    });
  }
  for (const [what, env] of [["MessagePack", {}], ["JSON", { FORMAT: "json" }]]) {
    const [cache, socket] = await started();
    const url = await servePython(t, "flask_app.py", { ...env, MEMCACHED: socket });
    await administered(cache, `Flask-Session, ${what}`, browsersOf(t, url, "session"), {
      layout: "flask-session-memcached", ...named, options: { prefix: "shop:session:" }, lifetime: 31 * 86_400,
      inFlight: { answer: "alice", back: true },
    });
  }
});
