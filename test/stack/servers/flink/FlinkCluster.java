import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.RpcServiceSharing;
import org.apache.flink.table.gateway.SqlGateway;

/** A whole cluster in one process: job manager with its REST API, task manager, SQL gateway. */
public class FlinkCluster {
  public static void main(String[] args) throws Exception {
    Configuration configuration = GlobalConfiguration.loadConfiguration(args[0]);
    configuration.set(DeploymentOptions.TARGET, "remote");
    MiniClusterConfiguration shape = new MiniClusterConfiguration.Builder()
        .setConfiguration(configuration)
        .setNumTaskManagers(1)
        .setNumSlotsPerTaskManager(8)
        .setRpcServiceSharing(RpcServiceSharing.SHARED)
        .build();
    try (MiniCluster cluster = new MiniCluster(shape)) {
      cluster.start();
      SqlGateway.main(new String[] {"-Dexecution.target=remote"});
    }
  }
}
