// Sessions with everything that PHP can put into one, written by PHP itself: what `inspect` shows must be
// what a walk over the living values says. php/values.php has both.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { scenario, sessctl } from "./lib.mjs";

// What `SEED` and `COUNT` are for: to look further than a test run does, and to see a finding again.
const SEED = process.env.SEED ?? "17";
const COUNT = process.env.COUNT ?? "12";
const AT_ONCE = 4;

/** What PHP wrote, an object a session. */
async function written(t) {
  const script = fileURLToPath(new URL("php/values.php", import.meta.url));
  const php = spawn("php", [script, t.socket, SEED, COUNT], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  php.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  php.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  t.cleanup(() => php.kill("SIGKILL"));
  const code = await new Promise((done, fail) => php.once("error", fail).once("close", (status, signal) => done(status ?? signal)));
  if (code !== 0 || stderr !== "") throw new Error(`values.php (${code}): ${(stderr + stdout).slice(0, 1500)}`);
  return stdout.split("\n").filter(Boolean).map(exact);
}

/** JSON with its whole numbers kept: those that a double cannot hold are compared as text. */
const exact = (text) => JSON.parse(text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g, '$1"int $2"'));

/** The order of members counts as well; numbers as names are the exception, which JavaScript sorts. */
const same = (left, right) => isDeepStrictEqual(left, right) && JSON.stringify(left) === JSON.stringify(right);

await scenario("php-values", async (t) => {
  const sessions = await written(t);
  t.check("PHP wrote sessions with each handler", new Set(sessions.map((one) => one.handler)).size, 5);
  const one = async ({ id, name, handler, data }) => {
    const run = await sessctl(t, "inspect", id, "--layout", "phpredis", "--reveal", "-o", "json");
    const shown = run.code === 0 ? exact(run.stdout) : { error: run.stderr };
    const got = shown.error ?? shown.data;
    t.check(`${handler}: ${name} (seed ${SEED})`, got, (value) => same(value, data));
    if (!same(got, data)) console.log(`#   wanted ${JSON.stringify(data).slice(0, 4000)}`);
  };
  const left = [...sessions];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left.length > 0) await one(left.shift()); }));
});
