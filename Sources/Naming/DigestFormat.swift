// The constants of werf's digests, and the content digest of a newly built stage.
package import Digests
package import Stages

package enum DigestFormat {
    /// werf's BuildCacheVersion: a part of every stage digest.
    package static let version = "1.2"

    /// What werf keeps in the label `werf-stage-content-digest` of a stage that it built: the digest of a stage that
    /// would follow it with no inputs of its own (werf.md 2.2).
    package static func content(of digest: StageDigest, rule: NameRule) -> StageDigest {
        var parts = rule.platform.map { [$0] } ?? []
        parts += [version, rule.keyword + "-content", "", digest.hex, ""]
        return StageDigest(of: parts)
    }
}
