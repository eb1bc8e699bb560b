// The name of an operating system and a processor, in the one form that containerd gives it.

/// `os/architecture` or `os/architecture/variant`, normalised: equal platforms have equal values.
package struct Platform: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let os: String
    package let architecture: String
    /// "" when the architecture needs none: linux/arm64 has none, linux/arm has v7.
    package let variant: String

    /// Normalises spellings: x86_64, aarch64, armhf, linux/arm64/v8.
    package init(os: String, architecture: String, variant: String = "") {
        self.os = Self.normalised(os: os.lowercased())
        (self.architecture, self.variant) = Self.normalised(
            architecture: architecture.lowercased(), variant: variant.lowercased())
    }

    /// Reads `linux/arm64`, `linux/arm/v6`, a lone `arm64` or `linux` (the host fills the rest in), or `local`.
    /// nil when the text has none of these forms.
    package init?(_ text: String, host: Platform) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= Self.maximumParts, parts.allSatisfy(Self.isWord) else { return nil }
        switch parts.count {
        case 1:
            if text == "local" {
                self = host
                return
            }
            let word = text.lowercased()
            if Self.operatingSystems.contains(Self.normalised(os: word)) {
                self.init(os: word, architecture: host.architecture, variant: host.variant)
            } else if Self.architectures.contains(Self.normalised(architecture: word, variant: "").architecture) {
                self.init(os: host.os, architecture: word)
            } else {
                return nil
            }
        case 2: self.init(os: parts[0], architecture: parts[1])
        default: self.init(os: parts[0], architecture: parts[1], variant: parts[2])
        }
    }

    package var description: String {
        variant.isEmpty ? "\(os)/\(architecture)" : "\(os)/\(architecture)/\(variant)"
    }

    package static func < (left: Platform, right: Platform) -> Bool {
        left.description < right.description
    }

    private static let maximumParts = 3

    private static let operatingSystems: Set = [
        "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd",
        "plan9", "solaris", "wasip1", "windows",
    ]

    private static let architectures: Set = [
        "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
        "riscv64", "s390x", "wasm",
    ]

    /// The characters of a component are containerd's: letters, digits, `_`, `.`, `-`.
    private static func isWord(_ part: String) -> Bool {
        !part.isEmpty
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func normalised(os: String) -> String {
        os == "macos" ? "darwin" : os
    }

    private static func normalised(architecture: String, variant: String) -> (architecture: String, variant: String) {
        switch architecture {
        case "i386": ("386", "")
        case "x86_64", "x86-64", "amd64": ("amd64", variant == "v1" ? "" : variant)
        case "aarch64", "arm64": ("arm64", variant == "8" || variant == "v8" ? "" : variant)
        case "armhf": ("arm", "v7")
        case "armel": ("arm", "v6")
        case "arm":
            switch variant {
            case "", "7": ("arm", "v7")
            case "5", "6", "8": ("arm", "v" + variant)
            default: ("arm", variant)
            }
        default: (architecture, variant)
        }
    }
}
