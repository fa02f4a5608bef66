// WordPress in MariaDB, which keeps all sessions of a user in one row: who is logged in, the session behind a cookie, and
// that one session ends without the user's others, or all of them, and undo logs in again.

import { createHash } from "node:crypto";

import { browsersOf, profile, scenario, servePhp, sessctl, sessctlJson } from "./lib.mjs";
import { mariadb } from "./servers.mjs";

const SITE = "http://shop.example";

await scenario("wordpress", async (t) => {
  const maria = await mariadb(t);
  const shop = { ...t, store: maria.store };
  const check = (text, ...rest) => t.check(text, ...rest);
  const url = await servePhp(t, "wordpress.php", { env: { DB_SOCKET: maria.where.socketPath, SITE } });
  const app = browsersOf(t, url, `wordpress_logged_in_${createHash("md5").update(SITE).digest("hex")}`);
  await app.good("/install");
  const all = [await app.login("alice"), await app.login("alice"), await app.login("alice"), await app.login("bob")];
  const users = [1, 1, 1, 2];
  const everyone = () => Promise.all(all.map(app.who));
  check("the application knows its users", await everyone(), users);
  check("and who is nobody", await app.who(`${all[0].split("=")[0]}=alice`), null);

  const rows = await sessctlJson(shop, "list");
  check("list shows each session with its user", rows.map((row) => [row.layout, row.user]).sort(), users.map((user) => ["wordpress", `${user}`]).sort());
  check("list gives the time left", rows.map((row) => row.ttl_ms / 3_600_000), (left) => left.every((hours) => hours > 47 && hours <= 48.1));
  check("list gives times and addresses", rows, (list) => list.every((row) => row.created_at && row.ip === "127.0.0.1" && row.agent));
  const options = await profile(shop, "shop", "wordpress", { siteurl: SITE });
  const found = await Promise.all(all.map((cookie) => sessctlJson(shop, ...options, "inspect", "--cookie", cookie, { bare: true })));
  check("inspect finds the session behind each cookie", found.map((one) => [one.id, one.user]).sort(), rows.map((row) => [row.id, row.user]).sort());
  check("to each browser its own", found.map((one) => one.user), users.map(String));

  const one = await sessctlJson(shop, "purge", found[1].id, "--yes");
  check("one session ends by itself", [one.matched, one.done, await everyone()], [1, 1, [1, null, 1, 2]]);
  const later = await app.login("alice");
  await sessctlJson(shop, "undo", one.run, "--yes");
  check("undo puts it back among those that are newer", [await everyone(), await app.who(later)], [users, 1]);

  const ended = await sessctlJson(shop, "purge", "--user", "1", "--yes");
  check("purge --user ends all of hers", [ended.matched, ended.done, ended.complete], [4, 4, true]);
  check("she is logged out everywhere, the other is not", [await everyone(), await app.who(later)], [[null, null, null, 2], null]);
  await sessctlJson(shop, "undo", ended.run, "--yes");
  check("undo logs her in again", [await everyone(), await app.who(later)], [users, 1]);

  const goOn = await app.slow(all[0]);
  const run = await sessctl(shop, "purge", "--user", "1", "--yes");
  check("nothing is said of requests in flight", [run.code, /request in flight/.test(run.stderr)], [0, false]);
  check("one ends as hers, and brings nothing back", [await goOn(), await everyone()], [1, [null, null, null, 2]]);
  check("she can log in anew", await app.who(await app.login("alice")), 1);
});
