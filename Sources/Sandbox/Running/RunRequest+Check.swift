// What a request may ask: everything here comes from a Dockerfile or a peer.
import Glibc

// Safety: an address is passed to inet_pton for the length of the call only.

extension RunRequest {
    /// Letters of an id, and of a hostname.
    private static let idBytesMax = 64
    private static let hostnameBytesMax = 63
    /// Bytes that the kernel takes for one argument or variable (MAX_ARG_STRLEN).
    private static let argumentBytesMax = 128 << 10
    private static let mountsMax = 256

    func check() throws(SandboxError) {
        let idLetters = id.utf8.allSatisfy { Self.isWord($0) || $0 == UInt8(ascii: "_") }
        guard idLetters, !id.isEmpty, id.utf8.count <= Self.idBytesMax, !id.hasPrefix("-") else {
            throw .request("\"\(id)\" is not the id of a run")
        }
        guard hostname.utf8.allSatisfy({ Self.isWord($0) || $0 == UInt8(ascii: ".") }), !hostname.isEmpty,
            hostname.utf8.count <= Self.hostnameBytesMax
        else { throw .request("\"\(hostname)\" is not a host name of at most \(Self.hostnameBytesMax) letters") }
        guard let program = arguments.first, !program.isEmpty else { throw .request("the step has no command") }
        guard workingDirectory.hasPrefix("/") else {
            throw .request("the working directory \"\(workingDirectory)\" is not absolute")
        }
        for text in arguments + [workingDirectory, user] { try Self.check(text, "\"\(text.prefix(40))…\"") }
        for variable in environment + secretEnvironment {
            // Its value may be a secret.
            let name = variable.utf8.prefix { $0 != UInt8(ascii: "=") }
            try Self.check(variable, "the variable \(Substring(name).prefix(40))")
        }
        for host in extraHosts where !host.isAddressed {
            throw .request("\"\(host.name)\" and \"\(host.address)\" are not a host's name and its IP address")
        }
        guard mounts.count <= Self.mountsMax else { throw .request("more than \(Self.mountsMax) mounts in one step") }
        for mount in mounts { try mount.check() }
    }

    private static func check(_ text: String, _ what: String) throws(SandboxError) {
        guard !text.utf8.contains(0) else { throw .request("\(what) has a NUL byte") }
        guard text.utf8.count < argumentBytesMax else {
            throw .request("\(what) is longer than the \(argumentBytesMax) bytes that a program takes as one text")
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
    }
}

extension ExtraHost {
    private static let nameBytesMax = 253

    fileprivate var isAddressed: Bool {
        let bytes = name.utf8
        guard !bytes.isEmpty, bytes.count <= Self.nameBytesMax, bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return false
        }
        var (v4, v6) = (in_addr(), in6_addr())
        return unsafe inet_pton(AF_INET, address, &v4) == 1 || inet_pton(AF_INET6, address, &v6) == 1
    }
}

extension StepMount {
    /// What a step may not cover: `place` is where `target` leads to.
    static func checkPlace(_ place: String, of target: String) throws(SandboxError) {
        let first = place.split(separator: "/").first
        guard first != "proc", first != "sys", place != "/dev", place != "/" else {
            throw .request(
                "nothing can be mounted at \(place)" + (place == target ? "" : ", where \(target) leads to"))
        }
    }

    fileprivate func check() throws(SandboxError) {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard target.hasPrefix("/"), target != "/", !target.utf8.contains(0),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw .request("\"\(target)\" is not a place for a mount: an absolute, clean path below / is") }
        try Self.checkPlace(target, of: target)
        if case .secret(let content, _, _) = source, content.count > Self.secretBytesMax {
            throw .request(
                "the secret for \(target) has \(content.count) bytes; at most \(Self.secretBytesMax) are taken")
        }
    }
}
