// What a caller decides before werf.yaml is read: paths, names, platforms, strictness.
package import Images

package struct ProjectOptions: Sendable {
    /// `--config` from the project's root, outside of which it may lie (`../werf.yaml`); nil looks for werf.yaml, then
    /// werf.yml.
    package var configPath: String?
    /// `--config-templates-dir`, likewise.
    package var templatesDirectory = ".werf"
    /// `--giterminism-config`
    package var giterminismPath = "werf-giterminism.yaml"
    /// `--loose-giterminism`: nothing that giterminism guards is refused.
    package var looseGiterminism = false
    /// `--project-name`, put in the place of `project`; nil or "" leaves it.
    package var projectName: String?
    /// `--env`, seen by templates as `.Env`.
    package var environmentName = ""
    /// `--platform`: forced for every image; elements may hold commas.
    package var platforms: [String] = []
    package var hostPlatform: Platform
    /// `$WERF_FORCE_STAGED_DOCKERFILE`
    package var forceStaged = false
    /// Absolute paths for secrets' `src`; nil leaves `~` and relative paths as written.
    package var homeDirectory: String?
    package var projectDirectory: String?
    /// Receives what `printf_debug` and its kin print (`--debug-templates`); nil drops it.
    package var debug: (@Sendable (String) -> Void)?

    /// Lower-case hex SHA-256, for `sha256sum`; nil leaves the function out.
    package var sha256: (@Sendable ([UInt8]) -> String)?

    package init(hostPlatform: Platform) {
        self.hostPlatform = hostPlatform
    }
}

/// The commit that a configuration is read at, as templates see it.
package struct CommitFacts: Sendable, Hashable {
    /// `.Commit.Hash`
    package let hash: String
    /// `.Commit.Date.Human`, as Go prints a time: `2006-01-02 15:04:05 -0700 MST`.
    package let humanDate: String
    /// `.Commit.Date.Unix`: seconds.
    package let unixDate: Int

    package init(hash: String, humanDate: String, unixDate: Int) {
        self.hash = hash
        self.humanDate = humanDate
        self.unixDate = unixDate
    }
}
