# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sessctl_global_optspecs
    string join \n store= config= profile= layout= prefix= user-path= match= password-file= password-command= cacert= cert= key= insecure connect-timeout= timeout= o/output= 0/null no-headers times= color= mask reveal q/quiet h/help V/version
end

function __fish_sessctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sessctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sessctl_using_subcommand
    set -l cmd (__fish_sessctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sessctl -n "__fish_sessctl_needs_command" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_needs_command" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_needs_command" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_needs_command" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_needs_command" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_needs_command" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_needs_command" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_needs_command" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_needs_command" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_needs_command" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_needs_command" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_needs_command" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_needs_command" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_needs_command" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_needs_command" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_needs_command" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_needs_command" -s V -l version -d 'Print version'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "list" -d 'List sessions: who is logged in, since when, until when'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "inspect" -d 'Show one session: who, when, what it holds, what ends with it'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "count" -d 'Count sessions, in all or by user, layout, address, …'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "purge" -d 'End sessions: the key, its index entries, its companions'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "logout" -d 'Log users out: end all of their sessions'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "expire" -d 'Set when sessions end'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "clear" -d 'End all sessions of a layout, and touch nothing else'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "apply" -d 'Do exactly what a plan says, where the sessions still are as they were'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "undo" -d 'Put back what a run removed or changed, with the expiry that it had'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "runs" -d 'List the runs whose undo files are kept, look into one, or remove old ones'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "discover" -d 'Tell what is in a server: sessions by layout and prefix, and what else'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "layouts" -d 'Show how frameworks keep their sessions'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "decode" -d 'Decode a stored value from a file or stdin'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "cookie" -d 'Find the session that a cookie belongs to, and check its signature'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "config" -d 'Write, find, show or check the configuration file'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "demo" -d 'Start a private server with sample sessions of several frameworks'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "man" -d 'Show the manual'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "help" -d 'Explain a command or a topic'
complete -c sessctl -n "__fish_sessctl_needs_command" -f -a "version" -d 'Print the version'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l columns -d 'Columns, separated by commas' -r -f -a "id\t''
key\t''
layout\t''
user\t''
ttl\t''
created\t''
seen\t''
ip\t''
agent\t''
bytes\t''
codec\t''
error\t''
authenticated\t''
idle\t''
age\t''
expires\t''
prefix\t''
type\t''
certainty\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l sort -d 'Sort by columns, separated by commas; with `-` before one, descending: user,-ttl' -r -f -a "id\t''
key\t''
layout\t''
user\t''
ttl\t''
created\t''
seen\t''
ip\t''
agent\t''
bytes\t''
codec\t''
error\t''
authenticated\t''
idle\t''
age\t''
expires\t''
prefix\t''
type\t''
certainty\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -s n -l limit -d 'Stop after so many rows' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -s u -l user -d 'Sessions of this user, exactly; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l user-match -d 'Sessions of users whose name fits a Redis glob; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l ttl -d 'By what is left of the key\'s TTL: \'<30m\', \'>=2d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l idle -d 'By the time since the session was last seen: \'>7d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l age -d 'By the time since the session was created: \'>30d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l size -d 'By the memory that the session\'s key takes: \'>64KiB\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l ip -d 'Sessions from this address or network; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l agent -d 'Sessions from browsers whose name contains this, whatever its case; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l where -d 'By the decoded data: \'passport.user = alice\', \'cart.items.0.qty >= 2\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l ids-from -d 'Sessions named in a file, or on standard input with -' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not -d 'Negate the filter that follows: --not --user alice, --not expired' -r -f -a "--user\t''
--user-match\t''
--ttl\t''
--idle\t''
--age\t''
--size\t''
--ip\t''
--agent\t''
--where\t''
--ids-from\t''
--authenticated\t''
--anonymous\t''
--no-ttl\t''
--undecodable\t''
--expired\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-user -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-user-match -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-ttl -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-idle -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-age -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-size -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-ip -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-agent -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-where -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-ids-from -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l wide -d 'Show every column in a table, however wide it gets'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l authenticated -d 'Sessions of somebody who is logged in'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l anonymous -d 'Sessions of nobody'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l no-ttl -d 'Sessions whose key has no TTL'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l undecodable -d 'Sessions whose value cannot be decoded'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l expired -d 'Sessions whose own end has passed though the key is still there'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l all -d 'Every session'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-authenticated
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-anonymous
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-no-ttl
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-undecodable
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l not-expired
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -s u -l user -d 'Show the sessions of this user, exactly; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l cookie -d 'Find the session behind this cookie; `-` reads it from standard input' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l path -d 'Print one part of the data only, such as `passport.user` or `cart.0.sku`' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l raw -d 'Print the stored bytes as they are'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l explain -d 'Say of a key that is no session what every layout says of it, not the nearest three only'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l by -d 'Count by a column: user, layout, ip, agent, ttl, age, idle, bytes, …' -r -f -a "id\t''
key\t''
layout\t''
user\t''
ttl\t''
created\t''
seen\t''
ip\t''
agent\t''
bytes\t''
codec\t''
error\t''
authenticated\t''
idle\t''
age\t''
expires\t''
prefix\t''
type\t''
certainty\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l sort -d 'With --by: sort by `count` or a column that is counted by; with `-` before it, descending [default: -count]' -r -f -a "id\t''
key\t''
layout\t''
user\t''
ttl\t''
created\t''
seen\t''
ip\t''
agent\t''
bytes\t''
codec\t''
error\t''
authenticated\t''
idle\t''
age\t''
expires\t''
prefix\t''
type\t''
certainty\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -s n -l limit -d 'With --by: show so many rows' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -s u -l user -d 'Sessions of this user, exactly; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l user-match -d 'Sessions of users whose name fits a Redis glob; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l ttl -d 'By what is left of the key\'s TTL: \'<30m\', \'>=2d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l idle -d 'By the time since the session was last seen: \'>7d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l age -d 'By the time since the session was created: \'>30d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l size -d 'By the memory that the session\'s key takes: \'>64KiB\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l ip -d 'Sessions from this address or network; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l agent -d 'Sessions from browsers whose name contains this, whatever its case; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l where -d 'By the decoded data: \'passport.user = alice\', \'cart.items.0.qty >= 2\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l ids-from -d 'Sessions named in a file, or on standard input with -' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not -d 'Negate the filter that follows: --not --user alice, --not expired' -r -f -a "--user\t''
--user-match\t''
--ttl\t''
--idle\t''
--age\t''
--size\t''
--ip\t''
--agent\t''
--where\t''
--ids-from\t''
--authenticated\t''
--anonymous\t''
--no-ttl\t''
--undecodable\t''
--expired\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-user -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-user-match -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-ttl -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-idle -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-age -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-size -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-ip -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-agent -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-where -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-ids-from -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l fail-if-any -d 'End with exit code 7 if there is any such session; for scripts'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l authenticated -d 'Sessions of somebody who is logged in'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l anonymous -d 'Sessions of nobody'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l no-ttl -d 'Sessions whose key has no TTL'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l undecodable -d 'Sessions whose value cannot be decoded'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l expired -d 'Sessions whose own end has passed though the key is still there'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l all -d 'Every session'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-authenticated
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-anonymous
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-no-ttl
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-undecodable
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l not-expired
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand count" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l max -d 'Refuse when more sessions match than this, or `none` [default: 10000, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l expect -d 'Refuse unless exactly so many sessions match' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l plan -d 'Change nothing, and write what would be changed to a file for review; `apply` does it' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l verify -d 'Keep watching so long, and end again what a request in flight writes back' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l resume -d 'Go on with a run that was interrupted' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l keep -d 'How long undo files of earlier runs are kept' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l ticket -d 'Note this in the audit log, such as the number of a ticket' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l rate -d 'Change at most so many sessions a second, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l latency-budget -d 'Slow down while the server takes longer to answer a PING, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l max-lag -d 'Pause while a replica is further behind than this, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s u -l user -d 'Sessions of this user, exactly; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l user-match -d 'Sessions of users whose name fits a Redis glob; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l ttl -d 'By what is left of the key\'s TTL: \'<30m\', \'>=2d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l idle -d 'By the time since the session was last seen: \'>7d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l age -d 'By the time since the session was created: \'>30d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l size -d 'By the memory that the session\'s key takes: \'>64KiB\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l ip -d 'Sessions from this address or network; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l agent -d 'Sessions from browsers whose name contains this, whatever its case; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l where -d 'By the decoded data: \'passport.user = alice\', \'cart.items.0.qty >= 2\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l ids-from -d 'Sessions named in a file, or on standard input with -' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not -d 'Negate the filter that follows: --not --user alice, --not expired' -r -f -a "--user\t''
--user-match\t''
--ttl\t''
--idle\t''
--age\t''
--size\t''
--ip\t''
--agent\t''
--where\t''
--ids-from\t''
--authenticated\t''
--anonymous\t''
--no-ttl\t''
--undecodable\t''
--expired\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-user -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-user-match -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-ttl -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-idle -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-age -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-size -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-ip -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-agent -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-where -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-ids-from -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s n -l dry-run -d 'Show the steps that would run, and change nothing'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l index-only -d 'With --user: end what the framework\'s own index names, and do not scan for what it misses'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l scan-only -d 'With --user: scan at once, and do not look into indexes'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l no-undo -d 'Keep no undo file; the change cannot be taken back then'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l authenticated -d 'Sessions of somebody who is logged in'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l anonymous -d 'Sessions of nobody'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l no-ttl -d 'Sessions whose key has no TTL'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l undecodable -d 'Sessions whose value cannot be decoded'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l expired -d 'Sessions whose own end has passed though the key is still there'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l all -d 'Every session'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-authenticated
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-anonymous
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-no-ttl
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-undecodable
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l not-expired
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand purge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l max -d 'Refuse when more sessions match than this, or `none` [default: 10000, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l expect -d 'Refuse unless exactly so many sessions match' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l plan -d 'Change nothing, and write what would be changed to a file for review; `apply` does it' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l verify -d 'Keep watching so long, and end again what a request in flight writes back' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l resume -d 'Go on with a run that was interrupted' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l keep -d 'How long undo files of earlier runs are kept' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l ticket -d 'Note this in the audit log, such as the number of a ticket' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l rate -d 'Change at most so many sessions a second, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l latency-budget -d 'Slow down while the server takes longer to answer a PING, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l max-lag -d 'Pause while a replica is further behind than this, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -s n -l dry-run -d 'Show the steps that would run, and change nothing'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l index-only -d 'With --user: end what the framework\'s own index names, and do not scan for what it misses'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l scan-only -d 'With --user: scan at once, and do not look into indexes'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l no-undo -d 'Keep no undo file; the change cannot be taken back then'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l in -d 'So long from now: 30m, 2h, 7d' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l at -d 'At this time: RFC 3339, `2026-12-24 18:00` in UTC, or @SECONDS since 1970' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l cap -d 'No later than so long from now; those that end earlier stay as they are' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l floor -d 'No earlier than so long from now; those that end later, and those that are over, stay as they are' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l max -d 'Refuse when more sessions match than this, or `none` [default: 10000, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l expect -d 'Refuse unless exactly so many sessions match' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l plan -d 'Change nothing, and write what would be changed to a file for review; `apply` does it' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l verify -d 'Keep watching so long, and end again what a request in flight writes back' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l resume -d 'Go on with a run that was interrupted' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l keep -d 'How long undo files of earlier runs are kept' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l ticket -d 'Note this in the audit log, such as the number of a ticket' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l rate -d 'Change at most so many sessions a second, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l latency-budget -d 'Slow down while the server takes longer to answer a PING, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l max-lag -d 'Pause while a replica is further behind than this, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s u -l user -d 'Sessions of this user, exactly; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l user-match -d 'Sessions of users whose name fits a Redis glob; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l ttl -d 'By what is left of the key\'s TTL: \'<30m\', \'>=2d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l idle -d 'By the time since the session was last seen: \'>7d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l age -d 'By the time since the session was created: \'>30d\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l size -d 'By the memory that the session\'s key takes: \'>64KiB\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l ip -d 'Sessions from this address or network; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l agent -d 'Sessions from browsers whose name contains this, whatever its case; repeat for several' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l where -d 'By the decoded data: \'passport.user = alice\', \'cart.items.0.qty >= 2\'' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l ids-from -d 'Sessions named in a file, or on standard input with -' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not -d 'Negate the filter that follows: --not --user alice, --not expired' -r -f -a "--user\t''
--user-match\t''
--ttl\t''
--idle\t''
--age\t''
--size\t''
--ip\t''
--agent\t''
--where\t''
--ids-from\t''
--authenticated\t''
--anonymous\t''
--no-ttl\t''
--undecodable\t''
--expired\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-user -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-user-match -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-ttl -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-idle -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-age -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-size -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-ip -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-agent -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-where -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-ids-from -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l persist -d 'Never'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s n -l dry-run -d 'Show the steps that would run, and change nothing'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l index-only -d 'With --user: end what the framework\'s own index names, and do not scan for what it misses'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l scan-only -d 'With --user: scan at once, and do not look into indexes'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l no-undo -d 'Keep no undo file; the change cannot be taken back then'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l authenticated -d 'Sessions of somebody who is logged in'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l anonymous -d 'Sessions of nobody'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l no-ttl -d 'Sessions whose key has no TTL'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l undecodable -d 'Sessions whose value cannot be decoded'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l expired -d 'Sessions whose own end has passed though the key is still there'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l all -d 'Every session'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-authenticated
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-anonymous
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-no-ttl
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-undecodable
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l not-expired
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand expire" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l max -d 'Refuse when more sessions match than this, or `none` [default: 10000, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l expect -d 'Refuse unless exactly so many sessions match' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l plan -d 'Change nothing, and write what would be changed to a file for review; `apply` does it' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l verify -d 'Keep watching so long, and end again what a request in flight writes back' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l resume -d 'Go on with a run that was interrupted' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l keep -d 'How long undo files of earlier runs are kept' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l ticket -d 'Note this in the audit log, such as the number of a ticket' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l rate -d 'Change at most so many sessions a second, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l latency-budget -d 'Slow down while the server takes longer to answer a PING, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l max-lag -d 'Pause while a replica is further behind than this, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -s n -l dry-run -d 'Show the steps that would run, and change nothing'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l index-only -d 'With --user: end what the framework\'s own index names, and do not scan for what it misses'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l scan-only -d 'With --user: scan at once, and do not look into indexes'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l no-undo -d 'Keep no undo file; the change cannot be taken back then'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l max-age -d 'Refuse a plan that is older' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l max -d 'Refuse when more sessions match than this, or `none` [default: 10000, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l expect -d 'Refuse unless exactly so many sessions match' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l plan -d 'Change nothing, and write what would be changed to a file for review; `apply` does it' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l verify -d 'Keep watching so long, and end again what a request in flight writes back' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l resume -d 'Go on with a run that was interrupted' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l keep -d 'How long undo files of earlier runs are kept' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l ticket -d 'Note this in the audit log, such as the number of a ticket' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l rate -d 'Change at most so many sessions a second, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l latency-budget -d 'Slow down while the server takes longer to answer a PING, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l max-lag -d 'Pause while a replica is further behind than this, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l allow-edited -d 'Do it though it was edited after it was written'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -s n -l dry-run -d 'Show the steps that would run, and change nothing'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l index-only -d 'With --user: end what the framework\'s own index names, and do not scan for what it misses'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l scan-only -d 'With --user: scan at once, and do not look into indexes'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l no-undo -d 'Keep no undo file; the change cannot be taken back then'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l user -d 'Only sessions of this user; repeatable' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l expect -d 'Refuse unless exactly so many sessions are to be put back' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l ticket -d 'Note this in the audit log, such as the number of a ticket' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l rate -d 'Change at most so many sessions a second, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l latency-budget -d 'Slow down while the server takes longer to answer a PING, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l max-lag -d 'Pause while a replica is further behind than this, or `none` [default: none, or the profile\'s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -s n -l dry-run -d 'Show how many would be put back, and change nothing'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l salvage -d 'Restore what comes before a damaged place in the file'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -f -a "show" -d 'Show what a run changed, a line a session'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -f -a "prune" -d 'Remove undo files that are older than --keep'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and not __fish_seen_subcommand_from show prune verify-audit" -f -a "verify-audit" -d 'Check that the audit log is as it was written'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l keep -d 'How old a file may become' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l holds -d 'Also find fault unless a line with this SHA-256, noted earlier, is still there' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand runs; and __fish_seen_subcommand_from verify-audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand discover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l family -d 'Only layouts of this family, such as PHP' -r -f -a ".NET\t''
Any\t''
JVM\t''
Node.js\t''
PHP\t''
Perl\t''
Proxies\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand layouts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l codec -d 'Use this codec and try no other' -r -f -a "json\t''
pickle\t''
rails-cache\t''
marshal\t''
etf\t''
storable\t''
sereal\t''
php-msgpack\t''
dotnet-binary\t''
aspnetcore-session\t''
aspnetcore-ticket\t''
msgpack\t''
java\t''
fastjson\t''
vertx\t''
php-serialize\t''
php\t''
php_binary\t''
igbinary\t''
system-web\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l of-key -d 'Say which key the value was in, where its layout needs to know' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l name -d 'The cookie\'s name, where the application gave it one of its own' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand cookie" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -f -a "init" -d 'Look into the server and write a profile of each kind of session that is found'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -f -a "path" -d 'Print where the file is, or would be'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -f -a "show" -d 'Print the file with its secrets blanked'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and not __fish_seen_subcommand_from init path show check" -f -a "check" -d 'Check every profile; exit code 7 when one is wrong'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l print -d 'Print the file instead of writing it'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l writable -d 'Let the profiles change the server'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l db -d 'The database of the demo that the command is run against; `sessctl demo` tells what is in each' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l dynamic -d 'Let the shell ask the program for the values'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l dir -d 'Write one page for each command into this directory' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l store -d 'Use this server [default: redis://127.0.0.1:6379/0]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l config -d 'Read profiles from this file' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l profile -d 'Use this profile of the configuration file' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l layout -d 'Consider sessions of this layout only; may be repeated' -r -f -a "redis-sessions\t''
mgcrea-fastify-session\t''
etherpad\t''
fastify-session\t''
overleaf\t''
nodebb\t''
connect-redis\t''
koa-generic-session\t''
express-openid-connect\t''
connect-redis-crypto\t''
koa-session\t''
egg-session-redis\t''
hono-sessions\t''
authjs-upstash\t''
better-auth\t''
adonis-session-redis\t''
shopify-app-session-storage-redis\t''
remix-session-storage-redis\t''
lemonldap-ng\t''
aspnetcore\t''
aspnetcore-ticket\t''
aspnet-redis-provider\t''
aspnet-redis-provider-v4\t''
servicestack\t''
webseal\t''
spring-session\t''
spring-session-json\t''
spring-session-indexed\t''
spring-session-indexed-json\t''
spring-session-reactive\t''
micronaut-session\t''
redisson-tomcat\t''
tomcat-redis-session-manager\t''
shiro-redis\t''
ruoyi\t''
sa-token\t''
vertx-web\t''
apereo-cas\t''
swoft\t''
laravel\t''
symfony\t''
codeigniter4\t''
codeigniter3\t''
cakephp\t''
laminas\t''
joomla\t''
nextcloud\t''
mediawiki\t''
roundcube\t''
simplesamlphp\t''
moodle\t''
magento1-cm\t''
magento2\t''
typo3\t''
hyperf\t''
opencart\t''
wpruss\t''
yii2\t''
yii2-cache\t''
thinkphp5\t''
phalcon3\t''
koa-session2\t''
telegraf-session-redis\t''
remix-redis-session\t''
webman\t''
phalcon\t''
thinkphp6\t''
phpredis\t''
predis-session\t''
generic\t''
generic-hash\t''
express-memorystore\t''
cookie-only\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l prefix -d 'Say what session keys begin with, where it is not the layout\'s default' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l user-path -d 'Find the user of a session at this path of its data; may be repeated' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l match -d 'Consider only keys that fit this Redis glob' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l password-file -d 'Read the password from the first line of this file; REDISCLI_AUTH works too' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l password-command -d 'Read the password from the first line that this command prints' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l cacert -d 'Trust these certificates (PEM) instead of the system\'s' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l cert -d 'Show the server this client certificate (PEM)' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l key -d 'Use this private key (PEM) for the client certificate' -r -F
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l connect-timeout -d 'Give up connecting after this time [default: 5s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l timeout -d 'Give up waiting for an answer after this time [default: 30s]' -r
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -s o -l output -d 'Print in this form [default: table]' -r -f -a "table\t'Columns for people'
json\t'One JSON array or object'
ndjson\t'One JSON object a line'
csv\t'Comma-separated values with a header'
ids\t'Ids only, one a line'
toml\t'A description for the configuration file; with `layouts NAME` only'"
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l times -d 'Show times in tables and cards in this way, instead of as is usual in each place' -r -f -a "relative\t'As a span from now: 5m ago, in 2h'
utc\t'As date and time in UTC'
local\t'As date and time of this machine\'s time zone'"
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l color -d 'Use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l insecure -d 'Do not check the server\'s certificate'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -s 0 -l null -d 'End each id with NUL instead of a line break, for `xargs -0`'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l no-headers -d 'Leave out the line with the names of the columns, in tables and CSV'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l mask -d 'Shorten ids in every form of output'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -l reveal -d 'Show ids and secrets whole, also in tables'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -s q -l quiet -d 'Print no notes and no progress'
complete -c sessctl -n "__fish_sessctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
