// An application on Symfony with its sessions in Redis and in tables of PostgreSQL and MariaDB: who is logged in, the
// session behind a cookie, and that a purge logs out whom it names, and undo logs in again. In tables a request may hold
// its session's row: then the purge waits for it.

import { administered } from "./administered.mjs";
import { browsersOf, scenario, servePhp } from "./lib.mjs";
import { mariadb, postgres } from "./servers.mjs";

await scenario("symfony", async (t) => {
  const [maria, pg] = await Promise.all([mariadb(t), postgres(t)]);
  const onMaria = { ...t, store: maria.store };
  const onPostgres = { ...t, store: pg.store };
  const inMaria = { DSN: `mysql:unix_socket=${maria.where.socketPath};dbname=shop`, DB_USER: "root" };
  const inPostgres = { DSN: `pgsql:host=${pg.where.host};dbname=postgres`, DB_USER: "postgres" };
  // Whether anybody waits for a lock.
  const mariaWaits = async () => (await maria.client.query("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"))[0][0].Value !== "0";
  const pgWaits = async () => (await pg.client.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).rows.length > 0;

  const back = { answer: "alice", back: true };
  const waits = (waiting) => ({ answer: "alice", back: false, waiting });
  for (const [what, store, layout, env, inFlight] of [
    ["Redis", t, "symfony", {}, back],
    ["MariaDB", onMaria, "symfony-pdo", { ...inMaria, LOCK_MODE: "2" }, waits(mariaWaits)],
    ["MariaDB, advisory locks", onMaria, "symfony-pdo", { ...inMaria, LOCK_MODE: "1" }, back],
    ["MariaDB, no locks", onMaria, "symfony-pdo", { ...inMaria, LOCK_MODE: "0" }, back],
    ["PostgreSQL", onPostgres, "symfony-pdo", { ...inPostgres, LOCK_MODE: "2" }, waits(pgWaits)],
    ["PostgreSQL, advisory locks", onPostgres, "symfony-pdo", { ...inPostgres, LOCK_MODE: "1" }, back],
  ]) {
    const app = browsersOf(t, await servePhp(t, "symfony.php", { env }), "PHPSESSID");
    if (env.DSN) await app.good("/table");
    await administered(store, `Symfony, ${what}`, app, { layout, users: ["alice", "bob"], options: {}, verified: null, lifetime: 1440, inFlight });
    await maria.client.query("DROP TABLE IF EXISTS shop.sessions");
    await pg.client.query("DROP TABLE IF EXISTS sessions");
  }
});
