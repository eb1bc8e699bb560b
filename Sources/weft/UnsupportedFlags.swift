// Flags of werf that this version has no answer to: said in words, since a script that sets them expects something.

/// One of werf's flags that weft does not have (werf.md 5.2).
struct UnsupportedFlag: Sendable {
    enum Meaning: Sendable {
        /// The result would be another one: an error.
        case result
        /// Only what is looked up where, or how fast: a warning.
        case speed
        /// Nothing that a build here depends on: a warning for the flag, silence for the variable.
        case nothing
    }

    let flag: String
    let meaning: Meaning
    let kind: EnvironmentFlag.Kind
    /// What to do instead, as the end of a sentence; empty when there is nothing to say.
    let advice: String

    init(_ flag: String, _ meaning: Meaning, _ kind: EnvironmentFlag.Kind = .text, advice: String = "") {
        self.flag = flag
        self.meaning = meaning
        self.kind = kind
        self.advice = advice
    }

    var takesValue: Bool {
        switch kind {
        case .text, .list: true
        case .isSet, .isNotCleared: false
        }
    }

    /// The variable of `environment` that sets it.
    func variable(in environment: [String: String]) -> String? {
        let name = EnvironmentFlag(flag, kind).names[0]
        switch kind {
        case .text: return environment[name].map { !$0.isEmpty } == true ? name : nil
        case .isSet, .isNotCleared: return EnvironmentFlags.isTrue(environment[name] ?? "") ? name : nil
        case .list: return environment.filter { $0.key.hasPrefix(name + "_") && !$0.value.isEmpty }.keys.min()
        }
    }
}

enum UnsupportedFlags {
    struct Outcome {
        /// The command line without the flags that mean nothing here.
        var arguments: [String]
        var warnings: [String] = []
    }

    static let all: [UnsupportedFlag] =
        [
            UnsupportedFlag("--final-repo", .result, advice: "copy the final images with weft export --tag"),
            UnsupportedFlag("--secondary-repo", .speed, .list), UnsupportedFlag("--cache-repo", .speed, .list),
            UnsupportedFlag("--add-custom-tag", .result, .list, advice: "give tags with weft export --tag"),
            UnsupportedFlag("--use-custom-tag", .result),
            UnsupportedFlag("--follow", .result, .isSet), UnsupportedFlag("--virtual-merge", .result, .isSet),
            UnsupportedFlag("--backend-network", .result), UnsupportedFlag("--ssh-key", .speed, .list),
            UnsupportedFlag("--introspect-error", .result, .isSet),
            UnsupportedFlag("--introspect-before-error", .result, .isSet),
            UnsupportedFlag("--introspect-stage", .result, .list),
            UnsupportedFlag("--use-build-report", .result, .isSet),
            UnsupportedFlag("--allow-includes-update", .nothing, .isSet),
            UnsupportedFlag("--skip-image-spec-stage", .nothing, .isSet),
            UnsupportedFlag("--docker-options", .result), UnsupportedFlag("--shell", .result, .isSet),
            UnsupportedFlag("--bash", .result, .isSet),
            UnsupportedFlag("--tmp-dir", .nothing), UnsupportedFlag("--log-project-dir", .nothing, .isSet),
            UnsupportedFlag("--log-time-format", .nothing),
            UnsupportedFlag("--disable-auto-host-cleanup", .nothing, .isSet),
            UnsupportedFlag("--allowed-backend-storage-volume-usage", .nothing),
            UnsupportedFlag("--allowed-backend-storage-volume-usage-margin", .nothing),
            UnsupportedFlag("--allowed-local-cache-volume-usage", .nothing),
            UnsupportedFlag("--allowed-local-cache-volume-usage-margin", .nothing),
            UnsupportedFlag("--kube-config", .nothing), UnsupportedFlag("--kube-config-base64", .nothing),
            UnsupportedFlag("--kube-context", .nothing),
        ] + registryFlags

    /// Only werf's cleanup needs to know the registry's make; credentials come from the docker config here.
    private static let registryFlags: [UnsupportedFlag] = ["--repo-", "--final-repo-"].flatMap { prefix in
        [
            "container-registry", "docker-hub-username", "docker-hub-password", "docker-hub-token", "github-token",
            "harbor-username", "harbor-password", "quay-token",
        ].map { UnsupportedFlag(prefix + $0, .nothing) }
    }

    /// Takes what means nothing out of `arguments`; throws for what would change the result.
    static func check(_ arguments: [String], in environment: [String: String]) throws -> Outcome {
        var outcome = try checked(arguments)
        for flag in all {
            guard let variable = flag.variable(in: environment) else { continue }
            switch flag.meaning {
            case .result:
                throw UsageError(
                    "\(variable): \(flag.flag) is not supported by this version of weft; unset the variable\(advice(flag))"
                )
            case .speed:
                outcome.warnings.append("\(variable): \(flag.flag) is not supported by this version and has no effect")
            case .nothing: break
            }
        }
        return outcome
    }

    private static func checked(_ arguments: [String]) throws -> Outcome {
        var outcome = Outcome(arguments: [])
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument != "--" else {
                outcome.arguments += [argument] + rest
                break
            }
            guard let flag = all.first(where: { argument == $0.flag || argument.hasPrefix($0.flag + "=") }) else {
                outcome.arguments.append(argument)
                continue
            }
            guard flag.meaning != .result else {
                throw UsageError(
                    "\(flag.flag) is a flag of werf that this version of weft does not support\(advice(flag))")
            }
            outcome.warnings.append("\(flag.flag) is not supported by this version and has no effect")
            if flag.takesValue, argument == flag.flag { _ = rest.popFirst() }
        }
        return outcome
    }

    private static func advice(_ flag: UnsupportedFlag) -> String { flag.advice.isEmpty ? "" : "; " + flag.advice }
}
