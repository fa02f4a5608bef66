<?php
// WordPress itself, for PHP's own server: its users and sessions in MariaDB at DB_SOCKET. Paths beside its own log in
// by its functions and tell who is logged in, as themes and plug-ins do.

declare(strict_types=1);

require __DIR__ . '/meet.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/install') {
    define('WP_INSTALLING', true);
}
foreach ([
    'ABSPATH' => '/usr/share/wordpress/', 'DB_HOST' => 'localhost:' . getenv('DB_SOCKET'), 'DB_NAME' => 'shop', 'DB_USER' => 'root',
    'DB_PASSWORD' => '', 'DB_CHARSET' => 'utf8mb4', 'DB_COLLATE' => '', 'WP_HOME' => getenv('SITE'), 'WP_SITEURL' => getenv('SITE'),
    'DISABLE_WP_CRON' => true, 'WP_HTTP_BLOCK_EXTERNAL' => true,
] as $name => $value) {
    define($name, $value);
}
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define("{$name}_KEY", "the key $name of the end-to-end test");
    define("{$name}_SALT", "the salt $name of the end-to-end test");
}
$table_prefix = 'wp_';
require ABSPATH . 'wp-settings.php';

switch ($path) {
    case '/install':
        require ABSPATH . 'wp-admin/includes/upgrade.php';
        add_filter('pre_wp_mail', '__return_true');
        wp_install('Shop', 'alice', 'alice@example.com', true, '', 'secret of alice');
        wp_create_user('bob', 'secret of bob', 'bob@example.com');
        break;
    case '/login':
        $user = wp_signon(['user_login' => $_GET['user'], 'user_password' => "secret of {$_GET['user']}"], false);
        if (is_wp_error($user)) {
            throw new RuntimeException($user->get_error_code());
        }
        wp_set_current_user($user->ID);
        break;
    case '/slow':
        wp_get_current_user();
        meet(getenv('MEET'));
        break;
}
header('Content-Type: application/json');
echo json_encode(['user' => get_current_user_id() ?: null]);
