// `classes` of a node's config: what builds of each class may.

extension BuildClass {
    private static let processRange = 16...1_000_000
    private static let timeRange: ClosedRange<Duration> = .seconds(1) ... .seconds(7 * 86_400)

    static func all(_ root: SectionReader, capacity: CapacitySettings) throws(SettingsError) -> [BuildClass] {
        guard let sections = try root.sections("classes"), !sections.isEmpty else { return [fallback(capacity)] }
        var classes: [BuildClass] = []
        for section in sections {
            let next = try BuildClass(section, capacity: capacity)
            guard !classes.contains(where: { $0.name == next.name }) else {
                throw section.source.error(
                    section.node, "the class `\(next.name)` is there twice.", "Keep one of the two.")
            }
            classes.append(next)
        }
        try checkReuse(sections, names: classes.map(\.name))
        return classes
    }

    private static func fallback(_ capacity: CapacitySettings) -> BuildClass {
        BuildClass(
            name: "default", network: .nat, publish: RepoPattern("**").map { [$0] } ?? [], memory: capacity.memory,
            processes: 4_096, time: .seconds(3_600), reuse: [])
    }

    private static func checkReuse(_ sections: [SectionReader], names: [String]) throws(SettingsError) {
        for section in sections {
            for item in try section.list("reuse") ?? [] {
                let name = try section.text(of: item, "reuse")
                guard !names.contains(name) else { continue }
                throw section.refuse(
                    "reuse", item, "names `\(SettingsText.shown(name))`, which is no class of this file.",
                    "Its classes are \(names.joined(separator: ", ")).")
            }
        }
    }

    private init(_ section: SectionReader, capacity: CapacitySettings) throws(SettingsError) {
        name = try section.required("name", try section.name("name"))
        network = try section.word("network", Network.self) ?? .nat
        publish = try section.patterns("publish") ?? []
        memory = try section.size("memory", in: CapacitySettings.memoryRange) ?? capacity.memory
        processes = try section.integer("processes", in: Self.processRange) ?? 4_096
        time = try section.span("time", in: Self.timeRange) ?? .seconds(3_600)
        reuse = try section.names("reuse") ?? []
        guard memory <= capacity.memory || section.value("memory") == nil else {
            throw section.refuse(
                "memory", section.value("memory") ?? section.node,
                "is more than the \(ByteSize(bytes: capacity.memory)) that all stages have together.",
                "Take less, or raise `capacity.memory`.")
        }
    }
}
