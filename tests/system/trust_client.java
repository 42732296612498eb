import java.net.URI;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLHandshakeException;

/** A Java program that trusts what its host's Java trusts. Argument: an https address. */
public class TrustClient {
    public static void main(String[] arguments) throws Exception {
        HttpsURLConnection connection =
                (HttpsURLConnection) URI.create(arguments[0]).toURL().openConnection();
        try {
            System.out.println("trusted: " + connection.getResponseCode());
        } catch (SSLHandshakeException refused) {
            System.out.println("refused: " + refused.getMessage());
        }
    }
}
