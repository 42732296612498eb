import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A service as Java services are: its key store is a PKCS#12 file, read at the start and again at
 * SIGHUP. Arguments: port, key store, password file, pid file.
 */
public class KeyStoreServer {
    private static volatile SSLContext context;

    private static SSLContext read(String file, String passwordFile) throws Exception {
        char[] password = Files.readString(Path.of(passwordFile)).strip().toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext made = SSLContext.getInstance("TLS");
        made.init(keys.getKeyManagers(), null, null);
        return made;
    }

    private static void answer(Socket plain) {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(plain, null, plain.getPort(), true)) {
            socket.setUseClientMode(false);
            socket.setSoTimeout(5000);
            socket.startHandshake();
            socket.getInputStream().read();
        } catch (Exception gone) {
            // a client that only looked
        }
    }

    public static void main(String[] arguments) throws Exception {
        context = read(arguments[1], arguments[2]);
        sun.misc.Signal.handle(new sun.misc.Signal("HUP"), signal -> {
            try {
                context = read(arguments[1], arguments[2]);
                System.err.println("read again");
            } catch (Exception problem) {
                System.err.println("keeps the old key store: " + problem);
            }
        });
        Files.writeString(Path.of(arguments[3]), ProcessHandle.current().pid() + "\n");
        try (ServerSocket listening = new ServerSocket()) {
            listening.bind(
                    new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 50);
            while (true) {
                Socket plain = listening.accept();
                new Thread(() -> answer(plain)).start();
            }
        }
    }
}
