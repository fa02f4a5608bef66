<?php
// A small application on the components of Laravel, for PHP's own server: the framework's own encrypter,
// cookie and session middleware, cache, queue and session guard, put together as its kernel does. What is
// configured is what `.env` would say: SESSION_DRIVER (redis, database in MariaDB at DB_SOCKET, memcached at MEMCACHED),
// SESSION_ENCRYPT, REDIS_CLIENT, APP_KEY, SESSION_COOKIE.

declare(strict_types=1);

use Illuminate\Auth\AuthManager;
use Illuminate\Auth\GenericUser;
use Illuminate\Cache\CacheManager;
use Illuminate\Cache\MemcachedConnector;
use Illuminate\Config\Repository;
use Illuminate\Container\Container;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\Guard;
use Illuminate\Contracts\Auth\UserProvider;
use Illuminate\Cookie\CookieJar;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Database\Capsule\Manager as Databases;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Encryption\Encrypter;
use Illuminate\Events\Dispatcher;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Pipeline\Pipeline;
use Illuminate\Queue\RedisQueue;
use Illuminate\Redis\RedisManager;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Session\SessionManager;

require __DIR__ . '/meet.php';
foreach (['Auth', 'Cache', 'Config', 'Container', 'Cookie', 'Database', 'Encryption', 'Events', 'Http', 'Pipeline', 'Queue', 'Redis', 'Session'] as $component) {
    require_once "Illuminate/$component/autoload.php";
}

/** Users without a table: each number is one. */
final class Users implements UserProvider
{
    public function retrieveById($identifier): ?Authenticatable
    {
        return new GenericUser(['id' => $identifier, 'remember_token' => null]);
    }

    public function retrieveByToken($identifier, $token): ?Authenticatable
    {
        return null;
    }

    public function updateRememberToken(Authenticatable $user, $token): void
    {
    }

    public function retrieveByCredentials(array $credentials): ?Authenticatable
    {
        return null;
    }

    public function validateCredentials(Authenticatable $user, array $credentials): bool
    {
        return false;
    }
}

$unix = getenv('SOCKET');
$app = new Container();
Container::setInstance($app);
$app->instance('config', new Repository([
    'auth' => [
        'defaults' => ['guard' => 'web'],
        'guards' => ['web' => ['driver' => 'session', 'provider' => 'users']],
        'providers' => ['users' => ['driver' => 'numbers']],
    ],
    'cache' => [
        'default' => 'redis',
        'prefix' => 'laravel_cache',
        'stores' => [
            'redis' => ['driver' => 'redis', 'connection' => 'default'],
            'memcached' => ['driver' => 'memcached', 'servers' => [['host' => getenv('MEMCACHED'), 'port' => 0, 'weight' => 100]]],
        ],
    ],
    'session' => [
        'driver' => getenv('SESSION_DRIVER') ?: 'redis',
        'table' => 'sessions',
        'encrypt' => (bool) getenv('SESSION_ENCRYPT'),
        'connection' => null,
        'store' => null,
        'lottery' => [0, 100],
        'lifetime' => 120,
        'expire_on_close' => false,
        'cookie' => getenv('SESSION_COOKIE') ?: 'laravel_session',
        'path' => '/',
        'domain' => null,
        'secure' => false,
        'http_only' => true,
        'same_site' => 'lax',
    ],
]));
$client = getenv('REDIS_CLIENT') ?: 'phpredis';
$app->instance('redis', $redis = new RedisManager($app, $client, [
    'options' => ['prefix' => 'laravel_database_'],
    'default' => $client === 'predis' ? ['scheme' => 'unix', 'path' => $unix] : ['host' => $unix, 'port' => 0],
]));
$encrypter = new Encrypter(base64_decode(substr(getenv('APP_KEY'), strlen('base64:'))), 'AES-256-CBC');
$app->instance('encrypter', $encrypter);
$app->instance('events', new Dispatcher($app));
$app->instance('cookie', $cookies = new CookieJar());
$app->instance('memcached.connector', new MemcachedConnector());
$app->instance('cache', $cache = new CacheManager($app));
$app->instance('session', $sessions = new SessionManager($app));
if ($database = getenv('DB_SOCKET')) {
    $databases = new Databases($app);
    $databases->addConnection([
        'driver' => 'mysql', 'unix_socket' => $database, 'database' => 'shop', 'username' => 'root', 'password' => '',
        'charset' => 'utf8mb4', 'collation' => 'utf8mb4_unicode_ci', 'prefix' => '', 'strict' => true,
    ]);
    $app->instance('db', $databases->getDatabaseManager());
    $schema = $databases->getConnection()->getSchemaBuilder();
    if (!$schema->hasTable('sessions')) {
        // What `artisan session:table` makes.
        $schema->create('sessions', function (Blueprint $table) {
            $table->string('id')->primary();
            $table->foreignId('user_id')->nullable()->index();
            $table->string('ip_address', 45)->nullable();
            $table->text('user_agent')->nullable();
            $table->text('payload');
            $table->integer('last_activity')->index();
        });
    }
}
$app->instance('request', $request = Request::capture());
$auth = new AuthManager($app);
$auth->provider('numbers', fn () => new Users());
$app->bind(Guard::class, fn () => $auth->guard('web'));
$app->instance('session.store', $sessions->driver());

$act = function (Request $request) use ($app, $auth, $cache, $redis): Response {
    $session = $request->session();
    switch ($request->path()) {
        case 'me':
            break;
        case 'visit':
            $session->put('visits', $session->get('visits', 0) + 1);
            break;
        case 'login':
            $auth->guard('web')->login(new GenericUser(['id' => (int) $request->query('user'), 'remember_token' => null]));
            break;
        case 'slow':
            meet(getenv('MEET'));
            $session->put('cart', 'filled meanwhile');
            break;
        case 'logout':
            $auth->guard('web')->logout();
            break;
        case 'flash':
            $session->flash('status', 'Saved.');
            $session->put('cart.items', [['sku' => 'tea', 'at' => new DateTime('2024-05-17 08:30:00', new DateTimeZone('UTC'))]]);
            break;
        case 'work':
            // What an application keeps in the same database beside its sessions.
            $cache->put('menu', ['home' => '/', '_token' => 'no session'], 3600);
            $cache->put(str_repeat('a1B2', 10), ['rows' => [1, 2, 3]], 3600);
            $cache->put(sha1('limiter:203.0.113.9'), 4, 60);
            $cache->put(sha1('limiter:203.0.113.9') . ':timer', time() + 60, 60);
            $cache->forever('greeting', 'hello');
            $cache->tags(['people'])->put('41', 'alice', 600);
            $cache->store('redis')->getStore()->lock('import', 600)->get();
            $queue = new RedisQueue($redis, 'default', 'default');
            $queue->setContainer($app);
            $queue->push('SendMail', ['to' => 41]);
            $queue->later(600, 'SendMail', ['to' => 42]);
            break;
        default:
            return new Response('', 404);
    }
    return new Response(json_encode(['user' => $auth->guard('web')->id(), 'visits' => $session->get('visits')]));
};

$response = (new Pipeline($app))
    ->send($request)
    ->through([new EncryptCookies($encrypter), new AddQueuedCookiesToResponse($cookies), new StartSession($sessions)])
    ->then($act);
$response->send();
