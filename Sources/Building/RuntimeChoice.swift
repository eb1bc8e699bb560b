// The OCI runtime of this node: looked for when the first step needs it, so that builds without one cost nothing.
package import Sandbox

package final class RuntimeChoice: Sendable {
    /// Where compiled system call filters are kept for all builds of this host; only root can write to it.
    static let filterFolder = "/run/weft"

    private let preferred: String?
    private let warn: @Sendable (String) -> Void
    private let found = OnceValue<Runtime>()

    /// `preferred` is `crun` or `runc`; nil takes the faster one that works.
    package init(preferred: String?, warn: @escaping @Sendable (String) -> Void) {
        self.preferred = preferred
        self.warn = warn
    }

    /// Throws what is missing and how to get it.
    package func runtime() throws -> Runtime {
        try found.value {
            try HostMounts.prepareForRuntime()
            var runtime = try Runtime.probe(preferred: preferred)
            runtime.warn = warn
            return runtime
        }
    }
}
