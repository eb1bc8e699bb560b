// What tells this process, and the host's present run, from all others.
import Glibc
import SystemPackage

enum ProcessNumber {
    static var current: Int32 { getpid() }
}

enum Random {
    /// 16 hexadecimal digits.
    static func name() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

/// The time from one start of the host to the next.
enum Boot {
    /// Linux's random id of it (random(4)). Where it can't be read every process takes itself for a boot of its own,
    /// and believes nothing of another's that may not be on the disk.
    static let current: String = (try? read()) ?? Random.name()

    private static let idBytes = 36

    private static func read() throws -> String {
        let file = try FileDescriptor.open(
            FilePath("/proc/sys/kernel/random/boot_id"), .readOnly, options: [.closeOnExec])
        return try file.closeAfter {
            try unsafe String(unsafeUninitializedCapacity: idBytes) { buffer in
                try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }
}

enum UnixTime {
    static var seconds: Int64 { Int64(time(nil)) }
}
