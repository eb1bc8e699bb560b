// The options of one `--mount`, checked and joined with the defaults of its type.

struct MountReader {
    private var mount = RunMount()
    private var saysAccess = false
    /// An option that decides what the others may say is still open.
    private var isDeferred = false

    private static let keys = [
        "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw", "id",
        "sharing", "required", "size", "mode", "uid", "gid", "env",
    ]

    /// Before any variable is known: only the stage that a mount shows. The other options are read, and refused, where
    /// the step is needed, as in BuildKit.
    static func unread(_ text: String) throws(Fault) -> RunMount {
        var mount = RunMount()
        for option in try MountOption.list(text) where option.key == "from" {
            guard let value = option.value else { continue }
            guard !holdsVariable(value) else {
                throw Fault("'from' doesn't support variable expansion", hint: "define an alias stage instead")
            }
            mount.from = value
        }
        return mount
    }

    /// A dollar sign at the very end is text.
    private static func holdsVariable(_ value: String) -> Bool {
        value.utf8.dropLast().contains(UInt8(ascii: "$"))
    }

    static func read(_ options: [MountOption]) throws(Fault) -> RunMount {
        var reader = MountReader()
        for option in options { try reader.take(option) }
        try reader.finish()
        return reader.mount
    }

    private mutating func take(_ option: MountOption) throws(Fault) {
        guard let value = option.value else {
            try takeBare(option)
            return
        }
        switch option.key {
        case "from": mount.from = value
        case "source", "src": mount.source = value
        case "target", "dst", "destination": mount.target = value
        case "id": mount.id = value
        case "env": mount.environmentVariable = value
        case _ where option.isOpen && Self.keys.contains(option.key): isDeferred = true
        default: try takeTyped(option, value)
        }
    }

    private mutating func takeBare(_ option: MountOption) throws(Fault) {
        switch option.key {
        case "readonly", "ro": setReadOnly(true)
        case "readwrite", "rw": setReadOnly(false)
        case "required": try setRequired(true, option)
        default: throw unexpected(option, orElse: "\(quoted(option.text)) must be a key=value pair")
        }
    }

    private mutating func takeTyped(_ option: MountOption, _ value: String) throws(Fault) {
        switch option.key {
        case "type": mount.kind = try choice(value, "mount type")
        case "sharing": mount.sharing = try choice(value, "sharing")
        case "readonly", "ro": setReadOnly(try flag(option, value))
        case "readwrite", "rw": setReadOnly(!(try flag(option, value)))
        case "required": try setRequired(try flag(option, value), option)
        case "size":
            guard mount.kind == .tmpfs || isDeferred else { throw misplaced(option) }
            guard let size = ByteSize.bytes(value) else { throw invalid(option, value) }
            mount.sizeLimit = size
        case "mode": mount.mode = try number(option, value, radix: 8)
        case "uid": mount.uid = try number(option, value, radix: 10)
        case "gid": mount.gid = try number(option, value, radix: 10)
        default: throw unexpected(option, orElse: "unexpected key \(quoted(option.key)) in \(quoted(option.text))")
        }
    }

    private mutating func setReadOnly(_ value: Bool) {
        mount.isReadOnly = value
        saysAccess = true
    }

    private mutating func setRequired(_ value: Bool, _ option: MountOption) throws(Fault) {
        guard [.secret, .ssh].contains(mount.kind) || isDeferred else { throw misplaced(option) }
        mount.isRequired = value
    }

    private mutating func finish() throws(Fault) {
        if !saysAccess { mount.isReadOnly = ![.cache, .tmpfs].contains(mount.kind) }
        guard !isDeferred else { return }
        let kind = mount.kind
        if kind == .bind || kind == .tmpfs {
            for (name, value) in [("mode", mount.mode), ("uid", mount.uid), ("gid", mount.gid)] where value != nil {
                throw Fault("\(name) is not allowed for mounts of type \(kind.rawValue)")
            }
        }
        if kind == .secret { try checkSecret() }
        guard mount.sharing == nil || kind == .cache else {
            throw Fault("sharing is not allowed for mounts of type \(kind.rawValue)")
        }
    }

    private func checkSecret() throws(Fault) {
        if !mount.from.isEmpty { throw Fault("a secret mount should not have a from") }
        if mount.sharing != nil { throw Fault("a secret mount should not define sharing") }
        if mount.source.isEmpty, mount.target.isEmpty, mount.id.isEmpty {
            throw Fault("invalid secret mount: one of id, source and target is required")
        }
        if !mount.source.isEmpty, !mount.id.isEmpty { throw Fault("a secret mount can't have both source and id") }
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ value: String, _ what: String
    ) throws(Fault) -> Choice {
        guard let choice = Choice(rawValue: value.lowercased()) else {
            let known = Choice.allCases.map(\.rawValue)
            let hint = Suggestion.hint(for: value, in: known) ?? "known are " + known.joined(separator: ", ")
            throw Fault("unsupported \(what) \(quoted(value))", hint: hint)
        }
        return choice
    }

    private func flag(_ option: MountOption, _ value: String) throws(Fault) -> Bool {
        guard let flag = goBool(value) else { throw invalid(option, value) }
        return flag
    }

    private func number(_ option: MountOption, _ value: String, radix: Int) throws(Fault) -> UInt32 {
        guard value.utf8.first != UInt8(ascii: "+"), let number = UInt32(value, radix: radix) else {
            throw invalid(option, value)
        }
        return number
    }

    private func invalid(_ option: MountOption, _ value: String) -> Fault {
        Fault("invalid value \(quoted(value)) for \(option.key)")
    }

    private func misplaced(_ option: MountOption) -> Fault {
        Fault("unexpected key '\(option.key)' for mount type '\(mount.kind.rawValue)'")
    }

    private func unexpected(_ option: MountOption, orElse message: String) -> Fault {
        Fault(message, hint: Suggestion.hint(for: option.key, in: Self.keys))
    }
}

/// The spellings that Go's ParseBool takes.
func goBool(_ text: String) -> Bool? {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: nil
    }
}

/// Sizes such as `64m`, `1.5 GB` or `1024`; the units are powers of 1024.
enum ByteSize {
    static func bytes(_ text: String) -> Int64? {
        let isNumeric = { (byte: UInt8) in (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") }
        let digits = text.utf8.prefix(while: isNumeric)
        var suffix = text.utf8[digits.endIndex...]
        if suffix.first == 0x20 { suffix = suffix.dropFirst() }
        guard let number = Double(String(decoding: digits, as: UTF8.self)) else { return nil }
        guard let factor = factor(String(decoding: suffix, as: UTF8.self).lowercased()) else { return nil }
        let size = number * factor
        return size < 0x1p63 ? Int64(size) : nil
    }

    private static func factor(_ suffix: String) -> Double? {
        guard let unit = suffix.first else { return 1 }
        if suffix == "b" { return 1 }
        guard let power = "kmgtp".firstIndex(of: unit) else { return nil }
        guard ["", "b", "ib"].contains(suffix.dropFirst()) else { return nil }
        let exponent = "kmgtp".distance(from: "kmgtp".startIndex, to: power) + 1
        return (0..<exponent).reduce(1.0) { factor, _ in factor * 1024 }
    }
}
