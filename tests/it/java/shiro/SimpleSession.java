package org.apache.shiro.session.mgt;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;

/** Writes what Shiro's class of this name writes: bits that tell what follows, and that. */
public class SimpleSession implements Serializable {
    public transient String id;
    public transient Date start = new Date();
    public transient long timeout = 1_800_000;
    public transient Map<Object, Object> attributes = new HashMap<>();

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        out.writeShort(1 | 2 | 8 | 16 | 64 | 128);
        out.writeObject(id);
        out.writeObject(start);
        out.writeObject(start);
        out.writeLong(timeout);
        out.writeUTF("192.0.2.1");
        out.writeObject(attributes);
    }
}
