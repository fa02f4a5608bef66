//! The catalogue: every framework whose sessions are known, by family.
//!
//! To add one: write `frameworks/FAMILY/NAME.rs` with a `pub const LAYOUT: Layout`, declare it in
//! `frameworks/FAMILY.rs`, put the constant into [`ALL`] (the special before the general), and add
//! `tests/fixtures/layout/NAME/`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::fault::nearest;
use crate::layout::setup::{COMMON, OptionError};
use crate::layout::{Described, Layout, Setting, Setup};

pub mod any;
pub mod dotnet;
pub mod jvm;
pub mod node;
pub mod perl;
pub mod php;
pub mod proxy;

/// Every layout. Where two would claim the same session with equal certainty, the earlier one has it.
pub const ALL: &[&Layout] = &[
    // Node.js: a signature of their own.
    &node::redis_sessions::LAYOUT,
    &node::mgcrea_fastify_session::LAYOUT,
    &node::etherpad::LAYOUT,
    &node::fastify_session::LAYOUT,
    &node::overleaf::LAYOUT,
    &node::nodebb::LAYOUT,
    &node::connect_redis::LAYOUT,
    &node::koa_generic_session::LAYOUT,
    &node::express_openid_connect::LAYOUT,
    &node::connect_redis_crypto::LAYOUT,
    &node::koa_session::LAYOUT,
    &node::egg_session_redis::LAYOUT,
    &node::hono_sessions::LAYOUT,
    &node::authjs_upstash::LAYOUT,
    &node::better_auth::LAYOUT,
    &node::adonis_session_redis::LAYOUT,
    &perl::lemonldap_ng::LAYOUT,
    &node::shopify::LAYOUT,
    &node::remix_session_storage_redis::LAYOUT,
    // Node.js: a general value, told by the key.
    &node::koa_session2::LAYOUT,
    &node::telegraf_session_redis::LAYOUT,
    &node::remix_redis_session::LAYOUT,
    // .NET.
    &dotnet::aspnetcore::LAYOUT,
    &dotnet::aspnetcore_ticket::LAYOUT,
    &dotnet::aspnet_redis_provider::LAYOUT,
    &dotnet::aspnet_redis_provider::V4,
    &dotnet::servicestack::LAYOUT,
    // Proxies.
    &proxy::webseal::LAYOUT,
    // JVM: a signature of their own.
    &jvm::spring_session::LAYOUT,
    &jvm::spring_session::JSON,
    &jvm::spring_session_indexed::LAYOUT,
    &jvm::spring_session_indexed::JSON,
    &jvm::spring_session_reactive::LAYOUT,
    &jvm::micronaut_session::LAYOUT,
    &jvm::redisson_tomcat::LAYOUT,
    &jvm::tomcat_redis_session_manager::LAYOUT,
    &jvm::shiro_redis::LAYOUT,
    &jvm::ruoyi::LAYOUT,
    &jvm::sa_token::LAYOUT,
    &jvm::vertx_web::LAYOUT,
    &jvm::apereo_cas::LAYOUT,
    // PHP: a signature of their own.
    &php::swoft::LAYOUT,
    &php::laravel::LAYOUT,
    &php::symfony::LAYOUT,
    &php::codeigniter4::LAYOUT,
    &php::codeigniter3::LAYOUT,
    &php::cakephp::LAYOUT,
    &php::laminas::LAYOUT,
    &php::joomla::LAYOUT,
    &php::nextcloud::LAYOUT,
    &php::mediawiki::LAYOUT,
    &php::roundcube::LAYOUT,
    &php::simplesamlphp::LAYOUT,
    &php::moodle::LAYOUT,
    &php::magento1_cm::LAYOUT,
    &php::magento2::LAYOUT,
    &php::typo3::LAYOUT,
    &php::hyperf::LAYOUT,
    &php::opencart::LAYOUT,
    &php::wpruss::LAYOUT,
    &php::yii2::LAYOUT,
    &php::yii2_cache::LAYOUT,
    &php::thinkphp5::LAYOUT,
    &php::phalcon::THREE,
    // PHP: a general value, told by the key or what lies around it.
    &php::webman::LAYOUT,
    &php::phalcon::LAYOUT,
    &php::thinkphp6::LAYOUT,
    // PHP: any session of the extension.
    &php::phpredis::LAYOUT,
    &php::predis_session::LAYOUT,
    // Only when named, and those that cannot be seen.
    &any::generic::LAYOUT,
    &any::generic::HASH,
    &any::unseen::EXPRESS_MEMORYSTORE,
    &any::unseen::COOKIE_ONLY,
];

/// The layouts of the configuration file.
static OWN: OnceLock<Vec<&'static Layout>> = OnceLock::new();

/// Makes the layouts of the configuration file known, once and for the whole run: there are few, and
/// like all others they live until the end.
pub fn introduce(described: Vec<Described>) {
    OWN.get_or_init(|| described.into_iter().map(Described::into_layout).collect());
}

/// Every layout of this run. Those of the configuration file come first: somebody who knows the store
/// wrote them for it.
pub fn all() -> impl Iterator<Item = &'static Layout> + Clone {
    OWN.get().into_iter().flatten().chain(ALL).copied()
}

/// The layout of that name.
pub fn by_name(name: &str) -> Option<&'static Layout> {
    all().find(|layout| layout.name == name)
}

/// Names close to a misspelt one, best first.
pub fn close_to(name: &str) -> Vec<&'static str> {
    let mut near: Vec<(f64, &'static str)> = all()
        .map(|layout| {
            let bonus =
                if layout.name.starts_with(name) || name.starts_with(layout.name) { 0.3 } else { 0.0 };
            (strsim::jaro_winkler(name, layout.name) + bonus, layout.name)
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// The names of the options that some layout takes.
fn every_option() -> impl Iterator<Item = &'static str> {
    let own = all().flat_map(|layout| layout.options);
    COMMON.iter().chain(own).map(|spec| spec.name)
}

/// The setups to ask: the named layouts with their options, or every layout that may be asked freely.
pub fn choose(
    names: &[String],
    options: &BTreeMap<String, Setting>,
    prefix: Option<&str>,
) -> Result<Vec<Setup>, OptionError> {
    let mut setups = Vec::new();
    if names.is_empty() {
        for layout in all().filter(|layout| layout.is_asked()) {
            let mut setup = Setup::free(layout);
            for (name, setting) in options {
                // Without a layout named an option is for those that know it.
                let _ = setup.set(name, setting.clone());
            }
            setups.push(setup);
        }
        if let Some((name, _)) = options.iter().find(|(name, _)| !setups.iter().any(|s| s.knows(name))) {
            return Err(OptionError::Nowhere {
                option: name.clone(),
                near: nearest(name, every_option()).map(str::to_string),
            });
        }
    } else {
        for name in names {
            let layout = by_name(name)
                .ok_or_else(|| OptionError::Layout { name: name.clone(), near: close_to(name) })?;
            let mut setup = Setup::free(layout);
            setup.named = true;
            for (option, setting) in options {
                let elsewhere = names
                    .iter()
                    .filter_map(|other| by_name(other))
                    .any(|other| other.name != layout.name && Setup::free(other).knows(option));
                match setup.set(option, setting.clone()) {
                    Err(OptionError::Unknown { .. }) if elsewhere => {}
                    other => other?,
                }
            }
            setups.push(setup);
        }
    }
    if let Some(prefix) = prefix {
        for setup in &mut setups {
            setup.set(setup.layout.keys.prefix_option, Setting::Text(prefix.to_string()))?;
        }
    }
    Ok(setups)
}

#[cfg(test)]
pub(crate) mod tests;
