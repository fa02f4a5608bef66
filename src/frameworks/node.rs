//! Node.js: express-session, koa, Fastify and the applications built on them.

use crate::layout::Layout;

pub mod adonis_session_redis;
pub mod authjs_upstash;
pub mod better_auth;
pub mod better_sqlite3_session_store;
pub mod budibase;
pub mod connect_memcached;
pub mod connect_pg_simple;
pub mod connect_redis;
pub mod connect_redis_crypto;
pub mod connect_session_knex;
pub mod connect_session_sequelize;
pub mod connect_sqlite3;
pub mod egg_session_redis;
pub mod etherpad;
pub mod express_mysql_session;
pub mod express_openid_connect;
mod express_rows;
pub mod fastgpt;
pub mod fastify_session;
pub mod hono_sessions;
pub mod koa_generic_session;
pub mod koa_session;
pub mod koa_session2;
pub mod mgcrea_fastify_session;
pub mod nodebb;
pub mod overleaf;
pub mod redis_sessions;
pub mod remix_redis_session;
pub mod remix_session_storage_redis;
pub mod session_file_store;
pub mod shopify;
pub mod telegraf_session_redis;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &redis_sessions::LAYOUT,
    &mgcrea_fastify_session::LAYOUT,
    &etherpad::LAYOUT,
    &fastify_session::LAYOUT,
    &overleaf::LAYOUT,
    &nodebb::LAYOUT,
    &session_file_store::LAYOUT,
    &connect_memcached::LAYOUT,
    &connect_redis::LAYOUT,
    &koa_generic_session::LAYOUT,
    &express_openid_connect::LAYOUT,
    &connect_redis_crypto::LAYOUT,
    &koa_session::LAYOUT,
    &egg_session_redis::LAYOUT,
    &hono_sessions::LAYOUT,
    &authjs_upstash::LAYOUT,
    &better_auth::LAYOUT,
    &budibase::LAYOUT,
    &fastgpt::LAYOUT,
    &adonis_session_redis::LAYOUT,
    &shopify::LAYOUT,
    &remix_session_storage_redis::LAYOUT,
    &koa_session2::LAYOUT,
    &telegraf_session_redis::LAYOUT,
    &remix_redis_session::LAYOUT,
    &connect_pg_simple::LAYOUT,
    &better_sqlite3_session_store::LAYOUT,
    &connect_session_knex::LAYOUT,
    &connect_sqlite3::LAYOUT,
    &connect_session_sequelize::LAYOUT,
    &express_mysql_session::LAYOUT,
];
