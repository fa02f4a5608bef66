// An application on Express with passport, for whatever store of express-session.

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import express from "express";
import session from "express-session";
import passport from "passport";

import { eventually } from "./lib.mjs";

export const SECRET = "a secret of the end-to-end test";

passport.serializeUser((user, done) => done(null, user.name));
passport.deserializeUser((name, done) => done(null, { name }));

/** The application, with its sessions in `store`. */
export function expressApp(t, store) {
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
