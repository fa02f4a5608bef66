//! Node.js: express-session, koa, Fastify and the applications built on them.

pub mod adonis_session_redis;
pub mod authjs_upstash;
pub mod better_auth;
pub mod connect_redis;
pub mod connect_redis_crypto;
pub mod egg_session_redis;
pub mod etherpad;
pub mod express_openid_connect;
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
pub mod shopify;
pub mod telegraf_session_redis;
