//! Where frameworks document themselves.

/// Of those whose place is known and has stood for years.
const HOMES: &[(&str, &str)] = &[
    ("actix-session", "https://github.com/actix/actix-extras"),
    ("adonis-session-redis", "https://github.com/adonisjs/session"),
    ("aiohttp-session", "https://aiohttp-session.readthedocs.io/"),
    ("apereo-cas", "https://apereo.github.io/cas/"),
    ("aspnet-redis-provider", "https://github.com/Azure/aspnet-redis-providers"),
    ("aspnet-redis-provider-v4", "https://github.com/Azure/aspnet-redis-providers"),
    ("aspnetcore", "https://learn.microsoft.com/aspnet/core/fundamentals/app-state"),
    ("aspnetcore-ticket", "https://learn.microsoft.com/aspnet/core/security/authentication/cookie"),
    ("async-redis-session", "https://github.com/jbr/async-redis-session"),
    ("authelia", "https://www.authelia.com/"),
    ("authjs-upstash", "https://authjs.dev/"),
    ("axum-session", "https://github.com/AscendingCreations/AxumSession"),
    ("beaker-redis", "https://beaker.readthedocs.io/"),
    ("beego-session", "https://github.com/beego/beego"),
    ("better-auth", "https://www.better-auth.com/"),
    ("budibase", "https://github.com/Budibase/budibase"),
    ("cakephp", "https://book.cakephp.org/"),
    ("codeigniter3", "https://codeigniter.com/userguide3/libraries/sessions.html"),
    ("codeigniter4", "https://codeigniter.com/user_guide/libraries/sessions.html"),
    ("connect-redis", "https://github.com/tj/connect-redis"),
    ("ctfd", "https://docs.ctfd.io/"),
    ("dify", "https://docs.dify.ai/"),
    ("django-cache", "https://docs.djangoproject.com/en/stable/topics/http/sessions/"),
    ("django-cached-db", "https://docs.djangoproject.com/en/stable/topics/http/sessions/"),
    ("django-db", "https://docs.djangoproject.com/en/stable/topics/http/sessions/"),
    ("django-qsessions", "https://github.com/QueraTeam/django-qsessions"),
    ("django-redis", "https://github.com/jazzband/django-redis"),
    ("egg-session-redis", "https://github.com/eggjs/egg-session-redis"),
    ("etherpad", "https://github.com/ether/etherpad-lite"),
    ("express-memorystore", "https://github.com/expressjs/session"),
    ("express-openid-connect", "https://github.com/auth0/express-openid-connect"),
    ("external-auth-server", "https://github.com/travisghansen/external-auth-server"),
    ("fastify-session", "https://github.com/fastify/session"),
    ("flamego-session", "https://github.com/flamego/session"),
    ("flask-kvsession", "https://github.com/mbr/flask-kvsession"),
    ("flask-session", "https://flask-session.readthedocs.io/"),
    ("flask-session-legacy", "https://flask-session.readthedocs.io/"),
    ("gitea", "https://docs.gitea.com/"),
    ("gitlab", "https://docs.gitlab.com/"),
    ("gofiber-session", "https://docs.gofiber.io/"),
    ("gorilla-redistore", "https://github.com/boj/redistore"),
    ("harbor", "https://goharbor.io/"),
    ("hono-sessions", "https://github.com/jcs224/hono_sessions"),
    ("hyperf", "https://hyperf.wiki/"),
    ("indico", "https://docs.getindico.io/"),
    ("iris-redis", "https://github.com/kataras/iris"),
    ("istio-authservice", "https://github.com/istio-ecosystem/authservice"),
    ("jwt-sessions", "https://github.com/tuwukee/jwt_sessions"),
    ("koa-generic-session", "https://github.com/koajs/generic-session"),
    ("koa-session", "https://github.com/koajs/session"),
    ("laminas", "https://docs.laminas.dev/laminas-session/"),
    ("laravel", "https://laravel.com/docs/session"),
    ("lemonldap-ng", "https://lemonldap-ng.org/documentation/latest/"),
    ("litestar", "https://docs.litestar.dev/"),
    ("lua-resty-session", "https://github.com/bungle/lua-resty-session"),
    ("lua-resty-session-v3", "https://github.com/bungle/lua-resty-session"),
    ("magento1-cm", "https://github.com/colinmollenhour/Cm_RedisSession"),
    ("magento2", "https://github.com/colinmollenhour/php-redis-session-abstract"),
    ("mediawiki", "https://www.mediawiki.org/wiki/Manual:SessionManager_and_AuthManager"),
    ("mgcrea-fastify-session", "https://github.com/mgcrea/fastify-session"),
    ("micronaut-session", "https://docs.micronaut.io/"),
    ("mod-auth-openidc", "https://github.com/OpenIDC/mod_auth_openidc"),
    ("moodle", "https://docs.moodle.org/"),
    ("nextcloud", "https://docs.nextcloud.com/"),
    ("nodebb", "https://github.com/NodeBB/NodeBB"),
    ("oauth2-proxy", "https://oauth2-proxy.github.io/oauth2-proxy/"),
    ("opencart", "https://github.com/opencart/opencart"),
    ("overleaf", "https://github.com/overleaf/overleaf"),
    ("phalcon", "https://docs.phalcon.io/"),
    ("phpredis", "https://github.com/phpredis/phpredis"),
    ("poem-session", "https://github.com/poem-web/poem"),
    ("predis-session", "https://github.com/predis/predis"),
    ("pyramid-redis-sessions", "https://github.com/ericrasmussen/pyramid_redis_sessions"),
    ("pyramid-session-redis", "https://github.com/jvanasco/pyramid_session_redis"),
    ("quart-session", "https://github.com/kroketio/quart-session"),
    ("rack-session-redis", "https://github.com/redis-store/redis-rack"),
    ("rails-cache-store", "https://api.rubyonrails.org/classes/ActionDispatch/Session/CacheStore.html"),
    ("rails-redis-actionpack", "https://github.com/redis-store/redis-actionpack"),
    ("rails-redis-session-store", "https://github.com/roidrage/redis-session-store"),
    ("rbcervilla-redisstore", "https://github.com/rbcervilla/redisstore"),
    ("redis-sessions", "https://github.com/smrchy/redis-sessions"),
    ("redisson-tomcat", "https://github.com/redisson/redisson"),
    ("roundcube", "https://github.com/roundcube/roundcubemail"),
    ("sa-token", "https://sa-token.cc/"),
    ("salvo-session", "https://github.com/salvo-rs/salvo"),
    ("scs", "https://github.com/alexedwards/scs"),
    ("servicestack", "https://docs.servicestack.net/"),
    ("shiro-redis", "https://github.com/alexxiyang/shiro-redis"),
    ("sidekiq-web", "https://github.com/sidekiq/sidekiq"),
    ("simplesamlphp", "https://simplesamlphp.org/docs/stable/"),
    ("spring-session", "https://docs.spring.io/spring-session/reference/"),
    ("spring-session-indexed", "https://docs.spring.io/spring-session/reference/"),
    ("spring-session-indexed-json", "https://docs.spring.io/spring-session/reference/"),
    ("spring-session-json", "https://docs.spring.io/spring-session/reference/"),
    ("spring-session-reactive", "https://docs.spring.io/spring-session/reference/"),
    ("starsessions", "https://github.com/alex-oleshkevich/starsessions"),
    ("symfony", "https://symfony.com/doc/current/session.html"),
    ("tomcat-redis-session-manager", "https://github.com/jcoleman/tomcat-redis-session-manager"),
    ("tower-sessions", "https://github.com/maxcountryman/tower-sessions"),
    ("typo3", "https://docs.typo3.org/"),
    ("vapor", "https://docs.vapor.codes/"),
    ("vertx-web", "https://vertx.io/docs/vertx-web/java/"),
    ("web2py", "https://github.com/web2py/web2py"),
    ("yii2", "https://github.com/yiisoft/yii2-redis"),
    ("yii2-cache", "https://www.yiiframework.com/doc/guide/2.0/en/runtime-sessions-cookies"),
];

/// The documentation of a layout's framework.
pub(super) fn of(layout: &str) -> Option<&'static str> {
    HOMES.iter().find(|(name, _)| *name == layout).map(|(_, home)| *home)
}

/// The page with its address as a link (OSC 8), which terminals show as the text alone.
pub(super) fn linked(page: &str, home: &str) -> String {
    page.replacen(home, &format!("\x1b]8;;{home}\x1b\\{home}\x1b]8;;\x1b\\"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frameworks::BUILT_IN;

    #[test]
    fn homes_are_of_layouts_that_there_are() {
        for (at, (name, home)) in HOMES.iter().enumerate() {
            assert!(BUILT_IN.by_name(name).is_some(), "{name}");
            assert!(!HOMES[..at].iter().any(|(other, _)| other == name), "{name} twice");
            assert!(
                home.starts_with("https://") && home.bytes().all(|byte| byte.is_ascii_graphic()),
                "{home}"
            );
        }
    }
}
