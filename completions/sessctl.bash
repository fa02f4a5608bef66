_sessctl() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="sessctl"
                ;;
            sessctl,acl)
                cmd="sessctl__subcmd__acl"
                ;;
            sessctl,apply)
                cmd="sessctl__subcmd__apply"
                ;;
            sessctl,clear)
                cmd="sessctl__subcmd__clear"
                ;;
            sessctl,completions)
                cmd="sessctl__subcmd__completions"
                ;;
            sessctl,config)
                cmd="sessctl__subcmd__config"
                ;;
            sessctl,cookie)
                cmd="sessctl__subcmd__cookie"
                ;;
            sessctl,count)
                cmd="sessctl__subcmd__count"
                ;;
            sessctl,decode)
                cmd="sessctl__subcmd__decode"
                ;;
            sessctl,demo)
                cmd="sessctl__subcmd__demo"
                ;;
            sessctl,discover)
                cmd="sessctl__subcmd__discover"
                ;;
            sessctl,doctor)
                cmd="sessctl__subcmd__doctor"
                ;;
            sessctl,expire)
                cmd="sessctl__subcmd__expire"
                ;;
            sessctl,help)
                cmd="sessctl__subcmd__help"
                ;;
            sessctl,inspect)
                cmd="sessctl__subcmd__inspect"
                ;;
            sessctl,layouts)
                cmd="sessctl__subcmd__layouts"
                ;;
            sessctl,list)
                cmd="sessctl__subcmd__list"
                ;;
            sessctl,logout)
                cmd="sessctl__subcmd__logout"
                ;;
            sessctl,man)
                cmd="sessctl__subcmd__man"
                ;;
            sessctl,purge)
                cmd="sessctl__subcmd__purge"
                ;;
            sessctl,report)
                cmd="sessctl__subcmd__report"
                ;;
            sessctl,runs)
                cmd="sessctl__subcmd__runs"
                ;;
            sessctl,stats)
                cmd="sessctl__subcmd__stats"
                ;;
            sessctl,undo)
                cmd="sessctl__subcmd__undo"
                ;;
            sessctl,version)
                cmd="sessctl__subcmd__version"
                ;;
            sessctl,watch)
                cmd="sessctl__subcmd__watch"
                ;;
            sessctl__subcmd__config,check)
                cmd="sessctl__subcmd__config__subcmd__check"
                ;;
            sessctl__subcmd__config,init)
                cmd="sessctl__subcmd__config__subcmd__init"
                ;;
            sessctl__subcmd__config,path)
                cmd="sessctl__subcmd__config__subcmd__path"
                ;;
            sessctl__subcmd__config,show)
                cmd="sessctl__subcmd__config__subcmd__show"
                ;;
            sessctl__subcmd__runs,prune)
                cmd="sessctl__subcmd__runs__subcmd__prune"
                ;;
            sessctl__subcmd__runs,show)
                cmd="sessctl__subcmd__runs__subcmd__show"
                ;;
            sessctl__subcmd__runs,verify-audit)
                cmd="sessctl__subcmd__runs__subcmd__verify__subcmd__audit"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        sessctl)
            opts="-o -0 -q -v -h -V --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help --version list inspect count purge logout expire clear apply undo runs discover stats doctor report watch layouts decode cookie acl config demo completions man help version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__acl)
            opts="-o -0 -q -v -h --for --user --keys --cluster --sentinel --snapshot --server --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --for)
                    COMPREPLY=($(compgen -W "list inspect count discover stats doctor report purge clear apply expire undo" -- "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keys)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --server)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__apply)
            opts="-n -y -o -0 -q -v -h --allow-edited --max-age --dry-run --yes --max --expect --plan --verify --index-only --scan-only --resume --no-undo --keep --ticket --rate --latency-budget --max-lag --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --max-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --plan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --verify)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resume)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__clear)
            opts="-n -y -o -0 -q -v -h --dry-run --yes --max --expect --plan --verify --index-only --scan-only --resume --no-undo --keep --ticket --rate --latency-budget --max-lag --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --plan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --verify)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resume)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__completions)
            opts="-o -0 -q -v -h --dynamic --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help bash elvish fish powershell zsh"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__config)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help init path show check"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__config__subcmd__check)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__config__subcmd__init)
            opts="-o -0 -q -v -h --print --writable --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__config__subcmd__path)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__config__subcmd__show)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__cookie)
            opts="-o -0 -q -v -h --name --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --name)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__count)
            opts="-n -u -o -0 -q -v -h --by --sort --reverse --limit --fail-if-any --sample --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --by)
                    COMPREPLY=($(compgen -W "id key layout user ttl created seen ip agent bytes codec error authenticated idle age expires prefix type certainty store" -- "${cur}"))
                    return 0
                    ;;
                --sort)
                    COMPREPLY=($(compgen -W "count -count id key layout user ttl created seen ip agent bytes codec error authenticated idle age expires prefix type certainty store" -- "${cur}"))
                    return 0
                    ;;
                --limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__decode)
            opts="-o -0 -q -v -h --codec --of-key --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --codec)
                    COMPREPLY=($(compgen -W "json pickle rails-cache marshal etf storable sereal data-dumper perl-yaml gob php-msgpack dotnet-binary aspnetcore-session aspnetcore-ticket msgpack java fastjson vertx php-serialize php php_binary igbinary system-web" -- "${cur}"))
                    return 0
                    ;;
                --of-key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__demo)
            opts="-o -0 -q -v -h --db --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --db)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__discover)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__doctor)
            opts="-n -y -o -0 -q -v -h --fix --in --fail-on --only --skip --max-ttl --dry-run --yes --max --expect --plan --verify --index-only --scan-only --resume --no-undo --keep --ticket --rate --latency-budget --max-lag --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --fix)
                    COMPREPLY=($(compgen -W "index-orphans index-missing leftovers no-ttl ttl-too-long dead-sessions undecodable mixed-prefix weak-ids plain-secrets anonymous-flood many-per-user oversized eviction durability replica-lag memory notifications rights config-readable" -- "${cur}"))
                    return 0
                    ;;
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --fail-on)
                    COMPREPLY=($(compgen -W "info warning error" -- "${cur}"))
                    return 0
                    ;;
                --only)
                    COMPREPLY=($(compgen -W "index-orphans index-missing leftovers no-ttl ttl-too-long dead-sessions undecodable mixed-prefix weak-ids plain-secrets anonymous-flood many-per-user oversized eviction durability replica-lag memory notifications rights config-readable" -- "${cur}"))
                    return 0
                    ;;
                --skip)
                    COMPREPLY=($(compgen -W "index-orphans index-missing leftovers no-ttl ttl-too-long dead-sessions undecodable mixed-prefix weak-ids plain-secrets anonymous-flood many-per-user oversized eviction durability replica-lag memory notifications rights config-readable" -- "${cur}"))
                    return 0
                    ;;
                --max-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --plan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --verify)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resume)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__expire)
            opts="-n -y -u -o -0 -q -v -h --in --at --persist --cap --floor --dry-run --yes --max --expect --plan --verify --index-only --scan-only --resume --no-undo --keep --ticket --rate --latency-budget --max-lag --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --in)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --at)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --floor)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --plan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --verify)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resume)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__help)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help list inspect count purge expire clear apply undo runs discover stats doctor report watch layouts decode cookie acl config demo completions man help connection output filters exit-codes"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__inspect)
            opts="-u -o -0 -q -v -h --user --cookie --path --raw --diff --explain --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cookie)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__layouts)
            opts="-o -0 -q -v -h --family --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --family)
                    COMPREPLY=($(compgen -W ".NET Any Crystal Elixir Go JVM Java Lua Node.js PHP Perl Proxies Python Ruby Rust Swift" -- "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__list)
            opts="-n -u -o -0 -q -v -h --columns --sort --reverse --limit --wide --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --columns)
                    COMPREPLY=($(compgen -W "id key layout user ttl created seen ip agent bytes codec error authenticated idle age expires prefix type certainty store" -- "${cur}"))
                    return 0
                    ;;
                --sort)
                    COMPREPLY=($(compgen -W "id key layout user ttl created seen ip agent bytes codec error authenticated idle age expires prefix type certainty store" -- "${cur}"))
                    return 0
                    ;;
                --limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__logout)
            opts="-n -y -o -0 -q -v -h --dry-run --yes --max --expect --plan --verify --index-only --scan-only --resume --no-undo --keep --ticket --rate --latency-budget --max-lag --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --plan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --verify)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resume)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__man)
            opts="-o -0 -q -v -h --dir --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help list inspect count purge expire clear apply undo runs discover stats doctor report watch layouts decode cookie acl config demo completions man help connection output filters exit-codes"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --dir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__purge)
            opts="-n -y -u -o -0 -q -v -h --dry-run --yes --max --expect --plan --verify --index-only --scan-only --resume --no-undo --keep --ticket --rate --latency-budget --max-lag --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --plan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --verify)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resume)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__report)
            opts="-u -o -0 -q -v -h --out --title --open --replace --no-findings --top --if --save --baseline --sample --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --out)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --title)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --top)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --if)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --save)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --baseline)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__runs)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help show prune verify-audit"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__runs__subcmd__prune)
            opts="-o -0 -q -v -h --keep --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --keep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__runs__subcmd__show)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__runs__subcmd__verify__subcmd__audit)
            opts="-o -0 -q -v -h --holds --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --holds)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__stats)
            opts="-u -o -0 -q -v -h --top --if --save --baseline --sample --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --top)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --if)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --save)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --baseline)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__undo)
            opts="-n -y -o -0 -q -v -h --user --dry-run --yes --expect --salvage --ticket --rate --latency-budget --max-lag --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ticket)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --max-lag)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__version)
            opts="-o -0 -q -v -h --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sessctl__subcmd__watch)
            opts="-u -o -0 -q -v -h --rescan --once --latency-budget --metrics --metrics-users --user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from --all --not --not-user --not-user-match --not-authenticated --not-anonymous --not-ttl --not-no-ttl --not-idle --not-age --not-size --not-ip --not-agent --not-where --not-undecodable --not-expired --not-ids-from --store --config --profile --now --layout --prefix --user-path --match --password-file --password-command --sentinel-password-file --cacert --cert --key --sni --insecure --node --read-from --connect-timeout --timeout --output --format --null --no-headers --times --color --no-pager --mask --reveal --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --rescan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --latency-budget)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --metrics)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not)
                    COMPREPLY=($(compgen -W "--user --user-match --authenticated --anonymous --ttl --no-ttl --idle --age --size --ip --agent --where --undecodable --expired --ids-from" -- "${cur}"))
                    return 0
                    ;;
                --not-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-user-match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ttl)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-size)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ip)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-agent)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-where)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --not-ids-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --now)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "redis-sessions mgcrea-fastify-session etherpad fastify-session overleaf nodebb session-file-store connect-memcached connect-redis koa-generic-session express-openid-connect connect-redis-crypto koa-session egg-session-redis hono-sessions authjs-upstash better-auth budibase fastgpt adonis-session-redis shopify-app-session-storage-redis remix-session-storage-redis connect-pg-simple better-sqlite3-session-store connect-session-knex connect-sqlite3 connect-session-sequelize express-mysql-session gitlab rails-cache-store jwt-sessions rack-session-redis rails-redis-session-store rails-redis-actionpack rails-activerecord lemonldap-ng catalyst-session-redis cgi-session-redis dancer-session-redis dancer2-session-redis mojox-session-redis redbird plug-session-redis plug-session-redis-store pow lua-resty-session aspnetcore aspnetcore-ticket aspnet-redis-provider aspnet-redis-provider-v4 servicestack aspnetcore-sql scs iris-redis go-sessions simplesessions sessionup fasthttp-session kubesphere scs-sql tower-sessions salvo-session async-redis-session axum-session tower-sessions-sqlx axum-session-sqlx vapor kemal-session-redis webseal authelia mod-auth-openidc external-auth-server istio-authservice spring-session spring-session-json spring-session-indexed spring-session-indexed-json spring-session-reactive micronaut-session redisson-tomcat tomcat-redis-session-manager shiro-redis ruoyi sa-token vertx-web apereo-cas spring-session-jdbc django-db django-qsessions-db django-user-sessions django-cached-db django-cache django-redis django-qsessions beaker-redis ctfd indico django-redis-sessions-fork django-redis-sessions django-files django-memcached crudauth flask-session flask-session-filesystem flask-session-memcached flask-session-legacy quart-session starsessions aiohttp-session odoo-session-redis pyramid-redis-sessions pyramid-session-redis torndsession cherrys tornado-redis-session web2py py4web dify flask-session-sqlalchemy swoft laravel laravel-database laravel-files laravel-memcached symfony codeigniter4 codeigniter3 cakephp laminas joomla nextcloud mediawiki roundcube simplesamlphp moodle magento1-cm magento2 typo3 hyperf opencart wpruss yii2 yii2-cache thinkphp5 phalcon3 symfony-pdo wordpress mediawiki-db drupal joomla-db moodle-db magento2-db yii2-db codeigniter4-db phpbb koa-session2 telegraf-session-redis remix-redis-session plack-session-redis lua-resty-session-v3 rbcervilla-redisstore gorilla-redistore flamego-session gofiber-session harbor beego-session gitea goframe actix-session poem-session oauth2-proxy flask-kvsession litestar starlette-session fastapi-redis-session sanic-session bottle-session webman phalcon thinkphp6 php-files php-memcached phpredis predis-session go-session-redis rocket-session-store generic generic-hash rails-elsewhere sidekiq-web perl-elsewhere plug-elsewhere lua-elsewhere identity-elsewhere frappe express-memorystore cookie-only" -- "${cur}"))
                    return 0
                    ;;
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user-path)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --match)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --password-command)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sentinel-password-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cacert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cert)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --key)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sni)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --read-from)
                    COMPREPLY=($(compgen -W "primary replica nearest" -- "${cur}"))
                    return 0
                    ;;
                --connect-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --output)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                -o)
                    COMPREPLY=($(compgen -W "table wide json ndjson yaml csv ids parquet toml" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --times)
                    COMPREPLY=($(compgen -W "relative utc local" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _sessctl -o nosort -o bashdefault -o default sessctl
else
    complete -F _sessctl -o bashdefault -o default sessctl
fi
