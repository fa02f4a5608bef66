<?php
// Writes sessions with everything that PHP can put into one through the real session handler, and
// prints, an object a line, what each has to be shown as: {"id", "name", "handler", "data"}.
//
// `data` is made by walking the living values, never from the bytes, so that it is an opinion of its own
// on what the bytes say. Usage: php values.php SOCKET SEED COUNT

declare(strict_types=1);

enum Suit: string
{
    case Hearts = 'h';
    case Spades = 's';
}

enum Plain
{
    case One;
}

class Base
{
    private string $secret = 'of the base';
    protected array $list = [1, 2];
    public ?Base $next = null;
}

class Child extends Base
{
    private string $secret = 'of the child';
    public mixed $any = 1.5;
    public int $unset;
}

class Sleeps
{
    public $kept = 'kept';
    private $mine = 'mine';
    public $dropped = 'dropped';

    public function __sleep(): array
    {
        return ['kept', 'mine'];
    }
}

class Serializes
{
    public function __construct(private array $state)
    {
    }

    public function __serialize(): array
    {
        return $this->state;
    }

    public function __unserialize(array $state): void
    {
        $this->state = $state;
    }
}

#[AllowDynamicProperties]
class Old implements Serializable
{
    public function __construct(public mixed $written)
    {
    }

    public function serialize(): string
    {
        return serialize($this->written);
    }

    public function unserialize(string $text): void
    {
        $this->written = unserialize($text);
    }

    public function __wakeup(): void
    {
    }
}

class Words extends Old
{
    public function serialize(): string
    {
        return $this->written;
    }
}

class Bag extends ArrayObject
{
    public string $label = 'a bag';
}

class Moment extends DateTimeImmutable
{
    public string $note = 'subclass';
}

/** What a value is shown as. */
final class View
{
    /** Pointers to the containers that the present place is in, by what PHP knows them by. */
    private array $around = [];

    /** MessagePack before 3.0 writes the case of an enum as an object, which it cannot read back itself. */
    public function __construct(private bool $casesAreObjects)
    {
    }

    public function session(array $session): array|stdClass
    {
        $view = new stdClass();
        foreach ($session as $name => $value) {
            $view->{$this->name((string) $name)} = $this->member($session, $name, '/' . $this->escape((string) $name));
        }
        return $view;
    }

    /** One member of an array; it may be a reference, which an array is known by. */
    private function member(array $of, int|string $name, string $at): mixed
    {
        $reference = ReflectionReference::fromArrayElement($of, $name)?->getId();
        $value = $of[$name];
        return $this->value($value, $at, is_array($value) && $reference !== null ? "&$reference" : null);
    }

    private function value(mixed $value, string $at, ?string $known = null): mixed
    {
        if (is_float($value) && !is_finite($value)) {
            return ['$float' => is_nan($value) ? 'NaN' : ($value > 0 ? 'Infinity' : '-Infinity')];
        }
        if (is_string($value)) {
            return $this->text($value);
        }
        if (!is_array($value) && !is_object($value)) {
            return $value;
        }
        $known ??= is_object($value) ? '#' . spl_object_id($value) : null;
        if ($known !== null && isset($this->around[$known])) {
            return ['$ref' => $this->around[$known]];
        }
        if ($known !== null) {
            $this->around[$known] = $at;
        }
        $view = is_array($value) ? $this->array($value, $at) : $this->object($value, $at);
        if ($known !== null) {
            unset($this->around[$known]);
        }
        return $view;
    }

    private function array(array $array, string $at): array|stdClass
    {
        $members = [];
        foreach ($array as $name => $_) {
            $members[$name] = $this->member($array, $name, $at . '/' . $this->escape((string) $name));
        }
        return array_is_list($array) ? $members : $this->map($members);
    }

    private function object(object $object, string $at): mixed
    {
        if ($object instanceof UnitEnum && !$this->casesAreObjects) {
            return $object->name;
        }
        if (in_array($object::class, [DateTime::class, DateTimeImmutable::class], true)) {
            return ['$date' => $this->date($object)];
        }
        $view = ['$class' => $this->name($object::class)];
        if ($object instanceof Serializable && !method_exists($object, '__serialize')) {
            $view['$value'] = $this->value($object->written, "$at/\$value");
            return $view;
        }
        $members = method_exists($object, '__serialize') ? $object->__serialize() : (array) $object;
        if (method_exists($object, '__sleep')) {
            $wanted = $object->__sleep();
            $bare = fn (string $name) => substr($name, (int) strrpos("\0$name", "\0"));
            $members = array_filter($members, fn ($name) => in_array($bare((string) $name), $wanted, true), ARRAY_FILTER_USE_KEY);
        }
        foreach ($members as $name => $_) {
            $parts = explode("\0", (string) $name);
            $bare = $this->name(end($parts));
            if (array_key_exists($bare, $view)) {
                $bare = "{$parts[1]}::$bare";
            }
            $view[$bare] = $this->member($members, $name, $at . '/' . $this->escape($bare));
        }
        return $this->map($view);
    }

    private function date(DateTimeInterface $date): string
    {
        $text = $date->format('Y-m-d\TH:i:s') . ((int) $date->format('u') === 0 ? '' : $date->format('.u'));
        $zone = $date->getTimezone()->getName();
        if (preg_match('/^[+-]/', $zone)) {
            return $text . $zone;
        }
        return $zone === 'UTC' ? "{$text}Z" : "{$text}[$zone]";
    }

    private function map(array $members): stdClass
    {
        $map = new stdClass();
        foreach ($members as $name => $value) {
            $map->{$this->name((string) $name)} = $value;
        }
        return $map;
    }

    private function text(string $bytes): string|array
    {
        return mb_check_encoding($bytes, 'UTF-8') ? $bytes : ['$bytes' => base64_encode($bytes)];
    }

    private function name(string $bytes): string
    {
        return mb_check_encoding($bytes, 'UTF-8') ? $bytes : mb_convert_encoding($bytes, 'UTF-8', 'ISO-8859-1');
    }

    private function escape(string $name): string
    {
        return strtr($this->name($name), ['~' => '~0', '/' => '~1']);
    }
}

/** Sessions that were thought out, by name. */
function chosen(): array
{
    $object = new stdClass();
    $object->n = 1;
    $chain = new Child();
    $chain->next = new Base();
    $cycle = new Base();
    $cycle->next = new Child();
    $cycle->next->next = $cycle;
    $loop = ['x' => 1];
    $loop['me'] = &$loop;
    $shared = ['a', 'b'];
    $number = 5;
    $storage = new SplObjectStorage();
    $storage[$object] = 'data';
    $storage[new Child()] = $object;
    $stack = new SplStack();
    $stack->push('bottom');
    $stack->push($object);
    $fixed = SplFixedArray::fromArray([1, null, 'x']);
    $bag = new Bag(['k' => 'v', 7 => $object]);
    $zone = fn (string $zone) => new DateTimeZone($zone);
    $sessions = [
        'nothing' => [],
        'scalars' => [
            'null' => null, 'true' => true, 'false' => false, 'zero' => 0, 'negative' => -1, 'byte' => 255,
            'word' => -65536, 'max' => PHP_INT_MAX, 'min' => PHP_INT_MIN, 'tenth' => 0.1, 'whole' => 2.0,
            'minus' => -0.0, 'huge' => 1.0E+25, 'tiny' => 5.0E-324, 'largest' => PHP_FLOAT_MAX,
            'inf' => INF, 'neg' => -INF, 'nan' => NAN,
        ],
        'texts' => [
            'empty' => '', 'quotes' => '";}s:3:"x";', 'umlaut' => 'Grüße 漢字 🎉', 'nul' => "a\0b", 'latin' => "caf\xe9",
            'bytes' => random_bytes_of(300), 'pipe' => 'a|i:5;', 'long' => str_repeat('x', 70000), 'lock' => 'host|123',
        ],
        'keys' => [
            'list' => ['a', 'b'], 'gap' => [1 => 'a', 2 => 'b'], 'order' => [1 => 'b', 0 => 'a'], 'empty' => [],
            'mixed' => ['a' => 1, 5 => 2, -7 => 3, '07' => 4, '' => 5, PHP_INT_MIN => 6], 'latin' => ["\xe9" => 1, 'x' => 2],
            'dollar' => ['$ref' => '/x', '$class' => 'C'], 'slash' => ['a/b' => ['c~d' => [1]]],
        ],
        'names' => ['' => 1, '!old' => 2, 'with space' => 3, "\x01" => 4, 'ü' => 5, 'a.b' => 6],
        'objects' => [
            'std' => $object, 'again' => $object, 'clone' => clone $object, 'empty' => new stdClass(), 'child' => new Child(),
            'chain' => $chain, 'cast' => (object) ['7' => 'seven', 'a b' => 1], 'sleeps' => new Sleeps(),
        ],
        'serialize' => [
            'list' => new Serializes([1, 'two', $object]), 'map' => new Serializes(['k' => new Serializes([])]),
            'same' => $object, 'none' => new Serializes([]), 'gap' => new Serializes([3 => 'x', 'y' => [1]]),
        ],
        'cycles' => ['cycle' => $cycle, 'inner' => ['deep' => ['cycle' => $cycle]], 'after' => 'x'],
        'array-loop' => ['loop' => &$loop, 'after' => [1, 2]],
        'references' => ['one' => &$number, 'two' => &$number, 'list' => [&$shared, &$shared, 'x'], 'plain' => $shared, 'later' => $object, 'end' => $object],
        'object-references' => (function () use ($object) {
            $held = $object;
            return ['a' => &$held, 'b' => &$held, 'c' => $held, 'd' => ['e' => $held]];
        })(),
        'dates' => [
            'utc' => new DateTime('2024-05-17 08:30:00.123456', $zone('UTC')), 'offset' => new DateTimeImmutable('2024-05-17 08:30:00', $zone('+02:00')),
            'half' => new DateTimeImmutable('2024-05-17 08:30:00.5', $zone('-09:30')), 'city' => new DateTime('1969-12-31 23:59:59.000001', $zone('Europe/Berlin')),
            'abbreviation' => new DateTime('2024-01-01 EST'), 'far' => new DateTimeImmutable('0099-01-01', $zone('UTC')),
            'subclass' => new Moment('2024-05-17 08:30:00', $zone('UTC')), 'zone' => $zone('Europe/Paris'), 'span' => new DateInterval('P1DT2H'),
        ],
        'spl' => [
            'storage' => $storage, 'array' => new ArrayObject(['x' => 1, 'o' => $object]), 'iterator' => new ArrayIterator([1, 2]), 'bag' => $bag,
            'wrapped' => new ArrayObject($object), 'stack' => $stack, 'queue' => new SplQueue(), 'fixed' => $fixed, 'last' => $object,
        ],
        'serializable' => [
            'array' => new Old([1, ['k' => 'v']]), 'text' => new Old('x'), 'words' => new Words('free words; of any kind'),
            'empty' => new Words(''), 'bytes' => new Words("\xff\xfe"), 'nested' => new Old(['in' => new Old(['x' => 1.5])]),
        ],
        'enums' => ['suit' => Suit::Spades, 'again' => [Suit::Spades, Suit::Hearts], 'plain' => Plain::One, 'object' => $object, 'same' => $object],
        'anonymous data' => ['deep' => array_reduce(range(1, 60), fn ($inner, $n) => [$n => $inner, 'n' => "level $n"], ['bottom'])],
    ];
    $sessions['objects']['child']->next = $sessions['objects']['chain'];
    return $sessions;
}

function random_bytes_of(int $length): string
{
    return implode('', array_map(fn () => chr(mt_rand(0, 255)), range(1, $length)));
}

/** A value made by chance, out of a seed that is told: objects and references come up again. */
final class Chance
{
    private array $objects = [];
    private array $targets = [];

    public function session(): array
    {
        $session = [];
        for ($n = mt_rand(0, 6); $n > 0; $n--) {
            $this->put($session, 'v' . mt_rand(0, 9), 0);
        }
        return $session;
    }

    private function put(array &$into, int|string $name, int $depth): void
    {
        if ($this->targets && mt_rand(0, 7) === 0) {
            $into[$name] = &$this->targets[array_rand($this->targets)];
            return;
        }
        unset($into[$name]);
        $into[$name] = $this->value($depth);
        if (!is_object($into[$name]) && mt_rand(0, 7) === 0) {
            $this->targets[] = &$into[$name];
        }
    }

    private function value(int $depth): mixed
    {
        switch (mt_rand(0, $depth > 5 ? 6 : 12)) {
            case 0:
                return [null, true, false][mt_rand(0, 2)];
            case 1:
                return mt_rand(-70000, 70000);
            case 2:
                return mt_rand() * (mt_rand(0, 1) ? 4_000_000_000 : -4_000_000_000) >> mt_rand(0, 40);
            case 3:
                return mt_rand(-1000, 1000) / 64;
            case 4:
                return ['', 'same text', 'v1', 'Base', 'next', "\xc3\xa9", "\xff"][mt_rand(0, 6)];
            case 5:
                return random_bytes_of(mt_rand(1, 20));
            case 6:
                return $this->objects ? $this->objects[array_rand($this->objects)] : null;
            case 7:
                $list = [];
                for ($n = mt_rand(0, 4); $n > 0; $n--) {
                    $this->put($list, count($list), $depth + 1);
                }
                return $list;
            case 8:
                $map = [];
                for ($n = mt_rand(0, 4); $n > 0; $n--) {
                    $this->put($map, [mt_rand(-3, 3), 'k' . mt_rand(0, 5)][mt_rand(0, 1)], $depth + 1);
                }
                return $map;
            case 9:
                $members = [];
                for ($n = mt_rand(0, 3); $n > 0; $n--) {
                    $this->put($members, 'p' . mt_rand(0, 5), $depth + 1);
                }
                return $this->objects[] = (object) $members;
            case 10:
                $this->objects[] = $object = new Child();
                $object->any = $this->value($depth + 1);
                $object->next = mt_rand(0, 1) ? new Base() : null;
                return $object;
            case 11:
                return $this->objects[] = new Serializes([$this->value($depth + 1), 'k' => $this->value($depth + 1)]);
            default:
                return $this->objects[] = new ArrayObject(['a' => $this->value($depth + 1)]);
        }
    }
}

[, $socket, $seed, $count] = $argv;
mt_srand((int) $seed);
ini_set('session.save_handler', 'redis');
ini_set('session.save_path', "unix://$socket");
ini_set('session.use_cookies', '0');
ini_set('serialize_precision', '-1');

$sessions = chosen();
for ($n = 0; $n < (int) $count; $n++) {
    $sessions["chance $n"] = (new Chance())->session();
}
$lines = [];
foreach (['php', 'php_binary', 'php_serialize', 'igbinary', 'msgpack'] as $handler) {
    ini_set('session.serialize_handler', $handler);
    foreach ($sessions as $name => $session) {
        session_id($id = session_create_id());
        session_start();
        $_SESSION = $session;
        $data = (new View($handler === 'msgpack' && version_compare(phpversion('msgpack'), '3.0.0dev', '<')))->session($_SESSION);
        session_write_close();
        $lines[] = ['id' => $id, 'name' => $name, 'handler' => $handler, 'data' => $data];
    }
}
foreach ($lines as $line) {
    echo json_encode($line, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR, 4096), "\n";
}
