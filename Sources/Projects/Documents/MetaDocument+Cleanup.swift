// `cleanup` of the meta document: two flags matter to building, the rest is checked for its shape only.

extension MetaDocument {
    static func readCleanup(_ meta: FieldReader, into result: inout ProjectMeta) throws(ConfigError) {
        guard let cleanup = try meta.fields("cleanup") else { return }
        try cleanup.allow([
            "disable", "disableKubernetesBasedPolicy", "disableGitHistoryBasedPolicy",
            "disableBuiltWithinLastNHoursPolicy", "keepImagesBuiltWithinLastNHours", "keepPolicies",
        ])
        result.cleanupDisabled = try cleanup.bool("disable") ?? false
        result.gitHistoryBasedCleanupDisabled = try cleanup.bool("disableGitHistoryBasedPolicy") ?? false
        _ = try cleanup.bool("disableKubernetesBasedPolicy")
        _ = try cleanup.bool("disableBuiltWithinLastNHoursPolicy")
        _ = try cleanup.int("keepImagesBuiltWithinLastNHours")
        for policy in try cleanup.list("keepPolicies") ?? [] {
            try checkPolicy(policy, in: cleanup.source)
        }
    }

    private static func checkPolicy(_ node: YAMLNode, in source: ConfigSource) throws(ConfigError) {
        let policy = try FieldReader(node, in: source, section: "a keep policy")
        try policy.allow(["references", "imagesPerReference"])
        guard let references = try policy.fields("references") else {
            throw source.error(node, "a keep policy needs `references`.")
        }
        try references.allow(["branch", "tag", "limit"])
        let branch = try references.string("branch") ?? ""
        let tag = try references.string("tag") ?? ""
        guard branch.isEmpty != tag.isEmpty else {
            throw source.error(references.node, "`references` needs exactly one of `branch` and `tag`.")
        }
        if let limit = try references.fields("limit") { try checkLimit(limit) }
        if let images = try policy.fields("imagesPerReference") { try checkLimit(images) }
    }

    private static func checkLimit(_ limit: FieldReader) throws(ConfigError) {
        try limit.allow(["last", "in", "operator"])
        _ = try limit.int("last")
        _ = try limit.string("in")
        if let name = try limit.string("operator"), !["And", "Or"].contains(name) {
            throw limit.error("operator", "`operator` must be And or Or, not \(name).")
        }
    }
}
