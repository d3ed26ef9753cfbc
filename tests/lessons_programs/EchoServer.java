// An echo server in Java: one client after the other. With the word "once" it reads only once.
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class EchoServer {
    public static void main(String[] words) throws IOException {
        boolean once = words.length > 1 && words[1].equals("once");
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        ServerSocket server = new ServerSocket(Integer.parseInt(words[0]), 128, loopback);
        byte[] buffer = new byte[4096];
        while (true) {
            try (Socket client = server.accept()) {
                InputStream in = client.getInputStream();
                OutputStream out = client.getOutputStream();
                int got;
                while ((got = in.read(buffer)) > 0) {
                    out.write(buffer, 0, got);
                    if (once) break;
                }
            } catch (IOException gone) {
                System.out.println("lost a client: " + gone.getMessage());
            }
        }
    }
}
