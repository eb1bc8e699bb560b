// The addresses under which programs of this node can be reached: none of them is for strangers.
import Glibc

// Safety: the kernel's list is read while it is held, and freed once; buffers are sized for what is written.

/// Addresses as text, each once and in order.
struct NodeAddresses: Equatable, Sendable {
    /// Addresses of one family that are taken.
    static let addressesMax = 1024

    var v4: [String] = []
    var v6: [String] = []

    /// Those of the calling thread's network.
    static func now() throws(SystemError) -> NodeAddresses {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else {
            throw SystemError(call: "list addresses of", path: "this host", code: errno)
        }
        defer { unsafe freeifaddrs(list) }
        var (v4, v6) = (Set<String>(), Set<String>())
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = unsafe entry.pointee.ifa_next
            guard let address = unsafe entry.pointee.ifa_addr else { continue }
            let family = unsafe CInt(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6, let text = unsafe text(address, family) else { continue }
            if family == AF_INET { v4.insert(text) } else { v6.insert(text) }
        }
        guard v4.count <= addressesMax, v6.count <= addressesMax else {
            throw SystemError(call: "list addresses of", path: "this host", code: E2BIG)
        }
        return NodeAddresses(v4: v4.sorted(), v6: v6.sorted())
    }

    /// True when the node has a global address of IPv6 (2000::/3), and so perhaps a way to others.
    var hasGlobalV6: Bool { v6.contains { $0.prefix { $0 != ":" }.count == 4 && "23".contains($0.prefix(1)) } }

    private static func text(_ address: UnsafeMutablePointer<sockaddr>, _ family: CInt) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let written = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            let raw = UnsafeRawPointer(address)
            let offset =
                family == AF_INET
                ? MemoryLayout<sockaddr_in>.offset(of: \.sin_addr) : MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
            guard let offset else { return false }
            return unsafe inet_ntop(family, raw + offset, buffer.baseAddress, socklen_t(buffer.count)) != nil
        }
        guard written else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
