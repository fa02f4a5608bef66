//! The JVM: Spring Session, Redisson, Tomcat, Shiro and others.

use crate::layout::Layout;

pub mod apereo_cas;
pub mod micronaut_session;
pub mod redisson_tomcat;
pub mod ruoyi;
pub mod sa_token;
pub mod shiro_redis;
pub mod spring_session;
pub mod spring_session_indexed;
pub mod spring_session_jdbc;
pub mod spring_session_reactive;
pub mod tomcat_redis_session_manager;
pub mod vertx_web;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &spring_session::LAYOUT,
    &spring_session::JSON,
    &spring_session_indexed::LAYOUT,
    &spring_session_indexed::JSON,
    &spring_session_reactive::LAYOUT,
    &micronaut_session::LAYOUT,
    &redisson_tomcat::LAYOUT,
    &tomcat_redis_session_manager::LAYOUT,
    &shiro_redis::LAYOUT,
    &ruoyi::LAYOUT,
    &sa_token::LAYOUT,
    &vertx_web::LAYOUT,
    &apereo_cas::LAYOUT,
    &spring_session_jdbc::LAYOUT,
];
