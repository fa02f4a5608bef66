<?php
// A request that takes its time: it tells that it has come this far, and goes on when the test says so.

declare(strict_types=1);

function meet(string $dir): void
{
    touch("$dir/started");
    for ($deadline = microtime(true) + 30; !file_exists("$dir/go-on"); clearstatcache()) {
        if (microtime(true) > $deadline) {
            throw new RuntimeException('nobody let the request go on');
        }
        usleep(10_000);
    }
}
