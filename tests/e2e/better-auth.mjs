// A real better-auth server (e-mail and password, sessions in its Redis storage) used over HTTP, then
// administered with sessctl. The sessions with a user are listed in a key of their own, which has to stay
// right: the framework shows and revokes from it.

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { redisStorage } from "@better-auth/redis-storage";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { Redis } from "ioredis";
import { cookieOf, outcome, scenario, serve, sessctl, sessctlJson, snapshot } from "./lib.mjs";

const COOKIE = "better-auth.session_token";
const PREFIX = "better-auth:";

function application(client, baseURL) {
  return betterAuth({
    baseURL,
    secret: randomBytes(32).toString("hex"),
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: redisStorage({ client }),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
  });
}

await scenario("better-auth", async (t) => {
  const client = new Redis({ path: t.socket });
  t.cleanup(() => client.disconnect());

  let handler = (_, response) => response.writeHead(503).end();
  const url = await serve(t, createServer((request, response) => handler(request, response)));
  handler = toNodeHandler(application(client, url));

  const post = async (path, body) => {
    const headers = { "content-type": "application/json", origin: url };
    const response = await fetch(`${url}/api/auth${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status !== 200) throw new Error(`POST ${path}: HTTP ${response.status} ${await response.text()}`);
    return { cookie: cookieOf(response, COOKIE), user: (await response.json()).user.id };
  };
  const signUp = (name) => post("/sign-up/email", { name, email: `${name}@example.com`, password: `${name}-password` });
  const signIn = (name) => post("/sign-in/email", { email: `${name}@example.com`, password: `${name}-password` });
  const get = async (path, cookie) => (await fetch(`${url}/api/auth${path}`, { headers: { cookie } })).json();
  const whoIs = async ({ cookie }) => (await get("/get-session", cookie))?.user.name ?? null;
  const tokenOf = ({ cookie }) => decodeURIComponent(cookie.slice(COOKIE.length + 1)).split(".")[0];
  const indexOf = async (user) => JSON.parse((await t.redis.get(`${PREFIX}active-sessions-${user}`)) ?? "[]");

  const first = await signUp("alice");
  const second = await signIn("alice");
  const bob = await signUp("bob");
  await t.redis.set("cache:x", "not a session");
  t.check("the application knows its users", await Promise.all([first, second, bob].map(whoIs)), ["alice", "alice", "bob"]);
  t.check("its index lists both sessions of alice", (await indexOf(first.user)).length, 2);

  // --- list and inspect --------------------------------------------------------------------------
  const rows = await sessctlJson(t, "list");
  const wanted = [first, second, bob].map((one) => [tokenOf(one), one.user]);
  t.check("list shows each session with its user", rows.map((row) => [row.id, row.user]).sort(), wanted.sort());
  t.check("list names the layout", [...new Set(rows.map((row) => row.layout))], ["better-auth"]);
  const one = await sessctlJson(t, "inspect", tokenOf(first));
  t.check("inspect names the index as a companion", one.companions, [`${PREFIX}active-sessions-${first.user}`]);
  const behind = await sessctlJson(t, "inspect", "--cookie", bob.cookie);
  t.check("inspect finds the session behind a cookie", [behind.id, behind.user], [tokenOf(bob), bob.user]);

  // --- one session by its id ---------------------------------------------------------------------
  const before = await snapshot(t);
  const refused = await sessctl(t, "purge", tokenOf(first));
  t.check("purge without a terminal and without --yes is refused", outcome(refused), (run) => run.code === 5);
  t.check("the refusal changed nothing", await snapshot(t), before);

  const single = await sessctlJson(t, "purge", tokenOf(first), "--yes");
  t.check("purge of one session reports it", [single.matched, single.done, single.failed], [1, 1, 0]);
  t.check("its index entry went with it", [single.keys_removed, single.entries_removed], [1, 1]);
  t.check("that session is out, the other and bob are in", await Promise.all([first, second, bob].map(whoIs)), [
    null,
    "alice",
    "bob",
  ]);
  const left = await indexOf(second.user);
  t.check("the index lists the other session", left.map((entry) => entry.token), [tokenOf(second)]);
  t.check("the index still ends with its sessions", await t.redis.pTTL(`${PREFIX}active-sessions-${second.user}`), (ms) => ms > 0);
  const listed = await get("/list-sessions", second.cookie);
  t.check("the application lists the other session", listed.map((entry) => entry.token), [tokenOf(second)]);

  // --- all of a user -----------------------------------------------------------------------------
  const report = await sessctlJson(t, "purge", "--user", second.user, "--yes");
  t.check("purge of the user reports the rest", [report.matched, report.done, report.failed], [1, 1, 0]);
  t.check("alice is logged out, bob is not", await Promise.all([first, second, bob].map(whoIs)), [null, null, "bob"]);
  t.check("her index is gone or empty", await indexOf(second.user), []);
  t.check("bob's index is as it was", (await indexOf(bob.user)).map((entry) => entry.token), [tokenOf(bob)]);
  t.check("a foreign key is untouched", await t.redis.get("cache:x"), "not a session");
  const after = await signIn("alice");
  t.check("alice can sign in again", await whoIs(after), "alice");
  t.check("and her index lists that session", (await indexOf(after.user)).map((entry) => entry.token), [tokenOf(after)]);
});
