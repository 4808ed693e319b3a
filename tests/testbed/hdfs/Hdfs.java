import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.ha.HAServiceProtocol.RequestSource;
import org.apache.hadoop.ha.HAServiceProtocol.StateChangeRequestInfo;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;

/**
 * HDFS in one process, all of it below one directory: a DataNode, and a NameNode or two, of which the second stands by.
 *
 * <p>{@code Hdfs DIR ADDRESS PORT NAMENODES [NAME=VALUE...]}: NameNode i serves RPC at PORT + 2i and HTTP at the port after it.
 * DIR/ready is there once it serves; DIR/failover is taken away once another NameNode is the active one. Called by ../store.
 */
public final class Hdfs {
    private static final String SERVICE = "daybreak";
    private static final StateChangeRequestInfo BY_USER = new StateChangeRequestInfo(RequestSource.REQUEST_BY_USER_FORCED);

    private final Path directory;
    private final List<NameNode> nameNodes = new ArrayList<>();
    private int active;

    private Hdfs(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) {
        try {
            serve(arguments);
        } catch (Exception error) {
            error.printStackTrace();
            // What has started already would stay.
            Runtime.getRuntime().halt(1);
        }
    }

    private static void serve(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[3]);
        Configuration configuration = configure(arguments, count);
        // Else the second of two servers in a process finds that its metrics exist already.
        DefaultMetricsSystem.setMiniClusterMode(true);
        Hdfs hdfs = new Hdfs(Path.of(arguments[0]));
        hdfs.write(configuration);
        hdfs.startNameNodes(configuration, count);
        hdfs.startDataNode(configuration);
        while (true) {
            Thread.sleep(50);
            hdfs.failOverIfAsked();
        }
    }

    /** What clients are told as well. */
    private static Configuration configure(String[] arguments, int count) {
        String directory = arguments[0];
        String address = arguments[1];
        int port = Integer.parseInt(arguments[2]);
        Configuration it = new HdfsConfiguration();
        it.set("hadoop.tmp.dir", directory + "/data/tmp");
        it.set("dfs.replication", "1");
        it.set("dfs.permissions.enabled", "false");
        it.set("dfs.namenode.safemode.extension", "0");
        it.set("dfs.namenode.datanode.registration.ip-hostname-check", "false");
        // Durability is for stores that are kept.
        it.set("dfs.namenode.edits.noeditlogchannelflush", "true");
        it.set("dfs.heartbeat.interval", "1");
        it.set("dfs.datanode.data.dir", "file://" + directory + "/data/blocks");
        it.set("dfs.datanode.hostname", address);
        for (String server : List.of("address", "http.address", "ipc.address")) {
            it.set("dfs.datanode." + server, address + ":0");
        }
        if (count == 1) {
            it.set("fs.defaultFS", "hdfs://" + address + ":" + port);
            it.set("dfs.namenode.rpc-address", address + ":" + port);
            it.set("dfs.namenode.http-address", address + ":" + (port + 1));
        } else {
            configurePair(it, directory, address, port);
        }
        for (int i = 4; i < arguments.length; i++) {
            String[] setting = arguments[i].split("=", 2);
            it.set(setting[0], setting[1]);
        }
        return it;
    }

    /** Two that share their edits in a directory, so that no journal nodes are needed. */
    private static void configurePair(Configuration it, String directory, String address, int port) {
        it.set("fs.defaultFS", "hdfs://" + SERVICE);
        it.set("dfs.nameservices", SERVICE);
        it.set("dfs.ha.namenodes." + SERVICE, "n0,n1");
        for (int i = 0; i < 2; i++) {
            it.set("dfs.namenode.rpc-address." + SERVICE + ".n" + i, address + ":" + (port + 2 * i));
            it.set("dfs.namenode.http-address." + SERVICE + ".n" + i, address + ":" + (port + 2 * i + 1));
        }
        it.set("dfs.namenode.shared.edits.dir", "file://" + directory + "/data/edits");
        it.set("dfs.client.failover.proxy.provider." + SERVICE,
                "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider");
    }

    /** Clients read their settings in HADOOP_CONF_DIR; this is one. */
    private void write(Configuration configuration) throws IOException {
        Files.createDirectories(directory.resolve("conf"));
        Configuration settings = new Configuration(false);
        configuration.forEach(it -> {
            String[] sources = configuration.getPropertySources(it.getKey());
            if (sources != null && sources[sources.length - 1].equals("programmatically")) {
                settings.set(it.getKey(), it.getValue());
            }
        });
        for (String file : List.of("core-site.xml", "hdfs-site.xml")) {
            try (OutputStream stream = Files.newOutputStream(directory.resolve("conf").resolve(file))) {
                settings.writeXml(stream);
            }
        }
    }

    private void startNameNodes(Configuration configuration, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Configuration own = new HdfsConfiguration(configuration);
            Path names = directory.resolve("data/names" + i);
            own.set("dfs.namenode.name.dir", "file://" + names);
            if (count > 1) {
                own.set("dfs.ha.namenode.id", "n" + i);
            }
            if (!Files.exists(names)) {
                begin(own, names);
            }
            nameNodes.add(new NameNode(own));
        }
        if (count > 1) {
            nameNodes.get(active).getRpcServer().transitionToActive(BY_USER);
        }
    }

    /** The first is formatted, and the shared edits with it; the second begins as a copy. */
    private void begin(Configuration configuration, Path names) throws IOException {
        if (nameNodes.isEmpty()) {
            NameNode.format(configuration);
            return;
        }
        Path first = directory.resolve("data/names0/current");
        Files.createDirectories(names.resolve("current"));
        for (String file : List.of("VERSION", "seen_txid", "fsimage_0000000000000000000", "fsimage_0000000000000000000.md5")) {
            Files.copy(first.resolve(file), names.resolve("current").resolve(file));
        }
    }

    private void startDataNode(Configuration configuration) throws Exception {
        DataNode.createDataNode(new String[0], configuration);
        while (!nameNodes.stream().allMatch(it -> it.getNamesystem().getNumLiveDataNodes() == 1 && !it.isInSafeMode())) {
            Thread.sleep(50);
        }
        Files.createFile(directory.resolve("ready"));
    }

    private void failOverIfAsked() throws IOException {
        Path asked = directory.resolve("failover");
        if (Files.exists(asked)) {
            nameNodes.get(active).getRpcServer().transitionToStandby(BY_USER);
            active = (active + 1) % nameNodes.size();
            nameNodes.get(active).getRpcServer().transitionToActive(BY_USER);
            Files.delete(asked);
        }
    }
}
