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
    /// Whether the image has the files at all.
    let hasUsers: Bool
    let hasGroups: Bool

    init(of root: RootDirectory) throws {
        let passwd = try root.read("/etc/passwd")
        let group = try root.read("/etc/group")
        self.init(
            passwd: passwd.map { String(decoding: $0, as: UTF8.self) },
            group: group.map { String(decoding: $0, as: UTF8.self) })
    }

    init(passwd: String?, group: String?) {
        (hasUsers, hasGroups) = (passwd != nil, group != nil)
        users = Self.records(passwd ?? "").compactMap { fields in
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
            return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
        }
        groups = Self.records(group ?? "").compactMap { fields in
            guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
            return Group(name: fields[0], gid: gid, members: fields.count > 3 ? fields[3].split(separator: ",") : [])
        }
    }

    private static func records(_ text: String) -> [[Substring]] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
    }

    /// Resolves `USER` or `USER:GROUP`; the empty text is root.
    func stepUser(_ text: String) throws(SandboxError) -> StepUser {
        let (user, group) = Self.parts(text)
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
        let id = UInt32(user)
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
        if let id = UInt32(group) { return id }
        if let entry = groups.first(where: { $0.name == group }) { return entry.gid }
        throw .image("the image has no group \"\(group)\" in /etc/group: create it before the step, or use a number")
    }

    private func home(of uid: UInt32) -> String {
        guard let home = users.first(where: { $0.uid == uid })?.home, !home.isEmpty else { return "/" }
        return String(home)
    }

    /// The owner that `--chown=USER[:GROUP]` names: a number without a group is both, a name brings its own group.
    /// A user that /etc/passwd lacks is root, and a group that /etc/group lacks is the user's own: BuildKit does so, and
    /// images are built that count on it. Without the file, names are refused, as the Dockerfile reference says.
    func owner(_ text: String) throws(SandboxError) -> FileOwner {
        let (user, group) = Self.parts(text)
        var owner = FileOwner.root
        if let id = UInt32(user) {
            owner = FileOwner(uid: id, gid: id)
        } else if !user.isEmpty {
            guard hasUsers else { throw Self.noFile("/etc/passwd", "user", user, text) }
            if let entry = users.first(where: { $0.name == user }) {
                owner = FileOwner(uid: entry.uid, gid: entry.gid)
            }
        }
        guard let group else { return owner }
        if let id = UInt32(group) { return FileOwner(uid: owner.uid, gid: id) }
        guard hasGroups else { throw Self.noFile("/etc/group", "group", group, text) }
        return FileOwner(uid: owner.uid, gid: groups.first { $0.name == group }?.gid ?? owner.gid)
    }

    private static func noFile(_ file: String, _ kind: String, _ name: Substring, _ text: String) -> SandboxError {
        .image("--chown=\(text): the image has no \(file) that could hold the \(kind) \"\(name)\"; use a number")
    }

    private static func parts(_ text: String) -> (user: Substring, group: Substring?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts.first ?? "", parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil)
    }

    /// Docker takes `root` for 0 without looking (`root:root` works in an empty image).
    private static func number(_ text: Substring) -> UInt32? { text == "root" ? 0 : UInt32(text) }
}
