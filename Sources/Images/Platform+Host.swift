// Platforms as users write them, where the host fills in what they leave away.

extension Platform: Comparable {
    package static func < (left: Platform, right: Platform) -> Bool { left.description < right.description }
}

extension Platform {
    private static let partsMax = 3

    private static let operatingSystems: Set = [
        "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd",
        "plan9", "solaris", "wasip1", "windows",
    ]

    private static let architectures: Set = [
        "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
        "riscv64", "s390x", "wasm",
    ]

    /// Reads `linux/arm64`, `linux/arm/v6`, a lone `arm64` or `linux` (the host fills the rest in), or `local`.
    /// Nil when the text has none of these forms.
    package init?(_ text: String, host: Platform) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= Self.partsMax else { return nil }
        if parts.count > 1 {
            guard let platform = try? Platform(text) else { return nil }
            self = platform
            return
        }
        if text == "local" {
            self = host
            return
        }
        let system = Platform(os: text, architecture: host.architecture, variant: host.variant)
        let processor = Platform(os: host.os, architecture: text)
        if Self.operatingSystems.contains(system.os) {
            self = system
        } else if Self.architectures.contains(processor.architecture) {
            self = processor
        } else {
            return nil
        }
    }
}
