package org.apache.shiro.subject;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Writes what Shiro's class of this name writes. */
public class SimplePrincipalCollection implements Serializable {
    public transient Map<String, Set<Object>> realms = new LinkedHashMap<>();

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        out.writeBoolean(true);
        out.writeObject(realms);
    }
}
