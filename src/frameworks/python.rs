//! Python: Django, Flask, the asynchronous frameworks, and the applications built on them.

use crate::layout::key::{self, Alphabet};
use crate::layout::{Layout, python as look};

pub mod aiohttp_session;
pub mod beaker_redis;
pub mod bottle_session;
pub mod cherrys;
pub mod crudauth;
pub mod ctfd;
pub mod dify;
pub mod django_cache;
pub mod django_cached_db;
pub mod django_db;
pub mod django_files;
pub mod django_memcached;
pub mod django_qsessions;
pub mod django_qsessions_db;
pub mod django_redis_sessions;
pub mod django_user_sessions;
pub mod elsewhere;
pub mod fastapi_redis_session;
pub mod flask_kvsession;
pub mod flask_session;
pub mod flask_session_filesystem;
pub mod flask_session_legacy;
pub mod flask_session_memcached;
pub mod flask_session_sqlalchemy;
pub mod indico;
pub mod litestar;
pub mod odoo_session_redis;
pub mod py4web;
pub mod pyramid_redis_sessions;
pub mod pyramid_session_redis;
pub mod quart_session;
pub mod sanic_session;
pub mod starlette_session;
pub mod starsessions;
pub mod tornado_redis_session;
pub mod torndsession;
pub mod web2py;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &django_db::LAYOUT,
    &django_qsessions_db::LAYOUT,
    &django_user_sessions::LAYOUT,
    &django_cached_db::LAYOUT,
    &django_cache::LAYOUT,
    &django_cache::DJANGO_REDIS,
    &django_qsessions::LAYOUT,
    &beaker_redis::LAYOUT,
    &ctfd::LAYOUT,
    &indico::LAYOUT,
    &django_redis_sessions::FORK,
    &django_redis_sessions::LAYOUT,
    &django_files::LAYOUT,
    &django_memcached::LAYOUT,
    &crudauth::LAYOUT,
    &flask_session::LAYOUT,
    &flask_session_filesystem::LAYOUT,
    &flask_session_memcached::LAYOUT,
    &flask_session_legacy::LAYOUT,
    &quart_session::LAYOUT,
    &starsessions::LAYOUT,
    &aiohttp_session::LAYOUT,
    &odoo_session_redis::LAYOUT,
    &pyramid_redis_sessions::LAYOUT,
    &pyramid_session_redis::LAYOUT,
    &torndsession::LAYOUT,
    &cherrys::LAYOUT,
    &tornado_redis_session::LAYOUT,
    &web2py::LAYOUT,
    &py4web::LAYOUT,
    &dify::LAYOUT,
    &flask_kvsession::LAYOUT,
    &litestar::LAYOUT,
    &starlette_session::LAYOUT,
    &fastapi_redis_session::LAYOUT,
    &sanic_session::LAYOUT,
    &bottle_session::LAYOUT,
    &elsewhere::FRAPPE,
    &flask_session_sqlalchemy::LAYOUT,
];

/// Whether a long value of that key could be a session though no serializer begins like it: compressed as
/// Django's caches do it, signed by Django, or marked by cachelib.
pub fn is_begun(key: &[u8], head: &[u8]) -> bool {
    if look::is_compressed(head) {
        return [django_cache::MARKER, django_qsessions::MARKER, django_cached_db::MARKER]
            .iter()
            .any(|marker| key::rfind(key, marker.as_bytes()).is_some());
    }
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+' | b'/');
    head.starts_with(ctfd::MARK) || (key::tail(key, 32, Alphabet::Lower).is_some() && head.iter().all(base64))
}
