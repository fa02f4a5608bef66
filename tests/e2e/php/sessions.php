<?php
// A small application on PHP's native sessions, for PHP's own server: what it stores where is left to
// the settings that the server was started with. Each path does one thing to the visitor's session and
// answers with what the session then says.

declare(strict_types=1);

require __DIR__ . '/meet.php';

final class Line
{
    protected bool $gift = false;

    public function __construct(public string $sku, private int $count)
    {
    }
}

/**
 * What phpredis 6.1 does itself when `redis.session.compression` is set: the same library's compression
 * around the same session text. Earlier versions have it for their client only.
 */
final class Compressed implements SessionHandlerInterface
{
    private Redis $redis;

    public function __construct(string $socket, int $compression)
    {
        $this->redis = new Redis();
        $this->redis->connect($socket);
        $this->redis->setOption(Redis::OPT_COMPRESSION, $compression);
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read(string $id): string
    {
        return (string) $this->redis->get("PHPREDIS_SESSION:$id");
    }

    public function write(string $id, string $data): bool
    {
        return $this->redis->setex("PHPREDIS_SESSION:$id", (int) ini_get('session.gc_maxlifetime'), $data);
    }

    public function destroy(string $id): bool
    {
        return $this->redis->del("PHPREDIS_SESSION:$id") !== false;
    }

    public function gc(int $lifetime): int
    {
        return 0;
    }
}

if ($compression = getenv('COMPRESSION')) {
    session_set_save_handler(new Compressed(getenv('SOCKET'), constant("Redis::COMPRESSION_$compression")), true);
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
// Who only looks must leave no trace: this neither locks nor writes.
session_start(['read_and_close' => $path === '/me']);
switch ($path) {
    case '/me':
        break;
    case '/visit':
        $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
        break;
    case '/login':
        session_regenerate_id(true);
        $_SESSION['user_id'] = $_GET['user'];
        $_SESSION['since'] = new DateTimeImmutable('2024-05-17 08:30:00', new DateTimeZone('+02:00'));
        break;
    case '/cart':
        $line = new Line($_GET['sku'], 2);
        $_SESSION['cart'] = ['lines' => [$line], 'last' => $line, 'total' => 19.5, 'blob' => "\xff\x00"];
        break;
    case '/slow':
        // It has its session, and with locks on also the lock, until somebody lets it go on.
        meet(getenv('MEET'));
        $_SESSION['cart'] = 'filled meanwhile';
        break;
    case '/logout':
        session_destroy();
        $_SESSION = [];
        break;
    default:
        http_response_code(404);
}
$answer = ['user' => $_SESSION['user_id'] ?? null, 'visits' => $_SESSION['visits'] ?? null];
if (session_status() === PHP_SESSION_ACTIVE) {
    // PHP would write it only after the answer has gone out.
    session_write_close();
}
header('Content-Type: application/json');
echo json_encode($answer);
