// What a request may ask: everything here comes from a Dockerfile or a peer.

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
        for text in arguments + environment + secretEnvironment + [workingDirectory, user] {
            guard !text.utf8.contains(0) else { throw .request("a NUL byte in \"\(text.prefix(40))\"") }
            guard text.utf8.count < Self.argumentBytesMax else {
                throw .request(
                    "\"\(text.prefix(40))…\" is longer than the \(Self.argumentBytesMax) bytes of one argument")
            }
        }
        for host in extraHosts where (host.address + host.name).utf8.contains(where: { $0 <= 0x20 }) {
            throw .request("\"\(host.name)\" and \"\(host.address)\" are not a host's name and address")
        }
        guard mounts.count <= Self.mountsMax else { throw .request("more than \(Self.mountsMax) mounts in one step") }
        for mount in mounts { try mount.check() }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
    }
}

extension StepMount {
    fileprivate func check() throws(SandboxError) {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard target.hasPrefix("/"), target != "/", !target.utf8.contains(0),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw .request("\"\(target)\" is not a place for a mount: an absolute, clean path below / is") }
        guard parts.first != "proc", parts.first != "sys", target != "/dev" else {
            throw .request("nothing can be mounted at \(target)")
        }
        if case .secret(let content, _, _) = source, content.count > Self.secretBytesMax {
            throw .request(
                "the secret for \(target) has \(content.count) bytes; at most \(Self.secretBytesMax) are taken")
        }
    }
}
