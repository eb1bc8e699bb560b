// What a member of etcd is started with.
import SystemPackage
import Testing

@testable import Etcd

@Suite struct `A member's arguments` {
    private var configuration: MemberConfiguration {
        MemberConfiguration(
            name: "b", dataFolder: "/var/lib/weft/etcd", clientURL: "https://127.0.0.1:2379",
            peerListenURL: "https://10.0.0.2:2380",
            members: [.init(name: "a", url: "https://10.0.0.1:2380"), .init(name: "b", url: "https://10.0.0.2:2380")],
            state: .existing, clusterToken: "mesh")
    }

    @Test func `are etcd's flags`() throws {
        var configuration = configuration
        let files = MemberConfiguration.TLSFiles(certificate: "/c", key: "/k", authorities: "/a")
        (configuration.clientTLS, configuration.peerTLS) = (files, files)
        configuration.quotaBytes = 1 << 30
        configuration.compaction = .revisions(9)
        let words = try configuration.arguments().joined(separator: " ")
        #expect(
            words == "/usr/bin/etcd --name b --data-dir /var/lib/weft/etcd --listen-client-urls https://127.0.0.1:2379 "
                + "--advertise-client-urls https://127.0.0.1:2379 --listen-peer-urls https://10.0.0.2:2380 "
                + "--initial-advertise-peer-urls https://10.0.0.2:2380 "
                + "--initial-cluster a=https://10.0.0.1:2380,b=https://10.0.0.2:2380 --initial-cluster-state existing "
                + "--initial-cluster-token mesh --cert-file /c --key-file /k --trusted-ca-file /a --client-cert-auth "
                + "--peer-cert-file /c --peer-key-file /k --peer-trusted-ca-file /a --peer-client-cert-auth "
                + "--quota-backend-bytes 1073741824 --max-txn-ops 1024 --max-request-bytes 1572864 --snapshot-count 5000 "
                + "--heartbeat-interval 100 --election-timeout 1000 --experimental-watch-progress-notify-interval 10s "
                + "--auto-compaction-mode revision --auto-compaction-retention 9 --pre-vote "
                + "--host-whitelist 127.0.0.1,localhost,::1 --cors http://127.0.0.1:1 --logger zap --log-outputs stderr"
        )
    }

    @Test func `name the member and its address`() {
        var configuration = configuration
        configuration.name = "c"
        #expect(throws: EtcdSetupError.self) { try configuration.arguments() }
    }

    @Test(arguments: ["a,b", "a=b", "", "a b", "ä"]) func `hold no name that would become two`(_ name: String) {
        var configuration = configuration
        configuration.name = name
        configuration.members = [.init(name: name, url: "https://10.0.0.1:2380")]
        #expect(throws: EtcdSetupError.self) { try configuration.arguments() }
    }
}
