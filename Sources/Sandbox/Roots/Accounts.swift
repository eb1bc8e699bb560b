// Users and groups as the image's own /etc/passwd and /etc/group give them.

/// Who a step runs as.
struct StepUser: Equatable, Sendable {
    var uid: UInt32
    var gid: UInt32
    /// Supplementary groups without the primary one.
    var groups: [UInt32] = []
    var home = "/"

    /// The groups the process gets: the primary one is always among them (CVE-2022-36109).
    var allGroups: [UInt32] { groups.contains(gid) ? groups : [gid] + groups }
    /// Of files made on the user's behalf.
    var owner: FileOwner { FileOwner(uid: uid, gid: gid) }
}

/// The account files of one root. Rules as BuildKit's, which are Docker's: numbers are always ids, the first entry wins,
/// supplementary groups only when no group is named.
struct Accounts {
    struct User {
        let name: Substring
        let uid: UInt32
        let gid: UInt32
        let home: Substring
    }

    struct Group {
        let name: Substring
        let gid: UInt32
        let members: [Substring]
    }

    let users: [User]
    let groups: [Group]
    /// The root has nothing in it: `FROM scratch`.
    let isOnNothing: Bool

    /// Largest id, as for Docker: (uid_t)-1 means "leave it" to chown(2).
    static let idMax: UInt32 = 0x7FFF_FFFF

    init(of root: RootDirectory) throws {
        let passwd = try root.read("/etc/passwd")
        let group = try root.read("/etc/group")
        self.init(
            passwd: String(decoding: passwd ?? [], as: UTF8.self), group: String(decoding: group ?? [], as: UTF8.self),
            isOnNothing: try passwd == nil && group == nil && Kernel.names(in: root.handle).isEmpty)
    }

    init(passwd: String, group: String, isOnNothing: Bool = false) {
        self.isOnNothing = isOnNothing
        users = Self.records(passwd).compactMap { fields in
            guard fields.count >= 4, let uid = Self.id(fields[2]), let gid = Self.id(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        groups = Self.records(group).compactMap { fields in
            guard fields.count >= 3, let gid = Self.id(fields[2]) else { return nil }
            return Group(name: fields[0], gid: gid, members: fields.count > 3 ? fields[3].split(separator: ",") : [])
        }
    }

    /// Cut at bytes: files may have been written elsewhere, and "\r\n" is one Character.
    private static func records(_ text: String) -> [[Substring]] {
        text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let rest = line.drop(while: isBlank)
            guard let last = rest.lastIndex(where: { !isBlank($0) }), rest.first != UInt8(ascii: "#") else {
                return nil
            }
            return rest[...last].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                .map { Substring($0) }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func id(_ text: Substring) -> UInt32? { UInt32(text).flatMap { $0 <= idMax ? $0 : nil } }

    /// A number that is no id is never a name.
    private static func checkRange(_ text: Substring) throws(SandboxError) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), id(text) == nil else { return }
        throw .request("\(text) is no id of a user or group: they go from 0 to \(idMax)")
    }

    /// Resolves `USER` or `USER:GROUP`; the empty text is root.
    func stepUser(_ text: String) throws(SandboxError) -> StepUser {
        let (user, group) = try Self.parts(text)
        if let user = Self.number(user), let gid = group.flatMap(Self.number) {
            return StepUser(uid: user, gid: gid, home: home(of: user))
        }
        var step = try withoutGroup(user.isEmpty ? "0" : user)
        if let group {
            step.gid = try gid(group)
            step.groups = []
        }
        return step
    }

    private func withoutGroup(_ user: Substring) throws(SandboxError) -> StepUser {
        let id = Self.id(user)
        guard let entry = users.first(where: { id == nil ? $0.name == user : $0.uid == id }) else {
            guard let id = id ?? Self.number(user) else {
                throw .image(
                    "the image has no user \"\(user)\" in /etc/passwd: create it before the step, or use a number")
            }
            return StepUser(uid: id, gid: 0)
        }
        let memberships = groups.filter { $0.members.contains(entry.name) }.map(\.gid)
        return StepUser(
            uid: entry.uid, gid: entry.gid, groups: memberships, home: entry.home.isEmpty ? "/" : String(entry.home))
    }

    private func gid(_ group: Substring) throws(SandboxError) -> UInt32 {
        if let id = Self.id(group) { return id }
        if let entry = groups.first(where: { $0.name == group }) { return entry.gid }
        throw .image("the image has no group \"\(group)\" in /etc/group: create it before the step, or use a number")
    }

    private func home(of uid: UInt32) -> String {
        guard let home = users.first(where: { $0.uid == uid })?.home, !home.isEmpty else { return "/" }
        return String(home)
    }

    /// The owner that `--chown=USER[:GROUP]` names, and of what WORKDIR makes for USER: a number without a group is both,
    /// a name brings its own group. A user that the image lacks is root, and a group that it lacks is the user's own,
    /// with or without the files: BuildKit does so, and images are built that count on it. On nothing, names are refused.
    func owner(_ text: String) throws(SandboxError) -> FileOwner {
        let (user, group) = try Self.parts(text)
        var owner = FileOwner.root
        if let id = Self.number(user) {
            owner = FileOwner(uid: id, gid: id)
        } else if !user.isEmpty {
            try checkLookUp("/etc/passwd", "user", user)
            if let entry = users.first(where: { $0.name == user }) {
                owner = FileOwner(uid: entry.uid, gid: entry.gid)
            }
        }
        guard let group else { return owner }
        if let id = Self.number(group) { return FileOwner(uid: owner.uid, gid: id) }
        try checkLookUp("/etc/group", "group", group)
        return FileOwner(uid: owner.uid, gid: groups.first { $0.name == group }?.gid ?? owner.gid)
    }

    private func checkLookUp(_ file: String, _ kind: String, _ name: Substring) throws(SandboxError) {
        guard isOnNothing else { return }
        throw .image("the image is empty: it has no \(file) that could hold the \(kind) \"\(name)\"; use a number")
    }

    private static func parts(_ text: String) throws(SandboxError) -> (user: Substring, group: Substring?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        for part in parts { try checkRange(part) }
        return (parts.first ?? "", parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil)
    }

    /// Docker takes `root` for 0 without looking (`root:root` works in an empty image).
    private static func number(_ text: Substring) -> UInt32? { text == "root" ? 0 : id(text) }
}
