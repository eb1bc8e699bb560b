// Ports of loopback that nobody listens on, below those that the kernel gives to whoever connects.
import Glibc
import Synchronization

enum FreePorts {
    struct NoneLeft: Error {}

    private static let range: Range<UInt16> = 21_000..<32_000
    private static let next = Mutex(UInt16.random(in: range))

    /// Each is given once by this process.
    static func draw(_ count: Int) throws -> [UInt16] {
        var ports: [UInt16] = []
        for _ in 0..<range.count where ports.count < count {
            let port = next.withLock { next in
                next = next + 1 < range.upperBound ? next + 1 : range.lowerBound
                return next
            }
            if isFree(port) { ports.append(port) }
        }
        guard ports.count == count else { throw NoneLeft() }
        return ports
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { return false }
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(file, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
