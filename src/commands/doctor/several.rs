//! The faults of several stores: each is examined by itself, and what was found says where.

use std::io::Write as _;

use serde_json::Value as Json;

use super::{Args, Examined, examine, json_of, screen};
use crate::commands::scans;
use crate::context::Context;
use crate::exit::Exit;
use crate::render::{self, Format};
use crate::text::safe::safe;

/// Examines every store that is named. One that is down is told of, and the others are examined.
pub(super) fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut each: Vec<(String, Examined)> = Vec::new();
    let mut exits = Vec::new();
    let mut bad = false;
    for context in context.each() {
        let place = context.store.place();
        match examine(context, args) {
            Ok((examined, broken)) => {
                bad |= examined.findings.iter().any(|(spec, _)| spec.severity >= args.fail_on);
                exits.push(match broken {
                    Some(error) => {
                        crate::error::report(&error.context(place.clone()), context.ui.color_err);
                        Exit::Partial
                    }
                    None if examined.complete => Exit::Done,
                    None => Exit::Interrupted,
                });
                each.push((place, examined));
            }
            Err(error) => exits.push(scans::told(context, error)?),
        }
    }
    let exit = Exit::of_several(exits.iter().copied());
    let mut out = context.pages();
    match context.format {
        Format::Table => {
            for (place, examined) in &each {
                writeln!(out, "{}\n\n{}", safe(place), screen(context, examined))?;
            }
        }
        format => {
            let complete = exit == Exit::Done;
            out.write_all(&render::json::value(format, &object(context, &each, complete)))?;
        }
    }
    out.flush()?;
    Ok(match exit {
        Exit::Interrupted => exit,
        _ if bad => Exit::Found,
        other => other,
    })
}

/// As of one store, with the store that each finding is of.
fn object(context: &Context, each: &[(String, Examined)], complete: bool) -> Json {
    let mut findings: Vec<(std::cmp::Reverse<super::Severity>, Json)> = Vec::new();
    for (place, examined) in each {
        let Json::Object(mut object) = json_of(examined, place) else { continue };
        let Some(Json::Array(of)) = object.remove("findings") else { continue };
        for (mut finding, (spec, _)) in of.into_iter().zip(&examined.findings) {
            finding["store"] = place.as_str().into();
            findings.push((std::cmp::Reverse(spec.severity), finding));
        }
    }
    findings.sort_by_key(|(severity, _)| *severity);
    let at = each.iter().map(|(_, examined)| examined.at).max().unwrap_or_default();
    let checked = each.iter().map(|(_, examined)| examined.checked).sum();
    let all = Examined { at, complete, checked, findings: Vec::new() };
    let mut all = json_of(&all, &context.places());
    all["findings"] = findings.into_iter().map(|(_, finding)| finding).collect();
    all
}
