// Where etcd is and how long it may take.
package import Logging

package struct EtcdConfiguration: Sendable {
    /// `http://127.0.0.1:2379` or `https://…`, without a path.
    package var endpoints: [String]
    package var tls: EtcdTLS?
    package var timeouts = EtcdTimeouts()
    package var bounds = EtcdBounds()
    package var logger: Logger

    package init(endpoints: [String], tls: EtcdTLS? = nil, logger: Logger) {
        self.endpoints = endpoints
        self.tls = tls
        self.logger = logger
    }
}

/// Certificates as PEM. Never printed.
package struct EtcdTLS: Sendable, CustomStringConvertible, CustomReflectable {
    /// Who may have signed etcd's certificate: nobody else is believed.
    package let authorities: [UInt8]
    package let certificate: [UInt8]
    package let key: [UInt8]

    package init(authorities: [UInt8], certificate: [UInt8], key: [UInt8]) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }

    package var description: String { "TLS with a certificate" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

package struct EtcdTimeouts: Sendable {
    package var connect = Duration.seconds(2)
    /// A call at one endpoint. Longer than etcd's own wait for agreement (7 s), so that it says itself what happened.
    package var call = Duration.seconds(10)
    /// A snapshot's next piece, a defragmentation.
    package var maintenance = Duration.seconds(120)
    /// A watch that says nothing for longer is dead. etcd tells its progress every 10 minutes unless it was told to do
    /// so more often.
    package var watchSilence = Duration.seconds(15 * 60)

    package init() {}
}

package struct EtcdBounds: Sendable {
    /// One answer, in bytes.
    package var answerBytesMax = 64 << 20
    /// One message of a watch, in bytes; etcd cuts them at its request limit.
    package var watchMessageBytesMax = 16 << 20
    /// Connections to one endpoint at a time.
    package var connectionsMax = 64

    package init() {}
}

/// What can't be used to begin with.
package struct EtcdSetupError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
