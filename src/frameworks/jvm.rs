//! The JVM: Spring Session, Redisson, Tomcat, Shiro and others.

pub mod apereo_cas;
pub mod micronaut_session;
pub mod redisson_tomcat;
pub mod ruoyi;
pub mod sa_token;
pub mod shiro_redis;
pub mod spring_session;
pub mod spring_session_indexed;
pub mod spring_session_reactive;
pub mod tomcat_redis_session_manager;
pub mod vertx_web;
