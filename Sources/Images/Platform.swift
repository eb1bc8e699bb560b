// Operating system and architecture of an image, and which offered platform serves a wanted one.

/// `os/architecture[/variant]` in Go's words, aliases and default variants already replaced.
package struct Platform: Hashable, Sendable, CustomStringConvertible {
    package let os: String
    package let architecture: String
    /// Nil where the architecture has only one (amd64) or the usual one is meant (arm64's v8).
    package let variant: String?

    /// Longest text taken as a platform, in bytes.
    package static let bytesMax = 128

    package init(os: String, architecture: String, variant: String? = nil) {
        let (architecture, variant) = Self.normal(architecture.lowercased(), variant?.lowercased())
        self.os = os.lowercased() == "macos" ? "darwin" : os.lowercased()
        self.architecture = architecture
        self.variant = variant
    }

    /// Takes `os/architecture` and `os/architecture/variant`.
    package init(_ text: String) throws(ImageError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.bytesMax, (2...3).contains(parts.count), parts.allSatisfy(Self.isWord) else {
            throw .platform(text: text)
        }
        self.init(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
    }

    package var description: String {
        variant.map { "\(os)/\(architecture)/\($0)" } ?? "\(os)/\(architecture)"
    }

    /// How well `offered` runs here: 0 is the same platform, greater is an older variant; nil does not run.
    ///
    /// An older variant of arm or amd64 runs on a newer one; other architectures are never taken instead.
    package func distance(to offered: Platform) -> Int? {
        guard os == offered.os, architecture == offered.architecture else { return nil }
        if variant == offered.variant { return 0 }
        let (wanted, given) = (generation, offered.generation)
        guard let wanted, let given, given <= wanted else { return nil }
        return wanted - given
    }

    private var generation: Int? {
        let usual = ["amd64": 1, "arm64": 8, "arm": 7]
        guard let variant else { return usual[architecture] }
        guard usual[architecture] != nil, variant.first == "v" else { return nil }
        return Int(variant.dropFirst())
    }

    /// The names that containerd's `platforms` package documents as equal.
    private static func normal(_ architecture: String, _ variant: String?) -> (String, String?) {
        let variant = variant == "" ? nil : variant
        switch (architecture, variant) {
        case ("x86_64", let variant), ("x86-64", let variant): return normal("amd64", variant)
        case ("aarch64", let variant): return normal("arm64", variant)
        case ("i386", _): return ("386", nil)
        case ("armhf", _): return ("arm", "v7")
        case ("armel", _): return ("arm", "v6")
        case ("amd64", "v1"), ("arm64", "v8"), ("arm64", "8"): return (architecture, nil)
        case ("arm", nil), ("arm", "7"): return ("arm", "v7")
        case ("arm", "5"): return ("arm", "v5")
        case ("arm", "6"): return ("arm", "v6")
        case ("arm", "8"): return ("arm", "v8")
        default: return (architecture, variant)
        }
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                    || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            }
    }
}
