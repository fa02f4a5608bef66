// Private servers of databases, and of Memcached, for the end-to-end scripts: a folder and a socket of their own, no port, and gone with
// the script.

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as dial } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import mysql from "mysql2/promise";
import pg from "pg";

import { eventually } from "./lib.mjs";

const UP_LIMIT_MS = 60_000;
const IS_ROOT = process.getuid() === 0;

/** The program of that name, where Debian puts such. */
function tool(name) {
  const versions = "/usr/lib/postgresql";
  const more = existsSync(versions) ? readdirSync(versions).sort().reverse().map((version) => join(versions, version, "bin")) : [];
  const found = [...process.env.PATH.split(":"), "/usr/sbin", ...more].map((folder) => join(folder, name)).find(existsSync);
  if (!found) throw new Error(`${name} must be installed: tests/install does it`);
  return found;
}

/** A folder for one server. */
async function folderOf(t, name) {
  const folder = await mkdtemp(join(tmpdir(), `sessctl-${name}-`));
  t.cleanup(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end, which must be a good one. */
async function done(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  const status = await new Promise((end, fail) => child.once("error", fail).once("close", (code, signal) => end(code ?? signal)));
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${log.slice(-800)}`);
}

/** Starts a server and waits until `connect` gets through to it; gives that connection. */
async function up(t, program, args, signal, connect, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let log = "";
  let gone = null;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  const ended = new Promise((end) => {
    child.once("error", (error) => end((gone = `${program} cannot be started: ${error.message}`)));
    child.once("exit", (code, by) => end((gone = `${program} ended (${by ?? code}): ${log.slice(-800)}`)));
  });
  t.cleanup(async () => {
    child.kill(signal);
    await ended;
  });
  return eventually(`${program} answers`, async () => {
    if (gone) throw new Error(gone);
    return connect().catch(() => null);
  }, UP_LIMIT_MS);
}

/** PostgreSQL, in a zone that is not UTC: gives the store's address, what connects to it, and a connection. */
export async function postgres(t) {
  const folder = await folderOf(t, "pg");
  const data = join(folder, "d");
  const owner = {};
  if (IS_ROOT) {
    // It refuses to run as root; the package brings a user for it.
    const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((one) => one.startsWith("postgres:"));
    if (!line) throw new Error("there is no user postgres: tests/install makes one");
    [owner.uid, owner.gid] = line.split(":").slice(2, 4).map(Number);
    await chown(folder, owner.uid, owner.gid);
  }
  await done(tool("initdb"), ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D", data], { ...owner, cwd: folder });
  const settings = ["fsync=off", "listen_addresses=", "timezone=Asia/Kolkata"].flatMap((one) => ["-c", one]);
  const where = { host: folder, user: "postgres", database: "postgres" };
  const connect = async () => {
    const client = new pg.Client(where);
    client.on("error", () => {}); // the query that failed says so itself
    await client.connect();
    return client;
  };
  const client = await up(t, tool("postgres"), [...settings, "-k", folder, "-D", data], "SIGQUIT", connect, { ...owner, cwd: folder });
  t.cleanup(() => client.end());
  return { store: `postgres://postgres@/postgres?host=${folder}`, where, client };
}

/** MariaDB, likewise. */
export async function mariadb(t) {
  const folder = await folderOf(t, "maria");
  await chmod(folder, 0o755);
  const [data, socketPath] = [join(folder, "d"), join(folder, "s")];
  const own = IS_ROOT ? ["--user=root"] : [];
  await done(tool("mariadb-install-db"), ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db", ...own]);
  const args = ["--no-defaults", "--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--default-time-zone=+05:30"];
  const files = [`--datadir=${data}`, `--socket=${socketPath}`, `--pid-file=${join(folder, "pid")}`];
  const connect = () => mysql.createConnection({ socketPath, user: "root" });
  const client = await up(t, tool("mariadbd"), [...args, ...files, ...own], "SIGKILL", connect);
  client.on("error", () => {});
  t.cleanup(() => client.end());
  await client.query("CREATE DATABASE shop");
  return { store: `mysql://root@/shop?unix_socket=${socketPath}`, where: { socketPath, user: "root", database: "shop" }, client };
}

/** Memcached: gives the store's address and the socket. */
export async function memcached(t) {
  const socket = join(await folderOf(t, "memc"), "m.sock");
  // As root it wants to know whose it is to be.
  const args = ["-s", socket, "-U", "0", "-m", "16", "-u", userInfo().username];
  const connect = () => new Promise((end, fail) => {
    const line = dial(socket, () => end(line)).on("error", fail);
  });
  (await up(t, "memcached", args, "SIGTERM", connect)).destroy();
  return { store: `memcached://${socket}`, socket };
}
