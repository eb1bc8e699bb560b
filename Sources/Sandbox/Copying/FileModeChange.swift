// `--chmod`: octal, or the symbolic form of chmod(1).

/// What to do to a file's permission bits. Symbolic clauses follow BSD's setmode(3), which BuildKit uses, with no umask.
struct FileModeChange: Equatable {
    private enum Value: Equatable {
        /// Read, write and execute for one class, 0 to 7.
        case bits(UInt32)
        /// `X`: execute where it is a directory or anyone may execute already.
        case executeIfAny
        /// A copy of another class's bits: the shift of that class.
        case copy(shift: UInt32)
        case setID
        case sticky
    }

    private struct Action: Equatable {
        var operation: Character
        /// Shifts of the classes: 6 owner, 3 group, 0 others.
        var classes: [UInt32]
        var values: [Value]
    }

    private var actions: [Action] = []
    /// Nil for the symbolic form.
    private(set) var octal: UInt32?

    init(_ text: String) throws(SandboxError) {
        if let first = text.utf8.first, (48...57).contains(first) {
            guard let mode = UInt32(text, radix: 8), mode <= 0o7777 else {
                throw .request("--chmod=\(text) is not an octal number between 0 and 07777")
            }
            octal = mode
            return
        }
        for clause in text.split(separator: ",", omittingEmptySubsequences: false) {
            actions += try Self.parse(clause, in: text)
        }
    }

    private static func parse(_ clause: Substring, in text: String) throws(SandboxError) -> [Action] {
        let bad = SandboxError.request(
            "--chmod=\(text) is neither an octal number nor of the form u=rwX,go=rX: \"\(clause)\" is not understood")
        let who = clause.prefix { "augo".contains($0) }
        var classes: [UInt32] = []
        for (letter, shift) in [(Character("u"), UInt32(6)), ("g", 3), ("o", 0)] {
            if who.isEmpty || who.contains(letter) || who.contains("a") { classes.append(shift) }
        }
        var actions: [Action] = []
        for letter in clause.dropFirst(who.count) {
            if "+-=".contains(letter) {
                actions.append(Action(operation: letter, classes: classes, values: []))
                continue
            }
            guard !actions.isEmpty, let value = value(letter, operation: actions[actions.count - 1].operation) else {
                throw bad
            }
            actions[actions.count - 1].values.append(value)
        }
        if actions.isEmpty { throw bad }
        return actions
    }

    private static func value(_ letter: Character, operation: Character) -> Value? {
        switch letter {
        case "r": .bits(4)
        case "w": .bits(2)
        case "x": .bits(1)
        case "X": operation == "-" ? .bits(1) : .executeIfAny
        case "s": .setID
        case "t": .sticky
        case "u": .copy(shift: 6)
        case "g": .copy(shift: 3)
        case "o": .copy(shift: 0)
        default: nil
        }
    }

    /// The bits that a file of `mode` gets.
    func apply(to mode: UInt32, isDirectory: Bool) -> UInt32 {
        if let octal { return octal }
        var current = mode
        for action in actions {
            let (given, extra) = Self.given(action, current: current, original: mode, isDirectory: isDirectory)
            for shift in action.classes {
                let setID: UInt32 = shift == 6 ? 0o4000 : shift == 3 ? 0o2000 : 0
                let bits = given << shift | (extra & setID)
                switch action.operation {
                case "+": current |= bits
                case "-": current &= ~bits
                default: current = current & ~(7 << shift | setID) | bits
                }
            }
            if action.operation == "-" { current &= ~(extra & 0o1000) } else { current |= extra & 0o1000 }
        }
        return current
    }

    private static func given(
        _ action: Action, current: UInt32, original: UInt32, isDirectory: Bool
    ) -> (bits: UInt32, extra: UInt32) {
        var bits: UInt32 = 0
        var extra: UInt32 = 0
        for value in action.values {
            switch value {
            case .bits(let more): bits |= more
            case .executeIfAny: if isDirectory || original & 0o111 != 0 { bits |= 1 }
            case .copy(let shift): bits |= current >> shift & 7
            case .setID: extra |= 0o6000
            case .sticky: if action.classes != [0] { extra |= 0o1000 }
            }
        }
        return (bits, extra)
    }
}
