// How a node of a mesh answers for results of steps; a host that builds for itself needs nobody's word.
package import Digests
package import Stages

package protocol StepWitness: Sendable {
    /// Signs what this node has made; nil when it has no key for that.
    func statement(of step: RememberedStep, as digest: StageDigest, for buildClass: String) -> StepStatement?

    /// Whether the maker's word still counts, for a statement that was made or checked here before.
    func stillBelieves(_ statement: StepStatement) -> Bool
}
