// How to talk to registries: what the user allows, and what the client needs from outside (clock, chance, credentials).
package import Logging

package struct RegistryConfiguration: Sendable {
    /// Plain HTTP where a registry doesn't speak TLS (`--insecure-registry`). Loopback hosts are always allowed it.
    package var allowsPlainHTTP = false
    /// The same for these alone, as `RepositoryName.registry` has them.
    package var plainHTTPHosts: Set<String> = []
    /// Accept any certificate (`--skip-tls-verify-registry`).
    package var skipsTLSVerification = false
    package var credentials: any CredentialSource = NoCredentials()
    /// Hosts that are asked before Docker Hub, in this order, for manifests and blobs: `mirror.example.com[:port]`,
    /// also with `https://` before it.
    package var dockerHubMirrors: [String] = []
    package var userAgent = "weft"
    package var timeouts = RegistryTimeouts()
    package var bounds = RegistryBounds()
    package var timing: Timing
    /// This host's time in unix milliseconds, to compare with registries'.
    package var now: @Sendable () -> Int64
    /// A number from 0 up to 1, another at each call: spreads the retries of many clients.
    package var jitter: @Sendable () -> Double
    package var logger: Logger

    package init(
        timing: Timing = Timing(ContinuousClock()), now: @escaping @Sendable () -> Int64,
        jitter: @escaping @Sendable () -> Double, logger: Logger
    ) {
        self.timing = timing
        self.now = now
        self.jitter = jitter
        self.logger = logger
    }
}

package struct RegistryTimeouts: Sendable {
    package var connect = Duration.seconds(10)
    /// Nothing was read or written for so long.
    package var idle = Duration.seconds(60)
    /// From the request to the first byte of the answer, and again to the last byte of a document (not of a blob).
    package var document = Duration.seconds(120)
    /// A credential helper's time to answer.
    package var credentialHelper = Duration.seconds(30)

    package init() {}
}

/// Bounds on what a registry can make us hold or do.
package struct RegistryBounds: Sendable {
    /// Pages of one tag listing; 1,000 tags are asked for at once.
    package var tagPagesMax = 10_000
    /// Tags of one listing.
    package var tagsMax = 2_000_000
    /// One page of a listing, in bytes. Docker's registry sends all tags in one page: 400,000 stages fit.
    package var tagPageBytesMax = 32 << 20
    /// Pages of one list of referrers, bytes of all of them, and strings of one.
    package var referrerPagesMax = 100
    package var referrersBytesMax = 4 << 20
    package var referrerStringsMax = 200_000
    /// Attempts of one request that may be repeated, the first included.
    package var attemptsMax = 5
    /// Longest that one request waits in all because the registry said so (429, 503): 5 minutes, as werf does.
    package var retryWaitMax = Duration.seconds(300)
    /// Connections lost in the middle of one blob, in either direction, one after the other without progress: then it
    /// is given up.
    package var blobLossesInRowMax = 3
    /// The same for all of one blob's connections.
    package var blobLossesMax = 30
    /// Bytes that a connection has to bring to count as progress.
    package var blobProgressBytes: Int64 = 1 << 20
    /// A body that comes more slowly, in bytes a second, is no better than a lost connection.
    package var bytesPerSecondMin: Int64 = 1 << 10
    /// The time of waiting over which that rate is averaged.
    package var rateWindow = Duration.seconds(60)
    /// Redirects followed for one request.
    package var redirectsMax = 5
    /// Rounds of 401 and new authorization for one request.
    package var authorizationRoundsMax = 3
    /// Blobs of up to so many bytes go up in one PUT; larger ones in a session that can be resumed.
    package var singleUploadBytesMax: Int64 = 4 << 20
    /// Connections to one host at a time.
    package var connectionsMax = 16

    package init() {}
}

/// Time as the client sees it; tests give one that jumps.
package struct Timing: Sendable {
    let sleep: @Sendable (Duration) async throws -> Void
    /// Since any fixed moment.
    let now: @Sendable () -> Duration

    package init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let start = clock.now
        sleep = { try await clock.sleep(for: $0) }
        now = { start.duration(to: clock.now) }
    }
}
