//! Which stores are meant, and how each is reached.

use std::time::Duration;

use super::DEFAULT_STORE;
use crate::cli::{self, GlobalArgs, TargetArgs};
use crate::config::{Profile, Secret};
use crate::fault::Usage;
use crate::store::Open;
use crate::store::files::Folder;
use crate::store::memcached::Servers;
use crate::store::rdb::place::DumpPlace;
use crate::store::redis::snapshot::Snapshot;
use crate::store::redis::target::{self, CONNECT_TIMEOUT, ReadFrom, TIMEOUT, Target, Tls};
use crate::store::sql::SqlPlace;

/// The stores that are meant, each with the profile it is reached by: flags and environment, then profile,
/// then default.
pub(super) fn named(args: &GlobalArgs, profile: &Profile) -> anyhow::Result<Vec<(String, Profile)>> {
    let given = &args.target.store;
    // An empty variable is none; an empty option is one whose variable was not set in a script.
    let of_variable = std::env::var_os("SESSCTL_STORE").is_some_and(|store| store.is_empty());
    if given.iter().any(String::is_empty) && !of_variable {
        return Err(Usage::new("--store is empty")
            .hint("leave it out to use the profile's store or localhost")
            .into());
    }
    let given: Vec<String> = given.iter().filter(|store| !store.is_empty()).cloned().collect();
    let stores = if given.is_empty() {
        match (&profile.stores[..], &profile.store) {
            ([], Some(store)) => vec![store.reveal().to_string()],
            ([], None) => vec![DEFAULT_STORE.to_string()],
            (stores, _) => {
                let address = |one: &Profile| one.address().unwrap_or(DEFAULT_STORE).to_string();
                return Ok(stores.iter().map(|one| (address(one), one.clone())).collect());
            }
        }
    } else {
        given
    };
    if (1..stores.len()).any(|at| stores[..at].contains(&stores[at])) {
        return Err(Usage::new("--store names the same store twice").hint("name each once").into());
    }
    Ok(stores.into_iter().map(|store| (store, profile.clone())).collect())
}

/// How one store is reached.
pub(super) fn opener(args: &GlobalArgs, profile: &Profile, store: &str) -> anyhow::Result<Box<dyn Open>> {
    let given = &args.target;
    let redis = |store: Box<dyn Open>| {
        let which = if given.node.is_some() { "--node" } else { "--read-from" };
        if given.node.is_none() && given.read_from.is_none() {
            return Ok(store);
        }
        Err(Usage::new(format!("{which} is for clusters and for servers behind sentinels")).into())
    };
    if let Some(folder) = Folder::parse(store) {
        return redis(Box::new(folder?));
    }
    if let Some(servers) = Servers::parse(store) {
        let mut servers = servers?;
        servers.connect_timeout =
            given.connect_timeout.or(profile.connect_timeout).unwrap_or(CONNECT_TIMEOUT);
        servers.timeout = given.timeout.or(profile.timeout).unwrap_or(TIMEOUT);
        return redis(Box::new(servers));
    }
    if let Some(dump) = DumpPlace::parse(store) {
        return redis(Box::new(dump?.at(given.now)));
    }
    let by_its_own_clock = || match given.now {
        None => Ok(()),
        Some(_) => Err(Usage::new("--now is for dump files, but the store is a server")
            .hint("a server goes by its own clock; a snapshot of it (?via=snapshot) is like a dump file")),
    };
    if let Some(place) = SqlPlace::parse(store) {
        by_its_own_clock()?;
        return redis(Box::new(database(given, profile, place?)));
    }
    let target = target(given, profile, store)?;
    if target.snapshot {
        return Ok(Box::new(Snapshot::of(target, given.now)));
    }
    by_its_own_clock()?;
    Ok(Box::new(target))
}

/// How to reach a database and log in, each thing by flag and environment, then profile, then default.
fn database(given: &TargetArgs, profile: &Profile, mut place: SqlPlace) -> SqlPlace {
    let said = given.password_file.is_some() || given.password_command.is_some();
    place.connect_timeout = given.connect_timeout.or(profile.connect_timeout).unwrap_or(CONNECT_TIMEOUT);
    place.timeout = given.timeout.or(profile.timeout).unwrap_or(TIMEOUT);
    place.password_file =
        given.password_file.clone().or_else(|| profile.password_file.clone().filter(|_| !said));
    place.password_command =
        given.password_command.clone().or_else(|| profile.password_command.clone().filter(|_| !said));
    place.tls = Tls {
        cacert: given.cacert.clone().or_else(|| profile.cacert.clone()),
        cert: given.cert.clone().or_else(|| profile.cert.clone()),
        key: given.key.clone().or_else(|| profile.key.clone()),
        sni: given.sni.clone().or_else(|| profile.sni.clone()),
        insecure: given.insecure || profile.insecure.unwrap_or(false),
    };
    place
}

/// How to reach a Redis server and log in, each thing by flag and environment, then profile, then default.
fn target(given: &TargetArgs, profile: &Profile, store: &str) -> anyhow::Result<Target> {
    let mut target = Target::parse(store)?;
    let flags = given.cacert.is_some()
        || given.cert.is_some()
        || given.key.is_some()
        || given.sni.is_some()
        || given.insecure;
    if flags && !target.is_tls() {
        return Err(Usage::new(
            "--cacert, --cert, --key, --sni and --insecure are for TLS, but the store is not rediss://",
        )
        .hint("write the store as rediss://HOST:PORT/DB")
        .into());
    }
    let seconds =
        |flag: Option<Duration>, profile: Option<Duration>, default| flag.or(profile).unwrap_or(default);
    target.connect_timeout = seconds(given.connect_timeout, profile.connect_timeout, CONNECT_TIMEOUT);
    target.timeout = seconds(given.timeout, profile.timeout, TIMEOUT);
    // What the command line says goes before the profile, whichever of the two it says.
    let said = given.password_file.is_some() || given.password_command.is_some();
    target.password_file =
        given.password_file.clone().or_else(|| profile.password_file.clone().filter(|_| !said));
    target.password_command =
        given.password_command.clone().or_else(|| profile.password_command.clone().filter(|_| !said));
    target.env_password =
        std::env::var("REDISCLI_AUTH").ok().filter(|password| !password.is_empty()).map(Secret::new);
    target.tls = Tls {
        cacert: given.cacert.clone().or_else(|| profile.cacert.clone()),
        cert: given.cert.clone().or_else(|| profile.cert.clone()),
        key: given.key.clone().or_else(|| profile.key.clone()),
        sni: given.sni.clone().or_else(|| profile.sni.clone()),
        insecure: target.tls.insecure || given.insecure || profile.insecure.unwrap_or(false),
    };
    target.only = given.node.as_deref().map(target::address).transpose()?;
    target.reads = match given.read_from {
        None | Some(cli::ReadFrom::Primary) => ReadFrom::Primary,
        Some(cli::ReadFrom::Replica) => ReadFrom::Replica,
        Some(cli::ReadFrom::Nearest) => ReadFrom::Nearest,
    };
    if target.only.is_some() && target.reads != ReadFrom::Primary {
        return Err(Usage::new("--node already says which node to read; leave out --read-from").into());
    }
    let guards = given.sentinel_password_file.clone();
    match &mut target.service {
        Some(service) => {
            service.password_file = guards.or_else(|| profile.sentinel_password_file.clone());
        }
        None if guards.is_some() => {
            return Err(Usage::new("--sentinel-password-file is for sentinels, and the store names none")
                .hint("write the store as redis-sentinel://HOST:26379/SERVICE")
                .into());
        }
        None => {}
    }
    Ok(target)
}
