// How weft runs one member of etcd: a value, and the arguments that it becomes.
package import SystemPackage

package struct MemberConfiguration: Hashable, Sendable {
    package struct Peer: Hashable, Sendable {
        package let name: String
        /// `https://HOST:PORT`, where the other members reach it.
        package let url: String

        package init(name: String, url: String) { (self.name, self.url) = (name, url) }
    }

    package enum InitialState: String, Sendable {
        /// A cluster that begins with this member.
        case new
        /// One that it was added to.
        case existing
    }

    /// Paths of PEM files.
    package struct TLSFiles: Hashable, Sendable {
        /// etcd's gateway asks itself with it: it has to serve for clients, too (extendedKeyUsage).
        package let certificate: FilePath
        package let key: FilePath
        /// Who must have signed the certificate of whoever connects.
        package let authorities: FilePath

        package init(certificate: FilePath, key: FilePath, authorities: FilePath) {
            self.certificate = certificate
            self.key = key
            self.authorities = authorities
        }
    }

    package enum Compaction: Hashable, Sendable {
        /// The history of so many hours is kept.
        case hours(Int)
        /// So many revisions.
        case revisions(Int)
    }

    package var executable: FilePath = "/usr/bin/etcd"
    package var name: String
    package var dataFolder: FilePath
    /// `http://127.0.0.1:PORT` or `https://…`: clients are on this host.
    package var clientURL: String
    package var peerListenURL: String
    /// All members at the cluster's beginning, this one with its own address.
    package var members: [Peer]
    package var state: InitialState
    /// Members of clusters with other tokens don't mix.
    package var clusterToken: String
    package var clientTLS: TLSFiles?
    package var peerTLS: TLSFiles?
    /// The database's size at which etcd takes no more writes.
    package var quotaBytes: Int64 = 4 << 30
    package var compaction = Compaction.hours(1)
    /// etcd's own default of 128 is little for a transaction of transactions.
    package var transactionOperationsMax = 1_024
    package var requestBytesMax = 3 << 19
    /// Transactions between two snapshots; etcd keeps all since the last, and 5,000 more, in memory (its own default of
    /// 100,000 would be gigabytes where each holds many publications).
    package var snapshotCount = 5_000
    /// Milliseconds. Ten heartbeats or so have to be lost before there is an election.
    package var heartbeatMilliseconds = 100
    package var electionMilliseconds = 1_000
    /// Seconds after which a silent watch says how far it is.
    package var watchProgressSeconds = 10

    package init(
        name: String, dataFolder: FilePath, clientURL: String, peerListenURL: String, members: [Peer],
        state: InitialState, clusterToken: String
    ) {
        self.name = name
        self.dataFolder = dataFolder
        self.clientURL = clientURL
        self.peerListenURL = peerListenURL
        self.members = members
        self.state = state
        self.clusterToken = clusterToken
    }

    /// Throws when the member's own address is not among `members`, or a name would become two.
    func arguments() throws(EtcdSetupError) -> [String] {
        for member in members where member.name.isEmpty || !(member.name + member.url).allSatisfy(Self.isPlain) {
            throw EtcdSetupError(
                "\(Refusal.printable(member.name)) at \(Refusal.printable(member.url)) can't be a voter's name and "
                    + "address: letters, digits and -._:/[] are allowed")
        }
        guard let own = members.first(where: { $0.name == name }) else {
            throw EtcdSetupError("the voter \(Refusal.printable(name)) is not among the voters")
        }
        let cluster = members.map { "\($0.name)=\($0.url)" }.joined(separator: ",")
        var words = [
            executable.string, "--name", name, "--data-dir", dataFolder.string, "--listen-client-urls", clientURL,
            "--advertise-client-urls", clientURL, "--listen-peer-urls", peerListenURL, "--initial-advertise-peer-urls",
            own.url, "--initial-cluster", cluster, "--initial-cluster-state", state.rawValue,
            "--initial-cluster-token", clusterToken,
        ]
        words += Self.files(clientTLS, "") + Self.files(peerTLS, "peer-")
        words += [
            "--quota-backend-bytes", "\(quotaBytes)", "--max-txn-ops", "\(transactionOperationsMax)",
            "--max-request-bytes", "\(requestBytesMax)", "--snapshot-count", "\(snapshotCount)",
            "--heartbeat-interval", "\(heartbeatMilliseconds)", "--election-timeout", "\(electionMilliseconds)",
            "--experimental-watch-progress-notify-interval", "\(watchProgressSeconds)s",
        ]
        switch compaction {
        case .hours(let count):
            words += ["--auto-compaction-mode", "periodic", "--auto-compaction-retention", "\(count)h"]
        case .revisions(let count):
            words += ["--auto-compaction-mode", "revision", "--auto-compaction-retention", "\(count)"]
        }
        // A member that was away for a while asks before it disturbs the others with an election. Pages of a browser on
        // this host must not reach the gateway: no other name is answered to, and no other origin is allowed.
        words += ["--pre-vote", "--host-whitelist", "127.0.0.1,localhost,::1", "--cors", "http://127.0.0.1:1"]
        return words + ["--logger", "zap", "--log-outputs", "stderr"]
    }

    private static func files(_ files: TLSFiles?, _ prefix: String) -> [String] {
        guard let files else { return [] }
        return [
            "--\(prefix)cert-file", files.certificate.string, "--\(prefix)key-file", files.key.string,
            "--\(prefix)trusted-ca-file", files.authorities.string, "--\(prefix)client-cert-auth",
        ]
    }

    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-._:/[]".contains(character))
    }
}
