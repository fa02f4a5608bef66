<?php
// A small application on the components of Symfony, for PHP's own server: its kernel, its sessions, and the firewall's
// listener that keeps who is logged in. DSN says where the sessions are: in a table, with LOCK_MODE, or else in Redis.

declare(strict_types=1);

use Symfony\Component\EventDispatcher\EventDispatcher;
use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\PdoSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\RedisSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\NativeSessionStorage;
use Symfony\Component\HttpKernel\Controller\ControllerResolver;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\HttpKernel;
use Symfony\Component\HttpKernel\KernelEvents;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;
use Symfony\Component\Security\Core\User\InMemoryUserProvider;
use Symfony\Component\Security\Http\Authenticator\Token\PostAuthenticationToken;
use Symfony\Component\Security\Http\Firewall\ContextListener;
use Symfony\Component\Security\Http\Session\SessionAuthenticationStrategy;

require __DIR__ . '/meet.php';
foreach (['EventDispatcher', 'HttpFoundation', 'HttpKernel', 'Security/Core', 'Security/Http'] as $component) {
    require_once "Symfony/Component/$component/autoload.php";
}

if ($dsn = getenv('DSN')) {
    $handler = new PdoSessionHandler($dsn, ['db_username' => getenv('DB_USER'), 'lock_mode' => (int) getenv('LOCK_MODE')]);
} else {
    $redis = new Redis();
    $redis->connect(getenv('SOCKET'));
    $handler = new RedisSessionHandler($redis, ['ttl' => 1440]);
}
$request = Request::createFromGlobals();
if ($request->getPathInfo() === '/table') {
    // What the migration of an application does.
    $handler->createTable();
    exit;
}
$session = new Session(new NativeSessionStorage(['name' => 'PHPSESSID', 'gc_probability' => 0, 'gc_maxlifetime' => 1440], $handler));
$request->setSession($session);

$users = new InMemoryUserProvider(array_fill_keys(['alice', 'bob'], ['password' => 'sealed', 'roles' => ['ROLE_USER']]));
$tokens = new TokenStorage();
$dispatcher = new EventDispatcher();
$firewall = new ContextListener($tokens, [$users], 'main', null, $dispatcher);
$dispatcher->addListener(KernelEvents::REQUEST, fn (RequestEvent $event) => $firewall->authenticate($event));

$act = function (Request $request) use ($session, $tokens, $users): JsonResponse {
    switch ($request->getPathInfo()) {
        case '/login':
            $user = $users->loadUserByIdentifier($request->query->get('user'));
            $tokens->setToken($token = new PostAuthenticationToken($user, 'main', $user->getRoles()));
            (new SessionAuthenticationStrategy(SessionAuthenticationStrategy::MIGRATE))->onAuthentication($request, $token);
            break;
        case '/visit':
            $session->set('cart', [['sku' => 'tea', 'since' => new DateTimeImmutable('2024-05-17 08:30:00', new DateTimeZone('UTC'))]]);
            break;
        case '/slow':
            meet(getenv('MEET'));
            $session->set('cart', 'filled meanwhile');
            break;
    }
    return new JsonResponse(['user' => $tokens->getToken()?->getUserIdentifier()]);
};
$request->attributes->set('_controller', $act);
$response = (new HttpKernel($dispatcher, new ControllerResolver()))->handle($request);
$session->save();
$response->send();
