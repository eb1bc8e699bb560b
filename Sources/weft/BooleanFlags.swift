// Booleans as werf's command line takes them, `--dev=true` and `--parallel=false`: the parser here knows bare flags only.

struct BooleanFlags {
    /// The flags that take no value; each by its own name.
    private let kinds: [String: EnvironmentFlag.Kind]

    /// Other names of flags.
    private static let aliases = [
        "-p": "--parallel", "-Z": "--check-built-images", "--require-built-images": "--check-built-images",
    ]
    /// What Go's strconv.ParseBool takes.
    private static let words: [Substring: Bool] = [
        "1": true, "t": true, "T": true, "true": true, "TRUE": true, "True": true,
        "0": false, "f": false, "F": false, "false": false, "FALSE": false, "False": false,
    ]

    struct Outcome {
        /// For the parser.
        var arguments: [String] = []
        /// Flags whose value was written out, whatever it is: the environment has no say about them.
        var decided: [String] = []
    }

    init(_ flags: [EnvironmentFlag]) {
        // Without a form in the environment.
        var kinds: [String: EnvironmentFlag.Kind] = ["--json": .isSet, "--final-images-only": .isSet]
        for flag in flags { kinds[flag.flag] = flag.kind }
        for flag in UnsupportedFlags.all { kinds[flag.flag] = flag.kind }
        self.kinds = kinds
    }

    /// The last value of a flag counts. What comes behind `--` is left as it is.
    func rewritten(_ arguments: [String]) -> Outcome {
        var outcome = Outcome()
        for (index, argument) in arguments.enumerated() {
            if argument == "--" {
                outcome.arguments += arguments[index...]
                break
            }
            guard let (flag, value) = assignment(argument) else {
                outcome.arguments.append(argument)
                continue
            }
            let negated = "--no-" + flag.dropFirst(2)
            outcome.arguments.removeAll { [flag, negated].contains(Self.aliases[$0] ?? $0) }
            outcome.decided.append(flag)
            if value {
                outcome.arguments.append(flag)
            } else if kinds[flag] == .isNotCleared {
                outcome.arguments.append(negated)
            }
        }
        return outcome
    }

    private func assignment(_ argument: String) -> (flag: String, value: Bool)? {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard argument.hasPrefix("-"), parts.count == 2, let value = Self.words[parts[1]] else { return nil }
        let flag = Self.aliases[String(parts[0])] ?? String(parts[0])
        switch kinds[flag] {
        case .isSet, .isNotCleared: return (flag, value)
        case .text, .list, nil: return nil
        }
    }
}
