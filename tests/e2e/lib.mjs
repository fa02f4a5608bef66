// What the end-to-end scripts share: a redis-server of their own, the sessctl binary run as a script
// would run it (no terminal, no one's configuration), checks that print one line each, and the
// certainty that everything started here is stopped again, whatever happens in between.

import { spawn } from "node:child_process";
import { webcrypto } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { createClient, RESP_TYPES } from "redis";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
globalThis.crypto ??= webcrypto; // Node 18, which some distributions still ship, has no such global
const SCRIPT_LIMIT_MS = 120_000;
const COMMAND_LIMIT_MS = 60_000;
const START_LIMIT_MS = 30_000;

/** The binary under test: `$SESSCTL`, else the newest kind of build that is there. */
function binary() {
  const named = process.env.SESSCTL;
  const candidates = named ? [named] : ["target/release/sessctl", "target/debug/sessctl"];
  const found = candidates.map((path) => resolve(named ? process.cwd() : ROOT, path)).find(existsSync);
  if (!found) throw new Error(`no sessctl binary at ${candidates.join(" or ")}: build it, or set SESSCTL`);
  return found;
}

/**
 * Runs one script: `body(t)` gets the private server, the binary and the checks. Prints `ok …` or
 * `not ok …` a check and sets the exit status. An exception, a signal or a script that takes too long
 * is a failed check, too, and never leaves a server behind.
 */
export async function scenario(name, body) {
  const cleanups = [];
  const t = { cleanup: (step) => cleanups.push(step) };
  let passed = 0;
  let failed = 0;

  /** One check: `got` must equal `want`, or be accepted by it where it is a function. */
  t.check = (what, got, want = true) => {
    const holds = typeof want === "function" ? Boolean(want(got)) : isDeepStrictEqual(got, want);
    console.log(`${holds ? "ok" : "not ok"} ${name}: ${what}`);
    if (holds) {
      passed += 1;
    } else {
      failed += 1;
      if (typeof want !== "function") console.log(`#   wanted ${JSON.stringify(want)}`);
      console.log(`#   got    ${JSON.stringify(got)}`);
    }
    return holds;
  };

  let interrupt;
  const interrupted = new Promise((_, reject) => (interrupt = reject));
  interrupted.catch(() => {}); // it may come when nobody waits any more
  const limit = setTimeout(() => interrupt(new Error(`took longer than ${SCRIPT_LIMIT_MS / 1000} s`)), SCRIPT_LIMIT_MS);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => interrupt(new Error(`stopped by ${signal}`)));
  process.on("uncaughtException", interrupt);

  try {
    const work = async () => {
      t.sessctlPath = binary();
      t.dir = await mkdtemp(join(tmpdir(), "sessctl-e2e-"));
      t.cleanup(() => rm(t.dir, { recursive: true, force: true }));
      await startRedis(t);
      await body(t);
    };
    await Promise.race([work(), interrupted]);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}: ran to its end`);
    console.log(`#   ${String(error?.stack ?? error).replaceAll("\n", "\n#   ")}`);
  }
  clearTimeout(limit);
  for (const step of cleanups.reverse()) {
    try {
      await step();
    } catch (error) {
      failed += 1;
      console.log(`not ok ${name}: cleaned up (${error})`);
    }
  }
  if (passed === 0 && failed === 0) {
    failed = 1;
    console.log(`not ok ${name}: has checks`);
  }
  process.exit(failed === 0 ? 0 : 1);
}

/** Asks `probe` again until it gives something truthy; a deadline instead of a fixed sleep. */
export async function eventually(what, probe, limitMs = 10_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** A redis-server on a Unix socket in the script's directory: no port, nothing written to disk. */
async function startRedis(t) {
  t.socket = join(t.dir, "redis.sock");
  t.store = `unix://${t.socket}`;
  const options = ["--port", "0", "--unixsocket", t.socket, "--save", "", "--appendonly", "no", "--dir", t.dir];
  const server = spawn("redis-server", options, { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  let gone = null;
  server.stdout.on("data", (text) => (log += text));
  server.stderr.on("data", (text) => (log += text));
  const ended = new Promise((done) => {
    server.once("error", (error) => done((gone = `redis-server cannot be started: ${error.message}`)));
    server.once("exit", (code, signal) => done((gone = `redis-server ended (${signal ?? code}): ${log.slice(-800)}`)));
  });
  t.cleanup(async () => {
    server.kill("SIGTERM");
    const hard = setTimeout(() => server.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(hard);
  });

  await eventually("redis-server makes its socket", () => {
    if (gone) throw new Error(gone);
    return existsSync(t.socket);
  });
  t.redis = createClient({ socket: { path: t.socket } });
  t.redis.on("error", () => {}); // the command that failed says so itself
  await t.redis.connect();
  t.cleanup(() => t.redis.destroy());
  await t.redis.ping();
}

/**
 * Runs sessctl on the private server, without a terminal of any kind and with an empty home, so that
 * neither the caller's settings nor a question can play a part. Gives `{code, stdout, stderr, json}`.
 */
export async function sessctl(t, ...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  const env = { ...process.env, HOME: t.dir, NO_COLOR: "1" };
  for (const name of Object.keys(env)) if (/^(SESSCTL|XDG_|REDISCLI_)/.test(name)) delete env[name];
  const all = options.bare ? args : ["--store", t.store, ...args];
  // `detached` starts a session of its own, which has no controlling terminal.
  const child = spawn(t.sessctlPath, all, { stdio: ["ignore", "pipe", "pipe"], detached: true, env, cwd: t.dir });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const limit = setTimeout(() => child.kill("SIGKILL"), COMMAND_LIMIT_MS);
  const code = await new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (status, signal) => done(status ?? signal));
  });
  clearTimeout(limit);
  let json;
  try {
    json = JSON.parse(stdout);
  } catch {
    json = undefined;
  }
  return { code, stdout, stderr, json };
}

/** What a check shows of a run: enough to see what went wrong in the log of a failed check. */
export function outcome({ code, stdout, stderr }) {
  return { code, stdout: stdout.slice(0, 1500), stderr: stderr.slice(0, 1500) };
}

/** `sessctl … -o json` that must work: its parsed output, or a failed script that quotes it. */
export async function sessctlJson(t, ...args) {
  const options = typeof args.at(-1) === "object" ? [args.pop()] : [];
  const run = await sessctl(t, ...args, "-o", "json", ...options);
  if (run.code !== 0 || run.json === undefined) {
    throw new Error(`sessctl ${args.join(" ")} -o json: ${JSON.stringify(outcome(run))}`);
  }
  return run.json;
}

/** Every key of the database with its exact bytes and the moment it expires, to prove "nothing changed". */
export async function snapshot(t) {
  const bytes = t.redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const keys = (await t.redis.keys("*")).sort();
  const rows = keys.map(async (key) => [key, (await bytes.dump(key)).toString("base64"), await t.redis.pExpireTime(key)]);
  return Promise.all(rows);
}

/** The lines that set cookies. Node.js 18 as Debian has it gives them joined by commas, which dates hold too. */
function cookieLines(response) {
  const { headers } = response;
  return headers.getSetCookie?.() ?? (headers.get("set-cookie") ?? "").split(/, (?=[^;,\s]+=)/);
}

/** The `name=value` pair that a response sets last as a cookie, as a browser would send it back. */
export function cookieOf(response, name) {
  const set = cookieLines(response).findLast((line) => line.startsWith(`${name}=`));
  if (!set) throw new Error(`the response (${response.status}) sets no cookie ${name}`);
  return set.split(";")[0];
}

/** What browsers do with an application of the paths /login, /visit, /me and /slow, whatever it is written in. */
export function browsersOf(t, url, name) {
  const get = (path, cookie) => fetch(`${url}${path}`, { headers: cookie ? { cookie } : {} });
  const good = async (path, cookie) => {
    const response = await get(path, cookie);
    if (response.status !== 200) throw new Error(`${path}: HTTP ${response.status}: ${await response.text()}`);
    return response;
  };
  return {
    get,
    good,
    login: async (user) => cookieOf(await good(`/login?user=${user}`), name),
    visit: async () => cookieOf(await good("/visit"), name),
    // Gives the user, or the status of a request that failed.
    slow: (cookie) => slowly(t, async () => {
      const response = await get("/slow", cookie);
      return response.status === 200 ? response : { json: async () => ({ user: response.status }) };
    }),
    who: async (cookie) => (await (await good("/me", cookie)).json()).user,
  };
}

/** Serves `handler` on a free port of the loopback interface and gives its URL. */
export async function serve(t, server) {
  await new Promise((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
  t.cleanup(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/**
 * Sends a request that waits in php/meet.php and gives, once it is there, the function that lets it go on
 * and answers with whose it was.
 */
export async function slowly(t, send) {
  const [started, goOn] = [join(t.dir, "started"), join(t.dir, "go-on")];
  await Promise.all([rm(started, { force: true }), rm(goOn, { force: true })]);
  const answer = send();
  await eventually("the slow request has its session", () => existsSync(started));
  return async () => {
    await writeFile(goOn, "");
    return (await (await answer).json()).user;
  };
}

const SERVER_LIMIT_MS = 5_000;

/**
 * Serves a PHP script on a free port of the loopback interface with PHP's own server, and gives its URL.
 * Several workers, so that a request that waits holds up no other one. `settings` are those of php.ini, and
 * `expected` is what PHP may complain about. The script finds the server by $SOCKET.
 */
export async function servePhp(t, script, { settings = {}, env = {}, expected } = {}) {
  const defines = Object.entries(settings).flatMap(([name, value]) => ["-d", `${name}=${value}`]);
  const args = [...defines, "-S", "127.0.0.1:0", join(ROOT, "tests/e2e/php", script)];
  const all = { ...process.env, ...env, MEET: t.dir, SOCKET: t.socket, PHP_CLI_SERVER_WORKERS: "4" };
  // A process group of its own, because the workers have to be stopped as well.
  const server = spawn("php", args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env: all, cwd: t.dir });
  let log = "";
  let gone = null;
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((done) => {
    server.once("error", (error) => done((gone = `php cannot be started: ${error.message}`)));
    server.once("close", (code, signal) => done((gone = `php ended (${signal ?? code}): ${log.slice(-800)}`)));
  });
  const stop = (signal) => {
    try {
      process.kill(-server.pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  };
  t.cleanup(async () => {
    if (gone) return;
    stop("SIGTERM");
    const hard = setTimeout(() => stop("SIGKILL"), SERVER_LIMIT_MS);
    await ended;
    clearTimeout(hard);
  });
  const address = await eventually("php tells its address", () => {
    if (gone) throw new Error(gone);
    return log.match(/\((http:\/\/127\.0\.0\.1:\d+)\) started/)?.[1];
  });
  // What PHP complains about on the way is a fault of the application that is tested with.
  t.cleanup(() => {
    const complaints = log.split("\n").filter((line) => /PHP (Fatal|Parse|Warning|Notice|Deprecated)/.test(line) && !expected?.test(line));
    t.check(`${script} ran without complaints`, complaints, []);
  });
  return address;
}

/**
 * Serves an application on a free port, which it tells when it is up, and gives its URL. The program finds
 * redis-server by $SOCKET, and is one process whose threads answer.
 */
export async function serveProgram(t, program, args, env = {}) {
  const all = { ...process.env, ...env, MEET: t.dir, SOCKET: t.socket };
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: all, cwd: t.dir });
  let log = "";
  let gone = null;
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((done) => {
    server.once("error", (error) => done((gone = `${program} cannot be started: ${error.message}`)));
    server.once("close", (code, signal) => done((gone = `${program} ended (${signal ?? code}): ${log.slice(-800)}`)));
  });
  t.cleanup(async () => {
    if (gone) return;
    server.kill("SIGTERM");
    const hard = setTimeout(() => server.kill("SIGKILL"), SERVER_LIMIT_MS);
    await ended;
    clearTimeout(hard);
  });
  return eventually(`${program} tells its address`, () => {
    if (gone) throw new Error(gone);
    return log.match(/serving (http:\/\/127\.0\.0\.1:\d+)/)?.[1];
  }, START_LIMIT_MS);
}

/** Serves an application in tests/e2e/python. */
export async function servePython(t, script, env = {}) {
  const folder = join(ROOT, "tests/e2e/python");
  return serveProgram(t, join(folder, ".venv/bin/python"), [join(folder, script)], { ...env, PYTHONDONTWRITEBYTECODE: "1" });
}

/** Serves an application in tests/e2e/ruby. */
export async function serveRuby(t, script, env = {}) {
  return serveProgram(t, "ruby", [join(ROOT, "tests/e2e/ruby", script)], env);
}

/** Serves an application that tests/e2e/run builds: of tests/e2e/rust or tests/e2e/go. */
export async function serveBuilt(t, program, env = {}) {
  return serveProgram(t, join(process.env.E2E_BUILT ?? join(ROOT, "target/e2e"), program), [], env);
}

/** A profile of one layout, as an operator of the application would write it; gives the options that choose it. */
export async function profile(t, name, layout, options) {
  const config = join(t.dir, `${name}.toml`);
  const lines = ["[profiles.shop]", `store = "${t.store}"`, `layout = "${layout}"`, "[profiles.shop.options]"];
  const values = Object.entries(options).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  await writeFile(config, [...lines, ...values, ""].join("\n"));
  return ["--config", config, "--profile", "shop"];
}
