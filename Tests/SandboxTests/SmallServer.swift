// A server in some network namespace: HTTP that says one text, DNS that knows one address.
import CLinux
import Glibc

@testable import Sandbox

// Safety: structures and buffers are passed to socket calls for the length of the call only.

final class SmallServer: Sendable {
    private let task: Task<Void, any Error>

    private init(_ task: Task<Void, any Error>) { self.task = task }

    deinit { task.cancel() }

    /// The answer to every question for a name that does not begin with `six.`, which have the other one.
    static let address: [UInt8] = [10, 77, 0, 2]
    static let address6: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]

    /// Listens before it returns.
    static func start(
        in network: Handle, ports: [(address: String, port: UInt16)], names: [String], text: String
    ) async throws -> SmallServer {
        let sockets = try await onOwnThread { _ in
            try Kernel.checkShim(linux_enter_network(network.raw), "enter", "a network")
            return (
                streams: try ports.map { try listen($0.address, $0.port, SOCK_STREAM) },
                packets: try names.map { try listen($0, 53, SOCK_DGRAM) }
            )
        }
        let task = Task {
            try await onOwnThread { stop in
                try serve(sockets.streams, sockets.packets, text: text, stop: stop)
            }
        }
        return SmallServer(task)
    }

    /// A connection from `network`, if it can be made: errno otherwise. `device` binds the socket to an interface.
    static func connect(
        from network: Handle, to address: String, _ port: UInt16, device: String? = nil
    ) async throws -> CInt {
        try await onOwnThread { _ in
            try Kernel.checkShim(linux_enter_network(network.raw), "enter", "a network")
            let socket = Handle(owning: Glibc.socket(family(address), CInt(SOCK_STREAM.rawValue), 0))
            var time = timeval(tv_sec: 5, tv_usec: 0)
            unsafe setsockopt(socket.raw, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            if let device {
                let code = unsafe setsockopt(
                    socket.raw, SOL_SOCKET, SO_BINDTODEVICE, device, socklen_t(device.utf8.count))
                try Kernel.check(code, "bind to", device)
            }
            let code = unsafe withAddress(address, port) { unsafe Glibc.connect(socket.raw, $0, $1) }
            return code == 0 ? 0 : errno
        }
    }

    private static func family(_ address: String) -> CInt { address.contains(":") ? AF_INET6 : AF_INET }

    private static func withAddress(
        _ address: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        if family(address) == AF_INET6 {
            var place = sockaddr_in6()
            place.sin6_family = sa_family_t(AF_INET6)
            place.sin6_port = port.bigEndian
            unsafe inet_pton(AF_INET6, address, &place.sin6_addr)
            return unsafe with(&place, body)
        }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        unsafe inet_pton(AF_INET, address, &place.sin_addr)
        return unsafe with(&place, body)
    }

    private static func with<Place>(
        _ place: inout Place, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        unsafe withUnsafePointer(to: &place) { place in
            unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<Place>.size))
            }
        }
    }

    private static func listen(_ address: String, _ port: UInt16, _ kind: __socket_type) throws -> Handle {
        let socket = Handle(owning: Glibc.socket(family(address), CInt(kind.rawValue | SOCK_CLOEXEC.rawValue), 0))
        let code = unsafe withAddress(address, port) { unsafe bind(socket.raw, $0, $1) }
        try Kernel.check(code, "bind", "\(address):\(port)")
        if kind == SOCK_STREAM { try Kernel.check(Glibc.listen(socket.raw, 64), "listen", address) }
        return socket
    }

    private static func serve(_ streams: [Handle], _ packets: [Handle], text: String, stop: StopSignal) throws {
        let all = [stop.handle] + streams + packets
        var ready = [UInt8](repeating: 0, count: all.count)
        while true {
            unsafe linux_wait_readable_many(all.map(\.raw), &ready, CInt(all.count), -1)
            if ready[0] != 0 { return }
            for (index, socket) in all.enumerated() where ready[index] != 0 {
                if index <= streams.count { answer(socket, text) } else { answerName(socket) }
            }
        }
    }

    private static func answer(_ socket: Handle, _ text: String) {
        let connection = Handle(owning: accept(socket.raw, nil, nil))
        guard connection.raw >= 0 else { return }
        var time = timeval(tv_sec: 1, tv_usec: 0)
        unsafe setsockopt(connection.raw, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        _ = try? Kernel.readChunk(connection, count: 1024)
        try? Kernel.writeAll(Array("HTTP/1.0 200 OK\r\n\r\n\(text)\n".utf8), to: connection)
    }

    /// RFC 1035 4.1: the question back, and one A or AAAA record that points to its name.
    private static func answerName(_ socket: Handle) {
        var question = [UInt8](repeating: 0, count: 512)
        var from = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &from) { from in
            unsafe from.withMemoryRebound(to: sockaddr.self, capacity: 1) { from in
                let count = unsafe recvfrom(socket.raw, &question, question.count, 0, from, &size)
                guard count > 12, let end = question[12...].firstIndex(of: 0) else { return }
                let isSix = question[13...].starts(with: "six".utf8)
                let (type, data): (UInt8, [UInt8]) = isSix ? (28, address6) : (1, address)
                let isAnswered = question[end + 2] == type
                let head: [UInt8] = Array(question[..<2]) + [0x81, 0x80, 0, 1, 0, isAnswered ? 1 : 0, 0, 0, 0, 0]
                let record: [UInt8] = [0xC0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)] + data
                let reply = head + question[12...(end + 4)] + (isAnswered ? record : [])
                unsafe sendto(socket.raw, reply, reply.count, 0, from, size)
            }
        }
    }
}
