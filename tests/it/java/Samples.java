// Writes samples of Java Object Serialization, one a line: a name and the stream in base64. What they
// mean is in src/codec/java/samples.txt; the two that differ between JDKs and machines are only there.
import java.io.*;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.math.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

public class Samples {
    enum Color { RED, GREEN { void green() {} } }

    static class Base implements Serializable {
        private static final long serialVersionUID = 1;
        int id = 1;
        String name = "base";
    }

    static class Sub extends Base {
        private static final long serialVersionUID = 1;
        String name = "sub";
        char c = '\u00e9';
        float f = 1.5f;
        double d = -2.25;
        byte b = -1;
        short s = -2;
        long l = 1L << 40;
        boolean z = true;
        int[] ints = {1, -1};
        String[] texts = {"a", null};
        Object self = this;
    }

    static class Custom implements Serializable {
        private static final long serialVersionUID = 1;
        int kept = 7;

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.defaultWriteObject();
            out.writeInt(5);
            out.writeObject("in");
            out.write(new byte[2000]);
            out.writeUTF("x");
        }
    }

    // Those that write something else than their fields.
    static class OwnInt implements Serializable {
        private static final long serialVersionUID = 1;
        int left = 9;

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.writeInt(5);
        }
    }

    static class OwnLong implements Serializable {
        private static final long serialVersionUID = 1;
        long left = 9;
        String out = "x";

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.writeLong(0x0102030405067778L);
            out.writeObject("in");
        }
    }

    static class OwnNothing implements Serializable {
        private static final long serialVersionUID = 1;
        byte left = 9;

        private void writeObject(ObjectOutputStream out) {}
    }

    static class OwnBoolean implements Serializable {
        private static final long serialVersionUID = 1;
        boolean left = true;

        private void writeObject(ObjectOutputStream out) {}
    }

    static class OwnMap implements Serializable {
        private static final long serialVersionUID = 1;
        short left = 9;

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.writeObject(Map.of("k", 1));
        }
    }

    static class OwnText implements Serializable {
        private static final long serialVersionUID = 1;
        String a = "a", b = "b";

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.writeObject("only");
        }
    }

    static class OwnSub extends OwnInt {
        private static final long serialVersionUID = 1;
        int down = 2;
    }

    // One that writes its field, though it looks like something else.
    static class Lookalike implements Serializable {
        private static final long serialVersionUID = 1;
        int hash = 0x74000178;

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.defaultWriteObject();
            out.writeInt(1);
        }
    }

    static class Ext implements Externalizable {
        public Ext() {}

        public void writeExternal(ObjectOutput out) throws IOException {
            out.writeLong(1);
            out.writeObject(List.of("e"));
        }

        public void readExternal(ObjectInput in) {}
    }

    static class MyMap extends LinkedHashMap<String, Object> {
        private static final long serialVersionUID = 1;
        int extra = 3;
    }

    static class Node implements Serializable {
        private static final long serialVersionUID = 1;
        Object next;

        Node(Object next) {
            this.next = next;
        }
    }

    interface Greeter { String hi(); }

    static class H implements InvocationHandler, Serializable {
        private static final long serialVersionUID = 1;
        String who = "w";

        public Object invoke(Object proxy, Method method, Object[] arguments) {
            return null;
        }
    }

    static void print(String name, ByteArrayOutputStream bytes) {
        System.out.println(name + " " + Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }

    static void p(String name, Object... values) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new ObjectOutputStream(bytes);
        for (Object value : values) out.writeObject(value);
        out.flush();
        print(name, bytes);
    }

    static <K, V> Map<K, V> with(Map<K, V> map, K key, V value) {
        map.put(key, value);
        return map;
    }

    public static void main(String[] arguments) throws Exception {
        p("null", (Object) null);
        p("text", "gr\u00fc\u00dfe \0 \ud83d\ude00");
        p("int", 5);
        p("long", 1L << 60);
        p("short", (short) -3);
        p("byte", (byte) -4);
        p("float", 0.5f);
        p("double", 1e300);
        p("nan", Double.NaN);
        p("bool", true);
        p("char", '\u00df');
        p("enum", Color.RED, Color.GREEN);
        p("class", String.class);
        p("classes", int[].class);
        p("object", new Sub());
        p("custom", new Custom());
        var own = new OwnNothing();
        p("own", new OwnInt(), new OwnLong(), own, new OwnBoolean(), new OwnMap(), new OwnText(),
            new OwnSub(), new Lookalike());
        p("own-within", new ArrayList<>(Arrays.asList(own, new OwnInt(), "between", new OwnNothing(),
            new OwnLong(), own, new OwnBoolean(), new OwnMap(), new OwnText(), new OwnSub(),
            new Lookalike())), "behind");
        p("ext", new Ext());
        p("mymap", with(new MyMap(), "k", 1));
        p("hashmap", new LinkedHashMap<>(Map.of("a", 1)));
        var linked = new LinkedHashMap<Object, Object>();
        linked.put("a", 1);
        linked.put("b", List.of(1, 2));
        linked.put("c", null);
        p("linkedhashmap", linked);
        p("intmap", with(linked, 3, "int key"));
        p("hashtable", with(new Hashtable<Object, Object>(), "h", 1));
        p("properties", with(new Properties(), "p", "v"));
        var sorted = new TreeMap<String, Object>(String.CASE_INSENSITIVE_ORDER);
        sorted.put("b", 1);
        sorted.put("a", 2);
        p("treemap", sorted);
        p("chm", with(new ConcurrentHashMap<String, Object>(), "c", 1));
        p("identity", with(new IdentityHashMap<String, Object>(), "i", 1));
        p("enummap", with(new EnumMap<Color, Object>(Color.class), Color.RED, 1));
        p("skiplist", with(with(new ConcurrentSkipListMap<String, Object>(), "s", 1), "t", 2));
        p("arraylist", new ArrayList<>(Arrays.asList(1, null, "x")));
        p("linkedlist", new LinkedList<>(List.of(1, 2)));
        p("deque", new ArrayDeque<>(List.of(1, 2)));
        p("vector", new Vector<Object>(List.of(1, "z")));
        var stack = new Stack<Object>();
        stack.push(9);
        p("stack", stack);
        p("cowal", new CopyOnWriteArrayList<>(List.of(1)));
        p("cowas", new CopyOnWriteArraySet<>(List.of(1)));
        p("pq", new PriorityQueue<>(List.of(3, 1, 2)));
        p("queues", new ConcurrentLinkedQueue<>(List.of(1, 2)), new ConcurrentLinkedDeque<>(List.of(1, 2)),
            new LinkedBlockingQueue<>(List.of(1, 2)), new LinkedBlockingDeque<>(List.of(1, 2)),
            new LinkedTransferQueue<>(List.of(1, 2)), new PriorityBlockingQueue<>(List.of(3, 1, 2)),
            new ConcurrentLinkedQueue<>());
        var ring = new ArrayBlockingQueue<Object>(3);
        ring.add(1);
        ring.add(2);
        ring.remove();
        ring.add(3);
        ring.add(4);
        p("ring", ring, new ArrayBlockingQueue<>(2));
        p("skiplistset", new ConcurrentSkipListSet<>(List.of(2, 1)));
        var keys = ConcurrentHashMap.newKeySet();
        keys.add("q");
        p("keysetview", keys);
        var bits = new BitSet();
        bits.set(1);
        bits.set(63);
        bits.set(70);
        p("bits", bits, new BitSet());
        p("builders", new StringBuilder("gr\u00fc\u00dfe \ud83d\ude00"), new StringBuffer("abc"), new StringBuilder());
        p("atomic", new AtomicInteger(5), new AtomicLong(6), new AtomicBoolean(true), new AtomicReference<>("r"));
        p("hashset", new HashSet<>(List.of("a")));
        p("linkedhashset", new LinkedHashSet<>(List.of("a", "b")));
        p("treeset", new TreeSet<>(List.of(2, 1)));
        p("enumset", EnumSet.of(Color.RED));
        p("enumset-none", EnumSet.noneOf(Color.class));
        p("unmod", Collections.unmodifiableList(new ArrayList<>(List.of(1))),
            Collections.unmodifiableSet(new HashSet<>(List.of(1))),
            Collections.unmodifiableMap(new HashMap<>(Map.of("a", 1))),
            Collections.unmodifiableCollection(new ArrayList<>(List.of(1))),
            Collections.unmodifiableSortedSet(new TreeSet<>(List.of(1))));
        p("sync", Collections.synchronizedList(new ArrayList<>(List.of(1))),
            Collections.synchronizedSet(new HashSet<>(List.of(1))),
            Collections.synchronizedMap(new HashMap<>(Map.of("a", 1))));
        p("checked", Collections.checkedList(new ArrayList<>(List.of("a")), String.class),
            Collections.checkedMap(new HashMap<>(Map.of("a", 1)), String.class, Integer.class));
        p("empty", Collections.emptyList(), Collections.emptySet(), Collections.emptyMap(),
            Collections.singletonList(1), Collections.singleton(2), Collections.singletonMap("a", 1),
            Collections.nCopies(3, "x"), Collections.newSetFromMap(new HashMap<>()));
        var fromMap = Collections.newSetFromMap(new ConcurrentHashMap<Object, Boolean>());
        fromMap.add("q");
        p("setfrommap", fromMap);
        p("aslist", Arrays.asList("a", 2));
        p("of", List.of(), List.of(1), List.of(1, 2, 3), Set.of(), Set.of(1), Map.of(), Map.of("a", 1));
        p("tolist", Arrays.asList(1, null).stream().toList());
        p("date", new Date(1715934600123L), new java.sql.Date(1715934600000L),
            new java.sql.Timestamp(1715934600123L), new java.sql.Time(0));
        var timestamp = new java.sql.Timestamp(1715934600123L);
        timestamp.setNanos(123456789);
        p("timestamp", timestamp);
        var calendar = new GregorianCalendar(TimeZone.getTimeZone("Europe/Berlin"));
        calendar.setTimeInMillis(1715934600123L);
        p("calendar", calendar);
        var local = LocalDateTime.of(2024, 5, 17, 8, 30);
        p("time", Instant.ofEpochSecond(1715934600), Instant.ofEpochSecond(1715934600, 120_000_000),
            Duration.ofMinutes(30), LocalDate.of(2024, 5, 17), LocalTime.of(8, 30), LocalTime.of(8, 0),
            LocalTime.of(8, 30, 15, 1000), local, local.atZone(ZoneId.of("Europe/Berlin")),
            local.atZone(ZoneOffset.ofHours(2)), local.atOffset(ZoneOffset.ofHoursMinutesSeconds(5, 45, 30)),
            local.atOffset(ZoneOffset.UTC), OffsetTime.of(8, 30, 0, 0, ZoneOffset.ofHours(-3)), Year.of(2024),
            YearMonth.of(2024, 5), MonthDay.of(5, 17), Period.of(1, 2, 3), ZoneId.of("Europe/Berlin"),
            ZoneOffset.ofHoursMinutes(5, 45), DayOfWeek.MONDAY);
        p("uuid", UUID.fromString("0073c6cd-ff23-4c2b-9be0-5a97bf4e7f11"), new UUID(-1, 1));
        p("big", new BigInteger("170141183460469231731687303715884105728"), BigInteger.valueOf(-5),
            new BigInteger("18446744073709551615"), new BigDecimal("19.90"), new BigDecimal("-0.001"),
            new BigDecimal("1E+3"), new BigDecimal("123456789012345678901234567890.5"), BigInteger.ZERO);
        p("arrays", new byte[] {1, 2}, new char[] {'a', '\u00fc'}, new double[] {1.5}, new float[] {2.5f},
            new int[] {1}, new long[] {-1}, new short[] {-2}, new boolean[] {true, false},
            new String[] {"s", null}, new int[][] {{1}, {}}, new Object[] {1, "x"});
        var loop = new ArrayList<Object>();
        loop.add(loop);
        p("loop-list", loop);
        var loopMap = new HashMap<String, Object>();
        loopMap.put("a/b", new Node(loopMap));
        p("loop-map", loopMap);
        var shared = new ArrayList<>(List.of(1));
        p("shared", new ArrayList<>(List.of(shared, shared)));
        Object bomb = "x";
        for (int i = 0; i < 40; i++) bomb = new ArrayList<>(Arrays.asList(bomb, bomb));
        p("bomb", bomb);
        var loopSet = new HashSet<Object>();
        var node = new Node(null);
        loopSet.add(node);
        node.next = loopSet;
        p("loop-set", loopSet);
        var inside = new ArrayList<Object>();
        var outside = Collections.unmodifiableCollection(inside);
        inside.add(outside);
        p("loop-unmod", outside);
        p("proxy", java.lang.reflect.Proxy.newProxyInstance(Samples.class.getClassLoader(),
            new Class<?>[] {Greeter.class, Runnable.class}, new H()));
        p("several", 1L, "two", null, true);
        var bytes = new ByteArrayOutputStream();
        var out = new ObjectOutputStream(bytes);
        out.writeInt(7);
        out.writeObject("a");
        out.reset();
        out.writeObject("a");
        out.writeLong(9);
        out.flush();
        print("mixed", bytes);
    }
}
