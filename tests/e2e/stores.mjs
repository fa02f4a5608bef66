// Applications that keep their sessions elsewhere than in Redis: Django in a table of SQLite, PHP in files.
// The same commands, the same proof: who is logged in, who is logged out, who is back.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { browsersOf, outcome, scenario, servePhp, servePython, sessctl, sessctlJson } from "./lib.mjs";

/** Logs in, lists, inspects by cookie, ends, brings back; gives the cookies. */
async function administered(t, what, app, { layout, users: [first, second], renews = false }) {
  const check = (text, ...rest) => t.check(`${what}: ${text}`, ...rest);
  const all = [await app.login(first), await app.login(first), await app.login(second), await app.visit()];
  const everyone = () => Promise.all(all.map(app.who));
  check("the application knows its users", await everyone(), [first, first, second, null]);

  const ids = all.map((cookie) => cookie.split("=")[1]);
  const names = [first, first, second].map(String).concat(null);
  const rows = await sessctlJson(t, "list");
  check("list shows each session with its user",
    rows.map((row) => [row.id, row.layout, row.user]).sort(),
    ids.map((id, at) => [id, layout, names[at]]).sort());
  const one = await sessctlJson(t, "inspect", "--cookie", all[0]);
  check("inspect finds the session behind a cookie", [one.id, one.user], [ids[0], names[0]]);

  const looked = outcome(await sessctl(t, "purge", "--user", names[0], "--dry-run"));
  check("a dry run changes nothing", [looked.code, await everyone()], [0, [first, first, second, null]]);
  const ended = await sessctlJson(t, "purge", "--user", names[0], "--yes");
  check("purge --user ends both sessions", [ended.matched, ended.done, ended.complete], [2, 2, true]);
  const back = await sessctlJson(t, "undo", ended.run, "--yes");
  check("undo puts both back", [back.done, back.failed], [2, 0]);
  check("and she is logged in as before", await everyone(), [first, first, second, null]);
  const again = await sessctlJson(t, "purge", "--user", names[0], "--yes");
  check("after the next purge she is logged out everywhere, the other is not", await everyone(), [null, null, second, null]);
  const late = await sessctl(t, "undo", again.run, "--yes", "-o", "json");
  // PHP has given her browsers new sessions under the old ids, which are newer and stay.
  const [done, user] = renews ? [0, null] : [2, first];
  check("an undo after her browsers came back", [late.json.done, late.json.done + late.json.changed], [done, 2]);
  check("leaves what is newer", await everyone(), [user, user, second, null]);
  return all;
}

await scenario("stores", async (t) => {
  {
    const url = await servePython(t, "django_app.py", {
      BACKEND: "django.core.cache.backends.locmem.LocMemCache",
      ENGINE: "django.contrib.sessions.backends.db",
      NAME: "table",
    });
    const app = browsersOf(t, url, "sessionid");
    const table = { ...t, store: `sqlite:${join(t.dir, "table.sqlite")}` };
    const [alice] = await administered(table, "Django, SQLite", app, { layout: "django-db", users: [1, 2] });
    const goOn = await app.slow(alice);
    const ended = await sessctlJson(table, "purge", "--user", "1", "--yes");
    t.check("Django, SQLite: both rows go under a request in flight", [ended.done, ended.failed], [2, 0]);
    t.check("Django, SQLite: the request is refused, and brings nothing back",
      [await goOn(), (await sessctlJson(table, "list", "--user", "1")).length], [400, 0]);
  }

  for (const [handler, codec] of [["php", "php"], ["php_serialize", "php-serialize"]]) {
    const folder = join(t.dir, handler);
    await mkdir(folder, { mode: 0o700 });
    const settings = {
      "session.save_handler": "files",
      "session.save_path": folder,
      "session.serialize_handler": handler,
      "session.gc_probability": 0,
    };
    const app = browsersOf(t, await servePhp(t, "sessions.php", { settings }), "PHPSESSID");
    const files = { ...t, store: `files:${folder}` };
    const all = await administered(files, `PHP, files, ${handler}`, app, { layout: "php-files", users: ["alice", "bob"], renews: true });
    const codecs = [...new Set((await sessctlJson(files, "list", "--authenticated")).map((row) => row.codec.join(" ")))];
    t.check(`PHP, files, ${handler}: list says how the files are written`, codecs, [codec]);
    const longer = await sessctlJson(files, "expire", "--user", "bob", "--in", "20h", "--yes");
    t.check(`PHP, files, ${handler}: expire moves an end`, [longer.done, await app.who(all[2])], [1, "bob"]);
  }
});
