// Every flag has a form in the environment, as in werf: `WERF_` and the flag's name in capitals (werf.md 5.1).

/// One flag's form in the environment.
struct EnvironmentFlag: Sendable {
    enum Kind: Sendable {
        case text
        /// True only for `1`, `true`, `yes`.
        case isSet
        /// False only for `0`, `false`, `no`.
        case isNotCleared
        /// A family: `WERF_DEV_IGNORE_1`, `WERF_DEV_IGNORE_X`, read in the order of their names.
        case list
    }

    let flag: String
    let kind: Kind
    let names: [String]

    init(_ flag: String, _ kind: Kind, _ names: String...) {
        self.flag = flag
        self.kind = kind
        self.names =
            names.isEmpty ? ["WERF_" + flag.dropFirst(2).uppercased().replacing("-", with: "_")] : names
    }
}

enum EnvironmentFlags {
    /// Arguments that the environment stands for, to be read before those of the command line: a flag that the
    /// command line has is left to it, lists are joined.
    static func arguments(
        of flags: [EnvironmentFlag], in environment: [String: String], given: [String]
    ) -> [String] {
        flags.flatMap { flag -> [String] in
            if flag.kind == .list { return list(flag, environment) }
            guard !isGiven(flag.flag, given), let value = flag.names.lazy.compactMap({ environment[$0] }).first else {
                return []
            }
            return arguments(flag, value)
        }
    }

    private static func arguments(_ flag: EnvironmentFlag, _ value: String) -> [String] {
        switch flag.kind {
        case .text, .list: value.isEmpty ? [] : [flag.flag + "=" + value]
        case .isSet: isTrue(value) ? [flag.flag] : []
        case .isNotCleared: ["0", "false", "no"].contains(value) ? ["--no-" + flag.flag.dropFirst(2)] : []
        }
    }

    /// What sets a flag that is off by default; nothing else does, in whatever case.
    static func isTrue(_ value: String) -> Bool { ["1", "true", "yes"].contains(value) }

    private static func list(_ flag: EnvironmentFlag, _ environment: [String: String]) -> [String] {
        environment.filter { entry in
            flag.names.contains { entry.key.hasPrefix($0 + "_") } && !entry.value.isEmpty
        }
        .sorted { $0.key < $1.key }
        .map { flag.flag + "=" + $0.value }
    }

    private static func isGiven(_ flag: String, _ arguments: [String]) -> Bool {
        let negated = "--no-" + flag.dropFirst(2)
        return arguments.prefix { $0 != "--" }.contains {
            $0 == flag || $0 == negated || $0.hasPrefix(flag + "=")
        }
    }
}
