// Connecting to a place that takes no notice.
import Glibc
import TLS
import Testing

@testable import Transport

// Safety: addresses are passed to system calls for the length of the call only.

@Suite(.timeLimit(.minutes(5))) struct `A dial` {
    /// A listening socket whose queue is full: the kernel drops what else comes.
    private final class FullListener {
        private var sockets: [Int32] = []
        let port: Int

        init() throws {
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            for index in 0..<8 {
                let made = socket(AF_INET, type, 0)
                try #require(made >= 0)
                sockets.append(made)
                unsafe withUnsafeMutablePointer(to: &address) { place in
                    unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                        if index > 0 {
                            _ = unsafe Glibc.connect(made, generic, length)
                        } else {
                            _ = unsafe bind(made, generic, length)
                            _ = listen(made, 0)
                            _ = unsafe getsockname(made, generic, &length)
                        }
                    }
                }
            }
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { for each in sockets { close(each) } }
    }

    @Test func `ends when its caller is cancelled, not when the network gives up`() async throws {
        let listener = try FullListener()
        let tls = PeerTLS(context: try peersContext(.client, "node-2"), name: .dns("node-1"))
        let port = listener.port
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    _ = try await PeerConnection.connect(
                        to: "127.0.0.1", port: port, tls: tls, deadline: .seconds(3_600), logger: quiet)
                }
            }
            // It may be cancelled before it dials, and mostly is while it waits.
            try? await ContinuousClock().sleep(for: .milliseconds(50))
            group.cancelAll()
        }
        withExtendedLifetime(listener) {}
    }
}
