import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import org.apache.shiro.session.mgt.SimpleSession;
import org.apache.shiro.subject.SimplePrincipalCollection;

/** Prints sessions, each with the user whose it is. */
public class Sessions {
    static class User implements Serializable {
        int id = 5;
        String loginName = "lin";
        String name = "Lin W.";
    }

    static class OwnSession extends SimpleSession {
        String tenant = "t";
    }

    static void print(String user, SimpleSession session, boolean mixed, Object principal) throws Exception {
        session.id = "0073c6cd-ff23-4c2b-9be0-5a97bf4e7f11";
        var principals = new SimplePrincipalCollection();
        principals.realms.put("realm", new LinkedHashSet<>(List.of(principal)));
        session.attributes.put(
            "org.apache.shiro.subject.support.DefaultSubjectContext_PRINCIPALS_SESSION_KEY", principals);
        if (mixed) session.attributes.put(7, "seven");
        var bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(session);
        System.out.println(user + " " + Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }

    public static void main(String[] args) throws Exception {
        print("bob", new SimpleSession(), false, "bob");
        print("10001", new SimpleSession(), true, 10001L);
        print("lin", new OwnSession(), true, new User());
    }
}
