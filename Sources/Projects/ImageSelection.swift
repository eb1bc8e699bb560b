// Which images a command line asks for, what they need, and in which sets they stand.

package struct ImageSelection: Sendable, Equatable {
    /// Images that the patterns name, in the order of the file.
    package let chosen: [String]
    /// `chosen` and all that they depend on, in the order of the file.
    package let needed: [String]
}

extension Project {
    /// Bytes of a pattern.
    static let maximumPatternLength = 100

    /// Patterns are names or shell globs (`*` stays inside a path component); `!PATTERN` takes images away again,
    /// unless an included pattern is the very name. No including pattern means all images.
    package func select(_ patterns: [String], finalOnly: Bool = false) throws(ConfigError) -> ImageSelection {
        var included: [String] = []
        var excluded: [String] = []
        for pattern in patterns {
            try Self.check(pattern)
            if pattern.hasPrefix("!") { excluded.append(String(pattern.dropFirst())) } else { included.append(pattern) }
        }
        let names = images.map(\.name)
        var chosen = Set(included.isEmpty ? names : [])
        for pattern in included {
            let glob = try Self.glob(pattern)
            let found = names.filter(glob.matches)
            guard !found.isEmpty else { throw Self.error("no image matches pattern \"\(pattern)\".") }
            chosen.formUnion(found)
        }
        for pattern in excluded {
            let glob = try Self.glob(pattern)
            for name in names where !included.contains(name) && glob.matches(name) { chosen.remove(name) }
        }
        let kept = images.filter { chosen.contains($0.name) && ($0.final || !finalOnly) }.map(\.name)
        return ImageSelection(chosen: kept, needed: closure(of: kept))
    }

    /// The images and all that they depend on, in the order of the file. Unknown names are left out.
    package func closure(of names: [String]) -> [String] {
        var byName: [String: DockerfileImage] = [:]
        for image in images { byName[image.name] = image }
        var found = Set(names)
        var rest = names
        while let name = rest.popLast() {
            for dependency in byName[name]?.dependencies ?? [] where found.insert(dependency.image).inserted {
                rest.append(dependency.image)
            }
        }
        return images.map(\.name).filter(found.contains)
    }

    /// Set k holds the images whose dependencies all stand in sets before k; in a set, the order of the file.
    /// Dependencies outside `names` don't count. `later` names, for an image, others that it is to stand after as well;
    /// where that would be a circle it is left out.
    package func sets(of names: [String], later: [String: Set<String>] = [:]) -> [[String]] {
        let wanted = Set(names)
        let selected = images.filter { wanted.contains($0.name) }
        var index: [String: Int] = [:]
        for (number, image) in selected.enumerated() { index[image.name] = number }
        let needs = selected.map { image in
            Set((image.dependencies.map(\.image) + (later[image.name] ?? [])).compactMap { index[$0] })
        }
        var dependents = Array(repeating: [Int](), count: selected.count)
        for (number, needed) in needs.enumerated() {
            for need in needed { dependents[need].append(number) }
        }
        var waiting = needs.map(\.count)
        var ready = selected.indices.filter { waiting[$0] == 0 }
        var sets: [[String]] = []
        while !ready.isEmpty {
            sets.append(ready.map { selected[$0].name })
            var next: [Int] = []
            for dependent in ready.flatMap({ dependents[$0] }) {
                waiting[dependent] -= 1
                if waiting[dependent] == 0 { next.append(dependent) }
            }
            ready = next.sorted()
        }
        let isCircle = sets.reduce(0) { $0 + $1.count } < selected.count
        return isCircle && !later.isEmpty ? self.sets(of: names) : sets
    }

    private static func check(_ pattern: String) throws(ConfigError) {
        guard !pattern.contains("**") else { throw error("`**` is not supported in the pattern \"\(pattern)\".") }
        guard pattern.utf8.count <= maximumPatternLength else {
            throw error("a pattern is longer than \(maximumPatternLength) bytes.")
        }
        guard !pattern.contains(where: { "&|$".contains($0) }) else {
            throw error("the characters &, | and $ are not allowed in the pattern \"\(pattern)\".")
        }
    }

    private static func glob(_ pattern: String) throws(ConfigError) -> ShellPattern {
        guard let glob = ShellPattern(pattern) else { throw error("the pattern \"\(pattern)\" is malformed.") }
        return glob
    }

    private static func error(_ problem: String) -> ConfigError {
        ConfigError(file: "IMAGE_NAME", problem: problem)
    }
}
