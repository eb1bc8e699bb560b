// A process to run and its mounts as messages.
import Stages

extension RunWork: Message {
    package func write(to fields: inout FieldWriter) {
        fields.texts(1, arguments)
        fields.texts(2, environment)
        fields.text(3, workingDirectory)
        fields.text(4, user)
        fields.messages(5, mounts)
        fields.text(6, network.rawValue)
        fields.texts(7, hosts)
        fields.data(8, present: script)
        fields.text(9, present: scriptName)
        fields.texts(10, proxies)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let arguments = try fields.texts(1, "arguments")
        let environment = try fields.texts(2, "environment")
        let workingDirectory = try fields.text(3, "workingDirectory")
        let user = try fields.text(4, "user")
        let mounts: [RunMount] = try fields.messages(5, "mounts")
        let network: RunNetwork = try fields.word(6, "network")
        let hosts = try fields.texts(7, "hosts")
        let script = try fields.optionalData(8, "script", max: MessageLimits.fileBytesMax)
        let scriptName = try fields.optionalText(9, "scriptName")
        self.init(
            arguments: arguments, environment: environment, proxies: try fields.texts(10, "proxies"),
            workingDirectory: workingDirectory, user: user, mounts: mounts, network: network, hosts: hosts,
            script: script, scriptName: scriptName)
        // They are in no name: nothing else may come by that way.
        guard proxies.allSatisfy(Self.isProxy) else { throw MessageError("proxies", .invalid("have another variable")) }
    }
}

extension FieldReader {
    /// A case of an enumeration of words that must be there; an unknown one is an error, because it decides what runs.
    fileprivate mutating func word<Value: RawRepresentable<String>>(
        _ tag: Int, _ name: String
    ) throws(MessageError) -> Value {
        let text = try text(tag, name, max: WireName.nodeBytesMax)
        guard let value = Value(rawValue: text) else {
            throw MessageError(name, .invalid("isn't one that this version knows"))
        }
        return value
    }
}

extension RunMount: Message {
    package func write(to fields: inout FieldWriter) {
        switch self {
        case .bind(let from, let source, let target, let writable):
            fields.group(1) { fields in
                fields.message(1, from)
                fields.text(2, source)
                fields.text(3, target)
                fields.flag(4, writable)
            }
        case .cache(let id, let from, let source, let target, let sharing, let readOnly, let mode, let uid, let gid):
            fields.group(2) { fields in
                fields.text(1, id)
                fields.message(2, from)
                fields.text(3, source)
                fields.text(4, target)
                fields.text(5, sharing.rawValue)
                fields.flag(6, readOnly)
                fields.number(7, present: mode)
                fields.number(8, present: uid)
                fields.number(9, present: gid)
            }
        case .tmpfs(let target, let byteCount, let readOnly):
            fields.group(3) { fields in
                fields.text(1, target)
                fields.count(2, present: byteCount)
                fields.flag(3, readOnly)
            }
        case .secret(let id, let target, let environment, let required, let mode, let uid, let gid):
            fields.group(4) { fields in
                fields.text(1, id)
                fields.text(2, present: target)
                fields.text(3, present: environment)
                fields.flag(4, required)
                fields.count(5, mode)
                fields.count(6, uid)
                fields.count(7, gid)
            }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1: self = try fields.group(1, "bind", Self.bind)
        case 2: self = try fields.group(2, "cache", Self.cache)
        case 3:
            self = try fields.group(3, "tmpfs") { fields throws(MessageError) in
                .tmpfs(
                    target: try fields.text(1, "target"), byteCount: try fields.optionalCount(2, "byteCount"),
                    readOnly: try fields.flag(3, "readOnly"))
            }
        case 4: self = try fields.group(4, "secret", Self.secret)
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }

    private static func bind(_ fields: inout FieldReader) throws(MessageError) -> RunMount {
        .bind(
            from: try fields.message(1, "from"), source: try fields.text(2, "source"),
            target: try fields.text(3, "target"), writable: try fields.flag(4, "writable"))
    }

    private static func cache(_ fields: inout FieldReader) throws(MessageError) -> RunMount {
        .cache(
            id: try fields.text(1, "id"), from: try fields.optionalMessage(2, "from"),
            source: try fields.text(3, "source"), target: try fields.text(4, "target"),
            sharing: try fields.word(5, "sharing"), readOnly: try fields.flag(6, "readOnly"),
            mode: try fields.optionalCount(7, "mode"), uid: try fields.optionalCount(8, "uid"),
            gid: try fields.optionalCount(9, "gid"))
    }

    private static func secret(_ fields: inout FieldReader) throws(MessageError) -> RunMount {
        .secret(
            id: try fields.text(1, "id"), target: try fields.optionalText(2, "target"),
            environment: try fields.optionalText(3, "environment"), required: try fields.flag(4, "required"),
            mode: try fields.count(5, "mode"), uid: try fields.count(6, "uid"), gid: try fields.count(7, "gid"))
    }
}
