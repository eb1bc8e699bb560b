// A descriptor that a careless library would leave open across exec.
import Glibc

@testable import Sandbox

// Safety: a constant path is passed to open.

struct LeakedDescriptor: ~Copyable {
    private let raw: CInt

    init() throws {
        raw = unsafe open("/etc/hostname", O_RDONLY)
        try Kernel.check(raw, "open", "/etc/hostname")
    }

    deinit { close(raw) }
}
